// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pacing: a window is spread over its round trip instead of filling queues in
 * one burst. What is sent at once is about a millisecond's worth, two packets
 * at least: small enough for any queue, large enough for super-packets and for
 * timers to be cheap.
 *
 * Where the layers below hold packets until they are due (the kernel's fq), they
 * are told when (fsp_tx.depart) and no timer of ours is needed.
 */
#include "internal.h"

#define QUANTUM_SHIFT	10	/* of a second */
#define SLACK_MIN	FSP_NSEC_PER_MSEC
#define SLACK_MAX	(4 * FSP_NSEC_PER_MSEC)
/* Below this a burst is gone before a timer could have spread it. */
#define PACED_RTT	FSP_NSEC_PER_MSEC
/* Layers below that hold packets are given no more than this in advance. */
#define HORIZON		(10 * FSP_NSEC_PER_MSEC)

u64 fsp_pace_rate(const struct fsp_conn *c)
{
	u64 most = c->cfg.max_rate;

	return most && (!c->pacing_rate || most < c->pacing_rate) ? most : c->pacing_rate;
}

u32 fsp_pace_quantum(const struct fsp_conn *c)
{
	u32 most = fsp_conn_goal(c);
	u64 rate = fsp_pace_rate(c), bytes;

	if (!rate)
		return most;
	bytes = max_t(u64, rate >> QUANTUM_SHIFT, 2 * c->snd_mss);
	return min_t(u64, bytes, most);
}

/* RFC 6928's window may go as it is, as from anybody else: answers are short. */
static bool exempt(const struct fsp_conn *c)
{
	return !c->cfg.max_rate && c->bytes_sent < FSP_INIT_CWND_SEGS * c->snd_mss;
}

bool fsp_pace_holds(struct fsp_conn *c, u64 now)
{
	u64 ahead = c->cfg.pace_below ? HORIZON : 0;

	if (c->work->next_send <= now + ahead || !fsp_pace_rate(c) || exempt(c))
		return false;
	fsp_timer_arm(c, FSP_TIMER_PACE, c->work->next_send - ahead);
	return true;
}

u64 fsp_pace_departure(const struct fsp_conn *c, u64 now)
{
	return c->cfg.pace_below && fsp_pace_rate(c) ? max(c->work->next_send, now) : now;
}

/* A timer that is late is made up for, as far as that is no burst to speak of. */
static u64 slack(const struct fsp_conn *c)
{
	return clamp(c->min_rtt / 8, SLACK_MIN, SLACK_MAX);
}

void fsp_pace_sent(struct fsp_conn *c, u32 bytes, u64 now)
{
	u64 rate = fsp_pace_rate(c), late = c->cfg.pace_below ? 0 : slack(c);

	if (!rate)
		return;
	if (c->work->next_send + late < now)
		c->work->next_send = now - late;
	c->work->next_send += div64_u64(bytes * FSP_NSEC_PER_SEC, rate);
}

/* As fast as the window may grow: twice in slow start, else a fifth more than it */
void fsp_pace_by_window(struct fsp_conn *c)
{
	u64 rate;

	if (!c->cfg.pace || c->srtt < PACED_RTT) {
		c->pacing_rate = 0;
		return;
	}
	rate = div64_u64(c->cwnd * FSP_NSEC_PER_SEC, c->srtt);
	c->pacing_rate = c->cwnd < c->ssthresh / 2 ? 2 * rate : rate + rate / 5;
}
