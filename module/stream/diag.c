// SPDX-License-Identifier: GPL-2.0-only
/* What administrators may know of a stream, and do to it. */
#include "diag.h"
#include "ip/ip.h"
#include "stream/internal.h"

static u32 ago_ms(u64 then, u64 now)
{
	return then && then < now ? min_t(u64, div_u64(now - then, NSEC_PER_MSEC),
					  U32_MAX) : 0;
}

static u32 segments(u32 bytes, u32 mss)
{
	return DIV_ROUND_UP(bytes, max(mss, 1U));
}

/* TCP_CA_*: 0 open, 1 disorder, 3 recovery, 4 loss */
static u8 ca_state(const struct fsp_conn *c, const struct fsp_work *w)
{
	switch (READ_ONCE(c->recovery)) {
	case FSP_RECOVERY:
		return TCP_CA_Recovery;
	case FSP_LOSS:
		return TCP_CA_Loss;
	default:
		return READ_ONCE(w->sacked_out) ? TCP_CA_Disorder : TCP_CA_Open;
	}
}

static void fill_path(const struct fsp_conn *c, const struct fsp_work *w,
		      struct ferry_stream_info *i)
{
	const struct fsp_cc_ops *cc = READ_ONCE(c->cc);

	strscpy(i->cc, cc->name, sizeof(i->cc));
	i->ca_state = ca_state(c, w);
	i->snd_wscale = READ_ONCE(c->snd_wscale);
	i->rcv_wscale = READ_ONCE(c->rcv_wscale);
	i->backoff = READ_ONCE(w->backoff);
	i->snd_mss = READ_ONCE(c->snd_mss);
	i->rcv_mss = READ_ONCE(c->rcv_mss);
	i->adv_mss = READ_ONCE(c->opt_mss);
	i->pmtu = ferry_stream_pmtu(c);
	i->pmtu_state = READ_ONCE(w->pmtu.state);
	i->rtt = ferry_stream_usecs(READ_ONCE(c->srtt));
	i->rttvar = ferry_stream_usecs(READ_ONCE(c->rttvar));
	i->min_rtt = ferry_stream_usecs(READ_ONCE(c->min_rtt));
	i->rto = ferry_stream_usecs(READ_ONCE(c->rto));
	i->ato = ferry_stream_usecs(READ_ONCE(c->cfg.delack_max));
	i->reordering = READ_ONCE(c->reo_steps);
	i->pacing_rate = fsp_pace_rate(c);
}

static void fill_windows(const struct fsp_conn *c, const struct fsp_work *w,
			 struct ferry_stream_info *i)
{
	u32 mss = READ_ONCE(c->snd_mss);
	u32 una = READ_ONCE(c->snd_una), nxt = READ_ONCE(c->snd_nxt);

	i->cwnd = segments(READ_ONCE(c->cwnd), mss);
	i->ssthresh = segments(READ_ONCE(c->ssthresh), mss);
	i->snd_wnd = READ_ONCE(c->snd_wnd);
	i->rcv_wnd = READ_ONCE(c->rcv_wnd);
	i->unacked = segments(nxt - una, mss);
	i->sacked = segments(READ_ONCE(w->sacked_out), mss);
	i->lost = segments(READ_ONCE(w->lost_out), mss);
	i->retrans = segments(READ_ONCE(w->retrans_out), mss);
	i->notsent = max_t(s32, READ_ONCE(c->write_seq) - nxt, 0);
	i->ofo = READ_ONCE(w->ofoq.count);
}

static void fill_counters(const struct fsp_conn *c, struct ferry_stream_info *i)
{
	u64 now = ferry_stream_now();

	i->last_snd_ms = ago_ms(READ_ONCE(c->last_send), now);
	i->last_rcv_ms = ago_ms(READ_ONCE(c->last_rcv), now);
	i->bytes_sent = READ_ONCE(c->bytes_sent);
	i->bytes_acked = READ_ONCE(c->una_off);
	i->bytes_received = READ_ONCE(c->rcv_off);
	i->bytes_retrans = READ_ONCE(c->bytes_retrans);
	i->segs_out = READ_ONCE(c->segs_out);
	i->segs_in = READ_ONCE(c->segs_in);
	i->segs_retrans = READ_ONCE(c->retrans_segs);
	i->segs_lost = READ_ONCE(c->lost_segs);
	i->segs_spurious = READ_ONCE(c->spurious);
	i->segs_dup = READ_ONCE(c->dup_in);
}

static const enum ferry_diag_timer timers[FSP_TIMERS] = {
	[FSP_TIMER_RTO]		= FERRY_DIAG_TIMER_RETRANSMIT,
	[FSP_TIMER_REORDER]	= FERRY_DIAG_TIMER_RETRANSMIT,
	[FSP_TIMER_TLP]		= FERRY_DIAG_TIMER_RETRANSMIT,
	[FSP_TIMER_PROBE]	= FERRY_DIAG_TIMER_PROBE,
	[FSP_TIMER_DELACK]	= FERRY_DIAG_TIMER_DELACK,
	[FSP_TIMER_KEEPALIVE]	= FERRY_DIAG_TIMER_KEEPALIVE,
	[FSP_TIMER_FIN]		= FERRY_DIAG_TIMER_LINGER,
};

static void fill_timer(const struct fsp_conn *c, const struct fsp_work *w,
		       struct ferry_sock_info *info)
{
	u64 now = ferry_stream_now(), first = U64_MAX;
	int i;

	if (w == &fsp_no_work) {
		first = fsp_conn_rest_until(c);
		info->timer = first == U64_MAX ? FERRY_DIAG_TIMER_NONE :
						 FERRY_DIAG_TIMER_KEEPALIVE;
	}
	for (i = 0; i < FSP_TIMERS; i++) {
		u64 when = READ_ONCE(w->timer[i]);

		if (!when || when >= first || timers[i] == FERRY_DIAG_TIMER_NONE)
			continue;
		first = when;
		info->timer = timers[i];
	}
	if (info->timer == FERRY_DIAG_TIMER_NONE)
		return;
	info->timer_ms = first > now ? div_u64(first - now, NSEC_PER_MSEC) : 0;
	info->timer_count = info->timer == FERRY_DIAG_TIMER_RETRANSMIT ?
			    READ_ONCE(w->retries) : READ_ONCE(w->probes_out);
}

void ferry_stream_diag(struct sock *sk, struct ferry_sock_info *info)
{
	const struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	const struct fsp_conn *c = &ss->conn;

	ferry_diag_sock(sk, info);
	info->wmem = READ_ONCE(sk->sk_wmem_queued);
	if (info->state == TCP_LISTEN) {
		info->rqueue = READ_ONCE(sk->sk_ack_backlog);
		info->wqueue = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}
	info->rqueue = READ_ONCE(ss->inq);
	info->wqueue = max_t(s32, READ_ONCE(c->write_seq) - READ_ONCE(c->snd_una), 0);
	if (info->state == TCP_CLOSE)
		return;
	info->has_stream = true;
	rcu_read_lock();	/* see work.c */
	fill_timer(c, READ_ONCE(c->work), info);
	fill_path(c, READ_ONCE(c->work), &info->stream);
	fill_windows(c, READ_ONCE(c->work), &info->stream);
	rcu_read_unlock();
	fill_counters(c, &info->stream);
}

static u32 left_ms(const struct timer_list *timer)
{
	long left = READ_ONCE(timer->expires) - jiffies;

	return left > 0 ? jiffies_to_msecs(left) : 0;
}

static void diag_request(struct ferry_request *req, struct ferry_sock_info *info)
{
	info->state = TCP_SYN_RECV;
	info->family = req->listener->sk_family;
	info->mark = req->mark;
	info->timer = FERRY_DIAG_TIMER_RETRANSMIT;
	info->timer_ms = left_ms(&req->timer);
	info->timer_count = READ_ONCE(req->req.retries);
}

static void diag_timewait(struct ferry_timewait *tw, struct ferry_sock_info *info)
{
	info->state = TCP_TIME_WAIT;
	info->family = tw->family;
	info->uid = tw->uid;
	info->mark = tw->mark;
	info->timer = FERRY_DIAG_TIMER_TIMEWAIT;
	info->timer_ms = left_ms(&tw->timer);
}

void ferry_stream_diag_flow(struct ferry_flow *flow, struct ferry_sock_info *info)
{
	memset(info, 0, sizeof(*info));
	info->transport = FERRY_STREAM;
	info->tuple = flow->tuple;
	info->uid = GLOBAL_ROOT_UID;
	if (flow->kind == FERRY_FLOW_REQUEST)
		diag_request(ferry_flow_request(flow), info);
	else if (flow->kind == FERRY_FLOW_TIMEWAIT)
		diag_timewait(ferry_flow_timewait(flow), info);
}

int ferry_stream_abort(struct sock *sk, int err)
{
	struct fsp_conn *c = &ferry_stream_sk(sk)->conn;

	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN) {
		ferry_stream_listen_stop(sk);
		WRITE_ONCE(sk->sk_err, err);
		sk->sk_state_change(sk);
		sk_error_report(sk);
	} else if (sk->sk_state != TCP_CLOSE) {
		WRITE_ONCE(sk->sk_err, err);
		fsp_conn_abort(c, ferry_stream_now());
		ferry_stream_after(sk);
	}
	release_sock(sk);
	return 0;
}
