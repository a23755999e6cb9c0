// SPDX-License-Identifier: GPL-2.0-only
/* FDP headers: what is read is what was written. */
#include "fdp.h"
#include "input.h"
#include "wire.h"

static void check_again(const u8 *p, const struct fdp_header *h)
{
	struct fdp_header again;
	u8 hdr[FDP_HDR];

	fdp_build(hdr, h);
	fuzz_check(!memcmp(hdr, p, 6));
	fuzz_check(!memcmp(hdr + 8, p + 8, 2));
	fuzz_check(fdp_parse(hdr, h->length, &again));
	fuzz_check(again.unsummed && again.flags == h->flags);
	fuzz_check(again.sport == h->sport && again.dport == h->dport);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fdp_header h;
	unsigned int len;
	u8 *p;

	if (size < 2)
		return 0;
	/* The length IP carried; of the bytes only a header's need be there. */
	len = fsp_get16(data);
	size = min_t(size_t, size - 2, min_t(unsigned int, len, FDP_HDR));
	if (size < min_t(unsigned int, len, FDP_HDR))
		len = size;
	p = malloc(size);
	if (!p && size)
		abort();
	memcpy(p, data + 2, size);
	if (fdp_parse(p, len, &h)) {
		fuzz_check(len >= FDP_HDR && h.length == len);
		fuzz_check(!(h.flags & FDP_FLAGS_CRITICAL & ~FDP_FLAGS_KNOWN));
		check_again(p, &h);
	}
	free(p);
	return 0;
}
