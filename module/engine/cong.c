// SPDX-License-Identifier: GPL-2.0-only
/* Congestion control: the list of algorithms, their beginnings, and what they share. */
#include "internal.h"

static const struct fsp_cc_ops *const algorithms[] = {
	&fsp_cc_cubic,
	&fsp_cc_reno,
	&fsp_cc_bbr,
	&fsp_cc_dctcp,
};

const struct fsp_cc_ops *fsp_cc_nth(unsigned int i)
{
	return i < ARRAY_SIZE(algorithms) ? algorithms[i] : NULL;
}

const struct fsp_cc_ops *fsp_cc_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(algorithms); i++)
		if (!strcmp(algorithms[i]->name, name))
			return algorithms[i];
	return NULL;
}

static void initial_ack(struct fsp_conn *c, const struct fsp_ack_sample *s)
{
	if (s->cwnd_limited)
		fsp_cc_slow_start(c, s->delivered);
}

static u32 initial_ssthresh(struct fsp_conn *c)
{
	return max(c->cwnd / 2, 2 * c->snd_mss);
}

const struct fsp_cc_ops fsp_cc_initial = {
	.name		= "initial",
	.ack		= initial_ack,
	.ssthresh	= initial_ssthresh,
};

void fsp_cc_start(struct fsp_conn *c)
{
	c->cc_priv = fsp_host_zalloc(c, c->cc->priv);
	if (c->cc_priv && c->cc->init)
		c->cc->init(c);
}

void fsp_cc_stop(struct fsp_conn *c)
{
	if (c->cc_priv)
		fsp_host_free(c, c->cc_priv, c->cc->priv);
	c->cc_priv = NULL;
	c->pacing_rate = 0;
}

u32 fsp_cc_slow_start(struct fsp_conn *c, u32 acked)
{
	u32 cwnd = min(c->cwnd + acked, max(c->ssthresh, c->cwnd));

	acked -= cwnd - c->cwnd;
	c->cwnd = min(cwnd, c->cwnd_clamp);
	return acked;
}

void fsp_cc_avoid(struct fsp_conn *c, u32 window, u32 acked, u32 *credit)
{
	u32 segs;

	*credit += acked;
	if (*credit < window)
		return;
	segs = *credit / window;
	*credit -= segs * window;
	c->cwnd = min(c->cwnd + segs * c->snd_mss, c->cwnd_clamp);
}
