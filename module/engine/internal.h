/* SPDX-License-Identifier: GPL-2.0-only */
/* What the engine's files call of each other. */
#ifndef _FSP_INTERNAL_H
#define _FSP_INTERNAL_H

#include "conn.h"
#include "host.h"

/* conn.c */
void fsp_set_state(struct fsp_conn *c, enum fsp_state state);
/* The connection ends with an error; nothing is sent. */
void fsp_fail(struct fsp_conn *c, int err);
/* The connection has ended in good order, or goes to TIME_WAIT. */
void fsp_finish(struct fsp_conn *c, enum fsp_state state);
/* The handshake is done: windows and congestion control start. */
void fsp_established(struct fsp_conn *c, const struct fsp_rx *rx, u64 now);
void fsp_update_mss(struct fsp_conn *c);

/* plpmtu.c: RFC 8899 */
/* The handshake is done. */
void fsp_plpmtu_start(struct fsp_conn *c, u64 now);
/* The host's word has changed; @before: what it was */
void fsp_plpmtu_path(struct fsp_conn *c, u32 before, u64 now);
void fsp_plpmtu_timeout(struct fsp_conn *c, u64 now);
/* A packet with FSP_HAS_PROBE or FSP_HAS_PROBED */
void fsp_plpmtu_rx(struct fsp_conn *c, const struct fsp_rx *rx, u64 now);
void fsp_plpmtu_asked(struct fsp_conn *c, const struct fsp_rx *rx);
/* Is it a probe that others have overtaken? */
bool fsp_plpmtu_late(const struct fsp_conn *c, const struct fsp_rx *rx);
/* @seg was in flight and is judged lost. */
void fsp_plpmtu_lost(struct fsp_conn *c, const struct fsp_seg *seg);
/* @seg is to be sent again: cut it where its size is in doubt; false: no memory */
bool fsp_plpmtu_cut(struct fsp_conn *c, struct fsp_seg *seg);
/* The last transmission of @seg arrived. */
void fsp_plpmtu_delivered(struct fsp_conn *c, const struct fsp_seg *seg);
/* snd_una has moved. */
void fsp_plpmtu_progress(struct fsp_conn *c, u64 now);

/*
 * How long an acknowledgment may wait for a reader. Who sends allows for it before it
 * takes the silence for a loss (fsp_tlp_arm()).
 */
#define FSP_READER_TIME		FSP_NSEC_PER_MSEC
/* And how late it may be, as the peer's rough timers go by the ticks of its clock */
#define FSP_TICK_TIME		(4 * FSP_NSEC_PER_MSEC)

/* c->work->repair, made where there is none yet; NULL where there is no memory */
struct fsp_repair *fsp_repair_get(struct fsp_conn *c);
void fsp_repair_put(struct fsp_conn *c);

/* rest.c: who idles keeps little */
void fsp_work_init(struct fsp_work *work);
void fsp_rest_on(struct fsp_conn *c, u64 now);	/* no memory to wake by: later */

/* rtt.c: RFC 6298 */
void fsp_rtt_sample(struct fsp_conn *c, u64 rtt, u64 echo_delay);
void fsp_rtt_backoff(struct fsp_conn *c);
/* RTO without backoff */
u64 fsp_rtt_rto(const struct fsp_conn *c);

/* window.c: what we offer the peer */
u16 fsp_window_select(struct fsp_conn *c);
/* The same as it was told last */
u16 fsp_window_told(const struct fsp_conn *c);
void fsp_window_init(struct fsp_conn *c);
/* Has reading opened the window enough to say so? */
bool fsp_window_worth_telling(struct fsp_conn *c);

/* reasm.c: what arrives, in whatever order */
enum fsp_verdict fsp_reasm_rx(struct fsp_conn *c, const struct fsp_rx *rx,
			      struct fsp_seg *seg, u64 now);
unsigned int fsp_reasm_ranges(struct fsp_conn *c, struct fsp_range *ranges);
void fsp_reasm_purge(struct fsp_conn *c);
/* A packet brought nothing new. */
void fsp_reasm_dup(struct fsp_conn *c, const struct fsp_rx *rx);

/* ack.c: what the peer acknowledges */
enum fsp_verdict fsp_ack_rx(struct fsp_conn *c, const struct fsp_rx *rx, u64 now);
void fsp_ack_syn_echo(struct fsp_conn *c, const struct fsp_rx *rx, u64 now);

/* first.c: bytes before the handshake is done, and a full listener's tickets */
/* Into a SYN or SYN-ACK; returns the segment whose bytes go with it, or NULL. */
struct fsp_seg *fsp_first_put(struct fsp_conn *c, struct fsp_tx *tx);
void fsp_first_sent(struct fsp_conn *c, struct fsp_seg *seg, u64 now);
/* The handshake is done, by @rx: what was sent during it arrived, or not. */
void fsp_first_settle(struct fsp_conn *c, const struct fsp_rx *rx, u64 now);
/* What a SYN-ACK gave the client to keep */
void fsp_first_keep(struct fsp_conn *c, const struct fsp_rx *rx);
void fsp_ticket_arm(struct fsp_conn *c, u64 now);
void fsp_ticket_timeout(struct fsp_conn *c, u64 now);
/* The listener has answered: it needs the ticket no more. */
void fsp_ticket_confirmed(struct fsp_conn *c);

static inline bool fsp_may_output(const struct fsp_conn *c)
{
	return FSP_STATE_IN(c->state, FSP_STATES_OUTPUT) || fsp_conn_early(c);
}

/* ecn.c: congestion marks */
/* Features bits of a SYN */
u32 fsp_ecn_offer(struct fsp_conn *c);
/* The peer's SYN or SYN-ACK came, c->peer_features is set. */
void fsp_ecn_agreed(struct fsp_conn *c);
/* New payload may be sent with ECT. */
bool fsp_ecn_capable(const struct fsp_conn *c);
void fsp_ecn_received(struct fsp_conn *c, const struct fsp_rx *rx);
void fsp_ecn_put(const struct fsp_conn *c, struct fsp_tx *tx);
/* The peer's counts: before the acknowledgment is acted on ... */
void fsp_ecn_take(struct fsp_conn *c, const struct fsp_rx *rx, struct fsp_ack_sample *s);
/* ... and after */
void fsp_ecn_respond(struct fsp_conn *c, const struct fsp_ack_sample *s);

/* recovery.c: what is lost, and how it is repaired */
struct fsp_ack_state {
	struct fsp_ack_sample	sample;
	struct fsp_seg		flight;		/* the newest that arrived, as it was sent */
	u64			newest_tx;	/* RACK: latest sent of what was delivered */
	u32			newest_end;
	bool			newest_set;
	bool			progress;	/* snd_una advanced */
	bool			spurious;	/* a retransmission proved needless */
};

void fsp_rack_delivered(struct fsp_conn *c, const struct fsp_ack_state *as);
u32 fsp_rack_detect(struct fsp_conn *c, u64 now);
void fsp_mark_lost(struct fsp_conn *c, struct fsp_seg *seg);
void fsp_recovery_ack(struct fsp_conn *c, struct fsp_ack_state *as);
void fsp_recovery_timeout(struct fsp_conn *c, u64 now);
/* Does the queue begin with what the peer reported and has no more? */
void fsp_reneging_check(struct fsp_conn *c, u64 now);
void fsp_reorder_timeout(struct fsp_conn *c, u64 now);
void fsp_tlp_timeout(struct fsp_conn *c, u64 now);
void fsp_tlp_arm(struct fsp_conn *c, u64 now);
void fsp_recovery_sent(struct fsp_conn *c, u32 bytes);
void fsp_recovery_mss_shrunk(struct fsp_conn *c);

/* rate.c: how fast what was sent arrives */
void fsp_rate_sent(struct fsp_conn *c, struct fsp_seg *seg, u64 when);
void fsp_rate_delivered(struct fsp_conn *c, const struct fsp_seg *seg,
			struct fsp_ack_state *as);
void fsp_rate_acked(struct fsp_conn *c, struct fsp_ack_state *as);
/* Something is to be sent: was the path left idle before? */
void fsp_rate_wakes(struct fsp_conn *c, u64 now);

/* pace.c: not all at once */
/* Is it too early to send? Then FSP_TIMER_PACE is armed. */
bool fsp_pace_holds(struct fsp_conn *c, u64 now);
/* When what is sent now is to leave */
u64 fsp_pace_departure(const struct fsp_conn *c, u64 now);
void fsp_pace_sent(struct fsp_conn *c, u32 bytes, u64 now);
/* A rate for algorithms that set none */
void fsp_pace_by_window(struct fsp_conn *c);

/* Every retransmission since the window was reduced proved needless: undo that. */
void fsp_recovery_spurious(struct fsp_conn *c, u64 now);

/* cong.c */
void fsp_cc_stop(struct fsp_conn *c);

/* The window is full, or to be reduced: let the algorithm decide from now on. */
static inline void fsp_cc_run(struct fsp_conn *c)
{
	if (unlikely(!c->cc_priv))
		fsp_cc_start(c);
}

/* What decides now */
static inline const struct fsp_cc_ops *fsp_cc(const struct fsp_conn *c)
{
	return likely(c->cc_priv) ? c->cc : &fsp_cc_initial;
}

static inline void fsp_cc_event(struct fsp_conn *c, enum fsp_cc_event ev, u64 now)
{
	if (fsp_cc(c)->event)
		fsp_cc(c)->event(c, ev, now);
}

/* spurious.c: retransmissions that nobody needed, and how late packets come */
/* @seg is about to be sent again. */
void fsp_spurious_note(struct fsp_conn *c, const struct fsp_seg *seg, u64 now);
/* The original was answered before the retransmission could be. */
void fsp_spurious_answered(struct fsp_conn *c, const struct fsp_seg *seg);
/* The peer had what came; returns whether it was a late original. */
bool fsp_spurious_dup(struct fsp_conn *c, const struct fsp_dup *dup, u64 now);
/* What was sent at @sent came after something that was sent later. */
void fsp_spurious_late(struct fsp_conn *c, u64 sent, u64 now);

/* output.c */
void fsp_put_epochs(struct fsp_conn *c, struct fsp_tx *tx);
/* Beside FSP_PUSH_*: any window is large enough (RFC 9293 section 3.8.6.2.1, override) */
#define FSP_PUSH_ANY		0x80
void fsp_output(struct fsp_conn *c, unsigned int push, u64 now);
void fsp_send_ack(struct fsp_conn *c, u64 now);
void fsp_send_probe(struct fsp_conn *c, u64 now);
void fsp_send_syn(struct fsp_conn *c, u64 now);
void fsp_send_rst(struct fsp_conn *c);
int fsp_resend_seg(struct fsp_conn *c, struct fsp_seg *seg, u64 now);
struct fsp_seg *fsp_split(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes);
/* Acknowledge now or later, as what arrived asks; at the end of a packet's way */
void fsp_ack_due(struct fsp_conn *c, bool pushed, u64 now);
/* A SYN-ACK came, and nothing was waiting to go with its acknowledgment. */
void fsp_ack_handshake(struct fsp_conn *c, u64 now);
/* RFC 5961: answer with an ACK, within limits */
void fsp_send_challenge(struct fsp_conn *c, u64 now);

/* timer.c */
static inline enum fsp_precision fsp_timer_precision(enum fsp_timer t)
{
	return t == FSP_TIMER_REORDER || t == FSP_TIMER_PACE ? FSP_PRECISE : FSP_ROUGH;
}

static inline void fsp_timer_arm(struct fsp_conn *c, enum fsp_timer t, u64 when)
{
	u64 *first = &c->work->timer_first[fsp_timer_precision(t)];

	c->work->timer[t] = when;
	if (when < *first)
		*first = when;
}

static inline void fsp_timer_stop(struct fsp_conn *c, enum fsp_timer t)
{
	c->work->timer[t] = 0;
}

void fsp_timer_stop_all(struct fsp_conn *c);
void fsp_rto_arm(struct fsp_conn *c, u64 now);
void fsp_keepalive_arm(struct fsp_conn *c, u64 now);
void fsp_probe_arm(struct fsp_conn *c, u64 now);

/* Offset 0 is the first payload byte; a SYN's or a probe's number may be before. */
static inline u16 fsp_epoch(s64 off)
{
	return off < 0 ? 0 : off >> FSP_EPOCH_SHIFT;
}

static inline s64 fsp_snd_off(const struct fsp_conn *c, u32 seq)
{
	return c->una_off + (s32)(seq - c->snd_una);
}

static inline s64 fsp_rcv_off(const struct fsp_conn *c, u32 seq)
{
	return c->rcv_off + (s32)(seq - c->rcv_nxt);
}

#endif /* _FSP_INTERNAL_H */
