// SPDX-License-Identifier: GPL-2.0-only
/* One run of one scenario, from first SYN to last timer. */
#include <stdarg.h>

#include "oracle.h"
#include "sim.h"

/* More events than this in one run: something goes round in circles. */
#define EVENTS_MAX	3000000

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
	const struct scenario *sc = &sim->sc;
	u32 i;

	for (i = 0; i < 2; i++)
		link_init(&sim->link[i], sim, &sc->link[i]);
	sim->flows = calloc(sc->nr_flows, sizeof(*sim->flows));
	if (!sim->flows)
		abort();
	for (i = 0; i < sc->nr_flows; i++) {
		const struct flow_cfg *cfg = &sc->flow[i % sc->nr_classes];
		struct end *e = sim->flows[i].end;

		end_init(&e[0], sim, &e[1], 0, i, cfg);
		end_init(&e[1], sim, &e[0], 1, i, cfg);
	}
}

static void start_flow(struct sim *sim, u32 i)
{
	u64 at = i * sim->sc.stagger + rng_below(&sim->rng, sim->sc.start);
	struct end *e = sim->flows[i].end;

	if (at) {
		end_listen(&e[1]);
		end_connect_at(&e[0], at);
		return;
	}
	if (sim->sc.simultaneous)
		end_connect(&e[1]);
	else
		end_listen(&e[1]);
	end_connect(&e[0]);
}

static void start(struct sim *sim)
{
	u32 i;

	for (i = 0; i < sim->sc.nr_flows; i++)
		start_flow(sim, i);
	inject_start(sim);
}

/* A listener whose client has gone for good has nothing to wait for. */
static bool flow_over(const struct flow *flow)
{
	const struct end *a = &flow->end[0], *b = &flow->end[1];

	return end_over(a) && (end_over(b) || b->mode == END_LISTEN);
}

void sim_flow_changed(struct sim *sim, u32 id)
{
	struct flow *flow = &sim->flows[id];
	bool over = flow_over(flow);

	sim->flows_over += over - flow->over;
	flow->over = over;
}

/* ---- what happens to the whole world ---- */

static void set_world(struct sim *sim, struct world_event *we, u32 nr, u64 at,
		      void (*fire)(struct event *ev))
{
	we->sim = sim;
	we->nr = nr;
	we->ev.fire = fire;
	if (at)
		eventq_set(&sim->q, &we->ev, at);
}

static void shrink_event(struct event *ev)
{
	struct sim *sim = container_of(ev, struct world_event, ev)->sim;

	sim->link[0].cfg.mtu = sim->sc.shrink_to;
	sim->link[1].cfg.mtu = sim->sc.shrink_to;
}

static void grow_event(struct event *ev)
{
	struct sim *sim = container_of(ev, struct world_event, ev)->sim;

	sim->link[0].cfg.mtu = 0;
	sim->link[1].cfg.mtu = 0;
}

static void change_event(struct event *ev)
{
	struct world_event *we = container_of(ev, struct world_event, ev);
	const struct scenario_change *change = &we->sim->sc.change[we->nr];

	link_change(&we->sim->link[0], &change->cfg[0]);
	link_change(&we->sim->link[1], &change->cfg[1]);
}

static void stop_event(struct event *ev)
{
	struct sim *sim = container_of(ev, struct world_event, ev)->sim;
	u32 i;

	for (i = 0; i < sim->sc.nr_flows; i++) {
		app_stop(&sim->flows[i].end[0]);
		app_stop(&sim->flows[i].end[1]);
	}
	sim->stopped = true;
}

static struct sample *new_sample(struct sim *sim)
{
	u32 n = sim->nr_samples++;

	if (!(n & (n - 1)))
		sim->samples = realloc(sim->samples, max(2 * n, 1u) * sizeof(*sim->samples));
	if (!sim->samples)
		abort();
	memset(&sim->samples[n], 0, sizeof(*sim->samples));
	return &sim->samples[n];
}

static void take_sample(struct sim *sim)
{
	struct sample *s = new_sample(sim);
	u32 i, n = sim->sc.nr_classes;

	s->at = sim->q.now;
	s->queued = sim->link[0].queue.bytes;
	for (i = 0; i < sim->sc.nr_flows; i++)
		s->received[i % n] += sim->flows[i].end[1].app.received;
	for (i = 0; i < n; i++) {
		const struct fsp_conn *c = &sim->flows[i].end[0].conn;

		s->cwnd[i] = c->cwnd;
		s->in_flight[i] = fsp_in_flight(c);
		s->rate[i] = c->pacing_rate;
		s->srtt[i] = c->srtt;
	}
}

static void sample_event(struct event *ev)
{
	struct sim *sim = container_of(ev, struct world_event, ev)->sim;

	take_sample(sim);
	if (!sim->stopped)
		eventq_set(&sim->q, ev, sim->q.now + sim->sc.sample);
}

static void set_world_events(struct sim *sim)
{
	u32 i;

	for (i = 0; i < SCENARIO_CHANGES; i++)
		set_world(sim, &sim->change[i], i, sim->sc.change[i].at, change_event);
	set_world(sim, &sim->shrink, 0, sim->sc.shrink_at, shrink_event);
	set_world(sim, &sim->grow, 0, sim->sc.grow_at, grow_event);
	set_world(sim, &sim->stop, 0, sim->sc.duration, stop_event);
	set_world(sim, &sim->sampler, 0, sim->sc.sample, sample_event);
}

static void loop(struct sim *sim)
{
	u64 most = sim->sc.events ? sim->sc.events : EVENTS_MAX;
	struct event *ev;

	while (sim->flows_over < sim->sc.nr_flows) {
		ev = eventq_next(&sim->q);
		if (!ev)
			sim_fail(sim, "deadlock: nothing will ever happen");
		sim_check(sim, sim->q.now < sim->sc.limit, "too long");
		sim_check(sim, ++sim->events_run < most, "too many events");
		ev->fire(ev);
	}
}

/* What is still on its way arrives nowhere. */
static void drain(struct sim *sim)
{
	struct event *ev;

	eventq_cancel(&sim->q, &sim->inject);
	eventq_cancel(&sim->q, &sim->sampler.ev);
	eventq_cancel(&sim->q, &sim->stop.ev);
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

static u64 received(const struct sim *sim, const struct end *end)
{
	return sim->stopped ? end->app.at_stop : end->app.received;
}

static void add_end(const struct sim *sim, struct sim_result *res, const struct end *end)
{
	res->bytes += received(sim, end);
	res->data_took = max(res->data_took, end->app.done_at);
	res->retrans += end->retrans;
	res->spurious += end->spurious;
	res->timeouts += end->timeouts;
	res->mtu_probes += end->mtu_probes;
	res->black_holes += end->black_holes;
	res->first_taken += !end->side && end->first == FSP_FIRST_TAKEN;
	res->first_refused += end->first == FSP_FIRST_REFUSED;
	res->first_lost += end->first == FSP_FIRST_LOST;
	res->tickets += end->tickets;
	res->sent += end->sent;
	res->sent_again += end->sent_again;
	res->needless += end->needless;
}

/* Jain's index of what the flows got */
static double fairness(const struct sim *sim)
{
	double sum = 0, squares = 0;
	u32 i;

	for (i = 0; i < sim->sc.nr_flows; i++) {
		double x = received(sim, &sim->flows[i].end[1]);

		sum += x;
		squares += x * x;
	}
	return squares > 0 ? sum * sum / squares / sim->sc.nr_flows : 0;
}

static void fill_flows(struct sim *sim, struct sim_result *res)
{
	u32 i;

	for (i = 0; i < sim->sc.nr_flows; i++) {
		const struct flow *f = &sim->flows[i];

		add_end(sim, res, &f->end[0]);
		add_end(sim, res, &f->end[1]);
		res->class_bytes[i % sim->sc.nr_classes] += received(sim, &f->end[1]);
	}
	if (sim->stopped)
		res->data_took = sim->sc.duration;
	res->jain = fairness(sim);
}

static void fill_result(struct sim *sim, struct sim_result *res)
{
	u32 i;

	res->took = sim->q.now;
	res->events = sim->events_run;
	for (i = 0; i < 2; i++) {
		res->packets += sim->link[i].sent;
		res->lost += sim->link[i].lost;
		res->marked += sim->link[i].queue.marked;
	}
	fill_flows(sim, res);
	res->rtt50 = hist_quantile(&sim->rtt, 500);
	res->rtt99 = hist_quantile(&sim->rtt, 990);
	res->delay50 = hist_quantile(&sim->link[0].queue.delay, 500);
	res->delay99 = hist_quantile(&sim->link[0].queue.delay, 990);
	res->carriers = sim->carriers_most;
	res->in_network = sim->packets_most;
	res->samples = sim->samples;
	res->nr_samples = sim->nr_samples;
	memcpy(res->what, sim->what, sizeof(res->what));
}

static void check_scenario(struct sim *sim)
{
	const char *wrong = sim->sc.check ? sim->sc.check(sim) : NULL;

	if (wrong)
		sim_fail(sim, "%s", wrong);
}

void sim_run(const struct scenario *sc, u64 seed, bool trace, struct sim_result *res)
{
	struct sim *sim = calloc(1, sizeof(*sim));

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
		set_world_events(sim);
		start(sim);
		loop(sim);
		finish(sim);
		check_scenario(sim);
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
