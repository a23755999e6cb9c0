// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast what was sent arrives: delivery-rate samples, as the IETF's
 * draft-ietf-ccwg-bbr has them (section 4.1). Each segment is stamped when it
 * is sent; the newest one an acknowledgment covers gives the sample: the bytes
 * delivered between its departure and now, over the longer of the time it took
 * to send and the time it took to acknowledge them.
 *
 * A sample is the application's where the segment left while there was room for
 * more than the application (or the peer's window) let us send.
 */
#include "internal.h"

static u32 usec(u64 ns)
{
	return div_u64(ns, FSP_NSEC_PER_USEC);
}

void fsp_rate_sent(struct fsp_conn *c, struct fsp_seg *seg, u64 when)
{
	if (!fsp_in_flight(c)) {
		/* A new flight: rates are measured from here on. */
		c->work->first_tx_time = when;
		c->work->delivered_time = when;
	}
	seg->tx_time = when;
	seg->delivered = c->delivered;
	seg->delivered_us = usec(c->work->delivered_time);
	seg->first_tx_us = usec(c->work->first_tx_time);
	seg->in_flight = fsp_in_flight(c) + fsp_seg_len(seg);
	seg->lost = c->lost;
	seg->state &= ~FSP_SEG_APP_LIMITED;
	seg->state |= FSP_SEG_SENT | (c->work->app_limited_until ? FSP_SEG_APP_LIMITED : 0);
}

void fsp_rate_delivered(struct fsp_conn *c, const struct fsp_seg *seg,
			struct fsp_ack_state *as)
{
	const struct fsp_seg *best = &as->flight;

	if (as->sample.flight &&
	    (seg->tx_time < best->tx_time ||
	     (seg->tx_time == best->tx_time && !fsp_after(seg->end_seq, best->end_seq))))
		return;
	as->sample.flight = true;
	as->flight = *seg;
}

void fsp_rate_new_round(struct fsp_conn *c)
{
	c->work->round_end = c->delivered;
}

static void measure(struct fsp_conn *c, const struct fsp_seg *seg, struct fsp_ack_sample *s)
{
	u32 ack_span = usec(s->now) - seg->delivered_us;
	u32 send_span = usec(seg->tx_time) - seg->first_tx_us;
	u32 span = max(ack_span, send_span);

	s->tx_delivered = (u32)c->delivered - seg->delivered;
	s->tx_lost = (u32)c->lost - seg->lost;
	s->tx_in_flight = seg->in_flight;
	s->prior_delivered = c->delivered - s->tx_delivered;
	s->app_limited = seg->state & FSP_SEG_APP_LIMITED;
	/* Shorter than any round trip: acknowledgments came in a heap. */
	if (!span || (s32)span < 0 || span < div_u64(c->min_rtt, FSP_NSEC_PER_USEC))
		return;
	s->interval = span * FSP_NSEC_PER_USEC;
	s->rate = div_u64((u64)s->tx_delivered * 1000000, span);
	c->rate = s->rate;
	c->rate_app_limited = s->app_limited;
}

/* All of an acknowledgment was looked at, round-trip sample included. */
void fsp_rate_acked(struct fsp_conn *c, struct fsp_ack_state *as)
{
	struct fsp_ack_sample *s = &as->sample;

	if (s->delivered)
		c->work->delivered_time = s->now;
	if (c->work->app_limited_until && c->delivered > c->work->app_limited_until)
		c->work->app_limited_until = 0;
	if (!s->flight)
		return;
	c->work->first_tx_time = as->flight.tx_time;
	measure(c, &as->flight, s);
	s->round_start = s->prior_delivered >= c->work->round_end;
	if (s->round_start)
		fsp_rate_new_round(c);
}

void fsp_rate_wakes(struct fsp_conn *c, u64 now)
{
	bool idle = c->starved && now >= c->work->next_send && fsp_in_flight(c) < c->cwnd &&
		    c->work->lost_out <= c->work->retrans_out;

	if (idle)
		c->work->app_limited_until = max(c->delivered + fsp_in_flight(c), 1ULL);
}
