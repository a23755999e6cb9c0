/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of ip/ share and nobody else needs. */
#ifndef _FERRY_IP_INTERNAL_H
#define _FERRY_IP_INTERNAL_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "ip/ip.h"
#include "net.h"

/* The transport's callbacks, or NULL; RCU read side. */
const struct ferry_transport_ops *ferry_ip_ops(enum ferry_transport t);

/* A checksum field's place, by transport. */
unsigned int ferry_ip_csum_offset(enum ferry_transport t);

/* The sum of all of a packet's bytes */
__wsum ferry_ip_sum(const struct sk_buff *skb);

/* Handlers of inet_add_protocol() and inet6_add_protocol(), by transport */
int ferry_ip_icmp4(enum ferry_transport t, struct sk_buff *skb, u32 info);
int ferry_ip_icmp6(enum ferry_transport t, struct sk_buff *skb, u8 type, u8 code,
		   int offset, __be32 info);

int ferry_ip_gso_init(void);
void ferry_ip_gso_uninit(void);

/* GRO callbacks, hooked up beside GSO's */
struct sk_buff *ferry_ip_gro_receive4(struct list_head *head, struct sk_buff *skb);
struct sk_buff *ferry_ip_gro_receive6(struct list_head *head, struct sk_buff *skb);
int ferry_ip_gro_complete4(struct sk_buff *skb, int thoff);
int ferry_ip_gro_complete6(struct sk_buff *skb, int thoff);
struct sk_buff *ferry_ip_gro_dgram4(struct list_head *head, struct sk_buff *skb);
struct sk_buff *ferry_ip_gro_dgram6(struct list_head *head, struct sk_buff *skb);
int ferry_ip_gro_dgram_complete4(struct sk_buff *skb, int thoff);
int ferry_ip_gro_dgram_complete6(struct sk_buff *skb, int thoff);

/* Is there merging? And none any more: before the callbacks go. */
bool ferry_gro_enabled(const struct sk_buff *skb);
void ferry_gro_stop(void);

/* gro.c, of either transport: may @skb's payload become a piece of @p? Then it does. */
bool ferry_gro_size_fits(const struct sk_buff *p, const struct sk_buff *skb);
bool ferry_gro_mergeable(struct sk_buff *p, struct sk_buff *skb);
void ferry_gro_merge(struct sk_buff *p, struct sk_buff *skb);

/* A packet whose data is the transport header: to its transport. Consumes it. */
void ferry_ip_deliver(enum ferry_transport t, struct sk_buff *skb);

/**
 * struct ferry_ip_net - what ip/ keeps per namespace
 * @lock: of opening and closing
 * @port: our UDP port, 0 while it is closed
 * @socks: the kernel's sockets that hold it: IPv4, IPv6 (or NULL)
 * @peers: see udp_peer.c; made when the port is first opened
 * @early_lock: of the hooks before routing: early.c
 * @early: they are there
 * @early_asked: a stream socket was made
 * @early_over: the namespace ends
 */
struct ferry_ip_net {
	struct mutex		lock;	/* see above */
	__be16			port;
	struct socket		*socks[2];
	struct ferry_udp_peers	*peers;
	struct mutex		early_lock;	/* see above */
	bool			early;
	bool			early_asked;
	bool			early_over;
};

/* udp_err.c: the kernel's encap_err_lookup */
int ferry_ip_udp_err(struct sock *sk, struct sk_buff *skb);

/* udp_peer.c */
struct ferry_udp_peers *ferry_ip_peers_create(void);
void ferry_ip_peers_destroy(struct ferry_udp_peers *peers);

/* icmp.c: what an error says; false for what a transport need not see */
bool ferry_ip_describe4(struct sk_buff *skb, u32 info, struct ferry_icmp *icmp);
void ferry_ip_describe6(u8 type, u8 code, u32 info, struct ferry_icmp *icmp);
/* @skb->data is the transport header that came back; 8 bytes are there. */
int ferry_ip_icmp_deliver(enum ferry_transport t, struct sk_buff *skb,
			  struct ferry_tuple *tuple, const struct ferry_icmp *icmp);

/* 0 or a negative errno of what lower layers return; counts drops */
int ferry_ip_sent(struct ferry_net *fn, int ret);

/* A route without a full socket; see route.c */
struct dst_entry *ferry_ip_lookup(struct ferry_net *fn, enum ferry_transport t,
				  const struct sock *sk,
				  const struct ferry_tuple *tuple,
				  u32 mark, u8 tclass, struct flowi *fl);

#endif /* _FERRY_IP_INTERNAL_H */
