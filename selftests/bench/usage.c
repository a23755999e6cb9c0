// SPDX-License-Identifier: GPL-2.0-only
/* What the whole guest used: processor time and kernel memory. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../net/lib/ktap.h"
#include "bench.h"

#define SETTLE_TRIES	100
#define SETTLE_US	100000

uint64_t bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Idle time is exact where busy time is sampled: take the one from the other. */
static uint64_t cpu_busy(uint64_t now)
{
	unsigned long long user, nice, system, idle, iowait;
	FILE *f = fopen("/proc/stat", "r");

	if (!f || fscanf(f, "cpu %llu %llu %llu %llu %llu", &user, &nice, &system,
			 &idle, &iowait) != 5)
		FT_DIE("/proc/stat cannot be read");
	fclose(f);
	return now * sysconf(_SC_NPROCESSORS_ONLN) -
	       (idle + iowait) * (1000000000ULL / sysconf(_SC_CLK_TCK));
}

static void memory(struct bench_usage *u)
{
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned long long kib;
	char name[64];

	if (!f)
		FT_DIE("/proc/meminfo cannot be read");
	while (fscanf(f, "%63[^:]: %llu%*[^\n]\n", name, &kib) == 2) {
		if (!strcmp(name, "Slab"))
			u->slab = kib * 1024;
		else if (!strcmp(name, "SUnreclaim"))
			u->unreclaimable = kib * 1024;
		else if (!strcmp(name, "VmallocUsed"))
			u->vmalloc = kib * 1024;
		else if (!strcmp(name, "MemFree"))
			u->free = kib * 1024;
	}
	fclose(f);
}

void bench_usage(struct bench_usage *u)
{
	u->wall_ns = bench_now();
	u->cpu_ns = cpu_busy(u->wall_ns);
	memory(u);
}

void bench_usage_settled(struct bench_usage *u)
{
	uint64_t before;
	int i, same = 0;

	bench_usage(u);
	for (i = 0; i < SETTLE_TRIES && same < 5; i++) {
		before = u->unreclaimable;
		usleep(SETTLE_US);
		bench_usage(u);
		same = u->unreclaimable == before ? same + 1 : 0;
	}
}
