// SPDX-License-Identifier: GPL-2.0-only
/* genl.c - raw messages to the "ferry" generic netlink family. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "genl.h"
#include "ktap.h"

#define BUFFER	65536

static struct mnl_socket *sock;
static uint16_t family;
static uint32_t group;
static uint32_t sequence;
static char request[BUFFER];

/* @size: of what stands before the attributes; it begins with the errno */
static void parse_ack(const struct nlmsghdr *nlh, unsigned int size,
		      struct genl_answer *a)
{
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < size)
		return;
	a->err = *(int *)mnl_nlmsg_get_payload(nlh);
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, size) {
		switch (mnl_attr_get_type(attr)) {
		case NLMSGERR_ATTR_MSG:
			snprintf(a->text, sizeof(a->text), "%s", mnl_attr_get_str(attr));
			break;
		case NLMSGERR_ATTR_OFFS:
			a->offset = mnl_attr_get_u32(attr);
			break;
		case NLMSGERR_ATTR_MISS_TYPE:
			a->missing = mnl_attr_get_u32(attr);
			break;
		}
	}
}

/* Returns whether the answer is complete. */
static bool take(const struct nlmsghdr *nlh, struct genl_answer *a,
		 genl_reply_fn reply, void *arg)
{
	if (nlh->nlmsg_seq != sequence)
		return false;
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		/* Capped: we asked for it. */
		parse_ack(nlh, sizeof(struct nlmsgerr), a);
		return true;
	case NLMSG_DONE:
		parse_ack(nlh, sizeof(int), a);
		a->late = true;
		return true;
	case NLMSG_NOOP:
		return false;
	}
	a->replies++;
	if (reply)
		reply(nlh, arg);
	return false;
}

static struct genl_answer collect(genl_reply_fn reply, void *arg)
{
	struct genl_answer a = {};
	static char buf[BUFFER];
	struct nlmsghdr *nlh;
	bool done = false;
	ssize_t got;
	int len;

	while (!done) {
		got = mnl_socket_recvfrom(sock, buf, sizeof(buf));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			FT_DIE("netlink receive: %s", strerror(errno));
		len = got;
		for (nlh = (void *)buf; !done && mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len))
			done = take(nlh, &a, reply, arg);
	}
	return a;
}

struct nlmsghdr *genl_request(uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = ++sequence;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

struct genl_answer genl_talk(struct nlmsghdr *nlh, genl_reply_fn reply, void *arg)
{
	ASSERT_OK(mnl_socket_sendto(sock, nlh, nlh->nlmsg_len));
	return collect(reply, arg);
}

struct genl_answer genl_send(const void *buf, uint32_t len)
{
	ASSERT_OK(mnl_socket_sendto(sock, buf, len));
	return collect(NULL, NULL);
}

const struct nlattr *genl_attr(const struct nlmsghdr *nlh, int type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static void take_group(const struct nlattr *groups)
{
	const struct nlattr *one, *attr;

	mnl_attr_for_each_nested(one, groups)
		mnl_attr_for_each_nested(attr, one)
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				group = mnl_attr_get_u32(attr);
}

static void take_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *id = genl_attr(nlh, CTRL_ATTR_FAMILY_ID);
	const struct nlattr *groups = genl_attr(nlh, CTRL_ATTR_MCAST_GROUPS);

	(void)arg;
	if (id)
		family = mnl_attr_get_u16(id);
	if (groups)
		take_group(groups);
}

void genl_open(void)
{
	struct nlmsghdr *nlh;
	int one = 1;

	if (sock)
		mnl_socket_close(sock);
	sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	ASSERT_TRUE(sock);
	ASSERT_OK(mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID));
	ASSERT_OK(mnl_socket_setsockopt(sock, NETLINK_EXT_ACK, &one, sizeof(one)));
	ASSERT_OK(mnl_socket_setsockopt(sock, NETLINK_CAP_ACK, &one, sizeof(one)));
	ASSERT_OK(mnl_socket_setsockopt(sock, NETLINK_GET_STRICT_CHK, &one, sizeof(one)));
	nlh = genl_request(CTRL_CMD_GETFAMILY, 0);
	nlh->nlmsg_type = GENL_ID_CTRL;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, "ferry");
	ASSERT_EQ(0, genl_talk(nlh, take_family, NULL).err);
	ASSERT_NE(0, family);
}

int genl_fd(void)
{
	return mnl_socket_get_fd(sock);
}

uint32_t genl_event_group(void)
{
	return group;
}

/* ---- counters ---- */

struct wanted {
	const char	*name;
	long long	value;
};

static void match(const struct nlmsghdr *nlh, void *arg)
{
	struct wanted *w = arg;

	if (!strcmp(mnl_attr_get_str(genl_attr(nlh, FERRY_A_STAT_NAME)), w->name))
		w->value = mnl_attr_get_u64(genl_attr(nlh, FERRY_A_STAT_VALUE));
}

long long genl_counter(const char *name)
{
	struct wanted w = { name, -1 };

	genl_talk(genl_request(FERRY_CMD_STAT_GET, NLM_F_DUMP), match, &w);
	if (w.value < 0)
		FT_DIE("no counter %s", name);
	return w.value;
}
