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
