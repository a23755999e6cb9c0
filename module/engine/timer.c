// SPDX-License-Identifier: GPL-2.0-only
/*
 * All timers of a connection. The host is told the earliest; when it is due,
 * every timer that is gets its turn.
 *
 * RTO		armed while anything is unacknowledged (RFC 6298 (5.1)), doubled
 *		at each timeout; SYN and SYN-ACK use it too
 * REORDER	RFC 8985: what was sent before what arrived gets this long more
 * TLP		RFC 8985: the last packet is sent again before an RTO would
 * PROBE	bytes wait, nothing is in flight: the peer's window is shut
 *		(doubled like the RTO), or a small packet is held back (200 ms)
 * DELACK	an acknowledgment is owed
 * KEEPALIVE	RFC 9293 section 3.8.4
 * FIN		an orphan in FIN_WAIT_2
 * CONFIRM	a full listener has not said that it took its ticket back
 * MTU		RFC 8899's PROBE_TIMER and PMTU_RAISE_TIMER (plpmtu.c)
 * PACE		the next transmission's time (pace.c), or that of small writes (output.c)
 * GATHER	the same of small writes where one will mostly follow another
 */
#include "internal.h"

#define CORK_TIME	(200 * FSP_NSEC_PER_MSEC)
#define ETIMEDOUT_POS	110

void fsp_timer_stop_all(struct fsp_conn *c)
{
	if (!fsp_conn_awake(c))
		return;
	memset(c->work->timer, 0, sizeof(c->work->timer));
	memset(c->work->timer_first, 0xff, sizeof(c->work->timer_first));	/* U64_MAX */
}

u64 fsp_conn_next_of(struct fsp_conn *c, enum fsp_precision precision)
{
	u64 next = U64_MAX;
	int i;

	if (!fsp_conn_awake(c))
		return precision == FSP_ROUGH ? fsp_conn_rest_until(c) : U64_MAX;
	for (i = 0; i < FSP_TIMERS; i++)
		if (fsp_timer_precision(i) == precision && c->work->timer[i] && c->work->timer[i] < next)
			next = c->work->timer[i];
	c->work->timer_first[precision] = next;
	return next;
}

u64 fsp_conn_next_timeout(struct fsp_conn *c)
{
	u64 next = min(fsp_conn_next_of(c, FSP_ROUGH), fsp_conn_next_of(c, FSP_PRECISE));

	return next == U64_MAX ? 0 : next;
}

void fsp_rto_arm(struct fsp_conn *c, u64 now)
{
	fsp_timer_arm(c, FSP_TIMER_RTO, now + c->rto);
}

void fsp_keepalive_arm(struct fsp_conn *c, u64 now)
{
	if (c->cfg.keepalive && FSP_STATE_IN(c->state, FSP_STATES_OUTPUT | BIT(FSP_FIN_WAIT_2)))
		fsp_timer_arm(c, FSP_TIMER_KEEPALIVE,
			      max(c->last_rcv + c->cfg.keepalive_time, now + 1));
	else
		fsp_timer_stop(c, FSP_TIMER_KEEPALIVE);
}

static s32 window_room(const struct fsp_conn *c)
{
	return c->snd_una + c->snd_wnd - fsp_list_seg(c->work->sndq.next)->seq;
}

/* Can the first queued bytes not be sent for the peer's window alone? */
static bool window_shut(const struct fsp_conn *c)
{
	const struct fsp_seg *seg = fsp_list_seg(c->work->sndq.next);
	s32 room = window_room(c);

	return room <= 0 ||
	       (u32)room < min3(fsp_seg_bytes(seg), c->snd_mss, max(c->sws_wnd / 2, 1U));
}

void fsp_probe_arm(struct fsp_conn *c, u64 now)
{
	u64 wait;

	if (c->work->rtxq.count || !FSP_STATE_IN(c->state, FSP_STATES_OUTPUT))
		return;
	if (list_empty(&c->work->sndq)) {
		fsp_timer_stop(c, FSP_TIMER_PROBE);
		return;
	}
	if (c->work->timer[FSP_TIMER_PROBE] || c->work->timer[FSP_TIMER_GATHER])
		return;
	wait = window_shut(c) ? c->rto << min_t(u8, c->work->probe_backoff, 12) : CORK_TIME;
	fsp_timer_arm(c, FSP_TIMER_PROBE, now + min(wait, c->cfg.rto_max));
}

static bool user_timed_out(const struct fsp_conn *c, u64 since, u64 now)
{
	return c->cfg.user_timeout && since && now - since >= c->cfg.user_timeout;
}

/*
 * RFC 9293's R2 (section 3.8.3) in time. Round trips are still measured where a peer
 * answers and takes nothing, or only what comes later: the RTO does not grow then, and
 * so many timeouts may be over in a second.
 */
static bool retried_long(const struct fsp_conn *c, u8 limit, u64 since, u64 now)
{
	u64 span = 0, rto = c->cfg.rto_min;
	u32 i;

	for (i = 0; i <= limit; i++, rto *= 2) {
		rto = min(rto, c->cfg.rto_max);
		span += rto;
	}
	return now - since >= span;
}

static void give_up(struct fsp_conn *c)
{
	fsp_host_count(c, FSP_COUNT_ABORT_ON_TIMEOUT, 1);
	fsp_send_rst(c);
	fsp_fail(c, c->soft_error ? c->soft_error : ETIMEDOUT_POS);
}

static void handshake_timeout(struct fsp_conn *c, u64 now)
{
	if (c->work->syn_retries >= c->cfg.syn_retries || user_timed_out(c, c->work->retry_since, now)) {
		fsp_host_count(c, FSP_COUNT_ATTEMPT_FAILS, 1);
		fsp_fail(c, c->soft_error ? c->soft_error : ETIMEDOUT_POS);
		return;
	}
	c->work->syn_retries++;
	fsp_rtt_backoff(c);
	fsp_send_syn(c, now);
	fsp_rto_arm(c, now);
}

static void rto_timeout(struct fsp_conn *c, u64 now)
{
	u8 limit = c->user_gone ? c->cfg.orphan_retries : c->cfg.retries2;
	struct fsp_seg *seg;

	if (c->state == FSP_SYN_SENT || c->state == FSP_SYN_RCVD) {
		handshake_timeout(c, now);
		return;
	}
	seg = fsp_segq_first(&c->work->rtxq);
	if (!seg)
		return;
	if (!c->work->retry_since)
		c->work->retry_since = seg->tx_time;
	if (c->cfg.user_timeout ? user_timed_out(c, c->work->retry_since, now) :
				  c->work->retries >= limit &&
				  retried_long(c, limit, c->work->retry_since, now)) {
		give_up(c);
		return;
	}
	fsp_recovery_timeout(c, now);
	if (c->work->retries < U8_MAX)
		c->work->retries++;
	c->timeouts++;
	fsp_host_count(c, FSP_COUNT_TIMEOUTS, 1);
	if (c->work->retries == c->cfg.retries1)
		c->events |= FSP_EV_SOFT_ERROR;	/* RFC 9293 R1: doubt the route */
	fsp_rtt_backoff(c);
	fsp_rto_arm(c, now);
	fsp_output(c, 0, now);
}

/* What the host refuses to send is not tried for ever, either. */
static bool refused_long(const struct fsp_conn *c, u8 limit, u64 now)
{
	if (!c->work->refused_since)
		return false;
	return c->cfg.user_timeout ? user_timed_out(c, c->work->refused_since, now) :
				     retried_long(c, limit, c->work->refused_since, now);
}

static void probe_timeout(struct fsp_conn *c, u64 now)
{
	u8 limit = c->user_gone ? c->cfg.orphan_retries : c->cfg.retries2;

	if (refused_long(c, limit, now)) {
		give_up(c);
		return;
	}
	if (list_empty(&c->work->sndq) || window_room(c) > 0) {
		/*
		 * Held back for more to come, or for a window that was larger once
		 * and may never be again: now it goes as it is, and such windows are
		 * no longer thought small.
		 */
		c->sws_wnd = min(c->sws_wnd, c->snd_wnd);
		fsp_output(c, FSP_PUSH_NOW | FSP_PUSH_ANY, now);
		return;
	}
	if (!c->work->probes_out)
		c->work->retry_since = now;
	if (c->cfg.user_timeout ? user_timed_out(c, c->work->retry_since, now) :
				  c->work->probes_out >= limit) {
		give_up(c);
		return;
	}
	c->work->probes_out++;
	if (c->work->probe_backoff < U8_MAX)
		c->work->probe_backoff++;	/* SHLD-30, whether answered or not */
	fsp_host_count(c, FSP_COUNT_PROBES, 1);
	fsp_send_probe(c, now);
	fsp_probe_arm(c, now);
}

static void delack_timeout(struct fsp_conn *c, u64 now)
{
	c->pingpong = false;
	fsp_host_count(c, FSP_COUNT_DELAYED_ACKS, 1);
	fsp_send_ack(c, now);
}

static void keepalive_timeout(struct fsp_conn *c, u64 now)
{
	u64 idle = now - c->last_rcv;

	if (!c->cfg.keepalive)
		return;
	/* MUST-26: only where nothing else would notice */
	if (c->work->rtxq.count || !list_empty(&c->work->sndq)) {
		fsp_timer_arm(c, FSP_TIMER_KEEPALIVE, now + c->cfg.keepalive_time);
		return;
	}
	if (idle < c->cfg.keepalive_time) {
		fsp_timer_arm(c, FSP_TIMER_KEEPALIVE, c->last_rcv + c->cfg.keepalive_time);
		return;
	}
	if (c->cfg.user_timeout ? c->work->probes_out && idle >= c->cfg.user_timeout :
				  c->work->probes_out >= c->cfg.keepalive_probes) {
		give_up(c);
		return;
	}
	c->work->probes_out++;
	fsp_host_count(c, FSP_COUNT_KEEPALIVES, 1);
	fsp_send_probe(c, now);
	fsp_timer_arm(c, FSP_TIMER_KEEPALIVE, now + c->cfg.keepalive_intvl);
}

static void fin_timeout(struct fsp_conn *c, u64 now)
{
	fsp_finish(c, FSP_CLOSED);
}

static void held_timeout(struct fsp_conn *c, u64 now)
{
	u8 push = c->work->held_push;

	c->work->held_push = 0;
	if (!c->work->joined)
		c->work->stream_from = c->bytes_sent;
	fsp_output(c, push, now);
}

static void (*const handlers[FSP_TIMERS])(struct fsp_conn *c, u64 now) = {
	[FSP_TIMER_RTO]		= rto_timeout,
	[FSP_TIMER_REORDER]	= fsp_reorder_timeout,
	[FSP_TIMER_TLP]		= fsp_tlp_timeout,
	[FSP_TIMER_PROBE]	= probe_timeout,
	[FSP_TIMER_DELACK]	= delack_timeout,
	[FSP_TIMER_KEEPALIVE]	= keepalive_timeout,
	[FSP_TIMER_FIN]		= fin_timeout,
	[FSP_TIMER_CONFIRM]	= fsp_ticket_timeout,
	[FSP_TIMER_MTU]		= fsp_plpmtu_timeout,
	[FSP_TIMER_PACE]	= held_timeout,
	[FSP_TIMER_GATHER]	= held_timeout,
};

void fsp_conn_timeout(struct fsp_conn *c, u64 now)
{
	int i;

	if (!fsp_conn_wake(c, now)) {
		fsp_rest_on(c, now);
		return;
	}
	for (i = 0; i < FSP_TIMERS; i++) {
		if (!c->work->timer[i] || c->work->timer[i] > now)
			continue;
		fsp_timer_stop(c, i);
		if (handlers[i])
			handlers[i](c, now);
	}
}
