// SPDX-License-Identifier: GPL-2.0-only
/* What netlink is told of a datagram socket. */
#include <net/sock.h>

#include "dgram/sock.h"
#include "diag.h"

/**
 * ferry_dgram_diag() - see diag.h
 * @sk: the socket
 * @info: filled in
 */
void ferry_dgram_diag(struct sock *sk, struct ferry_sock_info *info)
{
	/* Queues of datagrams are measured in memory, as ss shows UDP's. */
	ferry_diag_sock(sk, info);
}
