// SPDX-License-Identifier: GPL-2.0-only
/*
 * Round-trip time and retransmission timeout: RFC 6298.
 *
 * Samples are never ambiguous (the peer echoes the serial of the transmission
 * it answers), so retransmissions give samples too and Karn's rule is only
 * needed where a peer sent no echo.
 */
#include "internal.h"

u64 fsp_rtt_rto(const struct fsp_conn *c)
{
	u64 rto;

	if (!c->srtt)
		return min(c->cfg.rto_init, c->cfg.rto_max);
	/*
	 * RFC 6298 (2.3) with the minimum applied to the variance term, so that
	 * a path whose round trip is near the minimum keeps a margin.
	 */
	rto = c->srtt + max(4 * c->rttvar, c->cfg.rto_min);
	return min(rto, c->cfg.rto_max);
}

/*
 * The second lowest: a packet that overtook all others, there and back, says
 * nothing of the path that the next one takes.
 */
static void take_lowest(struct fsp_conn *c, u64 rtt)
{
	if (!c->min_rtt) {
		c->min_rtt = rtt;
		c->low_rtt = rtt;
	} else if (rtt < c->min_rtt) {
		c->min_rtt = max(rtt, c->low_rtt);
		c->low_rtt = min(rtt, c->low_rtt);
	}
}

void fsp_rtt_sample(struct fsp_conn *c, u64 rtt, u64 echo_delay)
{
	u64 err;

	rtt = max_t(u64, rtt, 1);
	take_lowest(c, rtt);
	/* A peer that claims more delay than there was is not believed. */
	if (rtt >= c->min_rtt + echo_delay)
		rtt -= echo_delay;
	c->work->latest_rtt = rtt;

	if (!c->srtt) {
		c->srtt = rtt;
		c->rttvar = rtt / 2;
	} else {
		err = rtt > c->srtt ? rtt - c->srtt : c->srtt - rtt;
		/* (2.3): the old value's share goes before the new one's comes */
		c->rttvar -= c->rttvar / 4;
		c->rttvar += err / 4;
		c->srtt -= c->srtt / 8;
		c->srtt += rtt / 8;
	}
	c->work->backoff = 0;
	c->rto = fsp_rtt_rto(c);
}

void fsp_rtt_backoff(struct fsp_conn *c)
{
	if (c->work->backoff < 31)
		c->work->backoff++;
	c->rto = min(c->rto * 2, c->cfg.rto_max);
}
