/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run consists of. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "end.h"
#include "link.h"

#define SCENARIO_FLOWS	4

/**
 * struct scenario - a run
 * @name: of a standard one, or "random"
 * @nr_flows: that share the links
 * @simultaneous: both ends connect
 * @may_fail: an end aborts or closes early, or the path never comes back: errors
 *	are no failure, but what is delivered must still be right
 * @inject: pause between packets of an enemy; 0: none
 * @shrink_at: path MTU becomes @shrink_to; 0: never
 * @limit: simulated time in which all must be over
 * @link: both directions
 * @end: per flow, both ends
 * @app: their programs
 */
struct scenario {
	const char	*name;
	u32		nr_flows;
	bool		simultaneous;
	bool		may_fail;
	u64		inject;
	u64		shrink_at;
	u32		shrink_to;
	u64		limit;
	struct link_cfg	link[2];
	struct end_cfg	end[SCENARIO_FLOWS][2];
	struct app_cfg	app[SCENARIO_FLOWS][2];
};

/* A random one: the same for the same seed. */
void scenario_random(struct scenario *sc, u64 seed);
/* The i-th standard one, or false. */
bool scenario_standard(struct scenario *sc, unsigned int i);

#endif
