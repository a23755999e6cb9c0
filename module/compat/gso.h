/* SPDX-License-Identifier: GPL-2.0-only */
/* Segmentation and merging got headers and a flush rule of their own in 6.5 and 6.12. */
#ifndef _FERRY_COMPAT_GSO_H
#define _FERRY_COMPAT_GSO_H

#include <linux/skbuff.h>
#include <net/gro.h>

#ifdef FERRY_HAVE_GSO_HEADER
#include <net/gso.h>
#else
#include <linux/netdevice.h>
#endif

/*
 * May @skb, whose header is @th, join the held packet @p, by what the IP headers
 * say (TTL, TOS, ECN, DF, ID)? Up to 6.1 the IP layer has noted it in @p.
 */
static inline bool ferry_gro_ip_differs(const void *th, const void *th2,
					struct sk_buff *p)
{
#ifdef FERRY_HAVE_GRO_NETWORK_FLUSH
	return gro_receive_network_flush(th, th2, p);
#else
	if (NAPI_GRO_CB(p)->flush)
		return true;
	/* A first merge decides whether the flow's IP IDs count up or stand still */
	if (NAPI_GRO_CB(p)->flush_id != 1 || NAPI_GRO_CB(p)->count != 1 ||
	    !NAPI_GRO_CB(p)->is_atomic)
		return NAPI_GRO_CB(p)->flush_id;
	NAPI_GRO_CB(p)->is_atomic = false;
	return false;
#endif
}

/* The IP header of a held packet, within tunnels too */
static inline void *ferry_gro_network_header(struct sk_buff *skb)
{
#ifdef FERRY_HAVE_GRO_NETWORK_FLUSH
	return skb->data + NAPI_GRO_CB(skb)->network_offsets[skb->encapsulation];
#else
	return skb_network_header(skb);
#endif
}

#endif /* _FERRY_COMPAT_GSO_H */
