// SPDX-License-Identifier: GPL-2.0-only
/* Idle connections: what they give back, and how they go on. */
#include "fixture.h"

#define IDLE	(SEC + MSEC)

/* Bytes went both ways, all is acknowledged, and a second is over. */
static struct fx *idle(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx_write(fx, 3000);
	fx_wait(fx, 100 * MSEC);
	fx_acked(fx, 3000);
	fx_data(fx, 0, 500, FSP_PSH);
	fx_wait(fx, IDLE);
	fx_skip(fx);
	return fx;
}

static struct fx *resting(struct kunit *test)
{
	struct fx *fx = idle(test);

	KUNIT_ASSERT_TRUE(test, fx_rest(fx));
	KUNIT_ASSERT_FALSE(test, fx->working);
	return fx;
}

static void not_before_a_second(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx_wait(fx, SEC / 2);
	KUNIT_EXPECT_EQ(test, fsp_conn_rest_at(&fx->conn, fx->now), fx->now + SEC / 2);
	KUNIT_EXPECT_FALSE(test, fx_rest(fx));
	fx_wait(fx, SEC / 2);
	KUNIT_EXPECT_TRUE(test, fx_rest(fx));
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(&fx->conn), 0ull);
	fx_done(fx);
}

/* Something is under way: the very moment that is over is waited for. */
static void not_at_work(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx->conn.cfg.rto_min = 100 * SEC;	/* no timeout meanwhile */
	fsp_conn_reconfigure(&fx->conn, fx->now);
	fx_write(fx, 1000);
	fx_wait(fx, IDLE);
	KUNIT_EXPECT_FALSE(test, fx_rest(fx));		/* in flight */
	fx_acked(fx, fx->written);
	fx_wait(fx, IDLE);
	KUNIT_EXPECT_EQ(test, fsp_conn_rest_at(&fx->conn, fx->now), fx->now);

	fx_data(fx, 1000, 500, 0);
	fx_wait(fx, IDLE);
	KUNIT_EXPECT_FALSE(test, fx_rest(fx));		/* out of order */
	fx_data(fx, 0, 1000, 0);
	fx_wait(fx, IDLE);
	KUNIT_EXPECT_TRUE(test, fx_rest(fx));
	fx_done(fx);
}

static void not_with_marks(struct kunit *test)
{
	struct fx *fx = fx_new(test);

	fx->conn.cfg.ecn = FSP_ECN_ON;
	fx_establish_with(fx, fx_peer(FSP_FEATURE_ECN, FX_MSS));
	KUNIT_ASSERT_TRUE(test, fx->conn.ecn);
	fx_wait(fx, 10 * SEC);
	KUNIT_EXPECT_FALSE(test, fx_rest(fx));
	fx_done(fx);
}

static void not_in_a_black_hole(struct kunit *test)
{
	struct fx *fx = idle(test);

	fx->conn.work->pmtu.size = FX_MSS / 2;
	KUNIT_EXPECT_FALSE(test, fx_rest(fx));
	fx_done(fx);
}

static void not_while_closing(struct kunit *test)
{
	struct fx *fx = idle(test);

	fsp_conn_shutdown(&fx->conn, fx->now);
	fx_acked(fx, fx->written + 1);
	KUNIT_ASSERT_EQ(test, fx->conn.state, (u8)FSP_FIN_WAIT_2);
	fx_wait(fx, 10 * SEC);
	KUNIT_EXPECT_FALSE(test, fx_rest(fx));
	fx_done(fx);
}

static void goes_on_by_data(struct kunit *test)
{
	struct fx *fx = resting(test);
	u32 cwnd = fx->conn.cwnd;
	u64 srtt = fx->conn.srtt;

	KUNIT_EXPECT_EQ(test, fx_data(fx, 500, 700, FSP_PSH), FSP_TAKEN);
	KUNIT_EXPECT_TRUE(test, fx->working);
	KUNIT_EXPECT_EQ(test, fx->delivered, 1200ull);
	fx_wait(fx, 100 * MSEC);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.ack, fx_seq(1200));
	KUNIT_EXPECT_EQ(test, fx->conn.srtt, srtt);
	KUNIT_EXPECT_EQ(test, fx->conn.cwnd, cwnd);
	fx_done(fx);
}

static void goes_on_by_write(struct kunit *test)
{
	struct fx *fx = resting(test);

	fx_write(fx, 2000);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 2000u);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.seq, fx_ack(4000));
	/* Lost: it is watched over as ever */
	fx_wait(fx, 2 * SEC);
	KUNIT_EXPECT_GT(test, fx->conn.retrans_segs, 0u);
	fx_acked(fx, 5000);
	KUNIT_EXPECT_EQ(test, fx->conn.snd_una, fx_ack(5000));
	fx_done(fx);
}

static void twice(struct kunit *test)
{
	struct fx *fx = resting(test);

	fx_write(fx, 100);
	fx_acked(fx, 3100);
	fx_wait(fx, IDLE);
	KUNIT_EXPECT_TRUE(test, fx_rest(fx));
	KUNIT_EXPECT_EQ(test, fx_data(fx, 500, 100, 0), FSP_TAKEN);
	fx_done(fx);
}

/* SO_KEEPALIVE is kept while it rests, and asks as often as ever. */
static void keepalive(struct kunit *test)
{
	struct fx *fx = idle(test);
	u64 last = fx->conn.last_rcv;

	fx->conn.cfg.keepalive = true;
	fx->conn.cfg.keepalive_time = 100 * SEC;
	fsp_conn_reconfigure(&fx->conn, fx->now);
	KUNIT_ASSERT_TRUE(test, fx_rest(fx));
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(&fx->conn), last + 100 * SEC);
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_KEEPALIVES], 1u);
	KUNIT_EXPECT_FALSE(test, fx_rest(fx));		/* an answer is waited for */
	fx_acked(fx, fx->written);
	fx_wait(fx, IDLE);
	KUNIT_EXPECT_TRUE(test, fx_rest(fx));
	/* Turned on while it rests */
	fx->conn.cfg.keepalive = false;
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(&fx->conn), 0ull);
	fx->conn.cfg.keepalive = true;
	fsp_conn_reconfigure(&fx->conn, fx->now);
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(&fx->conn), fx->conn.last_rcv + 100 * SEC);
	fx_done(fx);
}

/* A rate so low that the next packet's time is later than that */
static void paced(struct kunit *test)
{
	struct fx *fx = idle(test);

	fx->conn.work->next_send = fx->now + 5 * SEC;
	KUNIT_EXPECT_EQ(test, fsp_conn_rest_at(&fx->conn, fx->now), fx->now + 5 * SEC);
	fx_wait(fx, 5 * SEC);
	KUNIT_EXPECT_TRUE(test, fx_rest(fx));
	fx_done(fx);
}

static void options_at_rest(struct kunit *test)
{
	struct fx *fx = resting(test);

	fsp_conn_reconfigure(&fx->conn, fx->now);
	fsp_conn_push(&fx->conn, 0, fx->now);
	fsp_conn_resume(&fx->conn, fx->now);
	fsp_conn_read(&fx->conn, fx->now);
	fsp_conn_ack(&fx->conn, fx->now);
	fsp_conn_reader_waits(&fx->conn, fx->now);
	fsp_conn_set_cc(&fx->conn, &fsp_cc_cubic);
	fsp_conn_set_path(&fx->conn, FSP_HDR_MIN + 500, 500, fx->now);
	fsp_conn_path_shrunk(&fx->conn, fx->now);
	fsp_conn_icmp(&fx->conn, fx->conn.snd_una, 113, true, fx->now);
	KUNIT_EXPECT_EQ(test, fsp_conn_want_rcvbuf(&fx->conn, fx->conn.rcv_nxt, fx->now), 0u);
	KUNIT_EXPECT_FALSE(test, fx->working);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_write(fx, 1000);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 1000u);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.len, 500u);
	fx_done(fx);
}

/* For want of memory a packet is dropped, and comes again. */
static void no_memory_to_receive(struct kunit *test)
{
	struct fx *fx = resting(test);

	fx->no_alloc = true;
	KUNIT_EXPECT_EQ(test, fx_data(fx, 500, 100, 0), FSP_DROP_RCVBUF);
	KUNIT_EXPECT_EQ(test, fx->delivered, 500ull);
	fx->no_alloc = false;
	KUNIT_EXPECT_EQ(test, fx_data(fx, 500, 100, 0), FSP_TAKEN);
	fx_done(fx);
}

/* And for want of a second it is not forgotten that there is to be asked. */
static void no_memory_to_ask(struct kunit *test)
{
	struct fx *fx = idle(test);

	fx->conn.cfg.keepalive = true;
	fx->conn.cfg.keepalive_time = 10 * SEC;
	fsp_conn_reconfigure(&fx->conn, fx->now);
	KUNIT_ASSERT_TRUE(test, fx_rest(fx));
	fx->no_alloc = true;
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_KEEPALIVES], 0u);
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(&fx->conn), fx->now + SEC / 2);
	fx->no_alloc = false;
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_KEEPALIVES], 1u);
	fx_done(fx);
}

/* A FIN must be kept until it is acknowledged; where that cannot be, a reset says so. */
static void no_memory_to_close(struct kunit *test)
{
	struct fx *fx = resting(test);

	fx->no_alloc = true;
	fsp_conn_shutdown(&fx->conn, fx->now);
	KUNIT_EXPECT_EQ(test, fx->conn.state, (u8)FSP_CLOSED);
	KUNIT_EXPECT_EQ(test, fx->conn.error, (u16)105);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.flags & FSP_RST);
	fx_done(fx);
}

static void aborts_at_rest(struct kunit *test)
{
	struct fx *fx = resting(test);

	fsp_conn_abort(&fx->conn, fx->now);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.flags & FSP_RST);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.seq, fx_ack(3000));
	fx_done(fx);
}

static void reset_at_rest(struct kunit *test)
{
	struct fx *fx = resting(test);
	struct fsp_rx rx = { .seq = fx_seq(500), .flags = FSP_RST };

	fx_rx(fx, &rx);
	KUNIT_EXPECT_EQ(test, fx->conn.state, (u8)FSP_CLOSED);
	fx_done(fx);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(not_before_a_second),
	KUNIT_CASE(not_at_work),
	KUNIT_CASE(not_with_marks),
	KUNIT_CASE(not_in_a_black_hole),
	KUNIT_CASE(not_while_closing),
	KUNIT_CASE(goes_on_by_data),
	KUNIT_CASE(goes_on_by_write),
	KUNIT_CASE(twice),
	KUNIT_CASE(keepalive),
	KUNIT_CASE(paced),
	KUNIT_CASE(options_at_rest),
	KUNIT_CASE(no_memory_to_receive),
	KUNIT_CASE(no_memory_to_ask),
	KUNIT_CASE(no_memory_to_close),
	KUNIT_CASE(aborts_at_rest),
	KUNIT_CASE(reset_at_rest),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-rest",
	.test_cases	= cases,
};
kunit_test_suite(suite);
