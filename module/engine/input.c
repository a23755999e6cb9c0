// SPDX-License-Identifier: GPL-2.0-only
/* A received packet, by state: RFC 9293 section 3.10.7, RFC 5961. */
#include "internal.h"

#define EADDRNOTAVAIL_POS	99
#define ECONNREFUSED_POS	111
#define ECONNRESET_POS		104
#define EPIPE_POS		32
#define EPROTO_POS		71

static enum fsp_verdict refuse(struct fsp_conn *c, const struct fsp_rx *rx,
			       enum fsp_verdict verdict)
{
	struct fsp_tx tx;

	if (rx->flags & FSP_RST)
		return verdict;
	fsp_reset_for(rx, &tx);
	if (!fsp_host_xmit(c, NULL, &tx))
		fsp_host_count(c, FSP_COUNT_OUT_RSTS, 1);
	return verdict;
}

/*
 * The highest serial that brought something new is what acknowledgments echo:
 * a duplicate's is not, so that the peer learns that the original arrived.
 */
static void note_serial(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	if (!rx->len && !(rx->flags & (FSP_SYN | FSP_FIN)))
		return;
	if (c->echo_time && fsp_serial_before(rx->serial, c->echo_serial) &&
	    !(rx->flags & FSP_SYN))
		goto due;
	c->echo_serial = rx->serial;
	c->echo_time = now;
due:
	c->echo_due = true;
}

/* ---- SYN-SENT: section 3.10.7.3 ---- */

static void take_syn(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	c->irs = rx->seq;
	c->rcv_nxt = rx->seq + 1;
	c->rcv_off = 0;
	c->rcv_wup = c->rcv_nxt;
	c->work->read_seq = c->rcv_nxt;
	c->work->read_time = now;
	c->peer_features = rx->opts & FSP_HAS_FEATURES ? rx->features : 0;
	c->peer_mss = rx->opts & FSP_HAS_MSS ? max_t(u32, rx->mss, FSP_MSS_MIN) :
					       c->default_mss;
	if (rx->opts & FSP_HAS_WSCALE) {
		c->snd_wscale = rx->wscale;
	} else {
		c->snd_wscale = 0;
		c->rcv_wscale = 0;
	}
	fsp_update_mss(c);
	fsp_first_keep(c, rx);
	note_serial(c, rx, now);
}

/*
 * A peer whose numbers would begin within those of the connection before: its old
 * packets could pass for new ones. A SYN may be one of them; a SYN,ACK is not, as it
 * acknowledges our new SYN.
 */
static enum fsp_verdict rx_old_numbers(struct fsp_conn *c, const struct fsp_rx *rx)
{
	if (!(rx->flags & FSP_ACK))
		return FSP_DROP_SEQ;
	refuse(c, rx, FSP_DONE);
	fsp_host_count(c, FSP_COUNT_ATTEMPT_FAILS, 1);
	fsp_fail(c, EADDRNOTAVAIL_POS);
	return FSP_DONE;
}

static enum fsp_verdict rx_syn_sent(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	if (rx->flags & FSP_ACK &&
	    (!fsp_after(rx->ack, c->iss) || fsp_after(rx->ack, c->snd_nxt)))
		return refuse(c, rx, FSP_DROP_ACK);
	if (rx->flags & FSP_RST) {
		if (!(rx->flags & FSP_ACK))
			return FSP_DROP_STATE;
		fsp_host_count(c, FSP_COUNT_ATTEMPT_FAILS, 1);
		fsp_fail(c, ECONNREFUSED_POS);
		return FSP_DONE;
	}
	if (!(rx->flags & FSP_SYN))
		return FSP_DROP_STATE;
	if (!fsp_rx_version_known(rx)) {
		refuse(c, rx, FSP_DONE);
		fsp_fail(c, EPROTO_POS);
		return FSP_DONE;
	}
	if (c->follows && !fsp_after(rx->seq, c->work->old_rcv_nxt))
		return rx_old_numbers(c, rx);
	take_syn(c, rx, now);
	if (rx->flags & FSP_ACK) {
		fsp_ack_syn_echo(c, rx, now);
		fsp_established(c, rx, now);
		fsp_ticket_arm(c, now);
		fsp_output(c, 0, now);
		if (c->echo_due)	/* no data took the acknowledgment along */
			fsp_ack_handshake(c, now);
		return FSP_DONE;
	}
	/* Simultaneous open */
	fsp_set_state(c, FSP_SYN_RCVD);
	c->work->syn_retries = 0;
	fsp_send_syn(c, now);
	fsp_rto_arm(c, now);
	return FSP_DONE;
}

/* ---- synchronized states: section 3.10.7.4 ---- */

/*
 * The first test of section 3.10.7.4. Its left edge is where we last said we
 * were rather than rcv_nxt, so that acknowledgments that overtook each other
 * still count.
 */
static bool acceptable(const struct fsp_conn *c, const struct fsp_rx *rx)
{
	u32 edge = fsp_seq_max(fsp_rcv_edge(c), c->rcv_nxt);

	return !fsp_before(fsp_rx_end(rx), c->rcv_wup) &&
	       !fsp_after(rx->seq + rx->len, edge);
}

static enum fsp_verdict unacceptable(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	if (rx->flags & FSP_RST)
		return FSP_DROP_SEQ;
	/*
	 * Old payload asks for an ACK at once: the one that was sent got lost.
	 * An empty packet may be a keepalive, or one side of an endless exchange
	 * of ACKs: limited.
	 */
	if (rx->len || (rx->flags & FSP_FIN)) {
		if (!fsp_after(fsp_rx_end(rx), c->rcv_nxt)) {
			fsp_reasm_dup(c, rx);
			fsp_send_ack(c, now);
			return FSP_DROP_DUP;
		}
		fsp_send_ack(c, now);
		return FSP_DROP_SEQ;
	}
	if (fsp_plpmtu_late(c, rx)) {
		fsp_plpmtu_asked(c, rx);
		fsp_send_ack(c, now);
		return FSP_DONE;
	}
	fsp_send_challenge(c, now);
	return FSP_DROP_SEQ;
}

/* A probe: the number before the next one, no payload */
static bool is_probe(const struct fsp_conn *c, const struct fsp_rx *rx)
{
	return !rx->len && !(rx->flags & (FSP_SYN | FSP_FIN | FSP_RST)) &&
	       rx->seq == c->rcv_nxt - 1;
}

static enum fsp_verdict rx_reset(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	/* RFC 5961 section 3.2: exactly the next number, or it must ask again */
	if (rx->seq != c->rcv_nxt) {
		fsp_send_challenge(c, now);
		return FSP_DROP_SEQ;
	}
	switch (c->state) {
	case FSP_SYN_RCVD:
		fsp_host_count(c, FSP_COUNT_ATTEMPT_FAILS, 1);
		fsp_fail(c, c->passive ? ECONNRESET_POS : ECONNREFUSED_POS);
		break;
	case FSP_CLOSING:
	case FSP_LAST_ACK:
		fsp_finish(c, FSP_CLOSED);
		break;
	case FSP_CLOSE_WAIT:
		fsp_host_count(c, FSP_COUNT_ESTAB_RESETS, 1);
		fsp_fail(c, EPIPE_POS);
		break;
	default:
		fsp_host_count(c, FSP_COUNT_ESTAB_RESETS, 1);
		fsp_fail(c, ECONNRESET_POS);
		break;
	}
	return FSP_DONE;
}

static bool epoch_wrong(const struct fsp_conn *c, const struct fsp_rx *rx)
{
	u16 epoch = rx->opts & FSP_HAS_EPOCH ? rx->seq_epoch : 0;
	u16 ahead = fsp_epoch(fsp_rcv_off(c, rx->seq)) - epoch;

	/* A packet cut from a super-packet carries the epoch of its first byte. */
	return ahead > 1;
}

/* The other SYN-ACK of a simultaneous open, or our SYN-ACK was lost */
static enum fsp_verdict rx_syn_again(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	if (!(rx->flags & FSP_ACK)) {
		note_serial(c, rx, now);
		fsp_send_syn(c, now);
		return FSP_DONE;
	}
	if (rx->ack != c->snd_nxt && rx->ack != c->iss + 1)
		return refuse(c, rx, FSP_DROP_ACK);
	note_serial(c, rx, now);
	fsp_ack_syn_echo(c, rx, now);
	fsp_established(c, rx, now);
	fsp_output(c, 0, now);
	fsp_send_ack(c, now);
	return FSP_DONE;
}

static bool our_fin_acked(const struct fsp_conn *c)
{
	return c->fin_queued && !c->fin_pending && list_empty(&c->work->sndq) &&
	       c->snd_una == c->snd_nxt;
}

static void after_ack(struct fsp_conn *c, u64 now)
{
	if (!our_fin_acked(c))
		return;
	switch (c->state) {
	case FSP_FIN_WAIT_1:
		fsp_set_state(c, FSP_FIN_WAIT_2);
		c->events |= FSP_EV_FIN_ACKED;
		if (c->user_gone)
			fsp_timer_arm(c, FSP_TIMER_FIN, now + c->cfg.fin_timeout);
		break;
	case FSP_CLOSING:
		c->events |= FSP_EV_FIN_ACKED;
		fsp_finish(c, FSP_TIME_WAIT);
		break;
	case FSP_LAST_ACK:
		c->events |= FSP_EV_FIN_ACKED;
		fsp_finish(c, FSP_CLOSED);
		break;
	default:
		break;
	}
}

/* The peer's FIN has its turn. */
static void take_fin(struct fsp_conn *c, u64 now)
{
	if (!c->fin_seen || c->rcv_nxt != c->fin_seq ||
	    !FSP_STATE_IN(c->state, FSP_STATES_RECEIVE))
		return;
	c->rcv_nxt++;
	c->rcv_off++;
	c->events |= FSP_EV_PEER_CLOSED;
	switch (c->state) {
	case FSP_ESTABLISHED:
		c->work->ack_bytes++;	/* our own FIN may take it along */
		fsp_set_state(c, FSP_CLOSE_WAIT);
		break;
	case FSP_FIN_WAIT_1:
		c->ack_now = 1;
		fsp_set_state(c, FSP_CLOSING);
		break;
	case FSP_FIN_WAIT_2:
		fsp_send_ack(c, now);
		fsp_finish(c, FSP_TIME_WAIT);
		break;
	default:
		break;
	}
}

/* Bytes for a reader that is gone would be lost: tell the peer so (RFC 2525 2.17). */
static enum fsp_verdict nobody_reads(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	fsp_host_count(c, FSP_COUNT_ABORT_ON_DATA, 1);
	fsp_send_rst(c);
	fsp_fail(c, ECONNRESET_POS);
	return FSP_DROP_CLOSED;
}

static enum fsp_verdict rx_payload(struct fsp_conn *c, const struct fsp_rx *rx,
				   struct fsp_seg *seg, u64 now)
{
	enum fsp_verdict verdict;
	bool fin_new;

	if (!FSP_STATE_IN(c->state, FSP_STATES_RECEIVE)) {
		c->ack_now = 1;
		return rx->len ? FSP_DROP_STATE : FSP_DONE;
	}
	if (rx->len && c->rcv_shut && fsp_after(rx->seq + rx->len, c->rcv_nxt))
		return nobody_reads(c, rx, now);
	fin_new = (rx->flags & FSP_FIN) && !c->fin_seen;
	verdict = fsp_reasm_rx(c, rx, seg, now);
	if (verdict == FSP_TAKEN || fin_new)
		note_serial(c, rx, now);
	take_fin(c, now);
	return verdict;
}

static enum fsp_verdict rx_ack_syn_rcvd(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	if (!fsp_after(rx->ack, c->snd_una) || fsp_after(rx->ack, c->snd_nxt))
		return refuse(c, rx, FSP_DROP_ACK);
	fsp_ack_syn_echo(c, rx, now);
	fsp_established(c, rx, now);
	return FSP_TAKEN;
}

static enum fsp_verdict rx_ack(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	enum fsp_verdict verdict;

	if (c->state == FSP_SYN_RCVD)
		return rx_ack_syn_rcvd(c, rx, now);
	verdict = fsp_ack_rx(c, rx, now);
	if (verdict == FSP_TAKEN)
		after_ack(c, now);
	return verdict;
}

static enum fsp_verdict rx_synchronized(struct fsp_conn *c, const struct fsp_rx *rx,
					struct fsp_seg *seg, u64 now)
{
	enum fsp_verdict verdict;

	if (c->state == FSP_SYN_RCVD && (rx->flags & FSP_SYN) && rx->seq == c->irs)
		return rx_syn_again(c, rx, now);
	/*
	 * RFC 5961 section 4.2, wherever its number is: a peer that lost its state and
	 * begins anew knows of no epoch either.
	 */
	if (rx->flags & FSP_SYN) {
		fsp_send_challenge(c, now);
		return FSP_DROP_STATE;
	}
	if (epoch_wrong(c, rx))
		return FSP_DROP_EPOCH;
	if (is_probe(c, rx)) {
		c->last_rcv = now;
		/* It may well acknowledge something, our SYN for one. */
		if (rx->flags & FSP_ACK)
			rx_ack(c, rx, now);
		if (c->state == FSP_CLOSED || c->state == FSP_TIME_WAIT)
			return FSP_DONE;
		fsp_output(c, 0, now);
		fsp_send_ack(c, now);
		return FSP_DONE;
	}
	if (!acceptable(c, rx))
		return unacceptable(c, rx, now);
	if (rx->flags & FSP_RST)
		return rx_reset(c, rx, now);
	if (!(rx->flags & FSP_ACK))
		return FSP_DROP_STATE;

	verdict = rx_ack(c, rx, now);
	if (verdict != FSP_TAKEN && verdict != FSP_DONE)
		return verdict;
	c->last_rcv = now;	/* what anybody might have sent does not count */
	if (unlikely(rx->opts & (FSP_HAS_PROBE | FSP_HAS_PROBED)))
		fsp_plpmtu_rx(c, rx, now);
	if (unlikely(c->work->ticket_len))
		fsp_ticket_confirmed(c);
	if (unlikely(rx->opts & FSP_HAS_TICKET))
		c->ack_now = 1;	/* or it would be repeated */
	verdict = FSP_DONE;
	if (c->state != FSP_CLOSED && c->state != FSP_TIME_WAIT &&
	    (rx->len || (rx->flags & FSP_FIN)))
		verdict = rx_payload(c, rx, seg, now);
	if (c->state == FSP_CLOSED || c->state == FSP_TIME_WAIT)
		return verdict;
	fsp_output(c, 0, now);
	fsp_ack_due(c, rx->flags & FSP_PSH, now);
	return verdict;
}

enum fsp_verdict fsp_conn_rx(struct fsp_conn *c, const struct fsp_rx *rx,
			     struct fsp_seg *seg, u64 now)
{
	if (unlikely(!fsp_conn_wake(c, now)))
		return FSP_DROP_RCVBUF;
	c->segs_in++;
	switch (c->state) {
	case FSP_CLOSED:
	case FSP_LISTEN:
	case FSP_TIME_WAIT:
		return FSP_DROP_STATE;
	case FSP_SYN_SENT:
		c->last_rcv = now;
		return rx_syn_sent(c, rx, now);
	default:
		return rx_synchronized(c, rx, seg, now);
	}
}

enum fsp_verdict fsp_conn_first_flight(struct fsp_conn *c, const struct fsp_rx *rx,
				       struct fsp_seg *seg, u64 now)
{
	struct fsp_rx payload = *rx;
	enum fsp_verdict verdict;

	c->segs_in++;
	payload.seq++;
	payload.flags &= FSP_PSH;
	note_serial(c, rx, now);
	verdict = fsp_reasm_rx(c, &payload, seg, now);
	c->first = verdict == FSP_TAKEN ? FSP_FIRST_TAKEN : FSP_FIRST_REFUSED;
	/* The SYN's own number is not to cost a packet of the first window. */
	c->cwnd = FSP_INIT_CWND_SEGS * c->snd_mss + 1;
	fsp_send_syn(c, now);
	fsp_rto_arm(c, now);
	return verdict;
}
