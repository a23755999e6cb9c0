// SPDX-License-Identifier: GPL-2.0-only
/* Ports and peers: bind, connect, disconnect. */
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/transp_v6.h>

#include "compat/dgram.h"
#include "dgram/sock.h"
#include "diag.h"

int ferry_dgram_get_port(struct sock *sk, unsigned short port)
{
	struct ferry_net *fn = ferry_sock_net(sk);
	int err;

	err = ferry_port_get(fn->ports[FERRY_DGRAM], sk, port);
	if (!err)
		ferry_diag_notify(sk, FERRY_DIAG_NEW);
	return err;
}

void ferry_dgram_unhash(struct sock *sk)
{
	if (!inet_sk(sk)->inet_num)
		return;
	ferry_diag_notify(sk, FERRY_DIAG_CLOSED);
	ferry_port_put(sk);
	inet_sk(sk)->inet_num = 0;
}

static int connected(struct sock *sk, int err)
{
	if (!err) {
		ferry_port_rehash(sk);
		ferry_diag_notify(sk, FERRY_DIAG_ESTABLISHED);
	}
	release_sock(sk);
	return err;
}

int ferry_dgram_connect4(struct sock *sk, ferry_sockaddr *addr, int len)
{
	lock_sock(sk);
	return connected(sk, __ip4_datagram_connect(sk, addr, len));
}

int ferry_dgram_connect6(struct sock *sk, ferry_sockaddr *addr, int len)
{
	lock_sock(sk);
	return connected(sk, __ip6_datagram_connect(sk, addr, len));
}

/* A cgroup's program may refuse or redirect. */
int ferry_dgram_pre_connect4(struct sock *sk, ferry_sockaddr *addr, int len)
{
	if (len < sizeof(struct sockaddr_in))
		return -EINVAL;
	return ferry_cgroup_addr(BPF_CGROUP_RUN_PROG_INET4_CONNECT_LOCK, sk, addr,
				 &len);
}

int ferry_dgram_pre_connect6(struct sock *sk, ferry_sockaddr *addr, int len)
{
	const struct sockaddr *sa = (const struct sockaddr *)addr;

	if (len < offsetofend(struct sockaddr, sa_family))
		return -EINVAL;
	if (sa->sa_family == AF_INET) {
		if (ipv6_only_sock(sk))
			return -EAFNOSUPPORT;
		return ferry_dgram_pre_connect4(sk, addr, len);
	}
	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	return ferry_cgroup_addr(BPF_CGROUP_RUN_PROG_INET6_CONNECT_LOCK, sk, addr,
				 &len);
}

/* What connect() chose goes; what bind() chose stays. */
static void forget_peer(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	sk->sk_state = TCP_CLOSE;
	inet->inet_daddr = 0;
	inet->inet_dport = 0;
	memset(&sk->sk_v6_daddr, 0, sizeof(sk->sk_v6_daddr));
	sock_rps_reset_rxhash(sk);
	sk->sk_bound_dev_if = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet_reset_saddr(sk);
	if (sk->sk_userlocks & SOCK_BINDPORT_LOCK) {
		ferry_port_rehash(sk);
	} else {
		ferry_dgram_unhash(sk);
		inet->inet_sport = 0;
	}
	sk_dst_reset(sk);
}

int ferry_dgram_disconnect(struct sock *sk, int flags)
{
	lock_sock(sk);
	forget_peer(sk);
	release_sock(sk);
	return 0;
}

/**
 * ferry_dgram_abort() - an administrator ends a socket; see diag.h
 * @sk: referenced, not locked
 * @err: what its owner is told, positive
 */
int ferry_dgram_abort(struct sock *sk, int err)
{
	lock_sock(sk);
	sk->sk_userlocks &= ~(SOCK_BINDADDR_LOCK | SOCK_BINDPORT_LOCK);
	sk->sk_err = err;
	sk_error_report(sk);
	forget_peer(sk);
	release_sock(sk);
	return 0;
}
