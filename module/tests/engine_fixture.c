// SPDX-License-Identifier: GPL-2.0-only
/* The host of an engine under test, and the test's hand on it. */
#include "fixture.h"
#include "carrier.h"

static struct fx *conn_fx(struct fsp_conn *c)
{
	return container_of(c, struct fx, conn);
}

static struct carrier *carrier_new(struct fx *fx, u64 off, u32 bytes)
{
	struct carrier *car = kmalloc(sizeof(*car), GFP_KERNEL);

	if (!car)
		return NULL;
	/* What the engine does not set is seen to be missing. */
	memset(car, 0xa5, sizeof(*car));
	car->off = off;
	car->bytes = bytes;
	fx->carriers++;
	return car;
}

static void carrier_free(struct fx *fx, struct carrier *car)
{
	fx->carriers--;
	kfree(car);
}

/* ---- host.h ---- */

int fsp_host_xmit(struct fsp_conn *c, struct fsp_seg *seg, const struct fsp_tx *tx)
{
	struct fx *fx = conn_fx(c);
	struct fx_sent *s;

	if (fx->xmit_ret)
		return fx->xmit_ret;
	s = &fx->sent[fx->nr_sent++ % FX_SENT];
	s->tx = *tx;
	s->at = fx->now;
	s->off = seg ? fsp_seg_carrier(seg)->off + (fsp_tx_start(tx) - seg->seq) : 0;
	if (tx->len)
		KUNIT_EXPECT_EQ(fx->test, s->off, (u64)(fsp_tx_start(tx) - fx_ack(0)));
	return 0;
}

bool fsp_host_may_send(struct fsp_conn *c)
{
	return !conn_fx(c)->no_room_below;
}

struct fsp_seg *fsp_host_split(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes)
{
	struct carrier *car = fsp_seg_carrier(seg), *rest;
	struct fx *fx = conn_fx(c);

	KUNIT_EXPECT_GT(fx->test, bytes, 0u);
	KUNIT_EXPECT_LE(fx->test, bytes, car->bytes);
	if (fx->no_split)
		return NULL;
	rest = carrier_new(fx, car->off + bytes, car->bytes - bytes);
	if (!rest)
		return NULL;
	car->bytes = bytes;
	return &rest->seg;
}

struct fsp_seg *fsp_host_alloc(struct fsp_conn *c)
{
	struct fx *fx = conn_fx(c);
	struct carrier *car = fx->no_alloc ? NULL : carrier_new(fx, fx->written, 0);

	return car ? &car->seg : NULL;
}

void *fsp_host_zalloc(struct fsp_conn *c, u32 bytes)
{
	return conn_fx(c)->no_alloc ? NULL : kzalloc(bytes, GFP_KERNEL);
}

void fsp_host_free(struct fsp_conn *c, void *mem, u32 bytes)
{
	kfree(mem);
}

struct fsp_work *fsp_host_get_work(struct fsp_conn *c, u64 now)
{
	struct fx *fx = conn_fx(c);

	if (fx->no_alloc)
		return NULL;
	KUNIT_EXPECT_FALSE(fx->test, fx->working);
	fx->working = true;
	return &fx->work;
}

void fsp_host_put_work(struct fsp_conn *c, struct fsp_work *work)
{
	struct fx *fx = conn_fx(c);

	KUNIT_EXPECT_TRUE(fx->test, work == &fx->work);
	memset(work, 0x6b, sizeof(*work));	/* whoever looks at it now shall stumble */
	fx->working = false;
}

/* A process that wants something waits for memory. */
static void wake(struct fx *fx)
{
	bool none = fx->no_alloc;

	fx->no_alloc = false;
	KUNIT_ASSERT_TRUE(fx->test, fsp_conn_wake(&fx->conn, fx->now));
	fx->no_alloc = none;
}

void fsp_host_free_tx(struct fsp_conn *c, struct fsp_seg *seg)
{
	carrier_free(conn_fx(c), fsp_seg_carrier(seg));
}

void fsp_host_trim(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes)
{
	struct carrier *car = fsp_seg_carrier(seg);

	KUNIT_EXPECT_LE(conn_fx(c)->test, bytes, car->bytes);
	car->off += bytes;
	car->bytes -= bytes;
}

bool fsp_host_admit(struct fsp_conn *c, struct fsp_seg *seg, bool in_order)
{
	struct fx *fx = conn_fx(c);

	return in_order ? !fx->refuse_in_order : !fx->refuse_ofo;
}

void fsp_host_deliver(struct fsp_conn *c, struct fsp_seg *seg)
{
	struct carrier *car = fsp_seg_carrier(seg);
	u32 skip = c->rcv_nxt - seg->seq;
	struct fx *fx = conn_fx(c);

	KUNIT_EXPECT_LE(fx->test, skip, fsp_seg_bytes(seg));
	/* By 32 bits: a packet may begin before the stream does */
	KUNIT_EXPECT_EQ(fx->test, (u32)(car->off + skip), (u32)fx->delivered);
	fx->delivered += fsp_seg_bytes(seg) - skip;
	carrier_free(fx, car);
}

bool fsp_host_merge(struct fsp_conn *c, struct fsp_seg *to, struct fsp_seg *from)
{
	struct carrier *a = fsp_seg_carrier(to), *b = fsp_seg_carrier(from);
	struct fx *fx = conn_fx(c);

	if (fx->no_merge)
		return false;
	KUNIT_EXPECT_EQ(fx->test, a->off + a->bytes, b->off);
	a->bytes += b->bytes;
	carrier_free(fx, b);
	return true;
}

void fsp_host_free_rx(struct fsp_conn *c, struct fsp_seg *seg)
{
	carrier_free(conn_fx(c), fsp_seg_carrier(seg));
}

u32 fsp_host_rcv_space(struct fsp_conn *c)
{
	return conn_fx(c)->rcv_space;
}

u32 fsp_host_rcv_full_space(struct fsp_conn *c)
{
	return conn_fx(c)->rcv_full;
}

bool fsp_host_reader_told(struct fsp_conn *c)
{
	return !conn_fx(c)->reader_waits;
}

void fsp_host_count(struct fsp_conn *c, enum fsp_count what, u32 n)
{
	conn_fx(c)->count[what] += n;
}

bool fsp_host_challenge_ok(struct fsp_conn *c)
{
	return !conn_fx(c)->no_challenge;
}

/* ---- set up, tear down ---- */

struct fx *fx_new(struct kunit *test)
{
	struct fx *fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fx);
	fx->test = test;
	fx->now = 1000 * SEC;
	fx->rcv_space = FX_BUF;
	fx->rcv_full = FX_BUF;
	fx->peer_window = 60000;
	fx->peer_serial = 100;
	fsp_config_default(&fx->conn.cfg);
	fx->conn.cfg.nodelay = true;
	fx->conn.cfg.pace = false;
	fsp_conn_init(&fx->conn, &fsp_cc_reno);
	wake(fx);
	fx->conn.mss_room = FSP_HDR_MIN + FX_MSS;
	fx->conn.gso_max = FX_MSS;
	return fx;
}

void fx_establish_with(struct fx *fx, struct fsp_rx rx)
{
	rx.seq = FX_PEER_ISS;
	rx.ack = FX_ISS + 1;
	rx.flags = FSP_SYN | FSP_ACK;
	rx.opts |= FSP_HAS_MSS | FSP_HAS_WSCALE | FSP_HAS_ECHO;
	rx.mss = rx.mss ? rx.mss : FX_MSS;
	rx.wscale = 4;

	wake(fx);
	fsp_conn_connect(&fx->conn, FX_ISS, fx->now);
	fx_wait(fx, 100 * MSEC);
	rx.echo = fx_last(fx)->tx.serial;
	fx_rx(fx, &rx);
	KUNIT_ASSERT_EQ(fx->test, fx->conn.state, (u8)FSP_ESTABLISHED);
	fsp_conn_reader_waits(&fx->conn, fx->now);
	fx_skip(fx);
}

void fx_establish(struct fx *fx)
{
	fx_establish_with(fx, (struct fsp_rx) {});
}

struct fx *fx_established(struct kunit *test)
{
	struct fx *fx = fx_new(test);

	fx_establish(fx);
	return fx;
}

void fx_done(struct fx *fx)
{
	fsp_conn_purge(&fx->conn);
	fsp_conn_uninit(&fx->conn);
	KUNIT_EXPECT_EQ(fx->test, fsp_conn_next_timeout(&fx->conn), 0ull);
	KUNIT_EXPECT_EQ(fx->test, fx->carriers, 0u);
	KUNIT_EXPECT_FALSE(fx->test, fx->working);
}

/* ---- user and clock ---- */

void fx_queue(struct fx *fx, u32 bytes)
{
	struct carrier *car = carrier_new(fx, fx->written, bytes);

	KUNIT_ASSERT_NOT_NULL(fx->test, car);
	fx->written += bytes;
	wake(fx);
	fsp_conn_queue(&fx->conn, &car->seg, bytes);
}

/* As a socket does: what waits grows until it is worth a packet of its own */
void fx_append(struct fx *fx, u32 bytes)
{
	struct fsp_seg *tail = fsp_conn_tail(&fx->conn);

	if (tail && fsp_seg_bytes(tail) + bytes <= 60000) {
		fsp_seg_carrier(tail)->bytes += bytes;
		fx->written += bytes;
		fsp_conn_grow(&fx->conn, tail, bytes);
	} else {
		fx_queue(fx, bytes);
	}
}

void fx_write(struct fx *fx, u32 bytes)
{
	fx_append(fx, bytes);
	fsp_conn_push(&fx->conn, 0, fx->now);
}

static void take_events(struct fx *fx)
{
	fx->events |= fsp_conn_take_events(&fx->conn);
}

u64 fx_fire(struct fx *fx)
{
	u64 at = fsp_conn_next_timeout(&fx->conn), from = fx->now;

	if (!at)
		return 0;
	fx->now = max(at, fx->now);
	fsp_conn_timeout(&fx->conn, fx->now);
	take_events(fx);
	return fx->now - from;
}

void fx_wait(struct fx *fx, u64 ns)
{
	u64 until = fx->now + ns, at;

	while ((at = fsp_conn_next_timeout(&fx->conn)) && at <= until)
		fx_fire(fx);
	fx->now = until;
}

bool fx_rest(struct fx *fx)
{
	if (fsp_conn_rest_at(&fx->conn, fx->now) != fx->now)
		return false;
	fsp_conn_rest(&fx->conn);
	return true;
}

void fx_run_cc(struct fx *fx, const struct fsp_cc_ops *cc)
{
	fsp_conn_set_cc(&fx->conn, cc);
	if (!fx->conn.cc_priv)
		fsp_cc_start(&fx->conn);
	KUNIT_ASSERT_NOT_NULL(fx->test, fx->conn.cc_priv);
}

/* ---- the peer ---- */

enum fsp_verdict fx_rx(struct fx *fx, struct fsp_rx *rx)
{
	struct carrier *car = carrier_new(fx, rx->seq - fx_seq(0), rx->len);
	enum fsp_verdict v;

	KUNIT_ASSERT_NOT_NULL(fx->test, car);
	if (!rx->window)
		rx->window = rx->flags & FSP_SYN ? fx->peer_window :
			     fx->peer_window >> fx->conn.snd_wscale;
	rx->serial = fx->peer_serial++;
	rx->hdr_len = FSP_HDR_MIN;
	v = fsp_conn_rx(&fx->conn, rx, &car->seg, fx->now);
	if (v != FSP_TAKEN)
		carrier_free(fx, car);
	take_events(fx);
	return v;
}

enum fsp_verdict fx_data(struct fx *fx, u32 off, u32 len, u8 flags)
{
	struct fsp_rx rx = {
		.seq = fx_seq(off),
		.ack = fx->conn.snd_una,
		.flags = FSP_ACK | flags,
		.len = len,
	};

	return fx_rx(fx, &rx);
}

enum fsp_verdict fx_acked(struct fx *fx, u32 off)
{
	return fx_sacked(fx, off, NULL, 0);
}

/* The serial of the newest transmission that covers something acknowledged */
static u16 serial_for(struct fx *fx, u32 off, const u32 *pairs, u32 nr)
{
	u32 high = off, i;
	u16 serial = 0;

	for (i = 0; i < nr; i++)
		high = max(high, pairs[2 * i + 1]);
	for (i = fx->nr_sent > FX_SENT ? fx->nr_sent - FX_SENT : 0; i < fx->nr_sent; i++) {
		struct fsp_tx *tx = &fx->sent[i % FX_SENT].tx;

		if (tx->len && fsp_tx_start(tx) + tx->len - fx_ack(0) <= high)
			serial = tx->serial;
	}
	return serial;
}

enum fsp_verdict fx_sacked(struct fx *fx, u32 off, const u32 *pairs, u32 nr)
{
	struct fsp_rx rx = {
		.seq = fx->conn.rcv_nxt,
		.ack = fx_ack(off),
		.flags = FSP_ACK,
		.opts = FSP_HAS_ECHO,
		.echo = serial_for(fx, off, pairs, nr),
		.nr_ranges = nr,
		.ranges = fx->range_bytes,
	};
	u32 i;

	for (i = 0; i < 2 * nr; i++)
		fsp_put32(fx->range_bytes + 4 * i, fx_ack(pairs[i]));
	return fx_rx(fx, &rx);
}

/* ---- what was sent ---- */

struct fx_sent *fx_next(struct fx *fx)
{
	return fx->taken < fx->nr_sent ? &fx->sent[fx->taken++ % FX_SENT] : NULL;
}

struct fx_sent *fx_last(struct fx *fx)
{
	KUNIT_ASSERT_GT(fx->test, fx->nr_sent, 0u);
	return &fx->sent[(fx->nr_sent - 1) % FX_SENT];
}

u32 fx_pending(const struct fx *fx)
{
	return fx->nr_sent - fx->taken;
}

void fx_skip(struct fx *fx)
{
	fx->taken = fx->nr_sent;
}

u32 fx_sent_bytes(struct fx *fx)
{
	struct fx_sent *s;
	u32 bytes = 0;

	while ((s = fx_next(fx)) != NULL)
		bytes += s->tx.len;
	return bytes;
}
