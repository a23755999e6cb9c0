/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages handed to a socket without a copy: MSG_SPLICE_PAGES and
 * skb_splice_from_iter() from 6.5 on (without the gfp_t later), sendpage before.
 */
#ifndef _FERRY_COMPAT_SPLICE_H
#define _FERRY_COMPAT_SPLICE_H

#include <linux/bvec.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/uio.h>

static inline bool ferry_msg_splices(const struct msghdr *msg)
{
#ifdef FERRY_HAVE_SENDPAGE
	return false;
#else
	return msg->msg_flags & MSG_SPLICE_PAGES;
#endif
}

/*
 * Move up to @want bytes' pages from @iter to @skb. len, data_len and truesize
 * grow. Returns bytes moved, -EMSGSIZE where @skb has no place for a page more.
 */
static inline ssize_t ferry_splice_from_iter(struct sk_buff *skb,
					     struct iov_iter *iter,
					     size_t want, gfp_t gfp)
{
#ifdef FERRY_HAVE_SENDPAGE
	/* Here sendpage is the only caller: one page, a bvec of one element. */
	size_t offset = iter->bvec->bv_offset + iter->iov_offset;
	struct page *page = iter->bvec->bv_page;
	int i = skb_shinfo(skb)->nr_frags;

	if (skb_can_coalesce(skb, i, page, offset)) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], want);
	} else if (i < MAX_SKB_FRAGS) {
		get_page(page);
		skb_fill_page_desc(skb, i, page, offset, want);
	} else {
		return -EMSGSIZE;
	}
	iov_iter_advance(iter, want);
	skb->len += want;
	skb->data_len += want;
	skb->truesize += want;
	return want;
#elif defined(FERRY_HAVE_SPLICE_FROM_ITER_GFP)
	return skb_splice_from_iter(skb, iter, want, gfp);
#else
	return skb_splice_from_iter(skb, iter, want);
#endif
}

#endif /* _FERRY_COMPAT_SPLICE_H */
