// SPDX-License-Identifier: GPL-2.0-only
/* The table of flows. */
#include "port_fixture.h"

#define MANY	5000

static struct ferry_flows *flows(void)
{
	return port_net()->flows[FERRY_STREAM];
}

static struct ferry_flow *find_enslaved(const struct ferry_tuple *tuple, int sdif)
{
	struct ferry_flow *flow;

	rcu_read_lock();
	flow = ferry_flow_lookup(flows(), tuple, sdif);
	rcu_read_unlock();
	return flow;
}

static struct ferry_flow *find(const struct ferry_tuple *tuple)
{
	return find_enslaved(tuple, 0);
}

static struct ferry_flow *owner(const struct ferry_tuple *tuple)
{
	struct ferry_flow *flow;

	rcu_read_lock();
	flow = ferry_flow_owner(flows(), tuple);
	rcu_read_unlock();
	return flow;
}

static struct ferry_flow flow_of(struct kunit *test, u16 rport)
{
	return (struct ferry_flow){
		.tuple = port_tuple(test, "10.0.0.1", 80, "10.0.0.2", rport),
		.kind = FERRY_FLOW_REQUEST,
	};
}

/* Each part of both ends counts, and what is given beside them; the device does not. */
static void secret(struct kunit *test)
{
	static const char *const addr[][2] = {
		{ "10.0.0.1", "10.0.0.2" }, { "10.0.0.3", "10.0.0.2" }, { "10.0.0.1", "10.0.0.3" },
		{ "fd00::1", "fd00::2" }, { "fd00::3", "fd00::2" }, { "fd00::1", "fd00::3" },
	};
	const siphash_key_t key = { { 1, 2 } }, other = { { 1, 3 } };
	u64 seen[ARRAY_SIZE(addr) * 5];
	struct ferry_tuple t;
	size_t i, j, n = 0;

	for (i = 0; i < ARRAY_SIZE(addr); i++) {
		t = port_tuple(test, addr[i][0], 80, addr[i][1], 9);
		seen[n++] = ferry_tuple_secret(&t, 0, &key);
		t.dev = 7;
		KUNIT_EXPECT_EQ(test, seen[n - 1], ferry_tuple_secret(&t, 0, &key));
		seen[n++] = ferry_tuple_secret(&t, 1, &key);
		seen[n++] = ferry_tuple_secret(&t, 0, &other);
		t.lport = htons(81);
		seen[n++] = ferry_tuple_secret(&t, 0, &key);
		t.rport = htons(10);
		seen[n++] = ferry_tuple_secret(&t, 0, &key);
	}
	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_NE(test, seen[i], seen[j]);
}

static void one_owner(struct kunit *test)
{
	struct ferry_flow a = flow_of(test, 9), b = a;

	KUNIT_EXPECT_NULL(test, find(&a.tuple));
	KUNIT_EXPECT_EQ(test, 0, ferry_flow_insert(flows(), &a));
	KUNIT_EXPECT_PTR_EQ(test, &a, find(&a.tuple));
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, ferry_flow_insert(flows(), &b));
	KUNIT_EXPECT_FALSE(test, b.hashed);
	ferry_flow_remove(flows(), &b);
	KUNIT_EXPECT_PTR_EQ(test, &a, find(&a.tuple));
	ferry_flow_remove(flows(), &a);
	ferry_flow_remove(flows(), &a);
	KUNIT_EXPECT_NULL(test, find(&a.tuple));
	KUNIT_EXPECT_EQ(test, 0, ferry_flow_insert(flows(), &b));
	ferry_flow_remove(flows(), &b);
}

static void hand_over(struct kunit *test)
{
	struct ferry_flow a = flow_of(test, 9), b = a, c = a;

	KUNIT_EXPECT_EQ(test, -ENOENT, ferry_flow_replace(flows(), &a, &b));
	KUNIT_ASSERT_EQ(test, 0, ferry_flow_insert(flows(), &a));
	KUNIT_EXPECT_EQ(test, 0, ferry_flow_replace(flows(), &a, &b));
	KUNIT_EXPECT_PTR_EQ(test, &b, find(&a.tuple));
	KUNIT_EXPECT_EQ(test, -ENOENT, ferry_flow_replace(flows(), &a, &c));
	ferry_flow_remove(flows(), &a);
	KUNIT_EXPECT_PTR_EQ(test, &b, find(&a.tuple));
	ferry_flow_remove(flows(), &b);
}

/* A packet is looked up with its device first, then without. */
static void device(struct kunit *test)
{
	struct ferry_flow any = flow_of(test, 9), bound = any;
	struct ferry_tuple packet = any.tuple;

	bound.tuple.dev = 3;
	packet.dev = 3;
	KUNIT_ASSERT_EQ(test, 0, ferry_flow_insert(flows(), &any));
	KUNIT_EXPECT_PTR_EQ(test, &any, find(&packet));
	KUNIT_ASSERT_EQ(test, 0, ferry_flow_insert(flows(), &bound));
	KUNIT_EXPECT_PTR_EQ(test, &bound, find(&packet));
	packet.dev = 4;
	KUNIT_EXPECT_PTR_EQ(test, &any, find(&packet));
	KUNIT_EXPECT_PTR_EQ(test, &bound, find_enslaved(&packet, 3));
	ferry_flow_remove(flows(), &any);
	KUNIT_EXPECT_NULL(test, find(&packet));
	KUNIT_EXPECT_NULL(test, owner(&packet));
	packet.dev = 3;
	KUNIT_EXPECT_PTR_EQ(test, &bound, owner(&packet));
	ferry_flow_remove(flows(), &bound);
}

static int count(struct ferry_flow *flow, void *arg)
{
	return ++*(int *)arg > 2 * MANY;
}

static void many(struct kunit *test)
{
	struct ferry_flow *all = kunit_kcalloc(test, MANY, sizeof(*all), GFP_KERNEL);
	int i, seen = 0;

	KUNIT_ASSERT_NOT_NULL(test, all);
	for (i = 0; i < MANY; i++) {
		all[i] = flow_of(test, 1 + i);
		KUNIT_ASSERT_EQ(test, 0, ferry_flow_insert(flows(), &all[i]));
	}
	for (i = 0; i < MANY; i++)
		KUNIT_EXPECT_PTR_EQ(test, &all[i], find(&all[i].tuple));
	KUNIT_EXPECT_EQ(test, 0, ferry_flow_walk(flows(), count, &seen));
	KUNIT_EXPECT_GE(test, seen, MANY);
	for (i = 0; i < MANY; i++)
		ferry_flow_remove(flows(), &all[i]);
	seen = 0;
	ferry_flow_walk(flows(), count, &seen);
	KUNIT_EXPECT_EQ(test, 0, seen);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(secret),
	KUNIT_CASE(one_owner),
	KUNIT_CASE(hand_over),
	KUNIT_CASE(device),
	KUNIT_CASE(many),
	{}
};

static struct kunit_suite suite = {
	.name		= "ferry-port-flow",
	.suite_init	= port_suite_init,
	.suite_exit	= port_suite_exit,
	.init		= port_init,
	.exit		= port_exit,
	.test_cases	= cases,
};
kunit_test_suite(suite);
