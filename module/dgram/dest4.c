// SPDX-License-Identifier: GPL-2.0-only
/* Where a datagram goes by IPv4: its address, control messages and route. */
#include <linux/in.h>
#include <net/inet_dscp.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/transp_v6.h>

#include "compat/dgram.h"
#include "compat/inet_flags.h"
#include "dgram/sock.h"

/**
 * struct wish - what a datagram to be sent by IPv4 asks for
 * @daddr: destination
 * @saddr: source, 0 for the route's choice
 * @dport: destination port
 * @oif: output device or 0
 * @ttl: from a control message, or 0
 * @tos: from a control message, or -1
 * @scope: what routes will do
 * @control: a control message changed something
 */
struct wish {
	__be32	daddr;
	__be32	saddr;
	__be16	dport;
	int	oif;
	int	ttl;
	int	tos;
	u8	scope;
	bool	control;
};

static int read_int(const struct cmsghdr *cmsg, int lowest, int highest, int *to)
{
	int val;

	if (cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
		val = *(int *)CMSG_DATA(cmsg);
	else if (cmsg->cmsg_len == CMSG_LEN(sizeof(u8)))
		val = *(u8 *)CMSG_DATA(cmsg);
	else
		return -EINVAL;
	if (val < lowest || val > highest)
		return -EINVAL;
	*to = val;
	return 0;
}

static int read_pktinfo(const struct cmsghdr *cmsg, struct wish *w)
{
	const struct in_pktinfo *info = CMSG_DATA(cmsg);

	if (cmsg->cmsg_len != CMSG_LEN(sizeof(*info)))
		return -EINVAL;
	if (info->ipi_ifindex)
		w->oif = info->ipi_ifindex;
	w->saddr = info->ipi_spec_dst.s_addr;
	return 0;
}

/* A dual-stack program may say it with IPv6's structure. */
static int read_pktinfo6(const struct cmsghdr *cmsg, struct wish *w)
{
	const struct in6_pktinfo *info = CMSG_DATA(cmsg);

	if (cmsg->cmsg_len < CMSG_LEN(sizeof(*info)) ||
	    !ipv6_addr_v4mapped(&info->ipi6_addr))
		return -EINVAL;
	if (info->ipi6_ifindex)
		w->oif = info->ipi6_ifindex;
	w->saddr = info->ipi6_addr.s6_addr32[3];
	return 0;
}

static int read_ip(const struct cmsghdr *cmsg, struct wish *w)
{
	switch (cmsg->cmsg_type) {
	case IP_PKTINFO:
		return read_pktinfo(cmsg, w);
	case IP_TTL:
		return read_int(cmsg, 1, 255, &w->ttl);
	case IP_TOS:
		return read_int(cmsg, 0, 255, &w->tos);
	default:
		return -EINVAL;
	}
}

static int read_control(struct sock *sk, struct msghdr *msg, struct wish *w,
			struct sockcm_cookie *sockc)
{
	struct cmsghdr *cmsg;
	int err = 0;

	for_each_cmsghdr(cmsg, msg) {
		if (!CMSG_OK(msg, cmsg))
			return -EINVAL;
		if (cmsg->cmsg_level == SOL_UDP)
			continue;	/* super.c has read it */
		if (cmsg->cmsg_level == SOL_SOCKET)
			err = ferry_sock_cmsg_send(sk, msg, cmsg, sockc);
		else if (cmsg->cmsg_level == SOL_IP)
			err = read_ip(cmsg, w);
		else if (cmsg->cmsg_level == SOL_IPV6 && sk->sk_family == AF_INET6 &&
			 cmsg->cmsg_type == IPV6_PKTINFO)
			err = read_pktinfo6(cmsg, w);
		if (err)
			return err;
		w->control = true;
	}
	return 0;
}

static int read_name(const struct msghdr *msg, struct wish *w)
{
	const struct sockaddr_in *sin = msg->msg_name;

	if (msg->msg_namelen < sizeof(*sin))
		return -EINVAL;
	if (sin->sin_family != AF_INET && sin->sin_family != AF_UNSPEC)
		return -EAFNOSUPPORT;
	if (!sin->sin_port)
		return -EINVAL;
	w->daddr = sin->sin_addr.s_addr;
	w->dport = sin->sin_port;
	return 0;
}

static int read_peer(const struct sock *sk, struct wish *w)
{
	if (sk->sk_state != TCP_ESTABLISHED)
		return -EDESTADDRREQ;
	w->daddr = inet_sk(sk)->inet_daddr;
	w->dport = inet_sk(sk)->inet_dport;
	return 0;
}

/* A cgroup's program may look at, refuse or redirect a datagram with an address. */
static int run_cgroup(struct sock *sk, struct msghdr *msg, struct wish *w)
{
	struct sockaddr_in *sin = msg->msg_name;
	int err;

	if (!cgroup_bpf_enabled(CGROUP_UDP4_SENDMSG) || !sin)
		return 0;
	err = ferry_cgroup_addr(BPF_CGROUP_RUN_PROG_UDP4_SENDMSG_LOCK, sk, sin,
				&msg->msg_namelen, &w->saddr);
	return err ?: read_name(msg, w);
}

static void apply_devices(const struct sock *sk, struct wish *w)
{
	const struct inet_sock *inet = inet_sk(sk);

	if (ipv4_is_multicast(w->daddr)) {
		if (!w->oif || netif_index_is_l3_master(sock_net(sk), w->oif))
			w->oif = READ_ONCE(inet->mc_index) ?: w->oif;
		if (!w->saddr)
			w->saddr = READ_ONCE(inet->mc_addr);
	} else if (!w->oif) {
		w->oif = READ_ONCE(inet->uc_index);
	}
}

static void apply_scope(const struct sock *sk, const struct msghdr *msg,
			struct wish *w)
{
	w->scope = ip_sock_rt_scope(sk);
	if (msg->msg_flags & MSG_DONTROUTE)
		w->scope = RT_SCOPE_LINK;
}

/* The first hop of a source route, and whether the socket has options at all. */
static __be32 apply_options(const struct sock *sk, struct wish *w,
			    struct ferry_dgram_out *o)
{
	const struct ip_options_rcu *opt;
	__be32 hop = w->daddr;

	rcu_read_lock();
	opt = rcu_dereference(inet_sk(sk)->inet_opt);
	if (opt && !o->udp) {
		o->options4 = true;
		o->ip_hdr += opt->opt.optlen;
		if (opt->opt.srr && w->daddr)
			hop = opt->opt.faddr;
		if (opt->opt.is_strictroute)
			w->scope = RT_SCOPE_LINK;
	}
	rcu_read_unlock();
	return hop;
}

static struct rtable *lookup(struct sock *sk, const struct wish *w, __be32 hop,
			     u8 tos, struct ferry_dgram_out *o)
{
	struct flowi4 *fl4 = &o->fl.u.ip4;
	struct net *net = sock_net(sk);

	flowi4_init_output(fl4, w->oif, o->sockc.mark, tos & INET_DSCP_MASK,
			   w->scope, sk->sk_protocol, inet_sk_flowi_flags(sk),
			   hop, w->saddr, w->dport, inet_sk(sk)->inet_sport,
			   sock_net_uid(net, sk));
	if (o->udp)
		fl4->flowi4_proto = IPPROTO_UDP;
	security_sk_classify_flow(sk, flowi4_to_flowi_common(fl4));
	return ip_route_output_flow(net, fl4, sk);
}

/* The route kept since connect(), where nothing special is asked for. */
static struct rtable *cached(struct sock *sk, const struct wish *w,
			     struct ferry_dgram_out *o)
{
	struct flowi4 *fl4 = &o->fl.u.ip4;
	struct dst_entry *dst;

	if (!o->connected)
		return NULL;
	dst = sk_dst_check(sk, 0);
	if (!dst)
		return NULL;
	memset(fl4, 0, sizeof(*fl4));
	fl4->flowi4_proto = o->udp ? IPPROTO_UDP : sk->sk_protocol;
	fl4->saddr = w->saddr;
	fl4->daddr = w->daddr;
	return (struct rtable *)dst;
}

/* Inside UDP or not; to this host itself (0.0.0.0) it makes no difference. */
static void choose_way(const struct sock *sk, const struct wish *w,
		       struct ferry_dgram_out *o)
{
	struct in6_addr raddr;

	ferry_ip_map4(&raddr, w->daddr);
	o->udp = ferry_ip_udp_to(sk, &raddr, w->dport);
	o->ip_hdr += ferry_ip_udp_len(FERRY_DGRAM, o->udp);
}

static int find_route(struct sock *sk, struct wish *w, u8 tos,
		      struct ferry_dgram_out *o)
{
	struct rtable *rt;
	__be32 hop;

	choose_way(sk, w, o);
	hop = apply_options(sk, w, o);
	rt = cached(sk, w, o);
	if (rt) {
		o->dst = &rt->dst;
		return 0;
	}
	rt = lookup(sk, w, hop, tos, o);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			IP_INC_STATS(sock_net(sk), IPSTATS_MIB_OUTNOROUTES);
		return PTR_ERR(rt);
	}
	o->dst = &rt->dst;
	if (rt->rt_flags & RTCF_BROADCAST && !sock_flag(sk, SOCK_BROADCAST))
		return -EACCES;
	if (o->connected)
		sk_dst_set(sk, dst_clone(&rt->dst));
	return 0;
}

static int ttl_of(const struct sock *sk, const struct wish *w,
		  const struct ferry_dgram_out *o)
{
	if (w->ttl)
		return w->ttl;
	if (((struct rtable *)o->dst)->rt_type == RTN_MULTICAST)
		return READ_ONCE(inet_sk(sk)->mc_ttl);
	return READ_ONCE(inet_sk(sk)->uc_ttl);
}

static void fill_how(struct sock *sk, const struct wish *w, u8 tos,
		     struct ferry_dgram_out *o)
{
	struct ferry_ip_how *how = &o->how;

	how->tclass = tos;
	how->ttl = ttl_of(sk, w, o);
	how->fragment = ip_sk_ignore_df(sk);
	how->mark = o->sockc.mark;
	how->priority = w->tos >= 0 ? rt_tos2priority(tos) :
				      READ_ONCE(sk->sk_priority);
	o->mtu = ip_sk_use_pmtu(sk) ? dst_mtu(o->dst) : READ_ONCE(o->dst->dev->mtu);
}

/**
 * ferry_dgram_dest4() - where a datagram goes by IPv4
 * @sk: the socket, locked or not
 * @msg: what sendmsg() got; its name, if any, is a sockaddr_in
 * @o: zeroed; filled in. o->dst is the caller's to release, on errors too
 *
 * Return: 0 or a negative errno, UDP's.
 */
int ferry_dgram_dest4(struct sock *sk, struct msghdr *msg, struct ferry_dgram_out *o)
{
	struct inet_sock *inet = inet_sk(sk);
	struct wish w = {
		.saddr	= inet->inet_saddr,
		.oif	= READ_ONCE(sk->sk_bound_dev_if),
		.tos	= -1,
	};
	u8 tos;
	int err;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	o->v4 = true;
	o->ip_hdr = sizeof(struct iphdr);
	sockcm_init(&o->sockc, sk);
	o->sockc.mark = READ_ONCE(sk->sk_mark);

	err = msg->msg_name ? read_name(msg, &w) : read_peer(sk, &w);
	if (!err)
		err = read_control(sk, msg, &w, &o->sockc);
	if (!err)
		err = run_cgroup(sk, msg, &w);
	if (err)
		return err;

	apply_devices(sk, &w);
	apply_scope(sk, msg, &w);
	tos = w.tos >= 0 ? w.tos : READ_ONCE(inet->tos);
	o->connected = !msg->msg_name && !w.control && w.scope != RT_SCOPE_LINK &&
		       !ipv4_is_multicast(w.daddr) && w.saddr == inet->inet_saddr;
	err = find_route(sk, &w, tos, o);
	if (err)
		return err;

	/* 0.0.0.0 stands for this host: the route knows its address */
	ferry_ip_map4(&o->raddr, w.daddr ?: o->fl.u.ip4.daddr);
	o->dport = w.dport;
	fill_how(sk, &w, tos, o);
	return 0;
}
