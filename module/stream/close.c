// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a socket: shutdown(), close() with and without unread bytes and
 * SO_LINGER, and connections that go on without a process (orphans).
 */
#include <net/ip.h>
#include <net/xfrm.h>

#include "ip/ip.h"
#include "stream/internal.h"

#define CLOSING_STATES	(TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK)

void ferry_stream_shutdown(struct sock *sk, int how)
{
	if (!(how & SEND_SHUTDOWN))
		return;
	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		return;
	fsp_conn_shutdown(&ferry_stream_sk(sk)->conn, ferry_stream_now());
	ferry_stream_after(sk);
}

void ferry_stream_destroy(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct ferry_net *fn = ferry_sock_net(sk);

	WARN_ON_ONCE(sk->sk_state != TCP_CLOSE);
	WARN_ON_ONCE(!sock_flag(sk, SOCK_DEAD));
	if (ss->orphan)
		atomic_dec(&fn->stream->orphans);
	ss->orphan = false;
	ferry_port_put(sk);
	sk_sockets_allocated_dec(sk);
	sk_stream_kill_queues(sk);
	xfrm_sk_free_policy(sk);
	sock_put(sk);
}

/* What sk_clone_lock() gave: its lock and one of its references */
void ferry_stream_let_go(struct sock *child)
	__releases(&child->sk_lock.slock)
{
	bh_unlock_sock(child);
	sock_put(child);
}

/* Bytes nobody will read now: did the peer send any? */
static bool flush_unread(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	bool unread = ss->inq;

	while (!skb_queue_empty(&sk->sk_receive_queue))
		ferry_stream_eat(sk, skb_peek(&sk->sk_receive_queue));
	WRITE_ONCE(ss->inq, 0);
	return unread;
}

static void abort_counted(struct sock *sk, enum ferry_stat why)
{
	ferry_stat_inc(ferry_sock_net(sk), why);
	fsp_conn_abort(&ferry_stream_sk(sk)->conn, ferry_stream_now());
}

static void wait_for_fin(struct sock *sk, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	if (!timeout || !((1 << sk->sk_state) & CLOSING_STATES))
		return;
	add_wait_queue(sk_sleep(sk), &wait);
	while (timeout && !signal_pending(current))
		if (sk_wait_event(sk, &timeout,
				  !((1 << sk->sk_state) & CLOSING_STATES), &wait))
			break;
	remove_wait_queue(sk_sleep(sk), &wait);
}

/* RFC 9293 section 3.6 and SHLD-3: unread bytes are lost, so say so */
static void end(struct sock *sk, long timeout)
{
	struct fsp_conn *c = &ferry_stream_sk(sk)->conn;
	bool unread = flush_unread(sk);

	if (unread)
		abort_counted(sk, FERRY_STAT_STREAM_ABORT_ON_CLOSE);
	else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime)
		abort_counted(sk, FERRY_STAT_STREAM_ABORT_ON_LINGER);
	else
		fsp_conn_shutdown(c, ferry_stream_now());
	fsp_conn_shut_rcv(c);
	ferry_stream_after(sk);
	wait_for_fin(sk, timeout);
}

static bool too_many_orphans(struct sock *sk)
{
	struct ferry_net *fn = ferry_sock_net(sk);

	return atomic_inc_return(&fn->stream->orphans) >
	       READ_ONCE(fn->sysctl.stream_max_orphans) ||
	       sk_memory_allocated(sk) > sk_prot_mem_limits(sk, 2);
}

/* TCP_LINGER2: how long a peer may leave its half open */
static bool no_half_open(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	if (ss->linger2 > 0)
		ss->conn.cfg.fin_timeout = (u64)ss->linger2 * NSEC_PER_SEC;
	return ss->linger2 < 0 && sk->sk_state == TCP_FIN_WAIT2;
}

/* The process is gone; the engine may have work left. */
static void adopt(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	if (sk->sk_state == TCP_CLOSE) {
		ferry_stream_destroy(sk);
		return;
	}
	ss->orphan = true;
	if (too_many_orphans(sk))
		abort_counted(sk, FERRY_STAT_STREAM_ORPHANS_KILLED);
	else if (no_half_open(sk))
		fsp_conn_abort(&ss->conn, ferry_stream_now());
	else
		fsp_conn_orphan(&ss->conn, ferry_stream_now());
	ferry_stream_after(sk);
}

void ferry_stream_close(struct sock *sk, long timeout)
{
	lock_sock(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN)
		ferry_stream_listen_stop(sk);
	else if (sk->sk_state == TCP_CLOSE)
		flush_unread(sk);
	else
		end(sk, timeout);
	sock_hold(sk);
	sock_orphan(sk);
	adopt(sk);
	release_sock(sk);
	sock_put(sk);
}
