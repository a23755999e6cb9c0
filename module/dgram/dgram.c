// SPDX-License-Identifier: GPL-2.0-only
/* Datagram sockets: what the kernel calls, birth and end. */
#include <linux/module.h>
#include <linux/sockios.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>
#include <asm/ioctls.h>

#include "dgram/dgram.h"
#include "dgram/sock.h"
#include "family.h"
#include "sysctl.h"

/* What all datagram sockets together take, in pages */
static atomic_long_t memory_allocated ____cacheline_aligned_in_smp;
static DEFINE_PER_CPU(int, per_cpu_fw_alloc);

/* Each socket may have this much even where memory is short. */
static int mem_min = PAGE_SIZE;

static int answer_ioctl(struct sock *sk, int cmd, int *answer)
{
	switch (cmd) {
	case SIOCOUTQ:
		*answer = sk_wmem_alloc_get(sk);
		return 0;
	case SIOCINQ:
		*answer = max(0, ferry_dgram_first(sk));
		return 0;
	default:
		return -ENOIOCTLCMD;
	}
}

#ifdef FERRY_HAVE_IOCTL_KARG
static int do_ioctl(struct sock *sk, int cmd, int *karg)
{
	return answer_ioctl(sk, cmd, karg);
}
#else
static int do_ioctl(struct sock *sk, int cmd, unsigned long arg)
{
	int answer, err;

	err = answer_ioctl(sk, cmd, &answer);
	return err ?: put_user(answer, (int __user *)arg);
}
#endif

static void init_sock(struct sock *sk)
{
	skb_queue_head_init(&ferry_dgram_sk(sk)->chunks);
}

static void destroy_sock(struct sock *sk)
{
	lock_sock(sk);
	ferry_dgram_flush(sk);
	ferry_dgram_set_gro(sk, false);
	release_sock(sk);
}

static void close_sock(struct sock *sk, long timeout)
{
	sk_common_release(sk);
}

static struct proto proto4 = {
	.name			= "FDP",
	.owner			= THIS_MODULE,
	.close			= close_sock,
	.destroy		= destroy_sock,
	.pre_connect		= ferry_dgram_pre_connect4,
	.connect		= ferry_dgram_connect4,
	.disconnect		= ferry_dgram_disconnect,
	.ioctl			= do_ioctl,
	.setsockopt		= ferry_dgram_setsockopt,
	.getsockopt		= ferry_dgram_getsockopt,
	.sendmsg		= ferry_dgram_sendmsg,
	.recvmsg		= ferry_dgram_recvmsg,
	.release_cb		= ip4_datagram_release_cb,
	.unhash			= ferry_dgram_unhash,
	.get_port		= ferry_dgram_get_port,
	.memory_allocated	= &memory_allocated,
	.per_cpu_fw_alloc	= &per_cpu_fw_alloc,
	.sysctl_mem		= ferry_sysctl_dgram_mem,
	.sysctl_wmem		= &mem_min,
	.sysctl_rmem		= &mem_min,
	.obj_size		= sizeof(struct ferry_dgram_sock),
};

static struct proto proto6 = {
	.name			= "FDPv6",
	.owner			= THIS_MODULE,
	.close			= close_sock,
	.destroy		= destroy_sock,
	.pre_connect		= ferry_dgram_pre_connect6,
	.connect		= ferry_dgram_connect6,
	.disconnect		= ferry_dgram_disconnect,
	.ioctl			= do_ioctl,
	.setsockopt		= ferry_dgram_setsockopt,
	.getsockopt		= ferry_dgram_getsockopt,
	.sendmsg		= ferry_dgram_sendmsg,
	.recvmsg		= ferry_dgram_recvmsg,
	.release_cb		= ip6_datagram_release_cb,
	.unhash			= ferry_dgram_unhash,
	.get_port		= ferry_dgram_get_port,
	.memory_allocated	= &memory_allocated,
	.per_cpu_fw_alloc	= &per_cpu_fw_alloc,
	.sysctl_mem		= ferry_sysctl_dgram_mem,
	.sysctl_wmem		= &mem_min,
	.sysctl_rmem		= &mem_min,
	.obj_size		= sizeof(struct ferry_dgram6_sock),
#ifdef FERRY_HAVE_PROTO_IPV6_PINFO_OFFSET
	.ipv6_pinfo_offset	= offsetof(struct ferry_dgram6_sock, np),
#endif
};

static const struct proto_ops ops4 = {
	.family		= PF_INET,
	.owner		= THIS_MODULE,
	.release	= inet_release,
	.bind		= ferry_bind,
	.connect	= inet_dgram_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= sock_no_accept,
	.getname	= inet_getname,
	.poll		= ferry_dgram_poll,
	.ioctl		= inet_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= sock_no_listen,
	.shutdown	= inet_shutdown,
	.setsockopt	= sock_common_setsockopt,
	.getsockopt	= sock_common_getsockopt,
	.sendmsg	= inet_sendmsg,
	.recvmsg	= inet_recvmsg,
	.mmap		= sock_no_mmap,
	.set_peek_off	= sk_set_peek_off,
};

static const struct proto_ops ops6 = {
	.family		= PF_INET6,
	.owner		= THIS_MODULE,
	.release	= inet6_release,
	.bind		= ferry_bind,
	.connect	= inet_dgram_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= sock_no_accept,
	.getname	= inet6_getname,
	.poll		= ferry_dgram_poll,
	.ioctl		= inet6_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= sock_no_listen,
	.shutdown	= inet_shutdown,
	.setsockopt	= sock_common_setsockopt,
	.getsockopt	= sock_common_getsockopt,
	.sendmsg	= inet_sendmsg,
	.recvmsg	= inet_recvmsg,
	.mmap		= sock_no_mmap,
	.set_peek_off	= sk_set_peek_off,
};

int ferry_dgram_create(struct net *net, struct socket *sock, int family, int kern)
{
	bool v6 = family == AF_INET6;
	struct ipv6_pinfo *np = NULL;
	struct sock *sk;
	int err;

	sock->sk = NULL;
	sk = sk_alloc(net, family, GFP_KERNEL, v6 ? &proto6 : &proto4, kern);
	if (!sk)
		return -ENOBUFS;
	ferry_sk(sk)->fn = ferry_net(net);
	if (v6)
		np = &((struct ferry_dgram6_sock *)sk)->np;
	sock->ops = v6 ? &ops6 : &ops4;
	init_sock(sk);
	err = ferry_family_init_sock(net, sock, sk, ferry_ip_protocol(FERRY_DGRAM),
				     np, kern);
	if (err) {
		sk_common_release(sk);
		sock->sk = NULL;
	}
	return err;
}

static const struct ferry_transport_ops transport = {
	.hdr_min	= FDP_HDR,
	.csum_offset	= FDP_CHECK_OFFSET,
	.rcv		= ferry_dgram_rcv,
	.err		= ferry_dgram_err,
};

/**
 * ferry_dgram_init() - take the protocol number, for every namespace
 *
 * Return: 0 or a negative errno.
 */
int ferry_dgram_init(void)
{
	int err;

	err = proto_register(&proto4, 1);
	if (err)
		return err;
	err = proto_register(&proto6, 1);
	if (err)
		goto err_proto4;
	err = ferry_ip_register(FERRY_DGRAM, &transport);
	if (err)
		goto err_proto6;
	return 0;

err_proto6:
	proto_unregister(&proto6);
err_proto4:
	proto_unregister(&proto4);
	return err;
}

/**
 * ferry_dgram_uninit() - undo ferry_dgram_init(); no socket is left
 */
void ferry_dgram_uninit(void)
{
	ferry_ip_unregister(FERRY_DGRAM);
	/* sockets are freed by RCU, into the caches that go now */
	rcu_barrier();
	proto_unregister(&proto6);
	proto_unregister(&proto4);
}

/**
 * ferry_dgram_net_init() - a namespace begins: nothing is kept beside ports
 * @fn: the namespace
 */
int ferry_dgram_net_init(struct ferry_net *fn)
{
	return 0;
}

/**
 * ferry_dgram_net_uninit() - a namespace ends
 * @fn: the namespace
 */
void ferry_dgram_net_uninit(struct ferry_net *fn)
{
}
