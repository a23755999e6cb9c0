// SPDX-License-Identifier: GPL-2.0-only
/*
 * Request and response: each connection sends a message, waits for as long a reply,
 * and so on; beside it bulk streams may fill the same link. And the same with a new
 * connection for every exchange.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../net/lib/ktap.h"
#include "../net/lib/options.h"
#include "bench.h"

#define EVENTS	64

struct peer {
	int fd;
	size_t have;
	uint64_t since;
};

static char *buf;

static int join(int fd)
{
	bench_no_delay(fd);
	return fd;
}

static void send_from(int fd, size_t off)
{
	ssize_t n;

	while (off < bench_opt.size) {
		n = send(fd, buf + off, bench_opt.size - off, MSG_NOSIGNAL);
		if (n < 0)
			FT_DIE("send: %s", strerror(errno));
		off += n;
	}
}

static void send_all(int fd)
{
	send_from(fd, 0);
}

/* Return: 1 a whole message, 0 not yet, -1 the end. */
static int recv_some(struct peer *p)
{
	ssize_t n = recv(p->fd, buf, bench_opt.size - p->have, 0);

	if (n < 0 && errno == ECONNRESET)
		n = 0;
	if (n < 0)
		FT_DIE("recv: %s", strerror(errno));
	if (!n)
		return -1;
	p->have += n;
	if (p->have < bench_opt.size)
		return 0;
	p->have = 0;
	return 1;
}

static void answer_one(struct peer *p)
{
	int got;

	while ((got = recv_some(p)) >= 0)
		if (got)
			send_all(p->fd);
}

static void request(struct peer *p)
{
	p->since = bench_now();
	send_all(p->fd);
}

static void replied(struct peer *p)
{
	if (bench_shared->measuring)
		bench_latency_add(bench_now() - p->since);
	atomic_fetch_add_explicit(&bench_shared->done[BENCH_CLIENT], 1,
				  memory_order_relaxed);
}

static void ask_one(struct peer *p)
{
	int got;

	while (!bench_shared->stop) {
		request(p);
		while (!(got = recv_some(p)))
			;
		if (got < 0)
			FT_DIE("the server has closed");
		replied(p);
	}
}

static void watch(int ep, struct peer *p)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = p };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, p->fd, &ev))
		FT_DIE("epoll_ctl: %s", strerror(errno));
}

static void exchange_many(struct peer *peers, unsigned int n, bool asking)
{
	struct epoll_event events[EVENTS];
	int ep = epoll_create1(0), i, got;
	unsigned int left = n, j;
	struct peer *p;

	for (j = 0; j < n; j++) {
		watch(ep, &peers[j]);
		if (asking)
			request(&peers[j]);
	}
	while (left && !(asking && bench_shared->stop)) {
		got = epoll_wait(ep, events, EVENTS, 1000);
		for (i = 0; i < got; i++) {
			p = events[i].data.ptr;
			switch (recv_some(p)) {
			case -1:
				epoll_ctl(ep, EPOLL_CTL_DEL, p->fd, NULL);
				close(p->fd);
				left--;
				break;
			case 1:
				if (asking) {
					replied(p);
					request(p);
				} else {
					send_all(p->fd);
				}
			}
		}
	}
}

/* The streams that fill the link, in a process of their own at either end */
static pid_t beside(int listener)
{
	unsigned int i, n = bench_opt.bulk;
	int fds[64];
	pid_t pid;

	if (!n || n > 64)
		return 0;
	for (i = 0; i < n; i++)
		fds[i] = listener >= 0 ? bench_accept(listener) :
					 bench_connect(SOCK_STREAM);
	pid = fork();
	if (!pid) {
		bench_opt.size = 64 * 1024;
		bench_pump(fds, n, listener < 0, listener >= 0, BENCH_SERVER);
		_exit(0);
	}
	for (i = 0; i < n; i++)
		close(fds[i]);
	return pid;
}

static void serve(int listener)
{
	unsigned int n = bench_opt.conns, i;
	struct peer *peers = calloc(n, sizeof(*peers));
	pid_t pid = beside(listener);

	buf = bench_buffer(bench_opt.size);
	for (i = 0; i < n; i++)
		peers[i].fd = join(bench_accept(listener));
	if (n == 1)
		answer_one(peers);
	else
		exchange_many(peers, n, false);
	if (pid)
		waitpid(pid, NULL, 0);
}

static void drive(void)
{
	unsigned int n = bench_opt.conns, i;
	struct peer *peers = calloc(n, sizeof(*peers));
	pid_t pid = beside(-1);

	buf = bench_buffer(bench_opt.size);
	for (i = 0; i < n; i++)
		peers[i].fd = join(bench_connect(SOCK_STREAM));
	bench_ready(n);
	if (n == 1)
		ask_one(peers);
	else
		exchange_many(peers, n, true);
	bench_latency_report();
	for (i = 0; i < n; i++)
		close(peers[i].fd);
	if (pid)
		waitpid(pid, NULL, 0);
}

const struct bench_work bench_rr = {
	.name = "rr", .serve = serve, .drive = drive,
	.type = SOCK_STREAM, .unit = "exchange",
};

/* ---- a connection for each ---- */

/* A request of no bytes at all is the last one. */
static void serve_each(int listener)
{
	struct peer p = {};
	int got = 0;

	buf = bench_buffer(bench_opt.size);
	do {
		p = (struct peer){ .fd = join(bench_accept(listener)) };
		while (!(got = recv_some(&p)))
			;
		if (got > 0) {
			send_all(p.fd);
			while (!recv_some(&p))
				;
		}
		close(p.fd);
	} while (!bench_shared->stop || got > 0);
}

/* The request goes with the SYN, from the second visit on. */
static int ask_at_once(void)
{
	int fd = join(bench_socket(SOCK_STREAM));
	ssize_t n = sendto(fd, buf, bench_opt.size, MSG_FASTOPEN | MSG_NOSIGNAL,
			   (struct sockaddr *)&bench_shared->addr, bench_shared->addrlen);

	if (n < 0)
		FT_DIE("sendto with MSG_FASTOPEN: %s", strerror(errno));
	send_from(fd, n);
	return fd;
}

static int open_and_ask(void)
{
	int fd;

	if (bench_opt.fastopen)
		return ask_at_once();
	fd = join(bench_connect(SOCK_STREAM));
	send_all(fd);
	return fd;
}

static void drive_each(void)
{
	struct peer p = {};
	int got;

	buf = bench_buffer(bench_opt.size);
	bench_ready(1);
	while (!bench_shared->stop) {
		p.since = bench_now();
		p.fd = open_and_ask();
		while (!(got = recv_some(&p)))
			;
		if (got < 0)
			FT_DIE("the server has closed");
		close(p.fd);
		replied(&p);
	}
	close(bench_connect(SOCK_STREAM));
	bench_latency_report();
}

const struct bench_work bench_crr = {
	.name = "crr", .serve = serve_each, .drive = drive_each,
	.type = SOCK_STREAM, .unit = "connection",
};
