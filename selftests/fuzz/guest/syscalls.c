// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any call on any descriptor with any argument, from several threads that
 * share their descriptors and close them under each other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

#define THREADS		4
#define SLOTS		48
#define BUF		65536

static atomic_int fds[SLOTS];
static int pipes[2], epoll, file;
static bool privileged;
/* Pointers are into the first half, so that no call reaches beyond the second. */
static __thread uint8_t buf[2 * BUF];

static int some_fd(void)
{
	return atomic_load(&fds[below(SLOTS)]);
}

static void keep(int fd)
{
	if (fd < 0)
		return;
	fd = atomic_exchange(&fds[below(SLOTS)], fd);
	if (fd >= 0)
		close(fd);
}

/* ---- arguments ---- */

static socklen_t any_addr(struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	switch (below(8)) {
	case 0:
		in->sin_family = AF_UNSPEC;
		return sizeof(*in);
	case 1:
		fill(ss, sizeof(*ss));
		return any(7);
	case 2:
	case 3:
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(any_port());
		in6->sin6_addr = in6addr_loopback;
		if (one_in(6))
			fill(&in6->sin6_addr, 16);
		if (one_in(6))
			in6->sin6_addr = in6addr_any;
		if (one_in(6))
			in6->sin6_scope_id = any(3);
		return one_in(20) ? any(6) : sizeof(*in6);
	case 4:		/* v4-mapped */
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(any_port());
		in6->sin6_addr.s6_addr[10] = 0xff;
		in6->sin6_addr.s6_addr[11] = 0xff;
		in6->sin6_addr.s6_addr[12] = 127;
		in6->sin6_addr.s6_addr[15] = 1;
		return sizeof(*in6);
	default:
		in->sin_family = AF_INET;
		in->sin_port = htons(any_port());
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK + any(2));
		if (one_in(6))
			in->sin_addr.s_addr = htonl(INADDR_ANY);
		if (one_in(12))
			in->sin_addr.s_addr = rnd();
		return one_in(20) ? any(5) : sizeof(*in);
	}
}

static void *any_pointer(void)
{
	return one_in(16) ? (void *)(uintptr_t)rnd() : one_in(32) ? NULL :
	       buf + below(BUF - 1024);
}

static int any_flags(void)
{
	static const int flags[] = {
		MSG_PEEK, MSG_TRUNC, MSG_WAITALL, MSG_OOB, MSG_MORE, MSG_EOR,
		MSG_ERRQUEUE, MSG_DONTROUTE, MSG_CONFIRM, MSG_FASTOPEN, MSG_ZEROCOPY,
		MSG_CMSG_CLOEXEC, MSG_CTRUNC,
	};
	int f = MSG_NOSIGNAL | (one_in(8) ? 0 : MSG_DONTWAIT);

	while (one_in(3))
		f |= PICK(flags);
	return one_in(30) ? (int)rnd() : f;
}

static void any_msg(struct msghdr *msg, struct iovec *iov, struct sockaddr_storage *ss,
		    uint8_t *control)
{
	size_t used = 0;
	int i;

	memset(msg, 0, sizeof(*msg));
	if (one_in(2)) {
		msg->msg_name = ss;
		msg->msg_namelen = any_addr(ss);
	}
	msg->msg_iov = iov;
	msg->msg_iovlen = below(5);
	for (i = 0; i < 4; i++) {
		iov[i].iov_base = any_pointer();
		iov[i].iov_len = any(15);
	}
	if (one_in(2))
		return;
	msg->msg_control = control;
	while (used + CMSG_SPACE(32) < 256 && !one_in(3)) {
		struct cmsghdr *c = (void *)(control + used);
		static const int levels[] = { SOL_SOCKET, SOL_IP, SOL_IPV6, 17, 6, 300 };

		c->cmsg_level = PICK(levels);
		c->cmsg_type = any(7);
		c->cmsg_len = CMSG_LEN(any(5));
		fill(CMSG_DATA(c), 32);
		used += one_in(10) ? any(5) : CMSG_ALIGN(c->cmsg_len);
	}
	msg->msg_controllen = used;
}

/* ---- calls ---- */

static void do_socket(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW };
	int type = PICK(types) | (one_in(6) ? 0 : SOCK_NONBLOCK);

	keep(socket(AF_FERRY, type, one_in(20) ? (int)rnd() : (int)below(2)));
}

static void do_bind(void)
{
	struct sockaddr_storage ss;
	socklen_t len = any_addr(&ss);
	int fd = some_fd(), one = 1;

	if (one_in(2))
		setsockopt(fd, SOL_SOCKET, one_in(2) ? SO_REUSEADDR : SO_REUSEPORT, &one,
			   sizeof(one));
	bind(fd, (void *)&ss, len);
}

static void do_connect(void)
{
	struct sockaddr_storage ss;
	socklen_t len = any_addr(&ss);

	connect(some_fd(), (void *)&ss, len);
}

static void do_listen(void)
{
	listen(some_fd(), (int)any(4) - 1);
}

static void do_accept(void)
{
	struct sockaddr_storage ss;
	socklen_t len = any(8);

	keep(accept4(some_fd(), one_in(2) ? (void *)&ss : NULL, &len,
		     one_in(10) ? (int)rnd() : SOCK_NONBLOCK));
}

/* The usual way to a connection, which chance alone seldom takes whole */
static void do_pair(void)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	struct sockaddr_in sin = { .sin_family = AF_INET };
	bool v6 = one_in(2);
	socklen_t len = v6 ? sizeof(sin6) : sizeof(sin);
	struct sockaddr *sa = v6 ? (void *)&sin6 : (void *)&sin;
	int l = socket(AF_FERRY, SOCK_STREAM | SOCK_NONBLOCK, v6);
	int c = socket(AF_FERRY, SOCK_STREAM | SOCK_NONBLOCK, v6);
	struct pollfd p = { .fd = l, .events = POLLIN };

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!bind(l, sa, len) && !listen(l, 3) && !getsockname(l, sa, &len)) {
		connect(c, sa, len);
		if (poll(&p, 1, 100) > 0)
			keep(accept4(l, NULL, NULL, SOCK_NONBLOCK));
	}
	keep(c);
	keep(l);
}

static void do_send(void)
{
	struct sockaddr_storage ss;
	uint8_t control[512];
	struct iovec iov[4];
	struct msghdr msg;

	any_msg(&msg, iov, &ss, control);
	switch (below(4)) {
	case 0:
		send(some_fd(), buf, any(17) % BUF, any_flags());
		break;
	case 1: {
		struct mmsghdr mm[3] = { { msg, 0 }, { msg, 0 }, { msg, 0 } };

		sendmmsg(some_fd(), mm, below(4), any_flags());
		break;
	}
	default:
		sendmsg(some_fd(), &msg, any_flags());
		break;
	}
}

static void do_recv(void)
{
	struct timespec ts = { 0, 1000000 };
	struct sockaddr_storage ss;
	uint8_t control[512];
	struct iovec iov[4];
	struct msghdr msg;

	any_msg(&msg, iov, &ss, control);
	switch (below(4)) {
	case 0:
		recv(some_fd(), any_pointer(), any(16), any_flags());
		break;
	case 1: {
		struct mmsghdr mm[3] = { { msg, 0 }, { msg, 0 }, { msg, 0 } };

		recvmmsg(some_fd(), mm, below(4), any_flags(), &ts);
		break;
	}
	default:
		recvmsg(some_fd(), &msg, any_flags());
		break;
	}
}

static int any_level(void)
{
	static const int levels[] = { SOL_SOCKET, SOL_IP, SOL_IPV6, 6, 6, 17, 300, 300 };

	return one_in(30) ? (int)rnd() : PICK(levels);
}

static void do_setsockopt(void)
{
	static const int lens[] = { 4, 4, 4, 4, 0, 1, 8, 12, 16, 20, 136, 264 };
	int len = one_in(12) ? (int)any(32) : PICK(lens);
	uint32_t val[128];

	fill(val, sizeof(val));
	val[0] = one_in(3) ? (uint32_t)rnd() : any(one_in(2) ? 3 : 20);
	if (one_in(20))
		strcpy((char *)val, one_in(2) ? "reno" : "cubic");
	setsockopt(some_fd(), any_level(), any(one_in(9) ? 32 : 7),
		   one_in(20) ? any_pointer() : val, len);
}

static void do_getsockopt(void)
{
	socklen_t len = one_in(12) ? rnd() : any(9);

	getsockopt(some_fd(), any_level(), any(7), any_pointer(),
		   one_in(20) ? any_pointer() : &len);
}

static void do_name(void)
{
	socklen_t len = one_in(10) ? rnd() : any(7);

	if (one_in(2))
		getsockname(some_fd(), any_pointer(), &len);
	else
		getpeername(some_fd(), any_pointer(), &len);
}

static void do_shutdown(void)
{
	shutdown(some_fd(), one_in(10) ? (int)rnd() : (int)below(3));
}

static void do_poll(void)
{
	struct epoll_event ev = { .events = rnd() };
	struct pollfd p[3];
	int i;

	for (i = 0; i < 3; i++) {
		p[i].fd = some_fd();
		p[i].events = rnd();
	}
	poll(p, 3, below(3));
	epoll_ctl(epoll, 1 + below(3), some_fd(), &ev);
	epoll_wait(epoll, &ev, 1, 0);
}

static void do_splice(void)
{
	unsigned int flags = SPLICE_F_NONBLOCK | any(4);
	off_t off = 0;

	switch (below(4)) {
	case 0:
		splice(some_fd(), NULL, pipes[1], NULL, any(17), flags);
		break;
	case 1:
		splice(pipes[0], NULL, some_fd(), NULL, any(17), flags);
		break;
	case 2:
		sendfile(some_fd(), file, &off, any(17));
		break;
	default:
		if (write(pipes[1], buf, any(12)) < 0 || read(pipes[0], buf, any(12)) < 0)
			return;
		break;
	}
}

static void do_ioctl(void)
{
	static const unsigned long cmds[] = {
		SIOCINQ, SIOCOUTQ, SIOCATMARK, SIOCOUTQNSD, FIONBIO, FIOASYNC,
		SIOCGSTAMP_OLD, SIOCGSTAMPNS_OLD, SIOCGIFCONF, SIOCGIFADDR, SIOCGIFMTU,
	};

	ioctl(some_fd(), one_in(4) ? 0x8900 + below(256) : PICK(cmds), any_pointer());
}

static void do_fd(void)
{
	int fd = some_fd();

	switch (below(5)) {
	case 0:
		keep(dup(fd));
		break;
	case 1:
		fcntl(fd, F_SETFL, one_in(2) ? 0 : O_NONBLOCK | O_ASYNC);
		break;
	case 2:
		fcntl(fd, F_SETOWN, getpid());
		break;
	default: {
		int old = atomic_exchange(&fds[below(SLOTS)], -1);

		if (old >= 0)
			close(old);
		break;
	}
	}
}

/* Now and then a close that resets */
static void do_linger(void)
{
	struct linger l = { one_in(2), below(2) };

	setsockopt(some_fd(), SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

/* Blocking calls must end some time. */
static void do_timeouts(void)
{
	struct timeval tv = { 0, 1000 + below(50000) };
	int fd = some_fd();

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static void do_mmap(void)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, some_fd(), 0);

	if (p != MAP_FAILED)
		munmap(p, 4096);
}

/* Sockets of a namespace that has no other process any more */
static void do_unshare(void)
{
	if (privileged && one_in(200))
		unshare(CLONE_NEWNET);
}

static void *worker(void *arg)
{
	static void (*const calls[])(void) = {
		do_socket, do_socket, do_bind, do_bind, do_connect, do_connect,
		do_listen, do_accept, do_accept, do_pair, do_pair, do_send, do_send,
		do_send, do_send, do_recv, do_recv, do_recv, do_setsockopt,
		do_setsockopt, do_setsockopt, do_getsockopt, do_name, do_shutdown,
		do_poll, do_splice, do_splice, do_ioctl, do_fd, do_fd, do_linger,
		do_timeouts, do_mmap, do_unshare,
	};

	seed = (uintptr_t)arg;
	for (;;)
		PICK(calls)();
	return NULL;
}

void fuzz_syscalls(bool root)
{
	uint64_t mine = rnd();
	pthread_t thread;
	uintptr_t i;

	privileged = root;
	for (i = 0; i < SLOTS; i++)
		atomic_init(&fds[i], -1);
	/* Where memory fails even these may; then there is less to do. */
	if (pipe2(pipes, O_NONBLOCK))
		pipes[0] = pipes[1] = -1;
	epoll = epoll_create1(0);
	file = open("/proc/self/exe", O_RDONLY);
	for (i = 1; i < THREADS; i++)
		pthread_create(&thread, NULL, worker, (void *)(uintptr_t)(mine + i));
	worker((void *)(uintptr_t)mine);
	abort();
}
