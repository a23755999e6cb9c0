// SPDX-License-Identifier: GPL-2.0-only
/* What the engine asks of its host, answered by a simulated end. */
#include "host_end.h"
#include "oracle.h"
#include "sim.h"

static struct end *conn_end(struct fsp_conn *c)
{
	return container_of(c, struct end, conn);
}

/* ---- out ---- */

static struct packet *end_packet(struct end *end, const struct fsp_tx *tx, u64 off)
{
	struct packet *p = packet_new(end->sim, end->peer, tx, off);

	p->ecn = tx->ect;
	return p;
}

static void send_one(struct end *end, const struct fsp_tx *tx, u64 off)
{
	link_send(end->out, end_packet(end, tx, off));
}

/* What the kernel's segmentation does: only these fields of a header differ. */
static void send_cut(struct end *end, const struct fsp_tx *tx, u64 off)
{
	u32 done, n;

	for (done = 0; done < tx->len; done += n) {
		struct packet *p = end_packet(end, tx, off + done);

		n = min(tx->mss, tx->len - done);
		p->len = n;
		fsp_put32(p->hdr + 4, tx->seq + done);
		if (done + n < tx->len)
			p->hdr[13] &= ~(FSP_FIN | FSP_PSH);
		link_send(end->out, p);
	}
}

void end_send(struct end *end, struct fsp_tx *tx, u64 off)
{
	fsp_tx_measure(tx);
	if (tx->len > tx->mss && !end->out->cfg.super)
		send_cut(end, tx, off);
	else
		send_one(end, tx, off);
}

int fsp_host_xmit(struct fsp_conn *c, struct fsp_seg *seg, const struct fsp_tx *tx)
{
	struct end *end = conn_end(c);
	struct fsp_tx copy = *tx;
	u64 off = 0;

	oracle_xmit(end, seg, tx);
	if (rng_chance(&end->sim->rng, end->cfg->xmit_fail))
		return -ENOBUFS;
	oracle_paced(end, tx);
	if (seg)
		off = fsp_seg_carrier(seg)->off + (fsp_tx_start(tx) - seg->seq);
	end->sent += tx->len;
	if (seg && (seg->state & FSP_SEG_SENT))
		end->sent_again += tx->len;
	end_send(end, &copy, off);
	return 0;
}

bool fsp_host_may_send(struct fsp_conn *c)
{
	struct end *end = conn_end(c);

	if (!end->cfg->small_queue || end->below <= end->cfg->small_queue)
		return true;
	end->throttled = true;
	return false;
}

struct fsp_seg *fsp_host_split(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes)
{
	struct end *end = conn_end(c);
	struct carrier *car = fsp_seg_carrier(seg), *rest;

	sim_check(end->sim, bytes > 0 && bytes <= car->bytes, "split %u of %u",
		  bytes, car->bytes);
	if (rng_chance(&end->sim->rng, end->cfg->split_fail))
		return NULL;
	rest = carrier_new(end->sim, car->off + bytes, car->bytes - bytes);
	car->bytes = bytes;
	return &rest->seg;
}

struct fsp_seg *fsp_host_alloc(struct fsp_conn *c)
{
	struct end *end = conn_end(c);

	if (rng_chance(&end->sim->rng, end->cfg->split_fail))
		return NULL;
	return &carrier_new(end->sim, end->app.written, 0)->seg;
}

void *fsp_host_zalloc(struct fsp_conn *c, u32 bytes)
{
	struct end *end = conn_end(c);

	if (end->cfg->split_fail && rng_chance(&end->sim->rng, end->cfg->split_fail))
		return NULL;
	return calloc(1, bytes);
}

void fsp_host_free(struct fsp_conn *c, void *mem, u32 bytes)
{
	free(mem);
}

struct fsp_work *fsp_host_get_work(struct fsp_conn *c, u64 now)
{
	struct end *end = conn_end(c);

	if (!end->patient && end->cfg->split_fail &&
	    rng_chance(&end->sim->rng, end->cfg->split_fail))
		return NULL;
	return malloc(sizeof(struct fsp_work));
}

void fsp_host_put_work(struct fsp_conn *c, struct fsp_work *work)
{
	free(work);
}

void fsp_host_free_tx(struct fsp_conn *c, struct fsp_seg *seg)
{
	struct end *end = conn_end(c);

	end->queued -= fsp_seg_carrier(seg)->bytes;
	carrier_free(end->sim, fsp_seg_carrier(seg));
}

void fsp_host_trim(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes)
{
	struct end *end = conn_end(c);
	struct carrier *car = fsp_seg_carrier(seg);

	sim_check(end->sim, bytes <= car->bytes, "trim %u of %u", bytes, car->bytes);
	car->off += bytes;
	car->bytes -= bytes;
	end->queued -= bytes;
}

/* ---- in ---- */

bool fsp_host_admit(struct fsp_conn *c, struct fsp_seg *seg, bool in_order)
{
	struct end *end = conn_end(c);
	u32 bytes = fsp_seg_carrier(seg)->bytes;

	if (end->unread + end->ofo + bytes > 2 * end->rcvbuf)
		return false;
	/* What follows in_order is fsp_host_deliver(), which knows no ofo. */
	end->ofo += bytes;
	return true;
}

void fsp_host_deliver(struct fsp_conn *c, struct fsp_seg *seg)
{
	struct end *end = conn_end(c);
	struct carrier *car = fsp_seg_carrier(seg);
	u32 fresh = oracle_deliver(end, car);

	end->ofo -= car->bytes;
	end->unread += fresh;
	end->app.received += fresh;
	end->app.done_at = end->sim->q.now;
	carrier_free(end->sim, car);
}

bool fsp_host_merge(struct fsp_conn *c, struct fsp_seg *to, struct fsp_seg *from)
{
	struct end *end = conn_end(c);
	struct carrier *a = fsp_seg_carrier(to), *b = fsp_seg_carrier(from);

	if (rng_chance(&end->sim->rng, end->cfg->merge_fail))
		return false;
	sim_check(end->sim, a->off + a->bytes == b->off, "merge %llu + %u, %llu",
		  (unsigned long long)a->off, a->bytes, (unsigned long long)b->off);
	a->bytes += b->bytes;
	carrier_free(end->sim, b);
	return true;
}

void fsp_host_free_rx(struct fsp_conn *c, struct fsp_seg *seg)
{
	struct end *end = conn_end(c);

	end->ofo -= fsp_seg_carrier(seg)->bytes;
	carrier_free(end->sim, fsp_seg_carrier(seg));
}

void end_renege(struct end *end)
{
	struct fsp_segq *q = &end->conn.work->ofoq;
	struct fsp_seg *seg;

	while ((seg = fsp_segq_last(q)) != NULL) {
		fsp_segq_erase(q, seg);
		fsp_host_free_rx(&end->conn, seg);
	}
}

static u32 room(const struct end *end)
{
	u32 used = end->unread + (end->cfg->ofo_counts ? end->ofo : 0);

	return end->rcvbuf > used ? end->rcvbuf - used : 0;
}

u32 fsp_host_rcv_space(struct fsp_conn *c)
{
	return room(conn_end(c));
}

u32 fsp_host_rcv_full_space(struct fsp_conn *c)
{
	return conn_end(c)->cfg->rcvbuf;
}

bool fsp_host_reader_told(struct fsp_conn *c)
{
	return true;
}

/* ---- the rest ---- */

void fsp_host_count(struct fsp_conn *c, enum fsp_count what, u32 n)
{
	struct end *end = conn_end(c);

	sim_check(end->sim, what < FSP_COUNTS, "count %d", what);
	if (what == FSP_COUNT_CHALLENGES)
		end->challenges += n;
	if (what == FSP_COUNT_MTU_PROBE_SENT)
		end->mtu_probes += n;
	if (what == FSP_COUNT_MTU_BLACK_HOLE)
		end->black_holes += n;
}

bool fsp_host_challenge_ok(struct fsp_conn *c)
{
	return !rng_one_in(&conn_end(c)->sim->rng, 4);
}
