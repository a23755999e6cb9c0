// SPDX-License-Identifier: GPL-2.0-only
/* launch.c - "ferry run": find the library, set the environment, start the program. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ferry.h>

#include "launch.h"
#include "reach.h"
#include "settings.h"

#ifndef FERRY_LIBDIR
#define FERRY_LIBDIR	"/usr/local/lib/ferry"
#endif

enum { EXIT_USAGE = 2, EXIT_OTHER = 125, EXIT_CANNOT = 126, EXIT_NOT_FOUND = 127 };

struct run_options {
	const char *mode;
	bool verbose;
	bool udp;		/* go inside UDP */
	char **program;		/* with its arguments */
};

static void usage(FILE *out)
{
	fputs("Usage: ferry run [--stream-only | --dgram-only] [--udp] [--verbose] PROGRAM [ARG...]\n"
	      "\n"
	      "Run PROGRAM with its TCP sockets turned into Ferry streams and its UDP\n"
	      "sockets into Ferry datagram sockets. Both ends have to use Ferry.\n"
	      "\n"
	      "  -s, --stream-only  convert TCP only\n"
	      "  -d, --dgram-only   convert UDP only\n"
	      "  -u, --udp          inside UDP, for networks and NATs that know no other;\n"
	      "                     the UDP port is net.ferry.udp_port\n"
	      "  -v, --verbose      tell each converted socket on stderr\n"
	      "  -h, --help         this text\n"
	      "\n"
	      "Not reached: statically linked and Go programs, and programs that are\n"
	      "set-user-ID. Without Ferry in the kernel the program uses TCP and UDP.\n",
	      out);
}

static int set_mode(struct run_options *opt, const char *mode)
{
	if (opt->mode) {
		fputs("ferry run: --stream-only and --dgram-only exclude each other; give neither to convert both\n",
		      stderr);
		return EXIT_USAGE;
	}
	opt->mode = mode;
	return 0;
}

/* Returns an exit status, or -1 to go on. */
static int parse(struct run_options *opt, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "stream-only", no_argument, NULL, 's' },
		{ "dgram-only", no_argument, NULL, 'd' },
		{ "udp", no_argument, NULL, 'u' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c, ret = 0;

	/* The tool has parsed its own options before: begin anew. */
	optind = 0;
	while ((c = getopt_long(argc, argv, "+sduvh", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			ret = set_mode(opt, "stream");
			break;
		case 'd':
			ret = set_mode(opt, "dgram");
			break;
		case 'u':
			opt->udp = true;
			break;
		case 'v':
			opt->verbose = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			ret = EXIT_USAGE;
		}
		if (ret)
			return ret;
	}
	if (optind == argc) {
		fputs("ferry run: which program?\n", stderr);
		usage(stderr);
		return EXIT_USAGE;
	}
	opt->program = argv + optind;
	return -1;
}

/* The directory above the one that holds the running executable. */
static bool own_prefix(char *prefix, size_t size)
{
	ssize_t len;
	char *slash;
	int i;

	len = readlink("/proc/self/exe", prefix, size);
	if (len < 0 || (size_t)len >= size)
		return false;
	prefix[len] = '\0';
	for (i = 0; i < 2; i++) {
		slash = strrchr(prefix, '/');
		if (!slash)
			return false;
		*slash = '\0';
	}
	return true;
}

/* Beside the tool in a build tree or below its prefix, else where it was installed to. */
static bool find_library(char *path, size_t size)
{
	static const char *const places[] = {
		"%s/lib/" FERRY_RUN_LIBRARY,
		"%s/lib/ferry/" FERRY_RUN_LIBRARY,
	};
	char prefix[PATH_MAX];
	unsigned int i;

	if (own_prefix(prefix, sizeof(prefix))) {
		for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
			if (snprintf(path, size, places[i], prefix) >= (int)size)
				continue;
			if (!access(path, R_OK))
				return true;
		}
	}
	snprintf(path, size, "%s/" FERRY_RUN_LIBRARY, FERRY_LIBDIR);
	return !access(path, R_OK);
}

/* Ours first, whatever else is preloaded after it, nothing twice. */
static bool preload(const char *library)
{
	const char *others = getenv("LD_PRELOAD");
	char *value;
	int ret;

	if (!others || !*others)
		return !setenv("LD_PRELOAD", library, 1);
	if (strstr(others, library))
		return true;
	if (asprintf(&value, "%s:%s", library, others) < 0)
		return false;
	ret = setenv("LD_PRELOAD", value, 1);
	free(value);
	return !ret;
}

/* Once for all processes that come of this one. */
static bool tell_if_missing(void)
{
	int fd = socket(AF_FERRY, SOCK_STREAM | SOCK_CLOEXEC, FERRY_PROTO_V4);

	if (fd >= 0) {
		close(fd);
		return !unsetenv(FERRY_RUN_TOLD);
	}
	if (errno != EAFNOSUPPORT)
		return true;
	fputs(FERRY_RUN_NO_FAMILY, stderr);
	return !setenv(FERRY_RUN_TOLD, "1", 1);
}

static int set_environment(const struct run_options *opt)
{
	char library[PATH_MAX];

	if (!find_library(library, sizeof(library))) {
		fprintf(stderr, "ferry run: cannot find %s; build it (make tools) or install Ferry\n",
			FERRY_RUN_LIBRARY);
		return EXIT_OTHER;
	}
	/* The loader splits LD_PRELOAD at both and knows no quoting. */
	if (strpbrk(library, " :")) {
		fprintf(stderr, "ferry run: the loader cannot preload from a path with a space or colon: %s\n",
			library);
		return EXIT_OTHER;
	}
	if (preload(library) &&
	    !setenv(FERRY_RUN_MODE, opt->mode ? opt->mode : "all", 1) &&
	    !(opt->verbose ? setenv(FERRY_RUN_VERBOSE, "1", 1) :
	      unsetenv(FERRY_RUN_VERBOSE)) &&
	    !(opt->udp ? setenv(FERRY_RUN_UDP, "1", 1) : unsetenv(FERRY_RUN_UDP)) &&
	    tell_if_missing())
		return 0;
	fprintf(stderr, "ferry run: environment: %s\n", strerror(errno));
	return EXIT_OTHER;
}

int ferry_run_main(int argc, char **argv)
{
	struct run_options opt = {};
	int ret;

	ret = parse(&opt, argc, argv);
	if (ret >= 0)
		return ret;
	ret = set_environment(&opt);
	if (ret)
		return ret;
	ferry_run_warn_unreachable(opt.program[0]);
	execvp(opt.program[0], opt.program);
	ret = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT;
	fprintf(stderr, "ferry run: %s: %s\n", opt.program[0], strerror(errno));
	return ret;
}
