/* SPDX-License-Identifier: GPL-2.0-only */
/* A protocol's memory accounting got a header of its own in 6.10. */
#ifndef _FERRY_COMPAT_MEMORY_H
#define _FERRY_COMPAT_MEMORY_H

#ifdef FERRY_HAVE_PROTO_MEMORY_HEADER
#include <net/proto_memory.h>
#else
#include <net/sock.h>
#endif

#endif /* _FERRY_COMPAT_MEMORY_H */
