// SPDX-License-Identifier: GPL-2.0-only
/* socket.c - "ferry socket": list, kill. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "names.h"
#include "nl.h"
#include "out.h"
#include "proc.h"
#include "sockrec.h"
#include "tool.h"

static void usage(void)
{
	puts("Usage: ferry socket [list] [-i] [-p] [FILTER...]\n"
	     "       ferry socket kill { FILTER... | all }\n"
	     "\n"
	     "  -i, --info        details: timers, round trips, windows, loss\n"
	     "  -p, --processes   which processes have it open\n"
	     "\n"
	     "  FILTER   stream | dgram\n"
	     "           state STATE[,STATE...]\n"
	     "           src ADDRESS[/PREFIX][:PORT]   dst ADDRESS[/PREFIX][:PORT]\n"
	     "           sport PORT[-PORT]   dport PORT[-PORT]\n"
	     "           uid USER   inode NUMBER   cookie NUMBER   dev DEVICE\n"
	     "\n"
	     "  STATE    established | syn-sent | syn-recv | fin-wait-1 | fin-wait-2 |\n"
	     "           time-wait | close | close-wait | last-ack | listen | closing |\n"
	     "           all | connected | synchronized | listening | unconnected\n"
	     "\n"
	     "  All parts of a filter must match. Of an IPv6 address with a port, write\n"
	     "  [ADDRESS]:PORT.");
}

static const char *const heads[] = {
	"Type", "State", "Recv-Q", "Send-Q", "Local", "Remote", NULL
};

static const char *const heads_processes[] = {
	"Type", "State", "Recv-Q", "Send-Q", "Local", "Remote", "Process", NULL
};

#define RIGHT	((1u << 2) | (1u << 3))

/**
 * struct listing - what to print, and what was found
 * @filter: which sockets
 * @details: all about them
 * @processes: who has them open
 * @all: the word was given
 * @table: human output
 * @cookies: of what was found, to kill
 * @n_cookies: how many
 */
struct listing {
	struct filter	filter;
	bool		details;
	bool		processes;
	bool		all;
	struct table	table;
	uint64_t	*cookies;
	unsigned int	n_cookies;
};

static void set_both(struct listing *l)
{
	l->details = true;
	l->processes = true;
}

static void parse(struct listing *l, char **argv)
{
	int taken;

	memset(l, 0, sizeof(*l));
	filter_init(&l->filter);
	for (; *argv; argv += taken) {
		taken = 1;
		if (!strcmp(*argv, "-i") || !strcmp(*argv, "--info"))
			l->details = true;
		else if (!strcmp(*argv, "-p") || !strcmp(*argv, "--processes"))
			l->processes = true;
		else if (!strcmp(*argv, "-ip") || !strcmp(*argv, "-pi"))
			set_both(l);
		else if (!strcmp(*argv, "all"))
			l->all = true;
		else if (!strcmp(*argv, "help"))
			usage(), exit(0);
		else
			taken = filter_word(&l->filter, argv);
		if (!taken)
			die(EXIT_SYNTAX, "\"%s\" is no filter; try \"ferry socket help\"",
			    *argv);
	}
}

static void show(uint8_t cmd, const struct nlattr **tb, void *arg)
{
	struct listing *l = arg;
	struct sockrec r;
	struct row *row;

	(void)cmd;
	sockrec_parse(&r, tb);
	if (settings.json) {
		js_open(NULL, '{');
		sockrec_json(&r, l->processes);
		js_close();
		return;
	}
	row = table_row(&l->table);
	sockrec_row(&r, row);
	if (l->processes)
		row->cells[6].text = proc_text(nl_get(tb[FERRY_A_SOCKET_INODE]));
	if (l->details)
		row->note = sockrec_details(&r);
}

static void begin(struct listing *l)
{
	l->table.heads = l->processes ? heads_processes : heads;
	l->table.right = RIGHT;
	if (settings.json)
		js_open(NULL, '[');
}

static void end(struct listing *l)
{
	if (settings.json)
		js_close();
	else
		table_print(&l->table);
}

static struct nlmsghdr *dump_request(const struct listing *l)
{
	struct nlmsghdr *nlh = nl_request(FERRY_CMD_SOCKET_GET, NLM_F_DUMP);

	filter_put(&l->filter, nlh);
	if (l->details)
		mnl_attr_put(nlh, FERRY_A_SOCKET_DETAILS, 0, NULL);
	return nlh;
}

static int list(int argc, char **argv)
{
	struct listing l;

	(void)argc;
	parse(&l, argv);
	nl_open();
	begin(&l);
	nl_talk_or_die(dump_request(&l), FERRY_A_SOCKET_MAX, show, &l);
	end(&l);
	return 0;
}

/* ---- kill ---- */

static void remember(uint8_t cmd, const struct nlattr **tb, void *arg)
{
	struct listing *l = arg;

	(void)cmd;
	/* A request or TIME_WAIT entry has none and goes by itself. */
	if (!tb[FERRY_A_SOCKET_COOKIE])
		return;
	if (!(l->n_cookies & (l->n_cookies - 1)))
		l->cookies = xalloc(l->cookies, (l->n_cookies ? l->n_cookies * 2 : 1) *
				    sizeof(*l->cookies));
	l->cookies[l->n_cookies++] = nl_get(tb[FERRY_A_SOCKET_COOKIE]);
}

/* 0, or -ENOENT where it was gone before we came */
static int kill_one(struct listing *l, uint64_t cookie)
{
	struct nlmsghdr *nlh;
	int err;

	nlh = nl_request(FERRY_CMD_SOCKET_DESTROY, 0);
	mnl_attr_put_u64(nlh, FERRY_A_SOCKET_COOKIE, cookie);
	err = nl_talk(nlh, 0, NULL, NULL);
	if (err && err != -ENOENT)
		die(EXIT_KERNEL, "cannot end the socket with cookie %llu: %s",
		    (unsigned long long)cookie, nl_complaint(err));
	if (!err)
		l->n_cookies++;
	return err;
}

static void show_one(struct listing *l, uint64_t cookie)
{
	struct nlmsghdr *nlh = nl_request(FERRY_CMD_SOCKET_GET, 0);

	mnl_attr_put_u64(nlh, FERRY_A_SOCKET_COOKIE, cookie);
	/* It may have gone in the meantime. */
	nl_talk(nlh, FERRY_A_SOCKET_MAX, show, l);
}

static int kill_sockets(int argc, char **argv)
{
	struct listing l;
	unsigned int i, n;

	(void)argc;
	parse(&l, argv);
	if (!l.filter.given && !l.all)
		die(EXIT_SYNTAX, "which ones? give a filter, or \"all\"");
	nl_open();
	nl_talk_or_die(dump_request(&l), FERRY_A_SOCKET_MAX, remember, &l);
	begin(&l);
	n = l.n_cookies;
	l.n_cookies = 0;
	for (i = 0; i < n; i++) {
		show_one(&l, l.cookies[i]);
		kill_one(&l, l.cookies[i]);
	}
	end(&l);
	free(l.cookies);
	if (l.n_cookies)
		return 0;
	fputs("ferry: no socket was ended\n", stderr);
	return EXIT_KERNEL;
}

static const struct command commands[] = {
	{ "list", list },
	{ "ls", list },
	{ "show", list },
	{ "kill", kill_sockets },
	{}
};

int object_socket(int argc, char **argv)
{
	return run_command(commands, true, usage, argc, argv);
}
