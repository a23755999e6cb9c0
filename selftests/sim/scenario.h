/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run consists of. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "end.h"
#include "link.h"

#define SCENARIO_CLASSES	8
#define SCENARIO_CHANGES	4

struct sim;

/**
 * struct flow_cfg - what the flows of a class have in common
 * @end: both ends
 * @app: their programs
 * @delay: on the way to and from the links they share
 */
struct flow_cfg {
	struct end_cfg	end[2];
	struct app_cfg	app[2];
	u64		delay;
};

/**
 * struct scenario_change - the path becomes another
 * @at: when; 0: never
 * @cfg: what then is, both directions
 */
struct scenario_change {
	u64		at;
	struct link_cfg	cfg[2];
};

/**
 * struct scenario - a run
 * @name: of a standard one, or "random"
 * @nr_flows: that share the links
 * @nr_classes: flow i is of class i modulo this
 * @simultaneous: both ends connect
 * @may_fail: an end aborts or closes early, or the path never comes back: errors
 *	are no failure, but what is delivered must still be right
 * @inject: pause between packets of an enemy; 0: none
 * @shrink_at: path MTU becomes @shrink_to; 0: never
 * @black_hole: nobody says so
 * @grow_at: it is again what it was; 0: never
 * @seed: of a standard one; 0: 1
 * @start: flows begin at any time until then
 * @stagger: pause between the beginnings of flows
 * @duration: writers that have no end stop here, and figures are taken
 * @limit: simulated time in which all must be over
 * @sample: how often the figures that are plotted are taken; 0: never
 * @events: so many at most; 0: as many as a random scenario may need
 * @link: both directions
 * @change: of them, in order of time
 * @flow: by class
 * @check: what this scenario is there to show: NULL, or what is wrong
 */
struct scenario {
	const char	*name;
	u32		nr_flows;
	u32		nr_classes;
	bool		simultaneous;
	bool		may_fail;
	u64		inject;
	u64		shrink_at;
	u32		shrink_to;
	bool		black_hole;
	u64		grow_at;
	u64		seed;
	u64		start;
	u64		stagger;
	u64		duration;
	u64		limit;
	u64		sample;
	u64		events;
	struct link_cfg	link[2];
	struct scenario_change change[SCENARIO_CHANGES];
	struct flow_cfg	flow[SCENARIO_CLASSES];
	const char	*(*check)(const struct sim *sim);
};

/* A random one: the same for the same seed. */
void scenario_random(struct scenario *sc, u64 seed);
/*
 * The i-th standard one, or false. @cc: congestion control of all; of the two
 * sides where two are compared.
 */
bool scenario_standard(struct scenario *sc, unsigned int i,
		       const struct fsp_cc_ops *cc, const struct fsp_cc_ops *other);
/* Is it one that compares two? */
bool scenario_versus(const struct scenario *sc);

#endif
