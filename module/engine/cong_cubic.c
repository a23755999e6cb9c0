// SPDX-License-Identifier: GPL-2.0-only
/*
 * CUBIC: RFC 9438. Windows are bytes, times ms; C = 0.4 segments/s^3 and
 * beta = 0.7 are the RFC's.
 */
#include "cong.h"
#include "conn.h"

#define BETA_NUM	7
#define BETA_DEN	10
/* alpha_cubic = 3 (1 - beta) / (1 + beta) = 9/17, RFC 9438 section 4.3 */
#define ALPHA_NUM	9
#define ALPHA_DEN	17
#define T_MAX_MS	1000000U	/* the cube of more would not fit */

/**
 * struct cubic - state, RFC 9438 section 4.1.2
 * @hystart: of the first slow start
 * @epoch: when congestion avoidance began, ns; 0: begins with the next ACK
 * @k: ms from @epoch until the window is back at @origin
 * @w_max: window before the last reduction
 * @origin: the plateau aimed at in this epoch
 * @w_prior: cwnd when the last congestion event was seen
 * @w_est: what Reno would have, section 4.3
 * @credit: bytes acknowledged towards the next byte counts of w_est
 * @undo_w_max: w_max before the last reduction
 */
struct cubic {
	struct fsp_hystart hystart;
	u64	epoch;
	u32	k;
	u32	w_max;
	u32	origin;
	u32	w_prior;
	u32	w_est;
	u32	credit;
	u32	undo_w_max;
};

static struct cubic *cubic(struct fsp_conn *c)
{
	return c->cc_priv;
}

static u32 cube_root(u64 x)
{
	u32 lo = 0, hi = T_MAX_MS, mid;

	while (lo < hi) {
		mid = lo + (hi - lo + 1) / 2;
		if ((u64)mid * mid * mid <= x)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

static void begin_epoch(struct fsp_conn *c, struct cubic *q, u64 now)
{
	u64 gap;

	q->epoch = now;
	q->credit = 0;
	q->w_est = c->cwnd;
	if (c->cwnd >= q->w_max) {
		q->k = 0;
		q->origin = c->cwnd;
		return;
	}
	/* K = cbrt((W_max - cwnd_epoch) / C) s, figure 2; in ms: x 10^9, / 0.4 */
	gap = q->w_max - c->cwnd;
	q->k = cube_root(div_u64(gap * 2500000000ULL, c->snd_mss));
	q->origin = q->w_max;
}

/* W_cubic(t), figure 1 */
static u32 window_at(const struct fsp_conn *c, const struct cubic *q, u32 t)
{
	u64 d = min(t > q->k ? t - q->k : q->k - t, T_MAX_MS);
	u64 delta;

	/* 0.4 segments x (d / 1000)^3 */
	delta = div_u64(d * d * d, 1000000) * 4;
	delta = div_u64(min_t(u64, delta, 1ULL << 48) * c->snd_mss, 10000);
	if (t > q->k)
		return min_t(u64, q->origin + delta, c->cwnd_clamp);
	return q->origin > delta ? q->origin - delta : 0;
}

/* Section 4.3: the window Reno would have reached, from above at last */
static void grow_w_est(struct fsp_conn *c, struct cubic *q, u32 acked)
{
	u64 add = (u64)acked * c->snd_mss;

	if (q->w_est < q->w_prior)
		add = div_u64(add * ALPHA_NUM, ALPHA_DEN);
	q->w_est = min_t(u64, q->w_est + div_u64(add, c->cwnd), c->cwnd_clamp);
}

static void avoid(struct fsp_conn *c, struct cubic *q, const struct fsp_ack_sample *s,
		  u32 acked)
{
	u32 t, target;

	if (!q->epoch)
		begin_epoch(c, q, s->now);
	/* Where the window will be one round trip from now */
	t = min_t(u64, div_u64(s->now - q->epoch + c->srtt, FSP_NSEC_PER_MSEC), U32_MAX);
	target = clamp(window_at(c, q, t), c->cwnd, c->cwnd + c->cwnd / 2);
	grow_w_est(c, q, acked);

	c->cwnd += div_u64((u64)(target - c->cwnd) * acked, c->cwnd);
	c->cwnd = min(max(c->cwnd, q->w_est), c->cwnd_clamp);
}

static void cubic_ack(struct fsp_conn *c, const struct fsp_ack_sample *s)
{
	u32 acked = s->delivered;

	if (!s->cwnd_limited)
		return;
	if (c->cwnd < c->ssthresh) {
		acked = fsp_hystart(c, &cubic(c)->hystart, s);
		acked = fsp_cc_slow_start(c, acked);
		if (!acked)
			return;
	}
	avoid(c, cubic(c), s, acked);
}

static u32 cubic_ssthresh(struct fsp_conn *c)
{
	struct cubic *q = cubic(c);

	q->epoch = 0;
	q->undo_w_max = q->w_max;
	q->w_prior = c->cwnd;
	/* Fast convergence, section 4.7: make room for a newcomer */
	if (c->cwnd < q->w_max)
		q->w_max = div_u64((u64)c->cwnd * (BETA_DEN + BETA_NUM), 2 * BETA_DEN);
	else
		q->w_max = c->cwnd;
	return max_t(u32, div_u64((u64)c->cwnd * BETA_NUM, BETA_DEN), 2 * c->snd_mss);
}

static void cubic_event(struct fsp_conn *c, enum fsp_cc_event ev, u64 now)
{
	struct cubic *q = cubic(c);

	switch (ev) {
	case FSP_CC_UNDO:
		q->w_max = q->undo_w_max;
		q->epoch = 0;
		break;
	case FSP_CC_TIMEOUT:
	case FSP_CC_IDLE:
		q->epoch = 0;
		break;
	default:
		break;
	}
}

const struct fsp_cc_ops fsp_cc_cubic = {
	.name		= "cubic",
	.priv		= sizeof(struct cubic),
	.ack		= cubic_ack,
	.ssthresh	= cubic_ssthresh,
	.abe		= 85,
	.event		= cubic_event,
};
