// SPDX-License-Identifier: GPL-2.0-only
/* stat.c - "ferry stat": counters. */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nl.h"
#include "out.h"
#include "tool.h"

static void usage(void)
{
	puts("Usage: ferry stat [list] [-z] [-d SECONDS] [PATTERN...]\n"
	     "\n"
	     "  -z, --nonzero         only what was counted at all\n"
	     "  -d, --delta SECONDS   what is counted within that time (fractions work)\n"
	     "\n"
	     "  PATTERN   part of a name, or with * and ? all of it; case is ignored");
}

struct stat {
	char		*name;
	uint64_t	value;
};

struct stats {
	struct stat	*list;
	unsigned int	n;
};

/**
 * struct ask - the words on the command line
 * @nonzero: hide zeroes
 * @delta: seconds; 0 for totals
 * @patterns: ends with NULL; none for all
 * @n: how many
 */
struct ask {
	bool	nonzero;
	double	delta;
	char	**patterns;
	int	n;
};

static double parse_seconds(const char *word)
{
	char *end;
	double s = strtod(word, &end);

	if (end == word || *end || !(s > 0) || s > 86400)
		die(EXIT_SYNTAX, "\"%s\" is no number of seconds", word);
	return s;
}

static void parse(struct ask *a, int argc, char **argv)
{
	memset(a, 0, sizeof(*a));
	a->patterns = xalloc(NULL, (argc + 1) * sizeof(*a->patterns));
	for (; *argv; argv++) {
		if (!strcmp(*argv, "-z") || !strcmp(*argv, "--nonzero")) {
			a->nonzero = true;
		} else if (!strcmp(*argv, "-d") || !strcmp(*argv, "--delta")) {
			a->delta = parse_seconds(want_word(argv, "seconds"));
			argv++;
		} else if (!strcmp(*argv, "help")) {
			usage();
			exit(0);
		} else if (**argv == '-') {
			die(EXIT_SYNTAX, "\"%s\" is no option; try \"ferry stat help\"",
			    *argv);
		} else {
			a->patterns[a->n++] = *argv;
		}
	}
}

static bool wanted(const struct ask *a, const char *name)
{
	int i;

	for (i = 0; i < a->n; i++) {
		if (strpbrk(a->patterns[i], "*?[") ?
		    !fnmatch(a->patterns[i], name, FNM_CASEFOLD) :
		    !!strcasestr(name, a->patterns[i]))
			return true;
	}
	return !a->n;
}

static void take(uint8_t cmd, const struct nlattr **tb, void *arg)
{
	struct stats *s = arg;

	(void)cmd;
	if (!tb[FERRY_A_STAT_NAME])
		return;
	if (!(s->n & (s->n - 1)))
		s->list = xalloc(s->list, (s->n ? s->n * 2 : 1) * sizeof(*s->list));
	s->list[s->n].name = xprintf("%s", mnl_attr_get_str(tb[FERRY_A_STAT_NAME]));
	s->list[s->n++].value = nl_get(tb[FERRY_A_STAT_VALUE]);
}

static void read_stats(struct stats *s)
{
	memset(s, 0, sizeof(*s));
	nl_talk_or_die(nl_request(FERRY_CMD_STAT_GET, NLM_F_DUMP), FERRY_A_STAT_MAX,
		       take, s);
}

static void free_stats(struct stats *s)
{
	while (s->n)
		free(s->list[--s->n].name);
	free(s->list);
}

static void wait_seconds(double s)
{
	struct timespec ts = { .tv_sec = s };

	ts.tv_nsec = (s - ts.tv_sec) * 1e9;
	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* What there is of something now, not how often something happened */
static bool is_gauge(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && !strcmp(name + len - 3, "Now");
}

/* Both come from one module: their order is the same. */
static void subtract(struct stats *now, const struct stats *before)
{
	unsigned int i;

	for (i = 0; i < now->n && i < before->n; i++)
		if (!is_gauge(now->list[i].name))
			now->list[i].value -= before->list[i].value;
}

static void print_json(const struct stat *s)
{
	js_open(NULL, '{');
	js_string("name", s->name);
	js_number("value", s->value);
	js_close();
}

static void print(const struct ask *a, const struct stats *s)
{
	static const char *const heads[] = { "Counter", "Value", NULL };
	struct table t = { .heads = heads, .right = 1u << 1 };
	struct cell *c;
	unsigned int i;

	for (i = 0; i < s->n; i++) {
		if (!wanted(a, s->list[i].name) || (a->nonzero && !s->list[i].value))
			continue;
		if (settings.json) {
			print_json(&s->list[i]);
			continue;
		}
		c = table_row(&t)->cells;
		c[0].text = xprintf("%s", s->list[i].name);
		c[1].text = xprintf("%" PRIu64, s->list[i].value);
		c[1].colour = s->list[i].value ? GREEN : PLAIN;
	}
	if (!settings.json)
		table_print(&t);
}

static int list(int argc, char **argv)
{
	struct stats before, now;
	struct ask a;

	parse(&a, argc, argv);
	nl_open();
	if (settings.json)
		js_open(NULL, '[');
	if (a.delta > 0) {
		read_stats(&before);
		wait_seconds(a.delta);
	}
	read_stats(&now);
	if (a.delta > 0) {
		subtract(&now, &before);
		free_stats(&before);
	}
	print(&a, &now);
	if (settings.json)
		js_close();
	free_stats(&now);
	free(a.patterns);
	return 0;
}

static const struct command commands[] = {
	{ "list", list },
	{ "ls", list },
	{ "show", list },
	{}
};

int object_stat(int argc, char **argv)
{
	/* Patterns may begin as a command does: only whole words are commands. */
	if (argc && (!strcmp(argv[0], "help") || find_command(commands, argv[0])))
		return run_command(commands, true, usage, argc, argv);
	return list(argc, argv);
}
