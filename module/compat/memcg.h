/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose cgroup pays for a listener's child. sk_clone_lock() leaves it open; up
 * to 6.17 nobody fills it in later for us, from 6.18 on inet_accept() does (and
 * would lose a reference taken here).
 */
#ifndef _FERRY_COMPAT_MEMCG_H
#define _FERRY_COMPAT_MEMCG_H

#include <linux/memcontrol.h>
#include <net/sock.h>

static inline void ferry_memcg_inherit(struct sock *child, const struct sock *listener)
{
#if defined(CONFIG_MEMCG) && !defined(FERRY_HAVE_MEMCG_SK_CHARGE)
	struct mem_cgroup *memcg = READ_ONCE(listener->sk_memcg);

	if (memcg && css_tryget(&memcg->css))
		child->sk_memcg = memcg;
#endif
}

#endif /* _FERRY_COMPAT_MEMCG_H */
