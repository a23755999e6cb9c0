// SPDX-License-Identifier: GPL-2.0-only
/* Reno: RFC 5681, with HyStart++. */
#include "cong.h"
#include "conn.h"

struct reno {
	struct fsp_hystart hystart;
	u32	credit;		/* bytes acknowledged towards the next MSS */
};

static struct reno *reno(struct fsp_conn *c)
{
	return c->cc_priv;
}

static void reno_ack(struct fsp_conn *c, const struct fsp_ack_sample *s)
{
	u32 acked = s->delivered;

	if (!s->cwnd_limited)
		return;
	if (c->cwnd < c->ssthresh) {
		acked = fsp_hystart(c, &reno(c)->hystart, s);
		acked = fsp_cc_slow_start(c, acked);
		if (!acked)
			return;
	}
	fsp_cc_avoid(c, c->cwnd, acked, &reno(c)->credit);
}

static u32 reno_ssthresh(struct fsp_conn *c)
{
	return max(c->cwnd / 2, 2 * c->snd_mss);
}

const struct fsp_cc_ops fsp_cc_reno = {
	.name		= "reno",
	.priv		= sizeof(struct reno),
	.ack		= reno_ack,
	.ssthresh	= reno_ssthresh,
	.abe		= 80,
};
