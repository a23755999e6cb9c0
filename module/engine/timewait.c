// SPDX-License-Identifier: GPL-2.0-only
/* TIME_WAIT: RFC 9293 section 3.10.7.4 and 3.6.1, RFC 1337 */
#include "internal.h"
#include "timewait.h"

/* A window without scaling: an ISS beyond this is in no window a late packet named. */
#define ISS_MARGIN	65536

/*
 * Old packets have numbers up to so far behind the last one. Half a turn behind is
 * ahead: such a connection has outrun the clock of RFC 9293 section 3.4.1, and only
 * time helps.
 */
#define MOVED_MAX	0x80000000U

static u32 moved(const struct fsp_conn *c)
{
	u64 sent = max_t(s64, fsp_snd_off(c, c->snd_nxt), 0);

	return min_t(u64, max(sent, c->rcv_off) + c->work->old_moved, U32_MAX);
}

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
		.moved = moved(c),
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
	u32 least = tw->snd_nxt + ISS_MARGIN;

	/* Its low bits, so that who knows the old numbers does not know this one */
	return fsp_after(iss, least) ? iss : least + 1 + (iss & 0xffff);
}

bool fsp_timewait_reusable(const struct fsp_timewait *tw)
{
	return tw->moved < MOVED_MAX;
}

void fsp_timewait_follow(const struct fsp_timewait *tw, struct fsp_conn *c)
{
	c->follows = true;
	c->work->old_rcv_nxt = tw->rcv_nxt;
	c->work->old_moved = tw->moved;
}
