// SPDX-License-Identifier: GPL-2.0-only
/* ICMP: errors that come in about our packets, and the one we send. */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ip6_route.h>
#include <net/ndisc.h>
#include <net/route.h>

#include "ip/internal.h"

/* RFC 1122 section 3.2.2.1: which destination unreachables are for good */
static void unreachable4(struct ferry_icmp *icmp)
{
	icmp->err = EHOSTUNREACH;
	if (icmp->code > NR_ICMP_UNREACH)
		return;
	icmp->err = icmp_err_convert[icmp->code].errno;
	icmp->hard = icmp_err_convert[icmp->code].fatal;
}

static void too_big(struct ferry_icmp *icmp, u32 mtu)
{
	icmp->err = EMSGSIZE;
	icmp->hard = true;
	icmp->mtu = mtu;
}

/* False for what a transport need not see. */
bool ferry_ip_describe4(struct sk_buff *skb, u32 info, struct ferry_icmp *icmp)
{
	*icmp = (struct ferry_icmp) {
		.family	= AF_INET,
		.type	= icmp_hdr(skb)->type,
		.code	= icmp_hdr(skb)->code,
		.info	= info,
	};
	switch (icmp->type) {
	case ICMP_SOURCE_QUENCH:	/* RFC 6633 */
		return false;
	case ICMP_PARAMETERPROB:
		icmp->err = EPROTO;
		icmp->hard = true;
		return true;
	case ICMP_DEST_UNREACH:
		if (icmp->code == ICMP_FRAG_NEEDED)
			too_big(icmp, info);
		else
			unreachable4(icmp);
		return true;
	case ICMP_REDIRECT:
		icmp->redirect = true;
		return true;
	default:
		icmp->err = EHOSTUNREACH;
		return true;
	}
}

void ferry_ip_describe6(u8 type, u8 code, u32 info, struct ferry_icmp *icmp)
{
	*icmp = (struct ferry_icmp) {
		.family	= AF_INET6,
		.type	= type,
		.code	= code,
		.info	= info,
	};
	icmp->hard = icmpv6_err_convert(type, code, &icmp->err);
	if (type == ICMPV6_PKT_TOOBIG)
		too_big(icmp, info);
	if (type == NDISC_REDIRECT) {
		icmp->redirect = true;
		icmp->err = 0;
		icmp->hard = false;
	}
}

/* @skb->data is the transport header that came back; 8 bytes are there. */
int ferry_ip_icmp_deliver(enum ferry_transport t, struct sk_buff *skb,
			  struct ferry_tuple *tuple, const struct ferry_icmp *icmp)
{
	struct ferry_net *fn = ferry_net(dev_net(skb->dev));
	const struct ferry_transport_ops *ops = ferry_ip_ops(t);
	const __be16 *ports = (const __be16 *)skb->data;
	int err = -ENOENT;

	tuple->lport = ports[0];
	tuple->rport = ports[1];
	ferry_stat_inc(fn, FERRY_STAT_ICMP_IN);
	if (ops)
		err = ops->err(fn, skb, tuple, icmp);
	if (err < 0)
		ferry_stat_inc(fn, FERRY_STAT_ICMP_IN_UNMATCHED);
	return err;
}

/*
 * A datagram socket is not locked here and may have no route of its own, so
 * what the error teaches about the path goes into the kernel's own tables. A
 * stream does that itself, once it has checked the sequence number.
 */
static void learn4(struct sk_buff *skb, const struct ferry_icmp *icmp, u8 protocol)
{
	struct net *net = dev_net(skb->dev);

	if (icmp->redirect)
		ipv4_redirect(skb, net, 0, protocol);
	else if (icmp->mtu)
		ipv4_update_pmtu(skb, net, icmp->mtu, 0, protocol);
}

static void learn6(struct sk_buff *skb, const struct ferry_icmp *icmp)
{
	struct net *net = dev_net(skb->dev);
	int oif = inet6_iif(skb);

	if (icmp->redirect)
		ip6_redirect(skb, net, oif, 0, sock_net_uid(net, NULL));
	else if (icmp->mtu)
		ip6_update_pmtu(skb, net, htonl(icmp->mtu), 0, 0,
				sock_net_uid(net, NULL));
}

/**
 * ferry_ip_icmp4() - an ICMP error about an IPv4 packet of ours
 * @t: transport
 * @skb: data is the IP header that came back
 * @info: as icmp.c gives it
 */
int ferry_ip_icmp4(enum ferry_transport t, struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	unsigned int ihl = iph->ihl * 4;
	struct ferry_tuple tuple = {};
	struct ferry_icmp icmp;
	int err;

	if (!ferry_ip_describe4(skb, info, &icmp))
		return 0;
	ferry_ip_map4(&tuple.laddr, iph->saddr);
	ferry_ip_map4(&tuple.raddr, iph->daddr);
	tuple.dev = inet_iif(skb);
	__skb_pull(skb, ihl);
	err = ferry_ip_icmp_deliver(t, skb, &tuple, &icmp);
	__skb_push(skb, ihl);
	if (!err && t == FERRY_DGRAM)
		learn4(skb, &icmp, ferry_ip_protocol(t));
	return err;
}

/**
 * ferry_ip_icmp6() - an ICMP error about an IPv6 packet of ours
 * @t: transport
 * @skb: data is the IP header that came back
 * @type: ICMP type
 * @code: ICMP code
 * @offset: of the transport header in @skb
 * @info: of the ICMP header, as it came
 */
int ferry_ip_icmp6(enum ferry_transport t, struct sk_buff *skb, u8 type, u8 code,
		   int offset, __be32 info)
{
	const struct ipv6hdr *hdr = (const struct ipv6hdr *)skb->data;
	struct ferry_tuple tuple = {};
	struct ferry_icmp icmp;
	int err;

	ferry_ip_describe6(type, code, ntohl(info), &icmp);
	tuple.laddr = hdr->saddr;
	tuple.raddr = hdr->daddr;
	tuple.dev = inet6_iif(skb);
	if (!pskb_may_pull(skb, offset + 8))
		return -EINVAL;
	__skb_pull(skb, offset);
	err = ferry_ip_icmp_deliver(t, skb, &tuple, &icmp);
	__skb_push(skb, offset);
	if (!err && t == FERRY_DGRAM)
		learn6(skb, &icmp);
	return err;
}

void ferry_ip_port_unreachable(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IPV6))
		icmpv6_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH, 0);
	else
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
}
