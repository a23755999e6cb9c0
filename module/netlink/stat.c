// SPDX-License-Identifier: GPL-2.0-only
/* Counters, and how many there are now of what is bounded. */
#include "netlink/internal.h"
#include "stream/stream.h"

static int put_stat(struct sk_buff *skb, struct netlink_callback *cb,
		    const char *name, u64 value)
{
	void *hdr = ferry_nl_dump_put(skb, cb, FERRY_CMD_STAT_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_string(skb, FERRY_A_STAT_NAME, name) ||
	    nla_put_u64_64bit(skb, FERRY_A_STAT_VALUE, value, FERRY_A_STAT_PAD)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static u64 read_stat(const struct ferry_net *fn, unsigned int i, const char **name)
{
	if (i >= FERRY_STAT_COUNT)
		return ferry_stream_gauge(fn, i - FERRY_STAT_COUNT, name);
	*name = ferry_stat_name(i);
	return ferry_stat_read(fn->stats, i);
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

	const char *name;
	u64 value;

	for (;; cb->args[0]++) {
		value = read_stat(fn, cb->args[0], &name);
		if (!name)
			return skb->len;
		if (put_stat(skb, cb, name, value))
			return skb->len ?: -EMSGSIZE;
	}
}
