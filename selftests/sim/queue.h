/* SPDX-License-Identifier: GPL-2.0-only */
/* What waits for a link's wire, and who of those is dropped or marked. */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include "hist.h"
#include "packet.h"

struct link;

enum queue_kind {
	QUEUE_DROP_TAIL,
	QUEUE_RED,	/* Floyd and Jacobson's, by a moving average of the length */
	QUEUE_CODEL,	/* RFC 8289 */
	QUEUE_STEP,	/* above a length all are marked: data centres (RFC 8257) */
	QUEUE_KINDS
};

/**
 * struct queue_cfg - a queue
 * @limit: bytes that wait at most; 0: any number
 * @kind: who is dropped before that
 * @ecn: packets that can be are marked instead
 * @min: RED: bytes of average length below which nothing happens; STEP: above
 *	which all are marked
 * @max: RED: above which all are dropped
 * @chance: RED: of a drop just below @max, parts per million
 * @target: CoDel: time in the queue that is all right, ns
 * @interval: CoDel: for as long as a round trip may take, ns
 */
struct queue_cfg {
	u32		limit;
	enum queue_kind	kind;
	bool		ecn;
	u32		min;
	u32		max;
	u32		chance;
	u64		target;
	u64		interval;
};

/**
 * struct queue - at work
 * @first: next to go
 * @last: behind all others
 * @bytes: waiting
 * @packets: waiting
 * @average: RED: of @bytes
 * @since: RED: packets since the last one dropped
 * @idle_since: RED: the queue has been empty
 * @above_at: CoDel: when the delay will have been too long for an interval
 * @drop_at: CoDel: when the next one is dropped
 * @count: CoDel: dropped since it began
 * @last_count: CoDel: the last time it did
 * @dropping: CoDel: it has begun
 * @marked: packets that were
 * @delay: that packets spent here
 */
struct queue {
	struct packet	*first;
	struct packet	*last;
	u32		bytes;
	u32		packets;
	double		average;
	u32		since;
	u64		idle_since;
	u64		above_at;
	u64		drop_at;
	u32		count;
	u32		last_count;
	bool		dropping;
	u64		marked;
	struct hist	delay;
};

/* Returns why the packet cannot wait here, or NULL: it does. */
const char *queue_put(struct link *link, struct packet *p);
/* Who goes next; what is dropped on this occasion is. NULL: nobody. */
struct packet *queue_take(struct link *link);

#endif
