// SPDX-License-Identifier: GPL-2.0-only
/* FSP headers: parsing what came from the network, building what goes there. */
#include "header.h"

static unsigned int hdr_bytes(const u8 *p)
{
	return (p[12] >> 4) * 4;
}

unsigned int fsp_hdr_need(const u8 *p, unsigned int pkt_len)
{
	unsigned int need = hdr_bytes(p);

	if (p[13] & FSP_EXT)
		need += FSP_EXT_MAX;
	return min(need, pkt_len);
}

static bool flags_sane(u8 flags)
{
	/* One of these at most, and a packet without any acknowledges something. */
	switch (flags & (FSP_SYN | FSP_FIN | FSP_RST)) {
	case 0:
	case FSP_FIN:
		return flags & FSP_ACK;
	case FSP_SYN:
	case FSP_RST:
		return true;
	default:
		return false;
	}
}

static enum fsp_parse parse_ranges(const u8 *value, unsigned int len, struct fsp_rx *rx)
{
	if (!len || len % FSP_RANGE_LEN)
		return FSP_PARSE_OPTION;
	if (!rx->ranges) {
		rx->ranges = value;
		rx->nr_ranges = min_t(unsigned int, len / FSP_RANGE_LEN, FSP_RANGES_MAX);
	}
	return FSP_PARSE_OK;
}

/* Options of a SYN mean nothing elsewhere, and the first of a kind counts. */
static bool wanted(const struct fsp_rx *rx, u16 has, bool syn_only)
{
	return !(rx->opts & has) && (!syn_only || (rx->flags & FSP_SYN));
}

static enum fsp_parse parse_mss(const u8 *value, unsigned int len, struct fsp_rx *rx)
{
	if (len != FSP_OPT_MSS_LEN - 2)
		return FSP_PARSE_OPTION;
	if (wanted(rx, FSP_HAS_MSS, true)) {
		rx->mss = fsp_get16(value);
		rx->opts |= FSP_HAS_MSS;
	}
	return FSP_PARSE_OK;
}

static enum fsp_parse parse_wscale(const u8 *value, unsigned int len, struct fsp_rx *rx)
{
	if (len != FSP_OPT_WSCALE_LEN - 2)
		return FSP_PARSE_OPTION;
	if (wanted(rx, FSP_HAS_WSCALE, true)) {
		/* More is no reason to refuse, but never used: RFC 7323 section 2.3 */
		rx->wscale = min_t(u8, value[0], FSP_WSCALE_MAX);
		rx->opts |= FSP_HAS_WSCALE;
	}
	return FSP_PARSE_OK;
}

static enum fsp_parse parse_features(const u8 *value, unsigned int len, struct fsp_rx *rx)
{
	if (len != FSP_OPT_FEATURES_LEN - 2)
		return FSP_PARSE_OPTION;
	if (wanted(rx, FSP_HAS_FEATURES, true)) {
		rx->version = value[0];
		rx->features = fsp_get32(value) & 0xffffff;
		rx->opts |= FSP_HAS_FEATURES;
	}
	return FSP_PARSE_OK;
}

static enum fsp_parse parse_echo(const u8 *value, unsigned int len, struct fsp_rx *rx)
{
	if (len != FSP_OPT_ECHO_LEN - 2)
		return FSP_PARSE_OPTION;
	if (wanted(rx, FSP_HAS_ECHO, false)) {
		rx->echo = fsp_get16(value);
		rx->echo_delay = fsp_get16(value + 2) * FSP_ECHO_DELAY_UNIT;
		rx->opts |= FSP_HAS_ECHO;
	}
	return FSP_PARSE_OK;
}

static enum fsp_parse parse_dup(const u8 *value, unsigned int len, struct fsp_rx *rx)
{
	if (len != FSP_OPT_DUP_LEN - 2)
		return FSP_PARSE_OPTION;
	if (wanted(rx, FSP_HAS_DUP, false)) {
		rx->dup.serial = fsp_get16(value);
		rx->dup.seq = fsp_get32(value + 2);
		rx->dup.len = fsp_get16(value + 6);
		rx->opts |= FSP_HAS_DUP;
	}
	return FSP_PARSE_OK;
}

static enum fsp_parse parse_epoch(const u8 *value, unsigned int len, struct fsp_rx *rx)
{
	if (len != FSP_OPT_EPOCH_LEN - 2)
		return FSP_PARSE_OPTION;
	if (wanted(rx, FSP_HAS_EPOCH, false)) {
		rx->seq_epoch = fsp_get16(value);
		rx->ack_epoch = fsp_get16(value + 2);
		rx->opts |= FSP_HAS_EPOCH;
	}
	return FSP_PARSE_OK;
}

static enum fsp_parse parse_cookie(const u8 *value, unsigned int len, struct fsp_rx *rx)
{
	if (len && (len < FSP_COOKIE_MIN || len > FSP_COOKIE_MAX))
		return FSP_PARSE_OPTION;
	if (wanted(rx, FSP_HAS_COOKIE, true)) {
		rx->cookie = value;
		rx->cookie_len = len;
		rx->opts |= FSP_HAS_COOKIE;
	}
	return FSP_PARSE_OK;
}

static enum fsp_parse parse_ticket(const u8 *value, unsigned int len, struct fsp_rx *rx)
{
	if (!len || len > FSP_TICKET_MAX)
		return FSP_PARSE_OPTION;
	if (wanted(rx, FSP_HAS_TICKET, false)) {
		rx->ticket = value;
		rx->ticket_len = len;
		rx->opts |= FSP_HAS_TICKET;
	}
	return FSP_PARSE_OK;
}

static enum fsp_parse parse_ecn(const u8 *value, unsigned int len, struct fsp_rx *rx)
{
	if (len != FSP_OPT_ECN_LEN - 2)
		return FSP_PARSE_OPTION;
	if (wanted(rx, FSP_HAS_ECN, false)) {
		rx->ecn = (struct fsp_ecn) {
			.ce = fsp_get16(value),
			.ect0 = fsp_get16(value + 2),
			.ect1 = fsp_get16(value + 4),
			.ce_bytes = fsp_get32(value + 6),
			.ect_bytes = fsp_get32(value + 10),
		};
		rx->opts |= FSP_HAS_ECN;
	}
	return FSP_PARSE_OK;
}

static enum fsp_parse parse_probed(const u8 *value, unsigned int len, struct fsp_rx *rx)
{
	if (len != FSP_OPT_PROBE_LEN - 2)
		return FSP_PARSE_OPTION;
	if (wanted(rx, FSP_HAS_PROBED | FSP_HAS_PROBE, false)) {
		rx->probe = fsp_get16(value);
		rx->probe_size = fsp_get16(value + 2);
		rx->opts |= FSP_HAS_PROBED;
	}
	return FSP_PARSE_OK;
}

/* One option or item of a control block, its length known to fit */
static enum fsp_parse parse_value(u8 kind, const u8 *value, unsigned int len,
				  struct fsp_rx *rx)
{
	switch (kind) {
	case FSP_OPT_MSS:
		return parse_mss(value, len, rx);
	case FSP_OPT_WSCALE:
		return parse_wscale(value, len, rx);
	case FSP_OPT_FEATURES:
		return parse_features(value, len, rx);
	case FSP_OPT_ECHO:
		return parse_echo(value, len, rx);
	case FSP_OPT_RANGES:
		return parse_ranges(value, len, rx);
	case FSP_OPT_EPOCH:
		return parse_epoch(value, len, rx);
	case FSP_OPT_DUP:
		return parse_dup(value, len, rx);
	case FSP_OPT_COOKIE:
		return parse_cookie(value, len, rx);
	case FSP_OPT_TICKET:
		return parse_ticket(value, len, rx);
	case FSP_OPT_ECN:
		return parse_ecn(value, len, rx);
	case FSP_OPT_PROBE:
		return parse_probed(value, len, rx);
	default:
		return kind & FSP_OPT_CRITICAL ? FSP_PARSE_CRITICAL : FSP_PARSE_OK;
	}
}

static enum fsp_parse parse_options(const u8 *p, const u8 *end, struct fsp_rx *rx)
{
	enum fsp_parse ret;

	while (p < end) {
		if (*p == FSP_OPT_END)
			break;
		if (*p == FSP_OPT_PAD) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			return FSP_PARSE_OPTION;
		ret = parse_value(p[0], p + 2, p[1] - 2, rx);
		if (ret)
			return ret;
		p += p[1];
	}
	return FSP_PARSE_OK;
}

static enum fsp_parse parse_control(const u8 *p, const u8 *end, struct fsp_rx *rx)
{
	unsigned int len, padded;
	enum fsp_parse ret;

	while (p < end) {
		if (end - p < FSP_EXT_HDR)
			return FSP_PARSE_OPTION;
		len = fsp_get16(p + 2);
		padded = (len + 3) & ~3;
		if (len < FSP_EXT_HDR || padded > end - p)
			return FSP_PARSE_OPTION;
		ret = parse_value(p[0], p + FSP_EXT_HDR, len - FSP_EXT_HDR, rx);
		if (ret)
			return ret;
		p += padded;
	}
	return FSP_PARSE_OK;
}

static bool is_probe(const u8 *p, unsigned int len)
{
	return len >= FSP_PROBE_LEN && p[0] == FSP_OPT_PROBE;
}

/* @p is readable for FSP_PROBE_LEN; its @len bytes are padding but for these. */
static enum fsp_parse parse_probe(const u8 *p, unsigned int len, struct fsp_rx *rx)
{
	/* Of all that cannot have been sent nothing is to be confirmed. */
	if (fsp_get16(p + 2) != len || (rx->flags & (FSP_SYN | FSP_FIN | FSP_RST)))
		return FSP_PARSE_OPTION;
	rx->opts = (rx->opts & ~FSP_HAS_PROBED) | FSP_HAS_PROBE;
	rx->probe = fsp_get16(p + FSP_EXT_HDR);
	rx->probe_size = rx->hdr_len + len;
	rx->hdr_len += FSP_PROBE_LEN;
	rx->len = 0;
	return FSP_PARSE_OK;
}

enum fsp_parse fsp_hdr_parse(const u8 *p, unsigned int avail, unsigned int pkt_len,
			     struct fsp_rx *rx)
{
	unsigned int hdr_len;
	enum fsp_parse ret;

	if (avail < FSP_HDR_MIN || pkt_len < FSP_HDR_MIN)
		return FSP_PARSE_SHORT;
	hdr_len = hdr_bytes(p);
	if (hdr_len < FSP_HDR_MIN || !flags_sane(p[13]))
		return FSP_PARSE_HEADER;
	if (hdr_len > pkt_len || hdr_len > avail)
		return FSP_PARSE_SHORT;

	*rx = (struct fsp_rx) {
		.seq = fsp_get32(p + 4),
		.ack = fsp_get32(p + 8),
		.flags = p[13],
		.window = fsp_get16(p + 14),
		.serial = fsp_get16(p + 16),
		.hdr_len = hdr_len,
		.len = pkt_len - hdr_len,
	};
	ret = parse_options(p + FSP_HDR_MIN, p + hdr_len, rx);
	if (ret || !(rx->flags & FSP_EXT))
		return ret;

	/* The control block takes the payload's place. */
	if (avail >= hdr_len + FSP_PROBE_LEN && is_probe(p + hdr_len, rx->len))
		return parse_probe(p + hdr_len, rx->len, rx);
	if (rx->len > FSP_EXT_MAX)
		return FSP_PARSE_HEADER;
	if (pkt_len > avail)
		return FSP_PARSE_SHORT;
	rx->hdr_len = pkt_len;
	rx->len = 0;
	return parse_control(p + hdr_len, p + pkt_len, rx);
}

static unsigned int option_bytes(const struct fsp_tx *tx)
{
	return (tx->opts & FSP_HAS_MSS ? FSP_OPT_MSS_LEN : 0) +
	       (tx->opts & FSP_HAS_WSCALE ? FSP_OPT_WSCALE_LEN : 0) +
	       (tx->opts & FSP_HAS_FEATURES ? FSP_OPT_FEATURES_LEN : 0) +
	       (tx->opts & FSP_HAS_ECHO ? FSP_OPT_ECHO_LEN : 0) +
	       (tx->opts & FSP_HAS_EPOCH ? FSP_OPT_EPOCH_LEN : 0) +
	       (tx->opts & FSP_HAS_DUP ? FSP_OPT_DUP_LEN : 0) +
	       (tx->opts & FSP_HAS_ECN ? FSP_OPT_ECN_LEN : 0) +
	       (tx->opts & FSP_HAS_PROBED ? FSP_OPT_PROBE_LEN : 0) +
	       (tx->opts & FSP_HAS_COOKIE ? 2 + tx->cookie_len : 0) +
	       (tx->opts & FSP_HAS_TICKET ? 2 + tx->ticket_len : 0);
}

static void measure_probe(struct fsp_tx *tx, unsigned int opts)
{
	tx->flags |= FSP_EXT;
	tx->nr_ranges = 0;
	tx->hdr_len = FSP_HDR_MIN + ((opts + 3) & ~3) + FSP_PROBE_LEN;
	tx->pad = max(tx->probe_size, tx->hdr_len) - tx->hdr_len;
}

void fsp_tx_measure(struct fsp_tx *tx)
{
	unsigned int opts = option_bytes(tx);
	unsigned int left = FSP_OPTS_MAX - opts;
	unsigned int fit = left > 2 ? (left - 2) / FSP_RANGE_LEN : 0;

	tx->pad = 0;
	if (unlikely(tx->opts & FSP_HAS_PROBE)) {
		measure_probe(tx, opts);
		return;
	}
	tx->flags &= ~FSP_EXT;
	if (tx->nr_ranges > fit) {
		if (!tx->len && !(tx->flags & (FSP_SYN | FSP_FIN)))
			tx->flags |= FSP_EXT;
		else
			tx->nr_ranges = fit;
	}
	if (tx->nr_ranges && !(tx->flags & FSP_EXT))
		opts += 2 + tx->nr_ranges * FSP_RANGE_LEN;
	tx->hdr_len = FSP_HDR_MIN + ((opts + 3) & ~3);
	if (tx->flags & FSP_EXT)
		tx->hdr_len += FSP_EXT_HDR + tx->nr_ranges * FSP_RANGE_LEN;
}

static u8 *put_ranges(const struct fsp_tx *tx, u8 *p)
{
	unsigned int i;

	for (i = 0; i < tx->nr_ranges; i++, p += FSP_RANGE_LEN) {
		fsp_put32(p, tx->ranges[i].start);
		fsp_put32(p + 4, tx->ranges[i].end);
	}
	return p;
}

static u8 *put_kind(u8 *p, u8 kind, u8 len)
{
	p[0] = kind;
	p[1] = len;
	return p + 2;
}

static u8 *put_pair(u8 *p, u8 kind, u16 a, u16 b)
{
	p = put_kind(p, kind, 6);
	fsp_put16(p, a);
	fsp_put16(p + 2, b);
	return p + 4;
}

static u8 *put_syn_options(const struct fsp_tx *tx, u8 *p)
{
	if (tx->opts & FSP_HAS_MSS) {
		p = put_kind(p, FSP_OPT_MSS, FSP_OPT_MSS_LEN);
		fsp_put16(p, tx->opt_mss);
		p += 2;
	}
	if (tx->opts & FSP_HAS_FEATURES) {
		p = put_kind(p, FSP_OPT_FEATURES, FSP_OPT_FEATURES_LEN);
		fsp_put32(p, FSP_VERSION_1 << 24 | (tx->features & 0xffffff));
		p += 4;
	}
	if (tx->opts & FSP_HAS_WSCALE) {
		p = put_kind(p, FSP_OPT_WSCALE, FSP_OPT_WSCALE_LEN);
		*p++ = tx->wscale;
	}
	return p;
}

static u8 *put_opaque(u8 *p, u8 kind, const u8 *value, u8 len)
{
	p = put_kind(p, kind, 2 + len);
	if (len)
		memcpy(p, value, len);
	return p + len;
}

static u8 *put_dup(u8 *p, const struct fsp_dup *dup)
{
	p = put_kind(p, FSP_OPT_DUP, FSP_OPT_DUP_LEN);
	fsp_put16(p, dup->serial);
	fsp_put32(p + 2, dup->seq);
	fsp_put16(p + 6, dup->len);
	return p + 8;
}

static u8 *put_ecn(const struct fsp_ecn *ecn, u8 *p)
{
	p = put_kind(p, FSP_OPT_ECN, FSP_OPT_ECN_LEN);
	fsp_put16(p, ecn->ce);
	fsp_put16(p + 2, ecn->ect0);
	fsp_put16(p + 4, ecn->ect1);
	fsp_put32(p + 6, ecn->ce_bytes);
	fsp_put32(p + 10, ecn->ect_bytes);
	return p + FSP_OPT_ECN_LEN - 2;
}

static u8 *put_options(const struct fsp_tx *tx, u8 *p)
{
	p = put_syn_options(tx, p);
	if (tx->opts & FSP_HAS_ECHO)
		p = put_pair(p, FSP_OPT_ECHO, tx->echo, tx->echo_delay);
	if (tx->opts & FSP_HAS_EPOCH)
		p = put_pair(p, FSP_OPT_EPOCH, tx->seq_epoch, tx->ack_epoch);
	if (tx->opts & FSP_HAS_DUP)
		p = put_dup(p, &tx->dup);
	if (tx->opts & FSP_HAS_ECN)
		p = put_ecn(&tx->ecn, p);
	if (tx->opts & FSP_HAS_PROBED)
		p = put_pair(p, FSP_OPT_PROBE, tx->probe, tx->probe_size);
	if (tx->opts & FSP_HAS_COOKIE)
		p = put_opaque(p, FSP_OPT_COOKIE, tx->cookie, tx->cookie_len);
	if (tx->opts & FSP_HAS_TICKET)
		p = put_opaque(p, FSP_OPT_TICKET, tx->ticket, tx->ticket_len);
	if (tx->nr_ranges && !(tx->flags & FSP_EXT)) {
		p = put_kind(p, FSP_OPT_RANGES, 2 + tx->nr_ranges * FSP_RANGE_LEN);
		p = put_ranges(tx, p);
	}
	return p;
}

static void put_item(u8 *p, u8 kind, u16 len)
{
	p[0] = kind;
	p[1] = 0;
	fsp_put16(p + 2, len);
}

static void put_control(const struct fsp_tx *tx, u8 *p)
{
	if (unlikely(tx->opts & FSP_HAS_PROBE)) {
		put_item(p, FSP_OPT_PROBE, FSP_PROBE_LEN + tx->pad);
		fsp_put16(p + FSP_EXT_HDR, tx->probe);
		fsp_put16(p + FSP_EXT_HDR + 2, 0);
		return;
	}
	put_item(p, FSP_OPT_RANGES, FSP_EXT_HDR + tx->nr_ranges * FSP_RANGE_LEN);
	put_ranges(tx, p + FSP_EXT_HDR);
}

void fsp_hdr_build(const struct fsp_tx *tx, u8 *p)
{
	u8 *start = p, *end;

	fsp_put32(p, 0);	/* ports */
	fsp_put32(p + 4, tx->seq);
	fsp_put32(p + 8, tx->flags & FSP_ACK ? tx->ack : 0);
	p[13] = tx->flags;
	fsp_put16(p + 14, tx->window);
	fsp_put16(p + 16, tx->serial);
	fsp_put16(p + 18, 0);	/* checksum */

	end = put_options(tx, p + FSP_HDR_MIN);
	while ((end - start) & 3)
		*end++ = FSP_OPT_PAD;
	p[12] = (end - start) / 4 << 4;
	if (tx->flags & FSP_EXT)
		put_control(tx, end);
}

void fsp_reset_for(const struct fsp_rx *rx, struct fsp_tx *tx)
{
	tx->flags = FSP_RST;
	tx->seq = 0;
	tx->ack = 0;
	tx->opts = 0;
	if (rx->flags & FSP_ACK) {
		tx->seq = rx->ack;
		/* Whose sequence number this is believes it with its epoch only. */
		if (rx->opts & FSP_HAS_EPOCH) {
			tx->seq_epoch = rx->ack_epoch;
			tx->ack_epoch = 0;
			tx->opts = FSP_HAS_EPOCH;
		}
	} else {
		tx->ack = fsp_rx_end(rx);
		tx->flags |= FSP_ACK;
	}
	tx->window = 0;
	tx->serial = 0;
	tx->ect = FSP_NOT_ECT;
	tx->len = 0;
	tx->mss = 0;
	tx->nr_ranges = 0;
	fsp_tx_measure(tx);
}
