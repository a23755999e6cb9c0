// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench - one measurement of one transport, printed as one line of JSON.
 *
 *	--work bulk|rr|crr|idle|dgram|super	what is done
 *	--rival NAME		ferry, tcp, udp, mptcp, sctp or unix
 *	--size N		bytes of a write, a message, a request
 *	--conns N		connections at once
 *	--seconds N --warmup N	how long, and how long before that
 *	--two-way 1, --verify 1, --sendfile 1, --zerocopy 1, --fastopen 1, --pin 1
 *	--segment N		bytes of each datagram of a write (super)
 *	--bulk N		streams that fill the link beside the work (rr)
 *	--cong NAME		congestion control
 *	--label TEXT		name in the output
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "../net/lib/ktap.h"
#include "../net/lib/options.h"
#include "bench.h"

struct bench_options bench_opt = {
	.conns = 1, .size = 65536, .seconds = 2, .warmup = 0.5,
};

struct bench_shared *bench_shared;

static const char *label = "";

static const struct bench_work *const works[] = {
	&bench_bulk, &bench_rr, &bench_crr, &bench_idle, &bench_dgram, &bench_super,
};

static const struct bench_work *find_work(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		if (!strcmp(works[i]->name, name))
			return works[i];
	return NULL;
}

static bool flag_option(const char *name, const char *value)
{
	static const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{ "--two-way", &bench_opt.two_way },
		{ "--verify", &bench_opt.verify },
		{ "--sendfile", &bench_opt.sendfile },
		{ "--zerocopy", &bench_opt.zerocopy },
		{ "--fastopen", &bench_opt.fastopen },
		{ "--pin", &bench_opt.pin },
	};
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcmp(flags[i].name, name))
			continue;
		*flags[i].flag = ft_number(value);
		return true;
	}
	return false;
}

static bool own_option(const char *name, const char *value)
{
	if (!strcmp(name, "--work"))
		bench_opt.work = find_work(value);
	else if (!strcmp(name, "--rival"))
		bench_opt.rival = bench_rival(value);
	else if (!strcmp(name, "--cong"))
		bench_opt.cong = value;
	else if (!strcmp(name, "--label"))
		label = value;
	else if (!strcmp(name, "--size"))
		bench_opt.size = ft_number(value);
	else if (!strcmp(name, "--segment"))
		bench_opt.segment = ft_number(value);
	else if (!strcmp(name, "--conns"))
		bench_opt.conns = ft_number(value);
	else if (!strcmp(name, "--bulk"))
		bench_opt.bulk = ft_number(value);
	else if (!strcmp(name, "--seconds"))
		bench_opt.seconds = atof(value);
	else if (!strcmp(name, "--warmup"))
		bench_opt.warmup = atof(value);
	else
		return flag_option(name, value);
	return true;
}

static void pin(int cpu)
{
	cpu_set_t set;

	if (!bench_opt.pin)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static pid_t start_server(void)
{
	int fd, pipe_fd[2];
	pid_t pid;
	char c;

	if (pipe(pipe_fd))
		FT_DIE("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin(1);
		ft_enter_netns(ft_opt.server_ns);
		fd = bench_bound(bench_opt.work->type);
		if (write(pipe_fd[1], "", 1) != 1)
			_exit(1);
		bench_opt.work->serve(fd);
		if (bench_opt.rival->family == AF_UNIX)
			unlink(bench_shared->addr.un.sun_path);
		_exit(0);
	}
	close(pipe_fd[1]);
	if (read(pipe_fd[0], &c, 1) != 1)
		FT_DIE("the server did not start");
	close(pipe_fd[0]);
	return pid;
}

static pid_t start_client(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin(0);
		ft_enter_netns(ft_opt.client_ns);
		bench_opt.work->drive();
		_exit(0);
	}
	return pid;
}

/* Streams beside an exchange count nothing. */
static uint64_t done(void)
{
	return (bench_opt.bulk ? 0 : bench_shared->done[BENCH_SERVER]) +
	       bench_shared->done[BENCH_CLIENT];
}

static void sleep_for(double seconds)
{
	usleep(seconds * 1e6);
}

static bool alive(pid_t pid)
{
	return !waitpid(pid, NULL, WNOHANG);
}

static void wait_ready(unsigned int n, pid_t client, pid_t server)
{
	while (bench_shared->ready < n) {
		if (!alive(client) || !alive(server))
			FT_DIE("a worker has gone");
		usleep(2000);
	}
}

static void finish(pid_t pid, const char *who)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		FT_DIE("%s failed", who);
}

static void print_head(void)
{
	printf("{\"label\":\"%s\",\"work\":\"%s\",\"rival\":\"%s\",\"ip\":%d,\"size\":%zu,\"conns\":%u",
	       label, bench_opt.work->name, bench_opt.rival->name, ft_opt.ip,
	       bench_opt.size, bench_opt.conns);
	if (bench_opt.cong)
		printf(",\"cong\":\"%s\"", bench_opt.cong);
	if (bench_opt.fastopen)
		printf(",\"fastopen\":true");
}

static void print_rate(const struct bench_usage *a, const struct bench_usage *b, uint64_t n)
{
	double wall = b->wall_ns - a->wall_ns, cpu = b->cpu_ns - a->cpu_ns;

	printf(",\"unit\":\"%s\",\"rate\":%.1f,\"cpu_ns\":%.4f", bench_opt.work->unit,
	       n * 1e9 / wall, n ? cpu / n : 0);
	if (bench_shared->sent)
		printf(",\"sent\":%llu,\"received\":%llu",
		       (unsigned long long)bench_shared->sent,
		       (unsigned long long)done());
	if (bench_shared->samples)
		printf(",\"p50\":%llu,\"p99\":%llu,\"p999\":%llu,\"samples\":%llu",
		       (unsigned long long)bench_shared->p50,
		       (unsigned long long)bench_shared->p99,
		       (unsigned long long)bench_shared->p999,
		       (unsigned long long)bench_shared->samples);
	puts("}");
}

static void print_memory(const struct bench_usage *a, const struct bench_usage *b)
{
	double n = bench_opt.conns;

	printf(",\"unit\":\"connection\",\"memory\":%.1f,\"slab\":%.1f,\"vmalloc\":%.1f,\"all\":%.1f}\n",
	       ((double)b->unreclaimable - a->unreclaimable) / n,
	       ((double)b->slab - a->slab) / n, ((double)b->vmalloc - a->vmalloc) / n,
	       ((double)a->free - b->free) / n);
}

static void measure_idle(pid_t server)
{
	struct bench_usage a, b;
	pid_t client = start_client();

	bench_usage_settled(&a);
	bench_shared->go = true;
	wait_ready(bench_opt.conns, client, server);
	bench_usage_settled(&b);
	bench_shared->stop = true;
	finish(client, "client");
	finish(server, "server");
	print_head();
	print_memory(&a, &b);
}

static void measure_rate(pid_t server)
{
	struct bench_usage a, b;
	pid_t client = start_client();
	uint64_t before, n;

	wait_ready(bench_opt.work == &bench_crr ? 1 : bench_opt.conns, client, server);
	sleep_for(bench_opt.warmup);
	bench_shared->measuring = true;
	bench_usage(&a);
	before = done();
	sleep_for(bench_opt.seconds);
	bench_usage(&b);
	n = done() - before;
	bench_shared->measuring = false;
	bench_shared->stop = true;
	finish(client, "client");
	finish(server, "server");
	print_head();
	print_rate(&a, &b, n);
}

int main(int argc, char **argv)
{
	pid_t server;

	ft_options(argc, argv, own_option,
		   "  --work bulk|rr|crr|idle|dgram|super --rival NAME  what, over which\n"
		   "  --size N --conns N --seconds N --warmup N\n"
		   "  --two-way 1 --verify 1 --sendfile 1 --zerocopy 1 --fastopen 1 --pin 1\n"
		   "  --segment N --bulk N --cong NAME --label TEXT\n");
	if (!bench_opt.work || !bench_opt.rival)
		FT_DIE("--work and --rival must be given, and be known");
	if (!ft_opt.ip)
		ft_opt.ip = 4;
	if (!ft_opt.server)
		ft_opt.server = ft_opt.ip == 4 ? "127.0.0.1" : "::1";
	ft_want_files(bench_opt.conns + 64);
	bench_shared = mmap(NULL, sizeof(*bench_shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	server = start_server();
	if (bench_opt.work->idle)
		measure_idle(server);
	else
		measure_rate(server);
	return 0;
}
