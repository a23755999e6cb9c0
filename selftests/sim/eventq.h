/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens when: a heap of events embedded in what they are about. */
#ifndef SIM_EVENTQ_H
#define SIM_EVENTQ_H

#include "platform.h"

struct event {
	u64	at;
	u64	order;		/* of arming: ties fire in it */
	u32	slot;		/* in the heap, from 1; 0: not armed */
	void	(*fire)(struct event *ev);
};

struct eventq {
	struct event	**heap;
	u32		count;
	u32		room;
	u64		order;
	u64		now;
};

void eventq_init(struct eventq *q);
void eventq_uninit(struct eventq *q);
/* Arm or move; a time that has passed fires next. */
void eventq_set(struct eventq *q, struct event *ev, u64 at);
void eventq_cancel(struct eventq *q, struct event *ev);
/* Take the next event out and move the clock; NULL where there is none. */
struct event *eventq_next(struct eventq *q);

static inline bool event_armed(const struct event *ev)
{
	return ev->slot != 0;
}

#endif
