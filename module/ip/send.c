// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets with a header of their own: those of no socket, and datagrams, whose
 * TTL, TOS and the like may differ from one to the next.
 *
 * The kernel's builders take such values from a socket only. Writing the header
 * here and handing it to ip_local_out() needs no control socket, no lock, and
 * works on any CPU in softirq.
 */
#include <linux/if_arp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>

#include "compat/inet_flags.h"
#include "compat/ipstats.h"
#include "ip/internal.h"

static void clear_cb(struct sk_buff *skb)
{
	memset(skb->cb, 0, max(sizeof(struct inet_skb_parm),
			       sizeof(struct inet6_skb_parm)));
}

static u8 ttl4(const struct ferry_ip_how *how, const struct sk_buff *skb)
{
	return how->ttl >= 0 ? how->ttl : ip4_dst_hoplimit(skb_dst(skb));
}

static int out4(struct net *net, struct sock *sk, struct sk_buff *skb,
		const struct flowi4 *fl4, const struct ferry_ip_how *how)
{
	u8 ttl = ttl4(how, skb);
	struct iphdr *iph;

	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = how->tclass;
	iph->frag_off = how->df ? htons(IP_DF) : 0;
	iph->ttl = ttl;
	iph->protocol = fl4->flowi4_proto;
	iph->saddr = fl4->saddr;
	iph->daddr = fl4->daddr;
	skb->protocol = htons(ETH_P_IP);
	ip_select_ident_segs(net, skb, sk, max_t(u16, skb_shinfo(skb)->gso_segs, 1));
	return ip_local_out(net, sk, skb);
}

static int out6(struct net *net, struct sock *sk, struct sk_buff *skb,
		struct flowi6 *fl6, const struct ferry_ip_how *how)
{
	struct ipv6hdr *hdr;
	__be32 label;

	label = ip6_make_flowlabel(net, skb, fl6->flowlabel & IPV6_FLOWLABEL_MASK,
				   ip6_default_np_autolabel(net), fl6);
	hdr = skb_push(skb, sizeof(*hdr));
	skb_reset_network_header(skb);
	ip6_flow_hdr(hdr, how->tclass, label);
	hdr->payload_len = htons(skb->len - sizeof(*hdr));
	hdr->nexthdr = fl6->flowi6_proto;
	hdr->hop_limit = how->ttl >= 0 ? how->ttl : ip6_dst_hoplimit(skb_dst(skb));
	hdr->saddr = fl6->saddr;
	hdr->daddr = fl6->daddr;
	skb->protocol = htons(ETH_P_IPV6);
	ferry_ip6_count_out(net, skb);
	return ip6_local_out(net, sk, skb);
}

/**
 * ferry_ip_out() - put an IP header before a packet and send it
 * @fn: the namespace
 * @sk: whose packet it is for netfilter and the like, or NULL
 * @skb: data is the transport header with its checksum done, skb_dst() is set.
 *	Consumed
 * @fl: the flow, source address included
 * @v4: which IP
 * @how: the header's other fields
 *
 * Return: 0 or a negative errno.
 */
int ferry_ip_out(struct ferry_net *fn, struct sock *sk, struct sk_buff *skb,
		 struct flowi *fl, bool v4, const struct ferry_ip_how *how)
{
	int ret;

	clear_cb(skb);
	skb->mark = how->mark;
	skb->priority = how->priority;
	skb->ignore_df = how->fragment;
	if (v4)
		ret = out4(fn->net, sk, skb, &fl->u.ip4, how);
	else
		ret = out6(fn->net, sk, skb, &fl->u.ip6, how);
	return ferry_ip_sent(fn, ret);
}

static void how_from_sock(const struct sock *sk, bool v4, struct ferry_ip_how *how)
{
	how->priority = READ_ONCE(sk->sk_priority);
	if (v4)
		how->ttl = READ_ONCE(inet_sk(sk)->uc_ttl);
	else
		how->ttl = inet6_sk(sk)->hop_limit;
}

void ferry_ip_way_find(struct ferry_ip_way *way, struct ferry_net *fn,
		       enum ferry_transport t, const struct sock *sk,
		       const struct ferry_tuple *tuple, u32 mark, u8 tclass)
{
	way->dst = ferry_ip_lookup(fn, t, sk, tuple, mark, tclass, &way->fl);
}

int ferry_ip_send(struct ferry_net *fn, enum ferry_transport t,
		  const struct sock *sk, const struct ferry_tuple *tuple,
		  struct sk_buff *skb, u32 mark, u8 tclass, struct ferry_ip_way *way)
{
	struct ferry_ip_how how = { .tclass = tclass, .ttl = -1, .df = true,
				    .mark = mark };
	bool v4 = ipv6_addr_v4mapped(&tuple->raddr);
	struct ferry_ip_way here;
	struct dst_entry *dst;

	if (!way || !way->dst) {
		way = &here;
		ferry_ip_way_find(way, fn, t, sk, tuple, mark, tclass);
	}
	dst = way->dst;
	way->dst = NULL;
	if (IS_ERR(dst)) {
		ferry_stat_inc(fn, FERRY_STAT_IP_OUT_NOROUTE);
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_OUTNOROUTES);
		return PTR_ERR(dst);
	}
	if (sk)
		how_from_sock(sk, v4, &how);
	skb_dst_set(skb, dst);
	ferry_ip_csum(t, skb, tuple, dst);
	if (tuple->udp) {
		int err = ferry_ip_udp_wrap(fn, t, skb, tuple);

		if (err)
			return err;
	}
	return ferry_ip_out(fn, NULL, skb, &way->fl, v4, &how);
}
