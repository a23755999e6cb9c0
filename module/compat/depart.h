/* SPDX-License-Identifier: GPL-2.0-only */
/* When a packet is to leave, for fq: its clock is named by a type from 6.11 on. */
#ifndef _FERRY_COMPAT_DEPART_H
#define _FERRY_COMPAT_DEPART_H

#include <linux/skbuff.h>

static inline void ferry_set_departure(struct sk_buff *skb, u64 when)
{
#ifdef FERRY_HAVE_DELIVERY_CLOCKID
	skb_set_delivery_time(skb, ns_to_ktime(when), SKB_CLOCK_MONOTONIC);
#else
	skb_set_delivery_time(skb, ns_to_ktime(when), true);
#endif
}

#endif /* _FERRY_COMPAT_DEPART_H */
