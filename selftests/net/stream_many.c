// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream_many - many connections through one listener, all open at once, each
 * with its own payload in both directions.
 *
 *	--count N	connections; default 1000
 *	--bytes N	each way on each; default 64K
 *
 * The server starts to answer when it has accepted all of them, so they really
 * are all open at the same time.
 */
#include <stdlib.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/hosts.h"
#include "lib/ktap.h"
#include "lib/options.h"
#include "lib/payload.h"
#include "lib/xfer.h"

#define BATCH	64

static unsigned int count = 1000;
static uint64_t bytes = 64 << 10;

static bool own_option(const char *name, const char *value)
{
	if (!strcmp(name, "--count"))
		count = ft_number(value);
	else if (!strcmp(name, "--bytes"))
		bytes = ft_number(value);
	else
		return false;
	return true;
}

/* Even sub-seeds belong to the clients, odd ones to the server. */
static void prepare(struct ft_xfer *x, int fd, unsigned int id, bool server)
{
	*x = (struct ft_xfer) {
		.fd = fd,
		.tx_seed = ft_subseed(ft_opt.seed, 2 * id + server),
		.rx_seed = ft_subseed(ft_opt.seed, 2 * id + !server),
		.tx_len = bytes,
		.rx_len = bytes,
	};
}

static void watch(int ep, int op, struct ft_xfer *x, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.ptr = x };

	if (epoll_ctl(ep, op, x->fd, &ev) < 0)
		FT_DIE("epoll_ctl: %s", strerror(errno));
}

/* Returns true when this one is finished and closed. */
static bool serve_event(int ep, struct ft_xfer *x)
{
	short before = ft_xfer_events(x), after;

	ft_xfer_step(x);
	after = ft_xfer_events(x);
	if (!after) {
		close(x->fd);
		return true;
	}
	if (after != before)
		watch(ep, EPOLL_CTL_MOD, x, after);
	return false;
}

static void run_all(struct ft_xfer *all)
{
	struct epoll_event ev[BATCH];
	int ep = epoll_create1(0), n;
	unsigned int left = count, i;

	if (ep < 0)
		FT_DIE("epoll_create: %s", strerror(errno));
	for (i = 0; i < count; i++)
		watch(ep, EPOLL_CTL_ADD, &all[i], ft_xfer_events(&all[i]));
	while (left) {
		n = epoll_wait(ep, ev, BATCH, FT_STALL_MS);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			FT_DIE("%s with %u of %u connections left",
			       n ? strerror(errno) : "stalled", left, count);
		while (n--)
			left -= serve_event(ep, ev[n].data.ptr);
	}
	close(ep);
}

static struct ft_xfer *allocate(void)
{
	struct ft_xfer *all = calloc(count, sizeof(*all));

	if (!all)
		FT_DIE("no memory");
	ft_want_files(count + 32);
	return all;
}

static void server(int listener, void *arg)
{
	struct ft_xfer *all = allocate();
	uint32_t id;
	unsigned int i;
	int fd;

	(void)arg;
	for (i = 0; i < count; i++) {
		if (!ft_poll(listener, POLLIN, FT_STALL_MS))
			FT_DIE("accepted only %u of %u", i, count);
		fd = ft_accept(listener, NULL);
		if (fd < 0)
			FT_DIE("accept %u: %s", i, strerror(errno));
		/* Which one is it? They are accepted in any order. */
		if (ft_recv_all(fd, &id, sizeof(id)) != sizeof(id) || id >= count)
			FT_DIE("connection %u: no valid identity", i);
		ft_nonblock(fd);
		prepare(&all[i], fd, id, true);
	}
	run_all(all);
}

static void await_connected(const struct ft_xfer *all)
{
	uint32_t id;
	int error;

	for (id = 0; id < count; id++) {
		if (!ft_poll(all[id].fd, POLLOUT, FT_STALL_MS))
			FT_DIE("connection %u not established", id);
		error = ft_getopt(all[id].fd, SOL_SOCKET, SO_ERROR);
		if (error)
			FT_DIE("connection %u: %s", id, strerror(error));
		ft_send_all(all[id].fd, &id, sizeof(id));
	}
}

static void connect_all(struct ft_xfer *all, int ip, const union ft_addr *to)
{
	unsigned int i;
	int fd;

	for (i = 0; i < count; i++) {
		fd = ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK);
		if (ft_connect(fd, to) < 0 && errno != EINPROGRESS)
			FT_DIE("connect %u: %s", i, strerror(errno));
		prepare(&all[i], fd, i, false);
	}
	await_connected(all);
}

int main(int argc, char **argv)
{
	struct ft_xfer *all;
	struct ft_server s;
	uint64_t start;
	int ip;

	ft_options(argc, argv, own_option,
		   "  --count N  connections (1000)\n"
		   "  --bytes N  each way on each (64K)\n");
	ip = ft_opt.ip ? ft_opt.ip : 4;
	ktap_plan(2);
	ktap_diag("%s IPv%d, %u connections, %llu bytes each way, seed %llu",
		  ft_family_name(), ip, count, (unsigned long long)bytes,
		  (unsigned long long)ft_opt.seed);
	s = ft_serve(ip, SOCK_STREAM, count, server, NULL);
	all = allocate();
	start = ft_now_ms();
	connect_all(all, ip, &s.addr);
	run_all(all);
	ktap_result(true, "client got every byte");
	ktap_result(ft_served(&s), "server got every byte");
	ktap_diag("%llu ms", (unsigned long long)(ft_now_ms() - start));
	return ktap_finish();
}
