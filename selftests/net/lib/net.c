// SPDX-License-Identifier: GPL-2.0-only
/* net.c - sockets, addresses and namespaces for tests. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"
#include "net.h"
#include "options.h"

#if __has_include(<linux/ferry.h>)
#include <linux/ferry.h>
#else
#define AF_FERRY 19
#endif

int ferry_socket(int ip, int type)
{
	if (!ft_opt.ferry)
		return socket(ip == 4 ? AF_INET : AF_INET6, type, 0);
	return socket(AF_FERRY, type, ip == 4 ? 0 : 1);
}

int ft_socket(int ip, int type)
{
	int fd = ferry_socket(ip, type);

	if (fd < 0)
		FT_DIE("socket of family %s, IPv%d, type %#x: %s%s",
		       ft_family_name(), ip, type, strerror(errno),
		       errno == EAFNOSUPPORT ? " (is ferry.ko loaded?)" : "");
	return fd;
}

union ft_addr ft_any(int ip, uint16_t port)
{
	union ft_addr addr = {};

	if (ip == 4) {
		addr.in.sin_family = AF_INET;
		addr.in.sin_port = htons(port);
	} else {
		addr.in6.sin6_family = AF_INET6;
		addr.in6.sin6_port = htons(port);
	}
	return addr;
}

union ft_addr ft_loopback(int ip, uint16_t port)
{
	union ft_addr addr = ft_any(ip, port);

	if (ip == 4)
		addr.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		addr.in6.sin6_addr = in6addr_loopback;
	return addr;
}

union ft_addr ft_addr(const char *text, uint16_t port)
{
	int ip = strchr(text, ':') ? 6 : 4;
	union ft_addr addr = ft_any(ip, port);
	int ret;

	if (ip == 4)
		ret = inet_pton(AF_INET, text, &addr.in.sin_addr);
	else
		ret = inet_pton(AF_INET6, text, &addr.in6.sin6_addr);
	if (ret != 1)
		FT_DIE("not an address: %s", text);
	return addr;
}

union ft_addr ft_mapped(const char *v4_text, uint16_t port)
{
	union ft_addr v4 = ft_addr(v4_text, port);
	union ft_addr addr = ft_any(6, port);

	addr.in6.sin6_addr.s6_addr32[2] = htonl(0xffff);
	addr.in6.sin6_addr.s6_addr32[3] = v4.in.sin_addr.s_addr;
	return addr;
}

socklen_t ft_addrlen(const union ft_addr *addr)
{
	return addr->sa.sa_family == AF_INET ? sizeof(addr->in) : sizeof(addr->in6);
}

uint16_t ft_port(const union ft_addr *addr)
{
	return ntohs(addr->sa.sa_family == AF_INET ? addr->in.sin_port :
		     addr->in6.sin6_port);
}

void ft_set_port(union ft_addr *addr, uint16_t port)
{
	if (addr->sa.sa_family == AF_INET)
		addr->in.sin_port = htons(port);
	else
		addr->in6.sin6_port = htons(port);
}

bool ft_addr_equal(const union ft_addr *a, const union ft_addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family || ft_port(a) != ft_port(b))
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
}

const char *ft_addr_text(const union ft_addr *addr)
{
	static __thread char text[INET6_ADDRSTRLEN + 16];
	char host[INET6_ADDRSTRLEN];

	if (addr->sa.sa_family == AF_INET)
		inet_ntop(AF_INET, &addr->in.sin_addr, host, sizeof(host));
	else
		inet_ntop(AF_INET6, &addr->in6.sin6_addr, host, sizeof(host));
	snprintf(text, sizeof(text), "[%s]:%u", host, ft_port(addr));
	return text;
}

int ft_bind(int fd, const union ft_addr *addr)
{
	return bind(fd, &addr->sa, ft_addrlen(addr));
}

int ft_connect(int fd, const union ft_addr *addr)
{
	return connect(fd, &addr->sa, ft_addrlen(addr));
}

int ft_accept(int fd, union ft_addr *peer)
{
	socklen_t len = sizeof(*peer);

	return accept4(fd, peer ? &peer->sa : NULL, peer ? &len : NULL, SOCK_CLOEXEC);
}

union ft_addr ft_local(int fd)
{
	union ft_addr addr = {};
	socklen_t len = sizeof(addr);

	if (getsockname(fd, &addr.sa, &len) < 0)
		FT_DIE("getsockname: %s", strerror(errno));
	return addr;
}

union ft_addr ft_peer(int fd)
{
	union ft_addr addr = {};
	socklen_t len = sizeof(addr);

	if (getpeername(fd, &addr.sa, &len) < 0)
		FT_DIE("getpeername: %s", strerror(errno));
	return addr;
}

int ft_bound(int type, union ft_addr *addr)
{
	int fd = ft_socket(addr->sa.sa_family == AF_INET ? 4 : 6, type);

	if (ft_bind(fd, addr) < 0)
		FT_DIE("bind to %s: %s", ft_addr_text(addr), strerror(errno));
	*addr = ft_local(fd);
	return fd;
}

int ft_listener(union ft_addr *addr, int backlog)
{
	int fd = ft_bound(SOCK_STREAM, addr);

	if (listen(fd, backlog) < 0)
		FT_DIE("listen: %s", strerror(errno));
	return fd;
}

void ft_stream_pair(int ip, int fd[2])
{
	union ft_addr addr = ft_loopback(ip, 0);
	int listener = ft_listener(&addr, 1);

	fd[0] = ft_socket(ip, SOCK_STREAM);
	if (ft_connect(fd[0], &addr) < 0)
		FT_DIE("connect to %s: %s", ft_addr_text(&addr), strerror(errno));
	fd[1] = ft_accept(listener, NULL);
	if (fd[1] < 0)
		FT_DIE("accept: %s", strerror(errno));
	close(listener);
}

void ft_dgram_pair(int ip, int fd[2])
{
	union ft_addr addr[2] = { ft_loopback(ip, 0), ft_loopback(ip, 0) };
	int i;

	for (i = 0; i < 2; i++)
		fd[i] = ft_bound(SOCK_DGRAM, &addr[i]);
	for (i = 0; i < 2; i++)
		if (ft_connect(fd[i], &addr[!i]) < 0)
			FT_DIE("connect: %s", strerror(errno));
}

int ft_sysctl(const char *name, const char *value)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	ret = write(fd, value, strlen(value));
	close(fd);
	return ret < 0 ? -1 : 0;
}

int ft_getopt(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = 0;

	if (getsockopt(fd, level, name, &value, &len) < 0)
		FT_DIE("getsockopt(%d, %d): %s", level, name, strerror(errno));
	return value;
}

int ft_setopt(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

void ft_nonblock(int fd)
{
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		FT_DIE("fcntl: %s", strerror(errno));
}

int ft_poll(int fd, short events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int ret;

	ret = poll(&p, 1, timeout_ms);
	if (ret < 0)
		FT_DIE("poll: %s", strerror(errno));
	return ret ? p.revents : 0;
}

void ft_send_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;
	ssize_t n;

	while (len) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			FT_DIE("send: %s", n ? strerror(errno) : "returned 0");
		p += n;
		len -= n;
	}
}

size_t ft_recv_all(int fd, void *buf, size_t len)
{
	size_t have = 0;
	ssize_t n;

	while (have < len) {
		n = recv(fd, (char *)buf + have, len - have, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			FT_DIE("recv: %s", strerror(errno));
		if (!n)
			break;
		have += n;
	}
	return have;
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ifr.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		FT_DIE("cannot bring loopback up: %s", strerror(errno));
	close(fd);
}

void ft_new_netns(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		FT_DIE("cannot make a network namespace (not root?): %s",
		       strerror(errno));
	loopback_up();
}

void ft_enter_netns(const char *name)
{
	char path[256];
	int fd;

	if (!name)
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		FT_DIE("network namespace %s: %s", name, strerror(errno));
	close(fd);
}

void ft_want_files(unsigned int n)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		FT_DIE("getrlimit: %s", strerror(errno));
	if (lim.rlim_cur >= n)
		return;
	lim.rlim_cur = n;
	if (lim.rlim_max < n)
		lim.rlim_max = n;
	if (setrlimit(RLIMIT_NOFILE, &lim) < 0)
		FT_DIE("cannot have %u descriptors: %s", n, strerror(errno));
}

uint64_t ft_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}
