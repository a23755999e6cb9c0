// SPDX-License-Identifier: GPL-2.0-only
/* payload.c - seeded random numbers and position-addressed payload. */
#include <string.h>

#include "payload.h"

#define GOLDEN	0x9e3779b97f4a7c15ull

/* The finalizer of splitmix64: a bijection that spreads every input bit. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t ft_rand(struct ft_rng *rng)
{
	rng->state += GOLDEN;
	return mix(rng->state);
}

uint64_t ft_rand_range(struct ft_rng *rng, uint64_t low, uint64_t high)
{
	/* The bias is below 2^-32 for every range a test uses. */
	return low + ft_rand(rng) % (high - low + 1);
}

uint64_t ft_subseed(uint64_t seed, uint64_t n)
{
	return mix(seed ^ mix(n * GOLDEN + 1));
}

static uint64_t word_at(uint64_t seed, uint64_t off)
{
	return mix(seed + (off / 8 + 1) * GOLDEN);
}

/* The bytes from @off to the next multiple of 8, at most @len of them. */
static size_t head(uint64_t seed, uint64_t off, unsigned char out[8], size_t len)
{
	uint64_t w = word_at(seed, off);
	size_t n = 8 - off % 8;

	if (n > len)
		n = len;
	memcpy(out, (unsigned char *)&w + off % 8, n);
	return n;
}

void ft_fill(uint64_t seed, uint64_t off, void *buf, size_t len)
{
	unsigned char *p = buf, tmp[8];
	uint64_t w;
	size_t n;

	while (len) {
		if (off % 8 == 0 && len >= 8) {
			w = word_at(seed, off);
			n = sizeof(w);
			memcpy(p, &w, n);
		} else {
			n = head(seed, off, tmp, len);
			memcpy(p, tmp, n);
		}
		p += n;
		off += n;
		len -= n;
	}
}

ssize_t ft_check(uint64_t seed, uint64_t off, const void *buf, size_t len)
{
	const unsigned char *p = buf;
	unsigned char tmp[8];
	size_t i = 0, n, k;

	while (i < len) {
		n = head(seed, off + i, tmp, len - i);
		if (memcmp(p + i, tmp, n)) {
			for (k = 0; p[i + k] == tmp[k]; k++)
				;
			return i + k;
		}
		i += n;
	}
	return -1;
}
