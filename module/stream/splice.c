// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading without copying: splice() from a socket moves page references into
 * the pipe, and read_sock() lends sk_buffs to a user inside the kernel.
 */
#include <linux/fs.h>
#include <linux/pipe_fs_i.h>
#include <linux/splice.h>

#include "sock.h"
#include "queue.h"

/**
 * ferry_stream_read_sock() - proto_ops.read_sock
 * @sk: locked
 * @desc: @actor's; desc->count 0 ends it
 * @actor: takes bytes and says how many; an error ends it
 *
 * Return: bytes taken, or what the first @actor returned.
 */
int ferry_stream_read_sock(struct sock *sk, read_descriptor_t *desc,
			   sk_read_actor_t actor)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct sk_buff *skb;
	int copied = 0;
	u32 offset;
	int used;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	while ((skb = ferry_stream_find(sk, ss->copied_seq, &offset))) {
		used = actor(desc, skb, offset, skb->len - offset);
		if (used <= 0) {
			copied = copied ? copied : used;
			break;
		}
		copied += used;
		ferry_stream_take(sk, skb, min_t(u32, used, skb->len - offset));
		if (!desc->count)
			break;
	}
	if (copied > 0)
		ferry_stream_read_done(sk);
	return copied;
}

struct splicing {
	struct pipe_inode_info	*pipe;
	unsigned int		flags;
};

static int to_pipe(read_descriptor_t *desc, struct sk_buff *skb,
		   unsigned int offset, size_t len)
{
	struct splicing *s = desc->arg.data;
	int ret;

	ret = skb_splice_bits(skb, skb->sk, offset, s->pipe,
			      min(desc->count, len), s->flags);
	if (ret > 0)
		desc->count -= ret;
	return ret;
}

static int splice_some(struct sock *sk, struct splicing *s, size_t len)
{
	read_descriptor_t desc = { .arg.data = s, .count = len };

	return ferry_stream_read_sock(sk, &desc, to_pipe);
}

/* Nothing spliced yet. Return: 1 to try again, 0 for the end, or a negative errno. */
static int splice_wait(struct sock *sk, long *timeo)
{
	int ret = ferry_stream_ended(sk);

	if (ret <= 0)
		return ret;
	if (!*timeo)
		return -EAGAIN;
	/* Bytes are there, but the pipe took none. */
	if (!skb_queue_empty(&sk->sk_receive_queue))
		return 0;
	ret = sk_wait_data(sk, timeo, NULL);
	if (ret < 0)
		return ret;
	return signal_pending(current) ? sock_intr_errno(*timeo) : 1;
}

/* Let the backlog in. Return: whether to go on. */
static bool splice_more(struct sock *sk, long timeo)
{
	if (!timeo)
		return false;
	release_sock(sk);
	lock_sock(sk);
	return !sk->sk_err && sk->sk_state != TCP_CLOSE &&
	       !(sk->sk_shutdown & RCV_SHUTDOWN) && !signal_pending(current);
}

static ssize_t splice_locked(struct sock *sk, struct splicing *s, size_t len,
			     long timeo)
{
	ssize_t spliced = 0;
	int ret = 0;

	while (spliced < len) {
		ret = splice_some(sk, s, len - spliced);
		if (ret > 0) {
			spliced += ret;
			if (spliced == len || !splice_more(sk, timeo))
				break;
			continue;
		}
		if (ret < 0 || spliced)
			break;
		ret = splice_wait(sk, &timeo);
		if (ret <= 0)
			break;
	}
	return spliced ? spliced : ret;
}

/**
 * ferry_stream_splice_read() - proto_ops.splice_read
 * @sock: from where
 * @ppos: must be 0: a socket cannot seek
 * @pipe: to where
 * @len: bytes wanted
 * @flags: SPLICE_F_*
 *
 * Return: bytes moved, 0 at the end of the stream, or a negative errno.
 */
ssize_t ferry_stream_splice_read(struct socket *sock, loff_t *ppos,
				 struct pipe_inode_info *pipe, size_t len,
				 unsigned int flags)
{
	struct splicing s = { .pipe = pipe, .flags = flags };
	struct sock *sk = sock->sk;
	ssize_t ret;

	if (unlikely(*ppos))
		return -ESPIPE;
	lock_sock(sk);
	ret = splice_locked(sk, &s, len,
			    sock_rcvtimeo(sk, sock->file->f_flags & O_NONBLOCK));
	release_sock(sk);
	return ret;
}
