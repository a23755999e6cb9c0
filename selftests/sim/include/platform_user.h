/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the engine needs of the kernel, for user space: the kernel's own list
 * and rbtree from tools/include of a kernel source tree, and the few things
 * that folder lacks.
 *
 * min() and max() refuse operands of different types, as the oldest kernel we
 * build for does. A WARN_ON_ONCE() ends the program: a test must not pass by.
 */
#ifndef _PLATFORM_USER_H
#define _PLATFORM_USER_H

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/rbtree.h>

#ifndef BIT
#define BIT(n)			(1UL << (n))
#endif
#ifndef BIT_ULL
#define BIT_ULL(n)		(1ULL << (n))
#endif

#undef min_t
#undef max_t
#undef clamp
#define min_t(type, x, y)	min((type)(x), (type)(y))
#define max_t(type, x, y)	max((type)(x), (type)(y))
#define clamp(v, lo, hi)	min(max(v, lo), hi)
#define clamp_t(type, v, lo, hi) min_t(type, max_t(type, v, lo), hi)
#define min3(x, y, z)		min((typeof(x))min(x, y), z)
#define max3(x, y, z)		max((typeof(x))max(x, y), z)
#define swap(a, b) \
	do { typeof(a) __swap = (a); (a) = (b); (b) = __swap; } while (0)

#ifndef U8_MAX
#define U8_MAX			((u8)~0U)
#define U16_MAX			((u16)~0U)
#define U32_MAX			((u32)~0U)
#define S32_MAX			((s32)(U32_MAX >> 1))
#define U64_MAX			((u64)~0ULL)
#endif

#ifndef DIV_ROUND_UP
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#endif
#ifndef fallthrough
#define fallthrough		__attribute__((__fallthrough__))
#endif
#ifndef __maybe_unused
#define __maybe_unused		__attribute__((__unused__))
#endif

#define FERRY_USER_WARN(cond, what) ({						\
	bool __warn = !!(cond);							\
										\
	if (__warn) {								\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, what);	\
		abort();							\
	}									\
	__warn;									\
})

#undef WARN_ON
#undef WARN_ON_ONCE
#undef WARN_ONCE
#define WARN_ON(cond)		FERRY_USER_WARN(cond, #cond)
#define WARN_ON_ONCE(cond)	FERRY_USER_WARN(cond, #cond)
#define WARN_ONCE(cond, ...)	FERRY_USER_WARN(cond, #cond)

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

static inline s64 div64_s64(s64 a, s64 b)
{
	return a / b;
}

static inline s64 div_s64(s64 a, s32 b)
{
	return a / b;
}

static inline u64 div_u64_rem(u64 a, u32 b, u32 *rem)
{
	*rem = a % b;
	return a / b;
}

static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c)
{
	return (unsigned __int128)a * b / c;
}

#define do_div(n, base) ({			\
	u32 __rem = (n) % (u32)(base);		\
						\
	(n) /= (u32)(base);			\
	__rem;					\
})

static inline int ferry_fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}
#define fls64(x)	ferry_fls64(x)
#define fls(x)		ferry_fls64((u32)(x))
#define ilog2(x)	(ferry_fls64(x) - 1)

static inline unsigned long int_sqrt(unsigned long x)
{
	unsigned long r = 0, bit = 1UL << (sizeof(x) * 8 - 2);

	for (; bit; bit >>= 2) {
		if (x >= r + bit) {
			x -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}

static inline __be16 ferry_htons(u16 v)
{
	return (__be16)__builtin_bswap16(v);
}

static inline __be32 ferry_htonl(u32 v)
{
	return (__be32)__builtin_bswap32(v);
}

#ifndef htons
#if __BYTE_ORDER == __BIG_ENDIAN
#define htons(v)	((__be16)(v))
#define htonl(v)	((__be32)(v))
#else
#define htons(v)	ferry_htons(v)
#define htonl(v)	ferry_htonl(v)
#endif
#define ntohs(v)	htons(v)
#define ntohl(v)	htonl(v)
#endif

#endif /* _PLATFORM_USER_H */
