// SPDX-License-Identifier: GPL-2.0-only
/* Which sockets to show. */
#include <linux/user_namespace.h>
#include <net/ipv6.h>

#include "ip/ip.h"
#include "netlink/internal.h"

static int parse_addr(const struct nlattr *attr, struct in6_addr *addr,
		      struct netlink_ext_ack *extack)
{
	switch (nla_len(attr)) {
	case sizeof(struct in_addr):
		ferry_ip_map4(addr, nla_get_in_addr(attr));
		return 0;
	case sizeof(struct in6_addr):
		*addr = nla_get_in6_addr(attr);
		return 0;
	}
	NL_SET_ERR_MSG_ATTR(extack, attr, "an address has 4 or 16 bytes");
	return -EINVAL;
}

/* How many bits of the (v4-mapped) address count */
static int parse_prefix(const struct nlattr *prefix, const struct nlattr *addr,
			u8 *bits, struct netlink_ext_ack *extack)
{
	unsigned int most = nla_len(addr) * 8;

	*bits = 128;
	if (!prefix)
		return 0;
	if (nla_get_u8(prefix) > most) {
		NL_SET_ERR_MSG_ATTR(extack, prefix, "prefix is longer than its address");
		return -EINVAL;
	}
	*bits = 128 - most + nla_get_u8(prefix);
	return 0;
}

static int parse_network(const struct nlattr *addr, const struct nlattr *prefix,
			 struct in6_addr *to, u8 *bits,
			 struct netlink_ext_ack *extack)
{
	int err;

	if (!addr && prefix) {
		NL_SET_ERR_MSG_ATTR(extack, prefix, "prefix without an address");
		return -EINVAL;
	}
	if (!addr)
		return 0;
	err = parse_addr(addr, to, extack);
	if (err)
		return err;
	return parse_prefix(prefix, addr, bits, extack);
}

static int parse_ports(const struct nlattr *first, const struct nlattr *last,
		       u16 ports[2], struct netlink_ext_ack *extack)
{
	ports[0] = first ? nla_get_u16(first) : 0;
	ports[1] = last ? nla_get_u16(last) : first ? ports[0] : U16_MAX;
	if (ports[0] <= ports[1])
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, last, "last port is below the first");
	return -EINVAL;
}

static int parse_owner(struct ferry_nl_filter *filter, struct nlattr **tb,
		       struct user_namespace *ns, struct netlink_ext_ack *extack)
{
	const struct nlattr *uid = tb[FERRY_A_FILTER_UID];

	if (tb[FERRY_A_FILTER_INODE]) {
		filter->has_inode = true;
		filter->inode = nla_get_u64(tb[FERRY_A_FILTER_INODE]);
	}
	if (!uid)
		return 0;
	filter->has_uid = true;
	filter->uid = make_kuid(ns, nla_get_u32(uid));
	if (uid_valid(filter->uid))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, uid, "uid is not mapped in this user namespace");
	return -EINVAL;
}

static int parse_family(struct ferry_nl_filter *filter, const struct nlattr *family,
			struct netlink_ext_ack *extack)
{
	if (!family)
		return 0;
	filter->family = nla_get_u16(family);
	if (filter->family == AF_INET || filter->family == AF_INET6)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, family, "family is neither AF_INET nor AF_INET6");
	return -EINVAL;
}

static void parse_plain(struct ferry_nl_filter *filter, struct nlattr **tb)
{
	if (tb[FERRY_A_FILTER_TYPES])
		filter->types = nla_get_u32(tb[FERRY_A_FILTER_TYPES]);
	if (tb[FERRY_A_FILTER_STATES])
		filter->states = nla_get_u32(tb[FERRY_A_FILTER_STATES]);
	if (tb[FERRY_A_FILTER_DEVICE])
		filter->device = nla_get_u32(tb[FERRY_A_FILTER_DEVICE]);
	if (tb[FERRY_A_FILTER_COOKIE])
		filter->cookie = nla_get_u64(tb[FERRY_A_FILTER_COOKIE]);
}

/**
 * ferry_nl_filter_parse() - read a filter
 * @filter: filled in
 * @nest: the attribute, or NULL for a filter that lets all through
 * @ns: of uids
 * @extack: told which attribute is wrong
 *
 * Return: 0 or -EINVAL.
 */
int ferry_nl_filter_parse(struct ferry_nl_filter *filter, const struct nlattr *nest,
			  struct user_namespace *ns, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[FERRY_A_FILTER_MAX + 1] = {};
	int err;

	memset(filter, 0, sizeof(*filter));
	filter->types = U32_MAX;
	filter->states = U32_MAX;
	if (nest) {
		err = nla_parse_nested(tb, FERRY_A_FILTER_MAX, nest,
				       ferry_filter_nl_policy, extack);
		if (err)
			return err;
	}
	parse_plain(filter, tb);
	err = parse_family(filter, tb[FERRY_A_FILTER_FAMILY], extack);
	if (!err)
		err = parse_owner(filter, tb, ns, extack);
	if (!err)
		err = parse_network(tb[FERRY_A_FILTER_LOCAL_ADDR],
				    tb[FERRY_A_FILTER_LOCAL_PREFIX],
				    &filter->laddr, &filter->lbits, extack);
	if (!err)
		err = parse_network(tb[FERRY_A_FILTER_REMOTE_ADDR],
				    tb[FERRY_A_FILTER_REMOTE_PREFIX],
				    &filter->raddr, &filter->rbits, extack);
	if (!err)
		err = parse_ports(tb[FERRY_A_FILTER_LOCAL_PORT_FIRST],
				  tb[FERRY_A_FILTER_LOCAL_PORT_LAST],
				  filter->lport, extack);
	if (!err)
		err = parse_ports(tb[FERRY_A_FILTER_REMOTE_PORT_FIRST],
				  tb[FERRY_A_FILTER_REMOTE_PORT_LAST],
				  filter->rport, extack);
	return err;
}

static bool within(const u16 ports[2], __be16 port)
{
	return ntohs(port) >= ports[0] && ntohs(port) <= ports[1];
}

static bool match_tuple(const struct ferry_nl_filter *filter,
			const struct ferry_tuple *tuple)
{
	return within(filter->lport, tuple->lport) &&
	       within(filter->rport, tuple->rport) &&
	       ipv6_prefix_equal(&filter->laddr, &tuple->laddr, filter->lbits) &&
	       ipv6_prefix_equal(&filter->raddr, &tuple->raddr, filter->rbits) &&
	       (!filter->device || filter->device == tuple->dev);
}

static bool match_owner(const struct ferry_nl_filter *filter,
			const struct ferry_sock_info *info)
{
	return (!filter->has_uid || uid_eq(filter->uid, info->uid)) &&
	       (!filter->has_inode || filter->inode == info->inode) &&
	       (!filter->cookie || filter->cookie == info->cookie);
}

/**
 * ferry_nl_filter_match() - does a socket pass?
 * @filter: the filter
 * @info: the socket; its transport's own part is not looked at
 */
bool ferry_nl_filter_match(const struct ferry_nl_filter *filter,
			   const struct ferry_sock_info *info)
{
	return (filter->types & BIT(info->transport)) &&
	       (filter->states & BIT(info->state)) &&
	       (!filter->family || filter->family == info->family) &&
	       match_owner(filter, info) && match_tuple(filter, &info->tuple);
}
