// SPDX-License-Identifier: GPL-2.0-only
/*
 * Most connections of a busy host are idle, and an idle one has nothing queued,
 * nothing in flight and no timer but SO_KEEPALIVE's: what is only good for those is
 * given back after a second, and got again by whatever comes next. Numbers, options,
 * estimates of the path and counters stay.
 */
#include "internal.h"

/* Longer than any exchange's pauses: who is busy shall not pay for this. */
#define REST_TIME	FSP_NSEC_PER_SEC
/* A timer that finds no memory to wake by */
#define RETRY_TIME	(500 * FSP_NSEC_PER_MSEC)

const struct fsp_work fsp_no_work = {
	.sndq		= LIST_HEAD_INIT(*(struct list_head *)&fsp_no_work.sndq),
	.tx_order	= LIST_HEAD_INIT(*(struct list_head *)&fsp_no_work.tx_order),
	/* Always to be asked; see fsp_conn_next_of() */
	.timer_first	= { [FSP_ROUGH] = 0, [FSP_PRECISE] = U64_MAX },
};

void fsp_work_init(struct fsp_work *work)
{
	memset(work, 0, sizeof(*work));
	INIT_LIST_HEAD(&work->sndq);
	INIT_LIST_HEAD(&work->tx_order);
	memset(work->timer_first, 0xff, sizeof(work->timer_first));	/* U64_MAX */
}

/* As it would be had it been there all the time */
static void go_on(struct fsp_conn *c, u64 now)
{
	struct fsp_work *w = c->work;

	w->max_flight_seq = c->snd_nxt;
	w->high_seq = c->snd_una;
	w->stream_from = c->bytes_sent;
	w->round_end = c->delivered;
	w->read_seq = c->rcv_nxt;
	w->read_time = now;
	w->pmtu.state = c->cfg.mtu_probing ? FSP_PMTU_COMPLETE : FSP_PMTU_DISABLED;
	fsp_keepalive_arm(c, c->last_rcv);	/* maybe that is what wakes it: not later */
}

bool fsp_conn_wake(struct fsp_conn *c, u64 now)
{
	struct fsp_work *work;

	if (likely(fsp_conn_awake(c)))
		return true;
	work = fsp_host_get_work(c, now);
	if (!work)
		return false;
	fsp_work_init(work);
	c->work = work;
	if (c->state != FSP_CLOSED)
		go_on(c, now);
	return true;
}

static u64 idle_since(const struct fsp_conn *c)
{
	return max(c->last_rcv, c->last_send);
}

static bool nothing_queued(const struct fsp_conn *c)
{
	return c->snd_una == c->write_seq && !c->fin_pending && list_empty(&c->work->sndq) &&
	       !c->work->rtxq.count && !c->work->ofoq.count;
}

static bool nothing_owed(const struct fsp_conn *c)
{
	return !c->work->ack_bytes && !c->ack_now && !c->work->dup_due &&
	       !c->work->pmtu.answer_due && !c->work->ticket_len && !c->work->probes_out;
}

/* A path with a black hole, or one that is searched, is not found anew each time. */
static bool path_as_told(const struct fsp_conn *c)
{
	return !c->work->pmtu.size && !c->work->pmtu.probed;
}

static bool nothing_timed(const struct fsp_conn *c)
{
	int i;

	for (i = 0; i < FSP_TIMERS; i++)
		if (c->work->timer[i] && i != FSP_TIMER_KEEPALIVE)
			return false;
	return true;
}

u64 fsp_conn_rest_at(const struct fsp_conn *c, u64 now)
{
	/* Marks are counted for as long as the connection lives. */
	if (!fsp_conn_awake(c) || !FSP_STATE_IN(c->state, FSP_STATES_SEND) || c->ecn ||
	    c->recovery != FSP_OPEN || !nothing_queued(c) || !nothing_owed(c) ||
	    !path_as_told(c) || !nothing_timed(c))
		return U64_MAX;
	/* Pacing may ask for a longer pause. */
	return max3(idle_since(c) + REST_TIME, c->work->next_send, now);
}

static void put_work(struct fsp_conn *c)
{
	struct fsp_work *work = c->work;

	fsp_repair_put(c);
	c->work = (struct fsp_work *)&fsp_no_work;
	fsp_host_put_work(c, work);
}

void fsp_conn_rest(struct fsp_conn *c)
{
	put_work(c);
}

void fsp_conn_uninit(struct fsp_conn *c)
{
	if (fsp_conn_awake(c))
		put_work(c);
}

void fsp_rest_on(struct fsp_conn *c, u64 now)
{
	c->wake_after = now + RETRY_TIME;
}

u64 fsp_conn_rest_until(const struct fsp_conn *c)
{
	return c->cfg.keepalive && FSP_STATE_IN(c->state, FSP_STATES_SEND) ?
	       max(c->last_rcv + c->cfg.keepalive_time, c->wake_after) : U64_MAX;
}
