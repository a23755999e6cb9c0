// SPDX-License-Identifier: GPL-2.0-only
/*
 * Idle connections: made, one small exchange on each, then left alone. What kernel
 * memory has grown by meanwhile is what they pin, both ends together.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../net/lib/ktap.h"
#include "bench.h"

static void exact(ssize_t n)
{
	if (n != (ssize_t)bench_opt.size)
		FT_DIE("exchange: %s", n < 0 ? strerror(errno) : "cut short");
}

static void wait_stop(void)
{
	while (!bench_shared->stop)
		usleep(10000);
}

static void serve(int listener)
{
	char *buf = bench_buffer(bench_opt.size);
	unsigned int i;
	int fd;

	for (i = 0; i < bench_opt.conns; i++) {
		fd = bench_accept(listener);
		exact(recv(fd, buf, bench_opt.size, MSG_WAITALL));
		exact(send(fd, buf, bench_opt.size, MSG_NOSIGNAL));
	}
	wait_stop();
}

static void drive(void)
{
	char *buf = bench_buffer(bench_opt.size);
	unsigned int i;
	int fd;

	bench_wait_go();
	for (i = 0; i < bench_opt.conns; i++) {
		fd = bench_connect(SOCK_STREAM);
		exact(send(fd, buf, bench_opt.size, MSG_NOSIGNAL));
		exact(recv(fd, buf, bench_opt.size, MSG_WAITALL));
	}
	bench_ready(bench_opt.conns);
	wait_stop();
}

const struct bench_work bench_idle = {
	.name = "idle", .serve = serve, .drive = drive,
	.type = SOCK_STREAM, .unit = "connection", .idle = true,
};
