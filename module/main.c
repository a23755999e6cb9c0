// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load and unload: one step per part, undone in exact reverse.
 *
 * Namespaces come first, so that no packet and no system call can meet one
 * without its tables; hence they go last, when every room's uninit() has run.
 * A room's net_uninit() therefore must not need what its uninit() took away.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "dgram/dgram.h"
#include "family.h"
#include "frag.h"
#include "ip/ip.h"
#include "net.h"
#include "netlink/netlink.h"
#include "stream/stream.h"

struct part {
	const char	*name;
	int		(*init)(void);
	void		(*uninit)(void);
};

static const struct part parts[] = {
	{ "namespaces", ferry_net_init, ferry_net_uninit },
	{ "pages", ferry_frag_init, ferry_frag_uninit },
	{ "ip", ferry_ip_init, ferry_ip_uninit },
	{ "stream", ferry_stream_init, ferry_stream_uninit },
	{ "dgram", ferry_dgram_init, ferry_dgram_uninit },
	{ "family", ferry_family_init, ferry_family_uninit },
	{ "netlink", ferry_netlink_init, ferry_netlink_uninit },
};

static void unwind(unsigned int done)
{
	while (done--)
		parts[done].uninit();
	/* Entries freed by call_rcu() run code and use caches of this module. */
	rcu_barrier();
}

static int __init ferry_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		err = parts[i].init();
		if (err) {
			pr_err("ferry: cannot start %s: %d\n", parts[i].name, err);
			unwind(i);
			return err;
		}
	}
	return 0;
}

static void __exit ferry_exit(void)
{
	unwind(ARRAY_SIZE(parts));
}

module_init(ferry_init);
module_exit(ferry_exit);

MODULE_DESCRIPTION("Ferry: reliable streams and datagrams as a protocol family of their own");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
