// SPDX-License-Identifier: GPL-2.0-only
/*
 * Received segments of a stream, merged into super-packets before routing.
 *
 * Only what could have been one super-packet is merged: in order, equal in
 * every byte of the header but sequence number, PSH and checksum, so with the
 * same serial number and options. Correctness does not depend on it; the sysctl
 * net.ferry.gro turns it off.
 *
 * The kernel's own merge function is not exported; ferry_gro_merge() does with
 * lists of sk_buffs what is needed.
 */
#include <net/ip.h>
#include <net/ip6_checksum.h>

#include "compat/gso.h"
#include "engine/wire.h"
#include "ip/internal.h"

/* Connections begin and end, and control blocks, as single packets. */
#define FLAGS_ALONE	(FSP_SYN | FSP_FIN | FSP_RST | FSP_EXT | FSP_CWR)
#define PACKET_MAX	65535u

static bool stopped __read_mostly;

bool ferry_gro_enabled(const struct sk_buff *skb)
{
	return !READ_ONCE(stopped) && ferry_net(dev_net(skb->dev))->sysctl.gro;
}

/* What a poll that runs holds is completed at its end, by callbacks that must be there. */
void ferry_gro_stop(void)
{
	WRITE_ONCE(stopped, true);
	synchronize_net();
}

/* The header, options included, readable; NULL for what is not ours to merge. */
static struct fsp_hdr *pull_header(struct sk_buff *skb, unsigned int *hlen)
{
	unsigned int off = skb_gro_offset(skb);
	struct fsp_hdr *h;

	h = skb_gro_header(skb, off + FSP_HDR_MIN, off);
	if (!h)
		return NULL;
	*hlen = h->doff >> 4 << 2;
	if (*hlen < FSP_HDR_MIN)
		return NULL;
	return skb_gro_header(skb, off + *hlen, off);
}

static bool same_ports(const struct fsp_hdr *a, const struct fsp_hdr *b)
{
	return a->sport == b->sport && a->dport == b->dport;
}

/* The held packet of this flow; others are marked as of no interest. */
static struct sk_buff *find(struct list_head *head, const struct fsp_hdr *h)
{
	struct sk_buff *p;

	list_for_each_entry(p, head, list) {
		if (!NAPI_GRO_CB(p)->same_flow)
			continue;
		if (same_ports(h, (struct fsp_hdr *)skb_transport_header(p)))
			return p;
		NAPI_GRO_CB(p)->same_flow = 0;
	}
	return NULL;
}

static bool same_header(const struct fsp_hdr *a, const struct fsp_hdr *b,
			unsigned int hlen)
{
	return a->ack == b->ack && a->doff == b->doff &&
	       !((a->flags ^ b->flags) & ~FSP_PSH) && a->window == b->window &&
	       a->serial == b->serial &&
	       !memcmp(a + 1, b + 1, hlen - FSP_HDR_MIN);
}

/* Same size as those before it, or a shorter last one. */
bool ferry_gro_size_fits(const struct sk_buff *p, const struct sk_buff *skb)
{
	unsigned int mss = skb_shinfo(p)->gso_size;

	if (skb_is_gso(skb))
		return skb_shinfo(skb)->gso_size == mss;
	return skb_gro_len(skb) <= mss;
}

static bool follows(struct sk_buff *p, const struct sk_buff *skb,
		    const struct fsp_hdr *h, unsigned int hlen)
{
	struct fsp_hdr *first = (struct fsp_hdr *)skb_transport_header(p);

	return same_header(h, first, hlen) && ferry_gro_size_fits(p, skb) &&
	       ntohl(first->seq) + skb_gro_len(p) == ntohl(h->seq) &&
	       !ferry_gro_ip_differs(h, first, p);
}

/*
 * A piece that was linear behind its headers cannot be cut again by
 * skb_segment() where it is longer than a segment.
 */
static bool recuttable(const struct sk_buff *p, const struct sk_buff *skb)
{
	return skb_headlen(skb) <= skb_gro_offset(skb) + skb_shinfo(p)->gso_size;
}

/* Page pool pages must not mix with others: they are freed differently. */
bool ferry_gro_mergeable(struct sk_buff *p, struct sk_buff *skb)
{
	return recuttable(p, skb) && p->pp_recycle == skb->pp_recycle && !skb_zcopy(p) &&
	       !skb_zcopy(skb) && !NAPI_GRO_CB(skb)->flush &&
	       p->len + skb_gro_len(skb) <= PACKET_MAX;
}

/* Drop the headers of a packet that becomes a piece of another. */
static void strip(struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb);
	unsigned int linear = skb_headlen(skb);

	if (off > linear) {
		skb_frag_t *frag = &skb_shinfo(skb)->frags[0];

		skb_frag_off_add(frag, off - linear);
		skb_frag_size_sub(frag, off - linear);
		skb->data_len -= off - linear;
		skb->len -= off - linear;
		off = linear;
	}
	__skb_pull(skb, off);
}

/* Append @skb to the chain of pieces under @p. */
void ferry_gro_merge(struct sk_buff *p, struct sk_buff *skb)
{
	unsigned int len = skb_gro_len(skb);

	skb->destructor = NULL;
	skb->sk = NULL;
	strip(skb);
	if (NAPI_GRO_CB(p)->last == p)
		skb_shinfo(p)->frag_list = skb;
	else
		NAPI_GRO_CB(p)->last->next = skb;
	NAPI_GRO_CB(p)->last = skb;
	__skb_header_release(skb);

	NAPI_GRO_CB(p)->count += NAPI_GRO_CB(skb)->count;
	p->len += len;
	p->data_len += len;
	p->truesize += skb->truesize;
	NAPI_GRO_CB(skb)->same_flow = 1;
	ferry_stat_inc(ferry_net(dev_net(p->dev)), FERRY_STAT_GRO_MERGED);
}

/* Never merged, but what is held of its flow must not be overtaken by it. */
static bool alone(const struct sk_buff *skb, u8 flags)
{
	return (flags & FLAGS_ALONE) || !skb_gro_len(skb);
}

/* Does nothing more fit behind this packet? */
static bool is_last(const struct sk_buff *skb, unsigned int mss, u8 flags)
{
	unsigned int len = skb_gro_len(skb);

	if (flags & FSP_PSH)
		return true;
	if (skb_is_gso(skb))
		return len != NAPI_GRO_CB(skb)->count * skb_shinfo(skb)->gso_size;
	return len < mss;
}

static struct sk_buff *receive(struct list_head *head, struct sk_buff *skb,
			       const struct fsp_hdr *h, unsigned int hlen)
{
	struct sk_buff *p = find(head, h);
	u8 flags = h->flags;
	bool done;

	skb_gro_pull(skb, hlen);
	done = alone(skb, flags) || is_last(skb, 1, flags);
	if (p && !alone(skb, flags) && follows(p, skb, h, hlen) &&
	    ferry_gro_mergeable(p, skb)) {
		done = is_last(skb, skb_shinfo(p)->gso_size, flags);
		((struct fsp_hdr *)skb_transport_header(p))->flags |=
			flags & FSP_PSH;
		ferry_gro_merge(p, skb);
	}
	NAPI_GRO_CB(skb)->flush |= done;
	if (p && (!NAPI_GRO_CB(skb)->same_flow || done))
		return p;
	return NULL;
}

/* A sum that was verified here need not be verified again. */
static bool csum_bad4(struct sk_buff *skb)
{
	return !NAPI_GRO_CB(skb)->flush &&
	       skb_gro_checksum_validate(skb, ferry_ip_protocol(FERRY_STREAM),
					 inet_gro_compute_pseudo);
}

static bool csum_bad6(struct sk_buff *skb)
{
	return !NAPI_GRO_CB(skb)->flush &&
	       skb_gro_checksum_validate(skb, ferry_ip_protocol(FERRY_STREAM),
					 ip6_gro_compute_pseudo);
}

static struct sk_buff *receive_any(struct list_head *head, struct sk_buff *skb,
				   bool bad)
{
	struct fsp_hdr *h = NULL;
	unsigned int hlen;

	if (!bad)
		h = pull_header(skb, &hlen);
	if (h)
		return receive(head, skb, h, hlen);
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

struct sk_buff *ferry_ip_gro_receive4(struct list_head *head, struct sk_buff *skb)
{
	return receive_any(head, skb, !ferry_gro_enabled(skb) || csum_bad4(skb));
}

struct sk_buff *ferry_ip_gro_receive6(struct list_head *head, struct sk_buff *skb)
{
	return receive_any(head, skb, !ferry_gro_enabled(skb) || csum_bad6(skb));
}

/* What leaves GRO looks as if the sender's super-packet had come whole. */
static void finish(struct sk_buff *skb, int thoff, int type, __sum16 pseudo)
{
	struct fsp_hdr *h = (struct fsp_hdr *)(skb->data + thoff);

	h->check = ~pseudo;
	if (skb->encapsulation)
		skb->inner_transport_header = skb->transport_header;
	skb->csum_start = (unsigned char *)h - skb->head;
	skb->csum_offset = FSP_CHECK_OFFSET;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb_shinfo(skb)->gso_segs = NAPI_GRO_CB(skb)->count;
	skb_shinfo(skb)->gso_type |= type | SKB_GSO_SCTP;
}

int ferry_ip_gro_complete4(struct sk_buff *skb, int thoff)
{
	const struct iphdr *iph = ferry_gro_network_header(skb);

	finish(skb, thoff, SKB_GSO_TCPV4,
	       csum_tcpudp_magic(iph->saddr, iph->daddr, skb->len - thoff,
				 ferry_ip_protocol(FERRY_STREAM), 0));
	return 0;
}

int ferry_ip_gro_complete6(struct sk_buff *skb, int thoff)
{
	const struct ipv6hdr *iph = ferry_gro_network_header(skb);

	finish(skb, thoff, SKB_GSO_TCPV6,
	       csum_ipv6_magic(&iph->saddr, &iph->daddr, skb->len - thoff,
			       ferry_ip_protocol(FERRY_STREAM), 0));
	return 0;
}
