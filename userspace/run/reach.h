/* SPDX-License-Identifier: GPL-2.0-only */
/* reach.h - which programs a preloaded library cannot reach. */
#ifndef FERRY_RUN_REACH_H
#define FERRY_RUN_REACH_H

/**
 * ferry_run_warn_unreachable - say so if a program will not use Ferry
 * @program: its name or path as for execvp()
 *
 * A program that silently goes on using TCP is the worst way to find out. Says
 * nothing when it does not know.
 */
void ferry_run_warn_unreachable(const char *program);

#endif
