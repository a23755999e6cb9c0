// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that user data is copied to, used again.
 *
 * A page of the allocator comes zeroed where the kernel is so configured (most
 * distributions' are), which costs a good part of what the copy costs. Each CPU
 * therefore remembers the last pages it filled, one reference to each, and takes
 * the oldest again if by then that reference is the only one: the bytes were read
 * and, of a stream, acknowledged. Where more is on its way than that, pages are allocated as
 * ever. It holds at most FRAG_PAGES pages of FRAG_BYTES, 1 MB, per CPU.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <net/sock.h>

#include "frag.h"

#define FRAG_PAGES	32
#define FRAG_BYTES	32768	/* what sk_page_frag_refill() allocates at best */
#define FRAG_LEAST	32	/* and when it thinks a page is full */

struct frag_ring {
	struct page	*pages[FRAG_PAGES];
	unsigned int	next;
};

static DEFINE_PER_CPU(struct frag_ring, frag_rings);

static bool reusable(const struct page *page)
{
	return page_ref_count(page) == 1 && page_to_nid(page) == numa_mem_id();
}

/* A full page goes in; the oldest comes out, or NULL where it is still in use. */
static struct page *exchange(struct page *full)
{
	struct frag_ring *ring = get_cpu_ptr(&frag_rings);
	struct page **slot = &ring->pages[ring->next++ % FRAG_PAGES];
	struct page *oldest = *slot;

	*slot = full;
	put_cpu_ptr(&frag_rings);
	if (oldest && !reusable(oldest)) {
		put_page(oldest);
		oldest = NULL;
	}
	return oldest;
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
 * ferry_frag_uninit() - let the pages go; nobody sends any more
 */
void ferry_frag_uninit(void)
{
	int cpu, i;

	for_each_possible_cpu(cpu) {
		struct frag_ring *ring = per_cpu_ptr(&frag_rings, cpu);

		for (i = 0; i < FRAG_PAGES; i++)
			if (ring->pages[i])
				put_page(ring->pages[i]);
	}
}
