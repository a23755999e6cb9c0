// SPDX-License-Identifier: GPL-2.0-only
/* One run of one scenario, from first SYN to last timer. */
#include <stdarg.h>

#include "oracle.h"
#include "sim.h"

/* More events than this in one run: something goes round in circles. */
#define EVENTS_MAX	3000000

struct shrink {
	struct event	ev;
	struct sim	*sim;
};

void sim_fail(struct sim *sim, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(sim->what, sizeof(sim->what), "at %.6f s: ", sim->q.now / 1e9);
	va_start(ap, fmt);
	vsnprintf(sim->what + n, sizeof(sim->what) - n, fmt, ap);
	va_end(ap);
	longjmp(sim->failed, 1);
}

static void build(struct sim *sim)
{
	u32 i;

	for (i = 0; i < 2; i++)
		link_init(&sim->link[i], sim, &sim->sc.link[i]);
	sim->flows = calloc(sim->sc.nr_flows, sizeof(*sim->flows));
	if (!sim->flows)
		abort();
	for (i = 0; i < sim->sc.nr_flows; i++) {
		struct end *e = sim->flows[i].end;

		end_init(&e[0], sim, &e[1], 0, i, &sim->sc.end[i][0], &sim->sc.app[i][0]);
		end_init(&e[1], sim, &e[0], 1, i, &sim->sc.end[i][1], &sim->sc.app[i][1]);
	}
}

static void start(struct sim *sim)
{
	u32 i;

	for (i = 0; i < sim->sc.nr_flows; i++) {
		struct end *e = sim->flows[i].end;

		if (sim->sc.simultaneous)
			end_connect(&e[1]);
		else
			end_listen(&e[1]);
		end_connect(&e[0]);
	}
	inject_start(sim);
}

/* A listener whose client has gone for good has nothing to wait for. */
static bool flow_over(const struct flow *flow)
{
	const struct end *a = &flow->end[0], *b = &flow->end[1];

	return end_over(a) && (end_over(b) || b->mode == END_LISTEN);
}

static bool all_over(const struct sim *sim)
{
	u32 i;

	for (i = 0; i < sim->sc.nr_flows; i++)
		if (!flow_over(&sim->flows[i]))
			return false;
	return true;
}

static void shrink_event(struct event *ev)
{
	struct shrink *s = container_of(ev, struct shrink, ev);

	s->sim->link[0].cfg.mtu = s->sim->sc.shrink_to;
	s->sim->link[1].cfg.mtu = s->sim->sc.shrink_to;
}

static void loop(struct sim *sim)
{
	struct event *ev;

	while (!all_over(sim)) {
		ev = eventq_next(&sim->q);
		if (!ev)
			sim_fail(sim, "deadlock: nothing will ever happen");
		sim_check(sim, sim->q.now < sim->sc.limit, "too long");
		sim_check(sim, ++sim->events_run < EVENTS_MAX, "too many events");
		ev->fire(ev);
	}
}

/* What is still on its way arrives nowhere. */
static void drain(struct sim *sim)
{
	struct event *ev;

	eventq_cancel(&sim->q, &sim->inject);
	while ((ev = eventq_next(&sim->q)) != NULL)
		ev->fire(ev);
}

static void finish(struct sim *sim)
{
	u32 i;

	drain(sim);
	for (i = 0; i < sim->sc.nr_flows; i++) {
		struct flow *f = &sim->flows[i];

		if (f->end[1].mode == END_LISTEN) {
			sim_check(sim, sim->sc.may_fail, "never connected, error %d",
				  f->end[0].error);
			f->end[1].mode = END_CLOSED;
		}
		oracle_end(&f->end[0]);
		oracle_end(&f->end[1]);
	}
	for (i = 0; i < sim->sc.nr_flows; i++) {
		end_uninit(&sim->flows[i].end[0]);
		end_uninit(&sim->flows[i].end[1]);
	}
	sim_check(sim, !sim->carriers, "%u left", sim->carriers);
	sim_check(sim, !sim->packets, "%u left", sim->packets);
}

static void add_end(struct sim_result *res, const struct end *end)
{
	res->bytes += end->app.received;
	res->data_took = max(res->data_took, end->app.done_at);
	res->retrans += end->retrans;
	res->spurious += end->spurious;
	res->timeouts += end->timeouts;
}

static void fill_result(struct sim *sim, struct sim_result *res)
{
	u32 i;

	res->took = sim->q.now;
	res->events = sim->events_run;
	for (i = 0; i < 2; i++) {
		res->packets += sim->link[i].sent;
		res->lost += sim->link[i].lost;
	}
	for (i = 0; i < sim->sc.nr_flows; i++) {
		add_end(res, &sim->flows[i].end[0]);
		add_end(res, &sim->flows[i].end[1]);
	}
	memcpy(res->what, sim->what, sizeof(res->what));
}

void sim_run(const struct scenario *sc, u64 seed, bool trace, struct sim_result *res)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	struct shrink shrink = { .ev.fire = shrink_event, .sim = sim };

	if (!sim)
		abort();
	memset(res, 0, sizeof(*res));
	sim->seed = seed;
	sim->rng = seed;
	sim->trace = trace;
	sim->sc = *sc;
	eventq_init(&sim->q);
	build(sim);
	if (!setjmp(sim->failed)) {
		if (sc->shrink_at)
			eventq_set(&sim->q, &shrink.ev, sc->shrink_at);
		start(sim);
		loop(sim);
		finish(sim);
		res->ok = true;
	}
	fill_result(sim, res);
	/* A failed run is left as it lies: its memory is in an unknown state. */
	if (res->ok)
		free(sim->flows);
	eventq_uninit(&sim->q);
	if (res->ok)
		free(sim);
}
