/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of sysctls. */
#ifndef _FERRY_COMPAT_SYSCTL_H
#define _FERRY_COMPAT_SYSCTL_H

#include <linux/sysctl.h>
#include <net/net_namespace.h>

#ifdef FERRY_HAVE_CTL_TABLE_CONST
typedef const struct ctl_table ferry_ctl_table;
#else
typedef struct ctl_table ferry_ctl_table;
#endif

/* Without a size the table must be followed by an empty entry: always have one. */
#ifndef FERRY_HAVE_NET_SYSCTL_SZ
#define register_net_sysctl_sz(net, path, table, size)	\
	((void)(size), register_net_sysctl(net, path, table))
#endif

#endif /* _FERRY_COMPAT_SYSCTL_H */
