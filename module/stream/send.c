// SPDX-License-Identifier: GPL-2.0-only
/* Packets that no connected socket sends: SYN-ACKs, resets, TIME_WAIT's answers. */
#include "ip/ip.h"
#include "stream/internal.h"

int ferry_stream_send(struct ferry_net *fn, const struct sock *sk,
		      const struct ferry_tuple *tuple, struct fsp_tx *tx,
		      u32 mark, u8 tclass, struct ferry_ip_way *way)
{
	u32 room = ferry_stream_headroom(tx);
	struct fsp_hdr *hdr;
	struct sk_buff *skb;

	skb = alloc_skb(room, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb) {
		ferry_stat_inc(fn, FERRY_STAT_IP_OUT_NOMEM);
		return -ENOMEM;
	}
	skb_reserve(skb, room - tx->hdr_len);
	hdr = skb_put(skb, tx->hdr_len);
	skb_reset_transport_header(skb);
	fsp_hdr_build(tx, (u8 *)hdr);
	hdr->sport = tuple->lport;
	hdr->dport = tuple->rport;
	ferry_stat_inc(fn, FERRY_STAT_STREAM_OUT_SEGS);
	return ferry_ip_send(fn, FERRY_STREAM, sk, tuple, skb, mark, tclass, way);
}

void ferry_stream_send_reset(struct ferry_packet *p)
{
	struct ferry_tuple to;
	struct fsp_tx tx = {};

	if (!ferry_bucket_take(&p->fn->stream->resets,
			       READ_ONCE(p->fn->sysctl.stream_rst_limit)))
		return;
	fsp_reset_for(&p->rx, &tx);
	fsp_tx_measure(&tx);
	ferry_stat_inc(p->fn, FERRY_STAT_STREAM_OUT_RSTS);
	/* forced out where it came in it would be lost where routes are not symmetric */
	ferry_ip_reply_tuple(p->fn, p->skb, &to);
	ferry_stream_send(p->fn, NULL, &to, &tx,
			  ferry_ip_reply_mark(p->fn, p->skb), ferry_ip_tclass(p->skb),
			  NULL);
}
