/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What carries a segment in tests, in the kernel and in the simulator. Nodes
 * share memory as an sk_buff's do, so that an engine that uses two at once is
 * found out.
 *
 * A test's payload is not stored but named: by where in the sender's stream
 * it begins. Whoever delivers it can tell exactly which bytes arrive.
 */
#ifndef _FSP_CARRIER_H
#define _FSP_CARRIER_H

/**
 * struct carrier - stands for an sk_buff
 * @rb: link in a struct fsp_segq
 * @list: link in the unsent queue
 * @tlist: link in order of transmission
 * @seg: the engine's part
 * @off: stream offset of the first payload byte
 * @bytes: of payload
 */
struct carrier {
	union {
		struct rb_node		rb;
		struct list_head	list;
	};
	struct list_head		tlist;
	struct fsp_seg			seg;
	u64				off;
	u32				bytes;
};

static inline struct carrier *fsp_seg_carrier(struct fsp_seg *seg)
{
	return container_of(seg, struct carrier, seg);
}

static inline struct list_head *fsp_seg_list(struct fsp_seg *seg)
{
	return &fsp_seg_carrier(seg)->list;
}

static inline struct fsp_seg *fsp_list_seg(struct list_head *list)
{
	return &container_of(list, struct carrier, list)->seg;
}

static inline struct rb_node *fsp_seg_rb(struct fsp_seg *seg)
{
	return &fsp_seg_carrier(seg)->rb;
}

static inline struct fsp_seg *fsp_rb_seg(struct rb_node *rb)
{
	return &container_of(rb, struct carrier, rb)->seg;
}

static inline struct list_head *fsp_seg_tlist(struct fsp_seg *seg)
{
	return &fsp_seg_carrier(seg)->tlist;
}

static inline struct fsp_seg *fsp_tlist_seg(struct list_head *list)
{
	return &container_of(list, struct carrier, tlist)->seg;
}

#endif /* _FSP_CARRIER_H */
