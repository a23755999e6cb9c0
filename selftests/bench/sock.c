// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of whichever rival is measured: all the rest does not know which. */
#include <netinet/tcp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/ferry.h>

#include "../net/lib/ktap.h"
#include "../net/lib/options.h"
#include "bench.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

static const struct bench_rival rivals[] = {
	{ .name = "ferry", .family = AF_FERRY, .protocol = -1 },
	{ .name = "ferry-udp", .family = AF_FERRY, .protocol = -1, .inside_udp = true },
	{ .name = "tcp" },
	{ .name = "udp" },
	{ .name = "mptcp", .protocol = IPPROTO_MPTCP },
	{ .name = "sctp", .protocol = IPPROTO_SCTP },
	{ .name = "unix", .family = AF_UNIX },
};

const struct bench_rival *bench_rival(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++)
		if (!strcmp(rivals[i].name, name))
			return &rivals[i];
	return NULL;
}

static bool local(void)
{
	return bench_opt.rival->family == AF_UNIX;
}

void bench_setopt(int fd, int level, int name, int value)
{
	if (ft_setopt(fd, level, name, value))
		FT_DIE("option %d of level %d: %s", name, level, strerror(errno));
}

int bench_socket(int type)
{
	const struct bench_rival *r = bench_opt.rival;
	int family = r->family ? r->family : ft_opt.ip == 4 ? AF_INET : AF_INET6;
	int fd = socket(family, type, r->protocol < 0 ? ft_opt.ip == 6 : r->protocol);

	if (fd < 0)
		FT_DIE("socket of %s: %s", r->name, strerror(errno));
	if (r->inside_udp)
		bench_setopt(fd, SOL_FERRY, FERRY_UDP_ENCAP, 1);
	if (type == SOCK_STREAM && bench_opt.cong &&
	    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, bench_opt.cong,
		       strlen(bench_opt.cong)))
		FT_DIE("congestion control %s: %s", bench_opt.cong, strerror(errno));
	return fd;
}

/* As every program that answers requests does; not every rival knows it. */
void bench_no_delay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

int bench_bound(int type)
{
	struct bench_shared *s = bench_shared;
	int fd = bench_socket(type), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (local()) {
		s->addr.un.sun_family = AF_UNIX;
		snprintf(s->addr.un.sun_path, sizeof(s->addr.un.sun_path),
			 "/tmp/bench.%d", getpid());
		unlink(s->addr.un.sun_path);
		s->addrlen = sizeof(s->addr.un);
	} else {
		s->addr.in = ft_addr(ft_opt.server, 7000);
		s->addrlen = ft_addrlen(&s->addr.in);
	}
	if (bind(fd, (struct sockaddr *)&s->addr, s->addrlen))
		FT_DIE("bind: %s", strerror(errno));
	if (bench_opt.fastopen)
		bench_setopt(fd, IPPROTO_TCP, TCP_FASTOPEN, 4096);
	if (type == SOCK_STREAM && listen(fd, 4096))
		FT_DIE("listen: %s", strerror(errno));
	return fd;
}

int bench_connect(int type)
{
	int fd = bench_socket(type);

	if (connect(fd, (struct sockaddr *)&bench_shared->addr, bench_shared->addrlen))
		FT_DIE("connect: %s", strerror(errno));
	return fd;
}

int bench_accept(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		FT_DIE("accept: %s", strerror(errno));
	return fd;
}

void *bench_buffer(size_t len)
{
	void *buf = aligned_alloc(4096, (len + 4095) & ~(size_t)4095);

	if (!buf)
		FT_DIE("no memory");
	memset(buf, 'f', len);
	return buf;
}

void bench_ready(unsigned int n)
{
	atomic_fetch_add(&bench_shared->ready, n);
}

void bench_wait_go(void)
{
	while (!bench_shared->go && !bench_shared->stop)
		usleep(1000);
}
