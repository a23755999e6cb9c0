// SPDX-License-Identifier: GPL-2.0-only
/* From the engine's events to what a socket's user sees. */
#include <net/ip.h>
#include <net/ipv6.h>

#include "diag.h"
#include "ip/ip.h"
#include "stream/internal.h"

void ferry_stream_write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct socket_wq *wq;

	if (!sock || !sk_stream_is_writeable(sk))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM);
	rcu_read_unlock();
	if (!(sk->sk_shutdown & SEND_SHUTDOWN))
		sk_wake_async(sk, SOCK_WAKE_SPACE, POLL_OUT);
}

static void grow_sndbuf(struct sock *sk)
{
	int most = READ_ONCE(ferry_sock_net(sk)->sysctl.stream_wmem[2]);
	int want;

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK || sk_under_memory_pressure(sk))
		return;
	want = min_t(u32, fsp_conn_want_sndbuf(&ferry_stream_sk(sk)->conn), most);
	if (want > sk->sk_sndbuf)
		WRITE_ONCE(sk->sk_sndbuf, want);
}

void ferry_stream_check_space(struct sock *sk)
{
	/* Pairs with the barrier of whoever set SOCK_NOSPACE and looked again */
	smp_mb();
	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		sk->sk_write_space(sk);
}

static void established(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	if (ss->told_established)
		return;
	ss->told_established = true;
	/* What came with a SYN may have been read by now. */
	if (!ss->conn.passive || ss->conn.first == FSP_FIRST_NONE)
		ss->copied_seq = ss->conn.irs + 1;
	sk_dst_confirm(sk);
	ferry_diag_notify(sk, FERRY_DIAG_ESTABLISHED);
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
	}
}

static void peer_closed(struct sock *sk)
{
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);
	if (sock_flag(sk, SOCK_DEAD))
		return;
	sk->sk_state_change(sk);
	if (sk->sk_shutdown == SHUTDOWN_MASK)
		sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_HUP);
	else
		sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
}

static void fin_acked(struct sock *sk)
{
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	sk_dst_confirm(sk);
	/* A close() that lingers waits for it */
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
}

static void soft_error(struct sock *sk)
{
	WRITE_ONCE(sk->sk_err_soft, ferry_stream_sk(sk)->conn.soft_error);
	/* RFC 9293 section 3.8.3 R1: the path is doubted */
	dst_negative_advice(sk);
}

static void notify(struct sock *sk, u16 events)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	if (events & FSP_EV_ESTABLISHED)
		established(sk);
	if (events & FSP_EV_SOFT_ERROR)
		soft_error(sk);
	if (events & FSP_EV_PEER_CLOSED)
		peer_closed(sk);
	if (events & FSP_EV_READABLE && !sock_flag(sk, SOCK_DEAD) &&
	    (ss->part_readers || ferry_stream_readable(sk)))
		sk->sk_data_ready(sk);
	if (events & FSP_EV_FIN_ACKED)
		fin_acked(sk);
	if (events & FSP_EV_WRITABLE) {
		grow_sndbuf(sk);
		ferry_stream_check_space(sk);
	}
	if (events & FSP_EV_ERROR && ss->conn.error) {
		WRITE_ONCE(sk->sk_err, ss->conn.error);
		/* Pairs with poll, which reads sk_err after the wait queue */
		smp_wmb();
	}
}

void ferry_stream_done(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	bool listened = sk->sk_state == TCP_LISTEN;

	if (sk->sk_state == TCP_CLOSE)
		return;
	if (unlikely(ss->first_of || ss->first_asked))
		ferry_stream_first_over(sk);
	fsp_conn_purge(&ss->conn);
	ferry_stream_work_end(sk);
	if (!listened)
		ferry_diag_notify(sk, FERRY_DIAG_CLOSED);
	inet_sk_set_state(sk, TCP_CLOSE);
	ferry_flow_remove(ferry_stream_flows(ferry_sock_net(sk)), &ss->fs.flow);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		ferry_port_put(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sock_flag(sk, SOCK_DEAD)) {
		ferry_stream_destroy(sk);
		return;
	}
	sk->sk_state_change(sk);
	if (sk->sk_err)
		sk_error_report(sk);
}

void ferry_stream_after(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	u16 events = fsp_conn_take_events(&ss->conn);
	u8 state = ss->conn.state;

	/* A listener's engine has no connection: it only keeps what children inherit. */
	if (unlikely(sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN))
		return;
	/* Whom an event wakes must find the state that goes with it. */
	if (state != sk->sk_state && state != FSP_CLOSED && state != FSP_TIME_WAIT)
		inet_sk_set_state(sk, state);
	if (unlikely((ss->first_of && state != FSP_SYN_RCVD) ||
		     (ss->first_asked && state != FSP_SYN_SENT)))
		ferry_stream_first_over(sk);
	if (events)
		notify(sk, events);
	if (unlikely(state == FSP_TIME_WAIT)) {
		ferry_stream_timewait_enter(sk);
		ferry_stream_done(sk);
	} else if (unlikely(state == FSP_CLOSED)) {
		ferry_stream_done(sk);
	} else {
		if (unlikely(ss->path_stale))
			ferry_stream_path_update(sk);
		ferry_stream_timer_arm(sk);
	}
}
