// SPDX-License-Identifier: GPL-2.0-only
/*
 * One engine and a peer that lies: every packet it receives is the fuzzer's.
 * Nothing may break the engine's own books, whatever it is told.
 */
#include "world.h"

#define OPS_MAX	400

/* The handshake's answer, with whatever belongs to it */
static void be_synack(const struct fsp_conn *c, struct fsp_tx *tx, u8 how)
{
	static const u8 memory[FSP_TICKET_MAX] = "a listener's";

	tx->seq = 5000;
	tx->flags |= FSP_SYN;
	tx->opts |= FSP_HAS_WSCALE | FSP_HAS_MSS;
	tx->opt_mss = 1460;
	tx->wscale = 7;
	if (how & 0x10) {
		tx->opts |= FSP_HAS_FEATURES;
		tx->features = FSP_FEATURES_ALWAYS | FSP_FEATURE_ECN;
	}
	if (how & 0x20) {
		tx->opts |= FSP_HAS_TICKET;
		tx->ticket = memory;
		tx->ticket_len = how & 0x40 ? 1 : 18;
	}
	if (how & 0x40)
		tx->ack = c->iss + 1;
}

/* The peer tells what was asked. */
static void add_answers(const struct fsp_conn *c, struct fsp_tx *tx, u8 how)
{
	if (how & 0x10 && c->work->pmtu.probed) {
		tx->opts |= FSP_HAS_PROBED;
		tx->probe = c->work->pmtu.id;
		tx->probe_size = c->work->pmtu.probed;
	}
	if (how & 0x60) {
		tx->opts |= FSP_HAS_ECN;
		tx->ecn = c->work->ecn_peer;
		tx->ecn.ect0++;
		tx->ecn.ect_bytes += c->snd_nxt - c->snd_una;
		tx->ecn.ce_bytes += how & 0x40 ? c->snd_mss : 0;
	}
}

/* The peer behaves: what was sent is acknowledged, and no more. */
static void honest_ack(struct world *w, struct end *end, u8 how)
{
	struct fsp_conn *c = &end->conn;
	struct fsp_tx tx = {
		.seq = c->rcv_nxt,
		.ack = c->snd_nxt,
		.flags = FSP_ACK,
		.window = 60000,
		.opts = FSP_HAS_ECHO,
		.echo = c->serial - 1,
	};

	if (end->mode != END_CONN)
		return;
	if (c->state == FSP_SYN_SENT)
		be_synack(c, &tx, how);
	else
		add_answers(c, &tx, how);
	fsp_tx_measure(&tx);
	world_inject(w, end, packet_new(&w->sim, end, &tx, 0));
}

static void honest_data(struct world *w, struct end *end, u8 how, struct input *in)
{
	struct fsp_tx tx = {
		.seq = end->conn.rcv_nxt,
		.ack = end->conn.snd_una,
		.flags = FSP_ACK,
		.window = 60000,
		.opts = how & 0x40 ? FSP_HAS_TICKET : 0,
		.ticket = (const u8 *)"?",
		.ticket_len = 1,
	};
	struct packet *p;

	if (end->mode != END_CONN)
		return;
	tx.len = min_t(u32, in_log(in, 17), fsp_rcv_edge(&end->conn) - tx.seq);
	tx.mss = tx.len;
	fsp_tx_measure(&tx);
	p = packet_new(&w->sim, end, &tx, 0);
	p->ecn = how >> 4 & 3;
	world_inject(w, end, p);
}

/* A long connection: numbers have turned round. */
static void age(struct end *end, struct input *in)
{
	u8 n = in_u8(in);

	if (end->mode == END_CONN && FSP_STATE_IN(end->conn.state, FSP_STATES_SEND)) {
		end->conn.una_off += (u64)(n & 3) << FSP_EPOCH_SHIFT;
		end->conn.rcv_off += (u64)(n >> 2 & 3) << FSP_EPOCH_SHIFT;
	}
}

static void step(struct world *w, struct end *end, struct input *in)
{
	u8 op = in_u8(in);
	struct packet *p;

	switch (op & 0xf) {
	case 0:
	case 1:
	case 2:
		user_op(w, end, in);
		break;
	case 3:
		world_fire(w);
		break;
	case 4:
		world_wait(w, in_log(in, 36));
		break;
	case 5:
	case 6:
		honest_ack(w, end, op);
		break;
	case 7:
		honest_data(w, end, op, in);
		break;
	case 8:
		p = forge(w, end, in);
		forge_mutate(p, in);
		world_inject(w, end, p);
		break;
	case 9:
		age(end, in);
		break;
	default:
		world_inject(w, end, forge(w, end, in));
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct world *w = world_new(&in, true);
	struct end *end = world_end(w, 0);
	u32 n;

	w->wire[0].discard = true;
	if (in_u8(&in) & 1)
		end_listen(end);
	else
		end_connect(end);
	for (n = 0; in.left && n < OPS_MAX; n++)
		step(w, end, &in);
	world_free(w);
	return 0;
}
