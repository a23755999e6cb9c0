// SPDX-License-Identifier: GPL-2.0-only
/*
 * DCTCP: RFC 8257, for data centres whose switches mark above a short queue. The
 * window is reduced by the share of bytes that were marked; else it is Reno's.
 */
#include "cong.h"
#include "conn.h"

#define ONE	1024u	/* of alpha */
#define GAIN	16u	/* 1 / g, section 3.3 */

/**
 * struct dctcp - state, section 3.3
 * @credit: bytes acknowledged towards the next MSS
 * @alpha: the share of marked bytes, smoothed
 * @bytes: that arrived in this window
 * @marked: of them with a mark
 * @end: the window of observation ends here
 * @reduced: the window was reduced for marks before this
 * @begun: @end and @reduced are set: the connection had no numbers when it began
 */
struct dctcp {
	u32	credit;
	u32	alpha;
	u32	bytes;
	u32	marked;
	u32	end;
	u32	reduced;
	bool	begun;
};

static struct dctcp *dctcp(struct fsp_conn *c)
{
	return c->cc_priv;
}

static void dctcp_init(struct fsp_conn *c)
{
	/* As careful as Reno before anything is known */
	*dctcp(c) = (struct dctcp) { .alpha = ONE };
}

static void dctcp_ack(struct fsp_conn *c, const struct fsp_ack_sample *s)
{
	u32 acked = s->delivered;

	if (!s->cwnd_limited)
		return;
	if (c->cwnd < c->ssthresh) {
		acked = fsp_cc_slow_start(c, acked);
		if (!acked)
			return;
	}
	fsp_cc_avoid(c, c->cwnd, acked, &dctcp(c)->credit);
}

/* A loss is what it is everywhere: section 3.4 */
static u32 dctcp_ssthresh(struct fsp_conn *c)
{
	return max(c->cwnd / 2, 2 * c->snd_mss);
}

static void end_window(struct fsp_conn *c, struct dctcp *d)
{
	u32 share = d->bytes ? div_u64((u64)min(d->marked, d->bytes) * ONE, d->bytes) : 0;

	/* What integers cannot halve any more is nothing. */
	d->alpha -= max(d->alpha / GAIN, min(d->alpha, 1U));
	d->alpha = min(d->alpha + DIV_ROUND_UP(share, GAIN), ONE);
	d->bytes = 0;
	d->marked = 0;
	d->end = c->snd_nxt;
}

static void reduce(struct fsp_conn *c, struct dctcp *d)
{
	u32 by = div_u64((u64)c->cwnd * d->alpha, 2 * ONE);

	c->ssthresh = max(c->cwnd - by, 2 * c->snd_mss);
	c->cwnd = min(c->cwnd, c->ssthresh);
	d->reduced = c->snd_nxt;
	c->ecn_reduced++;
}

static void dctcp_ecn(struct fsp_conn *c, const struct fsp_ack_sample *s)
{
	struct dctcp *d = dctcp(c);

	if (!d->begun) {
		d->begun = true;
		d->end = c->snd_una;
		d->reduced = c->snd_una;
	}
	d->bytes += s->delivered;
	d->marked += s->ce_bytes;
	if (!fsp_before(c->snd_una, d->end))
		end_window(c, d);
	if (s->ce_bytes && c->recovery == FSP_OPEN && !fsp_before(c->snd_una, d->reduced))
		reduce(c, d);
}

const struct fsp_cc_ops fsp_cc_dctcp = {
	.name		= "dctcp",
	.priv		= sizeof(struct dctcp),
	.init		= dctcp_init,
	.ack		= dctcp_ack,
	.ssthresh	= dctcp_ssthresh,
	.ecn		= dctcp_ecn,
};
