// SPDX-License-Identifier: GPL-2.0-only
/*
 * A peer that lies: packets whose every field is random, but near enough to
 * the truth to be looked at. The connection may end, the engine may not break:
 * its accounts hold, its memory is bounded, every carrier is freed.
 */
#include "fixture.h"

#define LIVES	200
#define STEPS	400

struct liar {
	struct fx	*fx;
	u64		rng;
};

/* splitmix64: the same lies on every machine */
static u64 next(struct liar *l)
{
	u64 z = (l->rng += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static u32 below(struct liar *l, u32 n)
{
	return (u32)next(l) % n;
}

/* A number at, around or far from @from to @to */
static u32 near(struct liar *l, u32 from, u32 to)
{
	switch (below(l, 8)) {
	case 0:
		return from;
	case 1:
		return to;
	case 2:
		return from - 1 - below(l, 3000);
	case 3:
		return to + 1 + below(l, 3000);
	case 4:
		return next(l);
	default:
		return to == from ? from : from + below(l, to - from + 1);
	}
}

static u8 flags(struct liar *l)
{
	static const u8 likely[] = {
		FSP_ACK, FSP_ACK, FSP_ACK, FSP_ACK, FSP_ACK | FSP_PSH, FSP_ACK | FSP_FIN,
		FSP_ACK | FSP_ECE, FSP_SYN, FSP_SYN | FSP_ACK, FSP_RST,
	};

	/* What ends a life early is rare. */
	return likely[below(l, below(l, 20) ? 5 : ARRAY_SIZE(likely))];
}

static void lie(struct liar *l)
{
	struct fx *fx = l->fx;
	struct fsp_conn *c = &fx->conn;
	struct fsp_rx rx = {
		.seq = near(l, c->rcv_nxt, fsp_rcv_edge(c)),
		.ack = near(l, c->snd_una, c->snd_nxt),
		.flags = flags(l),
		.window = below(l, 3) ? 5000 : below(l, 200),
		.opts = next(l) & (FSP_HAS_ECHO | FSP_HAS_MSS | FSP_HAS_WSCALE),
		.mss = FSP_MSS_MIN + below(l, 3000),
		.wscale = below(l, FSP_WSCALE_MAX + 1),
		.echo = c->serial - below(l, 30),
		.echo_delay = next(l),
		.len = below(l, 2) ? below(l, 3000) : 0,
		.nr_ranges = below(l, 2) ? below(l, FSP_RANGES_MAX + 1) : 0,
		.ranges = fx->range_bytes,
	};
	u32 i;

	if (rx.flags & FSP_RST && rx.seq == c->rcv_nxt && below(l, 4))
		rx.seq++;
	for (i = 0; i < rx.nr_ranges * 2; i++)
		fsp_put32(fx->range_bytes + 4 * i, near(l, c->snd_una, c->snd_nxt));
	fx_rx(fx, &rx);
}

static void live(struct liar *l)
{
	struct fx *fx = l->fx;
	struct fsp_conn *c = &fx->conn;

	switch (below(l, 16)) {
	case 0:
	case 1:
		if (FSP_STATE_IN(c->state, FSP_STATES_SEND) && !c->fin_queued &&
		    c->write_seq - c->snd_una < 200000)
			fx_write(fx, 1 + below(l, 20000));
		break;
	case 2:
		if (fsp_conn_next_timeout(c))
			fx_fire(fx);
		break;
	case 3:
		fx_wait(fx, below(l, below(l, 10) ? 300 : 3000) * MSEC);
		fx_rest(fx);
		break;
	case 4:
		fx->rcv_space = below(l, FX_BUF);
		fsp_conn_read(c, fx->now);
		break;
	case 5:
		fx->no_split = !below(l, 4);
		fx->no_merge = !below(l, 2);
		fx->refuse_ofo = !below(l, 4);
		fx->refuse_in_order = !below(l, 4);
		fx->xmit_ret = below(l, 8) ? 0 : -ENOBUFS;
		fx->no_alloc = !below(l, 4);
		break;
	case 6:
		if (!below(l, 30))
			fsp_conn_shutdown(c, fx->now);
		break;
	case 7:
		if (!below(l, 10)) {
			fsp_conn_set_path(c, FSP_HDR_MIN + 100 + below(l, 1400), 60000, fx->now);
			fsp_conn_path_shrunk(c, fx->now);
		}
		break;
	default:
		lie(l);
		break;
	}
}

static void check_sent(struct kunit *test, struct fsp_conn *c)
{
	u32 sacked = 0, lost = 0, retrans = 0, n = 0, seq = c->snd_una;
	struct fsp_seg *seg;

	for (seg = fsp_segq_first(&c->work->rtxq); seg; seg = fsp_segq_next(seg)) {
		u32 len = fsp_seg_len(seg);

		KUNIT_ASSERT_EQ(test, seg->seq, seq);
		seq = seg->end_seq;
		sacked += seg->state & FSP_SEG_SACKED ? len : 0;
		lost += seg->state & FSP_SEG_LOST ? len : 0;
		retrans += seg->state & FSP_SEG_RETRANS ? len : 0;
		n++;
	}
	KUNIT_ASSERT_EQ(test, seq, c->snd_nxt);
	KUNIT_ASSERT_EQ(test, n, c->work->rtxq.count);
	KUNIT_ASSERT_EQ(test, sacked, c->work->sacked_out);
	KUNIT_ASSERT_EQ(test, lost, c->work->lost_out);
	KUNIT_ASSERT_EQ(test, retrans, c->work->retrans_out);
}

static void check(struct fx *fx)
{
	struct fsp_conn *c = &fx->conn;

	if (c->state == FSP_CLOSED || c->state == FSP_TIME_WAIT)
		return;
	check_sent(fx->test, c);
	KUNIT_ASSERT_TRUE(fx->test, c->work->ofoq.count <= c->cfg.max_ofo);
	KUNIT_ASSERT_TRUE(fx->test, c->cwnd > 0);
	KUNIT_ASSERT_TRUE(fx->test, c->snd_una == c->snd_nxt || fsp_conn_next_timeout(c));
	KUNIT_ASSERT_TRUE(fx->test, !c->srtt || c->rto >= c->cfg.rto_min);
	KUNIT_ASSERT_TRUE(fx->test, c->rto <= c->cfg.rto_max);
}

static void lies(struct kunit *test)
{
	struct liar l = {};
	u32 i, n;

	for (i = 0; i < LIVES; i++) {
		/* One fixture's memory for all of them */
		l.fx = l.fx ? l.fx : fx_new(test);
		l.rng = i;
		l.fx->conn.cfg.max_ofo = 50;
		l.fx->conn.cfg.nodelay = i & 1;
		l.fx->conn.cfg.keepalive = i & 2;
		l.fx->xmit_ret = 0;
		l.fx->written = 0;
		l.fx->delivered = 0;
		fsp_conn_init(&l.fx->conn, fsp_cc_nth(i / 4 % 3));
		l.fx->conn.mss_room = FSP_HDR_MIN + FX_MSS;
		l.fx->conn.gso_max = i & 8 ? 60000 : FX_MSS;
		fx_establish(l.fx);
		for (n = 0; n < STEPS; n++) {
			live(&l);
			check(l.fx);
			if (test->status == KUNIT_FAILURE) {
				kunit_info(test, "life %u, step %u", i, n);
				return;
			}
		}
		fx_done(l.fx);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(lies),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-liar",
	.test_cases	= cases,
};
kunit_test_suite(suite);
