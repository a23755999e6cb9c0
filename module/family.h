/* SPDX-License-Identifier: GPL-2.0-only */
/* AF_FERRY: the family's registration, and system calls both transports share. */
#ifndef _FERRY_FAMILY_H
#define _FERRY_FAMILY_H

#include <linux/types.h>

struct net;
struct sock;
struct sock_filter;
struct socket;

int ferry_family_init(void);
void ferry_family_uninit(void);

/**
 * ferry_family_init_sock() - what inet_create() does for its own
 * @net: namespace
 * @sock: the struct socket
 * @sk: just allocated by sk_alloc() with AF_INET or AF_INET6
 * @protocol: IP protocol number for sk_protocol
 * @kern: made by the kernel for itself
 *
 * Initialises inet_sock and, for AF_INET6 (whose struct ipv6_pinfo @pinfo is
 * the object's last member), ipv6_pinfo; sets the destructor and runs the cgroup
 * hook. On error the caller releases the socket with sk_common_release().
 */
struct ipv6_pinfo;
int ferry_family_init_sock(struct net *net, struct socket *sock, struct sock *sk,
			   u8 protocol, struct ipv6_pinfo *pinfo, int kern);

/*
 * proto_ops.bind of both transports, IPv4 and IPv6: checks the address, the
 * right to the port (port/), runs cgroup hooks and calls sk_prot->get_port().
 * The prototype's address type differs between kernels: compat/sockaddr.h
 */
#include "compat/sockaddr.h"

int ferry_bind(struct socket *sock, ferry_sockaddr *uaddr, int len);

/*
 * Options of SOL_FERRY that both transports have. -ENOPROTOOPT: none of these;
 * -EISCONN for a stream that has begun.
 */
int ferry_family_set_udp(struct sock *sk, int name, int val);
int ferry_family_get_udp(const struct sock *sk, int name, int *val);

#endif /* _FERRY_FAMILY_H */
