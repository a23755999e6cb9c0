// SPDX-License-Identifier: GPL-2.0-only
/* Counters. */
#include "netlink/internal.h"

static int put_stat(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct ferry_net *fn, enum ferry_stat id)
{
	void *hdr = ferry_nl_dump_put(skb, cb, FERRY_CMD_STAT_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_string(skb, FERRY_A_STAT_NAME, ferry_stat_name(id)) ||
	    nla_put_u64_64bit(skb, FERRY_A_STAT_VALUE,
			      ferry_stat_read(fn->stats, id), FERRY_A_STAT_PAD)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * ferry_nl_stat_get_dumpit() - one message full of counters
 * @skb: message
 * @cb: the dump; the next counter is kept in it
 *
 * Return: bytes filled, 0 at the end, or a negative errno.
 */
int ferry_nl_stat_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct ferry_net *fn = ferry_net(sock_net(cb->skb->sk));

	for (; cb->args[0] < FERRY_STAT_COUNT; cb->args[0]++)
		if (put_stat(skb, cb, fn, cb->args[0]))
			return skb->len ?: -EMSGSIZE;
	return skb->len;
}
