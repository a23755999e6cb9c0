/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * out.h - two ways to print a list: JSON, and a table whose columns align.
 * A command makes either; which one is for settings.json to say.
 */
#ifndef FERRY_OUT_H
#define FERRY_OUT_H

#include <stdbool.h>
#include <stdint.h>

/* ---- JSON: keys are NULL inside an array ---- */

void js_open(const char *key, char bracket);	/* '[' or '{' */
void js_close(void);
void js_string(const char *key, const char *value);
void js_number(const char *key, uint64_t value);
void js_bool(const char *key, bool value);
void js_null(const char *key);

/* Close whatever is open and flush. Return: @status, or 1 where writing failed. */
int out_finish(int status);

/* ---- tables ---- */

enum colour {
	PLAIN,
	GREEN,
	YELLOW,
	CYAN,
	MAGENTA,
	BLUE,
	RED,
};

/* Escape sequences, empty where colours are off */
const char *colour_on(enum colour c);
const char *colour_off(void);

#define TABLE_COLUMNS	10

struct cell {
	char		*text;		/* freed by the table */
	enum colour	colour;
};

struct row {
	struct cell	cells[TABLE_COLUMNS];
	char		*note;		/* lines below the row, or NULL */
};

/**
 * struct table - rows collected until their widths are known
 * @heads: titles, NULL at the end
 * @right: bits of columns to align at the right
 * @rows: so far
 * @n: how many
 */
struct table {
	const char *const	*heads;
	unsigned int		right;
	struct row		*rows;
	unsigned int		n;
};

struct row *table_row(struct table *t);
void table_print(struct table *t);

#endif
