/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proto and proto_ops take struct sockaddr_unsized where it exists (from 6.19
 * on) and struct sockaddr before.
 */
#ifndef _FERRY_COMPAT_SOCKADDR_H
#define _FERRY_COMPAT_SOCKADDR_H

#include <linux/socket.h>

#ifdef FERRY_HAVE_SOCKADDR_UNSIZED
typedef struct sockaddr_unsized ferry_sockaddr;
#else
typedef struct sockaddr ferry_sockaddr;
#endif

#endif /* _FERRY_COMPAT_SOCKADDR_H */
