// SPDX-License-Identifier: GPL-2.0-only
/* FDP headers: reading and writing. */
#include "fdp.h"
#include "wire.h"

bool fdp_parse(const u8 *p, unsigned int len, struct fdp_header *h)
{
	if (len < FDP_HDR)
		return false;
	h->sport = fsp_get16(p);
	h->dport = fsp_get16(p + 2);
	h->length = fsp_get16(p + 4);
	h->flags = fsp_get16(p + 8);
	h->unsummed = !fsp_get16(p + FDP_CHECK_OFFSET);
	return h->length == len &&
	       !(h->flags & FDP_FLAGS_CRITICAL & ~FDP_FLAGS_KNOWN);
}

void fdp_build(u8 *p, const struct fdp_header *h)
{
	fsp_put16(p, h->sport);
	fsp_put16(p + 2, h->dport);
	fsp_put16(p + 4, h->length);
	fsp_put16(p + 6, 0);
	fsp_put16(p + 8, h->flags);
	fsp_put16(p + FDP_CHECK_OFFSET, 0);
}

void fdp_set_length(u8 *p, u16 length)
{
	fsp_put16(p + 4, length);
}
