// SPDX-License-Identifier: GPL-2.0-only
/* Loss and its repair: timeouts, ranges, undo, segments cut in pieces. */
#include "fixture.h"

#define ACKED(fx, off, ...) ({						\
	static const u32 __pairs[] = { __VA_ARGS__ };			\
									\
	fx_sacked(fx, off, __pairs, ARRAY_SIZE(__pairs) / 2);		\
})

/* @n full segments in flight, the round trip 100 ms, sent one ms apart */
static struct fx *in_flight(struct kunit *test, u32 n)
{
	struct fx *fx = fx_established(test);

	fx->conn.cwnd = 1000 * FX_MSS;
	while (n--) {
		fx_write(fx, FX_MSS);
		fx->now += MSEC;
	}
	fx_skip(fx);
	return fx;
}

static void expect_next(struct fx *fx, u32 off, u32 len)
{
	struct fx_sent *s = fx_next(fx);

	KUNIT_ASSERT_NOT_NULL(fx->test, s);
	KUNIT_EXPECT_EQ(fx->test, s->tx.seq, fx_ack(off));
	KUNIT_EXPECT_EQ(fx->test, s->tx.len, len);
}

static void expect_accounts(struct fx *fx, u32 sacked, u32 lost, u32 retrans)
{
	KUNIT_EXPECT_EQ(fx->test, fx->conn.work->sacked_out, sacked);
	KUNIT_EXPECT_EQ(fx->test, fx->conn.work->lost_out, lost);
	KUNIT_EXPECT_EQ(fx->test, fx->conn.work->retrans_out, retrans);
}

/* ---- by timer ---- */

/* RFC 6298 (5.4)-(5.6), MUST-20: doubled each time, then the end */
static void timeouts(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;
	u64 rto, last;
	u32 n;

	c->cfg.retries2 = 5;
	/* or it would be sent in two pieces in the end */
	c->cfg.mtu_probing = FSP_MTU_PROBE_OFF;
	fsp_conn_probe_mtu(c, fx->now);
	fx_write(fx, FX_MSS);
	/* A probe first (RFC 8985 section 7.2), at two round trips and a delayed ACK */
	while (!c->timeouts)
		fx_fire(fx);
	KUNIT_EXPECT_EQ(test, c->cwnd, FX_MSS);
	rto = c->rto;
	last = fx->now;
	for (n = 1; n < 5; n++) {
		while (c->timeouts == n)
			KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
		KUNIT_EXPECT_EQ(test, fx->now - last, rto);
		KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.seq, fx_ack(0));
		rto *= 2;
		last = fx->now;
	}
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_CLOSED);
	KUNIT_EXPECT_EQ(test, c->error, 110);
	fx_done(fx);
}

/* R2 is a time: timeouts between which later bytes arrive come fast, and may be many. */
static void late_bytes(struct kunit *test)
{
	struct fx *fx = in_flight(test, 1);
	struct fsp_conn *c = &fx->conn;
	u64 began = fx->now;
	u32 from;

	c->cfg.retries2 = 5;
	for (from = FX_MSS / 2; from; from /= 2) {
		u32 pairs[] = { from, FX_MSS }, n = c->timeouts;

		while (c->timeouts == n)
			KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
		fx->now += MSEC;
		fx_sacked(fx, 0, pairs, 1);
		KUNIT_ASSERT_EQ(test, (int)c->state, FSP_ESTABLISHED);
	}
	KUNIT_EXPECT_LT(test, fx->now - began, 5 * SEC);
	while (c->state != FSP_CLOSED)
		KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
	KUNIT_EXPECT_GE(test, fx->now - began, (2 << 5) * c->cfg.rto_min - c->cfg.rto_min);
	KUNIT_EXPECT_EQ(test, c->error, 110);
	fx_done(fx);
}

/* A host that refuses every packet, nothing being under way, is not asked for ever. */
static void refused(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fsp_conn *c = &fx->conn;
	u64 began = fx->now;

	c->cfg.orphan_retries = 3;
	fx->xmit_ret = -1;
	fx_write(fx, FX_MSS);
	fsp_conn_orphan(c, fx->now);
	fsp_conn_shutdown(c, fx->now);
	while (c->state != FSP_CLOSED)
		KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
	KUNIT_EXPECT_GE(test, fx->now - began, 15 * c->cfg.rto_min);
	KUNIT_EXPECT_LE(test, fx->now - began, 16 * c->cfg.rto_min);
	KUNIT_EXPECT_EQ(test, c->error, 110);
	fx_done(fx);
}

static void user_timeout(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	u64 began = fx->now;

	fx->conn.cfg.user_timeout = 7 * SEC;
	fx_write(fx, FX_MSS);
	while (fx->conn.state != FSP_CLOSED)
		KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
	KUNIT_EXPECT_GE(test, fx->now - began, 7 * SEC);
	KUNIT_EXPECT_LE(test, fx->now - began, 14 * SEC);
	KUNIT_EXPECT_EQ(test, fx->conn.error, 110);
	fx_done(fx);
}

/* Every transmission has a number of its own. */
static void serials(struct kunit *test)
{
	struct fx *fx = in_flight(test, 3);
	u16 last = fx_last(fx)->tx.serial;
	int i;

	for (i = 0; i < 4; i++) {
		while (!fx_pending(fx))
			fx_fire(fx);
		KUNIT_EXPECT_TRUE(test, fsp_serial_before(last, fx_last(fx)->tx.serial));
		last = fx_last(fx)->tx.serial;
		fx_skip(fx);
	}
	fx_done(fx);
}

/* RFC 8985 section 7: the tail of a flight is probed long before an RTO. */
static void tail_loss(struct kunit *test)
{
	struct fx *fx = in_flight(test, 5);
	u64 waited;

	fx->now += 100 * MSEC;
	fx_acked(fx, 4000);
	fx_skip(fx);
	waited = fx_fire(fx);
	KUNIT_EXPECT_LE(test, waited, 2 * fx->conn.srtt + fx->conn.cfg.delack_max);
	expect_next(fx, 4000, FX_MSS);
	KUNIT_EXPECT_EQ(test, fx->conn.timeouts, 0u);
	fx_acked(fx, 5000);
	expect_accounts(fx, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(&fx->conn), 0ull);
	fx_done(fx);
}

/* What is acknowledged by its reader, and a tick late, is no lost tail yet. */
static void tail_waits_for_reader(struct kunit *test)
{
	struct fx *fx = in_flight(test, 5);

	fx->now += 100 * MSEC;
	fx_acked(fx, 3000);
	fx_skip(fx);
	KUNIT_EXPECT_EQ(test, fx_fire(fx), 2 * fx->conn.srtt + 5 * MSEC);
	expect_next(fx, 4000, FX_MSS);
	fx_done(fx);
}

/* ---- by ranges ---- */

/* Three segments after a hole: it is filled at once. */
static void hole(struct kunit *test)
{
	struct fx *fx = in_flight(test, 10);
	struct fsp_conn *c = &fx->conn;

	fx->now += 90 * MSEC;
	ACKED(fx, 1000, 2000, 3000);
	ACKED(fx, 1000, 2000, 4000);
	ACKED(fx, 1000, 2000, 5000);
	expect_next(fx, 1000, FX_MSS);
	KUNIT_EXPECT_EQ(test, (int)c->recovery, FSP_RECOVERY);
	expect_accounts(fx, 3000, 1000, 1000);
	KUNIT_EXPECT_EQ(test, fsp_in_flight(c), 6000u);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_FAST_RECOVERY], 1u);
	/* RFC 5681 (4) for Reno */
	KUNIT_EXPECT_EQ(test, c->ssthresh, 500 * FX_MSS);
	fx->now += 100 * MSEC;
	fx_acked(fx, 10000);
	KUNIT_EXPECT_EQ(test, (int)c->recovery, FSP_OPEN);
	expect_accounts(fx, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, c->delivered, 10000ull);
	fx_done(fx);
}

/* The same ranges again, or nonsense, change nothing. */
static void odd_ranges(struct kunit *test)
{
	struct fx *fx = in_flight(test, 10);

	fx->now += 90 * MSEC;
	ACKED(fx, 0, 5000, 6000);
	ACKED(fx, 0, 5000, 6000);
	expect_accounts(fx, 1000, 0, 0);
	ACKED(fx, 0, 9000, 11000);
	ACKED(fx, 0, 6000, 5000);
	ACKED(fx, 0, 7000, 7000);
	ACKED(fx, 0, (u32)-1000, 0);
	ACKED(fx, 0, (u32)-1000, 1000);
	ACKED(fx, 0, 0x7fffffff, 0x80000001);
	expect_accounts(fx, 1000, 0, 0);
	KUNIT_EXPECT_EQ(test, fx->conn.snd_una, fx_ack(0));
	fx_done(fx);
}

/* Every single loss among ten is repaired, whichever it is. */
static void any_single_loss(struct kunit *test)
{
	u32 lost;

	for (lost = 0; lost < 10; lost++) {
		struct fx *fx = in_flight(test, 10);
		u32 pairs[2] = { (lost + 1) * 1000, (lost + 1) * 1000 }, i;

		fx->now += 90 * MSEC;
		for (i = 0; i < 10; i++) {
			fx->now += MSEC;
			if (i < lost)
				fx_acked(fx, (i + 1) * 1000);
			if (i <= lost)
				continue;
			pairs[1] = (i + 1) * 1000;
			fx_sacked(fx, lost * 1000, pairs, 1);
		}
		while (!fx_pending(fx))
			KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
		expect_next(fx, lost * 1000, FX_MSS);
		KUNIT_EXPECT_EQ(test, fx->conn.timeouts, 0u);
		fx_acked(fx, 10000);
		expect_accounts(fx, 0, 0, 0);
		fx_done(fx);
	}
}

/* The retransmission is lost as well: by timer, in the end. */
static void lost_twice(struct kunit *test)
{
	struct fx *fx = in_flight(test, 10);

	fx->now += 90 * MSEC;
	ACKED(fx, 0, 1000, 10000);
	expect_next(fx, 0, FX_MSS);
	while (!fx_pending(fx))
		KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
	expect_next(fx, 0, FX_MSS);
	fx_acked(fx, 10000);
	expect_accounts(fx, 0, 0, 0);
	fx_done(fx);
}

/* RFC 2018 section 8: what was reported may be taken back; a timeout forgets it. */
static void reneging(struct kunit *test)
{
	struct fx *fx = in_flight(test, 4);
	u32 bytes = 0, off = 0;

	ACKED(fx, 0, 1000, 4000);
	while (fx->conn.snd_una != fx_ack(4000)) {
		while (!fx_pending(fx))
			KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
		/* It holds nothing of what it reported. */
		bytes += fx_sent_bytes(fx);
		if (fx->conn.timeouts)
			fx_acked(fx, off += FX_MSS);
	}
	KUNIT_EXPECT_GE(test, bytes, 4000u);
	expect_accounts(fx, 0, 0, 0);
	fx_done(fx);
}

/*
 * An acknowledgment that stops where a range began says so at once; there is no
 * need to wait for the timeout that is due, and nothing else is forgotten.
 */
static void reneging_shows(struct kunit *test)
{
	struct fx *fx = in_flight(test, 6);
	struct fsp_conn *c = &fx->conn;
	u64 rto = c->rto;

	fx->now += 90 * MSEC;
	ACKED(fx, 0, 1000, 3000, 4000, 6000);
	expect_next(fx, 0, FX_MSS);
	fx_acked(fx, 1000);
	KUNIT_EXPECT_LT(test, fx_fire(fx), rto / 2);
	while (c->work->sacked_out)
		KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_RENEGED], 1u);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->off, 1000ull);
	fx_acked(fx, 6000);
	expect_accounts(fx, 0, 0, 0);
	fx_done(fx);
}

/* ---- needless retransmissions ---- */

/* The answer to the original shows that nothing was lost: RFC 4015's point, exactly. */
static void undone(struct kunit *test)
{
	struct fx *fx = in_flight(test, 1);
	struct fsp_conn *c = &fx->conn;
	u16 original = fx_last(fx)->tx.serial;
	u32 cwnd = c->cwnd, ssthresh = c->ssthresh;
	struct fsp_rx rx = {
		.seq = fx_seq(0), .ack = fx_ack(FX_MSS), .flags = FSP_ACK,
		.opts = FSP_HAS_ECHO, .echo = original,
	};

	while (!c->timeouts)
		fx_fire(fx);
	KUNIT_EXPECT_EQ(test, c->cwnd, FX_MSS);
	fx_rx(fx, &rx);
	KUNIT_EXPECT_GE(test, c->cwnd, cwnd);
	KUNIT_EXPECT_GE(test, c->ssthresh, ssthresh);
	KUNIT_EXPECT_EQ(test, (int)c->recovery, FSP_OPEN);
	KUNIT_EXPECT_GE(test, fx->count[FSP_COUNT_SPURIOUS], 1u);
	fx_done(fx);
}

static void not_undone(struct kunit *test)
{
	struct fx *fx = in_flight(test, 1);
	struct fsp_conn *c = &fx->conn;

	while (!c->timeouts)
		fx_fire(fx);
	fx_acked(fx, FX_MSS);		/* answers the newest transmission */
	KUNIT_EXPECT_LT(test, c->cwnd, 10 * FX_MSS);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_SPURIOUS], 0u);
	fx_done(fx);
}

/* ---- super-packets ---- */

static struct fx *super(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fsp_conn_set_path(&fx->conn, FSP_HDR_MIN + FX_MSS, 60000, fx->now);
	fx->conn.cwnd = 100 * FX_MSS;
	fx_write(fx, 10 * FX_MSS);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	expect_next(fx, 0, 10 * FX_MSS);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.mss, FX_MSS);
	return fx;
}

static void split_by_ack(struct kunit *test)
{
	struct fx *fx = super(test);
	struct fsp_seg *seg;

	fx_acked(fx, 3500);
	seg = fsp_segq_first(&fx->conn.work->rtxq);
	KUNIT_ASSERT_NOT_NULL(test, seg);
	KUNIT_EXPECT_EQ(test, seg->seq, fx_ack(3500));
	KUNIT_EXPECT_EQ(test, fsp_seg_len(seg), 6500u);
	KUNIT_EXPECT_EQ(test, fsp_in_flight(&fx->conn), 6500u);
	fx_acked(fx, 10000);
	KUNIT_EXPECT_EQ(test, fx->carriers, 0u);
	fx_done(fx);
}

/* A hole in the middle of a super-packet: only the hole is sent again. */
static void split_by_range(struct kunit *test)
{
	struct fx *fx = super(test);
	struct fx_sent *s;

	fx->now += 100 * MSEC;
	ACKED(fx, 2000, 3000, 10000);
	expect_accounts(fx, 7000, fx->conn.work->lost_out, fx->conn.work->retrans_out);
	while (!fx_pending(fx))
		KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
	s = fx_next(fx);
	KUNIT_EXPECT_EQ(test, s->tx.seq, fx_ack(2000));
	KUNIT_EXPECT_EQ(test, s->tx.len, 1000u);
	fx_acked(fx, 10000);
	expect_accounts(fx, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, fx->carriers, 0u);
	fx_done(fx);
}

/* After a timeout the window is one segment: no more than that is sent again. */
static void split_by_timeout(struct kunit *test)
{
	struct fx *fx = super(test);

	while (!fx->conn.timeouts) {
		fx_skip(fx);
		KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
	}
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 1u);
	expect_next(fx, 0, FX_MSS);
	fx_acked(fx, 10000);
	expect_accounts(fx, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, fx->carriers, 0u);
	fx_done(fx);
}

/* Without memory to split, the range is not used, and nothing is lost by it. */
static void split_fails(struct kunit *test)
{
	struct fx *fx = super(test);

	fx->no_split = true;
	ACKED(fx, 2000, 3000, 5000);
	expect_accounts(fx, 0, 0, 0);
	fx->no_split = false;
	fx_acked(fx, 10000);
	KUNIT_EXPECT_EQ(test, fx->carriers, 0u);
	fx_done(fx);
}

/* The path shrank: all is sent again in smaller pieces, and the window stays. */
static void path_shrinks(struct kunit *test)
{
	struct fx *fx = super(test);
	struct fsp_conn *c = &fx->conn;
	u32 bytes = 0, off = 0;

	fsp_conn_set_path(c, FSP_HDR_MIN + 300, 60000, fx->now);
	fsp_conn_path_shrunk(c, fx->now);
	KUNIT_EXPECT_GT(test, fx_pending(fx), 0u);
	while (c->snd_una != fx_ack(10000)) {
		struct fx_sent *s = fx_next(fx);

		if (!s) {
			fx_acked(fx, off);
			if (!fx_pending(fx) && off < 10000)
				KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
			continue;
		}
		KUNIT_EXPECT_LE(test, s->tx.hdr_len + min(s->tx.mss, s->tx.len),
				FSP_HDR_MIN + 300u);
		off = max(off, s->tx.seq + s->tx.len - fx_ack(0));
		bytes += s->tx.len;
	}
	KUNIT_EXPECT_GE(test, bytes, 10000u);
	expect_accounts(fx, 0, 0, 0);
	fx_done(fx);
}

/* Without memory below, it is tried again, and soon. */
static void no_buffers(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	u64 waited = 0;

	fx->xmit_ret = -ENOBUFS;
	fx_write(fx, 3 * FX_MSS);
	fx->xmit_ret = 0;
	while (!fx_pending(fx)) {
		u64 ns = fx_fire(fx);

		KUNIT_ASSERT_GT(test, ns, 0ull);
		waited += ns;
	}
	KUNIT_EXPECT_LE(test, waited, SEC);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 3 * FX_MSS);
	fx_done(fx);
}

/* ---- idle ---- */

/* MUST-25..27, MUST-29 */
static void keepalive(struct kunit *test)
{
	struct fx *fx = fx_new(test);
	struct fsp_conn *c = &fx->conn;
	int i;

	KUNIT_EXPECT_FALSE(test, c->cfg.keepalive);
	KUNIT_EXPECT_GE(test, c->cfg.keepalive_time, 7200 * SEC);	/* MUST-28 */
	fx_establish(fx);
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(c), 0ull);

	c->cfg.keepalive = true;
	c->cfg.keepalive_time = 100 * SEC;
	c->cfg.keepalive_intvl = 10 * SEC;
	c->cfg.keepalive_probes = 3;
	fsp_conn_reconfigure(c, fx->now);
	KUNIT_EXPECT_EQ(test, fx_fire(fx), 100 * SEC);
	expect_next(fx, (u32)-1, 0);
	/* Answered: all begins again. */
	fx_acked(fx, 0);
	while (!fx_pending(fx))
		KUNIT_ASSERT_GT(test, fx_fire(fx), 0ull);
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_ESTABLISHED);
	fx_skip(fx);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, fx_fire(fx), 10 * SEC);
		KUNIT_EXPECT_EQ(test, (int)c->state, FSP_ESTABLISHED);
	}
	KUNIT_EXPECT_EQ(test, fx_fire(fx), 10 * SEC);
	KUNIT_EXPECT_EQ(test, (int)c->state, FSP_CLOSED);
	KUNIT_EXPECT_EQ(test, c->error, 110);
	fx_done(fx);
}

/* RFC 5681 section 4.1 */
static void restart_after_idle(struct kunit *test)
{
	struct fx *fx = in_flight(test, 1);

	fx_acked(fx, 1000);
	fx->now += 10 * SEC;
	fx_write(fx, FX_MSS);
	KUNIT_EXPECT_LE(test, fx->conn.cwnd, 10 * FX_MSS);
	fx_done(fx);
}

/* A gap of 2^32 in the stream's life: windows, ranges and accounts go on. */
static void far_into_the_stream(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	struct fx_sent *s;

	fx->conn.una_off = (6ull << 31) - 500;
	fx_write(fx, FX_MSS);
	s = fx_next(fx);
	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_TRUE(test, s->tx.opts & FSP_HAS_EPOCH);
	KUNIT_EXPECT_EQ(test, (int)s->tx.seq_epoch, 5);
	fx_done(fx);
}

/* A window of one packet is one packet of whatever size the path takes now. */
static void wider_path(struct kunit *test)
{
	struct fx *fx = fx_established(test);

	fx_write(fx, FX_MSS);
	while (!fx->conn.timeouts)
		fx_fire(fx);
	fx_acked(fx, FX_MSS);
	fx->conn.cwnd = FX_MSS;
	fx_skip(fx);
	fsp_conn_set_path(&fx->conn, FSP_HDR_MIN + 2 * FX_MSS, 2 * FX_MSS, fx->now);
	fx->conn.peer_mss = 2 * FX_MSS;
	fsp_conn_reconfigure(&fx->conn, fx->now);
	fx_write(fx, 2 * FX_MSS);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), 2 * FX_MSS);
	fx_done(fx);
}

/* A probe that cannot be cut to one packet may be too large for today's path. */
static void probe_uncut(struct kunit *test)
{
	struct fx *fx = fx_established(test);
	u32 timeouts = fx->conn.timeouts;

	fsp_conn_set_path(&fx->conn, FSP_HDR_MIN + FX_MSS, 60000, fx->now);
	fx_write(fx, 3 * FX_MSS);
	fx_skip(fx);
	fsp_conn_set_path(&fx->conn, FSP_HDR_MIN + FX_MSS, FX_MSS, fx->now);
	fx->no_split = true;
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, fx->conn.timeouts, timeouts);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx->no_split = false;
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, fx->conn.timeouts, timeouts + 1);
	KUNIT_EXPECT_EQ(test, fx_sent_bytes(fx), FX_MSS);
	fx_done(fx);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(timeouts),
	KUNIT_CASE(late_bytes),
	KUNIT_CASE(refused),
	KUNIT_CASE(user_timeout),
	KUNIT_CASE(serials),
	KUNIT_CASE(tail_loss),
	KUNIT_CASE(tail_waits_for_reader),
	KUNIT_CASE(hole),
	KUNIT_CASE(odd_ranges),
	KUNIT_CASE(any_single_loss),
	KUNIT_CASE(lost_twice),
	KUNIT_CASE(reneging),
	KUNIT_CASE(reneging_shows),
	KUNIT_CASE(undone),
	KUNIT_CASE(not_undone),
	KUNIT_CASE(split_by_ack),
	KUNIT_CASE(split_by_range),
	KUNIT_CASE(split_by_timeout),
	KUNIT_CASE(split_fails),
	KUNIT_CASE(path_shrinks),
	KUNIT_CASE(no_buffers),
	KUNIT_CASE(keepalive),
	KUNIT_CASE(restart_after_idle),
	KUNIT_CASE(far_into_the_stream),
	KUNIT_CASE(probe_uncut),
	KUNIT_CASE(wider_path),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-recovery",
	.test_cases	= cases,
};
kunit_test_suite(suite);
