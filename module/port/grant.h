/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reservations and grants: ranges of ports an administrator sets aside, and who
 * may have them all the same.
 *
 * A reserved port is never chosen as an ephemeral one, and bind() to it is
 * refused to all but its grantees. A grant lets a uid or gid bind the ports of a range,
 * well-known ones included; it needs no reservation.
 */
#ifndef _FERRY_PORT_GRANT_H
#define _FERRY_PORT_GRANT_H

#include <linux/types.h>
#include <linux/uidgid.h>

#include "port/flow.h"

struct ferry_grants;
struct ferry_net;

/* Per namespace: an unbounded list would let one administrator eat the kernel */
#define FERRY_GRANTS_MAX	4096

enum ferry_grant_kind {
	FERRY_GRANT_RESERVE,
	FERRY_GRANT_UID,
	FERRY_GRANT_GID,
};

/**
 * struct ferry_grant - what is asked for or reported; a plain value
 * @id: unique in the namespace and rising; set by ferry_grant_add()
 * @transport: whose ports
 * @first: first port of the range, host order, not 0
 * @last: last port, not below @first
 * @kind: reservation, or to whom the range is granted
 * @uid: for FERRY_GRANT_UID
 * @gid: for FERRY_GRANT_GID
 */
struct ferry_grant {
	u32			id;
	enum ferry_transport	transport;
	u16			first;
	u16			last;
	enum ferry_grant_kind	kind;
	kuid_t			uid;
	kgid_t			gid;
};

struct ferry_grants *ferry_grants_create(void);
/* NULL is fine. */
void ferry_grants_destroy(struct ferry_grants *grants);

/**
 * ferry_grant_add() - reserve or grant a range; process context
 * @fn: the namespace
 * @grant: what; its @id is filled in
 *
 * Return: 0, -EEXIST where the very same entry is there, -ENOSPC over
 * FERRY_GRANTS_MAX, -ENOMEM.
 */
int ferry_grant_add(struct ferry_net *fn, struct ferry_grant *grant);

/**
 * ferry_grant_del() - take one entry back; process context
 * @fn: the namespace
 * @grant: equal to the entry in all but @id, which is filled in
 *
 * Sockets that hold a port by it keep it.
 *
 * Return: 0, or -ENOENT.
 */
int ferry_grant_del(struct ferry_net *fn, struct ferry_grant *grant);

/**
 * ferry_grant_next() - the entry with the lowest id above @after, for dumps
 * that continue over several messages
 * @fn: the namespace
 * @after: 0 to begin
 * @grant: filled with a copy
 *
 * Return: 0, or -ENOENT at the end.
 */
int ferry_grant_next(struct ferry_net *fn, u32 after, struct ferry_grant *grant);

/* Is a port in a reserved range? Any context. */
bool ferry_grant_reserved(struct ferry_net *fn, enum ferry_transport t, u16 port);

/* Is a port granted to the running process, by its effective uid or a gid? */
bool ferry_grant_mine(struct ferry_net *fn, enum ferry_transport t, u16 port);

#endif /* _FERRY_PORT_GRANT_H */
