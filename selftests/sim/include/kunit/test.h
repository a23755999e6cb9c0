/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of KUnit's interface as the engine's suites use, so that the very
 * same files run here under the sanitizers, in milliseconds.
 */
#ifndef SIM_KUNIT_TEST_H
#define SIM_KUNIT_TEST_H

#include <setjmp.h>
#include "platform_user.h"

enum kunit_status {
	KUNIT_SUCCESS,
	KUNIT_FAILURE,
};

struct kunit {
	const char	*name;
	void		*priv;
	enum kunit_status status;
	jmp_buf		out;
	void		*allocated;	/* list of what kunit_kzalloc() gave */
};

struct kunit_case {
	void		(*run_case)(struct kunit *test);
	const char	*name;
};

struct kunit_suite {
	const char		name[256];
	int			(*init)(struct kunit *test);
	void			(*exit)(struct kunit *test);
	struct kunit_case	*test_cases;
	struct kunit_suite	*next;
};

#define KUNIT_CASE(fn)		{ .run_case = fn, .name = #fn }

void kunit_user_register(struct kunit_suite *suite);
void kunit_user_fail(struct kunit *test, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void *kunit_user_zalloc(struct kunit *test, size_t size);

#define kunit_test_suite(suite)							\
	static void __attribute__((constructor)) register_##suite(void)		\
	{									\
		kunit_user_register(&suite);					\
	}									\
	struct kunit_suite

#ifndef GFP_KERNEL
#define GFP_KERNEL		0
#endif
/* linux/slab.h and linux/align.h */
#define kmalloc(size, gfp)	malloc(size)
#define kzalloc(size, gfp)	calloc(1, size)
#define kfree(p)		free(p)
#ifndef ALIGN
#define ALIGN(x, a)		(((x) + (a) - 1) / (a) * (a))
#endif

#define kunit_kzalloc(test, size, gfp)	kunit_user_zalloc(test, size)
#define kunit_info(test, fmt, ...)	printf("    # " fmt "\n", ##__VA_ARGS__)

#define KUNIT_FAIL(test, fmt, ...) \
	kunit_user_fail(test, __FILE__, __LINE__, fmt, ##__VA_ARGS__)

#define KUNIT_USER_BINARY(test, l, op, r, on_fail, fmt, ...) do {			\
	typeof(l) __l = (l);								\
	typeof(r) __r = (r);								\
											\
	if (!(__l op __r)) {								\
		kunit_user_fail(test, __FILE__, __LINE__,				\
				"%s " #op " %s, but %lld and %lld" fmt, #l, #r,		\
				(long long)__l, (long long)__r, ##__VA_ARGS__);		\
		on_fail;								\
	}										\
} while (0)

#define KUNIT_USER_LEAVE(test)	longjmp((test)->out, 1)

#define KUNIT_EXPECT_EQ(t, l, r)	KUNIT_USER_BINARY(t, l, ==, r, , "")
#define KUNIT_EXPECT_NE(t, l, r)	KUNIT_USER_BINARY(t, l, !=, r, , "")
#define KUNIT_EXPECT_LT(t, l, r)	KUNIT_USER_BINARY(t, l, <, r, , "")
#define KUNIT_EXPECT_LE(t, l, r)	KUNIT_USER_BINARY(t, l, <=, r, , "")
#define KUNIT_EXPECT_GT(t, l, r)	KUNIT_USER_BINARY(t, l, >, r, , "")
#define KUNIT_EXPECT_GE(t, l, r)	KUNIT_USER_BINARY(t, l, >=, r, , "")
#define KUNIT_EXPECT_EQ_MSG(t, l, r, fmt, ...) \
	KUNIT_USER_BINARY(t, l, ==, r, , ": " fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_TRUE(t, c)		KUNIT_USER_BINARY(t, !!(c), ==, 1, , "")
#define KUNIT_EXPECT_FALSE(t, c)	KUNIT_USER_BINARY(t, !!(c), ==, 0, , "")
#define KUNIT_EXPECT_TRUE_MSG(t, c, fmt, ...) \
	KUNIT_USER_BINARY(t, !!(c), ==, 1, , ": " fmt, ##__VA_ARGS__)

#define KUNIT_ASSERT_EQ(t, l, r) \
	KUNIT_USER_BINARY(t, l, ==, r, KUNIT_USER_LEAVE(t), "")
#define KUNIT_ASSERT_EQ_MSG(t, l, r, fmt, ...) \
	KUNIT_USER_BINARY(t, l, ==, r, KUNIT_USER_LEAVE(t), ": " fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_TRUE(t, c) \
	KUNIT_USER_BINARY(t, !!(c), ==, 1, KUNIT_USER_LEAVE(t), "")
#define KUNIT_ASSERT_FALSE(t, c) \
	KUNIT_USER_BINARY(t, !!(c), ==, 0, KUNIT_USER_LEAVE(t), "")
#define KUNIT_ASSERT_NOT_NULL(t, p)	KUNIT_ASSERT_TRUE(t, (p) != NULL)
#define KUNIT_ASSERT_GT(t, l, r) \
	KUNIT_USER_BINARY(t, l, >, r, KUNIT_USER_LEAVE(t), "")

#endif
