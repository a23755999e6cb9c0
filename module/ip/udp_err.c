// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP errors about packets inside UDP: to the socket whose packet it was.
 *
 * The kernel asks the UDP socket that has the port whether it knows the packet
 * that came back (encap_err_lookup); everything is done there. What the error
 * teaches about the path, too small a packet or a better router, the kernel then
 * notes by itself. RFC 792 asks for 8 bytes of the packet only, which is UDP's
 * header: an error that brings no more than that helps nobody.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/udp.h>

#include "ip/internal.h"

#define ICMP_HDR	8	/* of ICMP and of ICMPv6 */
#define QUOTED		8	/* bytes of a transport's header that are needed */

/* Offsets of headers that the kernel has moved for us and wants back */
struct offsets {
	int	network;
	int	transport;
};

static void restore(struct sk_buff *skb, const struct offsets *at)
{
	skb_set_network_header(skb, at->network);
	skb_set_transport_header(skb, at->transport);
}

/* The IP header of the error itself; data is the IP header it quotes. */
static int error_network(const struct sk_buff *skb)
{
	int offset;

	if (!skb_mac_header_was_set(skb))
		return skb_network_offset(skb);
	offset = skb_mac_offset(skb) + skb->mac_len;
	if (offset > -(int)(sizeof(struct iphdr) + ICMP_HDR) ||
	    offset < -(int)skb_headroom(skb))
		return skb_network_offset(skb);
	return offset;
}

/* Where the transport's header is behind UDP's; 0 where it is not to be had. */
static unsigned int find(const struct sk_buff *skb, unsigned int udp,
			 enum ferry_transport *t)
{
	unsigned int off = udp + sizeof(struct udphdr);
	const __be16 *p;

	if (skb_headlen(skb) < off + QUOTED)
		return 0;
	p = (const __be16 *)(skb->data + off);
	*t = FERRY_STREAM;
	if (p[0])
		return off;
	*t = FERRY_DGRAM;
	off += FERRY_UDP_MARKER;
	return skb_headlen(skb) < off + QUOTED ? 0 : off;
}

/* @skb: data and network header: the quoted IP header; false: not of interest */
static bool describe(struct sk_buff *skb, bool v4, struct ferry_icmp *icmp,
		     struct ferry_tuple *tuple)
{
	const struct ipv6hdr *hdr = (const struct ipv6hdr *)skb->data;
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct icmp6hdr *h6 = icmp6_hdr(skb);
	const struct icmphdr *h4 = icmp_hdr(skb);

	if (!v4) {
		ferry_ip_describe6(h6->icmp6_type, h6->icmp6_code,
				   ntohl(h6->icmp6_mtu), icmp);
		tuple->laddr = hdr->saddr;
		tuple->raddr = hdr->daddr;
		tuple->dev = inet6_iif(skb);
		return true;
	}
	ferry_ip_map4(&tuple->laddr, iph->saddr);
	ferry_ip_map4(&tuple->raddr, iph->daddr);
	tuple->dev = inet_iif(skb);
	return ferry_ip_describe4(skb, h4->type == ICMP_DEST_UNREACH ?
				  ntohs(h4->un.frag.mtu) : 0, icmp);
}

/* Headers are where the ICMP message has them. */
static int deliver(struct sk_buff *skb, bool v4, enum ferry_transport t,
		   unsigned int off, __be16 port)
{
	struct ferry_tuple tuple = { .udp = port };
	struct ferry_icmp icmp;
	int err;

	if (!describe(skb, v4, &icmp, &tuple) || icmp.redirect)
		return 0;
	/* Programs reckon with what they see of the path: IP_MTU says the same */
	if (icmp.mtu && icmp.info > ferry_ip_udp_len(t, port))
		icmp.info -= ferry_ip_udp_len(t, port);
	__skb_pull(skb, off);
	err = ferry_ip_icmp_deliver(t, skb, &tuple, &icmp);
	__skb_push(skb, off);
	return err < 0 ? err : 0;
}

/**
 * ferry_ip_udp_err() - an ICMP error about a packet from our UDP port
 * @sk: the kernel's socket that has it
 * @skb: data and network header: the IP header that came back; transport header:
 *	UDP's behind it
 *
 * Return: 0, or where nobody here sent that packet anything else.
 */
int ferry_ip_udp_err(struct sock *sk, struct sk_buff *skb)
{
	struct offsets at = { skb_network_offset(skb), skb_transport_offset(skb) };
	const struct udphdr *uh = udp_hdr(skb);
	bool v4 = skb->protocol == htons(ETH_P_IP);
	enum ferry_transport t;
	unsigned int off;
	int err;

	if (at.transport < 0 || skb_headlen(skb) < at.transport + sizeof(*uh) ||
	    skb_headroom(skb) < ICMP_HDR || uh->source != inet_sk(sk)->inet_sport)
		return -ENOENT;
	off = find(skb, at.transport, &t);
	if (!off)
		return -ENOENT;
	skb_set_network_header(skb, error_network(skb));
	skb_set_transport_header(skb, -ICMP_HDR);
	err = deliver(skb, v4, t, off, uh->dest);
	restore(skb, &at);
	return err;
}
