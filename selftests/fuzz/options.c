// SPDX-License-Identifier: GPL-2.0-only
/*
 * The option parser, beside a second one written from the specification
 * (protocol.rst, "Options" and "Control block"): both must say the same.
 *
 * Input: flags, how many bytes are options, options, control block.
 */
#include "header.h"
#include "input.h"

struct said {
	enum fsp_parse	result;
	bool		probe;
	u32		probed;
	struct fsp_ecn	ecn;
	struct fsp_dup	dup;
	u8		cookie_len;
	u8		ticket_len;
	const u8	*cookie;
	const u8	*ticket;
	u16		mss;
	u8		wscale;
	u32		features;	/* with the version */
	u32		echo;
	u32		epoch;
	u16		opts;
	unsigned int	nr_ranges;
	const u8	*ranges;
};

static const u8 lengths[] = {
	[FSP_OPT_MSS] = 4, [FSP_OPT_WSCALE] = 3, [FSP_OPT_FEATURES] = 6,
	[FSP_OPT_ECHO] = 6, [FSP_OPT_EPOCH] = 6, [FSP_OPT_ECN] = 16, [FSP_OPT_PROBE] = 6,
	[FSP_OPT_DUP] = 10,
};

static const u16 has[] = {
	[FSP_OPT_MSS] = FSP_HAS_MSS, [FSP_OPT_WSCALE] = FSP_HAS_WSCALE,
	[FSP_OPT_FEATURES] = FSP_HAS_FEATURES, [FSP_OPT_ECHO] = FSP_HAS_ECHO,
	[FSP_OPT_EPOCH] = FSP_HAS_EPOCH, [FSP_OPT_COOKIE] = FSP_HAS_COOKIE,
	[FSP_OPT_ECN] = FSP_HAS_ECN, [FSP_OPT_PROBE] = FSP_HAS_PROBED,
	[FSP_OPT_TICKET] = FSP_HAS_TICKET, [FSP_OPT_DUP] = FSP_HAS_DUP,
};

/* @len as an option has it */
static bool length_right(u8 kind, unsigned int len)
{
	switch (kind) {
	case FSP_OPT_COOKIE:
		return len == 2 || (len >= 2 + 4 && len <= 2 + 16);
	case FSP_OPT_TICKET:
		return len >= 2 + 1 && len <= 2 + 32;
	default:
		return len == lengths[kind];
	}
}

static void take(struct said *s, u8 kind, const u8 *v, unsigned int len)
{
	s->opts |= has[kind];
	switch (kind) {
	case FSP_OPT_MSS:
		s->mss = fsp_get16(v);
		break;
	case FSP_OPT_WSCALE:
		s->wscale = min_t(u8, v[0], 14);
		break;
	case FSP_OPT_FEATURES:
		s->features = fsp_get32(v);
		break;
	case FSP_OPT_ECHO:
		s->echo = fsp_get32(v);
		break;
	case FSP_OPT_EPOCH:
		s->epoch = fsp_get32(v);
		break;
	case FSP_OPT_COOKIE:
		s->cookie = v, s->cookie_len = len - 2;
		break;
	case FSP_OPT_TICKET:
		s->ticket = v, s->ticket_len = len - 2;
		break;
	case FSP_OPT_PROBE:
		s->probed = fsp_get32(v);
		break;
	case FSP_OPT_ECN:
		s->ecn = (struct fsp_ecn) { fsp_get16(v), fsp_get16(v + 2), fsp_get16(v + 4),
					    fsp_get32(v + 6), fsp_get32(v + 10) };
		break;
	default:
		s->dup = (struct fsp_dup) { .serial = fsp_get16(v), .seq = fsp_get32(v + 2),
					    .len = fsp_get16(v + 6) };
		break;
	}
}

/* One value; @len with the two bytes an option spends on kind and length */
static void say(struct said *s, u8 flags, u8 kind, const u8 *v, unsigned int len)
{
	bool syn_only = kind <= FSP_OPT_FEATURES || kind == FSP_OPT_COOKIE;

	if (kind == FSP_OPT_RANGES) {
		if (len < 10 || (len - 2) % 8)
			s->result = FSP_PARSE_OPTION;
		else if (!s->ranges)
			s->ranges = v, s->nr_ranges = min((len - 2) / 8, 32U);
	} else if (kind >= FSP_OPT_MSS && kind <= FSP_OPT_DUP) {
		if (!length_right(kind, len))
			s->result = FSP_PARSE_OPTION;
		else if (!(s->opts & has[kind]) && (!syn_only || flags & FSP_SYN))
			take(s, kind, v, len);
	} else if (kind & 0x80) {
		s->result = FSP_PARSE_CRITICAL;
	}
}

static void read_options(struct said *s, u8 flags, const u8 *p, const u8 *end)
{
	while (!s->result && p < end && *p != FSP_OPT_END) {
		if (*p == FSP_OPT_PAD) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p) {
			s->result = FSP_PARSE_OPTION;
			return;
		}
		say(s, flags, p[0], p + 2, p[1]);
		p += p[1];
	}
}

static void read_control(struct said *s, u8 flags, const u8 *p, const u8 *end)
{
	/* A probe of the path is all padding, and opens or closes nothing. */
	if (!s->result && end - p >= 8 && *p == FSP_OPT_PROBE) {
		if (fsp_get16(p + 2) != end - p || flags & (FSP_SYN | FSP_FIN | FSP_RST))
			s->result = FSP_PARSE_OPTION;
		s->opts = (s->opts & ~FSP_HAS_PROBED) | FSP_HAS_PROBE;
		s->probe = true;
		s->probed = fsp_get16(p + 4);
		return;
	}
	while (!s->result && p < end) {
		unsigned int len = end - p >= 4 ? fsp_get16(p + 2) : 0;
		unsigned int padded = (len + 3) / 4 * 4;

		if (len < 4 || padded > end - p) {
			s->result = FSP_PARSE_OPTION;
			return;
		}
		/* Kinds END and PAD have no meaning here: unknown ones. */
		if (p[0] > FSP_OPT_PAD)
			say(s, flags, p[0], p + 4, len - 2);
		p += padded;
	}
}

static void compare_first(const struct said *s, const struct fsp_rx *rx)
{
	fuzz_check(rx->cookie == s->cookie && rx->cookie_len == s->cookie_len);
	fuzz_check(rx->ticket == s->ticket && rx->ticket_len == s->ticket_len);
}

/* Padded to @len bytes, where it is a probe */
static void compare_probe(const struct said *s, const struct fsp_rx *rx, unsigned int len)
{
	if (s->probe)
		fuzz_check(rx->probe == s->probed && rx->probe_size == len && !rx->len);
	else
		fuzz_check(rx->probe == s->probed >> 16 &&
			   rx->probe_size == (s->probed & 0xffff));
}

static void compare_counts(const struct said *s, const struct fsp_rx *rx)
{
	fuzz_check(rx->ecn.ce == s->ecn.ce && rx->ecn.ect0 == s->ecn.ect0 &&
		   rx->ecn.ect1 == s->ecn.ect1);
	fuzz_check(rx->ecn.ce_bytes == s->ecn.ce_bytes && rx->ecn.ect_bytes == s->ecn.ect_bytes);
	fuzz_check(rx->dup.seq == s->dup.seq && rx->dup.len == s->dup.len &&
		   rx->dup.serial == s->dup.serial);
}

static void compare(const struct said *s, enum fsp_parse result, const struct fsp_rx *rx,
		    unsigned int len)
{
	fuzz_check(result == s->result);
	if (result)
		return;
	fuzz_check(rx->opts == s->opts);
	fuzz_check(rx->mss == s->mss && rx->wscale == s->wscale);
	fuzz_check(rx->version == s->features >> 24);
	fuzz_check(rx->features == (s->features & 0xffffff));
	fuzz_check(rx->echo == s->echo >> 16);
	fuzz_check(rx->echo_delay == (s->echo & 0xffff) * 16);
	fuzz_check(rx->seq_epoch == s->epoch >> 16);
	fuzz_check(rx->ack_epoch == (s->epoch & 0xffff));
	fuzz_check(rx->nr_ranges == s->nr_ranges && rx->ranges == s->ranges);
	compare_first(s, rx);
	compare_probe(s, rx, len);
	compare_counts(s, rx);
}

static u8 sane_flags(u8 flags)
{
	static const u8 kinds[] = { FSP_ACK, FSP_SYN, FSP_SYN | FSP_ACK, FSP_RST,
				    FSP_FIN | FSP_ACK, FSP_RST | FSP_ACK };

	return kinds[(flags & 0x7) % sizeof(kinds)] | (flags & FSP_EXT);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	unsigned int opts, ext = 0, len;
	struct said s = {};
	enum fsp_parse ret;
	struct fsp_rx rx;
	u8 flags, *p;

	if (size < 2)
		return 0;
	flags = sane_flags(data[0]);
	opts = min_t(size_t, data[1] % 11 * 4, (size - 2) & ~3);
	if (flags & FSP_EXT)
		ext = min_t(size_t, size - 2 - opts, FSP_EXT_MAX);
	len = FSP_HDR_MIN + opts + ext;
	p = calloc(1, len);
	if (!p)
		abort();
	p[12] = (FSP_HDR_MIN + opts) / 4 << 4;
	p[13] = flags;
	memcpy(p + FSP_HDR_MIN, data + 2, opts + ext);

	ret = fsp_hdr_parse(p, len, len, &rx);
	read_options(&s, flags, p + FSP_HDR_MIN, p + FSP_HDR_MIN + opts);
	read_control(&s, flags, p + FSP_HDR_MIN + opts, p + len);
	compare(&s, ret, &rx, len);
	free(p);
	return 0;
}
