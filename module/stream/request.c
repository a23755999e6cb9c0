// SPDX-License-Identifier: GPL-2.0-only
/*
 * Half-open connections: small, few per listener (net.ferry.stream_max_syn_backlog),
 * and no socket before the peer has shown that it gets our packets.
 *
 * A full accept queue leaves a completed request half open: its SYN-ACK is sent
 * again, the peer acknowledges it again.
 */
#include "compat/timer.h"
#include "ip/ip.h"
#include "stream/internal.h"

static struct kmem_cache *cache;

static void free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(cache, container_of(rcu, struct ferry_request, rcu));
}

/* No longer of the listener; @req->lock is held, the table is the caller's. */
static void bury(struct ferry_request *req)
{
	struct ferry_stream_sock *ls = ferry_stream_sk(req->listener);

	req->dead = true;
	spin_lock_bh(&ls->accept_lock);
	list_del_init(&req->node);
	WRITE_ONCE(ls->nr_requests, ls->nr_requests - 1);
	spin_unlock_bh(&ls->accept_lock);
	/* One that runs now sees @dead; it reads under RCU, as all softirq does. */
	timer_delete(&req->timer);
	call_rcu(&req->rcu, free_rcu);
}

static void drop(struct ferry_request *req)
{
	ferry_flow_remove(ferry_stream_flows(req->fn), &req->flow);
	bury(req);
}

static u64 rto(const struct ferry_request *req)
{
	return ferry_stream_sk(req->listener)->conn.cfg.rto_init;
}

static void send_synack(struct ferry_request *req)
{
	u64 now = ferry_stream_now();
	struct fsp_tx tx;

	fsp_request_synack(&req->req, &tx, rto(req), now);
	ferry_stream_send(req->fn, req->listener, &req->flow.tuple, &tx, req->mark,
			  req->tclass);
	mod_timer(&req->timer, jiffies + nsecs_to_jiffies(req->req.due - now) + 1);
}

static void send_challenge(struct ferry_request *req)
{
	struct fsp_tx tx;

	if (!ferry_bucket_take(&req->fn->stream->challenges,
			       READ_ONCE(req->fn->sysctl.stream_challenge_limit))) {
		ferry_stat_inc(req->fn, FERRY_STAT_STREAM_CHALLENGE_SKIPPED);
		return;
	}
	ferry_stat_inc(req->fn, FERRY_STAT_STREAM_CHALLENGE_ACKS);
	fsp_request_challenge(&req->req, &tx);
	ferry_stream_send(req->fn, req->listener, &req->flow.tuple, &tx, req->mark,
			  req->tclass);
}

static int most_retries(const struct ferry_request *req)
{
	int set = READ_ONCE(ferry_stream_sk(req->listener)->syncnt);

	return set ?: READ_ONCE(req->fn->sysctl.stream_synack_retries);
}

static void expire(struct timer_list *timer)
{
	struct ferry_request *req = timer_container_of(req, timer, timer);

	spin_lock(&req->lock);
	if (req->dead)
		goto unlock;
	if (req->req.retries >= most_retries(req)) {
		ferry_stat_inc(req->fn, FERRY_STAT_STREAM_REQ_TIMEOUTS);
		ferry_stat_inc(req->fn, FERRY_STAT_STREAM_ATTEMPT_FAILS);
		drop(req);
		goto unlock;
	}
	req->req.retries++;
	send_synack(req);
unlock:
	spin_unlock(&req->lock);
}

/* Link-local peers are known by their interface, others by the listener's wish. */
static int bound_dev(const struct sock *sk, const struct ferry_tuple *tuple)
{
	if (ipv6_addr_type(&tuple->raddr) & IPV6_ADDR_LINKLOCAL ||
	    ipv6_addr_type(&tuple->laddr) & IPV6_ADDR_LINKLOCAL)
		return tuple->dev;
	return READ_ONCE(sk->sk_bound_dev_if) ? tuple->dev : 0;
}

static u16 our_mss(const struct ferry_request *req, struct sock *sk)
{
	u32 room = ferry_ip_route_room(req->fn, FERRY_STREAM, sk, &req->flow.tuple);
	u16 clamp = READ_ONCE(ferry_stream_sk(sk)->conn.cfg.mss_clamp);
	u32 mss = max_t(u32, room, FSP_HDR_MIN + FSP_MSS_MIN) - FSP_HDR_MIN;

	mss = min_t(u32, mss, U16_MAX);
	return clamp ? min_t(u32, mss, clamp) : mss;
}

static struct ferry_request *alloc_request(struct sock *sk, struct ferry_packet *p)
{
	struct ferry_request *req;

	req = kmem_cache_zalloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!req)
		return NULL;
	req->flow.tuple = *p->tuple;
	req->flow.tuple.dev = bound_dev(sk, p->tuple);
	req->flow.kind = FERRY_FLOW_REQUEST;
	req->fn = p->fn;
	req->listener = sk;
	req->mark = ferry_ip_reply_mark(p->fn, p->skb) ?: READ_ONCE(sk->sk_mark);
	req->tclass = READ_ONCE(inet_sk(sk)->tos);
	spin_lock_init(&req->lock);
	INIT_LIST_HEAD(&req->node);
	timer_setup(&req->timer, expire, 0);
	return req;
}

/* To the listener, if it still is one and has room. */
static bool join(struct ferry_request *req, struct sock *sk)
{
	int most = READ_ONCE(req->fn->sysctl.stream_max_syn_backlog);
	struct ferry_stream_sock *ls = ferry_stream_sk(sk);
	bool ok;

	spin_lock_bh(&ls->accept_lock);
	ok = sk->sk_state == TCP_LISTEN && ls->nr_requests < most;
	if (ok) {
		list_add_tail(&req->node, &ls->requests);
		WRITE_ONCE(ls->nr_requests, ls->nr_requests + 1);
	}
	spin_unlock_bh(&ls->accept_lock);
	return ok;
}

static int claim(struct ferry_request *req, struct ferry_timewait *old)
{
	struct ferry_flows *flows = ferry_stream_flows(req->fn);

	if (old)
		return ferry_flow_replace(flows, &old->flow, &req->flow);
	return ferry_flow_insert(flows, &req->flow);
}

void ferry_stream_request_new(struct sock *sk, struct ferry_packet *p,
			      struct ferry_timewait *old)
{
	struct ferry_request *req;
	u32 iss;

	if (sk_acceptq_is_full(sk)) {
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_LISTEN_OVERFLOWS);
		return;
	}
	req = alloc_request(sk, p);
	if (!req)
		goto no_room;
	iss = ferry_stream_isn(p->fn, p->tuple);
	if (old)
		iss = fsp_timewait_next_iss(&old->tw, iss);
	fsp_request_init(&req->req, &p->rx, iss, ferry_stream_first_window(sk),
			 ferry_stream_wscale(sk), our_mss(req, sk),
			 ferry_stream_default_mss(p->tuple));

	/* Whoever finds it in the table waits until it is whole. */
	spin_lock_bh(&req->lock);
	if (!join(req, sk))
		goto unlock;
	if (claim(req, old)) {
		/* Another packet of this peer was faster. */
		bury(req);
		spin_unlock_bh(&req->lock);
		return;
	}
	if (old)
		ferry_stream_timewait_kill(old);
	send_synack(req);
	spin_unlock_bh(&req->lock);
	return;

unlock:
	spin_unlock_bh(&req->lock);
	kmem_cache_free(cache, req);
no_room:
	ferry_stat_inc(p->fn, FERRY_STAT_STREAM_LISTEN_DROPS);
}

/* What came with the child's birth is its first packet; it is locked. */
static void bring_up(struct sock *child, struct sock *listener, struct ferry_packet *p)
{
	ferry_stat_inc(p->fn, FERRY_STAT_STREAM_PASSIVE_OPENS);
	ferry_stream_rx(child, p->skb, &p->rx);
	if (child->sk_state != TCP_SYN_RECV &&
	    ferry_stream_accept_add(listener, child))
		listener->sk_data_ready(listener);
	else
		ferry_stream_child_abort(child);
	ferry_stream_let_go(child);
}

/* The lock is released. */
static void finish(struct ferry_request *req, struct ferry_packet *p)
	__releases(&req->lock)
{
	struct sock *listener = req->listener;
	struct sock *child;

	if (sk_acceptq_is_full(listener)) {
		spin_unlock_bh(&req->lock);
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_LISTEN_OVERFLOWS);
		return;
	}
	child = ferry_stream_child(req, listener);
	if (!child) {
		spin_unlock_bh(&req->lock);
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_NOMEM);
		return;
	}
	bury(req);
	/* BH stays off: the child is locked. */
	spin_unlock(&req->lock);
	bring_up(child, listener, p);
	local_bh_enable();
}

static void answer(struct ferry_request *req, struct ferry_packet *p,
		   enum fsp_request_verdict verdict)
{
	switch (verdict) {
	case FSP_REQ_SYNACK:
		send_synack(req);
		break;
	case FSP_REQ_ABORT:
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_ATTEMPT_FAILS);
		drop(req);
		break;
	case FSP_REQ_CHALLENGE:
		send_challenge(req);
		break;
	case FSP_REQ_RESET:
		ferry_stream_send_reset(p);
		break;
	default:
		break;
	}
}

bool ferry_stream_request_rx(struct ferry_request *req, struct ferry_packet *p)
{
	enum fsp_request_verdict verdict;

	spin_lock_bh(&req->lock);
	if (req->dead) {
		spin_unlock_bh(&req->lock);
		return false;
	}
	if (ferry_stream_filtered(req->listener, p)) {
		spin_unlock_bh(&req->lock);
		return true;
	}
	verdict = fsp_request_rx(&req->req, &p->rx);
	if (verdict == FSP_REQ_COMPLETE) {
		finish(req, p);
		return true;
	}
	answer(req, p, verdict);
	spin_unlock_bh(&req->lock);
	if (verdict == FSP_REQ_SYNACK || verdict == FSP_REQ_ABORT)
		consume_skb(p->skb);
	else
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_STATE);
	return true;
}

/* RFC 5927: only one that quotes our SYN-ACK can have seen it. */
void ferry_stream_request_icmp(struct ferry_request *req, u32 seq,
			       const struct ferry_icmp *icmp)
{
	if (!icmp->err || icmp->mtu)
		return;
	spin_lock_bh(&req->lock);
	if (!req->dead && seq == req->req.iss && icmp->hard) {
		ferry_stat_inc(req->fn, FERRY_STAT_STREAM_ATTEMPT_FAILS);
		drop(req);
	}
	spin_unlock_bh(&req->lock);
}

static bool purge_one(struct sock *listener)
{
	struct ferry_stream_sock *ls = ferry_stream_sk(listener);
	struct ferry_request *req;

	rcu_read_lock();
	spin_lock_bh(&ls->accept_lock);
	req = list_first_entry_or_null(&ls->requests, struct ferry_request, node);
	spin_unlock_bh(&ls->accept_lock);
	if (req) {
		spin_lock_bh(&req->lock);
		if (!req->dead)
			drop(req);
		spin_unlock_bh(&req->lock);
	}
	rcu_read_unlock();
	return req;
}

void ferry_stream_request_purge(struct sock *listener)
{
	while (purge_one(listener))
		cond_resched();
}

int ferry_stream_request_init(void)
{
	cache = kmem_cache_create("ferry_request", sizeof(struct ferry_request), 0,
				  SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT, NULL);
	return cache ? 0 : -ENOMEM;
}

void ferry_stream_request_uninit(void)
{
	rcu_barrier();
	kmem_cache_destroy(cache);
}
