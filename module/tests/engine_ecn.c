// SPDX-License-Identifier: GPL-2.0-only
/* Congestion marks: RFC 3168, 8257, 8511, and the counts that tell them. */
#include "fixture.h"

/* As fx_establish(), the peer knows marks */
static struct fx *with_marks(struct kunit *test, const struct fsp_cc_ops *cc, u32 features)
{
	struct fx *fx = fx_new(test);

	fx->conn.cfg.ecn = FSP_ECN_ON;
	fsp_conn_init(&fx->conn, cc);
	fx->conn.mss_room = FSP_HDR_MIN + FX_MSS;
	fx->conn.gso_max = FX_MSS;
	fx_establish_with(fx, fx_peer(features, FX_MSS));
	KUNIT_EXPECT_TRUE(test, fx->sent[0].tx.features & FSP_FEATURE_ECN);
	fx->peer_window = 1 << 19;
	return fx;
}

/* The peer acknowledges all before @off, with these counts. */
static void acked(struct fx *fx, u32 off, const struct fsp_ecn *ecn)
{
	struct fsp_rx rx = {
		.seq = fx->conn.rcv_nxt,
		.ack = fx_ack(off),
		.flags = FSP_ACK,
		.opts = ecn ? FSP_HAS_ECN : 0,
	};

	if (ecn)
		rx.ecn = *ecn;
	fx_rx(fx, &rx);
}

static void option(struct kunit *test)
{
	struct fsp_tx tx = {
		.flags = FSP_ACK,
		.opts = FSP_HAS_ECHO | FSP_HAS_EPOCH | FSP_HAS_ECN,
		.seq_epoch = 1,
		.ecn = { 1, 0xfffe, 3, 0xdeadbeef, 0x12345678 },
		.nr_ranges = 3,
		.ranges = { { 1, 2 }, { 3, 4 }, { 5, 6 } },
	};
	u8 buf[FSP_HDR_MAX + FSP_EXT_MAX];
	struct fsp_rx rx;

	fsp_tx_measure(&tx);
	KUNIT_EXPECT_TRUE(test, tx.flags & FSP_EXT);
	fsp_hdr_build(&tx, buf);
	KUNIT_ASSERT_EQ(test, (int)fsp_hdr_parse(buf, tx.hdr_len, tx.hdr_len, &rx),
			(int)FSP_PARSE_OK);
	KUNIT_EXPECT_EQ(test, (u32)rx.nr_ranges, 3u);
	KUNIT_EXPECT_EQ(test, (u32)rx.opts, (u32)tx.opts);
	KUNIT_EXPECT_EQ(test, (u32)rx.ecn.ce, 1u);
	KUNIT_EXPECT_EQ(test, (u32)rx.ecn.ect0, 0xfffeu);
	KUNIT_EXPECT_EQ(test, (u32)rx.ecn.ect1, 3u);
	KUNIT_EXPECT_EQ(test, rx.ecn.ce_bytes, 0xdeadbeefu);
	KUNIT_EXPECT_EQ(test, rx.ecn.ect_bytes, 0x12345678u);
	/* With payload the ranges make room. */
	tx.len = 100;
	fsp_tx_measure(&tx);
	KUNIT_EXPECT_LE(test, (u32)tx.hdr_len, (u32)FSP_HDR_MAX);
	KUNIT_EXPECT_EQ(test, (u32)tx.nr_ranges, 1u);
}

/* RFC 3168 section 6.1.1.1: what is lost twice may be lost for what it asks. */
static void asks(struct kunit *test)
{
	static const u8 modes[] = { FSP_ECN_OFF, FSP_ECN_ON, FSP_ECN_ASKED };
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct fx *fx = fx_new(test);
		struct fx_sent *s;

		fx->conn.cfg.ecn = modes[i];
		fsp_conn_connect(&fx->conn, FX_ISS, fx->now);
		fx_wait(fx, 10 * SEC);
		for (n = 0; (s = fx_next(fx)) != NULL; n++)
			KUNIT_EXPECT_EQ(test, !!(s->tx.features & FSP_FEATURE_ECN),
					modes[i] == FSP_ECN_ON && n < 2);
		KUNIT_EXPECT_GT(test, n, 2u);
		fx_done(fx);
	}
}

static void marks_new_payload(struct kunit *test)
{
	struct fx *fx = with_marks(test, &fsp_cc_reno, FSP_FEATURE_ECN);

	fx_write(fx, FX_MSS);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.ect, FSP_ECT0);
	while (!fx->conn.retrans_segs)
		KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.ect, FSP_NOT_ECT);
	fsp_conn_ack(&fx->conn, fx->now);
	fx_data(fx, 0, 100, 0);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.ect, FSP_NOT_ECT);
	fx_done(fx);

	/* The peer did not agree. */
	fx = with_marks(test, &fsp_cc_reno, 0);
	fx_write(fx, FX_MSS);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.ect, FSP_NOT_ECT);
	fx_data(fx, 0, 100, 0);
	KUNIT_EXPECT_FALSE(test, fx_last(fx)->tx.opts & FSP_HAS_ECN);
	fx_done(fx);

	/* A model without an answer to marks */
	fx = with_marks(test, &fsp_cc_bbr, FSP_FEATURE_ECN);
	fx_write(fx, FX_MSS);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.ect, FSP_NOT_ECT);
	fx_done(fx);
}

static void receive(struct fx *fx, u32 off, u32 len, u8 field, u16 pkts)
{
	struct fsp_rx rx = {
		.seq = fx_seq(off), .ack = fx->conn.snd_una, .flags = FSP_ACK,
		.len = len, .field = field, .pkts = pkts,
	};

	fx_rx(fx, &rx);
}

static void counts(struct kunit *test)
{
	struct fx *fx = with_marks(test, &fsp_cc_reno, FSP_FEATURE_ECN);
	const struct fsp_ecn *told = &fx_last(fx)->tx.ecn;

	receive(fx, 0, 1000, FSP_ECT0, 0);
	receive(fx, 1000, 3000, FSP_CE, 3);	/* merged */
	receive(fx, 4000, 500, FSP_ECT1, 1);
	receive(fx, 4500, 100, FSP_NOT_ECT, 1);
	/* Out of the window: whoever sent it, it does not count. */
	receive(fx, 1 << 30, 100, FSP_CE, 1);
	fsp_conn_ack(&fx->conn, fx->now);
	told = &fx_last(fx)->tx.ecn;
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.opts & FSP_HAS_ECN);
	KUNIT_EXPECT_EQ(test, (u32)told->ce, 3u);
	KUNIT_EXPECT_EQ(test, (u32)told->ect0, 1u);
	KUNIT_EXPECT_EQ(test, (u32)told->ect1, 1u);
	KUNIT_EXPECT_EQ(test, told->ce_bytes, 3000u);
	KUNIT_EXPECT_EQ(test, told->ect_bytes, 1500u);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_ECN_CE], 3u);
	fx_done(fx);
}

/* Section 6.1.2: once per round trip; RFC 8511: by 0.8 and 0.85 */
static void once_per_round(struct kunit *test)
{
	static const struct fsp_cc_ops *const ccs[] = { &fsp_cc_reno, &fsp_cc_cubic };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ccs); i++) {
		struct fx *fx = with_marks(test, ccs[i], FSP_FEATURE_ECN);
		struct fsp_ecn ecn = { .ect0 = 1, .ect_bytes = 1000 };
		struct fsp_conn *c = &fx->conn;
		u32 cwnd = 100000;

		c->cwnd = cwnd;
		c->ssthresh = cwnd;
		fx_write(fx, 50000);
		acked(fx, 1000, &ecn);
		KUNIT_EXPECT_GE(test, c->cwnd, cwnd);
		cwnd = c->cwnd;
		ecn.ce = 1;
		ecn.ce_bytes = 1000;
		acked(fx, 2000, &ecn);
		KUNIT_EXPECT_GE(test, c->cwnd, cwnd / 100 * ccs[i]->abe);
		KUNIT_EXPECT_LE(test, c->cwnd, cwnd / 100 * (ccs[i]->abe + 2));
		KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_ECN_REDUCED], 1u);
		ecn.ce_bytes = 5000;
		acked(fx, 10000, &ecn);
		KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_ECN_REDUCED], 1u);
		fx_write(fx, 10000);
		acked(fx, 50000, &ecn);
		/* Counts of a late acknowledgment are old. */
		ecn.ce_bytes = 4000;
		acked(fx, 51000, &ecn);
		KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_ECN_REDUCED], 1u);
		ecn.ce_bytes = 6000;
		acked(fx, 52000, &ecn);
		KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_ECN_REDUCED], 2u);
		fx_done(fx);
	}
}

/* What a path may do to marks; each ends in sending without */
static void fallback(struct kunit *test, const struct fsp_ecn *ecn, bool failed)
{
	struct fx *fx = with_marks(test, &fsp_cc_reno, FSP_FEATURE_ECN);
	u32 off;

	for (off = 0; off < 20 * FX_MSS; off += FX_MSS) {
		fx_write(fx, FX_MSS);
		acked(fx, off + FX_MSS, ecn);
	}
	KUNIT_EXPECT_EQ(test, fx->conn.ecn_failed, failed);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_ECN_FAILED], (u32)failed);
	fx_write(fx, FX_MSS);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.ect, failed ? FSP_NOT_ECT : FSP_ECT0);
	fx_done(fx);
}

static void falls_back(struct kunit *test)
{
	static const struct fsp_ecn bleached, mangled = { .ect1 = 1, .ect_bytes = 1000 },
				    fine = { .ect0 = 1, .ect_bytes = 1000 };

	fallback(test, &fine, false);
	fallback(test, &bleached, true);
	fallback(test, &mangled, true);
	fallback(test, NULL, true);	/* the option is stripped */
}

/* RFC 8257: the window follows the share of marks. */
static void dctcp(struct kunit *test)
{
	struct fx *fx = with_marks(test, &fsp_cc_dctcp, FSP_FEATURE_ECN);
	struct fsp_ecn ecn = { .ect0 = 1, .ect_bytes = 1000 };
	struct fsp_conn *c = &fx->conn;
	u32 off = 0, round, cwnd;

	c->ssthresh = 40000;
	c->cwnd = 40000;
	/* Nothing marked for long: alpha goes to 0, a mark costs next to nothing. */
	for (round = 0; round < 200; round++) {
		fx_write(fx, 10000);
		acked(fx, off += 10000, &ecn);
	}
	cwnd = c->cwnd;
	fx_write(fx, 10000);
	ecn.ce_bytes += 1000;
	acked(fx, off += 10000, &ecn);
	KUNIT_EXPECT_GE(test, c->cwnd, cwnd - cwnd / 50);
	/* Everything marked for long: as a loss. */
	for (round = 0; round < 100; round++) {
		c->cwnd = 40000;
		fx_write(fx, 10000);
		ecn.ce_bytes += 10000;
		acked(fx, off += 10000, &ecn);
	}
	c->cwnd = 40000;
	fx_write(fx, 10000);
	ecn.ce_bytes += 10000;
	acked(fx, off += 10000, &ecn);
	KUNIT_EXPECT_LE(test, c->cwnd, 24000u);
	KUNIT_EXPECT_GE(test, c->cwnd, 19000u);
	fx_done(fx);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(option),
	KUNIT_CASE(asks),
	KUNIT_CASE(marks_new_payload),
	KUNIT_CASE(counts),
	KUNIT_CASE(once_per_round),
	KUNIT_CASE(falls_back),
	KUNIT_CASE(dctcp),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-ecn",
	.test_cases	= cases,
};
kunit_test_suite(suite);
