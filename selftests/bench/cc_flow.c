// SPDX-License-Identifier: GPL-2.0-only
/*
 * cc_flow - one bulk flow over Ferry or TCP with a given congestion control
 *
 *	cc_flow serve PORT			takes both, says how much came
 *	cc_flow ferry|tcp CC SECONDS ADDR PORT	prints the goodput in Mbit/s
 *
 * The receiver counts: bytes from the first to the last that arrived.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AF_FERRY	19
#define CHUNK		65536

struct count {
	uint64_t bytes;
	uint64_t ns;
};

static void die(const char *what)
{
	fprintf(stderr, "cc_flow: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static int listen_on(int family, int proto, int port)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(family, SOCK_STREAM, proto), one = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 16))
		die("listen");
	return fd;
}

static void take(int fd)
{
	static char buf[CHUNK];
	struct count c = {};
	uint64_t first = 0, last = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		last = now_ns();
		first = first ? first : last;
		c.bytes += n;
	}
	c.ns = last - first;
	if (write(fd, &c, sizeof(c)) != sizeof(c))
		die("answer");
	close(fd);
	exit(0);
}

static int serve(int port)
{
	struct pollfd p[2] = {
		{ .fd = listen_on(AF_FERRY, 1, port), .events = POLLIN },
		{ .fd = listen_on(AF_INET6, 0, port), .events = POLLIN },
	};
	int i, fd;

	signal(SIGCHLD, SIG_IGN);
	while (poll(p, 2, -1) > 0) {
		for (i = 0; i < 2; i++) {
			if (!(p[i].revents & POLLIN))
				continue;
			fd = accept(p[i].fd, NULL, NULL);
			if (fd >= 0 && !fork())
				take(fd);
			close(fd);
		}
	}
	return 1;
}

static socklen_t address(struct sockaddr_storage *ss, const char *text, int port)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		return sizeof(*in6);
	}
	if (inet_pton(AF_INET, text, &in->sin_addr) != 1)
		die(text);
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	return sizeof(*in);
}

static int flow(char **argv)
{
	int ferry = !strcmp(argv[1], "ferry");
	uint64_t end = now_ns() + atof(argv[3]) * 1e9;
	struct sockaddr_storage ss;
	socklen_t len = address(&ss, argv[4], atoi(argv[5]));
	static char buf[CHUNK];
	struct count c;
	int fd;

	fd = ferry ? socket(AF_FERRY, SOCK_STREAM, ss.ss_family == AF_INET6) :
		     socket(ss.ss_family, SOCK_STREAM, 0);
	if (fd < 0)
		die("socket");
	if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, argv[2], strlen(argv[2])))
		die(argv[2]);
	if (connect(fd, (struct sockaddr *)&ss, len))
		die("connect");
	while (now_ns() < end)
		if (write(fd, buf, sizeof(buf)) < 0)
			die("write");
	shutdown(fd, SHUT_WR);
	if (recv(fd, &c, sizeof(c), MSG_WAITALL) != sizeof(c))
		die("count");
	printf("%.1f\n", c.bytes * 8e3 / (c.ns ? c.ns : 1));
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(atoi(argv[2]));
	if (argc == 6)
		return flow(argv);
	fprintf(stderr, "usage: cc_flow serve PORT | ferry|tcp CC SECONDS ADDR PORT\n");
	return 2;
}
