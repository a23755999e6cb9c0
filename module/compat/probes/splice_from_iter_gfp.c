// SPDX-License-Identifier: GPL-2.0-only
/* skb_splice_from_iter() takes a gfp_t: from 6.5 on, not in 7.3 */
#include <linux/skbuff.h>

ssize_t ferry_probe(struct sk_buff *skb, struct iov_iter *iter);
ssize_t ferry_probe(struct sk_buff *skb, struct iov_iter *iter)
{
	return skb_splice_from_iter(skb, iter, 1, GFP_KERNEL);
}
