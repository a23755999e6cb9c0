// SPDX-License-Identifier: GPL-2.0-only
/* sk_uid() reads the uid of a socket's owner (from 6.17 on). */
#include <net/sock.h>

kuid_t ferry_probe(const struct sock *sk);

kuid_t ferry_probe(const struct sock *sk)
{
	return sk_uid(sk);
}
