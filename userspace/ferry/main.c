// SPDX-License-Identifier: GPL-2.0-only
/* main.c - options, then an object, then what to do with it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns.h"
#include "out.h"
#include "tool.h"

struct settings settings;

static const struct command objects[] = {
	{ "socket", object_socket },
	{ "port", object_port },
	{ "stat", object_stat },
	{ "monitor", object_monitor },
	{ "run", object_run },
	{ "version", object_version },
	{}
};

static void print_usage(FILE *to)
{
	fputs("Usage: ferry [OPTIONS] OBJECT [COMMAND [ARGUMENT...]]\n"
	      "       ferry OBJECT help\n"
	      "\n"
	      "  OBJECT   socket | port | stat | monitor | run | version\n"
	      "           (objects and commands may be abbreviated)\n"
	      "\n"
	      "  -j, --json             print JSON\n"
	      "  -p, --pretty           indent it\n"
	      "  -4, -6                 only sockets of this IP version\n"
	      "  -n, --netns NAME       in this network namespace (or a path to one)\n"
	      "  -N, --numeric          no names for ports and users\n"
	      "  -c, --color WHEN       always, never or auto: only on a terminal\n"
	      "  -V, --version          version of this tool\n"
	      "  -h, --help             this text\n", to);
}

static void usage(void)
{
	print_usage(stdout);
}

static bool parse_colour(const char *when)
{
	if (is_abbreviation(when, "always"))
		return true;
	if (is_abbreviation(when, "never"))
		return false;
	if (!is_abbreviation(when, "auto"))
		die(EXIT_SYNTAX, "--color is always, never or auto, not \"%s\"", when);
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "netns", required_argument, NULL, 'n' },
	{ "numeric", no_argument, NULL, 'N' },
	{ "color", required_argument, NULL, 'c' },
	{ "colour", required_argument, NULL, 'c' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

static void apply_option(int option, const char *value)
{
	switch (option) {
	case 'j':
		settings.json = true;
		break;
	case 'p':
		settings.pretty = true;
		break;
	case '4':
		settings.family = AF_INET;
		break;
	case '6':
		settings.family = AF_INET6;
		break;
	case 'n':
		netns_enter(value);
		break;
	case 'N':
		settings.numeric = true;
		break;
	case 'c':
		settings.colour = parse_colour(value);
		break;
	case 'V':
		printf("ferry %s\n", TOOL_VERSION);
		exit(0);
	case 'h':
		usage();
		exit(0);
	default:
		fputs("ferry: try \"ferry help\"\n", stderr);
		exit(EXIT_SYNTAX);
	}
}

int main(int argc, char **argv)
{
	int option;

	settings.colour = parse_colour("auto");
	/* "+": options behind the object are the object's. */
	while ((option = getopt_long(argc, argv, "+jp46n:Nc:Vh", options, NULL)) >= 0)
		apply_option(option, optarg);
	if (settings.json)
		settings.colour = false;
	argc -= optind;
	argv += optind;
	if (!argc) {
		print_usage(stderr);
		return EXIT_SYNTAX;
	}
	return out_finish(run_command(objects, false, usage, argc, argv));
}
