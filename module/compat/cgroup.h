/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BPF programs of a cgroup that judge bind() and connect(); since 6.7 they are
 * told the length of the address.
 */
#ifndef _FERRY_COMPAT_CGROUP_H
#define _FERRY_COMPAT_CGROUP_H

#include <linux/bpf-cgroup.h>
#include <net/inet_common.h>
#include <net/sock.h>

#include "compat/sockaddr.h"

/* @flags gains BIND_NO_CAP_NET_BIND_SERVICE where a program says so. */
static inline int ferry_cgroup_bind4(struct sock *sk, ferry_sockaddr *addr, int *len,
				     u32 *flags)
{
#ifdef FERRY_HAVE_BIND_HOOK_LEN
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, addr, len, CGROUP_INET4_BIND,
						  flags);
#else
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, addr, CGROUP_INET4_BIND, flags);
#endif
}

static inline int ferry_cgroup_bind6(struct sock *sk, ferry_sockaddr *addr, int *len,
				     u32 *flags)
{
#ifdef FERRY_HAVE_BIND_HOOK_LEN
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, addr, len, CGROUP_INET6_BIND,
						  flags);
#else
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, addr, CGROUP_INET6_BIND, flags);
#endif
}

static inline int ferry_cgroup_connect4(struct sock *sk, ferry_sockaddr *addr, int *len)
{
#ifdef FERRY_HAVE_BIND_HOOK_LEN
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr, len);
#else
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr);
#endif
}

static inline int ferry_cgroup_connect6(struct sock *sk, ferry_sockaddr *addr, int *len)
{
#ifdef FERRY_HAVE_BIND_HOOK_LEN
	return BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, addr, len);
#else
	return BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, addr);
#endif
}

#endif /* _FERRY_COMPAT_CGROUP_H */
