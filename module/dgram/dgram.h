/* SPDX-License-Identifier: GPL-2.0-only */
/* Datagram sockets: what the rest of the module calls. */
#ifndef _FERRY_DGRAM_DGRAM_H
#define _FERRY_DGRAM_DGRAM_H

struct ferry_net;
struct net;
struct sock;
struct socket;

int ferry_dgram_init(void);
void ferry_dgram_uninit(void);
int ferry_dgram_net_init(struct ferry_net *fn);
void ferry_dgram_net_uninit(struct ferry_net *fn);

/**
 * ferry_dgram_create() - the family's create() for SOCK_DGRAM
 * @net: namespace
 * @sock: to be filled; on error sock->sk is NULL
 * @family: AF_INET or AF_INET6, what sk_family becomes
 * @kern: made by the kernel for itself
 */
int ferry_dgram_create(struct net *net, struct socket *sock, int family, int kern);

#endif /* _FERRY_DGRAM_DGRAM_H */
