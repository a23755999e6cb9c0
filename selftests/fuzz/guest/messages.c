// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to the ferry netlink family: well formed by the policies the kernel
 * itself tells, and then changed here and there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

#define POLICIES	64
#define ATTRS		64
#define CMDS		64
#define MSG		2048
#define DEPTH		4

struct attr_policy {
	uint32_t	type;
	uint32_t	max_len;
	uint32_t	nested;
};

static struct attr_policy policy[POLICIES][ATTRS];
static uint32_t cmd_policy[CMDS][2];	/* do, dump */
static unsigned int ncmds;
static uint8_t cmds[CMDS];
static uint16_t family;
static uint32_t group;
static int sock = -1;

static struct {
	struct nlmsghdr		nlh;
	struct genlmsghdr	genl;
	uint8_t			attrs[MSG];
} msg;
static size_t used;

static struct nlattr *put(uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (void *)(msg.attrs + used);

	if (used + NLA_HDRLEN + NLA_ALIGN(len) > MSG)
		return NULL;
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((uint8_t *)a + NLA_HDRLEN, data, len);
	used += NLA_HDRLEN + NLA_ALIGN(len);
	return a;
}

static void begin(uint16_t type, uint16_t flags, uint8_t cmd)
{
	memset(&msg, 0, sizeof(msg));
	msg.nlh.nlmsg_type = type;
	msg.nlh.nlmsg_flags = NLM_F_REQUEST | flags;
	msg.genl.cmd = cmd;
	msg.genl.version = 1;
	used = 0;
}

static bool send_msg(void)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	size_t len = NLMSG_LENGTH(GENL_HDRLEN) + used;

	msg.nlh.nlmsg_len = one_in(60) ? any(16) : len;
	return sendto(sock, &msg, len, MSG_DONTWAIT, (void *)&to, sizeof(to)) > 0;
}

/* ---- what the kernel says of itself ---- */

#define for_each_attr(a, start, bytes)						\
	for (a = (void *)(start);						\
	     (uint8_t *)a + NLA_HDRLEN <= (uint8_t *)(start) + (bytes) &&	\
	     a->nla_len >= NLA_HDRLEN &&					\
	     (uint8_t *)a + a->nla_len <= (uint8_t *)(start) + (bytes);		\
	     a = (void *)((uint8_t *)a + NLA_ALIGN(a->nla_len)))

#define INSIDE(a)	((uint8_t *)(a) + NLA_HDRLEN)
#define INSIDE_LEN(a)	((size_t)(a)->nla_len - NLA_HDRLEN)
#define TYPE(a)		((a)->nla_type & NLA_TYPE_MASK)
#define U32(a)		(*(uint32_t *)INSIDE(a))

static void take_attr_policy(struct attr_policy *p, struct nlattr *in)
{
	struct nlattr *a;

	for_each_attr(a, INSIDE(in), INSIDE_LEN(in)) {
		if (TYPE(a) == NL_POLICY_TYPE_ATTR_TYPE)
			p->type = U32(a);
		else if (TYPE(a) == NL_POLICY_TYPE_ATTR_MAX_LENGTH)
			p->max_len = U32(a);
		else if (TYPE(a) == NL_POLICY_TYPE_ATTR_POLICY_IDX)
			p->nested = U32(a);
	}
}

static void take_policy(struct nlattr *in)
{
	struct nlattr *idx, *attr;

	for_each_attr(idx, INSIDE(in), INSIDE_LEN(in))
		for_each_attr(attr, INSIDE(idx), INSIDE_LEN(idx))
			if (TYPE(idx) < POLICIES && TYPE(attr) < ATTRS)
				take_attr_policy(&policy[TYPE(idx)][TYPE(attr)], attr);
}

static void take_ops(struct nlattr *in)
{
	struct nlattr *op, *a;

	for_each_attr(op, INSIDE(in), INSIDE_LEN(in)) {
		if (TYPE(op) >= CMDS)
			continue;
		if (ncmds < CMDS)
			cmds[ncmds++] = TYPE(op);
		for_each_attr(a, INSIDE(op), INSIDE_LEN(op))
			if (TYPE(a) == CTRL_ATTR_POLICY_DO ||
			    TYPE(a) == CTRL_ATTR_POLICY_DUMP)
				cmd_policy[TYPE(op)][TYPE(a) == CTRL_ATTR_POLICY_DUMP] = U32(a);
	}
}

static void take_group(struct nlattr *groups)
{
	struct nlattr *g, *a;

	for_each_attr(g, INSIDE(groups), INSIDE_LEN(groups))
		for_each_attr(a, INSIDE(g), INSIDE_LEN(g))
			if (TYPE(a) == CTRL_ATTR_MCAST_GRP_ID)
				group = U32(a);
}

/* Return: whether more is to come. */
static bool take_reply(void)
{
	static uint8_t buf[65536];
	ssize_t left = recv(sock, buf, sizeof(buf), 0);
	struct nlmsghdr *nlh = (void *)buf;
	struct nlattr *a;

	for (; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
		if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR)
			return false;
		for_each_attr(a, (uint8_t *)NLMSG_DATA(nlh) + GENL_HDRLEN,
			      nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN)) {
			if (TYPE(a) == CTRL_ATTR_FAMILY_ID)
				family = *(uint16_t *)INSIDE(a);
			else if (TYPE(a) == CTRL_ATTR_MCAST_GROUPS)
				take_group(a);
			else if (TYPE(a) == CTRL_ATTR_POLICY)
				take_policy(a);
			else if (TYPE(a) == CTRL_ATTR_OP_POLICY)
				take_ops(a);
		}
	}
	return left >= 0;
}

static void ask(uint8_t cmd, uint16_t flags)
{
	begin(GENL_ID_CTRL, flags, cmd);
	put(CTRL_ATTR_FAMILY_NAME, "ferry", 6);
	if (send_msg())
		while (take_reply())
			;
}

/* ---- what is said to it ---- */

static void any_attrs(uint32_t p, int depth);

static void any_attr(uint32_t p, uint16_t type, int depth)
{
	const struct attr_policy *ap = &policy[p % POLICIES][type % ATTRS];
	struct nlattr *nest;
	uint64_t value = any(one_in(4) ? 64 : 16);
	uint8_t bytes[128];

	fill(bytes, sizeof(bytes));
	switch (ap->type) {
	case NL_ATTR_TYPE_FLAG:
		put(type, NULL, 0);
		break;
	case NL_ATTR_TYPE_U8:
		put(type, &value, 1);
		break;
	case NL_ATTR_TYPE_U16:
		value = one_in(2) ? any_port() : value;
		put(type, &value, 2);
		break;
	case NL_ATTR_TYPE_U32:
		put(type, &value, 4);
		break;
	case NL_ATTR_TYPE_U64:
		put(type, &value, 8);
		break;
	case NL_ATTR_TYPE_NESTED:
	case NL_ATTR_TYPE_NESTED_ARRAY:
		nest = put(type | (one_in(8) ? 0 : NLA_F_NESTED), NULL, 0);
		if (nest && depth < DEPTH) {
			any_attrs(ap->nested, depth + 1);
			nest->nla_len = msg.attrs + used - (uint8_t *)nest;
		}
		break;
	default:
		put(type, bytes, one_in(3) ? any(7) : 4u << below(3));
		break;
	}
}

static void any_attrs(uint32_t p, int depth)
{
	unsigned int n = below(5);

	while (n--)
		any_attr(one_in(20) ? any(6) : p, one_in(20) ? any(6) : 1 + below(20), depth);
}

static void mutate(void)
{
	while (used && one_in(3))
		msg.attrs[below(used)] = rnd();
	if (one_in(10))
		msg.nlh.nlmsg_flags ^= any(16);
	if (one_in(20))
		msg.genl.version = rnd();
	if (one_in(10))
		used = below(used + 1);
}

static void one_message(void)
{
	uint8_t cmd = ncmds && !one_in(12) ? cmds[below(ncmds)] : any(8);
	bool dump = one_in(3);

	begin(family, dump ? NLM_F_DUMP : one_in(2) ? NLM_F_ACK : 0, cmd);
	any_attrs(cmd_policy[cmd % CMDS][dump], 0);
	if (one_in(3))
		mutate();
	send_msg();
}

/* A dump that nobody reads stays open; a reader may be slow, or leave. */
static void read_some(void)
{
	uint8_t buf[8192];
	int n = below(8);

	while (n-- && recv(sock, buf, one_in(8) ? any(10) : sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

static void reopen(void)
{
	struct timeval tv = { 0, 200000 };

	if (sock >= 0)
		close(sock);
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (group && one_in(2))
		setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
	if (one_in(2)) {
		int one = 1;

		setsockopt(sock, SOL_NETLINK, one_in(2) ? NETLINK_GET_STRICT_CHK :
			   NETLINK_EXT_ACK, &one, sizeof(one));
	}
}

void fuzz_messages(void)
{
	unsigned int n;

	/* Under faults the answer may fail to come; without it all is luck. */
	do {
		reopen();
		ask(CTRL_CMD_GETFAMILY, 0);
		ask(CTRL_CMD_GETPOLICY, NLM_F_DUMP);
	} while (!family);
	for (n = 0;; n++) {
		one_message();
		read_some();
		if (n % 64 == 63)
			reopen();
	}
}
