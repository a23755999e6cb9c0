/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers that are the same on every machine for the same seed. */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include "platform.h"

#define PPM	1000000u

/* One step of splitmix64. */
static inline u64 rng_next(u64 *state)
{
	u64 z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* 0 to n - 1 */
static inline u64 rng_below(u64 *state, u64 n)
{
	return n ? rng_next(state) % n : 0;
}

/* lo to hi, both included */
static inline u64 rng_range(u64 *state, u64 lo, u64 hi)
{
	return lo + rng_below(state, hi - lo + 1);
}

/* lo to hi, each power of two as likely as the next */
static inline u64 rng_log(u64 *state, u64 lo, u64 hi)
{
	unsigned int bits = ferry_fls64(hi / lo);
	u64 top = lo << rng_below(state, bits);

	return min(hi, rng_range(state, top, top * 2 - 1));
}

static inline bool rng_chance(u64 *state, u32 ppm)
{
	return ppm && rng_below(state, PPM) < ppm;
}

static inline bool rng_one_in(u64 *state, u32 n)
{
	return rng_below(state, n) == 0;
}

#endif
