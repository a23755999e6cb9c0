/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Congestion control: one small interface, one file per algorithm.
 *
 * To add one: write cong_NAME.c with a struct fsp_cc_ops and add it to the list
 * in cong.c. It then shows up in TCP_CONGESTION, net.ferry.stream_congestion,
 * the simulator and the KUnit suite by itself.
 *
 * Two kinds. A loss-based one has @ack and @ssthresh: the engine decides when
 * there is a loss, reduces the window (PRR) and paces at a multiple of cwnd per
 * round trip; the algorithm grows conn->cwnd. A model-based one has @control as
 * well: it is called on every acknowledgment, whatever the engine repairs
 * meanwhile, and sets conn->cwnd and conn->pacing_rate itself; the engine then
 * touches cwnd at a timeout only (one segment) and when that proves spurious.
 *
 * What an algorithm may look at: its cc_priv, the sample, and conn's cwnd,
 * ssthresh, snd_mss, srtt, min_rtt, delivered, lost, max_flight,
 * fsp_in_flight(). Windows are bytes, rates bytes/s, times ns.
 *
 * Most connections never fill their first window. An algorithm is set to work,
 * and gets its memory, when the window is first filled, or reduced: fsp_cc_run().
 * Until then, and where there is no memory, fsp_cc_initial stands in for it.
 */
#ifndef _FSP_CONG_H
#define _FSP_CONG_H

#include "platform.h"

struct fsp_conn;
struct fsp_seg;

#define FSP_CC_DEFAULT		"bbr"	/* Documentation/congestion.rst says why */
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
 * @interval: time @rate was measured over, ns
 * @flight: the newest segment that arrived was timed: what follows is valid
 * @prior_delivered: conn->delivered when it was sent
 * @tx_delivered: bytes delivered since then
 * @tx_lost: bytes judged lost since then
 * @tx_in_flight: bytes in flight then, its own included
 * @ce_bytes: bytes that newly arrived with a congestion mark
 * @app_limited: @rate shows the application (or the peer's window), not the path
 * @cwnd_limited: the window was what held us back
 * @round_start: what was sent after the last such sample has arrived
 */
struct fsp_ack_sample {
	u64	now;
	u32	acked;
	u32	delivered;
	u32	lost;
	u32	prior_in_flight;
	u64	rtt;
	u64	rate;
	u64	interval;
	u64	prior_delivered;
	u32	tx_delivered;
	u32	tx_lost;
	u32	tx_in_flight;
	u32	ce_bytes;
	bool	flight;
	bool	app_limited;
	bool	cwnd_limited;
	bool	round_start;
};

enum fsp_cc_event {
	FSP_CC_LOSS,		/* recovery begins: ssthresh was set, cwnd will follow */
	FSP_CC_TIMEOUT,		/* ssthresh was set, cwnd is one segment */
	FSP_CC_RECOVERED,	/* high_seq was acknowledged */
	FSP_CC_UNDO,		/* it was spurious: cwnd and ssthresh are back */
	FSP_CC_IDLE,		/* first transmission after an idle RTO */
	FSP_CC_ECN,		/* the window was reduced for congestion marks */
	FSP_CC_START,		/* something is sent, and nothing was in flight */
};

/**
 * struct fsp_cc_ops - an algorithm
 * @name: at most 15 characters
 * @priv: size of its state, conn->cc_priv, bytes
 * @init: it is set to work, at any time of the connection; cc_priv is zeroed. May
 *	be NULL
 * @ack: an acknowledgment outside recovery: grow; not needed with @control
 * @ssthresh: a loss: the new threshold, bytes
 * @event: tells of @enum fsp_cc_event; may be NULL
 * @control: an acknowledgment in any state: set cwnd and pacing_rate; NULL for
 *	a loss-based algorithm
 * @ecn: an acknowledgment, where marks are used: respond to @ce_bytes. NULL: the
 *	window becomes @abe of it, once per round trip; a model-based algorithm
 *	without it does not use marks
 * @abe: per cent that a mark leaves of the window (RFC 8511); 0: what @ssthresh says
 * @lost: a segment (with the stamps of its last transmission) is judged lost,
 *	not by a timeout; conn->lost includes it. May be NULL
 */
struct fsp_cc_ops {
	const char	*name;
	u32		priv;
	void		(*init)(struct fsp_conn *c);
	void		(*ack)(struct fsp_conn *c, const struct fsp_ack_sample *s);
	u32		(*ssthresh)(struct fsp_conn *c);
	void		(*event)(struct fsp_conn *c, enum fsp_cc_event ev, u64 now);
	void		(*control)(struct fsp_conn *c, const struct fsp_ack_sample *s);
	void		(*ecn)(struct fsp_conn *c, const struct fsp_ack_sample *s);
	u8		abe;
	void		(*lost)(struct fsp_conn *c, const struct fsp_seg *seg, u64 now);
};

/* Stateless: RFC 5681's slow start and halving */
extern const struct fsp_cc_ops fsp_cc_initial;
extern const struct fsp_cc_ops fsp_cc_bbr;
extern const struct fsp_cc_ops fsp_cc_cubic;
extern const struct fsp_cc_ops fsp_cc_dctcp;
extern const struct fsp_cc_ops fsp_cc_reno;

/* By name, or NULL */
const struct fsp_cc_ops *fsp_cc_find(const char *name);
/* The @i-th, or NULL after the last: for listings */
const struct fsp_cc_ops *fsp_cc_nth(unsigned int i);

/**
 * struct fsp_hystart - HyStart++ (RFC 9406), for an algorithm's cc_priv; zeroed
 * @last_min: lowest round trip of the last round, ns
 * @cur_min: and of this one
 * @css_baseline: in conservative slow start: the one that led there; else 0
 * @css_rounds: rounds of it
 * @samples: round trips of this round
 */
struct fsp_hystart {
	u64	last_min;
	u64	cur_min;
	u64	css_baseline;
	u8	css_rounds;
	u8	samples;
};

/* Bytes that slow start may count of those acknowledged; ends it in its time. */
u32 fsp_hystart(struct fsp_conn *c, struct fsp_hystart *h, const struct fsp_ack_sample *s);

/* Slow start (RFC 5681): grow @c->cwnd; returns bytes left over past ssthresh. */
u32 fsp_cc_slow_start(struct fsp_conn *c, u32 acked);
/* One MSS per @window bytes acknowledged. */
void fsp_cc_avoid(struct fsp_conn *c, u32 window, u32 acked, u32 *credit);

/* Memory for the algorithm chosen, if there is some, and its init. */
void fsp_cc_start(struct fsp_conn *c);

/* For algorithms and hosts: pace.c, rate.c */

/* What paces the connection, bytes/s; 0: nothing */
u64 fsp_pace_rate(const struct fsp_conn *c);
/* Bytes that are sent at once at most: about a millisecond's worth */
u32 fsp_pace_quantum(const struct fsp_conn *c);
/* A round trip begins now, for @round_start. */
void fsp_rate_new_round(struct fsp_conn *c);

#endif /* _FSP_CONG_H */
