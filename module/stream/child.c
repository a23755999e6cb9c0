// SPDX-License-Identifier: GPL-2.0-only
/* A socket made by a listener: a copy of it in all that options say. */
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat/inet_flags.h"
#include "compat/memcg.h"
#include "ip/ip.h"
#include "stream/internal.h"

#if IS_ENABLED(CONFIG_IPV6)
/* Memberships and the like are the listener's alone; sent options are copied. */
static void own_ipv6(struct sock *child, const struct sock *listener)
{
	struct ipv6_pinfo *np = &((struct ferry_stream6_sock *)child)->inet6;
	struct ipv6_txoptions *opt;

	inet_sk(child)->pinet6 = np;
	np->ipv6_mc_list = NULL;
	np->ipv6_ac_list = NULL;
	ferry_forget_flow_labels(child);
	np->pktoptions = NULL;
	RCU_INIT_POINTER(np->opt, NULL);
	rcu_read_lock();
	opt = rcu_dereference(inet6_sk(listener)->opt);
	if (opt)
		opt = ipv6_dup_options(child, opt);
	rcu_read_unlock();
	RCU_INIT_POINTER(np->opt, opt);
}
#endif

/* What a byte-wise copy of the listener must not share with it */
static void own(struct sock *child, struct sock *listener)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(child);
	struct inet_sock *inet = inet_sk(child);

#if IS_ENABLED(CONFIG_IPV6)
	if (child->sk_family == AF_INET6)
		own_ipv6(child, listener);
#endif
	inet->mc_list = NULL;
	RCU_INIT_POINTER(inet->inet_opt, NULL);
	atomic_set(&inet->inet_id, get_random_u16());
	memset(&ss->fs.hold, 0, sizeof(ss->fs.hold));
	memset(&ss->fs.flow, 0, sizeof(ss->fs.flow));
	child->sk_max_ack_backlog = 0;
	child->sk_ack_backlog = 0;
	child->sk_dst_cache = NULL;
	RCU_INIT_POINTER(child->sk_rx_dst, NULL);
	sk_set_txhash(child);
	ferry_memcg_inherit(child, listener);
	ferry_stream_sock_init(child);
	ss->conn.work = NULL;
	fsp_conn_init(&ss->conn, ss->conn.cc);
}

static int settle(struct sock *child, struct sock *listener, struct ferry_request *req)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(child);
	int err;

	child->sk_bound_dev_if = req->flow.tuple.dev;
	ferry_ip_set_tuple(child, &req->flow.tuple);
	inet_sk(child)->inet_num = ntohs(req->flow.tuple.lport);
	err = ferry_ip_connect(child);
	if (err)
		return err;
	if (!fsp_conn_wake(&ss->conn, ferry_stream_now()))
		return -ENOBUFS;
	ferry_stream_path_init(child);
	fsp_conn_accept(&ss->conn, &req->req, ferry_stream_now());
	err = ferry_port_share(child, listener);
	if (err)
		return err;
	ss->fs.flow.tuple = req->flow.tuple;
	ss->fs.flow.kind = FERRY_FLOW_SOCK;
	return ferry_flow_replace(ferry_stream_flows(req->fn), &req->flow, &ss->fs.flow);
}

/* It ends before anybody accepted it; locked, the caller has a reference. */
void ferry_stream_child_abort(struct sock *child)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(child);

	sock_orphan(child);
	if (child->sk_state == TCP_CLOSE) {
		ferry_stream_destroy(child);
		return;
	}
	fsp_conn_abort(&ss->conn, ferry_stream_now());
	ferry_stream_after(child);
}

struct sock *ferry_stream_child(struct ferry_request *req, struct sock *listener)
{
	struct sock *child = sk_clone_lock(listener, GFP_ATOMIC);

	if (!child)
		return NULL;
	inet_sk_set_state(child, TCP_SYN_RECV);
	own(child, listener);
	if (!settle(child, listener, req))
		return child;

	/* Nobody has seen it, the peer included: no reset. */
	sock_set_flag(child, SOCK_DEAD);
	ferry_stream_done(child);
	ferry_stream_let_go(child);
	return NULL;
}
