// SPDX-License-Identifier: GPL-2.0-only
/* packet.c - FSP and FDP packets as fields: building, parsing, printing. */
#include <stdio.h>
#include <string.h>

#include "conform.h"
#include "lib/payload.h"

enum {
	OPT_END,
	OPT_PAD,
	OPT_MSS,
	OPT_WSCALE,
	OPT_FEATURES,
	OPT_ECHO,
	OPT_RANGES,
	OPT_EPOCH,
	OPT_COOKIE,
	OPT_ECN,
	OPT_PROBE,
	OPT_TICKET,
	OPT_DUP,
};

#define FIELD_NAME(name) #name,
static const char * const names[F_COUNT] = { FIELDS(FIELD_NAME) };

int field_find(const char *name)
{
	int i;

	for (i = 0; i < F_COUNT; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

const char *field_name(enum field f)
{
	return names[f];
}

const struct cond *spec_find(const struct spec *s, enum field f)
{
	int i;

	for (i = 0; i < s->nconds; i++)
		if (s->cond[i].field == f)
			return &s->cond[i];
	return NULL;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* ---- building ---- */

static uint8_t *put_pair(uint8_t *p, int kind, uint16_t a, uint16_t b)
{
	p[0] = kind;
	p[1] = 6;
	put16(p + 2, a);
	put16(p + 4, b);
	return p + 6;
}

static uint8_t *put_ranges(const struct spec *s, uint8_t *p)
{
	int i;

	for (i = 0; i < s->nr; i++, p += 8) {
		put32(p, w.cur->irs + s->range[i].start);
		put32(p + 4, w.cur->irs + s->range[i].end);
	}
	return p;
}

static uint8_t *put_syn_options(const struct spec *s, uint8_t *p)
{
	if (spec_find(s, F_mss)) {
		p[0] = OPT_MSS;
		p[1] = 4;
		put16(p + 2, spec_get(s, F_mss, 0));
		p += 4;
	}
	if (spec_find(s, F_ws)) {
		p[0] = OPT_WSCALE;
		p[1] = 3;
		p[2] = spec_get(s, F_ws, 0);
		p += 3;
	}
	if (spec_find(s, F_version)) {
		p[0] = OPT_FEATURES;
		p[1] = 6;
		put32(p + 2, spec_get(s, F_features, 0));
		p[2] = spec_get(s, F_version, 1);
		p += 6;
	}
	return p;
}

static uint8_t *put_marks(const struct spec *s, uint8_t *p)
{
	if (!spec_find(s, F_ce))
		return p;
	p[0] = OPT_ECN;
	p[1] = 16;
	put16(p + 2, spec_get(s, F_ce, 0));
	put16(p + 4, spec_get(s, F_ect0, 0));
	put16(p + 6, spec_get(s, F_ect1, 0));
	put32(p + 8, spec_get(s, F_cebytes, 0));
	put32(p + 12, spec_get(s, F_ectbytes, 0));
	return p + 16;
}

static uint8_t *put_blob(const struct blob *b, int kind, uint8_t *p)
{
	if (b->len < 0)
		return p;
	p[0] = kind;
	p[1] = 2 + b->len;
	memcpy(p + 2, b->bytes, b->len);
	return p + 2 + b->len;
}

static uint8_t *put_options(const struct spec *s, uint8_t *p)
{
	p = put_syn_options(s, p);
	if (spec_find(s, F_echo))
		p = put_pair(p, OPT_ECHO, spec_get(s, F_echo, 0), spec_get(s, F_delay, 0));
	if (spec_find(s, F_sepoch) || spec_find(s, F_aepoch))
		p = put_pair(p, OPT_EPOCH, spec_get(s, F_sepoch, 0),
			     spec_get(s, F_aepoch, 0));
	p = put_marks(s, p);
	if (spec_find(s, F_probed))
		p = put_pair(p, OPT_PROBE, spec_get(s, F_probed, 0), spec_get(s, F_arrived, 0));
	p = put_blob(&s->cookie, OPT_COOKIE, p);
	p = put_blob(&s->ticket, OPT_TICKET, p);
	if (s->has_ranges && !(s->set & EXT)) {
		p[0] = OPT_RANGES;
		p[1] = 2 + 8 * s->nr;
		p = put_ranges(s, p + 2);
	}
	memcpy(p, s->raw, s->raw_len);
	return p + s->raw_len;
}

static uint8_t *put_control(const struct spec *s, uint8_t *p)
{
	if (s->has_ranges) {
		p[0] = OPT_RANGES;
		p[1] = 0;
		put16(p + 2, 4 + 8 * s->nr);
		p = put_ranges(s, p + 4);
	}
	memcpy(p, s->ext, s->ext_len);
	return p + s->ext_len;
}

/* The window field: scaled, but in a SYN, where both said how */
static uint16_t window(const struct spec *s)
{
	struct flow *f = w.cur;
	int64_t win;

	f->win = spec_get(s, F_win, f->win);
	win = f->win;
	if (!(s->set & SYN) && f->our_ws >= 0 && f->mod_ws >= 0)
		win >>= f->our_ws;
	return win > 0xffff ? 0xffff : win;
}

/* What we have sent moves our idea of where we are. */
static void advance(const struct spec *s, uint32_t seq, size_t len)
{
	uint32_t end = seq + len + !!(s->set & (SYN | FIN));
	struct flow *f = w.cur;

	if ((int32_t)(end - f->nxt) > 0)
		f->nxt = end;
	if (s->set & SYN)
		f->our_ws = spec_get(s, F_ws, -1);
}

static uint16_t next_serial(const struct spec *s, size_t len)
{
	if (spec_find(s, F_serial))
		return spec_get(s, F_serial, 0);
	return len || s->set & (SYN | FIN) ? ++w.cur->serial : 0;
}

size_t fsp_build(const struct spec *s, uint8_t *p)
{
	uint32_t seq = spec_get(s, F_seq, w.cur->nxt);
	size_t len = spec_get(s, F_len, 0);
	struct flow *f = w.cur;
	uint8_t *end;

	memset(p, 0, 20 + 64);
	put16(p, spec_get(s, F_sport, f->rport));
	put16(p + 2, spec_get(s, F_dport, f->lport));
	put32(p + 4, f->iss + seq);
	if (s->set & ACK)
		put32(p + 8, f->irs + (uint32_t)spec_get(s, F_ack, f->seen));
	p[13] = s->set;
	put16(p + 14, window(s));
	put16(p + 16, next_serial(s, len));
	end = put_options(s, p + 20);
	while ((end - p) % 4)
		*end++ = OPT_END;
	p[12] = spec_get(s, F_words, (end - p) / 4) << 4;
	if (s->set & EXT)
		end = put_control(s, end);
	ft_fill(1, (int32_t)seq - 1 + !!(s->set & SYN), end, len);
	advance(s, seq, len);
	return end + len - p;
}

size_t fdp_build(const struct spec *s, uint8_t *p)
{
	size_t len = spec_get(s, F_len, 0);
	struct flow *f = w.cur;

	memset(p, 0, 12);
	put16(p, spec_get(s, F_sport, f->rport));
	put16(p + 2, spec_get(s, F_dport, f->lport));
	put16(p + 4, spec_get(s, F_length, 12 + len));
	put16(p + 6, spec_get(s, F_reserved, 0));
	put16(p + 8, spec_get(s, F_flags, 0));
	ft_fill(1, 0, p + 12, len);
	return 12 + len;
}

/* ---- parsing ---- */

static void take_ranges(struct packet *p, const uint8_t *v, size_t len)
{
	for (; len >= 8 && p->nr < RANGES_MAX; v += 8, len -= 8) {
		p->range[p->nr].start = get32(v);
		p->range[p->nr++].end = get32(v + 4);
	}
	p->f[F_nr] = p->nr;
}

static void take_blob(struct blob *b, const uint8_t *v, size_t len)
{
	b->len = len < sizeof(b->bytes) ? len : sizeof(b->bytes);
	memcpy(b->bytes, v, b->len);
}

static void take_marks(struct packet *p, const uint8_t *v)
{
	p->f[F_ce] = get16(v);
	p->f[F_ect0] = get16(v + 2);
	p->f[F_ect1] = get16(v + 4);
	p->f[F_cebytes] = get32(v + 6);
	p->f[F_ectbytes] = get32(v + 10);
}

static void take_option(struct packet *p, int kind, const uint8_t *v, size_t len)
{
	if (kind == OPT_MSS && len == 2)
		p->f[F_mss] = get16(v);
	if (kind == OPT_WSCALE && len == 1)
		p->f[F_ws] = *v;
	if (kind == OPT_FEATURES && len == 4) {
		p->f[F_version] = *v;
		p->f[F_features] = get32(v) & 0xffffff;
	}
	if (kind == OPT_ECHO && len == 4) {
		p->f[F_echo] = get16(v);
		p->f[F_delay] = get16(v + 2);
	}
	if (kind == OPT_EPOCH && len == 4) {
		p->f[F_sepoch] = get16(v);
		p->f[F_aepoch] = get16(v + 2);
	}
	if (kind == OPT_ECN && len == 14)
		take_marks(p, v);
	if (kind == OPT_PROBE && len == 4) {
		p->f[F_probed] = get16(v);
		p->f[F_arrived] = get16(v + 2);
	}
	if (kind == OPT_DUP && len == 8)
		p->f[F_dup] = get16(v);
	if (kind == OPT_COOKIE) {
		take_blob(&p->cookie, v, len);
		p->f[F_cookie] = len;
	}
	if (kind == OPT_TICKET) {
		take_blob(&p->ticket, v, len);
		p->f[F_ticket] = len;
	}
	if (kind == OPT_RANGES)
		take_ranges(p, v, len);
}

/* After END nothing but zeros: RFC 9293 MUST-69 */
static void parse_padding(const uint8_t *o, const uint8_t *end)
{
	for (; o < end; o++)
		if (*o)
			fail("the module's options are not padded with zeros");
}

static void parse_options(struct packet *p, const uint8_t *o, const uint8_t *end)
{
	while (o < end) {
		if (*o == OPT_END) {
			parse_padding(o, end);
			return;
		}
		if (*o == OPT_PAD) {
			o++;
			continue;
		}
		if (end - o < 2 || o[1] < 2 || o + o[1] > end)
			fail("the module sent an option of an impossible length");
		take_option(p, *o, o + 2, o[1] - 2);
		o += o[1];
	}
}

static void parse_control(struct packet *p, const uint8_t *o, const uint8_t *end)
{
	size_t len;

	/* A probe is nothing but padding. */
	if (end - o >= 8 && *o == OPT_PROBE) {
		p->f[F_probe] = get16(o + 4);
		for (o += 6; o < end; o++)
			if (*o)
				fail("the module's probe is not padded with zeros");
		return;
	}
	while (o < end) {
		len = end - o < 4 ? 0 : get16(o + 2);
		if (len < 4 || len > (size_t)(end - o))
			fail("the module sent a control item of an impossible length");
		take_option(p, *o, o + 4, len - 4);
		o += (len + 3) & ~3u;
	}
}

static bool fsp_parse(struct packet *p, const uint8_t *t, size_t len)
{
	size_t hdr;

	if (len < 20)
		fail("the module sent an FSP packet of %zu bytes", len);
	hdr = (t[12] >> 4) * 4;
	if (hdr < 20 || hdr > len)
		fail("the module sent a header of %zu bytes in %zu", hdr, len);
	p->flags = t[13];
	p->f[F_seq] = get32(t + 4);
	if (p->flags & SYN)
		p->f[F_isn] = p->f[F_seq];
	p->f[F_ack] = get32(t + 8);
	p->f[F_words] = t[12] >> 4;
	p->f[F_win] = get16(t + 14);
	p->f[F_serial] = get16(t + 16);
	p->f[F_nr] = 0;
	parse_options(p, t + 20, t + hdr);
	if (p->flags & EXT) {
		parse_control(p, t + hdr, t + len);
		hdr = len;
	}
	p->payload = t + hdr;
	p->f[F_len] = len - hdr;
	return true;
}

static bool fdp_parse(struct packet *p, const uint8_t *t, size_t len)
{
	if (len < 12)
		fail("the module sent an FDP packet of %zu bytes", len);
	p->f[F_length] = get16(t + 4);
	p->f[F_reserved] = get16(t + 6);
	p->f[F_flags] = get16(t + 8);
	p->f[F_check] = get16(t + 10);
	p->f[F_len] = len - 12;
	p->payload = t + 12;
	return true;
}

bool transport_parse(struct packet *p, int proto, const uint8_t *t, size_t len)
{
	if (len < 4)
		fail("the module sent %zu bytes of protocol %d", len, proto);
	p->kind = proto == PROTO_FSP ? FSP : FDP;
	p->f[F_sport] = get16(t);
	p->f[F_dport] = get16(t + 2);
	return proto == PROTO_FSP ? fsp_parse(p, t, len) : fdp_parse(p, t, len);
}

/* ---- as scripts see them ---- */

/* By our port; a SYN makes the rest known */
struct flow *packet_flow(const struct packet *p)
{
	int n = p->f[F_dport] - REMOTE_PORT;

	return n >= 0 && n < FLOWS ? &w.flows[n] : NULL;
}

int64_t field_get(const struct packet *p, enum field f)
{
	struct flow *flow = packet_flow(p);

	if (p->kind != FSP || !flow)
		return p->f[f];
	switch (f) {
	case F_seq:
		return (int32_t)((uint32_t)p->f[f] - flow->irs);
	case F_ack:
		return p->flags & ACK ? (int32_t)((uint32_t)p->f[f] - flow->iss) : -1;
	case F_win:
		if (!(p->flags & SYN) && flow->our_ws >= 0 && flow->mod_ws >= 0)
			return p->f[f] << flow->mod_ws;
		return p->f[f];
	default:
		return p->f[f];
	}
}

static const struct {
	const char *name;
	uint8_t flag;
} flag_names[] = {
	{ "SYN", SYN }, { "FIN", FIN }, { "RST", RST }, { "PSH", PSH },
	{ "ACK", ACK }, { "EXT", EXT }, { "ECE", ECE }, { "CWR", CWR },
};

static int flags_text(const struct packet *p, char *buf, size_t size)
{
	const char *comma = "";
	size_t i, n = 0;

	if (p->kind != FSP)
		return snprintf(buf, size, "%s", p->kind == FDP ? "FDP" : "ICMP");
	for (i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++) {
		if (!(p->flags & flag_names[i].flag))
			continue;
		n += snprintf(buf + n, size - n, "%s%s", comma, flag_names[i].name);
		comma = ",";
	}
	return n ? n : (size_t)snprintf(buf, size, "-");
}

void packet_text(const struct packet *p, char *buf, size_t size)
{
	struct flow *flow = packet_flow(p);
	size_t n = flags_text(p, buf, size);
	uint32_t irs = flow ? flow->iss : 0;
	int i;

	if (p->kind == ICMP) {
		snprintf(buf + n, size - n, " %s", icmp_name(p->icmp));
		return;
	}
	for (i = 0; i < F_ttl && n < size; i++)
		if (p->f[i] >= 0 && i != F_words && field_get(p, i) != -1)
			n += snprintf(buf + n, size - n, " %s=%lld", names[i],
				      (long long)field_get(p, i));
	for (i = 0; i < p->nr && n < size; i++)
		n += snprintf(buf + n, size - n, "%s%d:%d", i ? "," : " ranges=",
			      (int32_t)(p->range[i].start - irs),
			      (int32_t)(p->range[i].end - irs));
}
