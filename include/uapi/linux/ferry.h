/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Ferry: what a program needs to open and steer Ferry sockets.
 *
 * A socket is made with socket(AF_FERRY, type, protocol). Addresses are plain
 * struct sockaddr_in and struct sockaddr_in6 with sin_family AF_INET and
 * AF_INET6, so what getaddrinfo() returns can be passed on unchanged.
 */
#ifndef _UAPI_LINUX_FERRY_H
#define _UAPI_LINUX_FERRY_H

#include <linux/types.h>

/* Attributes and commands of the generic netlink family, for who speaks it */
#include "ferry_netlink.h"

/* A number retired by Econet: a module cannot be given a new one. */
#define AF_FERRY		19
#define PF_FERRY		AF_FERRY

/* The third argument of socket(AF_FERRY, ...) */
#define FERRY_PROTO_V4		0	/* IPv4 only */
#define FERRY_PROTO_V6		1	/* IPv6, and IPv4 as v4-mapped unless IPV6_V6ONLY */

/* IP protocol numbers: RFC 3692 experiments; module parameters change them. */
#define FERRY_IPPROTO_FSP	253	/* SOCK_STREAM: Ferry Stream Protocol */
#define FERRY_IPPROTO_FDP	254	/* SOCK_DGRAM: Ferry Datagram Protocol */

/* Where both run inside UDP */
#define FERRY_UDP_PORT		6253

/*
 * Option level of Ferry's own options. SOL_TCP options on a stream and SOL_UDP
 * options on a datagram socket keep their meaning, numbers and structures.
 */
#define SOL_FERRY		300

/*
 * SOL_FERRY options: name, type, direction.
 *
 * FERRY_ZEROCOPY	int, set and get: allow MSG_ZEROCOPY on a stream, as SO_ZEROCOPY
 *			does; that is refused by kernels before 6.7.
 * FERRY_VERSION	__u32, get: version of this interface, FERRY_API_VERSION.
 * FERRY_UDP_ENCAP	int, set and get: go inside UDP. Of a stream to be set before
 *			connect(); of a connected one it tells how it goes. Without
 *			it answers still go inside UDP to who came inside UDP.
 * FERRY_UDP_PEER_PORT	int, set and get: the peer's UDP port, where it is not
 *			net.ferry.udp_port. Of a connected stream it tells the one in
 *			use, which is 0 where it does not go inside UDP.
 */
#define FERRY_ZEROCOPY		1
#define FERRY_VERSION		2
#define FERRY_UDP_ENCAP		3
#define FERRY_UDP_PEER_PORT	4

#define FERRY_API_VERSION	1

#endif /* _UAPI_LINUX_FERRY_H */
