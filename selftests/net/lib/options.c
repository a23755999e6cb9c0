// SPDX-License-Identifier: GPL-2.0-only
/* options.c - command line and environment of the test programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ktap.h"
#include "options.h"

struct ft_options ft_opt;

const char *ft_family_name(void)
{
	return ft_opt.ferry ? "ferry" : "inet";
}

uint64_t ft_number(const char *text)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || end == text)
		ktap_bail("not a number: %s", text);
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1])
			ktap_bail("not a number: %s", text);
		n <<= 10 * (unit - units + 1);
	}
	return n;
}

static void set_family(const char *name)
{
	if (!strcmp(name, "ferry"))
		ft_opt.ferry = true;
	else if (!strcmp(name, "inet"))
		ft_opt.ferry = false;
	else
		ktap_bail("family must be ferry or inet: %s", name);
}

static void defaults(void)
{
	const char *env;

	env = getenv("FERRY_TEST_FAMILY");
	set_family(env && *env ? env : "ferry");
	env = getenv("FERRY_TEST_SEED");
	if (env && *env)
		ft_opt.seed = ft_number(env);
	else if (getrandom(&ft_opt.seed, sizeof(ft_opt.seed), 0) < 0)
		ktap_bail("getrandom: %s", strerror(errno));
}

static bool common(const char *name, const char *value)
{
	if (!strcmp(name, "--family"))
		set_family(value);
	else if (!strcmp(name, "--seed"))
		ft_opt.seed = ft_number(value);
	else if (!strcmp(name, "--server-ns"))
		ft_opt.server_ns = value;
	else if (!strcmp(name, "--client-ns"))
		ft_opt.client_ns = value;
	else if (!strcmp(name, "--server"))
		ft_opt.server = value;
	else
		return false;
	return true;
}

static void usage(const char *program, const char *own)
{
	printf("usage: %s [OPTION]...\n"
	       "  --family ferry|inet  sockets to use (default $FERRY_TEST_FAMILY, else ferry)\n"
	       "  -4, -6               version of IP\n"
	       "  --seed N             replay a run (default $FERRY_TEST_SEED, else random)\n"
	       "  --server-ns NAME     network namespace of the server\n"
	       "  --client-ns NAME     network namespace of the client\n"
	       "  --server ADDRESS     address of the server (default loopback)\n%s",
	       program, own ? own : "");
}

void ft_options(int argc, char **argv, ft_option_fn own, const char *own_usage)
{
	int i;

	defaults();
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-4") || !strcmp(argv[i], "-6")) {
			ft_opt.ip = argv[i][1] - '0';
			continue;
		}
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			usage(argv[0], own_usage);
			exit(0);
		}
		if (i + 1 >= argc)
			ktap_bail("unknown option or missing value: %s", argv[i]);
		if (!common(argv[i], argv[i + 1]) &&
		    (!own || !own(argv[i], argv[i + 1])))
			ktap_bail("unknown option: %s", argv[i]);
		i++;
	}
	ft_opt.nargs = argc - i;
	ft_opt.args = argv + i;
}
