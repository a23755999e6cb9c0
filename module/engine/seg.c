// SPDX-License-Identifier: GPL-2.0-only
/* Segments in order of sequence number. */
#include "seg.h"

static void link_at(struct fsp_segq *q, struct fsp_seg *seg,
		    struct rb_node *parent, struct rb_node **link)
{
	rb_link_node(fsp_seg_rb(seg), parent, link);
	rb_insert_color(fsp_seg_rb(seg), &q->root);
	q->count++;
}

void fsp_segq_insert(struct fsp_segq *q, struct fsp_seg *seg)
{
	struct rb_node **link = &q->root.rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		if (fsp_before(seg->seq, fsp_rb_seg(parent)->seq))
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	link_at(q, seg, parent, link);
}

void fsp_segq_insert_tail(struct fsp_segq *q, struct fsp_seg *seg)
{
	struct rb_node *last = rb_last(&q->root);

	link_at(q, seg, last, last ? &last->rb_right : &q->root.rb_node);
}

void fsp_segq_erase(struct fsp_segq *q, struct fsp_seg *seg)
{
	rb_erase(fsp_seg_rb(seg), &q->root);
	q->count--;
}

struct fsp_seg *fsp_segq_find(struct fsp_segq *q, u32 seq)
{
	struct rb_node *node = q->root.rb_node;
	struct fsp_seg *after = NULL;

	while (node) {
		struct fsp_seg *seg = fsp_rb_seg(node);

		if (fsp_before(seq, seg->end_seq)) {
			after = seg;
			if (!fsp_before(seq, seg->seq))
				break;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return after;
}
