// SPDX-License-Identifier: GPL-2.0-only
/* out.c - JSON, and tables whose columns align. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "tool.h"

#define DEPTH	8

/* The closing brackets still to come, and whether something is in them */
static char open_brackets[DEPTH];
static bool filled[DEPTH];
static int depth;

static void new_line(void)
{
	int i;

	if (!settings.pretty)
		return;
	putchar('\n');
	for (i = 0; i < depth; i++)
		fputs("    ", stdout);
}

static void quote(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			printf("\\u%04x", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

static void begin(const char *key)
{
	if (depth) {
		if (filled[depth - 1])
			putchar(',');
		filled[depth - 1] = true;
		new_line();
	}
	if (key) {
		quote(key);
		fputs(settings.pretty ? ": " : ":", stdout);
	}
}

void js_open(const char *key, char bracket)
{
	begin(key);
	putchar(bracket);
	if (depth == DEPTH)
		abort();
	filled[depth] = false;
	open_brackets[depth++] = bracket == '[' ? ']' : '}';
}

void js_close(void)
{
	depth--;
	if (filled[depth])
		new_line();
	putchar(open_brackets[depth]);
	if (!depth)
		putchar('\n');
}

void js_string(const char *key, const char *value)
{
	begin(key);
	quote(value);
}

void js_number(const char *key, uint64_t value)
{
	begin(key);
	printf("%llu", (unsigned long long)value);
}

void js_bool(const char *key, bool value)
{
	begin(key);
	fputs(value ? "true" : "false", stdout);
}

void js_null(const char *key)
{
	begin(key);
	fputs("null", stdout);
}

int out_finish(int status)
{
	while (depth)
		js_close();
	if (fflush(stdout) && !status)
		return EXIT_SYNTAX;
	return status;
}

static const char *const escapes[] = {
	[PLAIN] = "",
	[GREEN] = "\033[32m",
	[YELLOW] = "\033[33m",
	[CYAN] = "\033[36m",
	[MAGENTA] = "\033[35m",
	[BLUE] = "\033[34m",
	[RED] = "\033[31m",
};

const char *colour_on(enum colour c)
{
	return settings.colour ? escapes[c] : "";
}

const char *colour_off(void)
{
	return settings.colour ? "\033[0m" : "";
}

struct row *table_row(struct table *t)
{
	/* Grown by doubling */
	if (!(t->n & (t->n - 1)))
		t->rows = xalloc(t->rows, (t->n ? t->n * 2 : 1) * sizeof(*t->rows));
	memset(&t->rows[t->n], 0, sizeof(*t->rows));
	return &t->rows[t->n++];
}

static const char *text_of(const struct row *row, unsigned int column)
{
	return row->cells[column].text ? row->cells[column].text : "";
}

static void measure(const struct table *t, int *widths)
{
	unsigned int i, c;
	int len;

	for (c = 0; t->heads[c]; c++) {
		widths[c] = strlen(t->heads[c]);
		for (i = 0; i < t->n; i++) {
			len = strlen(text_of(&t->rows[i], c));
			if (len > widths[c])
				widths[c] = len;
		}
	}
}

/* The last column is not padded: no spaces at the end of a line. */
static void print_cell(const struct table *t, unsigned int c, const char *text,
		       enum colour colour, int width)
{
	bool right = t->right & (1u << c), last = !t->heads[c + 1];
	int pad = width - (int)strlen(text);

	if (c)
		fputs("  ", stdout);
	if (right)
		printf("%*s", pad, "");
	printf("%s%s%s", colour == PLAIN ? "" : colour_on(colour), text,
	       colour == PLAIN ? "" : colour_off());
	if (!right && !last)
		printf("%*s", pad, "");
}

static void print_row(const struct table *t, const struct row *row, const int *widths)
{
	unsigned int c;

	for (c = 0; t->heads[c]; c++)
		print_cell(t, c, text_of(row, c), row->cells[c].colour, widths[c]);
	putchar('\n');
	if (row->note)
		fputs(row->note, stdout);
}

static void free_row(struct row *row)
{
	unsigned int c;

	for (c = 0; c < TABLE_COLUMNS; c++)
		free(row->cells[c].text);
	free(row->note);
}

void table_print(struct table *t)
{
	int widths[TABLE_COLUMNS];
	unsigned int i, c;

	measure(t, widths);
	for (c = 0; t->heads[c]; c++)
		print_cell(t, c, t->heads[c], PLAIN, widths[c]);
	putchar('\n');
	for (i = 0; i < t->n; i++) {
		print_row(t, &t->rows[i], widths);
		free_row(&t->rows[i]);
	}
	free(t->rows);
	t->rows = NULL;
	t->n = 0;
}
