// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors: what ICMP says of datagrams sent, and what cannot be sent at all.
 * IP_RECVERR and IPV6_RECVERR put them in the error queue; connected sockets
 * learn hard ones from their next call.
 *
 * The kernel's functions to fill the error queue are not exported everywhere,
 * hence ours.
 */
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>

#include "compat/inet_flags.h"
#include "dgram/sock.h"

static bool recverr(const struct sock *sk, bool v4)
{
	return v4 ? ferry_inet_flag(sk, recverr, RECVERR) :
		    ferry_inet6_flag(sk, recverr, RECVERR6);
}

static void queue(struct sock *sk, struct sk_buff *skb)
{
	if (sock_queue_err_skb(sk, skb))
		kfree_skb(skb);
}

/* Where in an error's packet the address of the datagram it is about lies. */
static u16 addr_offset(const struct sk_buff *skb, bool v4)
{
	const u8 *inner = v4 ? (u8 *)(icmp_hdr(skb) + 1) : (u8 *)(icmp6_hdr(skb) + 1);

	inner += v4 ? offsetof(struct iphdr, daddr) : offsetof(struct ipv6hdr, daddr);
	return inner - skb_network_header(skb);
}

/* @skb->data is the FDP header that came back; the user is shown what follows it. */
static void queue_icmp(struct sock *sk, const struct sk_buff *skb,
		       const struct ferry_tuple *tuple, const struct ferry_icmp *icmp)
{
	bool v4 = icmp->family == AF_INET;
	struct sock_exterr_skb *serr;
	struct sk_buff *copy;

	copy = skb_clone((struct sk_buff *)skb, GFP_ATOMIC);
	if (!copy)
		return;
	serr = SKB_EXT_ERR(copy);
	serr->ee = (struct sock_extended_err) {
		.ee_errno	= icmp->err,
		.ee_origin	= v4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6,
		.ee_type	= icmp->type,
		.ee_code	= icmp->code,
		.ee_info	= icmp->info,
	};
	serr->addr_offset = addr_offset(skb, v4);
	serr->port = tuple->rport;
	__skb_pull(copy, min_t(unsigned int, FDP_HDR, skb_headlen(copy)));
	skb_reset_transport_header(copy);
	queue(sk, copy);
}

/* Is the error one to report, by the socket's IP_MTU_DISCOVER? */
static bool reportable(const struct sock *sk, const struct ferry_icmp *icmp)
{
	if (icmp->redirect || !icmp->err)
		return false;
	if (!icmp->mtu || icmp->family == AF_INET6)
		return true;
	return inet_sk(sk)->pmtudisc != IP_PMTUDISC_DONT;
}

static bool hard(const struct sock *sk, const struct ferry_icmp *icmp)
{
	if (icmp->mtu && icmp->family == AF_INET6)
		return inet6_sk(sk)->pmtudisc != IPV6_PMTUDISC_DONT;
	return icmp->hard;
}

/* Is the kernel to believe what this socket's packets were told of the path? */
static bool learns_pmtu(struct sock *sk, const struct ferry_icmp *icmp)
{
	if (!icmp->mtu)
		return true;
	return icmp->family == AF_INET ? ip_sk_accept_pmtu(sk) : ip6_sk_accept_pmtu(sk);
}

static void report(struct sock *sk, const struct sk_buff *skb,
		   const struct ferry_tuple *tuple, const struct ferry_icmp *icmp)
{
	if (recverr(sk, icmp->family == AF_INET))
		queue_icmp(sk, skb, tuple, icmp);
	else if (!hard(sk, icmp) || sk->sk_state != TCP_ESTABLISHED)
		return;
	sk->sk_err = icmp->err;
	sk_error_report(sk);
}

/**
 * ferry_dgram_err() - an ICMP error; see struct ferry_transport_ops
 * @fn: the namespace
 * @skb: data is the FDP header that came back
 * @tuple: of the datagram it is about, local end first
 * @icmp: the error
 *
 * Return: 0, 1 where no path MTU shall be learnt, -ENOENT.
 */
int ferry_dgram_err(struct ferry_net *fn, struct sk_buff *skb,
		    const struct ferry_tuple *tuple, const struct ferry_icmp *icmp)
{
	struct sock *sk;

	sk = ferry_port_lookup(fn, FERRY_DGRAM, tuple, 0, NULL);
	if (!sk)
		return -ENOENT;
	/* one AF_INET6 socket may have both kinds of peers */
	if (icmp->family == AF_INET6 && sk->sk_family != AF_INET6)
		return -ENOENT;
	if (!learns_pmtu(sk, icmp))
		return 1;
	if (reportable(sk, icmp))
		report(sk, skb, tuple, icmp);
	return 0;
}

static void put_addr4(struct sk_buff *skb, __be32 daddr)
{
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	iph->daddr = daddr;
	skb->protocol = htons(ETH_P_IP);
	SKB_EXT_ERR(skb)->addr_offset = offsetof(struct iphdr, daddr);
}

static void put_addr6(struct sk_buff *skb, const struct in6_addr *daddr)
{
	struct ipv6hdr *hdr = skb_put_zero(skb, sizeof(*hdr));

	skb_reset_network_header(skb);
	hdr->daddr = *daddr;
	skb->protocol = htons(ETH_P_IPV6);
	SKB_EXT_ERR(skb)->addr_offset = offsetof(struct ipv6hdr, daddr);
}

/**
 * ferry_dgram_too_long() - tell the error queue that a datagram cannot be sent
 * whole, and what would fit
 * @sk: the socket
 * @o: where it was to go
 */
void ferry_dgram_too_long(struct sock *sk, const struct ferry_dgram_out *o)
{
	struct sock_exterr_skb *serr;
	struct sk_buff *skb;

	if (!recverr(sk, o->v4))
		return;
	skb = alloc_skb(sizeof(struct ipv6hdr), GFP_ATOMIC);
	if (!skb)
		return;
	serr = SKB_EXT_ERR(skb);
	serr->ee = (struct sock_extended_err) {
		.ee_errno	= EMSGSIZE,
		.ee_origin	= SO_EE_ORIGIN_LOCAL,
		.ee_info	= o->mtu - ferry_ip_udp_len(FERRY_DGRAM, o->udp),
	};
	serr->port = o->dport;
	if (o->v4)
		put_addr4(skb, o->raddr.s6_addr32[3]);
	else
		put_addr6(skb, &o->raddr);
	__skb_pull(skb, skb->len);
	skb_reset_transport_header(skb);
	queue(sk, skb);
}
