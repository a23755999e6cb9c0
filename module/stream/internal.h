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
struct ferry_ip_way;

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

#define FERRY_COOKIE_LEN	8	/* of ours; a peer's may be longer */
#define FERRY_COOKIE_BUCKETS	256
#define FERRY_REPLAYS		4096

/**
 * struct ferry_firstq - a listener's TCP_FASTOPEN; shared with its children
 * @ref: one of the listener, one of each child between payload and handshake
 * @lock: of the rest
 * @qlen: bound of those children
 * @pending: how many there are
 * @resets: how many ended by RST in this minute and the last
 * @minute: when this one began, jiffies
 * @nr_keys: TCP_FASTOPEN_KEY was set: so many
 * @keys: the one in use, and the one before it
 * @rcu: readers may still look at it
 */
struct ferry_firstq {
	refcount_t		ref;
	spinlock_t		lock;	/* see above */
	u32			qlen;
	u32			pending;
	u32			resets[2];
	unsigned long		minute;
	u8			nr_keys;
	siphash_key_t		keys[2];
	struct rcu_head		rcu;
};

/**
 * struct ferry_stream_net - what stream/ keeps per network namespace
 * @orphans: connections no process holds
 * @lock: of the two below
 * @timewaits: struct ferry_timewait.node
 * @nr_timewaits: how many
 * @resets: limit of resets for packets of no connection
 * @challenges: limit of RFC 5961 challenge ACKs
 * @requests: half-open connections of all listeners
 * @key_lock: of @keys, @nr_keys and @keys_since
 * @keys: of first-flight cookies: the present and the previous one
 * @nr_keys: how many there are
 * @keys_since: when the present one was made, s
 * @secret: of tickets and the replay table
 * @replays: first flights delivered lately, by hash; see cookie.c
 * @cookie_lock: of the three below
 * @cookies: servers' cookies by address; see cache.c
 * @cookie_lru: the same, longest unused first
 * @nr_cookies: how many
 */
struct ferry_stream_net {
	atomic_t		orphans;
	spinlock_t		lock;	/* see above */
	struct list_head	timewaits;
	u32			nr_timewaits;
	struct ferry_bucket	resets;
	struct ferry_bucket	challenges;
	atomic_t		requests;

	spinlock_t		key_lock;	/* see above */
	siphash_key_t		keys[2];
	u8			nr_keys;
	u64			keys_since;
	siphash_key_t		secret;
	atomic64_t		*replays;

	spinlock_t		cookie_lock;	/* see above */
	struct hlist_head	cookies[FERRY_COOKIE_BUCKETS];
	struct list_head	cookie_lru;
	u32			nr_cookies;
};

/**
 * struct ferry_request - a half-open connection of a listener
 * @flow: its entry in the table; the key
 * @req: what the SYN told
 * @lock: of @req and @dead; held while the request becomes a socket, so that of
 *	two packets that complete it one does
 * @dead: no longer in the table nor of the listener
 * @listener: lives at least as long as the request is not @dead
 * @node: in the listener's list, under its lock
 * @timer: SYN-ACK again
 * @mark: to answer by
 * @tclass: likewise
 * @cookie_len: of @cookie, 0 for none
 * @cookie: for the client's next first flight
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
	u8			cookie_len;
	u8			cookie[FERRY_COOKIE_LEN];
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
 * @since: when it began to wait, or began again, jiffies
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
	unsigned long		since;
	u64			length;
	u32			mark;
	u8			tclass;
	struct rcu_head		rcu;
};

/* As told to users, to whom 0 says that there is none yet: rounded up */
static inline u32 ferry_stream_usecs(u64 ns)
{
	return min_t(u64, div_u64(ns + NSEC_PER_USEC - 1, NSEC_PER_USEC), U32_MAX);
}

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
 * @rx: parsed header, see ferry_stream_parsed(); points into @skb
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
/* Parse what was not parsed before; consumes it (counted) where it is none of ours */
bool ferry_stream_parsed(struct ferry_packet *p);
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
		      u32 mark, u8 tclass, struct ferry_ip_way *way);
void ferry_stream_send_reset(struct ferry_packet *p);

/* What a peer takes that does not say: RFC 9293 MUST-15 */
static inline u16 ferry_stream_default_mss(const struct ferry_tuple *tuple)
{
	return ipv6_addr_v4mapped(&tuple->raddr) ? FSP_MSS_DEFAULT_V4 : FSP_MSS_DEFAULT_V6;
}

/* request.c */
int ferry_stream_request_init(void);
void ferry_stream_request_uninit(void);
/*
 * A SYN for listener @sk. @old: a TIME_WAIT entry it replaces, or NULL. Consumes
 * the packet.
 */
void ferry_stream_request_new(struct sock *sk, struct ferry_packet *p,
			      struct ferry_timewait *old);
/* An ACK for listener @sk: consumed where it holds a good ticket, else false */
bool ferry_stream_request_ticket(struct sock *sk, struct ferry_packet *p);
/* Consumes the packet, or returns false: look the flow up again. */
bool ferry_stream_request_rx(struct ferry_request *req, struct ferry_packet *p);
void ferry_stream_request_icmp(struct ferry_request *req, u32 seq,
			       const struct ferry_icmp *icmp);
/* All of a listener's that closes */
void ferry_stream_request_purge(struct sock *listener);

/* cookie.c: what a server gives out, and knows again */
struct ferry_firstq *ferry_firstq_get(struct sock *sk);
void ferry_firstq_put(struct ferry_firstq *fq);
/* One more between payload and handshake? */
bool ferry_firstq_enter(struct ferry_firstq *fq);
void ferry_firstq_leave(struct ferry_firstq *fq, bool reset);
/* The client's cookie, FERRY_COOKIE_LEN bytes. @fq: may be NULL */
void ferry_cookie_make(struct ferry_net *fn, struct ferry_firstq *fq,
		       const struct ferry_tuple *tuple, u8 *cookie);
enum ferry_cookie_verdict {
	FERRY_COOKIE_BAD,
	FERRY_COOKIE_GOOD,
	FERRY_COOKIE_AGED,	/* by the previous key: good, but time for another */
};

enum ferry_cookie_verdict ferry_cookie_check(struct ferry_net *fn, struct ferry_firstq *fq,
					     const struct ferry_packet *p);
/* Was this very SYN's payload delivered lately? Notes that it is now. */
bool ferry_cookie_replayed(const struct ferry_packet *p);
#define FERRY_TICKET_LEN	(FSP_TICKET_BODY + 8)
void ferry_ticket_make(struct ferry_net *fn, const struct ferry_tuple *tuple,
		       const struct fsp_request *req, u8 *ticket);
bool ferry_ticket_open(const struct ferry_packet *p, struct fsp_request *req,
		       u32 rcv_wnd, u16 opt_mss);
bool ferry_ticket_fresh(const struct sock *sk);
void ferry_cookie_net_init(struct ferry_stream_net *sn);
void ferry_cookie_net_uninit(struct ferry_stream_net *sn);

/**
 * struct ferry_server - what a client remembers of a server
 * @mss: it announced
 * @blocked: the path swallows SYNs with payload
 * @cookie_len: 0: none
 * @cookie: to be shown
 */
struct ferry_server {
	u16	mss;
	bool	blocked;
	u8	cookie_len;
	u8	cookie[FSP_COOKIE_MAX];
};

/* cache.c: what a client was given */
bool ferry_cache_find(struct ferry_net *fn, const struct ferry_tuple *tuple,
		      struct ferry_server *server);
/* @cookie: a new one, or NULL. @lost: a SYN got lost with what it carried */
void ferry_cache_learn(struct ferry_net *fn, const struct ferry_tuple *tuple, u16 mss,
		       const u8 *cookie, u8 len, bool lost);
void ferry_cache_flush(struct ferry_stream_net *sn);

/* first.c: data in a SYN */
/**
 * struct ferry_first - what a listener makes of a SYN with or for a cookie
 * @fq: to be left and put where @take, else NULL
 * @take: its payload may be delivered
 * @cookie_len: a cookie to give, 0 for none
 * @cookie: it
 */
struct ferry_first {
	struct ferry_firstq	*fq;
	bool			take;
	u8			cookie_len;
	u8			cookie[FERRY_COOKIE_LEN];
};

void ferry_stream_first_judge(struct sock *listener, struct ferry_packet *p, bool may_take,
			      struct ferry_first *first);
/* The child, locked, gets its first payload; consumes the packet and @first. */
void ferry_stream_first_child(struct sock *child, struct sock *listener,
			      struct ferry_packet *p, struct ferry_first *first);
void ferry_stream_first_give_up(struct ferry_first *first);
/* connect(): send the SYN, with what is to go with it, or put it off */
void ferry_stream_first_syn(struct sock *sk, bool may_defer);
/* The handshake is over, one way or another. */
void ferry_stream_first_over(struct sock *sk);

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

/**
 * struct ferry_stream_taking - a connect() that may take an entry's tuple
 * @reuse: for ferry_port_connect()
 * @tw: what the entry knew
 * @taken: it was
 */
struct ferry_stream_taking {
	struct ferry_port_reuse	reuse;
	struct fsp_timewait	tw;
	bool			taken;
};

/* Return: @taking->reuse, or NULL where the namespace has it off (stream_tw_reuse) */
const struct ferry_port_reuse *ferry_stream_timewait_reuse(struct sock *sk,
							   struct ferry_stream_taking *taking);
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
void ferry_stream_path_wanted(struct sock *sk);
/* Does its route end on this host? Locked */
bool ferry_stream_own_host(struct sock *sk);
/* The path MTU as the connection uses it, IP's header included; 0: not known */
static inline u32 ferry_stream_pmtu(const struct fsp_conn *c)
{
	u32 size, room = READ_ONCE(c->mss_room);

	rcu_read_lock();
	size = READ_ONCE(READ_ONCE(c->work)->pmtu.size);
	rcu_read_unlock();
	if (size && size < room)
		room = size;
	return room ? room + READ_ONCE(c->pmtu_below) : 0;
}

/* peer.c: inside UDP */
void ferry_stream_peer_seen(struct sock *sk, __be16 from, const struct fsp_rx *rx);
bool ferry_stream_way_fits(const struct sock *sk, struct ferry_packet *p);
bool ferry_stream_request_fits(const struct ferry_request *req, struct ferry_packet *p);

/* err.c */
int ferry_stream_err(struct ferry_net *fn, struct sk_buff *skb,
		     const struct ferry_tuple *tuple, const struct ferry_icmp *icmp);
void ferry_stream_mtu_reduced(struct sock *sk);
void ferry_stream_icmp_deferred(struct sock *sk);

/* timer.c */
void ferry_stream_timeout(struct sock *sk);

/* proto.c */
int ferry_stream_proto_init(void);
void ferry_stream_proto_uninit(void);
void ferry_stream_sock_init(struct sock *sk);
struct sock *ferry_stream_accept_child(struct sock *sk, int flags, int *err);

#endif /* _FERRY_STREAM_INTERNAL_H */
