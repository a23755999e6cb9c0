// SPDX-License-Identifier: GPL-2.0-only
/*
 * udp_peer - somebody to talk to, for tests of packets inside UDP
 *
 *	udp_peer serve ADDRESS PORT		echoes streams and datagrams
 *	udp_peer stream ADDRESS PORT [udp]	a connection, in UDP where it says so
 *	udp_peer dgram ADDRESS PORT [udp]	a connected datagram socket, likewise
 *
 * A client prints "ready", then for each line of its standard input sends one
 * message, and prints "echo" when it comes back, "lost" when it does not in five
 * seconds (a datagram) or a hundred (a stream, which repeats it meanwhile), "gone
 * ERRNO" when the socket failed.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/ferry.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#define PEERS	64
#define WAIT_MS	5000
#define PATIENT	100000	/* ms */

static void echo_dgram(int fd)
{
	union ft_addr from;
	socklen_t len = sizeof(from);
	char buf[2048];
	ssize_t n;

	n = recvfrom(fd, buf, sizeof(buf), 0, &from.sa, &len);
	if (n >= 0)
		sendto(fd, buf, n, 0, &from.sa, len);
}

/* False: it has ended. */
static bool echo_stream(int fd)
{
	char buf[65536];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n <= 0)
		return false;
	return send(fd, buf, n, MSG_NOSIGNAL) == n;
}

static void serve(union ft_addr addr)
{
	struct pollfd p[PEERS + 2] = {};
	unsigned int n = 2, i;

	p[0].fd = ft_listener(&addr, PEERS);
	p[1].fd = ft_bound(SOCK_DGRAM, &addr);
	for (i = 0; i < PEERS + 2; i++)
		p[i].events = POLLIN;
	while (poll(p, n, -1) > 0) {
		for (i = 2; i < n; i++) {
			if (!p[i].revents || echo_stream(p[i].fd))
				continue;
			close(p[i].fd);
			p[i--].fd = p[--n].fd;
		}
		if (p[1].revents)
			echo_dgram(p[1].fd);
		if (p[0].revents && n < PEERS + 2)
			p[n++].fd = ft_accept(p[0].fd, NULL);
	}
}

static const char *talk(int fd, int type, const char *line, size_t len)
{
	static char text[32];
	char buf[256];
	ssize_t n = 0;

	if (send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
		goto gone;
	if (!ft_poll(fd, POLLIN, type == SOCK_STREAM ? PATIENT : WAIT_MS))
		return "lost";
	n = recv(fd, buf, sizeof(buf), 0);
	if (n == (ssize_t)len && !memcmp(buf, line, len))
		return "echo";
gone:
	snprintf(text, sizeof(text), "gone %d", n ? errno : 0);
	return text;
}

static void client(int type, const union ft_addr *addr, bool udp)
{
	int fd = ft_socket(addr->sa.sa_family == AF_INET ? 4 : 6, type);
	char line[256];

	if (udp)
		ASSERT_OK(ft_setopt(fd, SOL_FERRY, FERRY_UDP_ENCAP, 1));
	ASSERT_OK(ft_connect(fd, addr));
	printf("ready %d\n", ft_port(&(union ft_addr){ .ss = ft_local(fd).ss }));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		puts(talk(fd, type, line, strlen(line)));
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	union ft_addr addr;
	bool udp;

	ft_options(argc, argv, NULL, NULL);
	if (ft_opt.nargs < 3)
		ktap_bail("usage: udp_peer serve|stream|dgram ADDRESS PORT [udp]");
	addr = ft_addr(ft_opt.args[1], atoi(ft_opt.args[2]));
	udp = ft_opt.nargs > 3 && !strcmp(ft_opt.args[3], "udp");
	if (!strcmp(ft_opt.args[0], "serve"))
		serve(addr);
	else
		client(!strcmp(ft_opt.args[0], "stream") ? SOCK_STREAM : SOCK_DGRAM,
		       &addr, udp);
	return 0;
}
