/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows: who owns a pair of addresses and ports.
 *
 * One growing hash table (rhashtable) per namespace and transport maps a
 * 4-tuple to the entry that owns it: a connected socket, a half-open request
 * or a TIME_WAIT entry. Lookups run under RCU without a lock; an entry's
 * carrier must stay readable for an RCU grace period after ferry_flow_remove()
 * (sockets: SOCK_RCU_FREE; others: kfree_rcu()).
 */
#ifndef _FERRY_PORT_FLOW_H
#define _FERRY_PORT_FLOW_H

#include <linux/in6.h>
#include <linux/rhashtable.h>
#include <linux/siphash.h>
#include <linux/types.h>
#include <net/ipv6.h>

enum ferry_transport {
	FERRY_STREAM,
	FERRY_DGRAM,
	FERRY_TRANSPORTS
};

/**
 * struct ferry_tuple - both ends of a packet or flow, as the local host sees it
 * @laddr: local address; IPv4 as v4-mapped, so that both families share tables
 * @raddr: remote address, likewise
 * @lport: local port
 * @rport: remote port
 * @dev: interface the flow is bound to: the socket's sk_bound_dev_if or, where
 *	the address is link-local, its scope; 0 for none. An incoming packet is
 *	looked up first with its device, then with 0
 * @udp: the peer's UDP port where packets go inside UDP, 0 where they do not. Not
 *	part of the key: a NAT may change it (ip/udp.c)
 */
struct ferry_tuple {
	struct in6_addr	laddr;
	struct in6_addr	raddr;
	__be16		lport;
	__be16		rport;
	int		dev;
	__be16		udp;
};

/* What a flow is known by */
#define FERRY_TUPLE_KEY	offsetof(struct ferry_tuple, udp)

enum ferry_flow_kind {
	FERRY_FLOW_SOCK,
	FERRY_FLOW_REQUEST,
	FERRY_FLOW_TIMEWAIT,
};

/**
 * struct ferry_flow - an entry of the table, embedded in its owner
 * @node: link in the table
 * @tuple: the key; does not change while hashed
 * @kind: what it is embedded in
 * @hashed: whether it is in the table
 * @hash: of @tuple; the table's own
 */
struct ferry_flow {
	struct rhash_head	node;
	struct ferry_tuple	tuple;
	enum ferry_flow_kind	kind;
	bool			hashed;
	u32			hash;
};

/* Of the same two ends? By words: a key is compared with each packet. */
static inline bool ferry_tuple_same_ends(const struct ferry_tuple *a,
					 const struct ferry_tuple *b)
{
	return a->lport == b->lport && a->rport == b->rport &&
	       ipv6_addr_equal(&a->raddr, &b->raddr) &&
	       ipv6_addr_equal(&a->laddr, &b->laddr);
}

struct ferry_flows;
struct ferry_net;

struct ferry_flows *ferry_flows_create(struct ferry_net *fn, enum ferry_transport t);
/* The table must be empty. NULL is fine. */
void ferry_flows_destroy(struct ferry_flows *flows);

/**
 * ferry_flow_lookup() - who owns this tuple?
 * @flows: the table
 * @tuple: as in the packet; @tuple->dev is the device it came in by (looked up
 *	with it, then with @sdif, then with 0)
 * @sdif: the enslaved device's index under a VRF, else 0
 *
 * Return: the entry, valid until rcu_read_unlock() (take a reference that may
 * fail before keeping it), or NULL. Caller holds rcu_read_lock(). A socket may
 * have left for another tuple meanwhile: look at its tuple again under its lock.
 */
struct ferry_flow *ferry_flow_lookup(struct ferry_flows *flows,
				     const struct ferry_tuple *tuple, int sdif);

/**
 * ferry_flow_insert() - claim a tuple; @flow->tuple and @flow->kind are set
 * @flows: the table
 * @flow: the new entry
 *
 * Return: 0, -EADDRNOTAVAIL where somebody has it, -ENOMEM.
 */
int ferry_flow_insert(struct ferry_flows *flows, struct ferry_flow *flow);

/**
 * ferry_flow_replace() - hand a tuple from one entry to another, atomically
 * @flows: the table
 * @old: the present owner (a request that becomes a socket, a socket that
 *	becomes a TIME_WAIT entry, one that is reused)
 * @new: the next owner; its tuple must equal @old's
 *
 * Return: 0, or -ENOENT where @old no longer owns the tuple.
 */
int ferry_flow_replace(struct ferry_flows *flows, struct ferry_flow *old,
		       struct ferry_flow *new);

/**
 * ferry_flow_remove() - give a tuple up; nothing happens where it is not owned
 * @flows: the table
 * @flow: the entry
 */
void ferry_flow_remove(struct ferry_flows *flows, struct ferry_flow *flow);

/**
 * ferry_flow_walk() - call @fn for every entry, process context; @fn may not
 * sleep. A walk survives changes; it may show an entry twice after a resize.
 * @flows: the table
 * @fn: return non-zero to end the walk
 * @arg: handed to @fn
 *
 * Return: what the last @fn returned.
 */
int ferry_flow_walk(struct ferry_flows *flows,
		    int (*fn)(struct ferry_flow *flow, void *arg), void *arg);

/* rhashtable walk for dumps that continue over several netlink messages */
void ferry_flow_walk_enter(struct ferry_flows *flows, struct rhashtable_iter *iter);

/* Who owns this very tuple, with this very device? As ferry_flow_lookup() */
struct ferry_flow *ferry_flow_owner(struct ferry_flows *flows,
				    const struct ferry_tuple *tuple);

/*
 * A function of both ends (not of the device) and @more that nobody without @key can
 * foresee, not even who has seen others of it.
 */
u64 ferry_tuple_secret(const struct ferry_tuple *tuple, u32 more, const siphash_key_t *key);

/* A hash of a tuple that a remote party cannot foresee. */
u32 ferry_flow_hash(const struct ferry_tuple *tuple);

#endif /* _FERRY_PORT_FLOW_H */
