// SPDX-License-Identifier: GPL-2.0-only
/* A dump has a struct genl_info (from 6.6 on) */
#include <net/genetlink.h>

struct nlattr **ferry_probe(struct netlink_callback *cb);
struct nlattr **ferry_probe(struct netlink_callback *cb)
{
	return genl_info_dump(cb)->attrs;
}
