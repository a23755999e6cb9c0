/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers are set up in one step, and found from, by names of 6.13 and 6.16. */
#ifndef _FERRY_COMPAT_TIMER_H
#define _FERRY_COMPAT_TIMER_H

#include <linux/hrtimer.h>
#include <linux/timer.h>

#ifndef FERRY_HAVE_HRTIMER_SETUP
static inline void ferry_hrtimer_setup(struct hrtimer *timer,
				       enum hrtimer_restart (*fn)(struct hrtimer *),
				       clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
}

#define hrtimer_setup ferry_hrtimer_setup
#endif

#ifndef timer_container_of
#define timer_container_of(var, timer, field)	from_timer(var, timer, field)
#endif

#endif /* _FERRY_COMPAT_TIMER_H */
