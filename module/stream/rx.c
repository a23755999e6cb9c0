// SPDX-License-Identifier: GPL-2.0-only
/* Received packets: to whom, and what becomes of them. */
#include <linux/filter.h>
#include <net/busy_poll.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat/drops.h"
#include "ip/ip.h"
#include "stream/internal.h"

/* An owner may change while a packet looks for it; not this often. */
#define LOOKUPS		4

/* Headers of packets without payload; they count, too */
#define BACKLOG_SLACK	(64 * 1024)

void ferry_stream_drop(struct ferry_net *fn, struct sk_buff *skb, enum ferry_stat why)
{
	ferry_stat_inc(fn, why);
	kfree_skb(skb);
}

bool ferry_stream_parse(struct ferry_net *fn, struct sk_buff *skb, struct fsp_rx *rx)
{
	unsigned int need = fsp_hdr_need(skb->data, skb->len);

	if (need > skb->len || !pskb_may_pull(skb, need)) {
		ferry_stat_inc(fn, FERRY_STAT_STREAM_DROP_HEADER);
		return false;
	}
	switch (fsp_hdr_parse(skb->data, skb_headlen(skb), skb->len, rx)) {
	case FSP_PARSE_OK:
		rx->field = ferry_ip_tclass(skb) & INET_ECN_MASK;
		rx->pkts = skb_shinfo(skb)->gso_segs;
		return true;
	case FSP_PARSE_OPTION:
	case FSP_PARSE_CRITICAL:
		ferry_stat_inc(fn, FERRY_STAT_STREAM_DROP_OPTION);
		return false;
	default:
		ferry_stat_inc(fn, FERRY_STAT_STREAM_DROP_HEADER);
		return false;
	}
}

bool ferry_stream_parsed(struct ferry_packet *p)
{
	if (p->rx.hdr_len || ferry_stream_parse(p->fn, p->skb, &p->rx))
		return true;
	kfree_skb(p->skb);
	return false;
}

static const enum ferry_stat verdicts[FSP_VERDICTS] = {
	[FSP_DROP_SEQ]		= FERRY_STAT_STREAM_DROP_SEQ,
	[FSP_DROP_EPOCH]	= FERRY_STAT_STREAM_DROP_EPOCH,
	[FSP_DROP_ACK]		= FERRY_STAT_STREAM_DROP_ACK,
	[FSP_DROP_DUP]		= FERRY_STAT_STREAM_DROP_DUP,
	[FSP_DROP_STATE]	= FERRY_STAT_STREAM_DROP_STATE,
	[FSP_DROP_CLOSED]	= FERRY_STAT_STREAM_DROP_CLOSED,
	[FSP_DROP_RCVBUF]	= FERRY_STAT_STREAM_DROP_RCVBUF,
	[FSP_DROP_OFO]		= FERRY_STAT_STREAM_DROP_OFO,
};

static void dropped(struct sock *sk, enum fsp_verdict verdict)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	enum ferry_stat why = verdicts[verdict];

	if (verdict == FSP_DROP_RCVBUF && ss->no_memory)
		why = FERRY_STAT_STREAM_DROP_MEM;
	ss->no_memory = false;
	ferry_stat_inc(ferry_sock_net(sk), why);
	if (verdict == FSP_DROP_RCVBUF || verdict == FSP_DROP_OFO)
		ferry_sk_drop(sk);
}

void ferry_stream_rx(struct sock *sk, struct sk_buff *skb, struct fsp_rx *rx)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	enum fsp_verdict verdict;

	/* It was disconnected while the packet looked for it. */
	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN) {
		ferry_stream_drop(ferry_sock_net(sk), skb, FERRY_STAT_STREAM_DROP_STATE);
		return;
	}
	ferry_stream_peer_seen(sk, ferry_ip_udp_from(skb), rx);
	/* A path does not change with every packet. */
	if (ss->path_seen != (u32)jiffies || ss->path_stale)
		ferry_stream_path_update(sk);
	__skb_pull(skb, rx->hdr_len);
	ferry_ip_note_route(sk, skb);
	skb_dst_drop(skb);
	skb->dev = NULL;
	verdict = fsp_conn_rx(&ss->conn, rx, ferry_skb_seg(skb), ferry_stream_now());
	if (verdict == FSP_DONE) {
		consume_skb(skb);
	} else if (verdict != FSP_TAKEN) {
		dropped(sk, verdict);
		kfree_skb(skb);
	}
	ferry_stream_after(sk);
}

int ferry_stream_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct fsp_rx rx;

	if (ferry_stream_parse(ferry_sock_net(sk), skb, &rx))
		ferry_stream_rx(sk, skb, &rx);
	else
		kfree_skb(skb);
	return 0;
}

/* RFC 5082: from farther away than the user allows */
static bool too_far(const struct sock *sk, const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return ip_hdr(skb)->ttl < READ_ONCE(inet_sk(sk)->min_ttl);
#if IS_ENABLED(CONFIG_IPV6)
	return sk->sk_family == AF_INET6 &&
	       ipv6_hdr(skb)->hop_limit < READ_ONCE(inet6_sk(sk)->min_hopcount);
#else
	return false;
#endif
}

/* The socket's filter leaves the header and may cut off what is behind it. */
static bool filtered(struct sock *sk, struct ferry_packet *p)
{
	unsigned int len = p->skb->len;

	if (rcu_access_pointer(sk->sk_filter) && !ferry_stream_parsed(p))
		return true;
	if (sk_filter_trim_cap(sk, p->skb, p->rx.hdr_len ?: FSP_HDR_MIN)) {
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_FILTER);
		return true;
	}
	if (likely(p->skb->len == len))
		return false;
	p->rx.hdr_len = 0;
	return !ferry_stream_parsed(p);
}

/* What a socket's user or administrator set up against packets; consumes those. */
bool ferry_stream_filtered(struct sock *sk, struct ferry_packet *p)
{
	if (too_far(sk, p->skb)) {
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_TTL);
		return true;
	}
	if (!ferry_ip_policy_ok(sk, p->skb)) {
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_IP_IN_POLICY);
		return true;
	}
	return filtered(sk, p);
}

/*
 * What a busy socket's receive queue and backlog may hold together. The window was
 * offered in bytes: where packets are small their memory is up to twice as much, and
 * dropping what was invited costs a whole recovery.
 */
static u32 backlog_limit(const struct sock *sk)
{
	u64 limit = 2ULL * READ_ONCE(sk->sk_rcvbuf) + READ_ONCE(sk->sk_sndbuf) +
		    BACKLOG_SLACK;

	return min_t(u64, limit, INT_MAX);
}

/* Parsed where it is received, so that one that waits for the lock is so but once */
static void to_sock(struct sock *sk, struct ferry_packet *p)
{
	if (ferry_stream_filtered(sk, p))
		return;
	sk_mark_napi_id(sk, p->skb);
	sock_rps_save_rxhash(sk, p->skb);
	bh_lock_sock_nested(sk);
	if (!sock_owned_by_user(sk)) {
		if (ferry_stream_parsed(p))
			ferry_stream_rx(sk, p->skb, &p->rx);
	} else if (sk_add_backlog(sk, p->skb, backlog_limit(sk))) {
		ferry_sk_drop(sk);
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_BACKLOG);
	}
	bh_unlock_sock(sk);
}

void ferry_stream_refuse(struct ferry_packet *p)
{
	if (ferry_ip_policy_ok(NULL, p->skb) && !(p->rx.flags & FSP_RST))
		ferry_stream_send_reset(p);
	ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_NOPORT);
}

/* RFC 9293 section 3.10.7.2 */
static void to_listener(struct sock *sk, struct ferry_packet *p)
{
	if (ferry_stream_filtered(sk, p))
		return;
	if (p->rx.flags & FSP_RST) {
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_STATE);
	} else if (p->rx.flags & FSP_ACK) {
		if (!ferry_stream_request_ticket(sk, p))
			ferry_stream_refuse(p);
	} else if ((p->rx.flags & FSP_SYN) && !fsp_rx_version_known(&p->rx)) {
		ferry_stream_send_reset(p);
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_STATE);
	} else if (p->rx.flags & FSP_SYN) {
		ferry_stream_request_new(sk, p, NULL);
	} else {
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_STATE);
	}
}

/* Nobody owns the 4-tuple: a listener, or nobody at all */
static void to_port(struct ferry_packet *p)
{
	struct sock *sk;

	if (!ferry_stream_parsed(p))
		return;
	sk = ferry_port_lookup(p->fn, FERRY_STREAM, p->tuple, p->sdif, p->skb);
	if (sk)
		to_listener(sk, p);
	else
		ferry_stream_refuse(p);
}

/* Takes over the reference. */
static void to_owner(struct sock *sk, struct ferry_packet *p)
{
	if (ferry_stream_way_fits(sk, p))
		to_sock(sk, p);
	sock_put(sk);
}

/* False: the owner has just given it up */
static bool to_flow(struct ferry_flow *flow, struct ferry_packet *p)
{
	struct ferry_request *req;
	struct sock *sk;

	if (flow->kind != FERRY_FLOW_SOCK && !ferry_stream_parsed(p))
		return true;
	switch (flow->kind) {
	case FERRY_FLOW_REQUEST:
		req = ferry_flow_request(flow);
		return !ferry_stream_request_fits(req, p) ||
		       ferry_stream_request_rx(req, p);
	case FERRY_FLOW_TIMEWAIT:
		return ferry_stream_timewait_rx(ferry_flow_timewait(flow), p);
	default:
		sk = &ferry_flow_stream(flow)->fs.inet.sk;
		if (!refcount_inc_not_zero(&sk->sk_refcnt))
			return false;
		to_owner(sk, p);
		return true;
	}
}

static void dispatch(struct ferry_packet *p)
{
	struct sock *sk = ferry_ip_early_sock(p->skb, p->tuple);
	struct ferry_flow *flow;
	int i;

	if (likely(sk)) {
		to_owner(sk, p);
		return;
	}
	for (i = 0; i < LOOKUPS; i++) {
		flow = ferry_flow_lookup(ferry_stream_flows(p->fn), p->tuple,
					 p->sdif);
		if (!flow) {
			to_port(p);
			return;
		}
		if (to_flow(flow, p))
			return;
	}
	ferry_stream_drop(p->fn, p->skb, FERRY_STAT_STREAM_DROP_STATE);
}

void ferry_stream_rcv(struct ferry_net *fn, struct sk_buff *skb,
		      const struct ferry_tuple *tuple, int sdif)
{
	struct ferry_packet p;

	p.fn = fn;
	p.skb = skb;
	p.tuple = tuple;
	p.sdif = sdif;
	p.rx.hdr_len = 0;
	ferry_stat_add(fn, FERRY_STAT_STREAM_IN_SEGS,
		       max_t(u32, skb_shinfo(skb)->gso_segs, 1));
	if (ferry_ip_not_unicast(skb))
		ferry_stream_drop(fn, skb, FERRY_STAT_STREAM_DROP_ADDR);
	else
		dispatch(&p);
}
