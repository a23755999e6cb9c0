// SPDX-License-Identifier: GPL-2.0-only
/* The port table: taking, sharing, listening, choosing, finding, listing. */
#include <net/sock_reuseport.h>

#include "port_fixture.h"

#define STREAM	FERRY_STREAM
#define DGRAM	FERRY_DGRAM

static int get(struct sock *sk, u16 port)
{
	enum ferry_transport t = sk->sk_type == SOCK_STREAM ? STREAM : DGRAM;

	return ferry_port_get(port_net()->ports[t], sk, port);
}

static struct sock *find(struct kunit *test, enum ferry_transport t, const char *laddr,
			 u16 lport, const char *raddr, u16 rport, int dev)
{
	struct ferry_tuple tuple = port_tuple(test, laddr, lport, raddr, rport);
	struct sock *sk;

	tuple.dev = dev;
	rcu_read_lock();
	sk = ferry_port_lookup(port_net(), t, &tuple, 0, NULL);
	rcu_read_unlock();
	return sk;
}

static void take_and_put(struct kunit *test)
{
	struct sock *a = port_sock(test, STREAM, "127.0.0.1");
	struct sock *b = port_sock(test, STREAM, "0.0.0.0");
	struct sock *d = port_sock(test, DGRAM, "0.0.0.0");

	KUNIT_EXPECT_EQ(test, 0, get(a, 80));
	KUNIT_EXPECT_EQ(test, 80, inet_sk(a)->inet_num);
	KUNIT_EXPECT_EQ(test, 80, ntohs(inet_sk(a)->inet_sport));
	KUNIT_EXPECT_EQ(test, -EADDRINUSE, get(b, 80));
	KUNIT_EXPECT_EQ(test, 0, inet_sk(b)->inet_num);
	KUNIT_EXPECT_EQ_MSG(test, 0, get(d, 80), "transports have their own ports");
	ferry_port_put(a);
	ferry_port_put(a);
	KUNIT_EXPECT_EQ(test, 0, inet_sk(a)->inet_num);
	KUNIT_EXPECT_EQ(test, 0, get(b, 80));
	KUNIT_EXPECT_EQ(test, 0, get(a, 65535));
	KUNIT_EXPECT_EQ(test, 0, get(port_sock(test, STREAM, "0.0.0.0"), 1));
}

static void listen_once(struct kunit *test)
{
	struct sock *a = port_sock(test, STREAM, "0.0.0.0");
	struct sock *b = port_sock(test, STREAM, "0.0.0.0");

	a->sk_reuse = SK_CAN_REUSE;
	b->sk_reuse = SK_CAN_REUSE;
	KUNIT_EXPECT_EQ(test, -EINVAL, ferry_port_listen(a));
	KUNIT_EXPECT_EQ(test, 0, get(a, 80));
	KUNIT_EXPECT_EQ(test, 0, get(b, 80));
	KUNIT_EXPECT_PTR_EQ(test, NULL, find(test, STREAM, "10.0.0.1", 80, "10.0.0.2", 9, 1));
	KUNIT_EXPECT_EQ(test, 0, ferry_port_listen(a));
	KUNIT_EXPECT_EQ(test, 0, ferry_port_listen(a));
	KUNIT_EXPECT_EQ(test, -EADDRINUSE, ferry_port_listen(b));
	KUNIT_EXPECT_PTR_EQ(test, a, find(test, STREAM, "10.0.0.1", 80, "10.0.0.2", 9, 1));
	ferry_port_stop(a);
	KUNIT_EXPECT_EQ(test, 80, inet_sk(a)->inet_num);
	KUNIT_EXPECT_EQ(test, 0, ferry_port_listen(b));
	KUNIT_EXPECT_PTR_EQ(test, b, find(test, STREAM, "10.0.0.1", 80, "10.0.0.2", 9, 1));
}

/* Restarting a server: children, then TIME_WAIT, want SO_REUSEADDR of both. */
static void server_restart(struct kunit *test)
{
	struct sock *server = port_sock(test, STREAM, "0.0.0.0");
	struct sock *child = port_sock(test, STREAM, "10.0.0.1");
	struct sock *next = port_sock(test, STREAM, "0.0.0.0");
	struct ferry_port_stay stay;

	server->sk_reuse = SK_CAN_REUSE;
	child->sk_reuse = SK_CAN_REUSE;
	KUNIT_ASSERT_EQ(test, 0, get(server, 80));
	KUNIT_ASSERT_EQ(test, 0, ferry_port_listen(server));
	KUNIT_ASSERT_EQ(test, 0, ferry_port_share(child, server));
	KUNIT_EXPECT_EQ(test, 80, inet_sk(child)->inet_num);
	ferry_port_put(server);
	KUNIT_EXPECT_EQ(test, -EADDRINUSE, get(next, 80));

	ferry_port_stay(&stay, child);
	ferry_port_put(child);
	KUNIT_EXPECT_EQ(test, -EADDRINUSE, get(next, 80));
	next->sk_reuse = SK_CAN_REUSE;
	KUNIT_EXPECT_EQ(test, 0, get(next, 80));
	KUNIT_EXPECT_EQ(test, 0, ferry_port_listen(next));
	ferry_port_put(next);

	next->sk_reuse = SK_NO_REUSE;
	ferry_port_stay_end(&stay);
	ferry_port_stay_end(&stay);
	KUNIT_EXPECT_EQ(test, 0, get(next, 80));
	KUNIT_EXPECT_EQ_MSG(test, -ENOENT, ferry_port_share(child, server),
			    "a listener that is gone");
}

/* The more exactly bound, the sooner found. */
static void most_specific(struct kunit *test)
{
	struct sock *any6 = port_sock(test, DGRAM, "::");
	struct sock *any4 = port_sock(test, DGRAM, "0.0.0.0");
	struct sock *dev = port_sock(test, DGRAM, "0.0.0.0");
	struct sock *one = port_sock(test, DGRAM, "10.0.0.1");
	struct sock *mapped = port_sock(test, DGRAM, "::ffff:10.0.0.3");
	struct sock *conn = port_sock(test, DGRAM, "10.0.0.1");
	struct sock *all[] = { any6, any4, dev, one, mapped, conn };
	unsigned int i;

	dev->sk_bound_dev_if = 7;
	port_peer(test, conn, "10.0.0.2", 1000);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		all[i]->sk_reuse = SK_CAN_REUSE;
		KUNIT_ASSERT_EQ(test, 0, get(all[i], 53));
	}
	KUNIT_EXPECT_PTR_EQ(test, any6, find(test, DGRAM, "fd00::1", 53, "fd00::2", 9, 1));
	KUNIT_EXPECT_PTR_EQ(test, any4, find(test, DGRAM, "10.0.0.9", 53, "10.0.0.2", 9, 1));
	KUNIT_EXPECT_PTR_EQ(test, dev, find(test, DGRAM, "10.0.0.9", 53, "10.0.0.2", 9, 7));
	KUNIT_EXPECT_PTR_EQ(test, one, find(test, DGRAM, "10.0.0.1", 53, "10.0.0.2", 9, 7));
	KUNIT_EXPECT_PTR_EQ(test, mapped,
			    find(test, DGRAM, "10.0.0.3", 53, "10.0.0.2", 9, 1));
	KUNIT_EXPECT_PTR_EQ(test, conn,
			    find(test, DGRAM, "10.0.0.1", 53, "10.0.0.2", 1000, 1));
	KUNIT_EXPECT_PTR_EQ(test, NULL, find(test, DGRAM, "10.0.0.1", 54, "10.0.0.2", 9, 1));
	ferry_port_put(any4);
	KUNIT_EXPECT_PTR_EQ(test, any6, find(test, DGRAM, "10.0.0.9", 53, "10.0.0.2", 9, 1));
	any6->sk_ipv6only = 1;
	KUNIT_EXPECT_PTR_EQ(test, NULL, find(test, DGRAM, "10.0.0.9", 53, "10.0.0.2", 9, 1));
}

static void count(struct sock *sk, void *arg)
{
	(*(int *)arg)++;
}

static void all_receivers(struct kunit *test)
{
	struct ferry_tuple tuple = port_tuple(test, "224.0.0.251", 5353, "10.0.0.2", 5353);
	struct sock *any = port_sock(test, DGRAM, "0.0.0.0");
	struct sock *group = port_sock(test, DGRAM, "224.0.0.251");
	struct sock *other = port_sock(test, DGRAM, "224.0.0.252");
	struct sock *conn = port_sock(test, DGRAM, "0.0.0.0");
	struct sock *all[] = { any, group, other, conn };
	unsigned int i;
	int n = 0;

	port_peer(test, conn, "10.0.0.7", 5353);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		all[i]->sk_reuse = SK_CAN_REUSE;
		KUNIT_ASSERT_EQ(test, 0, get(all[i], 5353));
	}
	rcu_read_lock();
	ferry_port_for_each(port_net(), DGRAM, &tuple, 0, count, &n);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, 2, n);
}

#define MEMBERS	4
#define FLOWS	400

static void shared_load(struct kunit *test)
{
	struct sock *member[MEMBERS], *sk;
	int hits[MEMBERS] = {}, i, j;

	for (i = 0; i < MEMBERS; i++) {
		member[i] = port_sock(test, STREAM, "0.0.0.0");
		member[i]->sk_reuseport = 1;
		KUNIT_ASSERT_EQ(test, 0, get(member[i], 80));
		KUNIT_ASSERT_EQ(test, 0, ferry_port_listen(member[i]));
		KUNIT_EXPECT_NOT_NULL(test, rcu_access_pointer(member[i]->sk_reuseport_cb));
	}
	for (j = 0; j < FLOWS; j++) {
		sk = find(test, STREAM, "10.0.0.1", 80, "10.0.0.2", 1024 + j, 1);
		KUNIT_EXPECT_PTR_EQ_MSG(test, sk, find(test, STREAM, "10.0.0.1", 80,
						       "10.0.0.2", 1024 + j, 1),
					"a flow keeps to its socket");
		for (i = 0; i < MEMBERS; i++)
			hits[i] += sk == member[i];
	}
	/* A quarter each, give or take far more than chance would. */
	for (i = 0; i < MEMBERS; i++)
		KUNIT_EXPECT_GT(test, hits[i], FLOWS / MEMBERS / 2);
	ferry_port_stop(member[0]);
	KUNIT_EXPECT_NULL(test, rcu_access_pointer(member[0]->sk_reuseport_cb));
	for (j = 0; j < FLOWS; j++)
		KUNIT_EXPECT_PTR_NE(test, member[0], find(test, STREAM, "10.0.0.1", 80,
							  "10.0.0.2", 1024 + j, 1));
}

/* A connected member hears its peer only, and belongs to the group again after. */
static void group_connect(struct kunit *test)
{
	struct sock *a = port_sock(test, DGRAM, "0.0.0.0");
	struct sock *b = port_sock(test, DGRAM, "0.0.0.0");
	int i;

	a->sk_reuseport = 1;
	b->sk_reuseport = 1;
	KUNIT_ASSERT_EQ(test, 0, get(a, 53));
	KUNIT_ASSERT_EQ(test, 0, get(b, 53));
	port_peer(test, a, "10.0.0.2", 9);
	ferry_port_rehash(a);
	for (i = 0; i < 32; i++)
		KUNIT_EXPECT_PTR_EQ(test, b, find(test, DGRAM, "10.0.0.1", 53, "10.0.0.3",
						  1024 + i, 1));
	KUNIT_EXPECT_PTR_EQ(test, a, find(test, DGRAM, "10.0.0.1", 53, "10.0.0.2", 9, 1));
	port_peer(test, a, "0.0.0.0", 0);
	ferry_port_rehash(a);
	KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(a->sk_reuseport_cb),
			    rcu_access_pointer(b->sk_reuseport_cb));
}

/* ---- ephemeral ports ---- */

#define LOW	40000
#define PORTS	512

static struct sock *narrow(struct kunit *test, enum ferry_transport t, const char *addr)
{
	struct sock *sk = port_sock(test, t, addr);

	port_range(sk, LOW, LOW + PORTS - 1);
	return sk;
}

static void exhaustion(struct kunit *test)
{
	struct sock *one = narrow(test, DGRAM, "127.0.0.1");
	struct sock *sk = NULL;
	int i;

	for (i = 0; i < PORTS; i++) {
		sk = narrow(test, DGRAM, "10.0.0.1");
		KUNIT_ASSERT_EQ_MSG(test, 0, get(sk, 0), "after %d", i);
		KUNIT_ASSERT_GE(test, inet_sk(sk)->inet_num, LOW);
		KUNIT_ASSERT_LT(test, inet_sk(sk)->inet_num, LOW + PORTS);
	}
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, get(narrow(test, DGRAM, "10.0.0.1"), 0));
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, get(narrow(test, DGRAM, "0.0.0.0"), 0));
	KUNIT_EXPECT_EQ(test, 2, ferry_stat_read(port_net()->stats, FERRY_STAT_PORT_EXHAUSTED));
	KUNIT_EXPECT_EQ_MSG(test, 0, get(one, 0), "another address shares a port");
	i = inet_sk(sk)->inet_num;
	ferry_port_put(sk);
	sk = narrow(test, DGRAM, "10.0.0.1");
	KUNIT_EXPECT_EQ(test, 0, get(sk, 0));
	KUNIT_EXPECT_EQ_MSG(test, i, inet_sk(sk)->inet_num, "the only one left");
}

/* Neighbours in time must not be neighbours in number. */
static void randomness(struct kunit *test)
{
	int near = 0, last = 0, i;

	for (i = 0; i < 64; i++) {
		struct sock *sk = port_sock(test, DGRAM, "0.0.0.0");

		KUNIT_ASSERT_EQ(test, 0, get(sk, 0));
		near += abs(inet_sk(sk)->inet_num - last) < 16;
		last = inet_sk(sk)->inet_num;
	}
	KUNIT_EXPECT_LT(test, near, 8);
}

static struct sock *outgoing(struct kunit *test, const char *raddr, u16 rport)
{
	struct sock *sk = narrow(test, STREAM, "10.0.0.1");

	port_peer(test, sk, raddr, rport);
	return sk;
}

static int connect(struct sock *sk)
{
	return ferry_port_connect(port_net(), STREAM, sk, NULL);
}

/* A full range for one destination leaves it free for all others. */
static void connect_shares(struct kunit *test)
{
	struct ferry_tuple tuple;
	struct sock *sk = NULL;
	int i;

	for (i = 0; i < PORTS; i++) {
		sk = outgoing(test, "10.0.0.2", 80);
		KUNIT_ASSERT_EQ_MSG(test, 0, connect(sk), "after %d", i);
	}
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, connect(outgoing(test, "10.0.0.2", 80)));
	tuple = port_tuple(test, "10.0.0.1", inet_sk(sk)->inet_num, "10.0.0.2", 80);
	rcu_read_lock();
	KUNIT_EXPECT_PTR_EQ(test, &ferry_sk(sk)->flow,
			    ferry_flow_lookup(port_net()->flows[STREAM], &tuple, 0));
	rcu_read_unlock();
	for (i = 0; i < PORTS; i++) {
		sk = outgoing(test, "10.0.0.2", 81);
		KUNIT_ASSERT_EQ_MSG(test, 0, connect(sk), "after %d", i);
	}
	KUNIT_EXPECT_EQ(test, 0, connect(outgoing(test, "10.0.0.3", 80)));
}

static void connect_leaves_bound(struct kunit *test)
{
	struct sock *sk;
	int i;

	for (i = 0; i < PORTS; i++) {
		sk = port_sock(test, STREAM, "127.0.0.1");
		KUNIT_ASSERT_EQ(test, 0, get(sk, LOW + i));
	}
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, connect(outgoing(test, "10.0.0.2", 80)));
	ferry_port_put(sk);
	KUNIT_EXPECT_EQ(test, 0, connect(outgoing(test, "10.0.0.2", 80)));
}

static void connect_bound(struct kunit *test)
{
	struct sock *a = outgoing(test, "10.0.0.2", 80);
	struct sock *b = outgoing(test, "10.0.0.2", 80);

	a->sk_reuse = SK_CAN_REUSE;
	b->sk_reuse = SK_CAN_REUSE;
	KUNIT_ASSERT_EQ(test, 0, get(a, 1234));
	KUNIT_ASSERT_EQ(test, 0, get(b, 1234));
	KUNIT_EXPECT_EQ(test, 0, connect(a));
	KUNIT_EXPECT_EQ_MSG(test, -EADDRNOTAVAIL, connect(b), "the tuple is taken");
	port_peer(test, b, "10.0.0.2", 81);
	KUNIT_EXPECT_EQ(test, 0, connect(b));
}

/* ---- taking a tuple from its owner ---- */

static const struct ferry_flow *giver;	/* who gives it up; NULL: nobody */
static bool all_give;

static bool gives(const struct ferry_flow *held)
{
	return all_give || held == giver;
}

static void given(struct ferry_flow *held, void *arg)
{
	*(struct ferry_flow **)arg = held;
}

static int connect_over(struct sock *sk, struct ferry_flow **old)
{
	const struct ferry_port_reuse reuse = { .may = gives, .done = given, .arg = old };

	*old = NULL;
	return ferry_port_connect(port_net(), STREAM, sk, &reuse);
}

/* A range all in use: one owner gives up its tuple, and only that one. */
static void connect_reuses(struct kunit *test)
{
	struct sock *owner = NULL, *sk;
	struct ferry_flow *old;
	int i;

	all_give = true;
	for (i = 0; i < PORTS; i++) {
		sk = outgoing(test, "10.0.0.2", 80);
		KUNIT_ASSERT_EQ_MSG(test, 0, connect_over(sk, &old), "after %d", i);
		KUNIT_EXPECT_NULL_MSG(test, old, "while others are left");
		owner = i == PORTS / 2 ? sk : owner;
	}
	all_give = false;
	giver = NULL;
	sk = outgoing(test, "10.0.0.2", 80);
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, connect_over(sk, &old));
	giver = &ferry_sk(owner)->flow;
	KUNIT_EXPECT_EQ_MSG(test, -EADDRNOTAVAIL, connect(sk), "not wanted");
	KUNIT_EXPECT_EQ(test, 0, connect_over(sk, &old));
	KUNIT_EXPECT_PTR_EQ(test, giver, old);
	KUNIT_EXPECT_FALSE(test, old->hashed);
	KUNIT_EXPECT_EQ(test, inet_sk(owner)->inet_num, inet_sk(sk)->inet_num);
	KUNIT_EXPECT_EQ_MSG(test, -EADDRNOTAVAIL,
			    connect_over(outgoing(test, "10.0.0.2", 80), &old), "twice");
	KUNIT_EXPECT_NULL(test, old);
}

/* A port that bind() gave its owner alone stays with it. */
static void connect_reuses_none_bound(struct kunit *test)
{
	struct ferry_flow *old;
	struct sock *sk;
	int i;

	for (i = 0; i < PORTS; i++) {
		sk = outgoing(test, "10.0.0.2", 80);
		KUNIT_ASSERT_EQ(test, 0, get(sk, LOW + i));
		KUNIT_ASSERT_EQ(test, 0, connect(sk));
	}
	giver = &ferry_sk(sk)->flow;
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL,
			connect_over(outgoing(test, "10.0.0.2", 80), &old));
	KUNIT_EXPECT_NULL(test, old);
}

static void connect_bound_reuses(struct kunit *test)
{
	struct sock *a = outgoing(test, "10.0.0.2", 80);
	struct sock *b = outgoing(test, "10.0.0.2", 80);
	struct ferry_flow *old;

	a->sk_reuse = SK_CAN_REUSE;
	b->sk_reuse = SK_CAN_REUSE;
	KUNIT_ASSERT_EQ(test, 0, get(a, 1234));
	KUNIT_ASSERT_EQ(test, 0, get(b, 1234));
	KUNIT_ASSERT_EQ(test, 0, connect(a));
	giver = NULL;
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, connect_over(b, &old));
	giver = &ferry_sk(a)->flow;
	KUNIT_EXPECT_EQ(test, 0, connect_over(b, &old));
	KUNIT_EXPECT_PTR_EQ(test, giver, old);
}

/* Ports for one destination follow each other; for another they start elsewhere. */
static void connect_order(struct kunit *test)
{
	bool seen[PORTS] = {};
	int i, port, first[2];

	for (i = 0; i < PORTS / 16; i++) {
		struct sock *sk = outgoing(test, "10.0.0.2", 80);

		KUNIT_ASSERT_EQ(test, 0, connect(sk));
		port = inet_sk(sk)->inet_num - LOW;
		KUNIT_EXPECT_FALSE_MSG(test, seen[port], "used again too early");
		seen[port] = true;
		ferry_flow_remove(port_net()->flows[STREAM], &ferry_sk(sk)->flow);
		ferry_port_put(sk);
	}
	for (i = 0, port = 0; i < 16; i++) {
		struct sock *sk = outgoing(test, "10.0.0.3", 1000 + i);

		KUNIT_ASSERT_EQ(test, 0, connect(sk));
		first[i & 1] = inet_sk(sk)->inet_num;
		port += i && abs(first[0] - first[1]) < 8;
	}
	KUNIT_EXPECT_LT(test, port, 8);
}

/* ---- listing ---- */

struct listing {
	int	seen;
	int	stop;
	u16	last;
};

static int list_one(struct sock *sk, u16 port, void *arg)
{
	struct listing *l = arg;

	if (l->seen == l->stop)
		return -EMSGSIZE;
	l->seen++;
	if (port < l->last)
		return -EINVAL;
	l->last = port;
	return 0;
}

static void walk(struct kunit *test)
{
	struct ferry_ports *ports = port_net()->ports[DGRAM];
	struct ferry_port_cursor cursor = {};
	struct listing l = {};
	struct sock *sk;
	int i, rounds = 0, ret;

	for (i = 0; i < 20; i++) {
		sk = port_sock(test, DGRAM, "0.0.0.0");
		sk->sk_reuse = SK_CAN_REUSE;
		KUNIT_ASSERT_EQ(test, 0, get(sk, i % 4 ? 7 : 65535 - i));
	}
	do {
		l.stop = l.seen + 3;
		ret = ferry_port_walk(ports, &cursor, list_one, &l);
		rounds++;
	} while (ret == -EMSGSIZE && rounds < 100);
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_EQ(test, 20, l.seen);
	KUNIT_EXPECT_EQ(test, 7, rounds);
	KUNIT_EXPECT_EQ(test, 65536, cursor.port);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(take_and_put),
	KUNIT_CASE(listen_once),
	KUNIT_CASE(server_restart),
	KUNIT_CASE(most_specific),
	KUNIT_CASE(all_receivers),
	KUNIT_CASE(shared_load),
	KUNIT_CASE(group_connect),
	KUNIT_CASE(exhaustion),
	KUNIT_CASE(randomness),
	KUNIT_CASE(connect_shares),
	KUNIT_CASE(connect_leaves_bound),
	KUNIT_CASE(connect_bound),
	KUNIT_CASE(connect_reuses),
	KUNIT_CASE(connect_reuses_none_bound),
	KUNIT_CASE(connect_bound_reuses),
	KUNIT_CASE(connect_order),
	KUNIT_CASE(walk),
	{}
};

static struct kunit_suite suite = {
	.name		= "ferry-port-table",
	.suite_init	= port_suite_init,
	.suite_exit	= port_suite_exit,
	.init		= port_init,
	.exit		= port_exit,
	.test_cases	= cases,
};
kunit_test_suite(suite);
