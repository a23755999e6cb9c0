/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets dropped at a socket: the counter moved behind a function in 6.18. */
#ifndef _FERRY_COMPAT_DROPS_H
#define _FERRY_COMPAT_DROPS_H

#include <net/sock.h>

static inline void ferry_sk_drop(struct sock *sk)
{
#ifdef FERRY_HAVE_SK_DROPS_INC
	sk_drops_inc(sk);
#else
	atomic_inc(&sk->sk_drops);
#endif
}

#endif /* _FERRY_COMPAT_DROPS_H */
