// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first flight, as sockets see it (Documentation/protocol.rst has the rules):
 * a listener judges a SYN that shows or asks for a cookie, and may have a child
 * that can be read and written before its handshake is done; a client sends the
 * bytes of MSG_FASTOPEN, or of the first write after a connect() that
 * TCP_FASTOPEN_CONNECT put off, with its SYN.
 */
#include <net/inet_common.h>

#include "compat/inet_flags.h"
#include "stream/internal.h"

/* ---- the listener ---- */

static bool no_cookie_asked(const struct sock *listener, int enabled)
{
	return enabled & FERRY_FASTOPEN_SERVER_NO_COOKIE ||
	       READ_ONCE(ferry_stream_sk(listener)->fastopen_no_cookie);
}

static void give_cookie(struct ferry_packet *p, struct ferry_firstq *fq,
			struct ferry_first *first)
{
	ferry_cookie_make(p->fn, fq, p->tuple, first->cookie);
	first->cookie_len = FERRY_COOKIE_LEN;
}

static bool cookie_good(struct sock *listener, struct ferry_packet *p,
			struct ferry_firstq *fq, struct ferry_first *first)
{
	enum ferry_cookie_verdict verdict = FERRY_COOKIE_BAD;

	if (p->rx.opts & FSP_HAS_COOKIE) {
		verdict = ferry_cookie_check(p->fn, fq, p);
		if (verdict != FERRY_COOKIE_GOOD)
			give_cookie(p, fq, first);
		if (verdict == FERRY_COOKIE_BAD && p->rx.cookie_len)
			ferry_stat_inc(p->fn, FERRY_STAT_STREAM_FF_BAD);
	}
	return verdict != FERRY_COOKIE_BAD ||
	       no_cookie_asked(listener, READ_ONCE(p->fn->sysctl.stream_fastopen));
}

static bool room_for_one(struct ferry_packet *p, struct ferry_firstq *fq)
{
	if (!ferry_firstq_enter(fq)) {
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_FF_OVERFLOWS);
		return false;
	}
	/* Last, as it takes note */
	if (ferry_cookie_replayed(p)) {
		ferry_firstq_leave(fq, false);
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_FF_REPLAYS);
		return false;
	}
	return true;
}

/**
 * ferry_stream_first_judge() - a SYN: is there a cookie to give, may it deliver?
 * @listener: whose
 * @p: the SYN
 * @may_take: false: whatever it shows, its payload is not to be delivered
 * @first: filled; where it says @take, ferry_stream_first_child() or
 *	ferry_stream_first_give_up() must follow
 */
void ferry_stream_first_judge(struct sock *listener, struct ferry_packet *p, bool may_take,
			      struct ferry_first *first)
{
	int enabled = READ_ONCE(p->fn->sysctl.stream_fastopen);
	struct ferry_firstq *fq;

	memset(first, 0, sizeof(*first));
	if (!(enabled & FERRY_FASTOPEN_SERVER) ||
	    (!(p->rx.opts & FSP_HAS_COOKIE) && !p->rx.len))
		return;
	fq = ferry_firstq_get(listener);
	if (!fq || !READ_ONCE(fq->qlen))
		goto put;
	if (cookie_good(listener, p, fq, first) && p->rx.len && may_take &&
	    room_for_one(p, fq)) {
		first->take = true;
		first->fq = fq;
		return;
	}
put:
	ferry_firstq_put(fq);
}

void ferry_stream_first_give_up(struct ferry_first *first)
{
	if (!first->take)
		return;
	ferry_firstq_leave(first->fq, false);
	ferry_firstq_put(first->fq);
	first->take = false;
}

static void deliver(struct sock *child, struct ferry_packet *p)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(child);
	struct sk_buff *skb = p->skb;

	__skb_pull(skb, p->rx.hdr_len);
	skb_dst_drop(skb);
	skb->dev = NULL;
	if (fsp_conn_first_flight(&ss->conn, &p->rx, ferry_skb_seg(skb),
				  ferry_stream_now()) == FSP_TAKEN)
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_FF_PASSIVE);
	else
		ferry_stream_drop(p->fn, skb, FERRY_STAT_STREAM_DROP_RCVBUF);
}

void ferry_stream_first_child(struct sock *child, struct sock *listener,
			      struct ferry_packet *p, struct ferry_first *first)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(child);
	struct fsp_conn *c = &ss->conn;

	ferry_stat_inc(p->fn, FERRY_STAT_STREAM_PASSIVE_OPENS);
	ss->first_of = first->fq;
	if (first->cookie_len) {
		ferry_stat_inc(p->fn, FERRY_STAT_STREAM_FF_COOKIES);
		memcpy(c->work->cookie, first->cookie, first->cookie_len);
		c->work->cookie_len = first->cookie_len;
		c->syn_cookie = true;
	}
	c->cfg.syn_retries = ferry_stream_sk(listener)->syncnt ?:
			     READ_ONCE(p->fn->sysctl.stream_synack_retries);
	ss->copied_seq = c->irs + 1;
	deliver(child, p);
	ferry_stream_after(child);
	if (child->sk_state == TCP_SYN_RECV && ferry_stream_accept_add(listener, child))
		listener->sk_data_ready(listener);
	else
		ferry_stream_child_abort(child);
	ferry_stream_let_go(child);
}

/* ---- the client ---- */

bool ferry_stream_deferred(const struct sock *sk)
{
	return ferry_inet_flag(sk, defer_connect, DEFER_CONNECT);
}

static void set_deferred(struct sock *sk, bool value)
{
	ferry_inet_assign_flag(sk, defer_connect, DEFER_CONNECT, value);
}

static bool wants_first(const struct sock *sk)
{
	const struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	int enabled = READ_ONCE(ferry_sock_net(sk)->sysctl.stream_fastopen);

	return (ss->first_msg || ss->fastopen_connect) && enabled & FERRY_FASTOPEN_CLIENT;
}

/* A program that knows its server, or an administrator who does, wants no cookie. */
static bool bare_data(const struct sock *sk)
{
	return ferry_stream_sk(sk)->fastopen_no_cookie ||
	       READ_ONCE(ferry_sock_net(sk)->sysctl.stream_fastopen) &
	       FERRY_FASTOPEN_CLIENT_NO_COOKIE;
}

static void send_syn(struct sock *sk, const struct ferry_server *server, bool data,
		     bool cookie)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct fsp_conn *c = &ss->conn;

	fsp_conn_first(c, cookie ? server->cookie : NULL, server->cookie_len, server->mss,
		       data && ss->first_msg);
	ss->first_asked = true;
	if (data && ss->first_msg)
		ferry_stream_fill_first(ss->first_msg, fsp_conn_first_room(c));
	fsp_conn_syn(c, ferry_stream_now());
}

/**
 * ferry_stream_first_syn() - the SYN of a connect()
 * @sk: locked, after fsp_conn_open()
 * @may_defer: with TCP_FASTOPEN_CONNECT and a cookie at hand the SYN may wait
 *	for the first write
 */
void ferry_stream_first_syn(struct sock *sk, bool may_defer)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct ferry_server server = {};
	bool bare, data;

	if (likely(!wants_first(sk))) {
		fsp_conn_syn(&ss->conn, ferry_stream_now());
		return;
	}
	ferry_cache_find(ferry_sock_net(sk), &ss->fs.flow.tuple, &server);
	bare = bare_data(sk);
	ss->first_blocked = server.blocked && !bare;
	if (ss->first_blocked) {
		fsp_conn_syn(&ss->conn, ferry_stream_now());
		return;
	}
	data = bare || server.cookie_len;
	if (may_defer && data && !ss->first_msg) {
		set_deferred(sk, true);
		return;
	}
	send_syn(sk, &server, data, !bare);
}

static int check_first(const struct sock *sk, const struct msghdr *msg)
{
	const struct sockaddr *to = msg->msg_name;

	if (!(READ_ONCE(ferry_sock_net(sk)->sysctl.stream_fastopen) & FERRY_FASTOPEN_CLIENT))
		return -EOPNOTSUPP;
	if (to && msg->msg_namelen >= sizeof(to->sa_family) && to->sa_family == AF_UNSPEC)
		return -EOPNOTSUPP;
	if (ferry_stream_sk(sk)->first_msg)
		return -EALREADY;
	if (!to && sk->sk_socket->state == SS_UNCONNECTED && sk->sk_state == TCP_CLOSE)
		return -EINVAL;
	return 0;
}

/**
 * ferry_stream_first_send() - connect(), or what was put off of it, with bytes
 * @sk: locked
 * @msg: their message, and to whom
 * @w: the sendmsg(): how much of it went is added to its count
 *
 * Return: 0 once connected, -EINPROGRESS, or another negative errno.
 */
int ferry_stream_first_send(struct sock *sk, struct msghdr *msg, struct writing *w)
{
	int flags = msg->msg_flags & MSG_DONTWAIT ? O_NONBLOCK : 0;
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	int err = check_first(sk, msg);

	if (err)
		return err;
	ss->first_msg = w;
	if (ferry_stream_deferred(sk) && sk->sk_state == TCP_SYN_SENT) {
		ferry_stream_first_syn(sk, false);
		ferry_stream_after(sk);
	}
	err = __inet_stream_connect(sk->sk_socket, msg->msg_name, msg->msg_namelen,
				    flags, 1);
	ss->first_msg = NULL;
	set_deferred(sk, false);
	return err;
}

/* ---- both ---- */

static void learn(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct ferry_net *fn = ferry_sock_net(sk);
	struct fsp_conn *c = &ss->conn;
	bool lost = c->first == FSP_FIRST_LOST;

	if (c->first == FSP_FIRST_TAKEN)
		ferry_stat_inc(fn, FERRY_STAT_STREAM_FF_TAKEN);
	else if (c->first == FSP_FIRST_REFUSED)
		ferry_stat_inc(fn, FERRY_STAT_STREAM_FF_REFUSED);
	/* Without bytes, too: a path may mind the option alone. */
	if (c->work->syn_retries && c->syn_cookie && !c->work->cookie_new &&
	    c->first != FSP_FIRST_TAKEN)
		lost = true;
	if (c->work->syn_retries && c->first == FSP_FIRST_SENT)
		lost = true;
	if (lost)
		ferry_stat_inc(fn, FERRY_STAT_STREAM_FF_LOST);
	ferry_cache_learn(fn, &ss->fs.flow.tuple, c->peer_mss,
			  c->work->cookie_new ? c->work->cookie : NULL, c->work->cookie_len, lost);
}

void ferry_stream_first_over(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	if (ss->first_of) {
		ferry_firstq_leave(ss->first_of, ss->conn.error == ECONNRESET);
		ferry_firstq_put(ss->first_of);
		ss->first_of = NULL;
	}
	if (ss->first_asked) {
		ss->first_asked = false;
		learn(sk);
	}
}
