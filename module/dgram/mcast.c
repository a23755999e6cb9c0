// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multicast: does a socket want this group from this source? Memberships are
 * the kernel's (IP_ADD_MEMBERSHIP and the like); its own test is not exported.
 */
#include <linux/igmp.h>
#include <net/if_inet6.h>
#include <net/ipv6.h>

#include "compat/inet_flags.h"
#include "dgram/sock.h"

/* RFC 3376 section 3.1: an INCLUDE list names whom to hear, EXCLUDE whom not to. */
static bool mode_wants(unsigned int mode, bool listed)
{
	return mode == MCAST_INCLUDE ? listed : !listed;
}

static bool listed4(const struct ip_sf_socklist *list, __be32 source)
{
	unsigned int i;

	for (i = 0; list && i < list->sl_count; i++) {
		if (list->sl_addr[i] == source)
			return true;
	}
	return false;
}

static bool wants4(struct sock *sk, __be32 group, __be32 source, int dif, int sdif)
{
	struct inet_sock *inet = inet_sk(sk);
	struct ip_mc_socklist *mc;

	for (mc = rcu_dereference(inet->mc_list); mc;
	     mc = rcu_dereference(mc->next_rcu)) {
		int joined = mc->multi.imr_ifindex;

		if (mc->multi.imr_multiaddr.s_addr != group ||
		    (joined != dif && (!sdif || joined != sdif)))
			continue;
		return mode_wants(mc->sfmode,
				  listed4(rcu_dereference(mc->sflist), source));
	}
	return ferry_inet_flag(sk, mc_all, MC_ALL);
}

static bool listed6(const struct ip6_sf_socklist *list, const struct in6_addr *source)
{
	unsigned int i;

	for (i = 0; list && i < list->sl_count; i++) {
		if (ipv6_addr_equal(&list->sl_addr[i], source))
			return true;
	}
	return false;
}

static bool wants6(struct sock *sk, const struct in6_addr *group,
		   const struct in6_addr *source)
{
	struct ipv6_mc_socklist *mc;

	for (mc = rcu_dereference(inet6_sk(sk)->ipv6_mc_list); mc;
	     mc = rcu_dereference(mc->next)) {
		if (ipv6_addr_equal(&mc->addr, group))
			return mode_wants(mc->sfmode,
					  listed6(rcu_dereference(mc->sflist), source));
	}
	return ferry_inet6_flag(sk, mc_all, MC6_ALL);
}

/**
 * ferry_dgram_wants_group() - is a datagram to a group for this socket?
 * @sk: bound so that it may be; RCU
 * @skb: the datagram
 * @tuple: its addresses
 * @sdif: enslaved device under a VRF, or 0
 */
bool ferry_dgram_wants_group(struct sock *sk, const struct sk_buff *skb,
			     const struct ferry_tuple *tuple, int sdif)
{
	if (skb->protocol == htons(ETH_P_IPV6))
		return sk->sk_family == AF_INET6 &&
		       wants6(sk, &tuple->laddr, &tuple->raddr);
	/* broadcast */
	if (!ipv4_is_multicast(tuple->laddr.s6_addr32[3]))
		return true;
	return wants4(sk, tuple->laddr.s6_addr32[3], tuple->raddr.s6_addr32[3],
		      tuple->dev, sdif);
}
