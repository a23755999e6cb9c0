// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_FERRY: its registration, what both transports do to a new socket, and
 * bind().
 */
#include <linux/module.h>
#include <linux/net.h>
#include <net/addrconf.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/transp_v6.h>
#include <uapi/linux/ferry.h>

#include "compat/cgroup.h"
#include "compat/inet_flags.h"
#include "dgram/dgram.h"
#include "family.h"
#include "ip/ip.h"
#include "net.h"
#include "stream/stream.h"

static int create_type(struct net *net, struct socket *sock, int family, int kern)
{
	switch (sock->type) {
	case SOCK_STREAM:
		return ferry_stream_create(net, sock, family, kern);
	case SOCK_DGRAM:
		return ferry_dgram_create(net, sock, family, kern);
	default:
		return -ESOCKTNOSUPPORT;
	}
}

static int create(struct net *net, struct socket *sock, int protocol, int kern)
{
	int family, err;

	switch (protocol) {
	case FERRY_PROTO_V4:
		family = AF_INET;
		break;
	case FERRY_PROTO_V6:
		if (!ipv6_mod_enabled())
			return -EAFNOSUPPORT;
		family = AF_INET6;
		break;
	default:
		return -EPROTONOSUPPORT;
	}
	sock->state = SS_UNCONNECTED;
	err = create_type(net, sock, family, kern);
	/* A socket left with a freed sk would be released twice. */
	if (err)
		sock->sk = NULL;
	return err;
}

static const struct net_proto_family family_ops = {
	.family	= PF_FERRY,
	.create	= create,
	.owner	= THIS_MODULE,
};

/* ---- a new socket ---- */

static void init_inet(struct net *net, struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->pmtudisc = READ_ONCE(net->ipv4.sysctl_ip_no_pmtu_disc) ?
			 IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
	atomic_set(&inet->inet_id, 0);
	inet->uc_ttl = -1;
	inet->mc_ttl = 1;
	inet->mc_index = 0;
	RCU_INIT_POINTER(inet->mc_list, NULL);
	inet->rcv_tos = 0;
	ferry_inet_assign_flag(sk, mc_loop, MC_LOOP, true);
	ferry_inet_assign_flag(sk, mc_all, MC_ALL, true);
}

static void init_inet6(struct net *net, struct sock *sk, struct ipv6_pinfo *np)
{
	inet_sk(sk)->pinet6 = np;
	np->hop_limit = -1;
	np->mcast_hops = IPV6_DEFAULT_MCASTHOPS;
	np->pmtudisc = IPV6_PMTUDISC_WANT;
	ferry_inet6_assign_flag(sk, mc_loop, MC6_LOOP, true);
	ferry_inet6_assign_flag(sk, mc_all, MC6_ALL, true);
	ferry_inet6_assign_flag(sk, repflow, REPFLOW,
				READ_ONCE(net->ipv6.sysctl.flowlabel_reflect) &
				FLOWLABEL_REFLECT_ESTABLISHED);
	sk->sk_ipv6only = READ_ONCE(net->ipv6.sysctl.bindv6only);
}

int ferry_family_init_sock(struct net *net, struct socket *sock, struct sock *sk,
			   u8 protocol, struct ipv6_pinfo *pinfo, int kern)
{
	sock_init_data(sock, sk);
	sk->sk_protocol = protocol;
	sk->sk_backlog_rcv = sk->sk_prot->backlog_rcv;
	sk->sk_txrehash = READ_ONCE(net->core.sysctl_txrehash);
	/* Packets find sockets under RCU alone, see port/. */
	sock_set_flag(sk, SOCK_RCU_FREE);

	ferry_sk(sk)->udp_wanted = READ_ONCE(ferry_net(net)->sysctl.udp) ==
				   FERRY_UDP_DEFAULT;
	init_inet(net, sk);
	if (sk->sk_family == AF_INET6) {
		init_inet6(net, sk, pinfo);
		sk->sk_destruct = inet6_sock_destruct;
	} else {
		inet_sk(sk)->pinet6 = NULL;
		sk->sk_destruct = inet_sock_destruct;
	}
	return kern ? 0 : BPF_CGROUP_RUN_PROG_INET_SOCK(sk);
}

/* ---- bind ---- */

/**
 * struct bind_addr - what bind() was given, after it was found valid
 * @port: host order, 0 for any
 * @v4: address as inet_rcv_saddr holds it
 * @v6: as sk_v6_rcv_saddr holds it; AF_INET6 sockets only
 * @dev: interface of a link-local address; what sk_bound_dev_if becomes
 * @any: the unspecified address
 * @only6: no IPv4 packet can be meant for it
 * @group: multicast or broadcast: cannot be a source
 */
struct bind_addr {
	u16		port;
	__be32		v4;
	struct in6_addr	v6;
	int		dev;
	bool		any;
	bool		only6;
	bool		group;
};

static int check_v4(struct sock *sk, __be32 addr, struct bind_addr *to)
{
	struct net *net = sock_net(sk);
	u32 table = l3mdev_fib_table_by_index(net, to->dev) ? : RT_TABLE_LOCAL;
	int type = inet_addr_type_table(net, addr, table);

	if (!inet_addr_valid_or_nonlocal(net, inet_sk(sk), addr, type))
		return -EADDRNOTAVAIL;
	to->v4 = addr;
	to->any = !addr;
	to->group = type == RTN_MULTICAST || type == RTN_BROADCAST;
	return 0;
}

/* Is it an address of this host, of the right interface where one is given? */
static int check_v6_local(struct sock *sk, const struct in6_addr *addr, int ifindex,
			  bool group)
{
	struct net *net = sock_net(sk);
	struct net_device *dev = NULL;
	int err = 0;

	rcu_read_lock();
	if (ifindex) {
		dev = dev_get_by_index_rcu(net, ifindex);
		if (!dev)
			err = -ENODEV;
	}
	if (!err && !group && !ipv6_can_nonlocal_bind(net, inet_sk(sk)) &&
	    !ipv6_chk_addr(net, addr, dev, 0))
		err = -EADDRNOTAVAIL;
	rcu_read_unlock();
	return err;
}

static int check_v6(struct sock *sk, const struct sockaddr_in6 *sin6, int len,
		    struct bind_addr *to)
{
	int type = ipv6_addr_type(&sin6->sin6_addr);

	to->v6 = sin6->sin6_addr;
	to->any = type == IPV6_ADDR_ANY;
	if (to->any)
		return 0;
	if (type == IPV6_ADDR_MAPPED) {
		int err;

		if (ipv6_only_sock(sk))
			return -EINVAL;
		err = check_v4(sk, sin6->sin6_addr.s6_addr32[3], to);
		to->any = false;
		return err;
	}
	if (__ipv6_addr_needs_scope_id(type)) {
		if (len >= sizeof(*sin6) && sin6->sin6_scope_id)
			to->dev = sin6->sin6_scope_id;
		if (!to->dev)
			return -EINVAL;
	}
	to->group = type & IPV6_ADDR_MULTICAST;
	to->only6 = true;
	to->v4 = LOOPBACK4_IPV6;
	return check_v6_local(sk, &to->v6, to->dev, to->group);
}

static void set_addr(struct sock *sk, const struct bind_addr *from)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->inet_rcv_saddr = from->v4;
	inet->inet_saddr = from->v4;
	if (sk->sk_family == AF_INET6) {
		sk->sk_v6_rcv_saddr = from->v6;
		if (!from->group)
			inet6_sk(sk)->saddr = from->v6;
		if (from->only6)
			sk->sk_ipv6only = 1;
	} else if (from->group) {
		inet->inet_saddr = 0;
	}
	sk->sk_bound_dev_if = from->dev;
}

/* What set_addr() changes, to be put back where bind() fails after it. */
struct bind_undo {
	int	dev;
	bool	only6;
};

static void unset_addr(struct sock *sk, const struct bind_undo *undo)
{
	inet_reset_saddr(sk);
	sk->sk_ipv6only = undo->only6;
	sk->sk_bound_dev_if = undo->dev;
}

static int post_bind(struct sock *sk)
{
	if (sk->sk_family == AF_INET6)
		return BPF_CGROUP_RUN_PROG_INET6_POST_BIND(sk);
	return BPF_CGROUP_RUN_PROG_INET4_POST_BIND(sk);
}

static int take_port(struct sock *sk, u16 port)
{
	int err;

	if (!port && ferry_inet_flag(sk, bind_address_no_port, BIND_ADDRESS_NO_PORT))
		return 0;
	err = sk->sk_prot->get_port(sk, port);
	/* TCP and UDP tell an exhausted range and a port taken alike. */
	if (err)
		return err == -EADDRNOTAVAIL ? -EADDRINUSE : err;
	err = post_bind(sk);
	if (err)
		ferry_port_put(sk);
	return err;
}

static int bind_locked(struct sock *sk, const struct bind_addr *addr)
{
	struct bind_undo undo = { sk->sk_bound_dev_if, sk->sk_ipv6only };
	struct inet_sock *inet = inet_sk(sk);
	int err;

	set_addr(sk, addr);
	err = take_port(sk, addr->port);
	if (err) {
		unset_addr(sk, &undo);
		return err;
	}
	if (!addr->any)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (addr->port)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	inet->inet_sport = htons(inet->inet_num);
	inet->inet_daddr = 0;
	inet->inet_dport = 0;
	if (sk->sk_family == AF_INET6)
		sk->sk_v6_daddr = in6addr_any;
	sk_dst_reset(sk);
	return 0;
}

static enum ferry_transport transport(const struct sock *sk)
{
	return sk->sk_type == SOCK_STREAM ? FERRY_STREAM : FERRY_DGRAM;
}

static int check_addr(struct sock *sk, const void *uaddr, int len, struct bind_addr *to)
{
	const struct sockaddr_in *sin = uaddr;

	to->dev = sk->sk_bound_dev_if;
	if (sk->sk_family == AF_INET6)
		return check_v6(sk, uaddr, len, to);
	return check_v4(sk, sin->sin_addr.s_addr, to);
}

/* What can be told from the address alone, before the socket is looked at. */
static int check_form4(const struct sockaddr_in *sin, int len)
{
	if (len < sizeof(*sin))
		return -EINVAL;
	/* An old custom: AF_UNSPEC is taken for AF_INET with INADDR_ANY. */
	if (sin->sin_family != AF_INET &&
	    (sin->sin_family != AF_UNSPEC || sin->sin_addr.s_addr != htonl(INADDR_ANY)))
		return -EAFNOSUPPORT;
	return 0;
}

static int check_form6(const struct sock *sk, const struct sockaddr_in6 *sin6, int len)
{
	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (sin6->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	if (sk->sk_type == SOCK_STREAM && ipv6_addr_is_multicast(&sin6->sin6_addr))
		return -EINVAL;
	return 0;
}

/*
 * Address and length are checked before the cgroup's programs see them, and the
 * family after: programs may rewrite address and port.
 */
static int run_hooks(struct sock *sk, ferry_sockaddr *uaddr, int *len, u32 *flags)
{
	if (sk->sk_family == AF_INET6) {
		if (*len < SIN6_LEN_RFC2133)
			return -EINVAL;
		return ferry_cgroup_bind6(sk, uaddr, len, flags);
	}
	if (*len < sizeof(struct sockaddr_in))
		return -EINVAL;
	return ferry_cgroup_bind4(sk, uaddr, len, flags);
}

static int check_form(const struct sock *sk, const void *uaddr, int len)
{
	return sk->sk_family == AF_INET6 ? check_form6(sk, uaddr, len) :
					   check_form4(uaddr, len);
}

/* In both kinds of address the port is where struct sockaddr_in has it. */
static int check_port(struct sock *sk, const void *uaddr, u32 flags, u16 *port)
{
	*port = ntohs(((const struct sockaddr_in *)uaddr)->sin_port);
	if (!*port || flags & BIND_NO_CAP_NET_BIND_SERVICE)
		return 0;
	return ferry_port_permitted(ferry_sock_net(sk), transport(sk), *port);
}

static int check_state(const struct sock *sk)
{
	return sk->sk_state != TCP_CLOSE || inet_sk(sk)->inet_num ? -EINVAL : 0;
}

/* Where several things are wrong, each family is known to name its own first. */
static int check(struct sock *sk, const void *uaddr, int len, u32 flags,
		 struct bind_addr *to)
{
	if (sk->sk_family == AF_INET6)
		return check_port(sk, uaddr, flags, &to->port) ?:
		       check_state(sk) ?: check_addr(sk, uaddr, len, to);
	return check_addr(sk, uaddr, len, to) ?:
	       check_port(sk, uaddr, flags, &to->port) ?: check_state(sk);
}

int ferry_bind(struct socket *sock, ferry_sockaddr *uaddr, int len)
{
	struct bind_addr addr = {};
	struct sock *sk = sock->sk;
	u32 flags = 0;
	int err;

	err = run_hooks(sk, uaddr, &len, &flags);
	if (err)
		return err;
	err = check_form(sk, uaddr, len);
	if (err)
		return err;

	lock_sock(sk);
	err = check(sk, uaddr, len, flags, &addr);
	if (!err)
		err = bind_locked(sk, &addr);
	release_sock(sk);
	return err;
}

/* ---- inside UDP ---- */

/* How a stream goes is settled when it begins. */
static bool begun(const struct sock *sk)
{
	return sk->sk_type == SOCK_STREAM && sk->sk_state != TCP_CLOSE &&
	       sk->sk_state != TCP_LISTEN;
}

int ferry_family_set_udp(struct sock *sk, int name, int val)
{
	struct ferry_sock *fs = ferry_sk(sk);
	int err;

	if (name != FERRY_UDP_ENCAP && name != FERRY_UDP_PEER_PORT)
		return -ENOPROTOOPT;
	if (val < 0 || val > (name == FERRY_UDP_ENCAP ? 1 : U16_MAX))
		return -EINVAL;
	if (begun(sk))
		return -EISCONN;
	if (name == FERRY_UDP_PEER_PORT) {
		WRITE_ONCE(fs->udp_to, htons(val));
		return 0;
	}
	err = val ? ferry_ip_udp_ask(ferry_sock_net(sk)) : 0;
	if (!err)
		WRITE_ONCE(fs->udp_wanted, val);
	return err;
}

int ferry_family_get_udp(const struct sock *sk, int name, int *val)
{
	const struct ferry_sock *fs = ferry_sk(sk);
	__be16 port = READ_ONCE(fs->udp_to);

	if (begun(sk))
		port = READ_ONCE(fs->udp);
	if (name == FERRY_UDP_ENCAP)
		*val = begun(sk) ? !!port : READ_ONCE(fs->udp_wanted);
	else if (name == FERRY_UDP_PEER_PORT)
		*val = ntohs(port);
	else
		return -ENOPROTOOPT;
	return 0;
}

int ferry_family_init(void)
{
	return sock_register(&family_ops);
}

void ferry_family_uninit(void)
{
	sock_unregister(PF_FERRY);
}

MODULE_ALIAS_NETPROTO(PF_FERRY);
