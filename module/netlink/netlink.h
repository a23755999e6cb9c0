/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink face: what main.c calls. */
#ifndef _FERRY_NETLINK_NETLINK_H
#define _FERRY_NETLINK_NETLINK_H

/*
 * Last to be initialised and first to be undone: from init on messages come in
 * for every namespace.
 */
int ferry_netlink_init(void);
void ferry_netlink_uninit(void);

#endif /* _FERRY_NETLINK_NETLINK_H */
