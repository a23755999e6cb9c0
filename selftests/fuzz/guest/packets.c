// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets out of nowhere: what runs over loopback is caught, changed here and
 * there, given a right checksum, mostly, and sent again; some are invented.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define FSP		253
#define FDP		254
#define PACKET		16384

static uint8_t p[PACKET];
static size_t len;
static int sock;

static uint32_t sum(const void *data, size_t n, uint32_t s)
{
	const uint8_t *b = data;

	for (; n > 1; n -= 2, b += 2)
		s += b[0] << 8 | b[1];
	return n ? s + (b[0] << 8) : s;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s;
}

static size_t ip_header(void)
{
	return p[0] >> 4 == 4 ? (p[0] & 0xf) * 4u : 40;
}

static uint8_t protocol(void)
{
	return p[0] >> 4 == 4 ? p[9] : p[6];
}

static void put16(size_t at, uint16_t v)
{
	if (at + 2 <= len) {
		p[at] = v >> 8;
		p[at + 1] = v;
	}
}

static void fix_lengths(void)
{
	if (p[0] >> 4 == 4) {
		put16(2, len);
		put16(10, 0);
		put16(10, fold(sum(p, ip_header(), 0)));
	} else {
		put16(4, len - 40);
	}
}

static void fix_checksum(void)
{
	size_t hdr = ip_header(), at = hdr + (protocol() == FDP ? 10 : 18);
	uint32_t s;

	if (len < at + 2)
		return;
	if (protocol() == FDP)
		put16(hdr + 4, len - hdr);
	put16(at, 0);
	s = p[0] >> 4 == 4 ? sum(p + 12, 8, 0) : sum(p + 8, 32, 0);
	s = sum(p + hdr, len - hdr, s + protocol() + len - hdr);
	put16(at, fold(s));
}

static void invent(void)
{
	bool v6 = one_in(2), fdp = one_in(3);
	size_t hdr = v6 ? 40 : 20;

	len = hdr + any(9);
	fill(p, len);
	p[0] = v6 ? 0x60 : 0x45;
	if (v6) {
		p[6] = fdp ? FDP : FSP;
		p[7] = 64;
		memcpy(p + 8, &in6addr_loopback, 16);
		memcpy(p + 24, &in6addr_loopback, 16);
	} else {
		p[6] = 0;
		p[7] = 0;
		p[8] = 64;
		p[9] = fdp ? FDP : FSP;
		memcpy(p + 12, "\x7f\0\0\1\x7f\0\0\1", 8);
	}
	put16(hdr, any_port());
	put16(hdr + 2, any_port());
	if (!fdp && len > hdr + 13)
		p[hdr + 12] = (5 + below(4)) << 4;
}

/* Return: whether something of ours came by. */
static bool capture(void)
{
	ssize_t n = recv(sock, p, sizeof(p), MSG_DONTWAIT);

	if (n < 40 || (size_t)n > sizeof(p))
		return false;
	len = n;
	return (protocol() == FSP || protocol() == FDP) && len > ip_header() + 12;
}

static void mutate(void)
{
	size_t hdr = ip_header();

	while (one_in(2)) {
		size_t at = hdr + below(one_in(4) ? len - hdr : 40);

		if (at < len)
			p[at] = one_in(2) ? rnd() : p[at] + below(5) - 2;
	}
	if (one_in(8))	/* flags alone: a SYN, a reset, a control block */
		p[hdr + 13 < len ? hdr + 13 : hdr] ^= 1 << below(8);
	if (one_in(8))
		len = hdr + below(len - hdr + 1);
	if (one_in(16) && len < PACKET - 512) {
		fill(p + len, 512);
		len += any(9);
	}
	if (one_in(30))
		p[1] = rnd();	/* ECN bits, in IPv4 */
}

static void inject(void)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(p[0] >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6),
		.sll_ifindex = 1,
		.sll_halen = 6,
	};

	fix_lengths();
	if (!one_in(20))
		fix_checksum();
	sendto(sock, p, len, MSG_DONTWAIT, (void *)&to, sizeof(to));
}

void fuzz_packets(void)
{
	struct timespec ts = { 0, 200000 };
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = 1,
	};

	sock = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
	if (sock < 0 || bind(sock, (void *)&ll, sizeof(ll))) {
		printf("# fuzz_guest: packet socket: %s\n", strerror(errno));
		_exit(1);
	}
	for (;;) {
		if (capture())
			mutate();
		else
			invent();
		inject();
		/* The one who is told of his own packets must not be all there is. */
		if (one_in(4))
			nanosleep(&ts, NULL);
	}
}
