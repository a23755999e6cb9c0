/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One end of a connection whose clock, network and user are the test: what the
 * engine sends is recorded, what it receives is made here.
 *
 * The same files are KUnit suites in the kernel and, in user space, part of
 * selftests/sim (which brings a small kunit/test.h).
 */
#ifndef _FERRY_TESTS_FIXTURE_H
#define _FERRY_TESTS_FIXTURE_H

#include <kunit/test.h>

#ifdef __KERNEL__
#include <linux/slab.h>
#endif

#include "engine/host.h"
#include "engine/request.h"
#include "engine/timewait.h"

#define FX_SENT		512
#define FX_ISS		1000u
#define FX_PEER_ISS	5000u
#define FX_MSS		1000u
#define FX_BUF		1000000u
#define MSEC		FSP_NSEC_PER_MSEC
#define SEC		FSP_NSEC_PER_SEC

/* A packet the engine sent */
struct fx_sent {
	struct fsp_tx	tx;
	u64		at;
	u64		off;		/* of the payload in the stream */
};

/**
 * struct fx - one end under test
 * @conn: the engine's
 * @test: to fail
 * @now: the clock
 * @sent: what was sent, a ring
 * @nr_sent: how many ever
 * @taken: how many of these the test has looked at
 * @carriers: alive
 * @delivered: bytes given to the reader, all in order
 * @written: bytes queued
 * @rcv_space: what fsp_host_rcv_space() says
 * @rcv_full: what fsp_host_rcv_full_space() says
 * @reader_waits: the reader wants more than there is
 * @admit: in order / out of order segments are let in
 * @may_send: there is room below
 * @no_challenge: the namespace allows none
 * @no_merge: carriers cannot be merged
 * @xmit_ret: what transmissions return
 * @no_split: there is no memory for it
 * @count: by enum fsp_count
 * @events: seen so far
 * @peer_window: of packets the test sends, unscaled
 * @peer_serial: of the next one
 */
struct fx {
	struct fsp_conn	conn;
	struct kunit	*test;
	u64		now;
	struct fx_sent	sent[FX_SENT];
	u32		nr_sent;
	u32		taken;
	u32		carriers;
	u64		delivered;
	u64		written;
	u32		rcv_space;
	u32		rcv_full;
	bool		reader_waits;
	bool		refuse_in_order;
	bool		refuse_ofo;
	bool		no_room_below;
	bool		no_challenge;
	bool		no_merge;
	bool		no_split;
	bool		no_alloc;
	bool		working;	/* the engine has @work */
	struct fsp_work	work;
	int		xmit_ret;
	u32		count[FSP_COUNTS];
	u16		events;
	u32		peer_window;
	u16		peer_serial;
	u8		range_bytes[FSP_RANGES_MAX * FSP_RANGE_LEN];
};

/* Not connected; configuration may still be changed. */
struct fx *fx_new(struct kunit *test);
/* Established as the side that connected; round trip 100 ms, nothing owed. */
struct fx *fx_established(struct kunit *test);
void fx_establish(struct fx *fx);
/* The same; the peer's SYN-ACK has these options besides the usual ones. */
void fx_establish_with(struct fx *fx, struct fsp_rx rx);
/* And what it says of itself: these features, packets this large. */
static inline struct fsp_rx fx_peer(u32 features, u16 mss)
{
	return (struct fsp_rx) {
		.opts = FSP_HAS_FEATURES,
		.version = FSP_VERSION_1,
		.features = features,
		.mss = mss,
	};
}

/* @cc, at work already */
void fx_run_cc(struct fx *fx, const struct fsp_cc_ops *cc);

/* Free everything; fails where a carrier was lost. */
void fx_done(struct fx *fx);

/* The user. */
void fx_queue(struct fx *fx, u32 bytes);
void fx_append(struct fx *fx, u32 bytes);
void fx_write(struct fx *fx, u32 bytes);

/* The clock: every timer due until then fires at its time. */
void fx_wait(struct fx *fx, u64 ns);
/* Go to the next timer and fire it; returns how long that was, 0 where none is. */
u64 fx_fire(struct fx *fx);
/* Let it rest where it may now; returns whether it does. */
bool fx_rest(struct fx *fx);

/* The peer. Offsets count payload bytes from 0. */
static inline u32 fx_seq(u32 off)
{
	return FX_PEER_ISS + 1 + off;
}

static inline u32 fx_ack(u32 off)
{
	return FX_ISS + 1 + off;
}

enum fsp_verdict fx_rx(struct fx *fx, struct fsp_rx *rx);
/* A packet of @len bytes from @off on that acknowledges what the peer knows. */
enum fsp_verdict fx_data(struct fx *fx, u32 off, u32 len, u8 flags);
/* Acknowledge all before @off, answering the last transmission of that. */
enum fsp_verdict fx_acked(struct fx *fx, u32 off);
/* The same with ranges [from, to), pairs of offsets. */
enum fsp_verdict fx_sacked(struct fx *fx, u32 off, const u32 *pairs, u32 nr);

/* What was sent. */
struct fx_sent *fx_next(struct fx *fx);		/* not looked at so far, or NULL */
struct fx_sent *fx_last(struct fx *fx);
u32 fx_pending(const struct fx *fx);		/* packets not looked at */
void fx_skip(struct fx *fx);			/* look at all */
u32 fx_sent_bytes(struct fx *fx);		/* payload of all not looked at; skips */

#endif
