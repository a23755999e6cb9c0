// SPDX-License-Identifier: GPL-2.0-only
/* port.c - "ferry port": list, reserve, grant, release. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "nl.h"
#include "out.h"
#include "proc.h"
#include "tool.h"

static void usage(void)
{
	puts("Usage: ferry port [list] [held | rights] [-p] [PORT[-PORT]] [stream | dgram]\n"
	     "                  [uid USER]\n"
	     "       ferry port reserve PORT[-PORT] [stream | dgram]\n"
	     "       ferry port grant PORT[-PORT] [stream | dgram] { uid USER | gid GROUP }\n"
	     "       ferry port release PORT[-PORT] [stream | dgram] [uid USER | gid GROUP]\n"
	     "\n"
	     "  list      who holds which port, and which are reserved and granted\n"
	     "  reserve   keep ports from all but those they are granted to\n"
	     "  grant     let a user or group bind ports, well-known ones included\n"
	     "  release   take back a grant or, without uid and gid, a reservation\n"
	     "\n"
	     "  -p, --processes   which processes have the socket open\n"
	     "\n"
	     "  Without stream or dgram, reserve, grant and release mean both.");
}

enum who {
	NOBODY,
	USER,
	GROUP,
};

/**
 * struct ask - the words on the command line
 * @held: list holders
 * @rights: list reservations and grants
 * @processes: of holders
 * @has_range: a port was given
 * @first: first port
 * @last: last port
 * @type: or -1
 * @who: what kind of number @id is
 * @id: uid or gid
 * @table: human output
 */
struct ask {
	bool		held;
	bool		rights;
	bool		processes;
	bool		has_range;
	uint16_t	first;
	uint16_t	last;
	int		type;
	enum who	who;
	uint32_t	id;
	struct table	table;
};

static const char *const heads[] = {
	"Type", "Port", "Use", "State", "Address", "Owner", NULL
};

static const char *const heads_processes[] = {
	"Type", "Port", "Use", "State", "Address", "Owner", "Process", NULL
};

static void set_owner(struct ask *a, enum who who, uint32_t id)
{
	if (a->who != NOBODY)
		die(EXIT_SYNTAX, "one user or group, not two");
	a->who = who;
	a->id = id;
}

/* The words that may come in any order. Returns how many were taken. */
static int take_word(struct ask *a, char **argv)
{
	if (!strcmp(*argv, "stream") || !strcmp(*argv, "dgram")) {
		a->type = parse_type(*argv);
		return 1;
	}
	if (!strcmp(*argv, "type")) {
		a->type = parse_type(want_word(argv, "stream or dgram"));
		return 2;
	}
	if (!strcmp(*argv, "uid")) {
		set_owner(a, USER, parse_user(want_word(argv, "a user")));
		return 2;
	}
	if (!strcmp(*argv, "gid")) {
		set_owner(a, GROUP, parse_group(want_word(argv, "a group")));
		return 2;
	}
	return 0;
}

static int take_list_word(struct ask *a, char **argv)
{
	if (!strcmp(*argv, "held"))
		a->held = true;
	else if (!strcmp(*argv, "rights"))
		a->rights = true;
	else if (!strcmp(*argv, "-p") || !strcmp(*argv, "--processes"))
		a->processes = true;
	else
		return 0;
	return 1;
}

static void take_port(struct ask *a, const char *word)
{
	if (a->has_range)
		die(EXIT_SYNTAX, "\"%s\" is one word too many; try \"ferry port help\"",
		    word);
	a->has_range = true;
	parse_ports(word, a->type, &a->first, &a->last);
}

/* Types come first, as names of ports depend on them. */
static void parse(struct ask *a, char **argv, bool listing)
{
	char **w;
	int taken;

	memset(a, 0, sizeof(*a));
	a->type = -1;
	a->last = UINT16_MAX;
	for (w = argv; *w; w++)
		if (!strcmp(*w, "stream") || !strcmp(*w, "dgram"))
			a->type = parse_type(*w);
	for (; *argv; argv += taken) {
		if (!strcmp(*argv, "help") || !strcmp(*argv, "-h"))
			usage(), exit(0);
		taken = take_word(a, argv);
		if (!taken && listing)
			taken = take_list_word(a, argv);
		if (taken)
			continue;
		take_port(a, *argv);
		taken = 1;
	}
}

/* ---- list ---- */

static char *owner_text(const struct nlattr *uid, const struct nlattr *gid)
{
	char *name, *text;

	if (gid) {
		name = group_text(nl_get(gid));
		text = xprintf("group %s", name);
		free(name);
		return text;
	}
	return uid ? user_text(nl_get(uid)) : xprintf("%s", "");
}

static char *range_text(unsigned int type, uint16_t first, uint16_t last)
{
	return first == last ? port_text(type, first) : xprintf("%u-%u", first, last);
}

static char *holder_address(const struct nlattr **tb)
{
	const struct nlattr *a = tb[FERRY_A_PORT_LOCAL_ADDR];
	char *addr, *dev, *text;

	addr = a ? address_text(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a),
				false) : xprintf("?");
	if (!tb[FERRY_A_PORT_DEVICE])
		return addr;
	dev = device_text(nl_get(tb[FERRY_A_PORT_DEVICE]));
	text = xprintf("%s%%%s", addr, dev);
	free(addr);
	free(dev);
	return text;
}

static void holder_json(const struct ask *a, const struct nlattr **tb)
{
	char *addr = holder_address(tb);

	js_open(NULL, '{');
	js_string("use", "held");
	js_string("type", type_name(nl_get(tb[FERRY_A_PORT_TYPE])));
	js_number("port", nl_get(tb[FERRY_A_PORT_PORT]));
	js_string("state", state_key(nl_get(tb[FERRY_A_PORT_STATE])));
	js_string("address", addr);
	js_number("uid", nl_get(tb[FERRY_A_PORT_UID]));
	js_number("inode", nl_get(tb[FERRY_A_PORT_INODE]));
	js_number("cookie", nl_get(tb[FERRY_A_PORT_COOKIE]));
	if (tb[FERRY_A_PORT_REMOTE_PORT])
		js_number("remote_port", nl_get(tb[FERRY_A_PORT_REMOTE_PORT]));
	if (tb[FERRY_A_PORT_V6ONLY])
		js_bool("v6only", true);
	if (tb[FERRY_A_PORT_REUSE_ADDR])
		js_bool("reuseaddr", true);
	if (tb[FERRY_A_PORT_REUSE_PORT])
		js_bool("reuseport", true);
	if (a->processes)
		proc_json("processes", nl_get(tb[FERRY_A_PORT_INODE]));
	js_close();
	free(addr);
}

static void show_holder(uint8_t cmd, const struct nlattr **tb, void *arg)
{
	unsigned int type = nl_get(tb[FERRY_A_PORT_TYPE]);
	struct ask *a = arg;
	struct cell *c;

	(void)cmd;
	if (settings.family && settings.family != (int)nl_get(tb[FERRY_A_PORT_FAMILY]))
		return;
	if (settings.json) {
		holder_json(a, tb);
		return;
	}
	c = table_row(&a->table)->cells;
	c[0].text = xprintf("%s", type_name(type));
	c[1].text = port_text(type, nl_get(tb[FERRY_A_PORT_PORT]));
	c[1].colour = MAGENTA;
	c[2].text = xprintf("held");
	c[3].text = xprintf("%s", state_name(nl_get(tb[FERRY_A_PORT_STATE])));
	c[4].text = holder_address(tb);
	c[5].text = owner_text(tb[FERRY_A_PORT_UID], NULL);
	if (a->processes)
		c[6].text = proc_text(nl_get(tb[FERRY_A_PORT_INODE]));
}

static const char *right_name(const struct nlattr **tb)
{
	return tb[FERRY_A_GRANT_UID] || tb[FERRY_A_GRANT_GID] ? "granted" : "reserved";
}

static void right_json(const struct nlattr **tb)
{
	js_open(NULL, '{');
	js_string("use", right_name(tb));
	js_string("type", type_name(nl_get(tb[FERRY_A_GRANT_TYPE])));
	js_number("first", nl_get(tb[FERRY_A_GRANT_FIRST]));
	js_number("last", nl_get(tb[FERRY_A_GRANT_LAST]));
	if (tb[FERRY_A_GRANT_UID])
		js_number("uid", nl_get(tb[FERRY_A_GRANT_UID]));
	if (tb[FERRY_A_GRANT_GID])
		js_number("gid", nl_get(tb[FERRY_A_GRANT_GID]));
	js_close();
}

static bool right_wanted(const struct ask *a, const struct nlattr **tb)
{
	if (a->type >= 0 && a->type != (int)nl_get(tb[FERRY_A_GRANT_TYPE]))
		return false;
	if (a->who == USER && (!tb[FERRY_A_GRANT_UID] ||
			       nl_get(tb[FERRY_A_GRANT_UID]) != a->id))
		return false;
	if (a->who == GROUP && (!tb[FERRY_A_GRANT_GID] ||
				nl_get(tb[FERRY_A_GRANT_GID]) != a->id))
		return false;
	return nl_get(tb[FERRY_A_GRANT_FIRST]) <= a->last &&
	       nl_get(tb[FERRY_A_GRANT_LAST]) >= a->first;
}

static void show_right(uint8_t cmd, const struct nlattr **tb, void *arg)
{
	unsigned int type = nl_get(tb[FERRY_A_GRANT_TYPE]);
	struct ask *a = arg;
	struct cell *c;

	(void)cmd;
	if (!right_wanted(a, tb))
		return;
	if (settings.json) {
		right_json(tb);
		return;
	}
	c = table_row(&a->table)->cells;
	c[0].text = xprintf("%s", type_name(type));
	c[1].text = range_text(type, nl_get(tb[FERRY_A_GRANT_FIRST]),
			       nl_get(tb[FERRY_A_GRANT_LAST]));
	c[1].colour = MAGENTA;
	c[2].text = xprintf("%s", right_name(tb));
	c[2].colour = YELLOW;
	c[5].text = owner_text(tb[FERRY_A_GRANT_UID], tb[FERRY_A_GRANT_GID]);
}

static void list_holders(struct ask *a)
{
	struct nlmsghdr *nlh = nl_request(FERRY_CMD_PORT_GET, NLM_F_DUMP);

	if (a->has_range) {
		mnl_attr_put_u16(nlh, FERRY_A_PORT_FIRST, a->first);
		mnl_attr_put_u16(nlh, FERRY_A_PORT_LAST, a->last);
	}
	if (a->type >= 0)
		mnl_attr_put_u32(nlh, FERRY_A_PORT_TYPE, a->type);
	if (a->who == USER)
		mnl_attr_put_u32(nlh, FERRY_A_PORT_UID, a->id);
	nl_talk_or_die(nlh, FERRY_A_PORT_MAX, show_holder, a);
}

static int list(int argc, char **argv)
{
	struct ask a;

	(void)argc;
	parse(&a, argv, true);
	nl_open();
	a.table.heads = a.processes ? heads_processes : heads;
	if (settings.json)
		js_open(NULL, '[');
	/* A group holds no port, it only has rights. */
	if ((a.held || !a.rights) && a.who != GROUP)
		list_holders(&a);
	if (a.rights || !a.held)
		nl_talk_or_die(nl_request(FERRY_CMD_GRANT_GET, NLM_F_DUMP),
			       FERRY_A_GRANT_MAX, show_right, &a);
	if (settings.json)
		js_close();
	else
		table_print(&a.table);
	return 0;
}

/* ---- rights ---- */

static int change(uint8_t cmd, char **argv, const char *name)
{
	struct nlmsghdr *nlh;
	struct ask a;
	int err;

	parse(&a, argv, false);
	if (!a.has_range)
		die(EXIT_SYNTAX, "which port? try \"ferry port help\"");
	if (cmd == FERRY_CMD_PORT_RESERVE && a.who != NOBODY)
		die(EXIT_SYNTAX, "a reservation is for nobody; \"ferry port grant\" gives it to a user or group");
	if (cmd == FERRY_CMD_PORT_GRANT && a.who == NOBODY)
		die(EXIT_SYNTAX, "to whom? say \"uid USER\" or \"gid GROUP\"");
	nl_open();
	nlh = nl_request(cmd, 0);
	mnl_attr_put_u16(nlh, FERRY_A_GRANT_FIRST, a.first);
	mnl_attr_put_u16(nlh, FERRY_A_GRANT_LAST, a.last);
	if (a.type >= 0)
		mnl_attr_put_u32(nlh, FERRY_A_GRANT_TYPE, a.type);
	if (a.who != NOBODY)
		mnl_attr_put_u32(nlh, a.who == USER ? FERRY_A_GRANT_UID :
				 FERRY_A_GRANT_GID, a.id);
	err = nl_talk(nlh, 0, NULL, NULL);
	if (err)
		die(EXIT_KERNEL, "cannot %s: %s", name, nl_complaint(err));
	return 0;
}

static int reserve(int argc, char **argv)
{
	(void)argc;
	return change(FERRY_CMD_PORT_RESERVE, argv, "reserve");
}

static int grant(int argc, char **argv)
{
	(void)argc;
	return change(FERRY_CMD_PORT_GRANT, argv, "grant");
}

static int release(int argc, char **argv)
{
	(void)argc;
	return change(FERRY_CMD_PORT_RELEASE, argv, "release");
}

static const struct command commands[] = {
	{ "list", list },
	{ "ls", list },
	{ "show", list },
	{ "reserve", reserve },
	{ "grant", grant },
	{ "release", release },
	{}
};

int object_port(int argc, char **argv)
{
	return run_command(commands, true, usage, argc, argv);
}
