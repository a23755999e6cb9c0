/* SPDX-License-Identifier: GPL-2.0-only */
/* sk_uid(): whose a socket is. */
#ifndef _FERRY_COMPAT_UID_H
#define _FERRY_COMPAT_UID_H

#include <net/sock.h>

#ifndef FERRY_HAVE_SK_UID
static inline kuid_t ferry_compat_sk_uid(const struct sock *sk)
{
	return READ_ONCE(sk->sk_uid);
}

#define sk_uid(sk)	ferry_compat_sk_uid(sk)
#endif

#endif /* _FERRY_COMPAT_UID_H */
