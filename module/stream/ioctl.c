// SPDX-License-Identifier: GPL-2.0-only
/* ioctl: how many bytes wait to be read, to be acknowledged, to be sent. */
#include <asm/ioctls.h>
#include <linux/sockios.h>
#include <linux/uaccess.h>

#include "sock.h"

#define HANDSHAKE	(TCPF_SYN_SENT | TCPF_SYN_RECV)

static bool in_handshake(const struct sock *sk)
{
	return (1 << sk->sk_state) & HANDSHAKE;
}

/* Bytes acknowledged are bytes the peer's kernel has, no more (RFC 9293 3.9.2). */
static int query(struct sock *sk, int cmd, int *answer)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct fsp_conn *c = &ss->conn;

	switch (cmd) {
	case SIOCATMARK:
		*answer = 0;	/* there is no urgent data: never at its mark */
		return 0;
	case SIOCINQ:
		*answer = READ_ONCE(ss->inq);
		break;
	case SIOCOUTQ:
		*answer = READ_ONCE(c->write_seq) - READ_ONCE(c->snd_una);
		break;
	case SIOCOUTQNSD:
		*answer = READ_ONCE(c->write_seq) - READ_ONCE(c->snd_nxt);
		break;
	default:
		return -ENOIOCTLCMD;
	}
	if (sk->sk_state == TCP_LISTEN)
		return -EINVAL;
	if (in_handshake(sk) || sk->sk_state == TCP_CLOSE)
		*answer = cmd == SIOCINQ ? *answer : 0;
	return 0;
}

static int query_locked(struct sock *sk, int cmd, int *answer)
{
	int ret;

	lock_sock(sk);
	ret = query(sk, cmd, answer);
	release_sock(sk);
	return ret;
}

#ifdef FERRY_HAVE_IOCTL_KARG
/**
 * ferry_stream_ioctl() - struct proto's ioctl
 * @sk: not locked
 * @cmd: SIOCINQ (FIONREAD), SIOCOUTQ (TIOCOUTQ), SIOCOUTQNSD, SIOCATMARK
 * @karg: the answer
 *
 * Return: 0, -EINVAL for a listener, -ENOIOCTLCMD: let the core try.
 */
int ferry_stream_ioctl(struct sock *sk, int cmd, int *karg)
{
	return query_locked(sk, cmd, karg);
}
#else
/* The same before 6.5, which left the copying to us. */
int ferry_stream_ioctl(struct sock *sk, int cmd, unsigned long arg)
{
	int answer;
	int ret;

	ret = query_locked(sk, cmd, &answer);
	return ret ? ret : put_user(answer, (int __user *)arg);
}
#endif
