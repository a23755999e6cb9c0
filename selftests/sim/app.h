/* SPDX-License-Identifier: GPL-2.0-only */
/* What the program at one end does. */
#ifndef SIM_APP_H
#define SIM_APP_H

#include "eventq.h"

struct end;

enum app_close {
	APP_CLOSE_LAST,		/* shut down after writing, close at end of file */
	APP_CLOSE_EARLY,	/* close after writing: orphaned while the peer sends */
	APP_CLOSE_ABORT,	/* reset at some time */
};

/**
 * struct app_cfg - chances in parts per million
 * @total: bytes to write; U64_MAX: until app_stop()
 * @chunk: per write
 * @gap: longest pause between writes; 0: none
 * @more: chance that a write says more will follow
 * @push_now: chance that a write says it is the last
 * @answer: writes only after the peer's end of file
 * @read_chunk: per read
 * @read_gap: longest pause between reads; 0: all is read at once
 * @stall_at: after this many bytes reading stops ...
 * @stall: ... this long
 * @close: how it ends
 * @abort_at: when, for APP_CLOSE_ABORT
 * @flip: chance per event that an option changes (quickack, nodelay, cork, ...)
 */
struct app_cfg {
	u64		total;
	u32		chunk;
	u64		gap;
	u32		more;
	u32		push_now;
	bool		answer;
	u32		read_chunk;
	u64		read_gap;
	u64		stall_at;
	u64		stall;
	enum app_close	close;
	u64		abort_at;
	u32		flip;
};

struct app {
	const struct app_cfg *cfg;
	u64		total;
	struct event	write_ev;
	struct event	read_ev;
	struct event	abort_ev;
	u64		written;
	u64		received;	/* delivered by the engine, in order */
	u64		read;		/* of these, by the program */
	bool		shut;		/* no more to write, the engine knows */
	bool		eof;		/* the engine says the peer has closed */
	bool		closed;
	bool		aborted;
	bool		stalled;
	u64		at_stop;	/* received by then */
	u64		done_at;	/* last byte received */
};

void app_init(struct end *end, const struct app_cfg *cfg);
void app_uninit(struct end *end);
/* The connection exists, or is on its way: begin. */
void app_start(struct end *end);
/* Whoever writes without end writes no more. */
void app_stop(struct end *end);
/* Something has changed: write, read, close what can be. */
void app_kick(struct end *end);
#endif
