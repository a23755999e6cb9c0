// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a server gives out and knows again without keeping it: cookies of the
 * first flight, and a full listener's tickets. And the little it does keep: how
 * many first flights wait for their handshake, and which were delivered lately.
 */
#include <linux/siphash.h>
#include <linux/slab.h>

#include "stream/internal.h"

#define TICKET_LIFE	120	/* s; below the 256 its byte can tell */
#define REPLAY_LIFE	120	/* s: 2 MSL */
#define RESET_LIFE	(60 * HZ)

static u64 get_le64(const u8 *p)
{
	__le64 v;

	memcpy(&v, p, sizeof(v));
	return le64_to_cpu(v);
}

static void put_le64(u64 value, u8 *p)
{
	__le64 v = cpu_to_le64(value);

	memcpy(p, &v, sizeof(v));
}

static u64 seconds(void)
{
	return ktime_get_seconds();
}

/* ---- a listener's TCP_FASTOPEN ---- */

/* Under rcu_read_lock() */
static struct ferry_firstq *firstq_of(const struct sock *sk)
{
	/* Pairs with ferry_stream_listener() */
	const struct ferry_listener *l = smp_load_acquire(&ferry_stream_sk(sk)->listens);

	return l ? rcu_dereference(l->firstq) : NULL;
}

static int make_replays(struct ferry_stream_net *sn)
{
	atomic64_t *table;

	/* Pairs with cmpxchg() below */
	if (smp_load_acquire(&sn->replays))
		return 0;
	table = kvcalloc(FERRY_REPLAYS, sizeof(*table), GFP_KERNEL_ACCOUNT);
	if (!table)
		return -ENOMEM;
	if (cmpxchg(&sn->replays, NULL, table))
		kvfree(table);
	return 0;
}

static struct ferry_firstq *make_firstq(struct sock *sk)
{
	struct ferry_listener *l = ferry_stream_listener(sk);
	struct ferry_firstq *fq;

	if (!l)
		return NULL;
	fq = rcu_dereference_protected(l->firstq, lockdep_sock_is_held(sk));
	if (fq)
		return fq;
	if (make_replays(ferry_sock_net(sk)->stream))
		return NULL;
	fq = kzalloc(sizeof(*fq), GFP_KERNEL_ACCOUNT);
	if (!fq)
		return NULL;
	refcount_set(&fq->ref, 1);
	spin_lock_init(&fq->lock);
	fq->minute = jiffies;
	rcu_assign_pointer(l->firstq, fq);
	return fq;
}

int ferry_firstq_set_qlen(struct sock *sk, u32 qlen)
{
	struct ferry_firstq *fq = make_firstq(sk);

	if (!fq)
		return -ENOMEM;
	WRITE_ONCE(fq->qlen, qlen);
	return 0;
}

u32 ferry_firstq_qlen(const struct sock *sk)
{
	struct ferry_firstq *fq;
	u32 qlen;

	rcu_read_lock();
	fq = firstq_of(sk);
	qlen = fq ? READ_ONCE(fq->qlen) : 0;
	rcu_read_unlock();
	return qlen;
}

struct ferry_firstq *ferry_firstq_get(struct sock *sk)
{
	struct ferry_firstq *fq;

	rcu_read_lock();
	fq = firstq_of(sk);
	if (fq && !refcount_inc_not_zero(&fq->ref))
		fq = NULL;
	rcu_read_unlock();
	return fq;
}

void ferry_firstq_put(struct ferry_firstq *fq)
{
	if (fq && refcount_dec_and_test(&fq->ref))
		kfree_rcu(fq, rcu);
}

/* Resets are counted for one to two minutes. The lock is held. */
static void forget_resets(struct ferry_firstq *fq)
{
	unsigned long passed = jiffies - fq->minute;

	if (passed < RESET_LIFE)
		return;
	fq->resets[1] = passed < 2 * RESET_LIFE ? fq->resets[0] : 0;
	fq->resets[0] = 0;
	fq->minute = jiffies;
}

bool ferry_firstq_enter(struct ferry_firstq *fq)
{
	bool ok;

	spin_lock_bh(&fq->lock);
	forget_resets(fq);
	ok = fq->pending + fq->resets[0] + fq->resets[1] < READ_ONCE(fq->qlen);
	if (ok)
		fq->pending++;
	spin_unlock_bh(&fq->lock);
	return ok;
}

/* RFC 7413 section 5.1: a forged RST is not to make room for the next one. */
void ferry_firstq_leave(struct ferry_firstq *fq, bool reset)
{
	spin_lock_bh(&fq->lock);
	forget_resets(fq);
	fq->pending--;
	if (reset)
		fq->resets[0]++;
	spin_unlock_bh(&fq->lock);
}

/* ---- keys ---- */

static void key_from_bytes(siphash_key_t *key, const u8 *p)
{
	key->key[0] = get_le64(p);
	key->key[1] = get_le64(p + 8);
}

static void key_to_bytes(const siphash_key_t *key, u8 *p)
{
	put_le64(key->key[0], p);
	put_le64(key->key[1], p + 8);
}

int ferry_firstq_set_keys(struct sock *sk, const u8 *keys, unsigned int n)
{
	struct ferry_firstq *fq = make_firstq(sk);
	unsigned int i;

	if (!fq)
		return -ENOMEM;
	spin_lock_bh(&fq->lock);
	for (i = 0; i < n; i++)
		key_from_bytes(&fq->keys[i], keys + i * FERRY_FIRST_KEY_LEN);
	fq->nr_keys = n;
	spin_unlock_bh(&fq->lock);
	return 0;
}

/* The namespace's: made at first use, anew when their time is over */
static unsigned int net_keys(struct ferry_net *fn, siphash_key_t *keys)
{
	u64 life = READ_ONCE(fn->sysctl.stream_fastopen_lifetime), age;
	struct ferry_stream_net *sn = fn->stream;
	unsigned int n;

	spin_lock_bh(&sn->key_lock);
	age = seconds() - sn->keys_since;
	if (!sn->nr_keys || age >= life) {
		sn->keys[1] = sn->keys[0];
		get_random_bytes(&sn->keys[0], sizeof(sn->keys[0]));
		sn->nr_keys = sn->nr_keys && age < 2 * life ? 2 : 1;
		sn->keys_since = seconds();
	}
	n = sn->nr_keys;
	memcpy(keys, sn->keys, sizeof(sn->keys));
	spin_unlock_bh(&sn->key_lock);
	return n;
}

static unsigned int keys_of(struct ferry_net *fn, struct ferry_firstq *fq,
			    siphash_key_t *keys)
{
	unsigned int n = 0;

	if (fq) {
		spin_lock_bh(&fq->lock);
		n = fq->nr_keys;
		memcpy(keys, fq->keys, sizeof(fq->keys));
		spin_unlock_bh(&fq->lock);
	}
	return n ?: net_keys(fn, keys);
}

unsigned int ferry_firstq_get_keys(struct sock *sk, u8 *keys)
{
	struct ferry_firstq *fq = ferry_firstq_get(sk);
	siphash_key_t raw[2];
	unsigned int i, n;

	n = keys_of(ferry_sock_net(sk), fq, raw);
	ferry_firstq_put(fq);
	for (i = 0; i < n; i++)
		key_to_bytes(&raw[i], keys + i * FERRY_FIRST_KEY_LEN);
	memzero_explicit(raw, sizeof(raw));
	return n;
}

/* ---- cookies ---- */

static u64 cookie_hash(const siphash_key_t *key, const struct ferry_tuple *tuple)
{
	struct {
		struct in6_addr client, server;
	} __aligned(8) who = { .client = tuple->raddr, .server = tuple->laddr };

	return siphash(&who, sizeof(who), key);
}

void ferry_cookie_make(struct ferry_net *fn, struct ferry_firstq *fq,
		       const struct ferry_tuple *tuple, u8 *cookie)
{
	siphash_key_t keys[2];

	keys_of(fn, fq, keys);
	put_le64(cookie_hash(&keys[0], tuple), cookie);
}

enum ferry_cookie_verdict ferry_cookie_check(struct ferry_net *fn, struct ferry_firstq *fq,
					     const struct ferry_packet *p)
{
	siphash_key_t keys[2];
	unsigned int n;
	u64 shown;

	if (p->rx.cookie_len != FERRY_COOKIE_LEN)
		return FERRY_COOKIE_BAD;
	shown = get_le64(p->rx.cookie);
	n = keys_of(fn, fq, keys);
	if (shown == cookie_hash(&keys[0], p->tuple))
		return FERRY_COOKIE_GOOD;
	if (n > 1 && shown == cookie_hash(&keys[1], p->tuple))
		return FERRY_COOKIE_AGED;
	return FERRY_COOKIE_BAD;
}

/* ---- replays ---- */

/* What is hashed of a packet; no holes */
struct who {
	struct in6_addr	laddr, raddr;
	__be16		lport, rport;
	u32		irs;
	u32		iss;
	u32		second;
} __aligned(8);

static struct who who_is(const struct ferry_tuple *tuple, u32 irs)
{
	return (struct who) {
		.laddr = tuple->laddr,
		.raddr = tuple->raddr,
		.lport = tuple->lport,
		.rport = tuple->rport,
		.irs = irs,
	};
}

/*
 * Each place holds half of a hash and when it was taken. Newer ones push out
 * older ones: what the table forgets may be delivered twice (protocol.rst).
 */
bool ferry_cookie_replayed(const struct ferry_packet *p)
{
	struct ferry_stream_net *sn = p->fn->stream;
	struct who who = who_is(p->tuple, p->rx.seq);
	u64 hash = siphash(&who, sizeof(who), &sn->secret), old;
	u32 now = seconds();
	atomic64_t *table;

	/* Pairs with cmpxchg() in make_replays() */
	table = smp_load_acquire(&sn->replays);
	if (!table)
		return false;
	old = atomic64_xchg(&table[hash % FERRY_REPLAYS], (hash & ~0xffffffffULL) | now);
	return old && old >> 32 == hash >> 32 && now - (u32)old <= REPLAY_LIFE;
}

/* ---- tickets ---- */

static u64 seal(const struct ferry_net *fn, const struct ferry_tuple *tuple,
		const struct fsp_request *req, const u8 *body, u64 second)
{
	struct {
		struct who	who;
		u8		body[ALIGN(FSP_TICKET_BODY, 8)];
	} __aligned(8) all = { .who = who_is(tuple, req->irs) };

	all.who.iss = req->iss;
	all.who.second = second;
	memcpy(all.body, body, FSP_TICKET_BODY);
	return siphash(&all, sizeof(all), &fn->stream->secret);
}

void ferry_ticket_make(struct ferry_net *fn, const struct ferry_tuple *tuple,
		       const struct fsp_request *req, u8 *ticket)
{
	u64 now = seconds();

	fsp_request_pack(req, now, ticket);
	put_le64(seal(fn, tuple, req, ticket, now), ticket + FSP_TICKET_BODY);
}

bool ferry_ticket_open(const struct ferry_packet *p, struct fsp_request *req,
		       u32 rcv_wnd, u16 opt_mss)
{
	const u8 *ticket = p->rx.ticket;
	u64 now = seconds();
	u8 age;

	if (p->rx.ticket_len != FERRY_TICKET_LEN ||
	    !fsp_request_unpack(req, ticket, &p->rx, rcv_wnd, opt_mss))
		return false;
	age = now - fsp_ticket_second(ticket);
	return age <= TICKET_LIFE &&
	       get_le64(ticket + FSP_TICKET_BODY) ==
	       seal(p->fn, p->tuple, req, ticket, now - age);
}

/* Has the listener given any out that may still be good? */
bool ferry_ticket_fresh(const struct sock *sk)
{
	u64 at = READ_ONCE(ferry_stream_sk(sk)->listens->ticket_at);

	return at && seconds() - at <= TICKET_LIFE;
}

/* ---- namespaces ---- */

void ferry_cookie_net_init(struct ferry_stream_net *sn)
{
	int i;

	spin_lock_init(&sn->key_lock);
	get_random_bytes(&sn->secret, sizeof(sn->secret));
	spin_lock_init(&sn->cookie_lock);
	for (i = 0; i < FERRY_COOKIE_BUCKETS; i++)
		INIT_HLIST_HEAD(&sn->cookies[i]);
	INIT_LIST_HEAD(&sn->cookie_lru);
}

void ferry_cookie_net_uninit(struct ferry_stream_net *sn)
{
	ferry_cache_flush(sn);
	kvfree(sn->replays);
}
