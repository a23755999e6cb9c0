// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inside UDP, the way out.
 *
 * A super-packet goes as the kernel knows it of tunnels: UDP's header and what
 * follows it are put before each segment, and the inner header is cut by gso.c.
 * A device that sums UDP's packets then does so for the segments.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <net/ip6_checksum.h>
#include <net/udp.h>
#include <uapi/linux/ferry.h>

#include "ip/internal.h"

static void mark_super(enum ferry_transport t, struct sk_buff *skb)
{
	skb_reset_inner_mac_header(skb);
	skb_reset_inner_network_header(skb);
	skb_reset_inner_transport_header(skb);
	skb_set_inner_ipproto(skb, ferry_ip_protocol(t));
	skb->encapsulation = 1;
	skb_shinfo(skb)->gso_type |= SKB_GSO_UDP_TUNNEL_CSUM;
}

static void put_marker(struct sk_buff *skb)
{
	__be16 *p = skb_push(skb, FERRY_UDP_MARKER);

	p[0] = 0;
	p[1] = htons(FERRY_UDP_DGRAM);
}

static bool summed(enum ferry_transport t, const struct sk_buff *skb)
{
	return *(__sum16 *)(skb->data + ferry_ip_csum_offset(t));
}

/* Left for the device, or to be completed for each segment */
static void csum_later(struct sk_buff *skb, const struct ferry_tuple *tuple)
{
	if (ipv6_addr_v4mapped(&tuple->raddr))
		udp_set_csum(false, skb, tuple->laddr.s6_addr32[3],
			     tuple->raddr.s6_addr32[3], skb->len);
	else
		udp6_set_csum(false, skb, &tuple->laddr, &tuple->raddr, skb->len);
}

/*
 * Whoever has the right checksum inside him sums up to the complement of his
 * pseudo-header. So UDP's is had without a look at the payload.
 */
static void csum_now(struct sk_buff *skb, const struct ferry_tuple *tuple,
		     u8 protocol, unsigned int hdr)
{
	struct udphdr *uh = (struct udphdr *)skb->data;
	__wsum sum;

	uh->check = 0;
	sum = csum_unfold(csum_tcpudp_magic(0, 0, skb->len - hdr, protocol, 0));
	sum = csum_partial(uh, hdr, sum);
	if (ipv6_addr_v4mapped(&tuple->raddr))
		uh->check = csum_tcpudp_magic(tuple->laddr.s6_addr32[3],
					      tuple->raddr.s6_addr32[3], skb->len,
					      IPPROTO_UDP, sum);
	else
		uh->check = csum_ipv6_magic(&tuple->laddr, &tuple->raddr, skb->len,
					    IPPROTO_UDP, sum);
	if (!uh->check)
		uh->check = CSUM_MANGLED_0;
}

int ferry_ip_udp_wrap(struct ferry_net *fn, enum ferry_transport t,
		      struct sk_buff *skb, const struct ferry_tuple *tuple)
{
	__be16 port = READ_ONCE(fn->ip->port);
	bool later = skb_is_gso(skb) || !summed(t, skb);
	struct udphdr *uh;

	if (!port) {
		ferry_stat_inc(fn, FERRY_STAT_UDP_OUT_CLOSED);
		kfree_skb(skb);
		return -ENETUNREACH;
	}
	if (skb_is_gso(skb))
		mark_super(t, skb);
	if (t == FERRY_DGRAM)
		put_marker(skb);
	uh = skb_push(skb, sizeof(*uh));
	skb_reset_transport_header(skb);
	uh->source = port;
	uh->dest = tuple->udp;
	uh->len = htons(skb->len);
	if (later)
		csum_later(skb, tuple);
	else
		csum_now(skb, tuple, ferry_ip_protocol(t),
			 ferry_ip_udp_len(t, tuple->udp));
	ferry_stat_add(fn, FERRY_STAT_UDP_OUT, max_t(u32, skb_shinfo(skb)->gso_segs, 1));
	return 0;
}

__be16 ferry_ip_udp_default(const struct sock *sk)
{
	return READ_ONCE(ferry_sk(sk)->udp_to) ?:
	       htons(READ_ONCE(ferry_sock_net(sk)->sysctl.udp_port));
}

static enum ferry_transport transport_of(const struct sock *sk)
{
	return sk->sk_type == SOCK_STREAM ? FERRY_STREAM : FERRY_DGRAM;
}

__be16 ferry_ip_udp_peer(const struct sock *sk)
{
	struct ferry_tuple tuple;

	if (sk->sk_type == SOCK_STREAM)
		return READ_ONCE(ferry_sk(sk)->udp);
	if (READ_ONCE(sk->sk_state) != TCP_ESTABLISHED)
		return READ_ONCE(ferry_sk(sk)->udp_wanted) ? ferry_ip_udp_default(sk) : 0;
	ferry_ip_sock_tuple(sk, &tuple);
	return ferry_ip_udp_to(sk, &tuple.raddr, tuple.rport);
}

int ferry_ip_udp_mtu(const struct sock *sk, int level, int name, int err,
		     char __user *val, int __user *len)
{
	unsigned int less;
	int mtu, size;

	if (err || !((level == SOL_IP && name == IP_MTU) ||
		     (level == SOL_IPV6 && name == IPV6_MTU)))
		return err;
	less = ferry_ip_udp_len(transport_of(sk), ferry_ip_udp_peer(sk));
	if (!less)
		return 0;
	if (get_user(size, len))
		return -EFAULT;
	/* An int cut short is left as the kernel told it. */
	if (size != sizeof(mtu))
		return 0;
	if (copy_from_user(&mtu, val, sizeof(mtu)))
		return -EFAULT;
	mtu -= less;
	return copy_to_user(val, &mtu, sizeof(mtu)) ? -EFAULT : 0;
}
