// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packet parser, control blocks included. The bytes lie where their memory
 * ends, and only as many as fsp_hdr_need() asks for are there at all.
 */
#include "header.h"
#include "input.h"

static void check_inside(const u8 *p, unsigned int avail, unsigned int pkt_len,
			 const struct fsp_rx *rx)
{
	fuzz_check(rx->hdr_len >= FSP_HDR_MIN && rx->hdr_len <= avail);
	if (rx->opts & FSP_HAS_PROBE)
		fuzz_check(!rx->len && rx->probe_size == pkt_len);
	else
		fuzz_check(rx->hdr_len + rx->len == pkt_len);
	fuzz_check(!(rx->flags & FSP_EXT) || !rx->len);
	fuzz_check(rx->nr_ranges <= FSP_RANGES_MAX);
	fuzz_check(!rx->nr_ranges == !rx->ranges);
	if (rx->nr_ranges)
		fuzz_check(rx->ranges >= p + FSP_HDR_MIN &&
			   rx->ranges + rx->nr_ranges * FSP_RANGE_LEN <= p + rx->hdr_len);
	if (rx->opts & FSP_HAS_TICKET)
		fuzz_check(rx->ticket_len && rx->ticket >= p + FSP_HDR_MIN &&
			   rx->ticket + rx->ticket_len <= p + rx->hdr_len);
	if (rx->opts & FSP_HAS_COOKIE && rx->cookie_len)
		fuzz_check(rx->cookie >= p + FSP_HDR_MIN &&
			   rx->cookie + rx->cookie_len <= p + rx->hdr_len);
	fuzz_check(rx->wscale <= FSP_WSCALE_MAX);
	fuzz_check(!(rx->opts & (FSP_HAS_MSS | FSP_HAS_WSCALE | FSP_HAS_FEATURES)) ||
		   rx->flags & FSP_SYN);
}

/* One more option, where there is room beside the others */
static void add(const struct fsp_rx *rx, struct fsp_tx *tx, u16 has, unsigned int bytes)
{
	struct fsp_tx so_far = *tx;

	so_far.ticket_len = rx->ticket_len;
	so_far.cookie_len = rx->cookie_len;
	fsp_tx_measure(&so_far);
	if ((rx->opts & has) && !(tx->opts & FSP_HAS_PROBE) &&
	    so_far.hdr_len + bytes <= FSP_HDR_MAX)
		tx->opts |= has;
}

static void to_tx(const struct fsp_rx *rx, struct fsp_tx *tx)
{
	unsigned int i;

	memset(tx, 0, sizeof(*tx));
	tx->seq = rx->seq;
	tx->ack = rx->ack;
	tx->window = rx->window;
	tx->serial = rx->serial;
	tx->flags = rx->flags;
	tx->opts = rx->opts & (FSP_HAS_MSS | FSP_HAS_WSCALE | FSP_HAS_FEATURES |
			       FSP_HAS_ECHO | FSP_HAS_EPOCH | FSP_HAS_PROBE);
	/* Not all that a control block holds fits into options. */
	add(rx, tx, FSP_HAS_TICKET, 2 + rx->ticket_len);
	add(rx, tx, FSP_HAS_ECN, FSP_OPT_ECN_LEN);
	add(rx, tx, FSP_HAS_COOKIE, 2 + rx->cookie_len);
	add(rx, tx, FSP_HAS_DUP, FSP_OPT_DUP_LEN);
	add(rx, tx, FSP_HAS_PROBED, FSP_OPT_PROBE_LEN);
	tx->ticket = rx->ticket;
	tx->ticket_len = rx->ticket_len;
	tx->cookie = rx->cookie;
	tx->cookie_len = rx->cookie_len;
	tx->ecn = rx->ecn;
	tx->dup = rx->dup;
	tx->len = rx->len;
	tx->mss = rx->len;
	tx->opt_mss = rx->mss;
	tx->wscale = rx->wscale;
	tx->features = rx->features;
	tx->echo = rx->echo;
	tx->echo_delay = rx->echo_delay / FSP_ECHO_DELAY_UNIT;
	tx->seq_epoch = rx->seq_epoch;
	tx->ack_epoch = rx->ack_epoch;
	tx->probe = rx->probe;
	tx->probe_size = rx->probe_size;
	tx->nr_ranges = rx->nr_ranges;
	for (i = 0; i < rx->nr_ranges; i++)
		tx->ranges[i] = fsp_rx_range(rx, i);
}

static bool same_ecn(const struct fsp_ecn *a, const struct fsp_ecn *b)
{
	return a->ce == b->ce && a->ect0 == b->ect0 && a->ect1 == b->ect1 &&
	       a->ce_bytes == b->ce_bytes && a->ect_bytes == b->ect_bytes;
}

static void check_same(const struct fsp_rx *rx, const struct fsp_tx *tx,
		       const struct fsp_rx *again)
{
	unsigned int i;

	fuzz_check(again->seq == rx->seq && again->window == rx->window);
	fuzz_check(again->serial == rx->serial);
	fuzz_check(!(rx->flags & FSP_ACK) || again->ack == rx->ack);
	fuzz_check(again->hdr_len == tx->hdr_len && again->len == rx->len);
	if (tx->opts & (FSP_HAS_PROBE | FSP_HAS_PROBED))
		fuzz_check(again->probe == rx->probe && again->probe_size == rx->probe_size);
	fuzz_check(again->opts == tx->opts);
	fuzz_check(again->mss == rx->mss && again->wscale == rx->wscale);
	fuzz_check(again->features == rx->features);
	fuzz_check(again->echo == rx->echo && again->echo_delay == rx->echo_delay);
	fuzz_check(again->seq_epoch == rx->seq_epoch && again->ack_epoch == rx->ack_epoch);
	if (tx->opts & FSP_HAS_TICKET)
		fuzz_check(again->ticket_len == rx->ticket_len &&
			   !memcmp(again->ticket, rx->ticket, rx->ticket_len));
	if (tx->opts & FSP_HAS_COOKIE)
		fuzz_check(again->cookie_len == rx->cookie_len &&
			   !memcmp(again->cookie, rx->cookie, rx->cookie_len));
	if (tx->opts & FSP_HAS_ECN)
		fuzz_check(same_ecn(&again->ecn, &rx->ecn));
	if (tx->opts & FSP_HAS_DUP)
		fuzz_check(again->dup.seq == rx->dup.seq && again->dup.len == rx->dup.len &&
			   again->dup.serial == rx->dup.serial);
	/* A header has less room than the packet that was read may have had. */
	fuzz_check(again->nr_ranges == tx->nr_ranges);
	for (i = 0; i < again->nr_ranges; i++)
		fuzz_check(fsp_rx_range(again, i).start == fsp_rx_range(rx, i).start &&
			   fsp_rx_range(again, i).end == fsp_rx_range(rx, i).end);
}

/* Whatever was understood can be said again. */
static void check_again(const struct fsp_rx *rx)
{
	unsigned int pkt_len;
	struct fsp_rx again;
	struct fsp_tx tx;
	u8 *p;

	to_tx(rx, &tx);
	fsp_tx_measure(&tx);
	fuzz_check(tx.hdr_len % 4 == 0);
	fuzz_check(tx.hdr_len <= FSP_HDR_MAX || tx.flags & FSP_EXT);
	p = malloc(tx.hdr_len);
	if (!p)
		abort();
	fsp_hdr_build(&tx, p);
	pkt_len = tx.hdr_len + tx.len + tx.pad;
	/* Nothing follows a control block, but a probe's padding. */
	fuzz_check(fsp_hdr_need(p, pkt_len) <= tx.hdr_len + tx.pad || !(tx.flags & FSP_EXT));
	fuzz_check(fsp_hdr_parse(p, tx.hdr_len, pkt_len, &again) == FSP_PARSE_OK);
	check_same(rx, &tx, &again);
	free(p);
}

static void check_reset(const struct fsp_rx *rx)
{
	struct fsp_tx tx;

	if (rx->flags & FSP_RST)
		return;
	fsp_reset_for(rx, &tx);
	fuzz_check(tx.flags & FSP_RST && !tx.len);
	if (tx.opts & FSP_HAS_EPOCH)
		fuzz_check(tx.hdr_len == FSP_HDR_MIN + 4 * DIV_ROUND_UP(FSP_OPT_EPOCH_LEN, 4) &&
			   rx->flags & FSP_ACK && tx.seq_epoch == rx->ack_epoch);
	else
		fuzz_check(tx.hdr_len == FSP_HDR_MIN);
}

static void parse(const u8 *p, unsigned int avail, unsigned int pkt_len)
{
	u8 *copy = malloc(avail);
	struct fsp_rx rx;

	if (!copy && avail)
		abort();
	memcpy(copy, p, avail);
	if (fsp_hdr_parse(copy, avail, pkt_len, &rx) == FSP_PARSE_OK) {
		check_inside(copy, avail, pkt_len, &rx);
		check_again(&rx);
		check_reset(&rx);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	unsigned int pkt_len;

	if (size < 2)
		return 0;
	/* More payload than is there: it need not be readable. */
	pkt_len = size - 2 + fsp_get16(data) % 4096;
	data += 2;
	size -= 2;
	if (size >= FSP_HDR_MIN)
		size = min_t(size_t, size, fsp_hdr_need(data, pkt_len));
	parse(data, size, pkt_len);
	return 0;
}
