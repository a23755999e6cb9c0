// SPDX-License-Identifier: GPL-2.0-only
/* Joins a table of split operations for kernels that know none. */
#include "compat/genetlink.h"

#ifndef FERRY_HAVE_GENL_SPLIT_OPS

#include <linux/slab.h>

static const struct genl_ops *split_table;

static void take_policy(struct nla_policy *to, const struct genl_ops *op)
{
	unsigned int i;

	for (i = 1; op->policy && i <= op->maxattr; i++)
		if (op->policy[i].type)
			memcpy(&to[i], &op->policy[i], sizeof(*to));
}

/*
 * What either half allows, the joint entry allows: each handler refuses what is
 * meant for the other one.
 */
static int join(struct genl_ops *to, const struct genl_ops *from)
{
	unsigned int max = max(to->maxattr, from->maxattr);
	struct nla_policy *policy;

	policy = kcalloc(max + 1, sizeof(*policy), GFP_KERNEL);
	if (!policy)
		return -ENOMEM;
	take_policy(policy, to);
	take_policy(policy, from);
	to->policy = policy;
	to->maxattr = max;
	to->start = from->start;
	to->dumpit = from->dumpit;
	to->done = from->done;
	return 0;
}

static void free_joint(const struct genl_ops *ops, unsigned int n)
{
	while (n--)
		if (ops[n].doit && ops[n].dumpit)
			kfree(ops[n].policy);
	kfree(ops);
}

static int join_table(struct genl_family *family)
{
	unsigned int i, n = 0;
	struct genl_ops *ops;
	int err = 0;

	ops = kcalloc(family->n_ops, sizeof(*ops), GFP_KERNEL);
	if (!ops)
		return -ENOMEM;
	for (i = 0; i < family->n_ops && !err; i++) {
		if (n && ops[n - 1].cmd == split_table[i].cmd)
			err = join(&ops[n - 1], &split_table[i]);
		else
			ops[n++] = split_table[i];
	}
	if (err) {
		free_joint(ops, n);
		return err;
	}
	family->ops = ops;
	family->n_ops = n;
	return 0;
}

/**
 * ferry_genl_register() - register a family whose table lists do before dump
 * @family: from generated code
 *
 * Return: 0 or a negative errno.
 */
int ferry_genl_register(struct genl_family *family)
{
	int err;

	split_table = family->ops;
	err = join_table(family);
	if (err)
		return err;
	err = genl_register_family(family);
	if (err)
		free_joint(family->ops, family->n_ops);
	return err;
}

/**
 * ferry_genl_unregister() - undo ferry_genl_register()
 * @family: the family
 */
void ferry_genl_unregister(struct genl_family *family)
{
	genl_unregister_family(family);
	free_joint(family->ops, family->n_ops);
}

#endif /* FERRY_HAVE_GENL_SPLIT_OPS */
