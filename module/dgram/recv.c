// SPDX-License-Identifier: GPL-2.0-only
/* Receiving: recvmsg(), and what poll() says of the queue. */
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>

#include "compat/dgram.h"
#include "compat/inet_flags.h"
#include "dgram/sock.h"

/* ---- checksums that were left for now ---- */

static bool csum_bad(struct sk_buff *skb)
{
	return !skb_csum_unnecessary(skb) && __skb_checksum_complete(skb);
}

/* Take a broken datagram out of the queue, unless another reader did. */
static void discard(struct sock *sk, struct sk_buff *skb, int flags)
{
	if (!__sk_queue_drop_skb(sk, &sk->sk_receive_queue, skb, flags, NULL))
		ferry_dgram_drop_queued(sk, skb);
	else
		kfree_skb(skb);
}

int ferry_dgram_first(struct sock *sk)
{
	struct sk_buff_head bad, *queue = &sk->sk_receive_queue;
	struct sk_buff *skb;
	unsigned long flags;
	int len;

	__skb_queue_head_init(&bad);
	spin_lock_irqsave(&queue->lock, flags);
	while ((skb = skb_peek(queue)) && csum_bad(skb)) {
		__skb_unlink(skb, queue);
		__skb_queue_tail(&bad, skb);
	}
	len = skb ? skb->len : -1;
	spin_unlock_irqrestore(&queue->lock, flags);

	/* freeing takes the queue's lock */
	while ((skb = __skb_dequeue(&bad)))
		ferry_dgram_drop_queued(sk, skb);
	return len;
}

__poll_t ferry_dgram_poll(struct file *file, struct socket *sock,
			  struct poll_table_struct *wait)
{
	__poll_t mask = datagram_poll(file, sock, wait);
	struct sock *sk = sock->sk;

	/* A reader that may block must not be sent to wait for a good datagram. */
	if ((mask & EPOLLRDNORM) && !(file->f_flags & O_NONBLOCK) &&
	    !(sk->sk_shutdown & RCV_SHUTDOWN) && ferry_dgram_first(sk) < 0)
		mask &= ~(EPOLLIN | EPOLLRDNORM);
	return mask;
}

/* ---- address and control messages ---- */

static bool is_v6(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IPV6);
}

static const __be16 *ports(const struct sk_buff *skb)
{
	return (const __be16 *)skb_transport_header(skb);
}

static int name4(struct sock *sk, struct msghdr *msg, const struct sk_buff *skb)
{
	struct sockaddr_in *sin = msg->msg_name;
	int len = sizeof(*sin);

	*sin = (struct sockaddr_in) {
		.sin_family	= AF_INET,
		.sin_port	= ports(skb)[0],
		.sin_addr	= { ip_hdr(skb)->saddr },
	};
	ferry_cgroup_addr(BPF_CGROUP_RUN_PROG_UDP4_RECVMSG_LOCK, sk, sin, &len);
	return len;
}

static int name6(struct sock *sk, struct msghdr *msg, const struct sk_buff *skb)
{
	struct sockaddr_in6 *sin6 = msg->msg_name;
	int len = sizeof(*sin6);

	*sin6 = (struct sockaddr_in6) {
		.sin6_family	= AF_INET6,
		.sin6_port	= ports(skb)[0],
	};
	if (is_v6(skb)) {
		sin6->sin6_addr = ipv6_hdr(skb)->saddr;
		sin6->sin6_scope_id = ipv6_iface_scope_id(&sin6->sin6_addr,
							  inet6_iif(skb));
	} else {
		ferry_ip_map4(&sin6->sin6_addr, ip_hdr(skb)->saddr);
	}
	ferry_cgroup_addr(BPF_CGROUP_RUN_PROG_UDP6_RECVMSG_LOCK, sk, sin6, &len);
	return len;
}

static int put_name(struct sock *sk, struct msghdr *msg, const struct sk_buff *skb)
{
	if (!msg->msg_name)
		return 0;
	return sk->sk_family == AF_INET6 ? name6(sk, msg, skb) : name4(sk, msg, skb);
}

/* IPV6_RECVPKTINFO of a packet that came by IPv4 */
static void put_pktinfo_mapped(struct sock *sk, struct msghdr *msg,
			       struct sk_buff *skb)
{
	struct in6_pktinfo info = {
		.ipi6_ifindex = PKTINFO_SKB_CB(skb)->ipi_ifindex,
	};

	if (!inet6_sk(sk)->rxopt.bits.rxinfo)
		return;
	ferry_ip_map4(&info.ipi6_addr, ip_hdr(skb)->daddr);
	put_cmsg(msg, SOL_IPV6, IPV6_PKTINFO, sizeof(info), &info);
}

static bool wants_cmsg4(const struct sock *sk)
{
#ifdef FERRY_HAVE_INET_TEST_BIT
	return inet_cmsg_flags(inet_sk(sk));
#else
	return inet_sk(sk)->cmsg_flags;
#endif
}

static void put_control(struct sock *sk, struct msghdr *msg, struct sk_buff *skb,
			int off)
{
	sock_recv_cmsgs(msg, sk, skb);
	if (is_v6(skb)) {
		if (inet6_sk(sk)->rxopt.all)
			ip6_datagram_recv_ctl(sk, msg, skb);
		return;
	}
	if (sk->sk_family == AF_INET6)
		put_pktinfo_mapped(sk, msg, skb);
	if (wants_cmsg4(sk))
		ip_cmsg_recv_offset(msg, sk, skb, FDP_HDR, off);
}

/* ---- recvmsg() ---- */

/* A partial copy cannot be verified on the way; the whole is, before. */
static bool verify_first(const struct sk_buff *skb, int copied, int flags)
{
	return copied < skb->len || (flags & MSG_PEEK);
}

/* -EBADMSG for a wrong checksum */
static int copy(struct sk_buff *skb, int off, struct msghdr *msg, int copied,
		int flags)
{
	int err;

	if (verify_first(skb, copied, flags) && csum_bad(skb))
		return -EBADMSG;
	if (skb_csum_unnecessary(skb))
		return skb_copy_datagram_msg(skb, off, msg, copied);
	err = skb_copy_and_csum_datagram_msg(skb, off, msg);
	return err == -EINVAL ? -EBADMSG : err;
}

static void consume(struct sock *sk, struct sk_buff *skb, int copied, int flags)
{
	if (flags & MSG_PEEK)
		sk_peek_offset_fwd(sk, copied);
	else
		sk_peek_offset_bwd(sk, skb->len);
	consume_skb(skb);
}

static int receive(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		   int *addr_len)
{
	int err, off, copied, ulen, name_len;
	struct sk_buff *skb;

again:
	off = sk_peek_offset(sk, flags);
	skb = __skb_recv_datagram(sk, &sk->sk_receive_queue, flags, &off, &err);
	if (!skb)
		return err;

	ulen = skb->len;
	copied = min_t(size_t, len, ulen - off);
	err = copy(skb, off, msg, copied, flags);
	if (err == -EBADMSG) {
		discard(sk, skb, flags);
		msg->msg_flags &= ~MSG_TRUNC;
		cond_resched();
		goto again;
	}
	if (err) {
		kfree_skb(skb);
		return err;
	}
	if (copied < ulen - off || copied < ulen)
		msg->msg_flags |= MSG_TRUNC;
	name_len = put_name(sk, msg, skb);
	if (name_len)
		*addr_len = name_len;
	put_control(sk, msg, skb, off);
	ferry_dgram_super_cmsg(sk, msg, skb);
	consume(sk, skb, copied, flags);
	return flags & MSG_TRUNC ? ulen : copied;
}

#ifdef FERRY_HAVE_RECVMSG_NOADDRLEN
int ferry_dgram_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	if (flags & MSG_ERRQUEUE)
		return ferry_inet_recv_error(sk, msg, len, NULL);
	return receive(sk, msg, len, flags, &msg->msg_namelen);
}
#else
int ferry_dgram_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
			int *addr_len)
{
	if (flags & MSG_ERRQUEUE)
		return ferry_inet_recv_error(sk, msg, len, addr_len);
	return receive(sk, msg, len, flags, addr_len);
}
#endif
