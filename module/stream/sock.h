/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stream socket, and how its parts stay out of each other's way.
 *
 * Locking
 *
 * Everything in struct fsp_conn and every call of an fsp_conn_*() function is
 * under the socket lock. Process context takes it by lock_sock(); then packets
 * go to the backlog and are handled by release_sock(). Softirq takes
 * bh_lock_sock_nested() (sk->sk_lock.slock) and may go on only where
 * sock_owned_by_user() says no. Where it says yes:
 *
 *   packets	go to the backlog (bounded: ferry_stream_rcv())
 *   the rest	(timer, room below for more, ICMP) sets a bit in ss->deferred, and
 *		release_cb (ferry_stream_release_cb()) does it when the owner
 *		lets go
 *
 * After whatever was done to the engine, and before the lock is given up,
 * ferry_stream_after() must run, once: it tells the user and rearms the timer.
 * It may close the socket for good, destroy it even where no process holds it:
 * the caller has a reference of its own (a process by its file, softirq by the
 * lookup or the timer).
 *
 * A listener is never locked in softirq. Its requests and its accept queue have
 * a spinlock of their own, ss->listens->lock; a request has one, too. Order:
 * socket lock, request's lock, listener's; and for a socket not yet accepted, the
 * child's slock inside the request's lock (no one else can know the child then).
 *
 * Queues
 *
 * Data to be sent hangs in the engine's queues alone (sk_write_queue stays
 * empty), accounted in sk_wmem_queued and sk_forward_alloc. What the engine
 * delivered is in sk_receive_queue, accounted by skb_set_owner_r(): each
 * sk_buff holds payload only, from ferry_skb_seg(skb)->seq on, skb->len bytes of it;
 * sequence numbers are contiguous but may overlap: the reader starts at
 * ss->copied_seq. End of stream is RCV_SHUTDOWN in sk_shutdown with ss->inq 0.
 */
#ifndef _FERRY_STREAM_SOCK_H
#define _FERRY_STREAM_SOCK_H

#include <linux/hrtimer.h>
#include <linux/timekeeping.h>
#include <net/sock.h>

#include "compat/sockaddr.h"
#include "engine/conn.h"
#include "net.h"

/* Linear room before a segment's payload: every header down to the device's */
#define FERRY_STREAM_HEADROOM	ALIGN(LL_MAX_HEADER + sizeof(struct ipv6hdr) + 64 + \
				      sizeof(struct udphdr) + FSP_HDR_MAX, 32)

/* The same where a control block (tickets, cookies) makes the header longer */
static inline u32 ferry_stream_headroom(const struct fsp_tx *tx)
{
	return FERRY_STREAM_HEADROOM + max_t(u32, tx->hdr_len, FSP_HDR_MAX) - FSP_HDR_MAX;
}

/* ss->deferred: work for release_cb */
enum {
	FERRY_DEFER_TIMER,	/* fsp_conn_timeout() is due */
	FERRY_DEFER_PUSH,	/* there is room below: fsp_conn_resume() */
	FERRY_DEFER_MTU,	/* ss->icmp_mtu was announced */
	FERRY_DEFER_ICMP,	/* ss->icmp_err was */
	FERRY_DEFER_THROTTLED,	/* more was to be sent than there is room below */
	FERRY_DEFER_QUEUED,	/* on a per-CPU list of sockets to push */
};

struct ferry_firstq;
struct writing;

/**
 * struct ferry_listener - what only a listener has
 * @lock: of the rest, softirq safe
 * @queue: children waiting for accept()
 * @requests: half-open connections (struct ferry_request.node)
 * @nr_requests: how many
 * @ticket_at: when it last gave a ticket, s
 * @firstq: with TCP_FASTOPEN; see cookie.c
 */
struct ferry_listener {
	spinlock_t		lock;	/* see above */
	u32			nr_requests;
	struct list_head	queue;
	struct list_head	requests;
	u64			ticket_at;
	struct ferry_firstq __rcu *firstq;
};

/**
 * struct ferry_stream_sock - a stream socket
 * @fs: must be first
 * @conn: the connection; for a listener only @conn.cfg and @conn.cc mean
 *	something: what its children inherit
 * @deferred: bits FERRY_DEFER_*
 * @timer_at: when sk_timer, of the engine's rough timers, was told to run out, ns;
 *	U64_MAX: not armed
 * @push_node: on a per-CPU list of sockets to push: of who has sent something
 * @accept_node: a child's link in its listener's queue: nobody has written to it yet
 * @copied_seq: sequence number of the next byte to read
 * @inq: bytes delivered and not read; changed under the lock, read without
 * @part_readers: how many sleep with less than they want in hand
 * @scaling_ratio: payload bytes per 256 bytes of memory, learned
 * @path_seen: when route and device were last asked, jiffies
 * @linger2: TCP_LINGER2 in seconds; 0: the sysctl; < 0: no FIN_WAIT_2 at all
 * @defer_accept: TCP_DEFER_ACCEPT as it was set (kept only)
 * @notsent_lowat: TCP_NOTSENT_LOWAT
 * @syncnt: TCP_SYNCNT; 0: the sysctl
 * @told_established: the user and FERRY_DIAG_ESTABLISHED's hook were told
 * @path_stale: a packet was too big for the path: look at its room again
 * @no_memory: the protocol, not the buffer, had no memory for a segment
 * @orphan: counted as one
 * @fastopen_connect: TCP_FASTOPEN_CONNECT
 * @fastopen_no_cookie: TCP_FASTOPEN_NO_COOKIE
 * @first_asked: the SYN's COOKIE option awaits what comes of it
 * @first_blocked: no first flight, as the path swallowed the last ones
 * @first_msg: the sendmsg() whose bytes go with the SYN
 * @first_of: a child's listener's, until the handshake is done
 * @listens: of who is, or was, a listener; stays until the end
 */
struct ferry_stream_sock {
	struct ferry_sock	fs;
	struct fsp_conn		conn;

	unsigned long		deferred;
	u64			timer_at;
	union {
		struct list_head	push_node;
		struct list_head	accept_node;
	};

	u32			copied_seq;
	u32			inq;
	u32			path_seen;
	int			linger2;
	int			defer_accept;
	u32			notsent_lowat;
	u16			part_readers;
	u8			scaling_ratio;
	u8			syncnt;
	bool			fastopen_no_cookie;

	/* changed and read under the lock */
	bool			told_established : 1;
	bool			path_stale : 1;
	bool			no_memory : 1;
	bool			orphan : 1;
	bool			cork : 1;	/* TCP_CORK as set, for sockopt.c */
	bool			cc_chosen : 1;	/* TCP_CONGESTION was set */
	bool			cc_routed : 1;	/* the route's choice is used */
	bool			cc_locked : 1;	/* and nobody may change it */
	bool			recvmsg_inq : 1; /* TCP_INQ: tell readers what is left */
	bool			fastopen_connect : 1;
	bool			first_asked : 1;
	bool			first_blocked : 1;

	struct writing		*first_msg;
	struct ferry_firstq	*first_of;
	struct ferry_listener	*listens;
};

/**
 * struct ferry_stream_work - what it has beside that while it is at work; see work.c
 * @work: @sk's conn.work
 * @timer: high resolution, for the engine's precise timers
 * @timer_at: when it was told to run out, ns; U64_MAX: not armed
 * @icmp_mtu: with FERRY_DEFER_MTU
 * @icmp_seq: sequence number in the packet it was about
 * @icmp_err: with FERRY_DEFER_ICMP: errno; the newest error counts
 * @icmp_err_seq: as @icmp_seq, for it
 * @icmp_hard: it is a hard one
 * @sk: whose
 */
struct ferry_stream_work {
	struct fsp_work		work;
	struct hrtimer		timer;
	u64			timer_at;
	u32			icmp_mtu;
	u32			icmp_seq;
	int			icmp_err;
	u32			icmp_err_seq;
	bool			icmp_hard;
	struct sock		*sk;
};

/* struct ipv6_pinfo must be the last member: sk_alloc()'s users look for it there. */
struct ferry_stream6_sock {
	struct ferry_stream_sock	ss;
	struct ipv6_pinfo		inet6;
};

static inline struct ferry_stream_sock *ferry_stream_sk(const struct sock *sk)
{
	return (struct ferry_stream_sock *)sk;
}

static inline struct sock *ferry_conn_sk(const struct fsp_conn *c)
{
	struct ferry_stream_sock *ss = container_of(c, struct ferry_stream_sock, conn);

	return &ss->fs.inet.sk;
}

/* Where fsp_conn_awake() only */
static inline struct ferry_stream_work *ferry_stream_work(const struct ferry_stream_sock *ss)
{
	return container_of(ss->conn.work, struct ferry_stream_work, work);
}

/* The engine's clock, ns */
static inline u64 ferry_stream_now(void)
{
	return ktime_get_ns();
}

/* ---- after.c ---- */

/**
 * ferry_stream_after() - the engine was called: tell the user what happened
 * @sk: locked
 *
 * State, errors and wake-ups go from the engine to the socket; a connection
 * that ended is taken out of the tables (TIME_WAIT goes on without the
 * socket); an orphan that ended is destroyed. Rearms the timer.
 */
void ferry_stream_after(struct sock *sk);

/**
 * ferry_stream_done() - the connection has ended: out of the tables, TCP_CLOSE,
 * wake all. Destroys the socket where no process holds it
 * @sk: locked
 */
void ferry_stream_done(struct sock *sk);

/* sk_write_space: wake writers where a third of the send buffer is free. */
void ferry_stream_write_space(struct sock *sk);

/* Do so if acknowledgments freed room and somebody ran out of it (SOCK_NOSPACE). */
void ferry_stream_check_space(struct sock *sk);

/* ---- timer.c ---- */
void ferry_stream_timer_init(struct sock *sk);
void ferry_stream_timer_arm(struct sock *sk);
/* Return: false where the precise one runs, and waits for the socket lock */
bool ferry_stream_timer_stop(struct sock *sk);
/* sk_timer runs out at @when, and whatever else may be armed for it then */
void ferry_stream_timer_look(struct sock *sk, u64 when);
void ferry_stream_precise_init(struct ferry_stream_work *w);
/* sk_destruct: the memory goes, the timer's too */
void ferry_stream_destruct(struct sock *sk);
/* Send what waits for more to be written. */
void ferry_stream_push(struct sock *sk);
/* Send what room below or memory held back. */
void ferry_stream_resume(struct sock *sk);
/* Deferred from softirq: struct proto's release_cb */
void ferry_stream_release_cb(struct sock *sk);

/* ---- work.c ---- */
/* The connection is over: its timers stop, what it worked with goes. Locked */
void ferry_stream_work_end(struct sock *sk);
int ferry_stream_work_init(void);
void ferry_stream_work_uninit(void);
/* A timer ran out: does the connection idle? Locked, after ferry_stream_after() */
void ferry_stream_look(struct sock *sk);

/* ---- mem.c, rmem.c ---- */

/**
 * ferry_stream_wmem() - is there memory for more to be sent?
 * @sk: locked
 * @bytes: how many are wanted
 *
 * Even where all streams together have used theirs up, each may queue a little:
 * else a socket with nothing queued would be writable for poll() and yet take
 * nothing, and no acknowledgment would ever change that.
 *
 * Return: how many of them may be had now; 0: wait.
 */
u32 ferry_stream_wmem(struct sock *sk, u32 bytes);

/**
 * ferry_stream_alloc_tx() - an empty segment's carrier
 * @sk: locked
 * @gfp: GFP
 *
 * No linear data but FERRY_STREAM_HEADROOM; its truesize is accounted in
 * sk_wmem_queued. Hand it to fsp_conn_queue(), or give it back by
 * ferry_stream_free_tx().
 *
 * Return: the sk_buff, or NULL: wait for memory (sk_stream_wait_memory()).
 */
struct sk_buff *ferry_stream_alloc_tx(struct sock *sk, gfp_t gfp);
void ferry_stream_free_tx(struct sock *sk, struct sk_buff *skb);

/**
 * ferry_stream_charge_tx() - @bytes were added to a carrier's fragments
 * @sk: locked; ferry_stream_wmem() said yes to @bytes before
 * @skb: the carrier: len, data_len and truesize grow, and the accounting
 * @bytes: how many
 *
 * To be followed by fsp_conn_grow() where the carrier is queued.
 */
void ferry_stream_charge_tx(struct sock *sk, struct sk_buff *skb, u32 bytes);

/* Most payload bytes a segment may hold now (a multiple of the MSS, 64 KB at most) */
u32 ferry_stream_seg_goal(const struct sock *sk);

/**
 * ferry_stream_eat() - the reader is through with the first sk_buff of
 * sk_receive_queue
 * @sk: locked
 * @skb: that sk_buff; freed
 */
void ferry_stream_eat(struct sock *sk, struct sk_buff *skb);

/**
 * ferry_stream_read_done() - the reader took bytes: window update, buffer growth
 * @sk: locked; copied_seq and inq say what was taken
 *
 * Includes ferry_stream_after().
 */
void ferry_stream_read_done(struct sock *sk);

/* ---- conf.c: what sysctls and options say, as the engine wants it ---- */
void ferry_stream_config_init(struct sock *sk);
/* Options changed ss->conn.cfg: takes effect now. Includes ferry_stream_after(). */
void ferry_stream_reconfigure(struct sock *sk);

/* ---- connect.c ---- */
int ferry_stream_connect(struct sock *sk, ferry_sockaddr *uaddr, int len);
int ferry_stream_pre_connect(struct sock *sk, ferry_sockaddr *uaddr, int len);
int ferry_stream_disconnect(struct sock *sk, int flags);
u32 ferry_stream_isn(const struct ferry_net *fn, const struct ferry_tuple *tuple);

/* ---- listen.c, accept.c ---- */
int ferry_stream_listen(struct socket *sock, int backlog);
/* ss->listens, made where there is none; NULL: no memory. Locked, may sleep */
struct ferry_listener *ferry_stream_listener(struct sock *sk);
/* May accept() take one? Without the lock, for poll */
static inline bool ferry_stream_acceptable(const struct sock *sk)
{
	return !list_empty_careful(&ferry_stream_sk(sk)->listens->queue);
}

/* ---- close.c ---- */
void ferry_stream_close(struct sock *sk, long timeout);
void ferry_stream_shutdown(struct sock *sk, int how);
void ferry_stream_destroy(struct sock *sk);

/* ---- proto.c ---- */
extern struct proto ferry_stream_prot;
extern struct proto ferry_stream6_prot;
extern const struct proto_ops ferry_stream_ops;
extern const struct proto_ops ferry_stream6_ops;

/*
 * ---- the user-data half, by file ----
 *
 * Members of struct proto (p) and struct proto_ops (o), called as the kernel
 * calls those; sk unlocked.
 */

/* sendmsg.c (p; proto_ops.sendmsg is inet_sendmsg) */
int ferry_stream_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
/* recvmsg.c (p; o is inet_recvmsg); ferry_stream_recvmsg() has the kernel's prototype */
#ifdef FERRY_HAVE_RECVMSG_NOADDRLEN
int ferry_stream_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags);
#else
int ferry_stream_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
			 int *addr_len);
#endif
int ferry_stream_peek_len(struct socket *sock);
int ferry_stream_set_rcvlowat(struct sock *sk, int val);
/* As many bytes of a message as the SYN has room for, into the queue */
void ferry_stream_fill_first(struct writing *w, u32 room);
/* splice.c (o) */
ssize_t ferry_stream_splice_read(struct socket *sock, loff_t *ppos,
				 struct pipe_inode_info *pipe, size_t len,
				 unsigned int flags);
int ferry_stream_read_sock(struct sock *sk, read_descriptor_t *desc,
			   sk_read_actor_t actor);
#ifdef FERRY_HAVE_SENDPAGE
ssize_t ferry_stream_sendpage(struct socket *sock, struct page *page, int offset,
			      size_t size, int flags);
#endif
/* poll.c (o) */
__poll_t ferry_stream_poll(struct file *file, struct socket *sock, struct poll_table_struct *wait);
bool ferry_stream_readable(const struct sock *sk);	/* SO_RCVLOWAT honoured */
bool ferry_stream_memory_free(const struct sock *sk, int wake);	/* (p) NOTSENT_LOWAT */
/* sockopt.c (p); for SOL_IP, SOL_IPV6 as well */
void ferry_stream_keepalive(struct sock *sk, int on);	/* (p) SO_KEEPALIVE; sk locked */
int ferry_stream_setsockopt(struct sock *sk, int level, int name, sockptr_t val,
			    unsigned int len);
int ferry_stream_getsockopt(struct sock *sk, int level, int name, char __user *val,
			    int __user *len);
/* (o) */
int ferry_stream_ops_setsockopt(struct socket *sock, int level, int name, sockptr_t val,
				unsigned int len);
/* ioctl.c (p): SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK */
#ifdef FERRY_HAVE_IOCTL_KARG
int ferry_stream_ioctl(struct sock *sk, int cmd, int *karg);
#else
int ferry_stream_ioctl(struct sock *sk, int cmd, unsigned long arg);
#endif
/* first.c: see internal.h */
bool ferry_stream_deferred(const struct sock *sk);
int ferry_stream_first_send(struct sock *sk, struct msghdr *msg, struct writing *w);
/* cookie.c: TCP_FASTOPEN, TCP_FASTOPEN_KEY */
int ferry_firstq_set_qlen(struct sock *sk, u32 qlen);
u32 ferry_firstq_qlen(const struct sock *sk);
#define FERRY_FIRST_KEY_LEN	16
/* @n keys of that length: the one in use, and the one before it */
int ferry_firstq_set_keys(struct sock *sk, const u8 *keys, unsigned int n);
unsigned int ferry_firstq_get_keys(struct sock *sk, u8 *keys);
/* info.c: TCP_INFO; also for diag.c */
struct tcp_info;
void ferry_stream_tcp_info(struct sock *sk, struct tcp_info *info);

#endif /* _FERRY_STREAM_SOCK_H */
