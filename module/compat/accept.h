/* SPDX-License-Identifier: GPL-2.0-only */
/* proto.accept takes its arguments in a struct from 6.10 on. */
#ifndef _FERRY_COMPAT_ACCEPT_H
#define _FERRY_COMPAT_ACCEPT_H

#include <net/sock.h>

/*
 * Define @name, a struct proto's accept(), by @fn, which takes socket, flags and
 * where to leave an errno.
 */
#ifdef FERRY_HAVE_PROTO_ACCEPT_ARG
#define FERRY_PROTO_ACCEPT(name, fn) \
	static struct sock *name(struct sock *sk, struct proto_accept_arg *arg) \
	{ \
		return fn(sk, arg->flags, &arg->err); \
	}
#else
#define FERRY_PROTO_ACCEPT(name, fn) \
	static struct sock *name(struct sock *sk, int flags, int *err, bool kern) \
	{ \
		return fn(sk, flags, err); \
	}
#endif

#endif /* _FERRY_COMPAT_ACCEPT_H */
