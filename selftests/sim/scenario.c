// SPDX-License-Identifier: GPL-2.0-only
/* Random scenarios: each impairment and each habit by its own chance. */
#include "scenario.h"
#include "rng.h"

#define MSEC	FSP_NSEC_PER_MSEC
#define SEC	FSP_NSEC_PER_SEC
#define HOUR	(3600 * SEC)

static void random_queue(struct queue_cfg *q, u64 *rng)
{
	if (rng_one_in(rng, 2))
		return;
	q->kind = rng_below(rng, QUEUE_KINDS);
	q->ecn = rng_one_in(rng, 2);
	q->min = rng_log(rng, 1000, q->limit);
	q->max = q->min + rng_log(rng, 1000, q->limit);
	q->chance = rng_log(rng, 1000, 300000);
	q->target = rng_log(rng, 100000, 50 * MSEC);
	q->interval = q->target * rng_range(rng, 2, 40);
}

static void random_rate(struct link_cfg *l, u64 *rng)
{
	if (rng_one_in(rng, 4))
		return;
	l->rate = rng_log(rng, 20000, 1250000000);
	l->queue.limit = rng_log(rng, 8000, 4000000);
	random_queue(&l->queue, rng);
}

static void random_loss(struct link_cfg *l, u64 *rng)
{
	switch (rng_below(rng, 6)) {
	case 0:
		l->loss = rng_log(rng, 100, 250000);
		break;
	case 1:
		l->burst_begin = rng_log(rng, 100, 50000);
		l->burst_end = rng_log(rng, 50000, 500000);
		l->burst_loss = rng_range(rng, 200000, 900000);
		break;
	case 2:
		l->corrupt = rng_log(rng, 1000, 50000);
		break;
	default:
		break;
	}
	l->syn_loss = rng_one_in(rng, 4) ? 500000 : l->loss;
}

static void random_order(struct link_cfg *l, u64 *rng)
{
	if (rng_one_in(rng, 3))
		l->jitter = rng_log(rng, 1000, 50 * MSEC);
	l->in_order = rng_one_in(rng, 3);
	if (rng_one_in(rng, 4)) {
		l->reorder = rng_log(rng, 1000, 300000);
		l->reorder_by = rng_log(rng, MSEC, 300 * MSEC);
	}
	if (rng_one_in(rng, 4))
		l->dup = rng_log(rng, 1000, 200000);
}

static void random_blackout(struct link_cfg *l, u64 *rng)
{
	u64 at = 0;
	int i;

	if (!rng_one_in(rng, 6))
		return;
	if (rng_one_in(rng, 3)) {
		l->pause.from = rng_log(rng, MSEC, 5 * SEC);
		l->pause.to = l->pause.from + rng_log(rng, 10 * MSEC, 5 * SEC);
	}
	for (i = 0; i < LINK_BLACKOUTS; i++) {
		at += rng_log(rng, MSEC, 5 * SEC);
		l->blackout[i].from = at;
		at += rng_log(rng, 10 * MSEC, 20 * SEC);
		l->blackout[i].to = at;
	}
}

static void random_link(struct link_cfg *l, u64 *rng)
{
	l->delay = rng_log(rng, 1000, 400 * MSEC);
	random_rate(l, rng);
	random_loss(l, rng);
	random_order(l, rng);
	random_blackout(l, rng);
}

static void random_links(struct scenario *sc, u64 *rng)
{
	random_link(&sc->link[0], rng);
	if (rng_one_in(rng, 2))
		sc->link[1] = sc->link[0];
	else
		random_link(&sc->link[1], rng);
	sc->link[0].super = rng_one_in(rng, 4) && !sc->link[0].rate;
	sc->link[1].super = sc->link[0].super && !sc->link[1].rate;
}

/* Close to where numbers wrap, half of the time. */
static u32 random_iss(u64 *rng)
{
	u32 r = rng_next(rng);

	switch (rng_below(rng, 4)) {
	case 0:
		return 0 - (u32)rng_below(rng, 100000);
	case 1:
		return 0x80000000u - (u32)rng_below(rng, 100000);
	default:
		return r;
	}
}

/* Patient enough for everything random_links() does. */
static void random_fsp(struct fsp_config *cfg, u64 *rng)
{
	fsp_config_default(cfg);
	cfg->syn_retries = 30;
	cfg->retries2 = 60;
	cfg->orphan_retries = 60;
	cfg->nodelay = rng_one_in(rng, 3);
	cfg->cork = rng_one_in(rng, 12);
	cfg->quickack = rng_one_in(rng, 6);
	if (rng_one_in(rng, 8)) {
		cfg->keepalive = true;
		cfg->keepalive_time = rng_log(rng, 100 * MSEC, 100 * SEC);
		cfg->keepalive_intvl = rng_log(rng, 100 * MSEC, 100 * SEC);
		cfg->keepalive_probes = 200;
	}
	if (rng_one_in(rng, 8))
		cfg->mss_clamp = rng_range(rng, FSP_MSS_MIN, 1460);
	if (rng_one_in(rng, 12))
		cfg->window_clamp = rng_log(rng, 1000, 1000000);
	if (rng_one_in(rng, 8))
		cfg->max_ofo = rng_log(rng, 1, 100);
}

/* Every one there is. */
static const struct fsp_cc_ops *random_cc(u64 *rng)
{
	u32 n = 0;

	while (fsp_cc_nth(n))
		n++;
	return fsp_cc_nth(rng_below(rng, n));
}

static void random_end(struct end_cfg *e, u64 *rng)
{
	random_fsp(&e->fsp, rng);
	e->cc = random_cc(rng);
	e->ecn = rng_one_in(rng, 2);
	e->mss_room = rng_one_in(rng, 4) ? rng_range(rng, 256, 9000) : 1480;
	e->gso_max = rng_one_in(rng, 3) ? e->mss_room : rng_log(rng, 4000, 65000);
	e->seg_max = rng_one_in(rng, 3) ? rng_log(rng, 1, 65000) : 65000;
	e->iss = random_iss(rng);
	e->rcvbuf = rng_log(rng, 2000, 4000000);
	e->sndbuf = rng_log(rng, 2000, 4000000);
	if (rng_one_in(rng, 3))
		e->small_queue = rng_log(rng, 2000, 300000);
	e->ofo_counts = rng_one_in(rng, 4);
	e->merge_fail = rng_one_in(rng, 2) ? 1000000 : 100000;
	if (rng_one_in(rng, 6)) {
		e->xmit_fail = 20000;
		e->split_fail = 50000;
	}
	if (rng_one_in(rng, 10))
		e->renege = rng_log(rng, 100, 20000);
}

static u64 random_total(u64 *rng)
{
	if (rng_one_in(rng, 6))
		return 0;
	return rng_log(rng, 1, 300000);
}

static void random_app(struct app_cfg *a, u64 *rng)
{
	a->total = random_total(rng);
	a->chunk = rng_log(rng, 1, 100000);
	/* Tiny writes: not too many. */
	a->chunk = max_t(u32, a->chunk, a->total / 300 + 1);
	if (rng_one_in(rng, 4))
		a->gap = rng_log(rng, MSEC, 100 * MSEC);
	if (rng_one_in(rng, 6))
		a->more = 200000;
	if (rng_one_in(rng, 6))
		a->push_now = 200000;
	a->read_chunk = rng_log(rng, 100, 1000000);
	a->read_chunk = max_t(u32, a->read_chunk, 1000);
	if (rng_one_in(rng, 4))
		a->read_gap = rng_log(rng, MSEC, 50 * MSEC);
	if (rng_one_in(rng, 5)) {
		a->stall_at = rng_below(rng, 200000);
		a->stall = rng_log(rng, 100 * MSEC, 100 * SEC);
	}
	a->flip = rng_one_in(rng, 8) ? 100000 : 0;
}

/* Where an end may vanish, nothing else tells an idle one. */
static void keepalive(struct scenario *sc, u32 flow)
{
	int side;

	for (side = 0; side < 2; side++) {
		struct fsp_config *cfg = &sc->flow[flow].end[side].fsp;

		cfg->keepalive = true;
		cfg->keepalive_time = 10 * SEC;
		cfg->keepalive_intvl = 10 * SEC;
		cfg->keepalive_probes = 5;
	}
	sc->may_fail = true;
}

/* Thousands of tiny segments test nothing that hundreds do not. */
static void temper(struct scenario *sc, u32 flow)
{
	int side;

	for (side = 0; side < 2; side++) {
		struct end_cfg *e = &sc->flow[flow].end[side];
		u32 least = sc->flow[flow].app[side].total / 500 + 1;

		if (sc->flow[flow].end[!side].fsp.max_ofo < 200)
			least = max(least, 500u);
		e->seg_max = max(e->seg_max, least);
	}
}

static void random_ending(struct scenario *sc, u32 flow, u64 *rng)
{
	struct app_cfg *a = &sc->flow[flow].app[rng_below(rng, 2)];

	if (rng_one_in(rng, 8)) {
		a->close = APP_CLOSE_EARLY;
		keepalive(sc, flow);
	} else if (rng_one_in(rng, 8)) {
		a->close = APP_CLOSE_ABORT;
		a->abort_at = rng_log(rng, MSEC, 20 * SEC);
		keepalive(sc, flow);
	} else if (rng_one_in(rng, 4)) {
		a->answer = true;
	}
}

static void random_shrink(struct scenario *sc, u64 *rng)
{
	u32 i;

	if (!rng_one_in(rng, 10) || sc->link[0].super || sc->link[1].super)
		return;
	sc->shrink_at = rng_log(rng, MSEC, 2 * SEC);
	sc->shrink_to = rng_range(rng, 200, 1400);
	for (i = 0; i < sc->nr_classes; i++) {
		sc->flow[i].end[0].fsp.mss_clamp = 0;
		sc->flow[i].end[1].fsp.mss_clamp = 0;
	}
}

/*
 * A router that drops what is too long and does not say so; or only looks like one
 * who does that, where peers do not know probes. Longer than what every path
 * carries are only packets that can be cut.
 */
static void random_black_hole(struct scenario *sc, u64 *rng)
{
	bool probes = !rng_one_in(rng, 4), hole = rng_one_in(rng, 6);
	u32 i;

	for (i = 0; i < sc->nr_classes * 2; i++) {
		struct end_cfg *e = &sc->flow[i / 2].end[i % 2];

		e->fsp.mtu_probing = rng_below(rng, 3);
		e->no_probes = !probes;
		if (hole && !e->fsp.mtu_probing)
			e->fsp.mtu_probing = FSP_MTU_PROBE_BLACK_HOLE;
	}
	if (!hole || sc->link[0].super || sc->link[1].super)
		return;
	sc->black_hole = true;
	sc->shrink_at = rng_log(rng, MSEC, 2 * SEC);
	sc->shrink_to = rng_range(rng, FSP_PMTU_MIN_V4, 1478);
	if (rng_one_in(rng, 3))
		sc->grow_at = sc->shrink_at + rng_log(rng, MSEC, 10 * SEC);
}

/* A path that never comes back: all must end by itself, and in time. */
static void random_death(struct scenario *sc, u64 *rng)
{
	int side = rng_below(rng, 2);
	u32 i;

	if (!rng_one_in(rng, 30))
		return;
	sc->link[side].blackout[0].from = rng_log(rng, MSEC, 10 * SEC);
	sc->link[side].blackout[0].to = U64_MAX;
	for (i = 0; i < sc->nr_classes * 2; i++) {
		struct fsp_config *cfg = &sc->flow[i / 2].end[i % 2].fsp;

		cfg->retries2 = rng_range(rng, 1, 15);
		cfg->orphan_retries = rng_range(rng, 1, 8);
		cfg->syn_retries = rng_range(rng, 1, 8);
		keepalive(sc, i / 2);
		if (rng_one_in(rng, 3))
			cfg->user_timeout = rng_log(rng, SEC, 60 * SEC);
	}
}

/* Another route: other delays and rates, once or back and forth */
static void random_changes(struct scenario *sc, u64 *rng)
{
	u64 at = 0;
	u32 i, side;

	if (!rng_one_in(rng, 6))
		return;
	for (i = 0; i < SCENARIO_CHANGES && !(i && rng_one_in(rng, 3)); i++) {
		struct scenario_change *change = &sc->change[i];

		at += rng_log(rng, MSEC, 5 * SEC);
		change->at = at;
		for (side = 0; side < 2; side++) {
			change->cfg[side] = sc->link[side];
			change->cfg[side].delay = rng_log(rng, 1000, SEC);
			if (change->cfg[side].rate)
				change->cfg[side].rate = rng_log(rng, 20000, 1250000000);
		}
	}
}

/* Mostly one; at times so many that they are each other's weather */
static void random_flows(struct scenario *sc, u64 *rng)
{
	sc->nr_flows = 1;
	if (rng_one_in(rng, 4))
		sc->nr_flows = rng_range(rng, 2, 4);
	sc->nr_classes = sc->nr_flows;
	if (rng_one_in(rng, 40)) {
		sc->nr_classes = SCENARIO_CLASSES;
		sc->nr_flows = rng_range(rng, SCENARIO_CLASSES, 64);
	}
	if (sc->nr_flows > 1 && rng_one_in(rng, 2))
		sc->start = rng_log(rng, MSEC, 10 * SEC);
}

/* What a slow path carries for many flows takes long to say anything new. */
static void temper_total(struct scenario *sc, u32 flow)
{
	int side;

	if (sc->nr_flows <= SCENARIO_CLASSES)
		return;
	for (side = 0; side < 2; side++) {
		struct app_cfg *a = &sc->flow[flow].app[side];

		a->total = min_t(u64, a->total, 20000);
		a->stall_at = min_t(u64, a->stall_at, 20000);
	}
}

/*
 * Every third flow is one of a client that has met its server before, or thinks
 * so; and a listener may have no room for what the SYN brings, or for anything.
 */
static void random_first(struct flow_cfg *f, u64 *rng)
{
	struct end_cfg *client = &f->end[0], *server = &f->end[1];

	if (rng_one_in(rng, 6))
		server->full = rng_one_in(rng, 2) ? 1000000 : 300000;
	if (!rng_one_in(rng, 3))
		return;
	client->first = rng_one_in(rng, 2) ? FIRST_GOOD : rng_range(rng, FIRST_ASK, FIRST_BARE);
	client->forgot_mss = rng_one_in(rng, 4);
	server->serves = !rng_one_in(rng, 5);
	server->trusts = client->first == FIRST_BARE;
	server->refuse = rng_one_in(rng, 6) ? 500000 : 0;
}

void scenario_random(struct scenario *sc, u64 seed)
{
	u64 rng = seed ^ 0xfe221;
	u32 i;

	memset(sc, 0, sizeof(*sc));
	sc->name = "random";
	random_flows(sc, &rng);
	sc->simultaneous = rng_one_in(&rng, 8);
	sc->limit = 100 * HOUR;
	random_links(sc, &rng);
	for (i = 0; i < sc->nr_classes; i++) {
		struct flow_cfg *f = &sc->flow[i];

		random_end(&f->end[0], &rng);
		random_end(&f->end[1], &rng);
		random_app(&f->app[0], &rng);
		random_app(&f->app[1], &rng);
		random_ending(sc, i, &rng);
		temper_total(sc, i);
		temper(sc, i);
		if (rng_one_in(&rng, 4))
			f->delay = rng_log(&rng, 1000, 200 * MSEC);
	}
	if (rng_one_in(&rng, 6))
		sc->inject = rng_log(&rng, MSEC, SEC);
	random_shrink(sc, &rng);
	random_changes(sc, &rng);
	random_death(sc, &rng);
	random_black_hole(sc, &rng);
	/* Last, so that seeds from before mean what they meant */
	for (i = 0; i < sc->nr_classes; i++)
		random_first(&sc->flow[i], &rng);
}
