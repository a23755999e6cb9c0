// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stream_conn - how connections begin and end: connect, listen, accept,
 * shutdown, close, reset, and the addresses in between. The expectations are
 * TCP's: run it with --family inet to see them confirmed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

static int state(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		FT_DIE("TCP_INFO: %s", strerror(errno));
	return info.tcpi_state;
}

static void wait_state(int fd, int want)
{
	while (state(fd) != want)
		usleep(1000);
}

static void linger(int fd, int on, int seconds)
{
	struct linger l = { on, seconds };

	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

/* A port of loopback that nobody listens on */
static union ft_addr closed_port(int ip)
{
	union ft_addr addr = ft_loopback(ip, 0);

	close(ft_bound(SOCK_STREAM, &addr));
	return addr;
}

static union ft_addr unreachable(int ip)
{
	return ft_addr(ip == 4 ? "192.0.2.1" : "2001:db8::1", 9);
}

TEST(socket_types_and_flags)
{
	int fd = ferry_socket(ip, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK);

	ASSERT_OK(fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(SOCK_STREAM, ft_getopt(fd, SOL_SOCKET, SO_TYPE));
	EXPECT_EQ(ip == 4 ? AF_INET : AF_INET6, ft_getopt(fd, SOL_SOCKET, SO_DOMAIN));
	EXPECT_EQ(0, ft_getopt(fd, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(0, ft_getopt(fd, SOL_SOCKET, SO_ERROR));
}

TEST(addresses)
{
	union ft_addr addr = ft_loopback(ip, 0), peer, a, b;
	int listener = ft_listener(&addr, 1);
	int fd = ft_socket(ip, SOCK_STREAM);
	int child;

	EXPECT_EQ(1, ft_getopt(listener, SOL_SOCKET, SO_ACCEPTCONN));
	ASSERT_OK(ft_connect(fd, &addr));
	child = ft_accept(listener, &peer);
	ASSERT_OK(child);
	a = ft_local(fd);
	EXPECT_TRUE(ft_addr_equal(&a, &peer));
	b = ft_peer(fd);
	EXPECT_TRUE(ft_addr_equal(&b, &addr));
	b = ft_local(child);
	EXPECT_TRUE(ft_addr_equal(&b, &addr));
	b = ft_peer(child);
	EXPECT_TRUE(ft_addr_equal(&b, &a));
	EXPECT_NE(0, ft_port(&a));
}

TEST(unconnected_addresses)
{
	union ft_addr addr = {};
	socklen_t len = sizeof(addr);
	int fd = ft_socket(ip, SOCK_STREAM);

	EXPECT_ERRNO(ENOTCONN, getpeername(fd, &addr.sa, &len));
	EXPECT_OK(getsockname(fd, &addr.sa, &len));
	EXPECT_EQ(ip == 4 ? sizeof(addr.in) : sizeof(addr.in6), len);
	EXPECT_EQ(ip == 4 ? AF_INET : AF_INET6, addr.sa.sa_family);
	EXPECT_EQ(0, ft_port(&addr));
}

TEST(connect_refused)
{
	union ft_addr addr = closed_port(ip);
	int fd = ft_socket(ip, SOCK_STREAM);
	char c;

	EXPECT_ERRNO(ECONNREFUSED, ft_connect(fd, &addr));
	EXPECT_EQ(0, ft_getopt(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_ERRNO(ENOTCONN, recv(fd, &c, 1, 0));
	EXPECT_ERRNO(EPIPE, send(fd, "x", 1, MSG_NOSIGNAL));
}

TEST(connect_again_after_refusal)
{
	union ft_addr addr = closed_port(ip), good = ft_loopback(ip, 0);
	int fd = ft_socket(ip, SOCK_STREAM);
	int listener = ft_listener(&good, 1);
	char c;

	EXPECT_ERRNO(ECONNREFUSED, ft_connect(fd, &addr));
	EXPECT_OK(ft_connect(fd, &good));
	ft_send_all(fd, "x", 1);
	EXPECT_EQ(1, recv(ft_accept(listener, NULL), &c, 1, 0));
}

TEST(connect_no_route)
{
	union ft_addr addr = unreachable(ip);
	int fd = ft_socket(ip, SOCK_STREAM);

	EXPECT_ERRNO(ENETUNREACH, ft_connect(fd, &addr));
}

TEST(connect_nonblocking)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1);
	int fd = ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK);
	int ret = ft_connect(fd, &addr);

	if (ret < 0)
		EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(POLLOUT, ft_poll(fd, POLLOUT, 5000));
	EXPECT_EQ(0, ft_getopt(fd, SOL_SOCKET, SO_ERROR));
	if (ret < 0)
		EXPECT_OK(ft_connect(fd, &addr));
	EXPECT_ERRNO(EISCONN, ft_connect(fd, &addr));
	EXPECT_OK(ft_accept(listener, NULL));
}

TEST(connect_nonblocking_refused)
{
	union ft_addr addr = closed_port(ip);
	int fd = ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK);

	if (ft_connect(fd, &addr) < 0 && errno == ECONNREFUSED)
		return;
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_TRUE(ft_poll(fd, POLLOUT, 5000) & (POLLERR | POLLHUP));
	EXPECT_EQ(ECONNREFUSED, ft_getopt(fd, SOL_SOCKET, SO_ERROR));
}

/* A listener that can take no more leaves the next connect() in SYN_SENT. */
static int stuck_connect(int ip, union ft_addr *addr, int flags)
{
	int i, fd;

	*addr = ft_loopback(ip, 0);
	ft_listener(addr, 0);
	for (i = 0; i < 4; i++) {
		fd = ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK);
		/* The last step of the handshake does not wait for a first write. */
		ASSERT_OK(ft_setopt(fd, SOL_TCP, TCP_QUICKACK, 1));
		ft_connect(fd, addr);
		if (!ft_poll(fd, POLLOUT, 300)) {
			ASSERT_OK(fcntl(fd, F_SETFL, flags));
			return fd;
		}
	}
	FT_DIE("the backlog takes everything");
}

TEST(connect_in_progress)
{
	union ft_addr addr;
	int fd = stuck_connect(ip, &addr, O_NONBLOCK);
	char c;

	EXPECT_EQ(TCP_SYN_SENT, state(fd));
	EXPECT_ERRNO(EALREADY, ft_connect(fd, &addr));
	EXPECT_ERRNO(EAGAIN, send(fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EAGAIN, recv(fd, &c, 1, 0));
	EXPECT_EQ(0, ft_poll(fd, POLLIN | POLLOUT | POLLRDHUP, 0));
}

TEST(connect_timeout)
{
	struct timeval tv = { .tv_usec = 100000 };
	union ft_addr addr;
	int fd = stuck_connect(ip, &addr, 0);

	close(fd);
	fd = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	EXPECT_ERRNO(EINPROGRESS, ft_connect(fd, &addr));
	EXPECT_EQ(TCP_SYN_SENT, state(fd));
}

static void on_alarm(int sig)
{
}

static void alarm_in_ms(int ms)
{
	struct itimerval it = { .it_value = { .tv_usec = ms * 1000 } };
	struct sigaction sa = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

TEST(connect_interrupted)
{
	union ft_addr addr;
	int fd = stuck_connect(ip, &addr, 0);

	close(fd);
	fd = ft_socket(ip, SOCK_STREAM);
	alarm_in_ms(100);
	EXPECT_ERRNO(EINTR, ft_connect(fd, &addr));
	ft_nonblock(fd);
	EXPECT_ERRNO(EALREADY, ft_connect(fd, &addr));
}

TEST_TIMEOUT(syncnt_gives_up, 60)
{
	union ft_addr addr;
	int fd = stuck_connect(ip, &addr, 0);

	close(fd);
	fd = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(ft_setopt(fd, IPPROTO_TCP, TCP_SYNCNT, 1));
	EXPECT_ERRNO(ETIMEDOUT, ft_connect(fd, &addr));
}

TEST(disconnect)
{
	union ft_addr addr = ft_loopback(ip, 0), addr2 = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1), listener2 = ft_listener(&addr2, 1);
	union ft_addr none = { .sa.sa_family = AF_UNSPEC };
	int fd = ft_socket(ip, SOCK_STREAM);
	int child, child2;
	char c;

	ASSERT_OK(ft_connect(fd, &addr));
	child = ft_accept(listener, NULL);
	EXPECT_OK(connect(fd, &none.sa, sizeof(none)));
	EXPECT_ERRNO(ECONNRESET, recv(child, &c, 1, 0));
	EXPECT_ERRNO(ECONNRESET, recv(fd, &c, 1, 0));
	EXPECT_ERRNO(ENOTCONN, recv(fd, &c, 1, 0));
	ASSERT_OK(ft_connect(fd, &addr2));
	child2 = ft_accept(listener2, NULL);
	ft_send_all(fd, "x", 1);
	EXPECT_EQ(1, recv(child2, &c, 1, 0));
}

TEST(connect_self)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int fd = ft_bound(SOCK_STREAM, &addr);
	char buf[4];

	/* Simultaneous open with itself: RFC 9293 section 3.5 */
	ASSERT_OK(ft_connect(fd, &addr));
	EXPECT_EQ(TCP_ESTABLISHED, state(fd));
	ft_send_all(fd, "echo", 4);
	EXPECT_EQ(4, ft_recv_all(fd, buf, 4));
	EXPECT_EQ(0, memcmp(buf, "echo", 4));
}

TEST(bad_addresses)
{
	union ft_addr addr = ft_loopback(ip, 80);
	int fd = ft_socket(ip, SOCK_STREAM);

	EXPECT_ERRNO(EINVAL, connect(fd, &addr.sa, 4));
	EXPECT_ERRNO(EINVAL, bind(fd, &addr.sa, 4));
	addr.sa.sa_family = AF_UNIX;
	EXPECT_ERRNO(EAFNOSUPPORT, connect(fd, &addr.sa, sizeof(addr)));
	EXPECT_ERRNO(EAFNOSUPPORT, bind(fd, &addr.sa, sizeof(addr)));
	addr = unreachable(ip);
	EXPECT_ERRNO(EADDRNOTAVAIL, ft_bind(fd, &addr));
}

TEST(bind_twice)
{
	union ft_addr addr = ft_loopback(ip, 0), again = ft_loopback(ip, 0);
	int fd = ft_bound(SOCK_STREAM, &addr);
	int other = ft_socket(ip, SOCK_STREAM);

	EXPECT_ERRNO(EINVAL, ft_bind(fd, &again));
	EXPECT_ERRNO(EADDRINUSE, ft_bind(other, &addr));
}

TEST(bound_client)
{
	union ft_addr addr = ft_loopback(ip, 0), mine = ft_loopback(ip, 0), peer;
	int listener = ft_listener(&addr, 1);
	int fd = ft_bound(SOCK_STREAM, &mine);

	ASSERT_OK(ft_connect(fd, &addr));
	ASSERT_OK(ft_accept(listener, &peer));
	EXPECT_TRUE(ft_addr_equal(&peer, &mine));
}

TEST(listen_unbound_gets_a_port)
{
	int fd = ft_socket(ip, SOCK_STREAM);
	union ft_addr addr;

	EXPECT_OK(listen(fd, 1));
	addr = ft_local(fd);
	EXPECT_NE(0, ft_port(&addr));
}

TEST(listen_states)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int fd = ft_listener(&addr, 1);
	int pair[2];

	EXPECT_OK(listen(fd, 5));
	EXPECT_OK(listen(fd, 0x7fffffff));
	EXPECT_ERRNO(EISCONN, ft_connect(fd, &addr));
	ft_stream_pair(ip, pair);
	EXPECT_ERRNO(EINVAL, listen(pair[0], 1));
	EXPECT_ERRNO(EINVAL, accept(pair[0], NULL, NULL));
	EXPECT_ERRNO(EINVAL, accept(ft_socket(ip, SOCK_STREAM), NULL, NULL));
}

TEST(accept_variants)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 5);
	int fd, child;

	ft_nonblock(listener);
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
	fd = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(ft_connect(fd, &addr));
	EXPECT_EQ(POLLIN, ft_poll(listener, POLLIN, 5000));
	child = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_OK(child);
	EXPECT_EQ(FD_CLOEXEC, fcntl(child, F_GETFD));
	EXPECT_TRUE(fcntl(child, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, ft_getopt(child, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
}

TEST(accept_timeout_and_interrupt)
{
	struct timeval tv = { .tv_usec = 50000 };
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1);

	ASSERT_OK(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
	tv.tv_usec = 0;
	ASSERT_OK(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	alarm_in_ms(50);
	EXPECT_ERRNO(EINTR, accept(listener, NULL, NULL));
}

/* Blocks in accept() until somebody comes. */
TEST(accept_waits)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1);
	int status, child;
	char c;

	if (!fork()) {
		int fd = ft_socket(ip, SOCK_STREAM);

		usleep(20000);
		ASSERT_OK(ft_connect(fd, &addr));
		ft_send_all(fd, "x", 1);
		_exit(0);
	}
	child = ft_accept(listener, NULL);
	ASSERT_OK(child);
	EXPECT_EQ(1, recv(child, &c, 1, 0));
	wait(&status);
	EXPECT_EQ(0, status);
}

/* Options of the listener are the child's. */
TEST(accept_inherits)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1);
	int fd = ft_socket(ip, SOCK_STREAM), child;
	char name[16] = "";
	socklen_t len = sizeof(name);

	ASSERT_OK(ft_setopt(listener, IPPROTO_TCP, TCP_NODELAY, 1));
	ASSERT_OK(ft_setopt(listener, SOL_SOCKET, SO_KEEPALIVE, 1));
	ASSERT_OK(ft_setopt(listener, IPPROTO_TCP, TCP_KEEPIDLE, 77));
	ASSERT_OK(ft_setopt(listener, SOL_SOCKET, SO_RCVBUF, 40000));
	ASSERT_OK(setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	ASSERT_OK(ft_connect(fd, &addr));
	child = ft_accept(listener, NULL);
	ASSERT_OK(child);
	EXPECT_EQ(1, ft_getopt(child, IPPROTO_TCP, TCP_NODELAY));
	EXPECT_EQ(1, ft_getopt(child, SOL_SOCKET, SO_KEEPALIVE));
	EXPECT_EQ(77, ft_getopt(child, IPPROTO_TCP, TCP_KEEPIDLE));
	EXPECT_EQ(80000, ft_getopt(child, SOL_SOCKET, SO_RCVBUF));
	ASSERT_OK(getsockopt(child, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	EXPECT_EQ(0, strcmp(name, "reno"));
}

TEST(backlog_queues_then_drains)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 8);
	int fd[8], i;
	char c;

	for (i = 0; i < 8; i++) {
		fd[i] = ft_socket(ip, SOCK_STREAM);
		ASSERT_OK(ft_connect(fd[i], &addr));
		c = i;
		ft_send_all(fd[i], &c, 1);
	}
	for (i = 0; i < 8; i++) {
		int child = ft_accept(listener, NULL);

		ASSERT_OK(child);
		EXPECT_EQ(1, recv(child, &c, 1, 0));
		EXPECT_EQ(i, c);
	}
}

/* More than the backlog takes are put off, not refused, and the rest gets in. */
TEST_TIMEOUT(backlog_overflow_recovers, 60)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1);
	int fd[6], i, got = 0;

	for (i = 0; i < 6; i++) {
		fd[i] = ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK);
		if (ft_connect(fd[i], &addr) < 0)
			ASSERT_EQ(EINPROGRESS, errno);
	}
	while (ft_poll(listener, POLLIN, 3000)) {
		ASSERT_OK(ft_accept(listener, NULL));
		got++;
	}
	EXPECT_GE(got, 2);
	for (i = 0; i < 6; i++) {
		EXPECT_EQ(POLLOUT, ft_poll(fd[i], POLLOUT, 5000));
		EXPECT_EQ(0, ft_getopt(fd[i], SOL_SOCKET, SO_ERROR));
	}
	ASSERT_OK(ft_connect(ft_socket(ip, SOCK_STREAM), &addr));
	ASSERT_OK(ft_accept(listener, NULL));
}

TEST(listener_closed_resets_waiting)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1);
	int fd = ft_socket(ip, SOCK_STREAM);
	char c;

	ASSERT_OK(ft_connect(fd, &addr));
	ASSERT_EQ(POLLIN, ft_poll(listener, POLLIN, 5000));
	close(listener);
	EXPECT_ERRNO(ECONNRESET, recv(fd, &c, 1, 0));
}

TEST(listener_shutdown)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1);
	int fd = ft_socket(ip, SOCK_STREAM);

	EXPECT_OK(shutdown(listener, SHUT_RD));
	EXPECT_ERRNO(EINVAL, accept(listener, NULL, NULL));
	EXPECT_ERRNO(ECONNREFUSED, ft_connect(fd, &addr));
	EXPECT_OK(listen(listener, 1));
	/* The kernel had chosen the port, and may choose another. */
	addr = ft_local(listener);
	EXPECT_OK(ft_connect(ft_socket(ip, SOCK_STREAM), &addr));
}

/* The peer has come and gone before accept(). */
TEST(accept_of_the_gone)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1);
	int fd = ft_socket(ip, SOCK_STREAM), child;
	char buf[8];

	ASSERT_OK(ft_connect(fd, &addr));
	ft_send_all(fd, "abc", 3);
	close(fd);
	child = ft_accept(listener, NULL);
	ASSERT_OK(child);
	EXPECT_EQ(3, ft_recv_all(child, buf, 8));
}

TEST(states_of_orderly_close)
{
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	EXPECT_EQ(TCP_ESTABLISHED, state(fd[0]));
	EXPECT_OK(shutdown(fd[0], SHUT_WR));
	wait_state(fd[0], TCP_FIN_WAIT2);
	wait_state(fd[1], TCP_CLOSE_WAIT);
	EXPECT_EQ(0, recv(fd[1], &c, 1, 0));
	EXPECT_OK(shutdown(fd[1], SHUT_WR));
	/* The passive end is closed; the active end is in TIME_WAIT without a socket. */
	wait_state(fd[1], TCP_CLOSE);
	wait_state(fd[0], TCP_CLOSE);
	EXPECT_EQ(0, recv(fd[0], &c, 1, 0));
	EXPECT_EQ(0, ft_getopt(fd[0], SOL_SOCKET, SO_ERROR));
	EXPECT_ERRNO(ENOTCONN, shutdown(fd[0], SHUT_RDWR));
}

TEST(simultaneous_close)
{
	int fd[2], i;
	char c;

	for (i = 0; i < 20; i++) {
		ft_stream_pair(ip, fd);
		ft_send_all(fd[0], "x", 1);
		ft_send_all(fd[1], "x", 1);
		EXPECT_OK(shutdown(fd[0], SHUT_WR));
		EXPECT_OK(shutdown(fd[1], SHUT_WR));
		EXPECT_EQ(1, recv(fd[0], &c, 1, 0));
		EXPECT_EQ(0, recv(fd[0], &c, 1, 0));
		EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
		EXPECT_EQ(0, recv(fd[1], &c, 1, 0));
		wait_state(fd[0], TCP_CLOSE);
		wait_state(fd[1], TCP_CLOSE);
		close(fd[0]);
		close(fd[1]);
	}
}

TEST(shutdown_arguments)
{
	int fd[2];

	ft_stream_pair(ip, fd);
	EXPECT_ERRNO(EINVAL, shutdown(fd[0], 3));
	EXPECT_ERRNO(EINVAL, shutdown(fd[0], -1));
	EXPECT_OK(shutdown(fd[0], SHUT_RD));
	EXPECT_OK(shutdown(fd[0], SHUT_WR));
	EXPECT_OK(shutdown(fd[0], SHUT_WR));
}

/* A blocked reader wakes when another thread shuts the socket down. */
TEST(shutdown_wakes_reader)
{
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	if (!fork()) {
		usleep(50000);
		shutdown(fd[1], SHUT_RD);
		_exit(0);
	}
	EXPECT_EQ(0, recv(fd[1], &c, 1, 0));
}

TEST(unread_bytes_reset)
{
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "abc", 3);
	EXPECT_EQ(POLLIN, ft_poll(fd[1], POLLIN, 5000));
	close(fd[1]);
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], &c, 1, 0));
}

TEST(bytes_after_close_reset)
{
	int fd[2];

	ft_stream_pair(ip, fd);
	close(fd[1]);
	EXPECT_TRUE(ft_poll(fd[0], POLLIN | POLLRDHUP, 5000) & POLLRDHUP);
	EXPECT_EQ(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_TRUE(ft_poll(fd[0], 0, 5000) & (POLLERR | POLLHUP));
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
}

TEST(linger_zero_resets)
{
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	linger(fd[0], 1, 0);
	close(fd[0]);
	EXPECT_ERRNO(ECONNRESET, recv(fd[1], &c, 1, 0));
}

/* close() waits until the peer's kernel has everything. */
TEST(linger_waits)
{
	static char buf[30000];
	char *sink = malloc(1 << 20);
	int fd[2], n;

	ft_stream_pair(ip, fd);
	linger(fd[0], 1, 20);
	ft_send_all(fd[0], buf, sizeof(buf));
	EXPECT_OK(close(fd[0]));
	ASSERT_OK(ioctl(fd[1], FIONREAD, &n));
	EXPECT_EQ(sizeof(buf), n);
	EXPECT_EQ(sizeof(buf), ft_recv_all(fd[1], sink, 1 << 20));
}

TEST(linger_ends)
{
	static char buf[65536];
	uint64_t before;
	int fd[2];

	ft_stream_pair(ip, fd);
	ft_nonblock(fd[0]);
	while (send(fd[0], buf, sizeof(buf), 0) > 0 || ft_poll(fd[0], POLLOUT, 100))
		;
	linger(fd[0], 1, 1);
	ASSERT_OK(fcntl(fd[0], F_SETFL, 0));
	before = ft_now_ms();
	EXPECT_OK(close(fd[0]));
	EXPECT_GE(ft_now_ms() - before, 900);
}

TEST(linger_reads_back)
{
	struct linger l = { 1, 7 };
	socklen_t len = sizeof(l);
	int fd = ft_socket(ip, SOCK_STREAM);

	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	memset(&l, 0, sizeof(l));
	ASSERT_OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	EXPECT_EQ(1, l.l_onoff);
	EXPECT_EQ(7, l.l_linger);
}

/* Everything written before close() arrives after it. */
TEST(close_delivers)
{
	static char buf[1 << 20];
	int fd[2];
	size_t total = 0;
	ssize_t n;

	ft_stream_pair(ip, fd);
	n = send(fd[0], buf, sizeof(buf), MSG_DONTWAIT);
	ASSERT_GT(n, 0);
	close(fd[0]);
	total = ft_recv_all(fd[1], buf, sizeof(buf));
	EXPECT_EQ(n, total);
}

TEST(reuseaddr_over_time_wait)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1), other;
	int fd = ft_socket(ip, SOCK_STREAM), child;
	char c;

	ASSERT_OK(ft_connect(fd, &addr));
	child = ft_accept(listener, NULL);
	close(child);
	EXPECT_EQ(0, recv(fd, &c, 1, 0));
	close(fd);
	close(listener);
	other = ft_socket(ip, SOCK_STREAM);
	EXPECT_ERRNO(EADDRINUSE, ft_bind(other, &addr));
	ASSERT_OK(ft_setopt(other, SOL_SOCKET, SO_REUSEADDR, 1));
	/* The one before must have asked for it as well. */
	close(other);
}

TEST(reuseaddr_restart)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_socket(ip, SOCK_STREAM), child, i;

	for (i = 0; i < 5; i++) {
		int fd = ft_socket(ip, SOCK_STREAM);
		char c;

		ASSERT_OK(ft_setopt(listener, SOL_SOCKET, SO_REUSEADDR, 1));
		ASSERT_OK(ft_bind(listener, &addr));
		addr = ft_local(listener);
		ASSERT_OK(listen(listener, 1));
		ASSERT_OK(ft_connect(fd, &addr));
		child = ft_accept(listener, NULL);
		close(child);
		EXPECT_EQ(0, recv(fd, &c, 1, 0));
		close(fd);
		close(listener);
		listener = ft_socket(ip, SOCK_STREAM);
	}
}

TEST(reuseaddr_does_not_share_listeners)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int a = ft_socket(ip, SOCK_STREAM), b = ft_socket(ip, SOCK_STREAM);

	ASSERT_OK(ft_setopt(a, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(ft_setopt(b, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(ft_bind(a, &addr));
	addr = ft_local(a);
	EXPECT_OK(ft_bind(b, &addr));
	EXPECT_OK(listen(a, 1));
	EXPECT_ERRNO(EADDRINUSE, listen(b, 1));
}

TEST(reuseport_shares_accepts)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int l[2], fd[64], i, got[2] = {};

	for (i = 0; i < 2; i++) {
		l[i] = ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK);
		ASSERT_OK(ft_setopt(l[i], SOL_SOCKET, SO_REUSEPORT, 1));
		ASSERT_OK(ft_bind(l[i], &addr));
		addr = ft_local(l[i]);
		ASSERT_OK(listen(l[i], 64));
	}
	for (i = 0; i < 64; i++) {
		fd[i] = ft_socket(ip, SOCK_STREAM);
		ASSERT_OK(ft_connect(fd[i], &addr));
	}
	while (got[0] + got[1] < 64)
		for (i = 0; i < 2; i++)
			if (ft_accept(l[i], NULL) >= 0)
				got[i]++;
	EXPECT_GT(got[0], 0);
	EXPECT_GT(got[1], 0);
}

/* ---- IPv6 sockets that talk IPv4 ---- */

TEST_V6(dual_stack_listener)
{
	union ft_addr any = ft_any(6, 0), to, peer, want = ft_mapped("127.0.0.1", 0);
	int listener = ft_listener(&any, 2);
	int fd = ft_socket(4, SOCK_STREAM), child;
	char c;

	to = ft_addr("127.0.0.1", ft_port(&any));
	ASSERT_OK(ft_connect(fd, &to));
	child = ft_accept(listener, &peer);
	ASSERT_OK(child);
	ft_set_port(&want, ft_port(&peer));
	EXPECT_TRUE(ft_addr_equal(&want, &peer));
	ft_send_all(fd, "x", 1);
	EXPECT_EQ(1, recv(child, &c, 1, 0));
	ft_send_all(child, "y", 1);
	EXPECT_EQ(1, recv(fd, &c, 1, 0));
	close(child);
	EXPECT_EQ(0, recv(fd, &c, 1, 0));
}

TEST_V6(mapped_connect)
{
	union ft_addr addr = ft_loopback(4, 0), to, local;
	int listener = ft_listener(&addr, 1);
	int fd = ft_socket(6, SOCK_STREAM), child;
	char c;

	to = ft_mapped("127.0.0.1", ft_port(&addr));
	ASSERT_OK(ft_connect(fd, &to));
	child = ft_accept(listener, NULL);
	ASSERT_OK(child);
	local = ft_local(fd);
	EXPECT_TRUE(IN6_IS_ADDR_V4MAPPED(&local.in6.sin6_addr));
	local = ft_peer(fd);
	EXPECT_TRUE(ft_addr_equal(&local, &to));
	ft_send_all(fd, "x", 1);
	EXPECT_EQ(1, recv(child, &c, 1, 0));
}

TEST_V6(v6only_refuses_v4)
{
	union ft_addr any = ft_any(6, 0), to;
	int listener = ft_socket(6, SOCK_STREAM), v4 = ft_socket(4, SOCK_STREAM);

	ASSERT_OK(ft_setopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	ASSERT_OK(ft_bind(listener, &any));
	any = ft_local(listener);
	ASSERT_OK(listen(listener, 1));
	to = ft_addr("127.0.0.1", ft_port(&any));
	EXPECT_ERRNO(ECONNREFUSED, ft_connect(v4, &to));
	/* ... and leaves the port free for an IPv4 socket. */
	to = ft_any(4, ft_port(&any));
	EXPECT_OK(ft_bind(ft_socket(4, SOCK_STREAM), &to));
	to = ft_mapped("127.0.0.1", 9);
	v4 = ft_socket(6, SOCK_STREAM);
	ASSERT_OK(ft_setopt(v4, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	EXPECT_ERRNO(ENETUNREACH, ft_connect(v4, &to));
}

TEST_V6(dual_stack_takes_the_v4_port)
{
	union ft_addr any = ft_any(6, 0), v4;

	ft_listener(&any, 1);
	v4 = ft_any(4, ft_port(&any));
	EXPECT_ERRNO(EADDRINUSE, ft_bind(ft_socket(4, SOCK_STREAM), &v4));
}

/* connect() to the unspecified address means this host. */
TEST(connect_any)
{
	union ft_addr addr = ft_loopback(ip, 0), to;
	int fd = ft_socket(ip, SOCK_STREAM);

	ft_listener(&addr, 1);
	to = ft_any(ip, ft_port(&addr));
	EXPECT_OK(ft_connect(fd, &to));
}

TEST(privileged_ports)
{
	union ft_addr addr = ft_loopback(ip, 80);
	int fd = ft_socket(ip, SOCK_STREAM);

	ASSERT_OK(seteuid(65534));
	EXPECT_ERRNO(EACCES, ft_bind(fd, &addr));
	ASSERT_OK(seteuid(0));
	EXPECT_OK(ft_bind(fd, &addr));
}

/* ---- timers that end connections; needs a path that goes silent ---- */

static void silence(void)
{
	if (!system("tc qdisc add dev lo root netem loss 100%"))
		return;
	if (!ft_opt.ferry)
		ft_skip("this machine's kernel has no netem");
	FT_DIE("cannot silence loopback: no netem");
}

TEST_TIMEOUT(keepalive_finds_the_dead, 60)
{
	uint64_t before;
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_KEEPIDLE, 1));
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_KEEPINTVL, 1));
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_KEEPCNT, 2));
	ASSERT_OK(ft_setopt(fd[0], SOL_SOCKET, SO_KEEPALIVE, 1));
	before = ft_now_ms();
	silence();
	EXPECT_ERRNO(ETIMEDOUT, recv(fd[0], &c, 1, 0));
	EXPECT_GE(ft_now_ms() - before, 1900);
}

TEST_TIMEOUT(keepalive_keeps_the_living, 60)
{
	struct timeval tv = { .tv_sec = 5 };
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_KEEPIDLE, 1));
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_KEEPINTVL, 1));
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_KEEPCNT, 1));
	ASSERT_OK(ft_setopt(fd[0], SOL_SOCKET, SO_KEEPALIVE, 1));
	ASSERT_OK(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_ERRNO(EAGAIN, recv(fd[0], &c, 1, 0));
	ft_send_all(fd[0], "x", 1);
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
}

TEST_TIMEOUT(user_timeout_ends, 60)
{
	uint64_t before;
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_USER_TIMEOUT, 1500));
	silence();
	before = ft_now_ms();
	ft_send_all(fd[0], "x", 1);
	EXPECT_ERRNO(ETIMEDOUT, recv(fd[0], &c, 1, 0));
	EXPECT_GE(ft_now_ms() - before, 1400);
	EXPECT_LE(ft_now_ms() - before, 10000);
}

/* A short silence is survived. */
TEST_TIMEOUT(survives_silence, 60)
{
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	silence();
	ft_send_all(fd[0], "x", 1);
	EXPECT_EQ(0, ft_poll(fd[1], POLLIN, 700));
	ASSERT_EQ(0, system("tc qdisc del dev lo root"));
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
}

TEST_TIMEOUT(many_in_sequence, 60)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 5);
	int i;

	for (i = 0; i < 500; i++) {
		int fd = ft_socket(ip, SOCK_STREAM), child;
		char buf[4];

		ASSERT_OK(ft_connect(fd, &addr));
		child = ft_accept(listener, NULL);
		ASSERT_OK(child);
		ft_send_all(fd, "ping", 4);
		ASSERT_EQ(4, ft_recv_all(child, buf, 4));
		ft_send_all(child, "pong", 4);
		ASSERT_EQ(4, ft_recv_all(fd, buf, 4));
		close(i & 1 ? fd : child);
		ASSERT_EQ(0, recv(i & 1 ? child : fd, buf, 4, 0));
		close(i & 1 ? child : fd);
	}
}

TEST_MAIN
