/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place where the engine meets what it is compiled into: the kernel,
 * or a user-space program (simulator, fuzzer) that uses the same list and
 * rbtree API from the kernel's tools/include.
 *
 * carrier.h is found on the include path and belongs to the host: it says how
 * a struct fsp_seg is linked through whatever carries it (in the kernel an
 * sk_buff's own nodes), so that the engine needs no memory of its own.
 */
#ifndef _FSP_PLATFORM_H
#define _FSP_PLATFORM_H

#ifdef __KERNEL__
#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/rbtree.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include "platform_user.h"
#endif

#define FSP_NSEC_PER_USEC	1000ULL
#define FSP_NSEC_PER_MSEC	1000000ULL
#define FSP_NSEC_PER_SEC	1000000000ULL

/* Sequence numbers wrap: RFC 9293 section 3.4 */
static inline bool fsp_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool fsp_after(u32 a, u32 b)
{
	return fsp_before(b, a);
}

/* a <= x <= b */
static inline bool fsp_between(u32 x, u32 a, u32 b)
{
	return b - a >= x - a;
}

static inline u32 fsp_seq_max(u32 a, u32 b)
{
	return fsp_before(a, b) ? b : a;
}

/* Serial numbers are 16 bits wide and wrap likewise. */
static inline bool fsp_serial_before(u16 a, u16 b)
{
	return (s16)(a - b) < 0;
}

#endif /* _FSP_PLATFORM_H */
