/* SPDX-License-Identifier: GPL-2.0-only */
/* One direction of a path: a queue, a wire, and everything that goes wrong on it. */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "hist.h"
#include "packet.h"
#include "queue.h"

struct sim;

#define LINK_BLACKOUTS	2

/**
 * struct link_cfg - chances in parts per million
 * @rate: bytes/s; 0: unlimited, so that nothing ever waits
 * @delay: one way, ns
 * @jitter: up to this much more
 * @in_order: and yet no packet overtakes another
 * @queue: what waits for the wire
 * @loss: each packet by itself
 * @burst_begin: from good to bad state, per packet (Gilbert-Elliott)
 * @burst_end: back
 * @burst_loss: in bad state
 * @reorder: a packet is held back ...
 * @reorder_by: ... up to this long
 * @dup: arrives twice
 * @corrupt: some of its bits change
 * @syn_loss: the same as @loss for SYN packets
 * @super: super-packets pass unsegmented (veth); else cut at the sender
 * @mtu: longer packets are dropped; 0: none is
 * @blackout: times between which nothing passes
 * @pause: between which nothing leaves, and waits
 */
struct link_cfg {
	u64			rate;
	u64			delay;
	u64			jitter;
	bool			in_order;
	struct queue_cfg	queue;
	u32			loss;
	u32			burst_begin;
	u32			burst_end;
	u32			burst_loss;
	u32			reorder;
	u64			reorder_by;
	u32			dup;
	u32			corrupt;
	u32			syn_loss;
	u32			mtu;
	bool			super;
	struct {
		u64	from;
		u64	to;
	} blackout[LINK_BLACKOUTS], pause;
};

/**
 * struct link - at work
 * @cfg: as it is now
 * @bad: in a loss burst
 * @queue: waiting
 * @wire: the packet on it has left
 * @on_wire: that packet
 * @flight: the first of those below arrives
 * @first: in flight, in order of arrival; those that are overtaken have an
 *	event of their own
 * @last: of these
 * @last_at: latest arrival so far
 * @sent: packets
 * @lost: packets, for whatever reason
 * @corrupted: of those
 * @too_big: of those
 */
struct link {
	struct link_cfg	cfg;
	struct sim	*sim;
	bool		bad;
	struct queue	queue;
	struct event	wire;
	struct packet	*on_wire;
	struct event	flight;
	struct packet	*first;
	struct packet	*last;
	u64		last_at;
	u64		sent;
	u64		lost;
	u64		corrupted;
	u64		too_big;
};

void link_init(struct link *link, struct sim *sim, const struct link_cfg *cfg);
/* The path is another from now on; what is on its way is not touched. */
void link_change(struct link *link, const struct link_cfg *cfg);
/* Takes the packet over. */
void link_send(struct link *link, struct packet *p);
/* A packet that waited is not going to be sent. */
void link_drop(struct link *link, struct packet *p, const char *why);

#endif
