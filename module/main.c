// SPDX-License-Identifier: GPL-2.0-only
/* Load and unload. */
#include <linux/init.h>
#include <linux/module.h>

static int __init ferry_init(void)
{
	return 0;
}

static void __exit ferry_exit(void)
{
}

module_init(ferry_init);
module_exit(ferry_exit);

MODULE_DESCRIPTION("Ferry: a protocol family of its own");
MODULE_LICENSE("GPL");
