// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stream_splice - sendfile, splice and vmsplice into and out of a stream.
 * The expectations are TCP's: run it with --family inet to see them confirmed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"
#include "lib/payload.h"
#include "lib/reader.h"

#define SIZE	(6u << 20)

/* A file in memory that holds @len bytes of the seed */
static int make_file(size_t len)
{
	int fd = memfd_create("payload", MFD_CLOEXEC);
	char *map;

	ASSERT_OK(fd);
	ASSERT_OK(ftruncate(fd, len));
	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE((long)MAP_FAILED, (long)map);
	ft_fill(ft_opt.seed, 0, map, len);
	munmap(map, len);
	return fd;
}

static void send_file(int fd, int file, size_t len)
{
	off_t off = 0;

	while ((size_t)off < len) {
		ssize_t n = sendfile(fd, file, &off, len - off);

		if (n <= 0)
			FT_DIE("sendfile at %ld: %zd %s", (long)off, n, strerror(errno));
	}
}

TEST(sendfile_whole)
{
	int file = make_file(SIZE), fd[2];
	struct ft_reader r;

	ft_stream_pair(ip, fd);
	ft_reader_start(&r, fd[1]);
	send_file(fd[0], file, SIZE);
	ft_reader_finish(&r, fd[0], SIZE);
}

/* As nginx does: header by writev, cork, sendfile, uncork */
TEST(sendfile_behind_a_header)
{
	int file = make_file(SIZE), fd[2];
	char header[777];
	struct ft_reader r;
	off_t off = sizeof(header);

	ft_fill(ft_opt.seed, 0, header, sizeof(header));
	ft_stream_pair(ip, fd);
	ft_reader_start(&r, fd[1]);
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_CORK, 1));
	ft_send_all(fd[0], header, sizeof(header));
	while (off < SIZE)
		ASSERT_GT(sendfile(fd[0], file, &off, SIZE - off), 0);
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_CORK, 0));
	ft_reader_finish(&r, fd[0], SIZE);
}

TEST(sendfile_in_pieces)
{
	struct ft_rng rng = { ft_opt.seed };
	int file = make_file(SIZE / 4), fd[2];
	off_t off = 0;
	struct ft_reader r;

	ft_stream_pair(ip, fd);
	ft_reader_start(&r, fd[1]);
	while (off < SIZE / 4) {
		ssize_t n = sendfile(fd[0], file, &off, ft_rand_range(&rng, 1, 20000));

		ASSERT_GT(n, 0);
	}
	ft_reader_finish(&r, fd[0], SIZE / 4);
}

TEST(sendfile_nonblocking)
{
	int file = make_file(SIZE), fd[2];
	ssize_t n, total = 0;
	off_t off = 0;
	struct ft_reader r;

	ft_stream_pair(ip, fd);
	ft_nonblock(fd[0]);
	while ((n = sendfile(fd[0], file, &off, SIZE - off)) > 0)
		total += n;
	EXPECT_TRUE(n == 0 || errno == EAGAIN);
	EXPECT_EQ(total, off);
	ft_reader_start(&r, fd[1]);
	while (off < SIZE) {
		ft_poll(fd[0], POLLOUT, 5000);
		n = sendfile(fd[0], file, &off, SIZE - off);
		if (n < 0)
			ASSERT_EQ(EAGAIN, errno);
	}
	ft_reader_finish(&r, fd[0], SIZE);
}

/* sendfile and send by turns share segments in the right order. */
TEST(sendfile_mixed_with_send)
{
	int file = make_file(SIZE / 8), fd[2], i = 0;
	static char buf[5000];
	off_t off = 0;
	struct ft_reader r;

	ft_stream_pair(ip, fd);
	ft_reader_start(&r, fd[1]);
	while (off < SIZE / 8) {
		size_t n = SIZE / 8 - off < 5000 ? SIZE / 8 - off : 5000;

		if (i++ & 1) {
			ft_fill(ft_opt.seed, off, buf, n);
			ft_send_all(fd[0], buf, n);
			off += n;
		} else {
			ASSERT_GT(sendfile(fd[0], file, &off, n), 0);
		}
	}
	ft_reader_finish(&r, fd[0], SIZE / 8);
}

TEST(sendfile_errors)
{
	int file = make_file(100), fd[2];
	off_t off = 0;

	EXPECT_ERRNO(EPIPE, ({
		signal(SIGPIPE, SIG_IGN);
		sendfile(ft_socket(ip, SOCK_STREAM), file, &off, 100);
	}));
	ft_stream_pair(ip, fd);
	ASSERT_OK(shutdown(fd[0], SHUT_WR));
	EXPECT_ERRNO(EPIPE, sendfile(fd[0], file, &off, 100));
}

/* What the file becomes after sendfile() may or may not be sent; no crash. */
TEST(file_changes_under_sendfile)
{
	int file = make_file(SIZE), fd[2];
	char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	struct ft_reader r;
	int i;

	ft_stream_pair(ip, fd);
	ft_reader_start(&r, fd[1]);
	for (i = 0; i < 3; i++) {
		send_file(fd[0], file, SIZE);
		memset(map, i, SIZE);
	}
	ASSERT_OK(shutdown(fd[0], SHUT_WR));
	pthread_join(r.thread, NULL);
	EXPECT_EQ(3 * SIZE, r.got);
}

TEST(splice_into_stream)
{
	int file = make_file(SIZE), fd[2], p[2];
	size_t done = 0;
	struct ft_reader r;

	ft_stream_pair(ip, fd);
	ASSERT_OK(pipe(p));
	ft_reader_start(&r, fd[1]);
	while (done < SIZE) {
		ssize_t in = splice(file, NULL, p[1], NULL, SIZE - done, 0);

		ASSERT_GT(in, 0);
		while (in) {
			ssize_t out = splice(p[0], NULL, fd[0], NULL, in,
					     in & 1 ? SPLICE_F_MORE : 0);

			ASSERT_GT(out, 0);
			in -= out;
			done += out;
		}
	}
	ft_reader_finish(&r, fd[0], SIZE);
}

TEST(vmsplice_into_stream)
{
	char *buf = mmap(NULL, SIZE / 8, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd[2], p[2];
	size_t done = 0;
	struct ft_reader r;

	ft_fill(ft_opt.seed, 0, buf, SIZE / 8);
	ft_stream_pair(ip, fd);
	ASSERT_OK(pipe(p));
	ft_reader_start(&r, fd[1]);
	while (done < SIZE / 8) {
		struct iovec iov = { buf + done, SIZE / 8 - done };
		ssize_t in = vmsplice(p[1], &iov, 1, 0);

		ASSERT_GT(in, 0);
		while (in) {
			ssize_t out = splice(p[0], NULL, fd[0], NULL, in, 0);

			ASSERT_GT(out, 0);
			in -= out;
			done += out;
		}
	}
	ft_reader_finish(&r, fd[0], SIZE / 8);
}

struct feeder {
	pthread_t thread;
	int fd;
	size_t len;
};

static void *feed_thread(void *arg)
{
	struct feeder *f = arg;
	static char buf[30000];
	size_t off = 0;

	while (off < f->len) {
		size_t n = f->len - off < sizeof(buf) ? f->len - off : sizeof(buf);

		ft_fill(ft_opt.seed, off, buf, n);
		ft_send_all(f->fd, buf, n);
		off += n;
	}
	shutdown(f->fd, SHUT_WR);
	return NULL;
}

static void start_feeder(struct feeder *f, int fd, size_t len)
{
	*f = (struct feeder){ .fd = fd, .len = len };
	ASSERT_EQ(0, pthread_create(&f->thread, NULL, feed_thread, f));
}

static void drain_pipe(int p, size_t *off, size_t n)
{
	static char buf[65536];

	while (n) {
		ssize_t got = read(p, buf, n < sizeof(buf) ? n : sizeof(buf));

		ASSERT_GT(got, 0);
		ASSERT_EQ(-1, ft_check(ft_opt.seed, *off, buf, got));
		*off += got;
		n -= got;
	}
}

TEST(splice_out_of_stream)
{
	struct feeder f;
	size_t off = 0;
	int fd[2], p[2];
	ssize_t n;

	ft_stream_pair(ip, fd);
	ASSERT_OK(pipe(p));
	start_feeder(&f, fd[0], SIZE);
	while ((n = splice(fd[1], NULL, p[1], NULL, 65536, 0)) > 0)
		drain_pipe(p[0], &off, n);
	EXPECT_EQ(0, n);
	EXPECT_EQ(SIZE, off);
	pthread_join(f.thread, NULL);
}

TEST(splice_out_odd_lengths)
{
	struct ft_rng rng = { ft_opt.seed };
	struct feeder f;
	size_t off = 0;
	int fd[2], p[2];
	ssize_t n;

	ft_stream_pair(ip, fd);
	ASSERT_OK(pipe(p));
	start_feeder(&f, fd[0], SIZE / 8);
	while ((n = splice(fd[1], NULL, p[1], NULL, ft_rand_range(&rng, 1, 7000), 0)) > 0)
		drain_pipe(p[0], &off, n);
	EXPECT_EQ(0, n);
	EXPECT_EQ(SIZE / 8, off);
	pthread_join(f.thread, NULL);
}

/* A proxy: from one stream into another through a pipe */
TEST(splice_stream_to_stream)
{
	int a[2], b[2], p[2];
	struct feeder f;
	struct ft_reader r;
	ssize_t n;

	ft_stream_pair(ip, a);
	ft_stream_pair(ip, b);
	ASSERT_OK(pipe(p));
	start_feeder(&f, a[0], SIZE);
	ft_reader_start(&r, b[1]);
	while ((n = splice(a[1], NULL, p[1], NULL, 1 << 20, SPLICE_F_MOVE)) > 0) {
		while (n) {
			ssize_t out = splice(p[0], NULL, b[0], NULL, n, SPLICE_F_MOVE);

			ASSERT_GT(out, 0);
			n -= out;
		}
	}
	EXPECT_EQ(0, n);
	ft_reader_finish(&r, b[0], SIZE);
	pthread_join(f.thread, NULL);
}

TEST(splice_out_states)
{
	struct timeval tv = { .tv_usec = 50000 };
	int fd[2], p[2];
	loff_t off = 1;

	ASSERT_OK(pipe(p));
	EXPECT_ERRNO(ENOTCONN, splice(ft_socket(ip, SOCK_STREAM), NULL, p[1], NULL, 10, 0));
	ft_stream_pair(ip, fd);
	EXPECT_ERRNO(EINVAL, splice(fd[1], &off, p[1], NULL, 10, 0));
	ASSERT_OK(setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_ERRNO(EAGAIN, splice(fd[1], NULL, p[1], NULL, 10, 0));
	ft_nonblock(fd[1]);
	EXPECT_ERRNO(EAGAIN, splice(fd[1], NULL, p[1], NULL, 10, 0));
	ft_send_all(fd[0], "abc", 3);
	EXPECT_EQ(POLLIN, ft_poll(fd[1], POLLIN, 5000));
	EXPECT_EQ(3, splice(fd[1], NULL, p[1], NULL, 10, 0));
	ASSERT_OK(shutdown(fd[0], SHUT_WR));
	while (!(ft_poll(fd[1], POLLRDHUP, 5000)))
		;
	EXPECT_EQ(0, splice(fd[1], NULL, p[1], NULL, 10, 0));
}

TEST(splice_out_reset)
{
	struct linger l = { 1, 0 };
	int fd[2], p[2];

	ASSERT_OK(pipe(p));
	ft_stream_pair(ip, fd);
	ASSERT_OK(setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	close(fd[0]);
	EXPECT_ERRNO(ECONNRESET, splice(fd[1], NULL, p[1], NULL, 10, 0));
	EXPECT_EQ(0, splice(fd[1], NULL, p[1], NULL, 10, 0));
}

TEST(splice_out_listener)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1), p[2];

	ASSERT_OK(pipe(p));
	EXPECT_ERRNO(ENOTCONN, splice(listener, NULL, p[1], NULL, 10, 0));
}

/* A full pipe takes no more: what it did not take is still to be read. */
TEST(splice_into_full_pipe)
{
	struct feeder f;
	size_t off = 0;
	int fd[2], p[2];
	ssize_t n, total = 0;

	ft_stream_pair(ip, fd);
	ASSERT_OK(pipe2(p, O_NONBLOCK));
	start_feeder(&f, fd[0], 1 << 20);
	while (ft_poll(fd[1], POLLIN, 5000) &&
	       (n = splice(fd[1], NULL, p[1], NULL, 1 << 20, SPLICE_F_NONBLOCK)) > 0)
		total += n;
	EXPECT_EQ(EAGAIN, errno);
	drain_pipe(p[0], &off, total);
	while ((n = splice(fd[1], NULL, p[1], NULL, 1 << 16, 0)) > 0)
		drain_pipe(p[0], &off, n);
	EXPECT_EQ(1 << 20, off);
	pthread_join(f.thread, NULL);
}

TEST_MAIN
