// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams: sent as fast as they can be; those that are received count. One with
 * each call, or many that the kernel cuts from one write and brings in one read
 * (UDP_SEGMENT, UDP_GRO).
 */
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/time.h>

#include "../net/lib/ktap.h"
#include "bench.h"

static void receive(int fd, bool bytes)
{
	struct timeval tv = { .tv_usec = 200000 };
	char *buf = bench_buffer(65536);
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	while (true) {
		n = recv(fd, buf, 65536, 0);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			FT_DIE("recv: %s", strerror(errno));
		if (n < 0 && bench_shared->stop)
			break;
		if (n >= 0)
			atomic_fetch_add_explicit(&bench_shared->done[BENCH_SERVER],
						  bytes ? n : 1, memory_order_relaxed);
	}
}

static void send_on(int fd, bool bytes)
{
	char *buf = bench_buffer(bench_opt.size);

	bench_ready(1);
	while (!bench_shared->stop) {
		if (send(fd, buf, bench_opt.size, 0) < 0 && errno != ENOBUFS)
			FT_DIE("send: %s", strerror(errno));
		atomic_fetch_add_explicit(&bench_shared->sent,
					  bytes ? bench_opt.size : 1, memory_order_relaxed);
	}
}

static void serve(int fd)
{
	receive(fd, false);
}

static void drive(void)
{
	send_on(bench_connect(SOCK_DGRAM), false);
}

const struct bench_work bench_dgram = {
	.name = "dgram", .serve = serve, .drive = drive,
	.type = SOCK_DGRAM, .unit = "datagram",
};

static void serve_super(int fd)
{
	bench_setopt(fd, IPPROTO_UDP, UDP_GRO, 1);
	receive(fd, true);
}

static void drive_super(void)
{
	int fd = bench_connect(SOCK_DGRAM);

	bench_setopt(fd, IPPROTO_UDP, UDP_SEGMENT, bench_opt.segment);
	send_on(fd, true);
}

const struct bench_work bench_super = {
	.name = "super", .serve = serve_super, .drive = drive_super,
	.type = SOCK_DGRAM, .unit = "byte",
};
