// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reservations and grants of one namespace: a small table, written rarely under
 * a mutex, read under RCU.
 */
#include <linux/bitmap.h>
#include <linux/cred.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "net.h"
#include "port/grant.h"
#include "port/table.h"

struct entry {
	struct ferry_grant	grant;
	struct rcu_head		rcu;
};

/**
 * struct ferry_grants - the table
 * @lock: of changes
 * @entries: struct entry, by id
 * @next: where the search for the next id begins, so that ids rise
 * @count: entries; 0 spares bind() the search
 * @reserved: a bit for each reserved port, as ephemeral ports are looked up one
 *	by one; NULL until a reservation is made
 * @scratch: where they are put together; made together with them
 */
struct ferry_grants {
	struct mutex	lock;
	struct xarray	entries;
	u32		next;
	unsigned int	count;
	unsigned long	*reserved[FERRY_TRANSPORTS];
	unsigned long	*scratch;
};

struct ferry_grants *ferry_grants_create(void)
{
	struct ferry_grants *grants = kzalloc(sizeof(*grants), GFP_KERNEL_ACCOUNT);

	if (!grants)
		return NULL;
	mutex_init(&grants->lock);
	xa_init_flags(&grants->entries, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	return grants;
}

void ferry_grants_destroy(struct ferry_grants *grants)
{
	struct entry *entry;
	unsigned long id;
	int t;

	if (!grants)
		return;
	xa_for_each(&grants->entries, id, entry)
		kfree(entry);
	xa_destroy(&grants->entries);
	for (t = 0; t < FERRY_TRANSPORTS; t++)
		bitmap_free(grants->reserved[t]);
	bitmap_free(grants->scratch);
	kfree(grants);
}

static bool same(const struct ferry_grant *a, const struct ferry_grant *b)
{
	if (a->transport != b->transport || a->kind != b->kind ||
	    a->first != b->first || a->last != b->last)
		return false;
	switch (a->kind) {
	case FERRY_GRANT_UID:
		return uid_eq(a->uid, b->uid);
	case FERRY_GRANT_GID:
		return gid_eq(a->gid, b->gid);
	default:
		return true;
	}
}

static struct entry *find(struct ferry_grants *grants, const struct ferry_grant *like)
{
	struct entry *entry;
	unsigned long id;

	xa_for_each(&grants->entries, id, entry) {
		if (same(&entry->grant, like))
			return entry;
	}
	return NULL;
}

static int need_bitmap(unsigned long **bits)
{
	unsigned long *made;

	if (*bits)
		return 0;
	made = bitmap_zalloc(FERRY_PORTS, GFP_KERNEL_ACCOUNT);
	if (!made)
		return -ENOMEM;
	/* Pairs with ferry_grant_reserved(): readers see a cleared map. */
	smp_store_release(bits, made);
	return 0;
}

/* Made once and kept: readers need not ask whether they are still there. */
static int need_bitmaps(struct ferry_grants *grants, const struct ferry_grant *grant)
{
	if (grant->kind != FERRY_GRANT_RESERVE)
		return 0;
	return need_bitmap(&grants->scratch) ?:
	       need_bitmap(&grants->reserved[grant->transport]);
}

/*
 * Reservations may overlap, so what one of them covers is not simply free when
 * it goes. Readers see every port as it was or as it will be.
 */
static void rebuild(struct ferry_grants *grants, enum ferry_transport t)
{
	struct entry *entry;
	unsigned long id;
	unsigned int i;

	bitmap_zero(grants->scratch, FERRY_PORTS);
	xa_for_each(&grants->entries, id, entry) {
		const struct ferry_grant *g = &entry->grant;

		if (g->kind == FERRY_GRANT_RESERVE && g->transport == t)
			bitmap_set(grants->scratch, g->first, g->last - g->first + 1);
	}
	for (i = 0; i < BITS_TO_LONGS(FERRY_PORTS); i++)
		WRITE_ONCE(grants->reserved[t][i], grants->scratch[i]);
}

static void changed(struct ferry_grants *grants, const struct ferry_grant *grant)
{
	if (grant->kind == FERRY_GRANT_RESERVE)
		rebuild(grants, grant->transport);
}

static int store(struct ferry_grants *grants, struct entry *entry)
{
	int err;

	if (find(grants, &entry->grant))
		return -EEXIST;
	if (grants->count >= FERRY_GRANTS_MAX)
		return -ENOSPC;
	err = need_bitmaps(grants, &entry->grant);
	if (err)
		return err;
	err = xa_alloc_cyclic(&grants->entries, &entry->grant.id, entry, xa_limit_31b,
			      &grants->next, GFP_KERNEL_ACCOUNT);
	if (err < 0)
		return err;
	changed(grants, &entry->grant);
	WRITE_ONCE(grants->count, grants->count + 1);
	return 0;
}

int ferry_grant_add(struct ferry_net *fn, struct ferry_grant *grant)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
	int err;

	if (!entry)
		return -ENOMEM;
	entry->grant = *grant;
	mutex_lock(&fn->grants->lock);
	err = store(fn->grants, entry);
	if (!err)
		grant->id = entry->grant.id;
	mutex_unlock(&fn->grants->lock);
	if (err)
		kfree(entry);
	return err;
}

int ferry_grant_del(struct ferry_net *fn, struct ferry_grant *grant)
{
	struct ferry_grants *grants = fn->grants;
	struct entry *entry;

	mutex_lock(&grants->lock);
	entry = find(grants, grant);
	if (entry) {
		grant->id = entry->grant.id;
		xa_erase(&grants->entries, entry->grant.id);
		changed(grants, &entry->grant);
		WRITE_ONCE(grants->count, grants->count - 1);
		kfree_rcu(entry, rcu);
	}
	mutex_unlock(&grants->lock);
	return entry ? 0 : -ENOENT;
}

int ferry_grant_next(struct ferry_net *fn, u32 after, struct ferry_grant *grant)
{
	struct entry *entry;
	unsigned long id = after;

	rcu_read_lock();
	entry = xa_find_after(&fn->grants->entries, &id, ULONG_MAX, XA_PRESENT);
	if (entry)
		*grant = entry->grant;
	rcu_read_unlock();
	return entry ? 0 : -ENOENT;
}

bool ferry_grant_reserved(struct ferry_net *fn, enum ferry_transport t, u16 port)
{
	const unsigned long *bits;

	/* Pairs with the release where the map is made. */
	bits = smp_load_acquire(&fn->grants->reserved[t]);
	return bits && test_bit(port, bits);
}

static bool to_me(const struct ferry_grant *grant)
{
	switch (grant->kind) {
	case FERRY_GRANT_UID:
		return uid_eq(grant->uid, current_euid());
	case FERRY_GRANT_GID:
		return in_egroup_p(grant->gid);
	default:
		return false;
	}
}

bool ferry_grant_mine(struct ferry_net *fn, enum ferry_transport t, u16 port)
{
	struct entry *entry;
	bool mine = false;
	unsigned long id;

	if (!READ_ONCE(fn->grants->count))
		return false;
	rcu_read_lock();
	xa_for_each(&fn->grants->entries, id, entry) {
		mine = entry->grant.transport == t && entry->grant.first <= port &&
		       port <= entry->grant.last && to_me(&entry->grant);
		if (mine)
			break;
	}
	rcu_read_unlock();
	return mine;
}
