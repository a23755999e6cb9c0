/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench.h - one measurement of one transport.
 *
 * Three processes: the conductor keeps the time and reads the counters, a server
 * and a client do the work in their namespaces. They share struct bench_shared.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../net/lib/net.h"

/* What one is measured against the other */
struct bench_rival {
	const char *name;
	int family;		/* of the socket; 0: AF_INET or AF_INET6 by the version */
	int protocol;		/* -1: Ferry's numbering of the versions of IP */
	bool inside_udp;
};

const struct bench_rival *bench_rival(const char *name);

struct bench_options {
	const struct bench_rival *rival;
	const struct bench_work *work;
	const char *cong;	/* TCP_CONGESTION, or NULL */
	unsigned int conns;
	size_t size;		/* of a write, a message, a request and its reply */
	unsigned int segment;	/* of each datagram cut from a write; 0: none is cut */
	double seconds, warmup;
	bool two_way, verify, sendfile, zerocopy, fastopen, pin;
	unsigned int bulk;	/* streams that fill the link beside the work */
};

extern struct bench_options bench_opt;

/* Of the bytes or messages counted, by who received them */
enum { BENCH_SERVER, BENCH_CLIENT, BENCH_SIDES };

struct bench_shared {
	union {
		union ft_addr in;
		struct sockaddr_un un;
	} addr;
	socklen_t addrlen;
	atomic_ullong done[BENCH_SIDES];	/* bytes, messages or exchanges */
	atomic_ullong sent;		/* messages, where some get lost */
	atomic_uint ready;		/* connections set up */
	atomic_bool go, measuring, stop;
	uint64_t p50, p99, p999, samples;	/* the client's latencies */
};

extern struct bench_shared *bench_shared;

/**
 * struct bench_work - a kind of work
 * @serve: with a socket that is bound (and listens, for streams), until all is over
 * @drive: the client's side, until bench_shared->stop
 * @type: of socket
 * @unit: what is counted
 * @idle: the connections are made and left alone: their memory is the result
 */
struct bench_work {
	const char *name;
	void (*serve)(int fd);
	void (*drive)(void);
	int type;
	const char *unit;
	bool idle;
};

extern const struct bench_work bench_bulk, bench_rr, bench_crr, bench_idle,
	bench_dgram, bench_super;

/* sock.c: sockets of the rival under test */
int bench_socket(int type);
void bench_setopt(int fd, int level, int name, int value);
int bench_bound(int type);
int bench_connect(int type);
int bench_accept(int fd);
void bench_no_delay(int fd);
void *bench_buffer(size_t len);
/* Tell the conductor of one more connection, and wait for his word to begin */
void bench_ready(unsigned int n);
void bench_wait_go(void);

/* stream.c */
/* @n connections carry bytes: this side sends, receives, or both */
void bench_pump(const int *fds, unsigned int n, bool tx, bool rx, int side);

/* usage.c: what the whole guest uses up */
struct bench_usage {
	uint64_t wall_ns, cpu_ns;
	uint64_t slab, unreclaimable, vmalloc, free;	/* bytes */
};

void bench_usage(struct bench_usage *u);
/* The same, once memory that was freed has really gone */
void bench_usage_settled(struct bench_usage *u);
uint64_t bench_now(void);

/* latency.c */
void bench_latency_add(uint64_t ns);
void bench_latency_report(void);

#endif
