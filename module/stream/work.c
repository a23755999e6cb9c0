// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a stream has beside its socket while it is at work, and how it is given back
 * when it idles: most of the connections of a busy host do, and of each end it is a
 * third of the memory.
 *
 * It comes with the handshake and goes a second after the last packet; a timer that ran
 * out has a look (ferry_stream_look()), as each end that ever did anything has one
 * armed. Whatever happens next gets a new one, or fails as it would for want of any
 * other memory: a packet is dropped, a writer waits.
 *
 * Under the socket lock; who reads numbers without it holds rcu_read_lock(), and may
 * see another connection's.
 */
#include <linux/slab.h>

#include "engine/host.h"
#include "stream/internal.h"

/* Before that nobody idles: also when most acknowledgments are due (FSP_TIMER_DELACK) */
#define FIRST_LOOK	(40 * NSEC_PER_MSEC)
/* Something waits, a reader who does not read for one. That may take long. */
#define LATER_LOOK	(10 * NSEC_PER_SEC)

static struct kmem_cache *cache;

struct fsp_work *fsp_host_get_work(struct fsp_conn *c, u64 now)
{
	struct sock *sk = ferry_conn_sk(c);
	gfp_t gfp = in_softirq() ? GFP_ATOMIC : sk->sk_allocation;
	struct ferry_stream_work *w;

	w = kmem_cache_alloc(cache, gfp | __GFP_NOWARN);
	if (!w)
		return NULL;
	if (c->state != FSP_CLOSED)
		ferry_stat_inc(ferry_sock_net(sk), FERRY_STAT_STREAM_WOKEN);
	w->sk = sk;
	ferry_stream_precise_init(w);
	if (now + FIRST_LOOK < ferry_stream_sk(sk)->timer_at)
		ferry_stream_timer_look(sk, now + FIRST_LOOK);
	return &w->work;
}

/* Its timer is not armed, and not running. */
void fsp_host_put_work(struct fsp_conn *c, struct fsp_work *work)
{
	kmem_cache_free(cache, container_of(work, struct ferry_stream_work, work));
}

/* A timer that runs waits for the lock, and would look: sk_destruct has it, then. */
void ferry_stream_work_end(struct sock *sk)
{
	if (ferry_stream_timer_stop(sk))
		fsp_conn_uninit(&ferry_stream_sk(sk)->conn);
}

void ferry_stream_look(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	u64 now, at;

	if (!((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) ||
	    !fsp_conn_awake(&ss->conn))
		return;
	now = ferry_stream_now();
	at = ss->inq ? U64_MAX : fsp_conn_rest_at(&ss->conn, now);
	if (at == now && ferry_stream_timer_stop(sk)) {
		fsp_conn_rest(&ss->conn);
		ferry_stat_inc(ferry_sock_net(sk), FERRY_STAT_STREAM_RESTED);
		ferry_stream_timer_arm(sk);
		return;
	}
	if (at <= now || at == U64_MAX)
		at = now + LATER_LOOK;
	ferry_stream_timer_look(sk, min(at, fsp_conn_next_of(&ss->conn, FSP_ROUGH)));
}

int ferry_stream_work_init(void)
{
	cache = kmem_cache_create("FERRY-STREAM-work", sizeof(struct ferry_stream_work), 0,
				  SLAB_TYPESAFE_BY_RCU | SLAB_ACCOUNT, NULL);
	return cache ? 0 : -ENOMEM;
}

void ferry_stream_work_uninit(void)
{
	kmem_cache_destroy(cache);
}
