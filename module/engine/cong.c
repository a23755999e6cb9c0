// SPDX-License-Identifier: GPL-2.0-only
/* Congestion control: the list of algorithms, and what they share. */
#include "cong.h"
#include "conn.h"

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
