/* SPDX-License-Identifier: GPL-2.0-only */
/* nl.h - speaks to the "ferry" generic netlink family. */
#ifndef FERRY_NL_H
#define FERRY_NL_H

#include <stdbool.h>
#include <stdint.h>
#include <libmnl/libmnl.h>
#include <linux/ferry.h>

/* As much as the kernel puts into one message of a dump */
#define NL_BUFFER	32768

/* Called for each reply's attributes, by type: an array of @max + 1 */
typedef void (*nl_reply_fn)(uint8_t cmd, const struct nlattr **tb, void *arg);

/* Open, or die saying what to do. */
void nl_open(void);

/* Is the family there? Opens as well. */
bool nl_available(void);

/*
 * A request to which attributes can be added with mnl_attr_put_*(); one at a
 * time.
 * @flags: NLM_F_DUMP, NLM_F_ACK or 0
 */
struct nlmsghdr *nl_request(uint8_t cmd, uint16_t flags);

/**
 * nl_talk() - send the request and take all replies
 * @nlh: from nl_request()
 * @max: highest attribute of a reply
 * @reply: called for each; may be NULL
 * @arg: handed to @reply
 *
 * Return: 0 or a negative errno; nl_complaint() says more.
 */
int nl_talk(struct nlmsghdr *nlh, int max, nl_reply_fn reply, void *arg);

/* What the kernel said of the last error, in words for people. */
const char *nl_complaint(int err);

/* nl_talk() that dies of an error. */
void nl_talk_or_die(struct nlmsghdr *nlh, int max, nl_reply_fn reply, void *arg);

/* Join the group of events. */
void nl_subscribe(void);

/* Wait for events; *@lost where the kernel dropped some. Dies of errors. */
void nl_events(nl_reply_fn event, int max, void *arg, bool *lost);

/* Attributes of a nest, by type. @tb has @max + 1 entries. */
void nl_parse_nest(const struct nlattr *nest, const struct nlattr **tb, int max);

/* Unsigned attributes of any width; 0 where there is none */
uint64_t nl_get(const struct nlattr *attr);

#endif
