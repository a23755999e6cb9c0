// SPDX-License-Identifier: GPL-2.0-only
/* Congestion control: RFC 5681's and RFC 9438's figures, and what all must keep to. */
#include "fixture.h"

#define RTT	(100 * MSEC)

/* A connection in the middle of its life, always with data to send */
static struct fx *running(struct kunit *test, const char *name, u32 cwnd_segs)
{
	const struct fsp_cc_ops *cc = fsp_cc_find(name);
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;

	KUNIT_ASSERT_NOT_NULL(test, cc);
	fx_run_cc(fx, cc);
	c->snd_mss = FX_MSS;
	c->cwnd = cwnd_segs * FX_MSS;
	c->ssthresh = FSP_SSTHRESH_INFINITE;
	c->cwnd_clamp = 1u << 30;
	c->srtt = RTT;
	c->min_rtt = RTT;
	return fx;
}

static void ack(struct fx *fx, u32 bytes)
{
	struct fsp_ack_sample s = {
		.now = fx->now,
		.acked = bytes,
		.delivered = bytes,
		.prior_in_flight = fx->conn.cwnd,
		.rtt = RTT,
		.cwnd_limited = true,
	};

	fx->conn.cc->ack(&fx->conn, &s);
}

/* A round trip in which the whole window is acknowledged, two segments at a time */
static void round_trip(struct fx *fx)
{
	u32 left = fx->conn.cwnd / FX_MSS, acks = (left + 1) / 2, i;

	for (i = 0; i < acks; i++) {
		fx->now += RTT / acks;
		ack(fx, min(left, 2u) * FX_MSS);
		left -= min(left, 2u);
	}
}

static void lose(struct fx *fx)
{
	struct fsp_conn *c = &fx->conn;

	c->ssthresh = c->cc->ssthresh(c);
	if (c->cc->event)
		c->cc->event(c, FSP_CC_LOSS, fx->now);
	c->cwnd = c->ssthresh;
	if (c->cc->event)
		c->cc->event(c, FSP_CC_RECOVERED, fx->now);
}

static u32 segs(const struct fx *fx)
{
	return fx->conn.cwnd / FX_MSS;
}

static const struct fsp_cc_ops *nth_loss_based(unsigned int i)
{
	const struct fsp_cc_ops *cc;
	unsigned int n;

	for (n = 0; (cc = fsp_cc_nth(n)) != NULL; n++)
		if (!cc->control && !i--)
			break;
	return cc;
}

/* RFC 5681 (2): doubled in a round trip, by every algorithm */
static void slow_start(struct kunit *test)
{
	const struct fsp_cc_ops *cc;
	struct fx *fx;
	unsigned int i;

	for (i = 0; (cc = nth_loss_based(i)) != NULL; i++) {
		fx = running(test, cc->name, 10);
		round_trip(fx);
		KUNIT_EXPECT_EQ_MSG(test, segs(fx), 20u, "%s", cc->name);
		round_trip(fx);
		KUNIT_EXPECT_EQ_MSG(test, segs(fx), 40u, "%s", cc->name);
		fx_done(fx);
	}
}

/* A window that was not used must not grow (RFC 7661's point). */
static void unused_window(struct kunit *test)
{
	const struct fsp_cc_ops *cc;
	unsigned int i, n;
	struct fx *fx;

	for (i = 0; (cc = nth_loss_based(i)) != NULL; i++) {
		struct fsp_ack_sample s = { .acked = FX_MSS, .delivered = FX_MSS };

		fx = running(test, cc->name, 10);
		for (n = 0; n < 100; n++) {
			s.now = fx->now += RTT;
			cc->ack(&fx->conn, &s);
		}
		KUNIT_EXPECT_EQ_MSG(test, segs(fx), 10u, "%s", cc->name);
		fx_done(fx);
	}
}

static void clamped(struct kunit *test)
{
	const struct fsp_cc_ops *cc;
	unsigned int i, n;
	struct fx *fx;

	for (i = 0; (cc = nth_loss_based(i)) != NULL; i++) {
		fx = running(test, cc->name, 10);
		fx->conn.cwnd_clamp = 50 * FX_MSS;
		for (n = 0; n < 10; n++)
			round_trip(fx);
		KUNIT_EXPECT_EQ_MSG(test, segs(fx), 50u, "%s", cc->name);
		fx_done(fx);
	}
}

/* RFC 5681 (4): not below two segments */
static void least_threshold(struct kunit *test)
{
	const struct fsp_cc_ops *cc;
	struct fx *fx;
	unsigned int i;

	for (i = 0; (cc = nth_loss_based(i)) != NULL; i++) {
		fx = running(test, cc->name, 1);
		KUNIT_EXPECT_EQ_MSG(test, cc->ssthresh(&fx->conn), 2 * FX_MSS, "%s", cc->name);
		fx_done(fx);
	}
}

/* @rounds of slow start in which each round trip takes @grow longer than the last */
static void climb(struct fx *fx, u64 *rtt, u64 grow, u32 rounds)
{
	struct fsp_conn *c = &fx->conn;
	u32 i, n;

	for (i = 0; i < rounds; i++) {
		*rtt += grow;
		for (n = c->cwnd / FX_MSS; n; n--) {
			struct fsp_ack_sample s = {
				.now = fx->now, .acked = FX_MSS, .delivered = FX_MSS,
				.rtt = *rtt, .cwnd_limited = true,
				.round_start = n == c->cwnd / FX_MSS,
			};

			c->cc->ack(c, &s);
		}
	}
}

/* RFC 9406: a quarter of the growth where round trips grow, five rounds of it, the end */
static void hystart(struct kunit *test)
{
	struct fx *fx = running(test, "cubic", 16);
	struct fsp_conn *c = &fx->conn;
	u64 rtt = 40 * MSEC;

	climb(fx, &rtt, 0, 2);
	KUNIT_EXPECT_EQ(test, segs(fx), 64u);
	/* Less than an eighth is no sign */
	climb(fx, &rtt, 4 * MSEC, 1);
	KUNIT_EXPECT_EQ(test, segs(fx), 128u);
	climb(fx, &rtt, 6 * MSEC, 1);
	KUNIT_EXPECT_GE(test, segs(fx), 128u + 128 / 4);
	KUNIT_EXPECT_LE(test, segs(fx), 128u + 128 / 4 + 8);
	KUNIT_EXPECT_EQ(test, c->ssthresh, FSP_SSTHRESH_INFINITE);
	climb(fx, &rtt, 0, 5);
	KUNIT_EXPECT_LT(test, c->ssthresh, FSP_SSTHRESH_INFINITE);
	KUNIT_EXPECT_LE(test, segs(fx), 450u);
	fx_done(fx);
}

/* A false alarm: round trips are shorter again, slow start goes on. */
static void hystart_resumes(struct kunit *test)
{
	struct fx *fx = running(test, "reno", 16);
	u64 rtt = 40 * MSEC;
	u32 before;

	climb(fx, &rtt, 0, 1);
	climb(fx, &rtt, 10 * MSEC, 1);
	climb(fx, &rtt, -5 * MSEC, 1);
	before = segs(fx);
	climb(fx, &rtt, 0, 1);
	KUNIT_EXPECT_EQ(test, segs(fx), 2 * before);
	KUNIT_EXPECT_EQ(test, fx->conn.ssthresh, FSP_SSTHRESH_INFINITE);
	fx_done(fx);
}

static void reno_avoidance(struct kunit *test)
{
	struct fx *fx = running(test, "reno", 100);
	int i;

	lose(fx);
	KUNIT_EXPECT_EQ(test, segs(fx), 50u);
	for (i = 0; i < 20; i++)
		round_trip(fx);
	/* One segment per round trip */
	KUNIT_EXPECT_GE(test, segs(fx), 68u);
	KUNIT_EXPECT_LE(test, segs(fx), 70u);
	fx_done(fx);
}

/* From slow start into avoidance within one acknowledgment: not beyond ssthresh */
static void reno_crossing(struct kunit *test)
{
	struct fx *fx = running(test, "reno", 10);

	fx->conn.ssthresh = 11 * FX_MSS;
	ack(fx, 4 * FX_MSS);
	KUNIT_EXPECT_EQ(test, segs(fx), 11u);
	fx_done(fx);
}

/* RFC 9438: beta = 0.7, K = cbrt(W_max (1 - beta) / C), figure 1 */
static void cubic_curve(struct kunit *test)
{
	struct fx *fx = running(test, "cubic", 1000);
	u64 start;
	u32 cwnd;

	lose(fx);
	KUNIT_EXPECT_EQ(test, segs(fx), 700u);
	start = fx->now;
	/* K = cbrt(300 / 0.4) = 9.086 s; half way: 0.4 (K/2)^3 = 37.5 below */
	while (fx->now < start + 4543 * MSEC)
		round_trip(fx);
	KUNIT_EXPECT_GE(test, segs(fx), 950u);
	KUNIT_EXPECT_LE(test, segs(fx), 975u);
	while (fx->now < start + 9086 * MSEC)
		round_trip(fx);
	KUNIT_EXPECT_GE(test, segs(fx), 990u);
	KUNIT_EXPECT_LE(test, segs(fx), 1005u);
	/* The plateau: nearly flat for a second */
	cwnd = segs(fx);
	while (fx->now < start + 10086 * MSEC)
		round_trip(fx);
	KUNIT_EXPECT_LE(test, segs(fx) - cwnd, 5u);
	/* W(K + 5 s) = 1000 + 0.4 125 = 1050 */
	while (fx->now < start + 14086 * MSEC)
		round_trip(fx);
	KUNIT_EXPECT_GE(test, segs(fx), 1040u);
	KUNIT_EXPECT_LE(test, segs(fx), 1060u);
	fx_done(fx);
}

/* Section 4.7: a loss below the last maximum aims lower. */
static void cubic_fast_convergence(struct kunit *test)
{
	struct fx *fx = running(test, "cubic", 1000);
	u64 start;

	lose(fx);
	fx->conn.cwnd = 800 * FX_MSS;
	lose(fx);
	KUNIT_EXPECT_EQ(test, segs(fx), 560u);
	/* W_max = 800 (1 + 0.7) / 2 = 680, K = cbrt(120 / 0.4) = 6.694 s */
	start = fx->now;
	while (fx->now < start + 6694 * MSEC)
		round_trip(fx);
	KUNIT_EXPECT_GE(test, segs(fx), 670u);
	KUNIT_EXPECT_LE(test, segs(fx), 685u);
	fx_done(fx);
}

/* Section 4.3: where Reno is faster (short round trips, small windows), as fast. */
static void cubic_reno_friendly(struct kunit *test)
{
	struct fx *fx = running(test, "cubic", 20);
	int i;

	lose(fx);
	KUNIT_EXPECT_EQ(test, segs(fx), 14u);
	/* alpha = 9/17 per round trip: 14 + 11 x 9/17 = 19.8 */
	fx->conn.srtt = MSEC;
	for (i = 0; i < 11; i++) {
		u32 n = segs(fx);

		fx->now += MSEC;
		while (n--)
			ack(fx, FX_MSS);
	}
	KUNIT_EXPECT_GE(test, segs(fx), 18u);
	KUNIT_EXPECT_LE(test, segs(fx), 20u);
	fx_done(fx);
}

/* What was undone leaves no trace in where the curve aims. */
static void cubic_undo(struct kunit *test)
{
	struct fx *fx = running(test, "cubic", 1000);
	struct fsp_conn *c = &fx->conn;
	int i;

	lose(fx);
	lose(fx);
	c->cwnd = 1000 * FX_MSS;
	c->cc->event(c, FSP_CC_UNDO, fx->now);
	for (i = 0; i < 10; i++)
		round_trip(fx);
	KUNIT_EXPECT_GE(test, segs(fx), 1000u);
	KUNIT_EXPECT_LE(test, segs(fx), 1020u);
	fx_done(fx);
}

static void names(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, fsp_cc_find("reno") == &fsp_cc_reno);
	KUNIT_EXPECT_TRUE(test, fsp_cc_find("cubic") == &fsp_cc_cubic);
	KUNIT_EXPECT_TRUE(test, fsp_cc_find("bbr") == &fsp_cc_bbr);
	KUNIT_EXPECT_TRUE(test, !fsp_cc_find("cub"));
	KUNIT_EXPECT_TRUE(test, !fsp_cc_find(""));
	KUNIT_EXPECT_TRUE(test, !fsp_cc_nth(1000));
}

/* An exchange that never fills the first window needs no algorithm. */
static void runs_when_needed(struct kunit *test)
{
	const struct fsp_cc_ops *cc;
	struct fsp_conn *c;
	unsigned int i, n;
	struct fx *fx;

	for (n = 0; (cc = fsp_cc_nth(n)) != NULL; n++) {
		fx = fx_established(test);
		c = &fx->conn;
		fsp_conn_set_cc(c, cc);
		for (i = 1; i <= 20; i++) {
			fx_write(fx, 100);
			fx->now += RTT;
			fx_acked(fx, i * 100);
		}
		KUNIT_EXPECT_TRUE_MSG(test, !c->cc_priv, "%s", cc->name);
		KUNIT_EXPECT_EQ_MSG(test, segs(fx), 10u, "%s", cc->name);
		fx_write(fx, 11 * FX_MSS);
		fx->now += RTT;
		fx_acked(fx, 2000 + FX_MSS);
		KUNIT_EXPECT_TRUE_MSG(test, !!c->cc_priv, "%s", cc->name);
		fx_done(fx);
	}
}

/* Without memory for it: slow start and halving, as RFC 5681 has them */
static void no_memory(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;

	fsp_conn_set_cc(c, &fsp_cc_bbr);
	fx->no_alloc = true;
	fx_write(fx, 11 * FX_MSS);
	fx->now += RTT;
	fx_acked(fx, 10 * FX_MSS);
	KUNIT_EXPECT_TRUE(test, !c->cc_priv);
	KUNIT_EXPECT_EQ(test, segs(fx), 20u);
	fx_fire(fx);
	fx_fire(fx);
	KUNIT_EXPECT_TRUE(test, !c->cc_priv);
	KUNIT_EXPECT_EQ(test, (int)c->recovery, FSP_LOSS);
	KUNIT_EXPECT_EQ(test, c->ssthresh, 10 * FX_MSS);
	KUNIT_EXPECT_EQ(test, segs(fx), 1u);
	fx->no_alloc = false;
	fx_acked(fx, 11 * FX_MSS);
	fx_write(fx, 30 * FX_MSS);
	fx->now += RTT;
	fx_acked(fx, 12 * FX_MSS);
	KUNIT_EXPECT_TRUE(test, !!c->cc_priv);
	fx_done(fx);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(runs_when_needed),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(slow_start),
	KUNIT_CASE(unused_window),
	KUNIT_CASE(clamped),
	KUNIT_CASE(least_threshold),
	KUNIT_CASE(hystart),
	KUNIT_CASE(hystart_resumes),
	KUNIT_CASE(reno_avoidance),
	KUNIT_CASE(reno_crossing),
	KUNIT_CASE(cubic_curve),
	KUNIT_CASE(cubic_fast_convergence),
	KUNIT_CASE(cubic_reno_friendly),
	KUNIT_CASE(cubic_undo),
	KUNIT_CASE(names),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-cong",
	.test_cases	= cases,
};
kunit_test_suite(suite);
