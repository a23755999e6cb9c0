// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two timers per socket serve all of the engine's. Those that may be late by a tick of
 * the clock are left to the timer wheel (sk_timer): a device would have to be programmed
 * for every acknowledgment that waits a little, and told again when it need not any
 * more. Pacing and repair, whose times are parts of a round trip, have a
 * high-resolution timer.
 *
 * Either is moved only to run out earlier: most timers are put off by every
 * acknowledgment, and one needless expiry costs less than moving it each time.
 *
 * An armed timer holds no reference: it may be started while it runs, and nobody
 * could tell then whether that moved one or added one. Instead it takes one where
 * there is one to take when it runs out, and the socket's memory waits for it.
 */
#include <net/inet_common.h>
#include <net/transp_v6.h>

#include "compat/timer.h"
#include "stream/internal.h"

void ferry_stream_timer_look(struct sock *sk, u64 when)
{
	u64 now = ferry_stream_now();
	unsigned long ticks = when > now ? nsecs_to_jiffies(when - now) : 0;

	ferry_stream_sk(sk)->timer_at = when;
	mod_timer(&sk->sk_timer, jiffies + min_t(unsigned long, ticks, MAX_JIFFY_OFFSET - 1) + 1);
}

static void start_precise(struct ferry_stream_work *w, u64 when)
{
	w->timer_at = when;
	hrtimer_start(&w->timer, ns_to_ktime(when), HRTIMER_MODE_ABS_SOFT);
}

/* When one has to be started that is to run out @at, or U64_MAX where that will do */
static u64 sooner(struct fsp_conn *c, enum fsp_precision precision, u64 at)
{
	u64 when;

	if (fsp_conn_quiet_until(c, precision, at))
		return U64_MAX;
	when = fsp_conn_next_of(c, precision);
	return when < at ? when : U64_MAX;
}

void ferry_stream_timer_arm(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct ferry_stream_work *w;
	u64 when;

	when = sooner(&ss->conn, FSP_ROUGH, ss->timer_at);
	if (when != U64_MAX)
		ferry_stream_timer_look(sk, when);
	if (!fsp_conn_awake(&ss->conn))
		return;
	w = ferry_stream_work(ss);
	when = sooner(&ss->conn, FSP_PRECISE, w->timer_at);
	if (when != U64_MAX)
		start_precise(w, when);
}

bool ferry_stream_timer_stop(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	ss->timer_at = U64_MAX;
	timer_delete(&sk->sk_timer);
	if (!fsp_conn_awake(&ss->conn))
		return true;
	ferry_stream_work(ss)->timer_at = U64_MAX;
	return hrtimer_try_to_cancel(&ferry_stream_work(ss)->timer) >= 0;
}

void ferry_stream_timeout(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	u64 now = ferry_stream_now();
	u64 when;

	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		return;
	ferry_stream_path_update(sk);
	when = fsp_conn_next_timeout(&ss->conn);
	if (when && when <= now)
		fsp_conn_timeout(&ss->conn, now);
	ferry_stream_after(sk);
	ferry_stream_look(sk);
}

static void expired(struct sock *sk)
{
	if (sock_owned_by_user(sk))
		set_bit(FERRY_DEFER_TIMER, &ferry_stream_sk(sk)->deferred);
	else
		ferry_stream_timeout(sk);
}

static void expire_rough(struct timer_list *timer)
{
	struct sock *sk = timer_container_of(sk, timer, sk_timer);

	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return;
	bh_lock_sock(sk);
	/* Armed anew while this waited for the lock? Then timer_at is that one's. */
	if (!timer_pending(timer))
		ferry_stream_sk(sk)->timer_at = U64_MAX;
	expired(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
}

static enum hrtimer_restart expire_precise(struct hrtimer *timer)
{
	struct ferry_stream_work *w = container_of(timer, struct ferry_stream_work, timer);
	struct sock *sk = w->sk;

	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return HRTIMER_NORESTART;
	bh_lock_sock(sk);
	if (!hrtimer_is_queued(timer))
		w->timer_at = U64_MAX;
	expired(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
	return HRTIMER_NORESTART;
}

void ferry_stream_timer_init(struct sock *sk)
{
	timer_setup(&sk->sk_timer, expire_rough, 0);
	ferry_stream_sk(sk)->timer_at = U64_MAX;
}

void ferry_stream_precise_init(struct ferry_stream_work *w)
{
	hrtimer_setup(&w->timer, expire_precise, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	w->timer_at = U64_MAX;
}

/* Of a socket without references, after an RCU grace period (SOCK_RCU_FREE) */
void ferry_stream_destruct(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	timer_delete_sync(&sk->sk_timer);
	if (fsp_conn_awake(&ss->conn))
		hrtimer_cancel(&ferry_stream_work(ss)->timer);
	fsp_conn_uninit(&ss->conn);
	if (ss->listens)
		ferry_firstq_put(rcu_dereference_protected(ss->listens->firstq, true));
	kfree(ss->listens);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		inet6_sock_destruct(sk);
		return;
	}
#endif
	inet_sock_destruct(sk);
}

#define DEFERRED	(BIT(FERRY_DEFER_TIMER) | BIT(FERRY_DEFER_PUSH) | \
			 BIT(FERRY_DEFER_MTU) | BIT(FERRY_DEFER_ICMP))

/* The process lets go of the lock: what softirq wanted meanwhile is done now. */
void ferry_stream_release_cb(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	if (likely(!(READ_ONCE(ss->deferred) & DEFERRED)))
		return;
	if (test_and_clear_bit(FERRY_DEFER_MTU, &ss->deferred))
		ferry_stream_mtu_reduced(sk);
	if (test_and_clear_bit(FERRY_DEFER_ICMP, &ss->deferred))
		ferry_stream_icmp_deferred(sk);
	if (test_and_clear_bit(FERRY_DEFER_TIMER, &ss->deferred))
		ferry_stream_timeout(sk);
	if (test_and_clear_bit(FERRY_DEFER_PUSH, &ss->deferred))
		ferry_stream_resume(sk);
}
