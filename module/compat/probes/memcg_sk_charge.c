// SPDX-License-Identifier: GPL-2.0-only
/* Sockets are charged by mem_cgroup_sk_charge(), and by inet_accept() (from 6.18 on) */
#include <linux/memcontrol.h>
#include <net/sock.h>

bool ferry_probe(const struct sock *sk);
bool ferry_probe(const struct sock *sk)
{
	return mem_cgroup_sk_charge(sk, 1, GFP_KERNEL);
}
