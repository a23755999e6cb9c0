// SPDX-License-Identifier: GPL-2.0-only
/* Tells who listens what happens to sockets and grants. */
#include "netlink/internal.h"

static const u8 commands[] = {
	[FERRY_DIAG_NEW] = FERRY_CMD_SOCKET_NEW_NTF,
	[FERRY_DIAG_ESTABLISHED] = FERRY_CMD_SOCKET_ESTABLISHED_NTF,
	[FERRY_DIAG_CLOSED] = FERRY_CMD_SOCKET_CLOSED_NTF,
};

static bool anybody(struct net *net)
{
	return genl_has_listeners(&ferry_nl_family, net, FERRY_NLGRP_EVENTS);
}

static int fill_socket(struct sk_buff *msg, u8 cmd, struct sock *sk)
{
	const struct ferry_nl_view view = {
		.ns = sock_net(sk)->user_ns,
		.details = true,
	};
	struct ferry_sock_info info;
	void *hdr;

	ferry_nl_describe(sk, &info);
	hdr = genlmsg_put(msg, 0, 0, &ferry_nl_family, 0, cmd);
	if (!hdr || ferry_nl_put_socket(msg, &info, &view))
		return -EMSGSIZE;
	genlmsg_end(msg, hdr);
	return 0;
}

/* A lost event is no error of who caused it. */
static void socket_event(struct sock *sk, enum ferry_diag_event event)
{
	struct net *net = sock_net(sk);
	struct sk_buff *msg;

	if (!anybody(net))
		return;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	if (!msg)
		return;
	if (fill_socket(msg, commands[event], sk)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_multicast_netns(&ferry_nl_family, net, msg, 0, FERRY_NLGRP_EVENTS,
				GFP_ATOMIC);
}

static int fill_grant(struct sk_buff *msg, u8 cmd, const struct ferry_grant *grant,
		      const struct net *net)
{
	void *hdr = genlmsg_put(msg, 0, 0, &ferry_nl_family, 0, cmd);

	if (!hdr || ferry_nl_put_grant(msg, grant, net->user_ns))
		return -EMSGSIZE;
	genlmsg_end(msg, hdr);
	return 0;
}

/**
 * ferry_nl_grant_event() - tell that a range was reserved, granted or released
 * @fn: namespace
 * @cmd: FERRY_CMD_GRANT_ADD_NTF or FERRY_CMD_GRANT_DEL_NTF
 * @grant: the entry
 */
void ferry_nl_grant_event(struct ferry_net *fn, u8 cmd,
			  const struct ferry_grant *grant)
{
	struct sk_buff *msg;

	if (!anybody(fn->net))
		return;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return;
	if (fill_grant(msg, cmd, grant, fn->net)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_multicast_netns(&ferry_nl_family, fn->net, msg, 0,
				FERRY_NLGRP_EVENTS, GFP_KERNEL);
}

static const struct ferry_diag_hook hook = {
	.event = socket_event,
};

/* The family must be registered. */
void ferry_nl_event_init(void)
{
	ferry_diag_set_hook(&hook);
}

void ferry_nl_event_uninit(void)
{
	ferry_diag_set_hook(NULL);
}
