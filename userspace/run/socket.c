// SPDX-License-Identifier: GPL-2.0-only
/*
 * socket.c - socket() and what a program may ask of its result.
 *
 * Only sockets that would be TCP's or UDP's become Ferry's: raw and ICMP
 * sockets, MPTCP, SCTP and every other family are none of our business. Inside,
 * a Ferry socket is of family AF_INET or AF_INET6, so getsockname() and
 * SO_DOMAIN say what the program expects; the protocol number alone does not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/ferry.h>

#include "preload.h"
#include "settings.h"

#define TYPE_MASK	0xf	/* the rest of a socket type is SOCK_* flags */

DEFINE_NEXT(socket)
DEFINE_NEXT(getsockopt)
DEFINE_NEXT(setsockopt)

/* Text is put together by hand: stdio may allocate and is not for handlers. */
struct line {
	char text[160];
	size_t len;
};

static void add(struct line *l, const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof(l->text) - l->len)
		n = sizeof(l->text) - l->len;
	memcpy(l->text + l->len, text, n);
	l->len += n;
}

static void add_number(struct line *l, unsigned int n)
{
	char digits[12], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = '0' + n % 10;
		n /= 10;
	} while (n);
	add(l, p);
}

static void to_stderr(const char *text, size_t len)
{
	ssize_t ignored = write(STDERR_FILENO, text, len);

	(void)ignored;
}

static void say_converted(int domain, int type, int fd)
{
	struct line l = { .len = 0 };

	add(&l, "ferry run: pid ");
	add_number(&l, getpid());
	add(&l, domain == AF_INET ? ": socket(AF_INET, " : ": socket(AF_INET6, ");
	add(&l, (type & TYPE_MASK) == SOCK_STREAM ? "SOCK_STREAM" : "SOCK_DGRAM");
	add(&l, ") -> ferry, fd ");
	add_number(&l, fd);
	add(&l, "\n");
	to_stderr(l.text, l.len);
}

static void say_fallback(void)
{
	if (!atomic_exchange(&ferry_run.told, true))
		to_stderr(FERRY_RUN_NO_FAMILY, strlen(FERRY_RUN_NO_FAMILY));
}

static bool wanted(int domain, int type, int protocol)
{
	if (ferry_run.off || (domain != AF_INET && domain != AF_INET6))
		return false;
	switch (type & TYPE_MASK) {
	case SOCK_STREAM:
		return !ferry_run.keep_stream &&
		       (!protocol || protocol == IPPROTO_TCP);
	case SOCK_DGRAM:
		return !ferry_run.keep_dgram &&
		       (!protocol || protocol == IPPROTO_UDP);
	default:
		return false;
	}
}

static int plain_socket(int domain, int type, int protocol)
{
	if (!next_socket())
		return syscall(SYS_socket, domain, type, protocol);
	return next_socket()(domain, type, protocol);
}

/*
 * A socket that cannot go inside UDP is no socket: it would go bare where its
 * user said it must not.
 */
static int inside_udp(int fd)
{
	int on = 1, ret, err;

	if (!next_setsockopt())
		ret = syscall(SYS_setsockopt, fd, SOL_FERRY, FERRY_UDP_ENCAP, &on, sizeof(on));
	else
		ret = next_setsockopt()(fd, SOL_FERRY, FERRY_UDP_ENCAP, &on, sizeof(on));
	if (!ret)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

EXPORT int socket(int domain, int type, int protocol)
{
	int saved = errno, fd;

	if (!wanted(domain, type, protocol))
		return plain_socket(domain, type, protocol);
	fd = plain_socket(AF_FERRY, type, domain == AF_INET ? FERRY_PROTO_V4 :
			  FERRY_PROTO_V6);
	if (fd < 0 && errno == EAFNOSUPPORT) {
		say_fallback();
		errno = saved;
		return plain_socket(domain, type, protocol);
	}
	if (fd >= 0 && ferry_run.udp)
		fd = inside_udp(fd);
	if (fd >= 0 && ferry_run.verbose) {
		say_converted(domain, type, fd);
		errno = saved;
	}
	return fd;
}

static int plain_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	if (!next_getsockopt())
		return syscall(SYS_getsockopt, fd, level, name, value, len);
	return next_getsockopt()(fd, level, name, value, len);
}

/* The protocol a converted socket stands in for; 0 for any other socket. */
static int stands_in_for(int fd)
{
	int version, type;
	socklen_t len = sizeof(version);

	if (plain_getsockopt(fd, SOL_FERRY, FERRY_VERSION, &version, &len))
		return 0;
	len = sizeof(type);
	if (plain_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
		return 0;
	return type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
}

/*
 * Programs that are handed a socket ask for its protocol and set TCP_NODELAY
 * and the like only if it is TCP's (Python's asyncio does): tell them so.
 */
static void disguise(int fd, int *protocol)
{
	int saved = errno, other;

	if (*protocol != IPPROTO_TCP && *protocol != IPPROTO_UDP) {
		other = stands_in_for(fd);
		if (other)
			*protocol = other;
	}
	errno = saved;
}

EXPORT int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int ret = plain_getsockopt(fd, level, name, value, len);

	if (!ret && level == SOL_SOCKET && name == SO_PROTOCOL &&
	    *len == sizeof(int) && !ferry_run.off)
		disguise(fd, value);
	return ret;
}

__attribute__((constructor)) static void look_up(void)
{
	next_socket();
	next_getsockopt();
	next_setsockopt();
}
