// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel must know of the two protocols, and how a socket begins. */
#include <linux/module.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>

#include "compat/accept.h"
#include "compat/zerocopy.h"
#include "family.h"
#include "ip/ip.h"
#include "stream/internal.h"
#include "stream/stream.h"

/* Memory of all stream sockets together, in pages; see net.ferry.stream_mem */
static atomic_long_t memory_allocated ____cacheline_aligned_in_smp;
static DEFINE_PER_CPU(int, memory_reserve);
static struct percpu_counter sockets_allocated;
static unsigned long memory_pressure;

/* Least buffers, which a socket keeps even under pressure */
static int least_wmem[3] = { PAGE_SIZE, PAGE_SIZE, PAGE_SIZE };
static int least_rmem[3] = { PAGE_SIZE, PAGE_SIZE, PAGE_SIZE };

static void enter_memory_pressure(struct sock *sk)
{
	if (READ_ONCE(memory_pressure))
		return;
	WRITE_ONCE(memory_pressure, 1);
	ferry_stat_inc(ferry_sock_net(sk), FERRY_STAT_STREAM_PRESSURE);
}

static void leave_memory_pressure(struct sock *sk)
{
	if (READ_ONCE(memory_pressure))
		WRITE_ONCE(memory_pressure, 0);
}

static int get_port(struct sock *sk, unsigned short port)
{
	return ferry_port_get(ferry_sock_net(sk)->ports[FERRY_STREAM], sk, port);
}

static void put_port(struct sock *sk)
{
	ferry_port_put(sk);
}

static int hash(struct sock *sk)
{
	return 0;
}

static void unhash(struct sock *sk)
{
	ferry_flow_remove(ferry_stream_flows(ferry_sock_net(sk)), &ferry_sk(sk)->flow);
}

/* SO_KEEPALIVE was changed. */
static void keepalive(struct sock *sk, int on)
{
	ferry_stream_sk(sk)->conn.cfg.keepalive = on;
	ferry_stream_reconfigure(sk);
}

/* A socket that never came to life: sk_common_release() after a failed create */
static void destroy(struct sock *sk)
{
	ferry_port_put(sk);
	sk_sockets_allocated_dec(sk);
}

FERRY_PROTO_ACCEPT(accept_child, ferry_stream_accept_child)

#define PROTO_COMMON						\
	.owner			= THIS_MODULE,			\
	.close			= ferry_stream_close,		\
	.pre_connect		= ferry_stream_pre_connect,	\
	.connect		= ferry_stream_connect,		\
	.disconnect		= ferry_stream_disconnect,	\
	.accept			= accept_child,			\
	.ioctl			= ferry_stream_ioctl,		\
	.destroy		= destroy,			\
	.shutdown		= ferry_stream_shutdown,	\
	.setsockopt		= ferry_stream_setsockopt,	\
	.getsockopt		= ferry_stream_getsockopt,	\
	.keepalive		= keepalive,			\
	.sendmsg		= ferry_stream_sendmsg,		\
	.recvmsg		= ferry_stream_recvmsg,		\
	.backlog_rcv		= ferry_stream_backlog_rcv,	\
	.release_cb		= ferry_stream_release_cb,	\
	.hash			= hash,				\
	.unhash			= unhash,			\
	.get_port		= get_port,			\
	.put_port		= put_port,			\
	.stream_memory_free	= ferry_stream_memory_free,	\
	.enter_memory_pressure	= enter_memory_pressure,	\
	.leave_memory_pressure	= leave_memory_pressure,	\
	.memory_allocated	= &memory_allocated,		\
	.per_cpu_fw_alloc	= &memory_reserve,		\
	.sockets_allocated	= &sockets_allocated,		\
	.memory_pressure	= &memory_pressure,		\
	.sysctl_mem		= ferry_sysctl_stream_mem,	\
	.sysctl_wmem		= least_wmem,			\
	.sysctl_rmem		= least_rmem,			\
	.max_header		= FERRY_STREAM_HEADROOM,	\
	.slab_flags		= SLAB_ACCOUNT

struct proto ferry_stream_prot = {
	PROTO_COMMON,
	.name		= "FERRY-STREAM",
	.obj_size	= sizeof(struct ferry_stream_sock),
};

#if IS_ENABLED(CONFIG_IPV6)
struct proto ferry_stream6_prot = {
	PROTO_COMMON,
	.name		= "FERRY-STREAMv6",
	.obj_size	= sizeof(struct ferry_stream6_sock),
#ifdef FERRY_HAVE_PROTO_IPV6_PINFO_OFFSET
	.ipv6_pinfo_offset = offsetof(struct ferry_stream6_sock, inet6),
#endif
};
#endif

#ifdef FERRY_HAVE_SENDPAGE
#define OPS_SENDPAGE	.sendpage = ferry_stream_sendpage,
#else
#define OPS_SENDPAGE
#endif

/* The flags of a struct socket; io_uring asks for the first before it sends zero-copy. */
static void flag_socket(struct socket *sock)
{
	set_bit(SOCK_SUPPORT_ZC, &sock->flags);
	ferry_own_sockopts(sock);
}

FERRY_OPS_ACCEPT(ops_accept, flag_socket)

#define OPS_COMMON					\
	.owner		= THIS_MODULE,			\
	.bind		= ferry_bind,			\
	.connect	= inet_stream_connect,		\
	.socketpair	= sock_no_socketpair,		\
	.accept		= ops_accept,			\
	.poll		= ferry_stream_poll,		\
	.gettstamp	= sock_gettstamp,		\
	.listen		= ferry_stream_listen,		\
	.shutdown	= inet_shutdown,		\
	.setsockopt	= ferry_stream_ops_setsockopt,	\
	.getsockopt	= sock_common_getsockopt,	\
	.sendmsg	= inet_sendmsg,			\
	.recvmsg	= inet_recvmsg,			\
	.mmap		= sock_no_mmap,			\
	OPS_SENDPAGE					\
	.splice_read	= ferry_stream_splice_read,	\
	.peek_len	= ferry_stream_peek_len,	\
	.read_sock	= ferry_stream_read_sock,	\
	.set_peek_off	= sk_set_peek_off,		\
	.set_rcvlowat	= ferry_stream_set_rcvlowat

const struct proto_ops ferry_stream_ops = {
	OPS_COMMON,
	.family		= PF_INET,
	.release	= inet_release,
	.getname	= inet_getname,
	.ioctl		= inet_ioctl,
};

#if IS_ENABLED(CONFIG_IPV6)
const struct proto_ops ferry_stream6_ops = {
	OPS_COMMON,
	.family		= PF_INET6,
	.release	= inet6_release,
	.getname	= inet6_getname,
	.ioctl		= inet6_ioctl,
};
#endif

/* For a new socket and a listener's child alike; options are left as they are. */
void ferry_stream_sock_init(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	ss->deferred = 0;
	ss->copied_seq = 0;
	ss->inq = 0;
	ss->told_established = false;
	ss->path_stale = false;
	ss->no_memory = false;
	ss->orphan = false;
	ss->first_asked = false;
	ss->first_blocked = false;
	ss->first_msg = NULL;
	ss->first_of = NULL;
	ss->listens = NULL;
	INIT_LIST_HEAD(&ss->push_node);
	ferry_stream_timer_init(sk);
	ferry_stream_rmem_init(sk);
}

static void set_up(struct sock *sk)
{
	const struct ferry_sysctl *sysctl = &ferry_sock_net(sk)->sysctl;
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	const struct fsp_cc_ops *cc = fsp_cc_find(sysctl->stream_congestion);

	sock_set_flag(sk, SOCK_RCU_FREE);
	sk->sk_backlog_rcv = ferry_stream_backlog_rcv;
	sk->sk_write_space = ferry_stream_write_space;
	sk->sk_destruct = ferry_stream_destruct;
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(sysctl->stream_rmem[1]));
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(sysctl->stream_wmem[1]));
	sk_sockets_allocated_inc(sk);
	ferry_stream_config_init(sk);
	ferry_stream_sock_init(sk);
	fsp_conn_init_zeroed(&ss->conn, cc ?: fsp_cc_find(FSP_CC_DEFAULT));
}

static struct ipv6_pinfo *pinfo(struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return &((struct ferry_stream6_sock *)sk)->inet6;
#endif
	return NULL;
}

int ferry_stream_create(struct net *net, struct socket *sock, int family, int kern)
{
	struct proto *prot = &ferry_stream_prot;
	struct sock *sk;
	int err;

	sock->ops = &ferry_stream_ops;
#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6) {
		prot = &ferry_stream6_prot;
		sock->ops = &ferry_stream6_ops;
	}
#endif
	sk = sk_alloc(net, family, GFP_KERNEL, prot, kern);
	if (!sk)
		return -ENOBUFS;
	ferry_sk(sk)->fn = ferry_net(net);
	err = ferry_family_init_sock(net, sock, sk, ferry_ip_protocol(FERRY_STREAM),
				     pinfo(sk), kern);
	set_up(sk);
	flag_socket(sock);
	if (!err) {
		ferry_ip_early_ask(ferry_net(net));
		return 0;
	}
	sk_common_release(sk);
	sock->sk = NULL;
	return err;
}

int ferry_stream_proto_init(void)
{
	int err;

	err = percpu_counter_init(&sockets_allocated, 0, GFP_KERNEL);
	if (err)
		return err;
	err = proto_register(&ferry_stream_prot, 1);
	if (err)
		goto counter;
#if IS_ENABLED(CONFIG_IPV6)
	err = proto_register(&ferry_stream6_prot, 1);
	if (err)
		goto v4;
#endif
	return 0;

#if IS_ENABLED(CONFIG_IPV6)
v4:
	proto_unregister(&ferry_stream_prot);
#endif
counter:
	percpu_counter_destroy(&sockets_allocated);
	return err;
}

/* Sockets are freed by RCU: wait for the last of them. */
void ferry_stream_proto_uninit(void)
{
	rcu_barrier();
#if IS_ENABLED(CONFIG_IPV6)
	proto_unregister(&ferry_stream6_prot);
#endif
	proto_unregister(&ferry_stream_prot);
	percpu_counter_destroy(&sockets_allocated);
}
