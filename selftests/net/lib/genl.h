/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * genl.h - raw messages to the "ferry" generic netlink family, well formed or
 * not, and what the kernel said of them.
 */
#ifndef FT_GENL_H
#define FT_GENL_H

#include <stdbool.h>
#include <stdint.h>
#include <libmnl/libmnl.h>
#include <linux/ferry.h>

/**
 * struct genl_answer - of one request
 * @err: 0 or a negative errno
 * @text: of the extended acknowledgment, "" where there is none
 * @offset: of the attribute it points to; 0 for none
 * @missing: type of the attribute it misses; 0 for none
 * @late: it came with the end of a dump: kernels before 6.8 then know no offset
 * @replies: messages of the family that came
 */
struct genl_answer {
	int	err;
	char	text[128];
	int	offset;
	int	missing;
	bool	late;
	int	replies;
};

typedef void (*genl_reply_fn)(const struct nlmsghdr *nlh, void *arg);

/* Open a socket in this process's namespace and find the family. */
void genl_open(void);
int genl_fd(void);
uint32_t genl_event_group(void);

/* A request in a buffer of its own, one at a time. */
struct nlmsghdr *genl_request(uint8_t cmd, uint16_t flags);

/* Send it and take everything until the acknowledgment or the end of the dump. */
struct genl_answer genl_talk(struct nlmsghdr *nlh, genl_reply_fn reply, void *arg);

/* The same for any bytes, @len of them. */
struct genl_answer genl_send(const void *buf, uint32_t len);

/* One of "ferry stat"'s counters, by name; ends the test where there is none. */
long long genl_counter(const char *name);

/* The attribute @type of a reply, or NULL */
const struct nlattr *genl_attr(const struct nlmsghdr *nlh, int type);

#endif
