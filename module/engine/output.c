// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to send, and when: lost segments first, then new ones, within the
 * congestion window and the peer's; Nagle and silly windows on the sender's
 * side (RFC 9293 section 3.8.6.2.1); acknowledgments.
 */
#include "internal.h"

#define RETRY_TIME		(10 * FSP_NSEC_PER_MSEC)	/* the host had no memory */
#define OOW_INTERVAL		(500 * FSP_NSEC_PER_MSEC)
#define DEFER_DIVISOR		3
/* Small writes wait for each other: so long, for so many bytes */
#define GATHER_TIME		(200 * FSP_NSEC_PER_USEC)
#define GATHER_BYTES		16384
/* Who has written so many bytes, without a pause of so long, streams. */
#define STREAM_BYTES		(8 * GATHER_BYTES)
#define STREAM_PAUSE		(10 * FSP_NSEC_PER_MSEC)
#define ACKS_PER_ROUND		16
/* So long the last step of a handshake waits for the first write. */
#define HANDSHAKE_TIME		(200 * FSP_NSEC_PER_USEC)
#define ACK_PKTS_MAX		16U
/* A packet so long ago has just been sent. */
#define JUST_SENT		(50 * FSP_NSEC_PER_USEC)

/* ---- the header ---- */

static void put_echo(struct fsp_conn *c, struct fsp_tx *tx, u64 now)
{
	u64 delay = div_u64(now - c->echo_time, FSP_ECHO_DELAY_UNIT * FSP_NSEC_PER_USEC);

	tx->opts |= FSP_HAS_ECHO;
	tx->echo = c->echo_serial;
	tx->echo_delay = min_t(u64, delay, FSP_ECHO_DELAY_MAX);
}

void fsp_put_epochs(struct fsp_conn *c, struct fsp_tx *tx)
{
	tx->seq_epoch = fsp_epoch(fsp_snd_off(c, tx->seq));
	tx->ack_epoch = fsp_epoch(c->rcv_off);
	if (tx->seq_epoch | tx->ack_epoch)
		tx->opts |= FSP_HAS_EPOCH;
}

/* As many ranges as a control block on this path has room for */
static unsigned int put_ranges(struct fsp_conn *c, struct fsp_tx *tx)
{
	unsigned int most = c->mss_room / FSP_RANGE_LEN, hdr;

	hdr = DIV_ROUND_UP(FSP_HDR_MAX + FSP_EXT_HDR, FSP_RANGE_LEN);
	if (!c->work->ofoq.count || most <= hdr)
		return 0;
	return min(fsp_reasm_ranges(c, tx->ranges), most - hdr);
}

/* Everything of a header that acknowledges; what it sends is the caller's. */
static void begin(struct fsp_conn *c, struct fsp_tx *tx, u32 seq, u8 flags, u64 now)
{
	tx->seq = seq;
	tx->ack = c->rcv_nxt;
	tx->flags = flags | FSP_ACK;
	tx->window = fsp_window_select(c);
	tx->serial = c->serial;
	tx->opts = 0;
	tx->len = 0;
	tx->mss = 0;
	tx->depart = 0;
	tx->ect = FSP_NOT_ECT;
	tx->nr_ranges = put_ranges(c, tx);
	if (c->echo_due)
		put_echo(c, tx, now);
	fsp_put_epochs(c, tx);
	if (unlikely(c->work->ticket_len)) {
		tx->opts |= FSP_HAS_TICKET;
		tx->ticket = c->work->ticket;
		tx->ticket_len = c->work->ticket_len;
	}
}

/* It carries our acknowledgment: none is owed any more. */
static void ack_sent(struct fsp_conn *c)
{
	c->ack_now = 0;
	c->work->ack_bytes = 0;
	c->echo_due = false;
	if (c->quick_acks)
		c->quick_acks--;
	fsp_timer_stop(c, FSP_TIMER_DELACK);
}

static int transmit(struct fsp_conn *c, struct fsp_seg *seg, struct fsp_tx *tx)
{
	int ret = fsp_host_xmit(c, seg, tx);

	if (ret)
		return ret;
	c->segs_out += tx->len > tx->mss && tx->mss ? (tx->len + tx->mss - 1) / tx->mss : 1;
	if (tx->flags & FSP_ACK)
		ack_sent(c);
	return 0;
}

/* ---- segments ---- */

struct fsp_seg *fsp_split(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes)
{
	struct fsp_seg *rest = fsp_host_split(c, seg, bytes);

	if (!rest)
		return NULL;
	*rest = *seg;
	rest->seq = seg->seq + bytes;
	seg->end_seq = rest->seq;
	seg->flags &= ~(FSP_FIN | FSP_PSH);
	INIT_LIST_HEAD(fsp_seg_tlist(rest));
	if (!(seg->state & FSP_SEG_SENT)) {
		list_add(fsp_seg_list(rest), fsp_seg_list(seg));
		return rest;
	}
	fsp_segq_insert(&c->work->rtxq, rest);
	if (!list_empty(fsp_seg_tlist(seg)))
		list_add(fsp_seg_tlist(rest), fsp_seg_tlist(seg));
	if ((rest->state & FSP_SEG_RETRANS) && rest->tx_time >= c->work->undo_since)
		c->work->undo_retrans++;
	return rest;
}

static void note_sent(struct fsp_conn *c, struct fsp_seg *seg, u64 now)
{
	seg->serial = c->serial++;
	fsp_rate_sent(c, seg, fsp_pace_departure(c, now));
	fsp_pace_sent(c, fsp_seg_bytes(seg), now);
	c->last_send = now;
}

static int send_seg(struct fsp_conn *c, struct fsp_seg *seg, u64 now)
{
	struct fsp_tx tx;
	int ret;

	begin(c, &tx, seg->seq, seg->flags & (FSP_FIN | FSP_PSH), now);
	if (tx.opts & FSP_HAS_ECHO)
		fsp_ecn_put(c, &tx);
	tx.len = fsp_seg_bytes(seg);
	/* Not what is sent again: RFC 3168 section 6.1.5 */
	if (tx.len && !(seg->state & FSP_SEG_SENT) && fsp_ecn_capable(c))
		tx.ect = FSP_ECT0;
	tx.depart = fsp_pace_departure(c, now);
	fsp_tx_measure(&tx);
	tx.mss = max(c->snd_mss - (tx.hdr_len - FSP_HDR_MIN), (u32)FSP_MSS_MIN / 2);
	ret = transmit(c, seg, &tx);
	if (!ret && tx.len)
		c->data_segs_out += (tx.len + tx.mss - 1) / tx.mss;
	return ret;
}

int fsp_resend_seg(struct fsp_conn *c, struct fsp_seg *seg, u64 now)
{
	u32 len = fsp_seg_len(seg);
	int ret = send_seg(c, seg, now);

	if (ret)
		return ret;
	fsp_spurious_note(c, seg, now);
	note_sent(c, seg, now);
	if (!(seg->state & FSP_SEG_RETRANS))
		c->work->retrans_out += len;
	seg->state |= FSP_SEG_RETRANS | FSP_SEG_EVER_RETRANS;
	list_move_tail(fsp_seg_tlist(seg), &c->work->tx_order);
	if (!c->work->retry_since)
		c->work->retry_since = now;
	c->work->undo_retrans++;
	c->bytes_retrans += fsp_seg_bytes(seg);
	c->retrans_segs += max((len + c->snd_mss - 1) / c->snd_mss, 1U);
	fsp_host_count(c, FSP_COUNT_RETRANS_SEGS, max((len + c->snd_mss - 1) / c->snd_mss, 1U));
	fsp_host_count(c, FSP_COUNT_RETRANS_BYTES, fsp_seg_bytes(seg));
	fsp_recovery_sent(c, len);
	if (!c->work->timer[FSP_TIMER_RTO])
		fsp_rto_arm(c, now);
	return 0;
}

static u32 cwnd_room(const struct fsp_conn *c)
{
	u32 pipe = fsp_in_flight(c);

	return pipe < c->cwnd ? c->cwnd - pipe : 0;
}

/* At most @room of a segment, in whole packets */
static bool cut_to(struct fsp_conn *c, struct fsp_seg *seg, u32 room)
{
	if (fsp_seg_bytes(seg) <= room)
		return true;
	room -= room % c->snd_mss;
	return room && fsp_split(c, seg, room);
}

/*
 * What is judged lost goes first. Return: false where no more may be sent now.
 */
static bool resend_lost(struct fsp_conn *c, u64 now)
{
	struct fsp_seg *seg;
	u32 room;

	if (!c->work->lost_out || c->work->lost_out == c->work->retrans_out)
		return true;
	for (seg = fsp_segq_first(&c->work->rtxq); seg; seg = fsp_segq_next(seg)) {
		if (!(seg->state & FSP_SEG_LOST) || (seg->state & FSP_SEG_RETRANS))
			continue;
		room = max(cwnd_room(c), fsp_in_flight(c) ? 0 : c->snd_mss);
		room = min(room, fsp_pace_quantum(c));
		if (room < min(fsp_seg_bytes(seg), c->snd_mss) || !fsp_host_may_send(c) ||
		    fsp_pace_holds(c, now))
			return false;
		if (!fsp_plpmtu_cut(c, seg) || !cut_to(c, seg, room) || fsp_resend_seg(c, seg, now))
			return false;
	}
	return true;
}

/* ---- new segments ---- */

/* Minshall's form of Nagle: one small packet unacknowledged at a time */
static bool nagle_holds(const struct fsp_conn *c, unsigned int push)
{
	if (push & FSP_PUSH_MORE)
		return true;
	if (push & FSP_PUSH_NOW)
		return false;
	if (c->cfg.cork)
		return true;
	return !c->cfg.nodelay && fsp_after(c->snd_sml, c->snd_una) &&
	       !fsp_after(c->snd_sml, c->snd_nxt);
}

static bool is_last(const struct fsp_conn *c, struct fsp_seg *seg)
{
	return fsp_seg_list(seg)->next == &c->work->sndq;
}

/*
 * How many bytes of the first queued segment may go now.
 *
 * Return: -1 for none; 0 is a bare FIN.
 */
static s64 send_quota(struct fsp_conn *c, struct fsp_seg *seg, unsigned int push)
{
	u32 bytes = fsp_seg_bytes(seg), most = min(bytes, fsp_pace_quantum(c));
	u32 mss = c->snd_mss, edge = c->snd_una + c->snd_wnd, cwnd, wnd, room;

	if (!bytes)
		return seg->flags & FSP_FIN ? 0 : -1;
	cwnd = c->work->tlp_allow ? max(cwnd_room(c), mss) : cwnd_room(c);
	wnd = fsp_before(seg->seq, edge) ? edge - seg->seq : 0;
	room = min3(cwnd, wnd, most);
	if (cwnd < min(mss, bytes)) {
		c->work->cwnd_limited = true;
		return -1;
	}
	if (room >= mss) {
		/* Wait for more of the window rather than cut a super-packet small. */
		if (room < most && fsp_in_flight(c) && !c->work->tlp_allow &&
		    room < min(c->cwnd, c->snd_wnd) / DEFER_DIVISOR) {
			c->work->cwnd_limited |= cwnd <= wnd;
			return -1;
		}
		if (room < bytes || !is_last(c, seg) || (seg->flags & FSP_FIN))
			return room < bytes ? room - room % mss : room;
		/* The odd bytes at the very end wait as a small packet would. */
		if (room % mss && nagle_holds(c, push))
			return room - room % mss;
		return room;
	}
	if (room < bytes)	/* a small window: use it if it is half of the largest */
		return room && (room >= c->sws_wnd / 2 || (push & FSP_PUSH_ANY)) ?
		       (s64)room : -1;
	if (!is_last(c, seg) || (seg->flags & FSP_FIN) || !nagle_holds(c, push))
		return room;
	return -1;
}

static void note_new(struct fsp_conn *c, struct fsp_seg *seg, u64 now)
{
	u32 bytes = fsp_seg_bytes(seg);

	note_sent(c, seg, now);
	list_del(fsp_seg_list(seg));
	fsp_segq_insert_tail(&c->work->rtxq, seg);
	list_add_tail(fsp_seg_tlist(seg), &c->work->tx_order);
	c->snd_nxt = seg->end_seq;
	if (bytes % c->snd_mss)
		c->snd_sml = seg->end_seq;
	c->bytes_sent += bytes;
	fsp_host_count(c, FSP_COUNT_OUT_BYTES, bytes);
	fsp_recovery_sent(c, bytes);

	if (!fsp_before(c->snd_una, c->work->max_flight_seq) || fsp_in_flight(c) > c->work->max_flight) {
		c->work->max_flight = fsp_in_flight(c);
		c->work->max_flight_seq = c->snd_nxt;
	}
	/* Answering what has just come: an exchange, ACKs may ride on data. */
	if (now - c->last_rcv_data < c->cfg.delack_max)
		c->pingpong = true;
}

static int send_new(struct fsp_conn *c, struct fsp_seg *seg, u32 quota, u64 now)
{
	int ret;

	if (fsp_seg_bytes(seg) > quota && !fsp_split(c, seg, quota))
		return -1;
	if (is_last(c, seg))
		seg->flags |= FSP_PSH;
	ret = send_seg(c, seg, now);
	if (!ret)
		note_new(c, seg, now);
	return ret;
}

/* After an idle RTO the old window says nothing about the path: RFC 5681, 4.1 */
static void restart_after_idle(struct fsp_conn *c, u64 now)
{
	u32 initial = FSP_INIT_CWND_SEGS * c->snd_mss;

	if (c->snd_una != c->snd_nxt || !c->last_send || now - c->last_send < c->rto)
		return;
	if (c->cwnd > initial && !fsp_cc(c)->control) {
		c->cwnd = initial;
		fsp_cc_event(c, FSP_CC_IDLE, now);
	}
}

/* Is this all there is, and will more be written to it? */
static bool gathering(const struct fsp_conn *c, struct fsp_seg *seg)
{
	return c->work->timer[FSP_TIMER_GATHER] && !c->work->tlp_allow && is_last(c, seg) &&
	       fsp_seg_len(seg) < GATHER_BYTES && !(seg->flags & FSP_FIN);
}

/* What is to be told before new bytes are sent, however few */
static void wake(struct fsp_conn *c, u64 now)
{
	if (list_empty(&c->work->sndq) || gathering(c, fsp_list_seg(c->work->sndq.next)))
		return;
	fsp_rate_wakes(c, now);
	restart_after_idle(c, now);
	if (!fsp_in_flight(c))
		fsp_cc_event(c, FSP_CC_START, now);
}

/* A FIN for which there was no carrier when the user closed */
static void retry_fin(struct fsp_conn *c)
{
	struct fsp_seg *seg;

	if (!c->fin_pending)
		return;
	seg = fsp_host_alloc(c);
	if (!seg)
		return;
	c->fin_pending = false;
	memset(seg, 0, sizeof(*seg));
	INIT_LIST_HEAD(fsp_seg_tlist(seg));
	seg->seq = c->write_seq;
	seg->end_seq = ++c->write_seq;
	seg->flags = FSP_FIN;
	list_add_tail(fsp_seg_list(seg), &c->work->sndq);
}

/* Most packets that come in find nothing that waits to be sent. */
static bool nothing_waits(const struct fsp_conn *c)
{
	return list_empty(&c->work->sndq) && !c->fin_pending && c->work->lost_out == c->work->retrans_out;
}

void fsp_output(struct fsp_conn *c, unsigned int push, u64 now)
{
	bool sent = false, failed = false, held = false;
	struct fsp_seg *seg;
	s64 quota = 0;

	if (!fsp_may_output(c))
		return;
	if (nothing_waits(c)) {
		fsp_timer_stop(c, FSP_TIMER_PACE);
		fsp_timer_stop(c, FSP_TIMER_GATHER);
		c->work->cwnd_limited = false;
		c->starved = !c->work->tlp_allow;
		if (!c->work->rtxq.count)
			fsp_timer_stop(c, FSP_TIMER_PROBE);
		return;
	}
	retry_fin(c);
	fsp_timer_stop(c, FSP_TIMER_PACE);
	if (!resend_lost(c, now))
		goto timers;
	wake(c, now);
	c->work->cwnd_limited = false;
	while (!list_empty(&c->work->sndq)) {
		seg = fsp_list_seg(c->work->sndq.next);
		if (gathering(c, seg))
			break;
		quota = send_quota(c, seg, push);
		if (quota < 0)
			break;
		held = !fsp_host_may_send(c) || (!c->work->tlp_allow && fsp_pace_holds(c, now));
		if (held)
			break;
		failed = send_new(c, seg, quota, now);
		if (failed)
			break;
		sent = true;
		if (c->work->tlp_allow)
			break;
	}
	c->starved = !held && !failed && !c->work->cwnd_limited && !c->work->tlp_allow;
	if (sent) {
		c->work->refused_since = 0;
		if (!c->work->timer[FSP_TIMER_RTO])
			fsp_rto_arm(c, now);
		if (c->state != FSP_SYN_RCVD)
			fsp_tlp_arm(c, now);
		fsp_timer_stop(c, FSP_TIMER_PROBE);
		c->work->probe_backoff = 0;
	}
timers:
	if (c->work->timer[FSP_TIMER_PACE])
		c->work->held_push = (c->work->held_push & ~FSP_PUSH_MORE) | push;
	if (list_empty(&c->work->sndq))
		fsp_timer_stop(c, FSP_TIMER_GATHER);
	if (c->work->rtxq.count || c->work->timer[FSP_TIMER_PACE] || c->work->timer[FSP_TIMER_GATHER])
		return;
	if (failed || c->fin_pending) {
		if (!c->work->refused_since)
			c->work->refused_since = now;
		fsp_timer_arm(c, FSP_TIMER_PROBE, now + RETRY_TIME);
	} else {
		c->work->refused_since = 0;
		fsp_probe_arm(c, now);
	}
}

/*
 * Much was written, and none of it waited in vain for more. What is left over at the
 * end of a write is then taken along by the next one: sent alone it would cost as much as
 * all the rest of it, and wake a reader for next to nothing.
 */
static bool streams(const struct fsp_conn *c, u64 now)
{
	return c->bytes_sent - c->work->stream_from >= STREAM_BYTES &&
	       now - c->last_send < STREAM_PAUSE;
}

/*
 * What one packet costs is many times what one more small write in it does. The
 * first packet after a pause goes at once, and so does an answer.
 */
static bool gathers(const struct fsp_conn *c, u64 now)
{
	if (c->cfg.nodelay || !FSP_STATE_IN(c->state, FSP_STATES_SEND) ||
	    list_empty(&c->work->sndq))
		return false;
	if (fsp_seg_len(fsp_list_seg(c->work->sndq.prev)) >= GATHER_BYTES)
		return false;
	if (c->snd_una != c->snd_nxt || streams(c, now))
		return true;
	return c->work->sndq.next == c->work->sndq.prev && now - c->last_send < JUST_SENT &&
	       c->last_rcv_data < c->last_send;
}

bool fsp_conn_gather(struct fsp_conn *c, unsigned int flags, u64 now)
{
	if (!gathers(c, now))
		return false;
	c->work->held_push = (c->work->held_push & ~FSP_PUSH_MORE) | flags;
	if (c->work->timer[FSP_TIMER_PACE] || c->work->timer[FSP_TIMER_GATHER])
		return true;
	c->work->joined = false;
	fsp_timer_arm(c, streams(c, now) ? FSP_TIMER_GATHER : FSP_TIMER_PACE,
		      now + GATHER_TIME);
	return true;
}

/* ---- packets without payload ---- */

/* What is to be told once; beside ECHO, EPOCH and ECN there is room for one. */
static void put_news(struct fsp_conn *c, struct fsp_tx *tx)
{
	if (tx->opts & FSP_HAS_TICKET)
		return;
	if (unlikely(c->work->pmtu.answer_due)) {
		tx->opts |= FSP_HAS_PROBED;
		tx->probe = c->work->pmtu.answer;
		tx->probe_size = c->work->pmtu.answer_size;
	} else if (c->work->dup_due) {
		tx->opts |= FSP_HAS_DUP;
		tx->dup = c->work->dup;
	}
}

void fsp_send_ack(struct fsp_conn *c, u64 now)
{
	struct fsp_tx tx;

	begin(c, &tx, c->snd_nxt, 0, now);
	if (c->echo_time && !(tx.opts & FSP_HAS_ECHO))
		put_echo(c, &tx, now);
	put_news(c, &tx);
	fsp_ecn_put(c, &tx);
	fsp_tx_measure(&tx);
	if (transmit(c, NULL, &tx)) {
		fsp_timer_arm(c, FSP_TIMER_DELACK, now + c->cfg.delack_max);
		return;
	}
	if (tx.opts & FSP_HAS_DUP)
		c->work->dup_due = false;
	if (tx.opts & FSP_HAS_PROBED)
		c->work->pmtu.answer_due = false;
}

/* An old sequence number: whoever gets it acknowledges where he is. */
void fsp_send_probe(struct fsp_conn *c, u64 now)
{
	struct fsp_tx tx;

	begin(c, &tx, c->snd_una - 1, 0, now);
	fsp_tx_measure(&tx);
	transmit(c, NULL, &tx);
}

/* SYN, or SYN-ACK once the peer's SYN is known */
void fsp_send_syn(struct fsp_conn *c, u64 now)
{
	struct fsp_tx tx = {
		.seq = c->iss,
		.ack = c->rcv_nxt,
		.flags = FSP_SYN,
		.opts = FSP_HAS_MSS | FSP_HAS_FEATURES | (c->no_wscale ? 0 : FSP_HAS_WSCALE),
		.window = min_t(u32, c->rcv_wnd, 0xffff),
		.wscale = c->rcv_wscale,
		.features = FSP_FEATURES_ALWAYS | fsp_ecn_offer(c),
		.opt_mss = c->opt_mss,
	};
	struct fsp_seg *seg;

	if (c->state == FSP_SYN_RCVD) {
		tx.flags |= FSP_ACK;
		put_echo(c, &tx, now);
		c->rcv_wup = c->rcv_nxt;
	}
	c->work->ctl_serial = c->serial++;
	c->work->ctl_time = now;
	tx.serial = c->work->ctl_serial;
	seg = fsp_first_put(c, &tx);
	if (!transmit(c, seg, &tx) && seg)
		fsp_first_sent(c, seg, now);
}

void fsp_send_rst(struct fsp_conn *c)
{
	struct fsp_tx tx = {
		.seq = c->snd_nxt,
		.ack = c->rcv_nxt,
		.flags = FSP_RST | FSP_ACK,
		.serial = c->serial,
	};

	fsp_put_epochs(c, &tx);
	fsp_tx_measure(&tx);
	/* Not transmit(): what was owed is of no interest any more, and it may be at rest. */
	if (fsp_host_xmit(c, NULL, &tx))
		return;
	c->segs_out++;
	fsp_host_count(c, FSP_COUNT_OUT_RSTS, 1);
}

/*
 * Two ends that each find the other's packets unacceptable must not
 * acknowledge them to each other for ever; the namespace's limit is against
 * off-path guessing (RFC 5961 section 7).
 */
void fsp_send_challenge(struct fsp_conn *c, u64 now)
{
	if (c->work->oow_time && now - c->work->oow_time < OOW_INTERVAL)
		goto skip;
	if (!fsp_host_challenge_ok(c))
		goto skip;
	c->work->oow_time = now;
	fsp_host_count(c, FSP_COUNT_CHALLENGES, 1);
	fsp_send_ack(c, now);
	return;
skip:
	fsp_host_count(c, FSP_COUNT_CHALLENGES_SKIPPED, 1);
}

/*
 * Bytes wait to be read, and until they are the window cannot be opened: the reader
 * will soon have something to tell (fsp_conn_read()). One acknowledgment does for both,
 * as long as no more than half of the window waits for it, and not for long: a sender
 * must not be slowed by a reader who has room left.
 */
static bool reader_acks(struct fsp_conn *c)
{
	return c->work->ack_bytes < c->rcv_wnd / 2 && fsp_host_rcv_space(c) < c->rcv_wnd &&
	       fsp_host_reader_told(c);
}

/*
 * Sixteen acknowledgments in each round trip are plenty for whoever sends by them. A
 * stream slower than 32 full packets in one gets what RFC 9293 section 3.8.6.3 asks for.
 */
static bool enough_to_ack(const struct fsp_conn *c)
{
	return c->work->ack_bytes >= min(c->work->read_last / ACKS_PER_ROUND, ACK_PKTS_MAX * c->rcv_mss);
}

/* At the latest in so long; whatever is sent earlier takes it along. */
static void ack_within(struct fsp_conn *c, u64 time, u64 now)
{
	u64 *timer = &c->work->timer[FSP_TIMER_DELACK];

	if (!*timer || now + time < *timer)
		fsp_timer_arm(c, FSP_TIMER_DELACK, now + time);
}

/*
 * RFC 9293 section 3.8.6.3: every second full packet at once, others delayed. Where a
 * message ends (@pushed), or with a FIN, the reader may well answer, or close, as soon
 * as he has it.
 */
void fsp_ack_due(struct fsp_conn *c, bool pushed, u64 now)
{
	bool soon = c->state == FSP_CLOSE_WAIT || (pushed && c->state == FSP_ESTABLISHED);
	bool many = c->work->ack_bytes >= 2 * c->rcv_mss;

	if (!c->ack_now && !c->work->ack_bytes && !c->work->pmtu.answer_due)
		return;
	if (c->ack_now || c->work->pmtu.answer_due || c->cfg.quickack ||
	    (fsp_quick(c) && !soon) ||
	    (many && enough_to_ack(c) && !reader_acks(c)))
		fsp_send_ack(c, now);
	else if (many || fsp_quick(c) || c->state == FSP_CLOSE_WAIT)
		ack_within(c, min_t(u64, FSP_READER_TIME, c->cfg.delack_max), now);
	else
		ack_within(c, c->cfg.delack_max, now);
}

/* The last step of a handshake: whoever opens a connection mostly has something to say. */
void fsp_ack_handshake(struct fsp_conn *c, u64 now)
{
	if (c->cfg.quickack || c->work->ticket_len)
		fsp_send_ack(c, now);
	else
		ack_within(c, HANDSHAKE_TIME, now);
}

void fsp_conn_reader_waits(struct fsp_conn *c, u64 now)
{
	if (fsp_conn_owes_quickly(c))
		fsp_send_ack(c, now);
}
