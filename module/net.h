/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Ferry keeps for each network namespace, and the head that both kinds of
 * socket share.
 */
#ifndef _FERRY_NET_H
#define _FERRY_NET_H

#include <linux/ipv6.h>
#include <linux/siphash.h>
#include <net/inet_sock.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "port/flow.h"
#include "port/grant.h"
#include "port/port.h"
#include "stats.h"
#include "sysctl.h"

struct ferry_stream_net;
struct ferry_dgram_net;
struct ferry_ip_net;

/**
 * struct ferry_net - one network namespace
 * @net: the namespace
 * @stats: counters, see stats.h
 * @sysctl: net.ferry.*
 * @isn_key: secret of initial sequence numbers (RFC 6528)
 * @ports: port tables, by enum ferry_transport
 * @grants: reserved and granted ranges of ports
 * @flows: connected sockets, half-open and TIME_WAIT entries, by transport
 * @ip: the port of packets inside UDP; owned by ip/
 * @stream: what stream/ keeps; owned by it
 * @dgram: what dgram/ keeps; owned by it
 * @dgram_gro: sockets that take super-datagrams (UDP_GRO)
 */
struct ferry_net {
	struct net			*net;
	struct ferry_stats __percpu	*stats;
	struct ferry_sysctl		sysctl;
	siphash_key_t			isn_key;
	struct ferry_ports		*ports[FERRY_TRANSPORTS];
	struct ferry_grants		*grants;
	struct ferry_flows		*flows[FERRY_TRANSPORTS];
	struct ferry_ip_net		*ip;
	struct ferry_stream_net		*stream;
	struct ferry_dgram_net		*dgram;
	atomic_t			dgram_gro;
};

extern unsigned int ferry_net_id;

int ferry_net_init(void);
void ferry_net_uninit(void);

static inline struct ferry_net *ferry_net(const struct net *net)
{
	return net_generic(net, ferry_net_id);
}

/* Count from any context. */
static inline void ferry_stat_add(struct ferry_net *fn, enum ferry_stat id,
				  unsigned long n)
{
	this_cpu_add(fn->stats->count[id], n);
}

static inline void ferry_stat_inc(struct ferry_net *fn, enum ferry_stat id)
{
	ferry_stat_add(fn, id, 1);
}

/**
 * struct ferry_sock - the head of every Ferry socket
 * @inet: must be first. sk_family is AF_INET or AF_INET6 (never AF_FERRY, see
 *	Documentation/architecture.rst), inet_connection_sock is not embedded
 * @fn: its namespace's
 * @hold: the port this socket holds; see port/port.h
 * @flow: its entry in the table of connected sockets; see port/flow.h
 * @udp_wanted: FERRY_UDP_ENCAP: it is to go inside UDP
 * @udp_to: FERRY_UDP_PEER_PORT as set before: the peer's port, or 0
 * @udp: of a stream: the peer's UDP port, or 0 where it does not go inside UDP.
 *	Written under the socket's lock
 */
struct ferry_sock {
	struct inet_sock	inet;
	struct ferry_net	*fn;
	struct ferry_hold	hold;
	struct ferry_flow	flow;
	bool			udp_wanted;
	__be16			udp_to;
	__be16			udp;
};

static inline struct ferry_sock *ferry_sk(const struct sock *sk)
{
	return (struct ferry_sock *)sk;
}

static inline struct ferry_net *ferry_sock_net(const struct sock *sk)
{
	return ferry_sk(sk)->fn;
}

#endif /* _FERRY_NET_H */
