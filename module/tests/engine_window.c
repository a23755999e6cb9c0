// SPDX-License-Identifier: GPL-2.0-only
/* Windows, small packets and acknowledgments: RFC 9293 section 3.8.6. */
#include "fixture.h"

static u32 told(const struct fx *fx, const struct fx_sent *s)
{
	return (u32)s->tx.window << fx->conn.rcv_wscale;
}

/* The peer's ACK of all before @off with this window, bytes */
static void acked_window(struct fx *fx, u32 off, u32 window)
{
	struct fsp_rx rx = {
		.seq = fx->conn.rcv_nxt,
		.ack = fx_ack(off),
		.flags = FSP_ACK,
	};

	fx->peer_window = window;
	fx_rx(fx, &rx);
}

/* ---- what we may send ---- */

static void keeps_to_window(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx->conn.cwnd = 1 << 30;
	acked_window(fx, 0, 4000);
	fx_write(fx, 20000);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 4000u);
	acked_window(fx, 2000, 4000);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 2000u);
	/* MUST-34: the edge moves back; nothing is sent, nothing breaks. */
	acked_window(fx, 3000, 1008);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
	fx_done(fx);
}

/* What a late packet acknowledges comes with its own window, not the last one. */
static void late_window(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_rx rx = { .seq = fx_seq(0), .ack = fx_ack(2000), .flags = FSP_ACK };

	fx->conn.cwnd = 1 << 30;
	acked_window(fx, 0, 4000);
	fx_write(fx, 20000);
	fx_skip(fx);
	fx_data(fx, 0, 100, 0);		/* window to 4000, of a later number */
	fx->peer_window = 2000;
	fx_rx(fx, &rx);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
	fx_done(fx);
}

/* MUST-38: not by driblets */
static void sender_sws(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx->conn.cwnd = 1 << 30;
	acked_window(fx, 0, 4000);
	fx_write(fx, 20000);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 4000u);
	/* 480 bytes of window: less than a segment and than half of 4000 */
	acked_window(fx, 4000, 480);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
	acked_window(fx, 4000, 1008);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 1000u);
	fx_done(fx);
}

/* The override: a window that stays small is used in the end. */
static void small_window_for_good(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx->conn.cwnd = 1 << 30;
	acked_window(fx, 0, 4000);
	fx_write(fx, 20000);
	acked_window(fx, 4000, 480);
	fx_skip(fx);
	fx_wait(fx, 2 * SEC);
	KUNIT_EXPECT_GE(test, fx_sent_bytes(fx), 480u);
	KUNIT_EXPECT_EQ(test, fx->conn.snd_nxt, fx_ack(4480));
	/* From then on at once: the buffer has been made that small. */
	acked_window(fx, 4480, 480);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 480u);
	/* Until a larger one comes. */
	acked_window(fx, 4960, 4000);
	fx_skip(fx);
	acked_window(fx, 8960, 480);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
	fx_done(fx);
}

/* MUST-36, SHLD-29, SHLD-30: probed after an RTO, then less and less often */
static void zero_window(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	u64 last, gap;
	int i;

	acked_window(fx, 0, 4000);
	fx_write(fx, 20000);
	acked_window(fx, 4000, 0);
	fx_skip(fx);
	last = fx_fire(fx);
	KUNIT_EXPECT_EQ(test, last, fx->conn.rto);
	for (i = 0; i < 8; i++) {
		KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
		KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
		/* MUST-37: answered, the connection stays; the interval grows. */
		acked_window(fx, 4000, 0);
		fx_skip(fx);
		gap = fx_fire(fx);
		KUNIT_EXPECT_EQ(test, gap, min(2 * last, fx->conn.cfg.rto_max));
		last = gap;
	}
	acked_window(fx, 4000, 4000);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 5u);
	fx_done(fx);
}

/* Unanswered, it ends. */
static void zero_window_dead_peer(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	int i;

	acked_window(fx, 0, 4000);
	fx_write(fx, 20000);
	acked_window(fx, 4000, 0);
	fx->conn.cfg.retries2 = 5;
	for (i = 0; i < 6; i++) {
		KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_ESTABLISHED);
		fx_fire(fx);
	}
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSED);
	KUNIT_EXPECT_EQ(test, fx->conn.error, 110);
	fx_done(fx);
}

/* ---- what we let the peer send ---- */

/* MUST-39: not opened by driblets either */
static void receiver_sws(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	u32 space, edge, i;

	fx->rcv_full = 8000;
	fx->rcv_space = 8000;
	fx_establish(fx);
	for (i = 0; i < 8; i++) {
		fx->rcv_space -= 1000;
		fx_data(fx, 1000 * i, 1000, 0);
	}
	fx_wait(fx, SEC);
	KUNIT_EXPECT_EQ(test, told(fx, fx_last(fx)), 0u);
	fx_skip(fx);
	edge = fsp_rcv_edge(&fx->conn);
	for (space = 100; space < 1000; space += 100) {
		fx->rcv_space = space;
		fsp_conn_read(&fx->conn, fx->now);
		fsp_conn_ack(&fx->conn, fx->now);
	}
	/* Not even said to who asks */
	fx_data(fx, 0xffffffff, 0, 0);
	KUNIT_EXPECT_EQ(test, fsp_rcv_edge(&fx->conn), edge);
	fx_skip(fx);
	fx->rcv_space = 1000;
	fsp_conn_read(&fx->conn, fx->now);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(test, told(fx, fx_last(fx)), 1000u);
	fx_done(fx);
}

/* SHLD-14: what was offered stays offered. */
static void never_shrinks(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	u32 edge = fsp_rcv_edge(&fx->conn), i;

	for (i = 0; i < 50; i++) {
		fx->rcv_space = i % 2 ? 0 : FX_BUF / 4;
		fx_data(fx, 999 * i, 999, 0);
		fsp_conn_ack(&fx->conn, fx->now);
		KUNIT_EXPECT_FALSE(test, fsp_before(fsp_rcv_edge(&fx->conn), edge));
		KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.ack + told(fx, fx_last(fx)),
				fsp_rcv_edge(&fx->conn));
		edge = fsp_rcv_edge(&fx->conn);
	}
	fx_done(fx);
}

/* ---- buffers ---- */

/* What the reader takes in one round trip, each twice as much as the last */
static void rcvbuf_follows_reader(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;
	u32 bytes = 10000, want = 0;

	while (bytes < 12500000) {
		c->work->read_seq = c->rcv_nxt;
		c->work->read_time = fx->now;
		/* Half a round trip says nothing yet. */
		KUNIT_EXPECT_EQ(test, fsp_conn_want_rcvbuf(c, c->work->read_seq + bytes / 2,
							   fx->now + 49 * MSEC), 0u);
		fx->now += 100 * MSEC;
		want = fsp_conn_want_rcvbuf(c, c->work->read_seq + bytes, fx->now);
		KUNIT_EXPECT_GE(test, want, 4 * bytes);
		bytes *= 2;
	}
	/* Steady: no more than twice what is on the way. Less: no news. */
	fx->now += 100 * MSEC;
	bytes = c->read_best + 1;
	want = fsp_conn_want_rcvbuf(c, c->work->read_seq + bytes, fx->now);
	KUNIT_EXPECT_GE(test, want, 2 * bytes);
	KUNIT_EXPECT_LE(test, want, 2 * bytes + 20 * FX_MSS);
	fx->now += 100 * MSEC;
	KUNIT_EXPECT_EQ(test, fsp_conn_want_rcvbuf(c, c->work->read_seq + bytes / 2, fx->now), 0u);
	fx_done(fx);
}

/* What waits behind a hole cannot be read, and yet the path brought it. */
static void rcvbuf_grows_behind_holes(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;
	u32 off = 0, before, want;

	fx->now += 100 * MSEC;
	before = fsp_conn_want_rcvbuf(c, c->rcv_nxt + 10 * FX_MSS, fx->now);
	for (off = FX_MSS; off < 20 * FX_MSS; off += FX_MSS)
		KUNIT_ASSERT_EQ(test, (int)fx_data(fx, off, FX_MSS, 0), FSP_TAKEN);
	fx->now += 100 * MSEC;
	want = fsp_conn_want_rcvbuf(c, c->work->read_seq, fx->now);
	KUNIT_EXPECT_EQ(test, want, 20 * FX_MSS + 2 * 20 * FX_MSS + 16 * c->rcv_mss);
	KUNIT_EXPECT_LE(test, before, want);
	/* Once is enough. */
	fx->now += 100 * MSEC;
	KUNIT_EXPECT_EQ(test, fsp_conn_want_rcvbuf(c, c->work->read_seq, fx->now), 0u);
	fx_done(fx);
}

static void sndbuf_follows_cwnd(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx->conn.cwnd = 12500000;
	KUNIT_EXPECT_GE(test, fsp_conn_want_sndbuf(&fx->conn), 25000000u);
	KUNIT_EXPECT_LE(test, fsp_conn_want_sndbuf(&fx->conn), 33000000u);
	/* No clamp of a window makes it negative. */
	fx->conn.cwnd = 0x40000000;
	KUNIT_EXPECT_LE(test, fsp_conn_want_sndbuf(&fx->conn), (u32)S32_MAX);
	fx_done(fx);
}

/* SO_RCVBUF made smaller: what was offered is taken, the edge stays until it is used. */
static void rcvbuf_shrinks(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;
	u32 edge = fsp_rcv_edge(c), off = 0;

	fx->rcv_full = 4000;
	fx->rcv_space = 4000;
	while (fsp_before(c->rcv_nxt, edge - FX_MSS)) {
		KUNIT_ASSERT_EQ(test, (int)fx_data(fx, off, FX_MSS, 0), FSP_TAKEN);
		off += FX_MSS;
		KUNIT_EXPECT_FALSE(test, fsp_before(fsp_rcv_edge(c), edge));
	}
	/* Now it is the small buffer's. */
	fx_data(fx, off, edge - c->rcv_nxt, 0);
	fsp_conn_ack(c, fx->now);
	KUNIT_EXPECT_LE(test, told(fx, fx_last(fx)), 4000u + 15);
	fx_done(fx);
}

static void window_clamp(struct kunit *test)
{
	struct fx *fx = fx_new(test);

	fx->conn.cfg.window_clamp = 5000;
	fx_establish(fx);
	/* Rounded up to the scale's unit, so that the SYN's edge stays */
	KUNIT_EXPECT_LE(test, told(fx, &fx->sent[1]), 5000u + 15);
	fx_data(fx, 0, 1000, 0);
	fx_data(fx, 1000, 1000, 0);
	fx_wait(fx, SEC);
	KUNIT_EXPECT_LE(test, told(fx, fx_last(fx)), 5000u);
	KUNIT_EXPECT_GE(test, told(fx, fx_last(fx)), 3000u);
	fx_done(fx);
}

/* ---- Nagle, cork, push ---- */

static struct fx *nagling(struct kunit *test)
{
	struct fx *fx = fx_new(test);

	fx->conn.cfg.nodelay = false;
	fx_establish(fx);
	return fx;
}

static void nagle(struct kunit *test)
{
	struct fx *fx = nagling(test);

	fx_write(fx, 100);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 100u);
	fx_write(fx, 100);
	fx_write(fx, 100);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
	/* A full segment goes, the rest waits for the small one to be acknowledged. */
	fx_write(fx, 900);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 1000u);
	fx_acked(fx, 1100);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 100u);
	fx_acked(fx, 1200);
	fx_write(fx, 50);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 50u);
	fx_done(fx);
}

/* Small writes wait for each other, but not long. */
static void gather(struct kunit *test)
{
	struct fx *fx = nagling(test);
	struct fsp_conn *c = &fx->conn;

	fx_queue(fx, 1000);
	KUNIT_EXPECT_FALSE(test, fsp_conn_gather(c, 0, fx->now));
	fsp_conn_push(c, 0, fx->now);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 1000u);
	fx_queue(fx, 1000);
	KUNIT_EXPECT_TRUE(test, fsp_conn_gather(c, 0, fx->now));
	fx_queue(fx, 1000);
	KUNIT_EXPECT_TRUE(test, fsp_conn_gather(c, 0, fx->now));
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
	KUNIT_EXPECT_LE(test, fx_fire(fx), MSEC);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 2000u);
	/* An acknowledgment takes along what waits. */
	fx_queue(fx, 500);
	KUNIT_EXPECT_TRUE(test, fsp_conn_gather(c, 0, fx->now));
	fx_acked(fx, 3000);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 500u);
	fx_acked(fx, 3500);
	/* An answer waits for nothing, nor does who switched Nagle off. */
	fx_data(fx, 0, 10, 0);
	fx_queue(fx, 10);
	KUNIT_EXPECT_FALSE(test, fsp_conn_gather(c, 0, fx->now));
	fsp_conn_push(c, 0, fx->now);
	c->cfg.nodelay = true;
	fx_queue(fx, 10);
	KUNIT_EXPECT_FALSE(test, fsp_conn_gather(c, 0, fx->now));
	fx_done(fx);
}

/* MUST-17 */
static void nodelay(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	int i;

	for (i = 0; i < 5; i++) {
		fx_write(fx, 10);
		KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 10u);
	}
	fx_done(fx);
}

static void nagle_lets_fin_pass(struct kunit *test)
{
	struct fx *fx = nagling(test);

	fx_write(fx, 100);
	fx_write(fx, 100);
	fx_skip(fx);
	fsp_conn_shutdown(&fx->conn, fx->now);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.flags & FSP_FIN);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 100u);
	fx_done(fx);
}

/* Ten small writes leave as one, or after 200 ms. */
static void cork(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	u64 began = fx->now;
	int i;

	fx->conn.cfg.cork = true;
	for (i = 0; i < 9; i++)
		fx_write(fx, 10);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_wait(fx, 199 * MSEC);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_wait(fx, 2 * MSEC);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 90u);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->at, began + 200 * MSEC);
	/* Uncorked, it goes at once. */
	fx_acked(fx, 90);
	fx_write(fx, 10);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
	fx->conn.cfg.cork = false;
	fsp_conn_reconfigure(&fx->conn, fx->now);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 10u);
	fx_done(fx);
}

static void more(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx_queue(fx, 100);
	fsp_conn_push(&fx->conn, FSP_PUSH_MORE, fx->now);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
	KUNIT_EXPECT_NE(test, fsp_conn_next_timeout(&fx->conn), 0ull);
	fsp_conn_push(&fx->conn, FSP_PUSH_NOW, fx->now);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 100u);
	/* MUST-61 */
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.flags & FSP_PSH);
	fx_done(fx);
}

/* ---- acknowledgments ---- */

/* Past the quick ones at the beginning */
static struct fx *settled(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx->conn.quick_acks = 0;
	return fx;
}

/* SHLD-18/19, MUST-40: every second full segment, others within 500 ms */
static void delayed(struct kunit *test)
{
	struct fx *fx = settled(test);
	u64 gap;

	fx_data(fx, 0, 1000, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_data(fx, 1000, 1000, 0);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(test, fx_next(fx)->tx.ack, fx_seq(2000));
	fx_data(fx, 2000, 10, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	gap = fx_fire(fx);
	KUNIT_EXPECT_EQ(test, gap, fx->conn.cfg.delack_max);
	KUNIT_EXPECT_LT(test, gap, 500 * MSEC);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(test, fx_next(fx)->tx.ack, fx_seq(2010));
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_DELAYED_ACKS], 1u);
	fx_done(fx);
}

/* The faster the reader, the fewer; a sixteenth of a round trip's, 16 packets at most */
static void thinned(struct kunit *test)
{
	static const u32 every[][2] = { { 0, 2 }, { 32, 2 }, { 80, 5 }, { 4000, 16 } };
	struct fx *fx = settled(test);
	struct fsp_conn *c = &fx->conn;
	u32 off = 0, i, n;

	for (i = 0; i < ARRAY_SIZE(every); i++) {
		c->work->read_last = every[i][0] * c->rcv_mss;
		for (n = 1; n <= every[i][1]; n++, off += c->rcv_mss) {
			KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
			fx_data(fx, off, c->rcv_mss, 0);
		}
		KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
		KUNIT_EXPECT_EQ(test, fx_next(fx)->tx.ack, fx_seq(off));
	}
	/* but soon, and at once where something is missing */
	fx_data(fx, off, c->rcv_mss, 0);
	fx_data(fx, off + c->rcv_mss, c->rcv_mss, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	KUNIT_EXPECT_EQ(test, fx_fire(fx), MSEC);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	fx_skip(fx);
	fx_data(fx, off + 3 * c->rcv_mss, c->rcv_mss, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	fx_done(fx);
}

/* How much that is: of this round trip, and nothing where it took longer */
static void reader_rate(struct kunit *test)
{
	struct fx *fx = settled(test);
	struct fsp_conn *c = &fx->conn;
	u32 at = c->work->read_seq;

	fx->now = c->work->read_time + c->srtt;
	fsp_conn_want_rcvbuf(c, at + 50000, fx->now);
	KUNIT_EXPECT_EQ(test, c->work->read_last, 50000u);
	fx->now += 3 * c->srtt;
	fsp_conn_want_rcvbuf(c, at + 90000, fx->now);
	KUNIT_EXPECT_EQ(test, c->work->read_last, 0u);
	fx_done(fx);
}

/* Nothing was sent so far; the reader's turn brings the acknowledgment of all. */
static void reading_acks(struct fx *fx, u32 off)
{
	KUNIT_EXPECT_EQ(fx->test, fx_pending(fx), 0u);
	fsp_conn_read(&fx->conn, fx->now);
	KUNIT_ASSERT_EQ(fx->test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(fx->test, fx_next(fx)->tx.ack, fx_seq(off));
}

/* Nothing was sent so far; that long, and no reader, does. */
static void acks_within(struct fx *fx, u64 time)
{
	KUNIT_EXPECT_EQ(fx->test, fx_pending(fx), 0u);
	KUNIT_EXPECT_EQ(fx->test, fx_fire(fx), time);
	KUNIT_EXPECT_EQ(fx->test, fx_pending(fx), 1u);
	fx_skip(fx);
}

/* While bytes that wait keep the window from opening, reading acknowledges them. */
static void by_reader(struct kunit *test)
{
	struct fx *fx = settled(test);
	struct fsp_conn *c = &fx->conn;

	fx->rcv_space = c->rcv_wnd - 1;
	fx_data(fx, 0, 10000, 0);
	reading_acks(fx, 10000);
	/* or soon, where nobody reads, though a small packet's would have time */
	fx->rcv_space = c->rcv_wnd - 1;
	fx_data(fx, 10000, 10, 0);
	fx_data(fx, 10010, 9990, 0);
	acks_within(fx, MSEC);
	fx->rcv_space = FX_BUF;
	fx_data(fx, 20000, 10000, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	fx_skip(fx);
	fx_done(fx);
}

/* It does not matter whether they came as one packet or as many. */
static void by_reader_in_packets(struct kunit *test)
{
	struct fx *fx = settled(test);
	struct fsp_conn *c = &fx->conn;
	u32 i;

	fx->rcv_space = c->rcv_wnd - 1;
	for (i = 0; i < 10; i++)
		fx_data(fx, i * 1000, 1000, 0);
	reading_acks(fx, 10000);
	/* The wait is counted from the second packet on, not from the last. */
	fx->rcv_space = c->rcv_wnd - 1;
	fx_data(fx, 10000, 1000, 0);
	fx_data(fx, 11000, 1000, 0);
	fx->now += MSEC / 2;
	fx_data(fx, 12000, 1000, 0);
	acks_within(fx, MSEC / 2);
	/* A reader who wants more first (SO_RCVLOWAT) will not read. */
	fx->rcv_space = c->rcv_wnd - 1;
	fx->reader_waits = true;
	fx_data(fx, 13000, 1000, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_data(fx, 14000, 1000, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	fx_skip(fx);
	fx_done(fx);
}

/* Half of the window is never held back, or the sender would run dry. */
static void by_reader_half(struct kunit *test)
{
	struct fx *fx = settled(test);
	struct fsp_conn *c = &fx->conn;
	u32 off = 0, half = c->rcv_wnd / 2;

	fx->rcv_space = c->rcv_wnd - 1;
	while (off + 1000 < half) {
		fx_data(fx, off, 1000, 0);
		off += 1000;
		KUNIT_ASSERT_EQ(test, fx_pending(fx), 0u);
	}
	fx_data(fx, off, 1000, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	fx_skip(fx);
	fx_done(fx);
}

/* It says how long it was held back, and which transmission it answers. */
static void echoes(struct kunit *test)
{
	struct fx *fx = settled(test);
	struct fx_sent *s;

	fx_data(fx, 0, 10, 0);
	fx_fire(fx);
	s = fx_next(fx);
	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_TRUE(test, s->tx.opts & FSP_HAS_ECHO);
	KUNIT_EXPECT_EQ(test, (int)s->tx.echo, fx->peer_serial - 1);
	KUNIT_EXPECT_EQ(test, (u64)s->tx.echo_delay * FSP_ECHO_DELAY_UNIT * FSP_NSEC_PER_USEC,
			fx->conn.cfg.delack_max);
	fx_done(fx);
}

/* MUST-58: it rides on data. */
static void piggybacks(struct kunit *test)
{
	struct fx *fx = settled(test);

	fx_data(fx, 0, 100, 0);
	fx_write(fx, 100);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(test, fx_next(fx)->tx.ack, fx_seq(100));
	fx_wait(fx, 50 * MSEC);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_done(fx);
}

/* At the beginning a packet is acknowledged at once, a message when its reader sleeps. */
static void quick(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx_data(fx, 0, FX_MSS, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	fx_skip(fx);
	fx_data(fx, FX_MSS, 100, FSP_PSH);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fsp_conn_reader_waits(&fx->conn, fx->now);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(test, fx_next(fx)->tx.ack, fx_seq(FX_MSS + 100));
	fsp_conn_reader_waits(&fx->conn, fx->now);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);

	/* Nobody reads */
	fx_data(fx, FX_MSS + 100, 100, FSP_PSH);
	KUNIT_EXPECT_EQ(test, fx_fire(fx), MSEC);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(test, fx_next(fx)->tx.ack, fx_seq(FX_MSS + 200));

	/* An exchange: the next answer will take it along. */
	fx_write(fx, 100);
	fx_skip(fx);
	fx_data(fx, FX_MSS + 200, 100, FSP_PSH);
	fsp_conn_reader_waits(&fx->conn, fx->now);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_done(fx);
}

/* The acknowledgment of a FIN rides on our own, if that comes soon. */
static void fin_rides(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fx_sent *s;

	fx_data(fx, 0, 0, FSP_FIN);
	KUNIT_EXPECT_EQ(test, (int)fx->conn.state, FSP_CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fsp_conn_shutdown(&fx->conn, fx->now);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	s = fx_next(fx);
	KUNIT_EXPECT_EQ(test, (int)s->tx.flags & (FSP_FIN | FSP_ACK), FSP_FIN | FSP_ACK);
	KUNIT_EXPECT_EQ(test, s->tx.ack, fx_seq(1));
	fx_wait(fx, 2 * MSEC);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_done(fx);
}

static void fin_alone(struct kunit *test)
{
	struct fx *fx = settled(test);

	fx_data(fx, 0, 100, FSP_FIN);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	KUNIT_EXPECT_EQ(test, fx_fire(fx), MSEC);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_EQ(test, fx_next(fx)->tx.ack, fx_seq(101));
	/* Our answer got lost, or is late. */
	fx_data(fx, 0, 100, FSP_FIN);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	fx_done(fx);

	/* without payload, too */
	fx = settled(test);
	fx_data(fx, 0, 0, FSP_FIN);
	acks_within(fx, MSEC);
	fx_done(fx);
}

/* RFC 5681 section 4.2: a gap, and its filling, are told at once. */
static void gaps(struct kunit *test)
{
	struct fx *fx = settled(test);

	fx_data(fx, 1000, 500, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	fx_data(fx, 2000, 500, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 2u);
	fx_data(fx, 0, 1000, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 3u);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.ack, fx_seq(1500));
	/* What came before, again */
	fx_data(fx, 0, 1000, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 4u);
	fx_done(fx);
}

static void quickack(struct kunit *test)
{
	struct fx *fx = settled(test);

	fx->conn.cfg.quickack = true;
	fx_data(fx, 0, 10, 0);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	fx_done(fx);
}

/* One who has written so much at a stretch that he will go on */
static struct fx *streaming(struct kunit *test)
{
	struct fx *fx = nagling(test);

	while (fx->written < 131072) {
		fx_write(fx, 1000);
		fx_wait(fx, MSEC / 10);
		fx_acked(fx, fx->written);
	}
	fx_sent_bytes(fx);
	fx->conn.cwnd = 100000;
	return fx;
}

static bool precise(struct fx *fx)
{
	return fsp_conn_next_of(&fx->conn, FSP_PRECISE) != U64_MAX;
}

/* What is left over at the end of one write goes with the next. */
static void gather_of_stream(struct kunit *test)
{
	struct fx *fx = streaming(test);
	struct fsp_conn *c = &fx->conn;
	u32 acked = fx->written;

	fx_append(fx, 500);
	KUNIT_EXPECT_TRUE(test, fsp_conn_gather(c, 0, fx->now));
	KUNIT_EXPECT_FALSE(test, precise(fx));
	fx_acked(fx, acked);
	fsp_conn_resume(c, fx->now);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 0u);
	fx_append(fx, 20000);
	KUNIT_EXPECT_FALSE(test, fsp_conn_gather(c, 0, fx->now));
	fsp_conn_push(c, 0, fx->now);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 20500u);
	fx_acked(fx, fx->written);
	/* Reader and FIN do not wait for it. */
	fx_append(fx, 500);
	KUNIT_EXPECT_TRUE(test, fsp_conn_gather(c, 0, fx->now));
	KUNIT_EXPECT_TRUE(test, fsp_conn_gathers(c));
	fsp_conn_shutdown(c, fx->now);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 500u);
	fx_done(fx);
}

/* Where nothing follows, once, the next one waits no longer than it must. */
static void gather_in_vain(struct kunit *test)
{
	struct fx *fx = streaming(test);
	struct fsp_conn *c = &fx->conn;

	fx_append(fx, 500);
	KUNIT_EXPECT_TRUE(test, fsp_conn_gather(c, 0, fx->now));
	fx_append(fx, 500);
	KUNIT_EXPECT_TRUE(test, fsp_conn_gather(c, 0, fx->now));
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 1000u);
	/* Something followed: still rough */
	fx_append(fx, 500);
	KUNIT_EXPECT_TRUE(test, fsp_conn_gather(c, 0, fx->now));
	KUNIT_EXPECT_FALSE(test, precise(fx));
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 500u);
	fx_append(fx, 500);
	KUNIT_EXPECT_TRUE(test, fsp_conn_gather(c, 0, fx->now));
	KUNIT_EXPECT_TRUE(test, precise(fx));
	fx_acked(fx, fx->written - 500);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 500u);
	fx_done(fx);
}

/* A pause, or a word of the peer's, ends it. */
static void gather_in_exchange(struct kunit *test)
{
	struct fx *fx = streaming(test);
	struct fsp_conn *c = &fx->conn;

	fx_data(fx, 0, 10, 0);
	fx_write(fx, 1000);
	fx_append(fx, 500);
	KUNIT_EXPECT_TRUE(test, fsp_conn_gather(c, 0, fx->now));
	KUNIT_EXPECT_TRUE(test, precise(fx));
	fx_acked(fx, fx->written);
	fx_done(fx);

	fx = streaming(test);
	c = &fx->conn;
	fx_wait(fx, 20 * MSEC);
	fx_append(fx, 500);
	KUNIT_EXPECT_FALSE(test, fsp_conn_gather(c, 0, fx->now));
	fx_done(fx);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(keeps_to_window),
	KUNIT_CASE(late_window),
	KUNIT_CASE(sender_sws),
	KUNIT_CASE(small_window_for_good),
	KUNIT_CASE(zero_window),
	KUNIT_CASE(zero_window_dead_peer),
	KUNIT_CASE(receiver_sws),
	KUNIT_CASE(never_shrinks),
	KUNIT_CASE(rcvbuf_follows_reader),
	KUNIT_CASE(rcvbuf_grows_behind_holes),
	KUNIT_CASE(sndbuf_follows_cwnd),
	KUNIT_CASE(rcvbuf_shrinks),
	KUNIT_CASE(window_clamp),
	KUNIT_CASE(nagle),
	KUNIT_CASE(gather),
	KUNIT_CASE(gather_of_stream),
	KUNIT_CASE(gather_in_vain),
	KUNIT_CASE(gather_in_exchange),
	KUNIT_CASE(nodelay),
	KUNIT_CASE(nagle_lets_fin_pass),
	KUNIT_CASE(cork),
	KUNIT_CASE(more),
	KUNIT_CASE(delayed),
	KUNIT_CASE(thinned),
	KUNIT_CASE(reader_rate),
	KUNIT_CASE(by_reader),
	KUNIT_CASE(by_reader_in_packets),
	KUNIT_CASE(by_reader_half),
	KUNIT_CASE(echoes),
	KUNIT_CASE(piggybacks),
	KUNIT_CASE(quick),
	KUNIT_CASE(fin_rides),
	KUNIT_CASE(fin_alone),
	KUNIT_CASE(gaps),
	KUNIT_CASE(quickack),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-window",
	.test_cases	= cases,
};
kunit_test_suite(suite);
