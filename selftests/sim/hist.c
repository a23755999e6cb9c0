// SPDX-License-Identifier: GPL-2.0-only
/* Histograms of times. */
#include "hist.h"

static u32 slot_of(u64 value)
{
	u32 power;

	if (value < HIST_FINE)
		return value;
	power = fls64(value) - 1;
	return (power - 3) * HIST_FINE + ((value >> (power - 4)) & (HIST_FINE - 1));
}

static u64 value_of(u32 slot)
{
	u32 power = slot / HIST_FINE + 3;

	if (slot < HIST_FINE)
		return slot;
	return (u64)(HIST_FINE + slot % HIST_FINE) << (power - 4);
}

void hist_add(struct hist *h, u64 value)
{
	h->count[slot_of(value)]++;
	h->total++;
}

u64 hist_quantile(const struct hist *h, u32 permille)
{
	u64 want = h->total * permille / 1000, seen = 0;
	u32 i;

	for (i = 0; i < HIST_SLOTS; i++) {
		seen += h->count[i];
		if (h->count[i] && seen >= want)
			return value_of(i);
	}
	return 0;
}
