// SPDX-License-Identifier: GPL-2.0-only
/* The cgroup's bind hook is told the address's length (from 6.7 on). */
#include <linux/bpf-cgroup.h>
#include <net/inet_common.h>
#include <net/sock.h>

int ferry_probe(struct sock *sk, void *addr, int len);

int ferry_probe(struct sock *sk, void *addr, int len)
{
	u32 flags = 0;

	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, addr, &len,
						  CGROUP_INET4_BIND, &flags);
}
