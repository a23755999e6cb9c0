// SPDX-License-Identifier: GPL-2.0-only
/* Addresses: of packets, and of sockets. */
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include <net/transp_v6.h>
#include <net/xfrm.h>

#include "ip/internal.h"

static bool is_v6(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IPV6);
}

void ferry_ip_tuple(const struct sk_buff *skb, struct ferry_tuple *tuple)
{
	const __be16 *ports = (const __be16 *)skb_transport_header(skb);

	if (is_v6(skb)) {
		tuple->laddr = ipv6_hdr(skb)->daddr;
		tuple->raddr = ipv6_hdr(skb)->saddr;
		tuple->dev = inet6_iif(skb);
	} else {
		ferry_ip_map4(&tuple->laddr, ip_hdr(skb)->daddr);
		ferry_ip_map4(&tuple->raddr, ip_hdr(skb)->saddr);
		tuple->dev = inet_iif(skb);
	}
	tuple->lport = ports[1];
	tuple->rport = ports[0];
	tuple->udp = ferry_ip_udp_from(skb);
}

static bool link_local(const struct in6_addr *addr)
{
	return __ipv6_addr_needs_scope_id(__ipv6_addr_type(addr));
}

/**
 * ferry_ip_reply_tuple() - the tuple of a packet as an answer to it wants it
 * @fn: the namespace
 * @skb: network and transport header set
 * @tuple: filled; dev is set only where the answer must leave by the way the
 *	packet came: link-local addresses, and VRFs. Elsewhere routing decides
 */
void ferry_ip_reply_tuple(struct ferry_net *fn, const struct sk_buff *skb,
			  struct ferry_tuple *tuple)
{
	ferry_ip_tuple(skb, tuple);
	if (!link_local(&tuple->raddr) &&
	    !netif_index_is_l3_master(fn->net, tuple->dev))
		tuple->dev = 0;
}

static bool source_ok4(__be32 saddr)
{
	return !ipv4_is_multicast(saddr) && !ipv4_is_lbcast(saddr) &&
	       !ipv4_is_zeronet(saddr);
}

static bool source_ok6(const struct in6_addr *saddr)
{
	return !ipv6_addr_is_multicast(saddr) && !ipv6_addr_any(saddr) &&
	       !ipv6_addr_v4mapped(saddr);
}

bool ferry_ip_not_unicast(const struct sk_buff *skb)
{
	const struct rtable *rt;

	if (skb->pkt_type != PACKET_HOST)
		return true;
	if (is_v6(skb))
		return !source_ok6(&ipv6_hdr(skb)->saddr) || !skb_dst(skb) ||
		       !ipv6_unicast_destination(skb);

	rt = skb_rtable(skb);
	return !source_ok4(ip_hdr(skb)->saddr) || !rt ||
	       (rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST));
}

u8 ferry_ip_tclass(const struct sk_buff *skb)
{
	if (is_v6(skb))
		return ipv6_get_dsfield(ipv6_hdr(skb));
	return ip_hdr(skb)->tos;
}

bool ferry_ip_policy_ok(struct sock *sk, struct sk_buff *skb)
{
	bool ok;

	if (is_v6(skb))
		ok = xfrm6_policy_check(sk, XFRM_POLICY_IN, skb);
	else
		ok = xfrm4_policy_check(sk, XFRM_POLICY_IN, skb);
	nf_reset_ct(skb);
	return ok;
}

u32 ferry_ip_reply_mark(const struct ferry_net *fn, const struct sk_buff *skb)
{
	struct net *net = fn->net;

	if (is_v6(skb))
		return IP6_REPLY_MARK(net, skb->mark);
	return IP4_REPLY_MARK(net, skb->mark);
}

bool ferry_ip_is_v4(const struct sock *sk)
{
	return sk->sk_family == AF_INET || ipv6_addr_v4mapped(&sk->sk_v6_daddr);
}

void ferry_ip_sock_tuple(const struct sock *sk, struct ferry_tuple *tuple)
{
	const struct inet_sock *inet = inet_sk(sk);

	if (ferry_ip_is_v4(sk)) {
		ferry_ip_map4(&tuple->laddr, inet->inet_saddr);
		ferry_ip_map4(&tuple->raddr, inet->inet_daddr);
	} else {
		tuple->laddr = sk->sk_v6_rcv_saddr;
		tuple->raddr = sk->sk_v6_daddr;
	}
	tuple->lport = inet->inet_sport;
	tuple->rport = inet->inet_dport;
	tuple->dev = READ_ONCE(sk->sk_bound_dev_if);
	tuple->udp = READ_ONCE(ferry_sk(sk)->udp);
}

static void set_v6(struct sock *sk, const struct ferry_tuple *tuple)
{
	sk->sk_v6_daddr = tuple->raddr;
	sk->sk_v6_rcv_saddr = tuple->laddr;
	inet6_sk(sk)->saddr = tuple->laddr;
}

void ferry_ip_set_tuple(struct sock *sk, const struct ferry_tuple *tuple)
{
	struct inet_sock *inet = inet_sk(sk);

	if (sk->sk_family == AF_INET6)
		set_v6(sk, tuple);
	if (ipv6_addr_v4mapped(&tuple->raddr)) {
		inet->inet_daddr = tuple->raddr.s6_addr32[3];
		inet->inet_saddr = tuple->laddr.s6_addr32[3];
	} else {
		/* what IPv4 sees of an IPv6 socket, as everywhere */
		inet->inet_daddr = LOOPBACK4_IPV6;
		inet->inet_saddr = LOOPBACK4_IPV6;
	}
	inet->inet_rcv_saddr = inet->inet_saddr;
	inet->inet_dport = tuple->rport;
	inet->inet_sport = tuple->lport;
	inet->inet_num = ntohs(tuple->lport);
	ferry_sk(sk)->udp = tuple->udp;
	if (tuple->dev)
		sk->sk_bound_dev_if = tuple->dev;
}
