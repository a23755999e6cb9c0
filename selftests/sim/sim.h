/* SPDX-License-Identifier: GPL-2.0-only */
/* One simulated world: a clock, a path of two links, and the flows over it. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <setjmp.h>

#include "end.h"
#include "eventq.h"
#include "hist.h"
#include "link.h"
#include "rng.h"
#include "scenario.h"

struct flow {
	struct end	end[2];
	bool		over;
};

/**
 * struct sample - figures at one time, first flow of each class
 * @at: when
 * @received: bytes, by the second end, all flows of the class
 * @cwnd: bytes
 * @in_flight: bytes
 * @rate: pacing, bytes/s
 * @srtt: ns
 * @queued: bytes in the first link's queue
 */
struct sample {
	u64	at;
	u64	received[SCENARIO_CLASSES];
	u32	cwnd[SCENARIO_CLASSES];
	u32	in_flight[SCENARIO_CLASSES];
	u64	rate[SCENARIO_CLASSES];
	u64	srtt[SCENARIO_CLASSES];
	u32	queued;
};

/* Something that happens at a time, to the whole world */
struct world_event {
	struct event	ev;
	struct sim	*sim;
	u32		nr;
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
 * @flows_over: so many have ended
 * @stopped: @sc.duration has passed
 * @rtt: round trips as the ends measured them
 * @samples: @nr_samples of them
 * @inject: next packet of the enemy
 * @injected: times he had a chance so far
 * @carriers: alive
 * @packets: alive
 * @carriers_most: at any time
 * @packets_most: at any time
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
	u32		flows_over;
	bool		stopped;
	struct world_event change[SCENARIO_CHANGES];
	struct world_event shrink;
	struct world_event grow;
	struct world_event stop;
	struct world_event sampler;
	struct sample	*samples;
	u32		nr_samples;
	struct hist	rtt;
	struct event	inject;
	u32		injected;
	u32		carriers;
	u32		packets;
	u32		carriers_most;
	u32		packets_most;
	u64		events_run;
	jmp_buf		failed;
	char		what[512];
};

/**
 * struct sim_result - what came of a run
 * @ok: every oracle held
 * @took: simulated ns
 * @data_took: until the last byte, or until writers were told to stop
 * @events: run
 * @bytes: delivered, both ways, in @data_took
 * @packets: sent
 * @lost: of these
 * @marked: of these
 * @retrans: segments
 * @spurious: of these, as the engine found out
 * @timeouts: of retransmission
 * @mtu_probes: packets of padding
 * @black_holes: found
 * @first_taken: SYNs whose payload the server took, as the client knows
 * @first_refused: or did not take
 * @first_lost: or perhaps never saw
 * @tickets: given by full listeners
 * @sent: payload bytes
 * @sent_again: of these
 * @needless: of these, as the receiver knows
 * @class_bytes: of @bytes, by class, at the second end
 * @jain: fairness index of all flows, 0 to 1
 * @rtt50: median of round trips
 * @rtt99: what 99 % do not exceed
 * @delay50: the same of time in the first link's queue
 * @delay99: likewise
 * @carriers: most at any time
 * @in_network: packets, most at any time
 * @samples: for plots, to be freed; @nr_samples
 * @what: failed
 */
struct sim_result {
	bool	ok;
	u64	took;
	u64	data_took;
	u64	events;
	u64	bytes;
	u64	packets;
	u64	lost;
	u64	marked;
	u64	retrans;
	u64	spurious;
	u64	timeouts;
	u64	mtu_probes;
	u64	black_holes;
	u64	first_taken;
	u64	first_refused;
	u64	first_lost;
	u64	tickets;
	u64	sent;
	u64	sent_again;
	u64	needless;
	u64	class_bytes[SCENARIO_CLASSES];
	double	jain;
	u64	rtt50;
	u64	rtt99;
	u64	delay50;
	u64	delay99;
	u32	carriers;
	u32	in_network;
	struct sample *samples;
	u32	nr_samples;
	char	what[512];
};

void sim_run(const struct scenario *sc, u64 seed, bool trace, struct sim_result *res);

/* An end of this flow has come to another stage of its life. */
void sim_flow_changed(struct sim *sim, u32 id);

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
