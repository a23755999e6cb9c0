// SPDX-License-Identifier: GPL-2.0-only
/*
 * recvmsg: bytes from sk_receive_queue to the user.
 *
 * The socket lock is held while bytes are copied; packets that come in
 * meanwhile wait in the backlog and are handled before the reader sleeps.
 */
#include <net/busy_poll.h>
#include <net/inet_common.h>
#include <uapi/linux/tcp.h>

#include "sock.h"
#include "queue.h"

/**
 * struct reading - one recvmsg() under way
 * @sk: locked
 * @msg: where the bytes go
 * @flags: MSG_*
 * @len: bytes still wanted
 * @copied: bytes given to the user
 * @unsettled: bytes taken from the queue since ferry_stream_read_done()
 * @timeo: how long it may still sleep
 * @peek_seq: next byte to look at (MSG_PEEK)
 * @stamp: the last sk_buff read, kept for its time stamps
 */
struct reading {
	struct sock	*sk;
	struct msghdr	*msg;
	int		flags;
	size_t		len;
	int		copied;
	u32		unsettled;
	long		timeo;
	u32		peek_seq;
	struct sk_buff	*stamp;
};

/**
 * ferry_stream_find() - the sk_buff that holds a byte
 * @sk: locked
 * @seq: its sequence number
 * @offset: where in the sk_buff it is
 *
 * For the next byte to be read that is the first one of the queue.
 *
 * Return: the sk_buff, or NULL where the byte has not come yet.
 */
struct sk_buff *ferry_stream_find(struct sock *sk, u32 seq, u32 *offset)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		*offset = seq - ferry_skb_seg(skb)->seq;
		if (*offset < skb->len)
			return skb;
	}
	return NULL;
}

/**
 * ferry_stream_take() - the reader is through with some bytes
 * @sk: locked; ferry_stream_read_done() is to follow
 * @skb: what ferry_stream_find() found for ss->copied_seq; freed if read up
 * @bytes: how many
 */
void ferry_stream_take(struct sock *sk, struct sk_buff *skb, u32 bytes)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	WRITE_ONCE(ss->copied_seq, ss->copied_seq + bytes);
	WRITE_ONCE(ss->inq, ss->inq - bytes);
	if (ss->copied_seq - ferry_skb_seg(skb)->seq >= skb->len)
		ferry_stream_eat(sk, skb);
}

/**
 * ferry_stream_ended() - why no more bytes will come, if so
 * @sk: locked, nothing to be read
 *
 * An error is told once.
 *
 * Return: 1 where they may come, 0 at the end of the stream, or a negative errno.
 */
int ferry_stream_ended(struct sock *sk)
{
	if (sock_flag(sk, SOCK_DONE))
		return 0;
	if (sk->sk_err)
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	return sk->sk_state == TCP_CLOSE ? -ENOTCONN : 1;
}

static bool wants_stamp(const struct sock *sk)
{
	return sock_flag(sk, SOCK_RCVTSTAMP) ||
	       READ_ONCE(sk->sk_tsflags) & (SOF_TIMESTAMPING_SOFTWARE |
					    SOF_TIMESTAMPING_RAW_HARDWARE);
}

/* A stream's time stamp is that of the last byte read. */
static void keep_stamp(struct reading *r, struct sk_buff *skb)
{
	if (r->flags & MSG_PEEK || !wants_stamp(r->sk) || r->stamp == skb)
		return;
	consume_skb(r->stamp);
	r->stamp = skb_get(skb);
}

static void settle(struct reading *r)
{
	if (!r->unsettled)
		return;
	r->unsettled = 0;
	ferry_stream_read_done(r->sk);
}

static void advance(struct reading *r, struct sk_buff *skb, u32 bytes)
{
	r->copied += bytes;
	r->len -= bytes;
	if (r->flags & MSG_PEEK) {
		r->peek_seq += bytes;
		sk_peek_offset_fwd(r->sk, bytes);
		return;
	}
	sk_peek_offset_bwd(r->sk, bytes);
	r->unsettled += bytes;
	ferry_stream_take(r->sk, skb, bytes);
}

/* Return: 1 where bytes were copied, 0 where there are none, or -EFAULT. */
static int copy_some(struct reading *r)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(r->sk);
	struct sk_buff *skb;
	u32 offset;
	u32 bytes;

	skb = ferry_stream_find(r->sk, r->flags & MSG_PEEK ? r->peek_seq :
				ss->copied_seq, &offset);
	if (!skb)
		return 0;
	bytes = min_t(size_t, skb->len - offset, r->len);
	if (!(r->flags & MSG_TRUNC) &&
	    skb_copy_datagram_msg(skb, offset, r->msg, bytes))
		return -EFAULT;
	keep_stamp(r, skb);
	advance(r, skb, bytes);
	return 1;
}

/* With something to return, what would be told of next waits for the next call. */
static bool must_return(const struct reading *r)
{
	const struct sock *sk = r->sk;

	return sk->sk_err || sk->sk_state == TCP_CLOSE ||
	       sk->sk_shutdown & RCV_SHUTDOWN || !r->timeo ||
	       signal_pending(current);
}

/* Return: 1 to wait, 0 to return what there is, or a negative errno. */
static int may_wait(struct reading *r)
{
	int ret;

	if (r->copied)
		return !must_return(r);
	ret = ferry_stream_ended(r->sk);
	if (ret <= 0)
		return ret;
	if (!r->timeo)
		return -EAGAIN;
	return signal_pending(current) ? sock_intr_errno(r->timeo) : 1;
}

/* The other reader of a socket may have moved on while we slept. */
static void peek_follow(struct reading *r, u32 old_seq)
{
	u32 moved = ferry_stream_sk(r->sk)->copied_seq - old_seq;

	if (r->flags & MSG_PEEK && moved && !r->copied)
		r->peek_seq += moved;
}

/*
 * A reader that has some bytes already waits for the rest of what it wants, which
 * may be fewer than SO_RCVLOWAT: @part_readers has it woken for any.
 */
static int wait_for_bytes(struct reading *r, bool enough)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(r->sk);
	u32 seq = ss->copied_seq;
	bool part = r->copied;
	int ret = 0;

	/* The answer may be to what still waits for more to be written. */
	if (fsp_conn_gathers(&ss->conn))
		ferry_stream_push(r->sk);
	settle(r);
	if (!enough && fsp_conn_owes_quickly(&ss->conn))
		fsp_conn_reader_waits(&ss->conn, ferry_stream_now());
	if (enough) {
		/* Only the backlog is worth a look. */
		release_sock(r->sk);
		lock_sock(r->sk);
	} else {
		ss->part_readers += part;
		ret = sk_wait_data(r->sk, &r->timeo,
				   skb_peek_tail(&r->sk->sk_receive_queue));
		ss->part_readers -= part;
	}
	peek_follow(r, seq);
	return ret < 0 ? ret : 0;
}

/* Return: 0 at the end of all that can be had now, or a negative errno. */
static int read_loop(struct reading *r, int target)
{
	bool enough;
	int ret;

	do {
		ret = copy_some(r);
		if (ret < 0)
			return ret;
		if (ret)
			continue;
		enough = r->copied >= target;
		if (enough && !r->sk->sk_backlog.tail)
			return 0;
		ret = may_wait(r);
		if (ret <= 0)
			return ret;
		ret = wait_for_bytes(r, enough);
		if (ret)
			return ret;
	} while (r->len);
	return 0;
}

static int read_locked(struct reading *r)
{
	struct sock *sk = r->sk;
	int ret;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	if (r->flags & MSG_OOB)
		return -EINVAL;	/* there is no urgent data */
	r->timeo = sock_rcvtimeo(sk, r->flags & MSG_DONTWAIT);
	r->peek_seq = ferry_stream_sk(sk)->copied_seq +
		      max(sk_peek_offset(sk, r->flags), 0);
	ret = read_loop(r, sock_rcvlowat(sk, r->flags & MSG_WAITALL, r->len));
	settle(r);
	return r->copied ? r->copied : ret;
}

/* TCP_INQ: what is left; 1 where all that is left is to learn of the end */
static void put_inq(struct sock *sk, struct msghdr *msg)
{
	int inq = READ_ONCE(ferry_stream_sk(sk)->inq);

	if (!inq && READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
		inq = 1;
	put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(inq), &inq);
}

/* With the lock held: the sk_buff is still charged to the socket. */
static void put_stamp(struct reading *r, int ret)
{
	if (!r->stamp)
		return;
	if (ret > 0)
		sock_recv_timestamp(r->msg, r->sk, r->stamp);
	consume_skb(r->stamp);
}

static int read_stream(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct reading r = {
		.sk	= sk,
		.msg	= msg,
		.flags	= flags,
		.len	= min_t(size_t, len, INT_MAX),
	};
	int ret;

	if (sk_can_busy_loop(sk) && sk->sk_state == TCP_ESTABLISHED &&
	    skb_queue_empty_lockless(&sk->sk_receive_queue))
		sk_busy_loop(sk, flags & MSG_DONTWAIT);
	lock_sock(sk);
	ret = read_locked(&r);
	put_stamp(&r, ret);
	release_sock(sk);
	if (ret >= 0 && ferry_stream_sk(sk)->recvmsg_inq)
		put_inq(sk, msg);
	return ret;
}

/**
 * ferry_stream_recvmsg() - struct proto's recvmsg
 * @sk: not locked
 * @msg: where to
 * @len: how many bytes are wanted
 * @flags: MSG_*
 *
 * Return: bytes read, 0 at the end of the stream, or a negative errno.
 */
#ifdef FERRY_HAVE_RECVMSG_NOADDRLEN
int ferry_stream_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	if (unlikely(flags & MSG_ERRQUEUE))
		return inet_recv_error(sk, msg, len);
	return read_stream(sk, msg, len, flags);
}
#else
int ferry_stream_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
			 int *addr_len)
{
	if (unlikely(flags & MSG_ERRQUEUE))
		return inet_recv_error(sk, msg, len, addr_len);
	return read_stream(sk, msg, len, flags);
}
#endif

/**
 * ferry_stream_peek_len() - proto_ops.peek_len: bytes that can be read now
 * @sock: the socket
 */
int ferry_stream_peek_len(struct socket *sock)
{
	return READ_ONCE(ferry_stream_sk(sock->sk)->inq);
}

/* A low-water mark above the buffer would never be reached. */
static void grow_for_lowat(struct sock *sk, int lowat)
{
	int most = READ_ONCE(ferry_sock_net(sk)->sysctl.stream_rmem[2]);
	int want = min(2LL * lowat, (long long)most);

	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK) && want > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, want);
}

/**
 * ferry_stream_set_rcvlowat() - proto_ops.set_rcvlowat
 * @sk: locked
 * @val: SO_RCVLOWAT, not negative
 */
int ferry_stream_set_rcvlowat(struct sock *sk, int val)
{
	int most = READ_ONCE(ferry_sock_net(sk)->sysctl.stream_rmem[2]);

	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		most = sk->sk_rcvbuf;
	val = clamp(val, 1, most >> 1);
	WRITE_ONCE(sk->sk_rcvlowat, val);
	grow_for_lowat(sk, val);
	if (ferry_stream_readable(sk) || sock_flag(sk, SOCK_DONE))
		sk->sk_data_ready(sk);
	return 0;
}
