/* SPDX-License-Identifier: GPL-2.0-only */
/* proc.h - which processes have a socket open. */
#ifndef FERRY_PROC_H
#define FERRY_PROC_H

#include <stdint.h>

/* "name(pid,fd) ..." of those we may look at; to be freed. */
char *proc_text(uint64_t inode);

/* The same as an array. */
void proc_json(const char *key, uint64_t inode);

#endif
