// SPDX-License-Identifier: GPL-2.0-only
/*
 * first_visit - how long until the first byte of an answer?
 *
 *	first_visit serve ADDRESS PORT		answer each request, for ever
 *	first_visit plain ADDRESS PORT		connect(), then the request
 *	first_visit fast ADDRESS PORT		the request with MSG_FASTOPEN
 *
 * A visit prints microseconds from connect() to the first byte of the answer.
 */
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#define REQUEST	"GET /"

static void serve(union ft_addr *addr)
{
	int listener = ft_bound(SOCK_STREAM, addr), fd;
	char buf[64];

	if (ft_setopt(listener, IPPROTO_TCP, TCP_FASTOPEN, 16) || listen(listener, 16))
		FT_DIE("listen: %s", strerror(errno));
	for (;;) {
		fd = ft_accept(listener, NULL);
		if (fd < 0)
			continue;
		if (recv(fd, buf, sizeof(buf), 0) > 0)
			send(fd, "answer", 6, MSG_NOSIGNAL);
		close(fd);
	}
}

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static void visit(const union ft_addr *addr, bool fast)
{
	int fd = ft_socket(addr->sa.sa_family == AF_INET ? 4 : 6, SOCK_STREAM);
	double begin = now_us();
	char c;

	if (!fast && ft_connect(fd, addr) < 0)
		FT_DIE("connect: %s", strerror(errno));
	if (sendto(fd, REQUEST, sizeof(REQUEST), fast ? MSG_FASTOPEN : 0,
		   fast ? &addr->sa : NULL, fast ? ft_addrlen(addr) : 0) < 0)
		FT_DIE("sendto: %s", strerror(errno));
	if (recv(fd, &c, 1, 0) != 1)
		FT_DIE("recv: %s", strerror(errno));
	printf("%.0f\n", now_us() - begin);
	close(fd);
}

int main(int argc, char **argv)
{
	union ft_addr addr;

	ft_options(argc, argv, NULL, NULL);
	if (ft_opt.nargs != 3)
		ktap_bail("usage: first_visit serve|plain|fast ADDRESS PORT");
	addr = ft_addr(ft_opt.args[1], atoi(ft_opt.args[2]));
	if (!strcmp(ft_opt.args[0], "serve"))
		serve(&addr);
	visit(&addr, !strcmp(ft_opt.args[0], "fast"));
	return 0;
}
