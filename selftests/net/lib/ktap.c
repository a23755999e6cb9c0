// SPDX-License-Identifier: GPL-2.0-only
/* ktap.c - the numbered result lines and the totals. */
#include <stdlib.h>
#include <unistd.h>

#include "ktap.h"

static unsigned int planned, done, passed, failed, skipped;

void ktap_plan(unsigned int cases)
{
	/* Children inherit the buffer: without lines they would print it again. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	planned = cases;
	printf("KTAP version 1\n1..%u\n", cases);
}

static void result(const char *word, const char *note, const char *fmt, va_list ap)
{
	printf("%s %u ", word, ++done);
	vprintf(fmt, ap);
	if (note)
		printf(" # SKIP %s", note);
	putchar('\n');
}

void ktap_result(bool ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(ok ? "ok" : "not ok", NULL, fmt, ap);
	va_end(ap);
	if (ok)
		passed++;
	else
		failed++;
}

void ktap_skip(const char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result("ok", why, fmt, ap);
	va_end(ap);
	skipped++;
}

void ktap_diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
}

void ktap_bail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("Bail out! ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	exit(KTAP_FAIL);
}

int ktap_finish(void)
{
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n",
	       passed, failed, skipped);
	if (done != planned) {
		printf("# planned %u results, have %u\n", planned, done);
		return KTAP_FAIL;
	}
	return failed ? KTAP_FAIL : KTAP_PASS;
}
