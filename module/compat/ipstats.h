/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whoever hands a packet to ip6_local_out() counts it as a request to send;
 * IPv4 does so by itself.
 */
#ifndef _FERRY_COMPAT_IPSTATS_H
#define _FERRY_COMPAT_IPSTATS_H

#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>

static inline void ferry_ip6_count_out(struct net *net, const struct sk_buff *skb)
{
	struct inet6_dev *idev = ip6_dst_idev(skb_dst(skb));

#ifdef FERRY_HAVE_IPSTATS_OUTREQUESTS
	IP6_INC_STATS(net, idev, IPSTATS_MIB_OUTREQUESTS);
#else
	IP6_UPD_PO_STATS(net, idev, IPSTATS_MIB_OUT, skb->len);
#endif
}

#endif /* _FERRY_COMPAT_IPSTATS_H */
