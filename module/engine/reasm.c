// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reassembly: bytes in order are delivered at once, others wait. What waits may
 * overlap (a retransmission cut differently), but no two start at the same
 * number; it is bounded by the host's memory and cfg.max_ofo and, once
 * reported to the peer, given up only where an in-order segment would
 * otherwise find no room.
 */
#include "internal.h"

static void advance(struct fsp_conn *c, u32 to)
{
	c->rcv_off += to - c->rcv_nxt;
	c->work->ack_bytes += to - c->rcv_nxt;
	c->rcv_nxt = to;
	c->events |= FSP_EV_READABLE;
}

/* What waited and has its turn now */
static void deliver_waiting(struct fsp_conn *c)
{
	struct fsp_seg *seg;

	while ((seg = fsp_segq_first(&c->work->ofoq)) && !fsp_after(seg->seq, c->rcv_nxt)) {
		u32 end = seg->end_seq;

		fsp_segq_erase(&c->work->ofoq, seg);
		if (!fsp_after(end, c->rcv_nxt)) {
			fsp_host_free_rx(c, seg);
			continue;
		}
		/* The host may merge and free it: its end was noted before. */
		fsp_host_deliver(c, seg);
		advance(c, end);
	}
}

/* Memory for what can be read at once, from what cannot: the farthest first */
static bool prune_one(struct fsp_conn *c)
{
	struct fsp_seg *seg = fsp_segq_last(&c->work->ofoq);

	if (!seg)
		return false;
	fsp_segq_erase(&c->work->ofoq, seg);
	fsp_host_free_rx(c, seg);
	fsp_host_count(c, FSP_COUNT_OFO_PRUNED, 1);
	return true;
}

static bool admit_in_order(struct fsp_conn *c, struct fsp_seg *seg)
{
	while (!fsp_host_admit(c, seg, true))
		if (!prune_one(c))
			return false;
	return true;
}

static enum fsp_verdict take_in_order(struct fsp_conn *c, struct fsp_seg *seg)
{
	u32 end = seg->end_seq;

	if (!admit_in_order(c, seg)) {
		c->ack_now = 1;
		return FSP_DROP_RCVBUF;
	}
	fsp_host_deliver(c, seg);
	advance(c, end);
	if (c->work->ofoq.count) {
		/* A hole is filled, at least in part: RFC 5681 section 4.2 */
		c->ack_now = 1;
		deliver_waiting(c);
	}
	return FSP_TAKEN;
}

/* The waiting segment with the largest start at or before @seq */
static struct fsp_seg *waiting_before(struct fsp_conn *c, u32 seq)
{
	struct rb_node *node = c->work->ofoq.root.rb_node;
	struct fsp_seg *best = NULL;

	while (node) {
		struct fsp_seg *seg = fsp_rb_seg(node);

		if (fsp_after(seg->seq, seq)) {
			node = node->rb_left;
		} else {
			best = seg;
			node = node->rb_right;
		}
	}
	return best;
}

/* Waiting segments that the new one covers whole */
static void drop_covered(struct fsp_conn *c, struct fsp_seg *seg)
{
	struct fsp_seg *next;

	while ((next = fsp_segq_next(seg)) && !fsp_after(next->end_seq, seg->end_seq)) {
		fsp_segq_erase(&c->work->ofoq, next);
		fsp_host_free_rx(c, next);
	}
}

static struct fsp_seg *merge(struct fsp_conn *c, struct fsp_seg *to, struct fsp_seg *from)
{
	u32 end = from->end_seq;

	if (to->end_seq != from->seq)
		return from;
	fsp_segq_erase(&c->work->ofoq, from);
	if (fsp_host_merge(c, to, from)) {
		to->end_seq = end;
		return to;
	}
	fsp_segq_insert(&c->work->ofoq, from);
	return from;
}

/* What came twice is told: only its sender knows what that means. */
void fsp_reasm_dup(struct fsp_conn *c, const struct fsp_rx *rx)
{
	c->dup_in++;
	if (!rx->len)
		return;
	c->work->dup.seq = rx->seq;
	c->work->dup.len = min_t(u32, rx->len, U16_MAX);
	c->work->dup.serial = rx->serial;
	c->work->dup_due = true;
}

static enum fsp_verdict take_out_of_order(struct fsp_conn *c, const struct fsp_rx *rx,
					  struct fsp_seg *seg)
{
	struct fsp_seg *prev, *next;

	c->ack_now = 1;
	prev = waiting_before(c, seg->seq);
	if (prev && !fsp_after(seg->end_seq, prev->end_seq)) {
		fsp_reasm_dup(c, rx);
		return FSP_DROP_DUP;
	}
	if (c->work->ofoq.count >= c->cfg.max_ofo)
		return FSP_DROP_OFO;
	if (!fsp_host_admit(c, seg, false))
		return FSP_DROP_RCVBUF;

	c->work->last_ofo = seg->seq;
	c->work->held = max(c->work->held, seg->end_seq - c->rcv_nxt);
	if (prev && prev->seq == seg->seq) {
		fsp_segq_erase(&c->work->ofoq, prev);
		fsp_host_free_rx(c, prev);
		prev = NULL;
	}
	fsp_segq_insert(&c->work->ofoq, seg);
	c->ofo_in++;
	fsp_host_count(c, FSP_COUNT_OFO_QUEUED, 1);
	drop_covered(c, seg);
	prev = fsp_segq_prev(seg);
	if (prev)
		seg = merge(c, prev, seg);
	next = fsp_segq_next(seg);
	if (next)
		merge(c, seg, next);
	return FSP_TAKEN;
}

static void note_fin(struct fsp_conn *c, const struct fsp_rx *rx)
{
	if (!(rx->flags & FSP_FIN) || c->fin_seen)
		return;
	c->fin_seen = true;
	c->fin_seq = rx->seq + rx->len;
}

/*
 * Nothing follows a FIN, and no FIN stands elsewhere than the first did: the
 * end of the stream may be told once, and not before what has come already.
 */
static bool end_denied(struct fsp_conn *c, const struct fsp_rx *rx, u32 end)
{
	struct fsp_seg *last;

	if (c->fin_seen)
		return fsp_after(end, c->fin_seq) ||
		       ((rx->flags & FSP_FIN) && end != c->fin_seq);
	if (!(rx->flags & FSP_FIN))
		return false;
	last = fsp_segq_last(&c->work->ofoq);
	return fsp_before(end, c->rcv_nxt) || (last && fsp_after(last->end_seq, end));
}

enum fsp_verdict fsp_reasm_rx(struct fsp_conn *c, const struct fsp_rx *rx,
			      struct fsp_seg *seg, u64 now)
{
	u32 end = rx->seq + rx->len;

	if (end_denied(c, rx, end))
		return FSP_DROP_SEQ;

	seg->seq = rx->seq;
	seg->end_seq = end;
	seg->flags = rx->flags & FSP_PSH;	/* @end is without the FIN's number */
	seg->state = 0;
	note_fin(c, rx);
	if (!rx->len) {	/* a FIN; in its place it is take_fin()'s */
		c->ack_now |= rx->seq != c->rcv_nxt;
		return FSP_DONE;
	}

	c->data_segs_in++;
	fsp_ecn_received(c, rx);
	c->last_rcv_data = now;
	c->work->stream_from = c->bytes_sent;
	c->rcv_mss = max_t(u32, c->rcv_mss, min_t(u32, rx->len, c->opt_mss));
	if (!fsp_after(end, c->rcv_nxt)) {
		fsp_reasm_dup(c, rx);
		c->ack_now = 1;
		return FSP_DROP_DUP;
	}
	if (!fsp_after(rx->seq, c->rcv_nxt))
		return take_in_order(c, seg);
	return take_out_of_order(c, rx, seg);
}

/* The next run of bytes without a gap, from @seg on */
static struct fsp_seg *next_range(struct fsp_seg *seg, struct fsp_range *range)
{
	range->start = seg->seq;
	range->end = seg->end_seq;
	while ((seg = fsp_segq_next(seg)) && !fsp_after(seg->seq, range->end))
		range->end = fsp_seq_max(range->end, seg->end_seq);
	return seg;
}

/*
 * The range that grew last comes first (it tells most), then the lowest ones.
 */
unsigned int fsp_reasm_ranges(struct fsp_conn *c, struct fsp_range *ranges)
{
	struct fsp_seg *seg = fsp_segq_first(&c->work->ofoq);
	struct fsp_range range, newest = { 0, 0 };
	unsigned int n = 1;
	bool found = false;

	if (!seg)
		return 0;
	while (seg && n < FSP_RANGES_MAX) {
		seg = next_range(seg, &range);
		if (!found && fsp_between(c->work->last_ofo, range.start, range.end)) {
			newest = range;
			found = true;
		} else {
			ranges[n++] = range;
		}
	}
	if (!found && seg) {
		struct fsp_seg *last = waiting_before(c, c->work->last_ofo);

		if (last) {
			next_range(last, &newest);
			found = true;
		}
	}
	if (found) {
		ranges[0] = newest;
		return n;
	}
	/* The newest arrival was delivered since: no first place to fill. */
	n--;
	memmove(ranges, ranges + 1, n * sizeof(*ranges));
	return n;
}

void fsp_reasm_purge(struct fsp_conn *c)
{
	struct fsp_seg *seg;

	while ((seg = fsp_segq_first(&c->work->ofoq))) {
		fsp_segq_erase(&c->work->ofoq, seg);
		fsp_host_free_rx(c, seg);
	}
}
