/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports without sockets' insides: what the port tables look at of a socket is
 * set by hand, in the first namespace, with tables of the test's own.
 */
#ifndef _FERRY_TESTS_PORT_FIXTURE_H
#define _FERRY_TESTS_PORT_FIXTURE_H

#include <kunit/test.h>
#include <linux/inet.h>

#include "net.h"
#include "port/table.h"

/* For struct kunit_suite: the namespace's part and the tables of each test */
int port_suite_init(struct kunit_suite *suite);
void port_suite_exit(struct kunit_suite *suite);
int port_init(struct kunit *test);
void port_exit(struct kunit *test);

/* What the tests use of the namespace */
struct ferry_net *port_net(void);

/**
 * port_sock() - a socket bound to an address but no port yet
 * @test: owns it
 * @t: transport
 * @addr: "0.0.0.0", "::1", "::ffff:127.0.0.1" ...: the family follows from it
 */
struct sock *port_sock(struct kunit *test, enum ferry_transport t, const char *addr);

/* The peer of a socket, as connect() sets it */
void port_peer(struct kunit *test, struct sock *sk, const char *addr, u16 port);

/* A tuple: local end first */
struct ferry_tuple port_tuple(struct kunit *test, const char *laddr, u16 lport,
			      const char *raddr, u16 rport);

/* IP_LOCAL_PORT_RANGE; to have effect within the namespace's, from 32768 on */
void port_range(struct sock *sk, u16 low, u16 high);

#endif /* _FERRY_TESTS_PORT_FIXTURE_H */
