// SPDX-License-Identifier: GPL-2.0-only
/* A binary heap with back pointers, so that an event can be moved. */
#include "eventq.h"

void eventq_init(struct eventq *q)
{
	memset(q, 0, sizeof(*q));
}

void eventq_uninit(struct eventq *q)
{
	free(q->heap);
}

static bool earlier(const struct event *a, const struct event *b)
{
	return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static void put(struct eventq *q, u32 slot, struct event *ev)
{
	q->heap[slot] = ev;
	ev->slot = slot;
}

static void sift_up(struct eventq *q, u32 slot, struct event *ev)
{
	while (slot > 1 && earlier(ev, q->heap[slot / 2])) {
		put(q, slot, q->heap[slot / 2]);
		slot /= 2;
	}
	put(q, slot, ev);
}

static void sift_down(struct eventq *q, u32 slot, struct event *ev)
{
	for (;;) {
		u32 child = slot * 2;

		if (child > q->count)
			break;
		if (child < q->count && earlier(q->heap[child + 1], q->heap[child]))
			child++;
		if (!earlier(q->heap[child], ev))
			break;
		put(q, slot, q->heap[child]);
		slot = child;
	}
	put(q, slot, ev);
}

static void make_room(struct eventq *q)
{
	if (q->count + 1 < q->room)
		return;
	q->room = q->room ? q->room * 2 : 64;
	q->heap = realloc(q->heap, q->room * sizeof(*q->heap));
	if (!q->heap)
		abort();
}

void eventq_cancel(struct eventq *q, struct event *ev)
{
	u32 slot = ev->slot;
	struct event *last;

	if (!slot)
		return;
	ev->slot = 0;
	last = q->heap[q->count--];
	if (last == ev)
		return;
	if (slot > 1 && earlier(last, q->heap[slot / 2]))
		sift_up(q, slot, last);
	else
		sift_down(q, slot, last);
}

void eventq_set(struct eventq *q, struct event *ev, u64 at)
{
	eventq_cancel(q, ev);
	make_room(q);
	ev->at = max(at, q->now);
	ev->order = q->order++;
	sift_up(q, ++q->count, ev);
}

struct event *eventq_next(struct eventq *q)
{
	struct event *ev;

	if (!q->count)
		return NULL;
	ev = q->heap[1];
	eventq_cancel(q, ev);
	q->now = ev->at;
	return ev;
}
