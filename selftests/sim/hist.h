/* SPDX-License-Identifier: GPL-2.0-only */
/* How often which times were seen, to within 6 %, from 1 ns on. */
#ifndef SIM_HIST_H
#define SIM_HIST_H

#include "platform.h"

#define HIST_FINE	16	/* steps per power of two */
#define HIST_SLOTS	(64 * HIST_FINE)

struct hist {
	u64	total;
	u32	count[HIST_SLOTS];
};

void hist_add(struct hist *h, u64 value);
/* What @permille of all values do not exceed. */
u64 hist_quantile(const struct hist *h, u32 permille);

#endif
