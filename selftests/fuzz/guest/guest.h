/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs that fuzz a running kernel share. */
#ifndef FUZZ_GUEST_H
#define FUZZ_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AF_FERRY	19
#define PORT_FIRST	7001	/* all of them meet on a few ports */
#define PORTS		6

/* Random numbers, the same for the same seed; each thread has its own. */
extern __thread uint64_t seed;

static inline uint64_t rnd(void)
{
	uint64_t z = (seed += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static inline uint64_t below(uint64_t n)
{
	return n ? rnd() % n : 0;
}

static inline bool one_in(unsigned int n)
{
	return below(n) == 0;
}

/* Any magnitude below 2^bits is as likely as the next */
static inline uint64_t any(unsigned int bits)
{
	return rnd() & (((uint64_t)1 << below(bits + 1)) - 1);
}

static inline uint16_t any_port(void)
{
	return one_in(10) ? any(16) : PORT_FIRST + below(PORTS);
}

static inline void fill(void *p, size_t len)
{
	uint8_t *b = p;

	while (len--)
		*b++ = one_in(3) ? rnd() : 0;
}

#define PICK(array)	((array)[below(sizeof(array) / sizeof((array)[0]))])

/* One round each, in a process of its own; they never return. */
_Noreturn void fuzz_syscalls(bool root);
_Noreturn void fuzz_messages(void);
_Noreturn void fuzz_packets(void);

#endif
