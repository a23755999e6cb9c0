// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checksums on the way out.
 *
 * No device is asked to sum: drivers that claim to sum anything were seen to
 * get offsets 10 and 18 wrong (Documentation/architecture.rst). So
 *
 * - over loopback, and in a super-packet, the sum stays partial: nobody reads
 *   it, or gso.c completes it when it cuts, unless that is for a veth;
 * - else it is computed here and ip_summed says NONE. UNNECESSARY would spare a
 *   receiver across a veth one pass, but would also hide a bit that flipped on
 *   the way (netem, a bridge with bad memory).
 */
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/ip6_checksum.h>

#include "ip/internal.h"

/* Inside UDP without addresses: a NAT changes them, and only knows UDP's sum. */
static __sum16 pseudo(const struct sk_buff *skb, const struct ferry_tuple *tuple,
		      u8 protocol, __wsum sum)
{
	if (tuple->udp)
		return csum_tcpudp_magic(0, 0, skb->len, protocol, sum);
	if (ipv6_addr_v4mapped(&tuple->raddr))
		return csum_tcpudp_magic(tuple->laddr.s6_addr32[3],
					 tuple->raddr.s6_addr32[3],
					 skb->len, protocol, sum);
	return csum_ipv6_magic(&tuple->laddr, &tuple->raddr, skb->len, protocol,
			       sum);
}

/* As skb_checksum(), which is long for the few bytes most packets have */
__wsum ferry_ip_sum(const struct sk_buff *skb)
{
	const skb_frag_t *frag = skb_shinfo(skb)->frags;
	__wsum sum;

	if (skb_shinfo(skb)->nr_frags > 1 || skb_has_frag_list(skb) ||
	    IS_ENABLED(CONFIG_HIGHMEM))
		return skb_checksum(skb, 0, skb->len, 0);
	/* A device's own memory (devmem) cannot be read, and has no page. */
	if (skb->data_len && !skb_frag_page(frag))
		return skb_checksum(skb, 0, skb->len, 0);
	sum = csum_partial(skb->data, skb_headlen(skb), 0);
	if (!skb->data_len)
		return sum;
	return csum_block_add(sum, csum_partial(skb_frag_address(frag), skb->data_len, 0),
			      skb_headlen(skb));
}

/* A packet inside UDP must not be partial but for the segments to be cut: NATs
 * take that to be said of UDP's sum.
 */
static bool stays_partial(const struct sk_buff *skb, const struct ferry_tuple *tuple,
			  const struct dst_entry *dst)
{
	return skb_is_gso(skb) || (!tuple->udp && dst->dev->flags & IFF_LOOPBACK);
}

/**
 * ferry_ip_csum() - fill in a packet's checksum as its way out needs it
 * @t: transport
 * @skb: data is the transport header; not yet below an IP header
 * @tuple: local end first; the final destination where a routing header leads
 *	there
 * @dst: the route
 */
void ferry_ip_csum(enum ferry_transport t, struct sk_buff *skb,
		   const struct ferry_tuple *tuple, const struct dst_entry *dst)
{
	unsigned int offset = ferry_ip_csum_offset(t);
	__sum16 *check = (__sum16 *)(skb->data + offset);
	u8 protocol = ferry_ip_protocol(t);

	*check = 0;
	if (stays_partial(skb, tuple, dst)) {
		*check = ~pseudo(skb, tuple, protocol, 0);
		skb->csum_start = skb_headroom(skb);
		skb->csum_offset = offset;
		skb->ip_summed = CHECKSUM_PARTIAL;
		return;
	}
	*check = pseudo(skb, tuple, protocol, ferry_ip_sum(skb));
	if (!*check)
		*check = CSUM_MANGLED_0;	/* 0 says "none" in a datagram */
	skb->ip_summed = CHECKSUM_NONE;
}
