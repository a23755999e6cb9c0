// SPDX-License-Identifier: GPL-2.0-only
/* Named scenarios and their figures: as KTAP, as a table, as data for plots. */
#include "options.h"

#define HEADING	"scenario           cc      Mbit/s  again  needless  timeouts     RTT ms p50/p99    queue ms p50/p99   Jain   lost  marked"

struct report {
	const struct options	*o;
	unsigned int		nr;
	unsigned int		failed;
	char			label[64];
};

static double share(u64 part, u64 whole)
{
	return whole ? 100.0 * part / whole : 0;
}

static double mbit(u64 bytes, u64 ns)
{
	return ns ? bytes * 8e3 / ns : 0;
}

static void print_figures(const struct scenario *sc, const struct sim_result *res,
			  const char *cc)
{
	printf("%-18s %-7s %7.*f %5.2f%%    %5.2f%%  %8llu   %7.*f / %-7.*f   %7.*f / %-7.*f  %5.3f %5.2f%%  %5.2f%%\n",
	       sc->name, cc, mbit(res->bytes, res->data_took) < 1000 ? 2 : 0,
	       mbit(res->bytes, res->data_took), share(res->sent_again, res->sent),
	       share(res->needless, res->sent), (unsigned long long)res->timeouts,
	       res->rtt50 < FSP_NSEC_PER_MSEC ? 3 : 1, res->rtt50 / 1e6,
	       res->rtt50 < FSP_NSEC_PER_MSEC ? 3 : 1, res->rtt99 / 1e6,
	       res->rtt50 < FSP_NSEC_PER_MSEC ? 3 : 1, res->delay50 / 1e6,
	       res->rtt50 < FSP_NSEC_PER_MSEC ? 3 : 1, res->delay99 / 1e6, res->jain,
	       share(res->lost, res->packets), share(res->marked, res->packets));
}

static void write_series(const struct options *o, const struct scenario *sc,
			 const struct sim_result *res)
{
	FILE *f = fopen(o->series, "w");
	u32 i, k;

	if (!f) {
		perror(o->series);
		exit(1);
	}
	fprintf(f, "# s queued; per class: received cwnd in-flight pacing srtt-ms\n");
	for (i = 0; i < res->nr_samples; i++) {
		const struct sample *s = &res->samples[i];

		fprintf(f, "%.3f %u", s->at / 1e9, s->queued);
		for (k = 0; k < sc->nr_classes; k++)
			fprintf(f, " %llu %u %u %llu %.3f", (unsigned long long)s->received[k],
				s->cwnd[k], s->in_flight[k], (unsigned long long)s->rate[k],
				s->srtt[k] / 1e6);
		fputc('\n', f);
	}
	fclose(f);
}

static void run_one(struct report *r, struct scenario *sc)
{
	const struct options *o = r->o;
	struct sim_result res;

	if (o->series && !sc->sample)
		sc->sample = sc->duration / 100;
	snprintf(current_run, sizeof(current_run), "--standard %s --cc %s --other %s", sc->name,
		 sc->flow[0].end[0].cc->name, sc->flow[sc->nr_classes - 1].end[0].cc->name);
	sim_run(sc, sc->seed ? sc->seed : 1, o->trace, &res);
	if (o->series)
		write_series(o, sc, &res);
	free(res.samples);
	r->nr++;
	r->failed += !res.ok;
	if (!o->table)
		printf("# ");
	if (!o->table || sc->duration)
		print_figures(sc, &res, r->label);
	if (!o->table)
		printf("%sok %u %s %s%s%s\n", res.ok ? "" : "not ", r->nr, sc->name, r->label,
		       res.ok ? "" : ": ", res.what);
	else if (!res.ok)
		fprintf(stderr, "sim: %s %s: %s\n", sc->name, r->label, res.what);
	fflush(stdout);
}

static bool wanted(const struct options *o, const struct scenario *sc)
{
	return !o->name || !strcmp(o->name, sc->name);
}

/* Each against each: who gets how much of the bottleneck */
static void run_versus(struct report *r, unsigned int i, const struct fsp_cc_ops *cc)
{
	const struct fsp_cc_ops *other;
	struct scenario sc;
	unsigned int k;

	for (k = 0; (other = fsp_cc_nth(k)) != NULL; k++) {
		if (r->o->other && strcmp(r->o->other, other->name))
			continue;
		scenario_standard(&sc, i, cc, other);
		/* Beside what most others use, with buffers of all sizes */
		if (strcmp(sc.name, "versus") && strcmp(other->name, "cubic"))
			continue;
		snprintf(r->label, sizeof(r->label), "%s/%s", cc->name, other->name);
		run_one(r, &sc);
	}
}

/* Of the default, at least what a scenario is there to show is always run. */
static bool passed_over(const struct options *o, const struct scenario *sc, bool first)
{
	return !o->cc && !first && !sc->check;
}

static void run_all(struct report *r, const struct fsp_cc_ops *cc, bool first)
{
	struct scenario sc;
	unsigned int i;

	for (i = 0; scenario_standard(&sc, i, cc, cc); i++) {
		if (!wanted(r->o, &sc) || passed_over(r->o, &sc, first))
			continue;
		snprintf(r->label, sizeof(r->label), "%s", cc->name);
		if (scenario_versus(&sc))
			run_versus(r, i, cc);
		else
			run_one(r, &sc);
	}
}

int report_standard(const struct options *o)
{
	struct report r = { .o = o };
	const struct fsp_cc_ops *cc;
	unsigned int i;

	if (!o->table)
		printf("KTAP version 1\n# ");
	printf(HEADING "\n");
	for (i = 0; (cc = fsp_cc_nth(i)) != NULL; i++)
		if (o->cc ? !strcmp(o->cc, "all") || !strcmp(o->cc, cc->name) :
			    !i || !strcmp(cc->name, FSP_CC_DEFAULT))
			run_all(&r, cc, !i);
	if (!o->table)
		printf("1..%u\n", r.nr);
	return r.failed || !r.nr;
}
