// SPDX-License-Identifier: GPL-2.0-only
/* Reserves, grants and releases ranges of ports. */
#include <linux/user_namespace.h>

#include "netlink/internal.h"

/* Both transports, or the one asked for */
struct request {
	struct ferry_grant	grant;
	int			first;
	int			last;
};

static int parse_range(struct ferry_grant *grant, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;

	if (GENL_REQ_ATTR_CHECK(info, FERRY_A_GRANT_FIRST)) {
		GENL_SET_ERR_MSG(info, "which port?");
		return -EINVAL;
	}
	grant->first = nla_get_u16(attrs[FERRY_A_GRANT_FIRST]);
	grant->last = grant->first;
	if (attrs[FERRY_A_GRANT_LAST])
		grant->last = nla_get_u16(attrs[FERRY_A_GRANT_LAST]);
	if (grant->first <= grant->last)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attrs[FERRY_A_GRANT_LAST],
			    "last port is below the first");
	return -EINVAL;
}

static void parse_type(struct request *req, const struct nlattr *type)
{
	req->first = 0;
	req->last = FERRY_TRANSPORTS - 1;
	if (type) {
		req->first = nla_get_u32(type);
		req->last = req->first;
	}
}

static int parse_grantee(struct ferry_grant *grant, struct user_namespace *ns,
			 struct genl_info *info)
{
	const struct nlattr *uid = info->attrs[FERRY_A_GRANT_UID];
	const struct nlattr *gid = info->attrs[FERRY_A_GRANT_GID];

	grant->kind = FERRY_GRANT_RESERVE;
	if (uid && gid) {
		NL_SET_ERR_MSG_ATTR(info->extack, gid, "either a uid or a gid, not both");
		return -EINVAL;
	}
	if (uid) {
		grant->kind = FERRY_GRANT_UID;
		grant->uid = make_kuid(ns, nla_get_u32(uid));
		if (uid_valid(grant->uid))
			return 0;
		NL_SET_ERR_MSG_ATTR(info->extack, uid,
				    "uid is not mapped in this user namespace");
		return -EINVAL;
	}
	if (gid) {
		grant->kind = FERRY_GRANT_GID;
		grant->gid = make_kgid(ns, nla_get_u32(gid));
		if (gid_valid(grant->gid))
			return 0;
		NL_SET_ERR_MSG_ATTR(info->extack, gid,
				    "gid is not mapped in this user namespace");
		return -EINVAL;
	}
	return 0;
}

static void explain(struct genl_info *info, int err)
{
	struct nlattr *first = info->attrs[FERRY_A_GRANT_FIRST];

	switch (err) {
	case -EEXIST:
		NL_SET_ERR_MSG_ATTR(info->extack, first, "this range is there already");
		break;
	case -ENOENT:
		NL_SET_ERR_MSG_ATTR(info->extack, first,
				    "there is no such reservation or grant");
		break;
	case -ENOSPC:
		GENL_SET_ERR_MSG(info, "too many reservations and grants");
		break;
	}
}

/* All of the request or none of it */
static int add(struct ferry_net *fn, struct request *req)
{
	struct ferry_grant grant;
	int t, err;

	for (t = req->first; t <= req->last; t++) {
		grant = req->grant;
		grant.transport = t;
		err = ferry_grant_add(fn, &grant);
		if (err)
			goto undo;
		ferry_nl_grant_event(fn, FERRY_CMD_GRANT_ADD_NTF, &grant);
	}
	return 0;
undo:
	while (t-- > req->first) {
		grant = req->grant;
		grant.transport = t;
		if (!ferry_grant_del(fn, &grant))
			ferry_nl_grant_event(fn, FERRY_CMD_GRANT_DEL_NTF, &grant);
	}
	return err;
}

/* A range asked for without type may have been granted for one type only. */
static int del(struct ferry_net *fn, struct request *req)
{
	bool found = false;
	int t;

	for (t = req->first; t <= req->last; t++) {
		struct ferry_grant grant = req->grant;

		grant.transport = t;
		if (ferry_grant_del(fn, &grant))
			continue;
		found = true;
		ferry_nl_grant_event(fn, FERRY_CMD_GRANT_DEL_NTF, &grant);
	}
	return found ? 0 : -ENOENT;
}

/**
 * ferry_nl_port_reserve_doit() - keep a range from all but its grantees
 * @skb: request of an administrator of the namespace
 * @info: its attributes
 *
 * Return: 0 or a negative errno.
 */
int ferry_nl_port_reserve_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct request req = { .grant.kind = FERRY_GRANT_RESERVE };
	int err;

	err = parse_range(&req.grant, info);
	if (err)
		return err;
	parse_type(&req, info->attrs[FERRY_A_GRANT_TYPE]);
	err = add(ferry_net(genl_info_net(info)), &req);
	explain(info, err);
	return err;
}

/**
 * ferry_nl_port_grant_doit() - let a uid or gid bind a range
 * @skb: request of an administrator of the namespace
 * @info: its attributes
 *
 * Return: 0 or a negative errno.
 */
int ferry_nl_port_grant_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct request req = {};
	int err;

	err = parse_range(&req.grant, info);
	if (err)
		return err;
	parse_type(&req, info->attrs[FERRY_A_GRANT_TYPE]);
	err = parse_grantee(&req.grant, ferry_nl_user_ns(skb), info);
	if (err)
		return err;
	if (req.grant.kind == FERRY_GRANT_RESERVE) {
		GENL_SET_ERR_MSG(info, "to whom? a grant wants a uid or a gid");
		return -EINVAL;
	}
	err = add(ferry_net(genl_info_net(info)), &req);
	explain(info, err);
	return err;
}

/**
 * ferry_nl_port_release_doit() - take a reservation or grant back
 * @skb: request of an administrator of the namespace
 * @info: its attributes
 *
 * Return: 0 or a negative errno.
 */
int ferry_nl_port_release_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct request req = {};
	int err;

	err = parse_range(&req.grant, info);
	if (err)
		return err;
	parse_type(&req, info->attrs[FERRY_A_GRANT_TYPE]);
	err = parse_grantee(&req.grant, ferry_nl_user_ns(skb), info);
	if (err)
		return err;
	err = del(ferry_net(genl_info_net(info)), &req);
	explain(info, err);
	return err;
}

/**
 * ferry_nl_put_grant() - the attributes of a reservation or grant
 * @skb: message; not undone where they do not fit
 * @grant: the entry
 * @ns: of uids and gids
 *
 * Return: 0 or -EMSGSIZE.
 */
int ferry_nl_put_grant(struct sk_buff *skb, const struct ferry_grant *grant,
		       struct user_namespace *ns)
{
	if (nla_put_u32(skb, FERRY_A_GRANT_ID, grant->id) ||
	    nla_put_u32(skb, FERRY_A_GRANT_TYPE, grant->transport) ||
	    nla_put_u16(skb, FERRY_A_GRANT_FIRST, grant->first) ||
	    nla_put_u16(skb, FERRY_A_GRANT_LAST, grant->last))
		return -EMSGSIZE;
	switch (grant->kind) {
	case FERRY_GRANT_UID:
		return nla_put_u32(skb, FERRY_A_GRANT_UID,
				   from_kuid_munged(ns, grant->uid));
	case FERRY_GRANT_GID:
		return nla_put_u32(skb, FERRY_A_GRANT_GID,
				   from_kgid_munged(ns, grant->gid));
	default:
		return 0;
	}
}

static int dump_grant(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct ferry_grant *grant)
{
	void *hdr = ferry_nl_dump_put(skb, cb, FERRY_CMD_GRANT_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (ferry_nl_put_grant(skb, grant, ferry_nl_user_ns(cb->skb))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * ferry_nl_grant_get_dumpit() - one message full of reservations and grants
 * @skb: message
 * @cb: the dump; the id of the last entry shown is kept in it
 *
 * Return: bytes filled, 0 at the end, or a negative errno.
 */
int ferry_nl_grant_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ferry_net *fn = ferry_net(sock_net(cb->skb->sk));
	struct ferry_grant grant;

	while (!ferry_grant_next(fn, cb->args[0], &grant)) {
		if (dump_grant(skb, cb, &grant))
			return skb->len ?: -EMSGSIZE;
		cb->args[0] = grant.id;
	}
	return skb->len;
}
