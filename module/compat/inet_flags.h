/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flags of inet_sock and ipv6_pinfo: bit fields with lower case names up to
 * 6.6 and 6.7, atomic bits with upper case names since.
 */
#ifndef _FERRY_COMPAT_INET_FLAGS_H
#define _FERRY_COMPAT_INET_FLAGS_H

#include <linux/ipv6.h>
#include <net/inet_sock.h>

#ifdef FERRY_HAVE_INET_TEST_BIT
#define ferry_inet_flag(sk, lower, upper)	inet_test_bit(upper, sk)
#define ferry_inet_assign_flag(sk, lower, upper, value)	\
	inet_assign_bit(upper, sk, value)
#else
#define ferry_inet_flag(sk, lower, upper)	(!!inet_sk(sk)->lower)
#define ferry_inet_assign_flag(sk, lower, upper, value)	\
	((void)(inet_sk(sk)->lower = !!(value)))
#endif

#ifdef FERRY_HAVE_INET6_TEST_BIT
#define ferry_inet6_flag(sk, lower, upper)	inet6_test_bit(upper, sk)
#define ferry_inet6_assign_flag(sk, lower, upper, value)	\
	inet6_assign_bit(upper, sk, value)
#else
#define ferry_inet6_flag(sk, lower, upper)	(!!inet6_sk(sk)->lower)
#define ferry_inet6_assign_flag(sk, lower, upper, value)	\
	((void)(inet6_sk(sk)->lower = !!(value)))
#endif

/* Flow labels a socket leases: not inherited by a copy of it */
static inline void ferry_forget_flow_labels(struct sock *sk)
{
#ifdef FERRY_HAVE_INET_FL_LIST
	RCU_INIT_POINTER(inet_sk(sk)->ipv6_fl_list, NULL);
#else
	RCU_INIT_POINTER(inet6_sk(sk)->ipv6_fl_list, NULL);
#endif
}

#endif /* _FERRY_COMPAT_INET_FLAGS_H */
