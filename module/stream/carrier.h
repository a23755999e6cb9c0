/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In the kernel a segment is carried by an sk_buff: struct fsp_seg lives in
 * skb->cb, and the links are those the sk_buff has anyway.
 *
 * Unsent segments hang on skb->list, queues in sequence order on skb->rbnode:
 * these share memory with each other and with skb->dev, so that skb->dev of a
 * queued segment means nothing. The order of transmission hangs on
 * skb->tcp_tsorted_anchor, which shares memory with _skb_refdst and destructor:
 * ferry_tx_init() before the engine sees the carrier, ferry_tx_clone() instead
 * of skb_clone() and pskb_copy(), ferry_tx_free() instead of kfree_skb().
 */
#ifndef _FERRY_STREAM_CARRIER_H
#define _FERRY_STREAM_CARRIER_H

#include <linux/build_bug.h>
#include <linux/skbuff.h>

static inline struct fsp_seg *ferry_skb_seg(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct fsp_seg) > sizeof_field(struct sk_buff, cb));
	return (struct fsp_seg *)skb->cb;
}

static inline struct sk_buff *ferry_seg_skb(const struct fsp_seg *seg)
{
	return container_of((char (*)[sizeof_field(struct sk_buff, cb)])seg,
			    struct sk_buff, cb);
}

static inline struct list_head *fsp_seg_list(struct fsp_seg *seg)
{
	return &ferry_seg_skb(seg)->list;
}

static inline struct fsp_seg *fsp_list_seg(struct list_head *node)
{
	return ferry_skb_seg(list_entry(node, struct sk_buff, list));
}

static inline struct rb_node *fsp_seg_rb(struct fsp_seg *seg)
{
	return &ferry_seg_skb(seg)->rbnode;
}

static inline struct fsp_seg *fsp_rb_seg(struct rb_node *node)
{
	return ferry_skb_seg(rb_entry(node, struct sk_buff, rbnode));
}

static inline struct list_head *fsp_seg_tlist(struct fsp_seg *seg)
{
	return &ferry_seg_skb(seg)->tcp_tsorted_anchor;
}

static inline struct fsp_seg *fsp_tlist_seg(struct list_head *node)
{
	return ferry_skb_seg(list_entry(node, struct sk_buff, tcp_tsorted_anchor));
}

/* A fresh sk_buff is to become the carrier of a segment to be sent. */
static inline void ferry_tx_init(struct sk_buff *skb)
{
	INIT_LIST_HEAD(&skb->tcp_tsorted_anchor);
}

/*
 * A second sk_buff with the same payload, to be handed to the network: a clone,
 * or, where one is still about below, a copy of the linear part alone (the
 * header is written there). Its _skb_refdst and destructor are 0.
 */
static inline struct sk_buff *ferry_tx_clone(struct sk_buff *skb, gfp_t gfp)
{
	unsigned long saved = skb->_skb_refdst;
	struct sk_buff *twin;

	skb->_skb_refdst = 0;
	twin = skb_cloned(skb) ? pskb_copy(skb, gfp) : skb_clone(skb, gfp);
	skb->_skb_refdst = saved;
	if (twin)
		twin->dev = NULL;
	return twin;
}

static inline void ferry_tx_free(struct sk_buff *skb)
{
	skb->_skb_refdst = 0;
	skb->destructor = NULL;
	__kfree_skb(skb);
}

#endif /* _FERRY_STREAM_CARRIER_H */
