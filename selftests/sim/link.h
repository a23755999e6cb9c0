/* SPDX-License-Identifier: GPL-2.0-only */
/* One direction of a path: a queue, a wire, and everything that goes wrong on it. */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "packet.h"

struct sim;

#define LINK_BLACKOUTS	2

/**
 * struct link_cfg - chances in parts per million
 * @rate: bytes/s; 0: unlimited
 * @delay: one way, ns
 * @jitter: up to this much more; reorders
 * @queue: bytes that wait at most
 * @loss: each packet by itself
 * @burst_begin: from good to bad state, per packet
 * @burst_end: back
 * @burst_loss: in bad state
 * @reorder: a packet is held back ...
 * @reorder_by: ... up to this long
 * @dup: arrives twice
 * @corrupt: the checksum finds it, so it is dropped at the far end
 * @syn_loss: the same as @loss for SYN packets
 * @super: super-packets pass unsegmented (veth); else cut at the sender
 * @mtu: longer packets are dropped; 0: none is
 * @blackout: times between which nothing passes
 */
struct link_cfg {
	u64	rate;
	u64	delay;
	u64	jitter;
	u32	queue;
	u32	loss;
	u32	burst_begin;
	u32	burst_end;
	u32	burst_loss;
	u32	reorder;
	u64	reorder_by;
	u32	dup;
	u32	corrupt;
	u32	syn_loss;
	u32	mtu;
	bool	super;
	struct {
		u64	from;
		u64	to;
	} blackout[LINK_BLACKOUTS];
};

struct link {
	struct link_cfg	cfg;
	struct sim	*sim;
	bool		bad;		/* in a loss burst */
	u64		free_at;	/* when the wire is done with what waits */
	u32		queued;		/* bytes waiting */
	u64		sent;		/* packets */
	u64		lost;		/* packets, for whatever reason */
	u64		too_big;
};

void link_init(struct link *link, struct sim *sim, const struct link_cfg *cfg);
/* Takes the packet over. */
void link_send(struct link *link, struct packet *p);

#endif
