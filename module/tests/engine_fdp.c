// SPDX-License-Identifier: GPL-2.0-only
/* FDP headers: what is built is parsed back; what is malformed is refused. */
#include <kunit/test.h>

#include "engine/fdp.h"

static void build_and_parse(struct kunit *test)
{
	struct fdp_header in = { .sport = 0x1234, .dport = 0xfedc, .length = 112,
				 .flags = 0x0005 };
	struct fdp_header out = {};
	u8 p[FDP_HDR];

	memset(p, 0xee, sizeof(p));
	fdp_build(p, &in);
	KUNIT_ASSERT_TRUE(test, fdp_parse(p, 112, &out));
	KUNIT_EXPECT_EQ(test, (int)out.sport, 0x1234);
	KUNIT_EXPECT_EQ(test, (int)out.dport, 0xfedc);
	KUNIT_EXPECT_EQ(test, (int)out.length, 112);
	KUNIT_EXPECT_EQ(test, (int)out.flags, 5);
	KUNIT_EXPECT_TRUE(test, out.unsummed);
	KUNIT_EXPECT_EQ(test, p[6] | p[7], 0);
}

static void wire_layout(struct kunit *test)
{
	static const u8 pkt[FDP_HDR] = { 1, 2, 3, 4, 0, 13, 9, 9, 0, 7, 0xab, 0xcd };
	struct fdp_header h;

	KUNIT_ASSERT_TRUE(test, fdp_parse(pkt, 13, &h));
	KUNIT_EXPECT_EQ(test, (int)h.sport, 0x0102);
	KUNIT_EXPECT_EQ(test, (int)h.dport, 0x0304);
	KUNIT_EXPECT_EQ(test, (int)h.flags, 7);
	KUNIT_EXPECT_FALSE(test, h.unsummed);
}

static void lengths(struct kunit *test)
{
	struct fdp_header in = { .sport = 1, .dport = 2, .length = 20 }, out;
	u8 p[FDP_HDR];

	fdp_build(p, &in);
	KUNIT_EXPECT_TRUE(test, fdp_parse(p, 20, &out));
	KUNIT_EXPECT_FALSE(test, fdp_parse(p, 19, &out));
	KUNIT_EXPECT_FALSE(test, fdp_parse(p, 21, &out));
	KUNIT_EXPECT_FALSE(test, fdp_parse(p, 65536 + 20, &out));
	in.length = 11;
	fdp_build(p, &in);
	KUNIT_EXPECT_FALSE(test, fdp_parse(p, 11, &out));
	in.length = FDP_HDR;
	fdp_build(p, &in);
	KUNIT_EXPECT_TRUE(test, fdp_parse(p, FDP_HDR, &out));
}

static void flags(struct kunit *test)
{
	struct fdp_header in = { .sport = 1, .dport = 2, .length = FDP_HDR }, out;
	u8 p[FDP_HDR];
	int bit;

	for (bit = 0; bit < 16; bit++) {
		in.flags = BIT(bit);
		fdp_build(p, &in);
		KUNIT_EXPECT_EQ(test, fdp_parse(p, FDP_HDR, &out), bit < 8);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(build_and_parse),
	KUNIT_CASE(wire_layout),
	KUNIT_CASE(lengths),
	KUNIT_CASE(flags),
	{}
};

static struct kunit_suite suite = {
	.name		= "fdp-header",
	.test_cases	= cases,
};

kunit_test_suite(suite);
