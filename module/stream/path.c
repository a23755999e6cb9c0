// SPDX-License-Identifier: GPL-2.0-only
/* What route and device let through, for the engine. */
#include <linux/jhash.h>
#include <linux/rtnetlink.h>
#include <net/dst.h>
#include <net/ip.h>

#include "ip/ip.h"
#include "stream/internal.h"

/* IP headers of a super-packet: an IPv6 header and what options may add */
#define IP_ROOM		(sizeof(struct ipv6hdr) + MAX_IPOPTLEN)

/* A super-packet's length has to fit in an IP header, even for 7.3 (no BIG TCP). */
static u32 super_packet(const struct sock *sk, u32 room)
{
	u32 most;

	if (!sk_can_gso(sk))
		return room;
	most = min_t(u32, READ_ONCE(sk->sk_gso_max_size), IP_MAX_MTU);
	most -= min_t(u32, most, IP_ROOM + FSP_HDR_MAX);
	return max(min_t(u32, most, READ_ONCE(sk->sk_gso_max_segs) * (room - FSP_HDR_MIN)),
		   room);
}

static u32 least_room(const struct sock *sk)
{
	return max_t(u32, ferry_ip_mss_room((struct sock *)sk), FSP_HDR_MAX + FSP_MSS_MIN);
}

/*
 * On a host's way to itself nothing is too big: what does not arrive lacked memory,
 * and needs no smaller packets, which would take more of it.
 */
bool ferry_stream_own_host(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);

	return dst && dst->dev->flags & IFF_LOOPBACK;
}

static u8 probing(struct sock *sk)
{
	switch (ferry_ip_pmtu_discovery(sk)) {
	case FERRY_PMTU_NONE:
		return FSP_MTU_PROBE_OFF;
	case FERRY_PMTU_PROBE:
		return FSP_MTU_PROBE_ALWAYS;
	default:
		return ferry_stream_own_host(sk) ? FSP_MTU_PROBE_OFF :
		       READ_ONCE(ferry_sock_net(sk)->sysctl.stream_mtu_probing);
	}
}

/*
 * What "ip route ... congctl NAME" says, where NAME is one of ours too: a route has
 * the hash by which TCP knows its own of that name (net/ipv4/tcp_cong.c).
 */
static const struct fsp_cc_ops *route_cc(const struct dst_entry *dst)
{
	u32 key = dst_metric(dst, RTAX_CC_ALGO);
	const struct fsp_cc_ops *cc;
	unsigned int i;

	for (i = 0; key && (cc = fsp_cc_nth(i)); i++) {
		char name[FERRY_CC_NAME_MAX] = {};

		strscpy(name, cc->name, sizeof(name));
		if (jhash(name, sizeof(name), strlen(name)) == key)
			return cc;
	}
	return NULL;
}

/* The socket's choice, or the route's, which may be for all; else the namespace's */
static void choose_cc(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	const struct dst_entry *dst = __sk_dst_get(sk);
	const struct fsp_cc_ops *cc = dst ? route_cc(dst) : NULL;

	ss->cc_locked = cc && dst_metric_locked(dst, RTAX_CC_ALGO);
	if (ss->cc_chosen && !ss->cc_locked)
		return;
	if (!cc && ss->cc_routed)
		cc = fsp_cc_find(ferry_sock_net(sk)->sysctl.stream_congestion);
	ss->cc_routed = cc && dst && dst_metric(dst, RTAX_CC_ALGO);
	if (cc)
		fsp_conn_set_cc(&ss->conn, cc);
}

void ferry_stream_path_init(struct sock *sk)
{
	unsigned int more = ferry_ip_udp_len(FERRY_STREAM, ferry_sk(sk)->udp);
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct fsp_conn *c = &ss->conn;
	u32 room = least_room(sk);

	ss->path_seen = (u32)jiffies;
	choose_cc(sk);
	if (!ferry_ip_is_v4(sk)) {
		c->pmtu_below = FSP_PMTU_BELOW_V6;
		c->pmtu_base = FSP_PMTU_BASE_V6;
		c->pmtu_min = FSP_PMTU_MIN_V6;
	}
	c->pmtu_below += more;
	c->pmtu_base -= more;
	c->pmtu_min -= more;
	c->cfg.mtu_probing = probing(sk);
	fsp_conn_set_path(c, room, super_packet(sk, room), ferry_stream_now());
}

/* IP_MTU_DISCOVER was set: the rest of the connection's life goes by that. */
void ferry_stream_path_wanted(struct sock *sk)
{
	struct fsp_conn *c = &ferry_stream_sk(sk)->conn;

	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		return;
	c->cfg.mtu_probing = probing(sk);
	ferry_stream_path_update(sk);
	fsp_conn_probe_mtu(c, ferry_stream_now());
	ferry_stream_after(sk);
}

void ferry_stream_path_update(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct fsp_conn *c = &ss->conn;
	u32 before = c->mss_room, mss = fsp_conn_mss(c), room;

	ss->path_stale = false;
	ss->path_seen = (u32)jiffies;
	/* A route that is away for a moment says nothing about the next. */
	if (unlikely(!ferry_ip_route(sk)))
		return;
	room = least_room(sk);
	if (likely(room == before))
		return;
	fsp_conn_set_path(c, room, super_packet(sk, room), ferry_stream_now());
	if (fsp_conn_mss(c) < mss)
		fsp_conn_path_shrunk(c, ferry_stream_now());
}

/* RFC 5927: believe it only where the packet it is about is in flight. */
void ferry_stream_mtu_reduced(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	const struct fsp_conn *c = &ss->conn;
	const struct ferry_stream_work *w;

	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		return;
	if (!fsp_conn_awake(c))
		return;
	w = ferry_stream_work(ss);
	if (!fsp_between(w->icmp_seq, c->snd_una, c->snd_nxt))
		return;
	if (ferry_ip_update_pmtu(sk, w->icmp_mtu))
		ferry_stream_path_update(sk);
	ferry_stream_after(sk);
}
