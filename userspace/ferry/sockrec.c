// SPDX-License-Identifier: GPL-2.0-only
/* sockrec.c - a socket as a message of the kernel describes it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "nl.h"
#include "proc.h"
#include "sockrec.h"
#include "tool.h"

void sockrec_parse(struct sockrec *r, const struct nlattr *const *tb)
{
	memset(r, 0, sizeof(*r));
	r->tb = tb;
	if (tb[FERRY_A_SOCKET_STREAM])
		nl_parse_nest(tb[FERRY_A_SOCKET_STREAM], r->stream, FERRY_A_STREAM_MAX);
	if (tb[FERRY_A_SOCKET_TIMER])
		nl_parse_nest(tb[FERRY_A_SOCKET_TIMER], r->timer, FERRY_A_TIMER_MAX);
}

static uint64_t field(const struct sockrec *r, int attr)
{
	return nl_get(r->tb[attr]);
}

static uint64_t stream(const struct sockrec *r, int attr)
{
	return nl_get(r->stream[attr]);
}

/* ---- JSON ---- */

/* What is printed, under which key, as what */
struct member {
	const char	*key;
	int		attr;
};

static const struct member stream_members[] = {
	{ "snd_wscale", FERRY_A_STREAM_SND_WSCALE },
	{ "rcv_wscale", FERRY_A_STREAM_RCV_WSCALE },
	{ "backoff", FERRY_A_STREAM_BACKOFF },
	{ "snd_mss", FERRY_A_STREAM_SND_MSS },
	{ "rcv_mss", FERRY_A_STREAM_RCV_MSS },
	{ "adv_mss", FERRY_A_STREAM_ADV_MSS },
	{ "pmtu", FERRY_A_STREAM_PMTU },
	{ "rtt_us", FERRY_A_STREAM_RTT },
	{ "rttvar_us", FERRY_A_STREAM_RTTVAR },
	{ "min_rtt_us", FERRY_A_STREAM_MIN_RTT },
	{ "rto_us", FERRY_A_STREAM_RTO },
	{ "ato_us", FERRY_A_STREAM_ATO },
	{ "cwnd", FERRY_A_STREAM_CWND },
	{ "ssthresh", FERRY_A_STREAM_SSTHRESH },
	{ "snd_wnd", FERRY_A_STREAM_SND_WND },
	{ "rcv_wnd", FERRY_A_STREAM_RCV_WND },
	{ "unacked", FERRY_A_STREAM_UNACKED },
	{ "sacked", FERRY_A_STREAM_SACKED },
	{ "lost", FERRY_A_STREAM_LOST },
	{ "retrans", FERRY_A_STREAM_RETRANS },
	{ "reordering", FERRY_A_STREAM_REORDERING },
	{ "notsent", FERRY_A_STREAM_NOTSENT },
	{ "ofo", FERRY_A_STREAM_OFO },
	{ "last_snd_ms", FERRY_A_STREAM_LAST_SND },
	{ "last_rcv_ms", FERRY_A_STREAM_LAST_RCV },
	{ "bytes_sent", FERRY_A_STREAM_BYTES_SENT },
	{ "bytes_acked", FERRY_A_STREAM_BYTES_ACKED },
	{ "bytes_received", FERRY_A_STREAM_BYTES_RECEIVED },
	{ "bytes_retrans", FERRY_A_STREAM_BYTES_RETRANS },
	{ "segs_out", FERRY_A_STREAM_SEGS_OUT },
	{ "segs_in", FERRY_A_STREAM_SEGS_IN },
	{ "segs_retrans", FERRY_A_STREAM_SEGS_RETRANS },
	{ "segs_lost", FERRY_A_STREAM_SEGS_LOST },
	{ "segs_spurious", FERRY_A_STREAM_SEGS_SPURIOUS },
	{ "segs_dup", FERRY_A_STREAM_SEGS_DUP },
	{ "delivery_rate", FERRY_A_STREAM_DELIVERY_RATE },
	{ "pacing_rate", FERRY_A_STREAM_PACING_RATE },
};

static const struct member socket_members[] = {
	{ "uid", FERRY_A_SOCKET_UID },
	{ "inode", FERRY_A_SOCKET_INODE },
	{ "cookie", FERRY_A_SOCKET_COOKIE },
	{ "rqueue", FERRY_A_SOCKET_RQUEUE },
	{ "wqueue", FERRY_A_SOCKET_WQUEUE },
	{ "rmem", FERRY_A_SOCKET_RMEM },
	{ "rcvbuf", FERRY_A_SOCKET_RCVBUF },
	{ "wmem", FERRY_A_SOCKET_WMEM },
	{ "sndbuf", FERRY_A_SOCKET_SNDBUF },
	{ "backlog", FERRY_A_SOCKET_BACKLOG },
	{ "drops", FERRY_A_SOCKET_DROPS },
	{ "mark", FERRY_A_SOCKET_MARK },
	{ "udp_port", FERRY_A_SOCKET_UDP_PORT },
};

static void json_members(const struct member *m, unsigned int n,
			 const struct nlattr *const *tb)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (tb[m[i].attr])
			js_number(m[i].key, nl_get(tb[m[i].attr]));
}

static void json_owned_string(const char *key, char *text)
{
	js_string(key, text);
	free(text);
}

static void json_address(const char *key, const struct nlattr *addr)
{
	if (addr)
		json_owned_string(key, address_text(mnl_attr_get_payload(addr),
						    mnl_attr_get_payload_len(addr),
						    false));
}

static void json_timer(const struct sockrec *r)
{
	if (!r->tb[FERRY_A_SOCKET_TIMER])
		return;
	js_open("timer", '{');
	js_string("kind", timer_name(nl_get(r->timer[FERRY_A_TIMER_KIND])));
	js_number("expires_ms", nl_get(r->timer[FERRY_A_TIMER_EXPIRES]));
	js_number("count", nl_get(r->timer[FERRY_A_TIMER_COUNT]));
	js_close();
}

static void json_stream(const struct sockrec *r)
{
	const struct nlattr *cc = r->stream[FERRY_A_STREAM_CONGESTION];

	if (!r->tb[FERRY_A_SOCKET_STREAM])
		return;
	js_open("stream", '{');
	if (cc)
		js_string("congestion", mnl_attr_get_str(cc));
	js_string("ca_state", ca_state_name(stream(r, FERRY_A_STREAM_CA_STATE)));
	if (r->stream[FERRY_A_STREAM_PMTU_STATE])
		js_string("pmtu_state",
			  pmtu_state_name(stream(r, FERRY_A_STREAM_PMTU_STATE)));
	json_members(stream_members, ARRAY_SIZE(stream_members), r->stream);
	js_close();
}

void sockrec_json(const struct sockrec *r, bool processes)
{
	js_string("type", type_name(field(r, FERRY_A_SOCKET_TYPE)));
	js_string("family", field(r, FERRY_A_SOCKET_FAMILY) == FERRY_IP_FAMILY_INET6 ?
		  "inet6" : "inet");
	js_string("state", state_key(field(r, FERRY_A_SOCKET_STATE)));
	json_address("local_addr", r->tb[FERRY_A_SOCKET_LOCAL_ADDR]);
	js_number("local_port", field(r, FERRY_A_SOCKET_LOCAL_PORT));
	json_address("remote_addr", r->tb[FERRY_A_SOCKET_REMOTE_ADDR]);
	js_number("remote_port", field(r, FERRY_A_SOCKET_REMOTE_PORT));
	if (r->tb[FERRY_A_SOCKET_DEVICE])
		json_owned_string("device", device_text(field(r, FERRY_A_SOCKET_DEVICE)));
	json_members(socket_members, ARRAY_SIZE(socket_members), r->tb);
	if (r->tb[FERRY_A_SOCKET_V6ONLY])
		js_bool("v6only", true);
	if (r->tb[FERRY_A_SOCKET_ORPHAN])
		js_bool("orphan", true);
	json_timer(r);
	json_stream(r);
	if (processes)
		proc_json("processes", field(r, FERRY_A_SOCKET_INODE));
}

/* ---- rows ---- */

static char *endpoint(const struct sockrec *r, int addr, int port, uint32_t device)
{
	const struct nlattr *a = r->tb[addr];

	return endpoint_text(a ? mnl_attr_get_payload(a) : NULL,
			     a ? mnl_attr_get_payload_len(a) : 0, device,
			     field(r, FERRY_A_SOCKET_TYPE), field(r, port));
}

char *sockrec_local(const struct sockrec *r)
{
	return endpoint(r, FERRY_A_SOCKET_LOCAL_ADDR, FERRY_A_SOCKET_LOCAL_PORT,
			field(r, FERRY_A_SOCKET_DEVICE));
}

char *sockrec_remote(const struct sockrec *r)
{
	return endpoint(r, FERRY_A_SOCKET_REMOTE_ADDR, FERRY_A_SOCKET_REMOTE_PORT, 0);
}

static enum colour state_colour(unsigned int state)
{
	switch (state) {
	case FERRY_SOCK_STATE_ESTABLISHED:
		return GREEN;
	case FERRY_SOCK_STATE_LISTEN:
		return CYAN;
	case FERRY_SOCK_STATE_CLOSE:
		return PLAIN;
	default:
		return YELLOW;
	}
}

void sockrec_row(const struct sockrec *r, struct row *row)
{
	unsigned int state = field(r, FERRY_A_SOCKET_STATE);
	struct cell *c = row->cells;

	c[0].text = xprintf("%s", type_name(field(r, FERRY_A_SOCKET_TYPE)));
	c[1].text = xprintf("%s", state_name(state));
	c[1].colour = state_colour(state);
	c[2].text = xprintf("%" PRIu64, field(r, FERRY_A_SOCKET_RQUEUE));
	c[3].text = xprintf("%" PRIu64, field(r, FERRY_A_SOCKET_WQUEUE));
	c[4].text = sockrec_local(r);
	c[4].colour = MAGENTA;
	c[5].text = sockrec_remote(r);
	c[5].colour = MAGENTA;
}

/* ---- details ---- */

struct text {
	char	*s;
	size_t	len;
	FILE	*f;
};

static void item(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void item(struct text *t, const char *fmt, ...)
{
	va_list ap;

	fputc(' ', t->f);
	va_start(ap, fmt);
	vfprintf(t->f, fmt, ap);
	va_end(ap);
}

static void item_if(struct text *t, const char *key, uint64_t value)
{
	if (value)
		item(t, "%s:%" PRIu64, key, value);
}

static void item_ms(struct text *t, const char *key, uint64_t us)
{
	if (us)
		item(t, "%s:%.3gms", key, us / 1000.0);
}

/* Bytes per second as people read rates */
static void item_rate(struct text *t, const char *key, uint64_t bytes)
{
	static const char *const units[] = { "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s" };
	double bits = bytes * 8.0;
	unsigned int u = 0;

	while (bits >= 1000 && u + 1 < ARRAY_SIZE(units)) {
		bits /= 1000;
		u++;
	}
	if (bytes)
		item(t, "%s:%.4g%s", key, bits, units[u]);
}

static void line_owner(struct text *t, const struct sockrec *r)
{
	char *user = user_text(field(r, FERRY_A_SOCKET_UID));

	fputc('\t', t->f);
	item(t, "user:%s", user);
	free(user);
	item_if(t, "inode", field(r, FERRY_A_SOCKET_INODE));
	item_if(t, "cookie", field(r, FERRY_A_SOCKET_COOKIE));
	item_if(t, "mark", field(r, FERRY_A_SOCKET_MARK));
	item_if(t, "udp", field(r, FERRY_A_SOCKET_UDP_PORT));
	if (r->tb[FERRY_A_SOCKET_V6ONLY])
		item(t, "v6only");
	if (r->tb[FERRY_A_SOCKET_ORPHAN])
		item(t, "orphan");
	if (r->tb[FERRY_A_SOCKET_TIMER])
		item(t, "timer:%s,%" PRIu64 "ms,%" PRIu64,
		     timer_name(nl_get(r->timer[FERRY_A_TIMER_KIND])),
		     nl_get(r->timer[FERRY_A_TIMER_EXPIRES]),
		     nl_get(r->timer[FERRY_A_TIMER_COUNT]));
	fputc('\n', t->f);
}

static void line_memory(struct text *t, const struct sockrec *r)
{
	if (!r->tb[FERRY_A_SOCKET_RCVBUF])
		return;
	fputc('\t', t->f);
	item(t, "rmem:%" PRIu64 "/%" PRIu64, field(r, FERRY_A_SOCKET_RMEM),
	     field(r, FERRY_A_SOCKET_RCVBUF));
	item(t, "wmem:%" PRIu64 "/%" PRIu64, field(r, FERRY_A_SOCKET_WMEM),
	     field(r, FERRY_A_SOCKET_SNDBUF));
	item_if(t, "backlog", field(r, FERRY_A_SOCKET_BACKLOG));
	item_if(t, "drops", field(r, FERRY_A_SOCKET_DROPS));
	fputc('\n', t->f);
}

static void line_path(struct text *t, const struct sockrec *r)
{
	fputc('\t', t->f);
	item(t, "%s", mnl_attr_get_str(r->stream[FERRY_A_STREAM_CONGESTION]));
	item(t, "%s", ca_state_name(stream(r, FERRY_A_STREAM_CA_STATE)));
	item(t, "wscale:%" PRIu64 ",%" PRIu64, stream(r, FERRY_A_STREAM_SND_WSCALE),
	     stream(r, FERRY_A_STREAM_RCV_WSCALE));
	item_ms(t, "rto", stream(r, FERRY_A_STREAM_RTO));
	if (stream(r, FERRY_A_STREAM_RTT))
		item(t, "rtt:%.4g/%.3gms", stream(r, FERRY_A_STREAM_RTT) / 1000.0,
		     stream(r, FERRY_A_STREAM_RTTVAR) / 1000.0);
	item_ms(t, "minrtt", stream(r, FERRY_A_STREAM_MIN_RTT));
	item_ms(t, "ato", stream(r, FERRY_A_STREAM_ATO));
	item_if(t, "mss", stream(r, FERRY_A_STREAM_SND_MSS));
	item_if(t, "rcvmss", stream(r, FERRY_A_STREAM_RCV_MSS));
	item_if(t, "advmss", stream(r, FERRY_A_STREAM_ADV_MSS));
	item_if(t, "pmtu", stream(r, FERRY_A_STREAM_PMTU));
	if (r->stream[FERRY_A_STREAM_PMTU_STATE])
		item(t, "plpmtud:%s", pmtu_state_name(stream(r, FERRY_A_STREAM_PMTU_STATE)));
	fputc('\n', t->f);
}

static void line_window(struct text *t, const struct sockrec *r)
{
	fputc('\t', t->f);
	item_if(t, "cwnd", stream(r, FERRY_A_STREAM_CWND));
	/* "Infinite" before the first loss */
	if (stream(r, FERRY_A_STREAM_SSTHRESH) < INT32_MAX)
		item_if(t, "ssthresh", stream(r, FERRY_A_STREAM_SSTHRESH));
	item_if(t, "snd_wnd", stream(r, FERRY_A_STREAM_SND_WND));
	item_if(t, "rcv_wnd", stream(r, FERRY_A_STREAM_RCV_WND));
	item_if(t, "unacked", stream(r, FERRY_A_STREAM_UNACKED));
	item_if(t, "sacked", stream(r, FERRY_A_STREAM_SACKED));
	item_if(t, "lost", stream(r, FERRY_A_STREAM_LOST));
	item_if(t, "retrans", stream(r, FERRY_A_STREAM_RETRANS));
	item_if(t, "backoff", stream(r, FERRY_A_STREAM_BACKOFF));
	item_if(t, "reordering", stream(r, FERRY_A_STREAM_REORDERING));
	item_if(t, "notsent", stream(r, FERRY_A_STREAM_NOTSENT));
	item_if(t, "ofo", stream(r, FERRY_A_STREAM_OFO));
	item_rate(t, "delivery", stream(r, FERRY_A_STREAM_DELIVERY_RATE));
	item_rate(t, "pacing", stream(r, FERRY_A_STREAM_PACING_RATE));
	fputc('\n', t->f);
}

static void line_totals(struct text *t, const struct sockrec *r)
{
	fputc('\t', t->f);
	item_if(t, "bytes_sent", stream(r, FERRY_A_STREAM_BYTES_SENT));
	item_if(t, "bytes_acked", stream(r, FERRY_A_STREAM_BYTES_ACKED));
	item_if(t, "bytes_received", stream(r, FERRY_A_STREAM_BYTES_RECEIVED));
	item_if(t, "bytes_retrans", stream(r, FERRY_A_STREAM_BYTES_RETRANS));
	item_if(t, "segs_out", stream(r, FERRY_A_STREAM_SEGS_OUT));
	item_if(t, "segs_in", stream(r, FERRY_A_STREAM_SEGS_IN));
	item_if(t, "segs_retrans", stream(r, FERRY_A_STREAM_SEGS_RETRANS));
	item_if(t, "segs_lost", stream(r, FERRY_A_STREAM_SEGS_LOST));
	item_if(t, "segs_spurious", stream(r, FERRY_A_STREAM_SEGS_SPURIOUS));
	item_if(t, "segs_dup", stream(r, FERRY_A_STREAM_SEGS_DUP));
	item(t, "lastsnd:%" PRIu64 "ms", stream(r, FERRY_A_STREAM_LAST_SND));
	item(t, "lastrcv:%" PRIu64 "ms", stream(r, FERRY_A_STREAM_LAST_RCV));
	fputc('\n', t->f);
}

char *sockrec_details(const struct sockrec *r)
{
	struct text t = {};

	t.f = open_memstream(&t.s, &t.len);
	if (!t.f)
		die(EXIT_SYNTAX, "out of memory");
	line_owner(&t, r);
	line_memory(&t, r);
	if (r->stream[FERRY_A_STREAM_CONGESTION]) {
		line_path(&t, r);
		line_window(&t, r);
		line_totals(&t, r);
	}
	fclose(t.f);
	return t.s;
}
