// SPDX-License-Identifier: GPL-2.0-only
/*
 * expect.c - lines that send a packet (">"), expect the next one ("<"), or take
 * it if it is as described ("<?").
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conform.h"
#include "lib/payload.h"

#define DEFAULT_WAIT	5000
#define OPTIONAL_WAIT	100

static const struct {
	const char *name;
	uint8_t flag;
} flags[] = {
	{ "SYN", SYN }, { "FIN", FIN }, { "RST", RST }, { "PSH", PSH },
	{ "ACK", ACK }, { "EXT", EXT }, { "ECE", ECE }, { "CWR", CWR }, { "-", 0 },
};

/* ---- reading a line ---- */

static uint8_t flag(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (!strcmp(flags[i].name, name))
			return flags[i].flag;
	fail("\"%s\" is no flag", name);
}

static void parse_flags(struct spec *s, char *word)
{
	char *save, *f;

	for (f = strtok_r(word, ",", &save); f; f = strtok_r(NULL, ",", &save)) {
		if (*f == '!')
			s->clear |= flag(f + 1);
		else
			s->set |= flag(f);
	}
	s->clear |= (SYN | FIN | RST | ACK) & ~s->set;
}

static void parse_ranges(struct spec *s, char *text)
{
	char *save, *r, *end;

	s->has_ranges = true;
	if (!strcmp(text, "none"))
		return;
	for (r = strtok_r(text, ",", &save); r; r = strtok_r(NULL, ",", &save)) {
		end = strchr(r, ':');
		if (!end || s->nr == RANGES_MAX)
			fail("not ranges: \"%s\"", r);
		*end++ = 0;
		s->range[s->nr].start = value(r);
		s->range[s->nr++].end = value(end);
	}
}

static size_t parse_hex(const char *text, uint8_t *buf, size_t size)
{
	unsigned int byte;
	size_t n = 0;

	for (; *text; text += 2) {
		if (n == size || sscanf(text, "%2x", &byte) != 1 || !text[1])
			fail("not bytes: \"%s\"", text);
		buf[n++] = byte;
	}
	return n;
}

static void parse_cond(struct spec *s, const char *name, const char *op, char *text,
		       bool sending)
{
	int f = field_find(name);
	int64_t v;

	if (f < 0)
		fail("\"%s\" is no field", name);
	v = value(text);
	if (sending && v == -1 && f != F_seq && f != F_ack)
		return;
	if (s->nconds == CONDS)
		fail("too much is said of one packet");
	s->cond[s->nconds].field = f;
	strcpy(s->cond[s->nconds].op, op);
	s->cond[s->nconds++].value = v;
}

/* "@NAME" is what was kept, "empty" has no bytes, others are bytes in hex. */
static struct blob parse_blob(const char *text)
{
	struct blob b = {};

	if (*text == '@')
		return blob_get(text + 1);
	if (strcmp(text, "empty"))
		b.len = parse_hex(text, b.bytes, sizeof(b.bytes));
	return b;
}

/* What is not a number */
static bool parse_special(struct spec *s, const char *name, char *text, bool sending)
{
	if (sending && !strcmp(name, "cookie"))
		s->cookie = parse_blob(text);
	else if (sending && !strcmp(name, "ticket"))
		s->ticket = parse_blob(text);
	else if (!strcmp(name, "ranges"))
		parse_ranges(s, text);
	else if (!strcmp(name, "raw"))
		s->raw_len = parse_hex(text, s->raw, sizeof(s->raw) - 40);
	else if (!strcmp(name, "ext"))
		s->ext_len = parse_hex(text, s->ext, sizeof(s->ext));
	else if (!strcmp(name, "src"))
		snprintf(s->src, sizeof(s->src), "%s", text);
	else if (!strcmp(name, "dst"))
		snprintf(s->dst, sizeof(s->dst), "%s", text);
	else if (!strcmp(name, "check") && !strcmp(text, "bad"))
		s->bad_check = true;
	else if (!strcmp(name, "check") && !strcmp(text, "none"))
		s->no_check = true;
	else
		return false;
	return true;
}

static void parse_capture(struct spec *s, char *token)
{
	char *name = strchr(token, ':');
	struct capture *c;
	int f;

	if (!name)
		fail("what is \"%s\"?", token);
	*name++ = 0;
	f = field_find(token);
	if (f < 0 || s->ncaptures == CONDS)
		fail("\"%s\" is no field", token);
	c = &s->capture[s->ncaptures++];
	c->field = f;
	snprintf(c->name, sizeof(c->name), "%s", name);
}

static void parse_token(struct spec *s, char *token, bool sending)
{
	char *name, *text, op[3];

	if (!cut_cond(token, &name, op, &text)) {
		parse_capture(s, token);
		return;
	}
	if (!parse_special(s, name, text, sending))
		parse_cond(s, name, op, text, sending);
}

static void parse_spec(struct spec *s, char *line, bool sending)
{
	char *save, *t = strtok_r(line, " \t", &save);

	*s = (struct spec) { .icmp = -1, .cookie.len = -1, .ticket.len = -1 };
	if (!t)
		fail("which packet?");
	if (!strcmp(t, "FDP")) {
		s->kind = FDP;
	} else if (!strcmp(t, "ICMP")) {
		s->kind = ICMP;
		t = strtok_r(NULL, " \t", &save);
		s->icmp = t ? icmp_find(t) : -1;
		if (s->icmp < 0)
			fail("no such ICMP error over IPv%d", w.ip);
	} else {
		s->kind = FSP;
		parse_flags(s, t);
	}
	while ((t = strtok_r(NULL, " \t", &save)))
		parse_token(s, t, sending);
}

/* ---- sending ---- */

static void describe_sent(const struct spec *s, const uint8_t *t, size_t len)
{
	struct packet p = {};
	struct flow *f = w.cur;
	char text[512];
	int i;

	if (s->kind == ICMP) {
		note("%s", w.text);
		return;
	}
	/* As the module's own: the two directions swapped */
	memcpy(p.data, t, len);
	memset(p.f, 0xff, sizeof(p.f));
	if (s->raw_len || s->ext_len || spec_find(s, F_words) || spec_find(s, F_trunc)) {
		note("%s", w.text);
		return;
	}
	transport_parse(&p, s->kind == FSP ? PROTO_FSP : PROTO_FDP, p.data, len);
	p.f[F_seq] -= f->iss;
	p.f[F_ack] = p.flags & ACK ? (int64_t)(uint32_t)(p.f[F_ack] - f->irs) : -1;
	p.f[F_dport] = -1;	/* no flow: shown as it is */
	for (i = 0; i < p.nr; i++) {
		p.range[i].start -= f->irs;
		p.range[i].end -= f->irs;
	}
	packet_text(&p, text, sizeof(text));
	note("> %s", text);
}

static void send_packet(const struct spec *s)
{
	uint8_t buf[HEADROOM + PACKET_MAX], *t = buf + HEADROOM;
	size_t len;
	int i;

	for (i = 0; i < s->ncaptures; i++)
		if (s->capture[i].field == F_at)
			var_set(s->capture[i].name, now_ms());
	w.event = now_ms();
	if (s->kind == ICMP) {
		describe_sent(s, NULL, 0);
		icmp_send_error(s);
		return;
	}
	len = s->kind == FSP ? fsp_build(s, t) : fdp_build(s, t);
	describe_sent(s, t, len);
	ip_send(s, s->kind == FSP ? PROTO_FSP : PROTO_FDP, t, len);
}

/* ---- expecting ---- */

static bool time_field(enum field f)
{
	return f == F_after || f == F_before || f == F_since || f == F_at;
}

static bool ranges_match(const struct packet *p, const struct spec *s)
{
	int i;

	if (!s->has_ranges)
		return true;
	if (p->nr != s->nr)
		return false;
	for (i = 0; i < p->nr; i++)
		if (p->range[i].start - w.cur->iss != s->range[i].start ||
		    p->range[i].end - w.cur->iss != s->range[i].end)
			return false;
	return true;
}

/* Return: NULL, or what differs */
static const char *differs(const struct packet *p, const struct spec *s)
{
	static char why[64];
	int i;

	if (p->kind != s->kind)
		return "the kind of packet";
	if (s->kind == ICMP)
		return p->icmp == s->icmp ? NULL : "the kind of error";
	if (packet_flow(p) != w.cur)
		return "the ports";
	if (s->kind == FSP && ((p->flags & s->set) != s->set || p->flags & s->clear))
		return "the flags";
	for (i = 0; i < s->nconds; i++) {
		const struct cond *c = &s->cond[i];

		if (time_field(c->field))
			continue;
		if (!compare(field_get(p, c->field), c->op, c->value)) {
			snprintf(why, sizeof(why), "%s (want %s%s%lld)",
				 field_name(c->field), field_name(c->field), c->op,
				 (long long)c->value);
			return why;
		}
	}
	return ranges_match(p, s) ? NULL : "ranges";
}

static void check_time(const struct packet *p, const struct spec *s, int64_t since)
{
	int64_t took = p->ms - since;

	if (spec_find(s, F_after) && took < spec_get(s, F_after, 0))
		fail("too early: it came after %lld ms", (long long)took);
	if (took > patience(spec_get(s, F_before, DEFAULT_WAIT)))
		fail("too late: it came after %lld ms", (long long)took);
}

static void check_payload(const struct packet *p)
{
	int64_t off = p->kind == FSP ? field_get(p, F_seq) - !(p->flags & SYN) : 0;

	if (p->kind != ICMP && p->f[F_len] > 0 &&
	    ft_check(2, off, p->payload, p->f[F_len]) >= 0)
		fail("wrong bytes in the packet");
}

void packet_seen(const struct packet *p)
{
	uint32_t end;

	w.event = p->ms;
	if (p->kind != FSP)
		return;
	end = field_get(p, F_seq) + p->f[F_len] + !!(p->flags & (SYN | FIN));
	if ((int32_t)(end - w.cur->seen) > 0)
		w.cur->seen = end;
}

static void take(const struct packet *p, const struct spec *s)
{
	int i;

	for (i = 0; i < s->ncaptures; i++) {
		enum field f = s->capture[i].field;

		if (f == F_cookie || f == F_ticket)
			blob_set(s->capture[i].name, f == F_cookie ? &p->cookie : &p->ticket);
		else
			var_set(s->capture[i].name, f == F_at ? p->ms : field_get(p, f));
	}
	packet_seen(p);
}

static void expect_packet(const struct spec *s, bool optional)
{
	int64_t since = spec_get(s, F_since, w.event);
	int64_t wait = spec_get(s, F_before, optional ? OPTIONAL_WAIT : DEFAULT_WAIT);
	struct packet *p = tun_peek(since + patience(wait));
	const char *why;
	char text[512];

	if (!p && optional)
		return;
	if (!p)
		fail("no packet came in %lld ms", (long long)(now_ms() - since));
	why = differs(p, s);
	if (why && optional)
		return;
	if (why) {
		packet_text(p, text, sizeof(text));
		fail("another packet came: %s\n#   it differs in %s", text, why);
	}
	check_time(p, s, since);
	check_payload(p);
	take(p, s);
	tun_pop();
}

/* ---- a line ---- */

bool packet_line(char *line)
{
	bool sending, optional;
	struct spec s;

	if (*line != '>' && *line != '<')
		return false;
	sending = *line++ == '>';
	optional = *line == '?';
	line += optional;
	parse_spec(&s, line, sending);
	if (sending)
		send_packet(&s);
	else
		expect_packet(&s, optional);
	return true;
}
