// SPDX-License-Identifier: GPL-2.0-only
/*
 * One high-resolution timer per socket serves all of the engine's. It is moved
 * only to run out earlier: most timers are put off by every acknowledgment, and
 * one needless expiry costs less than moving it each time.
 *
 * An armed timer holds no reference: it may be started while it runs, and nobody
 * could tell then whether that moved one or added one. Instead it takes one where
 * there is one to take when it runs out, and the socket's memory waits for it.
 */
#include <net/inet_common.h>
#include <net/transp_v6.h>

#include "compat/timer.h"
#include "stream/internal.h"

/* In the near past a timer may be told to run out; never at 0, which means none */
static void start(struct sock *sk, u64 when)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	ss->timer_at = when;
	hrtimer_start(&ss->timer, ns_to_ktime(when), HRTIMER_MODE_ABS_SOFT);
}

void ferry_stream_timer_arm(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	u64 when;

	if (fsp_conn_quiet_until(&ss->conn, ss->timer_at ?: U64_MAX))
		return;
	when = fsp_conn_next_timeout(&ss->conn);
	if (!when || (ss->timer_at && ss->timer_at <= when))
		return;
	start(sk, when);
}

void ferry_stream_timer_stop(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	ss->timer_at = 0;
	hrtimer_try_to_cancel(&ss->timer);
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
}

static enum hrtimer_restart expire(struct hrtimer *timer)
{
	struct ferry_stream_sock *ss = container_of(timer, struct ferry_stream_sock,
						    timer);
	struct sock *sk = &ss->fs.inet.sk;

	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return HRTIMER_NORESTART;
	bh_lock_sock(sk);
	/* Armed anew while this waited for the lock? Then timer_at is that one's. */
	if (!hrtimer_is_queued(timer))
		ss->timer_at = 0;
	if (sock_owned_by_user(sk))
		set_bit(FERRY_DEFER_TIMER, &ss->deferred);
	else
		ferry_stream_timeout(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
	return HRTIMER_NORESTART;
}

void ferry_stream_timer_init(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	hrtimer_setup(&ss->timer, expire, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	ss->timer_at = 0;
}

/* Of a socket without references, after an RCU grace period (SOCK_RCU_FREE) */
void ferry_stream_destruct(struct sock *sk)
{
	hrtimer_cancel(&ferry_stream_sk(sk)->timer);
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
		ferry_stream_push(sk);
}
