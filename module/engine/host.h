/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the engine asks of its host. Found at link time, so that the calls are
 * direct; whoever compiles the engine brings these functions.
 *
 * None of them may call back into the engine for the same connection.
 */
#ifndef _FSP_HOST_H
#define _FSP_HOST_H

#include "conn.h"

/**
 * fsp_host_xmit() - send one packet or super-packet
 * @c: connection
 * @seg: whose payload it carries (@tx->len bytes from @tx->seq on, which may
 *	be less than all of it), or NULL. The carrier is kept: it may have to be
 *	sent again. A SYN or FIN may ride on an empty segment
 * @tx: header; ports and checksum are the host's
 *
 * Return: 0, or a negative errno: nothing was sent (-ENOBUFS, -ENOMEM: the
 * engine tries again by timer).
 */
int fsp_host_xmit(struct fsp_conn *c, struct fsp_seg *seg, const struct fsp_tx *tx);

/**
 * fsp_host_may_send() - is there room below for more? (small queues)
 * @c: connection
 *
 * Where not, the host calls fsp_conn_push() when there is.
 */
bool fsp_host_may_send(struct fsp_conn *c);

/**
 * fsp_host_split() - cut a segment's carrier in two
 * @c: connection
 * @seg: keeps the first @bytes of its payload
 * @bytes: where to cut
 *
 * The engine sets the fields and links of the new one.
 *
 * Return: carrier of the rest, or NULL for want of memory.
 */
struct fsp_seg *fsp_host_split(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes);

/**
 * fsp_host_alloc() - an empty carrier for a FIN that no payload can take along
 * @c: connection
 *
 * Return: a carrier without payload, accounted as sent ones are, or NULL: the
 * engine asks again later.
 */
struct fsp_seg *fsp_host_alloc(struct fsp_conn *c);

/* Acknowledged, or given up: free what was queued to be sent. */
void fsp_host_free_tx(struct fsp_conn *c, struct fsp_seg *seg);

/* The first @bytes of a segment's payload were acknowledged: they may be freed. */
void fsp_host_trim(struct fsp_conn *c, struct fsp_seg *seg, u32 bytes);

/**
 * fsp_host_zalloc() - memory for what few connections need
 * @c: connection
 * @bytes: how much, zeroed
 *
 * Return: the memory, to be given back by fsp_host_free() with the same @bytes, or
 * NULL: the engine does without.
 */
void *fsp_host_zalloc(struct fsp_conn *c, u32 bytes);
void fsp_host_free(struct fsp_conn *c, void *mem, u32 bytes);

/**
 * fsp_host_get_work() - memory for a connection that is to do something
 * @c: connection
 * @now: time
 *
 * Return: the memory, whatever is in it, to be given back by fsp_host_put_work(); or
 * NULL.
 */
struct fsp_work *fsp_host_get_work(struct fsp_conn *c, u64 now);
void fsp_host_put_work(struct fsp_conn *c, struct fsp_work *work);

/**
 * fsp_host_admit() - is there memory to keep this received segment?
 * @c: connection
 * @seg: its carrier
 * @in_order: it can be read at once (else it waits out of order)
 *
 * Accounts it where the answer is yes.
 */
bool fsp_host_admit(struct fsp_conn *c, struct fsp_seg *seg, bool in_order);

/**
 * fsp_host_deliver() - give an admitted segment to the reader
 * @c: connection
 * @seg: its bytes from rcv_nxt on are new; some before it may have been
 *	delivered already
 */
void fsp_host_deliver(struct fsp_conn *c, struct fsp_seg *seg);

/**
 * fsp_host_merge() - put one out-of-order carrier's bytes behind another's
 * @c: connection
 * @to: first
 * @from: starts where @to ends; freed by the host where merged
 *
 * Return: whether it was.
 */
bool fsp_host_merge(struct fsp_conn *c, struct fsp_seg *to, struct fsp_seg *from);

/* Free an admitted segment that was not delivered. */
void fsp_host_free_rx(struct fsp_conn *c, struct fsp_seg *seg);

/* Bytes the receive buffer has room for: the most a window may announce. */
u32 fsp_host_rcv_space(struct fsp_conn *c);

/* The whole receive buffer as fsp_host_rcv_space() would tell if it were empty. */
u32 fsp_host_rcv_full_space(struct fsp_conn *c);

/* Has the reader been told of all that waits, or does he want more first (SO_RCVLOWAT)? */
bool fsp_host_reader_told(struct fsp_conn *c);

/* Namespace counters, beside those in struct fsp_conn */
enum fsp_count {
	FSP_COUNT_RETRANS_SEGS,
	FSP_COUNT_RETRANS_BYTES,
	FSP_COUNT_SPURIOUS,
	FSP_COUNT_LOST_SEGS,
	FSP_COUNT_TIMEOUTS,
	FSP_COUNT_FAST_RECOVERY,
	FSP_COUNT_PROBES,
	FSP_COUNT_KEEPALIVES,
	FSP_COUNT_DELAYED_ACKS,
	FSP_COUNT_CHALLENGES,
	FSP_COUNT_CHALLENGES_SKIPPED,
	FSP_COUNT_OFO_QUEUED,
	FSP_COUNT_OFO_PRUNED,
	FSP_COUNT_RENEGED,
	FSP_COUNT_ECN_CE,
	FSP_COUNT_ECN_REDUCED,
	FSP_COUNT_ECN_FAILED,
	FSP_COUNT_MTU_PROBE_SENT,
	FSP_COUNT_MTU_PROBE_ACKED,
	FSP_COUNT_MTU_PROBE_LOST,
	FSP_COUNT_MTU_BLACK_HOLE,
	FSP_COUNT_OUT_BYTES,
	FSP_COUNT_OUT_RSTS,
	FSP_COUNT_ATTEMPT_FAILS,
	FSP_COUNT_ESTAB_RESETS,
	FSP_COUNT_ABORT_ON_TIMEOUT,
	FSP_COUNT_ABORT_ON_DATA,
	FSP_COUNTS
};

void fsp_host_count(struct fsp_conn *c, enum fsp_count what, u32 n);

/* May a challenge ACK be sent now, by the namespace's limit (RFC 5961 section 7)? */
bool fsp_host_challenge_ok(struct fsp_conn *c);

#endif /* _FSP_HOST_H */
