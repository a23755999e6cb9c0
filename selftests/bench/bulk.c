// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bulk: as many bytes as go through, on one connection or many.
 *
 * One connection one way is written and read by blocking calls, as most programs
 * do; everything else by epoll, a few calls for each connection that is ready.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <linux/ferry.h>
#include "../net/lib/ktap.h"
#include "../net/lib/options.h"
#include "../net/lib/payload.h"
#include "bench.h"

#define READ_SIZE	(256 * 1024)
#define TURNS		16	/* calls per connection before the next one's turn */
#define EVENTS		64

struct flow {
	int fd;
	bool tx, rx;
	uint64_t tx_off, rx_off;
};

static char *tx_buf, *rx_buf;
static int file = -1;

static void prepare(void)
{
	tx_buf = bench_buffer(bench_opt.size);
	rx_buf = bench_buffer(READ_SIZE);
	if (!bench_opt.sendfile)
		return;
	file = memfd_create("bench", 0);
	if (file < 0 || write(file, tx_buf, bench_opt.size) != (ssize_t)bench_opt.size)
		FT_DIE("file to send: %s", strerror(errno));
}

/* The family's own option is for kernels that refuse it the common one. */
static void allow_zerocopy(int fd)
{
	int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)) &&
	    setsockopt(fd, SOL_FERRY, FERRY_ZEROCOPY, &one, sizeof(one)))
		FT_DIE("zero-copy: %s", strerror(errno));
}

/* Notifications are read as they come. What is full of them takes no more for now. */
static ssize_t put_pages(struct flow *f)
{
	ssize_t n = send(f->fd, tx_buf, bench_opt.size, MSG_NOSIGNAL | MSG_ZEROCOPY);
	int err = errno;
	struct msghdr msg;

	do {
		msg = (struct msghdr){};
	} while (!recvmsg(f->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT));
	errno = err == ENOBUFS ? EAGAIN : err;
	return n;
}

static ssize_t put(struct flow *f)
{
	off_t start = 0;

	if (bench_opt.sendfile)
		return sendfile(f->fd, file, &start, bench_opt.size);
	if (bench_opt.zerocopy)
		return put_pages(f);
	if (bench_opt.verify)
		ft_fill(ft_opt.seed, f->tx_off, tx_buf, bench_opt.size);
	return send(f->fd, tx_buf, bench_opt.size, MSG_NOSIGNAL);
}

/* Return: false where the socket takes no more for now, or for good. */
static bool write_some(struct flow *f)
{
	ssize_t n;

	if (bench_shared->stop) {
		shutdown(f->fd, SHUT_WR);
		f->tx = false;
		return false;
	}
	n = put(f);
	if (n < 0 && errno != EAGAIN)
		FT_DIE("send: %s", strerror(errno));
	if (n > 0)
		f->tx_off += n;
	return n > 0;
}

static bool read_some(struct flow *f, int side)
{
	ssize_t n = recv(f->fd, rx_buf, READ_SIZE, 0);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n < 0)
		FT_DIE("recv: %s", strerror(errno));
	if (!n) {
		f->rx = false;
		return false;
	}
	if (bench_opt.verify && ft_check(ft_opt.seed, f->rx_off, rx_buf, n) >= 0)
		FT_DIE("wrong byte after %llu", (unsigned long long)f->rx_off);
	f->rx_off += n;
	atomic_fetch_add_explicit(&bench_shared->done[side], n, memory_order_relaxed);
	return true;
}

static void pump_one(struct flow *f, int side)
{
	while (f->tx)
		write_some(f);
	while (f->rx)
		read_some(f, side);
}

static void watch(int ep, int op, struct flow *f)
{
	struct epoll_event ev = {
		.events = (f->tx ? EPOLLOUT : 0) | (f->rx ? EPOLLIN : 0),
		.data.ptr = f,
	};

	if (epoll_ctl(ep, op, f->fd, &ev))
		FT_DIE("epoll_ctl: %s", strerror(errno));
}

/* Return: whether the connection is done with. */
static bool serve_event(int ep, const struct epoll_event *ev, int side)
{
	struct flow *f = ev->data.ptr;
	bool tx = f->tx, rx = f->rx;
	int i;

	for (i = 0; f->rx && ev->events & (EPOLLIN | EPOLLHUP) && i < TURNS; i++)
		if (!read_some(f, side))
			break;
	for (i = 0; f->tx && ev->events & EPOLLOUT && i < TURNS; i++)
		if (!write_some(f))
			break;
	if (tx != f->tx || rx != f->rx)
		watch(ep, f->tx || f->rx ? EPOLL_CTL_MOD : EPOLL_CTL_DEL, f);
	return !f->tx && !f->rx;
}

static void pump_many(struct flow *flows, unsigned int n, int side)
{
	struct epoll_event events[EVENTS];
	int ep = epoll_create1(0), i, got;
	unsigned int left = n, j;

	for (j = 0; j < n; j++) {
		ft_nonblock(flows[j].fd);
		watch(ep, EPOLL_CTL_ADD, &flows[j]);
	}
	while (left) {
		got = epoll_wait(ep, events, EVENTS, -1);
		for (i = 0; i < got; i++)
			left -= serve_event(ep, &events[i], side);
	}
	close(ep);
}

void bench_pump(const int *fds, unsigned int n, bool tx, bool rx, int side)
{
	struct flow *flows = calloc(n, sizeof(*flows));
	unsigned int i;

	prepare();
	for (i = 0; i < n; i++) {
		flows[i] = (struct flow){ .fd = fds[i], .tx = tx, .rx = rx };
		if (tx && bench_opt.zerocopy)
			allow_zerocopy(fds[i]);
	}
	if (n == 1 && tx != rx)
		pump_one(flows, side);
	else
		pump_many(flows, n, side);
	free(flows);
}

static void serve(int listener)
{
	int *fds = calloc(bench_opt.conns, sizeof(*fds));
	unsigned int i;

	for (i = 0; i < bench_opt.conns; i++)
		fds[i] = bench_accept(listener);
	bench_pump(fds, bench_opt.conns, bench_opt.two_way, true, BENCH_SERVER);
}

static void drive(void)
{
	int *fds = calloc(bench_opt.conns, sizeof(*fds));
	unsigned int i;

	for (i = 0; i < bench_opt.conns; i++)
		fds[i] = bench_connect(SOCK_STREAM);
	bench_ready(bench_opt.conns);
	bench_pump(fds, bench_opt.conns, true, bench_opt.two_way, BENCH_CLIENT);
}

const struct bench_work bench_bulk = {
	.name = "bulk", .serve = serve, .drive = drive,
	.type = SOCK_STREAM, .unit = "byte",
};
