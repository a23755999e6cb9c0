// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion marks: RFC 3168, with feedback as accurate as RFC 9768 asks for. A
 * receiver counts packets and bytes by their marks and tells the counts; they are
 * cumulative, so that a lost acknowledgment loses nothing.
 *
 * Whether the path leaves marks alone is seen from the same counts: what was
 * sent as ECT(0) must be counted as ECT(0) or CE.
 */
#include "internal.h"

#define TRIES		2	/* SYNs that offer it: RFC 3168 section 6.1.1.1 */
#define PATIENCE	10	/* segments that must not all arrive unmarked */

/* An algorithm that lives on marks asks for them unless it is forbidden. */
static bool wanted(const struct fsp_conn *c)
{
	return c->cfg.ecn == FSP_ECN_ON || (c->cfg.ecn && c->cc->ecn);
}

/* A SYN that is lost may have been lost for what it offers. */
u32 fsp_ecn_offer(struct fsp_conn *c)
{
	if (c->state == FSP_SYN_RCVD)	/* simultaneous open: an answer */
		c->ecn_offered = c->cfg.ecn != FSP_ECN_OFF;
	else
		c->ecn_offered = wanted(c) && c->work->syn_retries < TRIES;
	return c->ecn_offered ? FSP_FEATURE_ECN : 0;
}

void fsp_ecn_agreed(struct fsp_conn *c)
{
	bool ours = c->passive ? c->cfg.ecn != FSP_ECN_OFF : c->ecn_offered;

	c->ecn = ours && (c->peer_features & FSP_FEATURE_ECN);
}

bool fsp_ecn_capable(const struct fsp_conn *c)
{
	return c->ecn && !c->ecn_failed && (!c->cc->control || c->cc->ecn);
}

void fsp_ecn_received(struct fsp_conn *c, const struct fsp_rx *rx)
{
	u16 pkts = max_t(u16, rx->pkts, 1);

	switch (rx->field) {
	case FSP_CE:
		c->work->ecn_in.ce += pkts;
		c->work->ecn_in.ce_bytes += rx->len;
		fsp_host_count(c, FSP_COUNT_ECN_CE, pkts);
		break;
	case FSP_ECT0:
		c->work->ecn_in.ect0 += pkts;
		c->work->ecn_in.ect_bytes += rx->len;
		break;
	case FSP_ECT1:
		c->work->ecn_in.ect1 += pkts;
		c->work->ecn_in.ect_bytes += rx->len;
		break;
	default:
		break;
	}
}

/* With what is owed; a ticket, on the first packets, needs the room. */
void fsp_ecn_put(const struct fsp_conn *c, struct fsp_tx *tx)
{
	if (!c->ecn || (tx->opts & FSP_HAS_TICKET))
		return;
	tx->opts |= FSP_HAS_ECN;
	tx->ecn = c->work->ecn_in;
}

static void fail(struct fsp_conn *c)
{
	c->ecn_failed = true;
	fsp_host_count(c, FSP_COUNT_ECN_FAILED, 1);
}

/*
 * Marks that all get lost on the way (bleached), counts that do (a stripped
 * option), or ECT(1) where ECT(0) was sent (mangled): without marks, then.
 */
static void check_path(struct fsp_conn *c, const struct fsp_ack_sample *s)
{
	const struct fsp_ecn *told = &c->work->ecn_peer;

	if (c->ecn_told && told->ect1) {
		fail(c);
		return;
	}
	if (c->ecn_told && (told->ect0 || told->ce))
		return;
	c->work->ecn_sent += s->delivered;
	if (c->work->ecn_sent >= PATIENCE * c->snd_mss)
		fail(c);
}

void fsp_ecn_take(struct fsp_conn *c, const struct fsp_rx *rx, struct fsp_ack_sample *s)
{
	u32 ce_bytes, ect_bytes;

	if (!c->ecn || !(rx->opts & FSP_HAS_ECN))
		return;
	ce_bytes = rx->ecn.ce_bytes - c->work->ecn_peer.ce_bytes;
	ect_bytes = rx->ecn.ect_bytes - c->work->ecn_peer.ect_bytes;
	/* Counts of an acknowledgment that was overtaken are old. */
	if ((s32)ce_bytes < 0 || (s32)ect_bytes < 0)
		return;
	c->work->ecn_peer = rx->ecn;
	c->ecn_told = true;
	/* Nobody can have marked more than was in flight. */
	s->ce_bytes = min(ce_bytes, s->prior_in_flight);
}

/* RFC 3168 section 6.1.2: as to a loss, once per round trip; RFC 8511: less so */
static void classic(struct fsp_conn *c, const struct fsp_ack_sample *s)
{
	u32 window = c->cwnd, least;

	if (!s->ce_bytes || c->recovery != FSP_OPEN || fsp_before(c->snd_una, c->work->ecn_end))
		return;
	least = fsp_cc(c)->ssthresh(c);
	if (fsp_cc(c)->abe)
		least = max_t(u32, div_u64((u64)window * fsp_cc(c)->abe, 100), 2 * c->snd_mss);
	c->ssthresh = least;
	c->cwnd = min(c->cwnd, least);
	c->work->ecn_end = c->snd_nxt;
	c->ecn_reduced++;
	fsp_cc_event(c, FSP_CC_ECN, s->now);
}

void fsp_ecn_respond(struct fsp_conn *c, const struct fsp_ack_sample *s)
{
	u32 before = c->ecn_reduced;

	if (!fsp_ecn_capable(c))
		return;
	/* DCTCP wants to know of the times without marks, too. */
	if (s->ce_bytes || c->cc->ecn)
		fsp_cc_run(c);
	if (fsp_cc(c)->ecn)
		fsp_cc(c)->ecn(c, s);
	else
		classic(c, s);
	if (c->ecn_reduced != before)
		fsp_host_count(c, FSP_COUNT_ECN_REDUCED, 1);
	check_path(c, s);
}
