/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports: who holds which, in which namespace, by what right.
 *
 * One table per namespace and transport, 0 to 65535. A port has a bucket while
 * somebody holds it; a bucket lists its holders, in an RCU list that incoming
 * packets search. bind(), listen() and SO_REUSEADDR/SO_REUSEPORT follow the
 * rules of TCP (streams) and UDP (datagrams).
 *
 * Lock order: socket lock, then the bucket's lock. The receive path takes
 * neither: it searches under rcu_read_lock().
 */
#ifndef _FERRY_PORT_PORT_H
#define _FERRY_PORT_PORT_H

#include <linux/in6.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "port/flow.h"

struct ferry_net;
struct ferry_ports;
struct ferry_port_bucket;
struct netlink_ext_ack;
struct sk_buff;
struct sock;
struct socket;

/**
 * struct ferry_hold - a socket's hold on a port; embedded in struct ferry_sock
 * and kept by port/
 * @node: in the bucket's list of holders; packets search another list, linked
 *	by the socket's sk_nulls_node
 * @bucket: the port's bucket, NULL where no port is held
 * @bound: the port was asked for (bind(), listen(), accept()), not just picked
 *	by connect(): it is not shared with other connect()s
 * @receives: packets for the port may be delivered here: a listener, or a
 *	datagram socket
 * @stay: embedded in struct ferry_port_stay, not in a socket
 */
struct ferry_hold {
	struct list_head		node;
	struct ferry_port_bucket	*bucket;
	bool				bound;
	bool				receives;
	bool				stay;
};

/**
 * struct ferry_claim - what a holder claims of its port, for the rules of
 * conflicts
 * @addr: local address; IPv4 as v4-mapped, unused where @any4 or @any6
 * @any4: every IPv4 address
 * @any6: every IPv6 address
 * @dev: interface bound to, or 0
 * @uid: owner
 * @reuse: SO_REUSEADDR
 * @reuseport: SO_REUSEPORT
 * @listening: a listener
 * @timewait: a TIME_WAIT entry
 */
struct ferry_claim {
	struct in6_addr	addr;
	bool		any4;
	bool		any6;
	int		dev;
	kuid_t		uid;
	bool		reuse;
	bool		reuseport;
	bool		listening;
	bool		timewait;
};

/**
 * struct ferry_port_stay - a port held by a TIME_WAIT entry, whose socket is gone
 * @hold: in the bucket
 * @claim: what the socket claimed
 */
struct ferry_port_stay {
	struct ferry_hold	hold;
	struct ferry_claim	claim;
};

/* One table per namespace and transport */
struct ferry_ports *ferry_ports_create(struct ferry_net *fn, enum ferry_transport t);
/* Every port must have been given up. NULL is fine. */
void ferry_ports_destroy(struct ferry_ports *ports);

/**
 * ferry_port_get() - take a port (struct proto's get_port, bar its type)
 * @ports: the table
 * @sk: the socket; its address, sk_reuse, sk_reuseport, sk_bound_dev_if and
 *	IPV6_V6ONLY decide about conflicts. Locked
 * @port: which one, host order; 0 for an ephemeral one (RFC 6056) in the
 *	socket's or the namespace's range
 *
 * Privilege is not judged here, see ferry_port_permitted(). Sets inet_num and
 * inet_sport. A datagram socket receives from then on. May sleep.
 *
 * Return: 0, -EADDRINUSE, -ENOMEM; -EADDRNOTAVAIL where no ephemeral port is
 * left.
 */
int ferry_port_get(struct ferry_ports *ports, struct sock *sk, u16 port);

/**
 * struct ferry_port_reuse - how a tuple may be taken from its owner
 * @may: is @held, the owner, one that gives it up? Under rcu_read_lock(), takes
 *	no lock
 * @done: it has: it is no longer in the table. Under rcu_read_lock()
 * @arg: handed to @done
 */
struct ferry_port_reuse {
	bool	(*may)(const struct ferry_flow *held);
	void	(*done)(struct ferry_flow *held, void *arg);
	void	*arg;
};

/**
 * ferry_port_connect() - take an ephemeral port for connect()
 * @fn: the namespace
 * @t: transport
 * @sk: the socket, unbound (or bound with IP_BIND_ADDRESS_NO_PORT); locked
 * @reuse: where no port is left, or the bound socket's tuple is owned; NULL: not
 *	at all
 *
 * Shares a port with other connections where the 4-tuple differs (RFC 6056,
 * double-hash selection keyed by the destination), as TCP does, so that one
 * destination does not use up the range for all others. Inserts the socket's
 * flow as well, its addresses and inet_dport being set: tuple and port are
 * claimed together or not at all. With a bound socket just claims the tuple.
 * A datagram socket just gets a port: its tuples need not be unique, as UDP's
 * need not. May sleep.
 *
 * Return: 0, -EADDRNOTAVAIL, -ENOMEM.
 */
int ferry_port_connect(struct ferry_net *fn, enum ferry_transport t, struct sock *sk,
		       const struct ferry_port_reuse *reuse);

/**
 * ferry_port_share() - let a child hold its listener's port
 * @child: a socket cloned from @listener; locked or not yet visible. What was
 *	cloned of its hold is forgotten
 * @listener: whose port
 *
 * Return: 0, or -ENOENT where the listener has given it up meanwhile.
 */
int ferry_port_share(struct sock *child, struct sock *listener);

/**
 * ferry_port_listen() - start to receive connections on the port held
 * @sk: the listener; locked
 *
 * Rechecks conflicts (two sockets with SO_REUSEADDR may share a port only
 * while neither listens) and joins the SO_REUSEPORT group.
 *
 * Return: 0, -EADDRINUSE, -ENOMEM.
 */
int ferry_port_listen(struct sock *sk);

/**
 * ferry_port_stop() - leave the group and stop receiving; the port is kept
 * @sk: the socket; locked
 */
void ferry_port_stop(struct sock *sk);

/**
 * ferry_port_put() - give the port up (and leave its group); idempotent
 * @sk: the socket; locked
 */
void ferry_port_put(struct sock *sk);

/**
 * ferry_port_stay() - hold a port on behalf of a TIME_WAIT entry, so that bind()
 * without SO_REUSEADDR is refused while it lasts, as TCP does
 * @stay: in the entry
 * @sk: the socket it follows, which holds a port; locked
 */
void ferry_port_stay(struct ferry_port_stay *stay, struct sock *sk);

/* The entry ends; idempotent. Any context with BH enabled or in softirq. */
void ferry_port_stay_end(struct ferry_port_stay *stay);

/**
 * ferry_port_lookup() - which socket receives what arrives for a port?
 * @fn: the namespace
 * @t: transport
 * @tuple: the packet's addresses and ports; dev is where it came in
 * @sdif: the enslaved device's index under a VRF, else 0
 * @skb: for SO_REUSEPORT programs; may be NULL
 *
 * The most specific one: matched by local address, device, and for datagram
 * sockets the connected peer; spread over SO_REUSEPORT groups by a hash of the
 * 4-tuple or the group's program.
 *
 * Return: the socket without a reference, or NULL. Under rcu_read_lock().
 */
struct sock *ferry_port_lookup(struct ferry_net *fn, enum ferry_transport t,
			       const struct ferry_tuple *tuple, int sdif,
			       struct sk_buff *skb);

/**
 * ferry_port_for_each() - every receiving socket that would take a copy of a
 * multicast or broadcast datagram for this port
 * @fn: the namespace
 * @t: transport
 * @tuple: as above
 * @sdif: as above
 * @deliver: called with each socket, under rcu_read_lock()
 * @arg: handed to @deliver
 */
void ferry_port_for_each(struct ferry_net *fn, enum ferry_transport t,
			 const struct ferry_tuple *tuple, int sdif,
			 void (*deliver)(struct sock *sk, void *arg), void *arg);

/**
 * ferry_port_rehash() - the socket's address or peer changed (connect,
 * disconnect); locked
 * @sk: the socket
 */
void ferry_port_rehash(struct sock *sk);

/**
 * ferry_port_permitted() - may this process bind this port?
 * @fn: the namespace
 * @t: transport
 * @port: host order, not 0
 *
 * Below net.ipv4.ip_unprivileged_port_start wants CAP_NET_BIND_SERVICE in the
 * namespace's user namespace, or a grant. A reserved range (see grant.h) is
 * refused to all but its grantees.
 *
 * Return: 0 or -EACCES.
 */
int ferry_port_permitted(struct ferry_net *fn, enum ferry_transport t, u16 port);

/**
 * struct ferry_port_cursor - where a walk over all holders stands
 * @port: next port to visit, host order; 65536 at the end
 * @skip: holders of it that were visited already
 */
struct ferry_port_cursor {
	u32	port;
	u32	skip;
};

/**
 * ferry_port_walk() - call @fn for every socket that holds a port, by rising
 * port; process context. Holders that come and go during a walk may be missed
 * or shown twice; others are shown once
 * @ports: the table
 * @cursor: where to begin (zeroed: at the start); left at the holder for which
 *	@fn returned non-zero, so that the next walk begins with it
 * @fn: called under rcu_read_lock(), may not sleep
 * @arg: handed to @fn
 *
 * Return: what the last @fn returned; 0 at the end.
 */
int ferry_port_walk(struct ferry_ports *ports, struct ferry_port_cursor *cursor,
		    int (*fn)(struct sock *sk, u16 port, void *arg), void *arg);

#endif /* _FERRY_PORT_PORT_H */
