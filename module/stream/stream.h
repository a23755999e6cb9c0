/* SPDX-License-Identifier: GPL-2.0-only */
/* Stream sockets: what the rest of the module calls. */
#ifndef _FERRY_STREAM_STREAM_H
#define _FERRY_STREAM_STREAM_H

struct ferry_net;
struct net;
struct sock;
struct socket;

int ferry_stream_init(void);
void ferry_stream_uninit(void);
int ferry_stream_net_init(struct ferry_net *fn);
void ferry_stream_net_uninit(struct ferry_net *fn);

/**
 * ferry_stream_gauge() - how many there are now of what is bounded
 * @fn: namespace
 * @i: which one, from 0 on
 * @name: for `ferry stat`; NULL where there is no such gauge
 */
u64 ferry_stream_gauge(const struct ferry_net *fn, unsigned int i, const char **name);

/**
 * ferry_stream_create() - the family's create() for SOCK_STREAM
 * @net: namespace
 * @sock: to be filled; on error sock->sk is NULL
 * @family: AF_INET or AF_INET6, what sk_family becomes
 * @kern: made by the kernel for itself
 */
int ferry_stream_create(struct net *net, struct socket *sock, int family, int kern);

#endif /* _FERRY_STREAM_STREAM_H */
