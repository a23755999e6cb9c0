// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data in the SYN: asking for a cookie, the second visit, and everything that
 * makes a listener or a path refuse it. What happened is told by counters and
 * by what can be read before the handshake is done, not by time.
 *
 * With --family inet the calls are compared with TCP's, where TCP is switched on
 * for it (the counters are Ferry's, and not looked at).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/tcp.h>

#include "lib/fsp.h"
#include "lib/genl.h"
#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#ifndef SOL_TCP
#define SOL_TCP 6
#endif
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN 0x20000000
#endif

#define REQUEST		"what time is it at the far end of the sea?"
#define REQUEST_LEN	(sizeof(REQUEST) - 1)
#define PATIENCE	20000	/* ms */

/* ---- counters, settings ---- */

static long long counter(const char *name)
{
	return ft_opt.ferry ? genl_counter(name) : -1;
}

#define EXPECT_COUNT(n, name)						\
	do {								\
		if (ft_opt.ferry)					\
			EXPECT_EQ(n, counter(name));			\
	} while (0)

static bool reaches(const char *name, long long n)
{
	uint64_t until = ft_now_ms() + PATIENCE;

	while (counter(name) < n) {
		if (ft_now_ms() > until)
			return false;
		poll(NULL, 0, 10);
	}
	return true;
}

static void set(const char *name, int value)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ferry/%s", name);
	f = fopen(path, "w");
	ASSERT_TRUE(f);
	ASSERT_LT(0, fprintf(f, "%d", value));
	ASSERT_EQ(0, fclose(f));
}

static void begin(void)
{
	if (ft_opt.ferry) {
		genl_open();
		return;
	}
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_fastopen", "w");

	ASSERT_TRUE(f && fputs("3", f) > 0 && !fclose(f));
}

/* ---- both ends ---- */

static int first_listener(int ip, union ft_addr *addr, int qlen)
{
	int fd;

	*addr = ft_loopback(ip, 0);
	fd = ft_bound(SOCK_STREAM, addr);
	ASSERT_OK(ft_setopt(fd, SOL_TCP, TCP_FASTOPEN, qlen));
	ASSERT_OK(listen(fd, 16));
	return fd;
}

static ssize_t send_first(int fd, const union ft_addr *to, int flags)
{
	return sendto(fd, REQUEST, REQUEST_LEN, flags | MSG_FASTOPEN | MSG_NOSIGNAL, &to->sa,
		      ft_addrlen(to));
}

/* accept() and the request */
static int serve(int listener)
{
	char buf[REQUEST_LEN + 1];
	int fd;

	ASSERT_EQ(POLLIN, ft_poll(listener, POLLIN, PATIENCE));
	fd = ft_accept(listener, NULL);
	ASSERT_OK(fd);
	ASSERT_EQ(REQUEST_LEN, ft_recv_all(fd, buf, REQUEST_LEN));
	EXPECT_EQ(0, memcmp(buf, REQUEST, REQUEST_LEN));
	return fd;
}

static void answer(int server, int client)
{
	char c;

	ft_send_all(server, "!", 1);
	ASSERT_EQ(1, ft_recv_all(client, &c, 1));
	EXPECT_EQ('!', c);
}

/* One exchange; whether the SYN's bytes were taken */
static bool visit(int ip, int listener, const union ft_addr *to)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);
	int client = ft_socket(ip, SOCK_STREAM), server;

	ASSERT_EQ(REQUEST_LEN, send_first(client, to, 0));
	server = serve(listener);
	answer(server, client);
	ASSERT_OK(getsockopt(client, SOL_TCP, TCP_INFO, &info, &len));
	close(client);
	close(server);
	return info.tcpi_options & TCPI_OPT_SYN_DATA;
}

/* Drop what @code, which sees the FSP header, matches. */
static void drop_by(int fd, struct sock_filter *code, int n)
{
	struct sock_fprog prog = { .len = n, .filter = code };

	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
}

/* SYN-ACKs do not reach this socket: its handshake cannot complete. */
static void drop_synacks(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};

	drop_by(fd, code, 4);
}

/* A path that swallows SYNs with payload */
static void drop_long_syns(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 20 + 24 + REQUEST_LEN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};

	drop_by(fd, code, 6);
}

static void detach(int fd)
{
	int zero = 0;

	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof(zero)));
}

/* ---- the calls ---- */

TEST(options)
{
	int fd = ft_socket(ip, SOCK_STREAM);
	unsigned char key[33] = "0123456789abcdef0123456789abcdef", back[64];
	union ft_addr addr;
	socklen_t len;

	begin();
	EXPECT_EQ(0, ft_getopt(fd, SOL_TCP, TCP_FASTOPEN));
	EXPECT_OK(ft_setopt(fd, SOL_TCP, TCP_FASTOPEN, 7));
	EXPECT_ERRNO(EINVAL, ft_setopt(fd, SOL_TCP, TCP_FASTOPEN, -1));
	EXPECT_ERRNO(EINVAL, ft_setopt(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, 2));
	EXPECT_OK(ft_setopt(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, 1));
	EXPECT_EQ(1, ft_getopt(fd, SOL_TCP, TCP_FASTOPEN_CONNECT));
	EXPECT_ERRNO(EINVAL, ft_setopt(fd, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 2));
	EXPECT_OK(ft_setopt(fd, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1));
	EXPECT_EQ(1, ft_getopt(fd, SOL_TCP, TCP_FASTOPEN_NO_COOKIE));
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_TCP, TCP_FASTOPEN_KEY, key, 15));
	EXPECT_OK(setsockopt(fd, SOL_TCP, TCP_FASTOPEN_KEY, key, 32));
	len = sizeof(back);
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_FASTOPEN_KEY, back, &len));
	EXPECT_EQ(32, len);
	EXPECT_EQ(0, memcmp(key, back, 32));
	EXPECT_OK(setsockopt(fd, SOL_TCP, TCP_FASTOPEN_KEY, key, 16));
	len = sizeof(back);
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_FASTOPEN_KEY, back, &len));
	EXPECT_EQ(16, len);

	fd = first_listener(ip, &addr, 3);
	EXPECT_EQ(3, ft_getopt(fd, SOL_TCP, TCP_FASTOPEN));
	EXPECT_ERRNO(EINVAL, ft_setopt(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, 1));
}

TEST(wrong_calls)
{
	int fd = ft_socket(ip, SOCK_STREAM), pair[2];
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	union ft_addr addr;
	int listener;

	begin();
	listener = first_listener(ip, &addr, 3);
	EXPECT_ERRNO(EOPNOTSUPP, sendto(fd, "x", 1, MSG_FASTOPEN, &unspec, sizeof(unspec)));
	EXPECT_ERRNO(EINVAL, sendto(fd, "x", 1, MSG_FASTOPEN, NULL, 0));
	EXPECT_ERRNO(EISCONN, send_first(listener, &addr, 0));
	ft_stream_pair(ip, pair);
	EXPECT_ERRNO(EISCONN, send_first(pair[0], &addr, 0));
	/* Nobody there */
	close(listener);
	EXPECT_ERRNO(ECONNREFUSED, send_first(ft_socket(ip, SOCK_STREAM), &addr, 0));
}

TEST(switched_off)
{
	union ft_addr addr;
	int listener;

	if (!ft_opt.ferry)
		ft_skip("the sysctl is Ferry's");
	begin();
	listener = first_listener(ip, &addr, 3);
	set("stream_fastopen", 1);
	EXPECT_TRUE(!visit(ip, listener, &addr));
	EXPECT_TRUE(!visit(ip, listener, &addr));
	EXPECT_COUNT(0, "StreamFirstFlightCookies");
	set("stream_fastopen", 2);
	EXPECT_ERRNO(EOPNOTSUPP, send_first(ft_socket(ip, SOCK_STREAM), &addr, 0));
	EXPECT_ERRNO(EOPNOTSUPP,
		     ft_setopt(ft_socket(ip, SOCK_STREAM), SOL_TCP, TCP_FASTOPEN_CONNECT, 1));
}

/* ---- visits ---- */

TEST(second_visit)
{
	union ft_addr addr;
	int listener, i;

	begin();
	listener = first_listener(ip, &addr, 5);
	EXPECT_TRUE(!visit(ip, listener, &addr));
	EXPECT_COUNT(1, "StreamFirstFlightCookies");
	EXPECT_COUNT(0, "StreamFirstFlightPassive");
	EXPECT_COUNT(1, "StreamCookiesNow");
	for (i = 1; i <= 3; i++) {
		EXPECT_TRUE(visit(ip, listener, &addr));
		EXPECT_COUNT(i, "StreamFirstFlightPassive");
		EXPECT_COUNT(i, "StreamFirstFlightActive");
	}
	EXPECT_COUNT(1, "StreamFirstFlightCookies");
	EXPECT_COUNT(0, "StreamRetransSegs");
}

/* The request is read and answered while the handshake cannot complete. */
TEST(before_the_handshake)
{
	char *big = malloc(9000), *back = malloc(9000);
	struct tcp_info info = {};
	socklen_t len = sizeof(info);
	int listener, client, server;
	union ft_addr addr;

	if (!ft_opt.ferry)
		ft_skip("the filter looks at FSP's header");
	begin();
	ASSERT_TRUE(big && back);
	memset(big, 'b', 9000);
	listener = first_listener(ip, &addr, 5);
	visit(ip, listener, &addr);

	client = ft_socket(ip, SOCK_STREAM);
	drop_synacks(client);
	EXPECT_EQ(REQUEST_LEN, send_first(client, &addr, MSG_DONTWAIT));
	server = serve(listener);
	EXPECT_EQ(POLLOUT, ft_poll(server, POLLIN | POLLOUT, 0));
	EXPECT_EQ(9000, send(server, big, 9000, MSG_DONTWAIT));
	ASSERT_OK(getsockopt(server, SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(FERRY_SOCK_STATE_SYN_RECV, info.tcpi_state);
	EXPECT_TRUE(info.tcpi_options & TCPI_OPT_SYN_DATA);
	/* It comes to its end when a SYN-ACK arrives. */
	detach(client);
	ASSERT_EQ(9000, ft_recv_all(client, back, 9000));
	EXPECT_EQ(0, memcmp(big, back, 9000));
	answer(server, client);
}

/* The server has answered and closed before the handshake is done. */
TEST(closed_before_the_handshake)
{
	int listener, client, server;
	union ft_addr addr;
	char buf[4];

	if (!ft_opt.ferry)
		ft_skip("the filter looks at FSP's header");
	begin();
	listener = first_listener(ip, &addr, 5);
	visit(ip, listener, &addr);
	client = ft_socket(ip, SOCK_STREAM);
	drop_synacks(client);
	EXPECT_EQ(REQUEST_LEN, send_first(client, &addr, MSG_DONTWAIT));
	server = serve(listener);
	ft_send_all(server, "bye", 3);
	close(server);
	detach(client);
	EXPECT_EQ(3, ft_recv_all(client, buf, 4));
	EXPECT_EQ(0, memcmp(buf, "bye", 3));
}

/* The listener is closed while a child waits for its handshake: reset. */
TEST(listener_closed)
{
	int listener, client;
	union ft_addr addr;
	char c;

	if (!ft_opt.ferry)
		ft_skip("the filter looks at FSP's header");
	begin();
	listener = first_listener(ip, &addr, 5);
	visit(ip, listener, &addr);
	client = ft_socket(ip, SOCK_STREAM);
	drop_synacks(client);
	EXPECT_EQ(REQUEST_LEN, send_first(client, &addr, MSG_DONTWAIT));
	ASSERT_TRUE(reaches("StreamFirstFlightPassive", 1));
	close(listener);
	EXPECT_EQ(POLLIN | POLLERR | POLLHUP,
		  ft_poll(client, POLLIN, PATIENCE) & (POLLIN | POLLERR | POLLHUP));
	EXPECT_EQ(-1, recv(client, &c, 1, 0));
}

/* More than a SYN holds: the rest follows by itself. */
TEST(long_request)
{
	static char out[50000], in[50000];
	int listener, client, server, i;
	union ft_addr addr;

	begin();
	listener = first_listener(ip, &addr, 5);
	visit(ip, listener, &addr);
	for (i = 0; i < (int)sizeof(out); i++)
		out[i] = i * 7;
	client = ft_socket(ip, SOCK_STREAM);
	if (fork() == 0) {
		ssize_t n = sendto(client, out, sizeof(out), MSG_FASTOPEN, &addr.sa,
				   ft_addrlen(&addr));

		_exit(n != sizeof(out));
	}
	ASSERT_EQ(POLLIN, ft_poll(listener, POLLIN, PATIENCE));
	server = ft_accept(listener, NULL);
	ASSERT_OK(server);
	ASSERT_EQ(sizeof(in), ft_recv_all(server, in, sizeof(in)));
	EXPECT_EQ(0, memcmp(in, out, sizeof(in)));
	ASSERT_OK(wait(&i));
	EXPECT_EQ(0, i);
	EXPECT_COUNT(1, "StreamFirstFlightPassive");
}

TEST(nonblocking)
{
	union ft_addr addr;
	int listener, fd;

	begin();
	listener = first_listener(ip, &addr, 5);
	/* Without a cookie nothing goes; with one, as much as the SYN took. */
	fd = ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK);
	EXPECT_ERRNO(EINPROGRESS, send_first(fd, &addr, 0));
	ASSERT_EQ(POLLOUT, ft_poll(fd, POLLOUT, PATIENCE) & POLLOUT);
	ft_send_all(fd, REQUEST, REQUEST_LEN);
	close(serve(listener));
	fd = ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK);
	EXPECT_EQ(REQUEST_LEN, send_first(fd, &addr, 0));
	close(serve(listener));
	EXPECT_COUNT(1, "StreamFirstFlightPassive");
}

/* TCP_FASTOPEN_CONNECT: connect() returns at once, the first write sends the SYN. */
TEST(connect_put_off)
{
	int listener, client, server;
	union ft_addr addr;

	begin();
	listener = first_listener(ip, &addr, 5);
	client = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(ft_setopt(client, SOL_TCP, TCP_FASTOPEN_CONNECT, 1));
	ASSERT_OK(ft_connect(client, &addr));
	ft_send_all(client, REQUEST, REQUEST_LEN);
	close(serve(listener));
	EXPECT_COUNT(1, "StreamFirstFlightCookies");

	client = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(ft_setopt(client, SOL_TCP, TCP_FASTOPEN_CONNECT, 1));
	ASSERT_OK(ft_connect(client, &addr));
	EXPECT_EQ(0, ft_poll(listener, POLLIN, 50));
	EXPECT_EQ(POLLOUT, ft_poll(client, POLLOUT, 0) & POLLOUT);
	EXPECT_EQ(REQUEST_LEN, write(client, REQUEST, REQUEST_LEN));
	server = serve(listener);
	answer(server, client);
	EXPECT_COUNT(1, "StreamFirstFlightPassive");
	/* One that never writes leaves nothing behind. */
	client = ft_socket(ip, SOCK_STREAM | SOCK_NONBLOCK);
	ASSERT_OK(ft_setopt(client, SOL_TCP, TCP_FASTOPEN_CONNECT, 1));
	ASSERT_OK(ft_connect(client, &addr));
	EXPECT_ERRNO(EISCONN, ft_connect(client, &addr));
	close(client);
	EXPECT_EQ(0, ft_poll(listener, POLLIN, 50));
}

TEST(no_cookie)
{
	int listener, client, server;
	union ft_addr addr;

	begin();
	listener = first_listener(ip, &addr, 5);
	ASSERT_OK(ft_setopt(listener, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1));
	client = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(ft_setopt(client, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1));
	ASSERT_EQ(REQUEST_LEN, send_first(client, &addr, 0));
	server = serve(listener);
	answer(server, client);
	EXPECT_COUNT(1, "StreamFirstFlightPassive");
	EXPECT_COUNT(0, "StreamFirstFlightCookies");
	/* A listener that wants a cookie takes the SYN alone. */
	ASSERT_OK(ft_setopt(listener, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 0));
	client = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(ft_setopt(client, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1));
	ASSERT_EQ(REQUEST_LEN, send_first(client, &addr, 0));
	server = serve(listener);
	answer(server, client);
	EXPECT_COUNT(1, "StreamFirstFlightPassive");
	EXPECT_COUNT(1, "StreamFirstFlightActiveRefused");
	EXPECT_COUNT(0, "StreamRetransSegs");
}

/* ---- cookies and keys ---- */

static void set_keys(int fd, const char *keys)
{
	ASSERT_OK(setsockopt(fd, SOL_TCP, TCP_FASTOPEN_KEY, keys, strlen(keys)));
}

#define KEY_1	"the first of all"
#define KEY_2	"and then another"
#define KEY_3	"and a third one."

TEST(keys)
{
	union ft_addr addr;
	int listener;

	begin();
	listener = first_listener(ip, &addr, 5);
	set_keys(listener, KEY_1);
	EXPECT_TRUE(!visit(ip, listener, &addr));
	EXPECT_TRUE(visit(ip, listener, &addr));
	/* Rotation: the previous one is good, and renewed on the way. */
	set_keys(listener, KEY_2 KEY_1);
	EXPECT_TRUE(visit(ip, listener, &addr));
	EXPECT_COUNT(2, "StreamFirstFlightCookies");
	set_keys(listener, KEY_3 KEY_2);
	EXPECT_TRUE(visit(ip, listener, &addr));
	EXPECT_COUNT(3, "StreamFirstFlightCookies");
	EXPECT_COUNT(0, "StreamFirstFlightBadCookie");
	/* A key that is gone: the request is served, later, and a cookie given. */
	set_keys(listener, KEY_1);
	EXPECT_TRUE(!visit(ip, listener, &addr));
	EXPECT_COUNT(1, "StreamFirstFlightBadCookie");
	EXPECT_COUNT(1, "StreamFirstFlightActiveRefused");
	EXPECT_COUNT(4, "StreamFirstFlightCookies");
	EXPECT_TRUE(visit(ip, listener, &addr));
	EXPECT_COUNT(0, "StreamRetransSegs");
}

/* The namespace's key: good for two of its lives. */
TEST(expired_key)
{
	union ft_addr addr;
	int listener, i;

	if (!ft_opt.ferry)
		ft_skip("the sysctl is Ferry's");
	begin();
	listener = first_listener(ip, &addr, 5);
	EXPECT_TRUE(!visit(ip, listener, &addr));
	EXPECT_TRUE(visit(ip, listener, &addr));
	/*
	 * Idle for longer than twice the lifetime: both are gone. How long a visit
	 * takes nobody knows, hence several tries.
	 */
	set("stream_fastopen_lifetime", 1);
	for (i = 0; i < 10 && !counter("StreamFirstFlightBadCookie"); i++) {
		poll(NULL, 0, 2100);
		visit(ip, listener, &addr);
	}
	EXPECT_LT(0, counter("StreamFirstFlightBadCookie"));
}

TEST(two_listeners_one_key)
{
	union ft_addr one, two;
	int a, b;

	begin();
	a = first_listener(ip, &one, 5);
	b = first_listener(ip, &two, 5);
	EXPECT_TRUE(!visit(ip, a, &one));
	EXPECT_TRUE(visit(ip, b, &two));
}

/* The cache holds so many and no more; 0 switches it off. */
TEST(cache_bound)
{
	union ft_addr addr;
	int listener;

	if (!ft_opt.ferry)
		ft_skip("the sysctl is Ferry's");
	begin();
	listener = first_listener(ip, &addr, 5);
	set("stream_max_cookies", 0);
	EXPECT_TRUE(!visit(ip, listener, &addr));
	EXPECT_TRUE(!visit(ip, listener, &addr));
	EXPECT_COUNT(0, "StreamCookiesNow");
	set("stream_max_cookies", 2);
	for (int i = 1; i <= 5 && ip == 4; i++) {
		union ft_addr other = addr;

		/* Other addresses of this host */
		other.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
		close(listener);
		listener = ft_bound(SOCK_STREAM, &other);
		ASSERT_OK(ft_setopt(listener, SOL_TCP, TCP_FASTOPEN, 5));
		ASSERT_OK(listen(listener, 16));
		EXPECT_TRUE(!visit(ip, listener, &other));
		EXPECT_LE(counter("StreamCookiesNow"), 2);
	}
}

/* ---- bounds, loss, replay ---- */

TEST(queue_bound)
{
	int listener, client[4], i;
	union ft_addr addr;

	if (!ft_opt.ferry)
		ft_skip("the filter looks at FSP's header");
	begin();
	listener = first_listener(ip, &addr, 2);
	visit(ip, listener, &addr);
	for (i = 0; i < 4; i++) {
		client[i] = ft_socket(ip, SOCK_STREAM);
		drop_synacks(client[i]);
		EXPECT_EQ(REQUEST_LEN, send_first(client[i], &addr, MSG_DONTWAIT));
	}
	ASSERT_TRUE(reaches("StreamFirstFlightOverflows", 2));
	EXPECT_COUNT(2, "StreamFirstFlightPassive");
	EXPECT_COUNT(2, "StreamHalfOpenNow");
	/* All are served in the end. */
	for (i = 0; i < 4; i++)
		detach(client[i]);
	for (i = 0; i < 4; i++)
		close(serve(listener));
	EXPECT_COUNT(2, "StreamFirstFlightPassive");
	/* And there is room again; these clients think the path swallows SYNs by now. */
	ASSERT_OK(ft_setopt(listener, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1));
	client[0] = ft_socket(ip, SOCK_STREAM);
	ASSERT_OK(ft_setopt(client[0], SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1));
	EXPECT_EQ(REQUEST_LEN, send_first(client[0], &addr, 0));
	EXPECT_COUNT(3, "StreamFirstFlightPassive");
}

/* RFC 7413 section 5.1: one that ends by RST is not forgotten so soon. */
TEST(reset_counts)
{
	union ft_addr addr;
	int listener, client, i;

	if (!ft_opt.ferry)
		ft_skip("the filter looks at FSP's header");
	begin();
	listener = first_listener(ip, &addr, 2);
	visit(ip, listener, &addr);
	for (i = 1; i <= 2; i++) {
		client = ft_socket(ip, SOCK_STREAM);
		drop_synacks(client);
		EXPECT_EQ(REQUEST_LEN, send_first(client, &addr, MSG_DONTWAIT));
		ASSERT_TRUE(reaches("StreamFirstFlightPassive", i));
		/* Nobody is there any more: the SYN-ACK sent again finds no socket. */
		close(client);
		ASSERT_TRUE(reaches("StreamAttemptFails", i));
	}
	EXPECT_TRUE(!visit(ip, ({ close(serve(listener)); close(serve(listener)); listener; }),
			   &addr));
	EXPECT_COUNT(1, "StreamFirstFlightOverflows");
}

/* SYNs with payload vanish: a bare one follows, and the next visits have none. */
TEST_TIMEOUT(swallowed, 60)
{
	union ft_addr addr;
	int listener;

	if (!ft_opt.ferry)
		ft_skip("the filter looks at FSP's header");
	begin();
	listener = first_listener(ip, &addr, 5);
	visit(ip, listener, &addr);
	drop_long_syns(listener);
	EXPECT_TRUE(!visit(ip, listener, &addr));
	EXPECT_COUNT(1, "StreamDropFilter");
	EXPECT_COUNT(1, "StreamFirstFlightActiveLost");
	EXPECT_TRUE(!visit(ip, listener, &addr));
	EXPECT_COUNT(1, "StreamDropFilter");
	detach(listener);
	EXPECT_TRUE(!visit(ip, listener, &addr));
	EXPECT_COUNT(0, "StreamFirstFlightPassive");
}

/* What the network duplicates long after the connection is gone */
TEST_V4(duplicate_syn)
{
	int listener, raw, out;
	unsigned char packet[512];
	struct sockaddr_in to;
	union ft_addr addr;
	ssize_t len;

	if (!ft_opt.ferry)
		ft_skip("the packet is FSP's");
	begin();
	listener = first_listener(ip, &addr, 5);
	visit(ip, listener, &addr);
	raw = socket(AF_INET, SOCK_RAW, 253);
	ASSERT_OK(raw);
	EXPECT_TRUE(visit(ip, listener, &addr));
	do {
		len = recv(raw, packet, sizeof(packet), 0);
		ASSERT_LT(0, len);
	} while (packet[20 + 13] != 0x02 && packet[20 + 13] != 0x0a);
	ASSERT_LT(20 + 20 + (int)REQUEST_LEN, len);
	out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	ASSERT_OK(out);
	/* Client and server have both closed; the server is not in TIME_WAIT. */
	ASSERT_TRUE(reaches("StreamTimeWaitNow", 2));
	ft_fsp_check4(packet, len);
	to = addr.in;
	to.sin_port = 0;
	ASSERT_EQ(len, sendto(out, packet, len, 0, (struct sockaddr *)&to, sizeof(to)));
	ASSERT_TRUE(reaches("StreamFirstFlightReplays", 1));
	EXPECT_EQ(0, ft_poll(listener, POLLIN, 100));
	EXPECT_COUNT(1, "StreamFirstFlightPassive");
}

TEST_MAIN
