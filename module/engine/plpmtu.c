// SPDX-License-Identifier: GPL-2.0-only
/*
 * Path MTU where ICMP does not tell it: RFC 8899, per connection. What the host
 * says of the path is the upper bound; below it packets are made smaller when
 * large ones vanish, and larger again when probes, which carry only padding, are
 * answered. Documentation/protocol.rst, "Path MTU", has the rules.
 *
 * Sizes are of header and payload, as fsp_conn.mss_room is.
 */
#include "internal.h"

#define MAX_PROBES	3			/* RFC 8899 section 5.1.2 */
#define RAISE_TIME	(600 * FSP_NSEC_PER_SEC) /* section 5.1.1 */
#define HEAD_LOSSES	2	/* of the same bytes, before their size is doubted */
#define EMSGSIZE_POS	90
#define GAIN_SHIFT	6	/* less than 1/64 is not worth a probe */

/*
 * IP packets that links and tunnels over Ethernet carry, beside Ethernet's own:
 * jumbo frames, FDDI; PPPoE, IP in IP, GRE, VXLAN, WireGuard and what providers
 * leave of them.
 */
static const u16 common[] = {
	9000, 8950, 4352, 2304, 1500, 1492, 1480, 1476, 1472, 1460, 1450, 1440, 1420, 1400,
	1380, 1360, 1320, 1280, 1006, 576,
};

static u32 base_size(const struct fsp_conn *c)
{
	return min_t(u32, c->pmtu_base, c->mss_room);
}

static u32 min_size(const struct fsp_conn *c)
{
	return min_t(u32, c->pmtu_min, c->mss_room);
}

/* No packet is ever larger than this. */
static u32 ceiling(const struct fsp_conn *c)
{
	u32 most = c->mss_room;

	if (c->peer_mss)
		most = min(most, c->peer_mss + FSP_HDR_MIN);
	if (c->cfg.mss_clamp)
		most = min_t(u32, most, c->cfg.mss_clamp + FSP_HDR_MIN);
	return min_t(u32, most, U16_MAX);
}

static bool can_probe(const struct fsp_conn *c)
{
	return c->cfg.mtu_probing && (c->peer_features & FSP_FEATURE_PROBE);
}

static void arm(struct fsp_conn *c, u64 when)
{
	fsp_timer_arm(c, FSP_TIMER_MTU, when);
}

/* ---- the search ---- */

static void name_search(struct fsp_conn *c)
{
	c->work->pmtu.state = c->work->pmtu.size < base_size(c) ? FSP_PMTU_ERROR : FSP_PMTU_SEARCHING;
}

static void search(struct fsp_conn *c, u64 now)
{
	c->work->pmtu.fails = 0;
	c->work->pmtu.probed = 0;
	name_search(c);
	arm(c, now);
}

static void finish(struct fsp_conn *c, u64 now)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	p->state = FSP_PMTU_COMPLETE;
	p->probed = 0;
	if (p->size >= ceiling(c)) {
		p->size = 0;
		fsp_timer_stop(c, FSP_TIMER_MTU);
		return;
	}
	p->raise_since = c->last_send;
	arm(c, now + RAISE_TIME);
}

static u32 apart(u32 a, u32 b)
{
	return a < b ? b - a : a - b;
}

/* Of the usual sizes between two the one closest to the middle, else the middle */
static u32 between(const struct fsp_conn *c, u32 low, u32 high)
{
	u32 mid = low + (high - low) / 2, best = 0, i;

	for (i = 0; i < ARRAY_SIZE(common); i++) {
		u32 size = common[i] > c->pmtu_below ? common[i] - c->pmtu_below : 0;

		if (size <= low || size >= high)
			continue;
		if (!best || apart(size, mid) < apart(best, mid))
			best = size;
	}
	return best ? best : mid;
}

/* What to probe next; 0: nothing is worth it */
static u32 next_size(const struct fsp_conn *c)
{
	u32 low = c->work->pmtu.size, high = c->work->pmtu.fails, most = ceiling(c);

	if (low >= most)
		return 0;
	if (!high || high > most)
		return most;
	if (high - low <= max(low >> GAIN_SHIFT, 1U))
		return 0;
	return between(c, low, high);
}

static int send(struct fsp_conn *c)
{
	struct fsp_plpmtu *p = &c->work->pmtu;
	struct fsp_tx tx = {
		.seq = c->snd_nxt,
		.ack = c->rcv_nxt,
		.flags = FSP_ACK,
		.window = fsp_window_told(c),
		.serial = c->serial,
		.opts = FSP_HAS_PROBE,
		.probe = p->id + 1,
		.probe_size = p->probed,
	};

	fsp_put_epochs(c, &tx);
	fsp_tx_measure(&tx);
	return fsp_host_xmit(c, NULL, &tx);
}

static void probe(struct fsp_conn *c, u64 now)
{
	struct fsp_plpmtu *p = &c->work->pmtu;
	int ret = send(c);

	arm(c, now + fsp_rtt_rto(c));
	/* Of a size the host refuses to send nothing will be heard, either. */
	if (ret && ret != -EMSGSIZE_POS)
		return;
	p->id++;
	p->tries++;
	p->sent = now;
	c->segs_out++;
	fsp_pace_sent(c, p->probed, now);
	fsp_host_count(c, FSP_COUNT_MTU_PROBE_SENT, 1);
}

static void go_on(struct fsp_conn *c, u64 now)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	if (!p->probed) {
		p->tries = 0;
		p->probed = next_size(c);
	}
	if (p->probed)
		probe(c, now);
	else
		finish(c, now);
}

/* The timer ran out: has the path lost the probe, or everything? */
static void judge(struct fsp_conn *c)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	if (!p->probed || !p->tries)
		return;
	if (c->work->rtxq.count && c->last_rcv <= p->sent) {
		p->tries--;
		return;
	}
	fsp_host_count(c, FSP_COUNT_MTU_PROBE_LOST, 1);
	if (p->tries < MAX_PROBES)
		return;
	p->fails = p->probed;
	p->probed = 0;
}

static void raise(struct fsp_conn *c, u64 now)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	if (c->last_send == p->raise_since) {	/* whom would it serve? */
		arm(c, now + RAISE_TIME);
	} else if (can_probe(c)) {
		search(c, now);
	} else {
		p->size = 0;
		fsp_update_mss(c);
	}
}

void fsp_plpmtu_timeout(struct fsp_conn *c, u64 now)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	if (!FSP_STATE_IN(c->state, FSP_STATES_OUTPUT) || p->state == FSP_PMTU_DISABLED)
		return;
	if (p->state == FSP_PMTU_COMPLETE) {
		raise(c, now);
		return;
	}
	judge(c);
	/*
	 * RFC 4821 section 7.4: not while something else is being repaired. That goes
	 * by the RTO, and in an outage takes ever longer.
	 */
	if (c->recovery != FSP_OPEN || c->work->ticket_len) {
		arm(c, now + c->rto);
		return;
	}
	if (p->state == FSP_PMTU_BASE)
		name_search(c);
	go_on(c, now);
}

static void answered(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	if (!p->probed || rx->probe_size != p->probed || (u16)(p->id - rx->probe) >= p->tries)
		return;
	fsp_host_count(c, FSP_COUNT_MTU_PROBE_ACKED, 1);
	p->size = p->probed;
	p->probed = 0;
	name_search(c);
	fsp_update_mss(c);
	go_on(c, now);
}

/* ---- the other side ---- */

void fsp_plpmtu_asked(struct fsp_conn *c, const struct fsp_rx *rx)
{
	c->work->pmtu.answer = rx->probe;
	c->work->pmtu.answer_size = rx->probe_size;
	c->work->pmtu.answer_due = true;
}

bool fsp_plpmtu_late(const struct fsp_conn *c, const struct fsp_rx *rx)
{
	return (rx->opts & FSP_HAS_PROBE) && fsp_before(rx->seq, c->rcv_wup) &&
	       c->rcv_wup - rx->seq <= max_t(u32, c->rcv_wnd, U16_MAX);
}

void fsp_plpmtu_rx(struct fsp_conn *c, const struct fsp_rx *rx, u64 now)
{
	if (rx->opts & FSP_HAS_PROBE)
		fsp_plpmtu_asked(c, rx);
	else
		answered(c, rx, now);
}

/* ---- black holes ---- */

/* Of the packets that @seg is sent in */
static u32 packet_size(const struct fsp_conn *c, const struct fsp_seg *seg)
{
	return min(fsp_seg_bytes(seg), c->snd_mss) + FSP_HDR_MIN;
}

void fsp_plpmtu_lost(struct fsp_conn *c, const struct fsp_seg *seg)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	if (p->state == FSP_PMTU_DISABLED || seg->seq != c->snd_una)
		return;
	if (packet_size(c, seg) <= min_size(c))
		return;
	if (!p->head_lost || packet_size(c, seg) > p->lost_size)
		p->lost_size = packet_size(c, seg);
	if (p->head_lost < U8_MAX)
		p->head_lost++;
}

/* The size of which the first unacknowledged bytes are sent again; 0: any */
static u32 doubted_size(const struct fsp_conn *c)
{
	u32 size;

	if (c->work->pmtu.head_lost < HEAD_LOSSES)
		return 0;
	size = c->work->pmtu.head_lost < 2 * HEAD_LOSSES ? base_size(c) : min_size(c);
	return size < fsp_conn_room(c) ? size : 0;
}

bool fsp_plpmtu_cut(struct fsp_conn *c, struct fsp_seg *seg)
{
	u32 size = doubted_size(c), most;

	if (likely(!size) || seg->seq != c->snd_una || size <= FSP_HDR_MAX)
		return true;
	most = size - FSP_HDR_MAX;	/* whatever options there are */
	if (min(fsp_seg_bytes(seg), c->snd_mss) <= most)
		return true;
	if (!fsp_split(c, seg, most))
		return false;
	c->work->pmtu.test_size = size;
	c->work->pmtu.test_seq = seg->seq;
	return true;
}

void fsp_plpmtu_delivered(struct fsp_conn *c, const struct fsp_seg *seg)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	if (likely(!p->head_lost))
		return;
	if (p->test_size && seg->seq == p->test_seq) {
		p->fell = true;
	} else if (packet_size(c, seg) >= p->lost_size) {
		/* The path loses packets, but not for their size. */
		p->head_lost = 0;
		p->test_size = 0;
		p->fell = false;
	}
}

/* Large packets vanish, a small one arrived: RFC 8899 section 4.3 */
static void fall(struct fsp_conn *c, u64 now)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	p->size = p->test_size;
	p->probed = 0;
	p->fails = 0;
	p->state = p->size < base_size(c) ? FSP_PMTU_ERROR : FSP_PMTU_BASE;
	fsp_host_count(c, FSP_COUNT_MTU_BLACK_HOLE, 1);
	fsp_update_mss(c);
	fsp_recovery_mss_shrunk(c);
	/* It was not congestion (RFC 4821 section 7.7): nothing is to be reduced for it. */
	if (c->recovery == FSP_RECOVERY)
		c->recovery = FSP_LOSS;
	c->work->undo_ok = false;
	c->ssthresh = max(c->ssthresh, c->work->prior_ssthresh);
	if (!fsp_cc(c)->control)
		c->cwnd = max(c->cwnd, min(c->work->prior_cwnd, FSP_INIT_CWND_SEGS * c->snd_mss));
	if (can_probe(c)) {
		arm(c, now + fsp_rtt_rto(c));
	} else {
		p->state = FSP_PMTU_COMPLETE;
		p->raise_since = 0;
		arm(c, now + RAISE_TIME);
	}
}

void fsp_plpmtu_progress(struct fsp_conn *c, u64 now)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	p->head_lost = 0;
	if (unlikely(p->fell))
		fall(c, now);
	p->fell = false;
	p->test_size = 0;
}

/* ---- beginning, and news of the path ---- */

void fsp_plpmtu_start(struct fsp_conn *c, u64 now)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	if (!c->cfg.mtu_probing)
		return;
	p->state = FSP_PMTU_COMPLETE;
	if (c->cfg.mtu_probing != FSP_MTU_PROBE_ALWAYS || !can_probe(c) ||
	    ceiling(c) <= base_size(c))
		return;
	p->size = base_size(c);
	search(c, now);
}

void fsp_conn_probe_mtu(struct fsp_conn *c, u64 now)
{
	bool rested = !fsp_conn_awake(c);
	struct fsp_plpmtu *p;

	if (!FSP_STATE_IN(c->state, FSP_STATES_OUTPUT) || !fsp_conn_wake(c, now))
		return;
	p = &c->work->pmtu;
	if (!c->cfg.mtu_probing) {
		p->state = FSP_PMTU_DISABLED;
		p->size = 0;
		p->probed = 0;
		p->test_size = 0;
		fsp_timer_stop(c, FSP_TIMER_MTU);
	} else if (rested || p->state == FSP_PMTU_DISABLED) {
		fsp_plpmtu_start(c, now);
	}
	fsp_update_mss(c);
}

void fsp_plpmtu_path(struct fsp_conn *c, u32 before, u64 now)
{
	struct fsp_plpmtu *p = &c->work->pmtu;

	if (p->state == FSP_PMTU_DISABLED || c->mss_room == before)
		return;
	p->head_lost = 0;
	p->test_size = 0;
	if (c->mss_room > before) {
		if (!p->size)
			p->size = before;
		if (!can_probe(c))
			p->size = 0;
	}
	if (!p->size || p->size >= ceiling(c)) {
		p->size = 0;
		finish(c, now);
		fsp_timer_stop(c, FSP_TIMER_MTU);
		return;
	}
	search(c, now);
}
