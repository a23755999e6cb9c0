// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams: sent as fast as they can be; those that are received count. */
#include <errno.h>
#include <string.h>
#include <sys/time.h>

#include "../net/lib/ktap.h"
#include "bench.h"

static void serve(int fd)
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
			atomic_fetch_add_explicit(&bench_shared->done[BENCH_SERVER], 1,
						  memory_order_relaxed);
	}
}

static void drive(void)
{
	char *buf = bench_buffer(bench_opt.size);
	int fd = bench_connect(SOCK_DGRAM);

	bench_ready(1);
	while (!bench_shared->stop) {
		if (send(fd, buf, bench_opt.size, 0) < 0 && errno != ENOBUFS)
			FT_DIE("send: %s", strerror(errno));
		atomic_fetch_add_explicit(&bench_shared->sent, 1, memory_order_relaxed);
	}
}

const struct bench_work bench_dgram = {
	.name = "dgram", .serve = serve, .drive = drive,
	.type = SOCK_DGRAM, .unit = "datagram",
};
