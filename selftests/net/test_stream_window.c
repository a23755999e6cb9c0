// SPDX-License-Identifier: GPL-2.0-only
/*
 * ferry-test: timeout=1200
 *
 * Buffers that tune themselves, buffers that somebody set, and too little memory
 * for either.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"
#include "lib/payload.h"
#include "lib/xfer.h"

#define SLOW	240

/* 250 Mbit/s at a round trip of 100 ms: 3.1 MB on the way, 48 times the first window */
#define RATE	"250mbit"
#define BDP	3125000u
#define BULK	(96u << 20)

static void long_pipe(void)
{
	if (!system("tc qdisc add dev lo root netem delay 50ms rate " RATE " limit 100000"))
		return;
	if (!ft_opt.ferry)
		ft_skip("this machine's kernel has no netem");
	FT_DIE("cannot make loopback long: no netem");
}

static struct tcp_info info_of(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	ASSERT_OK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len));
	return info;
}

/* @len bytes from fd[0] to fd[1], every one checked; both stay open */
static void transfer(const int fd[2], uint64_t len)
{
	struct ft_xfer x[2] = {
		{ .fd = fd[0], .tx_seed = 1, .rx_seed = 2, .tx_len = len },
		{ .fd = fd[1], .tx_seed = 2, .rx_seed = 1, .rx_len = len },
	};

	ft_nonblock(fd[0]);
	ft_nonblock(fd[1]);
	while (!ft_xfer_done(&x[0]) || !ft_xfer_done(&x[1])) {
		struct pollfd p[2] = {
			{ .fd = fd[0], .events = ft_xfer_events(&x[0]) },
			{ .fd = fd[1], .events = ft_xfer_events(&x[1]) },
		};

		ASSERT_LT(0, poll(p, 2, FT_STALL_MS));
		if (p[0].revents)
			ft_xfer_step(&x[0]);
		if (p[1].revents)
			ft_xfer_step(&x[1]);
	}
}

TEST_TIMEOUT(grow_to_fill_the_path, SLOW)
{
	struct tcp_info tx, rx;
	uint64_t took;
	int fd[2];

	long_pipe();
	ft_stream_pair(ip, fd);
	EXPECT_LT(ft_getopt(fd[1], SOL_SOCKET, SO_RCVBUF), (int)BDP);
	EXPECT_LT(ft_getopt(fd[0], SOL_SOCKET, SO_SNDBUF), (int)BDP);
	took = ft_now_ms();
	transfer(fd, BULK);
	took = ft_now_ms() - took;
	tx = info_of(fd[0]);
	rx = info_of(fd[1]);
	ktap_diag("%.0f Mbit/s, window %u, read in a round trip %u, cwnd %u, buffers %d and %d",
		  BULK / 125.0 / took, tx.tcpi_snd_wnd, rx.tcpi_rcv_space,
		  tx.tcpi_snd_cwnd * tx.tcpi_snd_mss, ft_getopt(fd[0], SOL_SOCKET, SO_SNDBUF),
		  ft_getopt(fd[1], SOL_SOCKET, SO_RCVBUF));
	EXPECT_GE(tx.tcpi_snd_wnd, BDP);
	EXPECT_GE(ft_getopt(fd[0], SOL_SOCKET, SO_SNDBUF), (int)BDP);
	EXPECT_GE(ft_getopt(fd[1], SOL_SOCKET, SO_RCVBUF), (int)BDP);
}

/* What somebody set stays: SOCK_RCVBUF_LOCK, SOCK_SNDBUF_LOCK */
TEST_TIMEOUT(stay_as_set, SLOW)
{
	int fd[2], rcv, snd;

	long_pipe();
	ft_stream_pair(ip, fd);
	ASSERT_OK(ft_setopt(fd[1], SOL_SOCKET, SO_RCVBUF, 100000));
	ASSERT_OK(ft_setopt(fd[0], SOL_SOCKET, SO_SNDBUF, 100000));
	rcv = ft_getopt(fd[1], SOL_SOCKET, SO_RCVBUF);
	snd = ft_getopt(fd[0], SOL_SOCKET, SO_SNDBUF);
	transfer(fd, 2 << 20);
	EXPECT_EQ(rcv, ft_getopt(fd[1], SOL_SOCKET, SO_RCVBUF));
	EXPECT_EQ(snd, ft_getopt(fd[0], SOL_SOCKET, SO_SNDBUF));
	EXPECT_LE(info_of(fd[0]).tcpi_snd_wnd, (unsigned int)rcv);
}

/* Write until nothing more goes; returns how much went. */
static uint64_t fill(int fd, uint64_t seed)
{
	static unsigned char buf[65536];
	uint64_t off = 0;
	ssize_t n;

	ft_nonblock(fd);
	do {
		ft_fill(seed, off, buf, sizeof(buf));
		n = send(fd, buf, sizeof(buf), 0);
		if (n > 0)
			off += n;
	} while (n > 0 || ft_poll(fd, POLLOUT, 300));
	return off;
}

static void drain(int fd, uint64_t seed, uint64_t len)
{
	static unsigned char got[4096], want[4096];
	uint64_t off = 0;

	while (off < len) {
		size_t ask = len - off < sizeof(got) ? len - off : sizeof(got);
		size_t n = ft_recv_all(fd, got, ask);

		ASSERT_EQ(ask, n);
		ft_fill(seed, off, want, n);
		ASSERT_EQ(0, memcmp(got, want, n));
		off += n;
	}
}

/* RFC 9293 section 3.8.6: what the window promised is kept, however small the buffer */
TEST_TIMEOUT(shrink_safely, SLOW)
{
	uint64_t len;
	int fd[2];

	ft_stream_pair(ip, fd);
	len = fill(fd[0], 7);
	EXPECT_GT(len, 10000);
	ASSERT_OK(ft_setopt(fd[1], SOL_SOCKET, SO_RCVBUF, 4096));
	drain(fd[1], 7, len);
	/* And it goes on with the small one. */
	ASSERT_OK(fcntl(fd[0], F_SETFL, 0));
	transfer(fd, 60000);
}

/* ---- too little memory ---- */

#define MEM	"/proc/sys/net/ferry/stream_mem"

/* The whole machine's bounds exist in the first namespace only. */
static int first_namespace(int own)
{
	int ns = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC), fd;

	if (ns < 0 || setns(ns, CLONE_NEWNET))
		ft_skip("cannot enter the first network namespace");
	fd = open(MEM, O_RDWR | O_CLOEXEC);
	ASSERT_OK(setns(own, CLONE_NEWNET));
	close(ns);
	return fd;
}

static void write_all(int fd, const char *text)
{
	ASSERT_EQ((ssize_t)strlen(text), pwrite(fd, text, strlen(text), 0));
}

TEST_TIMEOUT(under_pressure, SLOW)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), mem, fd[8][2], i;
	char before[128] = {};
	uint64_t len[8];

	if (!ft_opt.ferry)
		ft_skip("TCP's bounds are not ours to change");
	mem = first_namespace(own);
	ASSERT_OK(mem);
	ASSERT_LT(0, pread(mem, before, sizeof(before) - 1, 0));
	for (i = 0; i < 8; i++)
		ft_stream_pair(ip, fd[i]);
	/* Pages: pressure from 128 KB on, no more than 1 MB, for 8 full connections */
	write_all(mem, "16 32 256\n");
	for (i = 0; i < 8; i++)
		len[i] = fill(fd[i][0], i);
	/* Every byte that was taken arrives all the same, one connection after another. */
	for (i = 0; i < 8; i++) {
		ft_setopt(fd[i][1], SOL_SOCKET, SO_RCVLOWAT, 1);
		drain(fd[i][1], i, len[i]);
	}
	write_all(mem, before);
	EXPECT_EQ(0, system("ferry stat | awk '$1 == \"StreamMemoryPressure\" && $2 > 0 "
			    "{ seen = 1 } END { exit !seen }'"));
	/* Afterwards all is as before. */
	for (i = 0; i < 8; i++)
		transfer(fd[i], 1 << 20);
}

TEST_MAIN
