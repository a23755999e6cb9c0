// SPDX-License-Identifier: GPL-2.0-only
/* sysctl handlers take a const struct ctl_table (from 6.11 on). */
#include <linux/sysctl.h>

static int probe_handler(const struct ctl_table *table, int write, void *buffer,
			 size_t *len, loff_t *pos)
{
	return 0;
}

const struct ctl_table ferry_probe = { .proc_handler = probe_handler };
