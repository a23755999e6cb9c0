// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold - keep sockets open for tests to look at
 *
 *	hold dgram ADDRESS PORT		bound
 *	hold listen ADDRESS PORT	listening
 *	hold pair ADDRESS PORT		a connection with itself: "ready LOCALPORT"
 *
 * Prints "ready" once they are; ends when standard input does, or, with
 * "gone ERRNO", when the socket (of a pair, the connecting one) fails.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

static int pair(union ft_addr *addr)
{
	int listener = ft_listener(addr, 1), fd;

	fd = ft_socket(addr->sa.sa_family == AF_INET ? 4 : 6, SOCK_STREAM);
	ASSERT_OK(ft_connect(fd, addr));
	ASSERT_OK(ft_accept(listener, NULL));
	close(listener);
	return fd;
}

static void wait_for_end(int fd)
{
	struct pollfd p[2] = { { .fd = 0, .events = POLLIN }, { .fd = fd } };
	char byte;

	while (poll(p, 2, -1) > 0) {
		if (p[1].revents & (POLLERR | POLLHUP)) {
			printf("gone %d\n", ft_getopt(fd, SOL_SOCKET, SO_ERROR));
			return;
		}
		if (p[0].revents && read(0, &byte, 1) <= 0)
			return;
	}
}

int main(int argc, char **argv)
{
	union ft_addr addr, local;
	int fd = -1;

	ft_options(argc, argv, NULL, NULL);
	if (ft_opt.nargs != 3)
		ktap_bail("usage: hold dgram|listen|pair ADDRESS PORT");
	addr = ft_addr(ft_opt.args[1], atoi(ft_opt.args[2]));
	if (!strcmp(ft_opt.args[0], "dgram"))
		fd = ft_bound(SOCK_DGRAM, &addr);
	else if (!strcmp(ft_opt.args[0], "listen"))
		fd = ft_listener(&addr, 5);
	else if (!strcmp(ft_opt.args[0], "pair"))
		fd = pair(&addr);
	else
		ktap_bail("what is \"%s\"?", ft_opt.args[0]);
	local = ft_local(fd);
	printf("ready %u\n", ft_port(&local));
	fflush(stdout);
	wait_for_end(fd);
	return 0;
}
