/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One end of an FSP connection.
 *
 * The host (stream/ in the kernel, the simulator, a test) drives it: it calls
 * the functions below with received headers, the user's wishes and the time,
 * and implements the few functions in host.h by which the engine transmits,
 * delivers and frees. Nothing else moves a connection. Calls on one connection
 * must not run at the same time: the host holds its lock around each.
 *
 * After every call the host looks at three things:
 *   fsp_conn_next_timeout()	when to call fsp_conn_timeout()
 *   fsp_conn_take_events()	what the user must be told
 *   conn->state		FSP_CLOSED or FSP_TIME_WAIT: the engine is done
 *
 * Times are ns of one monotonic clock; sequence numbers are RFC 9293's.
 */
#ifndef _FSP_CONN_H
#define _FSP_CONN_H

#include "cong.h"
#include "header.h"
#include "seg.h"

/* RFC 9293 section 3.3.2; the values are those of tcp_info and sk_state. */
enum fsp_state {
	FSP_ESTABLISHED = 1,
	FSP_SYN_SENT,
	FSP_SYN_RCVD,
	FSP_FIN_WAIT_1,
	FSP_FIN_WAIT_2,
	FSP_TIME_WAIT,
	FSP_CLOSED,
	FSP_CLOSE_WAIT,
	FSP_LAST_ACK,
	FSP_LISTEN,
	FSP_CLOSING,
};

#define FSP_SACK_CACHE		8
#define FSP_RTX_NOTES		32

/**
 * struct fsp_rtx_note - what was sent again, and may have been late only
 * @seq: first sequence number not known to have come twice
 * @end: one past the last; equal to @seq: nothing is noted here
 * @sent: when the one before was sent, low bits of us
 * @again: when it was sent again, likewise
 * @serial: of the one before
 */
struct fsp_rtx_note {
	u32	seq;
	u32	end;
	u32	sent;
	u32	again;
	u16	serial;
};

/**
 * struct fsp_repair - what only a connection that lost something needs
 * @sack_cache: ranges already marked
 * @note: the last retransmissions, a ring
 * @next: of @note
 */
struct fsp_repair {
	struct fsp_range	sack_cache[FSP_SACK_CACHE];
	struct fsp_rtx_note	note[FSP_RTX_NOTES];
	u8			next;
};

#define FSP_STATE_IN(state, mask)	(!!(BIT(state) & (mask)))

/* Handshake done, and the peer has not closed: bytes may arrive */
#define FSP_STATES_RECEIVE	(BIT(FSP_ESTABLISHED) | BIT(FSP_FIN_WAIT_1) | \
				 BIT(FSP_FIN_WAIT_2))
/* Bytes may still be queued to send */
#define FSP_STATES_SEND		(BIT(FSP_ESTABLISHED) | BIT(FSP_CLOSE_WAIT))
/* Queued bytes may still be sent */
#define FSP_STATES_OUTPUT	(FSP_STATES_SEND | BIT(FSP_FIN_WAIT_1) | \
				 BIT(FSP_CLOSING) | BIT(FSP_LAST_ACK))

/* Events, taken by fsp_conn_take_events() */
#define FSP_EV_ESTABLISHED	0x0001	/* handshake done */
#define FSP_EV_READABLE		0x0002	/* bytes were delivered */
#define FSP_EV_WRITABLE		0x0004	/* bytes were acknowledged and freed, or all was sent */
#define FSP_EV_PEER_CLOSED	0x0008	/* a FIN is in order: end of stream */
#define FSP_EV_FIN_ACKED	0x0010	/* all is acknowledged, our FIN included */
#define FSP_EV_ERROR		0x0020	/* conn->error says why; the connection has ended */
#define FSP_EV_TIME_WAIT	0x0040	/* state has become FSP_TIME_WAIT */
#define FSP_EV_CLOSED		0x0080	/* state has become FSP_CLOSED, in good order */
#define FSP_EV_SOFT_ERROR	0x0100	/* conn->soft_error was set */

/* When marks are used: as net.ipv4.tcp_ecn has it */
enum fsp_ecn_mode {
	FSP_ECN_OFF,
	FSP_ECN_ON,		/* offered and accepted */
	FSP_ECN_ASKED,		/* accepted */
};

/* When the path MTU is probed: as net.ipv4.tcp_mtu_probing has it */
enum fsp_mtu_probing {
	FSP_MTU_PROBE_OFF,
	FSP_MTU_PROBE_BLACK_HOLE,	/* what the host says is believed until it proves wrong */
	FSP_MTU_PROBE_ALWAYS,		/* from a size that is safe upwards */
};

/* RFC 8899 section 5.2 */
enum fsp_pmtu_state {
	FSP_PMTU_DISABLED,
	FSP_PMTU_BASE,		/* a black hole was found, the search is to begin */
	FSP_PMTU_SEARCHING,
	FSP_PMTU_COMPLETE,
	FSP_PMTU_ERROR,		/* searching, and even the base size did not pass */
};

/**
 * struct fsp_plpmtu - what is known of the path beside what the host says; sizes
 * are of header and payload
 * @state: enum fsp_pmtu_state
 * @tries: probes of @probed sent
 * @head_lost: transmissions of the first unacknowledged bytes that got lost
 * @fell: a small packet arrived where those were lost
 * @answer_due: a probe of the peer's is to be answered
 * @id: of the last probe
 * @answer: its probe's number
 * @answer_size: how much of it arrived
 * @size: packets are no larger; 0: than the host says
 * @probed: being tried, or 0
 * @fails: least size that did not pass, or 0
 * @test_size: the first unacknowledged bytes were cut to this, or 0
 * @test_seq: where they began
 * @sent: when the last probe was
 * @raise_since: last transmission when the wait for the next search began
 */
struct fsp_plpmtu {
	u8	state;
	u8	tries;
	u8	head_lost;
	bool	fell;
	bool	answer_due;
	u16	id;
	u16	answer;
	u16	answer_size;
	u32	size;
	u32	probed;
	u32	fails;
	u32	test_size;
	u32	test_seq;
	u32	lost_size;
	u64	sent;
	u64	raise_since;
};

/**
 * struct fsp_config - what an application or administrator chooses
 *
 * The host fills it before fsp_conn_init() and may change it at any time
 * (call fsp_conn_reconfigure() after). Times in ns unless said.
 *
 * @rto_min: least RTO (default 200 ms; RFC 6298 asks 1 s, see protocol.rst)
 * @rto_max: largest RTO
 * @rto_init: before the first sample (RFC 6298: 1 s)
 * @delack_max: longest delay of an acknowledgment (RFC 9293 MUST-40: < 500 ms)
 * @user_timeout: unacknowledged data ends the connection after this; 0: by
 *	@retries2
 * @keepalive_time: idle time before the first probe
 * @keepalive_intvl: between probes
 * @fin_timeout: longest stay in FIN_WAIT_2 once the user is gone
 * @syn_retries: SYNs and SYN-ACKs sent again
 * @retries1: timeouts after which the host is told (FSP_EV_SOFT_ERROR)
 * @retries2: timeouts that end a connection
 * @orphan_retries: the same once the user is gone
 * @keepalive_probes: unanswered ones that end it
 * @rcv_max: largest window the receive buffer may ever grow to, for the window
 *	scale; 0: it does not grow
 * @max_ofo: out-of-order segments held at most
 * @ecn: enum fsp_ecn_mode
 * @mtu_probing: enum fsp_mtu_probing
 * @max_rate: SO_MAX_PACING_RATE, bytes/s; 0: none
 * @pace: spread transmissions in time also for algorithms that do not ask for it
 * @pace_below: what is below the host holds packets until fsp_tx.depart
 * @nodelay: Nagle off
 * @cork: send full segments only, up to 200 ms
 * @keepalive: probe when idle
 * @quickack: acknowledge at once
 * @mss_clamp: TCP_MAXSEG, or 0
 * @window_clamp: TCP_WINDOW_CLAMP, or 0
 */
struct fsp_config {
	u64	rto_min;
	u64	rto_max;
	u64	rto_init;
	u64	delack_max;
	u64	user_timeout;
	u64	keepalive_time;
	u64	keepalive_intvl;
	u64	fin_timeout;
	u64	max_rate;
	u8	syn_retries;
	u8	retries1;
	u8	retries2;
	u8	orphan_retries;
	u8	keepalive_probes;
	bool	pace;
	bool	pace_below;
	bool	nodelay;
	bool	cork;
	bool	keepalive;
	bool	quickack;
	u16	mss_clamp;
	u32	window_clamp;
	u32	rcv_max;
	u32	max_ofo;
	u8	ecn;
	u8	mtu_probing;
};

/* Everybody's defaults; the host changes what it has other wishes for. */
void fsp_config_default(struct fsp_config *cfg);

enum fsp_timer {
	FSP_TIMER_RTO,		/* RFC 6298, handshake included */
	FSP_TIMER_REORDER,	/* RFC 8985: reordering window runs out */
	FSP_TIMER_TLP,		/* RFC 8985: tail loss probe */
	FSP_TIMER_PROBE,	/* zero window (RFC 9293 section 3.8.6.1), or cork */
	FSP_TIMER_DELACK,
	FSP_TIMER_KEEPALIVE,
	FSP_TIMER_FIN,		/* orphan in FIN_WAIT_2 */
	FSP_TIMER_PACE,		/* the next transmission's time */
	FSP_TIMER_GATHER,	/* no more was written to what waits for more */
	FSP_TIMER_CONFIRM,	/* a ticket the listener has not confirmed */
	FSP_TIMER_MTU,		/* RFC 8899: a probe is due, was lost, or the search is again */
	FSP_TIMERS
};

/* How late a timer may be: the host has a cheap clock that ticks, and a dear one. */
enum fsp_precision {
	FSP_ROUGH,		/* some ms are no harm */
	FSP_PRECISE,		/* FSP_TIMER_REORDER and FSP_TIMER_PACE: parts of a round trip */
	FSP_PRECISIONS
};

enum fsp_recovery_state {
	FSP_OPEN,		/* nothing amiss */
	FSP_RECOVERY,		/* repairing a loss shown by acknowledgments */
	FSP_LOSS,		/* after a timeout */
};

/* What became of bytes in a SYN */
enum fsp_first {
	FSP_FIRST_NONE,
	FSP_FIRST_SENT,		/* ours are under way */
	FSP_FIRST_TAKEN,	/* the peer took ours, or we took the peer's */
	FSP_FIRST_REFUSED,	/* the SYN-ACK acknowledged the SYN alone */
	FSP_FIRST_LOST,		/* so did the one that a later SYN got */
};

/**
 * struct fsp_work - what a connection works with, and does without while it idles
 *
 * All of it is as it was made where nothing is under way: fsp_conn_rest() gives it
 * back then, fsp_conn_wake() gets it again. Most of an end's memory would otherwise be
 * that of connections at which nobody has said anything for hours.
 */
struct fsp_work {
	/* the handshake, and what goes with it */
	u32			old_rcv_nxt;	/* fsp_timewait's, with conn->follows */
	u32			old_moved;
	bool			syn_data;	/* the SYN may carry queued bytes */
	bool			cookie_new;	/* @cookie came in the SYN-ACK */
	u8			cookie_len;
	u8			cookie[FSP_COOKIE_MAX];
	u8			ticket_len;	/* to be returned until confirmed */
	u8			ticket_tries;
	u8			ticket[FSP_TICKET_MAX];
	u64			ctl_time;	/* when the last SYN or SYN-ACK was sent */
	u16			ctl_serial;	/* its */

	/* sending */
	struct list_head	sndq;		/* queued, never sent */
	struct fsp_segq		rtxq;		/* sent, not acknowledged */
	struct list_head	tx_order;	/* rtxq's, by time of last transmission */
	struct fsp_plpmtu	pmtu;
	u8			held_push;	/* FSP_PUSH_* of what pacing holds back */
	bool			joined;		/* more was written to what waits for more */
	u64			stream_from;	/* bytes_sent when it was last in vain, or bytes came */

	/* in flight, in bytes */
	u32			sacked_out;
	u32			lost_out;
	u32			retrans_out;
	u32			max_flight;	/* largest of this window, for cwnd validation */
	u32			max_flight_seq;

	/* congestion marks: RFC 3168, the aim of RFC 9768 */
	struct fsp_ecn		ecn_in;		/* what we received */
	struct fsp_ecn		ecn_peer;	/* what the peer told last */
	u32			ecn_sent;	/* bytes delivered of what was sent with ECT, until told */
	u32			ecn_end;	/* the response counts for all before this */

	/* timeouts */
	u64			latest_rtt;
	u64			retry_since;	/* first transmission of what now times out */
	u64			refused_since;	/* the host sends nothing; 0: it does */
	u8			backoff;	/* times the RTO was doubled */
	u8			retries;	/* timeouts in a row */
	u8			syn_retries;
	u8			probes_out;	/* unanswered window or keepalive probes */
	u8			probe_backoff;	/* window probes since anything was sent */

	/* loss detection and recovery: RFC 8985, 6937, 5681 */
	u64			rack_time;	/* when the newest delivered segment was sent */
	u64			rack_rtt;
	struct fsp_repair	*repair;	/* made when first needed; may stay NULL */
	u32			rack_end_seq;
	bool			tlp_out;
	bool			tlp_rtx;	/* the probe sent old bytes */
	bool			tlp_allow;	/* one packet beyond cwnd, now */
	bool			undo_ok;
	u32			tlp_high_seq;
	u32			high_seq;	/* recovery ends when it is acknowledged */
	u32			prior_cwnd;	/* for undo */
	u32			prior_ssthresh;
	u32			undo_marker;	/* snd_una when recovery began */
	s32			undo_retrans;	/* retransmissions not shown to be needless */
	u64			undo_since;	/* when it began */
	u32			prr_delivered;
	u32			prr_out;
	u32			prr_base;	/* in flight when recovery began */

	/* rates and congestion control */
	u64			delivered_time;
	u64			first_tx_time;
	u64			app_limited_until; /* conn->delivered when rates are the path's
						    * again; or 0
						    */
	u64			round_end;	/* conn->delivered when this round trip ends */
	u64			next_send;
	bool			cwnd_limited;

	/* receiving */
	u32			read_last;	/* read in the last round trip; 0: that took longer */
	u32			held_best;	/* most held back behind a hole, the hole included */
	u32			held;		/* the same since this round trip began */
	u32			read_seq;	/* where the reader was when this one began */
	u64			read_time;	/* when */
	struct fsp_segq		ofoq;		/* received out of order */
	u32			last_ofo;	/* newest arrival: its range is reported first */
	struct fsp_dup		dup;		/* newest that brought nothing new */
	bool			dup_due;	/* and was not told yet */
	u32			ack_bytes;	/* received in order and not acknowledged */
	u64			oow_time;	/* last answer to an unacceptable packet */

	u64			timer[FSP_TIMERS];	/* 0: not armed */
	u64			timer_first[FSP_PRECISIONS];	/* none runs out before */
};

/* Of all who have none: nothing is under way. Never written to. */
extern const struct fsp_work fsp_no_work;

/**
 * struct fsp_conn - see the fields' groups; all of it belongs to the engine but
 * for @cfg and what the setters below set
 */
struct fsp_conn {
	struct fsp_config	cfg;
	struct fsp_work		*work;		/* fsp_no_work: none */
	u64			wake_after;	/* no memory was left to wake it: time to retry */
	u8			state;		/* enum fsp_state */
	u8			recovery;	/* enum fsp_recovery_state */
	u8			snd_wscale;	/* shift of windows we receive */
	u8			rcv_wscale;	/* shift of windows we send */
	u8			first;		/* enum fsp_first */
	bool			syn_cookie;	/* the SYN (or SYN-ACK) has the option */
	bool			user_gone;	/* no process holds it */
	bool			rcv_shut;	/* the reader has closed: no more bytes wanted */
	bool			fin_queued;	/* the user has closed for sending */
	bool			fin_pending;	/* a FIN waits for a carrier */
	bool			fin_seen;	/* the peer's, maybe out of order */
	bool			shut_wanted;	/* closed before the handshake was done */
	bool			starved;	/* there was nothing to send, though there was room */
	bool			passive;	/* made by a listener */
	bool			no_wscale;	/* of that: the SYN had none */
	bool			follows;	/* came out of TIME_WAIT: fsp_timewait_follow() */
	u16			events;		/* FSP_EV_* */
	u16			serial;		/* of the next transmission */
	u16			error;		/* positive errno, with FSP_EV_ERROR */
	u16			soft_error;	/* positive errno */

	/* sending: RFC 9293 section 3.3.1 */
	u32			iss;
	u32			snd_una;
	u32			snd_nxt;
	u32			snd_wnd;
	u32			snd_wl1;
	u32			snd_wl2;
	u32			max_snd_wnd;	/* largest window the peer ever offered */
	u32			sws_wnd;	/* largest since a small one had to do */
	u32			write_seq;	/* one past the last byte queued */
	u32			snd_sml;	/* end of the last small segment sent (Minshall) */
	u32			snd_mss;	/* payload and options beyond 20 header bytes */
	u32			peer_mss;	/* from its option */
	u32			mss_room;	/* path's room for header and payload, as the host says */
	u32			gso_max;	/* largest super-packet, payload bytes */
	u64			una_off;	/* stream offset of snd_una; first payload byte is 0 */
	u32			peer_features;
	u16			opt_mss;	/* what our SYN announces */
	u16			default_mss;	/* of a peer without one: MUST-15 */
	u16			pmtu_below;	/* IP's header, beside these; IPv4's if not set */
	u16			pmtu_base;	/* RFC 8899's BASE_PLPMTU, and ... */
	u16			pmtu_min;	/* ... MIN_PLPMTU; as the host says */

	/* loss detection: how late packets may be */
	u8			reo_steps;	/* reordering window in quarters of min_rtt */
	u8			reo_age;	/* recoveries since a packet was late */
	u64			reo_wnd;	/* how late packets were seen to come, ns */
	bool			reordering_seen;
	bool			rate_app_limited; /* @rate was the application's */

	/* acknowledging */
	bool			echo_due;
	u8			ack_now;
	u8			quick_acks;	/* full-speed acknowledgments to go */
	bool			pingpong;	/* an interactive exchange: delay ACKs */
	u16			echo_serial;
	u64			echo_time;	/* when @echo_serial came in */
	u64			last_rcv;	/* of any packet */
	u64			last_rcv_data;

	/* round trips: RFC 6298 */
	u64			srtt;		/* ns; 0 before the first sample */
	u64			rttvar;
	u64			rto;
	u64			min_rtt;	/* lowest that two samples reached */
	u64			low_rtt;	/* lowest, of one */

	/* congestion control, in bytes */
	u32			cwnd;
	u32			ssthresh;
	u32			cwnd_clamp;
	u32			ecn_reduced;	/* responses to marks */
	u64			delivered;	/* bytes, counting each once */
	u64			lost;		/* bytes judged lost, ever */
	u64			rate;		/* newest delivery rate, bytes/s */
	u64			pacing_rate;	/* bytes/s, or 0 for none */
	u64			last_send;	/* of payload */
	const struct fsp_cc_ops	*cc;		/* the one chosen */
	void			*cc_priv;	/* its state; NULL: it is not at work */

	/* receiving */
	u32			irs;
	u32			rcv_nxt;
	u32			rcv_wup;	/* rcv_nxt when a window was last sent */
	u32			rcv_wnd;	/* window last sent, from rcv_wup on */
	u32			rcv_mss;	/* estimate of what the peer sends */
	u32			read_best;	/* most bytes read in one round trip */
	u64			rcv_off;	/* stream offset of rcv_nxt (epochs, counters) */
	u32			fin_seq;	/* of the peer's FIN, with @fin_seen */

	/* congestion marks */
	bool			ecn_offered;	/* by our last SYN */
	bool			ecn;		/* both sides offered it */
	bool			ecn_failed;	/* the path loses or changes marks: not used */
	bool			ecn_told;	/* the peer has sent its counts */

	/* counters of this connection, for tcp_info and netlink */
	u64			bytes_sent;
	u64			bytes_retrans;
	u32			segs_in;
	u32			segs_out;
	u32			data_segs_in;
	u32			data_segs_out;
	u32			retrans_segs;
	u32			lost_segs;
	u32			spurious;
	u32			timeouts;
	u32			dup_in;
	u32			ofo_in;
};

/* Has it what it works with? */
static inline bool fsp_conn_awake(const struct fsp_conn *c)
{
	return c->work != &fsp_no_work;
}

/* Verdicts on a received packet. Anything but FSP_TAKEN: the host frees it. */
enum fsp_verdict {
	FSP_TAKEN,		/* the segment's carrier was delivered or queued */
	FSP_DONE,		/* all that was to be done is done (an ACK, say) */
	FSP_DROP_SEQ,		/* outside the window */
	FSP_DROP_EPOCH,		/* of an earlier turn */
	FSP_DROP_ACK,		/* acknowledges what cannot be */
	FSP_DROP_DUP,		/* holds nothing new */
	FSP_DROP_STATE,		/* no transition takes it */
	FSP_DROP_CLOSED,	/* bytes for a reader that is gone */
	FSP_DROP_RCVBUF,	/* no room: fsp_host_admit() or fsp_host_get_work() said no */
	FSP_DROP_OFO,		/* out of order, and enough of that is held */
	FSP_VERDICTS
};

/**
 * fsp_conn_init() - a connection in FSP_CLOSED
 * @c: zeroed or used before; @c->cfg must have been filled, the rest is set
 * @cc: congestion control
 */
void fsp_conn_init(struct fsp_conn *c, const struct fsp_cc_ops *cc);

/* The same where all but @c->cfg is known to be 0 */
void fsp_conn_init_zeroed(struct fsp_conn *c, const struct fsp_cc_ops *cc);

/**
 * fsp_conn_purge() - free every segment held (fsp_host_free_tx/rx) and stop
 * all timers; state becomes FSP_CLOSED
 * @c: connection
 */
void fsp_conn_purge(struct fsp_conn *c);

/* The end of what fsp_conn_init() began; after fsp_conn_purge() */
void fsp_conn_uninit(struct fsp_conn *c);

/* ---- idle connections ---- */

/**
 * fsp_conn_wake() - see that there is what a connection works with
 * @c: connection
 * @now: time
 *
 * Must have returned true before fsp_conn_open(), fsp_conn_accept() and
 * fsp_conn_queue() are called. The others ask for themselves.
 *
 * Return: false where fsp_host_get_work() had none.
 */
bool fsp_conn_wake(struct fsp_conn *c, u64 now);

/**
 * fsp_conn_rest_at() - has nothing happened for a second, and is nothing under way?
 * @c: connection
 * @now: time
 *
 * Return: when fsp_conn_rest() may be called, if nothing happens until then: @now for
 * at once; or, where something is under way, U64_MAX.
 */
u64 fsp_conn_rest_at(const struct fsp_conn *c, u64 now);

/**
 * fsp_conn_rest() - give back what only a connection at work needs
 * @c: fsp_conn_rest_at() said: now
 *
 * Only SO_KEEPALIVE is left to be waited for: fsp_conn_next_timeout() has to be asked
 * once more, and again after fsp_conn_reconfigure().
 */
void fsp_conn_rest(struct fsp_conn *c);

/* When who rests has something to do (SO_KEEPALIVE), or U64_MAX */
u64 fsp_conn_rest_until(const struct fsp_conn *c);

/* ---- the user's wishes ---- */

/**
 * fsp_conn_connect() - active open: send a SYN
 * @c: in FSP_CLOSED and awake, mss_room set, and default_mss where the peer is not of IPv4
 * @iss: initial sequence number, unguessable (RFC 6528)
 * @now: time
 */
void fsp_conn_connect(struct fsp_conn *c, u32 iss, u64 now);

/**
 * fsp_conn_open() - the first half of fsp_conn_connect(): FSP_SYN_SENT, and
 * nothing sent yet: bytes may be queued for the SYN. fsp_conn_syn() is to follow
 * @c: in FSP_CLOSED, mss_room set
 * @iss: initial sequence number, unguessable (RFC 6528)
 * @now: time
 */
void fsp_conn_open(struct fsp_conn *c, u32 iss, u64 now);

/**
 * fsp_conn_first() - what the SYN is to carry; between fsp_conn_open() and
 * fsp_conn_syn()
 * @c: connection
 * @cookie: to show; NULL: no COOKIE option
 * @len: its length; 0 asks for one
 * @mss: what the server announced last time, for the size of the SYN's payload
 * @data: queued bytes may go with it
 */
void fsp_conn_first(struct fsp_conn *c, const u8 *cookie, u8 len, u16 mss, bool data);

/* Most payload the SYN has room for, after fsp_conn_first() */
u32 fsp_conn_first_room(const struct fsp_conn *c);

/* The second half: the SYN */
void fsp_conn_syn(struct fsp_conn *c, u64 now);

/**
 * fsp_conn_queue() - a new segment at the end of what is to be sent
 * @c: state in FSP_STATES_SEND, or SYN_SENT/SYN_RCVD
 * @seg: carrier with @bytes of payload; the engine sets its fields
 * @bytes: payload; 0 for a segment to be grown
 *
 * Nothing is sent before fsp_conn_push().
 */
void fsp_conn_queue(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes);

/**
 * fsp_conn_tail() - the last segment not yet sent, to which bytes may be added
 * @c: connection
 *
 * Return: the segment, or NULL where a new one is wanted.
 */
struct fsp_seg *fsp_conn_tail(struct fsp_conn *c);

/* @bytes were added to fsp_conn_tail() */
void fsp_conn_grow(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes);

/* The tail is empty after all (a copy failed): take it out. The host frees it. */
void fsp_conn_unqueue(struct fsp_conn *c, struct fsp_seg *seg);

/* More will follow soon (MSG_MORE): see fsp_conn_push() */
#define FSP_PUSH_MORE		0x1
/* As if Nagle were off: the user's last write before it waits */
#define FSP_PUSH_NOW		0x2

/**
 * fsp_conn_push() - send what may be sent
 * @c: connection
 * @flags: FSP_PUSH_*
 * @now: time
 */
void fsp_conn_push(struct fsp_conn *c, unsigned int flags, u64 now);

/* As fsp_conn_push(), where it is not the user who wants it: there is room below again. */
void fsp_conn_resume(struct fsp_conn *c, u64 now);

/**
 * fsp_conn_gather() - instead of fsp_conn_push(): let small writes collect
 * @c: connection
 * @flags: FSP_PUSH_*
 * @now: time
 *
 * While something of ours is under way, or has just been, what is queued waits
 * for more: until there are 16 KB, an acknowledgment comes or 200 us are over. Who
 * has written much, and without a pause, will go on: there the last odd bytes wait
 * for the next write, acknowledgments or not, for a tick of the host's clock at most.
 * Not with cfg.nodelay.
 *
 * Return: whether it waits. Where it does not, push.
 */
bool fsp_conn_gather(struct fsp_conn *c, unsigned int flags, u64 now);

/* The user has written his last byte: FIN after what is queued. */
void fsp_conn_shutdown(struct fsp_conn *c, u64 now);

/* The user read bytes: the window may be worth announcing. */
void fsp_conn_read(struct fsp_conn *c, u64 now);

/* The peer may be in slow start: it is not kept waiting. */
static inline bool fsp_quick(const struct fsp_conn *c)
{
	return c->quick_acks && !c->pingpong;
}

/* Whose question went with the SYN waits for the answer to that. */
static inline bool fsp_conn_owes_quickly(const struct fsp_conn *c)
{
	return c->work->timer[FSP_TIMER_DELACK] && fsp_quick(c) &&
	       (c->work->ack_bytes || c->first != FSP_FIRST_TAKEN);
}

/*
 * The reader has all there is, and sleeps: no answer will take an acknowledgment along.
 * To be called where fsp_conn_owes_quickly().
 */
void fsp_conn_reader_waits(struct fsp_conn *c, u64 now);

/**
 * fsp_conn_want_rcvbuf() - dynamic right-sizing of the receive buffer
 * @c: connection
 * @read_seq: sequence number of the next byte to be read
 * @now: time
 *
 * To be asked after each read, before fsp_conn_read(). A reader that took more
 * in one round trip than ever before shall not be held back by the window. How
 * much he takes also decides how often it is acknowledged (fsp_ack_due()).
 *
 * Return: payload bytes the buffer should have room for, or 0 for no news.
 */
u32 fsp_conn_want_rcvbuf(struct fsp_conn *c, u32 read_seq, u64 now);

/* Payload bytes the send buffer should have room for, by the congestion window */
u32 fsp_conn_want_sndbuf(const struct fsp_conn *c);

/* The user wants no more bytes (close, SHUT_RD on close): answer them with a reset. */
void fsp_conn_shut_rcv(struct fsp_conn *c);

/* No process holds it any more: orphan limits apply. */
void fsp_conn_orphan(struct fsp_conn *c, u64 now);

/**
 * fsp_conn_abort() - reset (RFC 9293 ABORT) where the state calls for it
 * @c: any state; FSP_CLOSED after. Queued segments are kept for the host to
 *	fsp_conn_purge()
 */
void fsp_conn_abort(struct fsp_conn *c, u64 now);

/* An acknowledgment now, whatever the delay says (TCP_QUICKACK). */
void fsp_conn_ack(struct fsp_conn *c, u64 now);

/* c->cfg was changed: timers and limits follow. */
void fsp_conn_reconfigure(struct fsp_conn *c, u64 now);

/*
 * Path or device changed: room for header and payload, largest super-packet. Where
 * fsp_conn_mss() is less after it, fsp_conn_path_shrunk() is to follow.
 */
void fsp_conn_set_path(struct fsp_conn *c, u32 mss_room, u32 gso_max, u64 now);

/* c->cfg.mtu_probing was changed. */
void fsp_conn_probe_mtu(struct fsp_conn *c, u64 now);

/* What was sent at the larger size is lost: send it again, smaller. */
void fsp_conn_path_shrunk(struct fsp_conn *c, u64 now);

/* Another congestion control, at any time. */
void fsp_conn_set_cc(struct fsp_conn *c, const struct fsp_cc_ops *cc);

/**
 * fsp_conn_icmp() - an ICMP error about a packet we sent (RFC 5461, 5927)
 * @c: connection
 * @seq: sequence number in the packet that came back; ignored where it is not
 *	in flight
 * @err: positive errno
 * @hard: RFC 1122 hard error. Ends a handshake only; else it is kept as
 *	soft_error
 */
void fsp_conn_icmp(struct fsp_conn *c, u32 seq, int err, bool hard, u64 now);

/* ---- the network ---- */

/**
 * fsp_conn_rx() - a packet of this connection
 * @c: any state but FSP_LISTEN
 * @rx: parsed header
 * @seg: carrier of the payload; the engine sets its fields
 * @now: time
 */
enum fsp_verdict fsp_conn_rx(struct fsp_conn *c, const struct fsp_rx *rx,
			     struct fsp_seg *seg, u64 now);

/**
 * fsp_conn_first_flight() - a SYN with payload and a good cookie
 * @c: after fsp_conn_accept()
 * @rx: the SYN
 * @seg: carrier of its payload
 * @now: time
 *
 * Delivers the payload and sends the SYN-ACK; bytes may be sent from now on.
 * The host may set c->work->cookie, cookie_len and syn_cookie before, to give a new
 * one.
 */
enum fsp_verdict fsp_conn_first_flight(struct fsp_conn *c, const struct fsp_rx *rx,
				       struct fsp_seg *seg, u64 now);

/* ---- time ---- */

/* When fsp_conn_timeout() is due, or 0 */
u64 fsp_conn_next_timeout(struct fsp_conn *c);

/* The same for the timers of one precision; U64_MAX: none is armed */
u64 fsp_conn_next_of(struct fsp_conn *c, enum fsp_precision precision);

/* It is not due before @when: a quick answer, that may be false where it is not. */
static inline bool fsp_conn_quiet_until(const struct fsp_conn *c,
					enum fsp_precision precision, u64 when)
{
	return when <= c->work->timer_first[precision];
}

void fsp_conn_timeout(struct fsp_conn *c, u64 now);

/* ---- what the host asks ---- */

static inline u16 fsp_conn_take_events(struct fsp_conn *c)
{
	u16 events = c->events;

	c->events = 0;
	return events;
}

/* A listener's child may answer what came with the SYN before the handshake is done. */
static inline bool fsp_conn_early(const struct fsp_conn *c)
{
	return c->state == FSP_SYN_RCVD && c->passive && c->first == FSP_FIRST_TAKEN;
}

/* Bytes in the network by our reckoning: RFC 6675's pipe */
static inline u32 fsp_in_flight(const struct fsp_conn *c)
{
	return c->snd_nxt - c->snd_una - c->work->sacked_out - c->work->lost_out + c->work->retrans_out;
}

static inline bool fsp_conn_has_unsent(const struct fsp_conn *c)
{
	return !list_empty(&c->work->sndq);
}

/* Does something wait only for more to be written? What MSG_MORE holds does not. */
static inline bool fsp_conn_gathers(const struct fsp_conn *c)
{
	return (c->work->timer[FSP_TIMER_PACE] || c->work->timer[FSP_TIMER_GATHER]) &&
	       !(c->work->held_push & FSP_PUSH_MORE);
}

/* One past the last byte the peer may send us */
static inline u32 fsp_rcv_edge(const struct fsp_conn *c)
{
	return c->rcv_wup + c->rcv_wnd;
}

/* Payload that fits in one packet besides options */
static inline u32 fsp_conn_mss(const struct fsp_conn *c)
{
	return c->snd_mss;
}

/* Header and payload of the largest packets that are sent */
static inline u32 fsp_conn_room(const struct fsp_conn *c)
{
	u32 size = c->work->pmtu.size;

	return size && size < c->mss_room ? size : c->mss_room;
}

/* Payload a carrier should be filled to: whole packets of one super-packet */
static inline u32 fsp_conn_goal(const struct fsp_conn *c)
{
	return max(c->gso_max / c->snd_mss, 1U) * c->snd_mss;
}

#endif /* _FSP_CONN_H */
