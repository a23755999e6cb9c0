// SPDX-License-Identifier: GPL-2.0-only
/* monitor.c - "ferry monitor": events as they happen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "names.h"
#include "nl.h"
#include "out.h"
#include "sockrec.h"
#include "tool.h"

static void usage(void)
{
	puts("Usage: ferry monitor [socket | grant] [-i] [-t] [-n COUNT]\n"
	     "\n"
	     "  -i, --info          details of sockets\n"
	     "  -t, --timestamp     when it happened\n"
	     "  -n, --count COUNT   end after so many events\n"
	     "\n"
	     "  One line for each event; with --json one object on each line.");
}

/**
 * struct watch - the words on the command line
 * @sockets: show them
 * @grants: show them
 * @details: of sockets
 * @stamp: print the time
 * @left: events to go; 0 for no end
 */
struct watch {
	bool		sockets;
	bool		grants;
	bool		details;
	bool		stamp;
	uint64_t	left;
};

static const struct {
	const char	*name;
	enum colour	colour;
} events[] = {
	[FERRY_CMD_SOCKET_NEW_NTF] = { "new", CYAN },
	[FERRY_CMD_SOCKET_ESTABLISHED_NTF] = { "established", GREEN },
	[FERRY_CMD_SOCKET_CLOSED_NTF] = { "closed", YELLOW },
	[FERRY_CMD_GRANT_ADD_NTF] = { "add", CYAN },
	[FERRY_CMD_GRANT_DEL_NTF] = { "delete", YELLOW },
};

static bool is_socket(uint8_t cmd)
{
	return cmd == FERRY_CMD_SOCKET_NEW_NTF ||
	       cmd == FERRY_CMD_SOCKET_ESTABLISHED_NTF ||
	       cmd == FERRY_CMD_SOCKET_CLOSED_NTF;
}

static bool is_grant(uint8_t cmd)
{
	return cmd == FERRY_CMD_GRANT_ADD_NTF || cmd == FERRY_CMD_GRANT_DEL_NTF;
}

static void format_time(char *text, size_t size)
{
	struct timeval tv;
	struct tm tm;
	size_t n;

	gettimeofday(&tv, NULL);
	localtime_r(&tv.tv_sec, &tm);
	n = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, size - n, ".%06ld", (long)tv.tv_usec);
}

static void grant_members(const struct nlattr **tb)
{
	js_string("use", tb[FERRY_A_GRANT_UID] || tb[FERRY_A_GRANT_GID] ? "granted" :
		  "reserved");
	js_string("type", type_name(nl_get(tb[FERRY_A_GRANT_TYPE])));
	js_number("first", nl_get(tb[FERRY_A_GRANT_FIRST]));
	js_number("last", nl_get(tb[FERRY_A_GRANT_LAST]));
	if (tb[FERRY_A_GRANT_UID])
		js_number("uid", nl_get(tb[FERRY_A_GRANT_UID]));
	if (tb[FERRY_A_GRANT_GID])
		js_number("gid", nl_get(tb[FERRY_A_GRANT_GID]));
}

static void print_json(const struct watch *w, uint8_t cmd, const struct nlattr **tb,
		       const char *time)
{
	struct sockrec r;

	js_open(NULL, '{');
	if (w->stamp)
		js_string("time", time);
	js_string("object", is_socket(cmd) ? "socket" : "grant");
	js_string("event", events[cmd].name);
	if (is_socket(cmd)) {
		sockrec_parse(&r, tb);
		sockrec_json(&r, false);
	} else {
		grant_members(tb);
	}
	js_close();
}

static void print_socket(const struct watch *w, const struct nlattr **tb)
{
	char *local, *remote, *details;
	struct sockrec r;

	sockrec_parse(&r, tb);
	local = sockrec_local(&r);
	remote = sockrec_remote(&r);
	printf("%s %s %s %s\n", type_name(nl_get(tb[FERRY_A_SOCKET_TYPE])),
	       state_name(nl_get(tb[FERRY_A_SOCKET_STATE])), local, remote);
	free(local);
	free(remote);
	if (!w->details)
		return;
	details = sockrec_details(&r);
	fputs(details, stdout);
	free(details);
}

static void print_grant(const struct nlattr **tb)
{
	const struct nlattr *uid = tb[FERRY_A_GRANT_UID], *gid = tb[FERRY_A_GRANT_GID];
	char *who = uid ? user_text(nl_get(uid)) : gid ? group_text(nl_get(gid)) : NULL;

	printf("%s %u-%u %s%s\n", type_name(nl_get(tb[FERRY_A_GRANT_TYPE])),
	       (unsigned int)nl_get(tb[FERRY_A_GRANT_FIRST]),
	       (unsigned int)nl_get(tb[FERRY_A_GRANT_LAST]),
	       uid ? "granted to user " : gid ? "granted to group " : "reserved",
	       who ? who : "");
	free(who);
}

static void print_text(const struct watch *w, uint8_t cmd, const struct nlattr **tb,
		       const char *time)
{
	if (w->stamp)
		printf("[%s] ", time);
	printf("%s%s%s %s ", colour_on(events[cmd].colour), events[cmd].name,
	       colour_off(), is_socket(cmd) ? "socket" : "grant");
	if (is_socket(cmd))
		print_socket(w, tb);
	else
		print_grant(tb);
}

static bool right_family(uint8_t cmd, const struct nlattr **tb)
{
	return !is_socket(cmd) || !settings.family ||
	       settings.family == (int)nl_get(tb[FERRY_A_SOCKET_FAMILY]);
}

static void event(uint8_t cmd, const struct nlattr **tb, void *arg)
{
	struct watch *w = arg;
	char time[64] = "";

	if (!(w->sockets && is_socket(cmd)) && !(w->grants && is_grant(cmd)))
		return;
	if (!right_family(cmd, tb))
		return;
	if (w->stamp)
		format_time(time, sizeof(time));
	if (settings.json)
		print_json(w, cmd, tb, time);
	else
		print_text(w, cmd, tb, time);
	/* A reader at the other end of a pipe wants it now. */
	if (fflush(stdout))
		exit(EXIT_SYNTAX);
	if (w->left && !--w->left)
		exit(0);
}

static void parse(struct watch *w, char **argv)
{
	memset(w, 0, sizeof(*w));
	for (; *argv; argv++) {
		if (!strcmp(*argv, "-i") || !strcmp(*argv, "--info")) {
			w->details = true;
		} else if (!strcmp(*argv, "-t") || !strcmp(*argv, "--timestamp")) {
			w->stamp = true;
		} else if (!strcmp(*argv, "-n") || !strcmp(*argv, "--count")) {
			w->left = parse_number(want_word(argv, "a number"), 1,
					       UINT64_MAX, "a count");
			argv++;
		} else if (is_abbreviation(*argv, "help")) {
			usage();
			exit(0);
		} else if (is_abbreviation(*argv, "socket")) {
			w->sockets = true;
		} else if (is_abbreviation(*argv, "grant")) {
			w->grants = true;
		} else {
			die(EXIT_SYNTAX, "\"%s\" is unknown here; try \"ferry monitor help\"",
			    *argv);
		}
	}
	if (!w->sockets && !w->grants) {
		w->sockets = true;
		w->grants = true;
	}
}

int object_monitor(int argc, char **argv)
{
	struct watch w;
	bool lost;

	(void)argc;
	parse(&w, argv);
	/* One object on each line */
	settings.pretty = false;
	nl_open();
	nl_subscribe();
	for (;;) {
		nl_events(event, FERRY_A_SOCKET_MAX, &w, &lost);
		if (lost)
			fputs("ferry: events were lost: they came faster than they were read\n",
			      stderr);
	}
}
