// SPDX-License-Identifier: GPL-2.0-only
/* tun.c - the device, and the queue of what came out of it. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "conform.h"
#include "lib/ktap.h"

#define DEVICE	"tun0"

/* As in linux/ipv6.h, which does not go with the C library's headers */
struct in6_ifreq {
	struct in6_addr addr;
	uint32_t prefix_len;
	int ifindex;
};

static void request(int fd, unsigned long what, struct ifreq *ifr)
{
	ASSERT_OK(ioctl(fd, what, ifr));
}

static struct ifreq ifreq(void)
{
	struct ifreq ifr = {};

	strcpy(ifr.ifr_name, DEVICE);
	return ifr;
}

static void set_addr4(int fd, unsigned long what, const char *text)
{
	struct ifreq ifr = ifreq();
	struct sockaddr_in *in = (void *)&ifr.ifr_addr;

	in->sin_family = AF_INET;
	inet_pton(AF_INET, text, &in->sin_addr);
	request(fd, what, &ifr);
}

static void set_addr6(int fd, const char *text)
{
	struct in6_ifreq req = { .prefix_len = 64, .ifindex = if_nametoindex(DEVICE) };

	inet_pton(AF_INET6, text, &req.addr);
	ASSERT_OK(ioctl(fd, SIOCSIFADDR, &req));
}

/* An address of IPv6 is only good once the kernel's worker has looked at it. */
static void wait_addr6(const char *text)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int64_t deadline = now_ms() + patience(5000);

	inet_pton(AF_INET6, text, &in6.sin6_addr);
	while (bind(fd, (void *)&in6, sizeof(in6)) < 0) {
		if (now_ms() > deadline)
			FT_DIE("%s: %s", text, strerror(errno));
		poll(NULL, 0, 1);
	}
	close(fd);
}

static void addresses(void)
{
	struct ifreq ifr = ifreq();
	int fd4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int fd6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ASSERT_OK(fd4);
	ASSERT_OK(fd6);
	ifr.ifr_flags = IFF_UP | IFF_POINTOPOINT | IFF_NOARP | IFF_BROADCAST;
	request(fd4, SIOCSIFFLAGS, &ifr);
	set_addr4(fd4, SIOCSIFADDR, "10.77.1.1");
	set_addr4(fd4, SIOCSIFNETMASK, "255.255.255.0");
	set_addr4(fd4, SIOCSIFBRDADDR, "10.77.1.255");
	set_addr6(fd6, "fd77:1::1");
	wait_addr6("fd77:1::1");
	close(fd4);
	close(fd6);
}

void tun_open(void)
{
	struct ifreq ifr = ifreq();

	w.tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (w.tun < 0)
		FT_DIE("/dev/net/tun: %s (is the module tun loaded?)", strerror(errno));
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	request(w.tun, TUNSETIFF, &ifr);
	addresses();
}

void tun_mtu(int mtu)
{
	struct ifreq ifr = ifreq();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ifr.ifr_mtu = mtu;
	request(fd, SIOCSIFMTU, &ifr);
	close(fd);
}

void tun_send(const uint8_t *p, size_t len)
{
	if (write(w.tun, p, len) != (ssize_t)len)
		fail("writing to the device: %s", strerror(errno));
}

/*
 * The module's first number, until "again" the one of the first connection; and what
 * an ICMP error may quote
 */
static void learn(const struct packet *p)
{
	struct flow *f = packet_flow(p);

	if (!f)
		return;
	f->last_len = p->size < sizeof(f->last) ? p->size : sizeof(f->last);
	memcpy(f->last, p->data, f->last_len);
	if (p->kind != FSP)
		return;
	if (p->flags & SYN) {
		f->lport = p->f[F_sport];
		if (!f->irs_known)
			f->irs = p->f[F_seq];
		f->irs_known = true;
		f->mod_ws = p->f[F_ws];
	}
}

/* Return: whether there was something */
static bool read_one(void)
{
	struct packet *p = calloc(1, sizeof(*p));
	char text[512];
	ssize_t n;

	ASSERT_TRUE(p);
	n = read(w.tun, p->data, sizeof(p->data));
	if (n <= 0) {
		free(p);
		return false;
	}
	p->size = n;
	p->ms = now_ms();
	if (!ip_parse(p)) {
		free(p);
		return true;
	}
	learn(p);
	packet_text(p, text, sizeof(text));
	note("< %s", text);
	*w.tail = p;
	w.tail = &p->next;
	return true;
}

bool tun_wait(int fd, short events, int64_t deadline)
{
	struct pollfd pfd[2] = { { .fd = w.tun, .events = POLLIN },
				 { .fd = fd, .events = events } };
	int64_t left;

	do {
		script_late();
		left = deadline - now_ms();
		if (poll(pfd, 2, left > 0 ? left : 0) < 0)
			fail("poll: %s", strerror(errno));
		w.running = now_ms();
		while (read_one())
			;
		if (fd >= 0 && pfd[1].revents)
			return true;
		if (fd < 0 && w.head)
			return true;
	} while (left > 0);
	return false;
}

void tun_pass(int64_t deadline)
{
	struct pollfd pfd = { .fd = w.tun, .events = POLLIN };
	int64_t left;

	while ((left = deadline - now_ms()) > 0) {
		script_late();
		if (poll(&pfd, 1, left) < 0)
			fail("poll: %s", strerror(errno));
		/* What is slept beyond that was not asked for. */
		w.running = now_ms();
		if (w.running > deadline)
			w.running = deadline;
		while (read_one())
			;
	}
}

struct packet *tun_peek(int64_t deadline)
{
	while (read_one())
		;
	if (!w.head)
		tun_wait(-1, 0, deadline);
	return w.head;
}

void tun_pop(void)
{
	struct packet *p = w.head;

	w.head = p->next;
	if (!w.head)
		w.tail = &w.head;
	free(p);
}
