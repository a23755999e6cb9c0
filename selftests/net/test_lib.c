// SPDX-License-Identifier: GPL-2.0-only
/* test_lib - the tests' own tools: a wrong checker would pass everything. */
#include <string.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"
#include "lib/payload.h"
#include "lib/sha256.h"

TEST_V4(payload_is_a_function_of_offset)
{
	unsigned char whole[300], part[300];
	size_t off, len;

	ft_fill(7, 0, whole, sizeof(whole));
	for (off = 0; off < 20; off++) {
		for (len = 0; len < 40; len++) {
			ft_fill(7, off, part, len);
			EXPECT_EQ(0, memcmp(part, whole + off, len));
			EXPECT_EQ(-1, ft_check(7, off, whole + off, len));
		}
	}
}

TEST_V4(payload_check_finds_any_wrong_byte)
{
	unsigned char buf[64];
	size_t i;

	for (i = 0; i < sizeof(buf); i++) {
		ft_fill(9, 3, buf, sizeof(buf));
		buf[i] ^= 1;
		EXPECT_EQ(i, ft_check(9, 3, buf, sizeof(buf)));
	}
	ft_fill(9, 3, buf, sizeof(buf));
	EXPECT_NE(-1, ft_check(9, 4, buf, sizeof(buf)));
	EXPECT_NE(-1, ft_check(10, 3, buf, sizeof(buf)));
}

static void sha(const char *text, size_t times, char hex[65])
{
	struct ft_sha256 s;

	ft_sha256_init(&s);
	while (times--)
		ft_sha256_update(&s, text, strlen(text));
	ft_sha256_final(&s, hex);
}

/* The examples of FIPS 180-4, and a length that needs a second padding block. */
TEST_V4(sha256_known_answers)
{
	char hex[65];

	sha("", 1, hex);
	EXPECT_EQ(0, strcmp(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	sha("abc", 1, hex);
	EXPECT_EQ(0, strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	sha("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, hex);
	EXPECT_EQ(0, strcmp(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
	sha("a", 1000000, hex);
	EXPECT_EQ(0, strcmp(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

TEST(address_helpers)
{
	union ft_addr a = ft_addr(ip == 4 ? "127.0.0.1" : "::1", 80);
	union ft_addr b = ft_loopback(ip, 80);

	EXPECT_TRUE(ft_addr_equal(&a, &b));
	EXPECT_EQ(80, ft_port(&a));
	ft_set_port(&b, 81);
	EXPECT_TRUE(!ft_addr_equal(&a, &b));
}

/* Each case has a namespace of its own: this port would be taken in another. */
TEST(cases_are_isolated)
{
	union ft_addr addr = ft_any(ip, 80);

	ft_opt.ferry = false;
	ft_listener(&addr, 1);
	EXPECT_EQ(80, ft_port(&addr));
}

TEST(pairs_are_connected)
{
	char buf[8];
	int fd[2];

	ft_opt.ferry = false;
	ft_stream_pair(ip, fd);
	ft_send_all(fd[0], "stream", 6);
	EXPECT_EQ(6, ft_recv_all(fd[1], buf, 6));
	ft_dgram_pair(ip, fd);
	ft_send_all(fd[1], "dgram", 5);
	EXPECT_EQ(5, recv(fd[0], buf, sizeof(buf), 0));
}

TEST_MAIN
