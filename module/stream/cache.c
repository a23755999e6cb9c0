// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a client remembers of servers for its next first flight: cookie and
 * MSS, and that a path swallowed the last one. By both addresses, of which the
 * cookie is made; bounded by net.ferry.stream_max_cookies, longest unused first
 * to go. Looked at for a program's MSG_FASTOPEN or TCP_FASTOPEN_CONNECT alone,
 * so that one lock will do.
 */
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "stream/internal.h"

#define BLOCK_FIRST	60	/* s; doubled with each loss in a row */
#define BLOCK_SHIFT	10

struct entry {
	struct hlist_node	node;
	struct list_head	lru;
	struct in6_addr		laddr;
	struct in6_addr		raddr;
	int			dev;
	u8			losses;		/* in a row */
	u64			lost_at;	/* s */
	struct ferry_server	server;
};

static struct hlist_head *bucket(struct ferry_stream_net *sn, const struct ferry_tuple *tuple)
{
	struct {
		struct in6_addr laddr, raddr;
	} __aligned(8) key = { .laddr = tuple->laddr, .raddr = tuple->raddr };

	return &sn->cookies[siphash(&key, sizeof(key), &sn->secret) % FERRY_COOKIE_BUCKETS];
}

/* The lock is held. */
static struct entry *find(struct ferry_stream_net *sn, const struct ferry_tuple *tuple)
{
	struct entry *e;

	hlist_for_each_entry(e, bucket(sn, tuple), node) {
		if (ipv6_addr_equal(&e->raddr, &tuple->raddr) &&
		    ipv6_addr_equal(&e->laddr, &tuple->laddr) && e->dev == tuple->dev) {
			list_move_tail(&e->lru, &sn->cookie_lru);
			return e;
		}
	}
	return NULL;
}

static void forget(struct ferry_stream_net *sn, struct entry *e)
{
	hlist_del(&e->node);
	list_del(&e->lru);
	sn->nr_cookies--;
	kfree(e);
}

static void shrink(struct ferry_stream_net *sn, u32 most)
{
	while (sn->nr_cookies > most)
		forget(sn, list_first_entry(&sn->cookie_lru, struct entry, lru));
}

static struct entry *add(struct ferry_net *fn, const struct ferry_tuple *tuple)
{
	u32 most = READ_ONCE(fn->sysctl.stream_max_cookies);
	struct ferry_stream_net *sn = fn->stream;
	struct entry *e;

	if (!most)
		return NULL;
	shrink(sn, most - 1);
	e = kzalloc(sizeof(*e), GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT);
	if (!e)
		return NULL;
	e->laddr = tuple->laddr;
	e->raddr = tuple->raddr;
	e->dev = tuple->dev;
	hlist_add_head(&e->node, bucket(sn, tuple));
	list_add_tail(&e->lru, &sn->cookie_lru);
	sn->nr_cookies++;
	return e;
}

static bool blocked(const struct entry *e)
{
	u64 since = ktime_get_seconds() - e->lost_at;

	return e->losses &&
	       since < (u64)BLOCK_FIRST << min_t(u8, e->losses - 1, BLOCK_SHIFT);
}

bool ferry_cache_find(struct ferry_net *fn, const struct ferry_tuple *tuple,
		      struct ferry_server *server)
{
	struct ferry_stream_net *sn = fn->stream;
	struct entry *e;

	spin_lock_bh(&sn->cookie_lock);
	e = find(sn, tuple);
	if (e) {
		*server = e->server;
		server->blocked = blocked(e);
	}
	spin_unlock_bh(&sn->cookie_lock);
	return e;
}

static void update(struct entry *e, u16 mss, const u8 *cookie, u8 len, bool lost)
{
	if (mss)
		e->server.mss = mss;
	if (cookie) {
		e->server.cookie_len = len;
		memcpy(e->server.cookie, cookie, len);
	}
	if (!lost) {
		e->losses = 0;
		return;
	}
	if (e->losses < U8_MAX)
		e->losses++;
	e->lost_at = ktime_get_seconds();
}

void ferry_cache_learn(struct ferry_net *fn, const struct ferry_tuple *tuple, u16 mss,
		       const u8 *cookie, u8 len, bool lost)
{
	struct ferry_stream_net *sn = fn->stream;
	struct entry *e;

	spin_lock_bh(&sn->cookie_lock);
	e = find(sn, tuple);
	if (!e && (cookie || lost))
		e = add(fn, tuple);
	if (e)
		update(e, mss, cookie, len, lost);
	spin_unlock_bh(&sn->cookie_lock);
}

void ferry_cache_flush(struct ferry_stream_net *sn)
{
	shrink(sn, 0);
}
