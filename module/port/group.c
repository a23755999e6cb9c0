// SPDX-License-Identifier: GPL-2.0-only
/*
 * SO_REUSEPORT groups: sockets of one user, bound alike, that share what comes
 * for their port. The groups themselves, and the programs that choose among
 * their members, are the kernel's.
 *
 * A connected datagram socket is in no group: it gets what its peer sends.
 */
#include <net/ipv6.h>
#include <net/sock_reuseport.h>

#include "compat/uid.h"
#include "port/table.h"

static bool connected(const struct sock *sk)
{
	return READ_ONCE(inet_sk(sk)->inet_dport);
}

bool ferry_group_wanted(const struct sock *sk)
{
	return sk->sk_reuseport && !connected(sk);
}

static bool same_address(const struct ferry_claim *a, const struct ferry_claim *b)
{
	return a->any4 == b->any4 && a->any6 == b->any6 &&
	       ipv6_addr_equal(&a->addr, &b->addr);
}

static bool fits(const struct sock *sk, const struct ferry_claim *claim,
		 const struct sock *other)
{
	struct ferry_claim held;

	if (sk == other || sk->sk_family != other->sk_family || !ferry_group_wanted(other))
		return false;
	ferry_claim_sock(other, false, &held);
	return claim->dev == held.dev && uid_eq(claim->uid, held.uid) &&
	       same_address(claim, &held);
}

int ferry_group_join(struct ferry_port_bucket *bucket, struct sock *sk)
{
	struct hlist_nulls_node *node;
	struct ferry_claim claim;
	struct sock *other;
	bool any;

	if (!ferry_group_wanted(sk))
		return 0;
	ferry_claim_sock(sk, false, &claim);
	any = claim.any4 || claim.any6;
	hlist_nulls_for_each_entry(other, node, &bucket->receivers, sk_nulls_node) {
		if (fits(sk, &claim, other))
			return reuseport_add_sock(sk, other, any);
	}
	return reuseport_alloc(sk, any);
}

void ferry_group_leave(struct sock *sk)
{
	if (rcu_access_pointer(sk->sk_reuseport_cb))
		reuseport_detach_sock(sk);
}
