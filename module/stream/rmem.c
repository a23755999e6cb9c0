// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of what was received: who may keep a segment, and how large a window
 * the buffer is good for.
 *
 * The window is counted in bytes, the buffer in memory; ss->scaling_ratio turns
 * one into the other. A sender of tiny segments could make the one exceed
 * the other by far: in-order segments that waste memory are copied together, so
 * that every byte offered has its place. Only the order of bytes out of order
 * cannot be relied on: they are refused earlier and can be sent again.
 */
#include "engine/host.h"
#include "stream/internal.h"

#define RATIO_SHIFT	8
#define RATIO_INIT	(1 << (RATIO_SHIFT - 1))
/* More would leave no room for the overhead of packed segments. */
#define RATIO_MAX	(27 << (RATIO_SHIFT - 5))
#define RATIO_MIN	(1 << (RATIO_SHIFT - 4))

/* A segment is wasteful whose memory is more than this many times its bytes. */
#define WASTE		4
/* Window under memory pressure, in segments */
#define PRESSED_SEGS	4
/* Linear room of a sk_buff others are packed into */
#define PACK_ROOM	SKB_WITH_OVERHEAD(PAGE_SIZE - NET_SKB_PAD)

void ferry_stream_rmem_init(struct sock *sk)
{
	ferry_stream_sk(sk)->scaling_ratio = RATIO_INIT;
}

static u32 to_window(const struct sock *sk, int space)
{
	if (space <= 0)
		return 0;
	return (u64)space * ferry_stream_sk(sk)->scaling_ratio >> RATIO_SHIFT;
}

/*
 * Under memory pressure a window is not opened any further than it takes to
 * keep a connection alive. What was offered stays offered: window.c.
 */
u32 fsp_host_rcv_space(struct fsp_conn *c)
{
	struct sock *sk = ferry_conn_sk(c);
	u32 space = to_window(sk, READ_ONCE(sk->sk_rcvbuf) -
			      atomic_read(&sk->sk_rmem_alloc) -
			      READ_ONCE(sk->sk_backlog.len));

	if (unlikely(sk_under_memory_pressure(sk)))
		space = min_t(u32, space, PRESSED_SEGS * c->rcv_mss);
	return space;
}

u32 fsp_host_rcv_full_space(struct fsp_conn *c)
{
	struct sock *sk = ferry_conn_sk(c);

	return to_window(sk, READ_ONCE(sk->sk_rcvbuf));
}

bool fsp_host_reader_told(struct fsp_conn *c)
{
	return ferry_stream_readable(ferry_conn_sk(c));
}

/* What the first window of a listener's child may be */
u32 ferry_stream_first_window(const struct sock *sk)
{
	return to_window(sk, READ_ONCE(sk->sk_rcvbuf));
}

u32 ferry_stream_most_window(const struct sock *sk)
{
	u32 most = READ_ONCE(sk->sk_rcvbuf);

	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK))
		most = max_t(u32, most,
			     READ_ONCE(ferry_sock_net(sk)->sysctl.stream_rmem[2]));
	return (u64)most * RATIO_MAX >> RATIO_SHIFT;
}

u8 ferry_stream_wscale(const struct sock *sk)
{
	u32 most = ferry_stream_most_window(sk);
	u8 scale = 0;

	while (scale < FSP_WSCALE_MAX && (0xffffU << scale) < most)
		scale++;
	return scale;
}

/*
 * Learn from segments that are as large as this peer and device make them: at
 * once where they make good use of memory, slowly where some do not.
 */
static void learn_ratio(struct ferry_stream_sock *ss, const struct sk_buff *skb)
{
	u32 ratio;

	if (skb->len < ss->conn.rcv_mss || !skb->len)
		return;
	ratio = ((u64)skb->len << RATIO_SHIFT) / skb->truesize;
	ratio = clamp_t(u32, ratio, RATIO_MIN, RATIO_MAX);
	if (ratio > ss->scaling_ratio)
		ss->scaling_ratio = (ss->scaling_ratio + ratio + 1) / 2;
	else
		ss->scaling_ratio = (ss->scaling_ratio * 7 + ratio) / 8;
}

static bool wasteful(const struct sk_buff *skb)
{
	return skb->truesize > WASTE * skb->len;
}

/* Worth to be copied where memory has run out */
static bool collapsible(const struct sk_buff *skb)
{
	return skb->len <= PACK_ROOM / 2 && skb->truesize > skb->len + skb->len / 2;
}

/* Received segments are charged to the socket from admission to their end. */
static bool charge(struct sock *sk, struct sk_buff *skb, bool must)
{
	if (!sk_rmem_schedule(sk, skb, skb->truesize) && !must) {
		ferry_stream_sk(sk)->no_memory = true;
		return false;
	}
	skb_set_owner_r(skb, sk);
	return true;
}

/* The memory of @skb changed by @delta: tell the accounting. */
static void recharge(struct sock *sk, int delta)
{
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
}

static struct sk_buff *new_pack(struct sock *sk, const struct sk_buff *first)
{
	struct sk_buff *pack = alloc_skb(PACK_ROOM, GFP_ATOMIC | __GFP_NOWARN);

	if (!pack)
		return NULL;
	*ferry_skb_seg(pack) = *ferry_skb_seg(first);
	pack->tstamp = first->tstamp;
	skb_set_owner_r(pack, sk);
	return pack;
}

/* Append all of @skb to the linear room of @pack, if it fits; @skb is kept. */
static bool pack_into(struct sk_buff *pack, const struct sk_buff *skb)
{
	if (skb_is_nonlinear(pack) || skb_cloned(pack) ||
	    skb_tailroom(pack) < skb->len)
		return false;
	if (skb_copy_bits(skb, 0, skb_put(pack, skb->len), skb->len)) {
		skb_trim(pack, pack->len - skb->len);
		return false;
	}
	ferry_skb_seg(pack)->end_seq = ferry_skb_seg(skb)->end_seq;
	ferry_skb_seg(pack)->flags |= ferry_skb_seg(skb)->flags;
	return true;
}

static void replace(struct sk_buff_head *list, struct sk_buff *old,
		    struct sk_buff *new)
{
	__skb_queue_before(list, old, new);
	__skb_unlink(old, list);
	consume_skb(old);
}

/*
 * Copy runs of wasteful segments in the receive queue together: when the buffer is
 * full while the window it was offered for is not.
 */
static void collapse(struct sock *sk)
{
	struct sk_buff_head *list = &sk->sk_receive_queue;
	struct sk_buff *skb, *next, *pack = NULL;

	skb_queue_walk_safe(list, skb, next) {
		u32 start = ferry_skb_seg(skb)->seq;

		if (!collapsible(skb)) {
			pack = NULL;
			continue;
		}
		if (pack && start == ferry_skb_seg(pack)->end_seq &&
		    pack_into(pack, skb)) {
			__skb_unlink(skb, list);
			consume_skb(skb);
			continue;
		}
		pack = new_pack(sk, skb);
		if (!pack)
			return;
		if (!pack_into(pack, skb)) {
			kfree_skb(pack);
			pack = NULL;
			continue;
		}
		replace(list, skb, pack);
	}
}

static bool full(const struct sock *sk, int extra)
{
	return atomic_read(&sk->sk_rmem_alloc) + extra > READ_ONCE(sk->sk_rcvbuf);
}

/* What cannot be read yet is the first to go without memory. */
static bool admit_ofo(struct sock *sk, struct sk_buff *skb)
{
	if (full(sk, skb->truesize + (sk->sk_rcvbuf >> 3)))
		return false;
	if (sk_under_memory_pressure(sk) &&
	    full(sk, sk->sk_rcvbuf - (sk->sk_rcvbuf >> 3))) {
		ferry_stream_sk(sk)->no_memory = true;
		return false;
	}
	return charge(sk, skb, false);
}

/*
 * In order: one segment may go beyond the buffer, as the window was offered for
 * its bytes and not for its memory; and a reader who has nothing at all gets
 * something even if all sockets together have used their memory up.
 */
bool fsp_host_admit(struct fsp_conn *c, struct fsp_seg *seg, bool in_order)
{
	struct sk_buff *skb = ferry_seg_skb(seg);
	struct sock *sk = ferry_conn_sk(c);

	if (!in_order)
		return admit_ofo(sk, skb);
	if (full(sk, 0))
		collapse(sk);
	if (full(sk, 0))
		return false;
	return charge(sk, skb, skb_queue_empty(&sk->sk_receive_queue));
}

/* @from's fragments go to @to; @from is freed. Both are charged. */
static bool coalesce(struct sock *sk, struct sk_buff *to, struct sk_buff *from)
{
	bool stolen;
	int delta;

	if (!skb_try_coalesce(to, from, &stolen, &delta))
		return false;
	recharge(sk, delta);
	ferry_skb_seg(to)->end_seq = ferry_skb_seg(from)->end_seq;
	ferry_skb_seg(to)->flags |= ferry_skb_seg(from)->flags;
	kfree_skb_partial(from, stolen);
	return true;
}

bool fsp_host_merge(struct fsp_conn *c, struct fsp_seg *to, struct fsp_seg *from)
{
	return coalesce(ferry_conn_sk(c), ferry_seg_skb(to), ferry_seg_skb(from));
}

void fsp_host_free_rx(struct fsp_conn *c, struct fsp_seg *seg)
{
	kfree_skb(ferry_seg_skb(seg));
}

static bool append(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);

	if (!tail || ferry_skb_seg(tail)->end_seq != ferry_skb_seg(skb)->seq)
		return false;
	if (wasteful(skb) && pack_into(tail, skb)) {
		consume_skb(skb);
		return true;
	}
	return coalesce(sk, tail, skb);
}

void fsp_host_deliver(struct fsp_conn *c, struct fsp_seg *seg)
{
	struct ferry_stream_sock *ss = container_of(c, struct ferry_stream_sock, conn);
	struct sk_buff *skb = ferry_seg_skb(seg);
	struct sock *sk = ferry_conn_sk(c);
	u32 seen = c->rcv_nxt - seg->seq;

	/* Shares memory with the tree it may come from */
	skb->dev = NULL;
	if (WARN_ON_ONCE((s32)seen < 0) || seen >= skb->len) {
		kfree_skb(skb);
		return;
	}
	learn_ratio(ss, skb);
	ferry_stat_add(ferry_sock_net(sk), FERRY_STAT_STREAM_IN_BYTES, skb->len - seen);
	WRITE_ONCE(ss->inq, ss->inq + skb->len - seen);
	if (!append(sk, skb))
		__skb_queue_tail(&sk->sk_receive_queue, skb);
}

void ferry_stream_eat(struct sock *sk, struct sk_buff *skb)
{
	__skb_unlink(skb, &sk->sk_receive_queue);
	/* A reader may keep it for its time stamp. */
	consume_skb(skb);
}

static void grow_rcvbuf(struct sock *sk, u64 now)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	int most = READ_ONCE(ferry_sock_net(sk)->sysctl.stream_rmem[2]);
	u64 want = fsp_conn_want_rcvbuf(&ss->conn, ss->copied_seq, now);

	if (!want || sk->sk_userlocks & SOCK_RCVBUF_LOCK || sk_under_memory_pressure(sk))
		return;
	want = min_t(u64, div_u64(want << RATIO_SHIFT, ss->scaling_ratio), most);
	if (want > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, want);
}

void ferry_stream_read_done(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	u64 now = ferry_stream_now();

	grow_rcvbuf(sk, now);
	if (sk->sk_state == TCP_CLOSE)
		return;
	fsp_conn_read(&ss->conn, now);
	ferry_stream_after(sk);
}
