// SPDX-License-Identifier: GPL-2.0-only
/* Sockets and a namespace for the tests of port/. */
#include <linux/inet.h>
#include <net/ip.h>
#include <net/net_namespace.h>

#include "ip/ip.h"
#include "port_fixture.h"

/* Stands in for net.c's, which would bring every room with it. */
unsigned int ferry_net_id;

static struct pernet_operations ops = {
	.id	= &ferry_net_id,
	.size	= sizeof(struct ferry_net),
};

static int users;

struct ferry_net *port_net(void)
{
	return ferry_net(&init_net);
}

int port_suite_init(struct kunit_suite *suite)
{
	return users++ ? 0 : register_pernet_subsys(&ops);
}

void port_suite_exit(struct kunit_suite *suite)
{
	if (!--users)
		unregister_pernet_subsys(&ops);
}

/* Stands in for ip/tuple.c's. */
void ferry_ip_sock_tuple(const struct sock *sk, struct ferry_tuple *tuple)
{
	memset(tuple, 0, sizeof(*tuple));
	tuple->lport = inet_sk(sk)->inet_sport;
	tuple->rport = inet_sk(sk)->inet_dport;
	tuple->dev = sk->sk_bound_dev_if;
	if (sk->sk_family == AF_INET6) {
		tuple->laddr = sk->sk_v6_rcv_saddr;
		tuple->raddr = sk->sk_v6_daddr;
	} else {
		ferry_ip_map4(&tuple->laddr, sk->sk_rcv_saddr);
		ferry_ip_map4(&tuple->raddr, sk->sk_daddr);
	}
}

static bool is_v6(const char *addr)
{
	return strchr(addr, ':');
}

static struct in6_addr parse(struct kunit *test, const char *text)
{
	struct in6_addr addr;
	__be32 v4;

	if (is_v6(text)) {
		KUNIT_ASSERT_EQ(test, 1, in6_pton(text, -1, addr.s6_addr, -1, NULL));
	} else {
		KUNIT_ASSERT_EQ(test, 1, in4_pton(text, -1, (u8 *)&v4, -1, NULL));
		ferry_ip_map4(&addr, v4);
	}
	return addr;
}

struct ferry_tuple port_tuple(struct kunit *test, const char *laddr, u16 lport,
			      const char *raddr, u16 rport)
{
	struct ferry_tuple tuple = {
		.laddr = parse(test, laddr),
		.raddr = parse(test, raddr),
		.lport = htons(lport),
		.rport = htons(rport),
	};

	return tuple;
}

/* As bind() leaves it: a specific IPv6 address takes no IPv4. */
static void set_addr(struct kunit *test, struct sock *sk, const char *text)
{
	struct in6_addr addr = parse(test, text);

	if (!is_v6(text)) {
		sk->sk_family = AF_INET;
		sk->sk_rcv_saddr = addr.s6_addr32[3];
		return;
	}
	sk->sk_family = AF_INET6;
	sk->sk_v6_rcv_saddr = addr;
	sk->sk_ipv6only = !ipv6_addr_any(&addr) && !ipv6_addr_v4mapped(&addr);
}

struct sock *port_sock(struct kunit *test, enum ferry_transport t, const char *addr)
{
	struct ferry_sock *fs = kunit_kzalloc(test, sizeof(*fs), GFP_KERNEL);
	struct sock *sk = (struct sock *)fs;

	KUNIT_ASSERT_NOT_NULL(test, fs);
	write_pnet(&sk->sk_net, &init_net);
	fs->fn = ferry_net(&init_net);
	sk->sk_type = t == FERRY_STREAM ? SOCK_STREAM : SOCK_DGRAM;
	sk->sk_state = TCP_CLOSE;
	sk->sk_incoming_cpu = -1;
	set_addr(test, sk, addr);
	return sk;
}

void port_peer(struct kunit *test, struct sock *sk, const char *text, u16 port)
{
	struct in6_addr addr = parse(test, text);

	inet_sk(sk)->inet_dport = htons(port);
	if (sk->sk_family == AF_INET6)
		sk->sk_v6_daddr = addr;
	else
		sk->sk_daddr = addr.s6_addr32[3];
}

void port_range(struct sock *sk, u16 low, u16 high)
{
	inet_sk(sk)->local_port_range = (u32)high << 16 | low;
}

static int make_tables(struct ferry_net *fn)
{
	int t;

	fn->net = &init_net;
	fn->stats = alloc_percpu(struct ferry_stats);
	fn->grants = ferry_grants_create();
	if (!fn->stats || !fn->grants)
		return -ENOMEM;
	for (t = 0; t < FERRY_TRANSPORTS; t++) {
		fn->ports[t] = ferry_ports_create(fn, t);
		fn->flows[t] = ferry_flows_create(fn, t);
		if (!fn->ports[t] || !fn->flows[t])
			return -ENOMEM;
	}
	return 0;
}

int port_init(struct kunit *test)
{
	return make_tables(port_net());
}

static int put_holder(struct sock *sk, u16 port, void *arg)
{
	*(struct sock **)arg = sk;
	return 1;
}

/* Tests leave their sockets where they are. */
static void put_all(struct ferry_net *fn, enum ferry_transport t)
{
	struct ferry_port_cursor start = {};
	struct sock *sk;

	while (ferry_port_walk(fn->ports[t], &start, put_holder, &sk)) {
		ferry_flow_remove(fn->flows[t], &ferry_sk(sk)->flow);
		ferry_port_put(sk);
		memset(&start, 0, sizeof(start));
	}
}

void port_exit(struct kunit *test)
{
	struct ferry_net *fn = port_net();
	int t;

	for (t = 0; t < FERRY_TRANSPORTS; t++) {
		put_all(fn, t);
		ferry_flows_destroy(fn->flows[t]);
		ferry_ports_destroy(fn->ports[t]);
	}
	ferry_grants_destroy(fn->grants);
	free_percpu(fn->stats);
	memset(fn, 0, sizeof(*fn));
	/* Sockets go with the test; groups and lookups may still see them. */
	synchronize_rcu();
}
