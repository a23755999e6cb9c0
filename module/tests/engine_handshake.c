// SPDX-License-Identifier: GPL-2.0-only
/* Opening and closing: half-open connections, states, TIME_WAIT. */
#include "fixture.h"

/* ---- a listener's half-open connection ---- */

static void request(struct fsp_request *req)
{
	struct fsp_rx syn = {
		.seq = FX_PEER_ISS,
		.flags = FSP_SYN,
		.window = 20000,
		.serial = 77,
		.opts = FSP_HAS_MSS | FSP_HAS_WSCALE,
		.mss = 900,
		.wscale = 3,
	};

	fsp_request_init(req, &syn, FX_ISS, 50000, 5, 1400, FSP_MSS_DEFAULT_V4);
}

static void synack(struct kunit *test)
{
	struct fsp_request req;
	struct fsp_tx tx;
	u64 due;

	request(&req);
	fsp_request_synack(&req, &tx, SEC, 10 * SEC);
	KUNIT_EXPECT_EQ(test, (int)tx.flags, FSP_SYN | FSP_ACK);
	KUNIT_EXPECT_EQ(test, tx.seq, FX_ISS);
	KUNIT_EXPECT_EQ(test, tx.ack, FX_PEER_ISS + 1);
	KUNIT_EXPECT_EQ(test, (int)tx.window, 50000);
	KUNIT_EXPECT_EQ(test, (int)tx.opt_mss, 1400);
	KUNIT_EXPECT_EQ(test, (int)tx.wscale, 5);
	KUNIT_EXPECT_TRUE(test, tx.opts & FSP_HAS_ECHO);
	KUNIT_EXPECT_EQ(test, (int)tx.echo, 77);
	KUNIT_EXPECT_EQ(test, req.due, 11 * SEC);
	/* Sent again, each time later */
	due = req.due;
	req.retries++;
	fsp_request_synack(&req, &tx, SEC, due);
	KUNIT_EXPECT_EQ(test, req.due, due + 2 * SEC);
	KUNIT_EXPECT_EQ(test, req.first_sent, 10 * SEC);
}

/* RFC 7323 section 2.2: scales are used both ways or not at all. */
static void no_scale(struct kunit *test)
{
	struct fsp_rx syn = { .seq = 1, .flags = FSP_SYN, .window = 20000 };
	struct fsp_request req;
	struct fsp_tx tx;

	fsp_request_init(&req, &syn, FX_ISS, 500000, 5, 1400, FSP_MSS_DEFAULT_V4);
	fsp_request_synack(&req, &tx, SEC, SEC);
	KUNIT_EXPECT_FALSE(test, tx.opts & FSP_HAS_WSCALE);
	KUNIT_EXPECT_EQ(test, (int)req.rcv_wscale, 0);
	KUNIT_EXPECT_EQ(test, (int)tx.window, 65535);
	/* MUST-15 */
	KUNIT_EXPECT_EQ(test, (int)req.peer_mss, FSP_MSS_DEFAULT_V4);
}

#define IRS1	(FX_PEER_ISS + 1)
#define ISS1	(FX_ISS + 1)

static void request_verdicts(struct kunit *test)
{
	static const struct {
		const char			*what;
		struct fsp_rx			rx;
		enum fsp_request_verdict	verdict;
	} cases[] = {
		{ "the ACK", { .flags = FSP_ACK, .seq = IRS1, .ack = ISS1 }, FSP_REQ_COMPLETE },
		{ "data with it", { .flags = FSP_ACK, .seq = IRS1, .ack = ISS1, .len = 100 },
		  FSP_REQ_COMPLETE },
		{ "data that overtook it", { .flags = FSP_ACK, .seq = IRS1 + 1000, .ack = ISS1 },
		  FSP_REQ_COMPLETE },
		{ "FIN with it", { .flags = FSP_ACK | FSP_FIN, .seq = IRS1, .ack = ISS1 },
		  FSP_REQ_COMPLETE },
		{ "the SYN again", { .flags = FSP_SYN, .seq = FX_PEER_ISS }, FSP_REQ_SYNACK },
		{ "another SYN", { .flags = FSP_SYN, .seq = FX_PEER_ISS + 9 },
		  FSP_REQ_CHALLENGE },
		{ "an ACK too low", { .flags = FSP_ACK, .seq = IRS1, .ack = FX_ISS },
		  FSP_REQ_RESET },
		{ "an ACK too high", { .flags = FSP_ACK, .seq = IRS1, .ack = ISS1 + 1 },
		  FSP_REQ_RESET },
		{ "a guess outside the window",
		  { .flags = FSP_ACK, .seq = IRS1 + 60000, .ack = ISS1 }, FSP_REQ_CHALLENGE },
		{ "the reset", { .flags = FSP_RST, .seq = IRS1 }, FSP_REQ_ABORT },
		{ "a reset in the window", { .flags = FSP_RST, .seq = IRS1 + 1 },
		  FSP_REQ_CHALLENGE },
		{ "a reset outside", { .flags = FSP_RST, .seq = IRS1 + 60000 }, FSP_REQ_DROP },
		{ "a reset before", { .flags = FSP_RST, .seq = FX_PEER_ISS }, FSP_REQ_DROP },
	};
	struct fsp_request req;
	size_t i;

	request(&req);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, (int)fsp_request_rx(&req, &cases[i].rx),
				    (int)cases[i].verdict, "%s", cases[i].what);
}

/* What the request knew, the connection knows; data may come with the last step. */
static void accepted(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_rx rx = {
		.seq = IRS1, .ack = ISS1, .flags = FSP_ACK, .len = 500, .window = 1000,
		.opts = FSP_HAS_ECHO,
	};
	struct fsp_request req;
	struct fsp_tx tx;

	request(&req);
	fsp_request_synack(&req, &tx, SEC, fx->now);
	fx->now += 70 * MSEC;
	rx.echo = tx.serial;
	fsp_conn_accept(&fx->conn, &req, fx->now);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_SYN_RCVD);
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_TAKEN);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
	KUNIT_EXPECT_TRUE(test, fx->events & FSP_EV_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, fx->delivered, 500ull);
	KUNIT_EXPECT_EQ(test, fx->conn.snd_wnd, 1000u << 3);
	KUNIT_EXPECT_EQ(test, fx->conn.srtt, 70 * MSEC);
	KUNIT_EXPECT_EQ(test, fsp_conn_mss(&fx->conn), 900u);
	fx_done(fx);
}

/* The packet that completed the request is refused after all: somebody goes on. */
static void accepted_in_vain(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_rx rx = {
		.seq = IRS1, .ack = ISS1, .flags = FSP_ACK, .len = 500,
		.opts = FSP_HAS_EPOCH, .seq_epoch = 7,
	};
	struct fsp_request req;
	struct fsp_tx tx;

	request(&req);
	fsp_request_synack(&req, &tx, SEC, fx->now);
	fsp_conn_accept(&fx->conn, &req, fx->now);
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_EPOCH);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_SYN_RCVD);
	KUNIT_EXPECT_EQ(test, fx_fire(fx), SEC);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.flags, FSP_SYN | FSP_ACK);
	while (fx_fire(fx))
		;
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	KUNIT_EXPECT_TRUE(test, fx->events & FSP_EV_ERROR);
	fx_done(fx);
}

/* ---- connecting ---- */

static void connects(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fx_sent *syn = &fx->sent[0], *ack = &fx->sent[1];

	KUNIT_EXPECT_EQ(test, (int)syn->tx.flags, FSP_SYN);
	KUNIT_EXPECT_EQ(test, syn->tx.seq, FX_ISS);
	KUNIT_EXPECT_EQ(test, (int)syn->tx.opt_mss, FX_MSS);
	/* RFC 7323 section 2.2: a SYN's window is as it is. */
	KUNIT_EXPECT_EQ(test, (int)syn->tx.window, 65535);
	KUNIT_EXPECT_EQ(test, fx->nr_sent, 2u);
	KUNIT_EXPECT_EQ(test, (int)ack->tx.flags, FSP_ACK);
	KUNIT_EXPECT_EQ(test, ack->tx.ack, fx_seq(0));
	KUNIT_EXPECT_EQ(test, (u32)ack->tx.window << fx->conn.rcv_wscale,
			FX_BUF & ~((1u << fx->conn.rcv_wscale) - 1));
	/* RFC 6928 */
	KUNIT_EXPECT_EQ(test, fx->conn.cwnd, 10 * FX_MSS);
	fx_done(fx);
}

/* The last step waits a little for the first write, but not for one that waits, too. */
static struct fx *half_way(struct kunit *test, bool quickack)
{
	struct fx *fx = fx_new(test);
	struct fsp_rx synack = { .flags = FSP_SYN | FSP_ACK, .seq = FX_PEER_ISS,
				 .ack = FX_ISS + 1 };

	fx->conn.cfg.quickack = quickack;
	fsp_conn_connect(&fx->conn, FX_ISS, fx->now);
	fx_skip(fx);
	fx_rx(fx, &synack);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
	return fx;
}

static void last_step(struct kunit *test)
{
	struct fx *fx = half_way(test, false);

	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_write(fx, 100);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.ack, fx_seq(0));
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 100u);
	fx_acked(fx, 100);
	fx_wait(fx, SEC);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_done(fx);

	fx = half_way(test, false);
	KUNIT_EXPECT_EQ(test, fx_fire(fx), 200 * FSP_NSEC_PER_USEC);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(test, (int)fx_next(fx)->tx.flags, FSP_ACK);
	fx_done(fx);

	fx = half_way(test, false);
	fsp_conn_reader_waits(&fx->conn, fx->now);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	fx_done(fx);

	fx = half_way(test, true);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	fx_done(fx);
}

/* MUST-15: what the host says of peers that do not */
static void connects_without_mss(struct kunit *test)
{
	struct fsp_rx synack = { .flags = FSP_SYN | FSP_ACK, .seq = FX_PEER_ISS,
				 .ack = FX_ISS + 1, .window = 60000 };
	struct fx *fx = fx_new(test);

	KUNIT_EXPECT_EQ(test, (int)fx->conn.default_mss, FSP_MSS_DEFAULT_V4);
	fx->conn.mss_room = 1400;
	fx->conn.default_mss = FSP_MSS_DEFAULT_V6;
	fsp_conn_connect(&fx->conn, FX_ISS, fx->now);
	fx_rx(fx, &synack);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.snd_mss, FSP_MSS_DEFAULT_V6);
	fx_done(fx);
}

/* MUST-22: 1, 2, 4 ... seconds, then an error */
static void syn_retries(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	u64 gap = SEC;
	int i;

	fx->conn.cfg.syn_retries = 6;
	fsp_conn_connect(&fx->conn, FX_ISS, fx->now);
	for (i = 0; i < 6; i++, gap *= 2)
		KUNIT_EXPECT_EQ(test, fx_fire(fx), gap);
	KUNIT_EXPECT_EQ(test, fx->nr_sent, 7u);
	KUNIT_EXPECT_EQ(test, fx_fire(fx), gap);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	KUNIT_EXPECT_TRUE(test, fx->events & FSP_EV_ERROR);
	KUNIT_EXPECT_EQ(test, fx->conn.error, 110);	/* ETIMEDOUT */
	fx_done(fx);
}

static void refused(struct kunit *test)
{
	struct fsp_rx early = { .flags = FSP_RST | FSP_ACK, .ack = FX_ISS };
	struct fsp_rx bare = { .flags = FSP_RST, .seq = FX_PEER_ISS };
	struct fsp_rx good = { .flags = FSP_RST | FSP_ACK, .ack = ISS1 };
	struct fx *fx = fx_new(test);

	fsp_conn_connect(&fx->conn, FX_ISS, fx->now);
	/* Only a reset that acknowledges the SYN counts: section 3.10.7.3. */
	KUNIT_EXPECT_NE(test, fx_rx(fx, &early), FSP_DONE);
	KUNIT_EXPECT_NE(test, fx_rx(fx, &bare), FSP_DONE);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_SYN_SENT);
	KUNIT_EXPECT_EQ(test, fx->nr_sent, 1u);
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &good), FSP_DONE);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	KUNIT_EXPECT_EQ(test, fx->conn.error, 111);	/* ECONNREFUSED */
	fx_done(fx);
}

/* An old duplicate's SYN-ACK is answered with a reset, and nothing else happens. */
static void wrong_synack(struct kunit *test)
{
	struct fsp_rx rx = { .flags = FSP_SYN | FSP_ACK, .seq = FX_PEER_ISS, .ack = ISS1 + 1 };
	struct fx *fx = fx_new(test);

	fsp_conn_connect(&fx->conn, FX_ISS, fx->now);
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DROP_ACK);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_SYN_SENT);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.flags, FSP_RST);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.seq, ISS1 + 1);
	fx_done(fx);
}

/* MUST-10 */
static void simultaneous(struct kunit *test)
{
	struct fsp_rx syn = { .flags = FSP_SYN, .seq = FX_PEER_ISS };
	struct fsp_rx ack = { .flags = FSP_SYN | FSP_ACK, .seq = FX_PEER_ISS, .ack = ISS1 };
	struct fx *fx = fx_new(test);

	fsp_conn_connect(&fx->conn, FX_ISS, fx->now);
	fx_rx(fx, &syn);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_SYN_RCVD);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.flags, FSP_SYN | FSP_ACK);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.ack, IRS1);
	KUNIT_EXPECT_NE(test, fsp_conn_next_timeout(&fx->conn), 0ull);
	fx_rx(fx, &ack);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, fx_data(fx, 0, 100, 0), FSP_TAKEN);
	fx_done(fx);
}

/* ---- closing: section 3.6 ---- */

static void close_first(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;

	fx_write(fx, 500);
	fsp_conn_shutdown(c, fx->now);
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_FIN_WAIT_1);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.flags & FSP_FIN);
	fx_acked(fx, 501);
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_FIN_WAIT_2);
	KUNIT_EXPECT_TRUE(test, fx->events & FSP_EV_FIN_ACKED);
	/* Half closed: bytes still arrive. */
	KUNIT_EXPECT_EQ(test, fx_data(fx, 0, 100, 0), FSP_TAKEN);
	fx_data(fx, 100, 0, FSP_FIN);
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_TIME_WAIT);
	KUNIT_EXPECT_TRUE(test, fx->events & FSP_EV_PEER_CLOSED);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.ack, fx_seq(101));
	fx_done(fx);
}

static void close_second(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;

	fx_data(fx, 0, 100, FSP_FIN);
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, fx->delivered, 100ull);
	fx_write(fx, 500);
	fx_acked(fx, 500);
	fsp_conn_shutdown(c, fx->now);
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_LAST_ACK);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.flags & FSP_FIN);
	fx_acked(fx, 501);
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_CLOSED);
	KUNIT_EXPECT_TRUE(test, fx->events & FSP_EV_CLOSED);
	KUNIT_EXPECT_FALSE(test, fx->events & FSP_EV_ERROR);
	fx_done(fx);
}

static void close_both(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;

	fsp_conn_shutdown(c, fx->now);
	fx_data(fx, 0, 0, FSP_FIN);
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_CLOSING);
	fx_acked(fx, 1);
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_TIME_WAIT);
	fx_done(fx);
}

/* A FIN before its turn waits for the bytes before it. */
static void early_fin(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx_data(fx, 100, 50, FSP_FIN);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
	KUNIT_EXPECT_FALSE(test, fx->events & FSP_EV_PEER_CLOSED);
	/* Nothing follows it. */
	KUNIT_EXPECT_EQ(test, fx_data(fx, 150, 10, 0), FSP_DROP_SEQ);
	fx_data(fx, 0, 100, 0);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, fx->delivered, 150ull);
	fx_done(fx);
}

/* A FIN with nowhere to ride and no memory for it comes later, and does come. */
static void fin_without_memory(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx->no_alloc = true;
	fsp_conn_shutdown(&fx->conn, fx->now);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx->no_alloc = false;
	KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.flags & FSP_FIN);
	fx_done(fx);
}

/* An orphan does not wait for its peer's FIN for ever. */
static void fin_timeout(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fsp_conn_shutdown(&fx->conn, fx->now);
	fsp_conn_orphan(&fx->conn, fx->now);
	fx_acked(fx, 1);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_FIN_WAIT_2);
	KUNIT_EXPECT_EQ(test, fx_fire(fx), fx->conn.cfg.fin_timeout);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	fx_done(fx);
}

/* RFC 2525 section 2.17: bytes for nobody are answered with a reset. */
static void data_for_nobody(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fsp_conn_shutdown(&fx->conn, fx->now);
	fsp_conn_orphan(&fx->conn, fx->now);
	KUNIT_EXPECT_EQ(test, fx_data(fx, 0, 10, 0), FSP_DROP_CLOSED);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.flags & FSP_RST);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	KUNIT_EXPECT_EQ(test, fx->delivered, 0ull);
	fx_done(fx);
}

static void aborts(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx_write(fx, 500);
	fsp_conn_abort(&fx->conn, fx->now);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.flags & FSP_RST);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.seq, fx_ack(500));
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	fx_done(fx);
}

/* ---- TIME_WAIT ---- */

static void timewait_verdicts(struct kunit *test)
{
	static const struct {
		const char			*what;
		struct fsp_rx			rx;
		enum fsp_timewait_verdict	verdict;
	} cases[] = {
		{ "the FIN again", { .flags = FSP_FIN | FSP_ACK, .seq = 4999, .ack = 1000 },
		  FSP_TW_RESTART },
		{ "old data", { .flags = FSP_ACK, .seq = 4000, .ack = 1000, .len = 100 },
		  FSP_TW_ACK },
		{ "an empty ACK in order", { .flags = FSP_ACK, .seq = 5000, .ack = 1000 },
		  FSP_TW_DROP },
		{ "a new SYN above", { .flags = FSP_SYN, .seq = 5001 }, FSP_TW_REOPEN },
		{ "a SYN below", { .flags = FSP_SYN, .seq = 4999 }, FSP_TW_ACK },
		{ "a guessed reset", { .flags = FSP_RST, .seq = 5001 }, FSP_TW_DROP },
	};
	struct fsp_timewait tw = { .snd_nxt = 1000, .rcv_nxt = 5000, .rcv_wnd = 1000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, (int)fsp_timewait_rx(&tw, &cases[i].rx),
				    (int)cases[i].verdict, "%s", cases[i].what);
}

static void timewait_answers(struct kunit *test)
{
	struct fsp_rx fin = { .flags = FSP_FIN | FSP_ACK, .serial = 9 };
	struct fx *fx = fx_established(test);
	struct fsp_timewait tw;
	struct fsp_tx tx;

	fsp_conn_shutdown(&fx->conn, fx->now);
	fx_acked(fx, 1);
	fx_data(fx, 0, 0, FSP_FIN);
	KUNIT_ASSERT_EQ(test, (int)fx->conn.state, FSP_TIME_WAIT);
	fsp_timewait_init(&tw, &fx->conn);
	fsp_timewait_ack(&tw, &fin, &tx);
	KUNIT_EXPECT_EQ(test, (int)tx.flags, FSP_ACK);
	KUNIT_EXPECT_EQ(test, tx.seq, fx_ack(1));
	KUNIT_EXPECT_EQ(test, tx.ack, fx_seq(1));
	KUNIT_EXPECT_EQ(test, (int)tx.echo, 9);
	fx_done(fx);
}

static void next_incarnation(struct kunit *test)
{
	static const u32 wished[] = { 0x100, 0xff00, 0xfffffe00, 0xffffff00, 0x7fffff00 };
	struct fsp_timewait tw = { .snd_nxt = 0xffffff00 };
	size_t i;

	KUNIT_EXPECT_EQ(test, fsp_timewait_next_iss(&tw, 0x20000), 0x20000u);
	for (i = 0; i < ARRAY_SIZE(wished); i++)
		KUNIT_EXPECT_TRUE_MSG(test,
				      fsp_after(fsp_timewait_next_iss(&tw, wished[i]),
						tw.snd_nxt + 65536),
				      "%x", wished[i]);
}

/* Old numbers half a turn back would be ahead of new ones. */
static void reusable(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;
	struct fsp_timewait tw;

	fx_write(fx, 500);
	fx_acked(fx, 500);
	fsp_timewait_init(&tw, c);
	KUNIT_EXPECT_EQ(test, tw.moved, 500u);
	KUNIT_EXPECT_TRUE(test, fsp_timewait_reusable(&tw));
	c->rcv_off = 1u << 31;
	fsp_timewait_init(&tw, c);
	KUNIT_EXPECT_FALSE(test, fsp_timewait_reusable(&tw));
	/* Those that followed each other early count together. */
	c->rcv_off = 0;
	c->work->old_moved = (1u << 31) - 500;
	fsp_timewait_init(&tw, c);
	KUNIT_EXPECT_FALSE(test, fsp_timewait_reusable(&tw));
	c->rcv_off = 1ull << 40;
	fsp_timewait_init(&tw, c);
	KUNIT_EXPECT_EQ(test, tw.moved, ~0u);
	fx_done(fx);
}

#define OLD_RCV_NXT	(FX_PEER_ISS + 100)

/* SYN sent, and the connection before has had the peer's numbers before this */
static struct fx *following(struct kunit *test)
{
	struct fsp_timewait tw = { .snd_nxt = FX_ISS - 70000, .rcv_nxt = OLD_RCV_NXT };
	struct fx *fx = fx_new(test);

	fsp_conn_open(&fx->conn, fsp_timewait_next_iss(&tw, FX_ISS), fx->now);
	fsp_timewait_follow(&tw, &fx->conn);
	fsp_conn_syn(&fx->conn, fx->now);
	KUNIT_ASSERT_EQ(test, fx_last(fx)->tx.seq, FX_ISS);
	return fx;
}

/* Waiting goes on, for the old connection's packets. */
static void expect_waits(struct fx *fx, int error, u32 rcv_nxt)
{
	struct kunit *test = fx->test;
	struct fsp_timewait tw;

	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_TIME_WAIT);
	KUNIT_EXPECT_EQ(test, fx->conn.error, error);
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(&fx->conn), 0ull);
	fsp_timewait_init(&tw, &fx->conn);
	KUNIT_EXPECT_EQ(test, tw.rcv_nxt, rcv_nxt);
	KUNIT_EXPECT_EQ(test, tw.snd_nxt, ISS1);
	fx_done(fx);
}

static void follows_on(struct kunit *test)
{
	struct fsp_rx fin = { .flags = FSP_FIN | FSP_ACK, .seq = OLD_RCV_NXT - 1,
			      .ack = FX_ISS - 70000 };
	struct fsp_rx rx = { .flags = FSP_SYN | FSP_ACK, .seq = OLD_RCV_NXT + 1,
			     .ack = ISS1, .window = 60000 };
	struct fx *fx = following(test);

	/* A peer in LAST-ACK is told that nobody knows its connection. */
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &fin), FSP_DROP_ACK);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.flags, FSP_RST);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.seq, FX_ISS - 70000);
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DONE);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
	/* From there on it ends as any other. */
	fsp_conn_abort(&fx->conn, fx->now);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	fx_done(fx);
}

static void follows_old_synack(struct kunit *test)
{
	struct fsp_rx rx = { .flags = FSP_SYN | FSP_ACK, .seq = OLD_RCV_NXT, .ack = ISS1 };
	struct fx *fx = following(test);

	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rx), FSP_DONE);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.flags, FSP_RST);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.seq, ISS1);
	expect_waits(fx, 99, OLD_RCV_NXT);	/* EADDRNOTAVAIL */
}

static void follows_old_syn(struct kunit *test)
{
	struct fsp_rx syn = { .flags = FSP_SYN, .seq = OLD_RCV_NXT };
	struct fsp_rx rst = { .flags = FSP_RST, .seq = OLD_RCV_NXT + 2 };
	struct fx *fx = following(test);

	KUNIT_EXPECT_EQ(test, fx_rx(fx, &syn), FSP_DROP_SEQ);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_SYN_SENT);
	KUNIT_EXPECT_EQ(test, fx->nr_sent, 1u);
	syn.seq = OLD_RCV_NXT + 1;
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &syn), FSP_DONE);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_SYN_RCVD);
	KUNIT_EXPECT_EQ(test, fx_rx(fx, &rst), FSP_DONE);
	expect_waits(fx, 111, OLD_RCV_NXT + 2);
}

/* However the attempt ends, the old connection's time does not. */
static void follows_in_vain(struct kunit *test)
{
	struct fsp_rx rst = { .flags = FSP_RST | FSP_ACK, .ack = ISS1 };
	struct fx *fx = following(test);

	fx_rx(fx, &rst);
	expect_waits(fx, 111, OLD_RCV_NXT);	/* ECONNREFUSED */
	fx = following(test);
	while (fx_fire(fx))
		;
	expect_waits(fx, 110, OLD_RCV_NXT);	/* ETIMEDOUT */
	fx = following(test);
	fsp_conn_shutdown(&fx->conn, fx->now);
	expect_waits(fx, 0, OLD_RCV_NXT);
	fx = following(test);
	fsp_conn_abort(&fx->conn, fx->now);
	expect_waits(fx, 0, OLD_RCV_NXT);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(synack),
	KUNIT_CASE(no_scale),
	KUNIT_CASE(request_verdicts),
	KUNIT_CASE(accepted),
	KUNIT_CASE(accepted_in_vain),
	KUNIT_CASE(connects),
	KUNIT_CASE(last_step),
	KUNIT_CASE(connects_without_mss),
	KUNIT_CASE(syn_retries),
	KUNIT_CASE(refused),
	KUNIT_CASE(wrong_synack),
	KUNIT_CASE(simultaneous),
	KUNIT_CASE(close_first),
	KUNIT_CASE(close_second),
	KUNIT_CASE(close_both),
	KUNIT_CASE(early_fin),
	KUNIT_CASE(fin_without_memory),
	KUNIT_CASE(fin_timeout),
	KUNIT_CASE(data_for_nobody),
	KUNIT_CASE(aborts),
	KUNIT_CASE(timewait_verdicts),
	KUNIT_CASE(timewait_answers),
	KUNIT_CASE(next_incarnation),
	KUNIT_CASE(reusable),
	KUNIT_CASE(follows_on),
	KUNIT_CASE(follows_old_synack),
	KUNIT_CASE(follows_old_syn),
	KUNIT_CASE(follows_in_vain),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-handshake",
	.test_cases	= cases,
};
kunit_test_suite(suite);
