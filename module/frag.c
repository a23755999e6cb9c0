// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that user data is copied to, used again.
 *
 * A page of the allocator comes zeroed where the kernel is so configured (most
 * distributions' are), which costs a good part of what the copy costs. Each CPU
 * therefore remembers some of the pages it filled, one reference to each, and looks at
 * them in turn: one whose only reference is that has been read (and, of a stream,
 * acknowledged) and is taken again, in exchange for the page just filled. One that is in
 * use keeps its place, or where more is on its way than all of them hold none would ever
 * be found free; but not for many turns, as it may belong to a reader who sleeps.
 *
 * There are so many of them because a writer that shares a CPU with its reader is some
 * 4 MB ahead when the scheduler turns to the other. All CPUs together hold no more than
 * 1/256 of the memory, though. Where the two take turns at each write, a few of them do,
 * which the cache still holds: those are asked first, always in the same order.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <net/sock.h>

#include "frag.h"

#define FRAG_PAGES	128	/* 4 MB */
#define FRAG_HOT	8	/* 256 KB */
#define FRAG_SHARE	256
#define FRAG_BYTES	32768	/* what sk_page_frag_refill() allocates at best */
#define FRAG_LEAST	32	/* and when it thinks a page is full */
#define FRAG_TURNS	8	/* in use so often: another page gets the place */

struct frag_slot {
	struct page	*page;
	unsigned int	turns;	/* it was found in use */
};

struct frag_ring {
	struct page		*hot[FRAG_HOT];
	unsigned int		oldest;		/* of @hot */
	struct frag_slot	slots[FRAG_PAGES];
	unsigned int		next;		/* of @slots */
};

static struct frag_ring __percpu *frag_rings;
static unsigned int frag_hot __read_mostly;	/* of @hot in use */
static unsigned int frag_pages __read_mostly;	/* of @slots */

static bool reusable(const struct page *page)
{
	return page_ref_count(page) == 1 && page_to_nid(page) == numa_mem_id();
}

/* @page goes in, or is forgotten; one to be filled comes out, or NULL. */
static struct page *exchange_old(struct frag_ring *ring, struct page *page)
{
	struct frag_slot *slot = &ring->slots[ring->next];
	struct page *old = slot->page, *free = NULL, *unneeded = NULL;

	if (!frag_pages) {
		put_page(page);
		return NULL;
	}
	if (++ring->next >= frag_pages)
		ring->next = 0;
	if (!old || reusable(old))
		free = old;
	else if (++slot->turns < FRAG_TURNS)
		unneeded = page;
	else
		unneeded = old;
	if (unneeded != page) {
		slot->page = page;
		slot->turns = 0;
	}
	if (unneeded)
		put_page(unneeded);
	return free;
}

/* Return: where a full page is to go, with another or without */
static struct page **hot_slot(struct frag_ring *ring)
{
	unsigned int i;

	for (i = 0; i < frag_hot; i++)
		if (!ring->hot[i] || reusable(ring->hot[i]))
			return &ring->hot[i];
	return NULL;
}

static struct page *exchange(struct page *full)
{
	struct frag_ring *ring = get_cpu_ptr(frag_rings);
	struct page **slot = hot_slot(ring), *free;

	if (slot) {
		free = *slot;
		*slot = full;
	} else {
		slot = &ring->hot[ring->oldest++ % frag_hot];
		free = exchange_old(ring, *slot);
		*slot = full;
	}
	put_cpu_ptr(frag_rings);
	return free;
}

/**
 * ferry_frag_refill() - as sk_page_frag_refill(), with pages of its own where it can
 * @sk: whose allocation flags apply
 * @pfrag: the process's (current->task_frag), or a locked socket's
 *
 * Return: whether @pfrag has room for some bytes.
 */
bool ferry_frag_refill(struct sock *sk, struct page_frag *pfrag)
{
	if (pfrag->page && pfrag->offset + FRAG_LEAST > pfrag->size &&
	    pfrag->size == FRAG_BYTES && page_ref_count(pfrag->page) > 1 &&
	    !page_is_pfmemalloc(pfrag->page)) {
		pfrag->page = exchange(pfrag->page);
		pfrag->offset = 0;
	}
	return sk_page_frag_refill(sk, pfrag);
}

/**
 * ferry_frag_init() - before anybody sends
 *
 * Return: 0 or -ENOMEM.
 */
int ferry_frag_init(void)
{
	unsigned long bytes = (totalram_pages() / FRAG_SHARE / num_online_cpus()) << PAGE_SHIFT;

	frag_pages = clamp(bytes / FRAG_BYTES, 1UL, (unsigned long)FRAG_PAGES);
	frag_hot = min_t(unsigned int, frag_pages, FRAG_HOT);
	frag_pages -= frag_hot;
	frag_rings = alloc_percpu(struct frag_ring);
	return frag_rings ? 0 : -ENOMEM;
}

static void drop_pages(struct frag_ring *ring)
{
	int i;

	for (i = 0; i < FRAG_HOT; i++)
		if (ring->hot[i])
			put_page(ring->hot[i]);
	for (i = 0; i < FRAG_PAGES; i++)
		if (ring->slots[i].page)
			put_page(ring->slots[i].page);
}

/**
 * ferry_frag_uninit() - let the pages go; nobody sends any more
 */
void ferry_frag_uninit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		drop_pages(per_cpu_ptr(frag_rings, cpu));
	free_percpu(frag_rings);
}
