// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which socket gets a packet that belongs to no flow. Under RCU, without a
 * lock: a socket may leave for another port while it is looked at, hence the
 * port is compared and lists end with a mark.
 */
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock_reuseport.h>
#include <net/udp.h>

#include "port/table.h"

#define NO_MATCH	(-1)

/* The more exactly a socket asked for a packet, the higher; each above the sum of those below */
#define SCORE_ADDR	32
#define SCORE_PEER	16
#define SCORE_DEV	8
#define SCORE_FAMILY	2
#define SCORE_CPU	1

static bool is_v4(const struct ferry_tuple *tuple)
{
	return ipv6_addr_v4mapped(&tuple->laddr);
}

static int score_addr4(const struct sock *sk, const struct ferry_tuple *tuple)
{
	__be32 addr = READ_ONCE(sk->sk_rcv_saddr);

	if (!is_v4(tuple))
		return NO_MATCH;
	if (!addr)
		return SCORE_FAMILY;
	return addr == tuple->laddr.s6_addr32[3] ? SCORE_ADDR + SCORE_FAMILY : NO_MATCH;
}

static int score_addr6(const struct sock *sk, const struct ferry_tuple *tuple)
{
	const struct in6_addr *addr = &sk->sk_v6_rcv_saddr;
	bool v4 = is_v4(tuple);

	if (v4 && ipv6_only_sock(sk))
		return NO_MATCH;
	if (ipv6_addr_any(addr))
		return v4 ? 0 : SCORE_FAMILY;
	if (ipv6_addr_v4mapped(addr) && !addr->s6_addr32[3])
		return v4 ? 0 : NO_MATCH;
	return ipv6_addr_equal(addr, &tuple->laddr) ? SCORE_ADDR : NO_MATCH;
}

static bool peer_addr_differs(const struct sock *sk, const struct ferry_tuple *tuple)
{
	if (sk->sk_family == AF_INET6)
		return !ipv6_addr_any(&sk->sk_v6_daddr) &&
		       !ipv6_addr_equal(&sk->sk_v6_daddr, &tuple->raddr);
	return sk->sk_daddr && sk->sk_daddr != tuple->raddr.s6_addr32[3];
}

/* A connected datagram socket takes nothing but what its peer sends. */
static int score_peer(const struct sock *sk, const struct ferry_tuple *tuple)
{
	__be16 port = READ_ONCE(inet_sk(sk)->inet_dport);

	if ((port && port != tuple->rport) || peer_addr_differs(sk, tuple))
		return NO_MATCH;
	return port ? SCORE_PEER : 0;
}

static bool dev_fits(const struct sock *sk, enum ferry_transport t, int dif, int sdif)
{
	struct net *net = sock_net(sk);
	int dev = READ_ONCE(sk->sk_bound_dev_if);

	return t == FERRY_STREAM ? inet_sk_bound_dev_eq(net, dev, dif, sdif) :
				   udp_sk_bound_dev_eq(net, dev, dif, sdif);
}

static int score(const struct sock *sk, enum ferry_transport t,
		 const struct ferry_tuple *tuple, int sdif)
{
	int addr, peer;

	if (READ_ONCE(inet_sk(sk)->inet_num) != ntohs(tuple->lport))
		return NO_MATCH;
	if (!dev_fits(sk, t, tuple->dev, sdif))
		return NO_MATCH;
	addr = sk->sk_family == AF_INET6 ? score_addr6(sk, tuple) : score_addr4(sk, tuple);
	peer = score_peer(sk, tuple);
	if (addr == NO_MATCH || peer == NO_MATCH)
		return NO_MATCH;
	return addr + peer + (READ_ONCE(sk->sk_bound_dev_if) ? SCORE_DEV : 0) +
	       (READ_ONCE(sk->sk_incoming_cpu) == raw_smp_processor_id() ? SCORE_CPU : 0);
}

static struct sock *best_of(struct ferry_port_bucket *bucket, enum ferry_transport t,
			    const struct ferry_tuple *tuple, int sdif)
{
	struct hlist_nulls_node *node;
	struct sock *sk, *best;
	int high, now;

again:
	best = NULL;
	high = NO_MATCH;
	hlist_nulls_for_each_entry_rcu(sk, node, &bucket->receivers, sk_nulls_node) {
		now = score(sk, t, tuple, sdif);
		if (now > high) {
			high = now;
			best = sk;
		}
	}
	if (get_nulls_value(node) != bucket->port)
		goto again;
	return best;
}

/* The program of a group is shown the payload, as with TCP and UDP. */
static unsigned int header_len(enum ferry_transport t, const struct sk_buff *skb)
{
	if (!skb)
		return 0;
	return t == FERRY_DGRAM ? 12 : (skb_transport_header(skb)[12] >> 4) * 4;
}

static struct sock *from_group(struct sock *sk, enum ferry_transport t,
			       const struct ferry_tuple *tuple, struct sk_buff *skb)
{
	struct sock *chosen;

	if (!ferry_group_wanted(sk))
		return sk;
	chosen = reuseport_select_sock(sk, ferry_flow_hash(tuple), skb,
				       header_len(t, skb));
	return IS_ERR_OR_NULL(chosen) ? sk : chosen;
}

struct sock *ferry_port_lookup(struct ferry_net *fn, enum ferry_transport t,
			       const struct ferry_tuple *tuple, int sdif,
			       struct sk_buff *skb)
{
	struct ferry_port_bucket *bucket;
	struct sock *sk;

	bucket = xa_load(&fn->ports[t]->buckets, ntohs(tuple->lport));
	if (!bucket)
		return NULL;
	sk = best_of(bucket, t, tuple, sdif);
	return sk ? from_group(sk, t, tuple, skb) : NULL;
}

/* Where a socket leaves in the middle, some may miss a packet: it is a datagram. */
void ferry_port_for_each(struct ferry_net *fn, enum ferry_transport t,
			 const struct ferry_tuple *tuple, int sdif,
			 void (*deliver)(struct sock *sk, void *arg), void *arg)
{
	struct ferry_port_bucket *bucket;
	struct hlist_nulls_node *node;
	struct sock *sk;

	bucket = xa_load(&fn->ports[t]->buckets, ntohs(tuple->lport));
	if (!bucket)
		return;
	hlist_nulls_for_each_entry_rcu(sk, node, &bucket->receivers, sk_nulls_node) {
		if (score(sk, t, tuple, sdif) != NO_MATCH)
			deliver(sk, arg);
	}
}
