// SPDX-License-Identifier: GPL-2.0-only
/* <net/proto_memory.h> exists (from 6.10 on) */
#include <net/proto_memory.h>

int ferry_probe(const struct sock *sk);
int ferry_probe(const struct sock *sk)
{
	return sk_under_memory_pressure(sk);
}
