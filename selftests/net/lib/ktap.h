/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ktap.h - KTAP output for every test program, and a small harness for
 * programs that are a list of test cases.
 *
 * A program that is one long measurement prints its results with ktap_plan()
 * and ktap_result(). A program made of cases writes
 *
 *	TEST(accept_returns_peer)
 *	{
 *		int fd = ft_socket(ip, SOCK_STREAM);
 *
 *		ASSERT_OK(fd);
 *		EXPECT_EQ(0, listen(fd, 1));
 *	}
 *	TEST_MAIN
 *
 * Each case runs once with ip = 4 and once with ip = 6 (TEST_V4() and
 * TEST_V6() once), each time in a child of its own, in a network namespace of
 * its own with only loopback up, under a time limit. A case therefore needs no
 * cleaning up and cannot disturb the next one. ASSERT_*() leaves the case,
 * EXPECT_*() marks it failed and goes on.
 */
#ifndef FT_KTAP_H
#define FT_KTAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What a case's process exits with, as everywhere in kselftest. */
#define KTAP_PASS	0
#define KTAP_FAIL	1
#define KTAP_SKIP	4

void ktap_plan(unsigned int cases);
void ktap_result(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ktap_skip(const char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ktap_diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void ktap_bail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Print the totals; returns the program's exit status. */
int ktap_finish(void);

enum ft_versions { FT_V4 = 1, FT_V6 = 2, FT_BOTH = 3 };

struct ft_case {
	const char *name;
	void (*run)(int ip);
	enum ft_versions versions;
	unsigned int timeout;	/* seconds, 0 = the default */
	struct ft_case *next;
};

void ft_register(struct ft_case *c);

/* ft_harness_main - run the registered cases; understands the options of
 * ft_options() and names of cases to run as arguments.
 */
int ft_harness_main(int argc, char **argv);

#define FT_CASE(name_, versions_, timeout_)				\
	static void test_##name_(int ip);				\
	__attribute__((constructor)) static void register_##name_(void)	\
	{								\
		static struct ft_case c = {				\
			.name = #name_, .run = test_##name_,		\
			.versions = (versions_), .timeout = (timeout_),	\
		};							\
									\
		ft_register(&c);					\
	}								\
	static void test_##name_(int ip __attribute__((unused)))

#define TEST(name)			FT_CASE(name, FT_BOTH, 0)
#define TEST_V4(name)			FT_CASE(name, FT_V4, 0)
#define TEST_V6(name)			FT_CASE(name, FT_V6, 0)
#define TEST_TIMEOUT(name, seconds)	FT_CASE(name, FT_BOTH, seconds)
#define TEST_MAIN							\
	int main(int argc, char **argv)					\
	{								\
		return ft_harness_main(argc, argv);			\
	}

/* Inside a case: say what is wrong and mark it failed; or leave it at once. */
void ft_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void ft_die(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
void ft_skip(const char *why) __attribute__((noreturn));

#define FT_FAIL(...)	ft_fail(__FILE__, __LINE__, __VA_ARGS__)
#define FT_DIE(...)	ft_die(__FILE__, __LINE__, __VA_ARGS__)

#define FT_COMPARE_(fail, want, op, got)				\
	do {								\
		long long want_ = (long long)(want);			\
		long long got_ = (long long)(got);			\
		int errno_ = errno;					\
									\
		if (!(want_ op got_))					\
			fail("want %s %s %s, have %lld and %lld (errno %s)", \
			     #want, #op, #got, want_, got_,		\
			     strerror(errno_));				\
	} while (0)

#define EXPECT_EQ(want, got)	FT_COMPARE_(FT_FAIL, want, ==, got)
#define EXPECT_NE(want, got)	FT_COMPARE_(FT_FAIL, want, !=, got)
#define EXPECT_LE(a, b)		FT_COMPARE_(FT_FAIL, a, <=, b)
#define EXPECT_LT(a, b)		FT_COMPARE_(FT_FAIL, a, <, b)
#define EXPECT_GE(a, b)		FT_COMPARE_(FT_FAIL, a, >=, b)
#define EXPECT_GT(a, b)		FT_COMPARE_(FT_FAIL, a, >, b)
#define ASSERT_EQ(want, got)	FT_COMPARE_(FT_DIE, want, ==, got)
#define ASSERT_NE(want, got)	FT_COMPARE_(FT_DIE, want, !=, got)
#define ASSERT_LE(a, b)		FT_COMPARE_(FT_DIE, a, <=, b)
#define ASSERT_LT(a, b)		FT_COMPARE_(FT_DIE, a, <, b)
#define ASSERT_GE(a, b)		FT_COMPARE_(FT_DIE, a, >=, b)
#define ASSERT_GT(a, b)		FT_COMPARE_(FT_DIE, a, >, b)

#define FT_TRUE_(fail, cond)						\
	do {								\
		if (!(cond))						\
			fail("not true: %s (errno %s)", #cond, strerror(errno)); \
	} while (0)

#define EXPECT_TRUE(cond)	FT_TRUE_(FT_FAIL, cond)
#define ASSERT_TRUE(cond)	FT_TRUE_(FT_DIE, cond)

/* A system call succeeded: anything but -1. */
#define FT_OK_(fail, call)						\
	do {								\
		if ((call) == -1)					\
			fail("%s: %s", #call, strerror(errno));		\
	} while (0)

#define EXPECT_OK(call)		FT_OK_(FT_FAIL, call)
#define ASSERT_OK(call)		FT_OK_(FT_DIE, call)

/* A system call failed, with exactly this errno. */
#define FT_ERRNO_(fail, want, call)					\
	do {								\
		long long ret_;						\
									\
		errno = 0;						\
		ret_ = (long long)(call);				\
		if (ret_ != -1)						\
			fail("%s: want %s, returned %lld", #call, #want, ret_); \
		else if (errno != (want))				\
			fail("%s: want %s, have %s", #call, #want, strerror(errno)); \
	} while (0)

#define EXPECT_ERRNO(want, call)	FT_ERRNO_(FT_FAIL, want, call)
#define ASSERT_ERRNO(want, call)	FT_ERRNO_(FT_DIE, want, call)

#endif
