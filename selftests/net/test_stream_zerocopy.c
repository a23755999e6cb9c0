// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stream_zerocopy - MSG_ZEROCOPY: what is told, when, and that the bytes are
 * right. The expectations are TCP's: run it with --family inet to see them confirmed.
 */
#define _GNU_SOURCE
#include <time.h>
#include <linux/errqueue.h>
#include <linux/io_uring.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"
#include "lib/payload.h"
#include "lib/reader.h"

#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY	0x4000000
#endif
#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY	60
#endif
#ifndef SOL_FERRY
#define SOL_FERRY	300
#endif
#define OPT_FERRY_ZEROCOPY	1

#define SENDS	24
#define SIZE	100000
#define LARGE	1048576
#define PATIENCE	60000	/* ms for what is to come; in vain only where it is broken */

/* Its pages are its own: the kernel registers none that lie in a file (.data), too. */
static char buf[SENDS * SIZE] __attribute__((aligned(65536)));

/* ---- the writer ---- */

static int allow(int fd)
{
	if (ft_opt.ferry)
		return ft_setopt(fd, SOL_FERRY, OPT_FERRY_ZEROCOPY, 1);
	return ft_setopt(fd, SOL_SOCKET, SO_ZEROCOPY, 1);
}

static void start_pair(int ip, int fd[2])
{
	ft_stream_pair(ip, fd);
	ft_fill(ft_opt.seed, 0, buf, sizeof(buf));
	ASSERT_OK(allow(fd[0]));
}

static void start(int ip, int fd[2], struct ft_reader *r)
{
	start_pair(ip, fd);
	ft_reader_start(r, fd[1]);
}

static void put(int fd, size_t off, size_t len, int flags)
{
	ASSERT_EQ(len, send(fd, buf + off, len, MSG_NOSIGNAL | flags));
}

/* ---- what is told ---- */

/* Where both ends are on one host pages are copied after all. */
static int want_code = SO_EE_CODE_ZEROCOPY_COPIED;

/* One notification; false where there is none now */
static bool told(int fd, __u32 *lo, __u32 *hi)
{
	union {
		char room[256];
		struct cmsghdr align;
	} control;
	struct msghdr msg = {
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct sock_extended_err err;
	struct cmsghdr *cmsg;

	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
		ASSERT_EQ(EAGAIN, errno);
		return false;
	}
	EXPECT_TRUE(msg.msg_flags & MSG_ERRQUEUE);
	cmsg = CMSG_FIRSTHDR(&msg);
	ASSERT_TRUE(cmsg);
	memcpy(&err, CMSG_DATA(cmsg), sizeof(err));
	EXPECT_EQ(0, (int)err.ee_errno);
	EXPECT_EQ(SO_EE_ORIGIN_ZEROCOPY, (int)err.ee_origin);
	EXPECT_EQ(want_code, (int)err.ee_code);
	*lo = err.ee_info;
	*hi = err.ee_data;
	return true;
}

static void mark_told(bool *seen, __u32 lo, __u32 hi, unsigned int calls)
{
	ASSERT_TRUE(lo <= hi && hi < calls);
	for (; lo <= hi; lo++) {
		if (seen[lo])
			FT_FAIL("told of %u twice", lo);
		seen[lo] = true;
	}
}

/* Calls @first to @calls - 1 are told of, each once. */
static void expect_told_from(int fd, unsigned int first, unsigned int calls)
{
	unsigned int missing = calls - first;
	bool seen[SENDS * 4] = {};
	__u32 lo, hi;

	memset(seen, true, first);
	while (missing) {
		ASSERT_TRUE(ft_poll(fd, 0, PATIENCE) & POLLERR);
		if (!told(fd, &lo, &hi))
			continue;
		mark_told(seen, lo, hi, calls);
		missing -= hi - lo + 1;
	}
	EXPECT_TRUE(!told(fd, &lo, &hi));
	EXPECT_EQ(0, ft_poll(fd, 0, 0) & POLLERR);
}

static void expect_told(int fd, unsigned int calls)
{
	expect_told_from(fd, 0, calls);
}

/* Nothing gets through loopback, and what is on its way stays there. */
static void hold(void)
{
	if (!system("tc qdisc add dev lo root netem delay 200s"))
		return;
	if (!ft_opt.ferry)
		ft_skip("this machine's kernel has no netem");
	FT_DIE("cannot hold loopback: no netem");
}

/* What was held is lost; the rest gets through. */
static void let_go(void)
{
	ASSERT_EQ(0, system("tc qdisc del dev lo root"));
}

/* ---- the option ---- */

/* From 6.7 on a family has a say in SO_ZEROCOPY. */
static bool kernel_asks(void)
{
	unsigned int major, minor;
	struct utsname u;

	ASSERT_OK(uname(&u));
	if (sscanf(u.release, "%u.%u", &major, &minor) != 2)
		FT_DIE("what version is %s?", u.release);
	return !ft_opt.ferry || major > 6 || (major == 6 && minor >= 7);
}

TEST(so_zerocopy)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener, fd, child;

	listener = ft_listener(&addr, 1);
	fd = ft_socket(ip, SOCK_STREAM);
	EXPECT_EQ(0, ft_getopt(fd, SOL_SOCKET, SO_ZEROCOPY));
	if (!kernel_asks()) {
		EXPECT_ERRNO(EOPNOTSUPP, ft_setopt(fd, SOL_SOCKET, SO_ZEROCOPY, 1));
		return;
	}
	EXPECT_OK(ft_setopt(fd, SOL_SOCKET, SO_ZEROCOPY, 1));
	EXPECT_EQ(1, ft_getopt(fd, SOL_SOCKET, SO_ZEROCOPY));
	EXPECT_ERRNO(EINVAL, ft_setopt(fd, SOL_SOCKET, SO_ZEROCOPY, 2));
	EXPECT_ERRNO(EINVAL, ft_setopt(fd, SOL_SOCKET, SO_ZEROCOPY, -1));
	if (ft_opt.ferry)
		EXPECT_EQ(1, ft_getopt(fd, SOL_FERRY, OPT_FERRY_ZEROCOPY));
	ASSERT_OK(ft_connect(fd, &addr));
	child = ft_accept(listener, NULL);
	ASSERT_OK(child);
	EXPECT_EQ(0, ft_getopt(child, SOL_SOCKET, SO_ZEROCOPY));
	EXPECT_OK(ft_setopt(child, SOL_SOCKET, SO_ZEROCOPY, 1));
	EXPECT_EQ(1, ft_getopt(child, SOL_SOCKET, SO_ZEROCOPY));
	/* The level's other options are as they were. */
	EXPECT_OK(ft_setopt(child, SOL_SOCKET, SO_KEEPALIVE, 1));
	EXPECT_EQ(1, ft_getopt(child, SOL_SOCKET, SO_KEEPALIVE));
	EXPECT_ERRNO(ENOPROTOOPT, ft_setopt(child, SOL_SOCKET, 9999, 1));
}

TEST(children_inherit)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1), fd, child;
	struct ft_reader r;

	ASSERT_OK(allow(listener));
	fd = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(ft_connect(fd, &addr));
	child = ft_accept(listener, NULL);
	ASSERT_OK(child);
	ft_fill(ft_opt.seed, 0, buf, SIZE);
	ft_reader_start(&r, fd);
	put(child, 0, SIZE, MSG_ZEROCOPY);
	expect_told(child, 1);
	ft_reader_finish(&r, child, SIZE);
}

/* Without the option the flag means nothing. */
TEST(not_allowed)
{
	struct ft_reader r;
	__u32 lo, hi;
	int fd[2];

	ft_stream_pair(ip, fd);
	ft_fill(ft_opt.seed, 0, buf, SIZE);
	ft_reader_start(&r, fd[1]);
	put(fd[0], 0, SIZE, MSG_ZEROCOPY);
	ft_reader_finish(&r, fd[0], SIZE);
	EXPECT_TRUE(!told(fd[0], &lo, &hi));
}

/* ---- sizes and mixtures ---- */

TEST(told_of_each)
{
	unsigned int i;
	struct ft_reader r;
	int fd[2];

	start(ip, fd, &r);
	for (i = 0; i < SENDS; i++)
		put(fd[0], i * SIZE, SIZE, MSG_ZEROCOPY);
	expect_told(fd[0], SENDS);
	ft_reader_finish(&r, fd[0], sizeof(buf));
}

TEST(small)
{
	unsigned int i;
	struct ft_reader r;
	int fd[2];

	start(ip, fd, &r);
	for (i = 0; i < 90; i++)
		put(fd[0], 7 * i, 7, MSG_ZEROCOPY);
	expect_told(fd[0], 90);
	ft_reader_finish(&r, fd[0], 7 * 90);
}

TEST(large)
{
	struct ft_reader r;
	int fd[2];

	start(ip, fd, &r);
	put(fd[0], 0, LARGE, MSG_ZEROCOPY);
	put(fd[0], LARGE, LARGE, MSG_ZEROCOPY);
	expect_told(fd[0], 2);
	ft_reader_finish(&r, fd[0], 2 * LARGE);
}

/* Each is waited for: numbers go on where they were. */
TEST(one_by_one)
{
	unsigned int i;
	struct ft_reader r;
	int fd[2];

	start(ip, fd, &r);
	for (i = 0; i < SENDS; i++) {
		put(fd[0], i * SIZE, SIZE, MSG_ZEROCOPY);
		expect_told_from(fd[0], i, i + 1);
	}
	ft_reader_finish(&r, fd[0], sizeof(buf));
}

/* Copied bytes and pinned ones take turns. */
TEST(mixed)
{
	unsigned int i;
	struct ft_reader r;
	int fd[2];

	start(ip, fd, &r);
	for (i = 0; i < SENDS; i++) {
		put(fd[0], i * SIZE, 999, 0);
		put(fd[0], i * SIZE + 999, SIZE - 1998,
		    MSG_ZEROCOPY | (i % 3 ? 0 : MSG_MORE));
		put(fd[0], i * SIZE + SIZE - 999, 999, i % 2 ? MSG_MORE : 0);
	}
	expect_told(fd[0], SENDS);
	ft_reader_finish(&r, fd[0], sizeof(buf));
}

/* A writer that may not wait is told of what was taken, and of nothing else. */
TEST(nonblocking)
{
	unsigned int calls = 0, off = 0;
	struct ft_reader r;
	int fd[2];
	ssize_t n;

	start_pair(ip, fd);
	ft_nonblock(fd[0]);
	while ((n = send(fd[0], buf + off, 50000, MSG_ZEROCOPY)) > 0) {
		calls++;
		off += n;
		ASSERT_LE(off + 50000, sizeof(buf));
	}
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_GT(calls, 0);
	ft_reader_start(&r, fd[1]);
	expect_told(fd[0], calls);
	put(fd[0], off, 1000, MSG_ZEROCOPY);
	expect_told_from(fd[0], calls, calls + 1);
	ft_reader_finish(&r, fd[0], off + 1000);
}

/* ---- failures and bounds ---- */

/* What failed is not told of, and takes no number. */
TEST(failed)
{
	struct ft_reader r;
	int fd[2];

	start(ip, fd, &r);
	EXPECT_ERRNO(EFAULT, (int)send(fd[0], (void *)4096, SIZE, MSG_ZEROCOPY));
	put(fd[0], 0, SIZE, MSG_ZEROCOPY);
	expect_told(fd[0], 1);
	ft_reader_finish(&r, fd[0], SIZE);
}

TEST(not_connected)
{
	int fd = ft_socket(ip, SOCK_STREAM);
	__u32 lo, hi;

	ASSERT_OK(allow(fd));
	EXPECT_ERRNO(EPIPE, (int)send(fd, buf, SIZE, MSG_ZEROCOPY | MSG_NOSIGNAL));
	EXPECT_TRUE(!told(fd, &lo, &hi));
}

/* Pinned pages count as locked memory, until they are given back. */
TEST(memlock)
{
	struct rlimit limit = { 64 * 1024, 64 * 1024 };
	struct ft_reader r;
	unsigned int i;
	int fd[2];

	start(ip, fd, &r);
	ASSERT_OK(setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_OK(setuid(65534));
	EXPECT_ERRNO(ENOBUFS, (int)send(fd[0], buf, SIZE, MSG_ZEROCOPY));
	for (i = 0; i < SENDS; i++) {
		put(fd[0], i * 40000, 40000, MSG_ZEROCOPY);
		expect_told_from(fd[0], i, i + 1);
	}
	ft_reader_finish(&r, fd[0], SENDS * 40000);
}

/*
 * There may be so many that nobody was told of yet. They are told apart here by
 * copied bytes between them.
 */
TEST_TIMEOUT(optmem, 120)
{
	unsigned int calls = 0;
	struct ft_reader r;
	int fd[2];
	int err;

	if (!ft_opt.ferry)
		ft_skip("one record of TCP's goes on beyond copied bytes");
	ft_sysctl("core/optmem_max", "8192");	/* before 6.9 it is the whole machine's */
	start_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[0], SOL_SOCKET, SO_SNDBUF, LARGE));
	ft_nonblock(fd[0]);
	hold();
	for (;;) {
		err = send(fd[0], buf + 20 * calls, 10, MSG_ZEROCOPY) < 0 ? errno : 0;
		if (err)
			break;
		put(fd[0], 20 * calls + 10, 10, 0);
		calls++;
		ASSERT_LE(calls, SENDS * 4);
	}
	EXPECT_EQ(ENOBUFS, err);
	EXPECT_GT(calls, 2);
	let_go();
	ft_reader_start(&r, fd[1]);
	expect_told(fd[0], calls);
	put(fd[0], 20 * calls, 10, MSG_ZEROCOPY);
	expect_told_from(fd[0], calls, calls + 1);
	ft_reader_finish(&r, fd[0], 20 * calls + 10);
}

/* ---- packets that are lost or held ---- */

/* What is sent again comes from the same pages, and nobody is told before. */
TEST_TIMEOUT(sent_again, 120)
{
	struct ft_reader r;
	__u32 lo, hi;
	int fd[2];

	start_pair(ip, fd);
	hold();
	put(fd[0], 0, 5000, MSG_ZEROCOPY);
	put(fd[0], 5000, 3000, 0);
	put(fd[0], 8000, 7000, MSG_ZEROCOPY);
	EXPECT_EQ(0, ft_poll(fd[0], 0, 500));
	EXPECT_TRUE(!told(fd[0], &lo, &hi));
	let_go();
	ft_reader_start(&r, fd[1]);
	expect_told(fd[0], 2);
	ft_reader_finish(&r, fd[0], 15000);
}

/*
 * Who changes the pages too early spoils his own bytes and no others. All that was
 * sent before was lost, so that this also shows that nothing was copied.
 */
TEST_TIMEOUT(changed_too_early, 120)
{
	char in[10000];
	unsigned int i;
	int fd[2];

	start_pair(ip, fd);
	memset(buf, 'a', 9000);
	hold();
	put(fd[0], 0, 9000, MSG_ZEROCOPY);
	put(fd[0], 9000, 1000, 0);
	memset(buf, 'b', 9000);
	let_go();
	expect_told(fd[0], 1);
	ASSERT_EQ(sizeof(in), ft_recv_all(fd[1], in, sizeof(in)));
	for (i = 0; i < 9000; i++)
		if (in[i] != 'b')
			FT_DIE("byte %u is 0x%02x", i, (unsigned char)in[i]);
	EXPECT_EQ(-1, ft_check(ft_opt.seed, 9000, in + 9000, 1000));
}

/* The connection is given up, but packets below still hold the pages. */
TEST_TIMEOUT(given_up, 120)
{
	__u32 lo, hi;
	int fd[2];

	start_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[0], IPPROTO_TCP, TCP_USER_TIMEOUT, 1000));
	hold();
	put(fd[0], 0, 9000, MSG_ZEROCOPY);
	while (!(ft_poll(fd[0], POLLIN, PATIENCE) & POLLHUP))
		;
	EXPECT_ERRNO(ETIMEDOUT, recv(fd[0], buf, 1, 0));
	EXPECT_TRUE(!told(fd[0], &lo, &hi));
	let_go();
	want_code = 0;
	expect_told(fd[0], 1);
}

/* A peer that resets the connection: the pages are given back, and told of. */
TEST(reset)
{
	struct linger now = { .l_onoff = 1 };
	struct msghdr msg = {};
	int fd[2];

	start_pair(ip, fd);
	ft_nonblock(fd[0]);
	while (send(fd[0], buf, SIZE, MSG_ZEROCOPY) > 0)
		;
	ASSERT_EQ(EAGAIN, errno);
	ASSERT_OK(setsockopt(fd[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(fd[1]);
	while (!(ft_poll(fd[0], POLLIN, PATIENCE) & POLLHUP))
		;
	EXPECT_EQ(0, recvmsg(fd[0], &msg, MSG_ERRQUEUE));
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], buf, 1, 0));
}

/* The last pages are given back by the end of the socket at the latest. */
TEST(closed_before)
{
	int fd[2];

	start_pair(ip, fd);
	put(fd[0], 0, SIZE, MSG_ZEROCOPY);
	close(fd[0]);
	close(fd[1]);
}

/* The socket is gone, and its pages are in a queue of packets. */
TEST_TIMEOUT(closed_while_held, 120)
{
	char in[5000];
	int fd[2];

	start_pair(ip, fd);
	hold();
	put(fd[0], 0, 5000, MSG_ZEROCOPY);
	close(fd[0]);
	EXPECT_EQ(0, ft_poll(fd[1], POLLIN, 300));
	let_go();
	EXPECT_EQ(5000, ft_recv_all(fd[1], in, sizeof(in)));
	EXPECT_EQ(-1, ft_check(ft_opt.seed, 0, in, sizeof(in)));
	EXPECT_EQ(0, recv(fd[1], in, 1, 0));
}

/* ---- io_uring brings its own record ---- */

#ifdef IORING_CQE_F_NOTIF
struct ring {
	int fd;
	struct io_uring_params p;
	struct io_uring_sqe *sqe;
	char *rings;
};

static void ring_open(struct ring *r)
{
	size_t size;

	*r = (struct ring){};
	r->fd = syscall(SYS_io_uring_setup, 4, &r->p);
	if (r->fd < 0)
		ft_skip("this kernel has no io_uring for us");
	ASSERT_TRUE(r->p.features & IORING_FEAT_SINGLE_MMAP);
	size = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
	r->rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			r->fd, IORING_OFF_SQ_RING);
	ASSERT_TRUE(r->rings != MAP_FAILED);
	r->sqe = mmap(NULL, r->p.sq_entries * sizeof(*r->sqe), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
	ASSERT_TRUE((void *)r->sqe != MAP_FAILED);
}

static void ring_put(struct ring *r, const struct io_uring_sqe *sqe)
{
	__u32 *tail = (__u32 *)(r->rings + r->p.sq_off.tail);
	__u32 *array = (__u32 *)(r->rings + r->p.sq_off.array);
	__u32 slot = *tail % r->p.sq_entries;

	r->sqe[slot] = *sqe;
	array[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	ASSERT_EQ(1, syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0));
}

static void ring_get(struct ring *r, __s32 *res, __u32 *flags)
{
	struct io_uring_cqe *cqes = (void *)(r->rings + r->p.cq_off.cqes);
	__u32 *head = (__u32 *)(r->rings + r->p.cq_off.head);
	__u32 *tail = (__u32 *)(r->rings + r->p.cq_off.tail);

	while (*head == __atomic_load_n(tail, __ATOMIC_ACQUIRE))
		ASSERT_OK(syscall(SYS_io_uring_enter, r->fd, 0, 1, IORING_ENTER_GETEVENTS,
				  NULL, 0));
	*res = cqes[*head % r->p.cq_entries].res;
	*flags = cqes[*head % r->p.cq_entries].flags;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
}

static void ring_send(struct ring *r, int fd, size_t off, size_t len, int fixed)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_SEND_ZC, .fd = fd, .addr = (unsigned long)(buf + off),
		.len = len, .msg_flags = MSG_WAITALL, .user_data = off,
		.ioprio = fixed ? IORING_RECVSEND_FIXED_BUF : 0,
	};

	ring_put(r, &sqe);
}

/* A result and a notification, in whatever order, for each of @calls */
static void ring_finish(struct ring *r, unsigned int calls, size_t len)
{
	unsigned int results = 0, notes = 0;
	__u32 flags;
	__s32 res;

	while (results < calls || notes < calls) {
		ring_get(r, &res, &flags);
		if (flags & IORING_CQE_F_NOTIF) {
			notes++;
			continue;
		}
		results++;
		ASSERT_EQ(len, res);
		ASSERT_TRUE(flags & IORING_CQE_F_MORE);
	}
}

static void send_by_ring(int ip, int fixed)
{
	struct iovec iov = { buf, sizeof(buf) };
	struct ring ring;
	struct ft_reader r;
	unsigned int i;
	int fd[2];

	ring_open(&ring);
	start(ip, fd, &r);
	if (fixed)
		ASSERT_OK(syscall(SYS_io_uring_register, ring.fd,
				  IORING_REGISTER_BUFFERS, &iov, 1));
	for (i = 0; i < SENDS; i++) {
		ring_send(&ring, fd[0], i * SIZE, SIZE / 2, fixed);
		ring_finish(&ring, 1, SIZE / 2);
		put(fd[0], i * SIZE + SIZE / 2, SIZE / 2, MSG_ZEROCOPY);
	}
	expect_told(fd[0], SENDS);
	ft_reader_finish(&r, fd[0], sizeof(buf));
}

TEST(io_uring)
{
	send_by_ring(ip, 0);
}

TEST(io_uring_registered)
{
	send_by_ring(ip, 1);
}

/* Neither record continues the other's. */
TEST_TIMEOUT(io_uring_and_flag, 120)
{
	struct ring ring;
	struct ft_reader r;
	unsigned int i;
	int fd[2];

	if (!ft_opt.ferry)
		ft_skip("TCP answers ENOBUFS behind bytes of io_uring's");
	ring_open(&ring);
	start_pair(ip, fd);
	hold();
	for (i = 0; i < 3; i++) {
		ring_send(&ring, fd[0], i * 2000, 1000, 0);
		put(fd[0], i * 2000 + 1000, 1000, MSG_ZEROCOPY | MSG_DONTWAIT);
	}
	let_go();
	ft_reader_start(&r, fd[1]);
	ring_finish(&ring, 3, 1000);
	expect_told(fd[0], 3);
	ft_reader_finish(&r, fd[0], 6000);
}
#endif

TEST_MAIN
