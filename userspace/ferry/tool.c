// SPDX-License-Identifier: GPL-2.0-only
/* tool.c - errors, words, memory. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "tool.h"

void die(int status, const char *fmt, ...)
{
	va_list ap;

	out_finish(status);
	fputs("ferry: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(status);
}

void *xalloc(void *old, uintptr_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		die(EXIT_SYNTAX, "out of memory");
	return p;
}

char *xprintf(const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		die(EXIT_SYNTAX, "out of memory");
	va_end(ap);
	return text;
}

bool is_abbreviation(const char *word, const char *name)
{
	return *word && !strncmp(word, name, strlen(word));
}

const struct command *find_command(const struct command *table, const char *word)
{
	for (; table->name; table++)
		if (is_abbreviation(word, table->name))
			return table;
	return NULL;
}

int run_command(const struct command *table, bool lenient, void (*usage)(void),
		int argc, char **argv)
{
	const struct command *c;

	if (!argc)
		return table->run(argc, argv);
	if (!strcmp(argv[0], "help") || !strcmp(argv[0], "--help") ||
	    !strcmp(argv[0], "-h")) {
		usage();
		return 0;
	}
	c = find_command(table, argv[0]);
	if (c)
		return c->run(argc - 1, argv + 1);
	if (lenient)
		return table->run(argc, argv);
	die(EXIT_SYNTAX, "\"%s\" is unknown here; try \"help\"", argv[0]);
}

char *want_word(char **argv, const char *what)
{
	if (!argv[1])
		die(EXIT_SYNTAX, "\"%s\" wants %s behind it", argv[0], what);
	return argv[1];
}

uint64_t parse_number(const char *word, uint64_t min, uint64_t max, const char *what)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(word, &end, 0);
	if (errno || *end || end == word || *word == '-' || value < min || value > max)
		die(EXIT_SYNTAX, "\"%s\" is not %s", word, what);
	return value;
}
