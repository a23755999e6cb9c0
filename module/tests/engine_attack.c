// SPDX-License-Identifier: GPL-2.0-only
/* RFC 5961: what somebody who guesses can do to a connection: nothing. */
#include "fixture.h"

static void expect_challenge(struct fx *fx)
{
	struct fx_sent *s = fx_next(fx);

	KUNIT_ASSERT_NOT_NULL(fx->test, s);
	KUNIT_EXPECT_EQ(fx->test, (int)s->tx.flags, FSP_ACK);
	KUNIT_EXPECT_EQ(fx->test, s->tx.ack, fx->conn.rcv_nxt);
	KUNIT_EXPECT_EQ(fx->test, s->tx.seq, fx->conn.snd_nxt);
	KUNIT_EXPECT_EQ(fx->test, (int)fx->conn.state, FSP_ESTABLISHED);
}

/* Section 3.2 */
static void resets(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_rx rx = { .flags = FSP_RST };

	rx.seq = fx_seq(0) - 1;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_SEQ);
	rx.seq = fsp_rcv_edge(&fx->conn) + 1;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_SEQ);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);

	rx.seq = fx_seq(1);
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_SEQ);
	expect_challenge(fx);

	rx.seq = fx_seq(0);
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DONE);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	KUNIT_EXPECT_EQ(test, fx->conn.error, 104);	/* ECONNRESET */
	fx_done(fx);
}

/* MUST-66: resets are heard while the window is shut. */
static void reset_at_zero_window(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_rx rx = { .flags = FSP_RST };

	fx->conn.rcv_wnd = 0;
	fx->rcv_space = 0;
	rx.seq = fx->conn.rcv_nxt;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DONE);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	fx_done(fx);
}

/* Section 4.2: wherever it stands */
static void syns(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_rx rx = { .flags = FSP_SYN };

	rx.seq = fx_seq(0);
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_STATE);
	expect_challenge(fx);
	fx->now += SEC;
	rx.seq = fx_seq(0) - 100;
	fx_rx(fx, &rx);
	expect_challenge(fx);
	fx_done(fx);
}

/* Section 5.2: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT */
static void acks(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;
	struct fsp_rx rx = { .flags = FSP_ACK, .seq = fx_seq(0), .len = 10 };

	rx.ack = c->snd_nxt + 1;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_ACK);
	expect_challenge(fx);
	fx->now += SEC;
	rx.ack = c->snd_una - c->max_snd_wnd - 1;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_ACK);
	expect_challenge(fx);
	/* An old one is no attack: the data counts. */
	rx.ack = c->snd_una - c->max_snd_wnd;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_TAKEN);
	KUNIT_EXPECT_EQ(test, c->snd_una, fx_ack(0));
	fx_done(fx);
}

/* A packet without ACK is none of a made connection. */
static void no_ack(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_rx rx = { .seq = fx_seq(0), .len = 10 };

	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_STATE);
	KUNIT_EXPECT_EQ(test, fx->delivered, 0ull);
	fx_done(fx);
}

/* Section 7 */
static void limited(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_rx rx = { .flags = FSP_SYN };
	int i;

	rx.seq = fx_seq(0);
	for (i = 0; i < 1000; i++)
		fx_rx(fx, &rx);
	KUNIT_EXPECT_LE(test, fx_pending(fx), 2u);
	fx_skip(fx);
	fx->no_challenge = true;
	fx->now += 10 * SEC;
	fx_rx(fx, &rx);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	KUNIT_EXPECT_GT(test, fx->count[FSP_COUNT_CHALLENGES_SKIPPED], 990u);
	fx_done(fx);
}

/* Guesses do not count as signs of life. */
static void keepalive_not_fooled(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_rx rx = { .flags = FSP_RST };
	int i;

	fx->conn.cfg.keepalive = true;
	fx->conn.cfg.keepalive_time = 10 * SEC;
	fx->conn.cfg.keepalive_intvl = SEC;
	fx->conn.cfg.keepalive_probes = 3;
	fx_establish(fx);
	for (i = 0; i < 30 && fx->conn.state != FSP_CLOSED; i++) {
		rx.seq = fx_seq(100);
		fx_rx(fx, &rx);
		fx_wait(fx, SEC);
	}
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	fx_done(fx);
}

/* RFC 5927 section 4.1 and RFC 5461: ICMP for what is not in flight, or at all */
static void icmp(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;

	fx_write(fx, 100);
	fsp_conn_icmp(c, fx_ack(5000), 113, true, fx->now);
	KUNIT_EXPECT_EQ(test, c->soft_error, 0);
	fsp_conn_icmp(c, fx_ack(0), 113, true, fx->now);
	KUNIT_EXPECT_EQ(test, c->soft_error, 113);	/* EHOSTUNREACH */
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_ESTABLISHED);
	fx_done(fx);
}

/* Another turn of the sequence space is another packet. */
static void epochs(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_rx rx = { .flags = FSP_ACK, .len = 10, .opts = FSP_HAS_EPOCH };

	fx->conn.rcv_off = 5ull << 32;
	fx->delivered = 0;
	rx.seq = fx_seq(0);
	rx.ack = fx->conn.snd_una;
	rx.seq_epoch = 8;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_EPOCH);
	rx.seq_epoch = 11;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_EPOCH);
	rx.opts = 0;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_EPOCH);
	rx.opts = FSP_HAS_EPOCH;
	rx.seq_epoch = 10;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_TAKEN);
	fx_done(fx);
}

/* The packet as the peer reads it */
static void sent_to(const struct fsp_tx *tx, struct fsp_rx *rx)
{
	*rx = (struct fsp_rx) {
		.seq = tx->seq, .ack = tx->ack, .flags = tx->flags, .opts = tx->opts,
		.seq_epoch = tx->seq_epoch, .ack_epoch = tx->ack_epoch, .len = tx->len,
	};
}

/*
 * A peer that lost its state after many GiB begins anew: our challenge and the reset
 * that answers it know the turn, and the connection ends.
 */
static void peer_forgot(struct kunit *test)
{
	struct fsp_rx syn = { .seq = 12345, .flags = FSP_SYN, .len = 100 };
	struct fx *fx = fx_established(test);
	struct fsp_rx challenge, rst;
	struct fsp_tx answer;

	fx->conn.rcv_off = 5ull << 32;
	fx->conn.una_off = 7ull << 32;
	fx->delivered = 0;
	fx_skip(fx);
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &syn), FSP_DROP_STATE);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	sent_to(&fx_last(fx)->tx, &challenge);
	KUNIT_EXPECT_EQ(test, (int)challenge.flags, FSP_ACK);
	KUNIT_EXPECT_EQ(test, (int)challenge.ack_epoch, 10);
	fsp_reset_for(&challenge, &answer);
	sent_to(&answer, &rst);
	rst.ack = 0;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rst), FSP_DONE);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	fx_done(fx);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(resets),
	KUNIT_CASE(reset_at_zero_window),
	KUNIT_CASE(syns),
	KUNIT_CASE(acks),
	KUNIT_CASE(no_ack),
	KUNIT_CASE(limited),
	KUNIT_CASE(keepalive_not_fooled),
	KUNIT_CASE(icmp),
	KUNIT_CASE(epochs),
	KUNIT_CASE(peer_forgot),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-attack",
	.test_cases	= cases,
};
kunit_test_suite(suite);
