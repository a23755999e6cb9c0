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
	struct ferry_listener *l = ferry_stream_sk(req->listener)->listens;

	req->dead = true;
	spin_lock_bh(&l->lock);
	if (!list_empty(&req->node)) {
		list_del_init(&req->node);
		WRITE_ONCE(l->nr_requests, l->nr_requests - 1);
		atomic_dec(&req->fn->stream->requests);
	}
	spin_unlock_bh(&l->lock);
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

/* @way: there, or NULL */
static void send_synack(struct ferry_request *req, struct ferry_ip_way *way)
{
	u64 now = ferry_stream_now();
	struct fsp_tx tx;

	fsp_request_synack(&req->req, &tx, rto(req), now);
	if (req->cookie_len) {
		tx.opts |= FSP_HAS_COOKIE;
		tx.cookie = req->cookie;
		tx.cookie_len = req->cookie_len;
		fsp_tx_measure(&tx);
	}
	ferry_stream_send(req->fn, req->listener, &req->flow.tuple, &tx, req->mark,
			  req->tclass, way);
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
			  req->tclass, NULL);
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
	send_synack(req, NULL);
unlock:
	spin_unlock(&req->lock);
}

/*
 * Link-local peers are known by their interface, others by the listener's wish; one
 * of a VRF by that also where the listener serves all of them (tcp_l3mdev_accept).
 */
static int bound_dev(const struct sock *sk, const struct ferry_packet *p)
{
	const struct ferry_tuple *tuple = p->tuple;

	if (ipv6_addr_type(&tuple->raddr) & IPV6_ADDR_LINKLOCAL ||
	    ipv6_addr_type(&tuple->laddr) & IPV6_ADDR_LINKLOCAL)
		return tuple->dev;
	return inet_request_bound_dev_if(sk, p->skb) ? tuple->dev : 0;
}

static u32 mark_for(const struct sock *sk, const struct ferry_packet *p)
{
	return ferry_ip_reply_mark(p->fn, p->skb) ?: READ_ONCE(sk->sk_mark);
}

/* The way back, for the MSS to announce and the packet that does */
static void find_way(struct ferry_ip_way *way, const struct sock *sk,
		     const struct ferry_packet *p, const struct ferry_tuple *tuple)
{
	ferry_ip_way_find(way, p->fn, FERRY_STREAM, sk, tuple, mark_for(sk, p),
			  READ_ONCE(inet_sk(sk)->tos));
}

static u16 our_mss(struct sock *sk, const struct ferry_tuple *tuple,
		   const struct ferry_ip_way *way)
{
	u32 room = ferry_ip_way_room(way, FERRY_STREAM, tuple);
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
	req->flow.tuple.dev = bound_dev(sk, p);
	req->flow.kind = FERRY_FLOW_REQUEST;
	req->fn = p->fn;
	req->listener = sk;
	req->mark = mark_for(sk, p);
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
	struct ferry_listener *l = ferry_stream_sk(sk)->listens;
	bool ok;

	spin_lock_bh(&l->lock);
	ok = sk->sk_state == TCP_LISTEN && l->nr_requests < most;
	if (ok) {
		list_add_tail(&req->node, &l->requests);
		WRITE_ONCE(l->nr_requests, l->nr_requests + 1);
		atomic_inc(&req->fn->stream->requests);
	}
	spin_unlock_bh(&l->lock);
	return ok;
}

static int claim(struct ferry_request *req, struct ferry_timewait *old)
{
	struct ferry_flows *flows = ferry_stream_flows(req->fn);

	if (old)
		return ferry_flow_replace(flows, &old->flow, &req->flow);
	return ferry_flow_insert(flows, &req->flow);
}

static bool full(const struct sock *sk)
{
	return READ_ONCE(ferry_stream_sk(sk)->listens->nr_requests) >=
	       READ_ONCE(ferry_sock_net(sk)->sysctl.stream_max_syn_backlog);
}

static void fill_request(struct fsp_request *req, struct sock *sk, struct ferry_packet *p,
			 const struct ferry_tuple *tuple, const struct ferry_ip_way *way,
			 struct ferry_timewait *old)
{
	u32 iss = ferry_stream_isn(p->fn, p->tuple);

	if (old)
		iss = fsp_timewait_next_iss(&old->tw, iss);
	fsp_request_init(req, &p->rx, iss, ferry_stream_first_window(sk),
			 ferry_stream_wscale(sk), our_mss(sk, tuple, way),
			 ferry_stream_default_mss(tuple));
	req->ecn = READ_ONCE(ferry_stream_sk(sk)->conn.cfg.ecn) != FSP_ECN_OFF;
}

/* ---- without a memory: protocol.rst, "A full listener" ---- */

/* Where the half-open queue is full (1) or always (2), if the client plays along */
static bool forgetful(const struct sock *sk, const struct ferry_packet *p)
{
	int when = READ_ONCE(p->fn->sysctl.stream_syncookies);

	return p->rx.opts & FSP_HAS_FEATURES && p->rx.features & FSP_FEATURE_FIRST_FLIGHT &&
	       (when == 2 || (when == 1 && full(sk)));
}

static void give_ticket(struct sock *sk, struct ferry_packet *p)
{
	struct ferry_tuple tuple = *p->tuple;
	u8 ticket[FERRY_TICKET_LEN];
	struct ferry_ip_way way;
	struct fsp_request req;
	struct fsp_tx tx;

	tuple.dev = bound_dev(sk, p);
	find_way(&way, sk, p, &tuple);
	fill_request(&req, sk, p, &tuple, &way, NULL);
	ferry_ticket_make(p->fn, &tuple, &req, ticket);
	fsp_request_synack(&req, &tx, 0, ferry_stream_now());
	tx.opts |= FSP_HAS_TICKET;
	tx.ticket = ticket;
	tx.ticket_len = sizeof(ticket);
	fsp_tx_measure(&tx);
	WRITE_ONCE(ferry_stream_sk(sk)->listens->ticket_at, max_t(u64, ktime_get_seconds(), 1));
	ferry_stat_inc(p->fn, FERRY_STAT_STREAM_SYNCOOKIES_SENT);
	ferry_stream_send(p->fn, sk, &tuple, &tx, mark_for(sk, p),
			  READ_ONCE(inet_sk(sk)->tos), &way);
	ferry_ip_way_put(&way);
}

/* ---- with one ---- */

/* A child at once, of a request that is in the table for a moment only; locked */
static void first_flight(struct ferry_request *req, struct ferry_packet *p,
			 struct ferry_first *first)
	__releases(&req->lock)
{
	struct sock *listener = req->listener;
	struct sock *child = ferry_stream_child(req, listener);

	if (!child) {
		drop(req);
		spin_unlock_bh(&req->lock);
		ferry_stream_first_give_up(first);
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_NOMEM);
		return;
	}
	bury(req);
	/* BH stays off: the child is locked. */
	spin_unlock(&req->lock);
	ferry_stream_first_child(child, listener, p, first);
	local_bh_enable();
}

/* Whoever finds it in the table waits until it is whole. False: not consumed */
static bool settle(struct ferry_request *req, struct ferry_packet *p,
		   struct ferry_timewait *old, struct ferry_first *first,
		   struct ferry_ip_way *way)
{
	spin_lock_bh(&req->lock);
	if (!first->take && !join(req, req->listener)) {
		spin_unlock_bh(&req->lock);
		kmem_cache_free(cache, req);
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_LISTEN_DROPS);
		return false;
	}
	if (claim(req, old)) {
		/* Another packet of this peer was faster. */
		bury(req);
		spin_unlock_bh(&req->lock);
		return false;
	}
	if (first->take) {
		first_flight(req, p, first);
		return true;
	}
	if (old)
		ferry_stream_timewait_kill(old);
	if (req->cookie_len)
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_FF_COOKIES);
	send_synack(req, way);
	spin_unlock_bh(&req->lock);
	return false;
}

/* Return: whether the packet was consumed */
static bool take_syn(struct sock *sk, struct ferry_packet *p, struct ferry_timewait *old,
		     struct ferry_first *first)
{
	struct ferry_request *req;
	struct ferry_ip_way way;
	bool consumed;

	if (!first->take && !old && forgetful(sk, p)) {
		give_ticket(sk, p);
		return false;
	}
	req = alloc_request(sk, p);
	if (!req) {
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_LISTEN_DROPS);
		return false;
	}
	find_way(&way, sk, p, &req->flow.tuple);
	fill_request(&req->req, sk, p, &req->flow.tuple, &way, old);
	req->cookie_len = first->cookie_len;
	memcpy(req->cookie, first->cookie, sizeof(req->cookie));
	consumed = settle(req, p, old, first, &way);
	ferry_ip_way_put(&way);
	return consumed;
}

void ferry_stream_request_new(struct sock *sk, struct ferry_packet *p,
			      struct ferry_timewait *old)
{
	struct ferry_first first;

	if (sk_acceptq_is_full(sk)) {
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_LISTEN_OVERFLOWS);
		consume_skb(p->skb);
		return;
	}
	ferry_stream_first_judge(sk, p, !old, &first);
	if (take_syn(sk, p, old, &first))
		return;
	ferry_stream_first_give_up(&first);
	consume_skb(p->skb);
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
	enum ferry_stat why;
	struct sock *child;

	if (sk_acceptq_is_full(listener)) {
		why = FERRY_STAT_STREAM_LISTEN_OVERFLOWS;
		goto put_off;
	}
	child = ferry_stream_child(req, listener);
	if (!child) {
		why = FERRY_STAT_STREAM_DROP_NOMEM;
		goto put_off;
	}
	bury(req);
	/* BH stays off: the child is locked. */
	spin_unlock(&req->lock);
	bring_up(child, listener, p);
	local_bh_enable();
	return;

put_off:
	/* One that was made of a ticket goes: the ticket comes again. */
	if (list_empty(&req->node))
		drop(req);
	spin_unlock_bh(&req->lock);
	ferry_stream_drop(p->fn, p->skb, why);
}

static bool open_ticket(struct sock *sk, struct ferry_packet *p, struct fsp_request *old)
{
	struct ferry_ip_way way;
	u16 mss;

	if (!ferry_ticket_fresh(sk))
		return false;
	find_way(&way, sk, p, p->tuple);
	mss = our_mss(sk, p->tuple, &way);
	ferry_ip_way_put(&way);
	return ferry_ticket_open(p, old, ferry_stream_first_window(sk), mss);
}

bool ferry_stream_request_ticket(struct sock *sk, struct ferry_packet *p)
{
	struct ferry_request *req;
	struct fsp_request old;

	if (!(p->rx.opts & FSP_HAS_TICKET) || p->rx.flags & FSP_SYN)
		return false;
	if (!open_ticket(sk, p, &old)) {
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_SYNCOOKIES_FAILED);
		return false;
	}
	req = alloc_request(sk, p);
	if (!req) {
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_NOMEM);
		return true;
	}
	req->req = old;
	spin_lock_bh(&req->lock);
	if (claim(req, NULL)) {
		bury(req);
		spin_unlock_bh(&req->lock);
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_STATE);
		return true;
	}
	ferry_stat_inc(p->fn, FERRY_STAT_STREAM_SYNCOOKIES_RECV);
	finish(req, p);
	return true;
}

static void answer(struct ferry_request *req, struct ferry_packet *p,
		   enum fsp_request_verdict verdict)
{
	switch (verdict) {
	case FSP_REQ_SYNACK:
		send_synack(req, NULL);
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
	/* Both show the numbers of the SYN, or of our answer */
	if (verdict == FSP_REQ_COMPLETE || verdict == FSP_REQ_SYNACK)
		WRITE_ONCE(req->flow.tuple.udp, p->tuple->udp);
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
	struct ferry_listener *l = ferry_stream_sk(listener)->listens;
	struct ferry_request *req;

	rcu_read_lock();
	spin_lock_bh(&l->lock);
	req = list_first_entry_or_null(&l->requests, struct ferry_request, node);
	spin_unlock_bh(&l->lock);
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
