// SPDX-License-Identifier: GPL-2.0-only
/*
 * HyStart++: RFC 9406. Slow start ends before it loses a whole window: where the
 * round trip grows the window does so four times as slowly (conservative slow
 * start), and if after five rounds nothing showed that to be a false alarm, slow
 * start is over.
 */
#include "cong.h"
#include "conn.h"

/* RFC 9406 section 4.3 */
#define MIN_RTT_THRESH		(4 * FSP_NSEC_PER_MSEC)
#define MAX_RTT_THRESH		(16 * FSP_NSEC_PER_MSEC)
#define MIN_RTT_DIVISOR		8
#define N_RTT_SAMPLE		8
#define CSS_GROWTH_DIVISOR	4
#define CSS_ROUNDS		5
#define L			8	/* segments per ACK, unless paced */

static void begin_round(struct fsp_conn *c, struct fsp_hystart *h)
{
	h->last_min = h->cur_min;
	h->cur_min = 0;
	h->samples = 0;
	if (!h->css_baseline || ++h->css_rounds < CSS_ROUNDS)
		return;
	h->css_baseline = 0;
	c->ssthresh = c->cwnd;
}

static void judge(struct fsp_hystart *h)
{
	u64 thresh;

	if (h->samples < N_RTT_SAMPLE || !h->last_min)
		return;
	if (h->css_baseline) {
		if (h->cur_min < h->css_baseline)
			h->css_baseline = 0;
		return;
	}
	thresh = clamp(div_u64(h->last_min, MIN_RTT_DIVISOR), MIN_RTT_THRESH, MAX_RTT_THRESH);
	if (h->cur_min < h->last_min + thresh)
		return;
	h->css_baseline = h->cur_min;
	h->css_rounds = 0;
}

u32 fsp_hystart(struct fsp_conn *c, struct fsp_hystart *h, const struct fsp_ack_sample *s)
{
	u32 acked = s->delivered;

	/* The first slow start alone (section 4.3): later ones know where to end. */
	if (c->ssthresh != FSP_SSTHRESH_INFINITE)
		return acked;
	if (s->round_start)
		begin_round(c, h);
	if (s->rtt) {
		h->cur_min = h->cur_min ? min(h->cur_min, s->rtt) : s->rtt;
		if (h->samples < N_RTT_SAMPLE)
			h->samples++;
		judge(h);
	}
	if (!c->pacing_rate)
		acked = min(acked, L * c->snd_mss);
	return h->css_baseline ? acked / CSS_GROWTH_DIVISOR : acked;
}
