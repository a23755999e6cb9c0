// SPDX-License-Identifier: GPL-2.0-only
/* Named scenarios: what networks are like, and the corners of the numbers. */
#include "scenario.h"

#define MSEC	FSP_NSEC_PER_MSEC
#define SEC	FSP_NSEC_PER_SEC
#define MBIT	(1000000 / 8)

struct standard {
	const char	*name;
	struct link_cfg	link;
	u64		bytes;
	u32		mss_room;
	u32		buffer;
	u32		flows;
	bool		both_ways;
};

static const struct standard standards[] = {
	{ "lan", { .rate = 1000 * MBIT, .delay = 100000, .queue.limit = 500000 },
	  20000000, 1480, 4 << 20, 1, false },
	{ "broadband", { .rate = 100 * MBIT, .delay = 10 * MSEC, .queue.limit = 500000 },
	  20000000, 1480, 4 << 20, 1, false },
	{ "demo", { .rate = 100 * MBIT, .delay = 10 * MSEC, .queue.limit = 500000, .loss = 10000,
		    .reorder = 10000, .reorder_by = 5 * MSEC, .dup = 10000 },
	  20000000, 1480, 4 << 20, 1, false },
	{ "nasty", { .delay = 10 * MSEC, .loss = 50000, .reorder = 250000,
		     .reorder_by = 10 * MSEC, .dup = 50000, .corrupt = 10000 },
	  4000000, 1480, 4 << 20, 1, true },
	{ "satellite", { .rate = 20 * MBIT, .delay = 300 * MSEC, .queue.limit = 1500000,
			 .loss = 1000 },
	  20000000, 1480, 6 << 20, 1, false },
	{ "wifi", { .rate = 50 * MBIT, .delay = 5 * MSEC, .jitter = 20 * MSEC,
		    .queue.limit = 500000, .burst_begin = 500, .burst_end = 200000,
		    .burst_loss = 500000 },
	  10000000, 1480, 4 << 20, 1, false },
	{ "shallow", { .rate = 100 * MBIT, .delay = 20 * MSEC, .queue.limit = 30000 },
	  20000000, 1480, 4 << 20, 1, false },
	{ "bufferbloat", { .rate = 10 * MBIT, .delay = 20 * MSEC, .queue.limit = 2000000 },
	  10000000, 1480, 4 << 20, 1, false },
	{ "shared", { .rate = 100 * MBIT, .delay = 20 * MSEC, .queue.limit = 500000 },
	  10000000, 1480, 4 << 20, 4, true },
	{ "five-turns", { .delay = 100000, .super = true, .loss = 500 },
	  10ull << 30, 65000, 8 << 20, 1, false },
	{ "two-turns-back", { .rate = 5000 * MBIT, .delay = MSEC, .queue.limit = 8 << 20,
			      .reorder = 1000, .reorder_by = MSEC },
	  5ull << 30, 65000, 8 << 20, 1, true },
};

static void fill_end(struct end_cfg *e, const struct standard *s)
{
	fsp_config_default(&e->fsp);
	e->cc = fsp_cc_find("cubic");
	e->mss_room = s->mss_room;
	e->gso_max = 65000;
	e->seg_max = 65000;
	e->iss = 0x12345678;
	e->rcvbuf = s->buffer;
	e->sndbuf = s->buffer;
	e->small_queue = 256000;
}

static void fill_app(struct app_cfg *a, u64 bytes)
{
	a->total = bytes;
	a->chunk = 65000;
	a->read_chunk = 1 << 20;
}

bool scenario_standard(struct scenario *sc, unsigned int i,
		       const struct fsp_cc_ops *cc, const struct fsp_cc_ops *other)
{
	const struct standard *s = &standards[i];
	u32 f;

	if (i >= ARRAY_SIZE(standards))
		return false;
	memset(sc, 0, sizeof(*sc));
	sc->name = s->name;
	sc->nr_flows = s->flows;
	sc->nr_classes = 1;
	sc->limit = 3600 * SEC;
	sc->link[0] = s->link;
	sc->link[1] = s->link;
	for (f = 0; f < 1; f++) {
		fill_end(&sc->flow[f].end[0], s);
		fill_end(&sc->flow[f].end[1], s);
		fill_app(&sc->flow[f].app[0], s->bytes);
		fill_app(&sc->flow[f].app[1], s->both_ways ? s->bytes : 0);
	}
	return true;
}
