// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is lost, and how it is repaired: RACK-TLP (RFC 8985) decides what is
 * lost, PRR (RFC 6937) how fast it is sent again, and the echoed serials tell
 * exactly when all that was needless, so that it is undone.
 *
 * FSP_OPEN --loss--> FSP_RECOVERY --high_seq acknowledged--> FSP_OPEN
 * any --timeout--> FSP_LOSS --high_seq acknowledged--> FSP_OPEN
 */
#include "internal.h"

#define DUP_THRESH		3	/* RFC 8985 section 6.2: without reordering seen */
#define REO_STEPS_MAX		8
#define RENEGE_WAIT		(10 * FSP_NSEC_PER_MSEC)
#define REO_PERSIST		16	/* recoveries, RFC 8985 section 6.2 step 4 */
#define UNDO_PATIENCE		2

void fsp_mark_lost(struct fsp_conn *c, struct fsp_seg *seg)
{
	u32 len = fsp_seg_len(seg);

	if (!(seg->state & FSP_SEG_LOST) || (seg->state & FSP_SEG_RETRANS))
		fsp_plpmtu_lost(c, seg);
	if (seg->state & FSP_SEG_RETRANS) {
		seg->state &= ~FSP_SEG_RETRANS;
		c->work->retrans_out -= len;
	}
	if (!(seg->state & FSP_SEG_LOST)) {
		seg->state |= FSP_SEG_LOST;
		c->work->lost_out += len;
	}
	list_del_init(fsp_seg_tlist(seg));
	c->lost_segs++;
	fsp_host_count(c, FSP_COUNT_LOST_SEGS, 1);
}

/* The network lost it: that tells the congestion control something. */
static void lose(struct fsp_conn *c, struct fsp_seg *seg, u64 now)
{
	c->lost += fsp_seg_len(seg);
	fsp_cc_run(c);
	if (fsp_cc(c)->lost)
		fsp_cc(c)->lost(c, seg, now);
	fsp_mark_lost(c, seg);
}

void fsp_rack_delivered(struct fsp_conn *c, const struct fsp_ack_state *as)
{
	if (!as->newest_set)
		return;
	if (as->newest_tx < c->work->rack_time ||
	    (as->newest_tx == c->work->rack_time && !fsp_after(as->newest_end, c->work->rack_end_seq)))
		return;
	c->work->rack_time = as->newest_tx;
	c->work->rack_end_seq = as->newest_end;
	c->work->rack_rtt = as->sample.now > as->newest_tx ? as->sample.now - as->newest_tx : 1;
}

/* RFC 8985 section 6.2 step 4 */
static u64 reordering_window(const struct fsp_conn *c)
{
	u64 wnd;

	if (!c->reordering_seen &&
	    (c->recovery != FSP_OPEN || c->work->sacked_out >= DUP_THRESH * c->snd_mss))
		return 0;
	wnd = min(c->min_rtt / 4 * max_t(u8, c->reo_steps, 1), c->srtt);
	/*
	 * How late packets come was measured. The RFC asks for a bound and would
	 * like a round trip; a path that reorders by more would never be at rest,
	 * so it is what a timeout waits at least.
	 */
	return max(wnd, min(c->reo_wnd, c->srtt + c->cfg.rto_min));
}

/*
 * Mark what was sent long enough before something that arrived.
 *
 * Return: bytes newly marked. Arms the timer for what is not yet old enough.
 */
u32 fsp_rack_detect(struct fsp_conn *c, u64 now)
{
	struct list_head *pos, *next;
	u64 wnd, due, wait = 0;
	u32 lost = 0;

	fsp_timer_stop(c, FSP_TIMER_REORDER);
	if (!c->work->rack_time)
		return 0;
	wnd = reordering_window(c);
	list_for_each_safe(pos, next, &c->work->tx_order) {
		struct fsp_seg *seg = fsp_tlist_seg(pos);

		if (seg->tx_time > c->work->rack_time ||
		    (seg->tx_time == c->work->rack_time && !fsp_before(seg->end_seq, c->work->rack_end_seq)))
			break;
		due = seg->tx_time + c->work->rack_rtt + wnd;
		if (due <= now) {
			lost += fsp_seg_len(seg);
			lose(c, seg, now);
		} else {
			wait = max(wait, due);
		}
	}
	if (wait)
		fsp_timer_arm(c, FSP_TIMER_REORDER, wait);
	return lost;
}

/*
 * Whether an earlier reduction was called for shows only when the late packets
 * have come. Until then a further one is part of it, so that both are undone.
 */
static bool undo_pending(const struct fsp_conn *c, u64 now)
{
	return c->work->undo_ok && c->work->undo_retrans > 0 &&
	       now - c->work->undo_since < UNDO_PATIENCE * (c->srtt + c->cfg.rto_min);
}

static void remember_for_undo(struct fsp_conn *c, u64 now)
{
	if (undo_pending(c, now))
		return;
	c->work->undo_since = now;
	c->work->prior_cwnd = c->cwnd;
	c->work->prior_ssthresh = c->ssthresh;
	c->work->undo_marker = c->snd_una;
	c->work->undo_retrans = 0;
	c->work->undo_ok = true;
}

/* A path that no longer reorders is not to be waited for. */
static void age_reordering(struct fsp_conn *c)
{
	if (++c->reo_age <= REO_PERSIST)
		return;
	c->reo_age = 0;
	c->reo_steps = 1;
	c->reo_wnd /= 2;
}

static void enter_recovery(struct fsp_conn *c, u32 in_flight, u64 now)
{
	age_reordering(c);
	remember_for_undo(c, now);
	c->recovery = FSP_RECOVERY;
	c->work->high_seq = c->snd_nxt;
	c->ssthresh = fsp_cc(c)->ssthresh(c);
	c->work->prr_base = max(in_flight, c->snd_mss);
	c->work->prr_delivered = 0;
	c->work->prr_out = 0;
	fsp_cc_event(c, FSP_CC_LOSS, now);
	fsp_host_count(c, FSP_COUNT_FAST_RECOVERY, 1);
	fsp_timer_stop(c, FSP_TIMER_TLP);
}

/* RFC 6937 section 3.1, with the slow start reduction bound */
static void prr(struct fsp_conn *c, const struct fsp_ack_sample *s)
{
	u32 pipe = fsp_in_flight(c);
	s64 send;

	c->work->prr_delivered += s->delivered;
	if (pipe > c->ssthresh) {
		send = div_u64((u64)c->work->prr_delivered * c->ssthresh + c->work->prr_base - 1,
			       c->work->prr_base);
		send -= c->work->prr_out;
	} else {
		send = max_t(s64, (s64)c->work->prr_delivered - c->work->prr_out, s->delivered);
		send = min_t(s64, send + c->snd_mss, (s64)c->ssthresh - pipe);
	}
	/* The first retransmission goes out at once. */
	if (!c->work->prr_out)
		send = max_t(s64, send, c->snd_mss);
	c->cwnd = max_t(s64, pipe + max_t(s64, send, 0), c->snd_mss);
}

static void recovered(struct fsp_conn *c, u64 now)
{
	if (c->recovery == FSP_RECOVERY && !fsp_cc(c)->control)
		c->cwnd = clamp(c->ssthresh, c->snd_mss, c->cwnd_clamp);
	c->recovery = FSP_OPEN;
	fsp_cc_event(c, FSP_CC_RECOVERED, now);
}

/*
 * Back into the order of transmission, where that of sequence numbers mostly
 * is the same: the search goes on where it ended before.
 */
static struct list_head *put_back(struct fsp_conn *c, struct fsp_seg *seg,
				  struct list_head *pos)
{
	if (pos != &c->work->tx_order && fsp_tlist_seg(pos)->tx_time > seg->tx_time)
		pos = &c->work->tx_order;
	while (pos->next != &c->work->tx_order && fsp_tlist_seg(pos->next)->tx_time <= seg->tx_time)
		pos = pos->next;
	list_add(fsp_seg_tlist(seg), pos);
	return fsp_seg_tlist(seg);
}

/* Every retransmission was needless: nothing was lost, nothing is to be slower. */
static void undo(struct fsp_conn *c, u64 now)
{
	struct list_head *pos = &c->work->tx_order;
	struct fsp_seg *seg;

	for (seg = fsp_segq_first(&c->work->rtxq); seg; seg = fsp_segq_next(seg)) {
		if (!(seg->state & FSP_SEG_LOST))
			continue;
		seg->state &= ~FSP_SEG_LOST;
		c->work->lost_out -= fsp_seg_len(seg);
		if (list_empty(fsp_seg_tlist(seg)))
			pos = put_back(c, seg, pos);
	}
	c->cwnd = max(c->cwnd, c->work->prior_cwnd);
	c->ssthresh = max(c->ssthresh, c->work->prior_ssthresh);
	c->reordering_seen = true;
	c->reo_steps = min(c->reo_steps + 1, REO_STEPS_MAX);
	c->reo_age = 0;
	c->work->undo_ok = false;
	c->recovery = FSP_OPEN;
	fsp_cc_event(c, FSP_CC_UNDO, now);
}

void fsp_recovery_spurious(struct fsp_conn *c, u64 now)
{
	if (c->work->undo_ok && c->work->undo_retrans <= 0)
		undo(c, now);
}

/* RFC 8985 section 7.4: the probe itself repaired a loss nobody else noticed. */
static void tlp_acked(struct fsp_conn *c, const struct fsp_ack_state *as)
{
	if (!c->work->tlp_out || fsp_before(c->snd_una, c->work->tlp_high_seq))
		return;
	c->work->tlp_out = false;
	if (as->spurious || c->recovery != FSP_OPEN || !c->work->tlp_rtx)
		return;
	fsp_cc_run(c);
	c->ssthresh = fsp_cc(c)->ssthresh(c);
	if (!fsp_cc(c)->control)
		c->cwnd = min(c->cwnd, c->ssthresh);
	fsp_cc_event(c, FSP_CC_LOSS, as->sample.now);
}

void fsp_recovery_ack(struct fsp_conn *c, struct fsp_ack_state *as)
{
	u64 now = as->sample.now;

	if (as->spurious)
		fsp_recovery_spurious(c, now);
	fsp_rack_delivered(c, as);
	if (as->sample.cwnd_limited)
		fsp_cc_run(c);
	tlp_acked(c, as);
	if (c->recovery != FSP_OPEN && !fsp_before(c->snd_una, c->work->high_seq))
		recovered(c, now);

	as->sample.lost = fsp_rack_detect(c, now);
	if (c->recovery == FSP_OPEN && c->work->lost_out)
		enter_recovery(c, as->sample.prior_in_flight, now);

	if (fsp_cc(c)->control) {
		if (as->sample.delivered || as->sample.lost)
			fsp_cc(c)->control(c, &as->sample);
		return;
	}
	if (c->recovery == FSP_RECOVERY)
		prr(c, &as->sample);
	else if (as->sample.delivered)
		fsp_cc(c)->ack(c, &as->sample);
	fsp_pace_by_window(c);
}

void fsp_reorder_timeout(struct fsp_conn *c, u64 now)
{
	u32 in_flight = fsp_in_flight(c);
	struct fsp_ack_sample s = { .now = now };

	if (!fsp_rack_detect(c, now))
		return;
	if (c->recovery == FSP_OPEN)
		enter_recovery(c, in_flight, now);
	if (c->recovery == FSP_RECOVERY && !fsp_cc(c)->control)
		prr(c, &s);
	fsp_output(c, 0, now);
}

/*
 * Whoever has a range acknowledges it as soon as nothing is missing before it.
 * Who stops right there has dropped it, most likely for want of memory: wait a
 * little, then act as after a timeout, instead of waiting for that.
 */
void fsp_reneging_check(struct fsp_conn *c, u64 now)
{
	const struct fsp_seg *seg = fsp_segq_first(&c->work->rtxq);
	u64 soon = now + max_t(u64, c->srtt / 2, RENEGE_WAIT);

	if (seg && (seg->state & FSP_SEG_SACKED) && c->work->timer[FSP_TIMER_RTO] > soon)
		fsp_timer_arm(c, FSP_TIMER_RTO, soon);
}

/* A peer may take back what it reported (RFC 2018 section 8). */
static void forget_ranges(struct fsp_conn *c)
{
	struct fsp_seg *seg;

	for (seg = fsp_segq_first(&c->work->rtxq); seg; seg = fsp_segq_next(seg)) {
		if (!(seg->state & FSP_SEG_SACKED))
			continue;
		seg->state &= ~FSP_SEG_SACKED;
		c->work->sacked_out -= fsp_seg_len(seg);
	}
	if (c->work->repair)
		memset(c->work->repair->sack_cache, 0, sizeof(c->work->repair->sack_cache));
	fsp_host_count(c, FSP_COUNT_RENEGED, 1);
}

static bool new_timeout_episode(const struct fsp_conn *c)
{
	/* RFC 5681 section 3.1: once per window */
	return c->recovery == FSP_OPEN || !fsp_before(c->snd_una, c->work->high_seq) ||
	       (c->recovery == FSP_LOSS && !c->work->retries);
}

/* RFC 6298 (5.4)-(5.6), RFC 5681 section 3.1 */
void fsp_recovery_timeout(struct fsp_conn *c, u64 now)
{
	struct fsp_seg *seg = fsp_segq_first(&c->work->rtxq);
	u32 lost = c->work->lost_out;

	if (seg && (seg->state & FSP_SEG_SACKED))
		forget_ranges(c);
	if (new_timeout_episode(c)) {
		remember_for_undo(c, now);
		fsp_cc_run(c);
		c->ssthresh = fsp_cc(c)->ssthresh(c);
		fsp_cc_event(c, FSP_CC_TIMEOUT, now);
	}
	for (; seg; seg = fsp_segq_next(seg))
		if (!(seg->state & FSP_SEG_SACKED))
			fsp_mark_lost(c, seg);
	c->lost += c->work->lost_out - lost;
	c->cwnd = c->snd_mss;
	c->recovery = FSP_LOSS;
	c->work->high_seq = c->snd_nxt;
	c->work->tlp_out = false;
	fsp_timer_stop(c, FSP_TIMER_TLP);
	fsp_timer_stop(c, FSP_TIMER_REORDER);
}

void fsp_recovery_sent(struct fsp_conn *c, u32 bytes)
{
	if (c->recovery == FSP_RECOVERY)
		c->work->prr_out += bytes;
}

/* What left at the larger size did not arrive; it was not congestion. */
void fsp_recovery_mss_shrunk(struct fsp_conn *c)
{
	struct fsp_seg *seg;

	for (seg = fsp_segq_first(&c->work->rtxq); seg; seg = fsp_segq_next(seg))
		if (!(seg->state & (FSP_SEG_SACKED | FSP_SEG_LOST)) &&
		    fsp_seg_bytes(seg) + FSP_OPTS_MAX > c->snd_mss)
			fsp_mark_lost(c, seg);
	if (!c->work->lost_out || c->recovery != FSP_OPEN)
		return;
	c->recovery = FSP_LOSS;
	c->work->high_seq = c->snd_nxt;
	c->work->undo_ok = false;
}

/*
 * RFC 8985 section 7.2: two round trips, a delayed ACK more for a lone packet; what
 * came as a super-packet may be acknowledged by its reader.
 */
void fsp_tlp_arm(struct fsp_conn *c, u64 now)
{
	u64 pto = 2 * c->srtt;

	if (!c->srtt || c->recovery != FSP_OPEN || c->work->tlp_out || !c->work->rtxq.count ||
	    !FSP_STATE_IN(c->state, FSP_STATES_OUTPUT)) {
		fsp_timer_stop(c, FSP_TIMER_TLP);
		return;
	}
	if (c->snd_nxt - c->snd_una <= c->snd_mss)
		pto += c->cfg.delack_max;
	else
		pto += FSP_READER_TIME + FSP_TICK_TIME;
	if (c->work->timer[FSP_TIMER_RTO] && now + pto >= c->work->timer[FSP_TIMER_RTO]) {
		fsp_timer_stop(c, FSP_TIMER_TLP);
		return;
	}
	fsp_timer_arm(c, FSP_TIMER_TLP, now + pto);
}

/* The probe is new data where there is some, else the last packet again. */
void fsp_tlp_timeout(struct fsp_conn *c, u64 now)
{
	struct fsp_seg *last = fsp_segq_last(&c->work->rtxq);
	u32 snd_nxt = c->snd_nxt;
	u32 len;

	if (!last || c->recovery != FSP_OPEN)
		return;
	c->work->tlp_out = true;
	c->work->tlp_rtx = false;
	c->work->tlp_allow = true;
	fsp_output(c, FSP_PUSH_NOW, now);
	c->work->tlp_allow = false;
	if (c->snd_nxt == snd_nxt) {
		len = fsp_seg_len(last);
		/* Uncut it may be larger than the path of today allows. */
		if (len > c->snd_mss)
			last = fsp_split(c, last, len - c->snd_mss);
		if (last && !(last->state & FSP_SEG_SACKED) && !fsp_resend_seg(c, last, now))
			c->work->tlp_rtx = true;
	}
	c->work->tlp_high_seq = c->snd_nxt;
	fsp_rto_arm(c, now);
}
