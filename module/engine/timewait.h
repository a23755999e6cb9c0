/* SPDX-License-Identifier: GPL-2.0-only */
/* TIME_WAIT: what must be remembered of a connection that has ended. */
#ifndef _FSP_TIMEWAIT_H
#define _FSP_TIMEWAIT_H

#include "conn.h"

/**
 * struct fsp_timewait - enough to answer a lost last ACK and to know old packets
 */
struct fsp_timewait {
	u32	snd_nxt;
	u32	rcv_nxt;
	u32	rcv_wnd;
	u16	window;		/* as in the header */
	u16	serial;
	u16	seq_epoch;
	u16	ack_epoch;
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
/* An initial sequence number above all the last incarnation used */
u32 fsp_timewait_next_iss(const struct fsp_timewait *tw, u32 iss);

#endif /* _FSP_TIMEWAIT_H */
