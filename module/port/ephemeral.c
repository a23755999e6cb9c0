// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ephemeral ports, chosen so that nobody off the path can guess them (RFC 6056).
 *
 * bind() to port 0 takes a random port that nobody holds; only where there is
 * none, one whose holders have other addresses. connect() goes round the range
 * from an offset that depends on the destination (section 3.3.4, double hash),
 * so that a port is used again for the same destination as late as can be.
 */
#include <linux/bitmap.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <net/ip.h>

#include "ip/ip.h"
#include "port/table.h"

/* Ports at random before the range is searched: most often enough. */
#define RANDOM_TRIES	16

/* How often the way is left to others where a whole range is searched */
#define RESCHED_EVERY	256

struct span {
	unsigned int	low;
	unsigned int	count;
};

static struct span ephemeral_range(const struct sock *sk)
{
	int low, high;

	inet_sk_get_local_port_range(sk, &low, &high);
	return (struct span){ .low = low, .count = high - low + 1 };
}

static bool may_choose(const struct ferry_ports *ports, u16 port)
{
	return !inet_is_local_reserved_port(ports->fn->net, port) &&
	       !ferry_grant_reserved(ports->fn, ports->t, port);
}

static unsigned int random_below(unsigned int bound)
{
	return reciprocal_scale(get_random_u32(), bound);
}

static int try_random(struct ferry_ports *ports, struct sock *sk, struct span range)
{
	int err = -EADDRINUSE, i;
	u16 port;

	for (i = 0; i < RANDOM_TRIES && err == -EADDRINUSE; i++) {
		port = range.low + random_below(range.count);
		if (!test_bit(port, ports->taken) && may_choose(ports, port))
			err = ferry_port_take(ports, sk, port, FERRY_PORT_ANY);
	}
	return err;
}

/* Ports from @from up to but not including @to that nobody holds */
static int try_free(struct ferry_ports *ports, struct sock *sk, unsigned int from,
		    unsigned int to)
{
	unsigned int port;
	int err;

	for (port = find_next_zero_bit(ports->taken, to, from); port < to;
	     port = find_next_zero_bit(ports->taken, to, port + 1)) {
		if (port % RESCHED_EVERY == 0)
			cond_resched();
		if (!may_choose(ports, port))
			continue;
		err = ferry_port_take(ports, sk, port, FERRY_PORT_ANY);
		if (err != -EADDRINUSE)
			return err;
	}
	return -EADDRINUSE;
}

/* Ports held by others too, if their addresses differ */
static int try_held(struct ferry_ports *ports, struct sock *sk, unsigned int from,
		    unsigned int to)
{
	unsigned int port;
	int err;

	for (port = from; port < to; port++) {
		if (port % RESCHED_EVERY == 0)
			cond_resched();
		if (!may_choose(ports, port))
			continue;
		err = ferry_port_take(ports, sk, port, FERRY_PORT_ANY);
		if (err != -EADDRINUSE)
			return err;
	}
	return -EADDRINUSE;
}

/* Every port meets one held by a wildcard socket: then searching is in vain. */
static bool may_share_address(const struct sock *sk)
{
	struct ferry_claim claim;

	ferry_claim_sock(sk, false, &claim);
	return !claim.any4 && !claim.any6;
}

static int choose(struct ferry_ports *ports, struct sock *sk, struct span range)
{
	unsigned int end = range.low + range.count;
	unsigned int start;
	int err;

	err = try_random(ports, sk, range);
	start = range.low + random_below(range.count);
	if (err == -EADDRINUSE)
		err = try_free(ports, sk, start, end);
	if (err == -EADDRINUSE)
		err = try_free(ports, sk, range.low, start);
	if (err == -EADDRINUSE && may_share_address(sk))
		err = try_held(ports, sk, start, end);
	if (err == -EADDRINUSE && may_share_address(sk))
		err = try_held(ports, sk, range.low, start);
	return err;
}

static int exhausted(struct ferry_ports *ports)
{
	ferry_stat_inc(ports->fn, FERRY_STAT_PORT_EXHAUSTED);
	return -EADDRNOTAVAIL;
}

int ferry_port_ephemeral(struct ferry_ports *ports, struct sock *sk)
{
	int err = choose(ports, sk, ephemeral_range(sk));

	return err == -EADDRINUSE ? exhausted(ports) : err;
}

/* ---- connect ---- */

static bool port_is_bound(struct ferry_ports *ports, u16 port)
{
	struct ferry_port_bucket *bucket = xa_load(&ports->buckets, port);

	return bucket && READ_ONCE(bucket->bound);
}

/* A look without locks, to pass over most that will not do. */
static bool looks_free(struct ferry_ports *ports, struct ferry_flows *flows,
		       const struct ferry_tuple *tuple,
		       const struct ferry_port_reuse *reuse)
{
	u16 port = ntohs(tuple->lport);
	struct ferry_flow *owner;
	bool ok = false;

	if (!may_choose(ports, port))
		return false;
	if (!test_bit(port, ports->taken))
		return true;
	rcu_read_lock();
	if (!port_is_bound(ports, port)) {
		owner = ferry_flow_owner(flows, tuple);
		ok = !owner || (reuse && reuse->may(owner));
	}
	rcu_read_unlock();
	return ok;
}

/*
 * Both hashes of the algorithm come from halves of one. The counter moves on by
 * a random step, so that it does not tell how many connections were made.
 */
static int go_round(struct ferry_ports *ports, struct ferry_flows *flows,
		    struct sock *sk, struct ferry_tuple *tuple,
		    const struct ferry_port_reuse *reuse)
{
	struct span range = ephemeral_range(sk);
	u64 hash;
	u32 *counter, offset;
	unsigned int i;
	int err;

	tuple->lport = 0;
	hash = ferry_tuple_secret(tuple, tuple->dev, &ports->key);
	counter = &ports->counters[(hash >> 32) % FERRY_PORT_COUNTERS];
	offset = (u32)hash + READ_ONCE(*counter);
	for (i = 0; i < range.count; i++) {
		if (i % RESCHED_EVERY == RESCHED_EVERY - 1)
			cond_resched();
		tuple->lport = htons(range.low + (offset + i) % range.count);
		if (!looks_free(ports, flows, tuple, reuse))
			continue;
		err = ferry_port_take_flow(ports, flows, sk, tuple, reuse);
		if (err == -EADDRNOTAVAIL)
			continue;
		if (!err)
			WRITE_ONCE(*counter, *counter + i + 1 + random_below(8));
		return err;
	}
	return -EADDRNOTAVAIL;
}

/* What nobody has comes first: a reused tuple has a past. */
static int connect_any(struct ferry_ports *ports, struct ferry_flows *flows,
		       struct sock *sk, struct ferry_tuple *tuple,
		       const struct ferry_port_reuse *reuse)
{
	int err = go_round(ports, flows, sk, tuple, NULL);

	if (err == -EADDRNOTAVAIL && reuse)
		err = go_round(ports, flows, sk, tuple, reuse);
	return err == -EADDRNOTAVAIL ? exhausted(ports) : err;
}

/* The port is held: only the tuple is to be claimed. */
static int connect_bound(struct ferry_flows *flows, struct sock *sk,
			 const struct ferry_tuple *tuple,
			 const struct ferry_port_reuse *reuse)
{
	struct ferry_flow *flow = &ferry_sk(sk)->flow, *old;
	int err;

	flow->tuple = *tuple;
	flow->kind = FERRY_FLOW_SOCK;
	rcu_read_lock();
	err = ferry_port_claim(flows, flow, reuse, &old);
	if (old)
		reuse->done(old, reuse->arg);
	rcu_read_unlock();
	return err;
}

int ferry_port_connect(struct ferry_net *fn, enum ferry_transport t, struct sock *sk,
		       const struct ferry_port_reuse *reuse)
{
	struct ferry_tuple tuple;

	if (t == FERRY_DGRAM)
		return inet_sk(sk)->inet_num ? 0 : ferry_port_get(fn->ports[t], sk, 0);
	ferry_ip_sock_tuple(sk, &tuple);
	if (inet_sk(sk)->inet_num)
		return connect_bound(fn->flows[t], sk, &tuple, reuse);
	return connect_any(fn->ports[t], fn->flows[t], sk, &tuple, reuse);
}
