// SPDX-License-Identifier: GPL-2.0-only
/* The protocol numbers: taken from the kernel, handed out to the transports. */
#include <linux/module.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/protocol.h>
#include <uapi/linux/ferry.h>

#include "ip/internal.h"

static u8 protocols[FERRY_TRANSPORTS] = {
	[FERRY_STREAM]	= FERRY_IPPROTO_FSP,
	[FERRY_DGRAM]	= FERRY_IPPROTO_FDP,
};

/*
 * Parameters, not sysctls: the kernel's protocol tables are global, one entry
 * serves every namespace.
 */
module_param_named(stream_protocol, protocols[FERRY_STREAM], byte, 0444);
MODULE_PARM_DESC(stream_protocol, "IP protocol number of streams (253)");
module_param_named(dgram_protocol, protocols[FERRY_DGRAM], byte, 0444);
MODULE_PARM_DESC(dgram_protocol, "IP protocol number of datagrams (254)");

static const struct ferry_transport_ops __rcu *transports[FERRY_TRANSPORTS];

/* Known from the wire format, so that sending needs no registration. */
static const u8 csum_offsets[FERRY_TRANSPORTS] = {
	[FERRY_STREAM]	= 18,
	[FERRY_DGRAM]	= 10,
};

/**
 * ferry_ip_protocol() - the IP protocol number a transport runs under
 * @t: transport
 */
u8 ferry_ip_protocol(enum ferry_transport t)
{
	return protocols[t];
}

const struct ferry_transport_ops *ferry_ip_ops(enum ferry_transport t)
{
	return rcu_dereference(transports[t]);
}

unsigned int ferry_ip_csum_offset(enum ferry_transport t)
{
	return csum_offsets[t];
}

/* Inside UDP addresses are not summed: a NAT would have to know of it. */
static __wsum pseudo_udp(struct sk_buff *skb, int protocol)
{
	return csum_tcpudp_nofold(0, 0, skb->len, protocol, 0);
}

/* Nobody has looked at it, and it is to be verified now */
static bool sum_ok(struct sk_buff *skb, u8 protocol, bool v6)
{
	__wsum pseudo = v6 ? ip6_compute_pseudo(skb, protocol) :
			     inet_compute_pseudo(skb, protocol);

	skb->csum_valid = !csum_fold(csum_add(pseudo, ferry_ip_sum(skb)));
	return skb->csum_valid;
}

/*
 * Verify what is cheap to verify now; the rest is done with the user's copy.
 * A datagram with 0 in the field has no checksum, as in UDP.
 */
static bool csum_ok(enum ferry_transport t, struct sk_buff *skb, bool verify)
{
	__sum16 check = *(__sum16 *)(skb->data + csum_offsets[t]);
	bool v6 = skb->protocol == htons(ETH_P_IPV6);
	__sum16 bad;

	/* by UDP's sum: udp.c */
	if (ferry_ip_udp_from(skb) && skb->csum_valid)
		return true;
	if (verify && skb->ip_summed == CHECKSUM_NONE && !skb->csum_valid &&
	    !ferry_ip_udp_from(skb))
		return sum_ok(skb, protocols[t], v6);
	if (t == FERRY_STREAM)
		check = (__force __sum16)0xffff;
	if (ferry_ip_udp_from(skb))
		bad = skb_checksum_init_zero_check(skb, protocols[t], check,
						   pseudo_udp);
	else if (v6)
		bad = skb_checksum_init_zero_check(skb, protocols[t], check,
						   ip6_compute_pseudo);
	else
		bad = skb_checksum_init_zero_check(skb, protocols[t], check,
						   inet_compute_pseudo);
	return !bad && (!verify || !skb_checksum_complete(skb));
}

static int sdif_of(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IPV6))
		return inet6_sdif(skb);
	return inet_sdif(skb);
}

void ferry_ip_deliver(enum ferry_transport t, struct sk_buff *skb)
{
	struct ferry_net *fn = ferry_net(dev_net(skb->dev));
	const struct ferry_transport_ops *ops = ferry_ip_ops(t);
	struct ferry_tuple tuple;

	if (!ops) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET);
		return;
	}
	if (!pskb_may_pull(skb, ops->hdr_min)) {
		ferry_stat_inc(fn, FERRY_STAT_IP_IN_SHORT);
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_SMALL);
		return;
	}
	if (!csum_ok(t, skb, ops->verify)) {
		ferry_stat_inc(fn, t == FERRY_DGRAM ? FERRY_STAT_DGRAM_DROP_CSUM :
			       FERRY_STAT_IP_IN_CSUM);
		kfree_skb_reason(skb, SKB_DROP_REASON_SKB_CSUM);
		return;
	}
	ferry_ip_tuple(skb, &tuple);
	ops->rcv(fn, skb, &tuple, sdif_of(skb));
}

/* Always 0: less would mean "resubmit under another protocol number". */
static int rcv(enum ferry_transport t, struct sk_buff *skb)
{
	/* ferry_ip_udp_from(): a tunnel may have left something there */
	skb->inner_protocol = 0;
	ferry_ip_deliver(t, skb);
	return 0;
}

static int stream_rcv(struct sk_buff *skb)
{
	return rcv(FERRY_STREAM, skb);
}

static int dgram_rcv(struct sk_buff *skb)
{
	return rcv(FERRY_DGRAM, skb);
}

static int stream_err4(struct sk_buff *skb, u32 info)
{
	return ferry_ip_icmp4(FERRY_STREAM, skb, info);
}

static int dgram_err4(struct sk_buff *skb, u32 info)
{
	return ferry_ip_icmp4(FERRY_DGRAM, skb, info);
}

static int stream_err6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
		       u8 code, int offset, __be32 info)
{
	return ferry_ip_icmp6(FERRY_STREAM, skb, type, code, offset, info);
}

static int dgram_err6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
		      u8 code, int offset, __be32 info)
{
	return ferry_ip_icmp6(FERRY_DGRAM, skb, type, code, offset, info);
}

static const struct net_protocol v4_protocols[FERRY_TRANSPORTS] = {
	[FERRY_STREAM] = {
		.handler			= stream_rcv,
		.err_handler			= stream_err4,
		.no_policy			= 1,
		/* streams check an error's sequence number */
		.icmp_strict_tag_validation	= 1,
	},
	[FERRY_DGRAM] = {
		.handler	= dgram_rcv,
		.err_handler	= dgram_err4,
		.no_policy	= 1,
	},
};

static const struct inet6_protocol v6_protocols[FERRY_TRANSPORTS] = {
	[FERRY_STREAM] = {
		.handler	= stream_rcv,
		.err_handler	= stream_err6,
		.flags		= INET6_PROTO_NOPOLICY | INET6_PROTO_FINAL,
	},
	[FERRY_DGRAM] = {
		.handler	= dgram_rcv,
		.err_handler	= dgram_err6,
		.flags		= INET6_PROTO_NOPOLICY | INET6_PROTO_FINAL,
	},
};

int ferry_ip_register(enum ferry_transport t, const struct ferry_transport_ops *ops)
{
	if (WARN_ON(ops->csum_offset != csum_offsets[t]))
		return -EINVAL;
	rcu_assign_pointer(transports[t], ops);
	if (inet_add_protocol(&v4_protocols[t], protocols[t]))
		goto err_busy;
	if (inet6_add_protocol(&v6_protocols[t], protocols[t]))
		goto err_v4;
	return 0;

err_v4:
	inet_del_protocol(&v4_protocols[t], protocols[t]);
err_busy:
	RCU_INIT_POINTER(transports[t], NULL);
	return -EBUSY;
}

void ferry_ip_unregister(enum ferry_transport t)
{
	/* both wait until the handlers are done */
	inet6_del_protocol(&v6_protocols[t], protocols[t]);
	inet_del_protocol(&v4_protocols[t], protocols[t]);
	RCU_INIT_POINTER(transports[t], NULL);
}

static bool protocols_valid(void)
{
	u8 stream = protocols[FERRY_STREAM], dgram = protocols[FERRY_DGRAM];

	/* 0 is the hop-by-hop header, 255 is raw sockets' own */
	return stream != dgram && stream && dgram &&
	       stream != IPPROTO_RAW && dgram != IPPROTO_RAW;
}

/**
 * ferry_ip_init() - make ready to send and to segment
 *
 * Return: 0, -EINVAL for unusable protocol numbers, -EBUSY for taken ones.
 */
int ferry_ip_init(void)
{
	if (!protocols_valid()) {
		pr_err("ferry: protocol numbers %u and %u cannot be used\n",
		       protocols[FERRY_STREAM], protocols[FERRY_DGRAM]);
		return -EINVAL;
	}
	return ferry_ip_gso_init();
}

/**
 * ferry_ip_uninit() - undo ferry_ip_init()
 */
void ferry_ip_uninit(void)
{
	ferry_ip_gso_uninit();
}
