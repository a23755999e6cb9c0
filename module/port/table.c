// SPDX-License-Identifier: GPL-2.0-only
/* Buckets: made with their first holder, gone with their last. */
#include <linux/bitmap.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "port/table.h"

struct ferry_ports *ferry_ports_create(struct ferry_net *fn, enum ferry_transport t)
{
	struct ferry_ports *ports = kzalloc(sizeof(*ports), GFP_KERNEL_ACCOUNT);

	if (!ports)
		return NULL;
	ports->taken = bitmap_zalloc(FERRY_PORTS, GFP_KERNEL_ACCOUNT);
	if (!ports->taken) {
		kfree(ports);
		return NULL;
	}
	ports->fn = fn;
	ports->t = t;
	xa_init_flags(&ports->buckets, XA_FLAGS_LOCK_BH | XA_FLAGS_ACCOUNT);
	get_random_bytes(&ports->key, sizeof(ports->key));
	get_random_bytes(ports->counters, sizeof(ports->counters));
	return ports;
}

void ferry_ports_destroy(struct ferry_ports *ports)
{
	if (!ports)
		return;
	WARN_ON_ONCE(!xa_empty(&ports->buckets));
	xa_destroy(&ports->buckets);
	bitmap_free(ports->taken);
	kfree(ports);
}

/* ---- buckets ---- */

static struct ferry_port_bucket *make_bucket(struct ferry_ports *ports, u16 port)
{
	struct ferry_port_bucket *bucket = kzalloc(sizeof(*bucket), GFP_KERNEL_ACCOUNT);

	if (!bucket)
		return NULL;
	bucket->ports = ports;
	bucket->port = port;
	spin_lock_init(&bucket->lock);
	INIT_LIST_HEAD(&bucket->holders);
	INIT_HLIST_NULLS_HEAD(&bucket->receivers, port);
	return bucket;
}

/* Somebody else may be faster: then it is there all the same. */
static int add_bucket(struct ferry_ports *ports, u16 port)
{
	struct ferry_port_bucket *bucket = make_bucket(ports, port);
	int err;

	if (!bucket)
		return -ENOMEM;
	err = xa_insert_bh(&ports->buckets, port, bucket, GFP_KERNEL_ACCOUNT);
	if (err) {
		kfree(bucket);
		return err == -EBUSY ? 0 : err;
	}
	set_bit(port, ports->taken);
	return 0;
}

/* The port's bucket, locked; NULL where nobody holds the port. */
static struct ferry_port_bucket *lock_bucket(struct ferry_ports *ports, u16 port)
{
	struct ferry_port_bucket *bucket;

	rcu_read_lock();
	while ((bucket = xa_load(&ports->buckets, port))) {
		spin_lock_bh(&bucket->lock);
		if (!bucket->dead)
			break;
		spin_unlock_bh(&bucket->lock);
		cpu_relax();
	}
	rcu_read_unlock();
	return bucket;
}

/* The same, made where it is not there; NULL without memory. */
static struct ferry_port_bucket *need_bucket(struct ferry_ports *ports, u16 port)
{
	struct ferry_port_bucket *bucket;

	while (!(bucket = lock_bucket(ports, port))) {
		if (add_bucket(ports, port))
			return NULL;
	}
	return bucket;
}

static void unlock_bucket(struct ferry_port_bucket *bucket)
{
	struct ferry_ports *ports = bucket->ports;
	bool last = list_empty(&bucket->holders);

	if (last) {
		bucket->dead = true;
		/* Before another can be made, whose bit this would clear. */
		clear_bit(bucket->port, ports->taken);
		xa_erase_bh(&ports->buckets, bucket->port);
	}
	spin_unlock_bh(&bucket->lock);
	if (last)
		kfree_rcu(bucket, rcu);
}

/* ---- holders; all under the bucket's lock ---- */

static void join(struct ferry_port_bucket *bucket, struct ferry_hold *hold, bool bound)
{
	hold->bucket = bucket;
	hold->bound = bound;
	bucket->bound += bound;
	list_add_tail(&hold->node, &bucket->holders);
}

static void leave(struct ferry_hold *hold)
{
	list_del(&hold->node);
	hold->bucket->bound -= hold->bound;
	hold->bound = false;
	hold->bucket = NULL;
}

static int start_receiving(struct ferry_port_bucket *bucket, struct sock *sk)
{
	int err = ferry_group_join(bucket, sk);

	if (err)
		return err;
	ferry_sk(sk)->hold.receives = true;
	hlist_nulls_add_head_rcu(&sk->sk_nulls_node, &bucket->receivers);
	return 0;
}

static void stop_receiving(struct sock *sk)
{
	struct ferry_hold *hold = &ferry_sk(sk)->hold;

	if (!hold->receives)
		return;
	hlist_nulls_del_init_rcu(&sk->sk_nulls_node);
	ferry_group_leave(sk);
	hold->receives = false;
}

/* Set before a packet can find the socket: the search looks at it. */
static void set_port(struct sock *sk, u16 port)
{
	WRITE_ONCE(inet_sk(sk)->inet_num, port);
	WRITE_ONCE(inet_sk(sk)->inet_sport, htons(port));
}

/* ---- what the rest of port/ calls ---- */

int ferry_port_take(struct ferry_ports *ports, struct sock *sk, u16 port,
		    enum ferry_port_how how)
{
	struct ferry_port_bucket *bucket = need_bucket(ports, port);
	struct ferry_hold *hold = &ferry_sk(sk)->hold;
	int err = -EADDRINUSE;

	if (!bucket)
		return -ENOMEM;
	if (ferry_bucket_conflict(bucket, sk, how))
		goto out;
	set_port(sk, port);
	join(bucket, hold, true);
	err = ports->t == FERRY_DGRAM ? start_receiving(bucket, sk) : 0;
	if (err) {
		leave(hold);
		set_port(sk, 0);
	}
out:
	unlock_bucket(bucket);
	return err;
}

/* Of several who want it, its timer included, one succeeds. */
static struct ferry_flow *take_over(struct ferry_flows *flows, struct ferry_flow *flow,
				    const struct ferry_port_reuse *reuse)
{
	struct ferry_flow *held = ferry_flow_owner(flows, &flow->tuple);

	if (!held || !reuse->may(held) || ferry_flow_replace(flows, held, flow))
		return NULL;
	return held;
}

int ferry_port_claim(struct ferry_flows *flows, struct ferry_flow *flow,
		     const struct ferry_port_reuse *reuse, struct ferry_flow **old)
{
	int err = ferry_flow_insert(flows, flow);

	*old = NULL;
	if (err != -EADDRNOTAVAIL || !reuse)
		return err;
	*old = take_over(flows, flow, reuse);
	return *old ? 0 : err;
}

int ferry_port_take_flow(struct ferry_ports *ports, struct ferry_flows *flows,
			 struct sock *sk, const struct ferry_tuple *tuple,
			 const struct ferry_port_reuse *reuse)
{
	struct ferry_port_bucket *bucket = need_bucket(ports, ntohs(tuple->lport));
	struct ferry_flow *flow = &ferry_sk(sk)->flow, *old = NULL;
	int err = -EADDRNOTAVAIL;

	if (!bucket)
		return -ENOMEM;
	rcu_read_lock();
	/* Who asked for the port by number may count on having it alone. */
	if (bucket->bound)
		goto out;
	set_port(sk, bucket->port);
	flow->tuple = *tuple;
	flow->kind = FERRY_FLOW_SOCK;
	err = ferry_port_claim(flows, flow, reuse, &old);
	if (err)
		set_port(sk, 0);
	else
		join(bucket, &ferry_sk(sk)->hold, false);
out:
	unlock_bucket(bucket);
	/* It holds the port as well, and gives that up under the bucket's lock. */
	if (old)
		reuse->done(old, reuse->arg);
	rcu_read_unlock();
	return err;
}

/* ---- what others call ---- */

int ferry_port_get(struct ferry_ports *ports, struct sock *sk, u16 port)
{
	if (WARN_ON_ONCE(ferry_sk(sk)->hold.bucket))
		return -EINVAL;
	if (!port)
		return ferry_port_ephemeral(ports, sk);
	return ferry_port_take(ports, sk, port, FERRY_PORT_BIND);
}

int ferry_port_share(struct sock *child, struct sock *listener)
{
	u16 port = READ_ONCE(inet_sk(listener)->inet_num);
	struct ferry_hold *hold = &ferry_sk(child)->hold;
	struct ferry_port_bucket *bucket;

	memset(hold, 0, sizeof(*hold));
	set_port(child, port);
	bucket = lock_bucket(ferry_sock_net(child)->ports[FERRY_STREAM], port);
	if (!bucket)
		return -ENOENT;
	join(bucket, hold, true);
	unlock_bucket(bucket);
	return 0;
}

int ferry_port_listen(struct sock *sk)
{
	struct ferry_hold *hold = &ferry_sk(sk)->hold;
	struct ferry_port_bucket *bucket = hold->bucket;
	int err = -EADDRINUSE;

	if (!bucket)
		return -EINVAL;
	spin_lock_bh(&bucket->lock);
	if (hold->receives) {
		err = 0;
	} else if (!ferry_bucket_conflict(bucket, sk, FERRY_PORT_BIND)) {
		err = start_receiving(bucket, sk);
		bucket->bound += !err && !hold->bound;
		hold->bound |= !err;
	}
	unlock_bucket(bucket);
	return err;
}

void ferry_port_stop(struct sock *sk)
{
	struct ferry_port_bucket *bucket = ferry_sk(sk)->hold.bucket;

	if (!bucket)
		return;
	spin_lock_bh(&bucket->lock);
	stop_receiving(sk);
	unlock_bucket(bucket);
}

void ferry_port_put(struct sock *sk)
{
	struct ferry_port_bucket *bucket = ferry_sk(sk)->hold.bucket;

	if (!bucket)
		return;
	spin_lock_bh(&bucket->lock);
	stop_receiving(sk);
	leave(&ferry_sk(sk)->hold);
	set_port(sk, 0);
	unlock_bucket(bucket);
}

void ferry_port_rehash(struct sock *sk)
{
	struct ferry_hold *hold = &ferry_sk(sk)->hold;
	struct ferry_port_bucket *bucket = hold->bucket;

	if (!bucket)
		return;
	spin_lock_bh(&bucket->lock);
	if (hold->receives && !ferry_group_wanted(sk))
		ferry_group_leave(sk);
	else if (hold->receives && !rcu_access_pointer(sk->sk_reuseport_cb))
		/* Without memory it stays alone, and still gets what it fits best. */
		ferry_group_join(bucket, sk);
	unlock_bucket(bucket);
}

void ferry_port_stay(struct ferry_port_stay *stay, struct sock *sk)
{
	struct ferry_hold *hold = &ferry_sk(sk)->hold;
	struct ferry_port_bucket *bucket = hold->bucket;

	memset(&stay->hold, 0, sizeof(stay->hold));
	if (!bucket)
		return;
	stay->hold.stay = true;
	ferry_claim_sock(sk, false, &stay->claim);
	stay->claim.timewait = true;
	spin_lock_bh(&bucket->lock);
	join(bucket, &stay->hold, hold->bound);
	unlock_bucket(bucket);
}

void ferry_port_stay_end(struct ferry_port_stay *stay)
{
	struct ferry_port_bucket *bucket = stay->hold.bucket;

	if (!bucket)
		return;
	spin_lock_bh(&bucket->lock);
	leave(&stay->hold);
	unlock_bucket(bucket);
}

/* ---- listing ---- */

/* Holders that are no sockets are not counted either. */
static int walk_bucket(struct ferry_port_bucket *bucket,
		       struct ferry_port_cursor *cursor,
		       int (*fn)(struct sock *sk, u16 port, void *arg), void *arg)
{
	struct ferry_hold *hold;
	u32 seen = 0;
	int ret;

	list_for_each_entry(hold, &bucket->holders, node) {
		if (hold->stay || seen++ < cursor->skip)
			continue;
		ret = fn(ferry_hold_sk(hold), bucket->port, arg);
		if (ret)
			return ret;
		cursor->skip = seen;
	}
	return 0;
}

int ferry_port_walk(struct ferry_ports *ports, struct ferry_port_cursor *cursor,
		    int (*fn)(struct sock *sk, u16 port, void *arg), void *arg)
{
	struct ferry_port_bucket *bucket;
	unsigned long port;
	int ret = 0;

	while (!ret && cursor->port < FERRY_PORTS) {
		port = cursor->port;
		if (!xa_find(&ports->buckets, &port, FERRY_PORTS - 1, XA_PRESENT))
			port = FERRY_PORTS;
		if (port != cursor->port)
			*cursor = (struct ferry_port_cursor){ .port = port };
		bucket = port < FERRY_PORTS ? lock_bucket(ports, port) : NULL;
		if (bucket) {
			rcu_read_lock();
			ret = walk_bucket(bucket, cursor, fn, arg);
			rcu_read_unlock();
			unlock_bucket(bucket);
		}
		if (!ret && port < FERRY_PORTS)
			*cursor = (struct ferry_port_cursor){ .port = port + 1 };
	}
	return ret;
}
