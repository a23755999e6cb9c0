// SPDX-License-Identifier: GPL-2.0-only
/* What route and device let through, for the engine. */
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

void ferry_stream_path_init(struct sock *sk)
{
	u32 room = least_room(sk);

	fsp_conn_set_path(&ferry_stream_sk(sk)->conn, room, super_packet(sk, room),
			  ferry_stream_now());
}

void ferry_stream_path_update(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct fsp_conn *c = &ss->conn;
	u32 before = c->mss_room, room;

	ss->path_stale = false;
	/* A route that is away for a moment says nothing about the next. */
	if (unlikely(!ferry_ip_route(sk)))
		return;
	room = least_room(sk);
	if (likely(room == before))
		return;
	fsp_conn_set_path(c, room, super_packet(sk, room), ferry_stream_now());
	if (room < before)
		fsp_conn_path_shrunk(c, ferry_stream_now());
}

/* RFC 5927: believe it only where the packet it is about is in flight. */
void ferry_stream_mtu_reduced(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	const struct fsp_conn *c = &ss->conn;

	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		return;
	if (!fsp_between(READ_ONCE(ss->icmp_seq), c->snd_una, c->snd_nxt))
		return;
	if (ferry_ip_update_pmtu(sk, READ_ONCE(ss->icmp_mtu)))
		ferry_stream_path_update(sk);
	ferry_stream_after(sk);
}
