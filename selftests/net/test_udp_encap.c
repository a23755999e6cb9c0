// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inside UDP, on one host: options and the port, answers in kind, sizes, errors, and
 * strangers. What NATs do to it is test_udp_nat.sh's.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/ferry.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#define MTU		1500
#define UDP_HDR		8
#define FDP_HDR		12
#define MARKER		4
#define WAIT_MS		5000

static void only_ferry(void)
{
	if (!ft_opt.ferry)
		ft_skip("kernel sockets do not go inside UDP like this");
}

static void small_mtu(void)
{
	ASSERT_EQ(0, system("ip link set lo mtu 1500"));
}

static int inside(int ip, int type)
{
	int fd = ft_socket(ip, type);

	ASSERT_OK(ft_setopt(fd, SOL_FERRY, FERRY_UDP_ENCAP, 1));
	return fd;
}

static int ip_mtu(int ip, int fd)
{
	return ip == 4 ? ft_getopt(fd, IPPROTO_IP, IP_MTU) :
			 ft_getopt(fd, IPPROTO_IPV6, IPV6_MTU);
}

/* A kernel UDP socket: a stranger's */
static int plain_udp(int ip, uint16_t port)
{
	union ft_addr addr = ft_loopback(ip, port);
	int fd = socket(addr.sa.sa_family, SOCK_DGRAM, 0);

	ASSERT_OK(fd);
	ASSERT_OK(bind(fd, &addr.sa, ft_addrlen(&addr)));
	return fd;
}

static void check_pair(int a, int b)
{
	char buf[8] = {};

	ft_send_all(a, "there", 5);
	EXPECT_EQ(5, ft_recv_all(b, buf, 5));
	ft_send_all(b, "back", 4);
	EXPECT_EQ(4, ft_recv_all(a, buf, 4));
}

/* ---- options and the port ---- */

TEST(options)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int types[] = { SOCK_STREAM, SOCK_DGRAM }, i, fd, listener;

	only_ferry();
	for (i = 0; i < 2; i++) {
		fd = ft_socket(ip, types[i]);
		EXPECT_EQ(0, ft_getopt(fd, SOL_FERRY, FERRY_UDP_ENCAP));
		EXPECT_EQ(0, ft_getopt(fd, SOL_FERRY, FERRY_UDP_PEER_PORT));
		EXPECT_ERRNO(EINVAL, ft_setopt(fd, SOL_FERRY, FERRY_UDP_ENCAP, 2));
		EXPECT_ERRNO(EINVAL, ft_setopt(fd, SOL_FERRY, FERRY_UDP_ENCAP, -1));
		EXPECT_ERRNO(EINVAL, ft_setopt(fd, SOL_FERRY, FERRY_UDP_PEER_PORT, 65536));
		EXPECT_OK(ft_setopt(fd, SOL_FERRY, FERRY_UDP_ENCAP, 1));
		EXPECT_OK(ft_setopt(fd, SOL_FERRY, FERRY_UDP_PEER_PORT, 7));
		EXPECT_EQ(1, ft_getopt(fd, SOL_FERRY, FERRY_UDP_ENCAP));
		EXPECT_EQ(7, ft_getopt(fd, SOL_FERRY, FERRY_UDP_PEER_PORT));
		close(fd);
	}
	listener = ft_listener(&addr, 1);
	fd = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(ft_connect(fd, &addr));
	EXPECT_ERRNO(EISCONN, ft_setopt(fd, SOL_FERRY, FERRY_UDP_ENCAP, 1));
	EXPECT_EQ(0, ft_getopt(fd, SOL_FERRY, FERRY_UDP_ENCAP));
	close(listener);
}

/* Nobody asked for it: it is not open. Then it is, and closes when told. */
TEST(port_opens_when_asked_for)
{
	int fd, udp;

	only_ferry();
	udp = plain_udp(ip, FERRY_UDP_PORT);
	fd = ft_socket(ip, SOCK_STREAM);
	EXPECT_ERRNO(EADDRINUSE, ft_setopt(fd, SOL_FERRY, FERRY_UDP_ENCAP, 1));
	EXPECT_ERRNO(EADDRINUSE, ft_sysctl("ferry/udp", "2"));
	close(udp);
	EXPECT_OK(ft_setopt(fd, SOL_FERRY, FERRY_UDP_ENCAP, 1));
	ASSERT_OK(ft_sysctl("ferry/udp_port", "7000"));
	udp = plain_udp(ip, FERRY_UDP_PORT);
	close(udp);
	ASSERT_OK(ft_sysctl("ferry/udp", "0"));
	udp = plain_udp(ip, 7000);
	close(udp);
	EXPECT_ERRNO(EOPNOTSUPP, ft_setopt(fd, SOL_FERRY, FERRY_UDP_ENCAP, 1));
	EXPECT_ERRNO(EINVAL, ft_sysctl("ferry/udp", "4"));
	EXPECT_ERRNO(EINVAL, ft_sysctl("ferry/udp_port", "0"));
}

TEST(new_sockets_by_sysctl)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener, fd, child;

	only_ferry();
	ASSERT_OK(ft_sysctl("ferry/udp", "3"));
	listener = ft_listener(&addr, 1);
	fd = ft_socket(ip, SOCK_STREAM);
	EXPECT_EQ(1, ft_getopt(fd, SOL_FERRY, FERRY_UDP_ENCAP));
	ASSERT_OK(ft_connect(fd, &addr));
	child = ft_accept(listener, NULL);
	EXPECT_EQ(FERRY_UDP_PORT, ft_getopt(child, SOL_FERRY, FERRY_UDP_PEER_PORT));
	check_pair(fd, child);
}

/* ---- streams ---- */

static unsigned int mss_of(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	ASSERT_OK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len));
	return info.tcpi_snd_mss;
}

/* One listener, both kinds of client at once; each is answered in kind. */
TEST(streams_in_kind)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int fd[2], child[2], listener, i;

	only_ferry();
	small_mtu();
	listener = ft_listener(&addr, 5);
	for (i = 0; i < 2; i++) {
		fd[i] = i ? inside(ip, SOCK_STREAM) : ft_socket(ip, SOCK_STREAM);
		ASSERT_OK(ft_connect(fd[i], &addr));
		child[i] = ft_accept(listener, NULL);
		ASSERT_OK(child[i]);
	}
	for (i = 0; i < 2; i++) {
		check_pair(fd[i], child[i]);
		EXPECT_EQ(i, ft_getopt(fd[i], SOL_FERRY, FERRY_UDP_ENCAP));
		EXPECT_EQ(i, ft_getopt(child[i], SOL_FERRY, FERRY_UDP_ENCAP));
		EXPECT_EQ(i ? FERRY_UDP_PORT : 0,
			  ft_getopt(child[i], SOL_FERRY, FERRY_UDP_PEER_PORT));
	}
	EXPECT_EQ(mss_of(fd[0]) - UDP_HDR, mss_of(fd[1]));
	EXPECT_EQ(mss_of(child[0]) - UDP_HDR, mss_of(child[1]));
	EXPECT_EQ(MTU, ip_mtu(ip, fd[0]));
	EXPECT_EQ(MTU - UDP_HDR, ip_mtu(ip, fd[1]));
}

static int soft_error(int fd)
{
	return ft_getopt(fd, SOL_SOCKET, SO_ERROR);
}

TEST(refused_inside_udp)
{
	union ft_addr addr = ft_loopback(ip, 9);
	int fd;

	only_ferry();
	/* no listener: a reset, inside UDP as well */
	fd = inside(ip, SOCK_STREAM);
	EXPECT_ERRNO(ECONNREFUSED, ft_connect(fd, &addr));
	close(fd);
	/* nobody at the UDP port: ICMP about the UDP packet */
	fd = inside(ip, SOCK_STREAM);
	EXPECT_OK(ft_setopt(fd, SOL_FERRY, FERRY_UDP_PEER_PORT, 7777));
	EXPECT_ERRNO(ECONNREFUSED, ft_connect(fd, &addr));
	close(fd);
	fd = inside(ip, SOCK_DGRAM);
	ASSERT_OK(ft_connect(fd, &addr));
	ASSERT_OK(send(fd, "x", 1, 0));
	EXPECT_NE(0, ft_poll(fd, POLLERR, WAIT_MS));
	EXPECT_EQ(ECONNREFUSED, soft_error(fd));
	close(fd);
}

/* ---- strangers ---- */

/* An FSP segment without payload; UDP's own checksum vouches for it */
static void send_segment(int udp, int ip, uint16_t sport, uint16_t dport, uint32_t seq,
			 uint32_t ack, uint8_t flags)
{
	union ft_addr to = ft_loopback(ip, FERRY_UDP_PORT);
	uint8_t h[20] = { [12] = 5 << 4, [13] = flags, [14] = 0xff };

	*(uint16_t *)h = htons(sport);
	*(uint16_t *)(h + 2) = htons(dport);
	*(uint32_t *)(h + 4) = htonl(seq);
	*(uint32_t *)(h + 8) = htonl(ack);
	ASSERT_EQ((int)sizeof(h), sendto(udp, h, sizeof(h), 0, &to.sa, ft_addrlen(&to)));
}

#define FLAG_RST	0x04
#define FLAG_SYN	0x02
#define FLAG_ACK	0x10

TEST(strangers_move_nothing)
{
	union ft_addr addr = ft_loopback(ip, 0), local;
	int listener, fd, child, udp, i;
	uint16_t lport, cport;

	only_ferry();
	listener = ft_listener(&addr, 5);
	fd = inside(ip, SOCK_STREAM);
	ASSERT_OK(ft_connect(fd, &addr));
	child = ft_accept(listener, NULL);
	ASSERT_OK(child);
	local = ft_local(fd);
	lport = ft_port(&addr);
	cport = ft_port(&local);
	udp = plain_udp(ip, 0);
	srandom(ft_opt.seed);
	for (i = 0; i < 200; i++)
		send_segment(udp, ip, cport, lport, random() * 2u, random() * 2u, FLAG_ACK);
	for (i = 0; i < 200; i++)
		send_segment(udp, ip, cport, lport, random() * 2u, random() * 2u,
			     FLAG_ACK | FLAG_RST);
	EXPECT_EQ(FERRY_UDP_PORT, ft_getopt(child, SOL_FERRY, FERRY_UDP_PEER_PORT));
	check_pair(fd, child);
	/* who begins another connection by another port is told so, and only he */
	send_segment(udp, ip, cport, lport, 1, 0, FLAG_SYN);
	EXPECT_NE(0, ft_poll(udp, POLLIN, WAIT_MS));
	EXPECT_EQ(FERRY_UDP_PORT, ft_getopt(child, SOL_FERRY, FERRY_UDP_PEER_PORT));
	check_pair(fd, child);
}

/* Of every length, of no known kind, nested, without a checksum */
TEST(malformed)
{
	union ft_addr to = ft_loopback(ip, FERRY_UDP_PORT), addr = ft_loopback(ip, 0);
	int listener, fd, child, udp, i, len;
	uint8_t buf[256];

	only_ferry();
	listener = ft_listener(&addr, 5);
	fd = inside(ip, SOCK_STREAM);
	ASSERT_OK(ft_connect(fd, &addr));
	child = ft_accept(listener, NULL);
	udp = plain_udp(ip, 0);
	srandom(ft_opt.seed);
	for (i = 0; i < 4000; i++) {
		len = i < 256 ? i : random() % (int)sizeof(buf);
		memset(buf, 0, sizeof(buf));
		for (int j = i % 3 ? 0 : 4; j < len; j++)
			buf[j] = (uint8_t)random();
		if (i % 3 == 0)
			buf[3] = i % 2;		/* a datagram's mark, or nobody's */
		if (i % 5 == 0)
			memcpy(buf + 2, &to.in.sin_port, 2);
		if (i % 7 == 0)
			ASSERT_OK(ft_setopt(udp, SOL_SOCKET, SO_NO_CHECK, i % 2));
		EXPECT_EQ(len, sendto(udp, buf, len, 0, &to.sa, ft_addrlen(&to)));
	}
	check_pair(fd, child);
}

/* RFC 8200 section 8.1: IPv6 has no UDP without a checksum; in IPv4 ours must do. */
TEST(outer_checksum_left_out)
{
	union ft_addr addr = ft_loopback(ip, 0), to = ft_loopback(ip, FERRY_UDP_PORT);
	uint8_t d[MARKER + FDP_HDR + 1] = { [3] = 1, [MARKER + 5] = FDP_HDR + 1 };
	int fd, udp, on = 1;

	only_ferry();
	fd = ft_bound(SOCK_DGRAM, &addr);
	ASSERT_OK(ft_setopt(fd, SOL_FERRY, FERRY_UDP_ENCAP, 1));
	udp = plain_udp(ip, 0);
	*(uint16_t *)(d + MARKER) = htons(99);
	*(uint16_t *)(d + MARKER + 2) = addr.in.sin_port;
	/* summed by UDP alone: the datagram says it carries no sum */
	ASSERT_OK(ft_setopt(fd, SOL_UDP, 102 /* UDP_NO_CHECK6_RX */, on));
	ASSERT_OK(sendto(udp, d, sizeof(d), 0, &to.sa, ft_addrlen(&to)));
	EXPECT_NE(0, ft_poll(fd, POLLIN, WAIT_MS));
	recv(fd, d, 0, 0);
	/* by nobody, and a wrong one inside */
	d[MARKER + 10] = 0x12;
	d[MARKER + 11] = 0x34;
	if (ip == 4)
		ASSERT_OK(ft_setopt(udp, SOL_SOCKET, SO_NO_CHECK, 1));
	else
		ASSERT_OK(ft_setopt(udp, SOL_UDP, 101 /* UDP_NO_CHECK6_TX */, 1));
	ASSERT_OK(sendto(udp, d, sizeof(d), 0, &to.sa, ft_addrlen(&to)));
	EXPECT_EQ(0, ft_poll(fd, POLLIN, 100));
	EXPECT_ERRNO(EAGAIN, recv(fd, d, sizeof(d), MSG_DONTWAIT));
}

/* ---- datagrams ---- */

TEST(datagrams_in_kind)
{
	union ft_addr addr = ft_loopback(ip, 0), from;
	int server, fd[2], i;
	char buf[16];
	socklen_t len;

	only_ferry();
	server = ft_bound(SOCK_DGRAM, &addr);
	for (i = 0; i < 2; i++) {
		fd[i] = i ? inside(ip, SOCK_DGRAM) : ft_socket(ip, SOCK_DGRAM);
		ASSERT_OK(ft_connect(fd[i], &addr));
		ASSERT_EQ(4, send(fd[i], "ping", 4, 0));
		ASSERT_NE(0, ft_poll(server, POLLIN, WAIT_MS));
		len = sizeof(from);
		ASSERT_EQ(4, recvfrom(server, buf, sizeof(buf), 0, &from.sa, &len));
		EXPECT_EQ(ft_port(&(union ft_addr){ .ss = ft_local(fd[i]).ss }), ft_port(&from));
		ASSERT_EQ(0, system(i ? "ip link set lo mtu 1500" : "true"));
		ASSERT_EQ(4, sendto(server, "pong", 4, 0, &from.sa, len));
		ASSERT_NE(0, ft_poll(fd[i], POLLIN, WAIT_MS));
		EXPECT_EQ(4, recv(fd[i], buf, sizeof(buf), 0));
		/* and the answering socket reckons with it */
		ASSERT_OK(connect(server, &from.sa, len));
		if (i)
			EXPECT_EQ(MTU - UDP_HDR - MARKER, ip_mtu(ip, server));
		close(server);
		server = ft_bound(SOCK_DGRAM, &addr);
	}
}

TEST(datagram_sizes)
{
	int most = MTU - (ip == 4 ? 20 : 40) - UDP_HDR - MARKER - FDP_HDR;
	union ft_addr addr = ft_loopback(ip, 0);
	static char buf[65536];
	int server, fd;

	only_ferry();
	small_mtu();
	server = ft_bound(SOCK_DGRAM, &addr);
	fd = inside(ip, SOCK_DGRAM);
	ASSERT_OK(ft_connect(fd, &addr));
	EXPECT_EQ(MTU - UDP_HDR - MARKER, ip_mtu(ip, fd));
	if (ip == 4)
		ASSERT_OK(ft_setopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
	else
		ASSERT_OK(ft_setopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO));
	EXPECT_ERRNO(EMSGSIZE, send(fd, buf, most + 1, 0));
	EXPECT_EQ(most, send(fd, buf, most, 0));
	EXPECT_EQ(0, send(fd, buf, 0, 0));
	EXPECT_EQ(most, recv(server, buf, sizeof(buf), 0));
	EXPECT_EQ(0, recv(server, buf, sizeof(buf), 0));
	/* fragments of the UDP packet */
	if (ip == 4)
		ASSERT_OK(ft_setopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT));
	else
		ASSERT_OK(ft_setopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT));
	EXPECT_EQ(20000, send(fd, buf, 20000, 0));
	EXPECT_NE(0, ft_poll(server, POLLIN, WAIT_MS));
	EXPECT_EQ(20000, recv(server, buf, sizeof(buf), 0));
}

/* UDP_SEGMENT: to a reader that takes them singly, and to one that takes them whole */
TEST(super_datagrams)
{
	union ft_addr addr = ft_loopback(ip, 0);
	char out[10000], in[65536];
	int server, fd, gro, i, got;

	only_ferry();
	small_mtu();
	for (i = 0; i < (int)sizeof(out); i++)
		out[i] = i * 7 + i / 256;
	for (gro = 0; gro < 2; gro++) {
		server = ft_bound(SOCK_DGRAM, &addr);
		ASSERT_OK(ft_setopt(server, SOL_UDP, UDP_GRO, gro));
		fd = inside(ip, SOCK_DGRAM);
		ASSERT_OK(ft_connect(fd, &addr));
		ASSERT_OK(ft_setopt(fd, SOL_UDP, UDP_SEGMENT, 1200));
		ASSERT_EQ((int)sizeof(out), send(fd, out, sizeof(out), 0));
		for (i = 0; i < (int)sizeof(out); i += got) {
			ASSERT_NE(0, ft_poll(server, POLLIN, WAIT_MS));
			got = recv(server, in, sizeof(in), 0);
			ASSERT_LT(0, got);
			EXPECT_EQ(0, memcmp(in, out + i, got));
		}
		close(server);
		close(fd);
	}
}

TEST_MAIN
