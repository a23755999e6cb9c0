// SPDX-License-Identifier: GPL-2.0-only
/*
 * Retransmissions that nobody needed. Where the original arrives first, the echo
 * of its serial tells (ack.c). Where the retransmission overtakes it, the peer
 * reports the original as a duplicate by its serial (the DUP option; TCP has the
 * D-SACK of RFC 2883 for it, which cannot tell whose duplicate it was): the last
 * few retransmissions are noted here to know it again. How late it came is how
 * long loss detection should have waited.
 */
#include "internal.h"

static u32 low_us(u64 ns)
{
	return div_u64(ns, FSP_NSEC_PER_USEC);
}

void fsp_spurious_note(struct fsp_conn *c, const struct fsp_seg *seg, u64 now)
{
	struct fsp_repair *repair = fsp_repair_get(c);
	struct fsp_rtx_note *note;

	if (!repair)
		return;
	note = &repair->note[repair->next++ % FSP_RTX_NOTES];
	note->seq = seg->seq;
	note->end = seg->seq + fsp_seg_bytes(seg);
	note->sent = low_us(seg->tx_time);
	note->again = low_us(now);
	note->serial = seg->serial;
}

void fsp_spurious_answered(struct fsp_conn *c, const struct fsp_seg *seg)
{
	unsigned int i;

	for (i = 0; c->work->repair && i < FSP_RTX_NOTES; i++) {
		struct fsp_rtx_note *note = &c->work->repair->note[i];

		if (fsp_between(note->seq, seg->seq, seg->end_seq - 1))
			note->end = note->seq;
	}
}

void fsp_spurious_late(struct fsp_conn *c, u64 sent, u64 now)
{
	u64 late = now > sent + c->work->rack_rtt ? now - sent - c->work->rack_rtt : 0;

	c->reordering_seen = true;
	c->reo_wnd = max(c->reo_wnd, late + late / 8);
	c->reo_age = 0;
}

static struct fsp_rtx_note *find(struct fsp_conn *c, const struct fsp_dup *dup)
{
	unsigned int i;

	for (i = 0; c->work->repair && i < FSP_RTX_NOTES; i++) {
		struct fsp_rtx_note *note = &c->work->repair->note[i];

		if (note->end != note->seq && note->serial == dup->serial &&
		    !fsp_after(dup->seq, note->seq) &&
		    fsp_after(dup->seq + dup->len, note->seq))
			return note;
	}
	return NULL;
}

bool fsp_spurious_dup(struct fsp_conn *c, const struct fsp_dup *dup, u64 now)
{
	struct fsp_rtx_note *note = find(c, dup);

	if (!note)
		return false;
	fsp_spurious_late(c, now - (u64)(low_us(now) - note->sent) * FSP_NSEC_PER_USEC, now);
	/* One packet of it; it was needless when all of them have come. */
	note->seq = dup->seq + dup->len;
	if (fsp_before(note->seq, note->end))
		return false;
	note->end = note->seq;
	c->spurious++;
	fsp_host_count(c, FSP_COUNT_SPURIOUS, 1);
	if ((s32)(note->again - low_us(c->work->undo_since)) >= 0)
		c->work->undo_retrans--;
	return true;
}
