// SPDX-License-Identifier: GPL-2.0-only
/* filter.c - which sockets a command is about. */
#include <net/if.h>
#include <string.h>
#include <linux/ferry.h>

#include "filter.h"
#include "tool.h"

void filter_init(struct filter *f)
{
	memset(f, 0, sizeof(*f));
	f->src.last = UINT16_MAX;
	f->dst.last = UINT16_MAX;
}

/* Names of services are those of the type asked for, where one was. */
static int name_type(const struct filter *f)
{
	if (f->types == 1u << FERRY_SOCK_TYPE_DGRAM)
		return FERRY_SOCK_TYPE_DGRAM;
	return f->types ? FERRY_SOCK_TYPE_STREAM : -1;
}

static void word_type(struct filter *f, const char *value)
{
	f->types |= 1u << parse_type(value);
}

static void word_state(struct filter *f, const char *value)
{
	f->states |= parse_states(value);
}

/* "src" and "sport" may come together: neither forgets the other's part. */
static void set_network(struct network *net, const char *value)
{
	struct network new;

	parse_network(value, &new);
	if (!new.first && new.last == UINT16_MAX) {
		new.first = net->first;
		new.last = net->last;
	}
	*net = new;
}

static void word_src(struct filter *f, const char *value)
{
	set_network(&f->src, value);
}

static void word_dst(struct filter *f, const char *value)
{
	set_network(&f->dst, value);
}

static void word_sport(struct filter *f, const char *value)
{
	parse_ports(value, name_type(f), &f->src.first, &f->src.last);
}

static void word_dport(struct filter *f, const char *value)
{
	parse_ports(value, name_type(f), &f->dst.first, &f->dst.last);
}

static void word_uid(struct filter *f, const char *value)
{
	f->has_uid = true;
	f->uid = parse_user(value);
}

static void word_inode(struct filter *f, const char *value)
{
	f->inode = parse_number(value, 1, UINT64_MAX, "an inode");
}

static void word_cookie(struct filter *f, const char *value)
{
	f->cookie = parse_number(value, 1, UINT64_MAX, "a cookie");
}

static void word_dev(struct filter *f, const char *value)
{
	f->device = if_nametoindex(value);
	if (!f->device)
		die(EXIT_SYNTAX, "no network device \"%s\"", value);
}

static const struct {
	const char	*name;
	const char	*what;
	void		(*set)(struct filter *f, const char *value);
} words[] = {
	{ "state", "a state", word_state },
	{ "type", "stream or dgram", word_type },
	{ "src", "an address", word_src },
	{ "dst", "an address", word_dst },
	{ "sport", "a port", word_sport },
	{ "dport", "a port", word_dport },
	{ "uid", "a user", word_uid },
	{ "inode", "an inode", word_inode },
	{ "cookie", "a cookie", word_cookie },
	{ "dev", "a network device", word_dev },
};

int filter_word(struct filter *f, char **argv)
{
	unsigned int i;

	if (!strcmp(argv[0], "stream") || !strcmp(argv[0], "dgram")) {
		f->given = true;
		word_type(f, argv[0]);
		return 1;
	}
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(argv[0], words[i].name))
			continue;
		f->given = true;
		words[i].set(f, want_word(argv, words[i].what));
		return 2;
	}
	return 0;
}

/* Attribute numbers of one end */
struct end {
	int	addr;
	int	prefix;
	int	first;
	int	last;
};

static void put_network(struct nlmsghdr *nlh, const struct network *net,
			const struct end *end)
{
	if (net->len) {
		mnl_attr_put(nlh, end->addr, net->len, net->addr);
		mnl_attr_put_u8(nlh, end->prefix, net->prefix);
	}
	if (net->first || net->last != UINT16_MAX) {
		mnl_attr_put_u16(nlh, end->first, net->first);
		mnl_attr_put_u16(nlh, end->last, net->last);
	}
}

static const struct end local = {
	FERRY_A_FILTER_LOCAL_ADDR, FERRY_A_FILTER_LOCAL_PREFIX,
	FERRY_A_FILTER_LOCAL_PORT_FIRST, FERRY_A_FILTER_LOCAL_PORT_LAST,
};

static const struct end remote = {
	FERRY_A_FILTER_REMOTE_ADDR, FERRY_A_FILTER_REMOTE_PREFIX,
	FERRY_A_FILTER_REMOTE_PORT_FIRST, FERRY_A_FILTER_REMOTE_PORT_LAST,
};

void filter_put(const struct filter *f, struct nlmsghdr *nlh)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, FERRY_A_SOCKET_FILTER);

	if (f->types)
		mnl_attr_put_u32(nlh, FERRY_A_FILTER_TYPES, f->types);
	if (f->states)
		mnl_attr_put_u32(nlh, FERRY_A_FILTER_STATES, f->states);
	if (settings.family)
		mnl_attr_put_u16(nlh, FERRY_A_FILTER_FAMILY, settings.family);
	put_network(nlh, &f->src, &local);
	put_network(nlh, &f->dst, &remote);
	if (f->device)
		mnl_attr_put_u32(nlh, FERRY_A_FILTER_DEVICE, f->device);
	if (f->has_uid)
		mnl_attr_put_u32(nlh, FERRY_A_FILTER_UID, f->uid);
	if (f->inode)
		mnl_attr_put_u64(nlh, FERRY_A_FILTER_INODE, f->inode);
	if (f->cookie)
		mnl_attr_put_u64(nlh, FERRY_A_FILTER_COOKIE, f->cookie);
	mnl_attr_nest_end(nlh, nest);
}
