// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream_seq - connect, exchange, close, again and again.
 *
 *	--count N	connections; default 10000
 *	--bytes N	at most so many each; default 4096
 *
 * The server echoes what it gets. Every other connection is closed by the
 * server first, so both sides keep connections in TIME_WAIT.
 */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/hosts.h"
#include "lib/ktap.h"
#include "lib/options.h"
#include "lib/payload.h"
#include "lib/xfer.h"

static unsigned int count = 10000;
static size_t max_bytes = 4096;

struct head {
	uint32_t len;
	uint32_t server_closes;
};

static bool own_option(const char *name, const char *value)
{
	if (!strcmp(name, "--count"))
		count = ft_number(value);
	else if (!strcmp(name, "--bytes"))
		max_bytes = ft_number(value);
	else
		return false;
	return true;
}

/* A broken connection is to be a failure, not a test that hangs. */
static void limit_waiting(int fd)
{
	struct timeval tv = { .tv_sec = FT_STALL_MS / 1000 };

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) < 0)
		FT_DIE("SO_RCVTIMEO: %s", strerror(errno));
}

static void want_eof(int fd, unsigned int i)
{
	char c;

	if (ft_recv_all(fd, &c, 1))
		FT_DIE("connection %u: a byte too many", i);
}

static void server(int listener, void *arg)
{
	char *buf = malloc(max_bytes);
	struct head h;
	unsigned int i;
	int fd;

	(void)arg;
	for (i = 0; i < count; i++) {
		if (!ft_poll(listener, POLLIN, FT_STALL_MS))
			FT_DIE("connection %u does not come", i);
		fd = ft_accept(listener, NULL);
		if (fd < 0)
			FT_DIE("accept %u: %s", i, strerror(errno));
		limit_waiting(fd);
		if (ft_recv_all(fd, &h, sizeof(h)) != sizeof(h) ||
		    h.len > max_bytes || ft_recv_all(fd, buf, h.len) != h.len)
			FT_DIE("connection %u ended early", i);
		ft_send_all(fd, buf, h.len);
		if (!h.server_closes)
			want_eof(fd, i);
		close(fd);
	}
	free(buf);
}

static void one(int ip, const union ft_addr *to, unsigned int i, char *buf)
{
	uint64_t seed = ft_subseed(ft_opt.seed, i);
	struct ft_rng rng = { seed };
	struct head h = {
		.len = ft_rand_range(&rng, 1, max_bytes), .server_closes = i % 2,
	};
	int fd = ft_socket(ip, SOCK_STREAM);

	limit_waiting(fd);
	if (ft_connect(fd, to) < 0)
		FT_DIE("connect %u: %s", i, strerror(errno));
	ft_fill(seed, 0, buf, h.len);
	ft_send_all(fd, &h, sizeof(h));
	ft_send_all(fd, buf, h.len);
	memset(buf, 0, h.len);
	if (ft_recv_all(fd, buf, h.len) != h.len)
		FT_DIE("connection %u: echo ended early", i);
	if (ft_check(seed, 0, buf, h.len) >= 0)
		FT_DIE("connection %u: wrong byte at %zd of %u", i,
		       ft_check(seed, 0, buf, h.len), h.len);
	if (h.server_closes)
		want_eof(fd, i);
	close(fd);
}

int main(int argc, char **argv)
{
	struct ft_server s;
	unsigned int i;
	uint64_t start;
	char *buf;
	int ip;

	ft_options(argc, argv, own_option,
		   "  --count N  connections (10000)\n"
		   "  --bytes N  at most so many each (4096)\n");
	ip = ft_opt.ip ? ft_opt.ip : 4;
	buf = malloc(max_bytes);
	ktap_plan(2);
	ktap_diag("%s IPv%d, %u connections, seed %llu", ft_family_name(), ip,
		  count, (unsigned long long)ft_opt.seed);
	s = ft_serve(ip, SOCK_STREAM, 16, server, NULL);
	start = ft_now_ms();
	for (i = 0; i < count; i++)
		one(ip, &s.addr, i, buf);
	ktap_result(true, "every connection echoed");
	ktap_result(ft_served(&s), "server saw every connection end");
	ktap_diag("%llu ms", (unsigned long long)(ft_now_ms() - start));
	return ktap_finish();
}
