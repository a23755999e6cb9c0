/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be said about a socket, and about what happens to it, without
 * knowing who asks. The transports fill it in and report events; netlink/,
 * above them, turns both into messages.
 */
#ifndef _FERRY_DIAG_H
#define _FERRY_DIAG_H

#include <linux/in6.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "port/flow.h"
#include "sysctl.h"

struct sock;

enum ferry_diag_timer {
	FERRY_DIAG_TIMER_NONE,
	FERRY_DIAG_TIMER_RETRANSMIT,
	FERRY_DIAG_TIMER_PROBE,
	FERRY_DIAG_TIMER_KEEPALIVE,
	FERRY_DIAG_TIMER_DELACK,
	FERRY_DIAG_TIMER_TIMEWAIT,
	FERRY_DIAG_TIMER_LINGER,
};

/**
 * struct ferry_stream_info - a connection in depth. Times in microseconds,
 * segments where not said to be bytes; what the engine does not know stays 0
 */
struct ferry_stream_info {
	char	cc[FERRY_CC_NAME_MAX];
	u8	ca_state;		/* as TCP_CA_*: open, disorder, cwr, recovery, loss */
	u8	snd_wscale;
	u8	rcv_wscale;
	u8	backoff;		/* timeouts in a row */
	u32	snd_mss;		/* bytes */
	u32	rcv_mss;		/* bytes */
	u32	adv_mss;		/* bytes, announced to the peer */
	u32	pmtu;			/* bytes */
	u8	pmtu_state;		/* enum fsp_pmtu_state */
	u32	rtt;			/* smoothed */
	u32	rttvar;
	u32	min_rtt;
	u32	rto;
	u32	ato;
	u32	cwnd;
	u32	ssthresh;
	u32	snd_wnd;		/* bytes */
	u32	rcv_wnd;		/* bytes */
	u32	unacked;
	u32	sacked;
	u32	lost;
	u32	retrans;		/* in flight now */
	u32	reordering;
	u32	notsent;		/* bytes */
	u32	ofo;			/* segments queued out of order */
	u32	last_snd_ms;		/* ago */
	u32	last_rcv_ms;		/* ago */
	u64	bytes_sent;
	u64	bytes_acked;
	u64	bytes_received;
	u64	bytes_retrans;
	u64	segs_out;
	u64	segs_in;
	u64	segs_retrans;
	u64	segs_lost;
	u64	segs_spurious;		/* retransmitted for nothing */
	u64	segs_dup;		/* received twice */
	u64	delivery_rate;		/* bytes per second */
	u64	pacing_rate;		/* bytes per second */
};

/**
 * struct ferry_sock_info - one socket, half-open request or TIME_WAIT entry
 * @transport: stream or datagram
 * @family: AF_INET or AF_INET6, what sk_family says
 * @state: TCP_ESTABLISHED ...; a request is TCP_SYN_RECV
 * @tuple: addresses (IPv4 as v4-mapped), ports, device it is bound to
 * @uid: owner
 * @inode: of the socket's file; 0 for an orphan, a request, TIME_WAIT
 * @cookie: as SO_COOKIE; 0 where there is no socket
 * @mark: SO_MARK
 * @v6only: IPV6_V6ONLY
 * @orphan: no process holds it
 * @reuse: SO_REUSEADDR
 * @reuseport: SO_REUSEPORT
 * @rqueue: bytes to be read; of a listener connections to be accepted
 * @wqueue: bytes not acknowledged, or not sent; of a listener its backlog
 * @rmem: memory received data takes, bytes
 * @wmem: memory data to be sent takes, bytes
 * @rcvbuf: bound of @rmem
 * @sndbuf: bound of @wmem
 * @backlog: bytes waiting for the socket's lock
 * @drops: packets dropped at this socket
 * @timer: the timer that runs out first
 * @timer_ms: when
 * @timer_count: how often it has run out
 * @has_stream: @stream is filled in
 * @stream: the connection
 */
struct ferry_sock_info {
	enum ferry_transport		transport;
	u16				family;
	u8				state;
	struct ferry_tuple		tuple;
	kuid_t				uid;
	u64				inode;
	u64				cookie;
	u32				mark;
	bool				v6only;
	bool				orphan;
	bool				reuse;
	bool				reuseport;
	u32				rqueue;
	u32				wqueue;
	u32				rmem;
	u32				wmem;
	u32				rcvbuf;
	u32				sndbuf;
	u32				backlog;
	u32				drops;
	enum ferry_diag_timer		timer;
	u32				timer_ms;
	u32				timer_count;
	bool				has_stream;
	struct ferry_stream_info	stream;
};

/**
 * ferry_diag_sock() - fill in what struct sock and inet_sock know; the rest is
 * zeroed. For the transports' functions below to start with
 * @sk: not locked, under rcu_read_lock() or referenced. Values read may be of
 *	slightly different moments
 * @info: filled in. rqueue and wqueue are rmem's and wmem's allocation, for a
 *	transport to correct
 */
void ferry_diag_sock(struct sock *sk, struct ferry_sock_info *info);

/*
 * To be filled in by the transports (stream/diag.c, dgram/diag.c), for a socket
 * that need not be locked (rcu_read_lock() or a reference; softirq or process):
 * every field is read once and without trust in the others.
 */
void ferry_stream_diag(struct sock *sk, struct ferry_sock_info *info);
void ferry_dgram_diag(struct sock *sk, struct ferry_sock_info *info);

/* The same for an entry of FERRY_FLOW_REQUEST or FERRY_FLOW_TIMEWAIT; RCU. */
void ferry_stream_diag_flow(struct ferry_flow *flow, struct ferry_sock_info *info);

/**
 * ferry_stream_abort() - end a connection or listener by an administrator's
 * wish: the peer is sent a reset, the owner sees @err
 * @sk: referenced, not locked; locked here. Process context
 * @err: a positive errno, ECONNABORTED
 *
 * Return: 0, or a negative errno.
 */
int ferry_stream_abort(struct sock *sk, int err);

/* Likewise: disconnects, gives the port up, wakes all with @err. */
int ferry_dgram_abort(struct sock *sk, int err);

/* ---- events ---- */

/**
 * enum ferry_diag_event - what happens to a socket
 * @FERRY_DIAG_NEW: listen(), connect() that sent a SYN, a datagram socket that
 *	got its port
 * @FERRY_DIAG_ESTABLISHED: a connection came to be, either side; a datagram
 *	socket got its peer
 * @FERRY_DIAG_CLOSED: a stream went to TCP_CLOSE, a datagram socket was closed.
 *	Addresses and ports must still be set
 */
enum ferry_diag_event {
	FERRY_DIAG_NEW,
	FERRY_DIAG_ESTABLISHED,
	FERRY_DIAG_CLOSED,
};

/**
 * struct ferry_diag_hook - who is told of events
 * @event: called under rcu_read_lock(), may not sleep
 */
struct ferry_diag_hook {
	void	(*event)(struct sock *sk, enum ferry_diag_event event);
};

/**
 * ferry_diag_notify() - report an event; any context but hard interrupt
 * @sk: the socket, locked or not to be changed by others
 * @event: what happened to it
 */
void ferry_diag_notify(struct sock *sk, enum ferry_diag_event event);

/**
 * ferry_diag_set_hook() - choose who is told; process context
 * @hook: NULL for nobody: after it returns the former one is called no more
 */
void ferry_diag_set_hook(const struct ferry_diag_hook *hook);

#endif /* _FERRY_DIAG_H */
