// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family, and what it says of itself. */
#include <linux/module.h>
#include <uapi/linux/ferry.h>

#include "compat/genetlink.h"
#include "ip/ip.h"
#include "netlink/internal.h"
#include "netlink/netlink.h"

static int put_version(struct sk_buff *msg)
{
	const char *version = THIS_MODULE->version;

	if (nla_put_u32(msg, FERRY_A_VERSION_API, FERRY_API_VERSION) ||
	    nla_put_string(msg, FERRY_A_VERSION_MODULE, version ?: "") ||
	    nla_put_u8(msg, FERRY_A_VERSION_FSP_PROTOCOL,
		       ferry_ip_protocol(FERRY_STREAM)) ||
	    nla_put_u8(msg, FERRY_A_VERSION_FDP_PROTOCOL,
		       ferry_ip_protocol(FERRY_DGRAM)))
		return -EMSGSIZE;
	return 0;
}

/**
 * ferry_nl_version_get_doit() - which Ferry this is
 * @skb: request
 * @info: its attributes
 *
 * Return: 0 or a negative errno.
 */
int ferry_nl_version_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	void *hdr;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &ferry_nl_family, 0, FERRY_CMD_VERSION_GET);
	if (!hdr || put_version(msg)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/**
 * ferry_netlink_init() - open for messages
 *
 * Return: 0 or a negative errno.
 */
int ferry_netlink_init(void)
{
	int err = ferry_genl_register(&ferry_nl_family);

	if (err)
		return err;
	ferry_nl_event_init();
	return 0;
}

/**
 * ferry_netlink_uninit() - after it returns no message comes in or goes out
 */
void ferry_netlink_uninit(void)
{
	ferry_nl_event_uninit();
	ferry_genl_unregister(&ferry_nl_family);
}
