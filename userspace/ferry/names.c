// SPDX-License-Identifier: GPL-2.0-only
/* names.c - numbers as people know them, and back. */
#include <arpa/inet.h>
#include <ctype.h>
#include <grp.h>
#include <net/if.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/ferry.h>

#include "names.h"
#include "tool.h"

struct state {
	const char	*name;		/* as ss(8) prints it */
	const char	*key;
};

static const struct state states[] = {
	[FERRY_SOCK_STATE_ESTABLISHED] = { "ESTAB", "established" },
	[FERRY_SOCK_STATE_SYN_SENT] = { "SYN-SENT", "syn-sent" },
	[FERRY_SOCK_STATE_SYN_RECV] = { "SYN-RECV", "syn-recv" },
	[FERRY_SOCK_STATE_FIN_WAIT_1] = { "FIN-WAIT-1", "fin-wait-1" },
	[FERRY_SOCK_STATE_FIN_WAIT_2] = { "FIN-WAIT-2", "fin-wait-2" },
	[FERRY_SOCK_STATE_TIME_WAIT] = { "TIME-WAIT", "time-wait" },
	[FERRY_SOCK_STATE_CLOSE] = { "UNCONN", "close" },
	[FERRY_SOCK_STATE_CLOSE_WAIT] = { "CLOSE-WAIT", "close-wait" },
	[FERRY_SOCK_STATE_LAST_ACK] = { "LAST-ACK", "last-ack" },
	[FERRY_SOCK_STATE_LISTEN] = { "LISTEN", "listen" },
	[FERRY_SOCK_STATE_CLOSING] = { "CLOSING", "closing" },
};

#define BIT(n)	(1u << (n))
#define ALL	0xffeu

/* Words for several states */
static const struct {
	const char	*name;
	uint32_t	bits;
} state_groups[] = {
	{ "all", ALL },
	{ "connected", ALL & ~(BIT(FERRY_SOCK_STATE_CLOSE) | BIT(FERRY_SOCK_STATE_LISTEN)) },
	{ "synchronized", ALL & ~(BIT(FERRY_SOCK_STATE_CLOSE) |
				  BIT(FERRY_SOCK_STATE_LISTEN) |
				  BIT(FERRY_SOCK_STATE_SYN_SENT)) },
	{ "listening", BIT(FERRY_SOCK_STATE_LISTEN) },
	{ "unconnected", BIT(FERRY_SOCK_STATE_CLOSE) },
};

static const char *const types[] = {
	[FERRY_SOCK_TYPE_STREAM] = "stream",
	[FERRY_SOCK_TYPE_DGRAM] = "dgram",
};

static const char *const timers[] = {
	[FERRY_TIMER_KIND_NONE] = "none",
	[FERRY_TIMER_KIND_RETRANSMIT] = "retransmit",
	[FERRY_TIMER_KIND_PROBE] = "probe",
	[FERRY_TIMER_KIND_KEEPALIVE] = "keepalive",
	[FERRY_TIMER_KIND_DELACK] = "delack",
	[FERRY_TIMER_KIND_TIME_WAIT] = "time-wait",
	[FERRY_TIMER_KIND_LINGER] = "linger",
};

/* RFC 8899 section 5.2 */
static const char *const pmtu_states[] = {
	"disabled", "base", "searching", "complete", "error",
};

/* As tcpi_ca_state has them */
static const char *const ca_states[] = {
	"open", "disorder", "cwr", "recovery", "loss",
};

static const char *pick(const char *const *names, size_t n, unsigned int i)
{
	return i < n && names[i] ? names[i] : "unknown";
}

const char *type_name(unsigned int type)
{
	return pick(types, ARRAY_SIZE(types), type);
}

const char *state_name(unsigned int state)
{
	return state && state < ARRAY_SIZE(states) ? states[state].name : "unknown";
}

const char *state_key(unsigned int state)
{
	return state && state < ARRAY_SIZE(states) ? states[state].key : "unknown";
}

const char *timer_name(unsigned int kind)
{
	return pick(timers, ARRAY_SIZE(timers), kind);
}

const char *pmtu_state_name(unsigned int state)
{
	return pick(pmtu_states, ARRAY_SIZE(pmtu_states), state);
}

const char *ca_state_name(unsigned int state)
{
	return pick(ca_states, ARRAY_SIZE(ca_states), state);
}

/* Services are listed under the protocols Ferry stands in for. */
static const char *service_protocol(int type)
{
	return type == FERRY_SOCK_TYPE_DGRAM ? "udp" : "tcp";
}

char *port_text(unsigned int type, uint16_t port)
{
	struct servent *s = NULL;

	if (!port)
		return xprintf("*");
	if (!settings.numeric)
		s = getservbyport(htons(port), service_protocol(type));
	return s ? xprintf("%s", s->s_name) : xprintf("%u", port);
}

char *user_text(uint32_t uid)
{
	struct passwd *p = settings.numeric ? NULL : getpwuid(uid);

	return p ? xprintf("%s", p->pw_name) : xprintf("%u", uid);
}

char *group_text(uint32_t gid)
{
	struct group *g = settings.numeric ? NULL : getgrgid(gid);

	return g ? xprintf("%s", g->gr_name) : xprintf("%u", gid);
}

char *device_text(uint32_t index)
{
	char name[IF_NAMESIZE];

	if (if_indextoname(index, name))
		return xprintf("%s", name);
	return xprintf("if%u", index);
}

static bool is_any(const void *addr, size_t len)
{
	static const char zero[16];

	return !memcmp(addr, zero, len);
}

char *address_text(const void *addr, size_t len, bool star)
{
	char text[INET6_ADDRSTRLEN];

	if ((len != 4 && len != 16) || (star && is_any(addr, len)))
		return xprintf("*");
	if (!inet_ntop(len == 4 ? AF_INET : AF_INET6, addr, text, sizeof(text)))
		return xprintf("?");
	return xprintf("%s", text);
}

char *endpoint_text(const void *addr, size_t len, uint32_t device, unsigned int type,
		    uint16_t port)
{
	char *a = address_text(addr, len, false), *p = port_text(type, port);
	char *d = device ? device_text(device) : xprintf("%s", "");
	char *text;

	text = xprintf(len == 16 ? "[%s]%s%s:%s" : "%s%s%s:%s", a, device ? "%" : "", d, p);
	free(a);
	free(p);
	free(d);
	return text;
}

/* ---- words ---- */

unsigned int parse_type(const char *word)
{
	unsigned int t;

	for (t = 0; t < ARRAY_SIZE(types); t++)
		if (is_abbreviation(word, types[t]))
			return t;
	die(EXIT_SYNTAX, "a type is stream or dgram, not \"%s\"", word);
}

static uint32_t parse_state(const char *word)
{
	unsigned int i;

	for (i = 1; i < ARRAY_SIZE(states); i++)
		if (!strcasecmp(word, states[i].key) || !strcasecmp(word, states[i].name))
			return BIT(i);
	for (i = 0; i < ARRAY_SIZE(state_groups); i++)
		if (!strcasecmp(word, state_groups[i].name))
			return state_groups[i].bits;
	die(EXIT_SYNTAX, "\"%s\" is no state; \"ferry socket help\" lists them", word);
}

uint32_t parse_states(const char *words)
{
	char *copy = xprintf("%s", words), *at = copy, *word;
	uint32_t bits = 0;

	while ((word = strsep(&at, ",")))
		bits |= parse_state(word);
	free(copy);
	return bits;
}

uint32_t parse_user(const char *word)
{
	struct passwd *p;

	if (isdigit((unsigned char)*word))
		return parse_number(word, 0, UINT32_MAX - 1, "a uid");
	p = getpwnam(word);
	if (!p)
		die(EXIT_SYNTAX, "no user \"%s\"", word);
	return p->pw_uid;
}

uint32_t parse_group(const char *word)
{
	struct group *g;

	if (isdigit((unsigned char)*word))
		return parse_number(word, 0, UINT32_MAX - 1, "a gid");
	g = getgrnam(word);
	if (!g)
		die(EXIT_SYNTAX, "no group \"%s\"", word);
	return g->gr_gid;
}

static uint16_t parse_service(const char *word, int type)
{
	struct servent *s = getservbyname(word, service_protocol(type));

	if (!s && type < 0)
		s = getservbyname(word, "udp");
	if (!s)
		die(EXIT_SYNTAX, "no port or service \"%s\"", word);
	return ntohs(s->s_port);
}

/* Services have dashes in their names too: a range begins with a digit. */
void parse_ports(const char *word, int type, uint16_t *first, uint16_t *last)
{
	const char *dash = strchr(word, '-');
	char *from;

	if (!isdigit((unsigned char)*word)) {
		*first = parse_service(word, type);
		*last = *first;
		return;
	}
	from = dash ? strndup(word, dash - word) : xprintf("%s", word);
	*first = parse_number(from, 0, UINT16_MAX, "a port (0-65535)");
	*last = dash ? parse_number(dash + 1, 0, UINT16_MAX, "a port (0-65535)") : *first;
	free(from);
}

static void parse_address(char *text, struct network *net)
{
	char *slash = strchr(text, '/');
	unsigned int most;

	if (slash)
		*slash = 0;
	if (inet_pton(AF_INET, text, net->addr) == 1)
		net->len = 4;
	else if (inet_pton(AF_INET6, text, net->addr) == 1)
		net->len = 16;
	else
		die(EXIT_SYNTAX, "\"%s\" is no address", text);
	most = net->len * 8;
	net->prefix = slash ? parse_number(slash + 1, 0, most, "a prefix length") : most;
}

/* Where the port begins: behind brackets, or behind the only colon */
static char *split_port(char *text, char **address)
{
	char *close = strchr(text, ']'), *colon = strchr(text, ':');

	*address = text;
	if (*text == '[' && close) {
		*address = text + 1;
		memmove(close, close + 1, strlen(close));
		colon = strrchr(close, ':');
	} else if (colon && strchr(colon + 1, ':')) {
		colon = NULL;
	}
	if (!colon)
		return NULL;
	*colon = 0;
	return colon + 1;
}

void parse_network(const char *word, struct network *net)
{
	char *copy = xprintf("%s", word), *address, *port;

	memset(net, 0, sizeof(*net));
	net->last = UINT16_MAX;
	port = split_port(copy, &address);
	if (*address && strcmp(address, "*"))
		parse_address(address, net);
	if (port && strcmp(port, "*"))
		parse_ports(port, -1, &net->first, &net->last);
	free(copy);
}
