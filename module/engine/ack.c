// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the peer acknowledges: cumulatively and by ranges. Each byte is counted
 * as delivered once, whichever tells first.
 */
#include "internal.h"

/* Does this acknowledgment answer the very transmission @seg last had? */
static bool answers(const struct fsp_rx *rx, const struct fsp_seg *seg)
{
	return (rx->opts & FSP_HAS_ECHO) && rx->echo == seg->serial;
}

/*
 * The echo is the highest serial that arrived: one below the retransmission's
 * says that an earlier transmission did (what RFC 4015 asks timestamps for).
 */
static bool original_arrived(const struct fsp_rx *rx, const struct fsp_seg *seg)
{
	return (rx->opts & FSP_HAS_ECHO) && (seg->state & FSP_SEG_EVER_RETRANS) &&
	       fsp_serial_before(rx->echo, seg->serial);
}

static void take_rtt(struct fsp_conn *c, const struct fsp_rx *rx,
		     const struct fsp_seg *seg, struct fsp_ack_state *as)
{
	/* Without an echo, Karn: RFC 6298 section 3 */
	if (!answers(rx, seg) &&
	    ((rx->opts & FSP_HAS_ECHO) || (seg->state & FSP_SEG_EVER_RETRANS)))
		return;
	as->sample.rtt = as->sample.now > seg->tx_time ? as->sample.now - seg->tx_time : 1;
}

static void take_newest(const struct fsp_seg *seg, struct fsp_ack_state *as)
{
	if (as->newest_set &&
	    (seg->tx_time < as->newest_tx ||
	     (seg->tx_time == as->newest_tx && !fsp_after(seg->end_seq, as->newest_end))))
		return;
	as->newest_tx = seg->tx_time;
	as->newest_end = seg->end_seq;
	as->newest_set = true;
}

/* @seg has arrived, as far as the peer says */
static void seg_delivered(struct fsp_conn *c, const struct fsp_rx *rx,
			  struct fsp_seg *seg, u32 bytes, struct fsp_ack_state *as)
{
	bool original = original_arrived(rx, seg);

	c->delivered += bytes;
	as->sample.delivered += bytes;
	take_rtt(c, rx, seg, as);
	if (original && (seg->state & FSP_SEG_RETRANS)) {
		c->spurious++;
		fsp_host_count(c, FSP_COUNT_SPURIOUS, 1);
		as->spurious = true;
		fsp_spurious_answered(c, seg);
		if (seg->tx_time >= c->work->undo_since)
			c->work->undo_retrans--;
	} else if (!original) {
		take_newest(seg, as);
		fsp_rate_delivered(c, seg, as);
		fsp_plpmtu_delivered(c, seg);
	}
	/* Never sent again, and yet late: RFC 8985 section 6.2 step 3 */
	if (!(seg->state & FSP_SEG_EVER_RETRANS) && seg->tx_time < c->work->rack_time &&
	    fsp_before(seg->end_seq, c->work->rack_end_seq))
		fsp_spurious_late(c, seg->tx_time, as->sample.now);
}

/* Out of the sums of what is in flight */
static void forget(struct fsp_conn *c, struct fsp_seg *seg, u32 len)
{
	if (seg->state & FSP_SEG_SACKED)
		c->work->sacked_out -= len;
	if (seg->state & FSP_SEG_LOST)
		c->work->lost_out -= len;
	if (seg->state & FSP_SEG_RETRANS)
		c->work->retrans_out -= len;
}

static void trim_head(struct fsp_conn *c, const struct fsp_rx *rx, struct fsp_seg *seg,
		      u32 ack, struct fsp_ack_state *as)
{
	u32 len = ack - seg->seq;

	if (!(seg->state & FSP_SEG_SACKED))
		seg_delivered(c, rx, seg, len, as);
	forget(c, seg, len);
	fsp_host_trim(c, seg, len);
	seg->seq = ack;
}

static void drop_head(struct fsp_conn *c, const struct fsp_rx *rx, struct fsp_seg *seg,
		      struct fsp_ack_state *as)
{
	if (!(seg->state & FSP_SEG_SACKED))
		seg_delivered(c, rx, seg, fsp_seg_len(seg), as);
	forget(c, seg, fsp_seg_len(seg));
	list_del_init(fsp_seg_tlist(seg));
	fsp_segq_erase(&c->work->rtxq, seg);
	fsp_host_free_tx(c, seg);
}

static void advance_una(struct fsp_conn *c, const struct fsp_rx *rx,
			struct fsp_ack_state *as)
{
	u32 acked = rx->ack - c->snd_una;
	struct fsp_seg *seg;

	if (!acked)
		return;
	while ((seg = fsp_segq_first(&c->work->rtxq)) && fsp_before(seg->seq, rx->ack)) {
		if (fsp_after(seg->end_seq, rx->ack)) {
			trim_head(c, rx, seg, rx->ack, as);
			break;
		}
		drop_head(c, rx, seg, as);
	}
	c->snd_una = rx->ack;
	c->una_off += acked;
	as->sample.acked = acked;
	as->progress = true;
	c->work->retries = 0;
	c->work->retry_since = 0;
	c->events |= FSP_EV_WRITABLE;
}

static void mark_sacked(struct fsp_conn *c, const struct fsp_rx *rx,
			struct fsp_seg *seg, struct fsp_ack_state *as)
{
	u32 len = fsp_seg_len(seg);

	seg_delivered(c, rx, seg, len, as);
	if (seg->state & FSP_SEG_LOST)
		c->work->lost_out -= len;
	if (seg->state & FSP_SEG_RETRANS)
		c->work->retrans_out -= len;
	seg->state &= ~(FSP_SEG_LOST | FSP_SEG_RETRANS);
	seg->state |= FSP_SEG_SACKED;
	c->work->sacked_out += len;
	list_del_init(fsp_seg_tlist(seg));
}

/* Mark [start, end); a segment only partly covered is split. */
static void mark_range(struct fsp_conn *c, const struct fsp_rx *rx, u32 start, u32 end,
		       struct fsp_ack_state *as)
{
	struct fsp_seg *seg = fsp_segq_find(&c->work->rtxq, start);

	while (seg && fsp_before(seg->seq, end)) {
		if (!(seg->state & FSP_SEG_SACKED)) {
			if (fsp_before(seg->seq, start)) {
				seg = fsp_split(c, seg, start - seg->seq);
				if (!seg)
					return;
			}
			if (fsp_after(seg->end_seq, end) &&
			    !fsp_split(c, seg, end - seg->seq))
				return;
			mark_sacked(c, rx, seg, as);
		}
		seg = fsp_segq_next(seg);
	}
}

/* Only what an earlier acknowledgment did not tell already is worth a walk. */
static void new_part(struct fsp_conn *c, struct fsp_range *range)
{
	unsigned int i;

	for (i = 0; c->work->repair && i < FSP_SACK_CACHE; i++) {
		const struct fsp_range *old = &c->work->repair->sack_cache[i];

		if (old->start == old->end || fsp_after(old->start, range->start) ||
		    !fsp_after(old->end, range->start))
			continue;
		range->start = old->end;
		if (!fsp_before(range->start, range->end))
			return;
	}
}

static bool range_sane(const struct fsp_conn *c, const struct fsp_range *range)
{
	return fsp_before(range->start, range->end) &&
	       !fsp_before(range->start, c->snd_una) &&
	       !fsp_after(range->end, c->snd_nxt);
}

static void take_ranges(struct fsp_conn *c, const struct fsp_rx *rx,
			struct fsp_ack_state *as)
{
	struct fsp_range seen[FSP_SACK_CACHE] = {};
	unsigned int i, n = 0;

	for (i = 0; i < rx->nr_ranges; i++) {
		struct fsp_range range = fsp_rx_range(rx, i);

		if (!range_sane(c, &range))
			continue;
		if (n < FSP_SACK_CACHE)
			seen[n++] = range;
		new_part(c, &range);
		if (fsp_before(range.start, range.end))
			mark_range(c, rx, range.start, range.end, as);
	}
	if (fsp_repair_get(c))
		memcpy(c->work->repair->sack_cache, seen, sizeof(seen));
}

/*
 * RFC 9293 section 3.10.7.4, with RFC 7323's scale. The window counts from the
 * acknowledgment it came with: where that advances snd_una the window must
 * follow, though the packet itself be late, or the edge would move on its own.
 * Of packets that tell the rest alike the larger window is the newer one (ours
 * never shrinks), until timeouts say that a peer may have taken it back.
 */
static bool window_is_news(const struct fsp_conn *c, const struct fsp_rx *rx, u32 wnd)
{
	if (fsp_after(rx->ack, c->snd_una) || fsp_after(rx->seq, c->snd_wl1))
		return true;
	return rx->seq == c->snd_wl1 && (wnd > c->snd_wnd || c->work->retries);
}

static void update_window(struct fsp_conn *c, const struct fsp_rx *rx)
{
	u32 wnd = (u32)rx->window << (rx->flags & FSP_SYN ? 0 : c->snd_wscale);

	if (!window_is_news(c, rx, wnd))
		return;
	c->snd_wl1 = fsp_seq_max(c->snd_wl1, rx->seq);
	c->snd_wl2 = rx->ack;
	c->snd_wnd = wnd;
	c->max_snd_wnd = max(c->max_snd_wnd, wnd);
	c->sws_wnd = max(c->sws_wnd, wnd);
}

static bool window_limited(const struct fsp_conn *c)
{
	/* RFC 7661's point: only a window that was used may grow. */
	if (c->cwnd < c->ssthresh)
		return c->cwnd < 2 * c->work->max_flight;
	return c->work->cwnd_limited || c->work->max_flight >= c->cwnd - c->cwnd / 8;
}

static void restart_timers(struct fsp_conn *c, bool progress, u64 now)
{
	if (!c->work->rtxq.count) {
		fsp_timer_stop(c, FSP_TIMER_RTO);
		fsp_timer_stop(c, FSP_TIMER_TLP);
		fsp_timer_stop(c, FSP_TIMER_REORDER);
	} else if (progress) {
		/* RFC 6298 (5.3) */
		fsp_rto_arm(c, now);
		fsp_tlp_arm(c, now);
	}
}

/* RFC 9293 and RFC 5961 section 5: is the acknowledgment one that can be? */
static enum fsp_verdict check_ack(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	if (fsp_after(rx->ack, c->snd_nxt)) {
		fsp_send_challenge(c, now);
		return FSP_DROP_ACK;
	}
	if (fsp_before(rx->ack, c->snd_una)) {
		if (c->snd_una - rx->ack > c->max_snd_wnd) {
			fsp_send_challenge(c, now);
			return FSP_DROP_ACK;
		}
		return FSP_DONE;
	}
	if ((rx->opts & FSP_HAS_EPOCH ? rx->ack_epoch : 0) !=
	    fsp_epoch(fsp_snd_off(c, rx->ack)))
		return FSP_DROP_EPOCH;
	return FSP_TAKEN;
}

/*
 * Return: FSP_TAKEN where the acknowledgment was used, FSP_DONE where it is old
 * (the payload may still be new), else why the packet is to be dropped.
 */
enum fsp_verdict fsp_ack_rx(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	struct fsp_ack_state as = { .sample = { .now = now } };
	enum fsp_verdict verdict = check_ack(c, rx, now);

	if (verdict != FSP_TAKEN)
		return verdict;

	update_window(c, rx);
	c->work->probes_out = 0;
	if ((rx->opts & FSP_HAS_DUP) && fsp_spurious_dup(c, &rx->dup, now))
		fsp_recovery_spurious(c, now);
	if (!c->work->rtxq.count) {
		fsp_probe_arm(c, now);
		return FSP_TAKEN;
	}
	as.sample.prior_in_flight = fsp_in_flight(c);
	as.sample.cwnd_limited = window_limited(c);
	advance_una(c, rx, &as);
	if (rx->nr_ranges)
		take_ranges(c, rx, &as);
	if (as.sample.rtt)
		fsp_rtt_sample(c, as.sample.rtt, rx->echo_delay * FSP_NSEC_PER_USEC);
	fsp_ecn_take(c, rx, &as.sample);
	fsp_rate_acked(c, &as);
	fsp_recovery_ack(c, &as);
	if (as.progress)
		fsp_plpmtu_progress(c, now);
	fsp_ecn_respond(c, &as.sample);
	restart_timers(c, as.progress || as.sample.delivered, now);
	fsp_reneging_check(c, now);
	/* More was received and may be sent, though nothing is freed: a larger buffer? */
	if (c->starved && as.sample.delivered)
		c->events |= FSP_EV_WRITABLE;
	if (!c->work->rtxq.count)
		fsp_probe_arm(c, now);
	return FSP_TAKEN;
}

/* The peer's first acknowledgment times the handshake. */
void fsp_ack_syn_echo(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	if (!c->work->ctl_time || !(rx->opts & FSP_HAS_ECHO) || rx->echo != c->work->ctl_serial)
		return;
	fsp_rtt_sample(c, now - c->work->ctl_time, rx->echo_delay * FSP_NSEC_PER_USEC);
	c->work->ctl_time = 0;
}
