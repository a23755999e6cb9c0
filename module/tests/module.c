// SPDX-License-Identifier: GPL-2.0-only
/* ferry_kunit.ko: the suites run when it is loaded. */
#include <linux/module.h>

MODULE_DESCRIPTION("Ferry: KUnit suites of the engine and the port tables");
MODULE_LICENSE("GPL");
