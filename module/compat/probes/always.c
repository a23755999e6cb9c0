// SPDX-License-Identifier: GPL-2.0-only
/* Compiles everywhere: tells a kernel without an answer from a broken set-up. */
#include <linux/module.h>
#include <net/sock.h>

int probe(struct sock *sk);
int probe(struct sock *sk)
{
	return sk->sk_state;
}
