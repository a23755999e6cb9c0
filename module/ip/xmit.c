// SPDX-License-Identifier: GPL-2.0-only
/* Packets of connected sockets on their way out. */
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>

#include "ip/internal.h"

static enum ferry_transport transport_of(const struct sock *sk)
{
	return sk->sk_type == SOCK_STREAM ? FERRY_STREAM : FERRY_DGRAM;
}

/* What the transport kept in the control buffer would be read as IP options. */
static void clear_cb(struct sk_buff *skb)
{
	memset(skb->cb, 0, max(sizeof(struct inet_skb_parm),
			       sizeof(struct inet6_skb_parm)));
}

/**
 * ferry_ip_sent() - make one answer of all that lower layers may return
 * @fn: the namespace
 * @ret: NET_XMIT_... or a negative errno
 *
 * Return: 0, -ENOBUFS where a queue dropped the packet, or the errno.
 */
int ferry_ip_sent(struct ferry_net *fn, int ret)
{
	ret = ret > 0 ? net_xmit_errno(ret) : ret;
	if (ret < 0)
		ferry_stat_inc(fn, FERRY_STAT_IP_OUT_DROPPED);
	return ret;
}

/* A user's TOS is no place for marks. */
static u8 with_ecn(u8 tclass, u8 ecn)
{
	return (tclass & ~INET_ECN_MASK) | ecn;
}

/*
 * With IP_PMTUDISC_PROBE the kernel sets no DF on a stream's packets, and a router
 * would cut what is to be found too large.
 */
static bool wants_df(const struct sock *sk)
{
	return READ_ONCE(inet_sk(sk)->pmtudisc) == IP_PMTUDISC_PROBE &&
	       !rcu_access_pointer(inet_sk(sk)->inet_opt);
}

static int xmit_df(struct sock *sk, struct sk_buff *skb, struct dst_entry *dst, u8 ecn)
{
	struct ferry_ip_how how = {
		.tclass = with_ecn(READ_ONCE(inet_sk(sk)->tos), ecn),
		.ttl = READ_ONCE(inet_sk(sk)->uc_ttl),
		.df = true,
		.mark = READ_ONCE(sk->sk_mark),
		.priority = READ_ONCE(sk->sk_priority),
	};
	int ret;

	rcu_read_lock();
	skb_dst_set_noref(skb, dst);
	ret = ferry_ip_out(ferry_sock_net(sk), sk, skb, &inet_sk(sk)->cork.fl, true, &how);
	rcu_read_unlock();
	return ret;
}

static int xmit4(struct sock *sk, struct sk_buff *skb, struct dst_entry *dst, u8 ecn)
{
	struct inet_sock *inet = inet_sk(sk);
	int ret;

	if (unlikely(wants_df(sk)))
		return xmit_df(sk, skb, dst, ecn);
	/* The socket's route, or it would be looked for once more */
	rcu_read_lock();
	skb_dst_set_noref(skb, dst);
	ret = __ip_queue_xmit(sk, skb, &inet->cork.fl,
			      with_ecn(READ_ONCE(inet->tos), ecn));
	rcu_read_unlock();
	return ret;
}

/* cork.fl holds the first hop's flow; the header starts from the last one's. */
static int xmit6(struct sock *sk, struct sk_buff *skb, struct dst_entry *dst, u8 ecn)
{
	struct flowi6 fl6 = inet_sk(sk)->cork.fl.u.ip6;
	struct ipv6_pinfo *np = inet6_sk(sk);
	int ret;

	fl6.daddr = sk->sk_v6_daddr;
	/* Larger than what ICMP has said, by the user's wish */
	skb->ignore_df = np->pmtudisc >= IPV6_PMTUDISC_PROBE;
	rcu_read_lock();
	skb_dst_set_noref(skb, dst);
	ret = ip6_xmit(sk, skb, &fl6, READ_ONCE(sk->sk_mark),
		       rcu_dereference(np->opt), with_ecn(np->tclass, ecn),
		       READ_ONCE(sk->sk_priority));
	rcu_read_unlock();
	return ret;
}

static void how_of(struct sock *sk, bool v4, const struct dst_entry *dst, u8 ecn,
		   struct ferry_ip_how *how)
{
	*how = (struct ferry_ip_how) {
		.mark		= READ_ONCE(sk->sk_mark),
		.priority	= READ_ONCE(sk->sk_priority),
	};
	if (v4) {
		how->tclass = with_ecn(READ_ONCE(inet_sk(sk)->tos), ecn);
		how->ttl = READ_ONCE(inet_sk(sk)->uc_ttl);
		how->df = ip_dont_fragment(sk, dst) || wants_df(sk);
	} else {
		how->tclass = with_ecn(inet6_sk(sk)->tclass, ecn);
		how->ttl = inet6_sk(sk)->hop_limit;
		how->fragment = inet6_sk(sk)->pmtudisc >= IPV6_PMTUDISC_PROBE;
	}
}

/* The kernel's builders would write the socket's protocol into the IP header. */
static int xmit_udp(struct sock *sk, struct sk_buff *skb, struct dst_entry *dst,
		    const struct ferry_tuple *tuple, u8 ecn)
{
	struct ferry_net *fn = ferry_sock_net(sk);
	struct flowi fl = inet_sk(sk)->cork.fl;
	bool v4 = ferry_ip_is_v4(sk);
	struct ferry_ip_how how;
	int err;

	err = ferry_ip_udp_wrap(fn, transport_of(sk), skb, tuple);
	if (err)
		return err;
	how_of(sk, v4, dst, ecn, &how);
	skb_dst_set(skb, dst_clone(dst));
	return ferry_ip_out(fn, sk, skb, &fl, v4, &how);
}

int ferry_ip_xmit(struct sock *sk, struct sk_buff *skb, u8 ecn)
{
	struct ferry_net *fn = ferry_sock_net(sk);
	struct ferry_tuple tuple;
	struct dst_entry *dst;
	int ret;

	dst = ferry_ip_route(sk);
	if (!dst) {
		ferry_stat_inc(fn, FERRY_STAT_IP_OUT_NOROUTE);
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_OUTNOROUTES);
		return -READ_ONCE(sk->sk_err_soft) ?: -EHOSTUNREACH;
	}

	if (skb_is_gso(skb))
		skb_shinfo(skb)->gso_type = sk->sk_gso_type;
	ferry_ip_sock_tuple(sk, &tuple);
	ferry_ip_csum(transport_of(sk), skb, &tuple, dst);
	if (tuple.udp)
		return xmit_udp(sk, skb, dst, &tuple, ecn);
	clear_cb(skb);

	ret = ferry_ip_is_v4(sk) ? xmit4(sk, skb, dst, ecn) : xmit6(sk, skb, dst, ecn);
	return ferry_ip_sent(fn, ret);
}
