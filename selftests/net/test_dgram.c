// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_dgram.c - datagram sockets: what a program sees of them. With
 * "--family inet" the same claims are made about UDP; only counters, malformed
 * packets and sizes that depend on the header's length are Ferry's own.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/udp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"
#include "lib/payload.h"

#ifndef SOL_UDP
#define SOL_UDP 17
#endif

#define FDP_PROTOCOL	254
#define FDP_HDR		12
#define SOON		5000	/* ms: what must happen, happens long before */
#define NEVER		100	/* ms: what must not happen would have by then */
#define SLOW		240	/* s: cases that run other programs, on a debug kernel */

static unsigned char buf[70000], want[70000];

/* ---- helpers ---- */

/* One of Ferry's counters in this namespace; 0 where UDP is tested. */
static long long counter(const char *name)
{
	char line[256], key[64];
	long long value = -1, v;
	FILE *f;

	if (!ft_opt.ferry)
		return 0;
	f = popen("ferry stat", "r");
	if (!f)
		FT_DIE("cannot run 'ferry stat'");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %lld", key, &v) == 2 && !strcmp(key, name))
			value = v;
	}
	pclose(f);
	if (value < 0)
		FT_DIE("'ferry stat' shows no %s", name);
	return value;
}

/* Run @call; the counter must have grown by @n. */
#define COUNTS(n, name, call)						\
	do {								\
		long long before_ = counter(name);			\
									\
		call;							\
		if (ft_opt.ferry)					\
			EXPECT_EQ(before_ + (n), counter(name));	\
	} while (0)

static int level_ip(int ip)
{
	return ip == 4 ? SOL_IP : SOL_IPV6;
}

static int bound(int ip, union ft_addr *addr)
{
	*addr = ft_loopback(ip, 0);
	return ft_bound(SOCK_DGRAM, addr);
}

static ssize_t send_to(int fd, const void *p, size_t len, const union ft_addr *to)
{
	return sendto(fd, p, len, 0, &to->sa, ft_addrlen(to));
}

static ssize_t recv_from(int fd, void *p, size_t len, int flags, union ft_addr *from)
{
	socklen_t alen = sizeof(*from);

	memset(from, 0, sizeof(*from));
	return recvfrom(fd, p, len, flags, &from->sa, &alen);
}

static void shell(const char *command)
{
	if (system(command))
		FT_DIE("'%s' failed", command);
}

/* A link with an MTU of 1500 whose own end has both versions' addresses. */
static void make_link(void)
{
	shell("ip link add v0 type veth peer name v1 && ip link set v0 up && "
	      "ip link set v1 up && ip address add 10.9.9.1/24 dev v0 && "
	      "ip -6 address add fd09::1/64 dev v0 nodad && "
	      "ip neighbour add 10.9.9.2 lladdr 02:00:00:00:00:02 dev v0 && "
	      "ip -6 neighbour add fd09::2 lladdr 02:00:00:00:00:02 dev v0");
}

static union ft_addr link_own(int ip)
{
	return ft_addr(ip == 4 ? "10.9.9.1" : "fd09::1", 0);
}

static union ft_addr link_peer(int ip, uint16_t port)
{
	return ft_addr(ip == 4 ? "10.9.9.2" : "fd09::2", port);
}

struct received {
	union ft_addr from;
	char control[1024];
	struct msghdr msg;
	struct iovec iov;
	ssize_t len;
};

static struct received *receive(int fd, int flags)
{
	static struct received r;

	memset(&r, 0, sizeof(r));
	r.iov = (struct iovec) { buf, sizeof(buf) };
	r.msg = (struct msghdr) {
		.msg_name = &r.from, .msg_namelen = sizeof(r.from),
		.msg_iov = &r.iov, .msg_iovlen = 1,
		.msg_control = r.control, .msg_controllen = sizeof(r.control),
	};
	r.len = recvmsg(fd, &r.msg, flags);
	return &r;
}

static void *control(struct received *r, int level, int type)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(&r->msg); c; c = CMSG_NXTHDR(&r->msg, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return CMSG_DATA(c);
	return NULL;
}

static ssize_t send_control(int fd, const union ft_addr *to, int level, int type,
			    const void *data, size_t len)
{
	union {
		char space[256];
		struct cmsghdr align;
	} u;
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_name = (void *)to, .msg_namelen = to ? ft_addrlen(to) : 0,
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.space, .msg_controllen = CMSG_SPACE(len),
	};
	struct cmsghdr *c;

	memset(&u, 0, sizeof(u));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	return sendmsg(fd, &msg, 0);
}

/* ---- boundaries and sizes ---- */

static void exchange(int from, int to, const union ft_addr *addr, size_t len)
{
	ft_fill(ft_opt.seed, len, want, len);
	ASSERT_EQ(len, send_to(from, want, len, addr));
	ASSERT_EQ(len, recv(to, buf, sizeof(buf), 0));
	EXPECT_EQ(-1, ft_check(ft_opt.seed, len, buf, len));
}

TEST(boundaries_are_kept)
{
	static const size_t sizes[] = {
		0, 1, 3, 64, 65, 76, 77, 100, 1447, 1448, 1472, 1500, 2047, 2048,
		2049, 4096, 9000, 16384, 32767, 65000
	};
	union ft_addr a, b, from;
	int fa, fb;
	size_t i;

	fa = bound(ip, &a);
	fb = bound(ip, &b);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		exchange(fa, fb, &b, sizes[i]);
	ASSERT_EQ(3, send_to(fa, "one", 3, &b));
	ASSERT_EQ(4, send_to(fa, "four", 4, &b));
	ASSERT_EQ(0, send_to(fa, "", 0, &b));
	ASSERT_EQ(3, recv_from(fb, buf, sizeof(buf), 0, &from));
	EXPECT_TRUE(ft_addr_equal(&a, &from));
	ASSERT_EQ(4, recv_from(fb, buf, sizeof(buf), 0, &from));
	ASSERT_EQ(0, recv_from(fb, buf, sizeof(buf), 0, &from));
	EXPECT_TRUE(ft_addr_equal(&a, &from));
	EXPECT_ERRNO(EAGAIN, recv(fb, buf, sizeof(buf), MSG_DONTWAIT));
}

TEST(fragments)
{
	static const size_t sizes[] = { 1, 1400, 1448, 1449, 1460, 1461, 3000, 8973, 65000 };
	union ft_addr a;
	int fa, fb;
	size_t i;

	shell("ip link set lo mtu 1500");
	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		exchange(fb, fa, &a, sizes[i]);
}

TEST(the_longest)
{
	int hdr = ft_opt.ferry ? FDP_HDR : 8;
	size_t most = ip == 4 ? 65535 - 20 - hdr : 65535 - hdr;
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_setopt(fb, level_ip(ip), ip == 4 ? IP_MTU_DISCOVER :
			    IPV6_MTU_DISCOVER, IP_PMTUDISC_DONT));
	exchange(fb, fa, &a, most);
	EXPECT_ERRNO(EMSGSIZE, send_to(fb, want, most + 1, &a));
	EXPECT_ERRNO(EMSGSIZE, send_to(fb, want, 65536, &a));
	EXPECT_ERRNO(EAGAIN, recv(fa, buf, sizeof(buf), MSG_DONTWAIT));
}

TEST(truncation_and_peeking)
{
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_EQ(10, send_to(fb, "0123456789", 10, &a));
	ASSERT_EQ(5, send_to(fb, "abcde", 5, &a));
	EXPECT_EQ(4, recv(fa, buf, 4, MSG_PEEK));
	EXPECT_EQ(10, recv(fa, buf, 4, MSG_PEEK | MSG_TRUNC));
	EXPECT_EQ(10, receive(fa, MSG_PEEK)->len);
	EXPECT_EQ(10, recv(fa, buf, 4, MSG_TRUNC));
	EXPECT_EQ(0, memcmp(buf, "0123", 4));
	/* the rest of a datagram is gone */
	EXPECT_EQ(3, recv(fa, buf, 3, 0));
	EXPECT_EQ(0, memcmp(buf, "abc", 3));
	EXPECT_ERRNO(EAGAIN, recv(fa, buf, 4, MSG_DONTWAIT));
}

TEST(msg_trunc_is_told)
{
	struct iovec iov = { buf, 4 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_EQ(10, send_to(fb, "0123456789", 10, &a));
	ASSERT_EQ(4, send_to(fb, "abcd", 4, &a));
	ASSERT_EQ(4, recvmsg(fa, &msg, 0));
	EXPECT_TRUE(msg.msg_flags & MSG_TRUNC);
	ASSERT_EQ(4, recvmsg(fa, &msg, 0));
	EXPECT_TRUE(!(msg.msg_flags & MSG_TRUNC));
}

TEST(peek_offset)
{
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_setopt(fa, SOL_SOCKET, SO_PEEK_OFF, 2));
	ASSERT_EQ(6, send_to(fb, "012345", 6, &a));
	EXPECT_EQ(2, recv(fa, buf, 2, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "23", 2));
	EXPECT_EQ(2, recv(fa, buf, 9, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "45", 2));
	EXPECT_EQ(6, recv(fa, buf, 9, 0));
}

/* ---- connected and not ---- */

TEST_TIMEOUT(connected, SLOW)
{
	union ft_addr a, b, c, peer;
	int fa, fb, fc;

	fa = bound(ip, &a);
	fb = bound(ip, &b);
	fc = bound(ip, &c);
	EXPECT_ERRNO(EDESTADDRREQ, send(fa, "x", 1, 0));
	EXPECT_ERRNO(ENOTCONN, getpeername(fa, &peer.sa, &(socklen_t){ sizeof(peer) }));
	ASSERT_OK(ft_connect(fa, &b));
	peer = ft_peer(fa);
	EXPECT_TRUE(ft_addr_equal(&b, &peer));
	ASSERT_EQ(1, send(fa, "x", 1, 0));
	ASSERT_EQ(1, recv(fb, buf, 9, 0));
	/* only the peer's datagrams arrive */
	COUNTS(1, "DgramDropNoPort", ASSERT_EQ(1, send_to(fc, "c", 1, &a)));
	ASSERT_EQ(1, send_to(fb, "b", 1, &a));
	ASSERT_EQ(1, recv(fa, buf, 9, 0));
	EXPECT_EQ('b', buf[0]);
	/* an address wins over the peer */
	ASSERT_EQ(1, send_to(fa, "y", 1, &c));
	ASSERT_EQ(1, recv(fc, buf, 9, 0));
}

TEST(disconnect)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	union ft_addr a, b, local;
	int fa, fb;

	fb = bound(ip, &b);
	fa = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_connect(fa, &b));
	a = ft_local(fa);
	EXPECT_NE(0, ft_port(&a));
	ASSERT_OK(connect(fa, &none, sizeof(none)));
	/* neither address nor port was bound, so neither is kept */
	local = ft_local(fa);
	EXPECT_EQ(0, ft_port(&local));
	EXPECT_ERRNO(EDESTADDRREQ, send(fa, "x", 1, 0));
	ASSERT_OK(ft_connect(fa, &b));
	ASSERT_EQ(1, send(fa, "x", 1, 0));
	ASSERT_EQ(1, recv(fb, buf, 9, 0));

	/* what bind() was asked for stays */
	close(fb);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_bind(fb, &b));
	ASSERT_OK(ft_connect(fb, &a));
	ASSERT_OK(connect(fb, &none, sizeof(none)));
	local = ft_local(fb);
	EXPECT_TRUE(ft_addr_equal(&b, &local));
}

TEST(autobind)
{
	union ft_addr a, local, from;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	local = ft_local(fb);
	EXPECT_EQ(0, ft_port(&local));
	ASSERT_EQ(1, send_to(fb, "x", 1, &a));
	local = ft_local(fb);
	EXPECT_NE(0, ft_port(&local));
	ASSERT_EQ(1, recv_from(fa, buf, 9, 0, &from));
	EXPECT_EQ(ft_port(&local), ft_port(&from));
	/* a reply to that address comes back */
	ASSERT_EQ(1, send_to(fa, "y", 1, &from));
	ASSERT_EQ(1, recv(fb, buf, 9, 0));
}

TEST(to_the_unspecified_address)
{
	union ft_addr a, any;
	int fa, fb;

	fa = bound(ip, &a);
	any = ft_any(ip, ft_port(&a));
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_EQ(1, send_to(fb, "x", 1, &any));
	ASSERT_EQ(1, recv(fa, buf, 9, 0));
	ASSERT_OK(ft_connect(fb, &any));
	ASSERT_EQ(1, send(fb, "x", 1, 0));
	ASSERT_EQ(1, recv(fa, buf, 9, 0));
}

TEST(bad_arguments)
{
	union ft_addr a, zero;
	struct sockaddr odd = { .sa_family = AF_UNIX };
	int fa = bound(ip, &a);

	zero = a;
	ft_set_port(&zero, 0);
	EXPECT_ERRNO(EINVAL, send_to(fa, "x", 1, &zero));
	EXPECT_ERRNO(EINVAL, sendto(fa, "x", 1, 0, &a.sa, 4));
	EXPECT_TRUE(sendto(fa, "x", 1, 0, &odd, sizeof(a.in)) < 0);
	if (ip == 4)
		EXPECT_ERRNO(EOPNOTSUPP, sendto(fa, "x", 1, MSG_OOB, &a.sa,
						ft_addrlen(&a)));
	EXPECT_ERRNO(EFAULT, sendto(fa, (void *)8, 100, 0, &a.sa, ft_addrlen(&a)));
	EXPECT_ERRNO(EFAULT, sendto(fa, (void *)8, 60000, 0, &a.sa, ft_addrlen(&a)));
	EXPECT_ERRNO(EOPNOTSUPP, listen(fa, 1));
	EXPECT_ERRNO(EOPNOTSUPP, accept(fa, NULL, NULL));
	EXPECT_ERRNO(EADDRINUSE, ft_bind(ft_socket(ip, SOCK_DGRAM), &a));
	EXPECT_ERRNO(EINVAL, ft_bind(fa, &a));
	ASSERT_EQ(4, send_to(fa, "good", 4, &a));
	EXPECT_ERRNO(EFAULT, recv(fa, (void *)8, 4, 0));
	ASSERT_EQ(4, send_to(fa, "good", 4, &a));
	ASSERT_EQ(4, recv(fa, buf, 9, 0));
}

TEST(shutdown_of_a_socket)
{
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	EXPECT_ERRNO(ENOTCONN, shutdown(fb, SHUT_RD));
	ASSERT_OK(ft_connect(fb, &a));
	ASSERT_OK(shutdown(fb, SHUT_RD));
	EXPECT_EQ(0, recv(fb, buf, 9, 0));
	EXPECT_TRUE(ft_poll(fb, POLLIN | POLLRDHUP, SOON) & POLLRDHUP);
	ASSERT_EQ(1, send(fb, "x", 1, 0));
	ASSERT_OK(shutdown(fb, SHUT_WR));
	/* UDP only refuses datagrams that are gathered; recv() goes on as well */
	ASSERT_EQ(1, recv(fa, buf, 9, 0));
	EXPECT_TRUE(ft_poll(fb, POLLIN, SOON) & POLLHUP);
}

/* ---- waiting ---- */

TEST(readiness)
{
	union ft_addr a;
	int fa, fb, n;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	EXPECT_EQ(POLLOUT, ft_poll(fa, POLLIN | POLLOUT, 0));
	EXPECT_EQ(0, ft_poll(fa, POLLIN, 0));
	ASSERT_OK(ioctl(fa, FIONREAD, &n));
	EXPECT_EQ(0, n);
	ASSERT_EQ(7, send_to(fb, "1234567", 7, &a));
	ASSERT_EQ(2, send_to(fb, "12", 2, &a));
	EXPECT_EQ(POLLIN, ft_poll(fa, POLLIN, SOON));
	ASSERT_OK(ioctl(fa, FIONREAD, &n));
	EXPECT_EQ(7, n);
	ASSERT_EQ(7, recv(fa, buf, sizeof(buf), 0));
	ASSERT_OK(ioctl(fa, FIONREAD, &n));
	EXPECT_EQ(2, n);
	ASSERT_OK(ioctl(fb, SIOCOUTQ, &n));
	EXPECT_EQ(0, n);
	ASSERT_EQ(2, recv(fa, buf, sizeof(buf), 0));
	EXPECT_EQ(0, ft_poll(fa, POLLIN, 0));
}

TEST(timeouts)
{
	struct timeval tv = { .tv_usec = 20000 };
	union ft_addr a;
	int fa = bound(ip, &a);

	EXPECT_ERRNO(EAGAIN, recv(fa, buf, 9, MSG_DONTWAIT));
	ASSERT_OK(setsockopt(fa, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_ERRNO(EAGAIN, recv(fa, buf, 9, 0));
	ft_nonblock(fa);
	EXPECT_ERRNO(EAGAIN, recv(fa, buf, 9, 0));
}

/* ---- gathering ---- */

TEST(msg_more)
{
	union ft_addr a;
	size_t i, len = 0;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_connect(fb, &a));
	ASSERT_EQ(3, send(fb, "abc", 3, MSG_MORE));
	ASSERT_EQ(0, send(fb, "", 0, MSG_MORE));
	ASSERT_EQ(2, send(fb, "de", 2, MSG_MORE));
	EXPECT_EQ(0, ft_poll(fa, POLLIN, NEVER));
	ASSERT_EQ(1, send(fb, "f", 1, 0));
	ASSERT_EQ(6, recv(fa, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "abcdef", 6));

	/* long enough for many pieces, and for fragments where they are needed */
	ft_fill(ft_opt.seed, 0, want, 60000);
	for (i = 0; len < 60000; i++) {
		size_t part = 60000 - len < 977 ? 60000 - len : 977;

		ASSERT_EQ(part, send(fb, want + len, part, MSG_MORE));
		len += part;
	}
	ASSERT_EQ(0, send(fb, "", 0, 0));
	ASSERT_EQ(60000, recv(fa, buf, sizeof(buf), 0));
	EXPECT_EQ(-1, ft_check(ft_opt.seed, 0, buf, 60000));
}

TEST(cork)
{
	union ft_addr a;
	int fa, fb;

	shell("ip link set lo mtu 1500");
	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	EXPECT_EQ(0, ft_getopt(fb, SOL_UDP, UDP_CORK));
	ASSERT_OK(ft_setopt(fb, SOL_UDP, UDP_CORK, 1));
	EXPECT_EQ(1, ft_getopt(fb, SOL_UDP, UDP_CORK));
	ft_fill(ft_opt.seed, 0, want, 30000);
	ASSERT_EQ(10000, send_to(fb, want, 10000, &a));
	ASSERT_EQ(20000, send_to(fb, want + 10000, 20000, &a));
	EXPECT_EQ(0, ft_poll(fa, POLLIN, NEVER));
	ASSERT_OK(ft_setopt(fb, SOL_UDP, UDP_CORK, 0));
	ASSERT_EQ(30000, recv(fa, buf, sizeof(buf), 0));
	EXPECT_EQ(-1, ft_check(ft_opt.seed, 0, buf, 30000));
	/* what does not fit is refused and forgotten */
	ASSERT_EQ(60000, sendto(fb, want, 60000, MSG_MORE, &a.sa, ft_addrlen(&a)));
	EXPECT_ERRNO(EMSGSIZE, sendto(fb, want, 6000, MSG_MORE, &a.sa, ft_addrlen(&a)));
	ASSERT_EQ(2, send_to(fb, "ok", 2, &a));
	ASSERT_EQ(2, recv(fa, buf, sizeof(buf), 0));
	/* closed in the middle: nothing is sent, nothing is left */
	ASSERT_EQ(60000, sendto(fb, want, 60000, MSG_MORE, &a.sa, ft_addrlen(&a)));
	close(fb);
	EXPECT_EQ(0, ft_poll(fa, POLLIN, NEVER));
}

TEST(many_at_once)
{
	struct mmsghdr out[64], in[64];
	struct iovec oiov[64], iiov[64];
	union ft_addr a;
	int fa, fb, i;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_connect(fb, &a));
	memset(out, 0, sizeof(out));
	memset(in, 0, sizeof(in));
	for (i = 0; i < 64; i++) {
		oiov[i] = (struct iovec) { want + i, i };
		iiov[i] = (struct iovec) { buf + i * 64, 64 };
		out[i].msg_hdr.msg_iov = &oiov[i];
		in[i].msg_hdr.msg_iov = &iiov[i];
		out[i].msg_hdr.msg_iovlen = in[i].msg_hdr.msg_iovlen = 1;
	}
	ASSERT_EQ(64, sendmmsg(fb, out, 64, 0));
	ASSERT_EQ(64, recvmmsg(fa, in, 64, MSG_WAITFORONE, NULL));
	for (i = 0; i < 64; i++)
		EXPECT_EQ(i, in[i].msg_len);
}

/* ---- errors ---- */

/* A port nobody holds: one that was held a moment ago. */
static union ft_addr closed_port(int ip)
{
	union ft_addr a;

	close(bound(ip, &a));
	return a;
}

TEST_TIMEOUT(refused, SLOW)
{
	union ft_addr a = closed_port(ip);
	int fd = ft_socket(ip, SOCK_DGRAM);

	ASSERT_OK(ft_connect(fd, &a));
	COUNTS(1, "DgramDropNoPort", ASSERT_EQ(1, send(fd, "x", 1, 0)));
	EXPECT_TRUE(ft_poll(fd, POLLIN, SOON) & POLLERR);
	EXPECT_ERRNO(ECONNREFUSED, recv(fd, buf, 9, 0));
	EXPECT_ERRNO(EAGAIN, recv(fd, buf, 9, MSG_DONTWAIT));
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	EXPECT_TRUE(ft_poll(fd, POLLIN, SOON) & POLLERR);
	EXPECT_ERRNO(ECONNREFUSED, send(fd, "x", 1, 0));
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	EXPECT_TRUE(ft_poll(fd, POLLIN, SOON) & POLLERR);
	EXPECT_EQ(ECONNREFUSED, ft_getopt(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, ft_getopt(fd, SOL_SOCKET, SO_ERROR));
}

TEST(unconnected_hears_nothing)
{
	union ft_addr a = closed_port(ip);
	int fd = ft_socket(ip, SOCK_DGRAM);

	ASSERT_EQ(1, send_to(fd, "x", 1, &a));
	EXPECT_EQ(0, ft_poll(fd, POLLIN, NEVER));
	EXPECT_EQ(0, ft_getopt(fd, SOL_SOCKET, SO_ERROR));
}

static void check_offender(struct sock_extended_err *ee, int ip)
{
	union ft_addr loop = ft_loopback(ip, 0);

	EXPECT_EQ(ECONNREFUSED, ee->ee_errno);
	EXPECT_EQ(ip == 4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6, ee->ee_origin);
	EXPECT_EQ(ip == 4 ? 3 : 1, ee->ee_type);
	EXPECT_EQ(ip == 4 ? 3 : 4, ee->ee_code);
	if (ip == 4)
		EXPECT_EQ(loop.in.sin_addr.s_addr,
			  ((struct sockaddr_in *)SO_EE_OFFENDER(ee))->sin_addr.s_addr);
	else
		EXPECT_EQ(0, memcmp(&loop.in6.sin6_addr,
				    &((struct sockaddr_in6 *)SO_EE_OFFENDER(ee))->sin6_addr,
				    16));
}

TEST(error_queue)
{
	union ft_addr a = closed_port(ip);
	struct sock_extended_err *ee;
	int fd = ft_socket(ip, SOCK_DGRAM);
	struct received *r;

	ASSERT_OK(ft_setopt(fd, level_ip(ip), ip == 4 ? IP_RECVERR : IPV6_RECVERR, 1));
	EXPECT_ERRNO(EAGAIN, recv(fd, buf, 9, MSG_ERRQUEUE));
	ASSERT_EQ(5, send_to(fd, "hello", 5, &a));
	EXPECT_TRUE(ft_poll(fd, 0, SOON) & POLLERR);
	r = receive(fd, MSG_ERRQUEUE);
	ASSERT_EQ(5, r->len);
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_TRUE(r->msg.msg_flags & MSG_ERRQUEUE);
	EXPECT_TRUE(ft_addr_equal(&a, &r->from));
	ee = control(r, level_ip(ip), ip == 4 ? IP_RECVERR : IPV6_RECVERR);
	ASSERT_TRUE(ee);
	check_offender(ee, ip);
	EXPECT_EQ(0, ft_poll(fd, 0, 0));
	EXPECT_ERRNO(EAGAIN, recv(fd, buf, 9, MSG_ERRQUEUE));
}

TEST_TIMEOUT(too_long_for_the_path, SLOW)
{
	int opt = ip == 4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER;
	int hdr = (ip == 4 ? 20 : 40) + (ft_opt.ferry ? FDP_HDR : 8);
	union ft_addr to;
	struct sock_extended_err *ee;
	struct received *r;
	int fd;

	make_link();
	to = link_peer(ip, 4000);
	fd = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_setopt(fd, level_ip(ip), opt, IP_PMTUDISC_DO));
	ASSERT_OK(ft_setopt(fd, level_ip(ip), ip == 4 ? IP_RECVERR : IPV6_RECVERR, 1));
	ASSERT_OK(ft_connect(fd, &to));
	EXPECT_EQ(1500, ft_getopt(fd, level_ip(ip), ip == 4 ? IP_MTU : IPV6_MTU));
	ASSERT_EQ(1500 - hdr, send(fd, want, 1500 - hdr, 0));
	EXPECT_ERRNO(EMSGSIZE, send(fd, want, 1500 - hdr + 1, 0));
	r = receive(fd, MSG_ERRQUEUE);
	ASSERT_EQ(0, r->len);
	ee = control(r, level_ip(ip), ip == 4 ? IP_RECVERR : IPV6_RECVERR);
	ASSERT_TRUE(ee);
	EXPECT_EQ(EMSGSIZE, ee->ee_errno);
	EXPECT_EQ(SO_EE_ORIGIN_LOCAL, ee->ee_origin);
	EXPECT_EQ(1500, ee->ee_info);
	EXPECT_EQ(4000, ft_port(&r->from));
	/* without DO it is cut into fragments */
	ASSERT_OK(ft_setopt(fd, level_ip(ip), opt, IP_PMTUDISC_DONT));
	ASSERT_EQ(9000, send(fd, want, 9000, 0));
}

TEST(no_route)
{
	union ft_addr to = ft_addr(ip == 4 ? "203.0.113.1" : "2001:db8::1", 4000);
	int fd = ft_socket(ip, SOCK_DGRAM);

	EXPECT_ERRNO(ENETUNREACH, send_to(fd, "x", 1, &to));
	EXPECT_ERRNO(ENETUNREACH, ft_connect(fd, &to));
}

/* ---- control messages ---- */

TEST_V4(pktinfo4)
{
	union ft_addr a = ft_any(4, 0), to, from;
	struct in_pktinfo out = {}, *in;
	int fa, fb;

	fa = ft_bound(SOCK_DGRAM, &a);
	ASSERT_OK(ft_setopt(fa, SOL_IP, IP_PKTINFO, 1));
	to = ft_addr("127.0.0.9", ft_port(&a));
	fb = ft_socket(4, SOCK_DGRAM);
	inet_pton(AF_INET, "127.0.0.7", &out.ipi_spec_dst);
	ASSERT_EQ(1, send_control(fb, &to, SOL_IP, IP_PKTINFO, &out, sizeof(out)));
	struct received *r = receive(fa, 0);

	ASSERT_EQ(1, r->len);
	from = ft_addr("127.0.0.7", ft_port(&r->from));
	EXPECT_TRUE(ft_addr_equal(&from, &r->from));
	in = control(r, SOL_IP, IP_PKTINFO);
	ASSERT_TRUE(in);
	EXPECT_EQ(to.in.sin_addr.s_addr, in->ipi_addr.s_addr);
	EXPECT_EQ(to.in.sin_addr.s_addr, in->ipi_spec_dst.s_addr);
	EXPECT_EQ(if_nametoindex("lo"), in->ipi_ifindex);
	/* not an address of ours */
	inet_pton(AF_INET, "192.0.2.1", &out.ipi_spec_dst);
	EXPECT_TRUE(send_control(fb, &to, SOL_IP, IP_PKTINFO, &out, sizeof(out)) < 0);
	EXPECT_ERRNO(EINVAL, send_control(fb, &to, SOL_IP, IP_PKTINFO, &out, 3));
}

TEST_V6(pktinfo6)
{
	union ft_addr a = ft_any(6, 0), to, from;
	struct in6_pktinfo out = {}, *in;
	int fa, fb;

	shell("ip -6 address add fd01::7/128 dev lo nodad && "
	      "ip -6 address add fd01::9/128 dev lo nodad");
	fa = ft_bound(SOCK_DGRAM, &a);
	ASSERT_OK(ft_setopt(fa, SOL_IPV6, IPV6_RECVPKTINFO, 1));
	to = ft_addr("fd01::9", ft_port(&a));
	fb = ft_socket(6, SOCK_DGRAM);
	inet_pton(AF_INET6, "fd01::7", &out.ipi6_addr);
	ASSERT_EQ(1, send_control(fb, &to, SOL_IPV6, IPV6_PKTINFO, &out, sizeof(out)));
	struct received *r = receive(fa, 0);

	ASSERT_EQ(1, r->len);
	from = ft_addr("fd01::7", ft_port(&r->from));
	EXPECT_TRUE(ft_addr_equal(&from, &r->from));
	in = control(r, SOL_IPV6, IPV6_PKTINFO);
	ASSERT_TRUE(in);
	EXPECT_EQ(0, memcmp(&to.in6.sin6_addr, &in->ipi6_addr, 16));
	EXPECT_EQ(if_nametoindex("lo"), in->ipi6_ifindex);
	/* an IPv4 packet says it in IPv6's words */
	to = ft_mapped("127.0.0.1", ft_port(&a));
	ASSERT_EQ(1, send_to(fb, "x", 1, &to));
	r = receive(fa, 0);
	in = control(r, SOL_IPV6, IPV6_PKTINFO);
	ASSERT_TRUE(in);
	EXPECT_EQ(0, memcmp(&to.in6.sin6_addr, &in->ipi6_addr, 16));
}

TEST(hops_and_class)
{
	int ttl_in = ip == 4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT;
	int ttl_type = ip == 4 ? IP_TTL : IPV6_HOPLIMIT;
	int class_in = ip == 4 ? IP_RECVTOS : IPV6_RECVTCLASS;
	int class_type = ip == 4 ? IP_TOS : IPV6_TCLASS;
	int ttl_set = ip == 4 ? IP_TTL : IPV6_UNICAST_HOPS;
	int level = level_ip(ip), value;
	struct received *r;
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_setopt(fa, level, ttl_in, 1));
	ASSERT_OK(ft_setopt(fa, level, class_in, 1));
	ASSERT_OK(ft_setopt(fb, level, ttl_set, 77));
	ASSERT_OK(ft_setopt(fb, level, class_type, 0x48));
	ASSERT_EQ(1, send_to(fb, "x", 1, &a));
	r = receive(fa, 0);
	ASSERT_TRUE(control(r, level, ttl_type) && control(r, level, class_type));
	EXPECT_EQ(77, *(int *)control(r, level, ttl_type));
	EXPECT_EQ(0x48, *(unsigned char *)control(r, level, class_type));

	value = 9;
	ASSERT_EQ(1, send_control(fb, &a, level, ttl_type, &value, sizeof(value)));
	r = receive(fa, 0);
	EXPECT_EQ(9, *(int *)control(r, level, ttl_type));
	value = 0x20;
	ASSERT_EQ(1, send_control(fb, &a, level, class_type, &value, sizeof(value)));
	r = receive(fa, 0);
	EXPECT_EQ(0x20, *(unsigned char *)control(r, level, class_type));
	value = 256;
	EXPECT_ERRNO(EINVAL, send_control(fb, &a, level, ttl_type, &value, sizeof(value)));
}

TEST(timestamps)
{
	struct received *r;
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_setopt(fa, SOL_SOCKET, SO_TIMESTAMP, 1));
	ASSERT_EQ(1, send_to(fb, "x", 1, &a));
	r = receive(fa, 0);
	EXPECT_TRUE(control(r, SOL_SOCKET, SCM_TIMESTAMP));
	ASSERT_OK(ft_setopt(fa, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	ASSERT_EQ(1, send_to(fb, "x", 1, &a));
	r = receive(fa, 0);
	EXPECT_TRUE(control(r, SOL_SOCKET, SCM_TIMESTAMPNS));
}

/* ---- one socket, both versions ---- */

TEST_V6(dual_stack)
{
	union ft_addr a = ft_any(6, 0), mapped, to4, b;
	struct received *r;
	int fa, fb;

	fa = ft_bound(SOCK_DGRAM, &a);
	to4 = ft_loopback(4, ft_port(&a));
	fb = bound(4, &b);
	ASSERT_EQ(1, send_to(fb, "x", 1, &to4));
	r = receive(fa, 0);
	ASSERT_EQ(1, r->len);
	mapped = ft_mapped("127.0.0.1", ft_port(&b));
	EXPECT_TRUE(ft_addr_equal(&mapped, &r->from));
	ASSERT_EQ(1, send_to(fa, "y", 1, &mapped));
	ASSERT_EQ(1, recv(fb, buf, 9, 0));
	ASSERT_OK(ft_connect(fa, &mapped));
	ASSERT_EQ(1, send(fa, "z", 1, 0));
	ASSERT_EQ(1, recv(fb, buf, 9, 0));
	EXPECT_EQ('z', buf[0]);

	fa = ft_socket(6, SOCK_DGRAM);
	ASSERT_OK(ft_setopt(fa, SOL_IPV6, IPV6_V6ONLY, 1));
	EXPECT_ERRNO(ENETUNREACH, send_to(fa, "x", 1, &mapped));
	EXPECT_TRUE(ft_connect(fa, &mapped) < 0);
}

TEST(reuse)
{
	union ft_addr a = ft_loopback(ip, 0), from;
	int fa[2], i, got[2] = {};

	for (i = 0; i < 2; i++) {
		fa[i] = ft_socket(ip, SOCK_DGRAM);
		ASSERT_OK(ft_setopt(fa[i], SOL_SOCKET, SO_REUSEPORT, 1));
		ASSERT_OK(ft_bind(fa[i], &a));
		a = ft_local(fa[i]);
	}
	for (i = 0; i < 64; i++) {
		int fb = ft_socket(ip, SOCK_DGRAM);

		ASSERT_EQ(1, send_to(fb, "x", 1, &a));
		close(fb);
	}
	for (i = 0; i < 2; i++)
		while (recv_from(fa[i], buf, 9, MSG_DONTWAIT, &from) == 1)
			got[i]++;
	EXPECT_EQ(64, got[0] + got[1]);
	EXPECT_NE(0, got[0]);
	EXPECT_NE(0, got[1]);
}

/* ---- groups ---- */

TEST_V4(broadcast)
{
	union ft_addr to, a = ft_any(4, 0), b;
	int fa, fb, fc;

	fa = ft_socket(4, SOCK_DGRAM);
	ASSERT_OK(ft_setopt(fa, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(ft_bind(fa, &a));
	b = ft_local(fa);
	fc = ft_socket(4, SOCK_DGRAM);
	ASSERT_OK(ft_setopt(fc, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(ft_bind(fc, &b));
	to = ft_addr("127.255.255.255", ft_port(&b));
	fb = ft_socket(4, SOCK_DGRAM);
	EXPECT_ERRNO(EACCES, send_to(fb, "x", 1, &to));
	EXPECT_ERRNO(EACCES, ft_connect(fb, &to));
	ASSERT_OK(ft_setopt(fb, SOL_SOCKET, SO_BROADCAST, 1));
	ASSERT_EQ(1, send_to(fb, "x", 1, &to));
	/* every socket that may gets a copy */
	EXPECT_EQ(1, recv(fa, buf, 9, 0));
	EXPECT_EQ(1, recv(fc, buf, 9, 0));
}

static union ft_addr group(int ip, uint16_t port)
{
	return ft_addr(ip == 4 ? "239.1.2.3" : "ff05::123", port);
}

static int join(int fd, int ip, const union ft_addr *g)
{
	struct group_req req = { .gr_interface = if_nametoindex("v0") };

	memcpy(&req.gr_group, g, sizeof(*g));
	return setsockopt(fd, level_ip(ip), MCAST_JOIN_GROUP, &req, sizeof(req));
}

static int block_source(int fd, int ip, const union ft_addr *g, const union ft_addr *s,
			int op)
{
	struct group_source_req req = { .gsr_interface = if_nametoindex("v0") };

	memcpy(&req.gsr_group, g, sizeof(*g));
	memcpy(&req.gsr_source, s, sizeof(*s));
	return setsockopt(fd, level_ip(ip), op, &req, sizeof(req));
}

static int mc_sender(int ip)
{
	union ft_addr own = link_own(ip);
	int fd = ft_socket(ip, SOCK_DGRAM);

	ASSERT_OK(ft_bind(fd, &own));
	if (ip == 4) {
		struct ip_mreqn m = { .imr_ifindex = if_nametoindex("v0") };

		ASSERT_OK(setsockopt(fd, SOL_IP, IP_MULTICAST_IF, &m, sizeof(m)));
	} else {
		ASSERT_OK(ft_setopt(fd, SOL_IPV6, IPV6_MULTICAST_IF,
				    if_nametoindex("v0")));
	}
	return fd;
}

static int mc_member(int ip, union ft_addr *addr)
{
	int fd = ft_socket(ip, SOCK_DGRAM);
	union ft_addr any = ft_any(ip, ft_port(addr));

	ASSERT_OK(ft_setopt(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_OK(ft_bind(fd, &any));
	*addr = ft_local(fd);
	return fd;
}

TEST_TIMEOUT(multicast, SLOW)
{
	union ft_addr a, g, own;
	int fa, fc, fb;

	make_link();
	own = link_own(ip);
	a = ft_any(ip, 4711);
	fa = mc_member(ip, &a);
	fc = mc_member(ip, &a);
	g = group(ip, ft_port(&a));
	fb = mc_sender(ip);
	/* nobody joined, but such a socket hears all groups the host is in */
	ASSERT_OK(join(fa, ip, &g));
	ASSERT_EQ(1, send_to(fb, "1", 1, &g));
	EXPECT_EQ(1, recv(fa, buf, 9, 0));
	EXPECT_EQ(1, recv(fc, buf, 9, 0));
	/* unless it says that it wants its own only */
	ASSERT_OK(ft_setopt(fc, level_ip(ip), ip == 4 ? IP_MULTICAST_ALL :
			    29 /* IPV6_MULTICAST_ALL */, 0));
	ASSERT_EQ(1, send_to(fb, "2", 1, &g));
	EXPECT_EQ(1, recv(fa, buf, 9, 0));
	EXPECT_ERRNO(EAGAIN, recv(fc, buf, 9, MSG_DONTWAIT));
	/* a source that is blocked, and no longer */
	ASSERT_OK(block_source(fa, ip, &g, &own, MCAST_BLOCK_SOURCE));
	ASSERT_EQ(1, send_to(fb, "3", 1, &g));
	EXPECT_ERRNO(EAGAIN, recv(fa, buf, 9, MSG_DONTWAIT));
	ASSERT_OK(block_source(fa, ip, &g, &own, MCAST_UNBLOCK_SOURCE));
	ASSERT_EQ(1, send_to(fb, "4", 1, &g));
	EXPECT_EQ(1, recv(fa, buf, 9, 0));
	EXPECT_EQ('4', buf[0]);
	/* and without the loop back to this host */
	ASSERT_OK(ft_setopt(fb, level_ip(ip), ip == 4 ? IP_MULTICAST_LOOP :
			    IPV6_MULTICAST_LOOP, 0));
	ASSERT_EQ(1, send_to(fb, "5", 1, &g));
	EXPECT_ERRNO(EAGAIN, recv(fa, buf, 9, MSG_DONTWAIT));
}

/* ---- drops ---- */

TEST_TIMEOUT(full_queue, SLOW)
{
	long long in = counter("DgramIn"), full = counter("DgramDropRcvbuf");
	int sent = 0, got = 0, fa, fb;
	struct received *r;
	uint32_t *ovfl, last = 0;
	union ft_addr a;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_setopt(fa, SOL_SOCKET, SO_RCVBUF, 20000));
	ASSERT_OK(ft_setopt(fa, SOL_SOCKET, SO_RXQ_OVFL, 1));
	for (sent = 0; sent < 500; sent++)
		ASSERT_EQ(1000, send_to(fb, want, 1000, &a));
	while (recv(fa, buf, sizeof(buf), MSG_DONTWAIT) == 1000)
		got++;
	EXPECT_LT(0, got);
	EXPECT_LT(got, 500);
	if (ft_opt.ferry) {
		EXPECT_EQ(in + got, counter("DgramIn"));
		EXPECT_EQ(full + sent - got, counter("DgramDropRcvbuf"));
	}
	ASSERT_EQ(1, send_to(fb, "x", 1, &a));
	r = receive(fa, 0);
	ovfl = control(r, SOL_SOCKET, SO_RXQ_OVFL);
	ASSERT_TRUE(ovfl);
	last = *ovfl;
	EXPECT_EQ(sent - got, last);
}

TEST_TIMEOUT(filter, SLOW)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog none = { .len = 1, .filter = code };
	union ft_addr a;
	int fa, fb, off = 0;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(setsockopt(fa, SOL_SOCKET, SO_ATTACH_FILTER, &none, sizeof(none)));
	COUNTS(1, "DgramDropFilter", ASSERT_EQ(1, send_to(fb, "x", 1, &a)));
	EXPECT_ERRNO(EAGAIN, recv(fa, buf, 9, MSG_DONTWAIT));
	ASSERT_OK(setsockopt(fa, SOL_SOCKET, SO_DETACH_FILTER, &off, sizeof(off)));
	ASSERT_EQ(1, send_to(fb, "y", 1, &a));
	EXPECT_EQ(1, recv(fa, buf, 9, 0));
}

/* ---- packets that no Ferry host would send ---- */

struct fdp {
	uint16_t sport, dport, length, reserved, flags, check;
	unsigned char data[200];
};

static void need_ferry(void)
{
	if (!ft_opt.ferry)
		ft_skip("about Ferry's own header");
}

static int raw_socket(int ip)
{
	int fd = socket(ip == 4 ? AF_INET : AF_INET6, SOCK_RAW, FDP_PROTOCOL);

	if (fd < 0)
		FT_DIE("raw socket: %s", strerror(errno));
	return fd;
}

/*
 * A busy host may leave what went over loopback to another thread. Of one processor's
 * packets none overtakes: once UDP's own has come, those before it have.
 */
static void all_arrived(void)
{
	union ft_addr a = ft_loopback(4, 0);
	static int fd = -1;
	char c;

	if (fd < 0) {
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		ASSERT_OK(ft_bind(fd, &a));
		a = ft_local(fd);
		ASSERT_OK(ft_connect(fd, &a));
	}
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	ASSERT_EQ(1, recv(fd, &c, 1, 0));
}

static void raw_send(int fd, int ip, const void *p, size_t len)
{
	union ft_addr to = ft_loopback(ip, 0);
	cpu_set_t here, all;

	ASSERT_OK(sched_getaffinity(0, sizeof(all), &all));
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	ASSERT_OK(sched_setaffinity(0, sizeof(here), &here));
	ASSERT_EQ(len, send_to(fd, p, len, &to));
	all_arrived();
	ASSERT_OK(sched_setaffinity(0, sizeof(all), &all));
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint64_t add(const void *p, size_t len, uint64_t sum)
{
	const unsigned char *b = p;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? b[i] : b[i] << 8;
	return sum;
}

/* RFC 1071 over the pseudo-header of RFC 768 or 8200, written anew here */
static void put_check(int ip, struct fdp *p, size_t len)
{
	union ft_addr loop = ft_loopback(ip, 0);
	uint64_t sum = FDP_PROTOCOL + len;
	int i;

	for (i = 0; i < 2; i++)
		sum = ip == 4 ? add(&loop.in.sin_addr, 4, sum) :
				add(&loop.in6.sin6_addr, 16, sum);
	p->check = 0;
	p->check = htons(~fold(add(p, len, sum)) & 0xffff);
	if (!p->check)
		p->check = 0xffff;
}

static struct fdp packet(int ip, uint16_t dport, size_t payload)
{
	struct fdp p = { .sport = htons(77), .dport = htons(dport),
			 .length = htons(FDP_HDR + payload) };

	memset(p.data, 'p', sizeof(p.data));
	put_check(ip, &p, FDP_HDR + payload);
	return p;
}

TEST_TIMEOUT(malformed, SLOW)
{
	union ft_addr a, from;
	struct fdp p;
	int fa, fr;

	need_ferry();
	fa = bound(ip, &a);
	fr = raw_socket(ip);
	p = packet(ip, ft_port(&a), 50);
	COUNTS(1, "DgramIn", raw_send(fr, ip, &p, 62));
	EXPECT_EQ(50, recv_from(fa, buf, sizeof(buf), MSG_DONTWAIT, &from));
	EXPECT_EQ(77, ft_port(&from));

	COUNTS(1, "IpInShort", raw_send(fr, ip, &p, 11));
	COUNTS(1, "IpInShort", raw_send(fr, ip, &p, 1));
	/* the length says more, or less, than there is */
	p.length = htons(63);
	put_check(ip, &p, 62);
	COUNTS(1, "DgramDropHeader", raw_send(fr, ip, &p, 62));
	p.length = htons(61);
	put_check(ip, &p, 62);
	COUNTS(1, "DgramDropHeader", raw_send(fr, ip, &p, 62));
	p.length = 0;
	put_check(ip, &p, 62);
	COUNTS(1, "DgramDropHeader", raw_send(fr, ip, &p, 62));
	/* an unknown flag of the kind that must be understood */
	p = packet(ip, ft_port(&a), 50);
	p.flags = htons(0x0100);
	put_check(ip, &p, 62);
	COUNTS(1, "DgramDropHeader", raw_send(fr, ip, &p, 62));
	EXPECT_ERRNO(EAGAIN, recv(fa, buf, 9, MSG_DONTWAIT));
	/* and of the other kind; the reserved field says nothing */
	p.flags = htons(0x00ff);
	p.reserved = htons(0xabcd);
	put_check(ip, &p, 62);
	COUNTS(1, "DgramIn", raw_send(fr, ip, &p, 62));
	EXPECT_EQ(50, recv(fa, buf, sizeof(buf), MSG_DONTWAIT));
	/* no port at all */
	p = packet(ip, 0, 50);
	COUNTS(1, "DgramDropNoPort", raw_send(fr, ip, &p, 62));
	p = packet(ip, ft_port(&a), 50);
	p.sport = 0;
	put_check(ip, &p, 62);
	COUNTS(1, "DgramDropNoPort", raw_send(fr, ip, &p, 62));
}

TEST_TIMEOUT(wrong_checksum, SLOW)
{
	union ft_addr a;
	struct fdp p;
	int fa, fr, n;

	need_ferry();
	fa = bound(ip, &a);
	fr = raw_socket(ip);
	/* short ones are judged at once */
	p = packet(ip, ft_port(&a), 20);
	p.data[3] ^= 1;
	COUNTS(1, "DgramDropCsum", raw_send(fr, ip, &p, FDP_HDR + 20));
	/* long ones when somebody looks: here poll() ... */
	p = packet(ip, ft_port(&a), 200);
	p.data[150] ^= 4;
	COUNTS(1, "DgramDropCsum", {
		raw_send(fr, ip, &p, FDP_HDR + 200);
		EXPECT_EQ(0, ft_poll(fa, POLLIN, NEVER));
	});
	/* ... or FIONREAD ... */
	COUNTS(1, "DgramDropCsum", {
		raw_send(fr, ip, &p, FDP_HDR + 200);
		ASSERT_OK(ioctl(fa, FIONREAD, &n));
		EXPECT_EQ(0, n);
	});
	/* ... or the copy, of all of it or a part */
	COUNTS(3, "DgramDropCsum", {
		raw_send(fr, ip, &p, FDP_HDR + 200);
		EXPECT_ERRNO(EAGAIN, recv(fa, buf, sizeof(buf), MSG_DONTWAIT));
		raw_send(fr, ip, &p, FDP_HDR + 200);
		EXPECT_ERRNO(EAGAIN, recv(fa, buf, 10, MSG_DONTWAIT));
		raw_send(fr, ip, &p, FDP_HDR + 200);
		EXPECT_ERRNO(EAGAIN, recv(fa, buf, sizeof(buf),
					  MSG_DONTWAIT | MSG_PEEK));
	});
	p.data[150] ^= 4;
	raw_send(fr, ip, &p, FDP_HDR + 200);
	EXPECT_EQ(200, recv(fa, buf, sizeof(buf), MSG_DONTWAIT));
	/* a broken datagram is not worth an answer, nor counted as for no port */
	p = packet(ip, 9, 200);
	p.data[150] ^= 4;
	COUNTS(0, "DgramDropNoPort", raw_send(fr, ip, &p, FDP_HDR + 200));
}

TEST_TIMEOUT(no_checksum, SLOW)
{
	union ft_addr a;
	struct fdp p;
	int fa, fr;

	need_ferry();
	fa = bound(ip, &a);
	fr = raw_socket(ip);
	p = packet(ip, ft_port(&a), 100);
	p.check = 0;
	if (ip == 6) {
		COUNTS(1, "DgramDropCsum", raw_send(fr, ip, &p, FDP_HDR + 100));
		EXPECT_ERRNO(EAGAIN, recv(fa, buf, 9, MSG_DONTWAIT));
		ASSERT_OK(ft_setopt(fa, SOL_UDP, UDP_NO_CHECK6_RX, 1));
	}
	raw_send(fr, ip, &p, FDP_HDR + 100);
	EXPECT_EQ(100, recv(fa, buf, sizeof(buf), MSG_DONTWAIT));
}

/* ---- options ---- */

TEST(udp_options)
{
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	if (ip == 4) {
		ASSERT_OK(ft_setopt(fb, SOL_SOCKET, SO_NO_CHECK, 1));
	} else {
		ASSERT_OK(ft_setopt(fb, SOL_UDP, UDP_NO_CHECK6_TX, 1));
		ASSERT_OK(ft_setopt(fa, SOL_UDP, UDP_NO_CHECK6_RX, 1));
		EXPECT_EQ(1, ft_getopt(fa, SOL_UDP, UDP_NO_CHECK6_RX));
	}
	exchange(fb, fa, &a, 5000);
	EXPECT_EQ(SOCK_DGRAM, ft_getopt(fa, SOL_SOCKET, SO_TYPE));
	EXPECT_ERRNO(ENOPROTOOPT, setsockopt(fa, SOL_UDP, 9999, &fa, sizeof(fa)));
	EXPECT_ERRNO(EINVAL, setsockopt(fa, SOL_UDP, UDP_CORK, &fa, 1));
	EXPECT_TRUE(setsockopt(fa, IPPROTO_TCP, 1, &fa, sizeof(fa)) < 0);
}

/* ---- super-datagrams ---- */

#define PIECE	1000
#define SUPER	10500
#define PIECES	11

/* @len bytes arrive as datagrams of PIECE bytes and a shorter last one. */
static void expect_pieces(int fd, size_t len)
{
	size_t off, part;

	for (off = 0; off < len; off += part) {
		part = len - off < PIECE ? len - off : PIECE;
		ASSERT_EQ(part, recv(fd, buf, sizeof(buf), 0));
		EXPECT_EQ(-1, ft_check(ft_opt.seed, off, buf, part));
	}
	EXPECT_ERRNO(EAGAIN, recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
}

static void send_super(int fd, const union ft_addr *to)
{
	ft_fill(ft_opt.seed, 0, want, SUPER);
	ASSERT_OK(ft_setopt(fd, SOL_UDP, UDP_SEGMENT, PIECE));
	EXPECT_EQ(PIECE, ft_getopt(fd, SOL_UDP, UDP_SEGMENT));
	ASSERT_EQ(SUPER, send_to(fd, want, SUPER, to));
}

TEST(super_cut_for_the_reader)
{
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	COUNTS(PIECES, "DgramOut", send_super(fb, &a));
	expect_pieces(fa, SUPER);
	COUNTS(PIECES, "DgramIn", send_super(fb, &a));
	expect_pieces(fa, SUPER);
	/* what fits one datagram is one */
	exchange(fb, fa, &a, PIECE);
	exchange(fb, fa, &a, 0);
}

/* The device takes single packets only: their sums are made, and verified. */
TEST(super_cut_for_the_device)
{
	union ft_addr a;
	int fa, fb;

	shell("ethtool -K lo tx-sctp-segmentation off tx-udp-segmentation off && "
	      "ip link set lo mtu 1500");
	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	COUNTS(1, "GsoSegmented", send_super(fb, &a));
	expect_pieces(fa, SUPER);
	COUNTS(0, "DgramDropCsum", send_super(fb, &a));
	expect_pieces(fa, SUPER);
}

TEST(super_read_whole)
{
	struct received *r;
	union ft_addr a;
	int fa, fb, *size;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_setopt(fa, SOL_UDP, UDP_GRO, 1));
	EXPECT_EQ(1, ft_getopt(fa, SOL_UDP, UDP_GRO));
	COUNTS(PIECES, "DgramIn", send_super(fb, &a));
	r = receive(fa, 0);
	ASSERT_EQ(SUPER, r->len);
	EXPECT_EQ(-1, ft_check(ft_opt.seed, 0, buf, SUPER));
	size = control(r, SOL_UDP, UDP_GRO);
	ASSERT_TRUE(size);
	EXPECT_EQ(PIECE, *size);
	/* a single one says nothing of pieces */
	ASSERT_EQ(10, send_to(fb, want, 10, &a));
	r = receive(fa, 0);
	ASSERT_EQ(10, r->len);
	EXPECT_TRUE(!control(r, SOL_UDP, UDP_GRO));
}

TEST(super_by_control_message)
{
	uint16_t size = PIECE;
	uint32_t wrong = PIECE;
	union {
		char space[CMSG_SPACE(sizeof(size))];
		struct cmsghdr align;
	} u = {};
	struct iovec iov = { want, SUPER };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &u, .msg_controllen = sizeof(u),
	};
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	msg.msg_name = &a;
	msg.msg_namelen = ft_addrlen(&a);
	u.align.cmsg_level = SOL_UDP;
	u.align.cmsg_type = UDP_SEGMENT;
	u.align.cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(&u.align), &size, sizeof(size));
	ft_fill(ft_opt.seed, 0, want, SUPER);
	ASSERT_EQ(SUPER, sendmsg(fb, &msg, 0));
	expect_pieces(fa, SUPER);
	EXPECT_ERRNO(EINVAL, send_control(fb, &a, SOL_UDP, UDP_SEGMENT, &wrong, sizeof(wrong)));
	EXPECT_ERRNO(EINVAL, send_control(fb, &a, SOL_UDP, 99, &size, sizeof(size)));
}

TEST(super_gathered)
{
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ft_fill(ft_opt.seed, 0, want, SUPER);
	ASSERT_OK(ft_setopt(fb, SOL_UDP, UDP_SEGMENT, PIECE));
	ASSERT_OK(connect(fb, &a.sa, ft_addrlen(&a)));
	ASSERT_EQ(600, send(fb, want, 600, MSG_MORE));
	ASSERT_EQ(7000, send(fb, want + 600, 7000, MSG_MORE));
	ASSERT_EQ(2900, send(fb, want + 7600, 2900, 0));
	expect_pieces(fa, SUPER);
}

TEST(super_bounds)
{
	union ft_addr a;
	int fa, fb;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	EXPECT_TRUE(ft_setopt(fb, SOL_UDP, UDP_SEGMENT, -1) < 0);
	EXPECT_TRUE(ft_setopt(fb, SOL_UDP, UDP_SEGMENT, 65536) < 0);
	ASSERT_OK(ft_setopt(fb, SOL_UDP, UDP_SEGMENT, 1));
	EXPECT_ERRNO(EINVAL, send_to(fb, want, 200, &a));
	/* pieces do not fit the path unfragmented */
	shell("ip link set lo mtu 1500");
	ASSERT_OK(ft_setopt(fb, SOL_UDP, UDP_SEGMENT, 1490));
	EXPECT_ERRNO(EMSGSIZE, send_to(fb, want, 3000, &a));
	ASSERT_OK(ft_setopt(fb, SOL_UDP, UDP_SEGMENT, 1400));
	if (ip == 4)
		ASSERT_OK(ft_setopt(fb, SOL_SOCKET, SO_NO_CHECK, 1));
	else
		ASSERT_OK(ft_setopt(fb, SOL_UDP, UDP_NO_CHECK6_TX, 1));
	EXPECT_ERRNO(EINVAL, send_to(fb, want, 3000, &a));
	EXPECT_ERRNO(EAGAIN, recv(fa, buf, sizeof(buf), MSG_DONTWAIT));
}

/* A queue without room drops whole super-datagrams, and counts each datagram. */
TEST(super_dropped_is_counted)
{
	long long in = counter("DgramIn"), dropped = counter("DgramDropRcvbuf");
	union ft_addr a;
	int fa, fb, i;

	fa = bound(ip, &a);
	fb = ft_socket(ip, SOCK_DGRAM);
	ASSERT_OK(ft_setopt(fa, SOL_UDP, UDP_GRO, 1));
	ASSERT_OK(ft_setopt(fa, SOL_SOCKET, SO_RCVBUF, 20000));
	for (i = 0; i < 20; i++)
		send_super(fb, &a);
	if (!ft_opt.ferry)
		return;
	in = counter("DgramIn") - in;
	dropped = counter("DgramDropRcvbuf") - dropped;
	EXPECT_TRUE(dropped >= PIECES);
	EXPECT_EQ(20 * PIECES, in + dropped);
}

TEST(interface_ioctls)
{
	struct ifreq req = { .ifr_name = "lo" };
	int fd = ft_socket(ip, SOCK_DGRAM);

	ASSERT_OK(ioctl(fd, SIOCGIFINDEX, &req));
	EXPECT_EQ(if_nametoindex("lo"), req.ifr_ifindex);
	ASSERT_OK(ioctl(fd, SIOCGIFFLAGS, &req));
	ASSERT_OK(ioctl(fd, SIOCGIFMTU, &req));
}

TEST_MAIN
