// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inside UDP: by which UDP port a connection's peer is reached. A NAT may change
 * it at any time; who may make us believe so is written in protocol.rst, "The
 * peer's UDP port".
 */
#include "ip/ip.h"
#include "stream/internal.h"

/* Duplicates this far back are the peer's tail; farther ones need a better proof */
#define TAIL	65535

/* A SYN's answer: its acknowledgment is of what we have just sent. */
static bool proves_synack(const struct fsp_conn *c, const struct fsp_rx *rx)
{
	return (rx->flags & FSP_ACK) && !(rx->flags & FSP_RST) &&
	       fsp_after(rx->ack, c->snd_una) && !fsp_after(rx->ack, c->snd_nxt);
}

/* Later than what was last seen of the peer, by its serial? */
static bool late(const struct fsp_conn *c, const struct fsp_rx *rx)
{
	if (!rx->len && !(rx->flags & FSP_FIN))
		return false;
	return c->echo_time && fsp_serial_before(rx->serial, c->echo_serial);
}

/*
 * Nobody who has not seen the packets can tell both numbers: the one the peer goes
 * on from, or goes back to where our acknowledgments got lost, and that of bytes
 * that are on their way to it.
 */
static bool proves(const struct sock *sk, const struct fsp_rx *rx)
{
	const struct fsp_conn *c = &ferry_stream_sk(sk)->conn;
	u32 behind = c->rcv_nxt - rx->seq;

	if (sk->sk_state == TCP_SYN_SENT)
		return proves_synack(c, rx);
	if ((rx->flags & (FSP_SYN | FSP_RST | FSP_ACK)) != FSP_ACK || late(c, rx))
		return false;
	if (fsp_before(rx->ack, c->snd_una) || fsp_after(rx->ack, c->snd_nxt))
		return false;
	if (behind <= TAIL)
		return true;
	return behind <= ferry_stream_most_window(sk) &&
	       (rx->ack == c->snd_una || rx->ack == c->snd_nxt);
}

/**
 * ferry_stream_peer_seen() - a packet came: does it come by another UDP port?
 * @sk: its owner, locked
 * @from: its sender's UDP port
 * @rx: its header
 */
void ferry_stream_peer_seen(struct sock *sk, __be16 from, const struct fsp_rx *rx)
{
	struct ferry_sock *fs = ferry_sk(sk);

	if (likely(from == fs->udp))
		return;
	if (!fs->udp || !from || !proves(sk, rx)) {
		ferry_stat_inc(ferry_sock_net(sk), FERRY_STAT_UDP_MOVE_REFUSED);
		return;
	}
	WRITE_ONCE(fs->udp, from);
	/* Policies may look at it. */
	sk_dst_reset(sk);
	ferry_stat_inc(ferry_sock_net(sk), FERRY_STAT_UDP_MOVED);
}

/* Who begins anew: another host behind the same NAT, or the same one restarted */
static bool begins(const struct ferry_packet *p)
{
	return (p->rx.flags & (FSP_SYN | FSP_ACK | FSP_RST)) == FSP_SYN;
}

static bool way_differs(const struct ferry_packet *p, __be16 udp)
{
	return !p->tuple->udp != !udp;
}

/**
 * ferry_stream_way_fits() - may a packet reach the socket that has its tuple?
 * @sk: the socket
 * @p: the packet; consumed where not
 *
 * A connection goes inside UDP or does not, from its SYN to its end. A SYN that
 * comes another way than the connection is refused, not challenged: a challenge
 * would have a stranger end the connection (protocol.rst).
 */
bool ferry_stream_way_fits(const struct sock *sk, struct ferry_packet *p)
{
	__be16 udp = READ_ONCE(ferry_sk(sk)->udp);

	if (likely(p->tuple->udp == udp))
		return true;
	if (!ferry_stream_parsed(p))
		return false;
	if (begins(p) && READ_ONCE(sk->sk_state) != TCP_SYN_SENT) {
		ferry_stream_refuse(p);
		return false;
	}
	if (!way_differs(p, udp))
		return true;
	ferry_stream_drop(p->fn, p->skb, FERRY_STAT_UDP_DROP_KIND);
	return false;
}

/* The same of a half-open connection */
bool ferry_stream_request_fits(const struct ferry_request *req, struct ferry_packet *p)
{
	if (!way_differs(p, READ_ONCE(req->flow.tuple.udp)))
		return true;
	if (begins(p))
		ferry_stream_refuse(p);
	else
		ferry_stream_drop(p->fn, p->skb, FERRY_STAT_UDP_DROP_KIND);
	return false;
}
