// SPDX-License-Identifier: GPL-2.0-only
/* Headers: what is built is parsed back; what is malformed is refused. */
#include "fixture.h"

#define ROOM	(FSP_HDR_MAX + FSP_EXT_MAX)

/* A header with @len option bytes after it, in a buffer of just that size */
static u8 *header(struct kunit *test, u8 flags, const u8 *opts, unsigned int len)
{
	unsigned int hdr = FSP_HDR_MIN + ALIGN(len, 4);
	u8 *p = kunit_kzalloc(test, hdr, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	p[12] = hdr / 4 << 4;
	p[13] = flags;
	if (len)
		memcpy(p + FSP_HDR_MIN, opts, len);
	return p;
}

static enum fsp_parse parse(struct kunit *test, u8 flags, const u8 *opts, unsigned int len,
			    struct fsp_rx *rx)
{
	unsigned int hdr = FSP_HDR_MIN + ALIGN(len, 4);

	return fsp_hdr_parse(header(test, flags, opts, len), hdr, hdr + 7, rx);
}

#define PARSE(test, rx, flags, ...) ({					\
	static const u8 __opts[] = { __VA_ARGS__ };			\
									\
	parse(test, flags, __opts, sizeof(__opts), rx);			\
})

static void fixed_fields(struct kunit *test)
{
	static const u8 pkt[FSP_HDR_MIN] = {
		0x12, 0x34, 0x56, 0x78, 0x01, 0x02, 0x03, 0x04, 0xff, 0xfe, 0xfd, 0xfc,
		0x50, FSP_ACK | FSP_PSH | FSP_ECE, 0xab, 0xcd, 0x12, 0x21, 0, 0,
	};
	struct fsp_rx rx;

	KUNIT_EXPECT_EQ(test, fsp_hdr_parse(pkt, 20, 1020, &rx), FSP_PARSE_OK);
	KUNIT_EXPECT_EQ(test, rx.seq, 0x01020304u);
	KUNIT_EXPECT_EQ(test, rx.ack, 0xfffefdfcu);
	KUNIT_EXPECT_EQ(test, (int)rx.window, 0xabcd);
	KUNIT_EXPECT_EQ(test, (int)rx.serial, 0x1221);
	KUNIT_EXPECT_EQ(test, (int)rx.flags, FSP_ACK | FSP_PSH | FSP_ECE);
	KUNIT_EXPECT_EQ(test, (int)rx.hdr_len, 20);
	KUNIT_EXPECT_EQ(test, rx.len, 1000u);
	KUNIT_EXPECT_EQ(test, (int)rx.opts, 0);
	KUNIT_EXPECT_EQ(test, (int)rx.nr_ranges, 0);
}

static void fill(struct fsp_tx *tx, u8 opts, unsigned int ranges, u32 len)
{
	unsigned int i;

	memset(tx, 0, sizeof(*tx));
	tx->seq = 0xfffffff0;
	tx->ack = 0x80000001;
	tx->window = 0x1357;
	tx->serial = 0xfedc;
	tx->flags = FSP_ACK | (opts & FSP_HAS_MSS ? FSP_SYN : 0);
	tx->opts = opts;
	tx->len = len;
	tx->wscale = 7;
	tx->features = 0xabcdef;
	tx->opt_mss = 1460;
	tx->echo = 0x1234;
	tx->echo_delay = 0x4321;
	tx->seq_epoch = 3;
	tx->ack_epoch = 65535;
	tx->nr_ranges = ranges;
	for (i = 0; i < ranges; i++)
		tx->ranges[i] = (struct fsp_range){ 1000 * i, 1000 * i + 500 };
}

static void expect_same(struct kunit *test, const struct fsp_tx *tx, const struct fsp_rx *rx)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, rx->seq, tx->seq);
	KUNIT_EXPECT_EQ(test, rx->ack, tx->ack);
	KUNIT_EXPECT_EQ(test, rx->window, tx->window);
	KUNIT_EXPECT_EQ(test, rx->serial, tx->serial);
	KUNIT_EXPECT_EQ(test, rx->opts, tx->opts);
	KUNIT_EXPECT_EQ(test, rx->len, tx->len);
	KUNIT_EXPECT_EQ(test, rx->hdr_len, tx->hdr_len);
	if (tx->opts & FSP_HAS_MSS)
		KUNIT_EXPECT_EQ(test, rx->mss, tx->opt_mss);
	if (tx->opts & FSP_HAS_WSCALE)
		KUNIT_EXPECT_EQ(test, rx->wscale, tx->wscale);
	if (tx->opts & FSP_HAS_FEATURES) {
		KUNIT_EXPECT_EQ(test, rx->features, tx->features);
		KUNIT_EXPECT_EQ(test, (int)rx->version, FSP_VERSION_1);
	}
	if (tx->opts & FSP_HAS_ECHO) {
		KUNIT_EXPECT_EQ(test, rx->echo, tx->echo);
		KUNIT_EXPECT_EQ(test, rx->echo_delay,
				(u32)tx->echo_delay * FSP_ECHO_DELAY_UNIT);
	}
	if (tx->opts & FSP_HAS_EPOCH) {
		KUNIT_EXPECT_EQ(test, rx->seq_epoch, tx->seq_epoch);
		KUNIT_EXPECT_EQ(test, rx->ack_epoch, tx->ack_epoch);
	}
	KUNIT_EXPECT_EQ(test, rx->nr_ranges, tx->nr_ranges);
	for (i = 0; i < rx->nr_ranges && i < tx->nr_ranges; i++) {
		KUNIT_EXPECT_EQ(test, fsp_rx_range(rx, i).start, tx->ranges[i].start);
		KUNIT_EXPECT_EQ(test, fsp_rx_range(rx, i).end, tx->ranges[i].end);
	}
}

static u8 *build(struct kunit *test, struct fsp_tx *tx)
{
	u8 *p;

	fsp_tx_measure(tx);
	KUNIT_EXPECT_EQ(test, tx->hdr_len % 4, 0);
	p = kunit_kzalloc(test, tx->hdr_len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, 0x5a, tx->hdr_len);
	fsp_hdr_build(tx, p);
	return p;
}

/* Every set of options, every number of ranges, with and without payload */
static void round_trip(struct kunit *test)
{
	unsigned int opts, ranges, len;
	struct fsp_tx *tx = kunit_kzalloc(test, sizeof(*tx), GFP_KERNEL);
	struct fsp_rx rx;
	u8 *p;

	KUNIT_ASSERT_NOT_NULL(test, tx);
	for (opts = 0; opts < 32; opts++) {
		/* What belongs to a SYN is not sent elsewhere. */
		if (!(opts & FSP_HAS_MSS) && opts & (FSP_HAS_WSCALE | FSP_HAS_FEATURES))
			continue;
		for (ranges = 0; ranges <= FSP_RANGES_MAX; ranges += 1 + ranges / 4) {
			for (len = 0; len <= 1000; len += 1000) {
				fill(tx, opts, ranges, len);
				p = build(test, tx);
				KUNIT_ASSERT_EQ(test, fsp_hdr_parse(p, tx->hdr_len,
								    tx->hdr_len + len, &rx),
						FSP_PARSE_OK);
				expect_same(test, tx, &rx);
			}
		}
	}
}

/* An ACK without payload reports 32 ranges; beside payload three fit. */
static void ranges_that_fit(struct kunit *test)
{
	struct fsp_tx *tx = kunit_kzalloc(test, sizeof(*tx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tx);
	fill(tx, FSP_HAS_ECHO, FSP_RANGES_MAX, 0);
	build(test, tx);
	KUNIT_EXPECT_EQ(test, (int)tx->nr_ranges, FSP_RANGES_MAX);
	KUNIT_EXPECT_TRUE(test, tx->flags & FSP_EXT);
	KUNIT_EXPECT_LE(test, (int)tx->hdr_len, ROOM);

	fill(tx, FSP_HAS_ECHO | FSP_HAS_EPOCH, FSP_RANGES_MAX, 1);
	build(test, tx);
	KUNIT_EXPECT_EQ(test, (int)tx->nr_ranges, FSP_RANGES_IN_OPTS);
	KUNIT_EXPECT_FALSE(test, tx->flags & FSP_EXT);
	KUNIT_EXPECT_LE(test, (int)tx->hdr_len, FSP_HDR_MAX);
}

/* Cut off at every byte: refused as too short, and nothing beyond is read. */
static void truncated(struct kunit *test)
{
	struct fsp_tx *tx = kunit_kzalloc(test, sizeof(*tx), GFP_KERNEL);
	unsigned int ranges, cut;
	struct fsp_rx rx;
	u8 *p, *part;

	KUNIT_ASSERT_NOT_NULL(test, tx);
	for (ranges = 0; ranges <= FSP_RANGES_MAX; ranges += 16) {
		fill(tx, FSP_HAS_ECHO | FSP_HAS_EPOCH, ranges, 0);
		p = build(test, tx);
		for (cut = 0; cut < tx->hdr_len; cut++) {
			part = kunit_kzalloc(test, cut ? cut : 1, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, part);
			memcpy(part, p, cut);
			/* The packet itself may be longer than what is linear ... */
			KUNIT_EXPECT_EQ(test, fsp_hdr_parse(part, cut, tx->hdr_len, &rx),
					FSP_PARSE_SHORT);
			/* ... or end there. */
			if (cut != (p[12] >> 4) * 4)
				KUNIT_EXPECT_NE(test, fsp_hdr_parse(part, cut, cut, &rx),
						FSP_PARSE_OK);
		}
	}
}

static void header_lengths(struct kunit *test)
{
	u8 p[FSP_HDR_MAX] = { [13] = FSP_ACK };
	struct fsp_rx rx;
	int words;

	for (words = 0; words < 16; words++) {
		p[12] = words << 4;
		KUNIT_EXPECT_EQ(test, fsp_hdr_parse(p, FSP_HDR_MAX, FSP_HDR_MAX, &rx),
				words < 5 ? FSP_PARSE_HEADER : FSP_PARSE_OK);
		KUNIT_EXPECT_LE(test, fsp_hdr_need(p, FSP_HDR_MAX), (unsigned int)FSP_HDR_MAX);
		if (words > 5)
			KUNIT_EXPECT_EQ(test, fsp_hdr_parse(p, FSP_HDR_MAX, words * 4 - 1, &rx),
					FSP_PARSE_SHORT);
	}
}

static void contradicting_flags(struct kunit *test)
{
	static const u8 bad[] = {
		0, FSP_PSH, FSP_FIN, FSP_SYN | FSP_FIN, FSP_SYN | FSP_RST,
		FSP_RST | FSP_FIN | FSP_ACK, FSP_SYN | FSP_FIN | FSP_ACK,
		FSP_SYN | FSP_RST | FSP_ACK, 0xff,
	};
	static const u8 good[] = {
		FSP_ACK, FSP_SYN, FSP_SYN | FSP_ACK, FSP_RST, FSP_RST | FSP_ACK,
		FSP_FIN | FSP_ACK, FSP_ACK | FSP_PSH,
	};
	struct fsp_rx rx;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, (int)parse(test, bad[i], NULL, 0, &rx),
				    FSP_PARSE_HEADER, "flags %#x", bad[i]);
	for (i = 0; i < ARRAY_SIZE(good); i++)
		KUNIT_EXPECT_EQ_MSG(test, (int)parse(test, good[i], NULL, 0, &rx),
				    FSP_PARSE_OK, "flags %#x", good[i]);
}

/* RFC 9293 MUST-7 and MUST-68: every length but the right one */
static void option_lengths(struct kunit *test)
{
	static const struct {
		u8	kind;
		u8	len;
	} kinds[] = {
		{ FSP_OPT_MSS, FSP_OPT_MSS_LEN },
		{ FSP_OPT_WSCALE, FSP_OPT_WSCALE_LEN },
		{ FSP_OPT_FEATURES, FSP_OPT_FEATURES_LEN },
		{ FSP_OPT_ECHO, FSP_OPT_ECHO_LEN },
		{ FSP_OPT_EPOCH, FSP_OPT_EPOCH_LEN },
	};
	u8 opts[FSP_OPTS_MAX] = {};
	struct fsp_rx rx;
	unsigned int len;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (len = 0; len < 256; len++) {
			opts[0] = kinds[i].kind;
			opts[1] = len;
			KUNIT_EXPECT_EQ_MSG(test, (int)parse(test, FSP_SYN, opts, sizeof(opts),
							     &rx),
					    len == kinds[i].len ? FSP_PARSE_OK : FSP_PARSE_OPTION,
					    "option %u of length %u", kinds[i].kind, len);
		}
	}
}

static void range_lengths(struct kunit *test)
{
	u8 opts[FSP_OPTS_MAX] = { FSP_OPT_RANGES };
	struct fsp_rx rx;
	unsigned int len;

	for (len = 0; len < 256; len++) {
		bool good = len == 10 || len == 18 || len == 26 || len == 34;

		opts[1] = len;
		KUNIT_EXPECT_EQ_MSG(test, (int)parse(test, FSP_ACK, opts, sizeof(opts), &rx),
				    good ? FSP_PARSE_OK : FSP_PARSE_OPTION, "length %u", len);
		if (good)
			KUNIT_EXPECT_EQ(test, (unsigned int)rx.nr_ranges, (len - 2) / 8);
	}
}

static void unknown_options(struct kunit *test)
{
	struct fsp_rx rx;

	/* MUST-6: skipped, and what follows is found */
	KUNIT_EXPECT_EQ(test, (int)PARSE(test, &rx, FSP_ACK, 0x60, 3, 9,
					 FSP_OPT_PAD, FSP_OPT_ECHO, 6, 1, 2, 0, 1),
			FSP_PARSE_OK);
	KUNIT_EXPECT_EQ(test, (int)rx.opts, FSP_HAS_ECHO);
	KUNIT_EXPECT_EQ(test, (int)rx.echo, 0x102);
	/* unless it is critical */
	KUNIT_EXPECT_EQ(test, (int)PARSE(test, &rx, FSP_ACK, 0x80, 2), FSP_PARSE_CRITICAL);
	KUNIT_EXPECT_EQ(test, (int)PARSE(test, &rx, FSP_ACK, 0xff, 3, 0, FSP_OPT_PAD),
			FSP_PARSE_CRITICAL);
	/* and nothing after END counts */
	KUNIT_EXPECT_EQ(test, (int)PARSE(test, &rx, FSP_ACK, FSP_OPT_END, 0x80, 0, 0),
			FSP_PARSE_OK);
	/* a length byte that is not there */
	KUNIT_EXPECT_EQ(test, (int)PARSE(test, &rx, FSP_ACK, FSP_OPT_PAD, FSP_OPT_PAD,
					 FSP_OPT_PAD, FSP_OPT_ECHO),
			FSP_PARSE_OPTION);
}

/* RFC 9293 MUST-65: what belongs to a SYN means nothing elsewhere. */
static void syn_options(struct kunit *test)
{
	struct fsp_rx rx;

	KUNIT_EXPECT_EQ(test, (int)PARSE(test, &rx, FSP_SYN, FSP_OPT_MSS, 4, 5, 0xb4,
					 FSP_OPT_WSCALE, 3, 200),
			FSP_PARSE_OK);
	KUNIT_EXPECT_EQ(test, (int)rx.opts, FSP_HAS_MSS | FSP_HAS_WSCALE);
	KUNIT_EXPECT_EQ(test, (int)rx.mss, 1460);
	/* RFC 7323 section 2.3 */
	KUNIT_EXPECT_EQ(test, (int)rx.wscale, FSP_WSCALE_MAX);
	KUNIT_EXPECT_EQ(test, (int)PARSE(test, &rx, FSP_ACK, FSP_OPT_MSS, 4, 5, 0xb4,
					 FSP_OPT_WSCALE, 3, 2),
			FSP_PARSE_OK);
	KUNIT_EXPECT_EQ(test, (int)rx.opts, 0);
}

static enum fsp_parse parse_control(struct kunit *test, const u8 *ext, unsigned int len,
				    struct fsp_rx *rx)
{
	u8 *p = kunit_kzalloc(test, FSP_HDR_MIN + len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	p[12] = 0x50;
	p[13] = FSP_ACK | FSP_EXT;
	memcpy(p + FSP_HDR_MIN, ext, len);
	return fsp_hdr_parse(p, FSP_HDR_MIN + len, FSP_HDR_MIN + len, rx);
}

static void control_blocks(struct kunit *test)
{
	u8 ext[FSP_EXT_MAX + 4] = { FSP_OPT_RANGES };
	struct fsp_rx rx;
	unsigned int len;

	for (len = 0; len < 300; len++) {
		bool good = len >= 12 && (len - 4) % 8 == 0 && len <= 268;

		/* 268 bytes in all, and nothing else in it */
		memset(ext, 0, sizeof(ext));
		ext[0] = FSP_OPT_RANGES;
		fsp_put16(ext + 2, len);
		if (good && len < 268) {
			ext[ALIGN(len, 4)] = 0x60;
			fsp_put16(ext + ALIGN(len, 4) + 2, 268 - ALIGN(len, 4));
		}
		KUNIT_EXPECT_EQ_MSG(test, (int)parse_control(test, ext, 268, &rx),
				    good ? FSP_PARSE_OK : FSP_PARSE_OPTION, "length %u", len);
		if (good)
			KUNIT_EXPECT_EQ(test, (unsigned int)rx.nr_ranges,
					min((len - 4) / 8, (unsigned int)FSP_RANGES_MAX));
	}
	/* No longer than it may be, and no payload behind it */
	memset(ext, 0, sizeof(ext));
	ext[0] = 0x60;
	fsp_put16(ext + 2, FSP_EXT_MAX);
	KUNIT_EXPECT_EQ(test, parse_control(test, ext, FSP_EXT_MAX, &rx), FSP_PARSE_OK);
	KUNIT_EXPECT_EQ(test, rx.len, 0u);
	KUNIT_EXPECT_EQ(test, (int)rx.hdr_len, FSP_HDR_MIN + FSP_EXT_MAX);
	KUNIT_EXPECT_NE(test, parse_control(test, ext, FSP_EXT_MAX + 4, &rx), FSP_PARSE_OK);
	/* Critical items */
	ext[0] = 0x80;
	KUNIT_EXPECT_EQ(test, parse_control(test, ext, FSP_EXT_MAX, &rx), FSP_PARSE_CRITICAL);
}

/* RFC 9293 section 3.10.7.1 */
static void resets(struct kunit *test)
{
	struct fsp_rx syn = { .seq = 100, .flags = FSP_SYN, .len = 0 };
	struct fsp_rx data = { .seq = 100, .ack = 777, .flags = FSP_ACK | FSP_FIN, .len = 50 };
	struct fsp_tx tx;

	fsp_reset_for(&syn, &tx);
	KUNIT_EXPECT_EQ(test, (int)tx.flags, FSP_RST | FSP_ACK);
	KUNIT_EXPECT_EQ(test, tx.seq, 0u);
	KUNIT_EXPECT_EQ(test, tx.ack, 101u);

	fsp_reset_for(&data, &tx);
	KUNIT_EXPECT_EQ(test, (int)tx.flags, FSP_RST);
	KUNIT_EXPECT_EQ(test, tx.seq, 777u);
	KUNIT_EXPECT_EQ(test, tx.len, 0u);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(fixed_fields),
	KUNIT_CASE(round_trip),
	KUNIT_CASE(ranges_that_fit),
	KUNIT_CASE(truncated),
	KUNIT_CASE(header_lengths),
	KUNIT_CASE(contradicting_flags),
	KUNIT_CASE(option_lengths),
	KUNIT_CASE(range_lengths),
	KUNIT_CASE(unknown_options),
	KUNIT_CASE(syn_options),
	KUNIT_CASE(control_blocks),
	KUNIT_CASE(resets),
	{}
};

static struct kunit_suite suite = {
	.name		= "fsp-header",
	.test_cases	= cases,
};
kunit_test_suite(suite);
