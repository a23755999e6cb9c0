// SPDX-License-Identifier: GPL-2.0-only
/* What the engine sends, as sk_buffs. */
#include <net/ip.h>

#include "compat/depart.h"
#include "engine/host.h"
#include "ip/ip.h"
#include "stream/internal.h"
#include "stream/tx.h"

static struct sk_buff *bare_packet(const struct fsp_tx *tx)
{
	u32 room = ferry_stream_headroom(tx);
	struct sk_buff *skb;

	skb = alloc_skb(room + tx->pad, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_reserve(skb, room);
	if (unlikely(tx->pad))
		skb_put_zero(skb, tx->pad);
	return skb;
}

/* Part of a carrier's payload: its fragments without the data in them */
static struct sk_buff *part(struct sk_buff *carrier, u32 off, u32 len)
{
	unsigned long saved = carrier->_skb_refdst;
	struct sk_buff *skb;

	carrier->_skb_refdst = 0;
	skb = pskb_copy(carrier, GFP_ATOMIC | __GFP_NOWARN);
	carrier->_skb_refdst = saved;
	if (!skb)
		return NULL;
	skb->dev = NULL;
	ferry_tx_window(skb, off, len);
	skb->truesize -= skb->len - len;
	skb->len = len;
	skb->data_len = len;
	return skb;
}

static struct sk_buff *data_packet(struct fsp_seg *seg, const struct fsp_tx *tx)
{
	struct sk_buff *carrier = ferry_seg_skb(seg);
	u32 off = ferry_tx_cb(carrier)->skip + fsp_tx_start(tx) - seg->seq;

	if (!off && tx->len == carrier->len)
		return ferry_tx_clone(carrier, GFP_ATOMIC | __GFP_NOWARN);
	if (WARN_ON_ONCE(off + tx->len > carrier->len))
		return NULL;
	return part(carrier, off, tx->len);
}

static void put_header(const struct sock *sk, struct sk_buff *skb,
		       const struct fsp_tx *tx)
{
	struct fsp_hdr *hdr = skb_push(skb, tx->hdr_len);
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	bool super = tx->len > tx->mss;

	skb_reset_transport_header(skb);
	fsp_hdr_build(tx, (u8 *)hdr);
	hdr->sport = inet_sk(sk)->inet_sport;
	hdr->dport = inet_sk(sk)->inet_dport;
	/* Shared with the carrier: may still say how it was sent before */
	shinfo->gso_type = 0;
	shinfo->gso_size = super ? tx->mss : 0;
	shinfo->gso_segs = super ? DIV_ROUND_UP(tx->len, tx->mss) : 0;
}

/* Bytes below the socket are counted in sk_wmem_alloc: see fsp_host_may_send(). */
static void set_owner(struct sock *sk, struct sk_buff *skb)
{
	skb->sk = sk;
	skb->destructor = ferry_stream_wfree;
	refcount_add(skb->truesize, &sk->sk_wmem_alloc);
	skb_set_hash_from_sk(skb, sk);
}

/*
 * What may have changed since the last packet: SO_MAX_PACING_RATE is set without
 * our knowing, and fq tells a socket that it is below when it meets its packets.
 */
static void update_pacing(struct sock *sk, struct fsp_config *cfg)
{
	unsigned long most = READ_ONCE(sk->sk_max_pacing_rate);

	cfg->max_rate = most == ~0UL ? 0 : max(most, 1UL);
	/* Pairs with fq's release when it takes the first packet */
	cfg->pace_below = smp_load_acquire(&sk->sk_pacing_status) == SK_PACING_FQ;
}

int fsp_host_xmit(struct fsp_conn *c, struct fsp_seg *seg, const struct fsp_tx *tx)
{
	struct sock *sk = ferry_conn_sk(c);
	struct ferry_net *fn = ferry_sock_net(sk);
	struct sk_buff *skb;
	int err;

	skb = seg && tx->len ? data_packet(seg, tx) : bare_packet(tx);
	if (unlikely(!skb)) {
		ferry_stat_inc(fn, FERRY_STAT_IP_OUT_NOMEM);
		return -ENOMEM;
	}
	put_header(sk, skb, tx);
	set_owner(sk, skb);
	update_pacing(sk, &c->cfg);
	if (c->cfg.pace_below && tx->depart)
		ferry_set_departure(skb, tx->depart);
	ferry_stat_add(fn, FERRY_STAT_STREAM_OUT_SEGS,
		       max_t(u32, skb_shinfo(skb)->gso_segs, 1));
	err = ferry_ip_xmit(sk, skb, tx->ect);
	if (err == -EMSGSIZE)
		ferry_stream_sk(sk)->path_stale = true;
	return err;
}

static const enum ferry_stat counters[FSP_COUNTS] = {
	[FSP_COUNT_RETRANS_SEGS]	= FERRY_STAT_STREAM_RETRANS_SEGS,
	[FSP_COUNT_RETRANS_BYTES]	= FERRY_STAT_STREAM_RETRANS_BYTES,
	[FSP_COUNT_SPURIOUS]		= FERRY_STAT_STREAM_SPURIOUS,
	[FSP_COUNT_LOST_SEGS]		= FERRY_STAT_STREAM_LOST_SEGS,
	[FSP_COUNT_TIMEOUTS]		= FERRY_STAT_STREAM_TIMEOUTS,
	[FSP_COUNT_FAST_RECOVERY]	= FERRY_STAT_STREAM_FAST_RECOVERY,
	[FSP_COUNT_PROBES]		= FERRY_STAT_STREAM_PROBES,
	[FSP_COUNT_KEEPALIVES]		= FERRY_STAT_STREAM_KEEPALIVES,
	[FSP_COUNT_DELAYED_ACKS]	= FERRY_STAT_STREAM_DELAYED_ACKS,
	[FSP_COUNT_CHALLENGES]		= FERRY_STAT_STREAM_CHALLENGE_ACKS,
	[FSP_COUNT_CHALLENGES_SKIPPED]	= FERRY_STAT_STREAM_CHALLENGE_SKIPPED,
	[FSP_COUNT_OFO_QUEUED]		= FERRY_STAT_STREAM_OFO_QUEUED,
	[FSP_COUNT_OFO_PRUNED]		= FERRY_STAT_STREAM_OFO_PRUNED,
	[FSP_COUNT_RENEGED]		= FERRY_STAT_STREAM_RENEGED,
	[FSP_COUNT_ECN_CE]		= FERRY_STAT_STREAM_ECN_CE,
	[FSP_COUNT_ECN_REDUCED]		= FERRY_STAT_STREAM_ECN_REDUCED,
	[FSP_COUNT_ECN_FAILED]		= FERRY_STAT_STREAM_ECN_FAILED,
	[FSP_COUNT_MTU_PROBE_SENT]	= FERRY_STAT_STREAM_MTU_PROBE_SENT,
	[FSP_COUNT_MTU_PROBE_ACKED]	= FERRY_STAT_STREAM_MTU_PROBE_ACKED,
	[FSP_COUNT_MTU_PROBE_LOST]	= FERRY_STAT_STREAM_MTU_PROBE_LOST,
	[FSP_COUNT_MTU_BLACK_HOLE]	= FERRY_STAT_STREAM_MTU_BLACK_HOLE,
	[FSP_COUNT_OUT_BYTES]		= FERRY_STAT_STREAM_OUT_BYTES,
	[FSP_COUNT_OUT_RSTS]		= FERRY_STAT_STREAM_OUT_RSTS,
	[FSP_COUNT_ATTEMPT_FAILS]	= FERRY_STAT_STREAM_ATTEMPT_FAILS,
	[FSP_COUNT_ESTAB_RESETS]	= FERRY_STAT_STREAM_ESTAB_RESETS,
	[FSP_COUNT_ABORT_ON_TIMEOUT]	= FERRY_STAT_STREAM_ABORT_ON_TIMEOUT,
	[FSP_COUNT_ABORT_ON_DATA]	= FERRY_STAT_STREAM_ABORT_ON_DATA,
};

void fsp_host_count(struct fsp_conn *c, enum fsp_count what, u32 n)
{
	ferry_stat_add(ferry_sock_net(ferry_conn_sk(c)), counters[what], n);
}

bool fsp_host_challenge_ok(struct fsp_conn *c)
{
	struct ferry_net *fn = ferry_sock_net(ferry_conn_sk(c));

	return ferry_bucket_take(&fn->stream->challenges,
				 READ_ONCE(fn->sysctl.stream_challenge_limit));
}
