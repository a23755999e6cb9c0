/* SPDX-License-Identifier: GPL-2.0-only */
/* filter.h - which sockets a command is about. */
#ifndef FERRY_FILTER_H
#define FERRY_FILTER_H

#include <stdbool.h>
#include <libmnl/libmnl.h>

#include "names.h"

/**
 * struct filter - what the words on the command line ask for
 * @given: anything but "all" and the options of the tool
 * @types: bits, 0 for all
 * @states: bits, 0 for all
 * @src: local end
 * @dst: remote end
 * @device: interface, 0 for any
 * @has_uid: @uid counts
 * @uid: owner
 * @inode: of the file, 0 for any
 * @cookie: 0 for any
 */
struct filter {
	bool		given;
	uint32_t	types;
	uint32_t	states;
	struct network	src;
	struct network	dst;
	uint32_t	device;
	bool		has_uid;
	uint32_t	uid;
	uint64_t	inode;
	uint64_t	cookie;
};

void filter_init(struct filter *f);

/* Takes one or two words. Returns how many, 0 where argv[0] is none of ours. */
int filter_word(struct filter *f, char **argv);

/* Adds the attribute to a request. */
void filter_put(const struct filter *f, struct nlmsghdr *nlh);

#endif
