// SPDX-License-Identifier: GPL-2.0-only
/* ip.c - IPv4, IPv6 and ICMP around the packets, and all checksums. */
#include <arpa/inet.h>
#include <string.h>

#include "conform.h"

/* The module's address and ours */
static const char * const module_addr[] = { "10.77.1.1", "fd77:1::1" };
static const char * const our_addr[] = { "10.77.1.2", "fd77:1::2" };

/* Others, by the names scripts have for them */
static const struct {
	const char *name, *v4, *v6;
} addresses[] = {
	{ "module", "10.77.1.1", "fd77:1::1" },
	{ "remote", "10.77.1.2", "fd77:1::2" },
	{ "other", "10.77.1.3", "fd77:1::3" },
	{ "broadcast", "10.77.1.255", "ff02::1" },
	{ "allones", "255.255.255.255", "ff02::1" },
	{ "multicast", "224.0.0.1", "ff02::1" },
	{ "any", "0.0.0.0", "::" },
	{ "loopback", "127.0.0.1", "::1" },
};

static const struct {
	const char *name;
	int v4, v6;	/* type << 8 | code, -1: there is none */
} icmps[] = {
	{ "net-unreachable",	0x300, 0x100 },
	{ "host-unreachable",	0x301, 0x103 },
	{ "protocol-unreachable", 0x302, 0x401 },
	{ "port-unreachable",	0x303, 0x104 },
	{ "too-big",		0x304, 0x200 },
	{ "source-route-failed", 0x305, -1 },
	{ "prohibited",		0x30d, 0x101 },
	{ "source-quench",	0x400, -1 },
	{ "time-exceeded",	0xb00, 0x300 },
	{ "reassembly-time",	0xb01, 0x301 },
	{ "parameter-problem",	0xc00, 0x400 },
};

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

int icmp_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(icmps); i++)
		if (!strcmp(icmps[i].name, name))
			return w.ip == 4 ? icmps[i].v4 : icmps[i].v6;
	return -1;
}

const char *icmp_name(int icmp)
{
	size_t i;

	for (i = 0; i < COUNT(icmps); i++)
		if (icmp == (w.ip == 4 ? icmps[i].v4 : icmps[i].v6))
			return icmps[i].name;
	return "of another kind";
}

const char *address_text(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(addresses); i++)
		if (!strcmp(addresses[i].name, name))
			return w.ip == 4 ? addresses[i].v4 : addresses[i].v6;
	fail("no address is called \"%s\"", name);
}

static void address(const char *name, const char * const *dflt, uint8_t *addr)
{
	const char *text = *name ? address_text(name) : dflt[w.ip == 6];

	inet_pton(w.ip == 4 ? AF_INET : AF_INET6, text, addr);
}

/* ---- checksums: RFC 1071 ---- */

static uint32_t sum(const uint8_t *p, size_t len, uint32_t s)
{
	size_t i;

	for (i = 0; i < len; i++)
		s += i % 2 ? p[i] : p[i] << 8;
	return s;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static uint16_t pseudo_sum(const uint8_t *src, const uint8_t *dst, int proto,
			   const uint8_t *t, size_t len)
{
	size_t alen = w.ip == 4 ? 4 : 16;

	return fold(sum(t, len, sum(src, alen, sum(dst, alen, proto + len))));
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static size_t check_at(int proto)
{
	return proto == PROTO_FSP ? 18 : proto == PROTO_FDP ? 10 : 2;
}

static void put_check(const struct spec *s, const uint8_t *src, const uint8_t *dst,
		      int proto, uint8_t *t, size_t len)
{
	size_t at = check_at(proto);
	uint16_t check;

	if (len < at + 2 || s->no_check)
		return;
	if (proto == IPPROTO_ICMP)
		check = ~fold(sum(t, len, 0));
	else
		check = ~pseudo_sum(src, dst, proto, t, len);
	if (!check)
		check = 0xffff;
	if (s->bad_check)
		check ^= 0x0101;
	put16(t + at, check);
}

/* ---- out ---- */

/* One IPv6 extension header of 8 bytes before @t: RFC 8200 section 4 */
static uint8_t *put_extension(uint8_t *t, int *proto, int kind, uint8_t a, uint8_t b)
{
	t -= 8;
	memset(t, 0, 8);
	t[0] = *proto;
	t[2] = a;
	t[3] = b;
	*proto = kind;
	return t;
}

/* Those that are asked for, in the order the RFC recommends */
static uint8_t *put_extensions(const struct spec *s, int *proto, uint8_t *t)
{
	if (spec_find(s, F_fragment))	/* the only one of a packet */
		t = put_extension(t, proto, IPPROTO_FRAGMENT, 0, 0);
	if (spec_find(s, F_routing))
		t = put_extension(t, proto, IPPROTO_ROUTING, spec_get(s, F_routing, 0),
				  spec_get(s, F_left, 0));
	if (spec_find(s, F_destopts))	/* PadN */
		t = put_extension(t, proto, IPPROTO_DSTOPTS, 1, 4);
	if (spec_find(s, F_hopopts))
		t = put_extension(t, proto, IPPROTO_HOPOPTS, 1, 4);
	return t;
}

static uint8_t *put_ip(const struct spec *s, const uint8_t *src, const uint8_t *dst,
		       int proto, uint8_t *t, size_t len)
{
	int tos = spec_get(s, F_tos, 0) | spec_get(s, F_ecn, 0);
	int ttl = spec_get(s, F_ttl, 64);
	uint8_t *e = w.ip == 4 ? t : put_extensions(s, &proto, t);
	uint8_t *p = e - (w.ip == 4 ? 20 : 40);

	memset(p, 0, e - p);
	if (w.ip == 6) {
		p[0] = 0x60 | tos >> 4;
		p[1] = tos << 4;
		put16(p + 4, len + (t - e));
		p[6] = proto;
		p[7] = ttl;
		memcpy(p + 8, src, 16);
		memcpy(p + 24, dst, 16);
		return p;
	}
	p[0] = 0x45;
	p[1] = tos;
	put16(p + 2, 20 + len);
	p[6] = 0x40;	/* DF */
	p[8] = ttl;
	p[9] = proto;
	memcpy(p + 12, src, 4);
	memcpy(p + 16, dst, 4);
	put16(p + 10, ~fold(sum(p, 20, 0)));
	return p;
}

void ip_send(const struct spec *s, int proto, uint8_t *transport, size_t len)
{
	uint8_t src[16] = {}, dst[16] = {}, *p;

	address(s->src, our_addr, src);
	address(s->dst, module_addr, dst);
	put_check(s, src, dst, proto, transport, len);
	if (spec_find(s, F_trunc))
		len = spec_get(s, F_trunc, 0);
	p = put_ip(s, src, dst, proto, transport, len);
	tun_send(p, transport + len - p);
}

/* About the packet seen last, or one with another sequence number */
void icmp_send_error(const struct spec *s)
{
	uint8_t buf[HEADROOM + 8 + sizeof(w.cur->last)] = {};
	size_t ip_hdr = w.ip == 4 ? 20 : 40, quote = ip_hdr + 8;
	uint8_t *t = buf + HEADROOM;
	uint32_t seq;

	if (w.cur->last_len < quote)
		fail("there is no packet yet to complain about");
	t[0] = s->icmp >> 8;
	t[1] = s->icmp;
	put16(t + 6, spec_get(s, F_mtu, 0));
	memcpy(t + 8, w.cur->last, quote);
	if (spec_find(s, F_seq)) {
		seq = w.cur->irs + (uint32_t)spec_get(s, F_seq, 0);
		put16(t + 8 + ip_hdr + 4, seq >> 16);
		put16(t + 8 + ip_hdr + 6, seq);
	}
	if (spec_find(s, F_sport))
		put16(t + 8 + ip_hdr + 2, spec_get(s, F_sport, 0));
	ip_send(s, w.ip == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, t, 8 + quote);
}

/* ---- in ---- */

static void verify(const struct packet *p, int proto, const uint8_t *t, size_t len)
{
	const uint8_t *src = p->data + (w.ip == 4 ? 12 : 8);
	const uint8_t *dst = src + (w.ip == 4 ? 4 : 16);

	if (proto == PROTO_FDP && len >= 12 && !t[10] && !t[11])
		return;		/* left out */
	if (pseudo_sum(src, dst, proto, t, len) != 0xffff)
		fail("the module sent a wrong checksum");
}

static bool icmp_parse(struct packet *p, const uint8_t *t, size_t len)
{
	if (len < 8 || (w.ip == 6 && t[0] >= 128))
		return false;
	p->kind = ICMP;
	p->icmp = t[0] << 8 | t[1];
	return true;
}

bool ip_parse(struct packet *p)
{
	size_t hdr = w.ip == 4 ? (p->data[0] & 15) * 4 : 40;
	int proto = w.ip == 4 ? p->data[9] : p->data[6];
	const uint8_t *t = p->data + hdr;
	size_t len = p->size - hdr;
	int i;

	if (p->size < hdr || p->data[0] >> 4 != w.ip)
		return false;
	for (i = 0; i < F_COUNT; i++)
		p->f[i] = -1;
	p->cookie.len = -1;
	p->ticket.len = -1;
	p->f[F_size] = p->size;
	p->f[F_ttl] = w.ip == 4 ? p->data[8] : p->data[7];
	p->f[F_tos] = w.ip == 4 ? p->data[1] : (p->data[0] & 15) << 4 | p->data[1] >> 4;
	p->f[F_ecn] = p->f[F_tos] & 3;
	memcpy(p->src, p->data + (w.ip == 4 ? 12 : 8), w.ip == 4 ? 4 : 16);
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		return icmp_parse(p, t, len);
	if (proto != PROTO_FSP && proto != PROTO_FDP)
		return false;
	verify(p, proto, t, len);
	return transport_parse(p, proto, t, len);
}
