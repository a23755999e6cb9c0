// SPDX-License-Identifier: GPL-2.0-only
/* May the running process bind a port? */
#include <linux/capability.h>
#include <net/ip.h>

#include "net.h"
#include "port/grant.h"
#include "port/port.h"

static bool privileged(const struct ferry_net *fn, u16 port)
{
	return inet_port_requires_bind_service(fn->net, port);
}

int ferry_port_permitted(struct ferry_net *fn, enum ferry_transport t, u16 port)
{
	if (ferry_grant_mine(fn, t, port))
		return 0;
	if (!ferry_grant_reserved(fn, t, port) &&
	    (!privileged(fn, port) || ns_capable(fn->net->user_ns, CAP_NET_BIND_SERVICE)))
		return 0;
	ferry_stat_inc(fn, FERRY_STAT_PORT_REFUSED);
	return -EACCES;
}
