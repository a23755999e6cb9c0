// SPDX-License-Identifier: GPL-2.0-only
/* Lists, finds and ends sockets. */
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "compat/genetlink.h"
#include "netlink/internal.h"

/* How many entries are looked at before others may run */
#define BATCH	256

/*
 * A dump visits, for each transport, first the flows and then those holders of
 * ports that own none: listeners and what is bound but not connected.
 */
enum stage {
	FLOWS,
	HOLDERS,
};

/**
 * struct socket_dump - where a dump over several messages stands
 * @fn: namespace
 * @filter: what to show
 * @view: how
 * @parsed: @filter is filled in
 * @transport: of the tables visited now
 * @stage: which table
 * @walking: @iter is in use
 * @iter: position in the flows
 * @cursor: position in the ports
 * @looked: entries looked at since others could run
 * @skb: the message being filled
 * @cb: the dump
 */
struct socket_dump {
	struct ferry_net		*fn;
	struct ferry_nl_filter		filter;
	struct ferry_nl_view		view;
	bool				parsed;
	int				transport;
	enum stage			stage;
	bool				walking;
	struct rhashtable_iter		iter;
	struct ferry_port_cursor	cursor;
	unsigned int			looked;
	struct sk_buff			*skb;
	struct netlink_callback		*cb;
};

static int dump_info(struct socket_dump *d, const struct ferry_sock_info *info)
{
	void *hdr;

	hdr = ferry_nl_dump_put(d->skb, d->cb, FERRY_CMD_SOCKET_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (ferry_nl_put_socket(d->skb, info, &d->view)) {
		genlmsg_cancel(d->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(d->skb, hdr);
	return 0;
}

/* What the filter judges by is cheap to learn, the rest is not. */
static int dump_sock(struct socket_dump *d, struct sock *sk)
{
	struct ferry_sock_info info;

	ferry_diag_sock(sk, &info);
	if (!ferry_nl_filter_match(&d->filter, &info))
		return 0;
	ferry_nl_describe(sk, &info);
	return dump_info(d, &info);
}

static int dump_flow(struct socket_dump *d, struct ferry_flow *flow)
{
	struct ferry_sock_info info;

	if (flow->kind == FERRY_FLOW_SOCK) {
		struct ferry_sock *fsk = container_of(flow, struct ferry_sock, flow);

		return dump_sock(d, (struct sock *)fsk);
	}
	ferry_stream_diag_flow(flow, &info);
	if (!ferry_nl_filter_match(&d->filter, &info))
		return 0;
	return dump_info(d, &info);
}

static void walk_breathe(struct socket_dump *d)
{
	if (++d->looked % BATCH)
		return;
	rhashtable_walk_stop(&d->iter);
	cond_resched();
	rhashtable_walk_start(&d->iter);
}

/*
 * The first entry of a message is the one that did not fit in the last: the
 * walk remembers it, which is why it is peeked at. -EAGAIN says that the table
 * was resized and the walk begins anew.
 */
static int walk_flows(struct socket_dump *d)
{
	struct ferry_flow *flow = rhashtable_walk_peek(&d->iter);
	int err = 0;

	for (; flow; flow = rhashtable_walk_next(&d->iter)) {
		if (flow == ERR_PTR(-EAGAIN))
			continue;
		if (IS_ERR(flow))
			return PTR_ERR(flow);
		err = dump_flow(d, flow);
		if (err)
			break;
		walk_breathe(d);
	}
	return err;
}

static void end_walk(struct socket_dump *d)
{
	if (d->walking)
		rhashtable_walk_exit(&d->iter);
	d->walking = false;
}

static int dump_flows(struct socket_dump *d)
{
	int err;

	if (!d->walking)
		ferry_flow_walk_enter(d->fn->flows[d->transport], &d->iter);
	d->walking = true;
	rhashtable_walk_start(&d->iter);
	err = walk_flows(d);
	rhashtable_walk_stop(&d->iter);
	if (!err)
		end_walk(d);
	return err;
}

static int dump_holder(struct sock *sk, u16 port, void *arg)
{
	if (READ_ONCE(ferry_sk(sk)->flow.hashed))
		return 0;
	return dump_sock(arg, sk);
}

static int dump_holders(struct socket_dump *d)
{
	return ferry_port_walk(d->fn->ports[d->transport], &d->cursor,
			       dump_holder, d);
}

static int dump_stage(struct socket_dump *d)
{
	if (!(d->filter.types & BIT(d->transport)))
		return 0;
	return d->stage == FLOWS ? dump_flows(d) : dump_holders(d);
}

static void next_stage(struct socket_dump *d)
{
	memset(&d->cursor, 0, sizeof(d->cursor));
	if (d->stage == HOLDERS)
		d->transport++;
	d->stage = d->stage == FLOWS ? HOLDERS : FLOWS;
}

/* See compat/genetlink.c: a kernel that has one policy lets it through. */
static int refuse(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "Unknown attribute type");
	return -EINVAL;
}

static int parse_request(struct socket_dump *d, struct netlink_callback *cb)
{
	struct nlattr **attrs = ferry_genl_dump_attrs(cb);
	int err;

	d->fn = ferry_net(sock_net(cb->skb->sk));
	d->view.ns = ferry_nl_user_ns(cb->skb);
	d->view.details = nla_get_flag(attrs[FERRY_A_SOCKET_DETAILS]);
	d->view.admin = netlink_net_capable(cb->skb, CAP_NET_ADMIN);
	err = refuse(attrs[FERRY_A_SOCKET_COOKIE], cb->extack);
	if (!err)
		err = ferry_nl_filter_parse(&d->filter, attrs[FERRY_A_SOCKET_FILTER],
					    d->view.ns, cb->extack);
	d->parsed = !err;
	return err;
}

/**
 * ferry_nl_socket_get_start() - before the first message of a dump
 * @cb: the dump
 *
 * Where the kernel (before 6.6) takes no explanation of an error from here, the
 * request is judged with the first message, which can give one.
 *
 * Return: 0 or a negative errno.
 */
int ferry_nl_socket_get_start(struct netlink_callback *cb)
{
	struct socket_dump *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int err;

	if (!d)
		return -ENOMEM;
	err = cb->extack ? parse_request(d, cb) : 0;
	if (err) {
		kfree(d);
		return err;
	}
	cb->args[0] = (long)d;
	return 0;
}

/**
 * ferry_nl_socket_get_dumpit() - one message full of sockets
 * @skb: message
 * @cb: the dump
 *
 * Return: bytes filled, 0 at the end, or a negative errno.
 */
int ferry_nl_socket_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct socket_dump *d = (struct socket_dump *)cb->args[0];
	int err;

	err = d->parsed ? 0 : parse_request(d, cb);
	if (err)
		return err;
	d->skb = skb;
	d->cb = cb;
	while (d->transport < FERRY_TRANSPORTS) {
		err = dump_stage(d);
		if (err)
			return skb->len ?: err;
		next_stage(d);
	}
	return skb->len;
}

/**
 * ferry_nl_socket_get_done() - after the last message of a dump, or when its
 * reader went away
 * @cb: the dump
 *
 * Return: 0.
 */
int ferry_nl_socket_get_done(struct netlink_callback *cb)
{
	struct socket_dump *d = (struct socket_dump *)cb->args[0];

	end_walk(d);
	kfree(d);
	return 0;
}

/* ---- one socket ---- */

struct search {
	u64		cookie;
	struct sock	*found;
};

/* A socket that was never asked for its cookie has none: nobody can know it. */
static int search_sock(struct sock *sk, struct search *s)
{
	if (atomic64_read(&sk->sk_cookie) != s->cookie ||
	    !refcount_inc_not_zero(&sk->sk_refcnt))
		return 0;
	s->found = sk;
	return 1;
}

static int search_flow(struct ferry_flow *flow, void *arg)
{
	if (flow->kind != FERRY_FLOW_SOCK)
		return 0;
	return search_sock((struct sock *)container_of(flow, struct ferry_sock, flow),
			   arg);
}

static int search_holder(struct sock *sk, u16 port, void *arg)
{
	return search_sock(sk, arg);
}

static struct sock *find_cookie(struct ferry_net *fn, u64 cookie)
{
	struct search s = { .cookie = cookie };
	int t;

	for (t = 0; t < FERRY_TRANSPORTS && !s.found; t++) {
		struct ferry_port_cursor start = {};

		if (!ferry_port_walk(fn->ports[t], &start, search_holder, &s))
			ferry_flow_walk(fn->flows[t], search_flow, &s);
	}
	return s.found;
}

static struct sock *get_by_cookie(struct genl_info *info)
{
	struct ferry_net *fn = ferry_net(genl_info_net(info));
	struct sock *sk;

	if (GENL_REQ_ATTR_CHECK(info, FERRY_A_SOCKET_COOKIE)) {
		GENL_SET_ERR_MSG(info, "a socket is named by its cookie");
		return ERR_PTR(-EINVAL);
	}
	sk = find_cookie(fn, nla_get_u64(info->attrs[FERRY_A_SOCKET_COOKIE]));
	if (sk)
		return sk;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[FERRY_A_SOCKET_COOKIE],
			    "no socket has this cookie");
	return ERR_PTR(-ENOENT);
}

static int reply_socket(struct sk_buff *msg, struct genl_info *info, struct sock *sk,
			const struct ferry_nl_view *view)
{
	struct ferry_sock_info about;
	void *hdr;

	ferry_nl_describe(sk, &about);
	hdr = genlmsg_put_reply(msg, info, &ferry_nl_family, 0, FERRY_CMD_SOCKET_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (ferry_nl_put_socket(msg, &about, view))
		return -EMSGSIZE;
	genlmsg_end(msg, hdr);
	return 0;
}

/**
 * ferry_nl_socket_get_doit() - tell about one socket
 * @skb: request
 * @info: its attributes
 *
 * Return: 0 or a negative errno.
 */
int ferry_nl_socket_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ferry_nl_view view = {
		.ns = ferry_nl_user_ns(skb),
		.details = nla_get_flag(info->attrs[FERRY_A_SOCKET_DETAILS]),
		.admin = netlink_net_capable(skb, CAP_NET_ADMIN),
	};
	struct sk_buff *msg;
	struct sock *sk;
	int err;

	err = refuse(info->attrs[FERRY_A_SOCKET_FILTER], info->extack);
	if (err)
		return err;
	sk = get_by_cookie(info);
	if (IS_ERR(sk))
		return PTR_ERR(sk);
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	err = msg ? reply_socket(msg, info, sk, &view) : -ENOMEM;
	sock_put(sk);
	if (!err)
		return genlmsg_reply(msg, info);
	nlmsg_free(msg);
	return err;
}

/**
 * ferry_nl_socket_destroy_doit() - end one socket
 * @skb: request of an administrator of the namespace
 * @info: its attributes
 *
 * Return: 0 or a negative errno.
 */
int ferry_nl_socket_destroy_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sock *sk = get_by_cookie(info);
	int err;

	if (IS_ERR(sk))
		return PTR_ERR(sk);
	if (sk->sk_type == SOCK_STREAM)
		err = ferry_stream_abort(sk, ECONNABORTED);
	else
		err = ferry_dgram_abort(sk, ECONNABORTED);
	sock_put(sk);
	return err;
}
