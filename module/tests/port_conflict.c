// SPDX-License-Identifier: GPL-2.0-only
/* Who may hold a port beside whom: TCP's and UDP's tables of it. */
#include "port_fixture.h"

#define STREAM	FERRY_STREAM
#define DGRAM	FERRY_DGRAM

static const char *const addrs[] = {
	"0.0.0.0", "127.0.0.1", "10.0.0.1",
	"::", "::1", "::ffff:0.0.0.0", "::ffff:127.0.0.1",
};

#define ADDRS	ARRAY_SIZE(addrs)

/*
 * Which of them have a packet in common: the expectations of the kernel's
 * bind_wildcard selftest. A line and column per address above; "::" takes IPv4.
 */
static const char overlap[ADDRS][ADDRS + 1] = {
	/* any4   */ "xxxx.xx",
	/* lo4    */ "xx.x.xx",
	/* ten4   */ "x.xx.x.",
	/* any6   */ "xxxxxxx",
	/* lo6    */ "...xx..",
	/* mapany */ "xxxx.xx",
	/* maplo  */ "xx.x.xx",
};

static struct ferry_claim claim(struct kunit *test, const char *addr)
{
	struct ferry_claim c;

	ferry_claim_sock(port_sock(test, STREAM, addr), false, &c);
	return c;
}

static void addresses(struct kunit *test)
{
	unsigned int i, j;

	for (i = 0; i < ADDRS; i++) {
		for (j = 0; j < ADDRS; j++) {
			struct ferry_claim a = claim(test, addrs[i]);
			struct ferry_claim b = claim(test, addrs[j]);

			KUNIT_EXPECT_EQ_MSG(test, ferry_claims_overlap(&a, &b),
					    overlap[i][j] == 'x', "%s and %s", addrs[i],
					    addrs[j]);
		}
	}
}

static void v6only(struct kunit *test)
{
	struct ferry_claim any4 = claim(test, "0.0.0.0");
	struct ferry_claim lo4 = claim(test, "127.0.0.1");
	struct ferry_claim maplo = claim(test, "::ffff:127.0.0.1");
	struct ferry_claim lo6 = claim(test, "::1");
	struct ferry_claim any6;
	struct sock *sk = port_sock(test, STREAM, "::");

	sk->sk_ipv6only = 1;
	ferry_claim_sock(sk, false, &any6);
	KUNIT_EXPECT_FALSE(test, ferry_claims_overlap(&any6, &any4));
	KUNIT_EXPECT_FALSE(test, ferry_claims_overlap(&any4, &any6));
	KUNIT_EXPECT_FALSE(test, ferry_claims_overlap(&any6, &lo4));
	KUNIT_EXPECT_FALSE(test, ferry_claims_overlap(&maplo, &any6));
	KUNIT_EXPECT_TRUE(test, ferry_claims_overlap(&any6, &lo6));
}

/**
 * struct row - two holders with the same address
 * @reuse: SO_REUSEADDR of the new and of the old
 * @reuseport: SO_REUSEPORT likewise
 * @same_uid: one owner
 * @listening: the old one listens
 * @timewait: the old one is a TIME_WAIT entry
 * @stream: are they in conflict, as streams?
 * @dgram: as datagram sockets?
 */
struct row {
	bool reuse[2];
	bool reuseport[2];
	bool same_uid;
	bool listening;
	bool timewait;
	bool stream;
	bool dgram;
};

static const struct row rows[] = {
	/* reuse   reuseport  uid listen tw   stream dgram */
	{ { 0, 0 }, { 0, 0 }, 1, 0, 0, 1, 1 },
	{ { 1, 0 }, { 0, 0 }, 1, 0, 0, 1, 1 },
	{ { 0, 1 }, { 0, 0 }, 1, 0, 0, 1, 1 },
	{ { 1, 1 }, { 0, 0 }, 1, 0, 0, 0, 0 },
	{ { 1, 1 }, { 0, 0 }, 0, 0, 0, 0, 0 },
	{ { 1, 1 }, { 0, 0 }, 1, 1, 0, 1, 0 },
	{ { 0, 0 }, { 1, 0 }, 1, 0, 0, 1, 1 },
	{ { 0, 0 }, { 0, 1 }, 1, 0, 0, 1, 1 },
	{ { 0, 0 }, { 1, 1 }, 1, 0, 0, 0, 0 },
	{ { 0, 0 }, { 1, 1 }, 0, 0, 0, 1, 1 },
	{ { 0, 0 }, { 1, 1 }, 1, 1, 0, 0, 0 },
	{ { 0, 0 }, { 1, 1 }, 0, 1, 0, 1, 1 },
	{ { 1, 1 }, { 1, 1 }, 1, 1, 0, 0, 0 },
	{ { 1, 1 }, { 1, 1 }, 0, 1, 0, 1, 0 },
	{ { 1, 0 }, { 1, 0 }, 1, 0, 0, 1, 1 },
	{ { 1, 0 }, { 0, 1 }, 1, 0, 0, 1, 1 },
	/* What follows a server: SO_REUSEADDR takes its port back. */
	{ { 0, 0 }, { 0, 0 }, 1, 0, 1, 1, 1 },
	{ { 1, 0 }, { 0, 0 }, 1, 0, 1, 1, 1 },
	{ { 1, 1 }, { 0, 0 }, 1, 0, 1, 0, 0 },
	{ { 0, 0 }, { 1, 1 }, 0, 0, 1, 0, 1 },
};

static void apply(const struct row *row, struct ferry_claim *new, struct ferry_claim *held)
{
	new->reuse = row->reuse[0];
	held->reuse = row->reuse[1];
	new->reuseport = row->reuseport[0];
	held->reuseport = row->reuseport[1];
	new->uid = KUIDT_INIT(1000);
	held->uid = KUIDT_INIT(row->same_uid ? 1000 : 1001);
	held->listening = row->listening;
	held->timewait = row->timewait;
}

static void options(struct kunit *test)
{
	struct ferry_claim new = claim(test, "127.0.0.1");
	struct ferry_claim held = claim(test, "0.0.0.0");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		apply(&rows[i], &new, &held);
		KUNIT_EXPECT_EQ_MSG(test, rows[i].stream,
				    ferry_claims_conflict(STREAM, &new, &held,
							  FERRY_PORT_BIND),
				    "stream, row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, rows[i].dgram,
				    ferry_claims_conflict(DGRAM, &new, &held,
							  FERRY_PORT_BIND),
				    "dgram, row %u", i);
	}
}

/* Whoever will do with any port is not given one he would have to share. */
static void any_port(struct kunit *test)
{
	struct ferry_claim new = claim(test, "127.0.0.1");
	struct ferry_claim held = claim(test, "0.0.0.0");
	struct ferry_claim other = claim(test, "::1");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		apply(&rows[i], &new, &held);
		KUNIT_EXPECT_TRUE(test, ferry_claims_conflict(STREAM, &new, &held,
							      FERRY_PORT_ANY));
		KUNIT_EXPECT_TRUE(test, ferry_claims_conflict(DGRAM, &new, &held,
							      FERRY_PORT_ANY));
		KUNIT_EXPECT_FALSE(test, ferry_claims_conflict(DGRAM, &new, &other,
							       FERRY_PORT_ANY));
	}
}

static void devices(struct kunit *test)
{
	struct ferry_claim a = claim(test, "0.0.0.0"), b = a;

	a.dev = 2;
	b.dev = 3;
	KUNIT_EXPECT_FALSE(test, ferry_claims_conflict(STREAM, &a, &b, FERRY_PORT_BIND));
	b.dev = 2;
	KUNIT_EXPECT_TRUE(test, ferry_claims_conflict(STREAM, &a, &b, FERRY_PORT_BIND));
	b.dev = 0;
	KUNIT_EXPECT_TRUE(test, ferry_claims_conflict(STREAM, &a, &b, FERRY_PORT_BIND));
	KUNIT_EXPECT_TRUE(test, ferry_claims_conflict(DGRAM, &b, &a, FERRY_PORT_BIND));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(addresses),
	KUNIT_CASE(v6only),
	KUNIT_CASE(options),
	KUNIT_CASE(any_port),
	KUNIT_CASE(devices),
	{}
};

static struct kunit_suite suite = {
	.name		= "ferry-port-conflict",
	.test_cases	= cases,
};
kunit_test_suite(suite);
