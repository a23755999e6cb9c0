/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generated tables list what a command does and what it dumps apart, each
 * with its policy. Kernels before 6.2 want one entry, with one policy, per
 * command: there the tables become arrays of genl_ops, which
 * ferry_genl_register() joins.
 */
#ifndef _FERRY_COMPAT_GENETLINK_H
#define _FERRY_COMPAT_GENETLINK_H

#include <net/genetlink.h>

#ifdef FERRY_HAVE_GENL_SPLIT_OPS

static inline int ferry_genl_register(struct genl_family *family)
{
	return genl_register_family(family);
}

static inline void ferry_genl_unregister(struct genl_family *family)
{
	genl_unregister_family(family);
}

#else

#define genl_split_ops	genl_ops
#define split_ops	ops
#define n_split_ops	n_ops

int ferry_genl_register(struct genl_family *family);
void ferry_genl_unregister(struct genl_family *family);

#endif

#ifndef NLA_POLICY_MAX_LEN
#define NLA_POLICY_MAX_LEN(length)	{ .type = NLA_BINARY, .len = (length) }
#endif

/* The attributes a dump was asked with. */
static inline struct nlattr **ferry_genl_dump_attrs(struct netlink_callback *cb)
{
#ifdef FERRY_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* _FERRY_COMPAT_GENETLINK_H */
