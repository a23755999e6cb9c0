/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * payload.h - seeded random numbers and payload that can be checked at any
 * offset without keeping a copy: the byte at an offset is a function of the
 * seed and the offset alone.
 */
#ifndef FT_PAYLOAD_H
#define FT_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ft_rng {
	uint64_t state;
};

uint64_t ft_rand(struct ft_rng *rng);
/* Uniform in [low, high]. */
uint64_t ft_rand_range(struct ft_rng *rng, uint64_t low, uint64_t high);

/* A seed of its own for the n-th thing made from one seed. */
uint64_t ft_subseed(uint64_t seed, uint64_t n);

/* Write bytes [off, off + len) of the stream that belongs to @seed. */
void ft_fill(uint64_t seed, uint64_t off, void *buf, size_t len);
/* The index of the first wrong byte of the same, or -1. */
ssize_t ft_check(uint64_t seed, uint64_t off, const void *buf, size_t len);

#endif
