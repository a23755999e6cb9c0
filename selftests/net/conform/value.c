// SPDX-License-Identifier: GPL-2.0-only
/* value.c - numbers, variables and comparisons in scripts. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conform.h"

#define VARS	64
#define BLOBS	8

static struct {
	char name[NAME_MAX_];
	int64_t value;
} vars[VARS];

static int nvars;

static struct {
	char name[NAME_MAX_];
	struct blob blob;
} blobs[BLOBS];

void blob_set(const char *name, const struct blob *b)
{
	int i;

	if (b->len < 0)
		fail("there is nothing to keep");
	for (i = 0; i < BLOBS; i++) {
		if (blobs[i].name[0] && strcmp(blobs[i].name, name))
			continue;
		strncpy(blobs[i].name, name, NAME_MAX_ - 1);
		blobs[i].blob = *b;
		return;
	}
	fail("no room for the variable \"%s\"", name);
}

struct blob blob_get(const char *name)
{
	int i;

	for (i = 0; i < BLOBS; i++)
		if (!strcmp(blobs[i].name, name))
			return blobs[i].blob;
	fail("unknown variable \"%s\"", name);
}

void var_set(const char *name, int64_t v)
{
	int i;

	for (i = 0; i < nvars; i++)
		if (!strcmp(vars[i].name, name))
			break;
	if (i == VARS || strlen(name) >= NAME_MAX_)
		fail("no room for the variable \"%s\"", name);
	strcpy(vars[i].name, name);
	vars[i].value = v;
	if (i == nvars)
		nvars++;
}

static int64_t var_get(const char *name, size_t len)
{
	int i;

	for (i = 0; i < nvars; i++)
		if (strlen(vars[i].name) == len && !memcmp(vars[i].name, name, len))
			return vars[i].value;
	fail("unknown variable \"%.*s\"", (int)len, name);
}

/* A number, perhaps with "ms" or "s" behind it, or a variable */
static int64_t term(const char **p)
{
	const char *start = *p;
	char *end;
	int64_t v;

	if (isalpha((unsigned char)*start)) {
		while (isalnum((unsigned char)**p) || **p == '_')
			(*p)++;
		return var_get(start, *p - start);
	}
	v = strtoll(start, &end, 0);
	if (end == start)
		fail("not a number: \"%s\"", start);
	if (!strncmp(end, "ms", 2)) {
		end += 2;
	} else if (*end == 's') {
		v *= 1000;
		end++;
	}
	*p = end;
	return v;
}

int64_t value(const char *text)
{
	const char *p = text;
	int64_t v;
	char op;

	if (!strcmp(text, "none"))
		return -1;
	v = term(&p);
	while (*p) {
		op = *p++;
		if (op == '+')
			v += term(&p);
		else if (op == '-')
			v -= term(&p);
		else if (op == '*')
			v *= term(&p);
		else
			fail("not an expression: \"%s\"", text);
	}
	return v;
}

bool compare(int64_t a, const char *op, int64_t b)
{
	if (!strcmp(op, "="))
		return a == b;
	if (!strcmp(op, "!="))
		return a != b;
	if (!strcmp(op, "&") || !strcmp(op, "!&"))
		return ((a & b) == b) == (*op == '&');
	if (!strcmp(op, ">"))
		return a > b;
	if (!strcmp(op, ">="))
		return a >= b;
	if (!strcmp(op, "<"))
		return a < b;
	return a <= b;
}

bool cut_cond(char *token, char **name, char *op, char **text)
{
	size_t at = strcspn(token, "=<>!&");
	size_t n = 1;

	if (!token[at] || !at)
		return false;
	if (token[at + 1] == '=' || token[at + 1] == '&')
		n = 2;
	memcpy(op, token + at, n);
	op[n] = 0;
	token[at] = 0;
	*name = token;
	*text = token + at + n;
	return true;
}

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

int64_t patience(int64_t ms)
{
	const char *vm = getenv("FERRY_VM");

	/* Everything takes its time under the checkers. */
	return vm && !strcmp(vm, "debug") ? 4 * ms : ms;
}
