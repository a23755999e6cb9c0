// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes: of connected sockets, kept in sk_dst_cache with their flow in
 * cork.fl (which transmission wants beside a cached route), and of packets
 * that belong to no socket.
 */
#include <linux/seg6.h>
#include <net/inet_dscp.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include <net/transp_v6.h>

#include "ip/internal.h"

/* The first hop of a source route, or the destination. */
static __be32 first_hop4(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct ip_options_rcu *opt;

	opt = rcu_dereference_protected(inet->inet_opt, lockdep_sock_is_held(sk));
	if (opt && opt->opt.srr && !ferry_sk(sk)->udp)
		return opt->opt.faddr;
	return inet->inet_daddr;
}

/*
 * A device that can neither gather nor sum has no GSO either, though nobody turned it
 * off. Super-packets pay there too: the way down is gone once for all that are cut from
 * one, which is when they are copied together and summed. TCP always sends them; who
 * says "ethtool -K ... gso off" gets single packets from Ferry.
 */
static void gso_in_software(struct sock *sk, const struct dst_entry *dst)
{
	const struct net_device *dev = dst->dev;

	if (sk_can_gso(sk) || sk->sk_gso_disabled || dst->header_len ||
	    !(dev->wanted_features & NETIF_F_GSO) || dev->features & NETIF_F_GSO)
		return;
	sk->sk_route_caps |= NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO | NETIF_F_GSO_SOFTWARE;
	sk->sk_gso_max_size = READ_ONCE(dev->gso_max_size);
	sk->sk_gso_max_segs = max_t(u32, READ_ONCE(dev->gso_max_segs), 1);
}

static void store_route(struct sock *sk, struct dst_entry *dst)
{
	/* The pair of types that no device has: see gso.c */
	if (sk->sk_type == SOCK_STREAM)
		sk->sk_gso_type = SKB_GSO_SCTP |
			(ferry_ip_is_v4(sk) ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6);
	sk_setup_caps(sk, dst);
	if (sk->sk_type == SOCK_STREAM)
		gso_in_software(sk, dst);
}

static int route_err(int err)
{
	return err == -ENETDOWN ? -ENETUNREACH : err;
}

/* What policies see: the ports on the wire */
struct wire {
	u8	protocol;
	__be16	sport;
	__be16	dport;
};

static struct wire wire_of(struct ferry_net *fn, u8 protocol,
			   const struct ferry_tuple *tuple)
{
	if (tuple->udp)
		return (struct wire) { IPPROTO_UDP, READ_ONCE(fn->ip->port), tuple->udp };
	return (struct wire) { protocol, tuple->lport, tuple->rport };
}

static struct wire wire_of_sock(const struct sock *sk)
{
	struct ferry_tuple tuple = {
		.lport	= inet_sk(sk)->inet_sport,
		.rport	= inet_sk(sk)->inet_dport,
		.udp	= READ_ONCE(ferry_sk(sk)->udp),
	};

	return wire_of(ferry_sock_net(sk), sk->sk_protocol, &tuple);
}

static struct dst_entry *route4(struct sock *sk)
{
	struct wire wire = wire_of_sock(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 *fl4 = &inet->cork.fl.u.ip4;
	struct rtable *rt;

	flowi4_init_output(fl4, sk->sk_bound_dev_if, READ_ONCE(sk->sk_mark),
			   ip_sock_rt_tos(sk), ip_sock_rt_scope(sk),
			   wire.protocol, inet_sk_flowi_flags(sk),
			   first_hop4(sk), inet->inet_saddr, wire.dport,
			   wire.sport, sock_net_uid(sock_net(sk), sk));
	security_sk_classify_flow(sk, flowi4_to_flowi_common(fl4));
	rt = ip_route_output_flow(sock_net(sk), fl4, sk);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	store_route(sk, &rt->dst);
	return &rt->dst;
}

/* Routing goes to the first segment of a routing header; @final is the end. */
static struct in6_addr *through_header(struct flowi6 *fl6,
				       const struct ipv6_txoptions *opt,
				       struct in6_addr *final)
{
	if (!opt || !opt->srcrt)
		return NULL;

	*final = fl6->daddr;
	if (opt->srcrt->type == IPV6_SRCRT_TYPE_4) {
		const struct ipv6_sr_hdr *srh = (const void *)opt->srcrt;

		fl6->daddr = srh->segments[srh->first_segment];
	} else {
		const struct rt0_hdr *rt0 = (const void *)opt->srcrt;

		fl6->daddr = rt0->addr[0];
	}
	return final;
}

static void init_flow6(struct sock *sk, struct flowi6 *fl6)
{
	struct wire wire = wire_of_sock(sk);
	struct ipv6_pinfo *np = inet6_sk(sk);

	memset(fl6, 0, sizeof(*fl6));
	fl6->flowi6_proto = wire.protocol;
	fl6->daddr = sk->sk_v6_daddr;
	fl6->saddr = np->saddr;
	fl6->flowlabel = ip6_make_flowinfo(np->tclass, np->flow_label);
	fl6->flowi6_oif = sk->sk_bound_dev_if;
	fl6->flowi6_mark = READ_ONCE(sk->sk_mark);
	fl6->fl6_sport = wire.sport;
	fl6->fl6_dport = wire.dport;
	fl6->flowi6_uid = sock_net_uid(sock_net(sk), sk);
	security_sk_classify_flow(sk, flowi6_to_flowi_common(fl6));
}

static struct dst_entry *route6(struct sock *sk)
{
	struct flowi6 *fl6 = &inet_sk(sk)->cork.fl.u.ip6;
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct in6_addr final, *final_p;
	struct dst_entry *dst;

	init_flow6(sk, fl6);
	rcu_read_lock();
	final_p = ferry_sk(sk)->udp ? NULL :
		  through_header(fl6, rcu_dereference(np->opt), &final);
	rcu_read_unlock();
	dst = ip6_dst_lookup_flow(sock_net(sk), sk, fl6, final_p);
	if (IS_ERR(dst))
		return dst;
	np->dst_cookie = rt6_get_cookie((struct rt6_info *)dst);
	store_route(sk, dst);
	return dst;
}

static struct dst_entry *route(struct sock *sk)
{
	return ferry_ip_is_v4(sk) ? route4(sk) : route6(sk);
}

/* The port may have been chosen after the route: policies may look at it. */
static bool port_is_new(const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	__be16 sport = inet->inet_sport;

	if (READ_ONCE(ferry_sk(sk)->udp))
		sport = READ_ONCE(ferry_sock_net(sk)->ip->port);
	if (ferry_ip_is_v4(sk))
		return inet->cork.fl.u.ip4.fl4_sport != sport;
	return inet->cork.fl.u.ip6.fl6_sport != sport;
}

struct dst_entry *ferry_ip_route(struct sock *sk)
{
	struct dst_entry *dst;

	dst = __sk_dst_check(sk, inet6_sk(sk) && !ferry_ip_is_v4(sk) ?
			     inet6_sk(sk)->dst_cookie : 0);
	if (dst && !port_is_new(sk))
		return dst;

	dst = route(sk);
	if (!IS_ERR(dst))
		return dst;
	sk->sk_route_caps = 0;
	WRITE_ONCE(sk->sk_err_soft, -PTR_ERR(dst));
	return NULL;
}

/* ::, or ::ffff:0.0.0.0 */
static bool unset(const struct in6_addr *addr)
{
	return ipv6_addr_any(addr) ||
	       (ipv6_addr_v4mapped(addr) && !addr->s6_addr32[3]);
}

/* A socket that was bound to one address keeps it; others take the route's. */
static void take_source4(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	if (!inet->inet_saddr)
		inet->inet_saddr = inet->cork.fl.u.ip4.saddr;
	if (!inet->inet_rcv_saddr)
		inet->inet_rcv_saddr = inet->inet_saddr;
	if (sk->sk_family != AF_INET6)
		return;
	if (unset(&inet6_sk(sk)->saddr))
		ferry_ip_map4(&inet6_sk(sk)->saddr, inet->inet_saddr);
	if (unset(&sk->sk_v6_rcv_saddr))
		ferry_ip_map4(&sk->sk_v6_rcv_saddr, inet->inet_rcv_saddr);
}

static void take_source6(struct sock *sk)
{
	struct ipv6_pinfo *np = inet6_sk(sk);

	if (ipv6_addr_any(&np->saddr))
		np->saddr = inet_sk(sk)->cork.fl.u.ip6.saddr;
	if (ipv6_addr_any(&sk->sk_v6_rcv_saddr)) {
		sk->sk_v6_rcv_saddr = np->saddr;
		inet_sk(sk)->inet_rcv_saddr = LOOPBACK4_IPV6;
	}
}

static int connect4(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct dst_entry *dst;

	if (sk->sk_family == AF_INET6)
		inet->inet_daddr = sk->sk_v6_daddr.s6_addr32[3];
	dst = route4(sk);
	if (IS_ERR(dst))
		return route_err(PTR_ERR(dst));
	if (((struct rtable *)dst)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST) &&
	    sk->sk_type == SOCK_STREAM)
		return -ENETUNREACH;
	if (((struct rtable *)dst)->rt_flags & RTCF_BROADCAST &&
	    !sock_flag(sk, SOCK_BROADCAST))
		return -EACCES;
	take_source4(sk);
	/* 0.0.0.0 means this host: routing has put its address there */
	if (!inet->inet_daddr)
		sk_daddr_set(sk, inet->cork.fl.u.ip4.daddr);
	return 0;
}

static int connect6(struct sock *sk)
{
	struct dst_entry *dst;

	dst = route6(sk);
	if (IS_ERR(dst))
		return route_err(PTR_ERR(dst));
	take_source6(sk);
	return 0;
}

int ferry_ip_connect(struct sock *sk)
{
	struct net *net = sock_net(sk);
	int err;

	sk_dst_reset(sk);
	ferry_ip_forget_route(sk);
	err = ferry_ip_is_v4(sk) ? connect4(sk) : connect6(sk);
	if (!err)
		return 0;
	sk_dst_reset(sk);
	if (err == -ENETUNREACH)
		IP_INC_STATS(net, IPSTATS_MIB_OUTNOROUTES);
	return err;
}

static struct dst_entry *lookup4(struct net *net, const struct wire *wire,
				 const struct sock *sk,
				 const struct ferry_tuple *tuple, int oif,
				 u32 mark, u8 tclass, struct flowi4 *fl4)
{
	struct rtable *rt;

	flowi4_init_output(fl4, oif, mark, tclass & INET_DSCP_MASK,
			   RT_SCOPE_UNIVERSE, wire->protocol, sk ?
			   inet_sk_flowi_flags(sk) : 0,
			   tuple->raddr.s6_addr32[3], tuple->laddr.s6_addr32[3],
			   wire->dport, wire->sport, sock_net_uid(net, sk));
	rt = ip_route_output_flow(net, fl4, NULL);
	return IS_ERR(rt) ? ERR_CAST(rt) : &rt->dst;
}

static struct dst_entry *lookup6(struct net *net, const struct wire *wire,
				 const struct sock *sk,
				 const struct ferry_tuple *tuple, int oif,
				 u32 mark, u8 tclass, struct flowi6 *fl6)
{
	memset(fl6, 0, sizeof(*fl6));
	fl6->flowi6_proto = wire->protocol;
	fl6->daddr = tuple->raddr;
	fl6->saddr = tuple->laddr;
	fl6->flowlabel = ip6_make_flowinfo(tclass, 0);
	fl6->flowi6_oif = oif;
	fl6->flowi6_mark = mark;
	fl6->fl6_sport = wire->sport;
	fl6->fl6_dport = wire->dport;
	fl6->flowi6_uid = sock_net_uid(net, sk);
	return ip6_dst_lookup_flow(net, sk, fl6, NULL);
}

/**
 * ferry_ip_lookup() - a route without a (full) socket
 * @fn: the namespace
 * @t: transport
 * @sk: a listener, for its owner and device, or NULL; not locked, not changed
 * @tuple: local end first
 * @mark: to route by
 * @tclass: likewise
 * @fl: filled with the flow
 *
 * Return: the route with a reference, or an error pointer.
 */
struct dst_entry *ferry_ip_lookup(struct ferry_net *fn, enum ferry_transport t,
				  const struct sock *sk,
				  const struct ferry_tuple *tuple,
				  u32 mark, u8 tclass, struct flowi *fl)
{
	struct wire wire = wire_of(fn, ferry_ip_protocol(t), tuple);
	int oif = tuple->dev;

	if (sk && READ_ONCE(sk->sk_bound_dev_if))
		oif = READ_ONCE(sk->sk_bound_dev_if);
	if (ipv6_addr_v4mapped(&tuple->raddr))
		return lookup4(fn->net, &wire, sk, tuple, oif, mark, tclass,
			       &fl->u.ip4);
	return lookup6(fn->net, &wire, sk, tuple, oif, mark, tclass,
		       &fl->u.ip6);
}
