// SPDX-License-Identifier: GPL-2.0-only
/* struct proto_accept_arg (from 6.10 on) */
#include <net/sock.h>

int ferry_probe(const struct proto_accept_arg *arg);
int ferry_probe(const struct proto_accept_arg *arg)
{
	return arg->flags;
}
