// SPDX-License-Identifier: GPL-2.0-only
/* run.c - "ferry run": hands over to the launcher of the preload library. */
#include "launch.h"
#include "tool.h"

int object_run(int argc, char **argv)
{
	/* It expects its own name before its words, as main() does. */
	return ferry_run_main(argc + 1, argv - 1);
}
