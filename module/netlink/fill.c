// SPDX-License-Identifier: GPL-2.0-only
/* Turns what is known of a socket into attributes. */
#include <linux/user_namespace.h>
#include <net/tcp_states.h>

#include "netlink/internal.h"

static_assert((int)FERRY_SOCK_TYPE_STREAM == FERRY_STREAM);
static_assert((int)FERRY_SOCK_TYPE_DGRAM == FERRY_DGRAM);
static_assert((int)FERRY_SOCK_STATE_ESTABLISHED == TCP_ESTABLISHED);
static_assert((int)FERRY_SOCK_STATE_TIME_WAIT == TCP_TIME_WAIT);
static_assert((int)FERRY_SOCK_STATE_CLOSING == TCP_CLOSING);
static_assert((int)FERRY_TIMER_KIND_RETRANSMIT == FERRY_DIAG_TIMER_RETRANSMIT);
static_assert((int)FERRY_TIMER_KIND_LINGER == FERRY_DIAG_TIMER_LINGER);

/**
 * ferry_nl_describe() - all that is known of a socket
 * @sk: under rcu_read_lock() or referenced, see diag.h
 * @info: filled in
 */
void ferry_nl_describe(struct sock *sk, struct ferry_sock_info *info)
{
	if (sk->sk_type == SOCK_STREAM)
		ferry_stream_diag(sk, info);
	else
		ferry_dgram_diag(sk, info);
}

/**
 * ferry_nl_put_addr() - an address in as many bytes as its family has
 * @skb: message
 * @attr: attribute
 * @family: of the socket; an IPv6 socket's v4-mapped addresses stay mapped
 * @addr: IPv4 as v4-mapped
 *
 * Return: 0 or -EMSGSIZE.
 */
int ferry_nl_put_addr(struct sk_buff *skb, int attr, u16 family,
		      const struct in6_addr *addr)
{
	if (family == AF_INET)
		return nla_put_in_addr(skb, attr, addr->s6_addr32[3]);
	return nla_put_in6_addr(skb, attr, addr);
}

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, FERRY_A_SOCKET_PAD);
}

static int put_tuple(struct sk_buff *skb, const struct ferry_sock_info *info)
{
	const struct ferry_tuple *t = &info->tuple;

	if (ferry_nl_put_addr(skb, FERRY_A_SOCKET_LOCAL_ADDR, info->family, &t->laddr) ||
	    nla_put_u16(skb, FERRY_A_SOCKET_LOCAL_PORT, ntohs(t->lport)) ||
	    ferry_nl_put_addr(skb, FERRY_A_SOCKET_REMOTE_ADDR, info->family, &t->raddr) ||
	    nla_put_u16(skb, FERRY_A_SOCKET_REMOTE_PORT, ntohs(t->rport)))
		return -EMSGSIZE;
	if (t->dev && nla_put_u32(skb, FERRY_A_SOCKET_DEVICE, t->dev))
		return -EMSGSIZE;
	if (t->udp)
		return nla_put_u16(skb, FERRY_A_SOCKET_UDP_PORT, ntohs(t->udp));
	return 0;
}

static int put_owner(struct sk_buff *skb, const struct ferry_sock_info *info,
		     const struct ferry_nl_view *view)
{
	if (info->cookie && put_u64(skb, FERRY_A_SOCKET_COOKIE, info->cookie))
		return -EMSGSIZE;
	if (info->inode && put_u64(skb, FERRY_A_SOCKET_INODE, info->inode))
		return -EMSGSIZE;
	if (info->orphan && nla_put_flag(skb, FERRY_A_SOCKET_ORPHAN))
		return -EMSGSIZE;
	if (info->v6only && nla_put_flag(skb, FERRY_A_SOCKET_V6ONLY))
		return -EMSGSIZE;
	return nla_put_u32(skb, FERRY_A_SOCKET_UID,
			   from_kuid_munged(view->ns, info->uid));
}

static int put_timer(struct sk_buff *skb, const struct ferry_sock_info *info)
{
	struct nlattr *nest;

	if (info->timer == FERRY_DIAG_TIMER_NONE)
		return 0;
	nest = nla_nest_start(skb, FERRY_A_SOCKET_TIMER);
	if (!nest ||
	    nla_put_u32(skb, FERRY_A_TIMER_KIND, info->timer) ||
	    nla_put_u32(skb, FERRY_A_TIMER_EXPIRES, info->timer_ms) ||
	    nla_put_u32(skb, FERRY_A_TIMER_COUNT, info->timer_count))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_memory(struct sk_buff *skb, const struct ferry_sock_info *info)
{
	if (nla_put_u32(skb, FERRY_A_SOCKET_RMEM, info->rmem) ||
	    nla_put_u32(skb, FERRY_A_SOCKET_RCVBUF, info->rcvbuf) ||
	    nla_put_u32(skb, FERRY_A_SOCKET_WMEM, info->wmem) ||
	    nla_put_u32(skb, FERRY_A_SOCKET_SNDBUF, info->sndbuf) ||
	    nla_put_u32(skb, FERRY_A_SOCKET_BACKLOG, info->backlog) ||
	    nla_put_u32(skb, FERRY_A_SOCKET_DROPS, info->drops))
		return -EMSGSIZE;
	return 0;
}

static int put_stream_u8(struct sk_buff *skb, const struct ferry_stream_info *s)
{
	if (nla_put_u8(skb, FERRY_A_STREAM_CA_STATE, s->ca_state) ||
	    nla_put_u8(skb, FERRY_A_STREAM_SND_WSCALE, s->snd_wscale) ||
	    nla_put_u8(skb, FERRY_A_STREAM_RCV_WSCALE, s->rcv_wscale) ||
	    nla_put_u8(skb, FERRY_A_STREAM_BACKOFF, s->backoff) ||
	    nla_put_u8(skb, FERRY_A_STREAM_PMTU_STATE, s->pmtu_state))
		return -EMSGSIZE;
	return 0;
}

/* Which attribute a field goes into */
struct field {
	u16	attr;
	u16	offset;
};

#define FIELD(attr, name) \
	{ FERRY_A_STREAM_##attr, offsetof(struct ferry_stream_info, name) }

static const struct field words[] = {
	FIELD(SND_MSS, snd_mss),
	FIELD(RCV_MSS, rcv_mss),
	FIELD(ADV_MSS, adv_mss),
	FIELD(PMTU, pmtu),
	FIELD(RTT, rtt),
	FIELD(RTTVAR, rttvar),
	FIELD(MIN_RTT, min_rtt),
	FIELD(RTO, rto),
	FIELD(ATO, ato),
	FIELD(CWND, cwnd),
	FIELD(SSTHRESH, ssthresh),
	FIELD(SND_WND, snd_wnd),
	FIELD(RCV_WND, rcv_wnd),
	FIELD(UNACKED, unacked),
	FIELD(SACKED, sacked),
	FIELD(LOST, lost),
	FIELD(RETRANS, retrans),
	FIELD(REORDERING, reordering),
	FIELD(NOTSENT, notsent),
	FIELD(OFO, ofo),
	FIELD(LAST_SND, last_snd_ms),
	FIELD(LAST_RCV, last_rcv_ms),
};

static const struct field quads[] = {
	FIELD(BYTES_SENT, bytes_sent),
	FIELD(BYTES_ACKED, bytes_acked),
	FIELD(BYTES_RECEIVED, bytes_received),
	FIELD(BYTES_RETRANS, bytes_retrans),
	FIELD(SEGS_OUT, segs_out),
	FIELD(SEGS_IN, segs_in),
	FIELD(SEGS_RETRANS, segs_retrans),
	FIELD(SEGS_LOST, segs_lost),
	FIELD(SEGS_SPURIOUS, segs_spurious),
	FIELD(SEGS_DUP, segs_dup),
	FIELD(DELIVERY_RATE, delivery_rate),
	FIELD(PACING_RATE, pacing_rate),
};

static int put_stream_fields(struct sk_buff *skb, const struct ferry_stream_info *s)
{
	const void *base = s;
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(words) && !err; i++)
		err = nla_put_u32(skb, words[i].attr,
				  *(const u32 *)(base + words[i].offset));
	for (i = 0; i < ARRAY_SIZE(quads) && !err; i++)
		err = nla_put_u64_64bit(skb, quads[i].attr,
					*(const u64 *)(base + quads[i].offset),
					FERRY_A_STREAM_PAD);
	return err;
}

static int put_stream(struct sk_buff *skb, const struct ferry_stream_info *s)
{
	struct nlattr *nest = nla_nest_start(skb, FERRY_A_SOCKET_STREAM);

	if (!nest ||
	    nla_put_string(skb, FERRY_A_STREAM_CONGESTION, s->cc) ||
	    put_stream_u8(skb, s) || put_stream_fields(skb, s))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_details(struct sk_buff *skb, const struct ferry_sock_info *info,
		       const struct ferry_nl_view *view)
{
	if (put_memory(skb, info))
		return -EMSGSIZE;
	if (view->admin && nla_put_u32(skb, FERRY_A_SOCKET_MARK, info->mark))
		return -EMSGSIZE;
	return info->has_stream ? put_stream(skb, &info->stream) : 0;
}

/**
 * ferry_nl_put_socket() - the attributes of a socket
 * @skb: message; not undone where they do not fit
 * @info: the socket
 * @view: how much of it
 *
 * Return: 0 or -EMSGSIZE.
 */
int ferry_nl_put_socket(struct sk_buff *skb, const struct ferry_sock_info *info,
			const struct ferry_nl_view *view)
{
	if (nla_put_u32(skb, FERRY_A_SOCKET_TYPE, info->transport) ||
	    nla_put_u16(skb, FERRY_A_SOCKET_FAMILY, info->family) ||
	    nla_put_u32(skb, FERRY_A_SOCKET_STATE, info->state) ||
	    put_tuple(skb, info) || put_owner(skb, info, view) ||
	    nla_put_u32(skb, FERRY_A_SOCKET_RQUEUE, info->rqueue) ||
	    nla_put_u32(skb, FERRY_A_SOCKET_WQUEUE, info->wqueue) ||
	    put_timer(skb, info))
		return -EMSGSIZE;
	return view->details ? put_details(skb, info, view) : 0;
}
