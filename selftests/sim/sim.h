/* SPDX-License-Identifier: GPL-2.0-only */
/* One simulated world: a clock, a path of two links, and the flows over it. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <setjmp.h>

#include "end.h"
#include "eventq.h"
#include "link.h"
#include "rng.h"
#include "scenario.h"

struct flow {
	struct end end[2];
};

/**
 * struct sim - a run of one scenario
 * @q: clock and events
 * @rng: everything random in this run
 * @seed: that it began with
 * @trace: print every packet and event
 * @sc: what is being run
 * @link: [0] carries what end 0 sends
 * @flows: @sc.nr_flows of them
 * @inject: next packet of the enemy
 * @injected: packets of his so far
 * @carriers: alive
 * @packets: alive
 * @events_run: so far
 * @failed: where a failed oracle leads
 * @what: it said
 */
struct sim {
	struct eventq	q;
	u64		rng;
	u64		seed;
	bool		trace;
	struct scenario	sc;
	struct link	link[2];
	struct flow	*flows;
	struct event	inject;
	u32		injected;
	u32		carriers;
	u32		packets;
	u64		events_run;
	jmp_buf		failed;
	char		what[512];
};

/* A run's result. */
struct sim_result {
	bool	ok;
	u64	took;		/* simulated ns */
	u64	data_took;	/* until the last byte */
	u64	events;
	u64	bytes;		/* delivered, both ways */
	u64	packets;
	u64	lost;
	u64	retrans;
	u64	spurious;
	u64	timeouts;
	char	what[512];
};

void sim_run(const struct scenario *sc, u64 seed, bool trace, struct sim_result *res);

/* An oracle does not hold: ends the run. */
void sim_fail(struct sim *sim, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

#define sim_check(sim, cond, fmt, ...) \
	do { \
		if (!(cond)) \
			sim_fail(sim, "%s: " fmt, #cond, ##__VA_ARGS__); \
	} while (0)

struct packet *packet_new(struct sim *sim, struct end *to, const struct fsp_tx *tx, u64 off);
struct packet *packet_dup(struct sim *sim, const struct packet *p);
void packet_free(struct sim *sim, struct packet *p);

struct carrier *carrier_new(struct sim *sim, u64 off, u32 bytes);
void carrier_free(struct sim *sim, struct carrier *car);

/* trace.c */
void trace_packet(struct sim *sim, const struct packet *p, const char *lost);
void trace_rx(struct end *end, const struct fsp_rx *rx, int verdict);
void trace_note(struct end *end, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* inject.c */
void inject_start(struct sim *sim);

#endif
