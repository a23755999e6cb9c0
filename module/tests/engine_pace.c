// SPDX-License-Identifier: GPL-2.0-only
/* Pacing, delivery rates, and the model BBR makes of them. */
#include "fixture.h"

/* A connection whose initial window is behind it, paced at @rate */
static struct fx *paced(struct kunit *test, u64 rate)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;

	c->bytes_sent = FSP_INIT_CWND_SEGS * FX_MSS;
	c->cwnd = 1000 * FX_MSS;
	c->cfg.max_rate = rate;
	fx_skip(fx);
	return fx;
}

/* Ten packets a second, two at once: neither more nor less, nor in a heap */
static void keeps_the_rate(struct kunit *test)
{
	struct fx *fx = paced(test, 10 * FX_MSS);
	u32 sent;

	fx->conn.cfg.rto_min = 100 * SEC;
	fx->conn.rto = 100 * SEC;
	fx_write(fx, 50 * FX_MSS);
	sent = fx_sent_bytes(fx);
	KUNIT_EXPECT_LE(test, sent, 3 * FX_MSS);
	fx_wait(fx, SEC);
	sent += fx_sent_bytes(fx);
	KUNIT_EXPECT_GE(test, sent, 10 * FX_MSS);
	KUNIT_EXPECT_LE(test, sent, 13 * FX_MSS);
	fsp_conn_purge(&fx->conn);
	fx_done(fx);
}

/* Where fq is below, all goes at once, each packet with its time. */
static void tells_departures(struct kunit *test)
{
	struct fx *fx = paced(test, 1000 * FX_MSS);
	struct fx_sent *s;
	u64 last = 0;

	fx->conn.cfg.pace_below = true;
	fx_write(fx, 8 * FX_MSS);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 8u);
	while ((s = fx_next(fx)) != NULL) {
		if (last)
			KUNIT_EXPECT_EQ(test, s->tx.depart, last + MSEC);
		last = s->tx.depart;
	}
	/* and what is timed is the departure */
	KUNIT_EXPECT_EQ(test, fsp_segq_last(&fx->conn.work->rtxq)->tx_time, last);
	fsp_conn_purge(&fx->conn);
	fx_done(fx);
}

static void quantum(struct kunit *test)
{
	struct fx *fx = paced(test, 0);
	struct fsp_conn *c = &fx->conn;

	c->gso_max = 60000;
	KUNIT_EXPECT_EQ(test, fsp_pace_quantum(c), 60000u);
	c->pacing_rate = 10240000;
	KUNIT_EXPECT_EQ(test, fsp_pace_quantum(c), 10000u);
	c->pacing_rate = 1000;
	KUNIT_EXPECT_EQ(test, fsp_pace_quantum(c), 2 * FX_MSS);
	c->cfg.max_rate = 100;
	KUNIT_EXPECT_EQ(test, fsp_pace_rate(c), 100ull);
	fx_done(fx);
}

/* 20 packets in a round trip of 100 ms are 200 a second. */
static void measures_the_rate(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;

	c->cwnd = 20 * FX_MSS;
	fx_write(fx, 20 * FX_MSS);
	fx_write(fx, 20 * FX_MSS);
	fx_wait(fx, 100 * MSEC);
	fx_acked(fx, 20 * FX_MSS);
	KUNIT_EXPECT_EQ(test, c->rate, 200ull * FX_MSS);
	fsp_conn_purge(c);
	fx_done(fx);
}

/* What left after a pause shows the program, not the path. */
static void marks_the_application(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;

	c->cwnd = 20 * FX_MSS;
	fx_write(fx, 2 * FX_MSS);
	fx_wait(fx, 100 * MSEC);
	fx_acked(fx, 2 * FX_MSS);
	fx_wait(fx, 10 * MSEC);
	fx_write(fx, FX_MSS);
	KUNIT_EXPECT_TRUE(test, !!c->work->app_limited_until);
	fx_wait(fx, 100 * MSEC);
	fx_acked(fx, 3 * FX_MSS);
	KUNIT_EXPECT_TRUE(test, c->rate_app_limited);
	KUNIT_EXPECT_FALSE(test, !!c->work->app_limited_until);
	fx_done(fx);
}

/* A path of @rate that loses one packet in @loss and never queues, for BBR */
static void run_model(struct fx *fx, u64 rate, u32 rounds, u32 loss)
{
	struct fsp_conn *c = &fx->conn;
	u32 i, n = 0;

	for (i = 0; i < rounds; i++) {
		u32 bytes = min_t(u64, c->cwnd, rate / 10);
		struct fsp_ack_sample s = {
			.now = fx->now += 100 * MSEC,
			.prior_in_flight = bytes,
			.rtt = 100 * MSEC,
			.rate = bytes * 10ull,
			.interval = 100 * MSEC,
			.flight = true,
			.prior_delivered = c->delivered,
			.tx_in_flight = bytes,
			.round_start = true,
			.cwnd_limited = true,
		};
		struct fsp_seg seg = { .in_flight = bytes, .lost = c->lost };

		for (n = 0; loss && n < bytes / FX_MSS / loss; n++) {
			seg.end_seq = FX_MSS;
			c->lost += FX_MSS;
			c->cc->lost(c, &seg, fx->now);
			s.lost += FX_MSS;
		}
		s.tx_lost = s.lost;
		s.delivered = bytes - s.lost;
		s.tx_delivered = s.delivered;
		s.rate = s.delivered * 10ull;
		c->delivered += s.delivered;
		c->cc->control(c, &s);
	}
}

static struct fx *with_bbr(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx_run_cc(fx, &fsp_cc_bbr);
	return fx;
}

/* STARTUP finds the rate in a few round trips, and then paces close to it. */
static void bbr_finds_the_rate(struct kunit *test)
{
	struct fx *fx = with_bbr(test);
	u64 rate = 1000ull * 10 * FX_MSS;
	struct fsp_conn *c = &fx->conn;

	run_model(fx, rate, 9, 0);
	KUNIT_EXPECT_GE(test, c->cwnd, 1000 * FX_MSS);
	run_model(fx, rate, 10, 0);
	KUNIT_EXPECT_GE(test, c->pacing_rate, rate * 85 / 100);
	KUNIT_EXPECT_LE(test, c->pacing_rate, rate * 125 / 100);
	/* twice what the path holds, and once more as it acknowledges in heaps */
	KUNIT_EXPECT_LE(test, c->cwnd, 3300 * FX_MSS);
	fx_done(fx);
}

/* 5 % lost at random for a minute: nothing waits anywhere, nothing slows down. */
static void bbr_random_loss(struct kunit *test)
{
	struct fx *fx = with_bbr(test);
	u64 rate = 1000ull * 10 * FX_MSS;
	struct fsp_conn *c = &fx->conn;

	run_model(fx, rate, 600, 20);
	KUNIT_EXPECT_GE(test, c->cwnd, 950 * FX_MSS);
	KUNIT_EXPECT_GE(test, c->pacing_rate, rate * 80 / 100);
	fx_done(fx);
}

/* A packet that overtook all others on both ways does not make the path short. */
static void bbr_one_short_round_trip(struct kunit *test)
{
	struct fx *fx = with_bbr(test);
	struct fsp_conn *c = &fx->conn;
	struct fsp_ack_sample s = { .rtt = FSP_NSEC_PER_USEC };
	u64 rate = 1000ull * 10 * FX_MSS;

	run_model(fx, rate, 20, 0);
	s.now = fx->now += 100 * MSEC;
	s.prior_delivered = c->delivered;
	c->cc->control(c, &s);
	run_model(fx, rate, 10, 0);
	KUNIT_EXPECT_GE(test, c->cwnd, 1500 * FX_MSS);
	fx_done(fx);
}

/* After a timeout the window is one packet, and comes back when all is repaired. */
static void bbr_timeout(struct kunit *test)
{
	struct fx *fx = with_bbr(test);
	struct fsp_conn *c = &fx->conn;
	u32 cwnd;

	run_model(fx, 1000ull * 10 * FX_MSS, 20, 0);
	cwnd = c->cwnd;
	c->cc->event(c, FSP_CC_TIMEOUT, fx->now);
	c->cwnd = FX_MSS;
	c->cc->event(c, FSP_CC_RECOVERED, fx->now);
	KUNIT_EXPECT_EQ(test, c->cwnd, cwnd);
	fx_done(fx);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(keeps_the_rate),
	KUNIT_CASE(tells_departures),
	KUNIT_CASE(quantum),
	KUNIT_CASE(measures_the_rate),
	KUNIT_CASE(marks_the_application),
	KUNIT_CASE(bbr_finds_the_rate),
	KUNIT_CASE(bbr_random_loss),
	KUNIT_CASE(bbr_one_short_round_trip),
	KUNIT_CASE(bbr_timeout),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-pace",
	.test_cases	= cases,
};
kunit_test_suite(suite);
