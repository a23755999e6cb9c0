/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A segment: a run of the stream's bytes inside whatever carries it. On the
 * way out it may be 64 KB, sent as one super-packet, and is split where only
 * part of it may be sent or is acknowledged.
 */
#ifndef _FSP_SEG_H
#define _FSP_SEG_H

#include "wire.h"

/* fsp_seg.state, on the way out */
#define FSP_SEG_SACKED		0x01	/* a range covers it */
#define FSP_SEG_LOST		0x02	/* judged lost; stays when it is sent again */
#define FSP_SEG_RETRANS		0x04	/* sent again, and that one is in flight */
#define FSP_SEG_EVER_RETRANS	0x08	/* sent again at some time */
#define FSP_SEG_SENT		0x10	/* at least once */
#define FSP_SEG_APP_LIMITED	0x20	/* sent when the path had room for more */

/**
 * struct fsp_seg - 48 bytes at most: it lives in skb->cb
 * @seq: first sequence number
 * @end_seq: one past the last; SYN and FIN count one each
 * @tx_time: when it was last sent, ns
 * @delivered: low bits of conn->delivered when it was sent (rate.c)
 * @delivered_us: conn's time of that, low bits of microseconds
 * @first_tx_us: when the first segment of that flight was sent
 * @in_flight: bytes in flight when it was sent, its own included
 * @lost: low bits of conn->lost when it was sent
 * @serial: of its last transmission
 * @flags: FSP_SYN, FSP_FIN, FSP_PSH
 * @state: FSP_SEG_*
 */
struct fsp_seg {
	u32	seq;
	u32	end_seq;
	u64	tx_time;
	u32	delivered;
	u32	delivered_us;
	u32	first_tx_us;
	u32	in_flight;
	u32	lost;
	u16	serial;
	u8	flags;
	u8	state;
};

static inline u32 fsp_seg_len(const struct fsp_seg *seg)
{
	return seg->end_seq - seg->seq;
}

/* Payload only, without the numbers of SYN and FIN */
static inline u32 fsp_seg_bytes(const struct fsp_seg *seg)
{
	return fsp_seg_len(seg) - !!(seg->flags & FSP_SYN) - !!(seg->flags & FSP_FIN);
}

/*
 * carrier.h defines, all static inline:
 *	struct list_head *fsp_seg_list(struct fsp_seg *)	unsent queue's link
 *	struct fsp_seg *fsp_list_seg(struct list_head *)
 *	struct rb_node *fsp_seg_rb(struct fsp_seg *)		tree link (may share
 *	struct fsp_seg *fsp_rb_seg(struct rb_node *)		 memory with the list's)
 *	struct list_head *fsp_seg_tlist(struct fsp_seg *)	link in order of
 *	struct fsp_seg *fsp_tlist_seg(struct list_head *)	 transmission
 */
#include "carrier.h"

/**
 * struct fsp_segq - segments in order of sequence number
 * @root: tree
 * @count: segments in it
 */
struct fsp_segq {
	struct rb_root	root;
	u32		count;
};

static inline void fsp_segq_init(struct fsp_segq *q)
{
	q->root = RB_ROOT;
	q->count = 0;
}

static inline struct fsp_seg *fsp_segq_or_null(struct rb_node *node)
{
	return node ? fsp_rb_seg(node) : NULL;
}

static inline struct fsp_seg *fsp_segq_first(struct fsp_segq *q)
{
	return fsp_segq_or_null(rb_first(&q->root));
}

static inline struct fsp_seg *fsp_segq_last(struct fsp_segq *q)
{
	return fsp_segq_or_null(rb_last(&q->root));
}

static inline struct fsp_seg *fsp_segq_next(struct fsp_seg *seg)
{
	return fsp_segq_or_null(rb_next(fsp_seg_rb(seg)));
}

static inline struct fsp_seg *fsp_segq_prev(struct fsp_seg *seg)
{
	return fsp_segq_or_null(rb_prev(fsp_seg_rb(seg)));
}

/* Segments in a queue do not overlap. */
void fsp_segq_insert(struct fsp_segq *q, struct fsp_seg *seg);
void fsp_segq_insert_tail(struct fsp_segq *q, struct fsp_seg *seg);
void fsp_segq_erase(struct fsp_segq *q, struct fsp_seg *seg);

/**
 * fsp_segq_find() - the segment that holds @seq, or the first after it
 * @q: the queue
 * @seq: sequence number
 */
struct fsp_seg *fsp_segq_find(struct fsp_segq *q, u32 seq);

#endif /* _FSP_SEG_H */
