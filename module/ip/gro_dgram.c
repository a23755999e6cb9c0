// SPDX-License-Identifier: GPL-2.0-only
/*
 * Received datagrams, merged into super-datagrams before routing, where a socket of
 * the namespace asked for that (UDP_GRO): those of one flow and one length, of which
 * only the last may be shorter, as if a super-datagram had come whole. Other sockets
 * get them one by one again (dgram/super.c).
 */
#include <net/ip.h>
#include <net/ip6_checksum.h>

#include "compat/gso.h"
#include "engine/fdp.h"
#include "ip/internal.h"

/* As many as UDP's, so that a reader's buffer for those will do */
#define PIECES_MAX	64

static bool wanted(const struct sk_buff *skb)
{
	return atomic_read(&ferry_net(dev_net(skb->dev))->dgram_gro) && ferry_gro_enabled(skb);
}

/* The header, if it is one, and the datagram has a sum; else NULL. */
static const u8 *pull_header(struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb);
	struct fdp_header hdr;
	const u8 *h;

	h = skb_gro_header(skb, off + FDP_HDR, off);
	if (!h || !fdp_parse(h, skb_gro_len(skb), &hdr) || hdr.unsummed)
		return NULL;
	return h;
}

/* Ports lie in its first four bytes. */
static struct sk_buff *find(struct list_head *head, const u8 *h)
{
	struct sk_buff *p;

	list_for_each_entry(p, head, list) {
		if (!NAPI_GRO_CB(p)->same_flow)
			continue;
		if (!memcmp(h, skb_transport_header(p), 4))
			return p;
		NAPI_GRO_CB(p)->same_flow = 0;
	}
	return NULL;
}

/* Flags and what is reserved, bytes 6 to 9, are every datagram's own. */
static bool follows(struct sk_buff *p, struct sk_buff *skb, const u8 *h)
{
	const u8 *first = skb_transport_header(p);

	return !memcmp(h + 6, first + 6, 4) && ferry_gro_size_fits(p, skb) &&
	       !ferry_gro_ip_differs(h, first, p) && ferry_gro_mergeable(p, skb);
}

/* Does nothing more fit behind this piece? To be asked before it is one. */
static bool is_last(const struct sk_buff *p, const struct sk_buff *skb)
{
	return skb_gro_len(skb) < skb_shinfo(p)->gso_size ||
	       NAPI_GRO_CB(p)->count + 1 >= PIECES_MAX;
}

static struct sk_buff *receive(struct list_head *head, struct sk_buff *skb, const u8 *h)
{
	struct sk_buff *p = find(head, h);
	bool done;

	skb_gro_pull(skb, FDP_HDR);
	done = !skb_gro_len(skb);
	if (p && !done && follows(p, skb, h)) {
		done = is_last(p, skb);
		ferry_gro_merge(p, skb);
	}
	NAPI_GRO_CB(skb)->flush |= done;
	if (p && (!NAPI_GRO_CB(skb)->same_flow || done))
		return p;
	return NULL;
}

static struct sk_buff *receive_any(struct list_head *head, struct sk_buff *skb, bool bad)
{
	const u8 *h = bad ? NULL : pull_header(skb);

	if (h)
		return receive(head, skb, h);
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

/* A sum that was verified here need not be verified again. */
static bool csum_bad4(struct sk_buff *skb)
{
	return !NAPI_GRO_CB(skb)->flush &&
	       skb_gro_checksum_validate(skb, ferry_ip_protocol(FERRY_DGRAM),
					 inet_gro_compute_pseudo);
}

static bool csum_bad6(struct sk_buff *skb)
{
	return !NAPI_GRO_CB(skb)->flush &&
	       skb_gro_checksum_validate(skb, ferry_ip_protocol(FERRY_DGRAM),
					 ip6_gro_compute_pseudo);
}

struct sk_buff *ferry_ip_gro_dgram4(struct list_head *head, struct sk_buff *skb)
{
	return receive_any(head, skb, !wanted(skb) || csum_bad4(skb));
}

struct sk_buff *ferry_ip_gro_dgram6(struct list_head *head, struct sk_buff *skb)
{
	return receive_any(head, skb, !wanted(skb) || csum_bad6(skb));
}

static void finish(struct sk_buff *skb, int thoff, __sum16 pseudo)
{
	u8 *h = skb->data + thoff;

	fdp_set_length(h, skb->len - thoff);
	*(__sum16 *)(h + FDP_CHECK_OFFSET) = ~pseudo;
	if (skb->encapsulation)
		skb->inner_transport_header = skb->transport_header;
	skb->csum_start = h - skb->head;
	skb->csum_offset = FDP_CHECK_OFFSET;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb_shinfo(skb)->gso_segs = NAPI_GRO_CB(skb)->count;
	skb_shinfo(skb)->gso_type |= SKB_GSO_SCTP;
}

int ferry_ip_gro_dgram_complete4(struct sk_buff *skb, int thoff)
{
	const struct iphdr *iph = ferry_gro_network_header(skb);

	finish(skb, thoff,
	       csum_tcpudp_magic(iph->saddr, iph->daddr, skb->len - thoff,
				 ferry_ip_protocol(FERRY_DGRAM), 0));
	return 0;
}

int ferry_ip_gro_dgram_complete6(struct sk_buff *skb, int thoff)
{
	const struct ipv6hdr *iph = ferry_gro_network_header(skb);

	finish(skb, thoff,
	       csum_ipv6_magic(&iph->saddr, &iph->daddr, skb->len - thoff,
			       ferry_ip_protocol(FERRY_DGRAM), 0));
	return 0;
}
