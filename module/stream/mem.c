// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of what is to be sent: carriers, their sizes and who pays for them.
 *
 * A carrier has no linear data but room for headers; its payload is in page
 * fragments. The first tx_skip() bytes of it may have been acknowledged already:
 * fragments shared with a clone on its way down cannot be given back.
 */
#include "compat/frag.h"
#include "engine/host.h"
#include "stream/internal.h"
#include "stream/tx.h"

u32 ferry_stream_wmem(struct sock *sk, u32 bytes)
{
	if (sk_wmem_schedule(sk, bytes))
		return bytes;
	if (sk->sk_wmem_queued >= SOCK_MIN_SNDBUF)
		return 0;
	return min_t(u32, bytes, SOCK_MIN_SNDBUF);
}

struct sk_buff *ferry_stream_alloc_tx(struct sock *sk, gfp_t gfp)
{
	struct sk_buff *skb;

	skb = alloc_skb_fclone(FERRY_STREAM_HEADROOM, gfp);
	if (!skb)
		goto short_of_memory;
	if (!ferry_stream_wmem(sk, skb->truesize)) {
		__kfree_skb(skb);
		goto short_of_memory;
	}
	ferry_tx_own(sk, skb);
	return skb;

short_of_memory:
	sk->sk_prot->enter_memory_pressure(sk);
	sk_stream_moderate_sndbuf(sk);
	return NULL;
}

void ferry_tx_own(struct sock *sk, struct sk_buff *skb)
{
	skb_reserve(skb, FERRY_STREAM_HEADROOM);
	ferry_tx_init(skb);
	ferry_tx_cb(skb)->skip = 0;
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
}

void ferry_stream_charge_tx(struct sock *sk, struct sk_buff *skb, u32 bytes)
{
	skb->len += bytes;
	skb->data_len += bytes;
	skb->truesize += bytes;
	sk_wmem_queued_add(sk, bytes);
	sk_mem_charge(sk, bytes);
}

/* A carrier's truesize changed by @delta without the accounting being told. */
static void adjust(struct sock *sk, int delta)
{
	sk_wmem_queued_add(sk, delta);
	if (delta > 0)
		sk_mem_charge(sk, delta);
	else
		sk_mem_uncharge(sk, -delta);
}

void ferry_stream_free_tx(struct sock *sk, struct sk_buff *skb)
{
	adjust(sk, -(int)skb->truesize);
	ferry_tx_free(skb);
}

void fsp_host_free_tx(struct fsp_conn *c, struct fsp_seg *seg)
{
	ferry_stream_free_tx(ferry_conn_sk(c), ferry_seg_skb(seg));
}

void ferry_tx_window(struct sk_buff *skb, u32 off, u32 len)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	int i, kept = 0;

	for (i = 0; i < shinfo->nr_frags; i++) {
		skb_frag_t *frag = &shinfo->frags[i];
		u32 size = skb_frag_size(frag);

		if (off >= size || !len) {
			off -= min(off, size);
			skb_frag_unref(skb, i);
			continue;
		}
		skb_frag_off_add(frag, off);
		skb_frag_size_set(frag, min(size - off, len));
		len -= skb_frag_size(frag);
		off = 0;
		shinfo->frags[kept++] = *frag;
	}
	shinfo->nr_frags = kept;
}

/* Only what is not shared with a clone can be given back at once. */
void fsp_host_trim(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes)
{
	struct sk_buff *skb = ferry_seg_skb(seg);
	struct ferry_tx_cb *cb = ferry_tx_cb(skb);
	u32 cut = cb->skip + bytes;

	cb->skip = cut;
	if (skb_cloned(skb) || skb_zcopy(skb) || !bytes)
		return;
	ferry_tx_window(skb, cut, skb->len - cut);
	skb->len -= cut;
	skb->data_len -= cut;
	skb->truesize -= cut;
	adjust(ferry_conn_sk(c), -(int)cut);
	cb->skip = 0;
}

/* A carrier shared with a clone shares the list of its fragments: get an own one. */
static bool unshare(struct sock *sk, struct sk_buff *skb)
{
	unsigned int before = skb->truesize;

	if (skb_unclone(skb, GFP_ATOMIC))
		return false;
	adjust(sk, (int)skb->truesize - (int)before);
	return true;
}

/*
 * May run out of the protocol's memory and not fail for it: what cannot be
 * split cannot be sent, and then nothing would ever be freed.
 */
struct fsp_seg *fsp_host_split(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes)
{
	struct sk_buff *skb = ferry_seg_skb(seg), *rest;
	struct sock *sk = ferry_conn_sk(c);
	u32 moved;

	if (!unshare(sk, skb))
		return NULL;
	rest = alloc_skb_fclone(FERRY_STREAM_HEADROOM, GFP_ATOMIC);
	if (!rest)
		return NULL;
	ferry_tx_own(sk, rest);
	bytes += ferry_tx_cb(skb)->skip;
	moved = skb->len - bytes;
	skb_split(skb, rest, bytes);
	skb->truesize -= moved;
	rest->truesize += moved;
	return ferry_skb_seg(rest);
}

struct fsp_seg *fsp_host_alloc(struct fsp_conn *c)
{
	struct sk_buff *skb = ferry_stream_alloc_tx(ferry_conn_sk(c), GFP_ATOMIC);

	return skb ? ferry_skb_seg(skb) : NULL;
}

/* Charged to the socket, as filters and options are: see net.core.optmem_max */
void *fsp_host_zalloc(struct fsp_conn *c, u32 bytes)
{
	return sock_kmalloc(ferry_conn_sk(c), bytes, GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO);
}

void fsp_host_free(struct fsp_conn *c, void *mem, u32 bytes)
{
	sock_kfree_s(ferry_conn_sk(c), mem, bytes);
}

/* About a millisecond's worth: large enough for speed, small enough to share a link */
static u32 burst(const struct fsp_conn *c, u32 most)
{
	u64 rate = fsp_pace_rate(c);

	if (rate)
		return min(fsp_pace_quantum(c), most);
	if (!c->srtt)
		return most;
	rate = div64_u64(2ULL * c->cwnd * NSEC_PER_SEC, c->srtt);
	return min_t(u64, rate >> 10, most);
}

u32 ferry_stream_seg_goal(const struct sock *sk)
{
	const struct fsp_conn *c = &ferry_stream_sk(sk)->conn;
	u32 mss = max_t(u32, fsp_conn_mss(c), FSP_MSS_MIN);
	u32 most = fsp_conn_goal(c);
	u32 goal = max(burst(c, most), min(2 * mss, most));

	return goal - goal % mss;
}
