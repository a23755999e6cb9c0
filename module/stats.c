// SPDX-License-Identifier: GPL-2.0-only
/* Counters per network namespace and CPU. */
#include <linux/kernel.h>

#include "stats.h"

#define FERRY_STAT_NAME(id, name, text)	[FERRY_STAT_##id] = name,
static const char *const names[] = { FERRY_STATS(FERRY_STAT_NAME) };
#undef FERRY_STAT_NAME

const char *ferry_stat_name(enum ferry_stat id)
{
	return names[id];
}

u64 ferry_stat_read(const struct ferry_stats __percpu *stats, enum ferry_stat id)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(stats, cpu)->count[id]);
	return sum;
}
