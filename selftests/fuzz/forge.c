// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of a lying peer: numbers near those that matter, so that they get
 * past the first checks.
 */
#include "first.h"
#include "world.h"

static u32 near(struct input *in, u32 seq)
{
	u8 how = in_u8(in);

	switch (how & 0x7) {
	case 0:
	case 1:
	case 2:
		return seq;
	case 3:
		return seq + 1;
	case 4:
		return seq - 1;
	case 5:
		return seq + (s16)in_u16(in);
	case 6:
		return seq + in_log(in, 24);
	default:
		return seq - in_log(in, 24);
	}
}

static u32 peer_seq(const struct end *end, struct input *in)
{
	const struct fsp_conn *c = &end->conn;

	if (end->mode == END_REQUEST)
		return near(in, end->req.irs + 1);
	if (end->mode == END_TIME_WAIT)
		return near(in, end->tw.rcv_nxt);
	if (end->mode != END_CONN)
		return near(in, 5000);
	switch (in_u8(in) % 6) {
	case 0:
		return near(in, fsp_rcv_edge(c));
	case 1:
		return near(in, c->irs);
	case 2:
		return near(in, c->fin_seen ? c->fin_seq : c->work->last_ofo);
	default:
		return near(in, c->rcv_nxt);
	}
}

static u32 peer_ack(const struct end *end, struct input *in)
{
	const struct fsp_conn *c = &end->conn;

	if (end->mode == END_REQUEST)
		return near(in, end->req.iss + 1);
	if (end->mode == END_TIME_WAIT)
		return near(in, end->tw.snd_nxt);
	switch (in_u8(in) % 5) {
	case 0:
		return near(in, c->snd_nxt);
	case 1:
		return near(in, c->snd_una - c->max_snd_wnd);
	case 2:
		return near(in, c->work->high_seq);
	default:
		return near(in, c->snd_una);
	}
}

static void ranges(const struct end *end, struct input *in, struct fsp_tx *tx)
{
	u32 seq = end->conn.snd_una;
	unsigned int i;

	tx->nr_ranges = in_u8(in) % (FSP_RANGES_MAX + 1);
	for (i = 0; i < tx->nr_ranges && in->left; i++) {
		seq = near(in, seq) + in_log(in, 17);
		tx->ranges[i].start = seq;
		seq += in_log(in, 17);
		tx->ranges[i].end = seq;
	}
	tx->nr_ranges = i;
}

static void options(struct world *w, const struct end *end, struct input *in,
		    struct fsp_tx *tx)
{
	tx->opts = in_u8(in) & (FSP_HAS_MSS | FSP_HAS_WSCALE | FSP_HAS_FEATURES |
				FSP_HAS_ECHO | FSP_HAS_EPOCH);
	if (!(tx->flags & FSP_SYN))
		tx->opts &= FSP_HAS_ECHO | FSP_HAS_EPOCH;
	if (tx->opts & FSP_HAS_MSS)
		tx->opt_mss = in_u16(in);
	if (tx->opts & FSP_HAS_WSCALE)
		tx->wscale = in_u8(in);
	if (tx->opts & FSP_HAS_FEATURES)
		tx->features = in_u32(in);
	if (tx->opts & FSP_HAS_ECHO) {
		tx->echo = end->conn.serial - 1 - (in_u8(in) & 0x1f);
		tx->echo_delay = in_u8(in) * 16;
	}
	if (tx->opts & FSP_HAS_EPOCH) {
		tx->seq_epoch = (s8)in_u8(in);
		tx->ack_epoch = (s8)in_u8(in);
	}
}

/* ---- what the first flight and the path's size are about ---- */

static void put_cookie(const struct end *end, struct input *in, struct fsp_tx *tx,
		       u8 cookie[FSP_COOKIE_MAX])
{
	u8 which = in_u8(in);

	tx->opts |= FSP_HAS_COOKIE;
	tx->cookie = cookie;
	tx->cookie_len = first_cookie(end->id, FIRST_ASK + (which & 3), cookie);
	if (which & 0x80)
		tx->cookie_len = which & 0x40 ? 0 : 4 + in_u8(in) % 13;
	if (which & 0x20)
		cookie[0] += in_u8(in);
}

/* To a client anything may be a ticket; a listener wants its own seal. */
static void put_ticket(struct end *end, struct input *in, struct fsp_tx *tx,
		       u8 ticket[FSP_TICKET_MAX])
{
	u8 how = in_u8(in);

	tx->opts |= FSP_HAS_TICKET;
	tx->ticket = ticket;
	tx->ticket_len = FIRST_TICKET_LEN;
	memset(ticket, how, FSP_TICKET_MAX);
	if (end->mode == END_LISTEN)
		first_seal(end, ticket);
	if (how & 0x80)
		tx->ticket_len = 1 + in_u8(in) % FSP_TICKET_MAX;
	if (how & 0x40)
		ticket[how % FIRST_TICKET_LEN] += in_u8(in);
}

static void put_ecn(const struct end *end, struct input *in, struct fsp_tx *tx)
{
	tx->opts |= FSP_HAS_ECN;
	tx->ecn = end->conn.work->ecn_peer;
	tx->ecn.ce += in_u8(in);
	tx->ecn.ect0 += in_u8(in);
	tx->ecn.ect1 += in_u8(in) >> 4;
	tx->ecn.ce_bytes += in_log(in, 20);
	tx->ecn.ect_bytes += in_log(in, 20);
}

static void put_dup(const struct end *end, struct input *in, struct fsp_tx *tx)
{
	tx->opts |= FSP_HAS_DUP;
	tx->dup.seq = near(in, end->conn.snd_una);
	tx->dup.len = in_u16(in);
	tx->dup.serial = end->conn.serial - 1 - (in_u8(in) & 0x1f);
}

/* An answer to the probe that is out, or nearly */
static void put_probed(const struct end *end, struct input *in, struct fsp_tx *tx)
{
	u8 how = in_u8(in);

	tx->opts |= FSP_HAS_PROBED;
	tx->probe = end->conn.work->pmtu.id - (how & 3);
	tx->probe_size = end->conn.work->pmtu.probed;
	if (how & 0x80)
		tx->probe_size += (s8)in_u8(in);
}

static void put_probe(struct input *in, struct fsp_tx *tx)
{
	tx->opts |= FSP_HAS_PROBE;
	tx->probe = in_u8(in);
	tx->probe_size = in_u16(in) % 9000;
}

/* A SYN, or SYN,ACK, with a cookie */
static void put_syn(const struct end *end, struct input *in, struct fsp_tx *tx, bool answer,
		    u8 cookie[FSP_COOKIE_MAX])
{
	tx->flags = answer ? FSP_SYN | FSP_ACK : FSP_SYN;
	tx->seq = 5000;
	tx->ack = answer ? tx->ack : 0;
	tx->opts = FSP_HAS_MSS | FSP_HAS_WSCALE | FSP_HAS_FEATURES;
	tx->opt_mss = 1460;
	tx->wscale = 7;
	tx->features = FSP_FEATURES_ALWAYS | FSP_FEATURE_ECN;
	put_cookie(end, in, tx, cookie);
}

static void put_more(struct end *end, struct input *in, struct fsp_tx *tx, u8 what,
		     u8 bytes[FSP_TICKET_MAX])
{
	switch (what & 0x7) {
	case 0:
		put_probe(in, tx);
		break;
	case 1:
		put_probed(end, in, tx);
		break;
	case 2:
		put_ecn(end, in, tx);
		break;
	case 3:
		put_dup(end, in, tx);
		break;
	case 4:
		put_ticket(end, in, tx, bytes);
		break;
	case 5:
	case 6:
		put_syn(end, in, tx, !(what & 1), bytes);
		break;
	default:
		put_ecn(end, in, tx);
		put_probed(end, in, tx);
		break;
	}
}

/* A packet about one of these, and else plausible */
static struct packet *forge_more(struct world *w, struct end *end, struct input *in)
{
	u8 what = in_u8(in), bytes[FSP_TICKET_MAX] = {};
	struct fsp_tx tx = {
		.flags = FSP_ACK,
		.window = 60000,
		.serial = in_u8(in),
		.seq = what & 0x40 ? peer_seq(end, in) : end->conn.rcv_nxt,
		.ack = what & 0x20 ? peer_ack(end, in) : end->conn.snd_una,
	};

	if (end->mode == END_LISTEN) {	/* as if a SYN had come and been forgotten */
		end->req.iss = end->iss;
		tx.seq = end->req.irs + 1;
		tx.ack = end->iss + 1;
	}
	put_more(end, in, &tx, what, bytes);
	if (what & 0x80 && !(tx.opts & FSP_HAS_PROBE))
		tx.len = in_log(in, 17);
	tx.mss = tx.len;
	fsp_tx_measure(&tx);
	return packet_new(&w->sim, end, &tx, 0);
}

struct packet *forge(struct world *w, struct end *end, struct input *in)
{
	static const u8 flags[] = {
		FSP_ACK, FSP_ACK, FSP_ACK | FSP_PSH, FSP_ACK | FSP_FIN, FSP_SYN,
		FSP_SYN | FSP_ACK, FSP_RST, FSP_RST | FSP_ACK, FSP_ACK | FSP_ECE,
		FSP_ACK | FSP_CWR, FSP_SYN | FSP_ECE | FSP_CWR,
		FSP_SYN | FSP_ACK | FSP_ECE, FSP_ACK, FSP_ACK,
	};
	struct fsp_tx tx = {};
	u8 kind = in_u8(in);

	if ((kind & 0xe) == 0xe)
		return forge_more(w, end, in);
	tx.flags = flags[kind & 0xf];
	tx.seq = peer_seq(end, in);
	tx.ack = tx.flags & FSP_ACK ? peer_ack(end, in) : 0;
	tx.window = kind & 0x10 ? in_u16(in) : 60000;
	tx.serial = in_u8(in);
	if (kind & 0x20)
		options(w, end, in, &tx);
	if (kind & 0x40)
		ranges(end, in, &tx);
	if (kind & 0x80 && !(tx.flags & FSP_RST))
		tx.len = in_log(in, 17);
	tx.mss = tx.len;
	fsp_tx_measure(&tx);
	if (tx.flags & FSP_EXT)
		tx.len = 0;
	return packet_new(&w->sim, end, &tx, 0);
}

void forge_mutate(struct packet *p, struct input *in)
{
	u8 where = in_u8(in), what = in_u8(in);

	if (where & 0x80)
		p->hdr[where % p->hdr_len] = what;
	else
		p->hdr[where % p->hdr_len] += (s8)what;
	if (where == 0x7f)
		p->len = in_log(in, 17);
}
