/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Congestion control: one small interface, one file per algorithm.
 *
 * To add one: write cong_NAME.c with a struct fsp_cc_ops and add it to the list
 * in cong.c. It then shows up in TCP_CONGESTION, net.ferry.stream_congestion,
 * the simulator and the KUnit suite by itself.
 *
 * An algorithm sets conn->cwnd and conn->ssthresh (bytes), and may set
 * conn->pacing_rate. The engine decides what to send within them.
 */
#ifndef _FSP_CONG_H
#define _FSP_CONG_H

#include "platform.h"

struct fsp_conn;

#define FSP_CC_PRIV		14	/* u64 words of conn->cc_priv */
#define FSP_SSTHRESH_INFINITE	0x7fffffffu
#define FSP_INIT_CWND_SEGS	10	/* RFC 6928 */

/**
 * struct fsp_ack_sample - what one acknowledgment showed
 * @now: time, ns
 * @acked: bytes newly acknowledged, cumulatively
 * @delivered: bytes newly delivered, ranges included
 * @lost: bytes newly judged lost
 * @prior_in_flight: before this acknowledgment
 * @rtt: of the newest segment it covers, ns; 0 for none
 * @rate: delivery rate in bytes/s; 0 for none
 * @app_limited: @rate shows the application, not the path
 * @cwnd_limited: the window was what held us back
 */
struct fsp_ack_sample {
	u64	now;
	u32	acked;
	u32	delivered;
	u32	lost;
	u32	prior_in_flight;
	u64	rtt;
	u64	rate;
	bool	app_limited;
	bool	cwnd_limited;
};

enum fsp_cc_event {
	FSP_CC_LOSS,		/* recovery begins: ssthresh was set, cwnd will follow */
	FSP_CC_TIMEOUT,		/* ssthresh was set, cwnd is one segment */
	FSP_CC_RECOVERED,	/* high_seq was acknowledged */
	FSP_CC_UNDO,		/* it was spurious: cwnd and ssthresh are back */
	FSP_CC_IDLE,		/* first transmission after an idle RTO */
};

/**
 * struct fsp_cc_ops - an algorithm
 * @name: at most 15 characters
 * @init: the connection begins to use it; cc_priv is zeroed
 * @ack: an acknowledgment outside recovery: grow
 * @ssthresh: a loss: the new threshold, bytes
 * @event: tells of @enum fsp_cc_event; may be NULL
 */
struct fsp_cc_ops {
	const char	*name;
	void		(*init)(struct fsp_conn *c);
	void		(*ack)(struct fsp_conn *c, const struct fsp_ack_sample *s);
	u32		(*ssthresh)(struct fsp_conn *c);
	void		(*event)(struct fsp_conn *c, enum fsp_cc_event ev, u64 now);
};

extern const struct fsp_cc_ops fsp_cc_reno;
extern const struct fsp_cc_ops fsp_cc_cubic;

/* By name, or NULL */
const struct fsp_cc_ops *fsp_cc_find(const char *name);
/* The @i-th, or NULL after the last: for listings */
const struct fsp_cc_ops *fsp_cc_nth(unsigned int i);

/* Slow start (RFC 5681): grow @c->cwnd; returns bytes left over past ssthresh. */
u32 fsp_cc_slow_start(struct fsp_conn *c, u32 acked);
/* One MSS per @window bytes acknowledged. */
void fsp_cc_avoid(struct fsp_conn *c, u32 window, u32 acked, u32 *credit);

#endif /* _FSP_CONG_H */
