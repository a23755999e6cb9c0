// SPDX-License-Identifier: GPL-2.0-only
/*
 * Early demultiplexing: a received packet's socket is found before its route, and
 * brings the route that the packets before it had. The kernel does that for TCP and
 * UDP alone, so Ferry asks netfilter for the packets: behind every other hook before
 * routing, when addresses are final.
 *
 * Both are attached together or not at all: a packet with an owner is not forwarded.
 * As with TCP, the route was chosen (and the source judged: rp_filter) for an earlier
 * packet of the same flow, by the same device; what invalidates it, a change of
 * addresses or routes, does so here. What is in any way special goes the long way:
 * fragments, options and extension headers, devices of a VRF, what a bridge passes
 * through netfilter, packets that have an owner or a route already.
 *
 * The hooks cost every packet of their namespace some instructions; hence they are
 * there only where net.ferry.early_demux allows and a stream socket was made.
 */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "engine/wire.h"
#include "ip/internal.h"

#if IS_ENABLED(CONFIG_NETFILTER)

/* All that is read of the transport header: ports and flags */
#define LOOKED_AT	offsetofend(struct fsp_hdr, flags)

static bool bridged(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	return skb_ext_exist(skb, SKB_EXT_BRIDGE_NF);
#else
	return false;
#endif
}

static bool ordinary(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_HOST && !skb->sk && !skb_dst(skb) &&
	       !netif_is_l3_slave(skb->dev) && !netif_is_l3_master(skb->dev) &&
	       !bridged(skb);
}

/* Nobody's yet, or of a connection that has no route yet */
static bool begins(const struct sk_buff *skb)
{
	const struct fsp_hdr *h = (const struct fsp_hdr *)skb_transport_header(skb);

	return h->flags & FSP_SYN;
}

static struct sock *find(struct ferry_net *fn, const struct sk_buff *skb)
{
	struct ferry_tuple tuple;
	struct ferry_flow *flow;

	ferry_ip_tuple(skb, &tuple);
	flow = ferry_flow_lookup(fn->flows[FERRY_STREAM], &tuple, 0);
	if (!flow || flow->kind != FERRY_FLOW_SOCK)
		return NULL;
	return &container_of(flow, struct ferry_sock, flow)->inet.sk;
}

static struct dst_entry *route_of(const struct sock *sk, const struct sk_buff *skb)
{
	struct dst_entry *dst = rcu_dereference(sk->sk_rx_dst);

	if (!dst || READ_ONCE(sk->sk_rx_dst_ifindex) != skb->skb_iif)
		return NULL;
	return dst_check(dst, READ_ONCE(sk->sk_rx_dst_cookie));
}

static void attach(struct net *net, struct sk_buff *skb)
{
	struct ferry_net *fn = ferry_net(net);
	struct dst_entry *dst;
	struct sock *sk;

	if (!READ_ONCE(net->ipv4.sysctl_ip_early_demux) || !ordinary(skb) ||
	    !pskb_may_pull(skb, skb_transport_offset(skb) + LOOKED_AT) || begins(skb))
		return;
	sk = find(fn, skb);
	dst = sk ? route_of(sk, skb) : NULL;
	if (!dst || !refcount_inc_not_zero(&sk->sk_refcnt))
		return;
	skb->sk = sk;
	skb->destructor = sock_efree;
	skb_dst_set_noref(skb, dst);
	ferry_stat_inc(fn, FERRY_STAT_IP_IN_EARLY);
}

static unsigned int hook4(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (iph->protocol == ferry_ip_protocol(FERRY_STREAM) &&
	    iph->ihl == sizeof(*iph) / 4 && !ip_is_fragment(iph))
		attach(state->net, skb);
	return NF_ACCEPT;
}

static unsigned int hook6(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	if (ipv6_hdr(skb)->nexthdr == ferry_ip_protocol(FERRY_STREAM))
		attach(state->net, skb);
	return NF_ACCEPT;
}

static const struct nf_hook_ops hooks[] = {
	{
		.hook		= hook4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_LAST,
	},
	{
		.hook		= hook6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP6_PRI_LAST,
	},
};

static int hook_up(struct net *net)
{
	return nf_register_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}

static void unhook(struct net *net)
{
	nf_unregister_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}

#else

static int hook_up(struct net *net)
{
	return 0;
}

static void unhook(struct net *net)
{
}

#endif /* CONFIG_NETFILTER */

/* What the sysctl and the sockets want; early_lock is held. */
static int update(struct ferry_net *fn, bool wanted)
{
	struct ferry_ip_net *in = fn->ip;
	int err = 0;

	if (wanted == in->early)
		return 0;
	if (wanted)
		err = hook_up(fn->net);
	else
		unhook(fn->net);
	if (!err)
		WRITE_ONCE(in->early, wanted);
	return err;
}

/**
 * ferry_ip_early_ask() - a stream socket is made: its packets will come
 * @fn: the namespace
 *
 * Without memory for it they will just take longer.
 */
void ferry_ip_early_ask(struct ferry_net *fn)
{
	struct ferry_ip_net *in = fn->ip;

	if (READ_ONCE(in->early_asked))
		return;
	mutex_lock(&in->early_lock);
	in->early_asked = !update(fn, fn->sysctl.early_demux && !in->early_over);
	mutex_unlock(&in->early_lock);
}

/**
 * ferry_ip_early_set() - net.ferry.early_demux is written
 * @fn: the namespace
 * @value: 0 or 1
 *
 * Return: 0 or -ENOMEM, and nothing has changed.
 */
int ferry_ip_early_set(struct ferry_net *fn, int value)
{
	struct ferry_ip_net *in = fn->ip;
	int err;

	mutex_lock(&in->early_lock);
	err = update(fn, value && in->early_asked && !in->early_over);
	if (!err)
		WRITE_ONCE(fn->sysctl.early_demux, value);
	mutex_unlock(&in->early_lock);
	return err;
}

/**
 * ferry_ip_net_pre_exit() - a namespace ends: no new packet is looked at
 * @fn: the namespace
 *
 * The kernel waits for those on their way (synchronize_rcu()) before the tables go.
 */
void ferry_ip_net_pre_exit(struct ferry_net *fn)
{
	mutex_lock(&fn->ip->early_lock);
	fn->ip->early_over = true;
	update(fn, false);
	mutex_unlock(&fn->ip->early_lock);
}

/* Hooks behind ours may have changed the packet's addresses, or the socket its own. */
static bool still_fits(struct sock *sk, const struct ferry_tuple *tuple)
{
	const struct ferry_flow *flow = &ferry_sk(sk)->flow;

	return READ_ONCE(flow->hashed) &&
	       ferry_tuple_same_ends(&flow->tuple, tuple) &&
	       (!flow->tuple.dev || flow->tuple.dev == tuple->dev);
}

/* Others may attach sockets, too: whose it is, is not said by the destructor alone. */
static bool is_ours(const struct sk_buff *skb)
{
	return skb->destructor == sock_efree && sk_fullsock(skb->sk) &&
	       skb->sk->sk_prot->owner == THIS_MODULE;
}

struct sock *ferry_ip_early_sock(struct sk_buff *skb, const struct ferry_tuple *tuple)
{
	struct sock *sk = skb->sk;

	if (!sk)
		return NULL;
	if (unlikely(!is_ours(skb) || !still_fits(sk, tuple))) {
		skb_orphan(skb);
		return NULL;
	}
	skb->sk = NULL;
	skb->destructor = NULL;
	return sk;
}

static u32 cookie_of(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return 0;
	return rt6_get_cookie((struct rt6_info *)skb_dst(skb));
}

static void replace(struct sock *sk, struct dst_entry *dst)
{
	dst_release(unrcu_pointer(xchg(&sk->sk_rx_dst, RCU_INITIALIZER(dst))));
}

void ferry_ip_note_route(struct sock *sk, const struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb);
	u32 cookie;

	if (unlikely(!dst))
		return;
	/* An IPv6 route may outlive a change of the tables, with another cookie. */
	cookie = cookie_of(skb);
	if (likely(rcu_access_pointer(sk->sk_rx_dst) == dst &&
		   sk->sk_rx_dst_ifindex == skb->skb_iif &&
		   sk->sk_rx_dst_cookie == cookie))
		return;
	/* A reader that meets the new one's device must not meet the old one. */
	ferry_ip_forget_route(sk);
	if (!READ_ONCE(ferry_sock_net(sk)->ip->early) || !dst_hold_safe(dst))
		return;
	WRITE_ONCE(sk->sk_rx_dst_ifindex, skb->skb_iif);
	WRITE_ONCE(sk->sk_rx_dst_cookie, cookie);
	replace(sk, dst);
}

void ferry_ip_forget_route(struct sock *sk)
{
	if (rcu_access_pointer(sk->sk_rx_dst))
		replace(sk, NULL);
}
