/* SPDX-License-Identifier: GPL-2.0-only */
/* One end of a flow: what a socket and its host are to the engine. */
#ifndef SIM_END_H
#define SIM_END_H

#include "app.h"
#include "host.h"
#include "link.h"
#include "request.h"
#include "timewait.h"

struct sim;

enum end_mode {
	END_CLOSED,
	END_IDLE,		/* its time has not come */
	END_LISTEN,
	END_REQUEST,
	END_CONN,
	END_TIME_WAIT,
};

/* What a client's SYN shows of a cookie; from FIRST_GOOD on it carries bytes */
enum end_first {
	FIRST_OFF,
	FIRST_ASK,		/* wants one */
	FIRST_GOOD,		/* has one */
	FIRST_OLD,		/* of the key before: good, but another is to be had */
	FIRST_STALE,		/* of none that is known */
	FIRST_BARE,		/* none: both sides were told to do without */
	FIRST_KINDS
};

/**
 * struct end_cfg - chances in parts per million
 * @fsp: the engine's
 * @cc: congestion control
 * @mss_room: of the path, header included
 * @gso_max: largest super-packet
 * @seg_max: largest segment the program's writes are gathered into
 * @iss: initial sequence number
 * @rcvbuf: bytes
 * @sndbuf: bytes
 * @buf_max: bytes both may grow to; 0: they do not
 * @small_queue: bytes that may wait in the link; 0: any number
 * @xmit_fail: transmissions fail for want of memory
 * @split_fail: so do splits
 * @merge_fail: and merges
 * @renege: what waits out of order is thrown away, per packet received
 * @ofo_counts: bytes out of order make the room smaller
 * @ecn: the payload's packets may be marked
 * @no_probes: the peer does not answer probes of the path MTU
 * @first: enum end_first, of a client
 * @forgot_mss: it has forgotten how large the server's segments may be
 * @serves: the listener knows cookies and takes a SYN's payload
 * @trusts: without a cookie, too
 * @refuse: but has no room for it
 * @full: the listener has no room at all: tickets
 */
struct end_cfg {
	struct fsp_config		fsp;
	const struct fsp_cc_ops		*cc;
	u32				mss_room;
	u32				gso_max;
	u32				seg_max;
	u32				iss;
	u32				rcvbuf;
	u32				sndbuf;
	u32				buf_max;
	u32				small_queue;
	u32				xmit_fail;
	u32				split_fail;
	u32				merge_fail;
	u32				renege;
	bool				ofo_counts;
	bool				ecn;
	bool				no_probes;
	u8				first;
	bool				forgot_mss;
	bool				serves;
	bool				trusts;
	u32				refuse;
	u32				full;
};

/**
 * struct end - one end
 * @conn: the engine's
 * @cfg: shared by many
 * @iss: initial sequence number
 * @delay: of what is sent to it, beyond the link's
 * @room: path's, now
 * @rcvbuf: now
 * @sndbuf: now
 * @unread: bytes delivered and not read
 * @ofo: bytes out of order
 * @queued: bytes written and not acknowledged
 * @below: bytes waiting in the link
 * @throttled: the engine was told to wait
 * @peer_edge: highest sequence number the peer let us send up to, exclusive
 * @my_edge: the same, as we told the peer
 * @ever: it once was a connection
 * @paced: what was sent so far is due by then, by its pacing rate
 * @probed: a tail loss probe was sent since one was due
 * @gives_cookie: with the SYN-ACK
 * @cookie: that one
 * @first: enum fsp_first, when the connection ended
 * @early: bytes taken from the SYN
 * @tickets: given
 */
struct end {
	struct fsp_conn		conn;
	struct sim		*sim;
	struct end		*peer;
	int			side;
	u32			id;
	enum end_mode		mode;
	const struct end_cfg	*cfg;
	struct app		app;
	struct fsp_request	req;
	struct fsp_timewait	tw;
	struct event		timer;
	struct link		*out;
	u64			delay;
	u32			iss;
	u32			room;
	u32			rcvbuf;
	u32			sndbuf;
	u32			unread;
	u32			ofo;
	u64			queued;
	u32			below;
	bool			throttled;
	bool			shrunk;		/* the path was found smaller: tell the engine */
	bool			established;
	bool			ever;
	bool			have_edge;
	bool			said_edge;
	u32			peer_edge;
	u32			my_edge;
	u64			paced;
	bool			probed;
	bool			gives_cookie;
	u8			cookie[FSP_COOKIE_MAX];
	u8			first;
	u32			early;
	u32			tickets;
	int			error;
	u32			calls;		/* of the engine */
	u64			challenges;
	u64			sent;		/* payload bytes, all transmissions */
	u64			sent_again;
	u64			needless;	/* payload bytes that arrived twice */
	bool			patient;	/* who asks for memory waits for it */
	u32			rested;		/* times it gave back what it works with */
	u64			retrans;
	u64			spurious;
	u64			timeouts;
	u64			mtu_probes;
	u64			black_holes;
};

struct flow_cfg;

void end_init(struct end *end, struct sim *sim, struct end *peer, int side, u32 id,
	      const struct flow_cfg *cfg);
void end_uninit(struct end *end);
void end_listen(struct end *end);
void end_connect(struct end *end);
/* The same, at that time. */
void end_connect_at(struct end *end, u64 at);
void end_abort(struct end *end);

/* The network's calls. */
void end_rx(struct end *end, const struct packet *p);
void end_rx_corrupt(struct end *end, const struct packet *p);
void end_too_big(const struct packet *p);
void end_enqueued(struct end *end, u32 bytes);
void end_departed(struct end *end, u32 bytes);

/* After each call of the engine: oracles, timers, news for the program. */
void end_after(struct end *end);
void end_rest(struct end *end);
void end_wake(struct end *end);

bool end_over(const struct end *end);

#endif
