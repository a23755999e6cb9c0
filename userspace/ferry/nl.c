// SPDX-License-Identifier: GPL-2.0-only
/* nl.c - speaks to the "ferry" generic netlink family. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "attrs.h"
#include "nl.h"
#include "tool.h"

/* Of a reply with more attributes than this tool knows, the rest is ignored. */
#define ATTRS	64

static struct mnl_socket *sock;
static uint16_t family;
static uint32_t event_group;
static uint32_t sequence;

static char request_buffer[NL_BUFFER];
static char reply_buffer[NL_BUFFER];

/* What the last error's extended acknowledgment said */
static char complaint[512];

/* ---- extended acknowledgments ---- */

struct ack {
	const char	*text;
	int		offset;		/* of the wrong attribute, or 0 */
	int		missing;	/* type of the missing one, or 0 */
};

/* Where the attributes begin: an error repeats the request unless capped. */
static int ack_begin(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == NLMSG_DONE)
		return sizeof(int);
	if (nlh->nlmsg_flags & NLM_F_CAPPED)
		return sizeof(*e);
	return sizeof(*e) + mnl_nlmsg_get_payload_len(&e->msg);
}

static void parse_ack(const struct nlmsghdr *nlh, struct ack *ack)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, ack_begin(nlh)) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type == NLMSGERR_ATTR_MSG &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			ack->text = mnl_attr_get_str(attr);
		if (type == NLMSGERR_ATTR_OFFS &&
		    !mnl_attr_validate(attr, MNL_TYPE_U32))
			ack->offset = mnl_attr_get_u32(attr);
		if (type == NLMSGERR_ATTR_MISS_TYPE &&
		    !mnl_attr_validate(attr, MNL_TYPE_U32))
			ack->missing = mnl_attr_get_u32(attr);
	}
}

/* The name of the attribute of our request that is so far behind its start */
static const char *attr_at(const struct nlmsghdr *request, int offset)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(request);
	const char *wrong = (const char *)request + offset;
	const struct nlattr *attr, *inner;

	mnl_attr_for_each(attr, request, sizeof(*genl)) {
		if ((const char *)attr == wrong)
			return attr_name(genl->cmd, false, mnl_attr_get_type(attr));
		if (wrong > (const char *)attr + attr->nla_len ||
		    !(attr->nla_type & NLA_F_NESTED))
			continue;
		mnl_attr_for_each_nested(inner, attr)
			if ((const char *)inner == wrong)
				return attr_name(genl->cmd, true,
						 mnl_attr_get_type(inner));
	}
	return NULL;
}

static void keep_complaint(const struct nlmsghdr *nlh)
{
	const struct nlmsghdr *request = (void *)request_buffer;
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(request);
	const char *name = NULL;
	struct ack ack = {};

	parse_ack(nlh, &ack);
	if (ack.offset)
		name = attr_at(request, ack.offset);
	else if (ack.missing)
		name = attr_name(genl->cmd, false, ack.missing);
	if (ack.text || name)
		snprintf(complaint, sizeof(complaint), "%s%s%s%s",
			 ack.text ? ack.text : ack.missing ? "missing" : "refused",
			 name ? " (attribute \"" : "", name ? name : "",
			 name ? "\")" : "");
}

const char *nl_complaint(int err)
{
	if (*complaint)
		return complaint;
	if (err == -EPERM)
		return "not permitted: this needs CAP_NET_ADMIN in the network namespace (try sudo)";
	if (err == -EOPNOTSUPP)
		return "the loaded ferry module does not know this command; see \"ferry version\"";
	return strerror(-err);
}

/* ---- one exchange ---- */

struct exchange {
	int		max;
	nl_reply_fn	reply;
	void		*arg;
	const struct nlattr *tb[ATTRS];
};

static int take_attr(const struct nlattr *attr, void *arg)
{
	struct exchange *x = arg;
	int type = mnl_attr_get_type(attr);

	if (type <= x->max)
		x->tb[type] = attr;
	return MNL_CB_OK;
}

static int take_message(const struct nlmsghdr *nlh, struct exchange *x)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	if (!x->reply)
		return MNL_CB_OK;
	memset(x->tb, 0, sizeof(x->tb));
	mnl_attr_parse(nlh, sizeof(*genl), take_attr, x);
	x->reply(genl->cmd, x->tb, x->arg);
	return MNL_CB_OK;
}

static int data_cb(const struct nlmsghdr *nlh, void *arg)
{
	return take_message(nlh, arg);
}

static int error_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	(void)arg;
	if (!e->error)
		return MNL_CB_STOP;
	keep_complaint(nlh);
	errno = -e->error;
	return MNL_CB_ERROR;
}

/* A dump that fails in its middle says so in its last message. */
static int done_cb(const struct nlmsghdr *nlh, void *arg)
{
	int *err = mnl_nlmsg_get_payload(nlh);

	(void)arg;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err) || *err >= 0)
		return MNL_CB_STOP;
	keep_complaint(nlh);
	errno = -*err;
	return MNL_CB_ERROR;
}

static mnl_cb_t control[NLMSG_MIN_TYPE] = {
	[NLMSG_ERROR] = error_cb,
	[NLMSG_DONE] = done_cb,
};

struct nlmsghdr *nl_request(uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request_buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++sequence;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = FERRY_FAMILY_VERSION;
	return nlh;
}

int nl_talk(struct nlmsghdr *nlh, int max, nl_reply_fn reply, void *arg)
{
	unsigned int portid = mnl_socket_get_portid(sock);
	struct exchange x = { .max = max, .reply = reply, .arg = arg };
	ssize_t len;
	int more;

	complaint[0] = 0;
	nlh->nlmsg_flags |= nlh->nlmsg_flags & NLM_F_DUMP ? 0 : NLM_F_ACK;
	if (mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(sock, reply_buffer, sizeof(reply_buffer));
		if (len < 0)
			return -errno;
		more = mnl_cb_run2(reply_buffer, len, nlh->nlmsg_seq, portid, data_cb,
				   &x, control, NLMSG_MIN_TYPE);
	} while (more > 0);
	return more < 0 ? -errno : 0;
}

void nl_talk_or_die(struct nlmsghdr *nlh, int max, nl_reply_fn reply, void *arg)
{
	int err = nl_talk(nlh, max, reply, arg);

	if (err)
		die(EXIT_KERNEL, "%s", nl_complaint(err));
}

/* ---- the family ---- */

static int group_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **tb = arg;

	if (mnl_attr_get_type(attr) <= CTRL_ATTR_MCAST_GRP_MAX)
		tb[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static void find_group(const struct nlattr *groups)
{
	const struct nlattr *group;

	mnl_attr_for_each_nested(group, groups) {
		const struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1] = {};

		mnl_attr_parse_nested(group, group_attr, tb);
		if (tb[CTRL_ATTR_MCAST_GRP_NAME] && tb[CTRL_ATTR_MCAST_GRP_ID] &&
		    !strcmp(mnl_attr_get_str(tb[CTRL_ATTR_MCAST_GRP_NAME]),
			    FERRY_MCGRP_EVENTS))
			event_group = mnl_attr_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
	}
}

static void take_family(uint8_t cmd, const struct nlattr **tb, void *arg)
{
	(void)cmd;
	(void)arg;
	if (tb[CTRL_ATTR_FAMILY_ID])
		family = mnl_attr_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (tb[CTRL_ATTR_MCAST_GROUPS])
		find_group(tb[CTRL_ATTR_MCAST_GROUPS]);
}

static void open_socket(void)
{
	int one = 1;

	sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		die(EXIT_KERNEL, "cannot open a netlink socket: %s", strerror(errno));
	/* Kernels that lack one of these answer with less, that is all. */
	mnl_socket_setsockopt(sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(sock, NETLINK_CAP_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(sock, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
}

bool nl_available(void)
{
	struct nlmsghdr *nlh;
	int err;

	if (!sock)
		open_socket();
	nlh = nl_request(CTRL_CMD_GETFAMILY, 0);
	nlh->nlmsg_type = GENL_ID_CTRL;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, FERRY_FAMILY_NAME);
	err = nl_talk(nlh, CTRL_ATTR_MCAST_GROUPS, take_family, NULL);
	if (err && err != -ENOENT)
		die(EXIT_KERNEL, "cannot look for the ferry family: %s", strerror(-err));
	return !err && family;
}

void nl_open(void)
{
	if (!nl_available())
		die(EXIT_KERNEL, "ferry.ko is not loaded; try \"modprobe ferry\" or \"insmod ferry.ko\"");
}

/* ---- events ---- */

void nl_subscribe(void)
{
	int size = 1 << 20;

	if (mnl_socket_setsockopt(sock, NETLINK_ADD_MEMBERSHIP, &event_group,
				  sizeof(event_group)) < 0)
		die(EXIT_KERNEL, "cannot listen for events: %s", strerror(errno));
	/* Bursts are lost otherwise; without the right to it, they are. */
	if (setsockopt(mnl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)))
		setsockopt(mnl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUF, &size,
			   sizeof(size));
}

void nl_events(nl_reply_fn event, int max, void *arg, bool *lost)
{
	struct exchange x = { .max = max, .reply = event, .arg = arg };
	ssize_t len = mnl_socket_recvfrom(sock, reply_buffer, sizeof(reply_buffer));

	*lost = len < 0 && errno == ENOBUFS;
	if (*lost || (len < 0 && errno == EINTR))
		return;
	if (len < 0)
		die(EXIT_KERNEL, "cannot read events: %s", strerror(errno));
	mnl_cb_run(reply_buffer, len, 0, 0, data_cb, &x);
}

/* ---- attributes ---- */

void nl_parse_nest(const struct nlattr *nest, const struct nlattr **tb, int max)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) <= max)
			tb[mnl_attr_get_type(attr)] = attr;
}

uint64_t nl_get(const struct nlattr *attr)
{
	if (!attr)
		return 0;
	switch (mnl_attr_get_payload_len(attr)) {
	case 1:
		return mnl_attr_get_u8(attr);
	case 2:
		return mnl_attr_get_u16(attr);
	case 4:
		return mnl_attr_get_u32(attr);
	case 8:
		return mnl_attr_get_u64(attr);
	}
	return 0;
}
