// SPDX-License-Identifier: GPL-2.0-only
/* What a program, an administrator and a host short of memory do to one end. */
#include "world.h"

#define ALWAYS	1000000u	/* of a million */

static bool usable(const struct end *end)
{
	return end->mode == END_CONN && !end->app.closed;
}

static bool may_write(const struct end *end)
{
	return usable(end) && !end->app.shut &&
	       FSP_STATE_IN(end->conn.state, FSP_STATES_SEND | BIT(FSP_SYN_SENT) |
			    BIT(FSP_SYN_RCVD));
}

static u32 add(struct end *end, u32 bytes)
{
	struct fsp_seg *seg = fsp_conn_tail(&end->conn);
	struct carrier *car;

	if (seg && fsp_seg_carrier(seg)->bytes < end_cfg(end)->seg_max) {
		car = fsp_seg_carrier(seg);
		bytes = min(bytes, end_cfg(end)->seg_max - car->bytes);
		car->bytes += bytes;
		fsp_conn_grow(&end->conn, seg, bytes);
		return bytes;
	}
	bytes = min(bytes, end_cfg(end)->seg_max);
	end_wake(end);
	car = carrier_new(end->sim, end->app.written, bytes);
	fsp_conn_queue(&end->conn, &car->seg, bytes);
	return bytes;
}

void user_write(struct end *end, u32 bytes, unsigned int push)
{
	if (!may_write(end))
		return;
	while (bytes && end->queued < end->sndbuf) {
		u32 n = add(end, bytes);

		end->app.written += n;
		end->queued += n;
		bytes -= n;
	}
	fsp_conn_push(&end->conn, push, end->sim->q.now);
	fuzz_check(fsp_conn_want_sndbuf(&end->conn) <= S32_MAX);
}

/* A write whose copy fails: the carrier is taken out again. */
static void failed_write(struct end *end)
{
	struct carrier *car;

	if (!may_write(end))
		return;
	end_wake(end);
	car = carrier_new(end->sim, end->app.written, 0);
	fsp_conn_queue(&end->conn, &car->seg, 0);
	fsp_conn_unqueue(&end->conn, &car->seg);
	carrier_free(end->sim, car);
}

void user_read(struct end *end, u32 bytes)
{
	bytes = min(bytes, end->unread);
	if (!bytes)
		return;
	end->unread -= bytes;
	end->app.read += bytes;
	if (end->mode != END_CONN)
		return;
	fuzz_check(fsp_conn_want_rcvbuf(&end->conn, end->conn.irs + 1 + (u32)end->app.read,
					end->sim->q.now) <= S32_MAX);
	fsp_conn_read(&end->conn, end->sim->q.now);
}

void user_shutdown(struct end *end)
{
	if (!usable(end) || end->app.shut)
		return;
	end->app.shut = true;
	fsp_conn_shutdown(&end->conn, end->sim->q.now);
}

static void user_abort(struct end *end)
{
	end->app.aborted = true;
	end->app.closed = true;
	end_abort(end);
}

/* As close() does: bytes nobody will read are a reason to reset. */
void user_close(struct end *end)
{
	u64 now = end->sim->q.now;

	if (!usable(end))
		return;
	if (end->unread && !end->app.eof) {
		user_abort(end);
		return;
	}
	user_shutdown(end);
	end->app.closed = true;
	if (!end->app.eof)
		fsp_conn_shut_rcv(&end->conn);
	fsp_conn_orphan(&end->conn, now);
}

/* ---- options ---- */

static void set_probing(struct end *end, u8 how)
{
	end->conn.cfg.mtu_probing = how % 3;
	fsp_conn_probe_mtu(&end->conn, end->sim->q.now);
}

static void set_option(struct end *end, struct input *in)
{
	struct fsp_config *cfg = &end->conn.cfg;
	u8 what = in_u8(in);

	switch (what & 0xf) {
	case 0:
		if (what & 0x10)
			set_probing(end, what >> 5);
		else
			cfg->nodelay = !cfg->nodelay;
		break;
	case 1:
		cfg->cork = !cfg->cork;
		break;
	case 2:
		cfg->quickack = !cfg->quickack;
		break;
	case 3:
		cfg->keepalive = !cfg->keepalive;
		break;
	case 4:
		cfg->keepalive_time = FSP_NSEC_PER_SEC * (1 + in_u8(in));
		cfg->keepalive_intvl = FSP_NSEC_PER_SEC * (1 + in_u8(in));
		cfg->keepalive_probes = 1 + in_u8(in) % 127;
		break;
	case 5:
		cfg->user_timeout = in_log(in, 12) * FSP_NSEC_PER_MSEC;
		break;
	case 6:
		cfg->mss_clamp = what & 0x80 ? 0 : 88 + in_u16(in) % 32768;
		break;
	case 7:
		cfg->window_clamp = in_log(in, 20);
		break;
	case 8:
		cfg->retries2 = in_u8(in);
		cfg->retries1 = in_u8(in);
		break;
	case 9:
		cfg->orphan_retries = in_u8(in);
		cfg->syn_retries = 1 + in_u8(in) % 127;
		break;
	case 10:
		cfg->rto_min = FSP_NSEC_PER_MSEC * (1 + in_u8(in));
		break;
	case 11:
		cfg->rto_max = FSP_NSEC_PER_SEC * (1 + in_u8(in) % 120);
		break;
	case 12:
		cfg->fin_timeout = FSP_NSEC_PER_SEC * (1 + in_u8(in));
		break;
	case 13:
		cfg->rcv_max = in_log(in, 24);
		break;
	case 14:
		cfg->delack_max = FSP_NSEC_PER_MSEC * (1 + in_u8(in));
		break;
	default:
		cfg->rto_init = FSP_NSEC_PER_MSEC * (1 + in_u16(in) % 60000);
		break;
	}
	fsp_conn_reconfigure(&end->conn, end->sim->q.now);
}

static void set_path(struct end *end, struct input *in)
{
	u32 room = 128 + in_u16(in) % 9000, gso = in_u16(in);
	u32 mss = fsp_conn_mss(&end->conn);

	end->room = room;
	end_cfg(end)->gso_max = max(gso, 1U);
	fsp_conn_set_path(&end->conn, room, end_cfg(end)->gso_max, end->sim->q.now);
	if (fsp_conn_mss(&end->conn) < mss)
		fsp_conn_path_shrunk(&end->conn, end->sim->q.now);
}

static void set_cc(struct end *end, struct input *in)
{
	const struct fsp_cc_ops *cc = fsp_cc_nth(in_u8(in) % 8);

	if (cc)
		fsp_conn_set_cc(&end->conn, cc);
}

static void icmp(struct end *end, struct input *in)
{
	u8 bits = in_u8(in);
	u32 seq = bits & 0x01 ? end->conn.snd_una : end->conn.snd_nxt;

	if (bits & 0x04)
		seq += (s8)in_u8(in);
	fsp_conn_icmp(&end->conn, seq, bits & 0x08 ? 0 : 113, bits & 0x02,
		      end->sim->q.now);
}

/* ---- the host's troubles ---- */

static void trouble(struct world *w, struct end *end, struct input *in)
{
	u8 bits = in_u8(in);

	if (w->lossless)
		return;
	end_cfg(end)->xmit_fail = bits & 0x01 ? ALWAYS : 0;
	end_cfg(end)->split_fail = bits & 0x02 ? ALWAYS : 0;
	end_cfg(end)->merge_fail = bits & 0x04 ? ALWAYS : 0;
	end_cfg(end)->renege = bits & 0x08 ? ALWAYS : 0;
	if (bits & 0x10)	/* the odd one */
		end_cfg(end)->xmit_fail = ALWAYS / 8;
	if (bits & 0x20)
		end_cfg(end)->split_fail = ALWAYS / 8;
}

/* A buffer may shrink below what it holds; the oracle must know what it held. */
static void set_rcvbuf(struct end *end, struct input *in)
{
	u32 least = (end->unread + end->ofo + 1) / 2;

	end->rcvbuf = max_t(u32, in_log(in, 24), max(least, 1U));
}

void user_op(struct world *w, struct end *end, struct input *in)
{
	static const unsigned int push[] = { 0, FSP_PUSH_MORE, FSP_PUSH_NOW, 0 };
	struct fsp_conn *c = &end->conn;
	u64 now = end->sim->q.now;
	u8 op = in_u8(in);

	if (usable(end))
		end_rest(end);
	switch (op & 0xf) {
	case 0:
	case 1:
		user_write(end, in_log(in, 13), push[op >> 4 & 3]);
		break;
	case 2:
		user_read(end, in_log(in, 20));
		break;
	case 3:
		user_shutdown(end);
		break;
	case 4:
		user_close(end);
		break;
	case 5:
		if (op >> 4 == 5)	/* not all too often */
			user_abort(end);
		break;
	case 6:
		trouble(w, end, in);
		break;
	case 7:
		set_rcvbuf(end, in);
		break;
	case 8:
		failed_write(end);
		break;
	default:
		if (!usable(end))
			return;
		switch (op & 0xf) {
		case 9:
		case 10:
			set_option(end, in);
			break;
		case 11:
			set_path(end, in);
			break;
		case 12:
			set_cc(end, in);
			break;
		case 13:
			icmp(end, in);
			break;
		case 14:
			fsp_conn_ack(c, now);
			break;
		default:
			fsp_conn_path_shrunk(c, now);
			break;
		}
	}
	end_after(end);
}
