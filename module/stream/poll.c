// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll, select and epoll: TCP's event bits in every state. Programs decide by
 * them alone whether to read, write or give up, so that none may differ.
 */
#include <linux/poll.h>
#include <net/inet_sock.h>

#include "sock.h"

/* The buffer or the window is all but full: waiting for more would be in vain. */
static bool receiver_is_full(const struct sock *sk)
{
	const struct fsp_conn *c = &ferry_stream_sk(sk)->conn;
	int rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	u32 edge = READ_ONCE(c->rcv_wup) + READ_ONCE(c->rcv_wnd);

	if (atomic_read(&sk->sk_rmem_alloc) > rcvbuf - (rcvbuf >> 3))
		return true;
	return (s32)(edge - READ_ONCE(c->rcv_nxt)) <= (s32)READ_ONCE(c->rcv_mss);
}

/**
 * ferry_stream_readable() - are there as many bytes as SO_RCVLOWAT asks for?
 * @sk: need not be locked
 */
bool ferry_stream_readable(const struct sock *sk)
{
	u32 inq = READ_ONCE(ferry_stream_sk(sk)->inq);

	if (!inq)
		return false;
	return inq >= READ_ONCE(sk->sk_rcvlowat) || receiver_is_full(sk);
}

/**
 * ferry_stream_memory_free() - struct proto's stream_memory_free: TCP_NOTSENT_LOWAT
 * @sk: need not be locked
 * @wake: 1 where a sleeper is to be woken: only once half of it was sent
 */
bool ferry_stream_memory_free(const struct sock *sk, int wake)
{
	const struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	u32 lowat = READ_ONCE(ss->notsent_lowat);
	u32 notsent;

	if (!lowat)
		return true;
	notsent = READ_ONCE(ss->conn.write_seq) - READ_ONCE(ss->conn.snd_nxt);
	return ((u64)notsent << wake) < lowat;
}

static bool writeable(const struct sock *sk)
{
	return sk_stream_wspace(sk) >= sk_stream_min_wspace(sk) &&
	       READ_ONCE(sk->sk_wmem_queued) < READ_ONCE(sk->sk_sndbuf) &&
	       ferry_stream_memory_free(sk, 1);
}

/* Ask to be woken before looking again: the room may have come in between. */
static __poll_t poll_write(struct sock *sk)
{
	if (writeable(sk))
		return EPOLLOUT | EPOLLWRNORM;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* Pairs with ferry_stream_check_space() */
	smp_mb__after_atomic();
	return writeable(sk) ? EPOLLOUT | EPOLLWRNORM : 0;
}

static __poll_t poll_data(struct sock *sk, u8 shutdown)
{
	__poll_t mask = 0;

	if (ferry_stream_readable(sk))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (shutdown & SEND_SHUTDOWN)
		mask |= EPOLLOUT | EPOLLWRNORM;
	else
		mask |= poll_write(sk);
	return mask;
}

static __poll_t poll_listener(const struct sock *sk)
{
	return ferry_stream_acceptable(sk) ? EPOLLIN | EPOLLRDNORM : 0;
}

/*
 * Who asks for bytes alone, and has read all there are, has nothing to say before the peer
 * does: what waits for more to be written, and an acknowledgment that waits for either, go
 * at once, as they do for who sleeps in recv().
 */
static void reader_waits(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct fsp_conn *c = &ss->conn;
	bool waits;

	rcu_read_lock();	/* see work.c */
	/* Without the lock this is a hint: who is answered wrongly once has a timer. */
	waits = data_race(fsp_conn_owes_quickly(c) || fsp_conn_gathers(c));
	rcu_read_unlock();
	if (likely(!waits) || READ_ONCE(ss->inq))
		return;
	lock_sock(sk);
	if (!ss->inq) {
		if (fsp_conn_gathers(c))
			fsp_conn_push(c, 0, ferry_stream_now());
		if (fsp_conn_owes_quickly(c))
			fsp_conn_reader_waits(c, ferry_stream_now());
		ferry_stream_after(sk);
	}
	release_sock(sk);
}

/**
 * ferry_stream_poll() - proto_ops.poll
 * @file: of the socket
 * @sock: the socket
 * @wait: where to be told of changes
 *
 * What it answers by it reads without the lock: that may be of different moments, but
 * whatever changes after it wakes the caller again.
 */
__poll_t ferry_stream_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask = 0;
	u8 shutdown;
	int state;

	sock_poll_wait(file, sock, wait);
	if (!(poll_requested_events(wait) & EPOLLOUT))
		reader_waits(sk);
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return poll_listener(sk);

	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	/* A child of a listener may be had before its handshake is done. */
	if (state != TCP_SYN_SENT &&
	    (state != TCP_SYN_RECV || READ_ONCE(ferry_stream_sk(sk)->conn.passive)))
		mask |= poll_data(sk, shutdown);
	else if (state == TCP_SYN_SENT && ferry_stream_deferred(sk))
		mask |= EPOLLOUT | EPOLLWRNORM;	/* the SYN waits for the first bytes */
	/* Pairs with the barrier before sk_error_report() */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}
