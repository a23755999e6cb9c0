// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect(), from the address a user gives to the SYN; waiting is
 * inet_stream_connect()'s, which goes by sk_state and sk_err.
 */
#include <net/inet_common.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat/cgroup.h"
#include "compat/inet_flags.h"
#include "diag.h"
#include "ip/ip.h"
#include "stream/internal.h"

/*
 * RFC 6528: a secret function of the tuple, plus a clock so that successive
 * incarnations of one tuple do not overlap (RFC 9293 section 3.4.1: 4 us a tick;
 * this one ticks every 64 ns, and wraps after 4.5 minutes, which is longer than
 * the MSL all the same).
 */
u32 ferry_stream_isn(const struct ferry_net *fn, const struct ferry_tuple *tuple)
{
	return (u32)ferry_tuple_secret(tuple, 0, &fn->isn_key) +
	       (u32)(ktime_get_real_ns() >> 6);
}

/* ---- cgroup hooks ---- */

int ferry_stream_pre_connect(struct sock *sk, ferry_sockaddr *uaddr, int len)
{
	struct sockaddr *addr = (struct sockaddr *)uaddr;

	if (len < sizeof(struct sockaddr_in))
		return -EINVAL;
	if (sk->sk_family == AF_INET)
		return ferry_cgroup_connect4(sk, uaddr, &len);
#if IS_ENABLED(CONFIG_IPV6)
	if (addr->sa_family == AF_INET && !ipv6_only_sock(sk))
		return ferry_cgroup_connect4(sk, uaddr, &len);
	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	return ferry_cgroup_connect6(sk, uaddr, &len);
#else
	return -EAFNOSUPPORT;
#endif
}

/* ---- the peer's address ---- */

static bool unicast4(__be32 addr)
{
	return !ipv4_is_multicast(addr) && !ipv4_is_lbcast(addr);
}

/* "This host" (RFC 9293 section 3.9.2.3 forbids it on the wire): the loopback */
static __be32 not_any(const struct sock *sk, __be32 addr)
{
	if (addr != htonl(INADDR_ANY))
		return addr;
	return inet_sk(sk)->inet_saddr ?: htonl(INADDR_LOOPBACK);
}

static int peer4(struct sock *sk, const struct sockaddr_in *sin, int len)
{
	if (len < sizeof(*sin))
		return -EINVAL;
	if (sin->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	if (!unicast4(sin->sin_addr.s_addr))
		return -ENETUNREACH;
	sk_daddr_set(sk, not_any(sk, sin->sin_addr.s_addr));
	inet_sk(sk)->inet_dport = sin->sin_port;
	return 0;
}

#if IS_ENABLED(CONFIG_IPV6)
static int mapped_peer(struct sock *sk, const struct in6_addr *addr)
{
	__be32 to = addr->s6_addr32[3];
	struct in6_addr mapped;

	if (ipv6_only_sock(sk))
		return -ENETUNREACH;
	if (!ipv6_addr_any(&sk->sk_v6_rcv_saddr) &&
	    !ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
		return -EINVAL;
	if (!unicast4(to))
		return -ENETUNREACH;
	to = not_any(sk, to);
	ferry_ip_map4(&mapped, to);
	sk->sk_v6_daddr = mapped;
	sk_daddr_set(sk, to);
	return 0;
}

/* A link-local peer is reached by one interface: RFC 4007 */
static int scope(struct sock *sk, const struct sockaddr_in6 *sin6, int len)
{
	if (!(ipv6_addr_type(&sin6->sin6_addr) & IPV6_ADDR_LINKLOCAL))
		return 0;
	if (len >= sizeof(*sin6) && sin6->sin6_scope_id) {
		if (!sk_dev_equal_l3scope(sk, sin6->sin6_scope_id))
			return -EINVAL;
		sk->sk_bound_dev_if = sin6->sin6_scope_id;
	}
	return sk->sk_bound_dev_if ? 0 : -EINVAL;
}

static int label(struct sock *sk, const struct sockaddr_in6 *sin6)
{
	__be32 flow = sin6->sin6_flowinfo & IPV6_FLOWINFO_MASK;
	struct ip6_flowlabel *fl;

	if (!ferry_inet6_flag(sk, sndflow, SNDFLOW))
		return 0;
	if (flow & IPV6_FLOWLABEL_MASK) {
		fl = fl6_sock_lookup(sk, flow);
		if (IS_ERR(fl))
			return -EINVAL;
		fl6_sock_release(fl);
	}
	inet6_sk(sk)->flow_label = flow;
	return 0;
}

static int peer6(struct sock *sk, const struct sockaddr_in6 *sin6, int len)
{
	struct in6_addr to;
	int err;

	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (sin6->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	err = label(sk, sin6);
	if (err)
		return err;
	to = sin6->sin6_addr;
	if (ipv6_addr_any(&to)) {
		if (ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
			ferry_ip_map4(&to, htonl(INADDR_LOOPBACK));
		else
			to = in6addr_loopback;
	}
	inet_sk(sk)->inet_dport = sin6->sin6_port;
	if (ipv6_addr_v4mapped(&to))
		return mapped_peer(sk, &to);
	if (ipv6_addr_is_multicast(&to))
		return -ENETUNREACH;
	err = scope(sk, sin6, len);
	if (err)
		return err;
	sk->sk_v6_daddr = to;
	return 0;
}
#endif

static int peer(struct sock *sk, const void *uaddr, int len)
{
#if IS_ENABLED(CONFIG_IPV6)
	const struct sockaddr *addr = uaddr;

	/* A dual-stack socket takes what getaddrinfo() gives: plain IPv4 as well. */
	if (sk->sk_family == AF_INET6 && addr->sa_family == AF_INET6)
		return peer6(sk, uaddr, len);
	if (sk->sk_family == AF_INET6)
		return -EAFNOSUPPORT;
#endif
	return peer4(sk, uaddr, len);
}

/* ---- the connection ---- */

static void forget_peer(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->inet_dport = 0;
	WRITE_ONCE(ferry_sk(sk)->udp, 0);
	sk_daddr_set(sk, 0);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		sk->sk_v6_daddr = in6addr_any;
#endif
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet_reset_saddr(sk);
	sk->sk_route_caps = 0;
	sk_dst_reset(sk);
}

static void open_conn(struct sock *sk, const struct ferry_stream_taking *taking)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	u32 iss = ferry_stream_isn(ferry_sock_net(sk), &ss->fs.flow.tuple);

	if (taking->taken)
		iss = fsp_timewait_next_iss(&taking->tw, iss);
	fsp_conn_open(&ss->conn, iss, ferry_stream_now());
	if (taking->taken)
		fsp_timewait_follow(&taking->tw, &ss->conn);
}

static void begin(struct sock *sk, const struct ferry_stream_taking *taking)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct ferry_net *fn = ferry_sock_net(sk);
	struct fsp_conn *c = &ss->conn;

	if (ss->syncnt)
		c->cfg.syn_retries = ss->syncnt;
	c->cfg.rcv_max = ferry_stream_most_window(sk);
	ss->told_established = false;
	inet_sk_set_state(sk, TCP_SYN_SENT);
	sk_set_txhash(sk);
	ferry_stream_path_init(sk);
	c->default_mss = ferry_stream_default_mss(&ss->fs.flow.tuple);
	open_conn(sk, taking);
	ferry_stream_first_syn(sk, true);
	ferry_stat_inc(fn, FERRY_STAT_STREAM_ACTIVE_OPENS);
	ferry_diag_notify(sk, FERRY_DIAG_NEW);
	ferry_stream_after(sk);
}

int ferry_stream_connect(struct sock *sk, ferry_sockaddr *uaddr, int len)
{
	struct fsp_conn *c = &ferry_stream_sk(sk)->conn;
	struct ferry_stream_taking taking;
	int err;

	err = peer(sk, uaddr, len);
	if (err)
		return err;
	fsp_conn_init(c, c->cc);
	if (!fsp_conn_wake(c, ferry_stream_now())) {
		err = -ENOBUFS;
		goto forget;
	}
	if (ferry_sk(sk)->udp_wanted)
		WRITE_ONCE(ferry_sk(sk)->udp, ferry_ip_udp_default(sk));
	err = ferry_ip_connect(sk);
	if (err)
		goto forget;
	/* Packets that find the tuple wait for the lock; they want a state. */
	err = ferry_port_connect(ferry_sock_net(sk), FERRY_STREAM, sk,
				 ferry_stream_timewait_reuse(sk, &taking));
	if (err)
		goto forget;
	begin(sk, &taking);
	return 0;

forget:
	forget_peer(sk);
	return err;
}

static void reset_state(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	while (!skb_queue_empty(&sk->sk_receive_queue))
		ferry_stream_eat(sk, skb_peek(&sk->sk_receive_queue));
	WRITE_ONCE(ss->inq, 0);
	ss->copied_seq = 0;
	ss->told_established = false;
	ferry_inet_assign_flag(sk, defer_connect, DEFER_CONNECT, false);
	ss->deferred &= BIT(FERRY_DEFER_QUEUED);
	fsp_conn_init(&ss->conn, ss->conn.cc);
	ferry_stream_rmem_init(sk);
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	WRITE_ONCE(sk->sk_err_soft, 0);
}

/* Where giving a connection up is an error, which the user is told of */
#define ABORTED_STATES	(TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_ESTABLISHED | \
			 TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_CLOSE_WAIT)

/* connect(AF_UNSPEC), shutdown() before the handshake, a connect() that failed */
int ferry_stream_disconnect(struct sock *sk, int flags)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	int before = sk->sk_state;

	if (before == TCP_LISTEN) {
		ferry_stream_listen_stop(sk);
		if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
			ferry_port_put(sk);
	} else if (before != TCP_CLOSE) {
		if ((1 << before) & ABORTED_STATES)
			WRITE_ONCE(sk->sk_err, ECONNRESET);
		fsp_conn_abort(&ss->conn, ferry_stream_now());
		/* One that came out of it */
		if (ss->conn.state == FSP_TIME_WAIT)
			ferry_stream_timewait_enter(sk);
		ferry_stream_done(sk);
	}
	forget_peer(sk);
	reset_state(sk);
	if (ss->fs.hold.bucket)
		ferry_port_rehash(sk);
	sk_error_report(sk);
	return 0;
}
