// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stream_data - every way to send and to receive over a stream, and what
 * each says when it cannot. The expectations are TCP's: run it with
 * --family inet to see them confirmed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"
#include "lib/payload.h"

#define BIG	(4u << 20)

#ifndef TCP_INQ
#define TCP_INQ 36
#endif

static void set_timeout(int fd, int name, int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	ASSERT_OK(setsockopt(fd, SOL_SOCKET, name, &tv, sizeof(tv)));
}

/* Wait until exactly @n bytes can be read. */
static void wait_inq(int fd, int n)
{
	int have = -1;

	while (have != n) {
		ASSERT_OK(ioctl(fd, FIONREAD, &have));
		if (have != n)
			usleep(1000);
	}
}

static void wait_outq_empty(int fd)
{
	int have = -1;

	while (have) {
		ASSERT_OK(ioctl(fd, TIOCOUTQ, &have));
		if (have)
			usleep(1000);
	}
}

/* A peer that sends @len bytes of @seed, in its own thread */
struct sender {
	pthread_t thread;
	int fd;
	uint64_t seed;
	size_t len;
	size_t chunk;
	int flags;
	bool shut;
};

static void *send_thread(void *arg)
{
	struct sender *s = arg;
	char *buf = malloc(s->chunk);
	size_t off = 0;

	while (off < s->len) {
		size_t n = s->len - off < s->chunk ? s->len - off : s->chunk;
		ssize_t ret;

		ft_fill(s->seed, off, buf, n);
		ret = send(s->fd, buf, n, s->flags | MSG_NOSIGNAL);
		if (ret < 0)
			FT_DIE("send: %s", strerror(errno));
		off += ret;
	}
	if (s->shut)
		shutdown(s->fd, SHUT_WR);
	free(buf);
	return NULL;
}

static void start_sender(struct sender *s)
{
	ASSERT_EQ(0, pthread_create(&s->thread, NULL, send_thread, s));
}

static void expect_payload(int fd, uint64_t seed, size_t len)
{
	char *buf = malloc(65536);
	size_t off = 0;

	while (off < len) {
		ssize_t n = recv(fd, buf, 65536, 0);

		if (n <= 0)
			FT_DIE("recv at %zu: %s", off, n ? strerror(errno) : "EOF");
		if (ft_check(seed, off, buf, n) >= 0)
			FT_DIE("wrong byte at %zu + %zd", off,
			       ft_check(seed, off, buf, n));
		off += n;
	}
	free(buf);
}

TEST(bulk_arrives_intact)
{
	struct sender s = { .seed = ft_opt.seed, .len = 8 * BIG, .chunk = 100003,
			    .shut = true };
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	s.fd = fd[0];
	start_sender(&s);
	expect_payload(fd[1], s.seed, s.len);
	EXPECT_EQ(0, recv(fd[1], &c, 1, 0));
	pthread_join(s.thread, NULL);
}

TEST(both_directions_at_once)
{
	struct sender a = { .seed = ft_opt.seed, .len = BIG, .chunk = 9999 };
	struct sender b = { .seed = ft_opt.seed + 1, .len = BIG, .chunk = 70000 };
	int fd[2];

	ft_stream_pair(ip, fd);
	a.fd = fd[0];
	b.fd = fd[1];
	start_sender(&a);
	start_sender(&b);
	expect_payload(fd[1], a.seed, a.len);
	expect_payload(fd[0], b.seed, b.len);
	pthread_join(a.thread, NULL);
	pthread_join(b.thread, NULL);
}

TEST(random_write_sizes)
{
	struct ft_rng rng = { ft_opt.seed };
	size_t off = 0, total = 0;
	static char buf[300000];
	int fd[2], i;

	ft_stream_pair(ip, fd);
	for (i = 0; i < 200; i++) {
		size_t n = ft_rand_range(&rng, 1, i % 10 ? 3000 : 60000);
		size_t got;

		ft_fill(ft_opt.seed, total, buf, n);
		ft_send_all(fd[0], buf, n);
		total += n;
		while (off < total) {
			got = recv(fd[1], buf, ft_rand_range(&rng, 1, sizeof(buf)), 0);
			ASSERT_GT(got, 0);
			ASSERT_EQ(-1, ft_check(ft_opt.seed, off, buf, got));
			off += got;
		}
	}
}

TEST(one_byte_at_a_time)
{
	int fd[2], i;
	char c;

	ft_stream_pair(ip, fd);
	EXPECT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_NODELAY, 1));
	for (i = 0; i < 2000; i++) {
		c = i;
		ASSERT_EQ(1, send(fd[0], &c, 1, 0));
	}
	for (i = 0; i < 2000; i++) {
		ASSERT_EQ(1, recv(fd[1], &c, 1, 0));
		ASSERT_EQ((char)i, c);
	}
}

TEST(writev_readv)
{
	struct iovec out[3] = { { "abc", 3 }, { "", 0 }, { "defgh", 5 } };
	char a[2], b[10];
	struct iovec in[2] = { { a, 2 }, { b, 10 } };
	int fd[2];

	ft_stream_pair(ip, fd);
	EXPECT_EQ(8, writev(fd[0], out, 3));
	wait_inq(fd[1], 8);
	EXPECT_EQ(8, readv(fd[1], in, 2));
	EXPECT_EQ(0, memcmp(a, "ab", 2));
	EXPECT_EQ(0, memcmp(b, "cdefgh", 6));
}

TEST(zero_length_send)
{
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	EXPECT_EQ(0, send(fd[0], "", 0, 0));
	EXPECT_EQ(0, write(fd[0], "", 0));
	EXPECT_ERRNO(EAGAIN, recv(fd[1], &c, 1, MSG_DONTWAIT));
}

TEST(zero_length_recv)
{
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], &c, 0, MSG_DONTWAIT));
	ft_send_all(fd[0], "x", 1);
	wait_inq(fd[1], 1);
	EXPECT_EQ(0, recv(fd[1], &c, 0, MSG_DONTWAIT));
	EXPECT_EQ(1, recv(fd[1], &c, 1, MSG_DONTWAIT));
}

TEST(peek)
{
	char buf[16];
	int fd[2];

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "hello world", 11);
	wait_inq(fd[1], 11);
	EXPECT_EQ(5, recv(fd[1], buf, 5, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_EQ(11, recv(fd[1], buf, 16, MSG_PEEK));
	EXPECT_EQ(6, recv(fd[1], buf, 6, 0));
	EXPECT_EQ(5, recv(fd[1], buf, 16, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "world", 5));
	EXPECT_EQ(5, recv(fd[1], buf, 16, 0));
	EXPECT_ERRNO(EAGAIN, recv(fd[1], buf, 16, MSG_PEEK | MSG_DONTWAIT));
}

TEST(peek_waits)
{
	struct sender s = { .len = 3, .chunk = 3, .seed = 1 };
	char buf[3];
	int fd[2];

	ft_stream_pair(ip, fd);
	s.fd = fd[0];
	start_sender(&s);
	EXPECT_EQ(3, recv(fd[1], buf, 3, MSG_PEEK | MSG_WAITALL));
	EXPECT_EQ(3, recv(fd[1], buf, 3, 0));
	pthread_join(s.thread, NULL);
}

TEST(peek_off)
{
	char buf[8];
	int fd[2];

	ft_stream_pair(ip, fd);
	if (ft_setopt(fd[1], SOL_SOCKET, SO_PEEK_OFF, 0) < 0)
		ft_skip("this kernel has no SO_PEEK_OFF for this family");
	ft_send_all(fd[0], "abcdefgh", 8);
	wait_inq(fd[1], 8);
	EXPECT_EQ(2, recv(fd[1], buf, 2, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "ab", 2));
	EXPECT_EQ(2, recv(fd[1], buf, 2, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "cd", 2));
	EXPECT_EQ(4, ft_getopt(fd[1], SOL_SOCKET, SO_PEEK_OFF));
	EXPECT_EQ(1, recv(fd[1], buf, 1, 0));
	EXPECT_EQ(3, ft_getopt(fd[1], SOL_SOCKET, SO_PEEK_OFF));
	EXPECT_EQ(2, recv(fd[1], buf, 2, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "ef", 2));
	EXPECT_EQ(7, recv(fd[1], buf, 8, 0));
	EXPECT_EQ(0, ft_getopt(fd[1], SOL_SOCKET, SO_PEEK_OFF));
}

TEST(dontwait)
{
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], &c, 1, MSG_DONTWAIT));
	ft_nonblock(fd[1]);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], &c, 1, 0));
	ft_send_all(fd[0], "x", 1);
	EXPECT_EQ(POLLIN, ft_poll(fd[1], POLLIN, 5000));
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
}

TEST(waitall)
{
	struct sender s = { .len = 300000, .chunk = 1000, .seed = 3 };
	char *buf = malloc(s.len);
	int fd[2];

	ft_stream_pair(ip, fd);
	s.fd = fd[0];
	start_sender(&s);
	EXPECT_EQ(s.len, recv(fd[1], buf, s.len, MSG_WAITALL));
	EXPECT_EQ(-1, ft_check(3, 0, buf, s.len));
	pthread_join(s.thread, NULL);
}

TEST(waitall_ends_at_eof)
{
	char buf[100];
	int fd[2];

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "abc", 3);
	EXPECT_OK(shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(3, recv(fd[1], buf, sizeof(buf), MSG_WAITALL));
	EXPECT_EQ(0, recv(fd[1], buf, sizeof(buf), MSG_WAITALL));
	EXPECT_EQ(0, recv(fd[1], buf, sizeof(buf), 0));
}

TEST(trunc_discards)
{
	char buf[8];
	int fd[2];

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "abcdefgh", 8);
	wait_inq(fd[1], 8);
	memset(buf, 'x', sizeof(buf));
	EXPECT_EQ(5, recv(fd[1], buf, 5, MSG_TRUNC));
	EXPECT_EQ('x', buf[0]);
	EXPECT_EQ(3, recv(fd[1], buf, 8, 0));
	EXPECT_EQ(0, memcmp(buf, "fgh", 3));
	ft_send_all(fd[0], "abcdefgh", 8);
	wait_inq(fd[1], 8);
	EXPECT_EQ(8, recv(fd[1], NULL, 100, MSG_TRUNC));
}

TEST(no_urgent_data)
{
	int fd[2], mark;
	char c;

	ft_stream_pair(ip, fd);
	EXPECT_ERRNO(EINVAL, recv(fd[1], &c, 1, MSG_OOB));
	EXPECT_OK(ioctl(fd[1], SIOCATMARK, &mark));
	EXPECT_EQ(0, mark);
}

TEST(recvfrom_gives_no_address)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "x", 1);
	EXPECT_EQ(1, recvfrom(fd[1], &c, 1, 0, (struct sockaddr *)&ss, &len));
	EXPECT_EQ(0, len);
}

TEST(sendto_ignores_address)
{
	union ft_addr to = ft_loopback(ip, 9);
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	EXPECT_EQ(1, sendto(fd[0], "x", 1, 0, &to.sa, ft_addrlen(&to)));
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
}

TEST(fault_addresses)
{
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	EXPECT_ERRNO(EFAULT, send(fd[0], (void *)16, 10, 0));
	ft_send_all(fd[0], "x", 1);
	EXPECT_ERRNO(EFAULT, recv(fd[1], (void *)16, 10, 0));
	EXPECT_EQ(1, recv(fd[1], &c, 1, 0));
	EXPECT_EQ('x', c);
}

TEST(rcvtimeo)
{
	uint64_t before;
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	set_timeout(fd[1], SO_RCVTIMEO, 100);
	before = ft_now_ms();
	EXPECT_ERRNO(EAGAIN, recv(fd[1], &c, 1, 0));
	EXPECT_GE(ft_now_ms() - before, 90);
}

/* MSG_WAITALL with a timeout returns what came in time. */
TEST(rcvtimeo_partial)
{
	char buf[10];
	int fd[2];

	ft_stream_pair(ip, fd);
	set_timeout(fd[1], SO_RCVTIMEO, 300);
	ft_send_all(fd[0], "abc", 3);
	EXPECT_EQ(3, recv(fd[1], buf, 10, MSG_WAITALL));
}

static void fill_up(int fd)
{
	static char buf[65536];

	while (send(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	ASSERT_EQ(EAGAIN, errno);
}

/* Fill until even after everything settled there is no room. */
static void fill_for_good(int fd)
{
	int before = -1, now = 0;

	while (before != now) {
		before = now;
		fill_up(fd);
		usleep(50000);
		ASSERT_OK(ioctl(fd, TIOCOUTQ, &now));
	}
}

TEST(sndtimeo)
{
	uint64_t before;
	static char buf[65536];
	int fd[2];

	ft_stream_pair(ip, fd);
	fill_for_good(fd[0]);
	set_timeout(fd[0], SO_SNDTIMEO, 100);
	before = ft_now_ms();
	EXPECT_ERRNO(EAGAIN, send(fd[0], buf, sizeof(buf), 0));
	EXPECT_GE(ft_now_ms() - before, 90);
}

TEST(partial_write_then_eagain)
{
	size_t len = 64 << 20;
	char *buf = calloc(1, len);
	int fd[2];
	ssize_t n;

	ft_stream_pair(ip, fd);
	n = send(fd[0], buf, len, MSG_DONTWAIT);
	EXPECT_GT(n, 0);
	EXPECT_LT(n, len);
	fill_for_good(fd[0]);
	EXPECT_ERRNO(EAGAIN, send(fd[0], buf, 1 << 20, MSG_DONTWAIT));
}

/* Reading makes room and the sender learns of it. */
TEST(writer_wakes)
{
	static char buf[65536];
	int fd[2];

	ft_stream_pair(ip, fd);
	ft_nonblock(fd[0]);
	ft_nonblock(fd[1]);
	fill_for_good(fd[0]);
	EXPECT_EQ(0, ft_poll(fd[0], POLLOUT, 0));
	while (!ft_poll(fd[0], POLLOUT, 10))
		if (recv(fd[1], buf, sizeof(buf), 0) < 0)
			ASSERT_EQ(EAGAIN, errno);
	EXPECT_GT(send(fd[0], buf, 1000, 0), 0);
}

TEST(blocking_write_is_whole)
{
	struct sender s = { .len = 16 * BIG, .chunk = 16 * BIG, .seed = 5 };
	int fd[2];

	ft_stream_pair(ip, fd);
	s.fd = fd[0];
	start_sender(&s);
	expect_payload(fd[1], 5, s.len);
	pthread_join(s.thread, NULL);
}

TEST(small_buffers)
{
	struct sender s = { .len = 100000, .chunk = 5000, .seed = 6, .shut = true };
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	EXPECT_OK(ft_setopt(fd[0], SOL_SOCKET, SO_SNDBUF, 4096));
	EXPECT_OK(ft_setopt(fd[1], SOL_SOCKET, SO_RCVBUF, 4096));
	s.fd = fd[0];
	start_sender(&s);
	expect_payload(fd[1], 6, s.len);
	EXPECT_EQ(0, recv(fd[1], &c, 1, 0));
	pthread_join(s.thread, NULL);
}

TEST(buffers_grow_by_themselves)
{
	struct sender s = { .len = 16 * BIG, .chunk = BIG, .seed = 7 };
	int fd[2], snd, rcv;

	ft_stream_pair(ip, fd);
	snd = ft_getopt(fd[0], SOL_SOCKET, SO_SNDBUF);
	rcv = ft_getopt(fd[1], SOL_SOCKET, SO_RCVBUF);
	s.fd = fd[0];
	start_sender(&s);
	expect_payload(fd[1], 7, s.len);
	pthread_join(s.thread, NULL);
	EXPECT_GE(ft_getopt(fd[0], SOL_SOCKET, SO_SNDBUF), snd);
	EXPECT_GT(ft_getopt(fd[1], SOL_SOCKET, SO_RCVBUF), rcv);
}

TEST(fixed_buffers_stay)
{
	struct sender s = { .len = 4 * BIG, .chunk = BIG, .seed = 8 };
	int fd[2], snd, rcv;

	ft_stream_pair(ip, fd);
	EXPECT_OK(ft_setopt(fd[0], SOL_SOCKET, SO_SNDBUF, 50000));
	EXPECT_OK(ft_setopt(fd[1], SOL_SOCKET, SO_RCVBUF, 60000));
	snd = ft_getopt(fd[0], SOL_SOCKET, SO_SNDBUF);
	rcv = ft_getopt(fd[1], SOL_SOCKET, SO_RCVBUF);
	EXPECT_EQ(100000, snd);
	EXPECT_EQ(120000, rcv);
	s.fd = fd[0];
	start_sender(&s);
	expect_payload(fd[1], 8, s.len);
	pthread_join(s.thread, NULL);
	EXPECT_EQ(snd, ft_getopt(fd[0], SOL_SOCKET, SO_SNDBUF));
	EXPECT_EQ(rcv, ft_getopt(fd[1], SOL_SOCKET, SO_RCVBUF));
}

static volatile sig_atomic_t sigpipes;

static void on_sigpipe(int sig)
{
	sigpipes++;
}

TEST(epipe_and_sigpipe)
{
	int fd[2];

	signal(SIGPIPE, on_sigpipe);
	ft_stream_pair(ip, fd);
	EXPECT_OK(shutdown(fd[0], SHUT_WR));
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, 0));
	EXPECT_EQ(1, sigpipes);
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EPIPE, send(fd[0], "", 0, MSG_NOSIGNAL));
	EXPECT_EQ(1, sigpipes);
}

TEST(not_connected)
{
	int fd = ft_socket(ip, SOCK_STREAM);
	int n = -1;
	char c;

	EXPECT_ERRNO(EPIPE, send(fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(ENOTCONN, recv(fd, &c, 1, 0));
	EXPECT_ERRNO(ENOTCONN, shutdown(fd, SHUT_WR));
	EXPECT_OK(ioctl(fd, FIONREAD, &n));
	EXPECT_EQ(0, n);
	EXPECT_OK(ioctl(fd, TIOCOUTQ, &n));
	EXPECT_EQ(0, n);
	EXPECT_OK(ioctl(fd, SIOCOUTQNSD, &n));
	EXPECT_EQ(0, n);
}

TEST(listener_moves_no_data)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int fd = ft_listener(&addr, 1);
	int n;
	char c;

	EXPECT_ERRNO(EPIPE, send(fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(ENOTCONN, recv(fd, &c, 1, 0));
	EXPECT_ERRNO(EINVAL, ioctl(fd, FIONREAD, &n));
	EXPECT_ERRNO(EINVAL, ioctl(fd, TIOCOUTQ, &n));
	EXPECT_ERRNO(EINVAL, ioctl(fd, SIOCOUTQNSD, &n));
}

TEST(queue_lengths)
{
	static char buf[1 << 20];
	int fd[2], n;
	ssize_t sent;

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "12345", 5);
	wait_inq(fd[1], 5);
	wait_outq_empty(fd[0]);
	ASSERT_EQ(5, recv(fd[1], buf, 5, 0));
	wait_inq(fd[1], 0);
	sent = send(fd[0], buf, sizeof(buf), MSG_DONTWAIT);
	ASSERT_GT(sent, 0);
	fill_for_good(fd[0]);
	ASSERT_OK(ioctl(fd[0], TIOCOUTQ, &n));
	EXPECT_GT(n, 0);
	ASSERT_OK(ioctl(fd[0], SIOCOUTQNSD, &n));
	EXPECT_GT(n, 0);
	ASSERT_OK(ioctl(fd[1], FIONREAD, &n));
	EXPECT_GT(n, 0);
	EXPECT_EQ(n, recv(fd[1], malloc(n + 1), n, MSG_DONTWAIT));
}

/* The reset side learns by ECONNRESET once, then EOF; writes by EPIPE. */
TEST(error_is_told_once)
{
	struct linger l = { 1, 0 };
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	ASSERT_OK(setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	close(fd[0]);
	EXPECT_TRUE(ft_poll(fd[1], POLLIN, 5000) & POLLERR);
	EXPECT_ERRNO(ECONNRESET, recv(fd[1], &c, 1, 0));
	EXPECT_EQ(0, recv(fd[1], &c, 1, 0));
	EXPECT_ERRNO(EPIPE, send(fd[1], "x", 1, MSG_NOSIGNAL));
}

TEST(so_error_clears_it)
{
	struct linger l = { 1, 0 };
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	ASSERT_OK(setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	close(fd[0]);
	EXPECT_TRUE(ft_poll(fd[1], POLLIN, 5000) & POLLERR);
	EXPECT_EQ(ECONNRESET, ft_getopt(fd[1], SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, ft_getopt(fd[1], SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, recv(fd[1], &c, 1, 0));
}

/* Bytes that came before the reset can still be read. */
TEST(data_before_reset_is_readable)
{
	struct linger l = { 1, 0 };
	char buf[8];
	int fd[2];

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "abc", 3);
	wait_inq(fd[1], 3);
	ASSERT_OK(setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	close(fd[0]);
	EXPECT_TRUE(ft_poll(fd[1], 0, 5000) & POLLERR);
	EXPECT_EQ(3, recv(fd[1], buf, 8, 0));
	EXPECT_ERRNO(ECONNRESET, recv(fd[1], buf, 8, 0));
}

TEST(shut_rd)
{
	char buf[8];
	int fd[2];

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "abc", 3);
	wait_inq(fd[1], 3);
	EXPECT_OK(shutdown(fd[1], SHUT_RD));
	EXPECT_EQ(3, recv(fd[1], buf, 8, 0));
	EXPECT_EQ(0, recv(fd[1], buf, 8, 0));
	/* The peer does not know; what it sends now may still be read. */
	ft_send_all(fd[0], "def", 3);
	EXPECT_TRUE(ft_poll(fd[1], POLLIN, 5000) & POLLIN);
}

TEST(half_close)
{
	char buf[8];
	int fd[2], i;

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "ask", 3);
	EXPECT_OK(shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(3, ft_recv_all(fd[1], buf, 8));
	for (i = 0; i < 100; i++)
		ft_send_all(fd[1], "ans", 3);
	close(fd[1]);
	for (i = 0; i < 100; i++) {
		EXPECT_EQ(3, ft_recv_all(fd[0], buf, 3));
		EXPECT_EQ(0, memcmp(buf, "ans", 3));
	}
	EXPECT_EQ(0, recv(fd[0], buf, 8, 0));
}

TEST(rcvlowat_gates_poll)
{
	char buf[16];
	int fd[2];

	ft_stream_pair(ip, fd);
	EXPECT_OK(ft_setopt(fd[1], SOL_SOCKET, SO_RCVLOWAT, 8));
	EXPECT_EQ(8, ft_getopt(fd[1], SOL_SOCKET, SO_RCVLOWAT));
	ft_send_all(fd[0], "1234", 4);
	wait_inq(fd[1], 4);
	EXPECT_EQ(0, ft_poll(fd[1], POLLIN, 0));
	ft_send_all(fd[0], "5678", 4);
	EXPECT_EQ(POLLIN, ft_poll(fd[1], POLLIN, 5000));
	EXPECT_EQ(8, recv(fd[1], buf, 16, 0));
}

TEST(rcvlowat_gates_recv)
{
	struct sender s = { .len = 6, .chunk = 1, .seed = 9 };
	char buf[16];
	int fd[2];

	ft_stream_pair(ip, fd);
	EXPECT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_NODELAY, 1));
	EXPECT_OK(ft_setopt(fd[1], SOL_SOCKET, SO_RCVLOWAT, 6));
	s.fd = fd[0];
	start_sender(&s);
	EXPECT_EQ(6, recv(fd[1], buf, 16, 0));
	pthread_join(s.thread, NULL);
}

/* The rest, once a reader has taken the first part and waits for more. */
static void *send_rest(void *arg)
{
	int *fd = arg;

	wait_inq(fd[1], 0);
	ft_send_all(fd[0], "x", 1);
	return NULL;
}

static void read_in_parts(int ip, size_t first, size_t want, int flags)
{
	char buf[16] = "";
	pthread_t thread;
	int fd[2];

	ft_stream_pair(ip, fd);
	EXPECT_OK(ft_setopt(fd[1], SOL_SOCKET, SO_RCVLOWAT, 6));
	ft_send_all(fd[0], "123456789", first);
	wait_inq(fd[1], first);
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_rest, fd));
	EXPECT_EQ(want, recv(fd[1], buf, want, flags));
	EXPECT_EQ('x', buf[want - 1]);
	pthread_join(thread, NULL);
}

/* What is missing to the mark counts then, not the mark. */
TEST(rcvlowat_with_a_part_in_hand)
{
	read_in_parts(ip, 5, 6, 0);
}

TEST(rcvlowat_below_waitall)
{
	read_in_parts(ip, 8, 9, MSG_WAITALL);
}

/* With bytes there and the mark not reached, MSG_DONTWAIT takes what there is. */
TEST(rcvlowat_dontwait)
{
	char buf[16];
	int fd[2];

	ft_stream_pair(ip, fd);
	EXPECT_OK(ft_setopt(fd[1], SOL_SOCKET, SO_RCVLOWAT, 6));
	ft_send_all(fd[0], "123", 3);
	wait_inq(fd[1], 3);
	EXPECT_EQ(3, recv(fd[1], buf, 16, MSG_DONTWAIT));
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

TEST(recv_is_interrupted)
{
	int fd[2];
	char c;

	ft_stream_pair(ip, fd);
	alarm_in_ms(50);
	EXPECT_ERRNO(EINTR, recv(fd[1], &c, 1, 0));
}

TEST(send_is_interrupted)
{
	static char buf[1 << 20];
	int fd[2];

	ft_stream_pair(ip, fd);
	fill_for_good(fd[0]);
	alarm_in_ms(50);
	EXPECT_ERRNO(EINTR, send(fd[0], buf, sizeof(buf), 0));
}

TEST(interrupted_with_bytes)
{
	char buf[10];
	int fd[2];

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "abc", 3);
	alarm_in_ms(50);
	EXPECT_EQ(3, recv(fd[1], buf, 10, MSG_WAITALL));
}

static int recv_inq(int fd, size_t len)
{
	char data[100], control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { data, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int inq;

	if (recvmsg(fd, &msg, 0) < 0)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_level != IPPROTO_TCP || cmsg->cmsg_type != TCP_INQ)
		return -2;
	memcpy(&inq, CMSG_DATA(cmsg), sizeof(inq));
	return inq;
}

TEST(inq_cmsg)
{
	int fd[2];

	ft_stream_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[1], IPPROTO_TCP, TCP_INQ, 1));
	ft_send_all(fd[0], "0123456789", 10);
	wait_inq(fd[1], 10);
	EXPECT_EQ(7, recv_inq(fd[1], 3));
	EXPECT_EQ(0, recv_inq(fd[1], 7));
	ft_send_all(fd[0], "x", 1);
	EXPECT_OK(shutdown(fd[0], SHUT_WR));
	while (!(ft_poll(fd[1], POLLRDHUP, 5000) & POLLRDHUP))
		;
	/* One where all that is left is the end. */
	EXPECT_EQ(1, recv_inq(fd[1], 1));
}

TEST(timestamp_cmsg)
{
	char data[10], control[CMSG_SPACE(sizeof(struct timeval))];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd[2];

	ft_stream_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[1], SOL_SOCKET, SO_TIMESTAMP, 1));
	/* The kernel begins to stamp packets some time after it was asked to. */
	do {
		ft_send_all(fd[0], "x", 1);
		msg.msg_controllen = sizeof(control);
		ASSERT_EQ(1, recvmsg(fd[1], &msg, 0));
		cmsg = CMSG_FIRSTHDR(&msg);
	} while (!cmsg);
	EXPECT_EQ(SOL_SOCKET, cmsg->cmsg_level);
	EXPECT_EQ(SO_TIMESTAMP, cmsg->cmsg_type);
}

TEST(bad_cmsg)
{
	char control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int fd[2];

	ft_stream_pair(ip, fd);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = 12345;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	EXPECT_ERRNO(EINVAL, sendmsg(fd[0], &msg, 0));
	cmsg->cmsg_type = SO_MARK;
	EXPECT_EQ(1, sendmsg(fd[0], &msg, 0));
}

TEST(empty_error_queue)
{
	char buf[10];
	int fd[2];

	ft_stream_pair(ip, fd);
	EXPECT_ERRNO(EAGAIN, recv(fd[0], buf, 10, MSG_ERRQUEUE));
}

/* Corked bytes stay until the cork is drawn; MSG_MORE likewise. */
TEST(cork_holds_bytes)
{
	int fd[2], n;

	ft_stream_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_CORK, 1));
	ft_send_all(fd[0], "abc", 3);
	ASSERT_OK(ioctl(fd[0], SIOCOUTQNSD, &n));
	EXPECT_EQ(3, n);
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_CORK, 0));
	wait_inq(fd[1], 3);
}

TEST(msg_more_holds_bytes)
{
	int fd[2], n;

	ft_stream_pair(ip, fd);
	ASSERT_EQ(3, send(fd[0], "abc", 3, MSG_MORE));
	ASSERT_OK(ioctl(fd[0], SIOCOUTQNSD, &n));
	EXPECT_EQ(3, n);
	ASSERT_EQ(3, send(fd[0], "def", 3, 0));
	wait_inq(fd[1], 6);
}

/* Held bytes do not wait for ever: RFC 9293 MUST-60. */
TEST(cork_ends_by_itself)
{
	int fd[2];

	ft_stream_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_CORK, 1));
	ft_send_all(fd[0], "abc", 3);
	wait_inq(fd[1], 3);
}

TEST(close_sends_corked_bytes)
{
	char buf[8];
	int fd[2];

	ft_stream_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_CORK, 1));
	ft_send_all(fd[0], "abc", 3);
	close(fd[0]);
	EXPECT_EQ(3, ft_recv_all(fd[1], buf, 8));
}

TEST(notsent_lowat)
{
	static char buf[1 << 16];
	int fd[2], n;

	ft_stream_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16384));
	ft_nonblock(fd[0]);
	while (send(fd[0], buf, 1000, 0) > 0)
		;
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_OK(ioctl(fd[0], SIOCOUTQNSD, &n));
	EXPECT_LE(n, 16384 + 65536);
	EXPECT_EQ(0, ft_poll(fd[0], POLLOUT, 0));
	ft_nonblock(fd[1]);
	while (!ft_poll(fd[0], POLLOUT, 10))
		if (recv(fd[1], buf, sizeof(buf), 0) < 0)
			ASSERT_EQ(EAGAIN, errno);
}

TEST(zero_window_opens_again)
{
	struct sender s = { .len = 4 * BIG, .chunk = BIG, .seed = 11, .shut = true };
	int fd[2], n;

	ft_stream_pair(ip, fd);
	s.fd = fd[0];
	start_sender(&s);
	/* Nobody reads until the window is shut. */
	do {
		ASSERT_OK(ioctl(fd[1], FIONREAD, &n));
		usleep(300000);
		ASSERT_OK(ioctl(fd[1], FIONREAD, &s.flags));
	} while (n != s.flags);
	s.flags = 0;
	expect_payload(fd[1], 11, s.len);
	pthread_join(s.thread, NULL);
}

TEST(many_readers_one_stream)
{
	struct sender s = { .len = BIG, .chunk = 1000, .seed = 12, .shut = true };
	int fd[2], i, status;
	int report[2];
	size_t total = 0, n;

	ft_stream_pair(ip, fd);
	ASSERT_OK(pipe(report));
	for (i = 0; i < 4; i++) {
		if (fork())
			continue;
		static char buf[5000];
		size_t mine = 0;
		ssize_t got;

		close(fd[0]);
		while ((got = recv(fd[1], buf, sizeof(buf), 0)) > 0)
			mine += got;
		if (write(report[1], &mine, sizeof(mine)) < 0 || got < 0)
			_exit(1);
		_exit(0);
	}
	s.fd = fd[0];
	start_sender(&s);
	pthread_join(s.thread, NULL);
	for (i = 0; i < 4; i++) {
		wait(&status);
		EXPECT_EQ(0, status);
		ASSERT_EQ(sizeof(n), read(report[0], &n, sizeof(n)));
		total += n;
	}
	EXPECT_EQ(s.len, total);
}

TEST_MAIN
