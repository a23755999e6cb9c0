// SPDX-License-Identifier: GPL-2.0-only
/* TIME_WAIT: RFC 9293 section 3.10.7.4 and 3.6.1, RFC 1337 */
#include "internal.h"
#include "timewait.h"

void fsp_timewait_init(struct fsp_timewait *tw, const struct fsp_conn *c)
{
	*tw = (struct fsp_timewait) {
		.snd_nxt = c->snd_nxt,
		.rcv_nxt = c->rcv_nxt,
		.rcv_wnd = c->rcv_wnd,
		.window = min(c->rcv_wnd >> c->rcv_wscale, 0xffffU),
		.serial = c->serial,
		.seq_epoch = fsp_epoch(fsp_snd_off(c, c->snd_nxt)),
		.ack_epoch = fsp_epoch(c->rcv_off),
	};
}

enum fsp_timewait_verdict fsp_timewait_rx(struct fsp_timewait *tw, const struct fsp_rx *rx)
{
	/* A guessed reset may not cut TIME_WAIT short (RFC 1337, 5961 section 3). */
	if (rx->flags & FSP_RST)
		return rx->seq == tw->rcv_nxt ? FSP_TW_KILL : FSP_TW_DROP;
	if ((rx->flags & FSP_SYN) && !(rx->flags & FSP_ACK))
		/* RFC 9293 MAY-2: numbers beyond all that the old one used */
		return fsp_after(rx->seq, tw->rcv_nxt) ? FSP_TW_REOPEN : FSP_TW_ACK;
	if (!(rx->flags & FSP_ACK))
		return FSP_TW_DROP;
	if ((rx->flags & FSP_FIN) && fsp_rx_end(rx) == tw->rcv_nxt)
		return FSP_TW_RESTART;
	/* An empty one in order is the peer's last ACK: nothing to say. */
	if (!rx->len && rx->seq == tw->rcv_nxt)
		return FSP_TW_DROP;
	return FSP_TW_ACK;
}

void fsp_timewait_ack(struct fsp_timewait *tw, const struct fsp_rx *rx, struct fsp_tx *tx)
{
	*tx = (struct fsp_tx) {
		.seq = tw->snd_nxt,
		.ack = tw->rcv_nxt,
		.flags = FSP_ACK,
		.window = tw->window,
		.serial = tw->serial,
		.seq_epoch = tw->seq_epoch,
		.ack_epoch = tw->ack_epoch,
		.opts = tw->seq_epoch | tw->ack_epoch ? FSP_HAS_EPOCH : 0,
	};
	if (rx->len || (rx->flags & FSP_FIN)) {
		tx->opts |= FSP_HAS_ECHO;
		tx->echo = rx->serial;
	}
	fsp_tx_measure(tx);
}

u32 fsp_timewait_next_iss(const struct fsp_timewait *tw, u32 iss)
{
	return fsp_after(iss, tw->snd_nxt) ? iss : tw->snd_nxt + 65535 + 2;
}
