// SPDX-License-Identifier: GPL-2.0-only
/* Latencies: every one is kept, so that the percentiles are exact. */
#include <stdlib.h>

#include "../net/lib/ktap.h"
#include "bench.h"

#define MOST	(4U << 20)

static uint64_t *values;
static size_t count;

void bench_latency_add(uint64_t ns)
{
	if (!values) {
		values = malloc(MOST * sizeof(*values));
		if (!values)
			FT_DIE("no memory");
	}
	if (count < MOST)
		values[count++] = ns;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t percentile(unsigned int per_mille)
{
	return count ? values[(count - 1) * per_mille / 1000] : 0;
}

void bench_latency_report(void)
{
	qsort(values, count, sizeof(*values), compare);
	bench_shared->p50 = percentile(500);
	bench_shared->p99 = percentile(990);
	bench_shared->p999 = percentile(999);
	bench_shared->samples = count;
}
