// SPDX-License-Identifier: GPL-2.0-only
/* Path MTU: how much fits in a packet, and what ICMP says of it. */
#include <linux/icmp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "ip/internal.h"

#define IP_PACKET_MAX	65535	/* no jumbo payloads for other protocols than TCP */

/* dst_metric_advmss() leaves this much beside the IP header. */
#define ADVMSS_HDR	20

static unsigned int opt_len4(const struct sock *sk)
{
	const struct ip_options_rcu *opt;
	unsigned int len;

	rcu_read_lock();
	opt = rcu_dereference(inet_sk(sk)->inet_opt);
	len = opt ? opt->opt.optlen : 0;
	rcu_read_unlock();
	return len;
}

static unsigned int opt_len6(const struct sock *sk)
{
	const struct ipv6_txoptions *opt;
	unsigned int len;

	rcu_read_lock();
	opt = rcu_dereference(inet6_sk(sk)->opt);
	len = opt ? opt->opt_flen + opt->opt_nflen : 0;
	rcu_read_unlock();
	return len;
}

static unsigned int mtu4(const struct sock *sk, struct dst_entry *dst)
{
	return ip_sk_use_pmtu((struct sock *)sk) ? dst_mtu(dst) :
						   READ_ONCE(dst->dev->mtu);
}

static unsigned int mtu6(const struct sock *sk, struct dst_entry *dst)
{
	return inet6_sk(sk)->pmtudisc < IPV6_PMTUDISC_PROBE ?
	       dst_mtu(dst) : READ_ONCE(dst->dev->mtu);
}

static unsigned int room(unsigned int mtu, unsigned int overhead)
{
	mtu = min_t(unsigned int, mtu, IP_PACKET_MAX);
	return mtu > overhead ? mtu - overhead : 0;
}

unsigned int ferry_ip_mss_room(struct sock *sk)
{
	struct dst_entry *dst = ferry_ip_route(sk);
	__be16 udp = READ_ONCE(ferry_sk(sk)->udp);
	unsigned int more;

	/* What every link carries, until there is a route again */
	if (ferry_ip_is_v4(sk)) {
		more = udp ? ferry_ip_udp_len(FERRY_STREAM, udp) : opt_len4(sk);
		return room(dst ? mtu4(sk, dst) : 576, sizeof(struct iphdr) + more);
	}
	more = udp ? ferry_ip_udp_len(FERRY_STREAM, udp) : opt_len6(sk);
	return room(dst ? mtu6(sk, dst) : IPV6_MIN_MTU, sizeof(struct ipv6hdr) + more);
}

unsigned int ferry_ip_way_room(const struct ferry_ip_way *way, enum ferry_transport t,
			       const struct ferry_tuple *tuple)
{
	bool v4 = ipv6_addr_v4mapped(&tuple->raddr);
	unsigned int hdr = v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	unsigned int more = ferry_ip_udp_len(t, tuple->udp);

	if (IS_ERR(way->dst))
		return room(v4 ? 576 : IPV6_MIN_MTU, hdr + more);
	return room(dst_metric_advmss(way->dst) + ADVMSS_HDR + hdr, hdr + more);
}

/* A packet without DF, which routers cut, proves nothing: RFC 8899 section 3. */
static enum ferry_ip_pmtu discovery4(struct sock *sk)
{
	u8 pmtudisc = READ_ONCE(inet_sk(sk)->pmtudisc);
	const struct dst_entry *dst;

	switch (pmtudisc) {
	case IP_PMTUDISC_PROBE:
		return FERRY_PMTU_PROBE;
	case IP_PMTUDISC_DO:
		return FERRY_PMTU_ICMP;
	case IP_PMTUDISC_WANT:
		dst = __sk_dst_get(sk) ?: ferry_ip_route(sk);
		return dst && !dst_metric_locked(dst, RTAX_MTU) ? FERRY_PMTU_ICMP :
								  FERRY_PMTU_NONE;
	default:
		return FERRY_PMTU_NONE;
	}
}

static enum ferry_ip_pmtu discovery6(const struct sock *sk)
{
	switch (inet6_sk(sk)->pmtudisc) {
	case IPV6_PMTUDISC_PROBE:
		return FERRY_PMTU_PROBE;
	case IPV6_PMTUDISC_DO:
	case IPV6_PMTUDISC_WANT:
		return FERRY_PMTU_ICMP;
	default:
		return FERRY_PMTU_NONE;
	}
}

enum ferry_ip_pmtu ferry_ip_pmtu_discovery(struct sock *sk)
{
	return ferry_ip_is_v4(sk) ? discovery4(sk) : discovery6(sk);
}

static bool accepts_pmtu(const struct sock *sk)
{
	if (ferry_ip_is_v4(sk))
		return ip_sk_accept_pmtu((struct sock *)sk);
	return ip6_sk_accept_pmtu(sk);
}

bool ferry_ip_update_pmtu(struct sock *sk, u32 mtu)
{
	unsigned int before = ferry_ip_mss_room(sk);
	struct dst_entry *dst = __sk_dst_get(sk);

	if (!dst || !accepts_pmtu(sk))
		return false;
	dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
	return ferry_ip_mss_room(sk) != before;
}

/*
 * The kernel wants to see the packet that came back from its IP header on; our
 * caller has it from the transport header on. What lies between is known for
 * IPv4; IPv6 does not look there.
 */
void ferry_ip_redirect(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst = ferry_ip_route(sk);
	unsigned int ihl = 0;

	if (!dst)
		return;
	if (skb->protocol == htons(ETH_P_IP))
		ihl = skb->data - (u8 *)(icmp_hdr(skb) + 1);
	__skb_push(skb, ihl);
	dst->ops->redirect(dst, sk, skb);
	__skb_pull(skb, ihl);
}
