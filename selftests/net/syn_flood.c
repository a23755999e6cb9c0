// SPDX-License-Identifier: GPL-2.0-only
/*
 * syn_flood - what test_syn_flood.sh needs at either end
 *
 *	syn_flood serve ADDRESS PORT		answer each connection's byte, for ever
 *	syn_flood connect ADDRESS PORT N	one after the other; prints how many worked
 *	syn_flood flood ADDRESS PORT RATE	SYNs per second from 10.99.0.0/16, for ever
 *	syn_flood forge ADDRESS PORT N		third steps with tickets nobody gave
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/fsp.h"
#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#define TICKS		100	/* batches per second */

static void serve(union ft_addr *addr)
{
	int listener = ft_listener(addr, 1024), fd;
	char c;

	printf("ready\n");
	fflush(stdout);
	for (;;) {
		fd = ft_accept(listener, NULL);
		if (fd < 0)
			continue;
		if (recv(fd, &c, 1, 0) == 1)
			send(fd, &c, 1, MSG_NOSIGNAL);
		close(fd);
	}
}

static bool exchange(const union ft_addr *addr)
{
	int fd = ft_socket(addr->sa.sa_family == AF_INET ? 4 : 6, SOCK_STREAM);
	char c = 'x';
	bool ok;

	ok = !ft_connect(fd, addr) && send(fd, &c, 1, MSG_NOSIGNAL) == 1 &&
	     recv(fd, &c, 1, 0) == 1;
	close(fd);
	return ok;
}

static void connects(const union ft_addr *addr, int n)
{
	int ok = 0, i;

	for (i = 0; i < n; i++)
		ok += exchange(addr);
	printf("%d\n", ok);
}

/* ---- packets by hand, IPv4 ---- */

struct packet {
	struct iphdr	ip;
	uint8_t		fsp[60];
};

static void fill(struct packet *p, const union ft_addr *to, size_t fsp_len)
{
	memset(p, 0, sizeof(*p));
	p->ip.version = 4;
	p->ip.ihl = 5;
	p->ip.ttl = 64;
	p->ip.protocol = FT_FSP_PROTO;
	p->ip.tot_len = htons(sizeof(p->ip) + fsp_len);
	p->ip.saddr = htonl(0x0a630000 | (random() & 0xffff));
	p->ip.daddr = to->in.sin_addr.s_addr;
	*(uint16_t *)p->fsp = htons(1024 + random() % 60000);
	memcpy(p->fsp + 2, &to->in.sin_port, 2);
	*(uint32_t *)(p->fsp + 4) = random();
	p->fsp[12] = fsp_len / 4 << 4;
	p->fsp[14] = 0xff;
}

static void out(int fd, struct packet *p, const union ft_addr *to)
{
	size_t len = ntohs(p->ip.tot_len);

	ft_fsp_check4((uint8_t *)p, len);
	/* A full queue is a flood's lot. */
	if (sendto(fd, p, len, 0, &to->sa, sizeof(to->in)) < 0 && errno != ENOBUFS)
		FT_DIE("sendto: %s", strerror(errno));
}

static void syn(int fd, const union ft_addr *to)
{
	static const uint8_t options[] = {
		2, 4, 5, 180,			/* MSS 1460 */
		4, 6, 1, 0, 0, 2,		/* FEATURES: version 1, first flight */
		3, 3, 7, 1, 1, 1,		/* WSCALE 7 */
	};
	struct packet p;

	fill(&p, to, 20 + sizeof(options));
	p.fsp[13] = FT_FSP_SYN;
	memcpy(p.fsp + 20, options, sizeof(options));
	out(fd, &p, to);
}

static void ticket(int fd, const union ft_addr *to)
{
	struct packet p;
	int i;

	fill(&p, to, 40);
	p.fsp[13] = 0x10;
	*(uint32_t *)(p.fsp + 8) = random();
	p.fsp[20] = 11;
	p.fsp[21] = 20;
	for (i = 22; i < 40; i++)
		p.fsp[i] = random();
	p.fsp[22] = 0x17;	/* of the right format */
	out(fd, &p, to);
}

static void flood(int fd, const union ft_addr *to, int rate)
{
	struct timespec next;
	int i;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (;;) {
		for (i = 0; i < rate / TICKS; i++)
			syn(fd, to);
		next.tv_nsec += 1000000000 / TICKS;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

static int raw(void)
{
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (fd < 0)
		FT_DIE("raw socket: %s", strerror(errno));
	return fd;
}

int main(int argc, char **argv)
{
	union ft_addr addr;
	const char *what;
	int n, i, fd;

	ft_options(argc, argv, NULL, NULL);
	if (ft_opt.nargs < 3)
		ktap_bail("usage: syn_flood serve|connect|flood|forge ADDRESS PORT [NUMBER]");
	what = ft_opt.args[0];
	addr = ft_addr(ft_opt.args[1], atoi(ft_opt.args[2]));
	n = ft_opt.nargs > 3 ? atoi(ft_opt.args[3]) : 1;
	srandom(ft_opt.seed);
	if (!strcmp(what, "serve")) {
		serve(&addr);
	} else if (!strcmp(what, "connect")) {
		connects(&addr, n);
	} else if (!strcmp(what, "flood")) {
		flood(raw(), &addr, n);
	} else if (!strcmp(what, "forge")) {
		fd = raw();
		for (i = 0; i < n; i++)
			ticket(fd, &addr);
	} else {
		ktap_bail("what is \"%s\"?", what);
	}
	return 0;
}
