// SPDX-License-Identifier: GPL-2.0-only
/*
 * wait_port - wait until somebody holds a port, without talking to them.
 *
 * A probe connection would be a visitor to servers that serve one visitor
 * only. To bind the port ourselves disturbs nobody: with SO_REUSEADDR a stream
 * port is refused from the moment its holder listens, a datagram port without
 * it from the moment it is bound.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#define POLL_MS	10

static int type = SOCK_STREAM;
static int port;
static unsigned int timeout = 30;

static bool own_option(const char *name, const char *value)
{
	if (!strcmp(name, "--type"))
		type = strcmp(value, "dgram") ? SOCK_STREAM : SOCK_DGRAM;
	else if (!strcmp(name, "--port"))
		port = ft_number(value);
	else if (!strcmp(name, "--timeout"))
		timeout = ft_number(value);
	else
		return false;
	return true;
}

static bool taken(int ip)
{
	union ft_addr addr = ft_any(ip, port);
	int fd = ft_socket(ip, type);
	bool ret;

	/* Two separate questions: a v6 holder need not hold v4 as well. */
	if (ip == 6)
		ft_setopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (type == SOCK_STREAM)
		ft_setopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	ret = ft_bind(fd, &addr) < 0;
	if (ret && errno != EADDRINUSE)
		FT_DIE("bind to %s: %s", ft_addr_text(&addr), strerror(errno));
	close(fd);
	return ret;
}

static bool any_taken(void)
{
	if (ft_opt.ip)
		return taken(ft_opt.ip);
	return taken(4) || taken(6);
}

int main(int argc, char **argv)
{
	struct timespec pause = { .tv_nsec = POLL_MS * 1000000l };
	uint64_t end;

	ft_options(argc, argv, own_option,
		   "  --type stream|dgram\n  --port N\n  --timeout SECONDS\n");
	end = ft_now_ms() + timeout * 1000ull;
	while (!any_taken()) {
		if (ft_now_ms() > end)
			return 1;
		nanosleep(&pause, NULL);
	}
	return 0;
}
