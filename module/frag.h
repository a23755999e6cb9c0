/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages that both transports copy a user's bytes to: see frag.c. */
#ifndef _FERRY_FRAG_H
#define _FERRY_FRAG_H

#include <linux/types.h>

struct page_frag;
struct sock;

bool ferry_frag_refill(struct sock *sk, struct page_frag *pfrag);
int ferry_frag_init(void);
void ferry_frag_uninit(void);

#endif /* _FERRY_FRAG_H */
