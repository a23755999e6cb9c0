/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet between two ends: real header bytes, payload by name. */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

#include "eventq.h"

struct end;
struct link;

/* The IP header's two bits of congestion notification (RFC 3168) */
#define ECN_NOT_ECT	0
#define ECN_ECT1	1
#define ECN_ECT0	2
#define ECN_CE		3

/**
 * struct packet - on its way
 * @ev: arrival, where another packet overtakes it
 * @next: behind it, in the queue or in flight
 * @link: that carries it
 * @to: who gets it
 * @at: when it came to the queue, then when it arrives
 * @len: payload bytes
 * @off: of the payload in the sender's stream
 * @hdr_len: bytes in @hdr
 * @pad: bytes behind these that a probe consists of
 * @ecn: ECN_*
 * @corrupt: its payload or header was changed on the way
 * @hdr: as built by the engine
 */
struct packet {
	struct event	ev;
	struct packet	*next;
	struct link	*link;
	struct end	*to;
	u64		at;
	u64		off;
	u32		len;
	u16		hdr_len;
	u16		pad;
	u8		ecn;
	bool		corrupt;
	u8		hdr[];
};

static inline u32 packet_size(const struct packet *p)
{
	return p->hdr_len + p->pad + p->len;
}

#endif
