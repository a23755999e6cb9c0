/* SPDX-License-Identifier: GPL-2.0-only */
/* Prototypes that a datagram socket meets and that differ between kernels. */
#ifndef _FERRY_COMPAT_DGRAM_H
#define _FERRY_COMPAT_DGRAM_H

#include <linux/bpf-cgroup.h>
#include <net/inet_common.h>
#include <net/sock.h>

#include "compat/drops.h"
#include "compat/sockaddr.h"

/* One control message of SOL_SOCKET: the message itself is not asked for since 6.3. */
static inline int ferry_sock_cmsg_send(struct sock *sk, struct msghdr *msg,
				       struct cmsghdr *cmsg, struct sockcm_cookie *c)
{
#ifdef FERRY_HAVE_SOCK_CMSG_SEND_NOMSG
	return __sock_cmsg_send(sk, cmsg, c);
#else
	return __sock_cmsg_send(sk, msg, cmsg, c);
#endif
}

static inline void ferry_setup_tx_timestamp(struct sk_buff *skb,
					    const struct sockcm_cookie *c)
{
#ifdef FERRY_HAVE_TX_TIMESTAMP_COOKIE
	skb_setup_tx_timestamp(skb, c);
#else
	skb_setup_tx_timestamp(skb, c->tsflags);
#endif
}

/* Copying a small packet out of a large buffer just spares memory: 6.1 goes without. */
#ifndef FERRY_HAVE_EXPORT_SKB_CONDENSE
#define skb_condense(skb)	do { } while (0)
#endif

/* SO_TXTIME: since 6.11 a packet says by which clock its time is. */
static inline void ferry_set_transmit_time(struct sk_buff *skb,
					   const struct sockcm_cookie *c)
{
#ifdef FERRY_HAVE_DELIVERY_CLOCKID
	skb_set_delivery_type_by_clockid(skb, c->transmit_time, skb->sk->sk_clockid);
#else
	skb->tstamp = c->transmit_time;
#endif
}

static inline int ferry_inet_recv_error(struct sock *sk, struct msghdr *msg,
					int len, int *addr_len)
{
#ifdef FERRY_HAVE_RECVMSG_NOADDRLEN
	return inet_recv_error(sk, msg, len);
#else
	return inet_recv_error(sk, msg, len, addr_len);
#endif
}

/*
 * BPF programs of a cgroup that see, and may change, addresses of connect(),
 * sendmsg() and recvmsg(): since 6.7 they are told the length.
 */
#ifdef FERRY_HAVE_BIND_HOOK_LEN
#define ferry_cgroup_addr(run, sk, addr, len, ...) \
	run(sk, (ferry_sockaddr *)(addr), len, ##__VA_ARGS__)
#else
#define ferry_cgroup_addr(run, sk, addr, len, ...) \
	run(sk, (ferry_sockaddr *)(addr), ##__VA_ARGS__)
#endif

#endif /* _FERRY_COMPAT_DGRAM_H */
