/* SPDX-License-Identifier: GPL-2.0-only */
/* What the program was asked to do. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "sim.h"

/**
 * struct options - of the command line
 * @seed: first one
 * @count: seeds to run
 * @jobs: processes
 * @trace: print every packet
 * @standard: run named scenarios instead
 * @table: print their figures only
 * @name: of the only one to run, or NULL
 * @cc: congestion control, NULL for the default or "all"
 * @other: of the opponent, or NULL for each
 * @series: file for what can be plotted, or NULL
 */
struct options {
	u64	seed;
	u64	count;
	u32	jobs;
	bool	trace;
	bool	standard;
	bool	table;
	const char *name;
	const char *cc;
	const char *other;
	const char *series;
};

/* What to say on the command line to run again what is running now */
extern char current_run[64];

/* Named scenarios: returns the program's status. */
int report_standard(const struct options *o);

#endif
