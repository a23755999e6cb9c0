/* SPDX-License-Identifier: GPL-2.0-only */
/* References to fragments got a header of their own in 6.10. */
#ifndef _FERRY_COMPAT_FRAG_H
#define _FERRY_COMPAT_FRAG_H

#include <linux/skbuff.h>

#ifdef FERRY_HAVE_SKBUFF_REF_HEADER
#include <linux/skbuff_ref.h>
#endif

#endif /* _FERRY_COMPAT_FRAG_H */
