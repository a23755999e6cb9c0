/* SPDX-License-Identifier: GPL-2.0-only */
/* accept() takes its arguments in a struct from 6.10 on. */
#ifndef _FERRY_COMPAT_ACCEPT_H
#define _FERRY_COMPAT_ACCEPT_H

#include <net/inet_common.h>
#include <net/sock.h>

/*
 * Define @name, a struct proto's accept(), by @fn, which takes socket, flags and
 * where to leave an errno.
 *
 * Likewise FERRY_OPS_ACCEPT() a struct proto_ops's: inet_accept(), and then @fn with
 * the new struct socket.
 */
#ifdef FERRY_HAVE_PROTO_ACCEPT_ARG
#define FERRY_PROTO_ACCEPT(name, fn) \
	static struct sock *name(struct sock *sk, struct proto_accept_arg *arg) \
	{ \
		return fn(sk, arg->flags, &arg->err); \
	}
#define FERRY_OPS_ACCEPT(name, fn) \
	static int name(struct socket *sock, struct socket *newsock, \
			struct proto_accept_arg *arg) \
	{ \
		int err = inet_accept(sock, newsock, arg); \
		if (!err) \
			fn(newsock); \
		return err; \
	}
#else
#define FERRY_PROTO_ACCEPT(name, fn) \
	static struct sock *name(struct sock *sk, int flags, int *err, bool kern) \
	{ \
		return fn(sk, flags, err); \
	}
#define FERRY_OPS_ACCEPT(name, fn) \
	static int name(struct socket *sock, struct socket *newsock, int flags, \
			bool kern) \
	{ \
		int err = inet_accept(sock, newsock, flags, kern); \
		if (!err) \
			fn(newsock); \
		return err; \
	}
#endif

#endif /* _FERRY_COMPAT_ACCEPT_H */
