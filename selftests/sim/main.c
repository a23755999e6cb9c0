// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim - run the engine over simulated networks
 *
 * Every run is a function of its seed: what fails is replayed with
 * sim --seed N --trace. Prints KTAP.
 */
#include <getopt.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "options.h"

#define FAILURES_SHOWN	20
#define SLOW		5.0	/* seconds for one run */

struct totals {
	u64	runs;
	u64	failed;
	u64	events;
	u64	bytes;
	u64	packets;
	u64	lost;
	u64	retrans;
	u64	spurious;
	u64	timeouts;
	u64	mtu_probes;
	u64	black_holes;
	u64	first_taken;
	u64	first_refused;
	u64	first_lost;
	u64	tickets;
};

char current_run[64];

static const char *program;

/* A failed run is left as it lies; what a good one leaves, its oracle counts. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static void usage(int status)
{
	fprintf(status ? stderr : stdout,
		"usage: sim [--seed N] [--count N] [--jobs N] [--trace]\n"
		"       sim --standard [NAME] [--cc NAME] [--other NAME] [--table] [--series FILE]\n"
		"  --seed N      first seed (default: from the clock; printed)\n"
		"  --count N     scenarios to run, a seed each (default 1 with --seed, else 2000)\n"
		"  --jobs N      processes to spread them over (default 1)\n"
		"  --trace       print every packet\n"
		"  --standard    run the named scenarios, or NAME, and print their figures\n"
		"  --cc NAME     with that congestion control (default: the first, and what the\n"
		"                engine's default is to show; all: each)\n"
		"  --other NAME  the opponent's, where two are compared (default: each)\n"
		"  --table       only the table of figures\n"
		"  --series FILE write what can be plotted\n");
	exit(status);
}

/* The engine warned, or a sanitizer found something: say how to get there again. */
static void died(int sig)
{
	char msg[400];
	int n = snprintf(msg, sizeof(msg), "not ok - died; replay: %s %s --trace\n",
			 program, current_run);

	if (write(STDERR_FILENO, msg, n) != n)
		_exit(2);
	signal(sig, SIG_DFL);
	raise(sig);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void add(struct totals *t, const struct sim_result *res)
{
	t->runs++;
	t->failed += !res->ok;
	t->events += res->events;
	t->bytes += res->bytes;
	t->packets += res->packets;
	t->lost += res->lost;
	t->retrans += res->retrans;
	t->spurious += res->spurious;
	t->timeouts += res->timeouts;
	t->mtu_probes += res->mtu_probes;
	t->black_holes += res->black_holes;
	t->first_taken += res->first_taken;
	t->first_refused += res->first_refused;
	t->first_lost += res->first_lost;
	t->tickets += res->tickets;
}

static void run_seed(u64 seed, bool trace, struct totals *t)
{
	struct sim_result res;
	double began = seconds();
	struct scenario sc;

	snprintf(current_run, sizeof(current_run), "--seed %llu", (unsigned long long)seed);
	scenario_random(&sc, seed);
	sim_run(&sc, seed, trace, &res);
	add(t, &res);
	if (seconds() - began > SLOW)
		fprintf(stderr, "# seed %llu: slow: %.1f s, %llu events, %llu packets\n",
			(unsigned long long)seed, seconds() - began,
			(unsigned long long)res.events, (unsigned long long)res.packets);
	if (!res.ok && t->failed <= FAILURES_SHOWN)
		fprintf(stderr, "# seed %llu: %s\n# replay: %s %s --trace\n",
			(unsigned long long)seed, res.what, program, current_run);
}

/* Every @jobs-th seed. */
static void run_share(const struct options *o, u32 job, struct totals *t)
{
	u64 i;

	for (i = job; i < o->count; i += o->jobs)
		run_seed(o->seed + i, o->trace, t);
}

static int spawn_share(const struct options *o, u32 job, pid_t *pid)
{
	struct totals t = {};
	int fd[2];

	if (pipe(fd) < 0)
		abort();
	*pid = fork();
	if (*pid < 0)
		abort();
	if (*pid) {
		close(fd[1]);
		return fd[0];
	}
	close(fd[0]);
	run_share(o, job, &t);
	exit(write(fd[1], &t, sizeof(t)) != sizeof(t));
}

static void collect(int fd, pid_t pid, struct totals *sum)
{
	struct totals t = {};
	u64 *to = (u64 *)sum, *from = (u64 *)&t;
	size_t i;
	int status;

	if (read(fd, &t, sizeof(t)) != sizeof(t))
		t.failed++;
	close(fd);
	if (waitpid(pid, &status, 0) != pid || status)
		t.failed += !t.failed;
	for (i = 0; i < sizeof(t) / sizeof(u64); i++)
		to[i] += from[i];
}

static void run_jobs(const struct options *o, struct totals *sum)
{
	int fd[64];
	pid_t pid[64];
	u32 i;

	fflush(stdout);
	for (i = 0; i < o->jobs; i++)
		fd[i] = spawn_share(o, i, &pid[i]);
	for (i = 0; i < o->jobs; i++)
		collect(fd[i], pid[i], sum);
}

static int run_random(const struct options *o)
{
	struct totals t = {};
	double began = seconds(), took;

	printf("KTAP version 1\n1..1\n# seeds %llu to %llu\n", (unsigned long long)o->seed,
	       (unsigned long long)(o->seed + o->count - 1));
	if (o->jobs > 1)
		run_jobs(o, &t);
	else
		run_share(o, 0, &t);
	took = seconds() - began;
	printf("# %llu scenarios in %.1f s (%.0f/s): %.1f MB in %llu packets, %llu lost\n",
	       (unsigned long long)t.runs, took, t.runs / took, t.bytes / 1e6,
	       (unsigned long long)t.packets, (unsigned long long)t.lost);
	printf("# %llu segments sent again (%llu needlessly), %llu timeouts\n",
	       (unsigned long long)t.retrans, (unsigned long long)t.spurious,
	       (unsigned long long)t.timeouts);
	printf("# %llu probes of the path MTU, %llu black holes found\n",
	       (unsigned long long)t.mtu_probes, (unsigned long long)t.black_holes);
	printf("# %llu first flights taken, %llu refused, %llu lost; %llu tickets\n",
	       (unsigned long long)t.first_taken, (unsigned long long)t.first_refused,
	       (unsigned long long)t.first_lost, (unsigned long long)t.tickets);
	printf("%sok 1 random scenarios: %llu of %llu failed\n", t.failed ? "not " : "",
	       (unsigned long long)t.failed, (unsigned long long)t.runs);
	return !!t.failed;
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'c' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "trace", no_argument, NULL, 't' },
		{ "standard", optional_argument, NULL, 'S' },
		{ "cc", required_argument, NULL, 'C' },
		{ "other", required_argument, NULL, 'O' },
		{ "table", no_argument, NULL, 'T' },
		{ "series", required_argument, NULL, 'F' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "s:c:j:th", longs, NULL)) != -1) {
		switch (opt) {
		case 's':
			o->seed = strtoull(optarg, NULL, 0);
			o->count = o->count ? o->count : 1;
			break;
		case 'c':
			o->count = strtoull(optarg, NULL, 0);
			break;
		case 'j':
			o->jobs = clamp(strtoul(optarg, NULL, 0), 1ul, 64ul);
			break;
		case 't':
			o->trace = true;
			break;
		case 'S':
			o->standard = true;
			o->name = optarg;
			break;
		case 'C':
			o->cc = optarg;
			break;
		case 'O':
			o->other = optarg;
			break;
		case 'T':
			o->table = true;
			break;
		case 'F':
			o->series = optarg;
			break;
		default:
			usage(opt != 'h');
		}
	}
	if (o->standard && optind < argc)
		o->name = argv[optind];
}

int main(int argc, char **argv)
{
	struct options o = { .seed = time(NULL) * 1000003ull % 1000000000, .jobs = 1 };

	program = argv[0];
	parse(&o, argc, argv);
	if (!o.count)
		o.count = 2000;
	signal(SIGABRT, died);
	signal(SIGSEGV, died);
	return o.standard ? report_standard(&o) : run_random(&o);
}
