// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stream_poll - TCP's event bits in every state, and what wakes whom.
 * The expectations are TCP's: run it with --family inet to see them confirmed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"

#define ASKED	(POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLPRI | POLLRDHUP)
#define IN	(POLLIN | POLLRDNORM)
#define OUT	(POLLOUT | POLLWRNORM)

static void linger0(int fd)
{
	struct linger l = { 1, 0 };

	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

/* The bits come to be exactly @want. */
static void expect_bits(int fd, int want)
{
	uint64_t end = ft_now_ms() + 5000;
	int have;

	do {
		have = ft_poll(fd, ASKED, 0);
		if (have == want)
			return;
		usleep(1000);
	} while (ft_now_ms() < end);
	FT_FAIL("want bits %#x, have %#x", want, have);
}

static void fill_for_good(int fd)
{
	static char buf[65536];
	int before = -1, now = 0;

	while (before != now) {
		before = now;
		while (send(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
		usleep(50000);
		ASSERT_OK(ioctl(fd, TIOCOUTQ, &now));
	}
}

TEST(fresh_socket)
{
	expect_bits(ft_socket(ip, SOCK_STREAM), OUT | POLLHUP);
}

TEST(bound_socket)
{
	union ft_addr addr = ft_loopback(ip, 0);

	expect_bits(ft_bound(SOCK_STREAM, &addr), OUT | POLLHUP);
}

TEST(listener)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1);

	expect_bits(listener, 0);
	ASSERT_OK(ft_connect(ft_socket(ip, SOCK_STREAM), &addr));
	expect_bits(listener, IN);
	ASSERT_OK(ft_accept(listener, NULL));
	expect_bits(listener, 0);
}

TEST(refused)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int fd = ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK);

	close(ft_bound(SOCK_STREAM, &addr));
	ft_connect(fd, &addr);
	expect_bits(fd, IN | OUT | POLLERR | POLLHUP | POLLRDHUP);
	EXPECT_EQ(ECONNREFUSED, ft_getopt(fd, SOL_SOCKET, SO_ERROR));
	expect_bits(fd, IN | OUT | POLLHUP | POLLRDHUP);
}

TEST(established)
{
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	expect_bits(fd[0], OUT);
	expect_bits(fd[1], OUT);
	ft_send_all(fd[0], "x", 1);
	expect_bits(fd[1], IN | OUT);
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
	expect_bits(fd[1], OUT);
}

/*
 * Who waits for the server to speak first does not keep it from accept() meanwhile: his
 * poll() has sent the last step of the handshake, if connect() has not.
 */
TEST(server_speaks_first)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1), i, at_once = 0;

	ft_nonblock(listener);
	for (i = 0; i < 20; i++) {
		int fd = ft_socket(ip, SOCK_STREAM), child;

		ASSERT_OK(ft_connect(fd, &addr));
		ASSERT_EQ(0, ft_poll(fd, POLLIN, 0));
		child = accept(listener, NULL, NULL);
		if (child >= 0) {
			at_once++;
		} else {
			ASSERT_EQ(POLLIN, ft_poll(listener, POLLIN, 5000));
			child = accept(listener, NULL, NULL);
		}
		ASSERT_OK(child);
		close(child);
		close(fd);
	}
	/* All but those that were handed to a busy system's ksoftirqd */
	EXPECT_GE(at_once, 10);
}

TEST(full)
{
	static char buf[1 << 16];
	int fd[2];

	ft_stream_pair(ip, fd);
	fill_for_good(fd[0]);
	expect_bits(fd[0], 0);
	expect_bits(fd[1], IN | OUT);
	while (!ft_poll(fd[0], POLLOUT, 20))
		if (recv(fd[1], buf, sizeof(buf), MSG_DONTWAIT) < 0)
			ASSERT_EQ(EAGAIN, errno);
}

TEST(peer_shut)
{
	int fd[2];

	ft_stream_pair(ip, fd);
	EXPECT_OK(shutdown(fd[0], SHUT_WR));
	expect_bits(fd[0], OUT);
	expect_bits(fd[1], IN | OUT | POLLRDHUP);
}

TEST(both_shut)
{
	int fd[2];

	ft_stream_pair(ip, fd);
	EXPECT_OK(shutdown(fd[0], SHUT_WR));
	EXPECT_OK(shutdown(fd[1], SHUT_WR));
	expect_bits(fd[0], IN | OUT | POLLHUP | POLLRDHUP);
	expect_bits(fd[1], IN | OUT | POLLHUP | POLLRDHUP);
}

TEST(own_read_side_shut)
{
	int fd[2];

	ft_stream_pair(ip, fd);
	EXPECT_OK(shutdown(fd[0], SHUT_RD));
	expect_bits(fd[0], IN | OUT | POLLRDHUP);
	expect_bits(fd[1], OUT);
	EXPECT_OK(shutdown(fd[0], SHUT_WR));
	expect_bits(fd[0], IN | OUT | POLLHUP | POLLRDHUP);
}

TEST(reset)
{
	int fd[2];

	ft_stream_pair(ip, fd);
	linger0(fd[0]);
	close(fd[0]);
	expect_bits(fd[1], IN | OUT | POLLERR | POLLHUP | POLLRDHUP);
	EXPECT_EQ(ECONNRESET, ft_getopt(fd[1], SOL_SOCKET, SO_ERROR));
	expect_bits(fd[1], IN | OUT | POLLHUP | POLLRDHUP);
}

TEST(select_sees_it)
{
	struct timeval tv = { .tv_sec = 5 };
	fd_set in, out;
	int fd[2];

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "x", 1);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fd[1], &in);
	EXPECT_EQ(1, select(fd[1] + 1, &in, NULL, NULL, &tv));
	FD_SET(fd[1], &out);
	EXPECT_EQ(1, select(fd[1] + 1, NULL, &out, NULL, &tv));
}

/* ---- epoll ---- */

static int watch(int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };
	int ep = epoll_create1(0);

	ASSERT_OK(ep);
	ASSERT_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	return ep;
}

static unsigned int next_event(int ep, int timeout_ms)
{
	struct epoll_event ev = {};
	int n = epoll_wait(ep, &ev, 1, timeout_ms);

	ASSERT_OK(n);
	return n ? ev.events : 0;
}

TEST(level_triggered)
{
	int fd[2], ep;
	char c;

	ft_stream_pair(ip, fd);
	ep = watch(fd[1], EPOLLIN);
	EXPECT_EQ(0, next_event(ep, 0));
	ft_send_all(fd[0], "xy", 2);
	EXPECT_EQ(EPOLLIN, next_event(ep, 5000));
	EXPECT_EQ(EPOLLIN, next_event(ep, 0));
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
	EXPECT_EQ(EPOLLIN, next_event(ep, 0));
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
	EXPECT_EQ(0, next_event(ep, 0));
}

TEST(edge_triggered_read)
{
	int fd[2], ep;

	ft_stream_pair(ip, fd);
	ep = watch(fd[1], EPOLLIN | EPOLLET);
	ft_send_all(fd[0], "x", 1);
	EXPECT_EQ(EPOLLIN, next_event(ep, 5000));
	EXPECT_EQ(0, next_event(ep, 50));
	/* Each arrival is an edge, read or not. */
	ft_send_all(fd[0], "y", 1);
	EXPECT_EQ(EPOLLIN, next_event(ep, 5000));
	EXPECT_EQ(0, next_event(ep, 50));
	EXPECT_OK(shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(EPOLLIN, next_event(ep, 5000));
}

TEST(edge_triggered_write)
{
	static char buf[1 << 16];
	int fd[2], ep, i;
	unsigned int got = 0;

	ft_stream_pair(ip, fd);
	ft_nonblock(fd[0]);
	ep = watch(fd[0], EPOLLOUT | EPOLLET);
	EXPECT_EQ(EPOLLOUT, next_event(ep, 0));
	EXPECT_EQ(0, next_event(ep, 0));
	fill_for_good(fd[0]);
	EXPECT_TRUE(send(fd[0], buf, sizeof(buf), 0) < 0 && errno == EAGAIN);
	next_event(ep, 0);
	for (i = 0; i < 2000 && !got; i++) {
		if (recv(fd[1], buf, sizeof(buf), MSG_DONTWAIT) < 0)
			ASSERT_EQ(EAGAIN, errno);
		got = next_event(ep, 5);
	}
	EXPECT_EQ(EPOLLOUT, got);
	EXPECT_GT(send(fd[0], buf, sizeof(buf), 0), 0);
}

TEST(edge_triggered_connect)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int fd = ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK);
	unsigned int got;
	int ep;

	ft_listener(&addr, 1);
	ep = watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	EXPECT_EQ(EPOLLOUT | EPOLLHUP, next_event(ep, 0));
	if (ft_connect(fd, &addr) < 0)
		ASSERT_EQ(EINPROGRESS, errno);
	got = next_event(ep, 5000);
	EXPECT_EQ(EPOLLOUT, got);
	EXPECT_EQ(0, ft_getopt(fd, SOL_SOCKET, SO_ERROR));
}

TEST(edge_triggered_reset)
{
	unsigned int got;
	int fd[2], ep;

	ft_stream_pair(ip, fd);
	ep = watch(fd[1], EPOLLIN | EPOLLRDHUP | EPOLLET);
	linger0(fd[0]);
	close(fd[0]);
	got = next_event(ep, 5000);
	EXPECT_EQ(EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP, got);
}

TEST(oneshot)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLONESHOT };
	int fd[2], ep;

	ft_stream_pair(ip, fd);
	ep = watch(fd[1], EPOLLIN | EPOLLONESHOT);
	ft_send_all(fd[0], "x", 1);
	EXPECT_EQ(EPOLLIN, next_event(ep, 5000));
	ft_send_all(fd[0], "y", 1);
	EXPECT_EQ(0, next_event(ep, 50));
	ASSERT_OK(epoll_ctl(ep, EPOLL_CTL_MOD, fd[1], &ev));
	EXPECT_EQ(EPOLLIN, next_event(ep, 5000));
}

/* One connection wakes a listener's epoll once for each of its waiters at most. */
TEST(exclusive_listener)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 5);
	int i, status, ok = 0;

	for (i = 0; i < 3; i++) {
		if (fork())
			continue;
		int ep = watch(listener, EPOLLIN | EPOLLEXCLUSIVE);

		_exit(next_event(ep, 5000) == EPOLLIN &&
		      ft_accept(listener, NULL) >= 0 ? 0 : 1);
	}
	for (i = 0; i < 3; i++)
		ASSERT_OK(ft_connect(ft_socket(ip, SOCK_STREAM), &addr));
	for (i = 0; i < 3; i++) {
		wait(&status);
		ok += !status;
	}
	EXPECT_EQ(3, ok);
}

static volatile sig_atomic_t sigios;

static void on_sigio(int sig)
{
	sigios++;
}

TEST(sigio)
{
	int fd[2];

	ft_stream_pair(ip, fd);
	signal(SIGIO, on_sigio);
	ASSERT_OK(fcntl(fd[1], F_SETOWN, getpid()));
	ASSERT_OK(fcntl(fd[1], F_SETFL, O_ASYNC | O_NONBLOCK));
	ft_send_all(fd[0], "x", 1);
	while (!sigios)
		usleep(1000);
}

/* Whoever sleeps in poll() is woken by what happens while he sleeps. */
TEST(sleepers_wake)
{
	int fd[2], i;
	char c;

	for (i = 0; i < 3; i++) {
		ft_stream_pair(ip, fd);
		if (!fork()) {
			usleep(30000);
			if (i == 0)
				ft_send_all(fd[0], "x", 1);
			else if (i == 1)
				shutdown(fd[0], SHUT_WR);
			else
				shutdown(fd[1], SHUT_RD);
			pause();
		}
		EXPECT_TRUE(ft_poll(fd[1], POLLIN, 5000) & POLLIN);
		EXPECT_EQ(i == 0, recv(fd[1], &c, 1, 0));
	}
}

TEST_MAIN
