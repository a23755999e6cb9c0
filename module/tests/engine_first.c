// SPDX-License-Identifier: GPL-2.0-only
/* Bytes in a SYN, and tickets of a full listener: Documentation/protocol.rst */
#include "fixture.h"
#include "carrier.h"

static const u8 cookie[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const u8 ticket[] = "a listener's memory";

/* ---- the client ---- */

/* A SYN with @bytes of payload */
static struct fx *syn_with(struct kunit *test, u32 bytes)
{
	struct fx *fx = fx_new(test);

	fsp_conn_open(&fx->conn, FX_ISS, fx->now);
	fsp_conn_first(&fx->conn, cookie, sizeof(cookie), FX_MSS, true);
	fx_queue(fx, bytes);
	fsp_conn_syn(&fx->conn, fx->now);
	return fx;
}

static enum fsp_verdict synack(struct fx *fx, u32 taken, struct fsp_rx *more)
{
	struct fsp_rx rx = more ? *more : (struct fsp_rx) {};

	rx.seq = FX_PEER_ISS;
	rx.ack = fx_ack(taken);
	rx.flags = FSP_SYN | FSP_ACK;
	rx.opts |= FSP_HAS_MSS | FSP_HAS_WSCALE | FSP_HAS_ECHO;
	rx.mss = FX_MSS;
	rx.wscale = 4;
	rx.echo = fx_last(fx)->tx.serial;
	return fx_rx(fx, &rx);
}

static void taken(struct kunit *test)
{
	struct fx *fx = syn_with(test, 300);
	struct fx_sent *syn = fx_last(fx);

	KUNIT_EXPECT_EQ(test, fx->nr_sent, 1u);
	KUNIT_EXPECT_EQ(test, (int)syn->tx.flags, FSP_SYN);
	KUNIT_EXPECT_EQ(test, syn->tx.seq, FX_ISS);
	KUNIT_EXPECT_EQ(test, syn->tx.len, 300u);
	KUNIT_EXPECT_TRUE(test, syn->tx.opts & FSP_HAS_COOKIE);
	KUNIT_EXPECT_EQ(test, (int)syn->tx.cookie_len, (int)sizeof(cookie));
	fx_wait(fx, 100 * MSEC);
	synack(fx, 300, NULL);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.first, FSP_FIRST_TAKEN);
	KUNIT_EXPECT_EQ(test, fx->conn.snd_una, fx_ack(300));
	KUNIT_EXPECT_EQ(test, fx->conn.una_off, 300ull);
	KUNIT_EXPECT_EQ(test, fx->conn.srtt, 100 * MSEC);
	/* RFC 7323 section 2.2: a SYN's window is as it is, with data as well. */
	KUNIT_EXPECT_EQ(test, fx->conn.snd_wnd, 60000u);
	KUNIT_EXPECT_EQ(test, fsp_in_flight(&fx->conn), 0u);
	KUNIT_EXPECT_EQ(test, fx->carriers, 0u);
	fx_done(fx);
}

/* The server took the SYN alone: the bytes go again at once, and count as new. */
static void refused(struct kunit *test)
{
	struct fx *fx = syn_with(test, 300);
	struct fx_sent *data;

	fx_skip(fx);
	fx_wait(fx, 100 * MSEC);
	synack(fx, 0, NULL);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.first, FSP_FIRST_REFUSED);
	data = fx_next(fx);
	KUNIT_ASSERT_NOT_NULL(test, data);
	KUNIT_EXPECT_EQ(test, data->tx.seq, fx_ack(0));
	KUNIT_EXPECT_EQ(test, data->tx.len, 300u);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_RETRANS_SEGS], 0u);
	KUNIT_EXPECT_EQ(test, fx->conn.bytes_sent, 300ull);
	KUNIT_EXPECT_EQ(test, fx->conn.cwnd, 10 * FX_MSS);
	fx_acked(fx, 300);
	KUNIT_EXPECT_EQ(test, fsp_in_flight(&fx->conn), 0u);
	fx_done(fx);
}

/* A SYN sent again is bare, and that its bytes were lost is remembered. */
static void lost(struct kunit *test)
{
	struct fx *fx = syn_with(test, 300);
	struct fx_sent *syn;

	fx_skip(fx);
	fx_fire(fx);
	syn = fx_next(fx);
	KUNIT_ASSERT_NOT_NULL(test, syn);
	KUNIT_EXPECT_EQ(test, (int)syn->tx.flags, FSP_SYN);
	KUNIT_EXPECT_EQ(test, syn->tx.seq, FX_ISS);
	KUNIT_EXPECT_EQ(test, syn->tx.len, 0u);
	KUNIT_EXPECT_FALSE(test, syn->tx.opts & FSP_HAS_COOKIE);
	synack(fx, 0, NULL);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.first, FSP_FIRST_LOST);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 300u);
	fx_done(fx);
}

/* Its question went with the SYN: the last step waits for the answer, though the reader does. */
static void answer_first(struct kunit *test)
{
	struct fx *fx = syn_with(test, 300);

	fx_skip(fx);
	synack(fx, 300, NULL);
	fsp_conn_reader_waits(&fx->conn, fx->now);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_data(fx, 0, 100, FSP_PSH);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fsp_conn_shutdown(&fx->conn, fx->now);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(test, fx_next(fx)->tx.ack, fx_seq(100));
	fx_done(fx);
}

/* The SYN-ACK got lost, not the bytes: the second SYN's answer acknowledges them. */
static void synack_lost(struct kunit *test)
{
	struct fx *fx = syn_with(test, 300);

	fx_fire(fx);
	fx_skip(fx);
	synack(fx, 300, NULL);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.first, FSP_FIRST_TAKEN);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
	fx_done(fx);
}

/* No more than the packet holds; the rest follows the SYN-ACK. */
static void cut(struct kunit *test)
{
	struct fx *fx = syn_with(test, 2500);
	struct fx_sent *syn = fx_last(fx);
	u32 first = syn->tx.len;

	KUNIT_EXPECT_EQ(test, syn->tx.hdr_len + first, FSP_HDR_MIN + FX_MSS);
	KUNIT_EXPECT_EQ(test, first, fsp_conn_first_room(&fx->conn));
	fx_skip(fx);
	synack(fx, first, NULL);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 2500 - first);
	fx_done(fx);
}

/* A lying server reports ranges of what it does not acknowledge. */
static void ranges_in_synack(struct kunit *test)
{
	struct fx *fx = syn_with(test, 300);
	struct fsp_rx more = { .nr_ranges = 1, .ranges = fx->range_bytes };

	fsp_put32(fx->range_bytes, fx_ack(100));
	fsp_put32(fx->range_bytes + 4, fx_ack(200));
	fx_skip(fx);
	synack(fx, 50, &more);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.first, FSP_FIRST_REFUSED);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 250u);
	fx_acked(fx, 300);
	KUNIT_EXPECT_EQ(test, fsp_in_flight(&fx->conn), 0u);
	fx_done(fx);
}

static void asks(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_rx more = {
		.opts = FSP_HAS_COOKIE, .cookie = cookie, .cookie_len = sizeof(cookie),
	};

	fsp_conn_open(&fx->conn, FX_ISS, fx->now);
	fsp_conn_first(&fx->conn, cookie, 0, 0, false);
	fsp_conn_syn(&fx->conn, fx->now);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.opts & FSP_HAS_COOKIE);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.cookie_len, 0);
	synack(fx, 0, &more);
	KUNIT_EXPECT_TRUE(test, fx->conn.work->cookie_new);
	KUNIT_EXPECT_EQ(test, memcmp(fx->conn.work->cookie, cookie, sizeof(cookie)), 0);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.first, FSP_FIRST_NONE);
	fx_done(fx);
}

/* ---- the server ---- */

static enum fsp_verdict arrives(struct fx *fx, u32 bytes)
{
	struct fsp_rx syn = {
		.seq = FX_PEER_ISS, .flags = FSP_SYN | FSP_PSH, .window = 20000, .serial = 77,
		.opts = FSP_HAS_MSS | FSP_HAS_WSCALE | FSP_HAS_COOKIE,
		.mss = FX_MSS, .wscale = 3, .len = bytes,
	};
	struct carrier *car = kmalloc(sizeof(*car), GFP_KERNEL);
	struct fsp_request req;
	enum fsp_verdict v;

	KUNIT_ASSERT_NOT_NULL(fx->test, car);
	memset(car, 0, sizeof(*car));
	car->bytes = bytes;
	fx->carriers++;
	fsp_request_init(&req, &syn, FX_ISS, 50000, 5, 1400, FSP_MSS_DEFAULT_V4);
	fsp_conn_accept(&fx->conn, &req, fx->now);
	v = fsp_conn_first_flight(&fx->conn, &syn, &car->seg, fx->now);
	if (v != FSP_TAKEN) {
		fx->carriers--;
		kfree(car);
	}
	return v;
}

/* The answer leaves behind the SYN-ACK, an initial window of it and no more. */
static void answers(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fx_sent *s;

	fx->conn.gso_max = 5 * FX_MSS;
	KUNIT_EXPECT_EQ(test, (int)arrives(fx, 200), FSP_TAKEN);
	KUNIT_EXPECT_EQ(test, fx->delivered, 200ull);
	s = fx_next(fx);
	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_EQ(test, (int)s->tx.flags, FSP_SYN | FSP_ACK);
	KUNIT_EXPECT_EQ(test, s->tx.ack, fx_seq(200));
	KUNIT_EXPECT_EQ(test, (int)s->tx.echo, 77);
	fx_write(fx, 30000);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 10 * FX_MSS);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_SYN_RCVD);
	/* Only the SYN-ACK is sent again. */
	fx_fire(fx);
	s = fx_next(fx);
	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_EQ(test, (int)s->tx.flags, FSP_SYN | FSP_ACK);
	KUNIT_EXPECT_EQ(test, s->tx.ack, fx_seq(200));
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
	fx_done(fx);
}

/* The third step may acknowledge the answer as well, or the SYN-ACK alone. */
static void third_step(struct kunit *test)
{
	struct fsp_rx ack = { .seq = fx_seq(200), .flags = FSP_ACK, .window = 20000 >> 3 };
	u32 acked;

	for (acked = 0; acked <= 3000; acked += 1500) {
		struct fx *fx = fx_new(test);

		arrives(fx, 200);
		fx_write(fx, 3000);
		ack.ack = fx_ack(acked);
		fx_rx(fx, &ack);
		KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
		KUNIT_EXPECT_TRUE(test, fx->events & FSP_EV_ESTABLISHED);
		KUNIT_EXPECT_EQ(test, fsp_in_flight(&fx->conn), 3000 - acked);
		KUNIT_EXPECT_EQ(test, fx->conn.una_off, (u64)acked);
		KUNIT_EXPECT_EQ(test, !!fsp_conn_next_timeout(&fx->conn), acked < 3000);
		fx_done(fx);
	}
}

/* A duplicate of the SYN is answered, and delivers nothing. */
static void duplicate_syn(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_rx syn = {
		.seq = FX_PEER_ISS, .flags = FSP_SYN, .len = 200, .opts = FSP_HAS_COOKIE,
	};

	arrives(fx, 200);
	fx_skip(fx);
	KUNIT_EXPECT_EQ(test, (int)fx_rx(fx, &syn), FSP_DONE);
	KUNIT_EXPECT_EQ(test, fx->delivered, 200ull);
	KUNIT_EXPECT_EQ(test, (int)fx_next(fx)->tx.flags, FSP_SYN | FSP_ACK);
	fx_done(fx);
}

/* No room for the bytes: the SYN alone is acknowledged. */
static void no_room(struct kunit *test)
{
	struct fx *fx = fx_new(test);

	fx->refuse_in_order = true;
	KUNIT_EXPECT_EQ(test, (int)arrives(fx, 200), FSP_DROP_RCVBUF);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.first, FSP_FIRST_REFUSED);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.ack, fx_seq(0));
	fx_write(fx, 100);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.flags, FSP_SYN | FSP_ACK);
	fx_done(fx);
}

static void reset_before_handshake(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_rx rst = { .seq = fx_seq(200), .flags = FSP_RST };

	arrives(fx, 200);
	fx_rx(fx, &rst);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	KUNIT_EXPECT_EQ(test, fx->conn.error, 104);	/* ECONNRESET */
	fx_done(fx);
}

/* Closed before the handshake is done: the FIN follows it. */
static void closed_early(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_rx ack = {
		.seq = fx_seq(200), .ack = fx_ack(100), .flags = FSP_ACK, .window = 3000,
	};

	arrives(fx, 200);
	fx_write(fx, 100);
	fsp_conn_shutdown(&fx->conn, fx->now);
	fx_skip(fx);
	fx_rx(fx, &ack);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_FIN_WAIT_1);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.flags & FSP_FIN);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.seq, fx_ack(100));
	fx_done(fx);
}

/* ---- tickets ---- */

static void ticket_holds_all(struct kunit *test)
{
	struct fsp_rx syn = {
		.seq = 0xfffffff0, .flags = FSP_SYN, .window = 20000, .serial = 77,
		.opts = FSP_HAS_MSS | FSP_HAS_WSCALE | FSP_HAS_FEATURES,
		.mss = 1440, .wscale = 11, .features = 0xabcdef,
	};
	static const u32 ahead[] = { 1, 2, 1000, 65536 };
	struct fsp_request req, again;
	u8 body[FSP_TICKET_BODY];
	u32 i;

	fsp_request_init(&req, &syn, FX_ISS, 50000, 14, 1400, FSP_MSS_DEFAULT_V4);
	fsp_request_pack(&req, 0x37, body);
	KUNIT_EXPECT_EQ(test, (int)fsp_ticket_second(body), 0x37);
	for (i = 0; i < ARRAY_SIZE(ahead); i++) {
		struct fsp_rx ack = {
			.seq = syn.seq + ahead[i], .ack = FX_ISS + 1, .flags = FSP_ACK,
		};

		KUNIT_EXPECT_TRUE(test, fsp_request_unpack(&again, body, &ack, 50000, 1400));
		KUNIT_EXPECT_EQ(test, again.irs, req.irs);
		KUNIT_EXPECT_EQ(test, again.iss, req.iss);
		KUNIT_EXPECT_EQ(test, again.rcv_wnd, req.rcv_wnd);
		KUNIT_EXPECT_EQ(test, (int)again.peer_mss, 1440);
		KUNIT_EXPECT_EQ(test, again.peer_features, 0xabcdefu);
		KUNIT_EXPECT_EQ(test, (int)again.snd_wscale, 11);
		KUNIT_EXPECT_EQ(test, (int)again.rcv_wscale, 14);
		KUNIT_EXPECT_TRUE(test, again.has_wscale);
	}
	body[0] = 0x2e;
	KUNIT_EXPECT_FALSE(test, fsp_request_unpack(&again, body, &syn, 50000, 1400));
}

static void no_scale_in_ticket(struct kunit *test)
{
	struct fsp_rx syn = { .seq = 9, .flags = FSP_SYN, .window = 20000 };
	struct fsp_rx ack = { .seq = 10, .ack = FX_ISS + 1, .flags = FSP_ACK };
	struct fsp_request req, again;
	u8 body[FSP_TICKET_BODY];

	fsp_request_init(&req, &syn, FX_ISS, 50000, 5, 1400, FSP_MSS_DEFAULT_V4);
	fsp_request_pack(&req, 0, body);
	KUNIT_EXPECT_TRUE(test, fsp_request_unpack(&again, body, &ack, 50000, 1400));
	KUNIT_EXPECT_FALSE(test, again.has_wscale);
	KUNIT_EXPECT_EQ(test, (int)again.rcv_wscale, 0);
	KUNIT_EXPECT_EQ(test, (int)again.peer_mss, FSP_MSS_DEFAULT_V4);
}

/* In every packet, and again by timer, until the listener has answered */
static void ticket_returned(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_rx more = {
		.opts = FSP_HAS_TICKET, .ticket = ticket, .ticket_len = sizeof(ticket),
	};
	u64 waited;

	fsp_conn_connect(&fx->conn, FX_ISS, fx->now);
	fx_wait(fx, 100 * MSEC);
	synack(fx, 0, &more);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.flags, FSP_ACK);
	KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.ticket_len, (int)sizeof(ticket));
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.opts & FSP_HAS_TICKET, FSP_HAS_TICKET);
	fx_skip(fx);
	waited = fx_fire(fx);
	KUNIT_EXPECT_EQ(test, waited, 1 * SEC);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.opts & FSP_HAS_TICKET);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	waited = fx_fire(fx);
	KUNIT_EXPECT_EQ(test, waited, 2 * SEC);
	fx_write(fx, 100);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.opts & FSP_HAS_TICKET);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.len, 100u);
	fx_acked(fx, 100);
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(&fx->conn), 0ull);
	fx_write(fx, 100);
	KUNIT_EXPECT_FALSE(test, fx_last(fx)->tx.opts & FSP_HAS_TICKET);
	fx_done(fx);
}

/* A listener that never answers is asked as often as a SYN would be, no more. */
static void ticket_given_up(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_rx more = {
		.opts = FSP_HAS_TICKET, .ticket = ticket, .ticket_len = sizeof(ticket),
	};
	int n = 0;

	fx->conn.cfg.syn_retries = 3;
	fsp_conn_connect(&fx->conn, FX_ISS, fx->now);
	synack(fx, 0, &more);
	while (fx_fire(fx))
		n++;
	KUNIT_EXPECT_EQ(test, n, 3);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
	fx_done(fx);
}

/* Whoever returns a ticket waits for an answer. */
static void ticket_answered(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	u8 body[FSP_TICKET_BODY] = { 0x15, 0x83, 900 >> 8, 900 & 0xff, 0, 0, 0, 0,
				     FX_PEER_ISS >> 8, FX_PEER_ISS & 0xff };
	struct fsp_rx ack = {
		.seq = fx_seq(0), .ack = FX_ISS + 1, .flags = FSP_ACK, .window = 1000,
		.opts = FSP_HAS_TICKET, .ticket = ticket, .ticket_len = sizeof(ticket),
	};
	struct fsp_request req;
	int i;

	KUNIT_ASSERT_TRUE(test, fsp_request_unpack(&req, body, &ack, 50000, 1400));
	fsp_conn_accept(&fx->conn, &req, fx->now);
	for (i = 0; i < 2; i++) {
		fx_rx(fx, &ack);
		KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
		KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
		KUNIT_EXPECT_EQ(test, (int)fx_last(fx)->tx.flags, FSP_ACK);
		fx_skip(fx);
	}
	KUNIT_EXPECT_EQ(test, fsp_conn_mss(&fx->conn), 900u);
	KUNIT_EXPECT_EQ(test, fx->conn.snd_wnd, 1000u << 3);
	fx_done(fx);
}

/* ---- the options ---- */

static void options(struct kunit *test)
{
	struct fsp_tx tx = {
		.flags = FSP_SYN | FSP_ACK, .cookie = cookie, .cookie_len = sizeof(cookie),
		.opts = FSP_HAS_MSS | FSP_HAS_COOKIE | FSP_HAS_TICKET,
		.ticket = ticket, .ticket_len = 18,
	};
	u8 p[FSP_HDR_MAX];
	struct fsp_rx rx;

	fsp_tx_measure(&tx);
	KUNIT_EXPECT_LE(test, (int)tx.hdr_len, FSP_HDR_MAX);
	fsp_hdr_build(&tx, p);
	KUNIT_ASSERT_EQ(test, (int)fsp_hdr_parse(p, tx.hdr_len, tx.hdr_len, &rx), FSP_PARSE_OK);
	KUNIT_EXPECT_EQ(test, (int)rx.cookie_len, (int)sizeof(cookie));
	KUNIT_EXPECT_EQ(test, (int)rx.ticket_len, 18);
	KUNIT_EXPECT_EQ(test, memcmp(rx.cookie, cookie, sizeof(cookie)), 0);
	KUNIT_EXPECT_EQ(test, memcmp(rx.ticket, ticket, 18), 0);
}

/* As full as a SYN-ACK gets */
static void options_fit(struct kunit *test)
{
	struct fsp_tx tx = {
		.flags = FSP_SYN | FSP_ACK, .ticket = ticket, .ticket_len = 18,
		.opts = FSP_HAS_MSS | FSP_HAS_WSCALE | FSP_HAS_FEATURES | FSP_HAS_ECHO |
			FSP_HAS_TICKET,
	};

	fsp_tx_measure(&tx);
	KUNIT_EXPECT_LE(test, (int)tx.hdr_len, FSP_HDR_MAX);
	tx.opts = FSP_HAS_ECHO | FSP_HAS_TICKET;
	tx.ticket_len = FSP_TICKET_MAX;
	tx.flags = FSP_ACK;
	fsp_tx_measure(&tx);
	KUNIT_EXPECT_LE(test, (int)tx.hdr_len, FSP_HDR_MAX);
}

static void bad_lengths(struct kunit *test)
{
	static const struct {
		u8	opt[40];
		u8	words;
		bool	ok;
	} cases[] = {
		{ { FSP_OPT_COOKIE, 2, FSP_OPT_PAD, FSP_OPT_PAD }, 6, true },
		{ { FSP_OPT_COOKIE, 5, 1, 2, 3 }, 7, false },
		{ { FSP_OPT_COOKIE, 6, 1, 2, 3, 4 }, 7, true },
		{ { FSP_OPT_COOKIE, 18 }, 10, true },
		{ { FSP_OPT_COOKIE, 19 }, 10, false },
		{ { FSP_OPT_TICKET, 2, FSP_OPT_PAD, FSP_OPT_PAD }, 6, false },
		{ { FSP_OPT_TICKET, 3, 1, FSP_OPT_PAD }, 6, true },
		{ { FSP_OPT_TICKET, 34 }, 14, true },
		{ { FSP_OPT_TICKET, 35 }, 14, false },
		{ { FSP_OPT_TICKET, 34 }, 9, false },
	};
	struct fsp_rx rx;
	u8 p[FSP_HDR_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(p, 0, sizeof(p));
		p[12] = cases[i].words << 4;
		p[13] = FSP_SYN;
		memcpy(p + FSP_HDR_MIN, cases[i].opt, sizeof(cases[i].opt));
		KUNIT_EXPECT_EQ_MSG(test,
				    fsp_hdr_parse(p, sizeof(p), cases[i].words * 4, &rx) ==
				    FSP_PARSE_OK, cases[i].ok, "case %d", (int)i);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(taken),
	KUNIT_CASE(refused),
	KUNIT_CASE(lost),
	KUNIT_CASE(answer_first),
	KUNIT_CASE(synack_lost),
	KUNIT_CASE(cut),
	KUNIT_CASE(ranges_in_synack),
	KUNIT_CASE(asks),
	KUNIT_CASE(answers),
	KUNIT_CASE(third_step),
	KUNIT_CASE(duplicate_syn),
	KUNIT_CASE(no_room),
	KUNIT_CASE(reset_before_handshake),
	KUNIT_CASE(closed_early),
	KUNIT_CASE(ticket_holds_all),
	KUNIT_CASE(no_scale_in_ticket),
	KUNIT_CASE(ticket_returned),
	KUNIT_CASE(ticket_given_up),
	KUNIT_CASE(ticket_answered),
	KUNIT_CASE(options),
	KUNIT_CASE(options_fit),
	KUNIT_CASE(bad_lengths),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-first-flight",
	.test_cases	= cases,
};

kunit_test_suite(suite);
