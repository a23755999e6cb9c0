/* SPDX-License-Identifier: GPL-2.0-only */
/* launch.h - "ferry run", for the tool to call. */
#ifndef FERRY_RUN_LAUNCH_H
#define FERRY_RUN_LAUNCH_H

/**
 * ferry_run_main - run a program with its TCP and UDP sockets made Ferry's
 * @argc: number of arguments
 * @argv: "run", options, the program and its arguments
 *
 * Does not return when the program was started.
 *
 * Return: an exit status: 2 for wrong usage, 127 for a program that is not
 * found, 126 for one that cannot be run, 125 for anything else, 0 for help.
 */
int ferry_run_main(int argc, char **argv);

#endif
