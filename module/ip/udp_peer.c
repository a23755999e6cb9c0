// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams inside UDP: by which UDP port a peer is reached.
 *
 * A datagram socket has any number of peers and no connection that would
 * remember how they came. So the namespace does, in a table of fixed size: the
 * place of a peer is found by a secret hash, and the one silent for longest gives
 * way. What is forgotten is answered as the socket's own option says.
 *
 * Nothing authenticates a datagram. A peer that talks is not moved by another
 * port: only once it was silent for SETTLED is the newcomer believed.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/siphash.h>

#include "ip/internal.h"

#define SETS		1024
#define WAYS		4
#define SETTLED		HZ

/**
 * struct peer - one
 * @raddr: its address
 * @rport: its datagram port
 * @lport: ours it talked to
 * @udp: its UDP port; 0: the place is free
 * @heard: when it last talked, jiffies
 */
struct peer {
	struct in6_addr	raddr;
	__be16		rport;
	__be16		lport;
	__be16		udp;
	unsigned long	heard;
};

struct set {
	spinlock_t	lock;	/* of peers */
	struct peer	peers[WAYS];
};

struct ferry_udp_peers {
	siphash_key_t	key;
	struct set	sets[SETS];
};

struct ferry_udp_peers *ferry_ip_peers_create(void)
{
	struct ferry_udp_peers *peers;
	unsigned int i;

	peers = kvzalloc(sizeof(*peers), GFP_KERNEL_ACCOUNT);
	if (!peers)
		return NULL;
	get_random_bytes(&peers->key, sizeof(peers->key));
	for (i = 0; i < SETS; i++)
		spin_lock_init(&peers->sets[i].lock);
	return peers;
}

void ferry_ip_peers_destroy(struct ferry_udp_peers *peers)
{
	kvfree(peers);
}

static struct set *set_of(struct ferry_udp_peers *peers, const struct in6_addr *raddr,
			  __be16 rport, __be16 lport)
{
	struct {
		struct in6_addr	raddr;
		__be16		rport;
		__be16		lport;
		u32		pad;
	} __aligned(8) key = { .raddr = *raddr, .rport = rport, .lport = lport };

	return &peers->sets[siphash(&key, sizeof(key), &peers->key) % SETS];
}

static struct peer *find(struct set *set, const struct in6_addr *raddr, __be16 rport,
			 __be16 lport)
{
	struct peer *p;

	for (p = set->peers; p < set->peers + WAYS; p++)
		if (p->udp && p->rport == rport && p->lport == lport &&
		    ipv6_addr_equal(&p->raddr, raddr))
			return p;
	return NULL;
}

/* A free place, or that of the one silent for longest */
static struct peer *place(struct ferry_net *fn, struct set *set)
{
	struct peer *p, *oldest = set->peers;

	for (p = set->peers; p < set->peers + WAYS; p++) {
		if (!p->udp)
			return p;
		if (time_before(p->heard, oldest->heard))
			oldest = p;
	}
	ferry_stat_inc(fn, FERRY_STAT_UDP_EVICTED);
	return oldest;
}

static void hear_known(struct ferry_net *fn, struct peer *p, __be16 udp)
{
	if (p->udp == udp) {
		p->heard = jiffies;
	} else if (time_before(jiffies, p->heard + SETTLED)) {
		ferry_stat_inc(fn, FERRY_STAT_UDP_MOVE_REFUSED);
	} else {
		/* 0: it comes bare now, and its place is free */
		p->udp = udp;
		p->heard = jiffies;
		ferry_stat_inc(fn, FERRY_STAT_UDP_MOVED);
	}
}

void ferry_ip_udp_learn(struct ferry_net *fn, const struct ferry_tuple *tuple)
{
	/* Pairs with open_both(): it is made before the port is open */
	struct ferry_udp_peers *peers = READ_ONCE(fn->ip->peers);
	struct set *set;
	struct peer *p;

	if (!peers)
		return;
	set = set_of(peers, &tuple->raddr, tuple->rport, tuple->lport);
	spin_lock_bh(&set->lock);
	p = find(set, &tuple->raddr, tuple->rport, tuple->lport);
	if (p) {
		hear_known(fn, p, tuple->udp);
	} else if (tuple->udp) {
		*place(fn, set) = (struct peer) {
			.raddr	= tuple->raddr,
			.rport	= tuple->rport,
			.lport	= tuple->lport,
			.udp	= tuple->udp,
			.heard	= jiffies,
		};
	}
	spin_unlock_bh(&set->lock);
}

static __be16 known(struct ferry_net *fn, const struct sock *sk,
		    const struct in6_addr *raddr, __be16 rport)
{
	struct ferry_udp_peers *peers = READ_ONCE(fn->ip->peers);
	__be16 lport = inet_sk(sk)->inet_sport;
	const struct peer *p;
	struct set *set;
	__be16 udp = 0;

	if (!peers)
		return 0;
	set = set_of(peers, raddr, rport, lport);
	spin_lock_bh(&set->lock);
	p = find(set, raddr, rport, lport);
	if (p)
		udp = p->udp;
	spin_unlock_bh(&set->lock);
	return udp;
}

/* UDP carries what goes to one host */
static bool one_host(const struct in6_addr *addr)
{
	if (ipv6_addr_v4mapped(addr))
		return !ipv4_is_multicast(addr->s6_addr32[3]) &&
		       !ipv4_is_lbcast(addr->s6_addr32[3]);
	return !ipv6_addr_is_multicast(addr);
}

__be16 ferry_ip_udp_to(const struct sock *sk, const struct in6_addr *raddr,
		       __be16 rport)
{
	struct ferry_net *fn = ferry_sock_net(sk);
	__be16 udp;

	if (!one_host(raddr))
		return 0;
	udp = known(fn, sk, raddr, rport);
	if (udp || !READ_ONCE(ferry_sk(sk)->udp_wanted))
		return udp;
	return ferry_ip_udp_default(sk);
}
