// SPDX-License-Identifier: GPL-2.0-only
/* Who holds which port. */
#include <linux/user_namespace.h>

#include "compat/genetlink.h"
#include "netlink/internal.h"

/**
 * struct port_place - where a dump stands, kept in its callback's room
 * @transport: of the table
 * @cursor: in the table
 */
struct port_place {
	u32				transport;
	struct ferry_port_cursor	cursor;
};

static_assert(sizeof(struct port_place) <= sizeof_field(struct netlink_callback, ctx));

/**
 * struct port_dump - one message of a dump
 * @ns: of uids
 * @types: bits by transport
 * @last: last port to show
 * @has_uid: only @uid's
 * @uid: owner
 * @skb: the message
 * @cb: the dump
 */
struct port_dump {
	struct user_namespace	*ns;
	u32			types;
	u16			last;
	bool			has_uid;
	kuid_t			uid;
	struct sk_buff		*skb;
	struct netlink_callback	*cb;
};

static int put_remote(struct sk_buff *skb, const struct ferry_sock_info *info)
{
	if (!info->tuple.rport)
		return 0;
	if (ferry_nl_put_addr(skb, FERRY_A_PORT_REMOTE_ADDR, info->family,
			      &info->tuple.raddr))
		return -EMSGSIZE;
	return nla_put_u16(skb, FERRY_A_PORT_REMOTE_PORT, ntohs(info->tuple.rport));
}

static int put_flags(struct sk_buff *skb, const struct ferry_sock_info *info)
{
	if ((info->v6only && nla_put_flag(skb, FERRY_A_PORT_V6ONLY)) ||
	    (info->reuse && nla_put_flag(skb, FERRY_A_PORT_REUSE_ADDR)) ||
	    (info->reuseport && nla_put_flag(skb, FERRY_A_PORT_REUSE_PORT)))
		return -EMSGSIZE;
	return 0;
}

static int put_owner(struct sk_buff *skb, const struct ferry_sock_info *info,
		     struct user_namespace *ns)
{
	if (nla_put_u32(skb, FERRY_A_PORT_UID, from_kuid_munged(ns, info->uid)) ||
	    nla_put_u64_64bit(skb, FERRY_A_PORT_COOKIE, info->cookie, FERRY_A_PORT_PAD))
		return -EMSGSIZE;
	if (info->inode && nla_put_u64_64bit(skb, FERRY_A_PORT_INODE, info->inode,
					     FERRY_A_PORT_PAD))
		return -EMSGSIZE;
	if (info->tuple.dev)
		return nla_put_u32(skb, FERRY_A_PORT_DEVICE, info->tuple.dev);
	return 0;
}

static int put_holder(struct sk_buff *skb, const struct ferry_sock_info *info,
		      u16 port, struct user_namespace *ns)
{
	if (nla_put_u32(skb, FERRY_A_PORT_TYPE, info->transport) ||
	    nla_put_u16(skb, FERRY_A_PORT_PORT, port) ||
	    nla_put_u16(skb, FERRY_A_PORT_FAMILY, info->family) ||
	    nla_put_u32(skb, FERRY_A_PORT_STATE, info->state) ||
	    ferry_nl_put_addr(skb, FERRY_A_PORT_LOCAL_ADDR, info->family,
			      &info->tuple.laddr))
		return -EMSGSIZE;
	if (put_remote(skb, info) || put_flags(skb, info))
		return -EMSGSIZE;
	return put_owner(skb, info, ns);
}

static int dump_holder(struct sock *sk, u16 port, void *arg)
{
	struct ferry_sock_info info;
	struct port_dump *d = arg;
	void *hdr;

	/* The ports rise: behind the last one there is nothing to show. */
	if (port > d->last)
		return 1;
	ferry_diag_sock(sk, &info);
	if (d->has_uid && !uid_eq(d->uid, info.uid))
		return 0;
	hdr = ferry_nl_dump_put(d->skb, d->cb, FERRY_CMD_PORT_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (put_holder(d->skb, &info, port, d->ns)) {
		genlmsg_cancel(d->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(d->skb, hdr);
	return 0;
}

static int parse_ports(struct port_dump *d, struct nlattr **attrs,
		       struct port_place *place, struct netlink_ext_ack *extack)
{
	u16 first = 0;

	d->last = U16_MAX;
	if (attrs[FERRY_A_PORT_FIRST])
		first = nla_get_u16(attrs[FERRY_A_PORT_FIRST]);
	if (attrs[FERRY_A_PORT_LAST])
		d->last = nla_get_u16(attrs[FERRY_A_PORT_LAST]);
	if (first > d->last) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[FERRY_A_PORT_LAST],
				    "last port is below the first");
		return -EINVAL;
	}
	if (place->cursor.port < first)
		place->cursor.port = first;
	return 0;
}

static int parse_uid(struct port_dump *d, const struct nlattr *uid,
		     struct netlink_ext_ack *extack)
{
	if (!uid)
		return 0;
	d->has_uid = true;
	d->uid = make_kuid(d->ns, nla_get_u32(uid));
	if (uid_valid(d->uid))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, uid, "uid is not mapped in this user namespace");
	return -EINVAL;
}

static int dump_table(struct ferry_ports *ports, struct port_place *place,
		      struct port_dump *d)
{
	int err;

	if (!(d->types & BIT(place->transport)))
		return 0;
	err = ferry_port_walk(ports, &place->cursor, dump_holder, d);
	return err < 0 ? err : 0;
}

/**
 * ferry_nl_port_get_dumpit() - one message full of holders of ports
 * @skb: message
 * @cb: the dump
 *
 * Return: bytes filled, 0 at the end, or a negative errno.
 */
int ferry_nl_port_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ferry_net *fn = ferry_net(sock_net(cb->skb->sk));
	struct port_place *place = (struct port_place *)cb->ctx;
	struct nlattr **attrs = ferry_genl_dump_attrs(cb);
	struct port_dump d = {
		.ns = ferry_nl_user_ns(cb->skb),
		.types = U32_MAX,
		.skb = skb,
		.cb = cb,
	};
	int err;

	if (attrs[FERRY_A_PORT_TYPE])
		d.types = BIT(nla_get_u32(attrs[FERRY_A_PORT_TYPE]));
	err = parse_uid(&d, attrs[FERRY_A_PORT_UID], cb->extack);
	while (!err && place->transport < FERRY_TRANSPORTS) {
		err = parse_ports(&d, attrs, place, cb->extack);
		if (!err)
			err = dump_table(fn->ports[place->transport], place, &d);
		if (err)
			break;
		place->transport++;
		memset(&place->cursor, 0, sizeof(place->cursor));
	}
	return skb->len ?: err;
}
