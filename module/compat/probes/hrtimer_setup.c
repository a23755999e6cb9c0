// SPDX-License-Identifier: GPL-2.0-only
/* From 6.13 on hrtimer_setup() takes the function, too */
#include <linux/hrtimer.h>

static enum hrtimer_restart probe_fn(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

void ferry_probe(struct hrtimer *timer);
void ferry_probe(struct hrtimer *timer)
{
	hrtimer_setup(timer, probe_fn, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
}
