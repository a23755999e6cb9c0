// SPDX-License-Identifier: GPL-2.0-only
/* What must hold whatever the network does. */
#include "oracle.h"
#include "sim.h"

/* Long queues are recounted at every so manyth call only. */
#define RECOUNT_ALWAYS	64
#define RECOUNT_EVERY	32

struct recount {
	u32	segs;
	u32	bytes;
	u32	sacked;
	u32	lost;
	u32	retrans;
};

static bool synchronized(const struct fsp_conn *c)
{
	return !FSP_STATE_IN(c->state, BIT(FSP_CLOSED) | BIT(FSP_SYN_SENT) |
			     BIT(FSP_SYN_RCVD) | BIT(FSP_LISTEN));
}

static void count_seg(struct end *end, const struct fsp_seg *seg, struct recount *rc)
{
	u32 len = fsp_seg_len(seg);

	rc->segs++;
	rc->bytes += len;
	if (seg->state & FSP_SEG_SACKED)
		rc->sacked += len;
	if (seg->state & FSP_SEG_LOST)
		rc->lost += len;
	if (seg->state & FSP_SEG_RETRANS)
		rc->retrans += len;
	sim_check(end->sim, !(seg->state & FSP_SEG_SACKED) ||
		  !(seg->state & (FSP_SEG_LOST | FSP_SEG_RETRANS)),
		  "segment %u is received, and state %#x", seg->seq - end->conn.iss,
		  seg->state);
}

/* The retransmission queue is the stream from snd_una to snd_nxt, without holes. */
static void recount_rtxq(struct end *end, struct recount *rc)
{
	struct fsp_conn *c = &end->conn;
	struct fsp_seg *seg;
	u32 seq = c->snd_una;

	for (seg = fsp_segq_first(&c->work->rtxq); seg; seg = fsp_segq_next(seg)) {
		sim_check(end->sim, seg->seq == seq, "hole or overlap at %u, not %u",
			  seg->seq - c->iss, seq - c->iss);
		sim_check(end->sim, fsp_seg_carrier(seg)->bytes == fsp_seg_bytes(seg),
			  "carrier of %u", fsp_seg_carrier(seg)->bytes);
		seq = seg->end_seq;
		count_seg(end, seg, rc);
	}
	sim_check(end->sim, seq == c->snd_nxt, "queue ends at %u, snd_nxt %u",
		  seq - c->iss, c->snd_nxt - c->iss);
}

static void check_accounts(struct end *end)
{
	struct fsp_conn *c = &end->conn;
	struct recount rc = {};

	recount_rtxq(end, &rc);
	sim_check(end->sim, rc.segs == c->work->rtxq.count, "%u, %u", rc.segs, c->work->rtxq.count);
	sim_check(end->sim, rc.sacked == c->work->sacked_out, "%u, %u", rc.sacked, c->work->sacked_out);
	sim_check(end->sim, rc.lost == c->work->lost_out, "%u, %u", rc.lost, c->work->lost_out);
	sim_check(end->sim, rc.retrans == c->work->retrans_out, "%u, %u", rc.retrans,
		  c->work->retrans_out);
	sim_check(end->sim, rc.bytes + rc.retrans >= rc.sacked + rc.lost &&
		  fsp_in_flight(c) == rc.bytes + rc.retrans - rc.sacked - rc.lost,
		  "%u in flight, %u + %u - %u - %u", fsp_in_flight(c), rc.bytes, rc.retrans,
		  rc.sacked, rc.lost);
}

static void check_unsent(struct end *end)
{
	struct fsp_conn *c = &end->conn;
	struct list_head *pos;
	u32 seq = c->snd_nxt;

	list_for_each(pos, &c->work->sndq) {
		struct fsp_seg *seg = fsp_list_seg(pos);

		sim_check(end->sim, seg->seq == seq, "unsent at %u, not %u",
			  seg->seq - c->iss, seq - c->iss);
		sim_check(end->sim, fsp_seg_carrier(seg)->bytes == fsp_seg_bytes(seg),
			  "carrier of %u", fsp_seg_carrier(seg)->bytes);
		seq = seg->end_seq;
	}
	sim_check(end->sim, seq == c->write_seq, "unsent ends at %u, write_seq %u",
		  seq - c->iss, c->write_seq - c->iss);
}

/* Out of order means: beyond rcv_nxt, and each adds to the one before. */
static void check_ofo(struct end *end)
{
	struct fsp_conn *c = &end->conn;
	u32 start = c->rcv_nxt, end_seq = c->rcv_nxt, count = 0;
	struct fsp_seg *seg;

	for (seg = fsp_segq_first(&c->work->ofoq); seg; seg = fsp_segq_next(seg)) {
		sim_check(end->sim, fsp_after(seg->seq, start) &&
			  fsp_after(seg->end_seq, end_seq) &&
			  fsp_after(seg->end_seq, seg->seq), "%u to %u after %u to %u",
			  seg->seq - c->irs, seg->end_seq - c->irs, start - c->irs,
			  end_seq - c->irs);
		start = seg->seq;
		end_seq = seg->end_seq;
		count++;
	}
	sim_check(end->sim, count == c->work->ofoq.count, "%u, %u", count, c->work->ofoq.count);
	sim_check(end->sim, count <= c->cfg.max_ofo, "%u out of order", count);
}

static void check_tx_order(struct end *end)
{
	struct fsp_conn *c = &end->conn;
	struct list_head *pos;
	u64 when = 0;
	u32 n = 0;

	list_for_each(pos, &c->work->tx_order) {
		struct fsp_seg *seg = fsp_tlist_seg(pos);

		sim_check(end->sim, seg->tx_time >= when, "sent at %llu after %llu",
			  (unsigned long long)seg->tx_time, (unsigned long long)when);
		when = seg->tx_time;
		n++;
	}
	sim_check(end->sim, n <= c->work->rtxq.count, "%u, %u", n, c->work->rtxq.count);
}

static bool sending_timer(const struct fsp_conn *c)
{
	return c->work->timer[FSP_TIMER_RTO] || c->work->timer[FSP_TIMER_TLP] ||
	       c->work->timer[FSP_TIMER_REORDER] || c->work->timer[FSP_TIMER_PROBE] ||
	       c->work->timer[FSP_TIMER_PACE] || c->work->timer[FSP_TIMER_GATHER];
}

/* Whatever waits for somebody else has a timer behind it. */
static void check_timers(struct end *end)
{
	struct fsp_conn *c = &end->conn;

	if (c->state == FSP_CLOSED || c->state == FSP_TIME_WAIT)
		return;
	if (c->snd_una != c->snd_nxt)
		sim_check(end->sim, c->work->timer[FSP_TIMER_RTO] || c->work->timer[FSP_TIMER_TLP] ||
			  c->work->timer[FSP_TIMER_REORDER] || c->work->timer[FSP_TIMER_PROBE],
			  "nothing watches over %u bytes", c->snd_nxt - c->snd_una);
	else if (synchronized(c) && fsp_conn_has_unsent(c) && !end->throttled)
		sim_check(end->sim, sending_timer(c), "nobody will send what is queued");
	if (c->work->ack_bytes && synchronized(c))
		sim_check(end->sim, c->work->timer[FSP_TIMER_DELACK],
			  "nobody will acknowledge %u bytes", c->work->ack_bytes);
}

static void check_ack_delay(struct end *end)
{
	struct fsp_conn *c = &end->conn;
	u64 at = c->work->timer[FSP_TIMER_DELACK];

	/* RFC 9293 MUST-40 */
	sim_check(end->sim, !at || at < end->sim->q.now + 500 * FSP_NSEC_PER_MSEC,
		  "delayed by %llu", (unsigned long long)(at - end->sim->q.now));
}

static void check_order(struct end *end)
{
	struct fsp_conn *c = &end->conn;

	sim_check(end->sim, !fsp_after(c->snd_una, c->snd_nxt), "snd_una %u", c->snd_una);
	sim_check(end->sim, !fsp_after(c->snd_nxt, c->write_seq), "snd_nxt %u", c->snd_nxt);
	sim_check(end->sim, !synchronized(c) ||
		  (c->cwnd >= c->snd_mss && c->cwnd <= c->cwnd_clamp),
		  "cwnd %u, segments of %u, clamp %u", c->cwnd, c->snd_mss, c->cwnd_clamp);
	sim_check(end->sim, c->work->sacked_out + c->work->lost_out <= c->snd_nxt - c->snd_una,
		  "received %u, lost %u of %u", c->work->sacked_out, c->work->lost_out,
		  c->snd_nxt - c->snd_una);
}

static void check_memory(struct end *end)
{
	sim_check(end->sim, end->queued < (u64)end->sndbuf + end->cfg->seg_max,
		  "%llu bytes queued", (unsigned long long)end->queued);
	sim_check(end->sim, end->ofo + end->unread <= 2 * end->rcvbuf, "%u + %u",
		  end->ofo, end->unread);
}

void oracle_conn(struct end *end)
{
	struct fsp_conn *c = &end->conn;

	/* What is left of one that is over is only there to be freed. */
	if (c->state == FSP_CLOSED || c->state == FSP_TIME_WAIT)
		return;
	/* The probe was answered: the next is another one, see unpaced(). */
	if (!c->work->tlp_out)
		end->probed = false;
	check_order(end);
	check_timers(end);
	check_ack_delay(end);
	check_memory(end);
	if (c->work->rtxq.count + c->work->ofoq.count > RECOUNT_ALWAYS && end->calls % RECOUNT_EVERY)
		return;
	if (synchronized(c))
		check_accounts(end);
	check_unsent(end);
	check_ofo(end);
	check_tx_order(end);
}

/* ---- windows ---- */

void oracle_rx(struct end *end, const struct fsp_rx *rx)
{
	u32 window = rx->window, edge;

	if (rx->flags & FSP_RST)
		return;
	if (!(rx->flags & FSP_ACK)) {
		/* A SYN: its window counts from whatever we will send first. */
		if (rx->flags & FSP_SYN && end->mode == END_REQUEST)
			end->peer_edge = end->iss + 1 + window;
		end->have_edge |= end->mode == END_REQUEST;
		return;
	}
	if (!(rx->flags & FSP_SYN) && end->mode == END_CONN)
		window <<= end->conn.state == FSP_SYN_SENT ? 0 : end->conn.snd_wscale;
	edge = rx->ack + window;
	end->peer_edge = end->have_edge ? fsp_seq_max(end->peer_edge, edge) : edge;
	end->have_edge = true;
}

static void check_peer_window(struct end *end, const struct fsp_tx *tx)
{
	u32 last = tx->seq + tx->len;
	bool probe = tx->len == 1;

	if (!tx->len || !end->have_edge)
		return;
	sim_check(end->sim, !fsp_after(last, end->peer_edge + probe),
		  "sends up to %u, the peer's window ends at %u", last - end->conn.iss,
		  end->peer_edge - end->conn.iss);
}

/* RFC 9293 SHLD-14: a window's edge never moves left (but for its rounding). */
static void check_my_window(struct end *end, const struct fsp_tx *tx)
{
	u32 edge = tx->ack, slack = 0;

	if (!(tx->flags & FSP_ACK) || tx->flags & FSP_RST)
		return;
	if (tx->flags & FSP_SYN) {
		/* Unscaled: it cannot say again what has been said since. */
		if (end->said_edge)
			return;
		edge += tx->window;
	} else {
		edge += (u32)tx->window << end->conn.rcv_wscale;
		slack = BIT(end->conn.rcv_wscale) - 1;
	}
	sim_check(end->sim, !end->said_edge || !fsp_before(edge + slack, end->my_edge),
		  "window to %u, was to %u", edge - end->conn.irs,
		  end->my_edge - end->conn.irs);
	end->my_edge = end->said_edge ? fsp_seq_max(edge, end->my_edge) : edge;
	end->said_edge = true;
}

static void check_size(struct end *end, const struct fsp_tx *tx)
{
	u32 piece = tx->len;

	if (tx->mss)
		piece = min(piece, tx->mss);
	sim_check(end->sim, tx->hdr_len >= FSP_HDR_MIN && tx->hdr_len % 4 == 0 &&
		  tx->hdr_len <= FSP_HDR_MAX + FSP_EXT_MAX, "header %u", tx->hdr_len);
	sim_check(end->sim, !tx->pad || (!tx->len && tx->opts & FSP_HAS_PROBE),
		  "padding of %u", tx->pad);
	piece += tx->pad;
	sim_check(end->sim, !tx->len || tx->hdr_len <= FSP_HDR_MAX, "header %u with payload",
		  tx->hdr_len);
	sim_check(end->sim, tx->hdr_len + piece <= end->conn.mss_room,
		  "%u + %u bytes in %u", tx->hdr_len, piece, end->conn.mss_room);
	sim_check(end->sim, tx->len <= max(end->cfg->gso_max, end->conn.mss_room),
		  "super-packet of %u", tx->len);
}

static void check_payload(struct end *end, const struct fsp_seg *seg,
			  const struct fsp_tx *tx)
{
	u32 start = fsp_tx_start(tx);

	if (!tx->len)
		return;
	sim_check(end->sim, seg, "payload of %u without a segment", tx->len);
	sim_check(end->sim, !fsp_before(start, seg->seq) &&
		  !fsp_after(start + tx->len, seg->seq + fsp_seg_bytes(seg)),
		  "%u to %u of segment %u to %u", start, start + tx->len, seg->seq,
		  seg->end_seq);
}

void oracle_xmit(struct end *end, const struct fsp_seg *seg, const struct fsp_tx *tx)
{
	check_payload(end, seg, tx);
	check_peer_window(end, tx);
	check_my_window(end, tx);
	check_size(end, tx);
}

/* ---- pacing ---- */

#define PACE_SLACK	(4 * FSP_NSEC_PER_MSEC)	/* a late timer may be made up for */

/* The first window may go as it is; so may one tail loss probe. */
static bool unpaced(struct end *end, const struct fsp_tx *tx)
{
	const struct fsp_conn *c = &end->conn;

	if (!c->cfg.max_rate && c->bytes_sent < FSP_INIT_CWND_SEGS * c->snd_mss)
		return true;
	if (!c->work->tlp_out || end->probed)
		return false;
	end->probed = true;
	return true;
}

/* No send beyond the pacing rate: what was sent took its time before the next is. */
void oracle_paced(struct end *end, const struct fsp_tx *tx)
{
	u64 now = end->sim->q.now, rate = fsp_pace_rate(&end->conn);
	bool free = unpaced(end, tx);

	/* Before the handshake there is no round trip to spread anything over. */
	if (!rate || end->mode != END_CONN || !tx->len || tx->flags & FSP_SYN)
		return;
	sim_check(end->sim, free || end->paced <= now, "%llu ns too early at %llu bytes/s",
		  (unsigned long long)(end->paced - now), (unsigned long long)rate);
	if (end->paced + PACE_SLACK < now)
		end->paced = now - PACE_SLACK;
	end->paced += tx->len * FSP_NSEC_PER_SEC / rate;
}

/* ---- the stream ---- */

unsigned int oracle_deliver(struct end *end, const struct carrier *car)
{
	struct fsp_conn *c = &end->conn;
	u32 skip = c->rcv_nxt - car->seg.seq, bytes = fsp_seg_bytes(&car->seg), fresh;

	sim_check(end->sim, !fsp_after(car->seg.seq, c->rcv_nxt), "delivered %u early",
		  car->seg.seq - c->rcv_nxt);
	sim_check(end->sim, bytes <= car->bytes, "%u of %u bytes", bytes, car->bytes);
	sim_check(end->sim, skip <= bytes, "skip %u of %u", skip, bytes);
	fresh = bytes - skip;
	sim_check(end->sim, !fresh || car->off + skip == end->app.received,
		  "byte %llu delivered as byte %llu",
		  (unsigned long long)(car->off + skip),
		  (unsigned long long)end->app.received);
	sim_check(end->sim, end->app.received + fresh <= end->peer->app.written,
		  "%llu bytes never written", (unsigned long long)end->app.received + fresh);
	sim_check(end->sim, !fresh || !end->app.eof, "%u bytes after the end", fresh);
	return fresh;
}

/* ---- the end ---- */

/* What the client believes the server took from its SYN the server did take. */
static void check_first(struct end *end)
{
	sim_check(end->sim, end->side || end->first != FSP_FIRST_TAKEN || end->peer->early,
		  "flow %u: nothing was taken", end->id);
	sim_check(end->sim, !end->early || end->peer->cfg->first > FIRST_ASK,
		  "flow %u: %u bytes of no SYN's", end->id, end->early);
}

static bool all_arrived(const struct end *end)
{
	return end->peer->app.received == end->app.total;
}

void oracle_end(struct end *end)
{
	struct sim *sim = end->sim;

	sim_check(sim, end_over(end), "end %d.%u in mode %d, state %d", end->side, end->id,
		  end->mode, end->conn.state);
	sim_check(sim, !end->ofo && !end->queued, "end %d.%u holds %u, %llu bytes",
		  end->side, end->id, end->ofo, (unsigned long long)end->queued);
	check_first(end);
	if (sim->sc.may_fail)
		return;
	sim_check(sim, all_arrived(end), "end %d.%u: %llu of %llu bytes arrived, error %d, %d",
		  end->side, end->id, (unsigned long long)end->peer->app.received,
		  (unsigned long long)end->app.total, end->error, end->peer->error);
	sim_check(sim, end->app.eof, "end %d.%u saw no end of file", end->side, end->id);
	/* The last to leave may find the other's TIME_WAIT gone. */
	sim_check(sim, !end->error || all_arrived(end), "end %d.%u: error %d", end->side,
		  end->id, end->error);
}
