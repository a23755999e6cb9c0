// SPDX-License-Identifier: GPL-2.0-only
/* Round-trip time and retransmission timeout: the numbers of RFC 6298. */
#include "engine/internal.h"
#include "fixture.h"

/* Integers round: a microsecond is near enough. */
static void expect_near(struct kunit *test, u64 is, u64 should)
{
	u64 off = is > should ? is - should : should - is;

	KUNIT_EXPECT_TRUE_MSG(test, off <= FSP_NSEC_PER_USEC, "%llu, not %llu",
			      (unsigned long long)is, (unsigned long long)should);
}

static struct fx *bare(struct kunit *test)
{
	struct fx *fx = fx_new(test);

	fx->conn.cfg.rto_min = 0;
	fx->conn.min_rtt = 0;
	return fx;
}

/* (2.1) */
static void before_any_sample(struct kunit *test)
{
	struct fx *fx = fx_new(test);

	KUNIT_EXPECT_EQ(test, fsp_rtt_rto(&fx->conn), 1 * SEC);
}

/* (2.2) and (2.3), alpha = 1/8 and beta = 1/4 */
static void samples(struct kunit *test)
{
	struct fx *fx = bare(test);
	struct fsp_conn *c = &fx->conn;

	fsp_rtt_sample(c, 100 * MSEC, 0);
	expect_near(test, c->srtt, 100 * MSEC);
	expect_near(test, c->rttvar, 50 * MSEC);
	expect_near(test, c->rto, 300 * MSEC);

	/* rttvar = 3/4 50 + 1/4 |100 - 200|, srtt = 7/8 100 + 1/8 200 */
	fsp_rtt_sample(c, 200 * MSEC, 0);
	expect_near(test, c->rttvar, 62500 * FSP_NSEC_PER_USEC);
	expect_near(test, c->srtt, 112500 * FSP_NSEC_PER_USEC);
	expect_near(test, c->rto, 362500 * FSP_NSEC_PER_USEC);

	/* rttvar = 3/4 62.5 + 1/4 |112.5 - 40|, srtt = 7/8 112.5 + 1/8 40 */
	fsp_rtt_sample(c, 40 * MSEC, 0);
	expect_near(test, c->rttvar, 65000 * FSP_NSEC_PER_USEC);
	expect_near(test, c->srtt, 103437500);
}

static void converges(struct kunit *test)
{
	struct fx *fx = bare(test);
	struct fsp_conn *c = &fx->conn;
	int i;

	fsp_rtt_sample(c, 500 * MSEC, 0);
	for (i = 0; i < 200; i++)
		fsp_rtt_sample(c, 50 * MSEC, 0);
	expect_near(test, c->srtt, 50 * MSEC);
	KUNIT_EXPECT_LT(test, c->rttvar, (u64)FSP_NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, c->min_rtt, 50 * MSEC);
}

/* (2.4), (2.5) */
static void bounds(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_conn *c = &fx->conn;
	int i;

	for (i = 0; i < 100; i++)
		fsp_rtt_sample(c, MSEC, 0);
	KUNIT_EXPECT_GE(test, c->rto, c->cfg.rto_min);
	KUNIT_EXPECT_LE(test, c->rto, c->cfg.rto_min + 2 * MSEC);
	for (i = 0; i < 100; i++)
		fsp_rtt_sample(c, 1000 * SEC, 0);
	KUNIT_EXPECT_EQ(test, c->rto, c->cfg.rto_max);
}

/* (5.5): doubled each time, up to the maximum */
static void backoff(struct kunit *test)
{
	struct fx *fx = bare(test);
	struct fsp_conn *c = &fx->conn;
	u64 rto;
	int i;

	fsp_rtt_sample(c, 100 * MSEC, 0);
	rto = c->rto;
	for (i = 0; i < 40; i++) {
		fsp_rtt_backoff(c);
		rto = min(2 * rto, c->cfg.rto_max);
		KUNIT_EXPECT_EQ(test, c->rto, rto);
	}
	/* A new sample ends it. */
	fsp_rtt_sample(c, 100 * MSEC, 0);
	KUNIT_EXPECT_LT(test, c->rto, 1 * SEC);
}

/* How long the peer held its answer back is no part of the path. */
static void echo_delay(struct kunit *test)
{
	struct fx *fx = bare(test);
	struct fsp_conn *c = &fx->conn;

	fsp_rtt_sample(c, 100 * MSEC, 0);
	fsp_rtt_sample(c, 140 * MSEC, 40 * MSEC);
	expect_near(test, c->work->latest_rtt, 100 * MSEC);
	expect_near(test, c->srtt, 100 * MSEC);
	/* A peer that claims more than there was is not believed. */
	fsp_rtt_sample(c, 110 * MSEC, 100 * MSEC);
	expect_near(test, c->work->latest_rtt, 110 * MSEC);
	KUNIT_EXPECT_EQ(test, c->min_rtt, 100 * MSEC);
}

/* One that was lucky both ways is not the path; two are. */
static void lowest_is_confirmed(struct kunit *test)
{
	struct fx *fx = bare(test);
	struct fsp_conn *c = &fx->conn;

	fsp_rtt_sample(c, 40 * MSEC, 0);
	KUNIT_EXPECT_EQ(test, c->min_rtt, 40 * MSEC);
	fsp_rtt_sample(c, 5 * MSEC, 0);
	fsp_rtt_sample(c, 40 * MSEC, 0);
	KUNIT_EXPECT_EQ(test, c->min_rtt, 40 * MSEC);
	fsp_rtt_sample(c, 30 * MSEC, 0);
	KUNIT_EXPECT_EQ(test, c->min_rtt, 30 * MSEC);
	fsp_rtt_sample(c, 5 * MSEC, 0);
	KUNIT_EXPECT_EQ(test, c->min_rtt, 5 * MSEC);
}

/* The handshake is a sample (the fixture's round trip is 100 ms). */
static void from_handshake(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	KUNIT_EXPECT_EQ(test, fx->conn.srtt, 100 * MSEC);
	fx_done(fx);
}

/* A retransmission's echo is its own: a sample without ambiguity (Karn). */
static void from_retransmission(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx->conn.cfg.rto_min = 0;
	fx_write(fx, FX_MSS);
	while (fx->conn.retrans_segs < 1)
		KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
	fx->now += 30 * MSEC;
	fx_acked(fx, FX_MSS);
	KUNIT_EXPECT_EQ(test, fx->conn.work->latest_rtt, 30 * MSEC);
	fx_done(fx);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(before_any_sample),
	KUNIT_CASE(samples),
	KUNIT_CASE(converges),
	KUNIT_CASE(bounds),
	KUNIT_CASE(backoff),
	KUNIT_CASE(echo_delay),
	KUNIT_CASE(lowest_is_confirmed),
	KUNIT_CASE(from_handshake),
	KUNIT_CASE(from_retransmission),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-rtt",
	.test_cases	= cases,
};
kunit_test_suite(suite);
