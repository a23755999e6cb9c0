// SPDX-License-Identifier: GPL-2.0-only
/* Flags of inet_sock are atomic bits */
#include <net/inet_sock.h>

bool ferry_probe(struct sock *sk);
bool ferry_probe(struct sock *sk)
{
	return inet_test_bit(RECVERR, sk);
}
