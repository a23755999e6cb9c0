// SPDX-License-Identifier: GPL-2.0-only
/* What every socket can say about itself, and the hook events go through. */
#include <linux/rcupdate.h>
#include <linux/sock_diag.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "diag.h"
#include "ip/ip.h"
#include "net.h"

static const struct ferry_diag_hook __rcu *listener;

/*
 * The addresses bound and connected to, not those of a flow: a socket that is
 * not connected has none. Also right for one being changed meanwhile.
 */
static void diag_addresses(const struct sock *sk, struct ferry_tuple *tuple)
{
	const struct inet_sock *inet = inet_sk(sk);

	tuple->lport = READ_ONCE(inet->inet_sport);
	tuple->rport = READ_ONCE(inet->inet_dport);
	tuple->dev = READ_ONCE(sk->sk_bound_dev_if);
	tuple->udp = ferry_ip_udp_peer(sk);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		tuple->laddr = sk->sk_v6_rcv_saddr;
		tuple->raddr = sk->sk_v6_daddr;
		return;
	}
#endif
	ferry_ip_map4(&tuple->laddr, READ_ONCE(inet->inet_rcv_saddr));
	ferry_ip_map4(&tuple->raddr, READ_ONCE(inet->inet_daddr));
}

static void diag_memory(struct sock *sk, struct ferry_sock_info *info)
{
	info->rmem = sk_rmem_alloc_get(sk);
	info->wmem = sk_wmem_alloc_get(sk);
	info->rqueue = info->rmem;
	info->wqueue = info->wmem;
	info->rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	info->sndbuf = READ_ONCE(sk->sk_sndbuf);
	info->backlog = READ_ONCE(sk->sk_backlog.len);
	info->drops = atomic_read(&sk->sk_drops);
}

/* The kernel exports its cookies only through this. */
static u64 diag_cookie(struct sock *sk)
{
	u32 half[2];

	sock_diag_save_cookie(sk, half);
	return half[0] | (u64)half[1] << 32;
}

void ferry_diag_sock(struct sock *sk, struct ferry_sock_info *info)
{
	memset(info, 0, sizeof(*info));
	info->transport = sk->sk_type == SOCK_STREAM ? FERRY_STREAM : FERRY_DGRAM;
	info->family = sk->sk_family;
	info->state = READ_ONCE(sk->sk_state);
	info->uid = READ_ONCE(sk->sk_uid);
	info->inode = sock_i_ino(sk);
	info->cookie = diag_cookie(sk);
	info->mark = READ_ONCE(sk->sk_mark);
	info->v6only = ipv6_only_sock(sk);
	info->orphan = sock_flag(sk, SOCK_DEAD);
	info->reuse = sk->sk_reuse;
	info->reuseport = sk->sk_reuseport;
	diag_addresses(sk, &info->tuple);
	diag_memory(sk, info);
}

void ferry_diag_notify(struct sock *sk, enum ferry_diag_event event)
{
	const struct ferry_diag_hook *hook;

	rcu_read_lock();
	hook = rcu_dereference(listener);
	if (hook)
		hook->event(sk, event);
	rcu_read_unlock();
}

void ferry_diag_set_hook(const struct ferry_diag_hook *hook)
{
	rcu_assign_pointer(listener, hook);
	if (!hook)
		synchronize_rcu();
}
