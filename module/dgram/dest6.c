// SPDX-License-Identifier: GPL-2.0-only
/* Where a datagram of an AF_INET6 socket goes. */
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>

#include "compat/dgram.h"
#include "compat/inet_flags.h"
#include "dgram/sock.h"

static bool scoped(const struct in6_addr *addr)
{
	return __ipv6_addr_needs_scope_id(__ipv6_addr_type(addr));
}

/* A flow label from outside must be one the process may use. */
static int check_label(struct sock *sk, __be32 flowlabel)
{
	struct ip6_flowlabel *label;

	if (!(flowlabel & IPV6_FLOWLABEL_MASK))
		return 0;
	label = fl6_sock_lookup(sk, flowlabel);
	if (IS_ERR(label))
		return -EINVAL;
	fl6_sock_release(label);
	return 0;
}

static int read_name(struct sock *sk, const struct msghdr *msg,
		     struct ferry_dgram_out *o)
{
	const struct sockaddr_in6 *sin6 = msg->msg_name;
	struct flowi6 *fl6 = &o->fl.u.ip6;

	if (!sin6->sin6_port)
		return -EINVAL;
	o->dport = sin6->sin6_port;
	fl6->daddr = sin6->sin6_addr;
	if (ferry_inet6_flag(sk, sndflow, SNDFLOW)) {
		fl6->flowlabel = sin6->sin6_flowinfo & IPV6_FLOWINFO_MASK;
		if (check_label(sk, fl6->flowlabel))
			return -EINVAL;
	}
	if (msg->msg_namelen >= sizeof(*sin6) && sin6->sin6_scope_id &&
	    scoped(&fl6->daddr))
		fl6->flowi6_oif = sin6->sin6_scope_id;
	return 0;
}

static int read_peer(struct sock *sk, struct ferry_dgram_out *o)
{
	if (sk->sk_state != TCP_ESTABLISHED)
		return -EDESTADDRREQ;
	o->dport = inet_sk(sk)->inet_dport;
	o->fl.u.ip6.daddr = sk->sk_v6_daddr;
	o->fl.u.ip6.flowlabel = inet6_sk(sk)->flow_label;
	return 0;
}

static int read_control(struct sock *sk, struct msghdr *msg,
			struct ferry_dgram_out *o, struct ipcm6_cookie *ipc)
{
	return ip6_datagram_send_ctl(sock_net(sk), sk, msg, &o->fl.u.ip6, ipc);
}

static int run_cgroup(struct sock *sk, struct msghdr *msg, struct ferry_dgram_out *o)
{
	struct sockaddr_in6 *sin6 = msg->msg_name;
	int err;

	if (!cgroup_bpf_enabled(CGROUP_UDP6_SENDMSG) || !sin6)
		return 0;
	err = ferry_cgroup_addr(BPF_CGROUP_RUN_PROG_UDP6_SENDMSG_LOCK, sk, sin6,
				&msg->msg_namelen, &o->fl.u.ip6.saddr);
	if (err)
		return err;
	/* The protocol cannot change under a datagram that is half way out. */
	if (ipv6_addr_v4mapped(&sin6->sin6_addr))
		return -ENETUNREACH;
	return read_name(sk, msg, o);
}

static void apply_devices(struct sock *sk, struct flowi6 *fl6)
{
	struct ipv6_pinfo *np = inet6_sk(sk);

	if (!fl6->flowi6_oif)
		fl6->flowi6_oif = READ_ONCE(sk->sk_bound_dev_if);
	if (!fl6->flowi6_oif)
		fl6->flowi6_oif = np->sticky_pktinfo.ipi6_ifindex;
}

static void apply_defaults(struct sock *sk, struct ferry_dgram_out *o)
{
	struct flowi6 *fl6 = &o->fl.u.ip6;
	struct ipv6_pinfo *np = inet6_sk(sk);

	if (ipv6_addr_is_multicast(&fl6->daddr)) {
		if (!fl6->flowi6_oif)
			fl6->flowi6_oif = READ_ONCE(np->mcast_oif);
		o->connected = false;
	} else if (!fl6->flowi6_oif) {
		fl6->flowi6_oif = READ_ONCE(np->ucast_oif);
	}
	/* :: stands for this host */
	if (ipv6_addr_any(&fl6->daddr))
		fl6->daddr.s6_addr[15] = 1;
	if (ipv6_addr_any(&fl6->saddr) && !ipv6_addr_any(&np->saddr))
		fl6->saddr = np->saddr;
}

static void init_flow(struct sock *sk, struct ferry_dgram_out *o)
{
	struct flowi6 *fl6 = &o->fl.u.ip6;

	fl6->flowi6_proto = o->udp ? IPPROTO_UDP : sk->sk_protocol;
	fl6->flowi6_mark = o->sockc.mark;
	fl6->fl6_sport = inet_sk(sk)->inet_sport;
	fl6->fl6_dport = o->dport;
	fl6->flowi6_uid = sock_net_uid(sock_net(sk), sk);
	security_sk_classify_flow(sk, flowi6_to_flowi_common(fl6));
}

/* Routing goes to the first segment of a routing header. */
static struct in6_addr *through_header(struct ferry_dgram_out *o,
				       struct in6_addr *final)
{
	struct ipv6_txoptions *opt = o->opt;

	if (!opt || !opt->srcrt || opt->srcrt->type == IPV6_SRCRT_TYPE_4)
		return NULL;
	*final = o->fl.u.ip6.daddr;
	o->fl.u.ip6.daddr = ((struct rt0_hdr *)opt->srcrt)->addr[0];
	return final;
}

static int find_route(struct sock *sk, struct ferry_dgram_out *o)
{
	struct flowi6 *fl6 = &o->fl.u.ip6;
	struct in6_addr final, *final_p;
	struct dst_entry *dst = NULL;

	if (o->connected)
		dst = sk_dst_check(sk, inet6_sk(sk)->dst_cookie);
	if (dst) {
		o->dst = dst;
		return 0;
	}
	final_p = through_header(o, &final);
	dst = ip6_dst_lookup_flow(sock_net(sk), sk, fl6, final_p);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	o->dst = dst;
	if (final_p)
		fl6->daddr = *final_p;
	if (o->connected) {
		inet6_sk(sk)->dst_cookie = rt6_get_cookie((struct rt6_info *)dst);
		sk_dst_set(sk, dst_clone(dst));
	}
	return 0;
}

static void fill_how(struct sock *sk, const struct ipcm6_cookie *ipc,
		     struct ferry_dgram_out *o)
{
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct ferry_ip_how *how = &o->how;

	how->tclass = ipc->tclass;
	how->ttl = ipc->hlimit;
	if (how->ttl < 0)
		how->ttl = ip6_sk_dst_hoplimit(np, &o->fl.u.ip6, o->dst);
	how->fragment = ip6_sk_ignore_df(sk);
	how->mark = o->sockc.mark;
	how->priority = READ_ONCE(sk->sk_priority);
	o->dontfrag = ipc->dontfrag < 0 ?
		      ferry_inet6_flag(sk, dontfrag, DONTFRAG) : ipc->dontfrag;
	o->mtu = np->pmtudisc >= IPV6_PMTUDISC_PROBE ?
		 READ_ONCE(o->dst->dev->mtu) : dst_mtu(o->dst);
}

static unsigned int opt_len(const struct ipv6_txoptions *opt)
{
	return opt ? opt->opt_flen + opt->opt_nflen : 0;
}

static int dest6(struct sock *sk, struct msghdr *msg, struct ferry_dgram_out *o,
		 struct ipv6_txoptions *space)
{
	struct ipcm6_cookie ipc = { .hlimit = -1, .tclass = -1, .dontfrag = -1 };
	struct flowi6 *fl6 = &o->fl.u.ip6;
	int err;

	o->connected = !msg->msg_name;
	err = msg->msg_name ? read_name(sk, msg, o) : read_peer(sk, o);
	if (err)
		return err;
	apply_devices(sk, fl6);
	sockcm_init(&ipc.sockc, sk);
	ipc.sockc.mark = READ_ONCE(sk->sk_mark);
	if (msg->msg_controllen) {
		memset(space, 0, sizeof(*space));
		space->tot_len = sizeof(*space);
		ipc.opt = space;
		err = read_control(sk, msg, o, &ipc);
		if (err)
			return err;
		o->connected = false;
	}
	o->sockc = ipc.sockc;
	err = run_cgroup(sk, msg, o);
	if (err)
		return err;

	if (ipc.tclass < 0)
		ipc.tclass = READ_ONCE(inet6_sk(sk)->tclass);
	apply_defaults(sk, o);
	o->raddr = fl6->daddr;
	o->udp = ferry_ip_udp_to(sk, &o->raddr, o->dport);
	if (ipc.opt && (opt_len(ipc.opt) || ipc.opt->srcrt) && !o->udp)
		o->opt = ipc.opt;
	init_flow(sk, o);
	fl6->flowlabel = ip6_make_flowinfo(ipc.tclass, fl6->flowlabel);
	err = find_route(sk, o);
	if (err)
		return err;
	o->ip_hdr = sizeof(struct ipv6hdr) + opt_len(o->opt) +
		    ferry_ip_udp_len(FERRY_DGRAM, o->udp);
	fill_how(sk, &ipc, o);
	return 0;
}

/* To an IPv4 peer: say so in IPv4's words. */
static int dest_mapped(struct sock *sk, struct msghdr *msg, struct ferry_dgram_out *o)
{
	const struct sockaddr_in6 *sin6 = msg->msg_name;
	int len = msg->msg_namelen, err;
	struct sockaddr_in sin;

	if (ipv6_only_sock(sk))
		return -ENETUNREACH;
	if (sin6) {
		sin = (struct sockaddr_in) {
			.sin_family	= AF_INET,
			.sin_port	= sin6->sin6_port,
			.sin_addr	= { sin6->sin6_addr.s6_addr32[3] },
		};
		msg->msg_name = &sin;
		msg->msg_namelen = sizeof(sin);
	}
	err = ferry_dgram_dest4(sk, msg, o);
	msg->msg_name = (void *)sin6;
	msg->msg_namelen = len;
	return err;
}

static int dest_named(struct sock *sk, struct msghdr *msg, struct ferry_dgram_out *o,
		      struct ipv6_txoptions *space)
{
	const struct sockaddr_in6 *sin6 = msg->msg_name;

	switch (sin6->sin6_family) {
	case AF_INET6:
		if (msg->msg_namelen < SIN6_LEN_RFC2133)
			return -EINVAL;
		if (ipv6_addr_v4mapped(&sin6->sin6_addr))
			return dest_mapped(sk, msg, o);
		return dest6(sk, msg, o, space);
	case AF_INET:
		if (ipv6_only_sock(sk))
			return -ENETUNREACH;
		return ferry_dgram_dest4(sk, msg, o);
	default:
		return -EINVAL;
	}
}

/**
 * ferry_dgram_dest6() - where a datagram of an AF_INET6 socket goes
 * @sk: the socket, locked or not
 * @msg: what sendmsg() got
 * @o: zeroed; filled in. o->dst is the caller's to release, on errors too
 * @space: for the options that control messages ask for; o->opt may point there
 *
 * Return: 0 or a negative errno, UDP's.
 */
int ferry_dgram_dest6(struct sock *sk, struct msghdr *msg, struct ferry_dgram_out *o,
		      struct ipv6_txoptions *space)
{
	const struct sockaddr *sa = msg->msg_name;

	if (sa) {
		if (msg->msg_namelen < offsetofend(struct sockaddr, sa_family))
			return -EINVAL;
		if (sa->sa_family != AF_UNSPEC)
			return dest_named(sk, msg, o, space);
		/* no address, then, as with UDP */
		msg->msg_name = NULL;
		msg->msg_namelen = 0;
	}
	if (sk->sk_state == TCP_ESTABLISHED && ipv6_addr_v4mapped(&sk->sk_v6_daddr))
		return dest_mapped(sk, msg, o);
	return dest6(sk, msg, o, space);
}
