// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stream_idle - connections that idle give back a part of their memory, and
 * nobody notices: bytes, options and ends of all kinds come through as ever.
 */
#define _GNU_SOURCE
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/genl.h"
#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#define PATIENCE	60000	/* ms: a second on a slow host's debug kernel */
#define SLOW		240	/* s */
#define PAIRS		20

static void begin(void)
{
	if (!ft_opt.ferry)
		ft_skip("counters are Ferry's");
	genl_open();
}

static void await_count(long long n, const char *name)
{
	uint64_t until = ft_now_ms() + PATIENCE;

	while (genl_counter(name) < n && ft_now_ms() < until)
		poll(NULL, 0, 20);
	if (genl_counter(name) < n)
		FT_FAIL("%s: want %lld, have %lld", name, n, genl_counter(name));
}

static void pass_on(int from, int to, const char *text)
{
	char buf[64] = "";
	size_t len = strlen(text);

	ft_send_all(from, text, len);
	ASSERT_EQ(len, ft_recv_all(to, buf, len));
	EXPECT_EQ(0, memcmp(buf, text, len));
}

static void exchange(int fd[2])
{
	pass_on(fd[0], fd[1], "what is it?");
	pass_on(fd[1], fd[0], "nothing.");
}

/* Both ends rest. */
static void rest(int fd[2])
{
	long long rested = genl_counter("StreamRested");

	exchange(fd);
	await_count(rested + 2, "StreamRested");
}

static void idle_pair(int ip, int fd[2])
{
	begin();
	ft_stream_pair(ip, fd);
	rest(fd);
}

TEST_TIMEOUT(many_rest_and_go_on, SLOW)
{
	int fd[PAIRS][2], i;

	begin();
	for (i = 0; i < PAIRS; i++) {
		ft_stream_pair(ip, fd[i]);
		exchange(fd[i]);
	}
	await_count(2 * PAIRS, "StreamRested");
	EXPECT_EQ(0, genl_counter("StreamWoken"));
	for (i = 0; i < PAIRS; i++)
		exchange(fd[i]);
	EXPECT_EQ(2 * PAIRS, genl_counter("StreamWoken"));
	await_count(4 * PAIRS, "StreamRested");
}

/* Nothing was ever said. */
TEST_TIMEOUT(silent_ones_rest, SLOW)
{
	int fd[2];

	begin();
	ft_stream_pair(ip, fd);
	await_count(2, "StreamRested");
	exchange(fd);
}

TEST_TIMEOUT(close_wakes, SLOW)
{
	int fd[2];
	char c;

	idle_pair(ip, fd);
	close(fd[0]);
	EXPECT_EQ(0, recv(fd[1], &c, 1, 0));
	close(fd[1]);
	EXPECT_EQ(2, genl_counter("StreamWoken"));
}

TEST_TIMEOUT(half_closed_goes_on, SLOW)
{
	int fd[2];
	char c;

	idle_pair(ip, fd);
	ASSERT_OK(shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(0, recv(fd[1], &c, 1, 0));
	/* CLOSE_WAIT rests as well, FIN_WAIT_2 does not */
	await_count(3, "StreamRested");
	pass_on(fd[1], fd[0], "one more thing");
	close(fd[1]);
	EXPECT_EQ(0, recv(fd[0], &c, 1, 0));
}

TEST_TIMEOUT(reset_comes_through, SLOW)
{
	struct linger off = { .l_onoff = 1 };
	int fd[2];
	char c;

	idle_pair(ip, fd);
	ASSERT_OK(setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &off, sizeof(off)));
	close(fd[0]);
	EXPECT_ERRNO(ECONNRESET, recv(fd[1], &c, 1, 0));
}

TEST_TIMEOUT(unread_bytes_stay, SLOW)
{
	char buf[8] = "";
	int fd[2];

	idle_pair(ip, fd);
	ft_send_all(fd[0], "kept", 4);
	/* the writer does, who has it acknowledged; the reader has not read it */
	await_count(3, "StreamRested");
	poll(NULL, 0, 2000);
	EXPECT_EQ(3, genl_counter("StreamRested"));
	ASSERT_EQ(4, ft_recv_all(fd[1], buf, 4));
	EXPECT_EQ(0, memcmp(buf, "kept", 4));
	exchange(fd);
}

/* A peer that is gone is found out by probes that begin at rest. */
TEST_TIMEOUT(keepalive_finds_out, SLOW)
{
	int fd[2];
	char c;

	begin();
	ft_stream_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[0], SOL_TCP, TCP_KEEPIDLE, 4));
	ASSERT_OK(ft_setopt(fd[0], SOL_TCP, TCP_KEEPINTVL, 1));
	ASSERT_OK(ft_setopt(fd[0], SOL_TCP, TCP_KEEPCNT, 2));
	rest(fd);
	/* turned on while it rests */
	ASSERT_OK(ft_setopt(fd[0], SOL_SOCKET, SO_KEEPALIVE, 1));
	await_count(1, "StreamKeepalives");
	ASSERT_EQ(0, system("ip link set lo down"));
	EXPECT_ERRNO(ETIMEDOUT, recv(fd[0], &c, 1, 0));
}

TEST_TIMEOUT(options_at_rest, SLOW)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int fd[2];

	idle_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[0], SOL_TCP, TCP_NODELAY, 1));
	ASSERT_OK(ft_setopt(fd[0], SOL_TCP, TCP_CORK, 1));
	ASSERT_OK(ft_setopt(fd[0], SOL_TCP, TCP_CORK, 0));
	ASSERT_OK(ft_setopt(fd[0], SOL_TCP, TCP_QUICKACK, 1));
	ASSERT_OK(ft_setopt(fd[0], SOL_SOCKET, SO_RCVBUF, 100000));
	ASSERT_OK(setsockopt(fd[0], SOL_TCP, TCP_CONGESTION, "bbr", 3));
	ASSERT_OK(getsockopt(fd[0], SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(TCP_ESTABLISHED, info.tcpi_state);
	EXPECT_TRUE(info.tcpi_rtt);
	EXPECT_EQ(0, system("ferry socket -i > /dev/null"));
	EXPECT_EQ(0, ft_poll(fd[0], POLLIN, 0));
	EXPECT_EQ(POLLOUT, ft_poll(fd[0], POLLOUT, 0));
	EXPECT_EQ(0, genl_counter("StreamWoken"));
	exchange(fd);
}

/* connect(AF_UNSPEC), and the same socket again */
TEST_TIMEOUT(disconnect_at_rest, SLOW)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 2), fd[2];

	begin();
	fd[0] = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(ft_connect(fd[0], &addr));
	fd[1] = ft_accept(listener, NULL);
	rest(fd);
	ASSERT_OK(connect(fd[0], &none, sizeof(none)));
	EXPECT_EQ(ECONNRESET, ft_getopt(fd[0], SOL_SOCKET, SO_ERROR));
	ASSERT_OK(ft_connect(fd[0], &addr));
	close(fd[1]);
	fd[1] = ft_accept(listener, NULL);
	ASSERT_OK(fd[1]);
	exchange(fd);
}

TEST_MAIN
