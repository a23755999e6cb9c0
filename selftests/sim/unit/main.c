// SPDX-License-Identifier: GPL-2.0-only
/* Runs the KUnit suites of the engine in user space and prints KTAP. */
#include <stdarg.h>

#include <kunit/test.h>

struct chunk {
	struct chunk	*next;
	u64		data[];
};

static struct kunit_suite *suites;

void kunit_user_register(struct kunit_suite *suite)
{
	struct kunit_suite **pos = &suites;

	while (*pos && strcmp((*pos)->name, suite->name) < 0)
		pos = &(*pos)->next;
	suite->next = *pos;
	*pos = suite;
}

void kunit_user_fail(struct kunit *test, const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	va_list ap;

	test->status = KUNIT_FAILURE;
	printf("    # %s: %s:%d: ", test->name, base ? base + 1 : file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void *kunit_user_zalloc(struct kunit *test, size_t size)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk) + size);

	if (!chunk)
		abort();
	chunk->next = test->allocated;
	test->allocated = chunk;
	return chunk->data;
}

static void free_chunks(struct kunit *test)
{
	struct chunk *chunk, *next;

	for (chunk = test->allocated; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
}

static bool run_case(struct kunit_suite *suite, struct kunit_case *c)
{
	struct kunit test = { .name = c->name };

	if (suite->init && suite->init(&test))
		test.status = KUNIT_FAILURE;
	else if (!setjmp(test.out))
		c->run_case(&test);
	if (suite->exit)
		suite->exit(&test);
	free_chunks(&test);
	return test.status == KUNIT_SUCCESS;
}

static bool run_suite(struct kunit_suite *suite, const char *only)
{
	unsigned int n = 0, failed = 0;
	struct kunit_case *c;

	printf("    KTAP version 1\n    # Subtest: %s\n", suite->name);
	for (c = suite->test_cases; c->run_case; c++) {
		bool ok;

		if (only && strcmp(only, c->name))
			continue;
		ok = run_case(suite, c);
		printf("    %sok %u %s\n", ok ? "" : "not ", ++n, c->name);
		failed += !ok;
	}
	printf("    1..%u\n", n);
	return !failed;
}

int main(int argc, char **argv)
{
	unsigned int n = 0, failed = 0;
	struct kunit_suite *suite;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
	for (suite = suites; suite; suite = suite->next) {
		bool ok = run_suite(suite, argc > 1 ? argv[1] : NULL);

		printf("%sok %u %s\n", ok ? "" : "not ", ++n, suite->name);
		failed += !ok;
	}
	printf("1..%u\n", n);
	return failed || !n;
}
