// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stream_sockopt - every socket option of a stream: values that are
 * taken, values that are refused and how, and what is read back. The
 * expectations are TCP's: run it with --family inet to see them confirmed.
 */
#define _GNU_SOURCE
#include <linux/tcp.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#ifndef SOL_FERRY
#define SOL_FERRY 300
#endif
#define OPT_FERRY_ZEROCOPY 1
#define OPT_FERRY_VERSION 2

#ifndef SOL_TCP
#define SOL_TCP IPPROTO_TCP
#endif

/* Set @set, expect @get back; or expect @err. */
struct int_case {
	const char *name;
	int level;
	int opt;
	int set;
	int get;
	int err;
};

#define GOOD(l, o, s, g)	{ #o, l, o, s, g, 0 }
#define BAD(l, o, s, e)		{ #o, l, o, s, 0, e }

static const struct int_case tcp_cases[] = {
	GOOD(SOL_TCP, TCP_NODELAY, 1, 1),
	GOOD(SOL_TCP, TCP_NODELAY, 0, 0),
	GOOD(SOL_TCP, TCP_NODELAY, -5, 1),
	GOOD(SOL_TCP, TCP_CORK, 1, 1),
	GOOD(SOL_TCP, TCP_CORK, 0, 0),
	GOOD(SOL_TCP, TCP_KEEPIDLE, 1, 1),
	GOOD(SOL_TCP, TCP_KEEPIDLE, 32767, 32767),
	BAD(SOL_TCP, TCP_KEEPIDLE, 0, EINVAL),
	BAD(SOL_TCP, TCP_KEEPIDLE, 32768, EINVAL),
	BAD(SOL_TCP, TCP_KEEPIDLE, -1, EINVAL),
	GOOD(SOL_TCP, TCP_KEEPINTVL, 1, 1),
	GOOD(SOL_TCP, TCP_KEEPINTVL, 32767, 32767),
	BAD(SOL_TCP, TCP_KEEPINTVL, 0, EINVAL),
	BAD(SOL_TCP, TCP_KEEPINTVL, 32768, EINVAL),
	GOOD(SOL_TCP, TCP_KEEPCNT, 1, 1),
	GOOD(SOL_TCP, TCP_KEEPCNT, 127, 127),
	BAD(SOL_TCP, TCP_KEEPCNT, 0, EINVAL),
	BAD(SOL_TCP, TCP_KEEPCNT, 128, EINVAL),
	GOOD(SOL_TCP, TCP_SYNCNT, 1, 1),
	GOOD(SOL_TCP, TCP_SYNCNT, 127, 127),
	BAD(SOL_TCP, TCP_SYNCNT, 0, EINVAL),
	BAD(SOL_TCP, TCP_SYNCNT, 128, EINVAL),
	GOOD(SOL_TCP, TCP_LINGER2, 5, 5),
	GOOD(SOL_TCP, TCP_LINGER2, 1000, 120),
	GOOD(SOL_TCP, TCP_LINGER2, -7, -1),
	GOOD(SOL_TCP, TCP_DEFER_ACCEPT, 0, 0),
	GOOD(SOL_TCP, TCP_DEFER_ACCEPT, 1, 1),
	GOOD(SOL_TCP, TCP_DEFER_ACCEPT, 5, 7),
	GOOD(SOL_TCP, TCP_DEFER_ACCEPT, -1, 0),
	GOOD(SOL_TCP, TCP_WINDOW_CLAMP, 100000, 100000),
	GOOD(SOL_TCP, TCP_QUICKACK, 0, 0),
	GOOD(SOL_TCP, TCP_QUICKACK, 1, 1),
	GOOD(SOL_TCP, TCP_USER_TIMEOUT, 0, 0),
	GOOD(SOL_TCP, TCP_USER_TIMEOUT, 12345, 12345),
	GOOD(SOL_TCP, TCP_USER_TIMEOUT, INT_MAX, INT_MAX),
	BAD(SOL_TCP, TCP_USER_TIMEOUT, -1, EINVAL),
	GOOD(SOL_TCP, TCP_NOTSENT_LOWAT, 16384, 16384),
	GOOD(SOL_TCP, TCP_INQ, 1, 1),
	GOOD(SOL_TCP, TCP_INQ, 0, 0),
	BAD(SOL_TCP, TCP_INQ, 2, EINVAL),
	GOOD(SOL_TCP, TCP_MAXSEG, 0, 536),
	GOOD(SOL_TCP, TCP_MAXSEG, 88, -1),
	GOOD(SOL_TCP, TCP_MAXSEG, 1000, -1),
	BAD(SOL_TCP, TCP_MAXSEG, 87, EINVAL),
	BAD(SOL_TCP, TCP_MAXSEG, 32768, EINVAL),
	BAD(SOL_TCP, TCP_MAXSEG, -1, EINVAL),
	GOOD(SOL_TCP, TCP_FASTOPEN_CONNECT, 0, 0),
	BAD(SOL_TCP, 9999, 1, ENOPROTOOPT),
	BAD(SOL_TCP, -1, 1, ENOPROTOOPT),
	BAD(SOL_TCP, 0, 1, ENOPROTOOPT),
	BAD(9999, 1, 1, ENOPROTOOPT),
	{}
};

static const struct int_case socket_cases[] = {
	GOOD(SOL_SOCKET, SO_REUSEADDR, 1, 1),
	GOOD(SOL_SOCKET, SO_REUSEADDR, 0, 0),
	GOOD(SOL_SOCKET, SO_REUSEPORT, 1, 1),
	GOOD(SOL_SOCKET, SO_REUSEPORT, 0, 0),
	GOOD(SOL_SOCKET, SO_KEEPALIVE, 1, 1),
	GOOD(SOL_SOCKET, SO_KEEPALIVE, 0, 0),
	GOOD(SOL_SOCKET, SO_SNDBUF, 20000, 40000),
	GOOD(SOL_SOCKET, SO_RCVBUF, 20000, 40000),
	GOOD(SOL_SOCKET, SO_RCVLOWAT, 10, 10),
	GOOD(SOL_SOCKET, SO_RCVLOWAT, 0, 1),
	GOOD(SOL_SOCKET, SO_PRIORITY, 5, 5),
	GOOD(SOL_SOCKET, SO_MARK, 7, 7),
	GOOD(SOL_SOCKET, SO_OOBINLINE, 1, 1),
	GOOD(SOL_SOCKET, SO_TIMESTAMP, 1, 1),
	GOOD(SOL_SOCKET, SO_BROADCAST, 1, 1),
	GOOD(SOL_SOCKET, SO_DONTROUTE, 1, 1),
	GOOD(SOL_SOCKET, SO_MAX_PACING_RATE, 1000000, 1000000),
	GOOD(SOL_SOCKET, SO_BUSY_POLL, 50, 50),
	{}
};

static const struct int_case ip_cases[] = {
	GOOD(IPPROTO_IP, IP_TOS, 0x10, 0x10),
	GOOD(IPPROTO_IP, IP_TTL, 33, 33),
	BAD(IPPROTO_IP, IP_TTL, 256, EINVAL),
	GOOD(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_DO),
	GOOD(IPPROTO_IP, IP_RECVERR, 1, 1),
	GOOD(IPPROTO_IP, IP_FREEBIND, 1, 1),
	GOOD(IPPROTO_IP, IP_TRANSPARENT, 1, 1),
	GOOD(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1, 1),
	BAD(IPPROTO_IP, 250, 1, ENOPROTOOPT),
	{}
};

static const struct int_case ipv6_cases[] = {
	GOOD(IPPROTO_IPV6, IPV6_V6ONLY, 1, 1),
	GOOD(IPPROTO_IPV6, IPV6_V6ONLY, 0, 0),
	GOOD(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33, 33),
	GOOD(IPPROTO_IPV6, IPV6_TCLASS, 0x20, 0x20),
	GOOD(IPPROTO_IPV6, IPV6_RECVERR, 1, 1),
	GOOD(IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO, IPV6_PMTUDISC_DO),
	GOOD(IPPROTO_IPV6, IPV6_DONTFRAG, 1, 1),
	GOOD(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, 1),
	GOOD(IPPROTO_IP, IP_TOS, 0x10, 0x10),
	BAD(IPPROTO_IPV6, 250, 1, ENOPROTOOPT),
	{}
};

static void try_case(int fd, const struct int_case *c)
{
	int ret = ft_setopt(fd, c->level, c->opt, c->set);
	int err = ret < 0 ? errno : 0;
	int got;

	if (err != c->err) {
		FT_FAIL("set %s to %d: want %s, have %s", c->name, c->set,
			strerror(c->err), strerror(err));
		return;
	}
	/* What a socket that is not connected says of its MSS differs by kernel. */
	if (err || c->get == -1)
		return;
	got = ft_getopt(fd, c->level, c->opt);
	if (got != c->get)
		FT_FAIL("%s set to %d: want %d, have %d", c->name, c->set, c->get, got);
}

static void try_cases(int fd, const struct int_case *c)
{
	for (; c->name; c++)
		try_case(fd, c);
}

TEST(tcp_options)
{
	try_cases(ft_socket(ip, SOCK_STREAM), tcp_cases);
}

TEST(socket_options)
{
	try_cases(ft_socket(ip, SOCK_STREAM), socket_cases);
}

TEST(ip_options)
{
	try_cases(ft_socket(ip, SOCK_STREAM), ip == 4 ? ip_cases : ipv6_cases);
}

/* The same while connected, as far as the value may change then */
TEST(tcp_options_connected)
{
	const struct int_case *c;
	char buf[2];
	int fd[2];

	ft_stream_pair(ip, fd);
	for (c = tcp_cases; c->name; c++)
		if (c->opt != TCP_MAXSEG && c->opt != TCP_DEFER_ACCEPT &&
		    c->opt != TCP_FASTOPEN_CONNECT)
			try_case(fd[0], c);
	ft_send_all(fd[0], "x", 1);
	EXPECT_EQ(1, recv(fd[1], buf, 1, 0));
	ft_send_all(fd[1], "y", 1);
	EXPECT_EQ(1, recv(fd[0], buf, 1, 0));
}

TEST(defaults)
{
	int fd = ft_socket(ip, SOCK_STREAM);

	EXPECT_EQ(0, ft_getopt(fd, SOL_TCP, TCP_NODELAY));
	EXPECT_EQ(0, ft_getopt(fd, SOL_TCP, TCP_CORK));
	EXPECT_EQ(7200, ft_getopt(fd, SOL_TCP, TCP_KEEPIDLE));
	EXPECT_EQ(75, ft_getopt(fd, SOL_TCP, TCP_KEEPINTVL));
	EXPECT_EQ(9, ft_getopt(fd, SOL_TCP, TCP_KEEPCNT));
	/* RFC 9293 MUST-23: a SYN is tried for three minutes at least. */
	EXPECT_EQ(ft_opt.ferry ? 7 : 6, ft_getopt(fd, SOL_TCP, TCP_SYNCNT));
	EXPECT_EQ(60, ft_getopt(fd, SOL_TCP, TCP_LINGER2));
	EXPECT_EQ(0, ft_getopt(fd, SOL_TCP, TCP_DEFER_ACCEPT));
	EXPECT_EQ(0, ft_getopt(fd, SOL_TCP, TCP_USER_TIMEOUT));
	EXPECT_EQ(1, ft_getopt(fd, SOL_TCP, TCP_QUICKACK));
	EXPECT_EQ(536, ft_getopt(fd, SOL_TCP, TCP_MAXSEG));
	EXPECT_EQ(0, ft_getopt(fd, SOL_TCP, TCP_FASTOPEN));
	EXPECT_EQ(0, ft_getopt(fd, SOL_SOCKET, SO_KEEPALIVE));
	EXPECT_EQ(0, ft_getopt(fd, SOL_SOCKET, SO_REUSEADDR));
	EXPECT_EQ(1, ft_getopt(fd, SOL_SOCKET, SO_RCVLOWAT));
	EXPECT_GT(ft_getopt(fd, SOL_SOCKET, SO_SNDBUF), 4096);
	EXPECT_GT(ft_getopt(fd, SOL_SOCKET, SO_RCVBUF), 4096);
}

TEST(bad_arguments)
{
	int fd = ft_socket(ip, SOCK_STREAM);
	socklen_t len = sizeof(int);
	int val = 1;

	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_TCP, TCP_NODELAY, &val, 3));
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_TCP, TCP_NODELAY, &val, 0));
	EXPECT_ERRNO(EFAULT, setsockopt(fd, SOL_TCP, TCP_NODELAY, (void *)16, 4));
	EXPECT_ERRNO(EFAULT, getsockopt(fd, SOL_TCP, TCP_NODELAY, (void *)16, &len));
	EXPECT_ERRNO(EFAULT, getsockopt(fd, SOL_TCP, TCP_NODELAY, &val, (void *)16));
	EXPECT_ERRNO(ENOPROTOOPT, getsockopt(fd, SOL_TCP, 9999, &val, &len));
	len = -1;
	EXPECT_ERRNO(EINVAL, getsockopt(fd, SOL_TCP, TCP_NODELAY, &val, &len));
}

TEST(short_getsockopt)
{
	int fd = ft_socket(ip, SOCK_STREAM);
	unsigned char buf[8];
	socklen_t len;

	ASSERT_OK(ft_setopt(fd, SOL_TCP, TCP_KEEPIDLE, 0x1234));
	memset(buf, 0xee, sizeof(buf));
	len = 1;
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_KEEPIDLE, buf, &len));
	EXPECT_EQ(1, len);
	EXPECT_EQ(0x34, buf[0]);
	EXPECT_EQ(0xee, buf[1]);
	len = 8;
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_KEEPIDLE, buf, &len));
	EXPECT_EQ(4, len);
	len = 0;
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_KEEPIDLE, buf, &len));
	EXPECT_EQ(0, len);
}

/* setsockopt() takes an int from a longer value. */
TEST(long_setsockopt)
{
	int fd = ft_socket(ip, SOCK_STREAM);
	int val[4] = { 99, 1, 2, 3 };

	EXPECT_OK(setsockopt(fd, SOL_TCP, TCP_KEEPIDLE, val, sizeof(val)));
	EXPECT_EQ(99, ft_getopt(fd, SOL_TCP, TCP_KEEPIDLE));
}

TEST(congestion)
{
	int fd = ft_socket(ip, SOCK_STREAM);
	char name[32];
	socklen_t len = sizeof(name);

	memset(name, 'x', sizeof(name));
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len));
	EXPECT_EQ(16, len);
	/* TCP's default is the machine's. */
	if (ft_opt.ferry)
		EXPECT_EQ(0, strcmp(name, "bbr"));
	EXPECT_OK(setsockopt(fd, SOL_TCP, TCP_CONGESTION, "reno", 4));
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len));
	EXPECT_EQ(0, strcmp(name, "reno"));
	EXPECT_OK(setsockopt(fd, SOL_TCP, TCP_CONGESTION, "cubic", 6));
	EXPECT_ERRNO(ENOENT, setsockopt(fd, SOL_TCP, TCP_CONGESTION, "nosuch", 6));
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_TCP, TCP_CONGESTION, "", 0));
	EXPECT_ERRNO(EFAULT, setsockopt(fd, SOL_TCP, TCP_CONGESTION, (void *)16, 5));
	len = 3;
	memset(name, 'x', sizeof(name));
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len));
	EXPECT_EQ(3, len);
	EXPECT_EQ(0, memcmp(name, "cubxx", 5));
}

TEST(congestion_connected)
{
	static char buf[200000];
	char *sink = malloc(sizeof(buf));
	int fd[2];

	ft_stream_pair(ip, fd);
	EXPECT_OK(setsockopt(fd[0], SOL_TCP, TCP_CONGESTION, "reno", 4));
	EXPECT_EQ(sizeof(buf) / 2, send(fd[0], buf, sizeof(buf) / 2, 0));
	EXPECT_OK(setsockopt(fd[0], SOL_TCP, TCP_CONGESTION, "cubic", 5));
	EXPECT_EQ(sizeof(buf) / 2, send(fd[0], buf, sizeof(buf) / 2, 0));
	EXPECT_EQ(sizeof(buf), ft_recv_all(fd[1], sink, sizeof(buf)));
}

/* What a socket to @addr uses; @own: what it asks for before, or NULL */
static const char *congestion_to(const union ft_addr *addr, const char *own)
{
	int fd = ft_socket(addr->in.sin_family == AF_INET ? 4 : 6, SOCK_STREAM);
	static char name[16];
	socklen_t len = sizeof(name);

	if (own)
		ASSERT_OK(setsockopt(fd, SOL_TCP, TCP_CONGESTION, own, strlen(own)));
	ASSERT_OK(ft_connect(fd, addr));
	ASSERT_OK(getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len));
	close(fd);
	return name;
}

/* ip route ... congctl NAME */
TEST(congestion_of_route)
{
	union ft_addr addr = ip == 4 ? ft_addr("127.77.0.1", 0) : ft_addr("fd77::1", 0);
	union ft_addr any = ft_any(ip, 0);
	char command[160];
	int listener;

	if (!ft_opt.ferry)
		return;		/* TCP's route wins over the socket, locked or not */
	listener = ft_listener(&any, 8);
	ft_set_port(&addr, ft_port(&any));
#define ROUTE(verb, how)							\
	(snprintf(command, sizeof(command),					\
		  "ip -%d route %s local %s dev lo table local %s", ip, verb,	\
		  ip == 4 ? "127.77.0.0/16" : "fd77::/64", how), system(command))
	ASSERT_EQ(0, ROUTE("add", "congctl reno"));
	EXPECT_EQ(0, strcmp(congestion_to(&addr, NULL), "reno"));
	EXPECT_EQ(0, strcmp(congestion_to(&addr, "cubic"), "cubic"));
	ASSERT_EQ(0, ROUTE("replace", "congctl lock reno"));
	EXPECT_EQ(0, strcmp(congestion_to(&addr, "cubic"), "reno"));
	ASSERT_EQ(0, ROUTE("replace", ""));
	EXPECT_EQ(0, strcmp(congestion_to(&addr, NULL), "bbr"));
	EXPECT_EQ(0, ROUTE("del", ""));
	close(listener);
}

TEST(ulp)
{
	int fd[2];
	char name[16];
	socklen_t len = sizeof(name);

	ft_stream_pair(ip, fd);
	EXPECT_ERRNO(ENOENT, setsockopt(fd[0], SOL_TCP, TCP_ULP, "nosuch", 6));
	EXPECT_OK(getsockopt(fd[0], SOL_TCP, TCP_ULP, name, &len));
	EXPECT_EQ(0, len);
}

TEST(maxseg)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1);
	int fd = ft_socket(ip, SOCK_STREAM), child;
	char buf[20000] = {};

	ASSERT_OK(ft_setopt(fd, SOL_TCP, TCP_MAXSEG, 1000));
	ASSERT_OK(ft_connect(fd, &addr));
	child = ft_accept(listener, NULL);
	/* Both ends keep within what one asked for. */
	EXPECT_LE(ft_getopt(fd, SOL_TCP, TCP_MAXSEG), 1000);
	EXPECT_GT(ft_getopt(fd, SOL_TCP, TCP_MAXSEG), 900);
	EXPECT_LE(ft_getopt(child, SOL_TCP, TCP_MAXSEG), 1000);
	ft_send_all(fd, buf, sizeof(buf));
	EXPECT_EQ(sizeof(buf), ft_recv_all(child, buf, sizeof(buf)));
	ft_send_all(child, buf, sizeof(buf));
	EXPECT_EQ(sizeof(buf), ft_recv_all(fd, buf, sizeof(buf)));
}

TEST(info)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	static char buf[300000];
	char *sink = malloc(sizeof(buf));
	int fd[2];

	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], buf, sizeof(buf));
	EXPECT_EQ(sizeof(buf), ft_recv_all(fd[1], sink, sizeof(buf)));
	do {
		len = sizeof(info);
		ASSERT_OK(getsockopt(fd[0], SOL_TCP, TCP_INFO, &info, &len));
	} while (info.tcpi_unacked || info.tcpi_notsent_bytes);
	EXPECT_EQ(1, info.tcpi_state);
	EXPECT_EQ(0, info.tcpi_ca_state);
	EXPECT_GT(info.tcpi_rtt, 0);
	EXPECT_GT(info.tcpi_rto, 0);
	EXPECT_GT(info.tcpi_snd_cwnd, 0);
	EXPECT_GT(info.tcpi_snd_mss, 500);
	EXPECT_GT(info.tcpi_pmtu, info.tcpi_snd_mss);
	EXPECT_GE(info.tcpi_bytes_sent, sizeof(buf));
	EXPECT_GE(info.tcpi_bytes_acked, sizeof(buf));
	EXPECT_LE(info.tcpi_bytes_acked, sizeof(buf) + 1);
	EXPECT_EQ(0, info.tcpi_bytes_received);
	EXPECT_GT(info.tcpi_data_segs_out, 0);
	EXPECT_GE(info.tcpi_segs_out, info.tcpi_data_segs_out);
	EXPECT_GT(info.tcpi_segs_in, 0);
	EXPECT_GT(info.tcpi_snd_wnd, 0);
	ASSERT_OK(getsockopt(fd[1], SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(sizeof(buf), info.tcpi_bytes_received);
	EXPECT_GT(info.tcpi_data_segs_in, 0);
}

TEST(info_truncated)
{
	struct tcp_info info;
	socklen_t len = 8;
	int fd[2];

	ft_stream_pair(ip, fd);
	memset(&info, 0xee, sizeof(info));
	ASSERT_OK(getsockopt(fd[0], SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(8, len);
	EXPECT_EQ(1, info.tcpi_state);
	EXPECT_EQ(0xeeeeeeee, info.tcpi_rto);
	EXPECT_ERRNO(ENOPROTOOPT, setsockopt(fd[0], SOL_TCP, TCP_INFO, &info, len));
}

TEST(info_of_a_listener)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 7);
	struct tcp_info info;
	socklen_t len = sizeof(info);

	ASSERT_OK(ft_connect(ft_socket(ip, SOCK_STREAM), &addr));
	while (!ft_poll(listener, 1, 5000))
		;
	ASSERT_OK(getsockopt(listener, SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(10, info.tcpi_state);
	EXPECT_EQ(1, info.tcpi_unacked);
	EXPECT_EQ(7, info.tcpi_sacked);
}

TEST(window_clamp)
{
	int fd[2];

	EXPECT_OK(ft_setopt(ft_socket(ip, SOCK_STREAM), SOL_TCP, TCP_WINDOW_CLAMP, 0));
	ft_stream_pair(ip, fd);
	EXPECT_ERRNO(EINVAL, ft_setopt(fd[0], SOL_TCP, TCP_WINDOW_CLAMP, 0));
}

TEST(timeouts)
{
	struct timeval tv = { 3, 500000 }, got = {};
	int fd = ft_socket(ip, SOCK_STREAM), i;
	int opts[] = { SO_RCVTIMEO, SO_SNDTIMEO };
	socklen_t len;

	for (i = 0; i < 2; i++) {
		len = sizeof(got);
		ASSERT_OK(setsockopt(fd, SOL_SOCKET, opts[i], &tv, sizeof(tv)));
		ASSERT_OK(getsockopt(fd, SOL_SOCKET, opts[i], &got, &len));
		EXPECT_EQ(3, got.tv_sec);
		EXPECT_EQ(500000, got.tv_usec);
	}
	tv.tv_usec = 2000000;
	EXPECT_ERRNO(EDOM, setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
}

TEST(bind_to_device)
{
	char name[32] = "";
	socklen_t len = sizeof(name);
	int fd = ft_socket(ip, SOCK_STREAM), listener;
	union ft_addr addr = ft_loopback(ip, 0);

	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	ASSERT_OK(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	EXPECT_EQ(0, strcmp(name, "lo"));
	listener = ft_listener(&addr, 1);
	EXPECT_OK(ft_connect(fd, &addr));
	EXPECT_OK(ft_accept(listener, NULL));
}

TEST_V4(ip_mtu)
{
	socklen_t len = sizeof(int);
	int fd[2], mtu;

	EXPECT_ERRNO(ENOTCONN, getsockopt(ft_socket(4, SOCK_STREAM), IPPROTO_IP, IP_MTU,
					  &mtu, &len));
	ft_stream_pair(4, fd);
	EXPECT_EQ(65535, ft_getopt(fd[0], IPPROTO_IP, IP_MTU));
}

TEST(ferry_level)
{
	int fd = ft_socket(ip, SOCK_STREAM);

	if (!ft_opt.ferry) {
		EXPECT_ERRNO(ENOPROTOOPT, ft_setopt(fd, SOL_FERRY, 1, 1));
		return;
	}
	EXPECT_EQ(1, ft_getopt(fd, SOL_FERRY, OPT_FERRY_VERSION));
	EXPECT_ERRNO(ENOPROTOOPT, ft_setopt(fd, SOL_FERRY, OPT_FERRY_VERSION, 1));
	EXPECT_EQ(0, ft_getopt(fd, SOL_FERRY, OPT_FERRY_ZEROCOPY));
	EXPECT_OK(ft_setopt(fd, SOL_FERRY, OPT_FERRY_ZEROCOPY, 1));
	EXPECT_EQ(1, ft_getopt(fd, SOL_FERRY, OPT_FERRY_ZEROCOPY));
	EXPECT_OK(ft_setopt(fd, SOL_FERRY, OPT_FERRY_ZEROCOPY, 0));
	EXPECT_ERRNO(EINVAL, ft_setopt(fd, SOL_FERRY, OPT_FERRY_ZEROCOPY, 2));
	EXPECT_ERRNO(ENOPROTOOPT, ft_setopt(fd, SOL_FERRY, 77, 1));
	/* What is not in the protocol yet says so. */
	EXPECT_ERRNO(ENOPROTOOPT, ft_setopt(fd, SOL_TCP, TCP_REPAIR, 1));
	EXPECT_ERRNO(ENOPROTOOPT, ft_setopt(fd, SOL_TCP, TCP_SAVE_SYN, 1));
}

TEST_MAIN
