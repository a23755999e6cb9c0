/* SPDX-License-Identifier: GPL-2.0-only */
/* The fuzzer's bytes, taken from the front; zeros once they are used up. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include "platform.h"

struct input {
	const u8	*p;
	size_t		left;
};

static inline u8 in_u8(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static inline u16 in_u16(struct input *in)
{
	u16 hi = in_u8(in);

	return hi << 8 | in_u8(in);
}

static inline u32 in_u32(struct input *in)
{
	u32 hi = in_u16(in);

	return hi << 16 | in_u16(in);
}

/* A size or time: any magnitude in two bytes */
static inline u64 in_log(struct input *in, unsigned int bits)
{
	u8 shift = in_u8(in) % bits;

	return ((u64)in_u8(in) << shift) >> 4;
}

/* Something does not hold: the fuzzer keeps the input. */
#define fuzz_check(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif
