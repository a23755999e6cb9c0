/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h - the options every test program has in common.
 *
 *	--family ferry|inet	what ft_socket() makes; default $FERRY_TEST_FAMILY, else ferry
 *	-4, -6			only this version of IP
 *	--seed N		replay a run; default $FERRY_TEST_SEED, else random
 *	--server-ns NAME	where ft_enter_server() goes (ip netns names)
 *	--client-ns NAME	where ft_enter_client() goes
 *	--server ADDRESS	the server's address; default loopback
 *
 * Anything else that begins with "--" goes to the program's own handler as
 * name and value.
 */
#ifndef FT_OPTIONS_H
#define FT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct ft_options {
	bool ferry;
	int ip;			/* 4, 6, or 0: not said */
	uint64_t seed;
	const char *server_ns;
	const char *client_ns;
	const char *server;
	int nargs;
	char **args;		/* what is left after the options */
};

extern struct ft_options ft_opt;

/* Returns false if it does not know the option. @value is the next argument. */
typedef bool (*ft_option_fn)(const char *name, const char *value);

/* ft_options - fill ft_opt from the command line, or exit with the usage text
 * @own: handler of the program's own options, each with a value; may be NULL
 * @usage: one line per own option; may be NULL
 */
void ft_options(int argc, char **argv, ft_option_fn own, const char *usage);

/* A number with an optional K, M or G (powers of 1024); exits if it is none. */
uint64_t ft_number(const char *text);

const char *ft_family_name(void);

#endif
