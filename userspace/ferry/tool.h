/* SPDX-License-Identifier: GPL-2.0-only */
/* tool.h - what all parts of the tool share: settings, errors, words. */
#ifndef FERRY_TOOL_H
#define FERRY_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#define TOOL_VERSION	"0.1.0"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Exit statuses, those of ip(8) */
#define EXIT_SYNTAX	1	/* nothing was asked of the kernel */
#define EXIT_KERNEL	2	/* the kernel refused */

/**
 * struct settings - the options before the object
 * @json: print JSON
 * @pretty: indent it
 * @colour: use colours
 * @numeric: no names for ports and users
 * @family: AF_INET, AF_INET6 or 0 for both
 */
struct settings {
	bool	json;
	bool	pretty;
	bool	colour;
	bool	numeric;
	int	family;
};

extern struct settings settings;

/* A command: its words are in argv, ending with NULL. Returns an exit status. */
typedef int (*command_fn)(int argc, char **argv);

struct command {
	const char	*name;
	command_fn	run;
};

/**
 * find_command() - a word, or the beginning of it
 * @table: ends with an entry without name; the first that fits is taken
 * @word: what the user wrote
 *
 * Return: the entry or NULL.
 */
const struct command *find_command(const struct command *table, const char *word);

/**
 * run_command() - do what argv[0] says
 * @table: the object's commands; the first is done where there is no word, or
 *	where the first word is none of them and @lenient
 * @lenient: words of the first command may follow without its name
 * @usage: prints help
 * @argc: words
 * @argv: words, from the command on
 *
 * Return: exit status.
 */
int run_command(const struct command *table, bool lenient, void (*usage)(void),
		int argc, char **argv);

/* Does @word begin @name? */
bool is_abbreviation(const char *word, const char *name);

/* Print to stderr and exit. */
void die(int status, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* The word after argv[0], or die. */
char *want_word(char **argv, const char *what);

/* A number or die, saying what it should have been. */
uint64_t parse_number(const char *word, uint64_t min, uint64_t max, const char *what);

void *xalloc(void *old, uintptr_t size);
char *xprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

int object_socket(int argc, char **argv);
int object_port(int argc, char **argv);
int object_stat(int argc, char **argv);
int object_monitor(int argc, char **argv);
int object_run(int argc, char **argv);
int object_version(int argc, char **argv);

#endif
