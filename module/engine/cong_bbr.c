// SPDX-License-Identifier: GPL-2.0-only
/*
 * BBR: a model of the path instead of a reaction to loss, after the IETF's
 * draft-ietf-ccwg-bbr (BBR version 3). The model: the highest delivery rate of
 * late (max_bw) and the lowest round trip (min_rtt); what is in flight is kept near
 * their product, the rate near the first. Bounds learned from congestion
 * (inflight_hi for the long term; bw_lo, inflight_lo until the next probe) make
 * it share with others.
 *
 * STARTUP -> DRAIN -> DOWN -> CRUISE -> REFILL -> UP -> DOWN ...
 * any -> PROBE_RTT -> CRUISE, where no round trip near the lowest was seen for 5 s
 *
 * Where we differ from the draft (Documentation/congestion.rst has the reasons):
 * a loss counts as congestion only with evidence of it: the round trip shows a
 * queue and more is lost than the path always loses (learned while there is no
 * queue), or far more than that is lost. So random loss, however much, does not
 * slow it down. And a round trip close to the lowest is as good as a lower one:
 * on an uncontended path PROBE_RTT never is needed.
 */
#include "cong.h"
#include "conn.h"

#define UNIT			256	/* gains and rates are in 256ths */
#define GAIN_STARTUP		709	/* 2.77, 4 ln 2 */
#define GAIN_DRAIN		128
#define GAIN_UP			320	/* 1.25 */
#define GAIN_DOWN		230	/* 0.9 */
#define CWND_GAIN		512
#define CWND_GAIN_UP		576	/* 2.25 */
#define CWND_GAIN_PROBE_RTT	128
#define FULL_BW_GROWTH		320	/* 1.25 in a round, or the pipe is full ... */
#define FULL_BW_ROUNDS		3	/* ... after so many */
#define MARGIN_PERCENT		1	/* pace this much below the estimate */

#define LOSS_THRESH		5	/* 2 %, in 256ths */
#define LOSS_BLIND		51	/* 20 %: without a queue to be seen */
#define LOSS_BASE_MAX		38	/* 15 %: no path loses more always */
#define STARTUP_LOSSES		6
#define CHANCE			3
#define BETA			179	/* 0.7 */
#define HEADROOM		38	/* 0.15 */
#define MIN_CWND_SEGS		4

#define MIN_RTT_WINDOW		(6 * FSP_NSEC_PER_SEC)	/* PROBE_RTT has looked by then */
#define PROBE_RTT_INTERVAL	(5 * FSP_NSEC_PER_SEC)
#define PROBE_RTT_TIME		(200 * FSP_NSEC_PER_MSEC)
#define PROBE_WAIT		(2 * FSP_NSEC_PER_SEC)
#define PROBE_WAIT_CROWDED	(5 * FSP_NSEC_PER_SEC)
#define PROBE_WAIT_SPREAD	FSP_NSEC_PER_SEC
#define PROBE_ROUNDS		63	/* as often as Reno on a 63 packet path probes */
#define QUEUE_MIN		FSP_NSEC_PER_MSEC
#define QUEUE_RTTS		4
#define EXTRA_ROUNDS		10
#define EXTRA_INTERVAL		FSP_NSEC_PER_SEC
#define EXTRA_MAX		(100 * FSP_NSEC_PER_MSEC)
#define DRAIN_ROUNDS		3

enum state {
	STARTUP,
	DRAIN,
	DOWN,
	CRUISE,
	REFILL,
	UP,
	PROBE_RTT,
};

/* What acknowledgments that come in are about */
enum phase {
	PHASE_INIT,
	PHASE_REFILLING,
	PHASE_STARTING,		/* UP has begun: nothing of it has arrived */
	PHASE_FEEDBACK,
	PHASE_STOPPING,		/* it is over, and some of it still arrives */
};

/**
 * struct bbr - state; names are the draft's
 * @max_bw: highest delivery rates of this and the last probing cycle
 * @bw_lo: bound by congestion since the last probe
 * @bw: what is used
 * @bw_latest: highest of this round
 * @full_bw: rate of STARTUP or UP when it last grew enough
 * @min_rtt: ns, over MIN_RTT_WINDOW; 0: none so far
 * @min_rtt_at: when
 * @low_rtt: lowest of the present and the last QUEUE_RTTS round trips
 * @last_rtt: the sample before this one
 * @probe_rtt_rtt: lowest since PROBE_RTT was last due
 * @probe_rtt_at: when
 * @probe_rtt_done: end of PROBE_RTT; 0: in flight is still too much
 * @cycle_at: the present state of PROBE_BW began
 * @probe_wait: DOWN and CRUISE last so long
 * @loss_round_end: conn->delivered when the round of losses ends
 * @extra_at: acknowledgments are counted from here ...
 * @extra_bytes: ... and more than expected came
 * @extra: the highest such excess of this and the last EXTRA_ROUNDS
 * @inflight_latest: most delivered in a flight of this round
 * @inflight_hi: bound of what is in flight, from probing
 * @inflight_lo: the same since the last probe
 * @prior_cwnd: before PROBE_RTT or a timeout
 * @up_acks: acknowledged bytes towards the next raise of inflight_hi
 * @up_cnt: so many make a segment
 * @round_lost: bytes lost in this loss round
 * @round_delivered: and delivered
 * @rng: for the probing time
 * @loss_base: what the path always loses, in 65536ths
 * @rounds_since_probe: UP ended so many round trips ago
 * @extra_round: rounds of this half of @extra
 * @up_rounds: UP lasts so long
 * @full_bw_rounds: the rate has not grown for so many
 * @drain_rounds: DRAIN has lasted so many
 * @losses: segments lost in this loss round
 * @rtts: samples in low_rtt[0]
 * @state: enum state
 * @phase: enum phase
 * @full_bw_now: the rate no longer grows
 * @full_bw_reached: it once did not: the end of STARTUP
 * @probing: samples of a probe come in: it may prove too much
 * @crowded: UP made a queue overflow: others need time to grow before the next
 * @congested: there was congestion in this loss round
 * @queued: the last round trip shows a queue
 * @loss_round_start: this sample begins a loss round
 * @idle_restart: sending began after a pause
 * @probe_rtt_round_done: PROBE_RTT has lasted a round trip
 * @seen_rtt: pacing_rate began with a real one
 * @restore: prior_cwnd is due when the timeout's loss is repaired
 */
struct bbr {
	u64	max_bw[2];
	u64	bw_lo;
	u64	bw;
	u64	bw_latest;
	u64	full_bw;
	u64	min_rtt;
	u64	min_rtt_at;
	u64	low_rtt[2];
	u64	last_rtt;
	u64	probe_rtt_rtt;
	u64	probe_rtt_at;
	u64	probe_rtt_done;
	u64	cycle_at;
	u64	probe_wait;
	u64	loss_round_end;
	u64	extra_at;
	u32	extra_bytes;
	u32	extra[2];
	u32	inflight_latest;
	u32	inflight_hi;
	u32	inflight_lo;
	u32	prior_cwnd;
	u32	up_acks;
	u32	up_cnt;
	u32	round_lost;
	u32	round_delivered;
	u32	rng;
	u16	loss_base;
	u8	rounds_since_probe;
	u8	extra_round;
	u8	up_rounds;
	u8	full_bw_rounds;
	u8	drain_rounds;
	u8	losses;
	u8	rtts;
	u8	state;
	u8	phase;
	bool	full_bw_now;
	bool	full_bw_reached;
	bool	probing;
	bool	congested;
	bool	crowded;
	bool	queued;
	bool	loss_round_start;
	bool	idle_restart;
	bool	probe_rtt_round_done;
	bool	seen_rtt;
	bool	restore;
};

static struct bbr *bbr(struct fsp_conn *c)
{
	return c->cc_priv;
}

static u32 part(u32 x, u32 gain)
{
	return (u64)x * gain / UNIT;
}

static u64 max_bw(const struct bbr *b)
{
	return max(b->max_bw[0], b->max_bw[1]);
}

static u32 min_cwnd(const struct fsp_conn *c)
{
	return MIN_CWND_SEGS * c->snd_mss;
}

static u64 bytes_in(u64 rate, u64 ns)
{
	return div_u64(rate * max(div_u64(ns, FSP_NSEC_PER_USEC), 1ULL), 1000000);
}

/* Bandwidth-delay product */
static u32 bdp(const struct fsp_conn *c, const struct bbr *b, u64 bw, u32 gain)
{
	if (!b->min_rtt)
		return FSP_INIT_CWND_SEGS * c->snd_mss;
	return min_t(u64, bytes_in(bw, b->min_rtt) * gain / UNIT, c->cwnd_clamp);
}

/* Room for super-packets and delayed acknowledgments on top */
static u32 with_budget(const struct fsp_conn *c, const struct bbr *b, u32 inflight)
{
	inflight = max3(inflight, 3 * fsp_pace_quantum(c), min_cwnd(c));
	return b->state == UP ? inflight + 2 * c->snd_mss : inflight;
}

static u32 inflight_for(const struct fsp_conn *c, const struct bbr *b, u64 bw, u32 gain)
{
	return with_budget(c, b, bdp(c, b, bw, gain));
}

static bool probing_bw(const struct bbr *b)
{
	return b->state >= DOWN && b->state <= UP;
}

/* More than the model's share is meant to be in flight. */
static bool accelerating(const struct bbr *b)
{
	return b->state == STARTUP || b->state == REFILL || b->state == UP;
}

/* A bound that leaves others room to grow; where nobody queues there are none */
static u32 inflight_with_headroom(const struct fsp_conn *c, const struct bbr *b)
{
	u32 headroom;

	if (b->inflight_hi == U32_MAX)
		return U32_MAX;
	headroom = max(part(b->inflight_hi, HEADROOM), c->snd_mss);
	headroom = b->inflight_hi > headroom ? b->inflight_hi - headroom : 0;
	if (b->queued)
		return headroom;
	return max(headroom, inflight_for(c, b, b->bw, UNIT) + max(b->extra[0], b->extra[1]));
}

static bool cwnd_limited(const struct fsp_conn *c)
{
	return c->work->cwnd_limited || c->work->max_flight + fsp_pace_quantum(c) >= c->cwnd;
}

/* ---- the cycle ---- */

static void reset_lower_bounds(struct bbr *b)
{
	b->bw_lo = U64_MAX;
	b->inflight_lo = U32_MAX;
}

static void reset_full_bw(struct bbr *b)
{
	b->full_bw = 0;
	b->full_bw_rounds = 0;
	b->full_bw_now = false;
}

static u32 any_number(struct bbr *b)
{
	b->rng = b->rng * 1664525 + 1013904223;
	return b->rng >> 8;
}

/* Spread, so that flows which began together do not probe together */
static u64 probe_wait(struct bbr *b)
{
	u64 wait = b->crowded ? PROBE_WAIT_CROWDED : PROBE_WAIT;

	return wait + (u64)(any_number(b) % 1000) * (PROBE_WAIT_SPREAD / 1000);
}

static void start_down(struct fsp_conn *c, struct bbr *b, u64 now)
{
	b->state = DOWN;
	b->phase = PHASE_STOPPING;
	b->cycle_at = now;
	b->up_cnt = U32_MAX;
	b->bw_latest = 0;
	b->inflight_latest = 0;
	b->congested = false;
	b->rounds_since_probe = any_number(b) % 2;
	b->probe_wait = probe_wait(b);
	fsp_rate_new_round(c);
}

static void start_cruise(struct bbr *b)
{
	b->state = CRUISE;
}

static void start_refill(struct fsp_conn *c, struct bbr *b)
{
	reset_lower_bounds(b);
	b->up_rounds = 0;
	b->up_acks = 0;
	b->phase = PHASE_REFILLING;
	b->state = REFILL;
	fsp_rate_new_round(c);
}

static void raise_slope(const struct fsp_conn *c, struct bbr *b)
{
	u32 growth = c->snd_mss << min_t(u8, b->up_rounds, 16);

	b->up_rounds = min(b->up_rounds + 1, 30);
	b->up_cnt = max(c->cwnd / growth, 1U) * c->snd_mss;
}

static void start_up(struct fsp_conn *c, struct bbr *b, const struct fsp_ack_sample *s)
{
	b->phase = PHASE_STARTING;
	b->state = UP;
	b->cycle_at = s->now;
	b->probing = true;
	b->crowded = false;
	reset_full_bw(b);
	b->full_bw = s->rate;
	raise_slope(c, b);
	fsp_rate_new_round(c);
}

/* Often enough for Reno on a path like this to get a share that is fair to it */
static bool time_to_probe(const struct fsp_conn *c, const struct bbr *b, u64 now)
{
	u32 target = min(bdp(c, b, b->bw, UNIT), c->cwnd) / c->snd_mss;

	return now - b->cycle_at > b->probe_wait ||
	       (!b->crowded && b->rounds_since_probe >= min(target, (u32)PROBE_ROUNDS));
}

static bool time_to_cruise(const struct fsp_conn *c, const struct bbr *b)
{
	u32 in_flight = fsp_in_flight(c);

	return in_flight <= inflight_with_headroom(c, b) &&
	       in_flight <= inflight_for(c, b, max_bw(b), UNIT);
}

/* ---- loss ---- */

/* Losses that chance explains come in threes at most: three standard deviations */
static bool by_chance(const struct fsp_conn *c, u32 more, u32 expected)
{
	u64 segs = more / c->snd_mss;

	return segs * segs <= CHANCE * CHANCE * (u64)(expected / c->snd_mss + 1);
}

/*
 * More than a path without congestion loses? @lost of @inflight. The queue tells
 * whether the sender makes it lose; without one only far too much is.
 */
static bool too_lossy(const struct fsp_conn *c, const struct bbr *b, u32 lost, u32 inflight)
{
	u32 expected = (u64)inflight * b->loss_base >> 16;
	u32 more = lost > expected ? lost - expected : 0;

	return more > part(inflight, b->queued ? LOSS_THRESH : LOSS_BLIND) &&
	       !by_chance(c, more, expected);
}

static u32 target_inflight(const struct fsp_conn *c, const struct bbr *b)
{
	return min(bdp(c, b, b->bw, UNIT), c->cwnd);
}

static void inflight_too_high(struct fsp_conn *c, struct bbr *b, u32 inflight,
			      bool app_limited, u64 now)
{
	b->probing = false;
	if (!app_limited)
		b->inflight_hi = max3(inflight, part(target_inflight(c, b), BETA), min_cwnd(c));
	if (b->state != UP)
		return;
	b->crowded = b->queued;
	start_down(c, b, now);
}

/* How much was in flight when the threshold was crossed: somewhere in @seg */
static u32 inflight_at_loss(const struct fsp_seg *seg, u32 lost)
{
	u32 size = fsp_seg_len(seg);
	u32 before = seg->in_flight > size ? seg->in_flight - size : 0;
	u32 allowed = part(before, LOSS_THRESH);

	lost = lost > size ? lost - size : 0;
	if (allowed <= lost)
		return before;
	return before + min((allowed - lost) * UNIT / (UNIT - LOSS_THRESH), size);
}

static void bbr_lost(struct fsp_conn *c, const struct fsp_seg *seg, u64 now)
{
	u32 lost = (u32)c->lost - seg->lost;
	struct bbr *b = bbr(c);

	if (!b->round_lost && !b->losses)
		b->loss_round_end = c->delivered;
	b->round_lost += fsp_seg_len(seg);
	if (b->losses < U8_MAX)
		b->losses++;
	if (b->probing && too_lossy(c, b, lost, seg->in_flight))
		inflight_too_high(c, b, inflight_at_loss(seg, lost),
				  seg->state & FSP_SEG_APP_LIMITED, now);
}

/* Do the round trips of late, all of them, show that something waits on the way? */
static void look_for_queue(const struct fsp_conn *c, struct bbr *b,
			   const struct fsp_ack_sample *s)
{
	if (!s->rtt || !b->min_rtt)
		return;
	b->low_rtt[0] = b->rtts ? min(b->low_rtt[0], s->rtt) : s->rtt;
	b->queued = min(b->low_rtt[0], b->low_rtt[1]) >
		    b->min_rtt + max(b->min_rtt / 16, QUEUE_MIN);
	if (++b->rtts < QUEUE_RTTS)
		return;
	b->rtts = 0;
	b->low_rtt[1] = b->low_rtt[0];
}

/* What is lost though nothing waits is lost whatever we do. */
static void learn_base(struct bbr *b)
{
	u32 total = b->round_lost + b->round_delivered;
	s32 rate;

	if (b->queued || accelerating(b) || !total)
		return;
	rate = min_t(u64, (u64)b->round_lost * 65536 / total, LOSS_BASE_MAX * (65536 / UNIT));
	b->loss_base += (rate - b->loss_base) / 8;
}

static void adapt_lower_bounds(struct fsp_conn *c, struct bbr *b)
{
	if (accelerating(b) || !b->congested)
		return;
	if (b->bw_lo == U64_MAX)
		b->bw_lo = max_bw(b);
	if (b->inflight_lo == U32_MAX)
		b->inflight_lo = c->cwnd;
	b->bw_lo = max(b->bw_latest, b->bw_lo * BETA / UNIT);
	b->inflight_lo = max3(b->inflight_latest, part(b->inflight_lo, BETA), min_cwnd(c));
}

static void take_signals(struct fsp_conn *c, struct bbr *b, const struct fsp_ack_sample *s)
{
	b->loss_round_start = false;
	b->round_delivered += s->delivered;
	if (!s->flight)
		return;
	b->bw_latest = max(b->bw_latest, s->rate);
	b->inflight_latest = max(b->inflight_latest, s->tx_delivered);
	if (s->prior_delivered >= b->loss_round_end) {
		b->loss_round_end = c->delivered;
		b->loss_round_start = true;
	}
	if (s->rate && (s->rate >= max_bw(b) || !s->app_limited))
		b->max_bw[0] = max(b->max_bw[0], s->rate);
	if (!b->loss_round_start)
		return;
	/* All of a round: of its beginning any loss is a large part. */
	b->congested = b->round_lost &&
		       too_lossy(c, b, b->round_lost, b->round_lost + b->round_delivered);
	adapt_lower_bounds(c, b);
}

/* The round is over: the next one's signals begin with this sample. */
static void advance_signals(struct bbr *b, const struct fsp_ack_sample *s)
{
	if (!b->loss_round_start)
		return;
	learn_base(b);
	b->bw_latest = s->rate;
	b->inflight_latest = s->tx_delivered;
	b->congested = false;
	b->round_lost = 0;
	b->round_delivered = 0;
	b->losses = 0;
}

/* ---- the model ---- */

/* Acknowledgments that come in heaps: more may be in flight by that much. */
static void take_aggregation(struct fsp_conn *c, struct bbr *b, const struct fsp_ack_sample *s)
{
	u64 most, expected, ns = s->now - b->extra_at;
	u32 extra;

	if (s->round_start && ++b->extra_round >= EXTRA_ROUNDS) {
		b->extra_round = 0;
		b->extra[1] = b->extra[0];
		b->extra[0] = 0;
	}
	expected = bytes_in(b->bw, ns);
	/* A heap is a heap for a moment: what lasts longer is a higher rate. */
	if (b->extra_bytes <= expected || ns > EXTRA_INTERVAL) {
		b->extra_bytes = 0;
		b->extra_at = s->now;
		expected = 0;
	}
	b->extra_bytes += s->delivered;
	most = min_t(u64, bytes_in(b->bw, EXTRA_MAX), c->cwnd);
	extra = min_t(u64, b->extra_bytes - expected, most);
	b->extra[0] = max(b->extra[0], extra);
}

/* Where the application (or a window) seems to be the limit, a queue says otherwise. */
static void check_full_bw(struct bbr *b, const struct fsp_ack_sample *s)
{
	if (b->full_bw_now || !s->round_start || (s->app_limited && !b->queued) || !s->flight)
		return;
	if (s->rate * UNIT >= b->full_bw * FULL_BW_GROWTH) {
		reset_full_bw(b);
		b->full_bw = s->rate;
		return;
	}
	b->full_bw_now = ++b->full_bw_rounds >= FULL_BW_ROUNDS;
	b->full_bw_reached |= b->full_bw_now;
}

/* Losses of a whole round in STARTUP say that the pipe is full, too. */
static void check_startup_loss(struct fsp_conn *c, struct bbr *b)
{
	if (b->full_bw_reached || !b->loss_round_start || !b->congested || !b->queued ||
	    b->losses < STARTUP_LOSSES)
		return;
	b->full_bw_reached = true;
	b->inflight_hi = max(bdp(c, b, max_bw(b), UNIT), b->inflight_latest);
}

/* Others' queue does not drain by our waiting for it. */
static bool drained(const struct fsp_conn *c, struct bbr *b, const struct fsp_ack_sample *s)
{
	if (s->round_start && b->drain_rounds < U8_MAX)
		b->drain_rounds++;
	return fsp_in_flight(c) <= inflight_for(c, b, max_bw(b), UNIT) ||
	       b->drain_rounds > DRAIN_ROUNDS;
}

static void check_startup_done(struct fsp_conn *c, struct bbr *b, const struct fsp_ack_sample *s)
{
	if (b->state == STARTUP) {
		check_startup_loss(c, b);
		if (!b->full_bw_reached)
			return;
		b->state = DRAIN;
		b->drain_rounds = 0;
	}
	if (b->state == DRAIN && drained(c, b, s))
		start_down(c, b, s->now);
}

static void probe_upward(struct fsp_conn *c, struct bbr *b, const struct fsp_ack_sample *s)
{
	u32 segs;

	if (!cwnd_limited(c) || c->cwnd < b->inflight_hi)
		return;
	b->up_acks += s->delivered;
	if (b->up_acks >= b->up_cnt) {
		segs = b->up_acks / b->up_cnt;
		b->up_acks -= segs * b->up_cnt;
		b->inflight_hi = min(b->inflight_hi + segs * c->snd_mss, c->cwnd_clamp);
	}
	if (s->round_start)
		raise_slope(c, b);
}

static void adapt_upper_bounds(struct fsp_conn *c, struct bbr *b, const struct fsp_ack_sample *s)
{
	if (b->phase == PHASE_STARTING && s->round_start)
		b->phase = PHASE_FEEDBACK;
	if (b->phase == PHASE_STOPPING && s->round_start) {
		b->probing = false;
		b->phase = PHASE_INIT;
		if (probing_bw(b) && !s->app_limited) {
			b->max_bw[1] = b->max_bw[0];
			b->max_bw[0] = 0;
		}
	}
	if (!s->flight)
		return;
	if (b->probing && too_lossy(c, b, s->tx_lost, s->tx_in_flight)) {
		inflight_too_high(c, b, s->tx_in_flight, s->app_limited, s->now);
		return;
	}
	if (b->inflight_hi == U32_MAX)
		return;
	b->inflight_hi = max(b->inflight_hi, s->tx_in_flight);
	if (b->state == UP)
		probe_upward(c, b, s);
}

/* The rate no longer grows, or would, but for a bound that is being raised */
static bool time_to_go_down(const struct fsp_conn *c, struct bbr *b,
			    const struct fsp_ack_sample *s)
{
	if (cwnd_limited(c) && c->cwnd >= b->inflight_hi) {
		reset_full_bw(b);
		b->full_bw = s->rate;
		return false;
	}
	return b->full_bw_now;
}

static void update_cycle(struct fsp_conn *c, struct bbr *b, const struct fsp_ack_sample *s)
{
	if (!b->full_bw_reached)
		return;
	adapt_upper_bounds(c, b, s);
	if (s->round_start && b->rounds_since_probe < U8_MAX)
		b->rounds_since_probe++;
	switch (b->state) {
	case DOWN:
		if (time_to_probe(c, b, s->now))
			start_refill(c, b);
		else if (time_to_cruise(c, b))
			start_cruise(b);
		break;
	case CRUISE:
		if (time_to_probe(c, b, s->now))
			start_refill(c, b);
		break;
	case REFILL:
		if (s->round_start)
			start_up(c, b, s);
		break;
	case UP:
		if (time_to_go_down(c, b, s))
			start_down(c, b, s->now);
		break;
	default:
		break;
	}
}

/* ---- round trips ---- */

/*
 * A packet that overtook all others, there and back, shows no path that the next
 * one could take as well: a round trip counts once a second one was as short.
 */
static u64 confirmed_rtt(struct bbr *b, u64 rtt)
{
	u64 last = b->last_rtt;

	if (rtt)
		b->last_rtt = rtt;
	return rtt ? max(rtt, last) : 0;
}

static void update_min_rtt(struct bbr *b, const struct fsp_ack_sample *s, bool *expired)
{
	u64 rtt = confirmed_rtt(b, s->rtt);

	if (!b->probe_rtt_at)
		b->probe_rtt_at = s->now;
	*expired = s->now - b->probe_rtt_at > PROBE_RTT_INTERVAL;
	if (rtt) {
		if (!b->probe_rtt_rtt || rtt < b->probe_rtt_rtt || *expired) {
			b->probe_rtt_rtt = rtt;
			b->probe_rtt_at = s->now;
		} else if (rtt <= b->min_rtt + b->min_rtt / 32) {
			/* As low as it gets: nothing waits, no need to look closer */
			b->probe_rtt_at = s->now;
		}
	}
	if (b->probe_rtt_rtt &&
	    (!b->min_rtt || b->probe_rtt_rtt < b->min_rtt ||
	     s->now - b->min_rtt_at > MIN_RTT_WINDOW)) {
		b->min_rtt = b->probe_rtt_rtt;
		b->min_rtt_at = b->probe_rtt_at;
	}
}

static u32 probe_rtt_cwnd(const struct fsp_conn *c, const struct bbr *b)
{
	return max(bdp(c, b, b->bw, CWND_GAIN_PROBE_RTT), min_cwnd(c));
}

static void save_cwnd(const struct fsp_conn *c, struct bbr *b)
{
	if (b->state != PROBE_RTT && !b->restore)
		b->prior_cwnd = c->cwnd;
	else
		b->prior_cwnd = max(b->prior_cwnd, c->cwnd);
}

static void exit_probe_rtt(struct fsp_conn *c, struct bbr *b, u64 now)
{
	b->probe_rtt_at = now;
	c->cwnd = max(c->cwnd, b->prior_cwnd);
	reset_lower_bounds(b);
	if (b->full_bw_reached) {
		start_down(c, b, now);
		start_cruise(b);
	} else {
		b->state = STARTUP;
	}
}

static void check_probe_rtt(struct fsp_conn *c, struct bbr *b,
			    const struct fsp_ack_sample *s, bool expired)
{
	if (b->state != PROBE_RTT && expired && !b->idle_restart) {
		save_cwnd(c, b);
		b->state = PROBE_RTT;
		b->probe_rtt_done = 0;
		b->phase = PHASE_STOPPING;
		fsp_rate_new_round(c);
	}
	if (s->delivered)
		b->idle_restart = false;
	if (b->state != PROBE_RTT)
		return;
	if (!b->probe_rtt_done) {
		if (fsp_in_flight(c) > probe_rtt_cwnd(c, b))
			return;
		b->probe_rtt_done = s->now + PROBE_RTT_TIME;
		b->probe_rtt_round_done = false;
		fsp_rate_new_round(c);
		return;
	}
	b->probe_rtt_round_done |= s->round_start;
	if (b->probe_rtt_round_done && s->now > b->probe_rtt_done)
		exit_probe_rtt(c, b, s->now);
}

/* ---- what follows from the model ---- */

static u32 pacing_gain(const struct bbr *b)
{
	static const u16 gains[] = {
		[STARTUP]	= GAIN_STARTUP,
		[DRAIN]		= GAIN_DRAIN,
		[DOWN]		= GAIN_DOWN,
		[CRUISE]	= UNIT,
		[REFILL]	= UNIT,
		[UP]		= GAIN_UP,
		[PROBE_RTT]	= UNIT,
	};

	return gains[b->state];
}

/* The window in a round trip; where that is not known, in a millisecond */
static void first_pacing_rate(struct fsp_conn *c, struct bbr *b)
{
	u64 rtt = c->srtt ? c->srtt : FSP_NSEC_PER_MSEC;

	b->seen_rtt = c->srtt;
	c->pacing_rate = div64_u64(part(c->cwnd, GAIN_STARTUP) * FSP_NSEC_PER_SEC, rtt);
}

static void set_pacing_rate(struct fsp_conn *c, const struct bbr *b)
{
	u64 rate = b->bw * pacing_gain(b) / UNIT;

	rate = div_u64(rate, 100) * (100 - MARGIN_PERCENT);
	if (rate && (b->full_bw_reached || rate > c->pacing_rate))
		c->pacing_rate = rate;
}

static void bound_cwnd(struct fsp_conn *c, const struct bbr *b)
{
	u32 most = U32_MAX;

	if (probing_bw(b) && b->state != CRUISE)
		most = b->inflight_hi;
	else if (b->state == CRUISE || b->state == PROBE_RTT)
		most = inflight_with_headroom(c, b);
	most = max(min(most, b->inflight_lo), min_cwnd(c));
	if (b->state == PROBE_RTT)
		most = min(most, probe_rtt_cwnd(c, b));
	c->cwnd = min3(c->cwnd, most, c->cwnd_clamp);
}

/*
 * Where nothing was ever found too much, more than twice the path's product in UP
 * would only wait in the queue: of others like us, who would never overflow it.
 */
static u32 cwnd_gain(const struct bbr *b)
{
	return b->state == UP && b->inflight_hi != U32_MAX ? CWND_GAIN_UP : CWND_GAIN;
}

static void set_cwnd(struct fsp_conn *c, const struct bbr *b, const struct fsp_ack_sample *s)
{
	u32 most = bdp(c, b, b->bw, cwnd_gain(b)) + max(b->extra[0], b->extra[1]);

	most = with_budget(c, b, most);
	if (b->full_bw_reached)
		c->cwnd = min(c->cwnd + s->delivered, most);
	else if (c->cwnd < most || c->delivered < FSP_INIT_CWND_SEGS * c->snd_mss)
		c->cwnd += s->delivered;
	c->cwnd = max(c->cwnd, min_cwnd(c));
	bound_cwnd(c, b);
}

static void bbr_control(struct fsp_conn *c, const struct fsp_ack_sample *s)
{
	struct bbr *b = bbr(c);
	bool expired;

	if (!b->seen_rtt && c->srtt)
		first_pacing_rate(c, b);
	look_for_queue(c, b, s);
	take_signals(c, b, s);
	take_aggregation(c, b, s);
	check_full_bw(b, s);
	check_startup_done(c, b, s);
	update_cycle(c, b, s);
	update_min_rtt(b, s, &expired);
	check_probe_rtt(c, b, s, expired);
	advance_signals(b, s);
	b->bw = min(max_bw(b), b->bw_lo);
	set_pacing_rate(c, b);
	set_cwnd(c, b, s);
}

/* ---- beginnings, ends, mishaps ---- */

static void bbr_init(struct fsp_conn *c)
{
	struct bbr *b = bbr(c);

	reset_lower_bounds(b);
	b->inflight_hi = U32_MAX;
	b->min_rtt = c->min_rtt;
	b->probe_rtt_rtt = c->min_rtt;
	b->rng = c->iss ^ c->snd_nxt;
	c->ssthresh = FSP_SSTHRESH_INFINITE;
	first_pacing_rate(c, b);
}

/* The engine's threshold means nothing here. */
static u32 bbr_ssthresh(struct fsp_conn *c)
{
	return c->ssthresh;
}

static void idle_start(struct fsp_conn *c, struct bbr *b, u64 now)
{
	if (!c->work->app_limited_until)
		return;
	b->idle_restart = true;
	b->extra_at = now;
	b->extra_bytes = 0;
	if (probing_bw(b))
		c->pacing_rate = max(b->bw, 1ULL);
	else if (b->state == PROBE_RTT && b->probe_rtt_done && now > b->probe_rtt_done)
		exit_probe_rtt(c, b, now);
}

static void bbr_event(struct fsp_conn *c, enum fsp_cc_event ev, u64 now)
{
	struct bbr *b = bbr(c);

	switch (ev) {
	case FSP_CC_TIMEOUT:
		save_cwnd(c, b);
		b->restore = true;
		b->full_bw = 0;
		break;
	case FSP_CC_RECOVERED:
	case FSP_CC_UNDO:
		if (b->restore)
			c->cwnd = max(c->cwnd, b->prior_cwnd);
		b->restore = false;
		if (ev == FSP_CC_UNDO) {
			reset_lower_bounds(b);
			reset_full_bw(b);
		}
		break;
	case FSP_CC_START:
		if (!b->seen_rtt)
			first_pacing_rate(c, b);
		idle_start(c, b, now);
		break;
	default:
		break;
	}
}

const struct fsp_cc_ops fsp_cc_bbr = {
	.name		= "bbr",
	.priv		= sizeof(struct bbr),
	.init		= bbr_init,
	.ssthresh	= bbr_ssthresh,
	.event		= bbr_event,
	.control	= bbr_control,
	.lost		= bbr_lost,
};
