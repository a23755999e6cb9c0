// SPDX-License-Identifier: GPL-2.0-only
/* Flows: one growing hash table per namespace and transport. */
#include <linux/once.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "port/flow.h"

/**
 * struct ferry_flows - the table
 * @table: of struct ferry_flow, by tuple
 * @with_dev: how many are bound to a device: while there are none, one lookup
 *	per packet is enough
 */
struct ferry_flows {
	struct rhashtable	table;
	atomic_t		with_dev;
};

/* Remote parties choose tuples, so the hash must be one they cannot foresee. */
static hsiphash_key_t hash_key __read_mostly;

static u32 ports_of(const struct ferry_tuple *tuple)
{
	return (__force u32)tuple->lport << 16 | (__force u32)tuple->rport;
}

u64 ferry_tuple_secret(const struct ferry_tuple *tuple, u32 more, const siphash_key_t *key)
{
	struct {
		struct in6_addr laddr, raddr;
		u32 ports, more;
	} __aligned(8) both = {
		.laddr = tuple->laddr,
		.raddr = tuple->raddr,
		.ports = ports_of(tuple),
		.more = more,
	};

	/* What all mapped addresses have in common need not be hashed. */
	if (ipv6_addr_v4mapped(&tuple->raddr))
		return siphash_4u32((__force u32)tuple->laddr.s6_addr32[3],
				    (__force u32)tuple->raddr.s6_addr32[3],
				    both.ports, more, key);
	return siphash(&both, sizeof(both), key);
}

u32 ferry_flow_hash(const struct ferry_tuple *tuple)
{
	if (ipv6_addr_v4mapped(&tuple->raddr))
		return hsiphash_4u32((__force u32)tuple->laddr.s6_addr32[3],
				     (__force u32)tuple->raddr.s6_addr32[3],
				     ports_of(tuple), tuple->dev, &hash_key);
	return hsiphash(tuple, FERRY_TUPLE_KEY, &hash_key);
}

/* The key is secret, so a table need not be hashed anew by a seed: entries keep theirs. */
static u32 hash_tuple(const void *data, u32 len, u32 seed)
{
	return ferry_flow_hash(data);
}

static u32 kept_hash(const void *data, u32 len, u32 seed)
{
	return ((const struct ferry_flow *)data)->hash;
}

static int differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ferry_tuple *own = &((const struct ferry_flow *)obj)->tuple;
	const struct ferry_tuple *key = arg->key;

	return own->dev != key->dev || !ferry_tuple_same_ends(own, key);
}

static const struct rhashtable_params params = {
	.key_len		= FERRY_TUPLE_KEY,
	.key_offset		= offsetof(struct ferry_flow, tuple),
	.head_offset		= offsetof(struct ferry_flow, node),
	.hashfn			= hash_tuple,
	.obj_hashfn		= kept_hash,
	.obj_cmpfn		= differs,
	.automatic_shrinking	= true,
};

struct ferry_flows *ferry_flows_create(struct ferry_net *fn, enum ferry_transport t)
{
	struct ferry_flows *flows;

	/* Tuples are hashed and compared as bytes. */
	BUILD_BUG_ON(FERRY_TUPLE_KEY != 40);

	get_random_once(&hash_key, sizeof(hash_key));
	flows = kzalloc(sizeof(*flows), GFP_KERNEL_ACCOUNT);
	if (!flows)
		return NULL;
	if (rhashtable_init(&flows->table, &params)) {
		kfree(flows);
		return NULL;
	}
	return flows;
}

static void warn_left(void *ptr, void *arg)
{
	WARN_ONCE(1, "ferry: a flow outlives its namespace\n");
}

void ferry_flows_destroy(struct ferry_flows *flows)
{
	if (!flows)
		return;
	rhashtable_free_and_destroy(&flows->table, warn_left, NULL);
	kfree(flows);
}

static struct ferry_flow *lookup(struct ferry_flows *flows,
				 const struct ferry_tuple *tuple)
{
	return rhashtable_lookup(&flows->table, tuple, params);
}

static struct ferry_flow *lookup_by_dev(struct ferry_flows *flows,
					const struct ferry_tuple *tuple, int dev)
{
	struct ferry_tuple by = *tuple;

	by.dev = dev;
	return lookup(flows, &by);
}

struct ferry_flow *ferry_flow_lookup(struct ferry_flows *flows,
				     const struct ferry_tuple *tuple, int sdif)
{
	struct ferry_flow *flow = NULL;

	if (tuple->dev && atomic_read(&flows->with_dev)) {
		flow = lookup(flows, tuple);
		if (!flow && sdif)
			flow = lookup_by_dev(flows, tuple, sdif);
	}
	return flow ?: lookup_by_dev(flows, tuple, 0);
}

struct ferry_flow *ferry_flow_owner(struct ferry_flows *flows,
				    const struct ferry_tuple *tuple)
{
	return lookup(flows, tuple);
}

int ferry_flow_insert(struct ferry_flows *flows, struct ferry_flow *flow)
{
	int err;

	/* Counted before it can be found, or a lookup might leave it out. */
	if (flow->tuple.dev)
		atomic_inc(&flows->with_dev);
	flow->hash = ferry_flow_hash(&flow->tuple);
	WRITE_ONCE(flow->hashed, true);
	err = rhashtable_lookup_insert_key(&flows->table, &flow->tuple, &flow->node, params);
	if (!err)
		return 0;
	WRITE_ONCE(flow->hashed, false);
	if (flow->tuple.dev)
		atomic_dec(&flows->with_dev);
	return err == -EEXIST ? -EADDRNOTAVAIL : -ENOMEM;
}

int ferry_flow_replace(struct ferry_flows *flows, struct ferry_flow *old,
		       struct ferry_flow *new)
{
	if (!READ_ONCE(old->hashed))
		return -ENOENT;
	new->hash = old->hash;
	WRITE_ONCE(new->hashed, true);
	if (rhashtable_replace_fast(&flows->table, &old->node, &new->node, params)) {
		WRITE_ONCE(new->hashed, false);
		return -ENOENT;
	}
	WRITE_ONCE(old->hashed, false);
	return 0;
}

void ferry_flow_remove(struct ferry_flows *flows, struct ferry_flow *flow)
{
	if (!READ_ONCE(flow->hashed))
		return;
	/* Of several who try at once, one succeeds. */
	if (rhashtable_remove_fast(&flows->table, &flow->node, params))
		return;
	WRITE_ONCE(flow->hashed, false);
	if (flow->tuple.dev)
		atomic_dec(&flows->with_dev);
}

void ferry_flow_walk_enter(struct ferry_flows *flows, struct rhashtable_iter *iter)
{
	rhashtable_walk_enter(&flows->table, iter);
}

/* One stretch of the walk; -EAGAIN (the table was resized) just goes on. */
static int walk_stretch(struct rhashtable_iter *iter,
			int (*fn)(struct ferry_flow *flow, void *arg), void *arg)
{
	struct ferry_flow *flow;
	int ret;

	while ((flow = rhashtable_walk_next(iter))) {
		if (IS_ERR(flow))
			continue;
		ret = fn(flow, arg);
		if (ret)
			return ret;
	}
	return 0;
}

int ferry_flow_walk(struct ferry_flows *flows,
		    int (*fn)(struct ferry_flow *flow, void *arg), void *arg)
{
	struct rhashtable_iter iter;
	int ret;

	rhashtable_walk_enter(&flows->table, &iter);
	rhashtable_walk_start(&iter);
	ret = walk_stretch(&iter, fn, arg);
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	return ret;
}
