// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small queues: a socket hands the layers below no more than they need to keep
 * busy, and is called when a packet has left. Each CPU has a list of sockets
 * that wait for that; a tasklet pushes them, as a packet may be freed in any
 * context and while its own socket is locked.
 */
#include <linux/interrupt.h>

#include "engine/host.h"
#include "stream/internal.h"

/* Below the socket at most, whatever the rate; and at least two super-packets */
#define QUEUE_MAX	(1024 * 1024)

struct push_queue {
	struct list_head	socks;
	struct tasklet_struct	tasklet;
};

static DEFINE_PER_CPU(struct push_queue, push_queues);

static u32 queue_limit(struct sock *sk)
{
	const struct fsp_conn *c = &ferry_stream_sk(sk)->conn;
	u32 least = 2 * SKB_TRUESIZE(ferry_stream_seg_goal(sk));
	u64 rate = fsp_pace_rate(c);

	if (!rate)
		rate = c->srtt ? div64_u64(2ULL * c->cwnd * NSEC_PER_SEC, c->srtt) : 0;
	return clamp_t(u64, rate >> READ_ONCE(sk->sk_pacing_shift), least,
		       max_t(u32, QUEUE_MAX, least));
}

bool fsp_host_may_send(struct fsp_conn *c)
{
	struct sock *sk = ferry_conn_sk(c);
	u32 limit;

	if (refcount_read(&sk->sk_wmem_alloc) == 1)
		return true;	/* nothing is below */
	limit = queue_limit(sk);
	if (likely(refcount_read(&sk->sk_wmem_alloc) <= limit))
		return true;
	set_bit(FERRY_DEFER_THROTTLED, &ferry_stream_sk(sk)->deferred);
	/* The last packet may have left before it could see the bit. */
	smp_mb__after_atomic();
	return refcount_read(&sk->sk_wmem_alloc) <= limit;
}

/* Called where a packet of the socket leaves; keeps its last unit of sk_wmem_alloc */
static bool enqueue(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct push_queue *q;
	unsigned long flags;

	if (!test_bit(FERRY_DEFER_THROTTLED, &ss->deferred) ||
	    test_and_set_bit(FERRY_DEFER_QUEUED, &ss->deferred))
		return false;
	clear_bit(FERRY_DEFER_THROTTLED, &ss->deferred);
	local_irq_save(flags);
	q = this_cpu_ptr(&push_queues);
	list_add(&ss->push_node, &q->socks);
	tasklet_schedule(&q->tasklet);
	local_irq_restore(flags);
	return true;
}

/*
 * sk_wmem_alloc keeps the socket's memory: all but one unit of the packet's is
 * given back, the last one by sk_free().
 */
void ferry_stream_wfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	WARN_ON_ONCE(refcount_sub_and_test(skb->truesize - 1, &sk->sk_wmem_alloc));
	if (!enqueue(sk))
		sk_free(sk);
}

void ferry_stream_push(struct sock *sk)
{
	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		return;
	fsp_conn_push(&ferry_stream_sk(sk)->conn, 0, ferry_stream_now());
	ferry_stream_after(sk);
}

void ferry_stream_resume(struct sock *sk)
{
	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		return;
	fsp_conn_resume(&ferry_stream_sk(sk)->conn, ferry_stream_now());
	ferry_stream_after(sk);
}

static void push(struct sock *sk)
{
	bh_lock_sock(sk);
	if (sock_owned_by_user(sk))
		set_bit(FERRY_DEFER_PUSH, &ferry_stream_sk(sk)->deferred);
	else
		ferry_stream_resume(sk);
	bh_unlock_sock(sk);
}

static void drain(struct tasklet_struct *tasklet)
{
	struct push_queue *q = from_tasklet(q, tasklet, tasklet);
	struct ferry_stream_sock *ss, *next;
	LIST_HEAD(socks);

	local_irq_disable();
	list_splice_init(&q->socks, &socks);
	local_irq_enable();
	list_for_each_entry_safe(ss, next, &socks, push_node) {
		list_del(&ss->push_node);
		/* From here on it may be queued again, on any CPU. */
		smp_mb__before_atomic();
		clear_bit(FERRY_DEFER_QUEUED, &ss->deferred);
		push(&ss->fs.inet.sk);
		sk_free(&ss->fs.inet.sk);
	}
}

int ferry_stream_push_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct push_queue *q = per_cpu_ptr(&push_queues, cpu);

		INIT_LIST_HEAD(&q->socks);
		tasklet_setup(&q->tasklet, drain);
	}
	return 0;
}

/* No socket is left; a tasklet may still be about to return. */
void ferry_stream_push_uninit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu_ptr(&push_queues, cpu)->tasklet);
}
