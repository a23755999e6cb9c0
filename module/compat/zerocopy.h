/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MSG_ZEROCOPY: since 6.16 the kernel's functions also serve device memory, since 6.7
 * a family may answer to SO_ZEROCOPY.
 */
#ifndef _FERRY_COMPAT_ZEROCOPY_H
#define _FERRY_COMPAT_ZEROCOPY_H

#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/socket.h>

/* The record that tells the user when the pages of @size bytes are his again */
static inline struct ubuf_info *ferry_zerocopy_get(struct sock *sk, size_t size,
						   struct ubuf_info *last)
{
#ifdef FERRY_HAVE_ZEROCOPY_DEVMEM
	return msg_zerocopy_realloc(sk, size, last, false);
#else
	return msg_zerocopy_realloc(sk, size, last);
#endif
}

/* Move up to @want bytes' pages from @msg to @skb; as ferry_splice_from_iter() */
static inline int ferry_zerocopy_from_iter(struct sock *sk, struct sk_buff *skb,
					   struct msghdr *msg, u32 want,
					   struct ubuf_info *uarg)
{
#ifdef FERRY_HAVE_ZEROCOPY_DEVMEM
	return skb_zerocopy_iter_stream(sk, skb, msg, want, uarg, NULL);
#else
	return skb_zerocopy_iter_stream(sk, skb, msg, want, uarg);
#endif
}

/*
 * SOL_SOCKET options come to proto_ops.setsockopt, where the kernel lets them: its own
 * code refuses SO_ZEROCOPY to a protocol that it does not know.
 */
static inline void ferry_own_sockopts(struct socket *sock)
{
#ifdef FERRY_HAVE_CUSTOM_SOCKOPT
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
#endif
}

#endif /* _FERRY_COMPAT_ZEROCOPY_H */
