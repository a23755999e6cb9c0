// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_bind.c - who may have which port: bind(), listen() and connect() of both
 * kinds of socket, with every option that has a say. What is not marked as
 * Ferry's own holds for TCP and UDP too: --family inet proves it.
 */
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <linux/filter.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

#define PORT	7000
#define USER	1000

static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

#define EACH_TYPE(type)	\
	for (const int *type = types; type < types + 2; type++)

static const char *type_name(int type)
{
	return type == SOCK_STREAM ? "stream" : "datagram";
}

/* ---- addresses ---- */

/**
 * struct claim - an address as bound, by a socket of the right family
 * @text: address
 * @ip: family
 * @v6only: IPV6_V6ONLY
 */
struct claim {
	const char *text;
	int ip;
	bool v6only;
};

static const struct claim claims[] = {
	{ "0.0.0.0", 4, false },
	{ "127.0.0.1", 4, false },
	{ "127.0.0.2", 4, false },
	{ "::", 6, false },
	{ "::", 6, true },
	{ "::1", 6, false },
	{ "::ffff:0.0.0.0", 6, false },
	{ "::ffff:127.0.0.1", 6, false },
};

#define CLAIMS	(sizeof(claims) / sizeof(claims[0]))

/* Which have a packet in common: what makes them conflict */
static const char meets[CLAIMS][CLAIMS + 1] = {
	"xxxx..xx",
	"xx.x..xx",
	"x.xx..x.",
	"xxxxxxxx",
	"...xxx..",
	"...xxx..",
	"xxxx..xx",
	"xx.x..xx",
};

static int claim_socket(const struct claim *c, int type, int reuse, int reuseport)
{
	int fd = ft_socket(c->ip, type);

	if (c->ip == 6)
		ft_setopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, c->v6only);
	ft_setopt(fd, SOL_SOCKET, SO_REUSEADDR, reuse);
	ft_setopt(fd, SOL_SOCKET, SO_REUSEPORT, reuseport);
	return fd;
}

static int claim_bind(const struct claim *c, int fd)
{
	union ft_addr addr = ft_addr(c->text, PORT);

	return ft_bind(fd, &addr);
}

static void check_pair(const struct claim *a, const struct claim *b, int type,
		       int reuse, int reuseport, bool conflict)
{
	int fa = claim_socket(a, type, reuse, reuseport);
	int fb = claim_socket(b, type, reuse, reuseport);
	int ret;

	ASSERT_OK(claim_bind(a, fa));
	errno = 0;
	ret = claim_bind(b, fb);
	if (ret != (conflict ? -1 : 0) || errno != (conflict ? EADDRINUSE : 0))
		FT_FAIL("%s %s%s, then %s%s, reuse %d, reuseport %d: %s", type_name(type),
			a->text, a->v6only ? " v6only" : "", b->text,
			b->v6only ? " v6only" : "", reuse, reuseport, strerror(errno));
	close(fa);
	close(fb);
}

/* Without options, whoever meets conflicts; with both, nobody does. */
FT_CASE(wildcard_matrix, FT_V4, 60)
{
	unsigned int i, j;

	EACH_TYPE(type) {
		for (i = 0; i < CLAIMS; i++) {
			for (j = 0; j < CLAIMS; j++) {
				const struct claim *a = &claims[i], *b = &claims[j];
				bool meet = meets[i][j] == 'x';

				check_pair(a, b, *type, 0, 0, meet);
				check_pair(a, b, *type, 1, 0, false);
				check_pair(a, b, *type, 0, 1, false);
				check_pair(a, b, *type, 1, 1, false);
			}
		}
	}
}

/* One of the two alone is not enough. */
TEST(options_of_one)
{
	const int names[] = { SO_REUSEADDR, SO_REUSEPORT };
	union ft_addr addr = ft_loopback(ip, PORT);
	int i, a, b;

	EACH_TYPE(type) {
		for (i = 0; i < 4; i++) {
			a = ft_socket(ip, *type);
			b = ft_socket(ip, *type);
			ft_setopt(i & 1 ? a : b, SOL_SOCKET, names[i / 2], 1);
			ASSERT_OK(ft_bind(a, &addr));
			EXPECT_ERRNO(EADDRINUSE, ft_bind(b, &addr));
			close(a);
			close(b);
		}
	}
}

/* SO_REUSEADDR shares a stream's port while neither listens. */
TEST(reuseaddr_and_listen)
{
	union ft_addr addr = ft_any(ip, PORT);
	int fd[3], i;

	for (i = 0; i < 3; i++) {
		fd[i] = ft_socket(ip, SOCK_STREAM);
		ft_setopt(fd[i], SOL_SOCKET, SO_REUSEADDR, 1);
	}
	ASSERT_OK(ft_bind(fd[0], &addr));
	ASSERT_OK(ft_bind(fd[1], &addr));
	ASSERT_OK(listen(fd[0], 1));
	EXPECT_ERRNO(EADDRINUSE, listen(fd[1], 1));
	EXPECT_ERRNO(EADDRINUSE, ft_bind(fd[2], &addr));
	close(fd[0]);
	EXPECT_OK(listen(fd[1], 1));
}

TEST(bind_errors)
{
	union ft_addr addr = ft_loopback(ip, PORT), any = ft_any(ip, 0);
	int fd;

	EACH_TYPE(type) {
		fd = ft_socket(ip, *type);
		EXPECT_ERRNO(EINVAL, bind(fd, &addr.sa, 2));
		EXPECT_ERRNO(EINVAL, bind(fd, &addr.sa, ft_addrlen(&addr) - 8));
		addr.sa.sa_family = AF_UNIX;
		EXPECT_ERRNO(EAFNOSUPPORT, ft_bind(fd, &addr));
		addr.sa.sa_family = AF_UNSPEC;
		EXPECT_ERRNO(EAFNOSUPPORT, bind(fd, &addr.sa, sizeof(addr.in6)));
		addr = ft_loopback(ip, PORT);
		ASSERT_OK(ft_bind(fd, &addr));
		EXPECT_ERRNO(EINVAL, ft_bind(fd, &addr));
		EXPECT_ERRNO(EINVAL, ft_bind(fd, &any));
		close(fd);
	}
}

TEST_V4(bind_unspec)
{
	union ft_addr any = ft_any(4, PORT);
	int fd;

	EACH_TYPE(type) {
		fd = ft_socket(4, *type);
		any.sa.sa_family = AF_UNSPEC;
		EXPECT_OK(bind(fd, &any.sa, sizeof(any.in)));
		any = ft_local(fd);
		EXPECT_EQ(AF_INET, any.sa.sa_family);
		EXPECT_EQ(PORT, ft_port(&any));
		close(fd);
	}
}

TEST(not_our_address)
{
	union ft_addr addr = ft_addr(ip == 4 ? "192.0.2.1" : "2001:db8::1", PORT);
	union ft_addr local;
	int fd;

	EACH_TYPE(type) {
		fd = ft_socket(ip, *type);
		EXPECT_ERRNO(EADDRNOTAVAIL, ft_bind(fd, &addr));
		local = ft_local(fd);
		EXPECT_EQ(0, ft_port(&local));
		ft_setopt(fd, IPPROTO_IP, IP_FREEBIND, 1);
		EXPECT_OK(ft_bind(fd, &addr));
		local = ft_local(fd);
		EXPECT_TRUE(ft_addr_equal(&addr, &local));
		close(fd);
	}
}

/* What failed leaves nothing behind. */
TEST(failure_leaves_nothing)
{
	union ft_addr addr = ft_loopback(ip, PORT), other = ft_any(ip, PORT + 1);
	union ft_addr local;
	int a, b;

	EACH_TYPE(type) {
		a = ft_socket(ip, *type);
		b = ft_socket(ip, *type);
		ASSERT_OK(ft_bind(a, &addr));
		EXPECT_ERRNO(EADDRINUSE, ft_bind(b, &addr));
		local = ft_local(b);
		EXPECT_EQ(0, ft_port(&local));
		ft_set_port(&local, PORT + 1);
		EXPECT_TRUE(ft_addr_equal(&other, &local));
		EXPECT_OK(ft_bind(b, &other));
		if (ip == 6)
			EXPECT_EQ(0, ft_getopt(b, IPPROTO_IPV6, IPV6_V6ONLY));
		close(a);
		close(b);
	}
}

static void make_veth(void)
{
	ASSERT_EQ(0, system("ip link add fa type veth peer name fb && "
			    "ip addr add 10.9.0.1/24 dev fa && "
			    "ip addr add fe80::a/64 dev fa nodad && "
			    "ip link set fa up && ip link set fb up"));
}

FT_CASE(link_local, FT_V6, 60)
{
	union ft_addr addr;
	int fd;

	make_veth();
	addr = ft_addr("fe80::a", PORT);
	EACH_TYPE(type) {
		fd = ft_socket(6, *type);
		addr.in6.sin6_scope_id = 0;
		EXPECT_ERRNO(EINVAL, ft_bind(fd, &addr));
		addr.in6.sin6_scope_id = 4242;
		EXPECT_ERRNO(ENODEV, ft_bind(fd, &addr));
		close(fd);
		fd = ft_socket(6, *type);
		addr.in6.sin6_scope_id = if_nametoindex("fb");
		EXPECT_ERRNO(EADDRNOTAVAIL, ft_bind(fd, &addr));
		close(fd);
		fd = ft_socket(6, *type);
		addr.in6.sin6_scope_id = if_nametoindex("fa");
		EXPECT_OK(ft_bind(fd, &addr));
		addr = ft_local(fd);
		EXPECT_EQ(if_nametoindex("fa"), addr.in6.sin6_scope_id);
		close(fd);
	}
}

TEST_V6(v6_only)
{
	union ft_addr mapped = ft_mapped("127.0.0.1", PORT);
	union ft_addr group = ft_addr("ff02::1", PORT);
	union ft_addr lo = ft_loopback(6, PORT);
	int fd;

	EACH_TYPE(type) {
		fd = ft_socket(6, *type);
		ft_setopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		EXPECT_ERRNO(EINVAL, ft_bind(fd, &mapped));
		close(fd);
		fd = ft_socket(6, *type);
		ft_setopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
		EXPECT_OK(ft_bind(fd, &lo));
		EXPECT_EQ(1, ft_getopt(fd, IPPROTO_IPV6, IPV6_V6ONLY));
		close(fd);
	}
	fd = ft_socket(6, SOCK_STREAM);
	EXPECT_ERRNO(EINVAL, ft_bind(fd, &group));
}

static void to_device(int fd, const char *name)
{
	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, strlen(name)));
}

/* Sockets of different interfaces do not meet; one of none meets both. */
TEST_TIMEOUT(devices, 60)
{
	union ft_addr addr = ft_any(ip, PORT);
	int a, b, c;

	make_veth();
	EACH_TYPE(type) {
		a = ft_socket(ip, *type);
		b = ft_socket(ip, *type);
		c = ft_socket(ip, *type);
		to_device(a, "fa");
		to_device(b, "lo");
		EXPECT_OK(ft_bind(a, &addr));
		EXPECT_OK(ft_bind(b, &addr));
		EXPECT_ERRNO(EADDRINUSE, ft_bind(c, &addr));
		to_device(c, "fa");
		EXPECT_ERRNO(EADDRINUSE, ft_bind(c, &addr));
		close(a);
		EXPECT_OK(ft_bind(c, &addr));
		close(b);
		close(c);
	}
}

/* ---- rights ---- */

/* Run a check as somebody else; what it returns is its exit status. */
static int as_user(int uid, int (*check)(int ip, int type, int port), int ip, int type,
		   int port)
{
	pid_t pid = fork();
	int status;

	ASSERT_OK(pid);
	if (!pid) {
		if (setgroups(0, NULL) || setgid(uid) || setuid(uid))
			_exit(200);
		_exit(check(ip, type, port));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The errno of bind(); one that fits into an exit status */
static int try_bind(int ip, int type, int port)
{
	union ft_addr addr = ft_any(ip, port);
	int fd = ferry_socket(ip, type);

	return fd < 0 || ft_bind(fd, &addr) ? errno : 0;
}

static int try_reuseport(int ip, int type, int port)
{
	union ft_addr addr = ft_any(ip, port);
	int fd = ferry_socket(ip, type), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)))
		return errno;
	return ft_bind(fd, &addr) ? errno : 0;
}

TEST_TIMEOUT(privileged, 60)
{
	EACH_TYPE(type) {
		ASSERT_OK(ft_sysctl("ipv4/ip_unprivileged_port_start", "1024"));
		EXPECT_EQ(0, try_bind(ip, *type, 80));
		EXPECT_EQ(EACCES, as_user(USER, try_bind, ip, *type, 80));
		EXPECT_EQ(EACCES, as_user(USER, try_bind, ip, *type, 1023));
		EXPECT_EQ(0, as_user(USER, try_bind, ip, *type, 1024));
		ASSERT_OK(ft_sysctl("ipv4/ip_unprivileged_port_start", "79"));
		EXPECT_EQ(EADDRINUSE, as_user(USER, try_bind, ip, *type, 80));
		EXPECT_EQ(0, as_user(USER, try_bind, ip, *type, 79));
	}
}

/* The tool is built beside the tests. */
static void tool(const char *fmt, ...)
{
	char path[PATH_MAX], words[256], command[PATH_MAX + 256];
	va_list ap;
	ssize_t n;

	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	ASSERT_GT(n, 0);
	path[n] = '\0';
	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	snprintf(command, sizeof(command), "%s/../../bin/ferry %s", dirname(path), words);
	if (system(command))
		FT_DIE("failed: %s", command);
}

static void need_ferry(void)
{
	if (!ft_opt.ferry)
		ft_skip("TCP and UDP know no grants");
}

TEST_TIMEOUT(grants, 90)
{
	need_ferry();
	EACH_TYPE(type) {
		const char *t = *type == SOCK_STREAM ? "stream" : "dgram";

		tool("port grant 80-81 %s uid %d", t, USER);
		tool("port grant 82 %s gid %d", t, USER);
		EXPECT_EQ(0, as_user(USER, try_bind, ip, *type, 80));
		EXPECT_EQ(0, as_user(USER, try_bind, ip, *type, 82));
		EXPECT_EQ(EACCES, as_user(USER, try_bind, ip, *type, 83));
		EXPECT_EQ(EACCES, as_user(USER + 1, try_bind, ip, *type, 80));
		tool("port release 80-81 %s uid %d", t, USER);
		EXPECT_EQ(EACCES, as_user(USER, try_bind, ip, *type, 80));
		EXPECT_EQ(0, as_user(USER, try_bind, ip, *type, 82));
	}
}

TEST_TIMEOUT(reservations, 90)
{
	need_ferry();
	EACH_TYPE(type) {
		const char *t = *type == SOCK_STREAM ? "stream" : "dgram";

		tool("port reserve 5000-5010 %s", t);
		EXPECT_EQ(EACCES, try_bind(ip, *type, 5005));
		EXPECT_EQ(EACCES, as_user(USER, try_bind, ip, *type, 5000));
		tool("port grant 5005 %s uid %d", t, USER);
		EXPECT_EQ(0, as_user(USER, try_bind, ip, *type, 5005));
		EXPECT_EQ(EACCES, try_bind(ip, *type, 5005));
		tool("port release 5000-5010 %s", t);
		EXPECT_EQ(0, try_bind(ip, *type, 5006));
	}
}

/* ---- ephemeral ports ---- */

#define LOW	40000
#define HIGH	40019
#define RANGE	(HIGH - LOW + 1)

static int autobind(int ip, int type, const char *addr)
{
	union ft_addr any = addr ? ft_addr(addr, 0) : ft_any(ip, 0);
	int fd = ft_socket(ip, type);

	return ft_bind(fd, &any) ? (close(fd), -1) : fd;
}

TEST(range_and_exhaustion)
{
	bool seen[RANGE];
	union ft_addr addr;
	int fd[RANGE], i;

	ASSERT_OK(ft_sysctl("ipv4/ip_local_port_range", "40000 40019"));
	EACH_TYPE(type) {
		memset(seen, 0, sizeof(seen));
		for (i = 0; i < RANGE; i++) {
			ASSERT_OK(fd[i] = autobind(ip, *type, NULL));
			addr = ft_local(fd[i]);
			ASSERT_GE(ft_port(&addr), LOW);
			ASSERT_LE(ft_port(&addr), HIGH);
			EXPECT_TRUE(!seen[ft_port(&addr) - LOW]);
			seen[ft_port(&addr) - LOW] = true;
		}
		EXPECT_ERRNO(EADDRINUSE, autobind(ip, *type, NULL));
		close(fd[3]);
		EXPECT_OK(fd[3] = autobind(ip, *type, NULL));
		for (i = 0; i < RANGE; i++)
			close(fd[i]);
	}
}

/* Another local address has the ports again. */
TEST_V4(exhaustion_by_address)
{
	int i;

	ASSERT_OK(ft_sysctl("ipv4/ip_local_port_range", "40000 40019"));
	EACH_TYPE(type) {
		for (i = 0; i < RANGE; i++)
			ASSERT_OK(autobind(4, *type, "127.0.0.1"));
		EXPECT_ERRNO(EADDRINUSE, autobind(4, *type, "127.0.0.1"));
		EXPECT_OK(autobind(4, *type, "127.0.0.2"));
	}
}

TEST(reserved_ports)
{
	union ft_addr addr;
	int fd;

	ASSERT_OK(ft_sysctl("ipv4/ip_local_port_range", "40000 40019"));
	ASSERT_OK(ft_sysctl("ipv4/ip_local_reserved_ports", "40000-40018"));
	EACH_TYPE(type) {
		ASSERT_OK(fd = autobind(ip, *type, NULL));
		addr = ft_local(fd);
		EXPECT_EQ(40019, ft_port(&addr));
		EXPECT_ERRNO(EADDRINUSE, autobind(ip, *type, NULL));
		EXPECT_EQ(0, try_bind(ip, *type, 40007));
	}
}

TEST(own_range)
{
	uint32_t range = 41003u << 16 | 41003;
	union ft_addr any = ft_any(ip, 0), addr;
	int fd;

	EACH_TYPE(type) {
		fd = ft_socket(ip, *type);
		if (setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof(range)))
			ft_skip("this kernel has no IP_LOCAL_PORT_RANGE");
		ASSERT_OK(ft_bind(fd, &any));
		addr = ft_local(fd);
		EXPECT_EQ(41003, ft_port(&addr));
	}
}

/* Nobody can tell the next port from the last. */
TEST(unpredictable)
{
	int near, last, i;
	union ft_addr addr;

	EACH_TYPE(type) {
		near = 0;
		last = 0;
		for (i = 0; i < 64; i++) {
			int fd = autobind(ip, *type, NULL);

			ASSERT_OK(fd);
			addr = ft_local(fd);
			near += abs(ft_port(&addr) - last) < 16;
			last = ft_port(&addr);
		}
		EXPECT_LT(near, 8);
	}
}

/* A destination that took the whole range leaves it free for all others. */
TEST(connections_share_ports)
{
	union ft_addr server[2] = { ft_loopback(ip, PORT), ft_loopback(ip, PORT + 1) };
	int i, j, fd;

	ASSERT_OK(ft_sysctl("ipv4/ip_local_port_range", "40000 40019"));
	ft_listener(&server[0], 100);
	ft_listener(&server[1], 100);
	for (i = 0; i < 2; i++) {
		for (j = 0; j < RANGE; j++)
			ASSERT_OK(ft_connect(ft_socket(ip, SOCK_STREAM), &server[i]));
		fd = ft_socket(ip, SOCK_STREAM);
		EXPECT_ERRNO(EADDRNOTAVAIL, ft_connect(fd, &server[i]));
	}
}

TEST(datagrams_do_not)
{
	union ft_addr to = ft_loopback(ip, PORT);
	int i, fd;

	ASSERT_OK(ft_sysctl("ipv4/ip_local_port_range", "40000 40019"));
	for (i = 0; i < RANGE; i++)
		ASSERT_OK(ft_connect(ft_socket(ip, SOCK_DGRAM), &to));
	fd = ft_socket(ip, SOCK_DGRAM);
	EXPECT_ERRNO(EAGAIN, ft_connect(fd, &to));
}

/* An address without a port: connect() chooses, and may share. */
TEST(address_no_port)
{
	union ft_addr server = ft_loopback(ip, PORT), me = ft_loopback(ip, 0), addr;
	int fd, j;

	ASSERT_OK(ft_sysctl("ipv4/ip_local_port_range", "40000 40019"));
	ft_listener(&server, 100);
	for (j = 0; j < RANGE; j++)
		ASSERT_OK(ft_connect(ft_socket(ip, SOCK_STREAM), &server));
	server = ft_loopback(ip, PORT + 1);
	ft_listener(&server, 100);
	fd = ft_socket(ip, SOCK_STREAM);
	EXPECT_ERRNO(EADDRINUSE, ft_bind(fd, &me));
	ft_setopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	ASSERT_OK(ft_bind(fd, &me));
	addr = ft_local(fd);
	EXPECT_EQ(0, ft_port(&addr));
	EXPECT_OK(ft_connect(fd, &server));
	addr = ft_local(fd);
	EXPECT_NE(0, ft_port(&addr));
}

/* Two sockets with one port may be connected, but not by the same tuple. */
TEST(tuple_is_unique)
{
	union ft_addr server = ft_loopback(ip, PORT), me = ft_loopback(ip, PORT + 9);
	int fd[2], i;

	ft_listener(&server, 8);
	for (i = 0; i < 2; i++) {
		fd[i] = ft_socket(ip, SOCK_STREAM);
		ft_setopt(fd[i], SOL_SOCKET, SO_REUSEADDR, 1);
		ASSERT_OK(ft_bind(fd[i], &me));
	}
	EXPECT_OK(ft_connect(fd[0], &server));
	EXPECT_ERRNO(EADDRNOTAVAIL, ft_connect(fd[1], &server));
}

/* ---- who gets what arrives ---- */

static void send_to(int ip, const union ft_addr *to, const char *text)
{
	int fd = ft_socket(ip, SOCK_DGRAM);

	ASSERT_EQ(strlen(text), sendto(fd, text, strlen(text), 0, &to->sa, ft_addrlen(to)));
	close(fd);
}

/* How many datagrams wait; they are read */
static int drain(int fd)
{
	char buf[64];
	int n = 0;

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		n++;
	return n;
}

#define MEMBERS	4
#define SENT	400

static void group(int ip, const union ft_addr *addr, int fd[MEMBERS])
{
	int i;

	for (i = 0; i < MEMBERS; i++) {
		fd[i] = ft_socket(ip, SOCK_DGRAM);
		ft_setopt(fd[i], SOL_SOCKET, SO_REUSEPORT, 1);
		ASSERT_OK(ft_bind(fd[i], addr));
	}
}

/*
 * Send and count who gets how much; read now and then, as what matters here is
 * not how much fits into a receive buffer.
 */
static int share(int ip, const int *fd, int members, int *got)
{
	union ft_addr to = ft_loopback(ip, PORT);
	int i, j, sum = 0;

	for (i = 1; i <= SENT; i++) {
		send_to(ip, &to, "x");
		for (j = 0; i % 20 == 0 && j < members; j++) {
			int n = drain(fd[j]);

			got[j] += n;
			sum += n;
		}
	}
	return sum;
}

TEST(reuseport_shares)
{
	int fd[MEMBERS], got[2][MEMBERS] = {}, i;
	union ft_addr addr = ft_any(ip, PORT);

	group(ip, &addr, fd);
	EXPECT_EQ(SENT, share(ip, fd, MEMBERS, got[0]));
	for (i = 0; i < MEMBERS; i++)
		EXPECT_GT(got[0][i], SENT / MEMBERS / 3);
	close(fd[0]);
	EXPECT_EQ(SENT, share(ip, fd + 1, MEMBERS - 1, got[1]));
	for (i = 0; i < MEMBERS - 1; i++)
		EXPECT_GT(got[1][i], SENT / MEMBERS / 3);
}

TEST(reuseport_one_user)
{
	EACH_TYPE(type) {
		union ft_addr addr = ft_any(ip, PORT);
		int fd = ft_socket(ip, *type);

		ft_setopt(fd, SOL_SOCKET, SO_REUSEPORT, 1);
		ASSERT_OK(ft_bind(fd, &addr));
		EXPECT_EQ(0, try_reuseport(ip, *type, PORT));
		EXPECT_EQ(EADDRINUSE, as_user(USER, try_reuseport, ip, *type, PORT));
		close(fd);
	}
}

/* A program of the group decides. It sees the payload. */
TEST(reuseport_program)
{
	struct sock_filter code[] = {
		{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 0 },
		{ BPF_ALU | BPF_SUB | BPF_K, 0, 0, '0' },
		{ BPF_RET | BPF_A, 0, 0, 0 },
	};
	struct sock_fprog prog = { .len = 3, .filter = code };
	union ft_addr addr = ft_any(ip, PORT), to = ft_loopback(ip, PORT);
	const char *text[] = { "0", "1", "2", "3" };
	int fd[MEMBERS], i, j;

	group(ip, &addr, fd);
	ASSERT_OK(setsockopt(fd[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog,
			     sizeof(prog)));
	for (i = 0; i < MEMBERS; i++) {
		for (j = 0; j < 10; j++)
			send_to(ip, &to, text[i]);
		EXPECT_EQ(10, drain(fd[i]));
	}
}

/* Address before wildcard, peer before both. */
TEST_V4(most_specific)
{
	union ft_addr any = ft_any(4, PORT), one = ft_addr("127.0.0.1", PORT);
	union ft_addr any6 = ft_any(6, PORT), me = ft_addr("127.0.0.1", PORT + 1);
	int all = ft_socket(4, SOCK_DGRAM), lo = ft_socket(4, SOCK_DGRAM);
	int conn = ft_socket(4, SOCK_DGRAM), peer = ft_socket(4, SOCK_DGRAM);
	int dual = ft_socket(6, SOCK_DGRAM), fds[] = { all, lo, conn, dual };
	union ft_addr other = ft_addr("127.0.0.2", PORT);
	unsigned int i;

	for (i = 0; i < 4; i++)
		ft_setopt(fds[i], SOL_SOCKET, SO_REUSEADDR, 1);
	ASSERT_OK(ft_bind(peer, &me));
	ASSERT_OK(ft_bind(dual, &any6));
	ASSERT_OK(ft_bind(all, &any));
	ASSERT_OK(ft_bind(conn, &one));
	ASSERT_OK(ft_connect(conn, &me));
	ASSERT_OK(ft_bind(lo, &one));

	send_to(4, &other, "x");
	EXPECT_EQ(1, drain(all));
	send_to(4, &one, "x");
	EXPECT_EQ(1, drain(lo));
	ASSERT_EQ(1, sendto(peer, "x", 1, 0, &one.sa, sizeof(one.in)));
	EXPECT_EQ(1, drain(conn));
	close(all);
	send_to(4, &other, "x");
	EXPECT_EQ(1, drain(dual));
	EXPECT_EQ(0, drain(lo) + drain(conn));
}

TEST_MAIN
