// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inside UDP, the way in: the namespace's UDP port (net.ferry.udp_port), whose
 * packets are Ferry's. See protocol.rst, "Inside UDP".
 *
 * One kernel socket for IPv4 and one for IPv6 hold the port. They send nothing:
 * what goes out is written in udp_send.c. Nothing is opened before somebody
 * asks for it. What the kernel's udp_tunnel.ko would do for us is little enough
 * not to depend on it.
 */
#include <linux/net.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>
#include <uapi/linux/ferry.h>

#include "compat/sockaddr.h"
#include "ip/internal.h"

#define ENCAP_TYPE	1	/* any but 0: the kernel only asks whether there is one */

static void drop(struct ferry_net *fn, struct sk_buff *skb, enum ferry_stat why)
{
	ferry_stat_inc(fn, why);
	kfree_skb(skb);
}

/* Which transport's, and how many bytes are before it; 0 for none's */
static unsigned int classify(struct sk_buff *skb, enum ferry_transport *t)
{
	const __be16 *p;

	if (!pskb_may_pull(skb, sizeof(struct udphdr) + FERRY_UDP_MARKER))
		return 0;
	p = (const __be16 *)(skb->data + sizeof(struct udphdr));
	*t = FERRY_STREAM;
	if (p[0])
		return sizeof(struct udphdr);
	*t = FERRY_DGRAM;
	if (p[1] == htons(FERRY_UDP_DGRAM))
		return sizeof(struct udphdr) + FERRY_UDP_MARKER;
	return 0;
}

/*
 * A guest's or a tunnel's super-packet may be anything. Ours says what it is, and
 * will be cut by that where single packets are wanted.
 */
static bool super_ok(const struct sk_buff *skb, enum ferry_transport t,
		     unsigned int skip)
{
	unsigned int type = skb_shinfo(skb)->gso_type;
	bool tcp = type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6);

	if (!skb_is_gso(skb))
		return true;
	return skb->encapsulation && (type & SKB_GSO_UDP_TUNNEL_CSUM) &&
	       (type & SKB_GSO_SCTP) && tcp == (t == FERRY_STREAM) &&
	       skb_inner_transport_header(skb) == skb->data + skip &&
	       skb_inner_mac_header(skb) == skb->data + skip;
}

/*
 * To our header. The kernel has verified UDP's sum, which covers all of ours: that
 * is not looked at again. IPv4 allows to leave UDP's out (IPv6 does not, RFC 8200
 * section 8.1): then nobody has verified anything.
 */
static void pull(struct sk_buff *skb, unsigned int skip, bool summed)
{
	/* partial: it never left the machine; this may turn it into "none" */
	summed |= skb->ip_summed == CHECKSUM_PARTIAL;
	skb_pull_rcsum(skb, skip);
	skb_reset_transport_header(skb);
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return;
	skb->csum_valid = summed;
	if (!summed && skb->ip_summed == CHECKSUM_UNNECESSARY)
		skb->ip_summed = CHECKSUM_NONE;
}

static int rcv(struct sock *sk, struct sk_buff *skb)
{
	struct ferry_net *fn = ferry_net(sock_net(sk));
	enum ferry_transport t;
	const struct udphdr *uh;
	unsigned int skip;
	__be16 from;

	ferry_stat_add(fn, FERRY_STAT_UDP_IN, max_t(u32, skb_shinfo(skb)->gso_segs, 1));
	skip = classify(skb, &t);
	uh = (const struct udphdr *)skb->data;
	if (!skip || !uh->source || !super_ok(skb, t, skip)) {
		drop(fn, skb, FERRY_STAT_UDP_DROP_HEADER);
		return 0;
	}
	if (ferry_ip_not_unicast(skb)) {
		drop(fn, skb, FERRY_STAT_UDP_DROP_ADDR);
		return 0;
	}
	from = uh->source;
	pull(skb, skip, uh->check);
	skb->inner_protocol = from;
	ferry_ip_deliver(t, skb);
	return 0;
}

/* ---- open and close; fn->ip->lock is held ---- */

static void set_up(struct sock *sk)
{
	struct udp_sock *up = udp_sk(sk);

	up->encap_rcv = rcv;
	up->encap_err_lookup = ferry_ip_udp_err;
	up->encap_type = ENCAP_TYPE;
	udp_tunnel_encap_enable(sk);
}

static int bind4(struct socket *sock, __be16 port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = port };

	return kernel_bind(sock, (ferry_sockaddr *)&sin, sizeof(sin));
}

static int bind6(struct socket *sock, __be16 port)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_port = port };

	ip6_sock_set_v6only(sock->sk);
	return kernel_bind(sock, (ferry_sockaddr *)&sin6, sizeof(sin6));
}

static int open_one(struct net *net, int family, __be16 port, struct socket **to)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(net, family, SOCK_DGRAM, IPPROTO_UDP, &sock);
	if (err)
		return err;
	err = family == AF_INET ? bind4(sock, port) : bind6(sock, port);
	if (err) {
		sock_release(sock);
		return err;
	}
	set_up(sock->sk);
	*to = sock;
	return 0;
}

static void close_one(struct socket **sock)
{
	if (!*sock)
		return;
	kernel_sock_shutdown(*sock, SHUT_RDWR);
	sock_release(*sock);
	*sock = NULL;
}

static void close_both(struct socket **socks)
{
	if (!socks[0])
		return;
	close_one(&socks[1]);
	close_one(&socks[0]);
	/* no packet is on its way through rcv() any more */
	synchronize_net();
}

static int open_both(struct ferry_net *fn, __be16 port, struct socket **socks)
{
	struct ferry_udp_peers *peers;
	int err;

	if (!fn->ip->peers) {
		peers = ferry_ip_peers_create();
		if (!peers)
			return -ENOMEM;
		/* Pairs with the readers' dependency on it */
		smp_store_release(&fn->ip->peers, peers);
	}
	err = open_one(fn->net, AF_INET, port, &socks[0]);
	if (err || !ipv6_mod_enabled())
		return err;
	err = open_one(fn->net, AF_INET6, port, &socks[1]);
	if (err)
		close_both(socks);
	return err;
}

/* Move to @port, 0 for closed: open the new one before the old one is closed. */
static int move(struct ferry_net *fn, __be16 port)
{
	struct socket *socks[2] = {}, *old[2];
	int err;

	if (port == fn->ip->port)
		return 0;
	if (port) {
		err = open_both(fn, port, socks);
		if (err)
			return err;
	}
	memcpy(old, fn->ip->socks, sizeof(old));
	memcpy(fn->ip->socks, socks, sizeof(socks));
	WRITE_ONCE(fn->ip->port, port);
	close_both(old);
	return 0;
}

int ferry_ip_udp_ask(struct ferry_net *fn)
{
	int err = 0;

	mutex_lock(&fn->ip->lock);
	if (fn->sysctl.udp == FERRY_UDP_NEVER)
		err = -EOPNOTSUPP;
	else if (!fn->ip->port)
		err = move(fn, htons(fn->sysctl.udp_port));
	mutex_unlock(&fn->ip->lock);
	return err;
}

int ferry_ip_udp_set(struct ferry_net *fn, int *which, int value)
{
	bool is_mode = which == &fn->sysctl.udp;
	int mode, err;
	__be16 port;

	mutex_lock(&fn->ip->lock);
	mode = is_mode ? value : fn->sysctl.udp;
	port = htons(is_mode ? fn->sysctl.udp_port : value);
	if (mode == FERRY_UDP_NEVER || (mode == FERRY_UDP_ASKED && !fn->ip->port))
		port = 0;
	err = move(fn, port);
	if (!err)
		WRITE_ONCE(*which, value);
	mutex_unlock(&fn->ip->lock);
	return err;
}

/**
 * ferry_ip_net_init() - a namespace begins
 * @fn: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int ferry_ip_net_init(struct ferry_net *fn)
{
	fn->ip = kzalloc(sizeof(*fn->ip), GFP_KERNEL);
	if (!fn->ip)
		return -ENOMEM;
	mutex_init(&fn->ip->lock);
	mutex_init(&fn->ip->early_lock);
	return 0;
}

/**
 * ferry_ip_net_uninit() - a namespace ends: no socket of it is left
 * @fn: the namespace
 */
void ferry_ip_net_uninit(struct ferry_net *fn)
{
	if (fn->ip->port)
		move(fn, 0);
	ferry_ip_peers_destroy(fn->ip->peers);
	kfree(fn->ip);
}
