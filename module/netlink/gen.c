// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/ferry.yaml */
/* YNL-GEN kernel source */
/* To regenerate run: module/netlink/regen */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "gen.h"

#include <uapi/linux/ferry_netlink.h>
#include <compat/genetlink.h>

/* Common nested types */
const struct nla_policy ferry_filter_nl_policy[FERRY_A_FILTER_COOKIE + 1] = {
	[FERRY_A_FILTER_TYPES] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[FERRY_A_FILTER_STATES] = NLA_POLICY_MASK(NLA_U32, 0xffe),
	[FERRY_A_FILTER_FAMILY] = NLA_POLICY_RANGE(NLA_U16, 2, 10),
	[FERRY_A_FILTER_LOCAL_ADDR] = NLA_POLICY_MAX_LEN(16),
	[FERRY_A_FILTER_LOCAL_PREFIX] = NLA_POLICY_MAX(NLA_U8, 128),
	[FERRY_A_FILTER_LOCAL_PORT_FIRST] = { .type = NLA_U16, },
	[FERRY_A_FILTER_LOCAL_PORT_LAST] = { .type = NLA_U16, },
	[FERRY_A_FILTER_REMOTE_ADDR] = NLA_POLICY_MAX_LEN(16),
	[FERRY_A_FILTER_REMOTE_PREFIX] = NLA_POLICY_MAX(NLA_U8, 128),
	[FERRY_A_FILTER_REMOTE_PORT_FIRST] = { .type = NLA_U16, },
	[FERRY_A_FILTER_REMOTE_PORT_LAST] = { .type = NLA_U16, },
	[FERRY_A_FILTER_UID] = { .type = NLA_U32, },
	[FERRY_A_FILTER_INODE] = { .type = NLA_U64, },
	[FERRY_A_FILTER_DEVICE] = NLA_POLICY_MIN(NLA_U32, 1),
	[FERRY_A_FILTER_COOKIE] = NLA_POLICY_MIN(NLA_U64, 1),
};

/* FERRY_CMD_SOCKET_GET - do */
static const struct nla_policy ferry_socket_get_do_nl_policy[FERRY_A_SOCKET_DETAILS + 1] = {
	[FERRY_A_SOCKET_DETAILS] = { .type = NLA_FLAG, },
	[FERRY_A_SOCKET_COOKIE] = NLA_POLICY_MIN(NLA_U64, 1),
};

/* FERRY_CMD_SOCKET_GET - dump */
static const struct nla_policy ferry_socket_get_dump_nl_policy[FERRY_A_SOCKET_DETAILS + 1] = {
	[FERRY_A_SOCKET_FILTER] = NLA_POLICY_NESTED(ferry_filter_nl_policy),
	[FERRY_A_SOCKET_DETAILS] = { .type = NLA_FLAG, },
};

/* FERRY_CMD_SOCKET_DESTROY - do */
static const struct nla_policy ferry_socket_destroy_nl_policy[FERRY_A_SOCKET_COOKIE + 1] = {
	[FERRY_A_SOCKET_COOKIE] = NLA_POLICY_MIN(NLA_U64, 1),
};

/* FERRY_CMD_PORT_GET - dump */
static const struct nla_policy ferry_port_get_nl_policy[FERRY_A_PORT_UID + 1] = {
	[FERRY_A_PORT_FIRST] = { .type = NLA_U16, },
	[FERRY_A_PORT_LAST] = { .type = NLA_U16, },
	[FERRY_A_PORT_TYPE] = NLA_POLICY_MAX(NLA_U32, 1),
	[FERRY_A_PORT_UID] = { .type = NLA_U32, },
};

/* FERRY_CMD_PORT_RESERVE - do */
static const struct nla_policy ferry_port_reserve_nl_policy[FERRY_A_GRANT_LAST + 1] = {
	[FERRY_A_GRANT_TYPE] = NLA_POLICY_MAX(NLA_U32, 1),
	[FERRY_A_GRANT_FIRST] = NLA_POLICY_MIN(NLA_U16, 1),
	[FERRY_A_GRANT_LAST] = NLA_POLICY_MIN(NLA_U16, 1),
};

/* FERRY_CMD_PORT_GRANT - do */
static const struct nla_policy ferry_port_grant_nl_policy[FERRY_A_GRANT_GID + 1] = {
	[FERRY_A_GRANT_TYPE] = NLA_POLICY_MAX(NLA_U32, 1),
	[FERRY_A_GRANT_FIRST] = NLA_POLICY_MIN(NLA_U16, 1),
	[FERRY_A_GRANT_LAST] = NLA_POLICY_MIN(NLA_U16, 1),
	[FERRY_A_GRANT_UID] = { .type = NLA_U32, },
	[FERRY_A_GRANT_GID] = { .type = NLA_U32, },
};

/* FERRY_CMD_PORT_RELEASE - do */
static const struct nla_policy ferry_port_release_nl_policy[FERRY_A_GRANT_GID + 1] = {
	[FERRY_A_GRANT_TYPE] = NLA_POLICY_MAX(NLA_U32, 1),
	[FERRY_A_GRANT_FIRST] = NLA_POLICY_MIN(NLA_U16, 1),
	[FERRY_A_GRANT_LAST] = NLA_POLICY_MIN(NLA_U16, 1),
	[FERRY_A_GRANT_UID] = { .type = NLA_U32, },
	[FERRY_A_GRANT_GID] = { .type = NLA_U32, },
};

/* Ops table for ferry */
static const struct genl_split_ops ferry_nl_ops[] = {
	{
		.cmd	= FERRY_CMD_VERSION_GET,
		.doit	= ferry_nl_version_get_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= FERRY_CMD_SOCKET_GET,
		.doit		= ferry_nl_socket_get_doit,
		.policy		= ferry_socket_get_do_nl_policy,
		.maxattr	= FERRY_A_SOCKET_DETAILS,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= FERRY_CMD_SOCKET_GET,
		.start		= ferry_nl_socket_get_start,
		.dumpit		= ferry_nl_socket_get_dumpit,
		.done		= ferry_nl_socket_get_done,
		.policy		= ferry_socket_get_dump_nl_policy,
		.maxattr	= FERRY_A_SOCKET_DETAILS,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= FERRY_CMD_SOCKET_DESTROY,
		.doit		= ferry_nl_socket_destroy_doit,
		.policy		= ferry_socket_destroy_nl_policy,
		.maxattr	= FERRY_A_SOCKET_COOKIE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= FERRY_CMD_PORT_GET,
		.start		= ferry_nl_port_get_start,
		.dumpit		= ferry_nl_port_get_dumpit,
		.policy		= ferry_port_get_nl_policy,
		.maxattr	= FERRY_A_PORT_UID,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= FERRY_CMD_PORT_RESERVE,
		.doit		= ferry_nl_port_reserve_doit,
		.policy		= ferry_port_reserve_nl_policy,
		.maxattr	= FERRY_A_GRANT_LAST,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= FERRY_CMD_PORT_GRANT,
		.doit		= ferry_nl_port_grant_doit,
		.policy		= ferry_port_grant_nl_policy,
		.maxattr	= FERRY_A_GRANT_GID,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= FERRY_CMD_PORT_RELEASE,
		.doit		= ferry_nl_port_release_doit,
		.policy		= ferry_port_release_nl_policy,
		.maxattr	= FERRY_A_GRANT_GID,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= FERRY_CMD_GRANT_GET,
		.dumpit	= ferry_nl_grant_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd	= FERRY_CMD_STAT_GET,
		.dumpit	= ferry_nl_stat_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
};

static const struct genl_multicast_group ferry_nl_mcgrps[] = {
	[FERRY_NLGRP_EVENTS] = { "events", },
};

struct genl_family ferry_nl_family __ro_after_init = {
	.name		= FERRY_FAMILY_NAME,
	.version	= FERRY_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= ferry_nl_ops,
	.n_split_ops	= ARRAY_SIZE(ferry_nl_ops),
	.mcgrps		= ferry_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(ferry_nl_mcgrps),
};
