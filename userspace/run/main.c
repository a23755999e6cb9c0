// SPDX-License-Identifier: GPL-2.0-only
/* main.c - ferry-run: the launcher by itself, for hosts without the tool. */
#include "launch.h"

int main(int argc, char **argv)
{
	return ferry_run_main(argc, argv);
}
