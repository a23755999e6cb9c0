/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conform.h - the conformance driver: one side of a conversation is the real
 * module in a network namespace of its own, the other is a script that writes
 * and reads single packets on a TUN device. README says what a script may say.
 *
 * packet.c	packets as fields: building, parsing, printing
 * ip.c		IPv4, IPv6 and ICMP around them, checksums
 * tun.c	the device, and the queue of what came out of it
 * value.c	numbers, variables and comparisons in scripts
 * expect.c	lines that send or expect a packet
 * call.c	lines that call the kernel
 * script.c	reads a script and runs its lines
 * conform.c	runs all scripts over both versions of IP, and reports
 */
#ifndef CONFORM_H
#define CONFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODULE_PORT	8080
#define REMOTE_PORT	2000	/* of flow 0; flow n has n more */
#define PROTO_FSP	253
#define PROTO_FDP	254
#define HEADROOM	80	/* IP's headers before a packet */
#define PACKET_MAX	9216
#define RANGES_MAX	40
#define FLOWS		8
#define CONDS		24
#define NAME_MAX_	24

enum {
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	PSH = 0x08,
	ACK = 0x10,
	EXT = 0x20,
	ECE = 0x40,
	CWR = 0x80,
};

/*
 * What a packet is made of. Numbers of the header and its options as they are
 * on the wire; -1 is "not there". seq and ack are shown relative to the first
 * number of their direction, win is unscaled.
 */
#define FIELDS(X) \
	X(seq) X(ack) X(win) X(len) X(serial) X(words) X(sport) X(dport) \
	X(cookie) X(ticket) X(mss) X(ws) X(version) X(features) X(echo) X(delay) \
	X(sepoch) X(aepoch) X(dup) X(ce) X(ect0) X(ect1) X(cebytes) X(ectbytes) X(isn) \
	X(probe) X(probed) X(arrived) X(hopopts) X(destopts) X(routing) X(left) X(fragment) \
	X(nr) X(ttl) X(ecn) X(tos) X(size) X(mtu) X(length) X(reserved) X(flags) \
	X(check) X(trunc) X(after) X(before) X(since) X(at)

#define FIELD_ENUM(name) F_##name,
enum field { FIELDS(FIELD_ENUM) F_COUNT };

enum kind { FSP, FDP, ICMP };

/* COOKIE and TICKET: bytes that only the module understands */
struct blob {
	int len;	/* -1: not there */
	uint8_t bytes[32];
};

struct range {
	uint32_t start, end;
};

/**
 * struct packet - one that was seen
 * @ms: when, ms
 * @f: its fields, absolute
 * @src: source address as on the wire
 * @icmp: type << 8 | code
 * @cookie: COOKIE
 * @ticket: TICKET
 * @payload: within @data
 */
struct packet {
	enum kind kind;
	int64_t ms;
	int64_t f[F_COUNT];
	uint8_t flags;
	int nr;
	struct range range[RANGES_MAX];
	uint8_t src[16];
	int icmp;
	struct blob cookie, ticket;
	const uint8_t *payload;
	size_t size;
	uint8_t data[PACKET_MAX];
	struct packet *next;
};

struct cond {
	enum field field;
	char op[3];
	int64_t value;
};

struct capture {
	enum field field;
	char name[NAME_MAX_];
};

/**
 * struct spec - what a line says of the packet it sends or expects
 * @set: flags that must be there
 * @clear: flags that must not
 * @icmp: type << 8 | code, or -1
 * @mutate: fixed-up last: wrong checksum and the like
 */
struct spec {
	enum kind kind;
	uint8_t set, clear;
	int icmp;
	int nconds, ncaptures;
	struct cond cond[CONDS];
	struct capture capture[CONDS];
	bool has_ranges;
	int nr;
	struct range range[RANGES_MAX];
	struct blob cookie, ticket;
	bool bad_check, no_check;
	uint8_t raw[64];	/* options as bytes */
	size_t raw_len;
	uint8_t ext[1100];	/* control block as bytes */
	size_t ext_len;
	char src[16], dst[16];	/* address by name */
};

/**
 * struct flow - one conversation
 * @fd: the module's socket, or -1
 * @rport: our port
 * @lport: the module's
 * @iss: our first sequence number
 * @irs: the module's, once seen
 * @nxt: one past the last number we sent, relative
 * @seen: one past the last number the module sent, relative
 * @our_ws: window scale in our SYN, -1 without
 * @mod_ws: in the module's
 * @win: window we announce, bytes
 * @sent: bytes given to send()
 * @taken: bytes recv() returned
 * @last: the packet seen last, for ICMP errors to quote
 */
struct flow {
	int fd;
	uint16_t rport, lport;
	uint32_t iss, irs;
	bool irs_known;
	uint32_t nxt, seen;
	uint16_t serial;
	int our_ws, mod_ws;
	int64_t win;
	uint64_t sent, taken;
	uint8_t last[128];
	size_t last_len;
};

/**
 * struct world - all there is while a script runs
 * @ip: 4 or 6
 * @type: SOCK_STREAM or SOCK_DGRAM
 * @event: when the last line's packet came, or its call returned; ms
 * @running: since when nothing is waited for, or should be no more; ms
 * @late: the longest that lasted, see script_late()
 */
struct world {
	int ip;
	int type;
	int tun;
	int lfd;
	const char *file;
	int line;
	const char *text;
	int64_t event;
	int64_t running, late;
	struct flow flows[FLOWS];
	struct flow *cur;
	struct packet *head, **tail;
};

extern struct world w;

/* ---- script.c ---- */
void script_run(const char *file);
void script_line(char *line);
void script_end(void);
/*
 * The host once took so long (LATE, ms) from one wait to the next, or overslept by so
 * much, that times say nothing of the module. To be called where a wait begins.
 */
#define LATE		20
#define STATUS_LATE	5	/* exit status of a script that failed, then */
bool script_late(void);
bool script_wants(const char *file, int ip);
/* The script is not obeyed: say why, show the conversation, and end. */
void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* One more line of the conversation */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- value.c ---- */
int64_t value(const char *text);
void var_set(const char *name, int64_t v);
void blob_set(const char *name, const struct blob *b);
struct blob blob_get(const char *name);
bool compare(int64_t a, const char *op, int64_t b);
/* Cuts "NAME OP VALUE" without blanks; false if there is no operator. */
bool cut_cond(char *token, char **name, char *op, char **text);
int64_t now_ms(void);
/* A time within which something must happen, made longer for slow machines */
int64_t patience(int64_t ms);

/* ---- packet.c ---- */
int field_find(const char *name);
const char *field_name(enum field f);
size_t fsp_build(const struct spec *s, uint8_t *p);
size_t fdp_build(const struct spec *s, uint8_t *p);
bool transport_parse(struct packet *p, int proto, const uint8_t *t, size_t len);
/* A field as scripts say it */
int64_t field_get(const struct packet *p, enum field f);
void packet_text(const struct packet *p, char *buf, size_t size);
struct flow *packet_flow(const struct packet *p);
const struct cond *spec_find(const struct spec *s, enum field f);

static inline int64_t spec_get(const struct spec *s, enum field f, int64_t dflt)
{
	const struct cond *c = spec_find(s, f);

	return c ? c->value : dflt;
}

/* ---- ip.c ---- */
/* Put IP before @len bytes of transport in @buf + 60 and send it. */
void ip_send(const struct spec *s, int proto, uint8_t *transport, size_t len);
const char *address_text(const char *name);
void icmp_send_error(const struct spec *s);
/* False: nothing a script cares for */
bool ip_parse(struct packet *p);
int icmp_find(const char *name);
const char *icmp_name(int icmp);

/* ---- tun.c ---- */
void tun_open(void);
void tun_mtu(int mtu);
void tun_send(const uint8_t *p, size_t len);
/* Read what is there; wait for it, or for @events on @fd, until @deadline. */
bool tun_wait(int fd, short events, int64_t deadline);
/* Let time go by; what comes is queued. */
void tun_pass(int64_t deadline);
/* The next packet, or NULL after @deadline */
struct packet *tun_peek(int64_t deadline);
void tun_pop(void);

/* ---- expect.c ---- */
bool packet_line(char *line);
/* A packet was taken: what is acknowledged by default follows. */
void packet_seen(const struct packet *p);

/* ---- call.c ---- */
bool call_line(char *line);

#endif
