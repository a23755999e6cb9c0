// SPDX-License-Identifier: GPL-2.0-only
/*
 * Super-packets, cut at the last moment.
 *
 * A stream sends up to 64 KB as one packet of type SKB_GSO_SCTP plus
 * SKB_GSO_TCPV4 or SKB_GSO_TCPV6. No device has both, so none mistakes it for
 * TCP's and cuts it wrongly; software devices take it whole. With a TCP bit the
 * kernel reads the header's length from where TCP has it, the high nibble of
 * byte 12, which is why it is there in FSP too.
 *
 * A super-datagram is of type SKB_GSO_SCTP alone, for which the kernel reckons
 * with twelve bytes of header: those of FDP.
 *
 * Where a device wants single packets, the kernel calls us here. Sums are made
 * in software (csum.c says why), but for those across a veth: see sums_later().
 */
#include <linux/netdevice.h>
#include <net/ip.h>
#include <net/protocol.h>

#include "compat/gso.h"
#include "engine/fdp.h"
#include "engine/wire.h"
#include "ip/internal.h"

#define TYPES_TCP	(SKB_GSO_TCPV4 | SKB_GSO_TCPV6)

static struct fsp_hdr *header(const struct sk_buff *skb)
{
	return (struct fsp_hdr *)skb_transport_header(skb);
}

/* A guest may hand us anything: only our own pair of types is cut. */
static bool type_ok(const struct sk_buff *skb)
{
	unsigned int type = skb_shinfo(skb)->gso_type;

	return (type & SKB_GSO_SCTP) && (type & TYPES_TCP);
}

/* Header length in bytes, all of it linear; 0 where that cannot be. */
static unsigned int header_len(struct sk_buff *skb)
{
	unsigned int len;

	if (!pskb_may_pull(skb, FSP_HDR_MIN))
		return 0;
	len = header(skb)->doff >> 4 << 2;
	if (len < FSP_HDR_MIN || !pskb_may_pull(skb, len))
		return 0;
	if (skb_checksum_start(skb) != skb_transport_header(skb))
		return 0;
	return len;
}

static unsigned int transport_len(const struct sk_buff *skb)
{
	return skb_tail_pointer(skb) - skb_transport_header(skb) + skb->data_len;
}

/*
 * A veth hands packets over as they are: a stream's sum is needed by nobody there, and
 * not verified on the other side. But packets may go on from there, to a device that
 * would get the sum wrong. Therefore each stays marked as a super-packet, of one segment:
 * no such device takes any, and the kernel calls us once more, for the sum.
 *
 * Who cuts for other reasons than a device's wants packets that are complete, and asks
 * for no GSO feature (netem changes bits, tunnels encrypt). A veth whose peer has an XDP
 * program has none either.
 */
static bool sums_later(const struct sk_buff *skb, netdev_features_t features)
{
	const struct net_device *dev = skb->dev;

	return features & NETIF_F_HW_CSUM && features & NETIF_F_GSO_MASK &&
	       !skb->encapsulation && dev && dev->hw_features & NETIF_F_GSO_SCTP &&
	       dev->rtnl_link_ops && !strcmp(dev->rtnl_link_ops->kind, "veth");
}

/* The pseudo-header's sum lies in the field; move it from one length to another. */
static void finish_csum(struct sk_buff *skb, __sum16 *check, unsigned int from)
{
	__wsum delta = csum_sub((__force __wsum)htonl(transport_len(skb)),
				(__force __wsum)htonl(from));

	*check = ~csum_fold(csum_add(csum_unfold(*check), delta));
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return;
	*check = gso_make_checksum(skb, csum_unfold((__force __sum16)~*check)) ?:
		 CSUM_MANGLED_0;
}

/* FIN and PSH end the data: they belong to the last; CWR to the first. */
static void fix_stream(struct sk_buff *segs, unsigned int mss, unsigned int len)
{
	u32 seq = ntohl(header(segs)->seq);
	struct sk_buff *skb;

	for (skb = segs; skb; skb = skb->next) {
		struct fsp_hdr *h = header(skb);

		h->seq = htonl(seq);
		if (skb->next)
			h->flags &= ~(FSP_FIN | FSP_PSH);
		if (skb != segs)
			h->flags &= ~FSP_CWR;
		finish_csum(skb, &h->check, len);
		seq += mss;
	}
}

/* Each datagram tells its own length. */
static void fix_dgram(struct sk_buff *segs, unsigned int mss, unsigned int len)
{
	struct sk_buff *skb;
	u8 *h;

	for (skb = segs; skb; skb = skb->next) {
		h = skb_transport_header(skb);
		fdp_set_length(h, transport_len(skb));
		finish_csum(skb, (__sum16 *)(h + FDP_CHECK_OFFSET), len);
	}
}

/* skb_segment() itself moves what sock_wfree() counts. */
static bool owned(const struct sk_buff *skb)
{
	return skb->sk && skb->destructor && skb->destructor != sock_wfree &&
	       sk_fullsock(skb->sk) && skb->sk->sk_prot->owner == THIS_MODULE;
}

/*
 * The segments now carry what the super-packet carried in sk_wmem_alloc, so
 * that the sender hears of each when the device is done with it, not now.
 */
static void hand_over(struct sk_buff *gso, struct sk_buff *segs)
{
	struct sock *sk = gso->sk;
	struct sk_buff *skb;
	int delta = 0;

	for (skb = segs; skb; skb = skb->next) {
		skb->sk = sk;
		skb->destructor = gso->destructor;
		delta += skb->truesize;
	}
	delta -= gso->truesize;
	gso->sk = NULL;
	gso->destructor = NULL;
	if (delta >= 0)
		refcount_add(delta, &sk->sk_wmem_alloc);
	else
		WARN_ON_ONCE(refcount_sub_and_test(-delta, &sk->sk_wmem_alloc));
}

static void mark(struct sk_buff *segs, const struct sk_buff *gso)
{
	struct sk_buff *skb;

	for (skb = segs; skb; skb = skb->next) {
		skb_shinfo(skb)->gso_size = skb_shinfo(gso)->gso_size;
		skb_shinfo(skb)->gso_type = skb_shinfo(gso)->gso_type;
		skb_shinfo(skb)->gso_segs = 1;
	}
}

static void count(const struct sk_buff *skb)
{
	if (skb->dev)
		ferry_stat_inc(ferry_net(dev_net(skb->dev)),
			       FERRY_STAT_GSO_SEGMENTED);
}

static struct sk_buff *cut(struct sk_buff *skb, netdev_features_t features,
			   unsigned int hlen, bool later,
			   void (*fix)(struct sk_buff *segs, unsigned int mss,
				       unsigned int len))
{
	unsigned int mss = skb_shinfo(skb)->gso_size;
	unsigned int len = skb->len;
	bool ooo_okay = skb->ooo_okay;
	struct sk_buff *segs;

	__skb_pull(skb, hlen);
	if (skb_gso_ok(skb, features | NETIF_F_GSO_ROBUST)) {
		/* it goes on whole; its count came from somebody untrusted */
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(skb->len, mss);
		return NULL;
	}

	/* only the first may change the transmit queue */
	skb->ooo_okay = 0;
	features &= ~NETIF_F_GSO_PARTIAL;
	if (!later)
		features &= ~NETIF_F_CSUM_MASK;
	segs = skb_segment(skb, features);
	if (IS_ERR(segs))
		return segs;
	segs->ooo_okay = ooo_okay;
	fix(segs, mss, len);
	if (later)
		mark(segs, skb);
	if (owned(skb))
		hand_over(skb, segs);
	count(skb);
	return segs;
}

static struct sk_buff *stream_segment(struct sk_buff *skb,
				      netdev_features_t features)
{
	unsigned int hlen;

	if (!type_ok(skb))
		return ERR_PTR(-EINVAL);
	hlen = header_len(skb);
	/* There may be no more than one segment: it was marked, and now wants its sum. */
	if (!hlen || skb->len <= hlen)
		return ERR_PTR(-EINVAL);
	return cut(skb, features, hlen, sums_later(skb, features), fix_stream);
}

static struct sk_buff *dgram_segment(struct sk_buff *skb,
				     netdev_features_t features)
{
	unsigned int type = skb_shinfo(skb)->gso_type;

	if (!(type & SKB_GSO_SCTP) || (type & TYPES_TCP) ||
	    skb_shinfo(skb)->gso_size == GSO_BY_FRAGS)
		return ERR_PTR(-EINVAL);
	if (!pskb_may_pull(skb, FDP_HDR) ||
	    skb->len - FDP_HDR <= skb_shinfo(skb)->gso_size ||
	    skb_checksum_start(skb) != skb_transport_header(skb))
		return ERR_PTR(-EINVAL);
	return cut(skb, features, FDP_HDR, false, fix_dgram);
}

static const struct net_offload offload4 = {
	.callbacks = {
		.gso_segment	= stream_segment,
		.gro_receive	= ferry_ip_gro_receive4,
		.gro_complete	= ferry_ip_gro_complete4,
	},
};

static const struct net_offload offload6 = {
	.callbacks = {
		.gso_segment	= stream_segment,
		.gro_receive	= ferry_ip_gro_receive6,
		.gro_complete	= ferry_ip_gro_complete6,
	},
};

static const struct net_offload offload_dgram4 = {
	.callbacks = {
		.gso_segment	= dgram_segment,
		.gro_receive	= ferry_ip_gro_dgram4,
		.gro_complete	= ferry_ip_gro_dgram_complete4,
	},
};

static const struct net_offload offload_dgram6 = {
	.callbacks = {
		.gso_segment	= dgram_segment,
		.gro_receive	= ferry_ip_gro_dgram6,
		.gro_complete	= ferry_ip_gro_dgram_complete6,
	},
};

static int add_stream(u8 protocol)
{
	if (inet_add_offload(&offload4, protocol))
		return -EBUSY;
	if (!inet6_add_offload(&offload6, protocol))
		return 0;
	inet_del_offload(&offload4, protocol);
	return -EBUSY;
}

static void del_stream(u8 protocol)
{
	inet6_del_offload(&offload6, protocol);
	inet_del_offload(&offload4, protocol);
}

static int add_dgram(u8 protocol)
{
	if (inet_add_offload(&offload_dgram4, protocol))
		return -EBUSY;
	if (!inet6_add_offload(&offload_dgram6, protocol))
		return 0;
	inet_del_offload(&offload_dgram4, protocol);
	return -EBUSY;
}

static void del_dgram(u8 protocol)
{
	inet6_del_offload(&offload_dgram6, protocol);
	inet_del_offload(&offload_dgram4, protocol);
}

/**
 * ferry_ip_gso_init() - offer segmentation and merging of both transports' packets
 *
 * Return: 0 or -EBUSY.
 */
int ferry_ip_gso_init(void)
{
	int err;

	err = add_stream(ferry_ip_protocol(FERRY_STREAM));
	if (err)
		return err;
	err = add_dgram(ferry_ip_protocol(FERRY_DGRAM));
	if (err)
		del_stream(ferry_ip_protocol(FERRY_STREAM));
	return err;
}

/**
 * ferry_ip_gso_uninit() - undo it; waits until no callback runs
 */
void ferry_ip_gso_uninit(void)
{
	ferry_gro_stop();
	del_dgram(ferry_ip_protocol(FERRY_DGRAM));
	del_stream(ferry_ip_protocol(FERRY_STREAM));
}
