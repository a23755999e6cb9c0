// SPDX-License-Identifier: GPL-2.0-only
/* Who holds which port. */
#include <linux/user_namespace.h>

#include "compat/genetlink.h"
#include "netlink/internal.h"

/**
 * struct port_dump - what a dump shows and where it stands, kept in its
 * callback's room
 * @cursor: in the table
 * @transport: of the table
 * @types: bits by transport
 * @uid: owner
 * @has_uid: only @uid's
 * @parsed: what is shown is known
 * @last: last port to show
 */
struct port_dump {
	struct ferry_port_cursor	cursor;
	u32				transport;
	u32				types;
	kuid_t				uid;
	bool				has_uid;
	bool				parsed;
	u16				last;
};

static_assert(sizeof(struct port_dump) <= sizeof_field(struct netlink_callback, ctx));

/* One message of a dump */
struct port_message {
	struct port_dump	*d;
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
	struct port_message *m = arg;
	struct ferry_sock_info info;
	void *hdr;

	/* The ports rise: behind the last one there is nothing to show. */
	if (port > m->d->last)
		return 1;
	ferry_diag_sock(sk, &info);
	if (m->d->has_uid && !uid_eq(m->d->uid, info.uid))
		return 0;
	hdr = ferry_nl_dump_put(m->skb, m->cb, FERRY_CMD_PORT_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (put_holder(m->skb, &info, port, ferry_nl_user_ns(m->cb->skb))) {
		genlmsg_cancel(m->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(m->skb, hdr);
	return 0;
}

static int parse_range(struct port_dump *d, struct nlattr **attrs,
		       struct netlink_ext_ack *extack)
{
	d->last = U16_MAX;
	if (attrs[FERRY_A_PORT_FIRST])
		d->cursor.port = nla_get_u16(attrs[FERRY_A_PORT_FIRST]);
	if (attrs[FERRY_A_PORT_LAST])
		d->last = nla_get_u16(attrs[FERRY_A_PORT_LAST]);
	if (d->cursor.port <= d->last)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attrs[FERRY_A_PORT_LAST],
			    "last port is below the first");
	return -EINVAL;
}

static int parse_uid(struct port_dump *d, const struct nlattr *uid,
		     struct user_namespace *ns, struct netlink_ext_ack *extack)
{
	if (!uid)
		return 0;
	d->has_uid = true;
	d->uid = make_kuid(ns, nla_get_u32(uid));
	if (uid_valid(d->uid))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, uid, "uid is not mapped in this user namespace");
	return -EINVAL;
}

static int parse_request(struct port_dump *d, struct netlink_callback *cb)
{
	struct nlattr **attrs = ferry_genl_dump_attrs(cb);
	int err;

	d->types = U32_MAX;
	if (attrs[FERRY_A_PORT_TYPE])
		d->types = BIT(nla_get_u32(attrs[FERRY_A_PORT_TYPE]));
	err = parse_range(d, attrs, cb->extack);
	if (!err)
		err = parse_uid(d, attrs[FERRY_A_PORT_UID],
				ferry_nl_user_ns(cb->skb), cb->extack);
	d->parsed = !err;
	return err;
}

/**
 * ferry_nl_port_get_start() - before the first message of a dump
 * @cb: the dump
 *
 * See ferry_nl_socket_get_start() about when the request is judged.
 *
 * Return: 0 or -EINVAL.
 */
int ferry_nl_port_get_start(struct netlink_callback *cb)
{
	struct port_dump *d = (struct port_dump *)cb->ctx;

	memset(d, 0, sizeof(*d));
	return cb->extack ? parse_request(d, cb) : 0;
}

static int dump_table(struct ferry_ports *ports, struct port_message *m)
{
	int err;

	if (!(m->d->types & BIT(m->d->transport)))
		return 0;
	err = ferry_port_walk(ports, &m->d->cursor, dump_holder, m);
	return err < 0 ? err : 0;
}

static void next_table(struct port_dump *d, struct nlattr **attrs)
{
	d->transport++;
	memset(&d->cursor, 0, sizeof(d->cursor));
	if (attrs[FERRY_A_PORT_FIRST])
		d->cursor.port = nla_get_u16(attrs[FERRY_A_PORT_FIRST]);
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
	struct port_dump *d = (struct port_dump *)cb->ctx;
	struct port_message m = { .d = d, .skb = skb, .cb = cb };
	int err;

	err = d->parsed ? 0 : parse_request(d, cb);
	if (err)
		return err;
	while (d->transport < FERRY_TRANSPORTS) {
		err = dump_table(fn->ports[d->transport], &m);
		if (err)
			return skb->len ?: err;
		next_table(d, ferry_genl_dump_attrs(cb));
	}
	return skb->len;
}
