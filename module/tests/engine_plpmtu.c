// SPDX-License-Identifier: GPL-2.0-only
/* The path MTU found by probing: RFC 8899. */
#include "fixture.h"

#define ROOM	1480u
#define BASE	1200u
#define RAISE	(600 * SEC)

/* The peer takes large packets and, by its features, may know probes. */
static struct fx *connected(struct kunit *test, u8 mode, u32 features)
{
	struct fx *fx = fx_new(test);

	fx->conn.cfg.mtu_probing = mode;
	fx->conn.mss_room = ROOM;
	fx->conn.gso_max = 60000;
	fx_establish_with(fx, fx_peer(features, 8960));
	KUNIT_EXPECT_TRUE(test, fx->sent[0].tx.features & FSP_FEATURE_PROBE);
	KUNIT_EXPECT_EQ(test, (u32)fx->sent[0].tx.opt_mss, ROOM - FSP_HDR_MIN);
	return fx;
}

static u32 size_of(const struct fsp_tx *tx)
{
	return tx->hdr_len + tx->pad + tx->len;
}

/* The next packet is a probe; returns its size. */
static u32 probe(struct fx *fx)
{
	struct fx_sent *s = fx_next(fx);

	KUNIT_ASSERT_NOT_NULL(fx->test, s);
	KUNIT_EXPECT_TRUE(fx->test, s->tx.opts & FSP_HAS_PROBE);
	KUNIT_EXPECT_EQ(fx->test, s->tx.seq, fx->conn.snd_nxt);
	KUNIT_EXPECT_EQ(fx->test, s->tx.len, 0u);
	KUNIT_EXPECT_EQ(fx->test, s->tx.opts & FSP_HAS_ECHO, 0);
	return size_of(&s->tx);
}

static void answer(struct fx *fx, u16 id, u32 size)
{
	struct fsp_rx rx = {
		.seq = fx->conn.rcv_nxt,
		.ack = fx->conn.snd_una,
		.flags = FSP_ACK,
		.opts = FSP_HAS_PROBED,
		.probe = id,
		.probe_size = size,
	};

	fx_rx(fx, &rx);
}

/* The path takes @most: answer what arrives, let time pass for what does not. */
static u32 settle(struct fx *fx, u32 most)
{
	struct fx_sent *s;
	u32 probes = 0;

	while (fx->conn.work->pmtu.state != FSP_PMTU_COMPLETE) {
		s = fx_next(fx);
		if (!s) {
			fx_fire(fx);
			continue;
		}
		if (!(s->tx.opts & FSP_HAS_PROBE))
			continue;
		probes++;
		KUNIT_ASSERT_TRUE(fx->test, probes < 100);
		if (size_of(&s->tx) <= most) {
			fx->now += 100 * MSEC;
			answer(fx, s->tx.probe, size_of(&s->tx));
		}
	}
	return probes;
}

/* A probe as bytes, and read again */
static void wire(struct kunit *test)
{
	struct fsp_tx tx = {
		.seq = 77, .ack = 99, .flags = FSP_ACK, .probe = 0xbeef, .probe_size = 1480,
		.opts = FSP_HAS_PROBE | FSP_HAS_EPOCH, .seq_epoch = 1, .nr_ranges = 3,
	};
	u8 *p = kunit_kzalloc(test, 2000, GFP_KERNEL);
	struct fsp_rx rx;

	KUNIT_ASSERT_NOT_NULL(test, p);
	fsp_tx_measure(&tx);
	KUNIT_EXPECT_EQ(test, size_of(&tx), 1480u);
	fsp_hdr_build(&tx, p);
	/* Only what is not padding has to be readable. */
	KUNIT_ASSERT_EQ(test, (int)fsp_hdr_parse(p, tx.hdr_len, 1480, &rx), (int)FSP_PARSE_OK);
	KUNIT_EXPECT_EQ(test, (u32)rx.probe, 0xbeefu);
	KUNIT_EXPECT_EQ(test, (u32)rx.probe_size, 1480u);
	KUNIT_EXPECT_EQ(test, rx.len, 0u);
	KUNIT_EXPECT_EQ(test, (u32)rx.opts, (u32)tx.opts);
	KUNIT_EXPECT_EQ(test, rx.seq, 77u);
	/* Not the length that was sent, or no acknowledgment: nothing is confirmed. */
	KUNIT_EXPECT_NE(test, (int)fsp_hdr_parse(p, tx.hdr_len, 1479, &rx), (int)FSP_PARSE_OK);
	KUNIT_EXPECT_NE(test, (int)fsp_hdr_parse(p, tx.hdr_len - 1, 1480, &rx),
			(int)FSP_PARSE_OK);
	p[13] |= FSP_FIN;
	KUNIT_EXPECT_EQ(test, (int)fsp_hdr_parse(p, tx.hdr_len, 1480, &rx),
			(int)FSP_PARSE_OPTION);
}

static void answer_on_wire(struct kunit *test)
{
	struct fsp_tx tx = {
		.flags = FSP_ACK, .probe = 7, .probe_size = 65515, .seq_epoch = 1,
		.opts = FSP_HAS_PROBED | FSP_HAS_ECHO | FSP_HAS_EPOCH | FSP_HAS_ECN,
	};
	u8 p[FSP_HDR_MAX];
	struct fsp_rx rx;

	fsp_tx_measure(&tx);
	KUNIT_ASSERT_TRUE(test, tx.hdr_len <= FSP_HDR_MAX);
	KUNIT_EXPECT_EQ(test, (u32)tx.pad, 0u);
	fsp_hdr_build(&tx, p);
	KUNIT_ASSERT_EQ(test, (int)fsp_hdr_parse(p, tx.hdr_len, tx.hdr_len, &rx),
			(int)FSP_PARSE_OK);
	KUNIT_EXPECT_EQ(test, (u32)rx.opts, (u32)tx.opts);
	KUNIT_EXPECT_EQ(test, (u32)rx.probe, 7u);
	KUNIT_EXPECT_EQ(test, (u32)rx.probe_size, 65515u);
}

/* We are asked: the answer goes at once, once, and says what arrived. */
static void asked(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_OFF, 0);
	struct fsp_rx rx = {
		.seq = fx->conn.rcv_nxt, .ack = fx->conn.snd_una, .flags = FSP_ACK | FSP_EXT,
		.opts = FSP_HAS_PROBE, .probe = 5, .probe_size = 9000,
	};
	struct fx_sent *s;

	fx_rx(fx, &rx);
	s = fx_next(fx);
	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_TRUE(test, s->tx.opts & FSP_HAS_PROBED);
	KUNIT_EXPECT_EQ(test, (u32)s->tx.probe, 5u);
	KUNIT_EXPECT_EQ(test, (u32)s->tx.probe_size, 9000u);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	fx_done(fx);
}

/* Others have overtaken it, and moved the window: still an answer, no challenge. */
static void asked_late(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_OFF, 0);
	struct fsp_rx rx = {
		.seq = fx_seq(0), .ack = fx->conn.snd_una, .flags = FSP_ACK | FSP_EXT,
		.opts = FSP_HAS_PROBE, .probe = 5, .probe_size = 1480,
	};

	fx_data(fx, 0, 1000, 0);
	fx_data(fx, 1000, 1000, 0);
	fx_wait(fx, 100 * MSEC);
	fx_skip(fx);
	fx_rx(fx, &rx);
	KUNIT_ASSERT_EQ(test, fx_pending(fx), 1u);
	KUNIT_EXPECT_TRUE(test, fx_last(fx)->tx.opts & FSP_HAS_PROBED);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_CHALLENGES], 0u);
	/* Beyond what anybody in the window may have sent: no */
	fx_skip(fx);
	rx.seq = fx_seq(0) - FX_BUF * 2;
	fx_rx(fx, &rx);
	if (fx_pending(fx))
		KUNIT_EXPECT_FALSE(test, fx_last(fx)->tx.opts & FSP_HAS_PROBED);
	fx_done(fx);
}

/* Mode 2: small packets first, one answered probe makes them large. */
static void search_up(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_ALWAYS, FSP_FEATURE_PROBE);
	struct fsp_conn *c = &fx->conn;
	u32 cwnd;

	KUNIT_EXPECT_EQ(test, fsp_conn_mss(c), BASE - FSP_HDR_MIN);
	KUNIT_EXPECT_EQ(test, c->work->pmtu.state, (u8)FSP_PMTU_SEARCHING);
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, probe(fx), ROOM);
	cwnd = c->cwnd;
	fx->now += 100 * MSEC;
	/* Another size, another number, somebody's guess: nothing */
	answer(fx, c->work->pmtu.id, ROOM - 1);
	answer(fx, c->work->pmtu.id + 1, ROOM);
	answer(fx, c->work->pmtu.id - 1, ROOM);
	KUNIT_EXPECT_EQ(test, fsp_conn_mss(c), BASE - FSP_HDR_MIN);
	answer(fx, c->work->pmtu.id, ROOM);
	KUNIT_EXPECT_EQ(test, fsp_conn_mss(c), ROOM - FSP_HDR_MIN);
	KUNIT_EXPECT_EQ(test, c->work->pmtu.state, (u8)FSP_PMTU_COMPLETE);
	KUNIT_EXPECT_EQ(test, c->cwnd, cwnd);
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(c), 0ull);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_MTU_PROBE_ACKED], 1u);
	fx_done(fx);
}

/* Whatever the path takes is found, by few probes, and data is never delayed. */
static void search_all(struct kunit *test)
{
	static const u32 paths[] = { 1200, 1240, 1260, 1300, 1372, 1400, 1430, 1456, 1472, 1479 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		struct fx *fx = connected(test, FSP_MTU_PROBE_ALWAYS, FSP_FEATURE_PROBE);
		u32 probes = settle(fx, paths[i]), found = fsp_conn_room(&fx->conn);

		KUNIT_EXPECT_LE(test, found, paths[i]);
		KUNIT_EXPECT_GE(test, found + found / 64 + 1, paths[i]);
		KUNIT_EXPECT_LE(test, probes, 20u);
		KUNIT_EXPECT_EQ(test, fx->conn.retrans_segs, 0u);
		fx_done(fx);
	}
}

/* A lost probe is no sign of congestion: RFC 8899 section 3 */
static void probe_lost(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_ALWAYS, FSP_FEATURE_PROBE);
	struct fsp_conn *c = &fx->conn;
	u32 cwnd = c->cwnd, i;

	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_GT(test, fx_fire(fx) + 1, i ? 200 * MSEC : 0);
		KUNIT_EXPECT_EQ(test, probe(fx), ROOM);
	}
	fx_fire(fx);
	KUNIT_EXPECT_LT(test, probe(fx), ROOM);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_MTU_PROBE_LOST], 3u);
	KUNIT_EXPECT_EQ(test, c->cwnd, cwnd);
	KUNIT_EXPECT_EQ(test, c->recovery, (u8)FSP_OPEN);
	fx_done(fx);
}

/* Nothing at all comes back: that says nothing of sizes. */
static void outage(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_ALWAYS, FSP_FEATURE_PROBE);

	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, probe(fx), ROOM);
	fx_write(fx, 100);
	fx_wait(fx, 20 * SEC);
	KUNIT_EXPECT_EQ(test, fx->conn.work->pmtu.fails, 0u);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_MTU_PROBE_LOST], 0u);
	fx_done(fx);
}

/* A probe that waits for the end of an outage is not asked for more and more often. */
static void outage_lasts(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_ALWAYS, FSP_FEATURE_PROBE);
	u64 begin = fx->now;
	u32 i;

	fx_write(fx, 100);
	for (i = 0; i < 16; i++)
		fx_fire(fx);
	KUNIT_EXPECT_GT(test, fx->now - begin, 10 * SEC);
	fx_done(fx);
}

/* Large packets vanish; fires timers until a small one comes, and acknowledges that. */
static void black_hole(struct fx *fx, u32 most)
{
	u32 una = fx->conn.snd_una - fx_ack(0), i;
	struct fx_sent *s;

	for (i = 0; i < 20; i++) {
		while ((s = fx_next(fx)) != NULL)
			if (s->off == una && s->tx.len && s->tx.hdr_len +
			    min(s->tx.len, s->tx.mss) <= most && s->tx.len <= s->tx.mss) {
				fx->now += 100 * MSEC;
				fx_acked(fx, una + s->tx.len);
				return;
			}
		fx_fire(fx);
	}
	KUNIT_FAIL(fx->test, "no small packet was sent");
}

static void fall(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_BLACK_HOLE, FSP_FEATURE_PROBE);
	struct fsp_conn *c = &fx->conn;

	KUNIT_EXPECT_EQ(test, fsp_conn_mss(c), ROOM - FSP_HDR_MIN);
	fx_write(fx, 14600);
	black_hole(fx, 1400);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_MTU_BLACK_HOLE], 1u);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(c), BASE);
	KUNIT_EXPECT_EQ(test, c->work->pmtu.state, (u8)FSP_PMTU_BASE);
	/* Not congestion: the window is a new connection's. */
	KUNIT_EXPECT_GE(test, c->cwnd, FSP_INIT_CWND_SEGS * c->snd_mss);
	KUNIT_EXPECT_EQ(test, c->ssthresh, FSP_SSTHRESH_INFINITE);
	/* As much as that allows is sent again at once, small. */
	KUNIT_EXPECT_GT(test, fsp_in_flight(c), 8 * c->snd_mss);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.mss + FSP_HDR_MIN, BASE);
	fx_acked(fx, 14600);
	KUNIT_EXPECT_EQ(test, c->recovery, (u8)FSP_OPEN);
	settle(fx, 1400);
	KUNIT_EXPECT_LE(test, fsp_conn_room(c), 1400u);
	KUNIT_EXPECT_GE(test, fsp_conn_room(c), 1380u);
	fx_done(fx);
}

/* Not even the base size passes: RFC 8899's ERROR, and up again from there */
static void fall_far(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_BLACK_HOLE, FSP_FEATURE_PROBE);
	struct fsp_conn *c = &fx->conn;

	fx_write(fx, 5000);
	black_hole(fx, 600);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(c), 556u);
	KUNIT_EXPECT_EQ(test, c->work->pmtu.state, (u8)FSP_PMTU_ERROR);
	fx_acked(fx, 5000);
	settle(fx, 1000);
	KUNIT_EXPECT_LE(test, fsp_conn_room(c), 1000u);
	KUNIT_EXPECT_GE(test, fsp_conn_room(c), 980u);
	fx_done(fx);
}

/* A path that loses at random, the same bytes again and again: others arrive, as large. */
static void lossy(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_BLACK_HOLE, FSP_FEATURE_PROBE);
	u32 range[2] = { 1460, 0 }, i;

	fx_write(fx, 14600);
	for (i = 2; i < 8; i++) {
		range[1] = i * 1460;
		fx->now += 20 * MSEC;
		fx_sacked(fx, 0, range, 1);
		fx_fire(fx);
	}
	fx_acked(fx, 14600);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_MTU_BLACK_HOLE], 0u);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(&fx->conn), ROOM);
	fx_done(fx);
}

/* What passes is smaller than what vanishes: that is a black hole still. */
static void smaller_ones_pass(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_BLACK_HOLE, FSP_FEATURE_PROBE);
	u32 range[2] = { 1460, 1460 }, i;

	fx->conn.cfg.nodelay = true;
	fx_write(fx, 1460);
	for (i = 0; i < 5; i++)
		fx_write(fx, 1260);
	while (fx_next(fx))
		;
	for (i = 0; i < 5; i++) {
		range[1] += 1260;
		fx->now += 20 * MSEC;
		fx_sacked(fx, 0, range, 1);
		fx_fire(fx);
	}
	KUNIT_EXPECT_LT(test, fx_last(fx)->tx.len, 1260u);
	black_hole(fx, 1400);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_MTU_BLACK_HOLE], 1u);
	fx_done(fx);
}

/* The original was late, not lost: nothing to learn about sizes */
static void late_original(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_BLACK_HOLE, FSP_FEATURE_PROBE);
	struct fsp_conn *c = &fx->conn;
	struct fsp_rx rx = {
		.seq = c->rcv_nxt, .ack = fx_ack(1460), .flags = FSP_ACK,
		.opts = FSP_HAS_ECHO,
	};
	u32 i;

	fx_write(fx, 1460);
	rx.echo = fx_last(fx)->tx.serial;
	for (i = 0; i < 10 && fx_last(fx)->tx.len >= 1200; i++)
		fx_fire(fx);
	KUNIT_EXPECT_LT(test, fx_last(fx)->tx.len, 1200u);
	fx_rx(fx, &rx);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_MTU_BLACK_HOLE], 0u);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(c), ROOM);
	fx_done(fx);
}

/* A peer that does not know probes: small for ten minutes, then the host's word */
static void peer_without(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_ALWAYS, 0);
	struct fsp_conn *c = &fx->conn;

	KUNIT_EXPECT_EQ(test, fsp_conn_mss(c), ROOM - FSP_HDR_MIN);
	fx_write(fx, 1460);
	black_hole(fx, 1400);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(c), BASE);
	fx_acked(fx, 1460);
	fx_skip(fx);
	fx_wait(fx, RAISE + SEC);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(c), ROOM);
	KUNIT_EXPECT_EQ(test, fx->count[FSP_COUNT_MTU_PROBE_SENT], 0u);
	fx_done(fx);
}

static void off(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_OFF, FSP_FEATURE_PROBE);
	u32 i;

	fx_write(fx, 1460);
	for (i = 0; i < 8; i++)
		fx_fire(fx);
	KUNIT_EXPECT_EQ(test, fx_last(fx)->tx.len, 1460u);
	fsp_conn_set_path(&fx->conn, 8980, 60000, fx->now);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(&fx->conn), 8980u);
	fx_done(fx);
}

/* The path has become larger since: found after PMTU_RAISE_TIMER, if anybody cares */
static void raised(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_ALWAYS, FSP_FEATURE_PROBE);
	struct fsp_conn *c = &fx->conn;

	settle(fx, 1400);
	fx_skip(fx);
	fx_wait(fx, RAISE + SEC);
	KUNIT_EXPECT_EQ(test, fx_pending(fx), 0u);	/* idle */
	fx_write(fx, 100);
	fx_acked(fx, 100);
	fx_skip(fx);
	fx_wait(fx, RAISE);
	KUNIT_EXPECT_EQ(test, c->work->pmtu.state, (u8)FSP_PMTU_SEARCHING);
	KUNIT_EXPECT_EQ(test, probe(fx), ROOM);
	answer(fx, c->work->pmtu.id, ROOM);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(c), ROOM);
	fx_done(fx);
}

/* The host's news: smaller counts at once (RFC 8899 section 4.6.2), larger is probed */
static void host_says(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_BLACK_HOLE, FSP_FEATURE_PROBE);
	struct fsp_conn *c = &fx->conn;

	fsp_conn_set_path(c, 1300, 60000, fx->now);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(c), 1300u);
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(c), 0ull);
	fsp_conn_set_path(c, 4000, 60000, fx->now);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(c), 1300u);
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, probe(fx), 4000u);
	/* "Too big" about the probe: the new bound is probed next. */
	fsp_conn_set_path(c, 2000, 60000, fx->now);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(c), 1300u);
	fx_fire(fx);
	KUNIT_EXPECT_EQ(test, probe(fx), 2000u);
	answer(fx, c->work->pmtu.id, 2000);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(c), 2000u);
	/* Below what is known to pass: believed, and no search */
	fsp_conn_set_path(c, 1250, 60000, fx->now);
	KUNIT_EXPECT_EQ(test, fsp_conn_room(c), 1250u);
	KUNIT_EXPECT_EQ(test, c->work->pmtu.state, (u8)FSP_PMTU_COMPLETE);
	KUNIT_EXPECT_EQ(test, fsp_conn_next_timeout(c), 0ull);
	fx_done(fx);
}

/* The host has no memory, or says the probe is too long */
static void unsent(struct kunit *test)
{
	struct fx *fx = connected(test, FSP_MTU_PROBE_ALWAYS, FSP_FEATURE_PROBE);
	u32 i;

	fx->xmit_ret = -12;
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_TRUE(test, fx_fire(fx) > 0 || i < 2);
	KUNIT_EXPECT_EQ(test, fx->conn.work->pmtu.fails, 0u);
	fx->xmit_ret = -90;
	for (i = 0; i < 5; i++)
		fx_fire(fx);
	KUNIT_EXPECT_EQ(test, fx->conn.work->pmtu.fails, ROOM);
	fx_done(fx);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(wire),
	KUNIT_CASE(answer_on_wire),
	KUNIT_CASE(asked),
	KUNIT_CASE(asked_late),
	KUNIT_CASE(search_up),
	KUNIT_CASE(search_all),
	KUNIT_CASE(probe_lost),
	KUNIT_CASE(outage),
	KUNIT_CASE(outage_lasts),
	KUNIT_CASE(fall),
	KUNIT_CASE(fall_far),
	KUNIT_CASE(lossy),
	KUNIT_CASE(smaller_ones_pass),
	KUNIT_CASE(late_original),
	KUNIT_CASE(peer_without),
	KUNIT_CASE(off),
	KUNIT_CASE(raised),
	KUNIT_CASE(host_says),
	KUNIT_CASE(unsent),
	{}
};

static struct kunit_suite suite = {
	.name = "fsp-path-mtu",
	.test_cases = cases,
};

kunit_test_suite(suite);
