/* SPDX-License-Identifier: GPL-2.0-only */
/* What the connection half of stream/ shares among its files. */
#ifndef _FERRY_STREAM_INTERNAL_H
#define _FERRY_STREAM_INTERNAL_H

#include <linux/refcount.h>
#include <linux/timer.h>

#include <net/ipv6.h>

#include "engine/request.h"
#include "engine/timewait.h"
#include "compat/memory.h"
#include "stream/sock.h"

struct ferry_icmp;

/**
 * struct ferry_bucket - so many per second and no more
 * @lock: of the rest
 * @since: when the present second began, ns
 * @spent: how many in it
 */
struct ferry_bucket {
	spinlock_t	lock;	/* of the rest */
	u64		since;
	u32		spent;
};

/**
 * struct ferry_stream_net - what stream/ keeps per network namespace
 * @orphans: connections no process holds
 * @lock: of the two below
 * @timewaits: struct ferry_timewait.node
 * @nr_timewaits: how many
 * @resets: limit of resets for packets of no connection
 * @challenges: limit of RFC 5961 challenge ACKs
 */
struct ferry_stream_net {
	atomic_t		orphans;
	spinlock_t		lock;	/* see above */
	struct list_head	timewaits;
	u32			nr_timewaits;
	struct ferry_bucket	resets;
	struct ferry_bucket	challenges;
};

/**
 * struct ferry_request - a half-open connection of a listener
 * @flow: its entry in the table; the key
 * @req: what the SYN told
 * @lock: of @req and @dead; held while the request becomes a socket, so that of
 *	two packets that complete it one does
 * @dead: no longer in the table nor of the listener
 * @listener: lives at least as long as the request is not @dead
 * @node: in the listener's list, under its accept_lock
 * @timer: SYN-ACK again
 * @mark: to answer by
 * @tclass: likewise
 * @rcu: readers of the table may still look at it
 */
struct ferry_request {
	struct ferry_flow	flow;
	struct fsp_request	req;
	spinlock_t		lock;	/* see above */
	bool			dead;
	struct sock		*listener;
	struct ferry_net	*fn;
	struct list_head	node;
	struct timer_list	timer;
	u32			mark;
	u8			tclass;
	struct rcu_head		rcu;
};

/**
 * struct ferry_timewait - a connection that has ended, for 2 MSL
 * @flow: its entry in the table; the key
 * @tw: what the engine remembers
 * @stay: holds the port
 * @fn: namespace
 * @family: sk_family of the socket it was
 * @uid: who owned it
 * @lock: of @tw
 * @node: in ferry_stream_net.timewaits; whoever takes it out frees the entry
 * @timer: the end
 * @length: 2 MSL
 * @mark: to answer by
 * @tclass: likewise
 * @rcu: readers of the table may still look at it
 */
struct ferry_timewait {
	struct ferry_flow	flow;
	struct fsp_timewait	tw;
	struct ferry_port_stay	stay;
	struct ferry_net	*fn;
	u16			family;
	kuid_t			uid;
	spinlock_t		lock;	/* see above */
	struct list_head	node;
	struct timer_list	timer;
	u64			length;
	u32			mark;
	u8			tclass;
	struct rcu_head		rcu;
};

static inline struct ferry_stream_sock *ferry_flow_stream(struct ferry_flow *flow)
{
	return container_of(flow, struct ferry_stream_sock, fs.flow);
}

static inline struct ferry_request *ferry_flow_request(struct ferry_flow *flow)
{
	return container_of(flow, struct ferry_request, flow);
}

static inline struct ferry_timewait *ferry_flow_timewait(struct ferry_flow *flow)
{
	return container_of(flow, struct ferry_timewait, flow);
}

static inline struct ferry_flows *ferry_stream_flows(const struct ferry_net *fn)
{
	return fn->flows[FERRY_STREAM];
}

/* bucket.c */
void ferry_bucket_init(struct ferry_bucket *b);
/* One more in this second, where @limit allows any (0: none) */
bool ferry_bucket_take(struct ferry_bucket *b, int limit);

/**
 * struct ferry_packet - a received packet on its way to its owner
 * @fn: namespace
 * @skb: data at the FSP header
 * @tuple: local end first
 * @rx: parsed header; points into @skb
 * @sdif: see ferry_port_lookup()
 */
struct ferry_packet {
	struct ferry_net		*fn;
	struct sk_buff			*skb;
	const struct ferry_tuple	*tuple;
	struct fsp_rx			rx;
	int				sdif;
};

/* rx.c: parse; false (counted) where it is none of ours */
bool ferry_stream_parse(struct ferry_net *fn, struct sk_buff *skb, struct fsp_rx *rx);
void ferry_stream_rcv(struct ferry_net *fn, struct sk_buff *skb,
		      const struct ferry_tuple *tuple, int sdif);
int ferry_stream_backlog_rcv(struct sock *sk, struct sk_buff *skb);
/* The packet is @sk's, which is locked and not owned by a process. Consumes it. */
void ferry_stream_rx(struct sock *sk, struct sk_buff *skb, struct fsp_rx *rx);
/* What @sk's user or the administrator set up against it: consumed, then */
bool ferry_stream_filtered(struct sock *sk, struct ferry_packet *p);
/* A packet no one wants: count it, answer by a reset where one is due. */
void ferry_stream_refuse(struct ferry_packet *p);
void ferry_stream_drop(struct ferry_net *fn, struct sk_buff *skb, enum ferry_stat why);

/* send.c: packets of no socket */
int ferry_stream_send(struct ferry_net *fn, const struct sock *sk,
		      const struct ferry_tuple *tuple, struct fsp_tx *tx,
		      u32 mark, u8 tclass);
void ferry_stream_send_reset(struct ferry_packet *p);

/* What a peer takes that does not say: RFC 9293 MUST-15 */
static inline u16 ferry_stream_default_mss(const struct ferry_tuple *tuple)
{
	return ipv6_addr_v4mapped(&tuple->raddr) ? FSP_MSS_DEFAULT_V4 : FSP_MSS_DEFAULT_V6;
}

/* request.c */
int ferry_stream_request_init(void);
void ferry_stream_request_uninit(void);
/* A SYN for listener @sk. @old: a TIME_WAIT entry it replaces, or NULL */
void ferry_stream_request_new(struct sock *sk, struct ferry_packet *p,
			      struct ferry_timewait *old);
/* Consumes the packet, or returns false: look the flow up again. */
bool ferry_stream_request_rx(struct ferry_request *req, struct ferry_packet *p);
void ferry_stream_request_icmp(struct ferry_request *req, u32 seq,
			       const struct ferry_icmp *icmp);
/* All of a listener's that closes */
void ferry_stream_request_purge(struct sock *listener);

/* child.c */
/* Make a socket of a request whose lock is held; in the table instead of it. */
struct sock *ferry_stream_child(struct ferry_request *req, struct sock *listener);
void ferry_stream_child_abort(struct sock *child);
/* Unlock and put what ferry_stream_child() returned. */
void ferry_stream_let_go(struct sock *child);

/* accept.c */
/* To the accept queue; false where the listener has closed. */
bool ferry_stream_accept_add(struct sock *listener, struct sock *child);
/* All that wait in it are reset. */
void ferry_stream_accept_purge(struct sock *listener);
void ferry_stream_listen_stop(struct sock *sk);

/* timewait.c */
void ferry_stream_timewait_enter(struct sock *sk);
bool ferry_stream_timewait_rx(struct ferry_timewait *tw, struct ferry_packet *p);
bool ferry_stream_timewait_kill(struct ferry_timewait *tw);
/* Leaves the table alone: the tuple has gone to another */
void ferry_stream_timewait_purge(struct ferry_net *fn);

/* push.c */
int ferry_stream_push_init(void);
void ferry_stream_push_uninit(void);
/* skb->destructor of packets on their way down; see fsp_host_may_send() */
void ferry_stream_wfree(struct sk_buff *skb);

/* rmem.c */
void ferry_stream_rmem_init(struct sock *sk);
u32 ferry_stream_first_window(const struct sock *sk);
/* The largest window the buffer may ever grow to, and the shift that can tell it */
u32 ferry_stream_most_window(const struct sock *sk);
u8 ferry_stream_wscale(const struct sock *sk);

/* path.c */
/* Room and super-packet size as route and device have them now */
void ferry_stream_path_update(struct sock *sk);
/* First of it: before fsp_conn_connect() and fsp_conn_accept() */
void ferry_stream_path_init(struct sock *sk);

/* err.c */
int ferry_stream_err(struct ferry_net *fn, struct sk_buff *skb,
		     const struct ferry_tuple *tuple, const struct ferry_icmp *icmp);
void ferry_stream_mtu_reduced(struct sock *sk);

/* timer.c */
void ferry_stream_timeout(struct sock *sk);

/* proto.c */
int ferry_stream_proto_init(void);
void ferry_stream_proto_uninit(void);
void ferry_stream_sock_init(struct sock *sk);
struct sock *ferry_stream_accept_child(struct sock *sk, int flags, int *err);

#endif /* _FERRY_STREAM_INTERNAL_H */
