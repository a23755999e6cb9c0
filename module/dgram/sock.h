/* SPDX-License-Identifier: GPL-2.0-only */
/* The datagram socket, and what the files of dgram/ share. */
#ifndef _FERRY_DGRAM_SOCK_H
#define _FERRY_DGRAM_SOCK_H

#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/flow.h>
#include <net/sock.h>

#include "compat/sockaddr.h"
#include "engine/fdp.h"
#include "ip/ip.h"
#include "net.h"

/**
 * struct ferry_dgram_out - where one datagram goes, and how
 * @fl: the flow; its destination is that of the first hop
 * @dst: the route, with a reference
 * @raddr: final destination, for the checksum; IPv4 as v4-mapped
 * @dport: destination port
 * @how: fields of the IP header
 * @sockc: what SOL_SOCKET control messages said
 * @opt: IPv6 options of this datagram; the caller of a send keeps them
 * @mtu: bytes an unfragmented IP packet may have
 * @ip_hdr: bytes before the FDP header, options included
 * @gso_size: UDP_SEGMENT: payload bytes of each datagram, or 0
 * @udp: the peer's UDP port where it goes inside UDP, or 0
 * @v4: by IPv4
 * @options4: the socket has IPv4 options
 * @connected: to the socket's peer, by nothing special: the route may be kept
 * @dontfrag: IPV6_DONTFRAG
 */
struct ferry_dgram_out {
	struct flowi		fl;
	struct dst_entry	*dst;
	struct in6_addr		raddr;
	__be16			dport;
	struct ferry_ip_how	how;
	struct sockcm_cookie	sockc;
	struct ipv6_txoptions	*opt;
	unsigned int		mtu;
	unsigned int		ip_hdr;
	u16			gso_size;
	__be16			udp;
	bool			v4;
	bool			options4;
	bool			connected;
	bool			dontfrag;
};

/**
 * struct ferry_dgram_sock - a datagram socket
 * @ferry: head of every Ferry socket; must be first
 * @chunks: of a datagram that MSG_MORE or UDP_CORK holds back
 * @out: where that one will go
 * @pending: there is one, maybe an empty one
 * @cork: UDP_CORK
 * @no_check6_tx: send without checksum over IPv6
 * @no_check6_rx: take datagrams without checksum over IPv6
 * @gro: UDP_GRO: takes super-datagrams whole
 * @gso_size: UDP_SEGMENT
 */
struct ferry_dgram_sock {
	struct ferry_sock	ferry;
	struct sk_buff_head	chunks;
	struct ferry_dgram_out	out;
	bool			pending;
	bool			cork;
	bool			no_check6_tx;
	bool			no_check6_rx;
	bool			gro;
	u16			gso_size;
};

struct ferry_dgram6_sock {
	struct ferry_dgram_sock	dgram;
	struct ipv6_pinfo	np;	/* must be last */
};

static inline struct ferry_dgram_sock *ferry_dgram_sk(const struct sock *sk)
{
	return (struct ferry_dgram_sock *)sk;
}

/* send.c */
int ferry_dgram_sendmsg(struct sock *sk, struct msghdr *msg, size_t len);
int ferry_dgram_push(struct sock *sk);
void ferry_dgram_flush(struct sock *sk);

/* dest4.c, dest6.c: find out where a datagram goes; the caller releases o->dst */
int ferry_dgram_dest4(struct sock *sk, struct msghdr *msg, struct ferry_dgram_out *o);
int ferry_dgram_dest6(struct sock *sk, struct msghdr *msg, struct ferry_dgram_out *o,
		      struct ipv6_txoptions *space);

/* recv.c */
#ifdef FERRY_HAVE_RECVMSG_NOADDRLEN
int ferry_dgram_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags);
#else
int ferry_dgram_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
			int *addr_len);
#endif
__poll_t ferry_dgram_poll(struct file *file, struct socket *sock,
			  struct poll_table_struct *wait);
/* Payload bytes of the first good datagram queued; -1 for none */
int ferry_dgram_first(struct sock *sk);

/* input.c */
void ferry_dgram_rcv(struct ferry_net *fn, struct sk_buff *skb,
		     const struct ferry_tuple *tuple, int sdif);
void ferry_dgram_drop_queued(struct sock *sk, struct sk_buff *skb);

/* super.c */
int ferry_dgram_super_control(struct sock *sk, struct msghdr *msg,
			      struct ferry_dgram_out *o);
int ferry_dgram_super_check(const struct ferry_dgram_out *o, size_t len,
			    bool unsummed);
void ferry_dgram_set_gro(struct sock *sk, bool on);
void ferry_dgram_super_mark(struct sk_buff *skb, unsigned int gso_size);
struct sk_buff *ferry_dgram_super_cut(struct sk_buff *skb);
void ferry_dgram_super_cmsg(struct sock *sk, struct msghdr *msg,
			    const struct sk_buff *skb);

/* Datagrams in a packet */
static inline unsigned int ferry_dgram_count(const struct sk_buff *skb)
{
	return max_t(unsigned int, skb_shinfo(skb)->gso_segs, 1);
}

/* mcast.c */
bool ferry_dgram_wants_group(struct sock *sk, const struct sk_buff *skb,
			     const struct ferry_tuple *tuple, int sdif);

/* error.c */
int ferry_dgram_err(struct ferry_net *fn, struct sk_buff *skb,
		    const struct ferry_tuple *tuple, const struct ferry_icmp *icmp);
void ferry_dgram_too_long(struct sock *sk, const struct ferry_dgram_out *o);

/* option.c */
int ferry_dgram_setsockopt(struct sock *sk, int level, int name, sockptr_t val,
			   unsigned int len);
int ferry_dgram_getsockopt(struct sock *sk, int level, int name,
			   char __user *val, int __user *len);

/* connect.c */
int ferry_dgram_connect4(struct sock *sk, ferry_sockaddr *addr, int len);
int ferry_dgram_connect6(struct sock *sk, ferry_sockaddr *addr, int len);
int ferry_dgram_pre_connect4(struct sock *sk, ferry_sockaddr *addr, int len);
int ferry_dgram_pre_connect6(struct sock *sk, ferry_sockaddr *addr, int len);
int ferry_dgram_disconnect(struct sock *sk, int flags);
int ferry_dgram_get_port(struct sock *sk, unsigned short port);
void ferry_dgram_unhash(struct sock *sk);

#endif /* _FERRY_DGRAM_SOCK_H */
