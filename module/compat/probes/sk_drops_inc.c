// SPDX-License-Identifier: GPL-2.0-only
/* sk_drops is counted through functions: newer than 6.12 */
#include <net/sock.h>

void ferry_probe(struct sock *sk);

void ferry_probe(struct sock *sk)
{
	sk_drops_inc(sk);
}
