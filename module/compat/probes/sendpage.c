// SPDX-License-Identifier: GPL-2.0-only
/* proto_ops.sendpage: until 6.4, MSG_SPLICE_PAGES came in its place */
#include <linux/net.h>

static ssize_t probe_sendpage(struct socket *sock, struct page *page, int offset,
			      size_t size, int flags)
{
	return 0;
}

const struct proto_ops ferry_probe = { .sendpage = probe_sendpage };
