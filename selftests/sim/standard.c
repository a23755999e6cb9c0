// SPDX-License-Identifier: GPL-2.0-only
/*
 * Named scenarios: what networks are like, and the corners of the numbers.
 *
 * To add one, add a line to standards[]. One with a duration has writers that
 * never end; its figures go into the table of Documentation/sim.
 */
#include "sim.h"

#define USEC	FSP_NSEC_PER_USEC
#define MSEC	FSP_NSEC_PER_MSEC
#define SEC	FSP_NSEC_PER_SEC
#define KBIT	(1000 / 8)
#define MBIT	(1000000 / 8)
#define GBIT	(1000000000 / 8)
#define KB	1000u
#define MB	1000000u

/**
 * struct standard - a named scenario
 * @name: unique
 * @link: there and, where @back has no delay, back
 * @back: back
 * @duration: of a run whose writers have no end
 * @bytes: to send, where there is no duration
 * @buffer: for sending and receiving; 0: 16 MB
 * @flows: 0: one
 * @both_ways: the second end sends as much
 * @ecn: packets may be marked
 * @stagger: between the beginnings of flows
 * @mss_room: header and payload in a packet; 0: 1480
 * @local_queue: bytes of a flow's in the link's queue, where that is in the
 *	same machine; 0: it is not
 * @setup: whatever a line here cannot say
 */
struct standard {
	const char	*name;
	struct link_cfg	link;
	struct link_cfg	back;
	u64		duration;
	u64		bytes;
	u32		buffer;
	u32		flows;
	bool		both_ways;
	bool		ecn;
	u64		stagger;
	u32		mss_room;
	u32		local_queue;
	void		(*setup)(struct scenario *sc);
};

/* ---- paths that change ---- */

#define SPIKE_AT	(5 * SEC)
#define SPIKE		(500 * MSEC)
#define REORDER_AT	(5 * SEC)
#define REORDER		(200 * MSEC)
#define SAMPLE		(10 * MSEC)

static struct link_cfg *change(struct scenario *sc, u32 i, u64 at)
{
	sc->change[i].at = at;
	sc->change[i].cfg[0] = sc->link[0];
	sc->change[i].cfg[1] = sc->link[1];
	return sc->change[i].cfg;
}

/* Bytes that arrived from @from to @to, as far as samples tell */
static u64 arrived(const struct sim *sim, u64 from, u64 to)
{
	u64 first = 0, last = 0;
	u32 i;

	for (i = 0; i < sim->nr_samples; i++) {
		const struct sample *s = &sim->samples[i];

		if (s->at <= from)
			first = s->received[0];
		if (s->at <= to)
			last = s->received[0];
	}
	return last - first;
}

/*
 * 90 % of what it was, from @from on, for so long that neither bursts count nor what
 * waits for one late packet
 */
static bool back_to_speed(const struct sim *sim, u64 before, u64 from)
{
	u64 span = SEC;

	return arrived(sim, from, from + span) * 10 >=
	       arrived(sim, before - span, before) * 9;
}

static u32 cwnd_at(const struct sim *sim, u64 at)
{
	u32 i, cwnd = 0;

	for (i = 0; i < sim->nr_samples && sim->samples[i].at <= at; i++)
		cwnd = sim->samples[i].cwnd[0];
	return cwnd;
}

/*
 * Counted: the engine knows of at least nine of ten retransmissions that its peer
 * did not need (one whose acknowledgment is lost it may miss). Undone: the
 * window is what it was.
 */
static const char *needless_and_undone(const struct sim *sim, u64 before, u64 after)
{
	const struct end *end = &sim->flows[0].end[0];
	u32 was = cwnd_at(sim, before), is = cwnd_at(sim, after);
	u64 needless = sim->flows[0].end[1].needless / 1460;
	static char what[128];

	if (end->spurious * 10 < needless * 9) {
		snprintf(what, sizeof(what), "%llu of %llu needless retransmissions counted",
			 (unsigned long long)end->spurious, (unsigned long long)needless);
		return what;
	}
	if (is < was - was / 4) {
		snprintf(what, sizeof(what), "window of %u bytes before, %u after", was, is);
		return what;
	}
	return NULL;
}

/* For half a second nothing leaves the queue, and then everything; none is lost. */
static const char *spike_check(const struct sim *sim)
{
	u64 rtt = 2 * sim->sc.link[0].delay, over = SPIKE_AT + SPIKE + sim->sc.link[0].delay;

	if (!back_to_speed(sim, SPIKE_AT, over + 3 * rtt))
		return "not back to speed 3 round trips after a delay spike";
	return needless_and_undone(sim, SPIKE_AT, over + 4 * rtt);
}

static void spike(struct scenario *sc)
{
	sc->link[0].pause.from = SPIKE_AT;
	sc->link[0].pause.to = SPIKE_AT + SPIKE;
	sc->sample = SAMPLE;
	sc->check = spike_check;
}

/* From then on, one packet in fifty comes up to 200 ms later than its neighbours. */
static const char *reorder_check(const struct sim *sim)
{
	u64 rtt = 2 * sim->sc.link[0].delay + REORDER;

	if (!back_to_speed(sim, REORDER_AT, REORDER_AT + 3 * rtt))
		return "not back to speed 3 round trips after reordering began";
	return needless_and_undone(sim, REORDER_AT, REORDER_AT + 4 * rtt);
}

static void reorder(struct scenario *sc)
{
	struct link_cfg *l = change(sc, 0, REORDER_AT);

	l[0].reorder = 20000;
	l[0].reorder_by = REORDER;
	/* With two seeds of five the beginning meets the repair of an overflow (as Reno here). */
	sc->seed = 3;
	sc->sample = SAMPLE;
	sc->check = reorder_check;
}

/* Radio cells: a short silence, then another rate and another way. */
static void handover(struct scenario *sc)
{
	struct link_cfg *l;
	u32 i;

	sc->link[0].in_order = true;
	l = change(sc, 0, 5 * SEC);
	l[0].rate = l[1].rate = 10 * MBIT;
	l[0].delay = l[1].delay = 60 * MSEC;
	l = change(sc, 1, 10 * SEC);
	l[0].rate = 60 * MBIT;
	l[0].delay = l[1].delay = 15 * MSEC;
	change(sc, 2, 15 * SEC);
	for (i = 0; i < 3; i++) {
		struct link_cfg *c = sc->change[i].cfg;

		c[0].blackout[0].from = sc->change[i].at;
		c[0].blackout[0].to = sc->change[i].at + 60 * MSEC;
		c[1].blackout[0] = c[0].blackout[0];
	}
}

/* From 40 ms to 140 ms and a smaller MTU in the midst of it, and back. */
static void reroute(struct scenario *sc)
{
	struct link_cfg *l = change(sc, 0, 5 * SEC);

	l[0].delay = l[1].delay = 70 * MSEC;
	l[0].rate = 50 * MBIT;
	change(sc, 1, 12 * SEC);
	sc->shrink_at = 5 * SEC;
	sc->shrink_to = 1280;
}

/* Paths of all lengths meet at one queue. */
static void many(struct scenario *sc)
{
	u32 i;

	sc->nr_classes = SCENARIO_CLASSES;
	for (i = 1; i < SCENARIO_CLASSES; i++) {
		sc->flow[i] = sc->flow[0];
		sc->flow[i].delay = i * MSEC;
	}
	sc->events = 400000000;
	sc->start = SEC;
}

static void versus(struct scenario *sc)
{
	sc->nr_flows = 2;
	sc->nr_classes = 2;
	sc->flow[1] = sc->flow[0];
}

/* ---- the list ---- */

#define PATH(mbit, one_way, limit_)	\
	.rate = (mbit) * MBIT, .delay = (one_way), .queue.limit = (limit_)

/* ---- buffers that begin with the defaults, as a first SYN shows them, and grow ---- */

#define TUNED_FIRST	65536
#define TUNED_MAX	(20 << 20)

/* From the first SYN to the last byte, nine tenths of the rate */
static const char *check_tuned(const struct sim *sim)
{
	const struct app *app = &sim->flows[0].end[1].app;
	u64 most = app->received / (900 * MBIT / 1000) * MSEC;

	return app->done_at <= most ? NULL : "less than 900 Mbit/s";
}

static void tune(struct scenario *sc)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		struct end_cfg *e = &sc->flow[0].end[i];

		e->buf_max = TUNED_MAX;
		e->fsp.rcv_max = TUNED_MAX;
	}
	sc->check = check_tuned;
}

static const struct standard standards[] = {
	{ "clean", { PATH(100, 20 * MSEC, 500 * KB) }, .duration = 20 * SEC },
	{ "loss-0.1", { PATH(100, 20 * MSEC, 500 * KB), .loss = 1000 }, .duration = 20 * SEC },
	{ "loss-1", { PATH(100, 20 * MSEC, 500 * KB), .loss = 10000 }, .duration = 20 * SEC },
	{ "loss-3", { PATH(100, 20 * MSEC, 1 * MB), .loss = 30000 }, .duration = 20 * SEC },
	{ "loss-5", { PATH(100, 20 * MSEC, 500 * KB), .loss = 50000 }, .duration = 20 * SEC },
	{ "loss-10", { PATH(100, 20 * MSEC, 500 * KB), .loss = 100000 }, .duration = 20 * SEC },
	{ "loss-bursts", { PATH(100, 20 * MSEC, 500 * KB), .burst_begin = 500,
			   .burst_end = 100000, .burst_loss = 500000 }, .duration = 20 * SEC },
	{ "wifi", { PATH(50, 5 * MSEC, 500 * KB), .jitter = 20 * MSEC, .in_order = true,
		    .burst_begin = 500, .burst_end = 200000, .burst_loss = 500000 },
	  .duration = 20 * SEC },
	{ "wifi-reordering", { PATH(50, 5 * MSEC, 500 * KB), .jitter = 20 * MSEC },
	  .duration = 20 * SEC },
	{ "lte-handover", { PATH(30, 25 * MSEC, 1 * MB) }, .duration = 20 * SEC,
	  .setup = handover },
	{ "satellite", { PATH(20, 300 * MSEC, 1500 * KB) }, .duration = 60 * SEC },
	{ "satellite-loss", { PATH(20, 300 * MSEC, 1500 * KB), .loss = 1000 },
	  .duration = 60 * SEC },
	{ "incast", { PATH(10000, 25 * USEC, 512 * KB) }, .duration = SEC / 2, .flows = 64,
	  .buffer = MB },
	{ "incast-ecn", { PATH(10000, 25 * USEC, 512 * KB), .queue.kind = QUEUE_STEP,
			  .queue.ecn = true, .queue.min = 100 * KB },
	  .duration = SEC / 2, .flows = 64, .buffer = MB, .ecn = true },
	{ "shallow", { PATH(100, 20 * MSEC, 30 * KB) }, .duration = 20 * SEC },
	{ "bufferbloat", { PATH(10, 20 * MSEC, 2 * MB) }, .duration = 30 * SEC },
	{ "bufferbloat-red", { PATH(10, 20 * MSEC, 2 * MB), .queue.kind = QUEUE_RED,
			       .queue.min = 25 * KB, .queue.max = 150 * KB,
			       .queue.chance = 50000 }, .duration = 30 * SEC },
	{ "bufferbloat-codel", { PATH(10, 20 * MSEC, 2 * MB), .queue.kind = QUEUE_CODEL,
				 .queue.target = 5 * MSEC, .queue.interval = 100 * MSEC },
	  .duration = 30 * SEC },
	{ "codel-ecn", { PATH(10, 20 * MSEC, 2 * MB), .queue.kind = QUEUE_CODEL,
			 .queue.ecn = true, .queue.target = 5 * MSEC,
			 .queue.interval = 100 * MSEC }, .duration = 30 * SEC, .ecn = true },
	{ "asymmetric", { PATH(50, 15 * MSEC, 500 * KB) },
	  { .rate = 500 * KBIT, .delay = 15 * MSEC, .queue.limit = 20 * KB },
	  .duration = 20 * SEC },
	{ "reroute", { PATH(100, 20 * MSEC, 500 * KB) }, .duration = 20 * SEC,
	  .setup = reroute },
	{ "delay-spike", { PATH(100, 20 * MSEC, 2 * MB) }, .duration = 8 * SEC,
	  .buffer = 900 * KB, .setup = spike },
	{ "reorder-200ms", { PATH(100, 20 * MSEC, 500 * KB) }, .duration = 10 * SEC,
	  .setup = reorder },
	{ "ten-flows", { PATH(100, 20 * MSEC, 500 * KB) }, .duration = 60 * SEC, .flows = 10,
	  .stagger = SEC / 10 },
	{ "ten-thousand", { PATH(1000, 20 * MSEC, 12500 * KB) }, .duration = 5 * SEC,
	  .flows = 10000, .buffer = 256 * KB, .setup = many },
	{ "versus", { PATH(100, 20 * MSEC, 500 * KB) }, .duration = 60 * SEC,
	  .setup = versus },
	{ "versus-125k", { PATH(100, 20 * MSEC, 125 * KB) }, .duration = 60 * SEC,
	  .setup = versus },
	{ "versus-250k", { PATH(100, 20 * MSEC, 250 * KB) }, .duration = 60 * SEC,
	  .setup = versus },
	{ "versus-1m", { PATH(100, 20 * MSEC, 1 * MB) }, .duration = 60 * SEC,
	  .setup = versus },
	{ "versus-2m", { PATH(100, 20 * MSEC, 2 * MB) }, .duration = 60 * SEC,
	  .setup = versus },

	/* What ends by itself, and the corners of the numbers */
	{ "demo", { PATH(100, 10 * MSEC, 500 * KB), .loss = 10000, .reorder = 10000,
		    .reorder_by = 5 * MSEC, .dup = 10000 }, .bytes = 20 * MB },
	{ "nasty", { .delay = 10 * MSEC, .loss = 50000, .reorder = 250000,
		     .reorder_by = 10 * MSEC, .dup = 50000, .corrupt = 10000 },
	  .bytes = 4 * MB, .both_ways = true },
	{ "shared", { PATH(100, 20 * MSEC, 500 * KB) }, .bytes = 10 * MB, .flows = 4,
	  .both_ways = true },
	{ "tuned-buffers", { PATH(1000, 50 * MSEC, 12500 * KB) }, .bytes = 4000000000,
	  .mss_room = 8980, .buffer = TUNED_FIRST, .setup = tune },
	{ "five-turns", { .delay = 100 * USEC, .super = true, .loss = 500 },
	  .bytes = 10ull << 30, .mss_room = 65000, .buffer = 8 << 20 },
	{ "two-turns-back", { PATH(5000, MSEC, 8 << 20), .reorder = 1000,
			      .reorder_by = MSEC },
	  .bytes = 5ull << 30, .mss_room = 65000, .buffer = 8 << 20, .both_ways = true,
	  .local_queue = 256 * KB },
};

static void fill_end(struct end_cfg *e, const struct standard *s,
		     const struct fsp_cc_ops *cc)
{
	fsp_config_default(&e->fsp);
	e->cc = cc;
	e->ecn = s->ecn;
	e->mss_room = s->mss_room ? s->mss_room : 1480;
	e->gso_max = 65000;
	e->seg_max = 65000;
	e->iss = 0x12345678;
	e->rcvbuf = s->buffer ? s->buffer : 16 * MB;
	e->sndbuf = e->rcvbuf;
	e->small_queue = s->local_queue;
}

static void fill_app(struct app_cfg *a, u64 bytes)
{
	a->total = bytes;
	a->chunk = 65000;
	a->read_chunk = 1 << 20;
}

static void fill_flow(struct flow_cfg *f, const struct standard *s,
		      const struct fsp_cc_ops *cc)
{
	u64 bytes = s->duration ? U64_MAX : s->bytes;

	fill_end(&f->end[0], s, cc);
	fill_end(&f->end[1], s, cc);
	fill_app(&f->app[0], bytes);
	fill_app(&f->app[1], s->both_ways ? bytes : 0);
}

bool scenario_versus(const struct scenario *sc)
{
	return !strncmp(sc->name, "versus", strlen("versus"));
}

bool scenario_standard(struct scenario *sc, unsigned int i,
		       const struct fsp_cc_ops *cc, const struct fsp_cc_ops *other)
{
	const struct standard *s = &standards[i];

	if (i >= ARRAY_SIZE(standards))
		return false;
	memset(sc, 0, sizeof(*sc));
	sc->name = s->name;
	sc->nr_flows = s->flows ? s->flows : 1;
	sc->nr_classes = 1;
	sc->duration = s->duration;
	sc->stagger = s->stagger;
	sc->limit = 7200 * SEC;
	sc->events = 50000000;
	sc->link[0] = s->link;
	sc->link[1] = s->back.delay ? s->back : s->link;
	/* What comes back is not lost: loss is on the way of what is measured. */
	if (!s->both_ways && s->duration)
		sc->link[1].loss = sc->link[1].burst_begin = 0;
	fill_flow(&sc->flow[0], s, cc);
	if (s->setup)
		s->setup(sc);
	if (scenario_versus(sc))
		sc->flow[1].end[0].cc = other;
	return true;
}
