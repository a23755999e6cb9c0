// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive window we offer: as large as the buffer has room for, never
 * taken back (RFC 9293 section 3.8.6), and never opened by driblets
 * (section 3.8.6.2.2, MUST-39).
 */
#include "internal.h"

static u32 offered(const struct fsp_conn *c)
{
	u32 edge = fsp_rcv_edge(c);

	return fsp_before(c->rcv_nxt, edge) ? edge - c->rcv_nxt : 0;
}

static u32 wanted(struct fsp_conn *c, u32 cur)
{
	u32 full = fsp_host_rcv_full_space(c);
	u32 space = fsp_host_rcv_space(c);
	u32 most = 0xffffU << c->rcv_wscale;

	if (c->cfg.window_clamp)
		most = min(most, c->cfg.window_clamp);
	space = min(space, most);
	if (space <= cur)
		return cur;
	/*
	 * Silly windows: open by a full segment or a quarter of the most there
	 * can be. Half of it would never be free again where one super-packet
	 * that waits to be read takes half of the buffer.
	 */
	if (space - cur < min(c->rcv_mss, max(min(full, most) / 4, 1U)))
		return cur;
	return space;
}

u16 fsp_window_select(struct fsp_conn *c)
{
	u32 unit = 1U << c->rcv_wscale;
	u32 cur = offered(c);
	u32 wnd = wanted(c, cur);

	/* Rounding may not move the right edge back. */
	if (wnd > cur)
		wnd = max(wnd & ~(unit - 1), (cur + unit - 1) & ~(unit - 1));
	else
		wnd = (cur + unit - 1) & ~(unit - 1);
	wnd = min(wnd, 0xffffU << c->rcv_wscale);
	c->rcv_wup = c->rcv_nxt;
	c->rcv_wnd = wnd;
	return wnd >> c->rcv_wscale;
}

u16 fsp_window_told(const struct fsp_conn *c)
{
	return min(offered(c) >> c->rcv_wscale, 0xffffU);
}

/* A SYN's window is not scaled: RFC 7323 section 2.2 */
void fsp_window_init(struct fsp_conn *c)
{
	u32 full = max(fsp_host_rcv_full_space(c), c->cfg.rcv_max);

	c->rcv_wscale = 0;
	while (c->rcv_wscale < FSP_WSCALE_MAX && (0xffffU << c->rcv_wscale) < full)
		c->rcv_wscale++;
	c->rcv_wup = c->rcv_nxt;
	c->rcv_wnd = min_t(u32, fsp_host_rcv_space(c), 0xffff);
	if (c->cfg.window_clamp)
		c->rcv_wnd = min(c->rcv_wnd, c->cfg.window_clamp);
}

bool fsp_window_worth_telling(struct fsp_conn *c)
{
	u32 cur = offered(c), half = fsp_host_rcv_full_space(c) / 2, wnd;

	if (cur > half)		/* what is free is never more than all */
		return false;
	wnd = wanted(c, cur);
	return wnd > cur && (wnd >= 2 * cur || wnd - cur >= half);
}

/*
 * What is read in one round trip is what the path brought in it. The next one
 * may bring as much more as this one did than the last (a sender in slow start
 * doubles), and while that is on its way the one after it is allowed for.
 *
 * While a hole is repaired nothing is read, but the path goes on: what is held back
 * needs room beside all that, and as much again, as the window is not opened for memory
 * that is in use. Or a path that loses much would be kept at what little fits behind
 * each hole, and reads would never tell that it can do better.
 */
u32 fsp_conn_want_rcvbuf(struct fsp_conn *c, u32 read_seq, u64 now)
{
	u32 bytes = read_seq - c->work->read_seq, before = c->read_best, held = c->work->held;
	u64 next;

	if (now - c->work->read_time < c->srtt || !fsp_conn_awake(c))
		return 0;
	c->work->read_last = now - c->work->read_time < 2 * c->srtt ? bytes : 0;
	c->work->read_seq = read_seq;
	c->work->read_time = now;
	c->work->held = 0;
	if (bytes <= before && held <= c->work->held_best)
		return 0;
	c->read_best = max(bytes, before);
	c->work->held_best = max(held, c->work->held_best);
	next = before ? div_u64((u64)c->read_best * c->read_best, before) : 2ULL * bytes;
	next = min_t(u64, next, 2ULL * c->read_best);
	return min_t(u64, 2 * next + 2ULL * c->work->held_best + 16 * c->rcv_mss, S32_MAX);
}

/*
 * What is kept until it is acknowledged: a window, or more while lost bytes hold
 * the rest back; half of that, as writers are woken with a third of room; and a
 * window to be written.
 */
u32 fsp_conn_want_sndbuf(const struct fsp_conn *c)
{
	u32 kept = max(c->snd_nxt - c->snd_una, c->cwnd);

	return min_t(u64, (u64)c->cwnd + kept + (kept >> 1), S32_MAX);
}
