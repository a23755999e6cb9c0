// SPDX-License-Identifier: GPL-2.0-only
/* Retransmissions that nobody needed: noticed, counted, undone. */
#include "fixture.h"

/* Ten segments in flight, of which the first is late: judged lost, sent again */
static struct fx *sent_again(struct kunit *test, u16 *original)
{
	static const u32 others[] = { FX_MSS, 10 * FX_MSS };
	struct fx *fx = fx_established(test);
	u32 i;

	fx->conn.cwnd = 20 * FX_MSS;
	for (i = 0; i < 10; i++) {
		fx_write(fx, FX_MSS);
		if (!i)
			*original = fx_last(fx)->tx.serial;
		fx->now += MSEC;
	}
	fx_skip(fx);
	fx->now += 100 * MSEC;
	fx_sacked(fx, 0, others, 1);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.seq, fx_ack(0));
	return fx;
}

/* The peer has all, and says that a packet of @serial came twice. */
static void told_dup(struct fx *fx, u32 off, u32 len, u16 serial)
{
	struct fsp_rx rx = {
		.seq = fx->conn.rcv_nxt,
		.ack = fx_ack(10 * FX_MSS),
		.flags = FSP_ACK,
		.opts = FSP_HAS_DUP,
		.dup = { .seq = fx_ack(off), .len = len, .serial = serial },
	};

	fx_rx(fx, &rx);
}

/* The retransmission overtook the original. */
static void late_original(struct kunit *test)
{
	u16 original;
	struct fx *fx = sent_again(test, &original);

	fx->now += 40 * MSEC;
	fx_acked(fx, 10 * FX_MSS);
	KUNIT_EXPECT_LT(test, fx->conn.cwnd, 20 * FX_MSS);
	KUNIT_EXPECT_EQ(test, fx->conn.spurious, 0u);

	fx->now += 30 * MSEC;
	told_dup(fx, 0, FX_MSS, original);
	KUNIT_EXPECT_EQ(test, fx->conn.spurious, 1u);
	KUNIT_EXPECT_GE(test, fx->conn.cwnd, 20 * FX_MSS);
	KUNIT_EXPECT_EQ(test, fx->conn.ssthresh, FSP_SSTHRESH_INFINITE);
	KUNIT_EXPECT_TRUE(test, fx->conn.reordering_seen);
	KUNIT_EXPECT_GE(test, fx->conn.reo_wnd, 60 * MSEC);

	/* Once only */
	told_dup(fx, 0, FX_MSS, original);
	KUNIT_EXPECT_EQ(test, fx->conn.spurious, 1u);
	fx_done(fx);
}

/* A packet that the network doubled says nothing about another one. */
static void other_dup(struct kunit *test)
{
	u16 original;
	struct fx *fx = sent_again(test, &original);
	u16 again = fx_last(fx)->tx.serial;

	fx_acked(fx, 10 * FX_MSS);
	told_dup(fx, 0, FX_MSS, again);
	told_dup(fx, FX_MSS, FX_MSS, original);
	told_dup(fx, 0, 0, original);
	KUNIT_EXPECT_EQ(test, fx->conn.spurious, 0u);
	KUNIT_EXPECT_LT(test, fx->conn.cwnd, 20 * FX_MSS);
	fx_done(fx);
}

/* Cut in two on the way: needless when both halves have come */
static void in_pieces(struct kunit *test)
{
	u16 original;
	struct fx *fx = sent_again(test, &original);

	fx_acked(fx, 10 * FX_MSS);
	told_dup(fx, 0, 400, original);
	KUNIT_EXPECT_EQ(test, fx->conn.spurious, 0u);
	told_dup(fx, 400, 600, original);
	KUNIT_EXPECT_EQ(test, fx->conn.spurious, 1u);
	fx_done(fx);
}

/* While one reduction may prove needless, the next is part of it. */
static void two_at_once(struct kunit *test)
{
	static const u32 others[] = { 12 * FX_MSS, 13 * FX_MSS };
	u16 original;
	struct fx *fx = sent_again(test, &original);

	fx_acked(fx, 10 * FX_MSS);
	fx_write(fx, FX_MSS);
	fx_write(fx, FX_MSS);
	fx->now += MSEC;
	fx_write(fx, FX_MSS);
	fx->now += 150 * MSEC;
	fx_skip(fx);
	fx_sacked(fx, 11 * FX_MSS, others, 1);
	if (!fx_pending(fx))
		fx_fire(fx);
	KUNIT_ASSERT_EQ(test, fx->conn.recovery, FSP_RECOVERY);
	KUNIT_EXPECT_LT(test, fx->conn.ssthresh, 20 * FX_MSS);
	KUNIT_EXPECT_EQ(test, fx->conn.work->prior_cwnd, 20 * FX_MSS);
	fx_done(fx);
}

/* As a receiver: what came twice is told, with its serial, once. */
static void reported(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	u16 serial;

	fx_data(fx, 0, FX_MSS, FSP_ACK);
	fx_skip(fx);
	serial = fx->peer_serial;
	fx_data(fx, 0, FX_MSS, FSP_ACK);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.opts & FSP_HAS_DUP);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.dup.serial, serial);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.dup.seq, fx_seq(0));
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.dup.len, FX_MSS);
	fx_data(fx, 2 * FX_MSS, FX_MSS, FSP_ACK);
	KUNIT_EXPECT_FALSE(test, fx_last(fx)->tx.opts & FSP_HAS_DUP);
	fx_data(fx, 2 * FX_MSS, FX_MSS, FSP_ACK);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.opts & FSP_HAS_DUP);
	fx_done(fx);
}

/* Built and parsed again */
static void on_the_wire(struct kunit *test)
{
	struct fsp_tx tx = {
		.flags = FSP_ACK,
		.opts = FSP_HAS_DUP | FSP_HAS_ECHO,
		.dup = { .seq = 0x01020304, .len = 1460, .serial = 0xfffe },
	};
	struct fsp_rx rx;
	u8 buf[FSP_HDR_MAX];

	fsp_tx_measure(&tx);
	KUNIT_ASSERT_EQ(test, tx.hdr_len, 36);
	fsp_hdr_build(&tx, buf);
	KUNIT_ASSERT_EQ(test, fsp_hdr_parse(buf, tx.hdr_len, tx.hdr_len, &rx), FSP_PARSE_OK);
	KUNIT_EXPECT_TRUE(test, rx.opts & FSP_HAS_DUP);
	KUNIT_EXPECT_EQ(test, rx.dup.seq, 0x01020304u);
	KUNIT_EXPECT_EQ(test, rx.dup.len, 1460);
	KUNIT_EXPECT_EQ(test, rx.dup.serial, 0xfffe);
	buf[27]--;	/* the option's length */
	KUNIT_EXPECT_EQ(test, fsp_hdr_parse(buf, tx.hdr_len, tx.hdr_len, &rx),
			FSP_PARSE_OPTION);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(late_original),
	KUNIT_CASE(other_dup),
	KUNIT_CASE(in_pieces),
	KUNIT_CASE(two_at_once),
	KUNIT_CASE(reported),
	KUNIT_CASE(on_the_wire),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-spurious",
	.test_cases	= cases,
};
kunit_test_suite(suite);
