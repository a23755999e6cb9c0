// SPDX-License-Identifier: GPL-2.0-only
/*
 * Super-datagrams: many datagrams of one size that travel as one packet, which
 * is UDP_SEGMENT on the way out and UDP_GRO on the way in.
 *
 * ip/gso.c cuts them where a device wants single packets. One that comes in
 * whole (over loopback or a veth) is cut here, unless its reader takes it whole.
 */
#include <linux/udp.h>
#include <net/ip.h>
#include <net/xfrm.h>

#include "compat/gso.h"
#include "dgram/sock.h"

/* As many as UDP takes at most; a small size must not make thousands of packets. */
#define SEGS_MAX	128

/**
 * ferry_dgram_super_control() - UDP_SEGMENT, of the socket or a control message
 * @sk: the socket
 * @msg: what sendmsg() got
 * @o: @o->gso_size becomes the size asked for, or 0
 *
 * Return: 0, or -EINVAL for a malformed message.
 */
int ferry_dgram_super_control(struct sock *sk, struct msghdr *msg,
			      struct ferry_dgram_out *o)
{
	struct cmsghdr *cmsg;

	o->gso_size = READ_ONCE(ferry_dgram_sk(sk)->gso_size);
	if (!msg->msg_controllen)
		return 0;
	for_each_cmsghdr(cmsg, msg) {
		if (!CMSG_OK(msg, cmsg))
			return -EINVAL;
		if (cmsg->cmsg_level != SOL_UDP)
			continue;
		if (cmsg->cmsg_type != UDP_SEGMENT ||
		    cmsg->cmsg_len != CMSG_LEN(sizeof(u16)))
			return -EINVAL;
		o->gso_size = *(u16 *)CMSG_DATA(cmsg);
	}
	return 0;
}

/**
 * ferry_dgram_super_check() - may these bytes go as a super-datagram?
 * @o: where they go, and how
 * @len: how many there are, more than @o->gso_size
 * @unsummed: without a checksum, which cutting them would have to make
 *
 * Return: 0; -EMSGSIZE where one of them would be fragmented; -EINVAL for too
 * many; -EIO under a transforming policy. They are UDP's.
 */
int ferry_dgram_super_check(const struct ferry_dgram_out *o, size_t len,
			    bool unsummed)
{
	if (o->gso_size + FDP_HDR + o->ip_hdr > o->mtu)
		return -EMSGSIZE;
	if (len > (size_t)o->gso_size * SEGS_MAX || unsummed)
		return -EINVAL;
	return dst_xfrm(o->dst) ? -EIO : 0;
}

/**
 * ferry_dgram_super_mark() - make a packet a super-datagram
 * @skb: data is the FDP header
 * @gso_size: payload bytes of each datagram but the last
 */
void ferry_dgram_super_mark(struct sk_buff *skb, unsigned int gso_size)
{
	skb_shinfo(skb)->gso_size = gso_size;
	skb_shinfo(skb)->gso_type = SKB_GSO_SCTP;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(skb->len - FDP_HDR, gso_size);
}

/**
 * ferry_dgram_set_gro() - UDP_GRO: take datagrams in the lots they came in
 * @sk: the socket, locked
 * @on: or not; those that come in one by one may be put together then (ip/gro_dgram.c)
 */
void ferry_dgram_set_gro(struct sock *sk, bool on)
{
	struct ferry_dgram_sock *ds = ferry_dgram_sk(sk);

	sock_owned_by_me(sk);
	if (on == ds->gro)
		return;
	WRITE_ONCE(ds->gro, on);
	if (on)
		atomic_inc(&ferry_sock_net(sk)->dgram_gro);
	else
		atomic_dec(&ferry_sock_net(sk)->dgram_gro);
}

/**
 * ferry_dgram_super_cut() - make single datagrams of what came in whole
 * @skb: data is the FDP header; consumed, also where it fails
 *
 * The sums were partial, as nobody had looked at them on the way; those of the
 * pieces were just made and need not be verified.
 *
 * Return: list of datagrams, or NULL.
 */
struct sk_buff *ferry_dgram_super_cut(struct sk_buff *skb)
{
	__be16 udp = ferry_ip_udp_from(skb);
	unsigned int skip = ferry_ip_udp_len(FERRY_DGRAM, udp);
	struct sk_buff *segs, *seg;

	/* Inside UDP it is the tunnel's packet again: ip/udp.c has put it to the test */
	if (udp) {
		skb_set_inner_ipproto(skb, ferry_ip_protocol(FERRY_DGRAM));
		skb_set_transport_header(skb, -(int)skip);
	}
	__skb_push(skb, -skb_mac_offset(skb));
	segs = __skb_gso_segment(skb, NETIF_F_SG, false);
	if (IS_ERR_OR_NULL(segs)) {
		kfree_skb(skb);
		return NULL;
	}
	consume_skb(skb);
	for (seg = segs; seg; seg = seg->next) {
		__skb_pull(seg, skb_transport_offset(seg) + skip);
		skb_reset_transport_header(seg);
		seg->ip_summed = CHECKSUM_UNNECESSARY;
		seg->csum_valid = 1;
	}
	return segs;
}

/**
 * ferry_dgram_super_cmsg() - tell the reader where the datagrams end
 * @sk: the socket
 * @msg: what recvmsg() fills
 * @skb: what is read
 */
void ferry_dgram_super_cmsg(struct sock *sk, struct msghdr *msg,
			    const struct sk_buff *skb)
{
	int size = skb_shinfo(skb)->gso_size;

	if (skb_is_gso(skb) && READ_ONCE(ferry_dgram_sk(sk)->gro))
		put_cmsg(msg, SOL_UDP, UDP_GRO, sizeof(size), &size);
}
