// SPDX-License-Identifier: GPL-2.0-only
/* Rate limits per namespace: answers an attacker could ask for at will. */
#include "stream/internal.h"

void ferry_bucket_init(struct ferry_bucket *b)
{
	spin_lock_init(&b->lock);
	b->since = 0;
	b->spent = 0;
}

bool ferry_bucket_take(struct ferry_bucket *b, int limit)
{
	u64 now = ferry_stream_now();
	bool ok;

	spin_lock_bh(&b->lock);
	if (now - b->since >= NSEC_PER_SEC) {
		b->since = now;
		b->spent = 0;
	}
	ok = b->spent < limit;
	if (ok)
		b->spent++;
	spin_unlock_bh(&b->lock);
	return ok;
}
