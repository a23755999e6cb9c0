/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet between two ends: real header bytes, payload by name. */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

#include "eventq.h"

struct end;
struct link;

/**
 * struct packet - on its way
 * @ev: departure from the link's queue, then arrival
 * @link: that carries it
 * @to: who gets it
 * @departed: it has left the queue
 * @len: payload bytes
 * @off: of the payload in the sender's stream
 * @hdr_len: bytes in @hdr
 * @hdr: as built by the engine
 */
struct packet {
	struct event	ev;
	struct link	*link;
	struct end	*to;
	bool		departed;
	u32		len;
	u64		off;
	u32		hdr_len;
	u8		hdr[];
};

static inline u32 packet_size(const struct packet *p)
{
	return p->hdr_len + p->len;
}

#endif
