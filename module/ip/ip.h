/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way in and out: IPv4 and IPv6 below both transports.
 *
 * A transport registers what it wants to be handed (struct ferry_transport_ops)
 * and sends sk_buffs whose data starts with its own header. Everything about
 * IP is done here: routes, headers, checksums, segmentation and coalescing,
 * ICMP, path MTU.
 */
#ifndef _FERRY_IP_IP_H
#define _FERRY_IP_IP_H

#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/flow.h>
#include <net/ipv6.h>

#include "port/flow.h"

struct ferry_net;
struct sock;

/**
 * struct ferry_icmp - an ICMP error about a packet of ours
 * @family: AF_INET or AF_INET6
 * @type: ICMP type
 * @code: ICMP code
 * @err: the errno it stands for, positive; 0 for none
 * @hard: RFC 1122 calls it a hard error
 * @mtu: of the path, where it says the packet was too big; else 0
 * @redirect: it is a redirect
 * @info: rest of the ICMP header as IP_RECVERR's ee_info reports it, host order
 */
struct ferry_icmp {
	u16	family;
	u8	type;
	u8	code;
	int	err;
	bool	hard;
	u32	mtu;
	bool	redirect;
	u32	info;
};

/**
 * struct ferry_transport_ops - what a transport gives to ip/
 * @hdr_min: shortest header, bytes
 * @csum_offset: of the 16-bit checksum in it
 * @rcv: a packet: data starts at the transport header, @hdr_min bytes are
 *	linear, skb_transport_header() is set, xfrm policy for no socket was not
 *	judged. skb->ip_summed says whether the checksum still has to be
 *	verified (skb_checksum_complete()); ip/ has verified it where
 *	@verify is set. Consumes @skb. Softirq, RCU.
 * @err: an ICMP error; @tuple is the flow of the packet it is about, local end
 *	first; @skb->data is the transport header that came back (8 bytes at
 *	least are linear), the ICMP header before it is at icmp_hdr(). Must not
 *	consume @skb. Return 0, or -ENOENT where nobody owns the flow; a datagram
 *	socket 1 where the kernel shall not learn a path MTU from it
 * @verify: verify checksums before @rcv; else the transport does it itself
 */
struct ferry_transport_ops {
	unsigned int	hdr_min;
	unsigned int	csum_offset;
	bool		verify;
	void		(*rcv)(struct ferry_net *fn, struct sk_buff *skb,
			       const struct ferry_tuple *tuple, int sdif);
	int		(*err)(struct ferry_net *fn, struct sk_buff *skb,
			       const struct ferry_tuple *tuple,
			       const struct ferry_icmp *icmp);
};

/* Module parameters: the IP protocol numbers in use, by transport. */
u8 ferry_ip_protocol(enum ferry_transport t);

/**
 * ferry_ip_register() - take packets of a transport's protocol number, v4 and v6
 * @t: transport
 * @ops: must stay until ferry_ip_unregister()
 *
 * Return: 0, -EBUSY where another module has the number.
 */
int ferry_ip_register(enum ferry_transport t, const struct ferry_transport_ops *ops);
/* After it returns no call into the transport runs or will run. */
void ferry_ip_unregister(enum ferry_transport t);

int ferry_ip_init(void);
void ferry_ip_uninit(void);
int ferry_ip_net_init(struct ferry_net *fn);
void ferry_ip_net_pre_exit(struct ferry_net *fn);
void ferry_ip_net_uninit(struct ferry_net *fn);

/* ---- sockets ---- */

/**
 * ferry_ip_connect() - route a socket to its destination
 * @sk: locked. Remote address and port (inet_daddr / sk_v6_daddr, inet_dport)
 *	are set; v4-mapped peers of an AF_INET6 socket go by IPv4
 *
 * Runs source routing options, fills cork.fl (which transmission wants beside
 * a cached route), chooses the local address where none is bound, stores the
 * route and calls sk_setup_caps().
 *
 * Return: 0, -ENETUNREACH, -EHOSTUNREACH, -EACCES (broadcast) ...
 */
int ferry_ip_connect(struct sock *sk);

/**
 * ferry_ip_route() - the socket's route, looked up again where it went stale
 * @sk: locked, connected
 *
 * Return: the route without a reference, or NULL (sk_err_soft set).
 */
struct dst_entry *ferry_ip_route(struct sock *sk);

/**
 * ferry_ip_xmit() - send a connected socket's packet
 * @sk: locked (its cork.fl is used)
 * @skb: data starts at the transport header with its checksum field 0 and
 *	skb_transport_header() set; skb_shinfo()->gso_size and gso_segs set and
 *	gso_type 0 for a super-packet: the type is added here. skb->cb is
 *	cleared. Consumed
 * @ecn: the ECN field, enum fsp_ecn_field
 *
 * Fills the checksum as the device needs it: see csum.c.
 *
 * Return: 0, NET_XMIT_CN as 0, or a negative errno (-EHOSTUNREACH, -EMSGSIZE,
 * -ENOBUFS, ...).
 */
int ferry_ip_xmit(struct sock *sk, struct sk_buff *skb, u8 ecn);

/**
 * struct ferry_ip_way - a route without a (full) socket
 * @dst: with a reference, an error pointer, or NULL: not looked for, or used up
 * @fl: the flow, which transmission wants beside it
 */
struct ferry_ip_way {
	struct dst_entry	*dst;
	struct flowi		fl;
};

/**
 * ferry_ip_way_find() - look for the route that ferry_ip_send() would take
 * @way: filled; for ferry_ip_way_put() in the end
 * @fn: the namespace
 * @t: transport
 * @sk: a listener or NULL
 * @tuple: local end first
 * @mark: to route by
 * @tclass: likewise
 */
void ferry_ip_way_find(struct ferry_ip_way *way, struct ferry_net *fn,
		       enum ferry_transport t, const struct sock *sk,
		       const struct ferry_tuple *tuple, u32 mark, u8 tclass);

static inline void ferry_ip_way_put(struct ferry_ip_way *way)
{
	if (!IS_ERR(way->dst))
		dst_release(way->dst);
	way->dst = NULL;
}

/**
 * ferry_ip_send() - send a packet that belongs to no (full) socket: SYN-ACK,
 * reset, TIME_WAIT's acknowledgment. Any context with BH off.
 * @fn: the namespace
 * @t: transport
 * @sk: a listener whose mark, tos, ttl, priority and device apply, or NULL. Not
 *	locked, not modified
 * @tuple: local end is the source. dev: output device or 0 (for an answer to a
 *	packet: see ferry_ip_reply_tuple())
 * @skb: as for ferry_ip_xmit(), never a super-packet. Consumed
 * @mark: skb mark to route by (see ferry_ip_reply_mark())
 * @tclass: TOS or traffic class
 * @way: found for the same packet, and used up; or NULL
 *
 * Return: 0 or a negative errno.
 */
int ferry_ip_send(struct ferry_net *fn, enum ferry_transport t,
		  const struct sock *sk, const struct ferry_tuple *tuple,
		  struct sk_buff *skb, u32 mark, u8 tclass, struct ferry_ip_way *way);

/**
 * struct ferry_ip_how - the fields of an IP header a datagram may choose
 * @tclass: TOS or traffic class
 * @ttl: TTL or hop limit; -1 for the route's
 * @df: IPv4: don't fragment on the way
 * @fragment: may be fragmented here
 * @mark: skb mark
 * @priority: skb priority
 */
struct ferry_ip_how {
	u8	tclass;
	int	ttl;
	bool	df;
	bool	fragment;
	u32	mark;
	u32	priority;
};

/*
 * Put an IP header before a packet and send it: see send.c. skb_dst() and the
 * checksum are set. Consumes @skb. Return: 0 or a negative errno.
 */
int ferry_ip_out(struct ferry_net *fn, struct sock *sk, struct sk_buff *skb,
		 struct flowi *fl, bool v4, const struct ferry_ip_how *how);

/* Fill in a checksum as the way out needs it: see csum.c. */
void ferry_ip_csum(enum ferry_transport t, struct sk_buff *skb,
		   const struct ferry_tuple *tuple, const struct dst_entry *dst);

/**
 * ferry_ip_mss_room() - how many bytes of transport header and payload fit in
 * one IP packet to the peer of this socket
 * @sk: locked, connected
 *
 * Path MTU (or the device's, by IP_MTU_DISCOVER) less IP header and options.
 */
unsigned int ferry_ip_mss_room(struct sock *sk);

/**
 * ferry_ip_way_room() - the same for a peer without a socket, and for the
 * MSS a SYN or SYN-ACK announces: from the device's MTU
 * @way: was looked for
 * @t: transport
 * @tuple: local end first
 */
unsigned int ferry_ip_way_room(const struct ferry_ip_way *way, enum ferry_transport t,
			       const struct ferry_tuple *tuple);

/**
 * ferry_ip_update_pmtu() - an ICMP error announced a smaller path MTU
 * @sk: locked
 * @mtu: bytes
 *
 * Return: whether ferry_ip_mss_room() changed.
 */
bool ferry_ip_update_pmtu(struct sock *sk, u32 mtu);

/* How a socket's user (IP_MTU_DISCOVER) wants the path MTU found out */
enum ferry_ip_pmtu {
	FERRY_PMTU_NONE,	/* not at all: packets may be fragmented on the way */
	FERRY_PMTU_ICMP,	/* by what ICMP says */
	FERRY_PMTU_PROBE,	/* by probing alone */
};

/* @sk: locked, connected */
enum ferry_ip_pmtu ferry_ip_pmtu_discovery(struct sock *sk);

/* An ICMP redirect for a socket's route; locked. */
void ferry_ip_redirect(struct sock *sk, struct sk_buff *skb);

/* ---- early demultiplexing: see early.c ---- */

void ferry_ip_early_ask(struct ferry_net *fn);
int ferry_ip_early_set(struct ferry_net *fn, int value);

/**
 * ferry_ip_early_sock() - the socket that was found before the packet's route
 * @skb: a received packet
 * @tuple: its ends
 *
 * Return: the owner of @tuple with a reference, the caller's now, or NULL: look it up.
 */
struct sock *ferry_ip_early_sock(struct sk_buff *skb, const struct ferry_tuple *tuple);

/* @skb's route is likely that of the next packet; @sk is locked and connected. */
void ferry_ip_note_route(struct sock *sk, const struct sk_buff *skb);
/* @sk is locked; it gets another peer. */
void ferry_ip_forget_route(struct sock *sk);

/* ---- inside UDP: protocol.rst, "Inside UDP" ---- */

/* A datagram is marked by 4 bytes behind UDP's header: 0, which is no stream's port */
#define FERRY_UDP_MARKER	4
#define FERRY_UDP_DGRAM		1	/* the last two of them */

/* Bytes that UDP takes before a transport's header */
static inline unsigned int ferry_ip_udp_len(enum ferry_transport t, __be16 udp)
{
	if (!udp)
		return 0;
	return t == FERRY_STREAM ? sizeof(struct udphdr) :
				   sizeof(struct udphdr) + FERRY_UDP_MARKER;
}

/**
 * ferry_ip_udp_ask() - a socket wants to go inside UDP: open the port for it
 * @fn: the namespace
 *
 * Process context.
 *
 * Return: 0; -EOPNOTSUPP where net.ferry.udp forbids it; -EADDRINUSE where
 * another program has the port; -ENOMEM.
 */
int ferry_ip_udp_ask(struct ferry_net *fn);

/**
 * ferry_ip_udp_set() - net.ferry.udp or net.ferry.udp_port is written
 * @fn: the namespace
 * @which: &fn->sysctl.udp or &fn->sysctl.udp_port; changed where nothing fails
 * @value: new, valid
 *
 * Return: 0, or as ferry_ip_udp_ask().
 */
int ferry_ip_udp_set(struct ferry_net *fn, int *which, int value);

/*
 * The peer's UDP port, or 0: of a stream; of a connected datagram socket; of
 * another one that of peers nothing else is known of
 */
__be16 ferry_ip_udp_peer(const struct sock *sk);

/* A peer's UDP port where nothing is known of it but that it has one */
__be16 ferry_ip_udp_default(const struct sock *sk);

/**
 * ferry_ip_udp_wrap() - put a packet inside UDP
 * @fn: the namespace
 * @t: transport
 * @skb: data is the transport header with its checksum done (ferry_ip_csum());
 *	now the UDP header. Consumed where it fails
 * @tuple: @tuple->udp is not 0
 *
 * Return: 0 or a negative errno.
 */
int ferry_ip_udp_wrap(struct ferry_net *fn, enum ferry_transport t,
		      struct sk_buff *skb, const struct ferry_tuple *tuple);

/**
 * ferry_ip_udp_to() - does a datagram go inside UDP?
 * @sk: its socket
 * @raddr: to whom
 * @rport: to which port
 *
 * Return: the peer's UDP port, or 0.
 */
__be16 ferry_ip_udp_to(const struct sock *sk, const struct in6_addr *raddr,
		       __be16 rport);

/* A datagram came in for a socket: answers take the same way. Softirq. */
void ferry_ip_udp_learn(struct ferry_net *fn, const struct ferry_tuple *tuple);

/* Of a received packet: its sender's UDP port, or 0 */
static inline __be16 ferry_ip_udp_from(const struct sk_buff *skb)
{
	return skb->inner_protocol;
}

/*
 * What IP_MTU and IPV6_MTU tell of a socket inside UDP is what is left for the
 * IP packet it would send bare. @err: what the kernel said, returned as well.
 */
int ferry_ip_udp_mtu(const struct sock *sk, int level, int name, int err,
		     char __user *val, int __user *len);

/* ---- received packets ---- */

/**
 * ferry_ip_tuple() - addresses and ports of a received packet, local end first
 * @skb: network and transport header set
 * @tuple: filled; dev is the incoming interface (l3mdev aware)
 */
void ferry_ip_tuple(const struct sk_buff *skb, struct ferry_tuple *tuple);

/*
 * The same to answer a packet: dev is 0 but where the answer has to leave by the
 * way the packet came (link-local addresses, VRF).
 */
void ferry_ip_reply_tuple(struct ferry_net *fn, const struct sk_buff *skb,
			  struct ferry_tuple *tuple);

/* True where no stream can live: broadcast, multicast, unspecified (RFC 9293 MUST-57, 63). */
bool ferry_ip_not_unicast(const struct sk_buff *skb);

/* TOS or traffic class of a received packet. */
u8 ferry_ip_tclass(const struct sk_buff *skb);

/**
 * ferry_ip_policy_ok() - does xfrm policy let this packet reach this socket?
 * @sk: or NULL
 * @skb: the packet; resets its conntrack
 */
bool ferry_ip_policy_ok(struct sock *sk, struct sk_buff *skb);

/* Answer with ICMP port unreachable (rate limits are the kernel's own). */
void ferry_ip_port_unreachable(struct sk_buff *skb);

/* skb mark for answers, by fwmark_reflect. */
u32 ferry_ip_reply_mark(const struct ferry_net *fn, const struct sk_buff *skb);

/* ---- addresses ---- */

/* IPv4 address as v4-mapped */
static inline void ferry_ip_map4(struct in6_addr *to, __be32 from)
{
	ipv6_addr_set_v4mapped(from, to);
}

/* The tuple of a connected socket, local end first. */
void ferry_ip_sock_tuple(const struct sock *sk, struct ferry_tuple *tuple);

/* Does the socket talk IPv4 (AF_INET, or AF_INET6 to a v4-mapped peer)? */
bool ferry_ip_is_v4(const struct sock *sk);

/* Set a socket's addresses, ports from a tuple (children of a listener). */
void ferry_ip_set_tuple(struct sock *sk, const struct ferry_tuple *tuple);

#endif /* _FERRY_IP_IP_H */
