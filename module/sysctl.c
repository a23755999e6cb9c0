// SPDX-License-Identifier: GPL-2.0-only
/*
 * net.ferry.*: every entry is described in Documentation/sysctl.rst.
 *
 * What bounds memory nobody is charged for is read-only in namespaces of
 * unprivileged users, and starts there with the values of the first namespace.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/sysctl.h>
#include <uapi/linux/ferry.h>

#include "compat/sysctl.h"
#include "engine/cong.h"
#include "ip/ip.h"
#include "net.h"

/* The largest buffer a stream may grow to, by default: between these */
#define BUFFER_LEAST	(4 * 1024 * 1024)
#define BUFFER_MOST	(32 * 1024 * 1024)

long ferry_sysctl_stream_mem[3] __read_mostly;
long ferry_sysctl_dgram_mem[3] __read_mostly;

static const int zero;
static const int one = 1;
static const int two = 2;
static const int three = 3;
static const int max_byte = 255;
static const int max_port = 65535;
static const int max_probes = 127;
static const int max_seconds = 32767;
static const int max_timewait_seconds = 3600;
static const int min_backlog = 16;
static const int max_backlog = 65536;
static const int max_entries = 1 << 20;
static const int min_ofo = 16;
static const int max_ofo = 65536;
static const int min_buffer = 4096;
static const int max_buffer = INT_MAX / 2;
static const int max_rate = 1000000;
static const int max_cookies = 65536;
static const int max_fastopen = 0x7ff;
static const int max_lifetime = 30 * 86400;

/* The third is set_buffers()'s. */
static const struct ferry_sysctl defaults = {
	.stream_rmem			= { 4096, 131072, BUFFER_LEAST },
	.stream_wmem			= { 4096, 65536, BUFFER_LEAST },
	.stream_congestion		= FSP_CC_DEFAULT,
	.stream_syn_retries		= 7,
	.stream_synack_retries		= 5,
	.stream_retries1		= 3,
	.stream_retries2		= 15,
	.stream_orphan_retries		= 8,
	.stream_fin_timeout		= 60,
	.stream_timewait		= 60,
	.stream_tw_reuse		= 1,
	.stream_keepalive_time		= 7200,
	.stream_keepalive_intvl		= 75,
	.stream_keepalive_probes	= 9,
	.stream_max_syn_backlog		= 1024,
	.stream_max_orphans		= 8192,
	.stream_max_timewait		= 65536,
	.stream_max_ofo			= 4096,
	.stream_ecn			= 2,
	.stream_mtu_probing		= 1,
	.stream_challenge_limit		= 1000,
	.stream_rst_limit		= 1000,
	.stream_max_cookies		= 1024,
	.stream_fastopen		= FERRY_FASTOPEN_CLIENT | FERRY_FASTOPEN_SERVER,
	.stream_fastopen_lifetime	= 86400,
	.stream_syncookies		= 1,
	.early_demux			= 1,
	.gro				= 1,
	.udp				= FERRY_UDP_ASKED,
	.udp_port			= FERRY_UDP_PORT,
};

/* A buffer's least, default and most: in this order, or the write is refused. */
static int do_triple(ferry_ctl_table *table, int write, void *buffer, size_t *len,
		     loff_t *pos)
{
	int *now = table->data, new[3];
	struct ctl_table copy = *table;
	int err, i;

	for (i = 0; i < 3; i++)
		new[i] = READ_ONCE(now[i]);
	copy.data = new;
	err = proc_dointvec_minmax(&copy, write, buffer, len, pos);
	if (err || !write)
		return err;
	if (new[0] > new[1] || new[1] > new[2])
		return -EINVAL;
	for (i = 0; i < 3; i++)
		WRITE_ONCE(now[i], new[i]);
	return 0;
}

static int do_mem(ferry_ctl_table *table, int write, void *buffer, size_t *len,
		  loff_t *pos)
{
	long *now = table->data, new[3];
	struct ctl_table copy = *table;
	int err, i;

	for (i = 0; i < 3; i++)
		new[i] = READ_ONCE(now[i]);
	copy.data = new;
	err = proc_doulongvec_minmax(&copy, write, buffer, len, pos);
	if (err || !write)
		return err;
	if (new[0] < 0 || new[0] > new[1] || new[1] > new[2])
		return -EINVAL;
	for (i = 0; i < 3; i++)
		WRITE_ONCE(now[i], new[i]);
	return 0;
}

/*
 * Readers take no lock: they may meet a name half written, which fsp_cc_find()
 * then does not know, and get the built-in default.
 */
static int do_congestion(ferry_ctl_table *table, int write, void *buffer, size_t *len,
			 loff_t *pos)
{
	char name[FERRY_CC_NAME_MAX] = {};
	struct ctl_table copy = *table;
	int err;

	strscpy(name, table->data, sizeof(name));
	copy.data = name;
	err = proc_dostring(&copy, write, buffer, len, pos);
	if (err || !write)
		return err;
	if (!fsp_cc_find(name))
		return -ENOENT;
	memcpy(table->data, name, sizeof(name));
	return 0;
}

/* Opens or closes the port; where that fails nothing has changed. */
static int do_udp(ferry_ctl_table *table, int write, void *buffer, size_t *len,
		  loff_t *pos)
{
	struct ferry_net *fn = table->extra1;
	struct ctl_table copy = *table;
	bool is_port = table->data == &fn->sysctl.udp_port;
	int *now = table->data, value = READ_ONCE(*now);
	int err;

	copy.data = &value;
	copy.extra1 = (void *)(is_port ? &one : &zero);
	copy.extra2 = (void *)(is_port ? &max_port : &three);
	err = proc_dointvec_minmax(&copy, write, buffer, len, pos);
	if (err || !write)
		return err;
	return ferry_ip_udp_set(fn, now, value);
}

/* As do_udp(), of the hooks before routing */
static int do_early(ferry_ctl_table *table, int write, void *buffer, size_t *len,
		    loff_t *pos)
{
	struct ferry_net *fn = table->extra1;
	struct ctl_table copy = *table;
	int value = READ_ONCE(fn->sysctl.early_demux);
	int err;

	copy.data = &value;
	copy.extra1 = (void *)&zero;
	copy.extra2 = (void *)&one;
	err = proc_dointvec_minmax(&copy, write, buffer, len, pos);
	if (err || !write)
		return err;
	return ferry_ip_early_set(fn, value);
}

#define OFFSET(field)	((void *)offsetof(struct ferry_sysctl, field))
#define BOUND(ptr)	((void *)&(ptr))

#define INT(field, least, most) {				\
	.procname	= #field,				\
	.data		= OFFSET(field),			\
	.maxlen		= sizeof(int),				\
	.mode		= 0644,					\
	.proc_handler	= proc_dointvec_minmax,			\
	.extra1		= BOUND(least),				\
	.extra2		= BOUND(most),				\
}

/* What more is to be done than to write it */
#define ACTION(field, handler) {				\
	.procname	= #field,				\
	.data		= OFFSET(field),			\
	.maxlen		= sizeof(int),				\
	.mode		= 0644,					\
	.proc_handler	= (handler),				\
}

#define TRIPLE(field) {						\
	.procname	= #field,				\
	.data		= OFFSET(field),			\
	.maxlen		= 3 * sizeof(int),			\
	.mode		= 0644,					\
	.proc_handler	= do_triple,				\
	.extra1		= BOUND(min_buffer),			\
	.extra2		= BOUND(max_buffer),			\
}

/* Bounds of memory come first, see limits_to_readonly(). */
static const struct ctl_table net_table[] = {
	TRIPLE(stream_rmem),
	TRIPLE(stream_wmem),
	INT(stream_max_syn_backlog, min_backlog, max_backlog),
	INT(stream_max_orphans, zero, max_entries),
	INT(stream_max_timewait, zero, max_entries),
	INT(stream_max_ofo, min_ofo, max_ofo),
	INT(stream_max_cookies, zero, max_cookies),
#define LIMITS	7
	{
		.procname	= "stream_congestion",
		.data		= OFFSET(stream_congestion),
		.maxlen		= FERRY_CC_NAME_MAX,
		.mode		= 0644,
		.proc_handler	= do_congestion,
	},
	INT(stream_syn_retries, one, max_probes),
	INT(stream_synack_retries, zero, max_byte),
	INT(stream_retries1, zero, max_byte),
	INT(stream_retries2, zero, max_byte),
	INT(stream_orphan_retries, zero, max_byte),
	INT(stream_fin_timeout, one, max_seconds),
	INT(stream_timewait, zero, max_timewait_seconds),
	INT(stream_tw_reuse, zero, two),
	INT(stream_keepalive_time, one, max_seconds),
	INT(stream_keepalive_intvl, one, max_seconds),
	INT(stream_keepalive_probes, one, max_probes),
	INT(stream_ecn, zero, two),
	INT(stream_mtu_probing, zero, two),
	INT(stream_challenge_limit, zero, max_rate),
	INT(stream_rst_limit, zero, max_rate),
	INT(stream_fastopen, zero, max_fastopen),
	INT(stream_fastopen_lifetime, one, max_lifetime),
	INT(stream_syncookies, zero, two),
	INT(gro, zero, one),
	ACTION(early_demux, do_early),
	ACTION(udp, do_udp),
	ACTION(udp_port, do_udp),
};

/* Of the machine, hence in the first namespace only. */
static const struct ctl_table global_table[] = {
	{
		.procname	= "stream_mem",
		.data		= ferry_sysctl_stream_mem,
		.maxlen		= sizeof(ferry_sysctl_stream_mem),
		.mode		= 0644,
		.proc_handler	= do_mem,
	},
	{
		.procname	= "dgram_mem",
		.data		= ferry_sysctl_dgram_mem,
		.maxlen		= sizeof(ferry_sysctl_dgram_mem),
		.mode		= 0644,
		.proc_handler	= do_mem,
	},
};

#define ENTRIES	(ARRAY_SIZE(net_table) + ARRAY_SIZE(global_table))

static bool privileged(const struct ferry_net *fn)
{
	return fn->net->user_ns == &init_user_ns;
}

static void limits_to_readonly(struct ctl_table *table)
{
	unsigned int i;

	for (i = 0; i < LIMITS; i++)
		table[i].mode = 0444;
}

static void copy_limits(struct ferry_sysctl *to, const struct ferry_sysctl *from)
{
	memcpy(to->stream_rmem, from->stream_rmem, sizeof(to->stream_rmem));
	memcpy(to->stream_wmem, from->stream_wmem, sizeof(to->stream_wmem));
	to->stream_max_syn_backlog = READ_ONCE(from->stream_max_syn_backlog);
	to->stream_max_orphans = READ_ONCE(from->stream_max_orphans);
	to->stream_max_timewait = READ_ONCE(from->stream_max_timewait);
	to->stream_max_ofo = READ_ONCE(from->stream_max_ofo);
	to->stream_max_cookies = READ_ONCE(from->stream_max_cookies);
}

/*
 * Of the pages the machine could give, one in @share puts a transport under
 * pressure: in TCP's proportions. Set before the rooms register their protocols.
 */
static void set_global(long *mem, unsigned int share)
{
	unsigned long pages = max(nr_free_buffer_pages() / share, 128UL);

	mem[0] = pages / 4 * 3;
	mem[1] = pages;
	mem[2] = mem[0] * 2;
}

/*
 * 1 Gbit/s at 100 ms have 12.5 MB on the way; twice that is needed to repair a
 * loss without a pause, and memory for it is more than its bytes. On a small
 * machine one stream may have half of what puts them all under pressure.
 */
static void set_buffers(struct ferry_sysctl *sysctl)
{
	unsigned long bytes = min(nr_free_buffer_pages(), ULONG_MAX >> PAGE_SHIFT) << PAGE_SHIFT;
	int most = clamp_t(unsigned long, bytes / 32, BUFFER_LEAST, BUFFER_MOST);

	sysctl->stream_rmem[2] = most;
	sysctl->stream_wmem[2] = most;
}

static unsigned int fill_table(struct ferry_net *fn, struct ctl_table *table)
{
	unsigned int i, n = ARRAY_SIZE(net_table);

	memcpy(table, net_table, sizeof(net_table));
	for (i = 0; i < n; i++) {
		table[i].data = (char *)&fn->sysctl + (uintptr_t)table[i].data;
		if (table[i].proc_handler == do_udp ||
		    table[i].proc_handler == do_early)
			table[i].extra1 = fn;
	}
	if (!privileged(fn))
		limits_to_readonly(table);
	if (net_eq(fn->net, &init_net)) {
		memcpy(table + n, global_table, sizeof(global_table));
		n += ARRAY_SIZE(global_table);
	}
	return n;
}

int ferry_sysctl_init(struct ferry_net *fn)
{
	struct ctl_table *table;
	unsigned int n;

	fn->sysctl = defaults;
	set_buffers(&fn->sysctl);
	if (!privileged(fn))
		copy_limits(&fn->sysctl, &ferry_net(&init_net)->sysctl);
	if (net_eq(fn->net, &init_net)) {
		set_global(ferry_sysctl_stream_mem, 16);
		set_global(ferry_sysctl_dgram_mem, 8);
	}

	table = kcalloc(ENTRIES + 1, sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	n = fill_table(fn, table);
	fn->sysctl.header = register_net_sysctl_sz(fn->net, "net/ferry", table, n);
	if (!fn->sysctl.header) {
		kfree(table);
		return -ENOMEM;
	}
	return 0;
}

void ferry_sysctl_uninit(struct ferry_net *fn)
{
	const struct ctl_table *table = fn->sysctl.header->ctl_table_arg;

	unregister_net_sysctl_table(fn->sysctl.header);
	kfree(table);
}
