/* SPDX-License-Identifier: GPL-2.0-only */
/* What recvmsg.c and splice.c, the two ways to read, have in common. */
#ifndef _FERRY_STREAM_QUEUE_H
#define _FERRY_STREAM_QUEUE_H

#include <linux/types.h>

struct sk_buff;
struct sock;

struct sk_buff *ferry_stream_find(struct sock *sk, u32 seq, u32 *offset);
void ferry_stream_take(struct sock *sk, struct sk_buff *skb, u32 bytes);
int ferry_stream_ended(struct sock *sk);

#endif /* _FERRY_STREAM_QUEUE_H */
