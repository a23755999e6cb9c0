// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may hold a port beside whom: the rules of TCP and of UDP as programs know
 * them from Linux.
 *
 * Two holders meet where one packet could be meant for both: they share an
 * interface and an address. An IPv6 wildcard without IPV6_V6ONLY covers IPv4
 * as well. Those who meet conflict unless their options allow it.
 */
#include <net/inet_sock.h>
#include <net/ipv6.h>

#include "compat/uid.h"
#include "port/table.h"

static void claim_addr4(__be32 addr, struct ferry_claim *claim)
{
	claim->any4 = !addr;
	ipv6_addr_set_v4mapped(addr, &claim->addr);
}

static void claim_addr6(const struct sock *sk, struct ferry_claim *claim)
{
	const struct in6_addr *addr = &sk->sk_v6_rcv_saddr;

	if (ipv6_addr_v4mapped(addr)) {
		claim_addr4(addr->s6_addr32[3], claim);
		return;
	}
	claim->addr = *addr;
	claim->any6 = ipv6_addr_any(addr);
	claim->any4 = claim->any6 && !ipv6_only_sock(sk);
}

void ferry_claim_sock(const struct sock *sk, bool listening, struct ferry_claim *claim)
{
	memset(claim, 0, sizeof(*claim));
	if (sk->sk_family == AF_INET6)
		claim_addr6(sk, claim);
	else
		claim_addr4(sk->sk_rcv_saddr, claim);
	claim->dev = READ_ONCE(sk->sk_bound_dev_if);
	claim->uid = sk_uid(sk);
	claim->reuse = sk->sk_reuse;
	claim->reuseport = sk->sk_reuseport;
	claim->listening = listening;
}

static bool one_addr(const struct ferry_claim *c)
{
	return !c->any4 && !c->any6;
}

static bool takes4(const struct ferry_claim *c)
{
	return c->any4 || (one_addr(c) && ipv6_addr_v4mapped(&c->addr));
}

static bool takes6(const struct ferry_claim *c)
{
	return c->any6 || (one_addr(c) && !ipv6_addr_v4mapped(&c->addr));
}

bool ferry_claims_overlap(const struct ferry_claim *a, const struct ferry_claim *b)
{
	if (one_addr(a) && one_addr(b))
		return ipv6_addr_equal(&a->addr, &b->addr);
	return (a->any4 && takes4(b)) || (b->any4 && takes4(a)) ||
	       (a->any6 && takes6(b)) || (b->any6 && takes6(a));
}

static bool meet(const struct ferry_claim *a, const struct ferry_claim *b)
{
	if (a->dev && b->dev && a->dev != b->dev)
		return false;
	return ferry_claims_overlap(a, b);
}

/*
 * SO_REUSEADDR lets a server take a port back that its old connections still
 * use; SO_REUSEPORT lets listeners of one user share their load. A TIME_WAIT
 * entry takes part in neither, so its owner does not matter.
 */
static bool stream_may_share(const struct ferry_claim *new, const struct ferry_claim *held)
{
	if (new->reuse && held->reuse && !held->listening)
		return true;
	return new->reuseport && held->reuseport &&
	       (held->timewait || uid_eq(new->uid, held->uid));
}

/* With datagrams SO_REUSEADDR is for multicast: both get the packet. */
static bool dgram_may_share(const struct ferry_claim *new, const struct ferry_claim *held)
{
	if (new->reuse && held->reuse)
		return true;
	return new->reuseport && held->reuseport && uid_eq(new->uid, held->uid);
}

bool ferry_claims_conflict(enum ferry_transport t, const struct ferry_claim *new,
			   const struct ferry_claim *held, enum ferry_port_how how)
{
	if (!meet(new, held))
		return false;
	if (how == FERRY_PORT_ANY)
		return true;
	return t == FERRY_STREAM ? !stream_may_share(new, held) :
				   !dgram_may_share(new, held);
}

static bool hold_conflicts(struct ferry_port_bucket *bucket, const struct ferry_claim *new,
			   struct ferry_hold *hold, enum ferry_port_how how)
{
	struct ferry_claim claim;

	if (hold->stay)
		return ferry_claims_conflict(bucket->ports->t, new,
					     &container_of(hold, struct ferry_port_stay,
							   hold)->claim, how);
	ferry_claim_sock(ferry_hold_sk(hold), hold->receives, &claim);
	return ferry_claims_conflict(bucket->ports->t, new, &claim, how);
}

bool ferry_bucket_conflict(struct ferry_port_bucket *bucket, struct sock *sk,
			   enum ferry_port_how how)
{
	struct ferry_hold *hold;
	struct ferry_claim new;

	if (sk->sk_reuse == SK_FORCE_REUSE)
		return false;
	ferry_claim_sock(sk, false, &new);
	list_for_each_entry(hold, &bucket->holders, node) {
		if (hold != &ferry_sk(sk)->hold && hold_conflicts(bucket, &new, hold, how))
			return true;
	}
	return false;
}
