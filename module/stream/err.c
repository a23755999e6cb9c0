// SPDX-License-Identifier: GPL-2.0-only
/* ICMP errors about packets of ours: RFC 5461, RFC 5927, RFC 8201. */
#include "engine/wire.h"
#include "ip/ip.h"
#include "stream/internal.h"

static void too_big(struct sock *sk, u32 seq, u32 mtu)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct ferry_stream_work *w = ferry_stream_work(ss);

	w->icmp_seq = seq;
	w->icmp_mtu = mtu;
	if (sock_owned_by_user(sk))
		set_bit(FERRY_DEFER_MTU, &ss->deferred);
	else
		ferry_stream_mtu_reduced(sk);
}

static void report(struct sock *sk, struct sk_buff *skb, u32 seq,
		   const struct ferry_icmp *icmp)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct ferry_stream_work *w;

	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		return;
	/* Who idles has nothing in flight that it could be about (RFC 5927). */
	if (!fsp_conn_awake(&ss->conn))
		return;
	if (icmp->mtu) {
		too_big(sk, seq, icmp->mtu);
		return;
	}
	/* A redirect comes again with the next packet that goes the wrong way. */
	if (icmp->redirect) {
		if (!sock_owned_by_user(sk))
			ferry_ip_redirect(sk, skb);
		return;
	}
	if (!icmp->err)
		return;
	if (sock_owned_by_user(sk)) {
		w = ferry_stream_work(ss);
		w->icmp_err = icmp->err;
		w->icmp_err_seq = seq;
		w->icmp_hard = icmp->hard;
		set_bit(FERRY_DEFER_ICMP, &ss->deferred);
		return;
	}
	fsp_conn_icmp(&ss->conn, seq, icmp->err, icmp->hard, ferry_stream_now());
	ferry_stream_after(sk);
}

/* The owner of the lock lets go of it. */
void ferry_stream_icmp_deferred(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct ferry_stream_work *w;

	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN ||
	    !fsp_conn_awake(&ss->conn))
		return;
	w = ferry_stream_work(ss);
	fsp_conn_icmp(&ss->conn, w->icmp_err_seq, w->icmp_err, w->icmp_hard,
		      ferry_stream_now());
	ferry_stream_after(sk);
}

static int to_sock(struct sock *sk, struct sk_buff *skb, u32 seq,
		   const struct ferry_icmp *icmp)
{
	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return -ENOENT;
	bh_lock_sock(sk);
	report(sk, skb, seq, icmp);
	bh_unlock_sock(sk);
	sock_put(sk);
	return 0;
}

int ferry_stream_err(struct ferry_net *fn, struct sk_buff *skb,
		     const struct ferry_tuple *tuple, const struct ferry_icmp *icmp)
{
	u32 seq = fsp_get32(skb->data + offsetof(struct fsp_hdr, seq));
	struct ferry_flow *flow;

	flow = ferry_flow_lookup(ferry_stream_flows(fn), tuple, 0);
	if (!flow)
		return -ENOENT;
	switch (flow->kind) {
	case FERRY_FLOW_SOCK:
		return to_sock(&ferry_flow_stream(flow)->fs.inet.sk, skb, seq, icmp);
	case FERRY_FLOW_REQUEST:
		ferry_stream_request_icmp(ferry_flow_request(flow), seq, icmp);
		return 0;
	default:
		return 0;
	}
}
