// SPDX-License-Identifier: GPL-2.0-only
/* msg_zerocopy_realloc() is told of device memory: from 6.16 on */
#include <linux/skbuff.h>

struct ubuf_info *ferry_probe(struct sock *sk, struct ubuf_info *uarg);
struct ubuf_info *ferry_probe(struct sock *sk, struct ubuf_info *uarg)
{
	return msg_zerocopy_realloc(sk, 1, uarg, false);
}
