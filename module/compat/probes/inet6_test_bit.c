// SPDX-License-Identifier: GPL-2.0-only
/* Flags of ipv6_pinfo are atomic bits */
#include <linux/ipv6.h>

bool ferry_probe(struct sock *sk);
bool ferry_probe(struct sock *sk)
{
	return inet6_test_bit(RECVERR6, sk);
}
