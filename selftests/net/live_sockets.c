// SPDX-License-Identifier: GPL-2.0-only
/*
 * live_sockets - make network namespaces go away with sockets in every state.
 *
 *	--count N	namespaces, one after the other; default 20
 *
 * In each: a listener with a full accept queue and connection attempts that it
 * puts off, connections with unread data, with unsent data, half-closed from
 * either side, in TIME_WAIT, and datagram sockets with unread datagrams. Every
 * other time the sockets are closed before the process leaves the namespace,
 * so that only orphans, requests and TIME_WAIT entries are left in it, and else
 * after, so that they are all that holds it.
 */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#define MAX_FDS	64

static unsigned int count = 20;
static int fds[MAX_FDS];
static unsigned int nfds;

static bool own_option(const char *name, const char *value)
{
	if (strcmp(name, "--count"))
		return false;
	count = ft_number(value);
	return true;
}

static int keep(int fd)
{
	if (nfds == MAX_FDS)
		FT_DIE("too many sockets");
	fds[nfds++] = fd;
	return fd;
}

static void keep_pair(int pair[2])
{
	keep(pair[0]);
	keep(pair[1]);
}

static void crowded_listener(int ip)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int i, fd;

	keep(ft_listener(&addr, 1));
	for (i = 0; i < 6; i++) {
		fd = keep(ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK));
		if (ft_connect(fd, &addr) < 0 && errno != EINPROGRESS)
			FT_DIE("connect: %s", strerror(errno));
	}
}

static void fill(int fd)
{
	static const char buf[65536];

	ft_nonblock(fd);
	while (send(fd, buf, sizeof(buf), MSG_NOSIGNAL) > 0)
		;
}

static void connections(int ip)
{
	int pair[2];

	ft_stream_pair(ip, pair);
	keep_pair(pair);
	ft_send_all(pair[0], "unread", 6);

	ft_stream_pair(ip, pair);
	keep_pair(pair);
	fill(pair[1]);

	ft_stream_pair(ip, pair);
	keep_pair(pair);
	shutdown(pair[0], SHUT_WR);

	/* The sender is an orphan with more to send than the reader takes. */
	ft_stream_pair(ip, pair);
	fill(pair[0]);
	close(pair[0]);
	keep(pair[1]);

	/* TIME_WAIT */
	ft_stream_pair(ip, pair);
	shutdown(pair[0], SHUT_WR);
	ft_poll(pair[1], POLLIN, 1000);
	close(pair[1]);
	ft_poll(pair[0], POLLHUP, 1000);
	close(pair[0]);
}

static void datagrams(int ip)
{
	int pair[2], i;

	ft_dgram_pair(ip, pair);
	keep_pair(pair);
	for (i = 0; i < 10; i++)
		ft_send_all(pair[0], "unread", 6);
}

static void close_all(void)
{
	while (nfds)
		close(fds[--nfds]);
}

int main(int argc, char **argv)
{
	unsigned int i;
	int ip;

	ft_options(argc, argv, own_option, "  --count N  namespaces (20)\n");
	ktap_plan(1);
	for (i = 0; i < count; i++) {
		ft_new_netns();
		for (ip = 4; ip <= 6; ip += 2) {
			if (ft_opt.ip && ft_opt.ip != ip)
				continue;
			crowded_listener(ip);
			connections(ip);
			datagrams(ip);
		}
		if (i % 2) {
			close_all();
		} else {
			ft_new_netns();
			close_all();
		}
	}
	ktap_result(true, "%u namespaces with live sockets", count);
	return ktap_finish();
}
