// SPDX-License-Identifier: GPL-2.0-only
/* A connection's life, and what its user may ask of it. */
#include "internal.h"

#define QUICK_ACKS	16	/* while the peer is in slow start, ACK each packet */
#define CWND_MAX	0x40000000U
#define ENOBUFS_POS	105

void fsp_config_default(struct fsp_config *cfg)
{
	*cfg = (struct fsp_config) {
		.rto_min		= 200 * FSP_NSEC_PER_MSEC,
		.rto_max		= 120 * FSP_NSEC_PER_SEC,
		.rto_init		= FSP_NSEC_PER_SEC,	/* RFC 6298 (2.1) */
		.delack_max		= 40 * FSP_NSEC_PER_MSEC,
		.keepalive_time		= 7200 * FSP_NSEC_PER_SEC,
		.keepalive_intvl	= 75 * FSP_NSEC_PER_SEC,
		.keepalive_probes	= 9,
		.fin_timeout		= 60 * FSP_NSEC_PER_SEC,
		.syn_retries		= 6,
		.retries1		= 3,
		.retries2		= 15,
		.orphan_retries		= 8,
		.max_ofo		= 4096,
		.ecn			= FSP_ECN_ASKED,
		.mtu_probing		= FSP_MTU_PROBE_BLACK_HOLE,
		.pace			= true,
	};
}

void fsp_conn_init(struct fsp_conn *c, const struct fsp_cc_ops *cc)
{
	struct fsp_config cfg = c->cfg;
	struct fsp_work *work = c->work;

	memset(c, 0, sizeof(*c));
	c->cfg = cfg;
	c->work = work;
	fsp_conn_init_zeroed(c, cc);
}

void fsp_conn_init_zeroed(struct fsp_conn *c, const struct fsp_cc_ops *cc)
{
	c->state = FSP_CLOSED;
	if (!c->work)
		c->work = (struct fsp_work *)&fsp_no_work;
	if (fsp_conn_awake(c))
		fsp_work_init(c->work);
	c->snd_mss = FSP_MSS_DEFAULT_V4;
	c->rcv_mss = FSP_MSS_DEFAULT_V4;
	c->default_mss = FSP_MSS_DEFAULT_V4;
	c->pmtu_below = FSP_PMTU_BELOW_V4;
	c->pmtu_base = FSP_PMTU_BASE_V4;
	c->pmtu_min = FSP_PMTU_MIN_V4;
	c->gso_max = 65535 - FSP_HDR_MAX;
	c->rto = min(c->cfg.rto_init, c->cfg.rto_max);
	c->cwnd = FSP_INIT_CWND_SEGS * c->snd_mss;
	c->cwnd_clamp = CWND_MAX;
	c->ssthresh = FSP_SSTHRESH_INFINITE;
	c->quick_acks = QUICK_ACKS;
	c->reo_steps = 1;
	c->cc = cc;
}

static void purge_unsent(struct fsp_conn *c)
{
	while (!list_empty(&c->work->sndq)) {
		struct fsp_seg *seg = fsp_list_seg(c->work->sndq.next);

		list_del(fsp_seg_list(seg));
		fsp_host_free_tx(c, seg);
	}
}

static void purge_sent(struct fsp_conn *c)
{
	struct fsp_seg *seg;

	while ((seg = fsp_segq_first(&c->work->rtxq))) {
		list_del_init(fsp_seg_tlist(seg));
		fsp_segq_erase(&c->work->rtxq, seg);
		fsp_host_free_tx(c, seg);
	}
	c->work->sacked_out = 0;
	c->work->lost_out = 0;
	c->work->retrans_out = 0;
}

struct fsp_repair *fsp_repair_get(struct fsp_conn *c)
{
	if (!c->work->repair)
		c->work->repair = fsp_host_zalloc(c, sizeof(*c->work->repair));
	return c->work->repair;
}

void fsp_repair_put(struct fsp_conn *c)
{
	if (c->work->repair)
		fsp_host_free(c, c->work->repair, sizeof(*c->work->repair));
	c->work->repair = NULL;
}

void fsp_conn_purge(struct fsp_conn *c)
{
	if (fsp_conn_awake(c)) {
		purge_unsent(c);
		purge_sent(c);
		fsp_reasm_purge(c);
		fsp_repair_put(c);
		fsp_timer_stop_all(c);
	}
	fsp_cc_stop(c);
	c->state = FSP_CLOSED;
}

void fsp_set_state(struct fsp_conn *c, enum fsp_state state)
{
	c->state = state;
}

/*
 * An attempt to open cuts TIME_WAIT short only if it succeeds: else the next one
 * would know nothing of the old numbers.
 */
static enum fsp_state closed(struct fsp_conn *c)
{
	if (!c->follows || !FSP_STATE_IN(c->state, BIT(FSP_SYN_SENT) | BIT(FSP_SYN_RCVD)))
		return FSP_CLOSED;
	if (c->state == FSP_SYN_SENT)
		c->rcv_nxt = c->work->old_rcv_nxt;
	return FSP_TIME_WAIT;
}

void fsp_fail(struct fsp_conn *c, int err)
{
	if (c->state == FSP_CLOSED || c->state == FSP_TIME_WAIT)
		return;
	c->error = err;
	c->events |= FSP_EV_ERROR;
	fsp_set_state(c, closed(c));
	fsp_timer_stop_all(c);
}

void fsp_finish(struct fsp_conn *c, enum fsp_state state)
{
	if (state == FSP_CLOSED)
		state = closed(c);
	c->events |= state == FSP_TIME_WAIT ? FSP_EV_TIME_WAIT : FSP_EV_CLOSED;
	fsp_set_state(c, state);
	fsp_timer_stop_all(c);
}

/* ---- path ---- */

void fsp_update_mss(struct fsp_conn *c)
{
	u32 room = fsp_conn_room(c);
	u32 mss = room > FSP_HDR_MIN ? room - FSP_HDR_MIN : 0;

	if (c->peer_mss)
		mss = min(mss, c->peer_mss);
	if (c->cfg.mss_clamp)
		mss = min_t(u32, mss, c->cfg.mss_clamp);
	c->snd_mss = max_t(u32, mss, FSP_MSS_MIN);
	/* What was one packet after a timeout must still be one on a wider path. */
	c->cwnd = max(c->cwnd, c->snd_mss);
}

void fsp_conn_set_path(struct fsp_conn *c, u32 mss_room, u32 gso_max, u64 now)
{
	u32 before = c->mss_room;

	c->mss_room = mss_room;
	c->gso_max = gso_max;
	fsp_plpmtu_path(c, before, now);
	fsp_update_mss(c);
}

void fsp_conn_path_shrunk(struct fsp_conn *c, u64 now)
{
	if (!FSP_STATE_IN(c->state, FSP_STATES_OUTPUT) || !fsp_conn_awake(c))
		return;
	fsp_recovery_mss_shrunk(c);
	fsp_output(c, 0, now);
}

/* ---- opening ---- */

static u16 announced_mss(const struct fsp_conn *c)
{
	u32 mss = c->mss_room > FSP_HDR_MIN ? c->mss_room - FSP_HDR_MIN : FSP_MSS_MIN;

	if (c->cfg.mss_clamp)
		mss = min_t(u32, mss, c->cfg.mss_clamp);
	return min_t(u32, mss, U16_MAX);
}

void fsp_conn_open(struct fsp_conn *c, u32 iss, u64 now)
{
	c->iss = iss;
	c->snd_una = iss;
	c->snd_nxt = iss + 1;
	c->snd_sml = iss;
	c->write_seq = iss + 1;
	c->work->max_flight_seq = iss;
	c->work->ecn_end = iss;
	c->serial = iss;	/* any start will do */
	c->opt_mss = announced_mss(c);
	c->rcv_mss = min_t(u32, c->rcv_mss, c->opt_mss);
	c->work->retry_since = now;
	c->last_rcv = now;
	fsp_update_mss(c);
	fsp_window_init(c);
	fsp_set_state(c, FSP_SYN_SENT);
}

void fsp_conn_syn(struct fsp_conn *c, u64 now)
{
	c->work->retry_since = now;
	fsp_send_syn(c, now);
	fsp_rto_arm(c, now);
}

void fsp_conn_connect(struct fsp_conn *c, u32 iss, u64 now)
{
	fsp_conn_open(c, iss, now);
	fsp_conn_syn(c, now);
}

void fsp_established(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	u32 scale = rx->flags & FSP_SYN ? 0 : c->snd_wscale;

	fsp_set_state(c, FSP_ESTABLISHED);
	fsp_ecn_agreed(c);
	c->events |= FSP_EV_ESTABLISHED | FSP_EV_WRITABLE;
	c->snd_una = c->iss + 1;
	c->snd_wnd = (u32)rx->window << scale;
	c->max_snd_wnd = c->snd_wnd;
	c->sws_wnd = c->snd_wnd;
	c->snd_wl1 = rx->seq;
	c->snd_wl2 = c->snd_una;
	fsp_update_mss(c);
	c->cwnd = FSP_INIT_CWND_SEGS * c->snd_mss;
	/* RFC 5681 section 3.1: a lost SYN says the path is full */
	if (c->work->syn_retries > 1 && !c->srtt)
		c->cwnd = c->snd_mss;
	c->work->retry_since = 0;
	c->work->retries = 0;
	c->work->backoff = 0;
	c->work->probes_out = 0;
	c->rto = fsp_rtt_rto(c);
	fsp_timer_stop(c, FSP_TIMER_RTO);
	fsp_keepalive_arm(c, now);
	fsp_plpmtu_start(c, now);
	fsp_update_mss(c);
	if (c->work->rtxq.count)
		fsp_first_settle(c, rx, now);
	if (c->shut_wanted)
		fsp_conn_shutdown(c, now);
}

/* ---- sending ---- */

void fsp_conn_queue(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes)
{
	memset(seg, 0, sizeof(*seg));
	INIT_LIST_HEAD(fsp_seg_tlist(seg));
	seg->seq = c->write_seq;
	seg->end_seq = seg->seq + bytes;
	c->write_seq = seg->end_seq;
	list_add_tail(fsp_seg_list(seg), &c->work->sndq);
}

struct fsp_seg *fsp_conn_tail(struct fsp_conn *c)
{
	return list_empty(&c->work->sndq) ? NULL : fsp_list_seg(c->work->sndq.prev);
}

void fsp_conn_grow(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes)
{
	if (fsp_conn_gathers(c))
		c->work->joined = true;
	seg->end_seq += bytes;
	c->write_seq += bytes;
}

void fsp_conn_unqueue(struct fsp_conn *c, struct fsp_seg *seg)
{
	list_del(fsp_seg_list(seg));
}

void fsp_conn_push(struct fsp_conn *c, unsigned int flags, u64 now)
{
	if (!fsp_conn_awake(c))
		return;
	fsp_timer_stop(c, FSP_TIMER_GATHER);
	fsp_output(c, flags, now);
}

void fsp_conn_resume(struct fsp_conn *c, u64 now)
{
	if (fsp_conn_awake(c))
		fsp_output(c, 0, now);
}

static void queue_fin(struct fsp_conn *c)
{
	struct fsp_seg *tail = fsp_conn_tail(c);

	c->fin_queued = true;
	if (!tail) {
		c->fin_pending = true;	/* fsp_output() finds it a carrier */
		return;
	}
	tail->flags |= FSP_FIN;
	tail->end_seq++;
	c->write_seq++;
}

void fsp_conn_shutdown(struct fsp_conn *c, u64 now)
{
	if (c->fin_queued)
		return;
	if (FSP_STATE_IN(c->state, FSP_STATES_SEND) && !fsp_conn_wake(c, now)) {
		fsp_send_rst(c);
		fsp_fail(c, ENOBUFS_POS);
		return;
	}
	switch (c->state) {
	case FSP_SYN_SENT:
		fsp_finish(c, FSP_CLOSED);
		return;
	case FSP_SYN_RCVD:
		c->shut_wanted = true;	/* once the handshake is done */
		return;
	case FSP_ESTABLISHED:
		fsp_set_state(c, FSP_FIN_WAIT_1);
		break;
	case FSP_CLOSE_WAIT:
		fsp_set_state(c, FSP_LAST_ACK);
		break;
	default:
		return;
	}
	queue_fin(c);
	fsp_output(c, FSP_PUSH_NOW, now);
}

static bool reset_called_for(const struct fsp_conn *c)
{
	/* RFC 9293 section 3.10.5 */
	return FSP_STATE_IN(c->state, BIT(FSP_SYN_RCVD) | BIT(FSP_ESTABLISHED) |
			    BIT(FSP_FIN_WAIT_1) | BIT(FSP_FIN_WAIT_2) | BIT(FSP_CLOSE_WAIT) |
			    BIT(FSP_CLOSING) | BIT(FSP_LAST_ACK));
}

void fsp_conn_abort(struct fsp_conn *c, u64 now)
{
	if (reset_called_for(c))
		fsp_send_rst(c);
	fsp_set_state(c, closed(c));
	fsp_timer_stop_all(c);
}

/* ---- receiving ---- */

void fsp_conn_read(struct fsp_conn *c, u64 now)
{
	if (!FSP_STATE_IN(c->state, FSP_STATES_RECEIVE) || !fsp_conn_awake(c))
		return;
	if (c->work->ack_bytes > c->rcv_mss || fsp_window_worth_telling(c))
		fsp_send_ack(c, now);
}

void fsp_conn_ack(struct fsp_conn *c, u64 now)
{
	if (fsp_conn_awake(c) && (c->work->ack_bytes || c->ack_now))
		fsp_send_ack(c, now);
}

void fsp_conn_shut_rcv(struct fsp_conn *c)
{
	c->rcv_shut = true;
}

/* ---- the rest ---- */

void fsp_conn_orphan(struct fsp_conn *c, u64 now)
{
	c->user_gone = true;
	c->rcv_shut = true;
	if (c->state == FSP_FIN_WAIT_2)
		fsp_timer_arm(c, FSP_TIMER_FIN, now + c->cfg.fin_timeout);
}

void fsp_conn_reconfigure(struct fsp_conn *c, u64 now)
{
	fsp_update_mss(c);
	if (!c->work->backoff && FSP_STATE_IN(c->state, FSP_STATES_OUTPUT))
		c->rto = fsp_rtt_rto(c);
	if (!fsp_conn_awake(c))
		return;		/* fsp_conn_next_of() goes by the options themselves */
	fsp_keepalive_arm(c, now);
	if (c->cfg.quickack)
		fsp_conn_ack(c, now);
	fsp_output(c, 0, now);
}

void fsp_conn_set_cc(struct fsp_conn *c, const struct fsp_cc_ops *cc)
{
	bool running = c->cc_priv && fsp_conn_awake(c);

	if (c->cc == cc)
		return;
	fsp_cc_stop(c);
	c->cc = cc;
	if (running)
		fsp_cc_start(c);
}

void fsp_conn_icmp(struct fsp_conn *c, u32 seq, int err, bool hard, u64 now)
{
	/* RFC 5927 section 4.1: only what is in flight can have been answered. */
	if (!fsp_between(seq, c->snd_una, c->snd_nxt) || !err)
		return;
	if (c->state == FSP_SYN_SENT || c->state == FSP_SYN_RCVD) {
		fsp_host_count(c, FSP_COUNT_ATTEMPT_FAILS, 1);
		fsp_fail(c, err);
		return;
	}
	/* MUST-56, RFC 5461 section 4.1: nothing an ICMP says ends a connection. */
	c->soft_error = err;
	c->events |= FSP_EV_SOFT_ERROR;
}
