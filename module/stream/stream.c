// SPDX-License-Identifier: GPL-2.0-only
/* Stream sockets come and go with the module and with namespaces. */
#include <linux/slab.h>

#include "ip/ip.h"
#include "stream/internal.h"
#include "stream/stream.h"

static const struct ferry_transport_ops transport = {
	.hdr_min	= FSP_HDR_MIN,
	.csum_offset	= FSP_CHECK_OFFSET,
	.verify		= true,
	.rcv		= ferry_stream_rcv,
	.err		= ferry_stream_err,
};

u64 ferry_stream_gauge(const struct ferry_net *fn, unsigned int i, const char **name)
{
	const struct ferry_stream_net *sn = fn->stream;

	switch (i) {
	case 0:
		*name = "StreamHalfOpenNow";
		return atomic_read(&sn->requests);
	case 1:
		*name = "StreamOrphansNow";
		return atomic_read(&sn->orphans);
	case 2:
		*name = "StreamTimeWaitNow";
		return READ_ONCE(sn->nr_timewaits);
	case 3:
		*name = "StreamCookiesNow";
		return READ_ONCE(sn->nr_cookies);
	default:
		*name = NULL;
		return 0;
	}
}

int ferry_stream_net_init(struct ferry_net *fn)
{
	struct ferry_stream_net *sn = kzalloc(sizeof(*sn), GFP_KERNEL);

	if (!sn)
		return -ENOMEM;
	spin_lock_init(&sn->lock);
	INIT_LIST_HEAD(&sn->timewaits);
	ferry_bucket_init(&sn->resets);
	ferry_bucket_init(&sn->challenges);
	ferry_cookie_net_init(sn);
	fn->stream = sn;
	return 0;
}

/*
 * Sockets keep their namespace alive, requests live no longer than their
 * listener: only TIME_WAIT is left.
 */
void ferry_stream_net_uninit(struct ferry_net *fn)
{
	ferry_stream_timewait_purge(fn);
	ferry_cookie_net_uninit(fn->stream);
	kfree(fn->stream);
	fn->stream = NULL;
}

int ferry_stream_init(void)
{
	int err;

	err = ferry_stream_request_init();
	if (err)
		return err;
	err = ferry_stream_work_init();
	if (err)
		goto request;
	err = ferry_stream_proto_init();
	if (err)
		goto work;
	ferry_stream_push_init();
	err = ferry_ip_register(FERRY_STREAM, &transport);
	if (err)
		goto push;
	return 0;

push:
	ferry_stream_push_uninit();
	ferry_stream_proto_uninit();
work:
	ferry_stream_work_uninit();
request:
	ferry_stream_request_uninit();
	return err;
}

void ferry_stream_uninit(void)
{
	ferry_ip_unregister(FERRY_STREAM);
	ferry_stream_push_uninit();
	ferry_stream_proto_uninit();
	ferry_stream_work_uninit();
	ferry_stream_request_uninit();
}
