// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIME_WAIT (RFC 9293 section 3.6.1): the connection's addresses and numbers are
 * kept for 2 MSL in an entry a tenth of a socket's size, so that late packets
 * do not reach a later connection and a lost last ACK can be sent again.
 *
 * They outlive the module's users: no cache of their own, which would have to
 * outlive the namespaces.
 */
#include <linux/slab.h>

#include "compat/timer.h"
#include "compat/uid.h"
#include "ip/ip.h"
#include "stream/internal.h"

/* Who takes it off the list has it. */
static bool unlist(struct ferry_timewait *tw)
{
	struct ferry_stream_net *sn = tw->fn->stream;
	bool mine;

	spin_lock_bh(&sn->lock);
	mine = !list_empty(&tw->node);
	if (mine) {
		list_del_init(&tw->node);
		sn->nr_timewaits--;
	}
	spin_unlock_bh(&sn->lock);
	return mine;
}

bool ferry_stream_timewait_kill(struct ferry_timewait *tw)
{
	if (!unlist(tw))
		return false;
	ferry_flow_remove(ferry_stream_flows(tw->fn), &tw->flow);
	ferry_port_stay_end(&tw->stay);
	timer_delete(&tw->timer);
	kfree_rcu(tw, rcu);
	return true;
}

static void expire(struct timer_list *timer)
{
	struct ferry_timewait *tw = timer_container_of(tw, timer, timer);

	ferry_stream_timewait_kill(tw);
}

static void start(struct ferry_timewait *tw)
{
	struct ferry_stream_net *sn = tw->fn->stream;

	WRITE_ONCE(tw->since, jiffies);
	/* Under the lock, so that none is started once it was taken off the list */
	spin_lock_bh(&sn->lock);
	if (!list_empty(&tw->node))
		mod_timer(&tw->timer, jiffies + nsecs_to_jiffies(tw->length));
	spin_unlock_bh(&sn->lock);
}

static bool enlist(struct ferry_timewait *tw)
{
	struct ferry_stream_net *sn = tw->fn->stream;
	bool ok;

	spin_lock_bh(&sn->lock);
	ok = sn->nr_timewaits < READ_ONCE(tw->fn->sysctl.stream_max_timewait);
	if (ok) {
		list_add_tail(&tw->node, &sn->timewaits);
		sn->nr_timewaits++;
	}
	spin_unlock_bh(&sn->lock);
	return ok;
}

static struct ferry_timewait *make(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct ferry_timewait *tw;

	tw = kzalloc(sizeof(*tw), GFP_ATOMIC | __GFP_NOWARN);
	if (!tw)
		return NULL;
	fsp_timewait_init(&tw->tw, &ss->conn);
	tw->flow.tuple = ss->fs.flow.tuple;
	tw->flow.tuple.udp = ss->fs.udp;
	tw->flow.kind = FERRY_FLOW_TIMEWAIT;
	tw->fn = ferry_sock_net(sk);
	tw->family = sk->sk_family;
	tw->uid = sk_uid(sk);
	tw->since = jiffies;
	tw->length = (u64)READ_ONCE(tw->fn->sysctl.stream_timewait) * NSEC_PER_SEC;
	tw->mark = READ_ONCE(sk->sk_mark);
	tw->tclass = inet_sk(sk)->tos;
	spin_lock_init(&tw->lock);
	INIT_LIST_HEAD(&tw->node);
	timer_setup(&tw->timer, expire, 0);
	return tw;
}

/* Where it cannot be had the connection just ends: counted, as it is a risk. */
void ferry_stream_timewait_enter(struct sock *sk)
{
	struct ferry_net *fn = ferry_sock_net(sk);
	struct ferry_timewait *tw = make(sk);

	if (!tw || !enlist(tw))
		goto refuse;
	ferry_port_stay(&tw->stay, sk);
	/* Once in the table a packet may end it. */
	rcu_read_lock();
	if (ferry_flow_replace(ferry_stream_flows(fn), &ferry_sk(sk)->flow, &tw->flow)) {
		rcu_read_unlock();
		ferry_port_stay_end(&tw->stay);
		unlist(tw);
		goto refuse;
	}
	start(tw);
	rcu_read_unlock();
	ferry_stat_inc(fn, FERRY_STAT_STREAM_TW_CREATED);
	return;

refuse:
	kfree(tw);
	ferry_stat_inc(fn, FERRY_STAT_STREAM_TW_OVERFLOWS);
}

/* ---- a connect() that takes its place: net.ferry.stream_tw_reuse ---- */

/* So long the peer's FIN may well come again, and our answer is what it wants. */
#define REUSE_AGE	HZ

static bool may_reuse(const struct ferry_flow *held)
{
	const struct ferry_timewait *tw;

	if (held->kind != FERRY_FLOW_TIMEWAIT)
		return false;
	tw = container_of(held, struct ferry_timewait, flow);
	return time_after_eq(jiffies, READ_ONCE(tw->since) + REUSE_AGE) &&
	       fsp_timewait_reusable(&tw->tw);
}

/* Its timer, or a reset, may be ending it right now: then it is theirs to free. */
static void reused(struct ferry_flow *held, void *arg)
{
	struct ferry_timewait *tw = ferry_flow_timewait(held);
	struct ferry_stream_taking *taking = arg;

	/* A packet that found it before may still be looking. */
	spin_lock_bh(&tw->lock);
	taking->tw = tw->tw;
	spin_unlock_bh(&tw->lock);
	taking->taken = true;
	ferry_stat_inc(tw->fn, FERRY_STAT_STREAM_TW_REUSED);
	ferry_stream_timewait_kill(tw);
}

const struct ferry_port_reuse *ferry_stream_timewait_reuse(struct sock *sk,
							   struct ferry_stream_taking *taking)
{
	int when = READ_ONCE(ferry_sock_net(sk)->sysctl.stream_tw_reuse);

	*taking = (struct ferry_stream_taking) {
		.reuse = { .may = may_reuse, .done = reused, .arg = taking },
	};
	if (when == 1 || (when == 2 && ferry_stream_own_host(sk)))
		return &taking->reuse;
	return NULL;
}

/* ---- packets ---- */

static void send_ack(struct ferry_timewait *tw, struct ferry_packet *p)
{
	struct fsp_tx tx;

	if (!ferry_bucket_take(&p->fn->stream->challenges,
			       READ_ONCE(p->fn->sysctl.stream_challenge_limit))) {
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_CHALLENGE_SKIPPED);
		return;
	}
	spin_lock_bh(&tw->lock);
	fsp_timewait_ack(&tw->tw, &p->rx, &tx);
	spin_unlock_bh(&tw->lock);
	ferry_stream_send(p->fn, NULL, &tw->flow.tuple, &tx, tw->mark, tw->tclass,
			  NULL);
}

/* RFC 9293 MAY-2: the next incarnation, where somebody listens */
static bool reopen(struct ferry_timewait *tw, struct ferry_packet *p)
{
	struct sock *sk = ferry_port_lookup(p->fn, FERRY_STREAM, p->tuple, p->sdif,
					    p->skb);

	if (!sk)
		return false;
	if (ferry_stream_filtered(sk, p))
		return true;
	ferry_stream_request_new(sk, p, tw);
	return true;
}

bool ferry_stream_timewait_rx(struct ferry_timewait *tw, struct ferry_packet *p)
{
	enum fsp_timewait_verdict verdict;

	spin_lock_bh(&tw->lock);
	verdict = fsp_timewait_rx(&tw->tw, &p->rx);
	spin_unlock_bh(&tw->lock);
	if (verdict == FSP_TW_REOPEN && reopen(tw, p))
		return true;
	if (!ferry_ip_policy_ok(NULL, p->skb)) {
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_IP_IN_POLICY);
		return true;
	}
	if (verdict == FSP_TW_KILL)
		ferry_stream_timewait_kill(tw);
	if (verdict == FSP_TW_RESTART) {
		/* Its FIN in its place: it may well come by another port now */
		if (tw->flow.tuple.udp && p->tuple->udp)
			WRITE_ONCE(tw->flow.tuple.udp, p->tuple->udp);
		start(tw);
	}
	if (verdict != FSP_TW_KILL && verdict != FSP_TW_DROP)
		send_ack(tw, p);
	ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_STATE);
	return true;
}

static bool purge_one(struct ferry_net *fn)
{
	struct ferry_stream_net *sn = fn->stream;
	struct ferry_timewait *tw;

	rcu_read_lock();
	spin_lock_bh(&sn->lock);
	tw = list_first_entry_or_null(&sn->timewaits, struct ferry_timewait, node);
	spin_unlock_bh(&sn->lock);
	if (tw)
		ferry_stream_timewait_kill(tw);
	rcu_read_unlock();
	return tw;
}

void ferry_stream_timewait_purge(struct ferry_net *fn)
{
	while (purge_one(fn))
		cond_resched();
}
