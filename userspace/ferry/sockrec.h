/* SPDX-License-Identifier: GPL-2.0-only */
/* sockrec.h - a socket as a message of the kernel describes it. */
#ifndef FERRY_SOCKREC_H
#define FERRY_SOCKREC_H

#include <stdbool.h>
#include <libmnl/libmnl.h>
#include <linux/ferry.h>

#include "out.h"

/**
 * struct sockrec - valid while the message is
 * @tb: attributes
 * @stream: those of the nest; NULLs where there is none
 * @timer: likewise
 */
struct sockrec {
	const struct nlattr *const *tb;
	const struct nlattr	*stream[FERRY_A_STREAM_MAX + 1];
	const struct nlattr	*timer[FERRY_A_TIMER_MAX + 1];
};

void sockrec_parse(struct sockrec *r, const struct nlattr *const *tb);

/* The members of a JSON object that is open. */
void sockrec_json(const struct sockrec *r, bool processes);

/* Type, state, queues and addresses into a row's first six cells. */
void sockrec_row(const struct sockrec *r, struct row *row);

/* Lines of details, to be freed. */
char *sockrec_details(const struct sockrec *r);

/* LOCAL and REMOTE, to be freed. */
char *sockrec_local(const struct sockrec *r);
char *sockrec_remote(const struct sockrec *r);

#endif
