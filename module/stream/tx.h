/* SPDX-License-Identifier: GPL-2.0-only */
/* Carriers of data to be sent, among mem.c and tx.c. */
#ifndef _FERRY_STREAM_TX_H
#define _FERRY_STREAM_TX_H

#include "stream/sock.h"

/**
 * struct ferry_tx_cb - skb->cb of a carrier
 * @seg: the engine's
 * @skip: bytes at the start of the payload that are the segment's no more
 */
struct ferry_tx_cb {
	struct fsp_seg	seg;
	u32		skip;
};

static inline struct ferry_tx_cb *ferry_tx_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct ferry_tx_cb) > sizeof(skb->cb));
	return (struct ferry_tx_cb *)skb->cb;
}

/* A fresh sk_buff becomes a carrier: reserve room, account it. */
void ferry_tx_own(struct sock *sk, struct sk_buff *skb);

/*
 * Keep @len bytes of a sk_buff's fragments from @off on. The list of fragments
 * must not be shared. Lengths in the sk_buff itself are the caller's.
 */
void ferry_tx_window(struct sk_buff *skb, u32 off, u32 len);

#endif /* _FERRY_STREAM_TX_H */
