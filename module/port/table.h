/* SPDX-License-Identifier: GPL-2.0-only */
/* The port table from within: buckets and their holders. */
#ifndef _FERRY_PORT_TABLE_H
#define _FERRY_PORT_TABLE_H

#include <linux/rculist.h>
#include <linux/rculist_nulls.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "net.h"
#include "port/port.h"

#define FERRY_PORTS		65536
#define FERRY_PORT_COUNTERS	256	/* RFC 6056 section 3.3.4, the table's size */

/**
 * struct ferry_port_bucket - a port somebody holds
 * @ports: the table it is in
 * @lock: of all below; taken with BH off
 * @port: which, host order
 * @dead: out of the table; look again
 * @bound: how many holders have it by bind(), not by connect()
 * @holders: struct ferry_hold, under @lock
 * @receivers: sockets by sk_nulls_node, under RCU; ends with @port, so that a
 *	reader can tell whether a socket that moved took it to another list
 * @rcu: freed by
 */
struct ferry_port_bucket {
	struct ferry_ports	*ports;
	spinlock_t		lock;
	u16			port;
	bool			dead;
	unsigned int		bound;
	struct list_head	holders;
	struct hlist_nulls_head	receivers;
	struct rcu_head		rcu;
};

/**
 * struct ferry_ports - ports of one namespace and transport
 * @fn: the namespace
 * @t: transport
 * @buckets: by port
 * @taken: a bit for each port that has a bucket: where not to look for a free
 *	one. A hint, the bucket's lock decides
 * @key: secret of the choice of ephemeral ports
 * @counters: next offsets, by destination (RFC 6056 algorithm 4)
 */
struct ferry_ports {
	struct ferry_net	*fn;
	enum ferry_transport	t;
	struct xarray		buckets;
	unsigned long		*taken;
	siphash_key_t		key;
	u32			counters[FERRY_PORT_COUNTERS];
};

static inline struct sock *ferry_hold_sk(struct ferry_hold *hold)
{
	return (struct sock *)container_of(hold, struct ferry_sock, hold);
}

/* How strictly a port is asked for. */
enum ferry_port_how {
	FERRY_PORT_BIND,	/* by number: options may allow to share it */
	FERRY_PORT_ANY,		/* any will do, so one that needs no sharing */
};

/**
 * ferry_port_take() - take this port, if nobody minds
 * @ports: the table
 * @sk: locked, without a port
 * @port: host order
 * @how: as strict as that
 *
 * Return: 0, -EADDRINUSE, -ENOMEM.
 */
int ferry_port_take(struct ferry_ports *ports, struct sock *sk, u16 port,
		    enum ferry_port_how how);

/**
 * ferry_port_take_flow() - take this port and the tuple with it, for connect()
 * @ports: the table
 * @flows: of the same transport
 * @sk: locked, without a port
 * @tuple: complete
 * @reuse: from an owner who gives it up, too; or NULL
 *
 * Return: 0, -EADDRNOTAVAIL, -ENOMEM.
 */
int ferry_port_take_flow(struct ferry_ports *ports, struct ferry_flows *flows,
			 struct sock *sk, const struct ferry_tuple *tuple,
			 const struct ferry_port_reuse *reuse);

/**
 * ferry_port_claim() - take a tuple alone; under rcu_read_lock()
 * @flows: the table
 * @flow: with its tuple and kind
 * @reuse: as above
 * @old: whose it was, for @reuse->done(), or NULL
 *
 * Return: 0, -EADDRNOTAVAIL, -ENOMEM.
 */
int ferry_port_claim(struct ferry_flows *flows, struct ferry_flow *flow,
		     const struct ferry_port_reuse *reuse, struct ferry_flow **old);

/* ---- conflict.c ---- */

/* What a socket claims of its port; @listening says whether it receives. */
void ferry_claim_sock(const struct sock *sk, bool listening, struct ferry_claim *claim);

/* Do two claims have an address in common? */
bool ferry_claims_overlap(const struct ferry_claim *a, const struct ferry_claim *b);

/**
 * ferry_claims_conflict() - is a new claim refused because of one that is held?
 * @t: by the rules of this transport
 * @new: asked for
 * @held: by another
 * @how: by bind() or picked
 */
bool ferry_claims_conflict(enum ferry_transport t, const struct ferry_claim *new,
			   const struct ferry_claim *held, enum ferry_port_how how);

/* Does @sk's claim meet with another's in @bucket? Under its lock. */
bool ferry_bucket_conflict(struct ferry_port_bucket *bucket, struct sock *sk,
			   enum ferry_port_how how);

/* ---- ephemeral.c ---- */

int ferry_port_ephemeral(struct ferry_ports *ports, struct sock *sk);

/* ---- group.c ---- */

/* Join the SO_REUSEPORT group of @bucket that fits @sk, if it wants one. Locked. */
int ferry_group_join(struct ferry_port_bucket *bucket, struct sock *sk);
void ferry_group_leave(struct sock *sk);
bool ferry_group_wanted(const struct sock *sk);

#endif /* _FERRY_PORT_TABLE_H */
