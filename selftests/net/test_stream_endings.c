// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stream_endings - what outlives its process is bounded: connections in
 * TIME_WAIT, and orphans. Counters tell.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <unistd.h>

#include "lib/genl.h"
#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#define PATIENCE	20000	/* ms */
#define CONNECTIONS	8
#define BOUND		3

static void begin(void)
{
	if (!ft_opt.ferry)
		ft_skip("bounds and counters are Ferry's");
	genl_open();
}

/* Awaits it: what the peer's packets bring about takes its time. */
static void expect_count(long long n, const char *name)
{
	uint64_t until = ft_now_ms() + PATIENCE;

	while (genl_counter(name) != n && ft_now_ms() < until)
		poll(NULL, 0, 10);
	if (genl_counter(name) != n)
		FT_FAIL("%s: want %lld, have %lld", name, n, genl_counter(name));
}

/* Closed by the client first, which therefore waits */
static void come_and_go(int listener, const union ft_addr *addr)
{
	int fd = ft_socket(addr->sa.sa_family == AF_INET ? 4 : 6, SOCK_STREAM), child;
	char c;

	ASSERT_OK(ft_connect(fd, addr));
	child = ft_accept(listener, NULL);
	ASSERT_OK(child);
	close(fd);
	EXPECT_EQ(0, recv(child, &c, 1, 0));
	close(child);
}

static void come_and_go_often(int ip)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1), i;

	for (i = 0; i < CONNECTIONS; i++)
		come_and_go(listener, &addr);
	close(listener);
}

/* Beyond the bound a connection is forgotten at once, and that is counted. */
TEST(time_wait_bounded)
{
	begin();
	ASSERT_OK(ft_sysctl("ferry/stream_max_timewait", "3"));
	come_and_go_often(ip);
	expect_count(CONNECTIONS - BOUND, "StreamTimeWaitOverflow");
	EXPECT_EQ(BOUND, genl_counter("StreamTimeWait"));
	EXPECT_EQ(BOUND, genl_counter("StreamTimeWaitNow"));
}

TEST(time_wait_ends)
{
	begin();
	ASSERT_OK(ft_sysctl("ferry/stream_timewait", "1"));
	come_and_go_often(ip);
	expect_count(CONNECTIONS, "StreamTimeWait");
	expect_count(0, "StreamTimeWaitNow");
	EXPECT_EQ(0, genl_counter("StreamTimeWaitOverflow"));
}

/* ---- a connect() that takes the place of one in TIME_WAIT ---- */

#define PORTS		4
#define RANGE		"20000 20003"

/*
 * From a socket that is @bound to there, or any. An entry must be a second old:
 * again and again, as long as that is the only reason.
 */
static int connect_patiently(const union ft_addr *to, const union ft_addr *bound)
{
	uint64_t until = ft_now_ms() + PATIENCE;
	int fd, ret;

	for (;;) {
		fd = ft_socket(to->sa.sa_family == AF_INET ? 4 : 6, SOCK_STREAM);
		if (bound) {
			ASSERT_OK(ft_setopt(fd, SOL_SOCKET, SO_REUSEADDR, 1));
			ASSERT_OK(ft_bind(fd, bound));
		}
		ret = ft_connect(fd, to);
		if (!ret || errno != EADDRNOTAVAIL || ft_now_ms() > until)
			break;
		close(fd);
		poll(NULL, 0, 50);
	}
	ASSERT_OK(ret);
	return fd;
}

/* A byte each way, and the client closes first. */
static void exchange(int listener, int fd)
{
	int child = ft_accept(listener, NULL);
	char c = 'x';

	ASSERT_OK(child);
	ft_send_all(fd, &c, 1);
	ASSERT_EQ(1, recv(child, &c, 1, 0));
	ft_send_all(child, &c, 1);
	ASSERT_EQ(1, recv(fd, &c, 1, 0));
	close(fd);
	EXPECT_EQ(0, recv(child, &c, 1, 0));
	close(child);
}

/* Few ports, each in TIME_WAIT for longer than any test takes */
static int begin_reuse(union ft_addr *addr)
{
	int listener;

	begin();
	listener = ft_listener(addr, 1);
	ASSERT_OK(ft_sysctl("ipv4/ip_local_port_range", RANGE));
	ASSERT_OK(ft_sysctl("ferry/stream_timewait", "3600"));
	return listener;
}

static void use_up(int listener, const union ft_addr *addr)
{
	int i;

	for (i = 0; i < PORTS; i++)
		exchange(listener, connect_patiently(addr, NULL));
	expect_count(PORTS, "StreamTimeWaitNow");
}

/* More connections to one server, one after another, than there are ports */
TEST(time_wait_reused)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = begin_reuse(&addr), i;

	use_up(listener, &addr);
	EXPECT_EQ(0, genl_counter("StreamTimeWaitReused"));
	for (i = 1; i <= 2 * PORTS; i++) {
		exchange(listener, connect_patiently(&addr, NULL));
		expect_count(PORTS + i, "StreamTimeWait");
		EXPECT_EQ(i, genl_counter("StreamTimeWaitReused"));
	}
	EXPECT_EQ(PORTS, genl_counter("StreamTimeWaitNow"));
}

TEST(time_wait_not_reused)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = begin_reuse(&addr), fd = ft_socket(ip, SOCK_STREAM);
	long long before;

	ASSERT_OK(ft_sysctl("ferry/stream_tw_reuse", "0"));
	use_up(listener, &addr);
	before = genl_counter("PortExhausted");
	poll(NULL, 0, 1500);		/* it would be old enough */
	EXPECT_ERRNO(EADDRNOTAVAIL, ft_connect(fd, &addr));
	EXPECT_EQ(before + 1, genl_counter("PortExhausted"));
	EXPECT_EQ(0, genl_counter("StreamTimeWaitReused"));
	/* 2: where the route ends on this host */
	ASSERT_OK(ft_sysctl("ferry/stream_tw_reuse", "2"));
	exchange(listener, connect_patiently(&addr, NULL));
	expect_count(1, "StreamTimeWaitReused");
}

/* The same port again, as a program wants it that has bound it */
TEST(time_wait_reused_by_bound)
{
	union ft_addr addr = ft_loopback(ip, 0), own = ft_loopback(ip, 20000);
	int listener = begin_reuse(&addr), fd, i;
	uint64_t since = 0;

	for (i = 0; i < 3; i++) {
		fd = connect_patiently(&addr, &own);
		/* Bar a tick, an entry is a second old. */
		EXPECT_GE(ft_now_ms() - since, 950);
		since = ft_now_ms();
		exchange(listener, fd);
		expect_count(i + 1, "StreamTimeWait");
		EXPECT_EQ(i, genl_counter("StreamTimeWaitReused"));
	}
	EXPECT_EQ(1, genl_counter("StreamTimeWaitNow"));
	/* bind() still has its say. */
	fd = ft_socket(ip, SOCK_STREAM);
	EXPECT_ERRNO(EADDRINUSE, ft_bind(fd, &own));
}

/* A server that is gone refuses, and the time of the old connection goes on. */
TEST(time_wait_outlives_failed_reuse)
{
	union ft_addr addr = ft_loopback(ip, 0), own = ft_loopback(ip, 20000);
	uint64_t until = ft_now_ms() + PATIENCE;
	int listener = begin_reuse(&addr), fd, ret;

	exchange(listener, connect_patiently(&addr, &own));
	expect_count(1, "StreamTimeWaitNow");
	close(listener);
	fd = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(ft_setopt(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(ft_bind(fd, &own));
	do {
		ret = ft_connect(fd, &addr);
	} while (ret && errno == EADDRNOTAVAIL && ft_now_ms() < until && !poll(NULL, 0, 50));
	EXPECT_EQ(-1, ret);
	EXPECT_EQ(ECONNREFUSED, errno);
	expect_count(1, "StreamTimeWaitReused");
	expect_count(1, "StreamTimeWaitNow");
	close(fd);
	EXPECT_EQ(1, genl_counter("StreamTimeWaitNow"));
}

/* Connections whose client has gone, while the server does not close */
static void make_orphans(int ip, int *child)
{
	int i, fd[2];

	for (i = 0; i < CONNECTIONS; i++) {
		ft_stream_pair(ip, fd);
		close(fd[0]);
		child[i] = fd[1];
	}
}

/* One too many is reset, which its peer hears of; the others end in good order. */
TEST(orphans_bounded)
{
	int child[CONNECTIONS], i;
	char c;

	begin();
	ASSERT_OK(ft_sysctl("ferry/stream_max_orphans", "3"));
	make_orphans(ip, child);
	EXPECT_EQ(BOUND, genl_counter("StreamOrphansNow"));
	EXPECT_EQ(CONNECTIONS - BOUND, genl_counter("StreamOrphansKilled"));
	for (i = 0; i < BOUND; i++)
		EXPECT_EQ(0, recv(child[i], &c, 1, 0));
	/* Their FIN came before the reset, as with TCP: RFC 9293 section 3.10.7.4 */
	for (; i < CONNECTIONS; i++) {
		EXPECT_TRUE(ft_poll(child[i], 0, PATIENCE) & POLLERR);
		EXPECT_EQ(EPIPE, ft_getopt(child[i], SOL_SOCKET, SO_ERROR));
	}
	for (i = 0; i < CONNECTIONS; i++)
		close(child[i]);
	expect_count(0, "StreamOrphansNow");
	EXPECT_EQ(CONNECTIONS - BOUND, genl_counter("StreamOrphansKilled"));
	expect_count(BOUND, "StreamTimeWaitNow");
}

/* A peer that never closes cannot keep them. */
TEST(orphans_end)
{
	int child[CONNECTIONS];

	begin();
	ASSERT_OK(ft_sysctl("ferry/stream_fin_timeout", "1"));
	make_orphans(ip, child);
	expect_count(0, "StreamOrphansNow");
	EXPECT_EQ(0, genl_counter("StreamOrphansKilled"));
	EXPECT_EQ(0, genl_counter("StreamTimeWaitNow"));
}

TEST_MAIN
