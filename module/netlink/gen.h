/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/ferry.yaml */
/* YNL-GEN kernel header */
/* To regenerate run: module/netlink/regen */

#ifndef _LINUX_FERRY_GEN_H
#define _LINUX_FERRY_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/ferry_netlink.h>
#include <compat/genetlink.h>

/* Common nested types */
extern const struct nla_policy ferry_filter_nl_policy[FERRY_A_FILTER_COOKIE + 1];

int ferry_nl_socket_get_start(struct netlink_callback *cb);
int ferry_nl_port_get_start(struct netlink_callback *cb);
int ferry_nl_socket_get_done(struct netlink_callback *cb);

int ferry_nl_version_get_doit(struct sk_buff *skb, struct genl_info *info);
int ferry_nl_socket_get_doit(struct sk_buff *skb, struct genl_info *info);
int ferry_nl_socket_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int ferry_nl_socket_destroy_doit(struct sk_buff *skb, struct genl_info *info);
int ferry_nl_port_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int ferry_nl_port_reserve_doit(struct sk_buff *skb, struct genl_info *info);
int ferry_nl_port_grant_doit(struct sk_buff *skb, struct genl_info *info);
int ferry_nl_port_release_doit(struct sk_buff *skb, struct genl_info *info);
int ferry_nl_grant_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int ferry_nl_stat_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);

enum {
	FERRY_NLGRP_EVENTS,
};

extern struct genl_family ferry_nl_family;

#endif /* _LINUX_FERRY_GEN_H */
