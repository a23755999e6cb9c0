/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the netlink room share. */
#ifndef _FERRY_NETLINK_INTERNAL_H
#define _FERRY_NETLINK_INTERNAL_H

#include <net/genetlink.h>

#include "diag.h"
#include "net.h"
#include "netlink/gen.h"
#include "port/grant.h"

struct user_namespace;

/**
 * struct ferry_nl_view - how much of a socket is shown, and to whom
 * @ns: whose uids
 * @details: also what is only useful to who looks closely
 * @admin: may see SO_MARK
 */
struct ferry_nl_view {
	struct user_namespace	*ns;
	bool			details;
	bool			admin;
};

/**
 * struct ferry_nl_filter - which sockets to show
 * @types: bits by transport
 * @states: bits by state
 * @family: 0 for both
 * @laddr: first @lbits of it, v4-mapped, must match
 * @raddr: likewise
 * @lbits: 0 for any address
 * @rbits: likewise
 * @lport: first and last local port
 * @rport: first and last remote port
 * @device: 0 for any
 * @has_uid: @uid must match
 * @uid: owner
 * @has_inode: @inode must match
 * @inode: of the socket's file
 * @cookie: 0 for any
 */
struct ferry_nl_filter {
	u32		types;
	u32		states;
	u16		family;
	struct in6_addr	laddr;
	struct in6_addr	raddr;
	u8		lbits;
	u8		rbits;
	u16		lport[2];
	u16		rport[2];
	u32		device;
	bool		has_uid;
	kuid_t		uid;
	bool		has_inode;
	u64		inode;
	u64		cookie;
};

/* filter.c */
int ferry_nl_filter_parse(struct ferry_nl_filter *filter, const struct nlattr *nest,
			  struct user_namespace *ns, struct netlink_ext_ack *extack);
bool ferry_nl_filter_match(const struct ferry_nl_filter *filter,
			   const struct ferry_sock_info *info);

/* fill.c */
void ferry_nl_describe(struct sock *sk, struct ferry_sock_info *info);
int ferry_nl_put_addr(struct sk_buff *skb, int attr, u16 family,
		      const struct in6_addr *addr);
int ferry_nl_put_socket(struct sk_buff *skb, const struct ferry_sock_info *info,
			const struct ferry_nl_view *view);

/* grant.c */
int ferry_nl_put_grant(struct sk_buff *skb, const struct ferry_grant *grant,
		       struct user_namespace *ns);

/* event.c */
void ferry_nl_grant_event(struct ferry_net *fn, u8 cmd,
			  const struct ferry_grant *grant);
void ferry_nl_event_init(void);
void ferry_nl_event_uninit(void);

static inline struct user_namespace *ferry_nl_user_ns(const struct sk_buff *skb)
{
	return sk_user_ns(NETLINK_CB(skb).sk);
}

/* Starts a message of a dump. */
static inline void *ferry_nl_dump_put(struct sk_buff *skb,
				      struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &ferry_nl_family, NLM_F_MULTI, cmd);
}

#endif /* _FERRY_NETLINK_INTERNAL_H */
