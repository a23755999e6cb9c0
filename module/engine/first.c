// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first flight: bytes in a SYN (RFC 7413's aim), and the tickets by which a
 * full listener has its clients remember for it. Documentation/protocol.rst
 * says why.
 */
#include "internal.h"

/* ---- the client: bytes in the SYN ---- */

void fsp_conn_first(struct fsp_conn *c, const u8 *cookie, u8 len, u16 mss, bool data)
{
	c->work->syn_data = data;
	c->syn_cookie = cookie;
	c->work->cookie_len = cookie ? min_t(u8, len, FSP_COOKIE_MAX) : 0;
	if (c->work->cookie_len)
		memcpy(c->work->cookie, cookie, c->work->cookie_len);
	if (data) {
		c->peer_mss = max_t(u32, mss ? mss : c->default_mss, FSP_MSS_MIN);
		fsp_update_mss(c);
	}
}

/* Options of a SYN with everything in it */
static u32 syn_options(const struct fsp_conn *c)
{
	u32 len = FSP_OPT_MSS_LEN + FSP_OPT_WSCALE_LEN + FSP_OPT_FEATURES_LEN;

	if (c->syn_cookie)
		len += 2 + c->work->cookie_len;
	return (len + 3) & ~3;
}

u32 fsp_conn_first_room(const struct fsp_conn *c)
{
	return c->snd_mss > syn_options(c) ? c->snd_mss - syn_options(c) : 0;
}

/* The SYN's bytes: as much of the first queued segment as one packet holds */
static struct fsp_seg *syn_bytes(struct fsp_conn *c, const struct fsp_tx *tx)
{
	u32 opts = tx->hdr_len - FSP_HDR_MIN;
	struct fsp_seg *seg;

	if (!c->work->syn_data || list_empty(&c->work->sndq) || c->snd_mss <= opts)
		return NULL;
	seg = fsp_list_seg(c->work->sndq.next);
	if (fsp_seg_bytes(seg) > c->snd_mss - opts && !fsp_split(c, seg, c->snd_mss - opts))
		return NULL;
	return fsp_seg_bytes(seg) ? seg : NULL;
}

struct fsp_seg *fsp_first_put(struct fsp_conn *c, struct fsp_tx *tx)
{
	bool first = c->state == FSP_SYN_SENT && !c->work->syn_retries;
	struct fsp_seg *seg = NULL;

	/* A SYN sent again is a bare one: the path may not like the other. */
	if (c->syn_cookie && (first || c->passive)) {
		tx->opts |= FSP_HAS_COOKIE;
		tx->cookie = c->work->cookie;
		tx->cookie_len = c->work->cookie_len;
	}
	fsp_tx_measure(tx);
	if (first)
		seg = syn_bytes(c, tx);
	if (seg) {
		tx->len = fsp_seg_bytes(seg);
		tx->mss = tx->len;
	}
	return seg;
}

void fsp_first_sent(struct fsp_conn *c, struct fsp_seg *seg, u64 now)
{
	u32 bytes = fsp_seg_bytes(seg);

	c->first = FSP_FIRST_SENT;
	c->work->first_tx_time = now;
	c->work->delivered_time = now;
	c->last_send = now;
	seg->serial = c->work->ctl_serial;
	fsp_rate_sent(c, seg, now);
	list_del(fsp_seg_list(seg));
	fsp_segq_insert_tail(&c->work->rtxq, seg);
	list_add_tail(fsp_seg_tlist(seg), &c->work->tx_order);
	c->snd_nxt = seg->end_seq;
	c->bytes_sent += bytes;
	c->data_segs_out++;
	fsp_host_count(c, FSP_COUNT_OUT_BYTES, bytes);
}

/* The peer took the SYN alone: as if the bytes had never been sent. */
static void unsend(struct fsp_conn *c)
{
	struct fsp_seg *seg;

	while ((seg = fsp_segq_last(&c->work->rtxq))) {
		list_del_init(fsp_seg_tlist(seg));
		fsp_segq_erase(&c->work->rtxq, seg);
		c->snd_nxt = seg->seq;
		c->bytes_sent -= fsp_seg_bytes(seg);
		seg->state = 0;
		list_add(fsp_seg_list(seg), &c->work->sndq);
	}
	c->work->sacked_out = 0;
	c->work->lost_out = 0;
	c->work->retrans_out = 0;
}

void fsp_first_settle(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	if (fsp_after(rx->ack, c->snd_una))
		fsp_ack_rx(c, rx, now);
	if (c->passive) {
		if (c->work->rtxq.count) {
			fsp_rto_arm(c, now);
			fsp_tlp_arm(c, now);
		}
	} else if (c->work->rtxq.count) {
		unsend(c);
		c->first = c->work->syn_retries ? FSP_FIRST_LOST : FSP_FIRST_REFUSED;
	} else {
		c->first = FSP_FIRST_TAKEN;
	}
}

void fsp_first_keep(struct fsp_conn *c, const struct fsp_rx *rx)
{
	if (!(rx->flags & FSP_ACK))
		return;
	if (rx->opts & FSP_HAS_COOKIE && rx->cookie_len) {
		memcpy(c->work->cookie, rx->cookie, rx->cookie_len);
		c->work->cookie_len = rx->cookie_len;
		c->work->cookie_new = true;
	}
	if (rx->opts & FSP_HAS_TICKET) {
		memcpy(c->work->ticket, rx->ticket, rx->ticket_len);
		c->work->ticket_len = rx->ticket_len;
	}
}

/* ---- the client of a full listener ---- */

/*
 * Until it answers the listener may know nothing of us: say it again. Where
 * bytes are in flight the RTO does so as well, to no harm.
 */
void fsp_ticket_arm(struct fsp_conn *c, u64 now)
{
	if (c->work->ticket_len && c->work->ticket_tries < c->cfg.syn_retries)
		fsp_timer_arm(c, FSP_TIMER_CONFIRM,
			      now + min(c->cfg.rto_init << min_t(u8, c->work->ticket_tries, 16),
					c->cfg.rto_max));
}

void fsp_ticket_timeout(struct fsp_conn *c, u64 now)
{
	if (!c->work->ticket_len)
		return;
	c->work->ticket_tries++;
	fsp_send_ack(c, now);
	fsp_ticket_arm(c, now);
}

void fsp_ticket_confirmed(struct fsp_conn *c)
{
	c->work->ticket_len = 0;
	fsp_timer_stop(c, FSP_TIMER_CONFIRM);
}
