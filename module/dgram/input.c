// SPDX-License-Identifier: GPL-2.0-only
/*
 * A datagram comes in: which socket it is for, and into its queue.
 *
 * Softirq, under RCU; no lock but that of the receive queue, which also guards
 * the socket's memory account.
 */
#include <linux/filter.h>
#include <linux/inetdevice.h>
#include <net/busy_poll.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "compat/dgram.h"
#include "dgram/sock.h"

static void drop(struct ferry_net *fn, struct sk_buff *skb, enum ferry_stat id,
		 enum skb_drop_reason reason)
{
	ferry_stat_add(fn, id, ferry_dgram_count(skb));
	kfree_skb_reason(skb, reason);
}

/* Dropped at a socket: SO_RXQ_OVFL tells of these. */
static void drop_at(struct sock *sk, struct sk_buff *skb, enum ferry_stat id,
		    enum skb_drop_reason reason)
{
	ferry_sk_drop(sk);
	drop(ferry_sock_net(sk), skb, id, reason);
}

/**
 * ferry_dgram_drop_queued() - a datagram was queued before its checksum was
 * found to be wrong
 * @sk: whose queue it was in
 * @skb: no longer in it
 */
void ferry_dgram_drop_queued(struct sock *sk, struct sk_buff *skb)
{
	/* counted once: it was not delivered after all */
	ferry_stat_add(ferry_sock_net(sk), FERRY_STAT_DGRAM_IN,
		       -(unsigned long)ferry_dgram_count(skb));
	drop_at(sk, skb, FERRY_STAT_DGRAM_DROP_CSUM, SKB_DROP_REASON_SKB_CSUM);
}

/* ---- the queue ---- */

static void rfree(struct sk_buff *skb)
{
	unsigned int size = skb->truesize;
	struct sock *sk = skb->sk;
	unsigned long flags;

	spin_lock_irqsave(&sk->sk_receive_queue.lock, flags);
	atomic_sub(size, &sk->sk_rmem_alloc);
	sk_mem_uncharge(sk, size);
	spin_unlock_irqrestore(&sk->sk_receive_queue.lock, flags);
}

static void set_owner(struct sk_buff *skb, struct sock *sk)
{
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = rfree;
	atomic_add(skb->truesize, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, skb->truesize);
}

/* False where the protocol has no memory for it; the queue's lock is held. */
static bool append(struct sock *sk, struct sk_buff *skb)
{
	if (!sk_rmem_schedule(sk, skb, skb->truesize))
		return false;
	set_owner(skb, sk);
	sock_skb_set_dropcount(sk, skb);
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	return true;
}

/* As with UDP one datagram may exceed the bound, so that a small buffer takes any. */
static void enqueue(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff_head *queue = &sk->sk_receive_queue;
	unsigned int rmem = atomic_read(&sk->sk_rmem_alloc);
	unsigned int count = ferry_dgram_count(skb);
	unsigned long flags;
	bool queued;

	if (rmem > READ_ONCE(sk->sk_rcvbuf)) {
		drop_at(sk, skb, FERRY_STAT_DGRAM_DROP_RCVBUF,
			SKB_DROP_REASON_SOCKET_RCVBUFF);
		return;
	}
	/* half full: do not let small datagrams hold large buffers */
	if (rmem > READ_ONCE(sk->sk_rcvbuf) >> 1)
		skb_condense(skb);

	spin_lock_irqsave(&queue->lock, flags);
	queued = append(sk, skb);
	spin_unlock_irqrestore(&queue->lock, flags);
	if (!queued) {
		drop_at(sk, skb, FERRY_STAT_DGRAM_DROP_MEM,
			SKB_DROP_REASON_PROTO_MEM);
		return;
	}
	ferry_stat_add(ferry_sock_net(sk), FERRY_STAT_DGRAM_IN, count);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}

/* ---- to one socket ---- */

/*
 * What IP_PKTINFO will want; the packet's route is not kept that long. The
 * control buffer's IP options lie behind and stay.
 */
static void note_pktinfo(struct sk_buff *skb)
{
	struct in_pktinfo *info = PKTINFO_SKB_CB(skb);
	const struct rtable *rt = skb_rtable(skb);
	__be32 spec = ip_hdr(skb)->daddr;
	int ifindex = inet_iif(skb);

	if (rt && rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		spec = inet_select_addr(skb->dev, 0, RT_SCOPE_UNIVERSE);
	info->ipi_ifindex = ifindex;
	info->ipi_spec_dst.s_addr = spec;
}

/* The rest of the checksum is verified with the user's copy. */
static void pull_header(struct sk_buff *skb)
{
	if (!skb->csum_valid && skb->ip_summed == CHECKSUM_NONE)
		skb->csum = csum_partial(skb->data, FDP_HDR, skb->csum);
	skb_pull_rcsum(skb, FDP_HDR);
}

static bool csum_bad(struct sk_buff *skb)
{
	return !skb_csum_unnecessary(skb) && __skb_checksum_complete(skb);
}

static bool unsummed_refused(const struct sock *sk, const struct sk_buff *skb)
{
	const __sum16 *check = (void *)(skb_transport_header(skb) + FDP_CHECK_OFFSET);

	return !*check && skb->protocol == htons(ETH_P_IPV6) &&
	       !READ_ONCE(ferry_dgram_sk(sk)->no_check6_rx);
}

static void deliver_one(struct sock *sk, struct sk_buff *skb)
{
	if (!ferry_ip_policy_ok(sk, skb)) {
		drop_at(sk, skb, FERRY_STAT_DGRAM_DROP_POLICY,
			SKB_DROP_REASON_XFRM_POLICY);
		return;
	}
	/* a filter must not judge what is broken anyway */
	if (unsummed_refused(sk, skb) ||
	    (rcu_access_pointer(sk->sk_filter) && csum_bad(skb))) {
		drop_at(sk, skb, FERRY_STAT_DGRAM_DROP_CSUM, SKB_DROP_REASON_SKB_CSUM);
		return;
	}
	if (sk_filter_trim_cap(sk, skb, FDP_HDR)) {
		drop_at(sk, skb, FERRY_STAT_DGRAM_DROP_FILTER,
			SKB_DROP_REASON_SOCKET_FILTER);
		return;
	}

	sk_mark_napi_id(sk, skb);
	/*
	 * A SO_REUSEPORT group counts the members that were given a CPU; one that
	 * changed behind its back would unbalance it when the socket leaves.
	 */
	if (!sk->sk_reuseport)
		sk_incoming_cpu_update(sk);
	pull_header(skb);
	if (skb->protocol == htons(ETH_P_IP))
		note_pktinfo(skb);
	skb_dst_drop(skb);
	skb->dev = NULL;
	enqueue(sk, skb);
}

static void deliver_pieces(struct sock *sk, struct sk_buff *skb)
{
	unsigned int count = ferry_dgram_count(skb);
	struct sk_buff *seg, *next;

	seg = ferry_dgram_super_cut(skb);
	if (!seg) {
		ferry_sk_drop(sk);
		ferry_stat_add(ferry_sock_net(sk), FERRY_STAT_DGRAM_DROP_NOMEM, count);
		return;
	}
	for (; seg; seg = next) {
		next = seg->next;
		skb_mark_not_on_list(seg);
		deliver_one(sk, seg);
	}
}

static void deliver(struct sock *sk, struct sk_buff *skb)
{
	if (skb_is_gso(skb) && !READ_ONCE(ferry_dgram_sk(sk)->gro))
		deliver_pieces(sk, skb);
	else
		deliver_one(sk, skb);
}

/* ---- to a group of hosts, and so maybe to several sockets ---- */

/**
 * struct group - a datagram on its way to all that want it
 * @skb: the datagram
 * @tuple: its addresses and ports
 * @sdif: see ferry_port_lookup()
 * @last: found, but not yet served: the last one gets @skb itself
 */
struct group {
	struct sk_buff			*skb;
	const struct ferry_tuple	*tuple;
	int				sdif;
	struct sock			*last;
};

static void serve_copy(struct group *g)
{
	struct sk_buff *copy = skb_clone(g->skb, GFP_ATOMIC);

	if (copy) {
		deliver(g->last, copy);
		return;
	}
	ferry_sk_drop(g->last);
	ferry_stat_inc(ferry_sock_net(g->last), FERRY_STAT_DGRAM_DROP_NOMEM);
}

static void visit(struct sock *sk, void *arg)
{
	struct group *g = arg;

	if (!ferry_dgram_wants_group(sk, g->skb, g->tuple, g->sdif))
		return;
	if (g->last)
		serve_copy(g);
	g->last = sk;
}

static void rcv_group(struct ferry_net *fn, struct sk_buff *skb,
		      const struct ferry_tuple *tuple, int sdif)
{
	struct group g = { .skb = skb, .tuple = tuple, .sdif = sdif };

	ferry_port_for_each(fn, FERRY_DGRAM, tuple, sdif, visit, &g);
	if (g.last)
		deliver(g.last, skb);
	else
		drop(fn, skb, FERRY_STAT_DGRAM_DROP_NOPORT,
		     SKB_DROP_REASON_NO_SOCKET);
}

static bool for_group(const struct sk_buff *skb)
{
	const struct rtable *rt;

	if (skb->protocol == htons(ETH_P_IPV6))
		return ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr);
	rt = skb_rtable(skb);
	return rt && rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST);
}

/* ---- to nobody ---- */

static void rcv_nobody(struct ferry_net *fn, struct sk_buff *skb)
{
	if (!ferry_ip_policy_ok(NULL, skb)) {
		drop(fn, skb, FERRY_STAT_IP_IN_POLICY, SKB_DROP_REASON_XFRM_POLICY);
		return;
	}
	if (csum_bad(skb)) {
		drop(fn, skb, FERRY_STAT_DGRAM_DROP_CSUM, SKB_DROP_REASON_SKB_CSUM);
		return;
	}
	ferry_ip_port_unreachable(skb);
	drop(fn, skb, FERRY_STAT_DGRAM_DROP_NOPORT, SKB_DROP_REASON_NO_SOCKET);
}

/**
 * ferry_dgram_rcv() - a datagram came in; see struct ferry_transport_ops
 * @fn: the namespace
 * @skb: data is the FDP header
 * @tuple: local end first
 * @sdif: enslaved device under a VRF, or 0
 */
void ferry_dgram_rcv(struct ferry_net *fn, struct sk_buff *skb,
		     const struct ferry_tuple *tuple, int sdif)
{
	struct fdp_header h;
	struct sock *sk;

	if (!fdp_parse(skb->data, skb->len, &h)) {
		drop(fn, skb, FERRY_STAT_DGRAM_DROP_HEADER,
		     SKB_DROP_REASON_PKT_TOO_SMALL);
		return;
	}
	if (!h.sport || !h.dport) {
		drop(fn, skb, FERRY_STAT_DGRAM_DROP_NOPORT,
		     SKB_DROP_REASON_NO_SOCKET);
		return;
	}
	if (for_group(skb)) {
		rcv_group(fn, skb, tuple, sdif);
		return;
	}
	sk = ferry_port_lookup(fn, FERRY_DGRAM, tuple, sdif, skb);
	if (!sk) {
		rcv_nobody(fn, skb);
		return;
	}
	ferry_ip_udp_learn(fn, tuple);
	deliver(sk, skb);
}
