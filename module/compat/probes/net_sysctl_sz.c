// SPDX-License-Identifier: GPL-2.0-only
/* A sysctl table is registered with its size, not ended by an empty entry (6.6). */
#include <net/net_namespace.h>

struct ctl_table_header *ferry_probe(struct net *net, struct ctl_table *table);

struct ctl_table_header *ferry_probe(struct net *net, struct ctl_table *table)
{
	return register_net_sysctl_sz(net, "net/probe", table, 1);
}
