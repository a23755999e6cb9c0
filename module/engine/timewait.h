/* SPDX-License-Identifier: GPL-2.0-only */
/* TIME_WAIT: what must be remembered of a connection that has ended. */
#ifndef _FSP_TIMEWAIT_H
#define _FSP_TIMEWAIT_H

#include "conn.h"

/**
 * struct fsp_timewait - enough to answer a lost last ACK and to know old packets
 * @snd_nxt: next number we would have sent
 * @rcv_nxt: next number the peer would have
 * @rcv_wnd: window we offered last
 * @window: as in the header
 * @serial: of our next transmission
 * @seq_epoch: of @snd_nxt
 * @ack_epoch: of @rcv_nxt
 * @moved: bytes that went in the busier direction, those of connections this one
 *	followed early included
 */
struct fsp_timewait {
	u32	snd_nxt;
	u32	rcv_nxt;
	u32	rcv_wnd;
	u16	window;
	u16	serial;
	u16	seq_epoch;
	u16	ack_epoch;
	u32	moved;
};

void fsp_timewait_init(struct fsp_timewait *tw, const struct fsp_conn *c);

enum fsp_timewait_verdict {
	FSP_TW_DROP,
	FSP_TW_ACK,		/* answer with fsp_timewait_ack() */
	FSP_TW_RESTART,		/* peer's FIN again: answer and wait 2 MSL again */
	FSP_TW_REOPEN,		/* a SYN that may open the next incarnation */
	FSP_TW_KILL,		/* a valid reset: forget it */
};

enum fsp_timewait_verdict fsp_timewait_rx(struct fsp_timewait *tw, const struct fsp_rx *rx);
void fsp_timewait_ack(struct fsp_timewait *tw, const struct fsp_rx *rx, struct fsp_tx *tx);

/**
 * fsp_timewait_next_iss() - an initial sequence number above all the last
 * incarnation used, with a margin
 * @tw: of that
 * @iss: the one that would be taken otherwise; taken where it will do
 *
 * Return: the number.
 */
u32 fsp_timewait_next_iss(const struct fsp_timewait *tw, u32 iss);

/**
 * fsp_timewait_reusable() - may we ourselves open the next connection already?
 * @tw: of the last one
 *
 * Return: false where numbers of old packets may be as far behind as to be
 * ahead again.
 */
bool fsp_timewait_reusable(const struct fsp_timewait *tw);

/**
 * fsp_timewait_follow() - a connection takes the place of one in TIME_WAIT
 * @tw: of that; fsp_timewait_reusable()
 * @c: after fsp_conn_open() with fsp_timewait_next_iss()
 *
 * It takes no number of the peer's that is not beyond all old ones: a SYN is
 * dropped, a SYN,ACK ends it with EADDRNOTAVAIL. Where it ends before it is
 * established, its state becomes FSP_TIME_WAIT again.
 */
void fsp_timewait_follow(const struct fsp_timewait *tw, struct fsp_conn *c);

#endif /* _FSP_TIMEWAIT_H */
