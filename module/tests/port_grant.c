// SPDX-License-Identifier: GPL-2.0-only
/* Reservations and grants. */
#include <linux/cred.h>

#include "port_fixture.h"

#define STREAM	FERRY_STREAM
#define DGRAM	FERRY_DGRAM

static struct ferry_grant range(enum ferry_grant_kind kind, u16 first, u16 last)
{
	return (struct ferry_grant){
		.transport = STREAM,
		.first = first,
		.last = last,
		.kind = kind,
		.uid = current_euid(),
		.gid = current_egid(),
	};
}

static int add(enum ferry_grant_kind kind, u16 first, u16 last)
{
	struct ferry_grant grant = range(kind, first, last);

	return ferry_grant_add(port_net(), &grant);
}

static int del(enum ferry_grant_kind kind, u16 first, u16 last)
{
	struct ferry_grant grant = range(kind, first, last);

	return ferry_grant_del(port_net(), &grant);
}

static int permitted(u16 port)
{
	return ferry_port_permitted(port_net(), STREAM, port);
}

static void reservation(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, permitted(5000));
	KUNIT_EXPECT_EQ(test, 0, add(FERRY_GRANT_RESERVE, 5000, 5010));
	KUNIT_EXPECT_EQ(test, 0, permitted(4999));
	KUNIT_EXPECT_EQ(test, -EACCES, permitted(5000));
	KUNIT_EXPECT_EQ(test, -EACCES, permitted(5010));
	KUNIT_EXPECT_EQ(test, 0, permitted(5011));
	KUNIT_EXPECT_EQ(test, 0, ferry_port_permitted(port_net(), DGRAM, 5000));
	KUNIT_EXPECT_EQ(test, 2, ferry_stat_read(port_net()->stats, FERRY_STAT_PORT_REFUSED));
	KUNIT_EXPECT_EQ(test, 0, add(FERRY_GRANT_UID, 5000, 5000));
	KUNIT_EXPECT_EQ(test, 0, permitted(5000));
	KUNIT_EXPECT_EQ(test, 0, add(FERRY_GRANT_GID, 5001, 5002));
	KUNIT_EXPECT_EQ(test, 0, permitted(5002));
	KUNIT_EXPECT_EQ(test, -EACCES, permitted(5003));
	KUNIT_EXPECT_EQ(test, 0, del(FERRY_GRANT_UID, 5000, 5000));
	KUNIT_EXPECT_EQ(test, -EACCES, permitted(5000));
	KUNIT_EXPECT_EQ(test, 0, del(FERRY_GRANT_RESERVE, 5000, 5010));
	KUNIT_EXPECT_EQ(test, 0, permitted(5000));
}

static void others_grant(struct kunit *test)
{
	struct ferry_grant grant = range(FERRY_GRANT_UID, 5000, 5000);

	grant.uid = KUIDT_INIT(4321);
	KUNIT_EXPECT_EQ(test, 0, ferry_grant_add(port_net(), &grant));
	KUNIT_EXPECT_FALSE(test, ferry_grant_mine(port_net(), STREAM, 5000));
	KUNIT_EXPECT_EQ(test, 0, add(FERRY_GRANT_UID, 5000, 5000));
	KUNIT_EXPECT_TRUE(test, ferry_grant_mine(port_net(), STREAM, 5000));
	KUNIT_EXPECT_FALSE(test, ferry_grant_mine(port_net(), DGRAM, 5000));
}

static void overlapping(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, add(FERRY_GRANT_RESERVE, 1, 65535));
	KUNIT_EXPECT_EQ(test, 0, add(FERRY_GRANT_RESERVE, 100, 200));
	KUNIT_EXPECT_EQ(test, 0, del(FERRY_GRANT_RESERVE, 1, 65535));
	KUNIT_EXPECT_FALSE(test, ferry_grant_reserved(port_net(), STREAM, 99));
	KUNIT_EXPECT_TRUE(test, ferry_grant_reserved(port_net(), STREAM, 100));
	KUNIT_EXPECT_TRUE(test, ferry_grant_reserved(port_net(), STREAM, 200));
	KUNIT_EXPECT_FALSE(test, ferry_grant_reserved(port_net(), STREAM, 201));
	KUNIT_EXPECT_FALSE(test, ferry_grant_reserved(port_net(), STREAM, 65535));
}

static void bounded(struct kunit *test)
{
	int i;

	for (i = 0; i < FERRY_GRANTS_MAX; i++)
		KUNIT_ASSERT_EQ(test, 0, add(FERRY_GRANT_UID, 1 + i, 1 + i));
	KUNIT_EXPECT_EQ(test, -EEXIST, add(FERRY_GRANT_UID, 7, 7));
	KUNIT_EXPECT_EQ(test, -ENOSPC, add(FERRY_GRANT_UID, 7, 8));
	KUNIT_EXPECT_EQ(test, -ENOENT, del(FERRY_GRANT_GID, 7, 7));
	KUNIT_EXPECT_EQ(test, 0, del(FERRY_GRANT_UID, 7, 7));
	KUNIT_EXPECT_EQ(test, 0, add(FERRY_GRANT_UID, 7, 8));
}

static void listing(struct kunit *test)
{
	struct ferry_grant grant;
	u32 after = 0;
	int n = 0;

	for (n = 0; n < 10; n++)
		KUNIT_ASSERT_EQ(test, 0, add(FERRY_GRANT_UID, 10 + n, 20));
	KUNIT_ASSERT_EQ(test, 0, del(FERRY_GRANT_UID, 13, 20));
	for (n = 0; !ferry_grant_next(port_net(), after, &grant); n++) {
		KUNIT_EXPECT_GT(test, grant.id, after);
		KUNIT_EXPECT_EQ(test, 20, grant.last);
		after = grant.id;
	}
	KUNIT_EXPECT_EQ(test, 9, n);
}

/* What is reserved is not handed out either. */
static void not_ephemeral(struct kunit *test)
{
	struct sock *sk;
	int i;

	KUNIT_ASSERT_EQ(test, 0, add(FERRY_GRANT_RESERVE, 40000, 40006));
	for (i = 0; i < 2; i++) {
		sk = port_sock(test, STREAM, "0.0.0.0");
		port_range(sk, 40000, 40007);
		KUNIT_EXPECT_EQ(test, i ? -EADDRNOTAVAIL : 0,
				ferry_port_get(port_net()->ports[STREAM], sk, 0));
		KUNIT_EXPECT_EQ(test, i ? 0 : 40007, inet_sk(sk)->inet_num);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(reservation),
	KUNIT_CASE(others_grant),
	KUNIT_CASE(overlapping),
	KUNIT_CASE(bounded),
	KUNIT_CASE(listing),
	KUNIT_CASE(not_ephemeral),
	{}
};

static struct kunit_suite suite = {
	.name		= "ferry-port-grant",
	.suite_init	= port_suite_init,
	.suite_exit	= port_suite_exit,
	.init		= port_init,
	.exit		= port_exit,
	.test_cases	= cases,
};
kunit_test_suite(suite);
