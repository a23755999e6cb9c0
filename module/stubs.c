// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rooms not built yet: weak, so that the real ones take their place by being
 * there. This file shrinks to nothing.
 */
#include <linux/errno.h>

#include "diag.h"
#include "stream/stream.h"

int __weak ferry_stream_init(void)
{
	return 0;
}

void __weak ferry_stream_uninit(void)
{
}

int __weak ferry_stream_net_init(struct ferry_net *fn)
{
	return 0;
}

void __weak ferry_stream_net_uninit(struct ferry_net *fn)
{
}

int __weak ferry_stream_create(struct net *net, struct socket *sock, int family,
			       int kern)
{
	return -ESOCKTNOSUPPORT;
}

void __weak ferry_stream_diag(struct sock *sk, struct ferry_sock_info *info)
{
}

void __weak ferry_stream_diag_flow(struct ferry_flow *flow, struct ferry_sock_info *info)
{
}

int __weak ferry_stream_abort(struct sock *sk, int err)
{
	return -EOPNOTSUPP;
}

/* What the two halves of stream/ and the engine call in each other. */
#define HOLE(name)	long __weak name(void); long __weak name(void) { return 0; }

HOLE(ferry_stream_after)
HOLE(ferry_stream_alloc_tx)
HOLE(ferry_stream_charge_tx)
HOLE(ferry_stream_eat)
HOLE(ferry_stream_free_tx)
HOLE(ferry_stream_read_done)
HOLE(ferry_stream_reconfigure)
HOLE(ferry_stream_seg_goal)
HOLE(fsp_host_admit)
HOLE(fsp_host_alloc)
HOLE(fsp_host_challenge_ok)
HOLE(fsp_host_count)
HOLE(fsp_host_deliver)
HOLE(fsp_host_free_rx)
HOLE(fsp_host_free_tx)
HOLE(fsp_host_may_send)
HOLE(fsp_host_merge)
HOLE(fsp_host_rcv_full_space)
HOLE(fsp_host_rcv_space)
HOLE(fsp_host_split)
HOLE(fsp_host_trim)
HOLE(fsp_host_xmit)
