// SPDX-License-Identifier: GPL-2.0-only
/* Reassembly: every order gives the same stream, and none gives more memory. */
#include "fixture.h"

#define PIECES	6
#define PIECE	100u

static void permute(struct fx *fx, const u8 *order, u32 len)
{
	int i;

	for (i = 0; i < PIECES; i++)
		fx_data(fx, order[i] * PIECE, len, 0);
	KUNIT_EXPECT_EQ(fx->test, fx->delivered, (u64)(PIECES - 1) * PIECE + len);
	KUNIT_EXPECT_EQ(fx->test, fx->conn.work->ofoq.count, 0u);
	fx_wait(fx, MSEC);
	KUNIT_EXPECT_EQ(fx->test, fx_last(fx)->tx.ack, fx_seq((PIECES - 1) * PIECE + len));
}

/* The next permutation in lexical order, or false */
static bool next_order(u8 *a)
{
	int i = PIECES - 2, j = PIECES - 1;

	while (i >= 0 && a[i] >= a[i + 1])
		i--;
	if (i < 0)
		return false;
	while (a[j] <= a[i])
		j--;
	swap(a[i], a[j]);
	for (i++, j = PIECES - 1; i < j; i++, j--)
		swap(a[i], a[j]);
	return true;
}

/* All 720 orders; pieces that touch, and pieces that overlap by half or twice */
static void permutations(struct kunit *test)
{
	static const u32 lens[] = { PIECE, PIECE * 3 / 2, PIECE * 5 / 2 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens) * 2; i++) {
		u8 order[PIECES] = { 0, 1, 2, 3, 4, 5 };
		struct fx *fx = fx_established(test);

		do {
			fx->no_merge = i % 2;
			permute(fx, order, lens[i / 2]);
			fx_done(fx);
			fx->conn.cfg.quickack = true;
			fx->delivered = 0;
			fx->now += SEC;
			fsp_conn_init(&fx->conn, &fsp_cc_reno);
			fx->conn.mss_room = FSP_HDR_MIN + FX_MSS;
			fx_establish(fx);
		} while (next_order(order));
		fx_done(fx);
	}
}

/* Byte by byte, backwards: everything waits, then comes at once. */
static void backwards(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	u32 i;

	for (i = 100; i > 0; i--)
		fx_data(fx, i, 1, 0);
	KUNIT_EXPECT_EQ(test, fx->delivered, 0ull);
	KUNIT_EXPECT_EQ(test, fx->conn.work->ofoq.count, 1u);
	fx_data(fx, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, fx->delivered, 101ull);
	fx_done(fx);
}

static void duplicates(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	KUNIT_EXPECT_EQ(test, fx_data(fx, 0, 100, 0), FSP_TAKEN);
	KUNIT_EXPECT_EQ(test, fx_data(fx, 0, 100, 0), FSP_DROP_DUP);
	KUNIT_EXPECT_EQ(test, fx_data(fx, 200, 100, 0), FSP_TAKEN);
	KUNIT_EXPECT_EQ(test, fx_data(fx, 200, 100, 0), FSP_DROP_DUP);
	KUNIT_EXPECT_EQ(test, fx_data(fx, 220, 50, 0), FSP_DROP_DUP);
	/* Partly new */
	KUNIT_EXPECT_EQ(test, fx_data(fx, 50, 150, 0), FSP_TAKEN);
	KUNIT_EXPECT_EQ(test, fx->delivered, 300ull);
	fx_done(fx);
}

/* Outside the window: not taken, however little */
static void window_edges(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	u32 wnd = fsp_rcv_edge(&fx->conn) - fx->conn.rcv_nxt;

	KUNIT_EXPECT_EQ(test, fx_data(fx, wnd, 1, 0), FSP_DROP_SEQ);
	KUNIT_EXPECT_EQ(test, fx_data(fx, wnd - 10, 11, 0), FSP_DROP_SEQ);
	KUNIT_EXPECT_EQ(test, fx_data(fx, wnd - 10, 10, 0), FSP_TAKEN);
	KUNIT_EXPECT_EQ(test, fx->conn.work->ofoq.count, 1u);
	/* Half the number space away, either side */
	KUNIT_EXPECT_NE(test, fx_data(fx, 0x7fffffff, 10, 0), FSP_TAKEN);
	KUNIT_EXPECT_NE(test, fx_data(fx, 0x80000001, 10, 0), FSP_TAKEN);
	fx_done(fx);
}

static void bounded(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	u32 i;

	fx->conn.cfg.max_ofo = 10;
	for (i = 1; i <= 10; i++)
		KUNIT_EXPECT_EQ(test, fx_data(fx, 2 * i, 1, 0), FSP_TAKEN);
	KUNIT_EXPECT_EQ(test, fx_data(fx, 30, 1, 0), FSP_DROP_OFO);
	KUNIT_EXPECT_EQ(test, fx->carriers, 10u);
	/* In order is always taken. */
	KUNIT_EXPECT_EQ(test, fx_data(fx, 0, 2, 0), FSP_TAKEN);
	KUNIT_EXPECT_EQ(test, fx->delivered, 3ull);
	fx_done(fx);
}

/* Where there is no memory: out of order gives way to in order. */
static void no_memory(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx_data(fx, 100, 10, 0);
	fx_data(fx, 200, 10, 0);
	fx->refuse_ofo = true;
	KUNIT_EXPECT_EQ(test, fx_data(fx, 300, 10, 0), FSP_DROP_RCVBUF);
	fx->refuse_in_order = true;
	KUNIT_EXPECT_EQ(test, fx_data(fx, 0, 100, 0), FSP_DROP_RCVBUF);
	KUNIT_EXPECT_EQ(test, fx->conn.work->ofoq.count, 0u);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_OFO_PRUNED], 2u);
	fx->refuse_in_order = false;
	KUNIT_EXPECT_EQ(test, fx_data(fx, 0, 100, 0), FSP_TAKEN);
	fx_done(fx);
}

/* The range of the newest arrival comes first, the others follow. */
static void ranges(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_tx *tx;

	fx_data(fx, 100, 100, 0);
	fx_data(fx, 500, 100, 0);
	fx_data(fx, 300, 100, 0);
	tx = &fx_last(fx)->tx;
	KUNIT_EXPECT_EQ(test, tx->ack, fx_seq(0));
	KUNIT_ASSERT_EQ(test, (int)tx->nr_ranges, 3);
	KUNIT_EXPECT_EQ(test, tx->ranges[0].start, fx_seq(300));
	KUNIT_EXPECT_EQ(test, tx->ranges[0].end, fx_seq(400));
	KUNIT_EXPECT_EQ(test, tx->ranges[1].start, fx_seq(100));
	KUNIT_EXPECT_EQ(test, tx->ranges[2].start, fx_seq(500));
	/* Two become one. */
	fx_data(fx, 200, 100, 0);
	tx = &fx_last(fx)->tx;
	KUNIT_ASSERT_EQ(test, (int)tx->nr_ranges, 2);
	KUNIT_EXPECT_EQ(test, tx->ranges[0].start, fx_seq(100));
	KUNIT_EXPECT_EQ(test, tx->ranges[0].end, fx_seq(400));
	fx_done(fx);
}

/* Carriers that cannot be merged are still one range. */
static void unmerged_range(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_tx *tx;
	u32 i;

	fx->no_merge = true;
	for (i = 1; i <= 5; i++)
		fx_data(fx, 100 * i, 100, 0);
	tx = &fx_last(fx)->tx;
	KUNIT_EXPECT_EQ(test, fx->conn.work->ofoq.count, 5u);
	KUNIT_ASSERT_EQ(test, (int)tx->nr_ranges, 1);
	KUNIT_EXPECT_EQ(test, tx->ranges[0].start, fx_seq(100));
	KUNIT_EXPECT_EQ(test, tx->ranges[0].end, fx_seq(600));
	fx_done(fx);
}

/* 32 of them, the newest among them wherever it is */
static void many_ranges(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_tx *tx;
	u32 i;

	for (i = 1; i <= 50; i++)
		fx_data(fx, 200 * i, 100, 0);
	tx = &fx_last(fx)->tx;
	KUNIT_ASSERT_EQ(test, (int)tx->nr_ranges, FSP_RANGES_MAX);
	KUNIT_EXPECT_EQ(test, tx->ranges[0].start, fx_seq(200 * 50));
	KUNIT_EXPECT_EQ(test, tx->ranges[1].start, fx_seq(200));
	KUNIT_EXPECT_EQ(test, tx->ranges[31].start, fx_seq(200 * 31));
	fx_done(fx);
}

/* A FIN cannot stand before bytes that have come; the true one still counts. */
static void fin_too_early(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx_data(fx, 100, 100, 0);
	KUNIT_EXPECT_EQ(test, fx_data(fx, 0, 0, FSP_FIN), FSP_DROP_SEQ);
	KUNIT_EXPECT_EQ(test, fx_data(fx, 0, 50, FSP_FIN), FSP_DROP_SEQ);
	KUNIT_EXPECT_EQ(test, fx->conn.rcv_nxt, fx_seq(0));
	KUNIT_EXPECT_EQ(test, fx_data(fx, 0, 100, 0), FSP_TAKEN);
	/* Within what was not acknowledged before: acceptable, and no end */
	fx->conn.rcv_wup = fx_seq(0);
	KUNIT_EXPECT_EQ(test, fx_data(fx, 100, 50, FSP_FIN), FSP_DROP_SEQ);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, fx_data(fx, 200, 0, FSP_FIN), FSP_DONE);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSE_WAIT);
	fx_done(fx);
}

/* The stream runs on over 2^32. */
static void wraps(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_rx syn = {
		.seq = 0xffffff00, .ack = FX_ISS + 1, .flags = FSP_SYN | FSP_ACK,
	};
	u32 i;

	fsp_conn_connect(&fx->conn, FX_ISS, fx->now);
	fx_rx(fx, &syn);
	for (i = 0; i < 10; i++) {
		struct fsp_rx rx = {
			.seq = 0xffffff01 + (i ^ 1) * 100, .ack = FX_ISS + 1,
			.flags = FSP_ACK, .len = 100,
		};

		/* The fixture names bytes by FX_PEER_ISS. */
		fx->delivered = fx->conn.rcv_nxt - fx_seq(0);
		KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_TAKEN);
	}
	KUNIT_EXPECT_EQ(test, fx->conn.rcv_nxt, 0xffffff01 + 1000);
	KUNIT_EXPECT_EQ(test, fx->conn.rcv_off, 1000ull);
	fx_done(fx);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(permutations),
	KUNIT_CASE(backwards),
	KUNIT_CASE(duplicates),
	KUNIT_CASE(window_edges),
	KUNIT_CASE(bounded),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(ranges),
	KUNIT_CASE(unmerged_range),
	KUNIT_CASE(many_ranges),
	KUNIT_CASE(fin_too_early),
	KUNIT_CASE(wraps),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-reasm",
	.test_cases	= cases,
};
kunit_test_suite(suite);
