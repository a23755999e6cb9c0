// SPDX-License-Identifier: GPL-2.0-only
/* Network namespaces: what each needs is made here, room by room. */
#include <linux/random.h>

#include "dgram/dgram.h"
#include "ip/ip.h"
#include "net.h"
#include "stream/stream.h"

unsigned int ferry_net_id __read_mostly;

static void destroy_tables(struct ferry_net *fn)
{
	int t;

	for (t = FERRY_TRANSPORTS - 1; t >= 0; t--) {
		ferry_flows_destroy(fn->flows[t]);
		ferry_ports_destroy(fn->ports[t]);
	}
	ferry_grants_destroy(fn->grants);
}

/* What could not be made stays NULL, for destroy_tables(). */
static int create_tables(struct ferry_net *fn)
{
	int t;

	fn->grants = ferry_grants_create();
	if (!fn->grants)
		return -ENOMEM;
	for (t = 0; t < FERRY_TRANSPORTS; t++) {
		fn->ports[t] = ferry_ports_create(fn, t);
		if (!fn->ports[t])
			return -ENOMEM;
		fn->flows[t] = ferry_flows_create(fn, t);
		if (!fn->flows[t])
			return -ENOMEM;
	}
	return 0;
}

static int __net_init net_init(struct net *net)
{
	struct ferry_net *fn = ferry_net(net);
	int err;

	fn->net = net;
	get_random_bytes(&fn->isn_key, sizeof(fn->isn_key));
	fn->stats = alloc_percpu(struct ferry_stats);
	if (!fn->stats)
		return -ENOMEM;
	err = create_tables(fn);
	if (err)
		goto free_tables;
	err = ferry_ip_net_init(fn);
	if (err)
		goto free_tables;
	err = ferry_sysctl_init(fn);
	if (err)
		goto free_ip;
	err = ferry_stream_net_init(fn);
	if (err)
		goto free_sysctl;
	err = ferry_dgram_net_init(fn);
	if (err)
		goto free_stream;
	return 0;

free_stream:
	ferry_stream_net_uninit(fn);
free_sysctl:
	ferry_sysctl_uninit(fn);
free_ip:
	ferry_ip_net_uninit(fn);
free_tables:
	destroy_tables(fn);
	free_percpu(fn->stats);
	return err;
}

static void __net_exit net_pre_exit(struct net *net)
{
	ferry_ip_net_pre_exit(ferry_net(net));
}

/*
 * Sockets of the namespace are gone (they hold it), its devices as well. What
 * may be left are half-open and TIME_WAIT entries, ended by the rooms that own
 * them before the tables they are in go.
 */
static void __net_exit net_exit(struct net *net)
{
	struct ferry_net *fn = ferry_net(net);

	ferry_dgram_net_uninit(fn);
	ferry_stream_net_uninit(fn);
	ferry_sysctl_uninit(fn);
	ferry_ip_net_uninit(fn);
	destroy_tables(fn);
	free_percpu(fn->stats);
}

static struct pernet_operations net_ops = {
	.init		= net_init,
	.pre_exit	= net_pre_exit,
	.exit		= net_exit,
	.id		= &ferry_net_id,
	.size		= sizeof(struct ferry_net),
};

int ferry_net_init(void)
{
	return register_pernet_subsys(&net_ops);
}

void ferry_net_uninit(void)
{
	unregister_pernet_subsys(&net_ops);
}
