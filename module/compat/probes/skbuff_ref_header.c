// SPDX-License-Identifier: GPL-2.0-only
/* <linux/skbuff_ref.h> exists (from 6.10 on) */
#include <linux/skbuff_ref.h>

void ferry_probe(struct sk_buff *skb);
void ferry_probe(struct sk_buff *skb)
{
	skb_frag_unref(skb, 0);
}
