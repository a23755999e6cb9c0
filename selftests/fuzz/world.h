/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two of the simulator's ends with the fuzzer between them: it is the clock,
 * the network and both programs. The simulator's oracles watch.
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "input.h"
#include "oracle.h"
#include "sim.h"

#define WIRE_MAX	96	/* packets on their way at once, per direction */

/**
 * struct wire - one direction
 * @p: packets sent and not yet arrived, oldest first
 * @count: how many
 * @discard: nobody is there
 */
struct wire {
	struct packet	*p[WIRE_MAX];
	u32		count;
	bool		discard;
};

/**
 * struct world - see above
 * @sim: must be first
 * @wire: [0] carries what end 0 sends
 * @hostile: packets may be forged: what is delivered is not what was written
 * @lossless: from now on the network does its best, and hosts have memory
 * @seg_max: largest segment a write makes
 */
struct world {
	struct sim	sim;
	struct wire	wire[2];
	bool		hostile;
	bool		lossless;
};

/* Ends configured by the fuzzer; nobody connects yet. */
struct world *world_new(struct input *in, bool hostile);
/* Free all; fails where memory is not accounted for. */
void world_free(struct world *w);

static inline struct end *world_end(struct world *w, unsigned int side)
{
	return &w->sim.flows[0].end[side & 1];
}

/* The simulator takes it as given; here it changes. */
static inline struct end_cfg *end_cfg(const struct end *end)
{
	return &end->sim->sc.flow[0].end[end->side];
}

/* The next packet of @wire arrives, the @i-th from now (modulo their number). */
void world_arrive(struct world *w, unsigned int side, u32 i);
void world_drop(struct world *w, unsigned int side, u32 i);
void world_duplicate(struct world *w, unsigned int side, u32 i);
/* A forged packet for @end; takes it over. */
void world_inject(struct world *w, struct end *end, struct packet *p);

/* The next timer fires. Return: whether there was one. */
bool world_fire(struct world *w);
void world_wait(struct world *w, u64 ns);

/* user.c: one wish of the program or trouble of the host of @end */
void user_op(struct world *w, struct end *end, struct input *in);
void user_write(struct end *end, u32 bytes, unsigned int push);
void user_read(struct end *end, u32 bytes);
void user_shutdown(struct end *end);
void user_close(struct end *end);

/* forge.c: a packet @end might fall for */
struct packet *forge(struct world *w, struct end *end, struct input *in);
/* Change a packet's header. */
void forge_mutate(struct packet *p, struct input *in);

#endif
