// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_netlink - the generic netlink family against what a program may send it:
 * each wrong attribute is named, rights are asked for, dumps are whole.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/netlink.h>

#include "lib/genl.h"
#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

/* Where the attribute that was added last begins */
static int last_offset;

static void put(struct nlmsghdr *nlh, int type, size_t len, const void *data)
{
	last_offset = nlh->nlmsg_len;
	mnl_attr_put(nlh, type, len, data);
}

static void put_u8(struct nlmsghdr *nlh, int type, uint8_t value)
{
	put(nlh, type, sizeof(value), &value);
}

static void put_u16(struct nlmsghdr *nlh, int type, uint16_t value)
{
	put(nlh, type, sizeof(value), &value);
}

static void put_u32(struct nlmsghdr *nlh, int type, uint32_t value)
{
	put(nlh, type, sizeof(value), &value);
}

static void put_u64(struct nlmsghdr *nlh, int type, uint64_t value)
{
	put(nlh, type, sizeof(value), &value);
}

/* The answer is this errno and points to the attribute added last. */
static void refused(struct genl_answer a, int err, const char *what)
{
	if (a.err != -err)
		FT_FAIL("%s: want %s, have %s", what, strerror(err), strerror(-a.err));
	if (a.offset != last_offset && !a.late)
		FT_FAIL("%s: want offset %d, have %d", what, last_offset, a.offset);
	if (!*a.text)
		FT_FAIL("%s: no text", what);
}

static struct genl_answer talk(struct nlmsghdr *nlh)
{
	return genl_talk(nlh, NULL, NULL);
}

/* ---- what is well formed ---- */

static void check_version(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *api = genl_attr(nlh, FERRY_A_VERSION_API);
	const struct nlattr *fsp = genl_attr(nlh, FERRY_A_VERSION_FSP_PROTOCOL);

	ASSERT_TRUE(api && fsp);
	EXPECT_EQ(FERRY_API_VERSION, mnl_attr_get_u32(api));
	EXPECT_EQ(FERRY_IPPROTO_FSP, mnl_attr_get_u8(fsp));
	*(int *)arg += 1;
}

TEST_V4(version)
{
	int seen = 0;

	genl_open();
	EXPECT_EQ(0, genl_talk(genl_request(FERRY_CMD_VERSION_GET, 0), check_version,
			       &seen).err);
	EXPECT_EQ(1, seen);
}

static void check_stat(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *name = genl_attr(nlh, FERRY_A_STAT_NAME);
	const struct nlattr *value = genl_attr(nlh, FERRY_A_STAT_VALUE);

	ASSERT_TRUE(name && value);
	EXPECT_OK(mnl_attr_validate(name, MNL_TYPE_NUL_STRING));
	EXPECT_EQ(8, mnl_attr_get_payload_len(value));
	if (!strcmp(mnl_attr_get_str(name), "PortRefused"))
		*(int *)arg += 1;
}

TEST_V4(stat_names)
{
	struct genl_answer a;
	int seen = 0;

	genl_open();
	a = genl_talk(genl_request(FERRY_CMD_STAT_GET, NLM_F_DUMP), check_stat, &seen);
	EXPECT_EQ(0, a.err);
	EXPECT_EQ(1, seen);
	EXPECT_GT(a.replies, 50);
}

/* ---- sockets ---- */

struct seen {
	uint16_t	port;
	int		count;
	uint64_t	cookie;
	uint32_t	state;
	bool		mark;
	bool		details;
};

static void find_socket(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *port = genl_attr(nlh, FERRY_A_SOCKET_LOCAL_PORT);
	const struct nlattr *cookie = genl_attr(nlh, FERRY_A_SOCKET_COOKIE);
	const struct nlattr *state = genl_attr(nlh, FERRY_A_SOCKET_STATE);
	struct seen *s = arg;

	ASSERT_TRUE(port && state && cookie);
	EXPECT_TRUE(genl_attr(nlh, FERRY_A_SOCKET_UID));
	EXPECT_TRUE(genl_attr(nlh, FERRY_A_SOCKET_LOCAL_ADDR));
	if (mnl_attr_get_u16(port) != s->port)
		return;
	s->count++;
	s->cookie = mnl_attr_get_u64(cookie);
	s->state = mnl_attr_get_u32(state);
	s->mark = genl_attr(nlh, FERRY_A_SOCKET_MARK);
	s->details = genl_attr(nlh, FERRY_A_SOCKET_RCVBUF);
}

static struct seen find(uint16_t port, bool details)
{
	struct nlmsghdr *nlh = genl_request(FERRY_CMD_SOCKET_GET, NLM_F_DUMP);
	struct seen s = { .port = port };

	if (details)
		mnl_attr_put(nlh, FERRY_A_SOCKET_DETAILS, 0, NULL);
	EXPECT_EQ(0, genl_talk(nlh, find_socket, &s).err);
	return s;
}

TEST(socket_is_listed_with_its_cookie)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int fd = ft_bound(SOCK_DGRAM, &addr);
	socklen_t len = sizeof(uint64_t);
	uint64_t cookie;
	struct seen s;

	genl_open();
	ASSERT_OK(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len));
	s = find(ft_port(&addr), false);
	EXPECT_EQ(1, s.count);
	EXPECT_EQ(cookie, s.cookie);
	EXPECT_EQ(FERRY_SOCK_STATE_CLOSE, s.state);
	EXPECT_TRUE(!s.details && !s.mark);
	s = find(ft_port(&addr), true);
	EXPECT_TRUE(s.details && s.mark);
	close(fd);
	EXPECT_EQ(0, find(ft_port(&addr), false).count);
}

TEST(listener_and_connection_are_listed)
{
	union ft_addr addr = ft_any(ip, 0);
	int fd = ft_listener(&addr, 5), pair[2];
	union ft_addr local;
	struct seen s;

	genl_open();
	s = find(ft_port(&addr), true);
	EXPECT_EQ(1, s.count);
	EXPECT_EQ(FERRY_SOCK_STATE_LISTEN, s.state);
	close(fd);
	ft_stream_pair(ip, pair);
	local = ft_local(pair[0]);
	s = find(ft_port(&local), true);
	EXPECT_EQ(FERRY_SOCK_STATE_ESTABLISHED, s.state);
	EXPECT_GE(s.count, 1);
	close(pair[0]);
	close(pair[1]);
}

static struct genl_answer destroy(uint64_t cookie)
{
	struct nlmsghdr *nlh = genl_request(FERRY_CMD_SOCKET_DESTROY, 0);

	put_u64(nlh, FERRY_A_SOCKET_COOKIE, cookie);
	return talk(nlh);
}

TEST(destroyed_connection_is_aborted_at_both_ends)
{
	union ft_addr local;
	int pair[2];
	char byte;

	genl_open();
	ft_stream_pair(ip, pair);
	local = ft_local(pair[0]);
	ASSERT_EQ(0, destroy(find(ft_port(&local), false).cookie).err);
	EXPECT_ERRNO(ECONNABORTED, recv(pair[0], &byte, 1, 0));
	EXPECT_ERRNO(ECONNRESET, recv(pair[1], &byte, 1, 0));
}

TEST(destroyed_listener_refuses)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int fd = ft_listener(&addr, 5);

	genl_open();
	ASSERT_EQ(0, destroy(find(ft_port(&addr), false).cookie).err);
	EXPECT_NE(FERRY_SOCK_STATE_LISTEN, find(ft_port(&addr), false).state);
	EXPECT_ERRNO(ECONNREFUSED, ft_connect(ft_socket(ip, SOCK_STREAM), &addr));
	close(fd);
}

TEST(destroyed_datagram_socket_wakes_its_reader)
{
	union ft_addr addr = ft_loopback(ip, 0);
	int fd = ft_bound(SOCK_DGRAM, &addr);
	char byte;

	genl_open();
	ASSERT_EQ(0, destroy(find(ft_port(&addr), false).cookie).err);
	EXPECT_ERRNO(ECONNABORTED, recv(fd, &byte, 1, 0));
	EXPECT_EQ(0, find(ft_port(&addr), false).count);
}

TEST_V4(socket_get_by_cookie)
{
	union ft_addr addr = ft_loopback(4, 0);
	int fd = ft_bound(SOCK_DGRAM, &addr);
	struct seen s = { .port = ft_port(&addr) };
	struct nlmsghdr *nlh;
	struct genl_answer a;
	uint64_t cookie;

	genl_open();
	cookie = find(ft_port(&addr), false).cookie;
	nlh = genl_request(FERRY_CMD_SOCKET_GET, 0);
	put_u64(nlh, FERRY_A_SOCKET_COOKIE, cookie);
	a = genl_talk(nlh, find_socket, &s);
	EXPECT_EQ(0, a.err);
	EXPECT_EQ(1, a.replies);
	EXPECT_EQ(1, s.count);

	nlh = genl_request(FERRY_CMD_SOCKET_GET, 0);
	put_u64(nlh, FERRY_A_SOCKET_COOKIE, 0x123456789abcdefULL);
	refused(talk(nlh), ENOENT, "no such cookie");

	a = talk(genl_request(FERRY_CMD_SOCKET_GET, 0));
	EXPECT_EQ(-EINVAL, a.err);
	EXPECT_EQ(FERRY_A_SOCKET_COOKIE, a.missing);
	close(fd);
}

/* ---- filters ---- */

static int filtered;

static struct nlmsghdr *filter_begin(struct nlattr **nest)
{
	struct nlmsghdr *nlh = genl_request(FERRY_CMD_SOCKET_GET, NLM_F_DUMP);

	*nest = mnl_attr_nest_start(nlh, FERRY_A_SOCKET_FILTER);
	return nlh;
}

static int filter_count(struct nlmsghdr *nlh, struct nlattr *nest)
{
	struct genl_answer a;

	mnl_attr_nest_end(nlh, nest);
	a = talk(nlh);
	EXPECT_EQ(0, a.err);
	filtered++;
	return a.replies;
}

static int count_u32(int type, uint32_t value)
{
	struct nlattr *nest;
	struct nlmsghdr *nlh = filter_begin(&nest);

	put_u32(nlh, type, value);
	return filter_count(nlh, nest);
}

static int count_port(uint16_t first, uint16_t last)
{
	struct nlattr *nest;
	struct nlmsghdr *nlh = filter_begin(&nest);

	put_u16(nlh, FERRY_A_FILTER_LOCAL_PORT_FIRST, first);
	put_u16(nlh, FERRY_A_FILTER_LOCAL_PORT_LAST, last);
	return filter_count(nlh, nest);
}

static int count_addr(const void *addr, size_t len, uint8_t prefix)
{
	struct nlattr *nest;
	struct nlmsghdr *nlh = filter_begin(&nest);

	put(nlh, FERRY_A_FILTER_LOCAL_ADDR, len, addr);
	put_u8(nlh, FERRY_A_FILTER_LOCAL_PREFIX, prefix);
	return filter_count(nlh, nest);
}

TEST(filters)
{
	union ft_addr addr = ft_loopback(ip, 4001), other = ft_any(ip, 4002);
	int a = ft_bound(SOCK_DGRAM, &addr), b = ft_listener(&other, 1);
	const void *bytes = ip == 4 ? (void *)&addr.in.sin_addr : (void *)&addr.in6.sin6_addr;
	size_t len = ip == 4 ? 4 : 16;
	struct nlattr *nest;
	struct nlmsghdr *nlh;

	genl_open();
	nlh = filter_begin(&nest);
	EXPECT_EQ(2, filter_count(nlh, nest));
	EXPECT_EQ(1, count_u32(FERRY_A_FILTER_TYPES, 1 << FERRY_SOCK_TYPE_DGRAM));
	EXPECT_EQ(2, count_u32(FERRY_A_FILTER_TYPES, 3));
	EXPECT_EQ(1, count_u32(FERRY_A_FILTER_STATES, 1 << FERRY_SOCK_STATE_LISTEN));
	EXPECT_EQ(2, count_u32(FERRY_A_FILTER_UID, getuid()));
	EXPECT_EQ(0, count_u32(FERRY_A_FILTER_UID, 4711));
	EXPECT_EQ(0, count_u32(FERRY_A_FILTER_DEVICE, 77));
	EXPECT_EQ(1, count_port(4001, 4001));
	EXPECT_EQ(2, count_port(4000, 4002));
	EXPECT_EQ(0, count_port(4003, 65535));
	EXPECT_EQ(1, count_addr(bytes, len, len * 8));
	/* :: differs from ::1 in the last bit only. */
	EXPECT_EQ(ip == 4 ? 1 : 2, count_addr(bytes, len, len * 8 - 1));
	EXPECT_EQ(2, count_addr(bytes, len, 0));
	nlh = filter_begin(&nest);
	put_u16(nlh, FERRY_A_FILTER_FAMILY, ip == 4 ? AF_INET6 : AF_INET);
	EXPECT_EQ(0, filter_count(nlh, nest));
	EXPECT_EQ(14, filtered);
	close(a);
	close(b);
}

/* ---- what is not well formed ---- */

/* One attribute in the filter, whose answer must point to it */
static void bad_filter(int type, size_t len, const void *data, int err, const char *what)
{
	struct nlattr *nest;
	struct nlmsghdr *nlh = filter_begin(&nest);

	put(nlh, type, len, data);
	mnl_attr_nest_end(nlh, nest);
	refused(talk(nlh), err, what);
}

TEST_V4(filter_names_the_bad_attribute)
{
	const uint32_t zero = 0, much = 0xffffffff, four = 4;
	const uint16_t unix_family = AF_UNIX, ax25 = AF_AX25;
	const uint8_t long_prefix = 129;
	const char bytes[32] = {};

	genl_open();
	bad_filter(FERRY_A_FILTER_TYPES, 4, &four, EINVAL, "type bit");
	bad_filter(FERRY_A_FILTER_TYPES, 2, &four, EINVAL, "short types");
	bad_filter(FERRY_A_FILTER_STATES, 4, &much, EINVAL, "state bits");
	bad_filter(FERRY_A_FILTER_FAMILY, 2, &unix_family, ERANGE, "family 1");
	bad_filter(FERRY_A_FILTER_FAMILY, 2, &ax25, EINVAL, "family 3");
	bad_filter(FERRY_A_FILTER_LOCAL_ADDR, 5, bytes, EINVAL, "address of 5 bytes");
	bad_filter(FERRY_A_FILTER_LOCAL_ADDR, 0, bytes, EINVAL, "address of 0 bytes");
	bad_filter(FERRY_A_FILTER_REMOTE_ADDR, 17, bytes, ERANGE, "address of 17 bytes");
	bad_filter(FERRY_A_FILTER_LOCAL_PREFIX, 1, &long_prefix, ERANGE, "prefix 129");
	bad_filter(FERRY_A_FILTER_REMOTE_PREFIX, 1, "\x08", EINVAL, "prefix alone");
	bad_filter(FERRY_A_FILTER_DEVICE, 4, &zero, ERANGE, "device 0");
	bad_filter(FERRY_A_FILTER_UID, 4, &much, EINVAL, "uid -1");
	bad_filter(FERRY_A_FILTER_COOKIE, 8, bytes, ERANGE, "cookie 0");
	bad_filter(FERRY_A_FILTER_COOKIE, 4, bytes, EINVAL, "short cookie");
	bad_filter(FERRY_A_FILTER_MAX + 1, 4, bytes, EINVAL, "unknown");
}

TEST_V4(filter_judges_attributes_together)
{
	const char addr[4] = { 127, 0, 0, 1 };
	struct nlattr *nest;
	struct nlmsghdr *nlh;

	genl_open();
	nlh = filter_begin(&nest);
	put(nlh, FERRY_A_FILTER_REMOTE_ADDR, 4, addr);
	put_u8(nlh, FERRY_A_FILTER_REMOTE_PREFIX, 33);
	mnl_attr_nest_end(nlh, nest);
	refused(talk(nlh), EINVAL, "prefix longer than IPv4");

	nlh = filter_begin(&nest);
	put_u16(nlh, FERRY_A_FILTER_REMOTE_PORT_FIRST, 80);
	put_u16(nlh, FERRY_A_FILTER_REMOTE_PORT_LAST, 79);
	mnl_attr_nest_end(nlh, nest);
	refused(talk(nlh), EINVAL, "ports upside down");
}

/* A command answers with an error that names the attribute added last. */
static void bad(uint8_t cmd, uint16_t flags, int type, size_t len, const void *data,
		int err, const char *what)
{
	struct nlmsghdr *nlh = genl_request(cmd, flags);

	put(nlh, type, len, data);
	refused(talk(nlh), err, what);
}

TEST_V4(commands_name_the_bad_attribute)
{
	const uint64_t zero = 0;
	const uint32_t two = 2;

	genl_open();
	bad(FERRY_CMD_SOCKET_GET, NLM_F_DUMP, FERRY_A_SOCKET_FILTER, 8, &zero, EINVAL,
	    "filter that is no nest");
	bad(FERRY_CMD_SOCKET_GET, NLM_F_DUMP, FERRY_A_SOCKET_COOKIE, 8, "12345678",
	    EINVAL, "cookie in a dump");
	bad(FERRY_CMD_SOCKET_GET, NLM_F_DUMP, FERRY_A_SOCKET_STATE, 4, &two, EINVAL,
	    "attribute of replies");
	bad(FERRY_CMD_SOCKET_GET, 0, FERRY_A_SOCKET_COOKIE, 8, &zero, ERANGE, "cookie 0");
	bad(FERRY_CMD_SOCKET_DESTROY, 0, FERRY_A_SOCKET_COOKIE, 8, "12345678", ENOENT,
	    "unknown cookie");
	bad(FERRY_CMD_SOCKET_DESTROY, 0, FERRY_A_SOCKET_COOKIE, 3, &zero, EINVAL,
	    "short cookie");
	bad(FERRY_CMD_PORT_GET, NLM_F_DUMP, FERRY_A_PORT_TYPE, 4, &two, ERANGE, "type 2");
	bad(FERRY_CMD_PORT_GET, NLM_F_DUMP, FERRY_A_PORT_PORT, 2, &two, EINVAL,
	    "attribute of replies");
	bad(FERRY_CMD_PORT_RESERVE, 0, FERRY_A_GRANT_FIRST, 2, &zero, ERANGE, "port 0");
	bad(FERRY_CMD_PORT_RESERVE, 0, FERRY_A_GRANT_UID, 4, &two, EINVAL,
	    "uid in a reservation");
}

TEST_V4(unknown_commands_are_refused)
{
	genl_open();
	EXPECT_EQ(-EOPNOTSUPP, talk(genl_request(FERRY_CMD_MAX + 1, 0)).err);
	EXPECT_EQ(-EOPNOTSUPP, talk(genl_request(FERRY_CMD_SOCKET_NEW_NTF, 0)).err);
	EXPECT_EQ(-EOPNOTSUPP, talk(genl_request(FERRY_CMD_STAT_GET, 0)).err);
	EXPECT_EQ(-EOPNOTSUPP,
		  talk(genl_request(FERRY_CMD_SOCKET_DESTROY, NLM_F_DUMP)).err);
}

/* ---- reservations and grants ---- */

static struct nlmsghdr *grant_request(uint8_t cmd, uint16_t first, uint16_t last)
{
	struct nlmsghdr *nlh = genl_request(cmd, 0);

	put_u16(nlh, FERRY_A_GRANT_FIRST, first);
	put_u16(nlh, FERRY_A_GRANT_LAST, last);
	return nlh;
}

static int grant(uint8_t cmd, uint16_t first, uint16_t last, int who, uint32_t id)
{
	struct nlmsghdr *nlh = grant_request(cmd, first, last);

	if (who)
		put_u32(nlh, who, id);
	return talk(nlh).err;
}

static int grants(void)
{
	struct genl_answer a = talk(genl_request(FERRY_CMD_GRANT_GET, NLM_F_DUMP));

	EXPECT_EQ(0, a.err);
	return a.replies;
}

TEST_V4(grants_come_and_go)
{
	genl_open();
	EXPECT_EQ(0, grants());
	/* One entry for streams, one for datagrams */
	EXPECT_EQ(0, grant(FERRY_CMD_PORT_RESERVE, 5000, 5009, 0, 0));
	EXPECT_EQ(2, grants());
	EXPECT_EQ(-EEXIST, grant(FERRY_CMD_PORT_RESERVE, 5000, 5009, 0, 0));
	EXPECT_EQ(2, grants());
	EXPECT_EQ(0, grant(FERRY_CMD_PORT_GRANT, 5000, 5004, FERRY_A_GRANT_UID, 1000));
	EXPECT_EQ(0, grant(FERRY_CMD_PORT_GRANT, 5000, 5004, FERRY_A_GRANT_GID, 1000));
	EXPECT_EQ(6, grants());
	EXPECT_EQ(-ENOENT, grant(FERRY_CMD_PORT_RELEASE, 5000, 5004, 0, 0));
	EXPECT_EQ(-ENOENT, grant(FERRY_CMD_PORT_RELEASE, 5000, 5004,
				 FERRY_A_GRANT_UID, 1001));
	EXPECT_EQ(0, grant(FERRY_CMD_PORT_RELEASE, 5000, 5004, FERRY_A_GRANT_UID, 1000));
	EXPECT_EQ(0, grant(FERRY_CMD_PORT_RELEASE, 5000, 5004, FERRY_A_GRANT_GID, 1000));
	EXPECT_EQ(0, grant(FERRY_CMD_PORT_RELEASE, 5000, 5009, 0, 0));
	EXPECT_EQ(0, grants());
}

/* The second half of a request fails: the first one is undone. */
TEST_V4(grant_for_both_types_is_all_or_nothing)
{
	struct nlmsghdr *nlh;

	genl_open();
	nlh = grant_request(FERRY_CMD_PORT_RESERVE, 5000, 5000);
	put_u32(nlh, FERRY_A_GRANT_TYPE, FERRY_SOCK_TYPE_DGRAM);
	EXPECT_EQ(0, talk(nlh).err);
	EXPECT_EQ(-EEXIST, grant(FERRY_CMD_PORT_RESERVE, 5000, 5000, 0, 0));
	EXPECT_EQ(1, grants());
}

TEST_V4(grants_are_bounded)
{
	int i, err = 0;

	genl_open();
	for (i = 1; i < 10000 && !err; i++)
		err = grant(FERRY_CMD_PORT_GRANT, i, i, FERRY_A_GRANT_UID, 1000);
	EXPECT_EQ(-ENOSPC, err);
	EXPECT_EQ(4096, grants());
}

TEST_V4(bad_grants_name_the_attribute)
{
	struct nlmsghdr *nlh;
	struct genl_answer a;

	genl_open();
	nlh = grant_request(FERRY_CMD_PORT_RESERVE, 5001, 5000);
	refused(talk(nlh), EINVAL, "range upside down");
	nlh = grant_request(FERRY_CMD_PORT_GRANT, 5000, 5001);
	put_u32(nlh, FERRY_A_GRANT_UID, 1000);
	put_u32(nlh, FERRY_A_GRANT_GID, 1000);
	refused(talk(nlh), EINVAL, "uid and gid");
	nlh = grant_request(FERRY_CMD_PORT_GRANT, 5000, 5001);
	put_u32(nlh, FERRY_A_GRANT_UID, UINT32_MAX);
	refused(talk(nlh), EINVAL, "uid -1");
	nlh = grant_request(FERRY_CMD_PORT_GRANT, 5000, 5001);
	put_u32(nlh, FERRY_A_GRANT_GID, UINT32_MAX);
	refused(talk(nlh), EINVAL, "gid -1");

	a = talk(genl_request(FERRY_CMD_PORT_RESERVE, 0));
	EXPECT_EQ(-EINVAL, a.err);
	EXPECT_EQ(FERRY_A_GRANT_FIRST, a.missing);
	a = talk(grant_request(FERRY_CMD_PORT_GRANT, 5000, 5001));
	EXPECT_EQ(-EINVAL, a.err);
	EXPECT_TRUE(*a.text);
	EXPECT_EQ(0, grants());
}

/* ---- ports ---- */

struct port_seen {
	uint16_t	port;
	int		count;
	bool		reuse;
};

static void find_port(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *port = genl_attr(nlh, FERRY_A_PORT_PORT);
	struct port_seen *s = arg;

	ASSERT_TRUE(port);
	EXPECT_TRUE(genl_attr(nlh, FERRY_A_PORT_TYPE));
	EXPECT_TRUE(genl_attr(nlh, FERRY_A_PORT_INODE));
	if (mnl_attr_get_u16(port) != s->port)
		return;
	s->count++;
	s->reuse = genl_attr(nlh, FERRY_A_PORT_REUSE_ADDR);
}

TEST(port_holders_are_listed)
{
	union ft_addr addr = ft_loopback(ip, 4100), other = ft_loopback(ip, 4200);
	int a = ft_socket(ip, SOCK_STREAM), b = ft_bound(SOCK_DGRAM, &other);
	struct port_seen s = { .port = 4100 };
	struct genl_answer answer;
	struct nlmsghdr *nlh;

	genl_open();
	ft_setopt(a, SOL_SOCKET, SO_REUSEADDR, 1);
	ASSERT_OK(ft_bind(a, &addr));
	answer = genl_talk(genl_request(FERRY_CMD_PORT_GET, NLM_F_DUMP), find_port, &s);
	EXPECT_EQ(2, answer.replies);
	EXPECT_EQ(1, s.count);
	EXPECT_TRUE(s.reuse);
	nlh = genl_request(FERRY_CMD_PORT_GET, NLM_F_DUMP);
	put_u16(nlh, FERRY_A_PORT_FIRST, 4101);
	put_u16(nlh, FERRY_A_PORT_LAST, 4200);
	EXPECT_EQ(1, talk(nlh).replies);
	nlh = genl_request(FERRY_CMD_PORT_GET, NLM_F_DUMP);
	put_u32(nlh, FERRY_A_PORT_TYPE, FERRY_SOCK_TYPE_STREAM);
	EXPECT_EQ(1, talk(nlh).replies);
	nlh = genl_request(FERRY_CMD_PORT_GET, NLM_F_DUMP);
	put_u32(nlh, FERRY_A_PORT_UID, 4711);
	EXPECT_EQ(0, talk(nlh).replies);
	close(a);
	close(b);
}

TEST_V4(port_dump_of_a_range_upside_down)
{
	struct nlmsghdr *nlh;

	genl_open();
	nlh = genl_request(FERRY_CMD_PORT_GET, NLM_F_DUMP);
	put_u16(nlh, FERRY_A_PORT_FIRST, 2);
	put_u16(nlh, FERRY_A_PORT_LAST, 1);
	refused(talk(nlh), EINVAL, "range upside down");
}

/* ---- rights ---- */

static void drop_rights(void)
{
	ASSERT_OK(setgroups(0, NULL));
	ASSERT_OK(setresgid(65534, 65534, 65534));
	ASSERT_OK(setresuid(65534, 65534, 65534));
}

TEST_V4(without_rights_one_may_look_but_not_touch)
{
	union ft_addr addr = ft_loopback(4, 0);
	int fd = ft_bound(SOCK_DGRAM, &addr);
	struct seen s;

	drop_rights();
	genl_open();
	s = find(ft_port(&addr), true);
	EXPECT_EQ(1, s.count);
	EXPECT_TRUE(s.details && !s.mark);
	EXPECT_EQ(-EPERM, destroy(s.cookie).err);
	EXPECT_EQ(-EPERM, grant(FERRY_CMD_PORT_RESERVE, 5000, 5000, 0, 0));
	EXPECT_EQ(-EPERM, grant(FERRY_CMD_PORT_GRANT, 5000, 5000, FERRY_A_GRANT_UID,
				65534));
	EXPECT_EQ(-EPERM, grant(FERRY_CMD_PORT_RELEASE, 5000, 5000, 0, 0));
	EXPECT_EQ(0, grants());
	EXPECT_EQ(1, find(ft_port(&addr), false).count);
	close(fd);
}

/* Root of its own user namespace rules its own network namespace. */
TEST_V4(namespace_root_may_grant_in_its_namespace)
{
	drop_rights();
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		if (errno == EPERM || errno == ENOSPC)
			ft_skip("no unprivileged user namespaces here");
		FT_DIE("unshare: %s", strerror(errno));
	}
	genl_open();
	EXPECT_EQ(0, grant(FERRY_CMD_PORT_RESERVE, 5000, 5000, 0, 0));
	EXPECT_EQ(2, grants());
	/* No uid is mapped yet. */
	EXPECT_EQ(-EINVAL, grant(FERRY_CMD_PORT_GRANT, 80, 80, FERRY_A_GRANT_UID, 0));
}

TEST(grant_lets_a_user_bind_a_well_known_port)
{
	union ft_addr http = ft_loopback(ip, 80), dns = ft_loopback(ip, 53);

	genl_open();
	ASSERT_EQ(0, grant(FERRY_CMD_PORT_GRANT, 80, 80, FERRY_A_GRANT_UID, 65534));
	ASSERT_EQ(0, grant(FERRY_CMD_PORT_GRANT, 53, 53, FERRY_A_GRANT_GID, 65534));
	drop_rights();
	EXPECT_OK(ft_bind(ft_socket(ip, SOCK_STREAM), &http));
	EXPECT_OK(ft_bind(ft_socket(ip, SOCK_DGRAM), &http));
	EXPECT_OK(ft_bind(ft_socket(ip, SOCK_DGRAM), &dns));
	ft_set_port(&http, 81);
	EXPECT_ERRNO(EACCES, ft_bind(ft_socket(ip, SOCK_STREAM), &http));
}

/* ---- many ---- */

#define MANY	1500

TEST_TIMEOUT(dump_of_many_shows_each_once, 60)
{
	struct nlmsghdr *nlh;
	struct genl_answer a;
	union ft_addr addr;
	int i;

	ft_want_files(MANY + 64);
	genl_open();
	for (i = 0; i < MANY; i++) {
		addr = ft_loopback(ip, 2000 + i);
		ft_bound(SOCK_DGRAM, &addr);
	}
	nlh = genl_request(FERRY_CMD_SOCKET_GET, NLM_F_DUMP);
	mnl_attr_put(nlh, FERRY_A_SOCKET_DETAILS, 0, NULL);
	a = talk(nlh);
	EXPECT_EQ(0, a.err);
	EXPECT_EQ(MANY, a.replies);
	a = talk(genl_request(FERRY_CMD_PORT_GET, NLM_F_DUMP));
	EXPECT_EQ(0, a.err);
	EXPECT_EQ(MANY, a.replies);
}

/* Opens and closes at random until killed. */
static void churn(int ip, uint64_t seed)
{
	int fds[64], i;

	memset(fds, -1, sizeof(fds));
	srandom(seed);
	for (;;) {
		union ft_addr addr = ft_loopback(ip, 20000 + random() % 20000);

		i = random() % 64;
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = ft_socket(ip, random() & 1 ? SOCK_DGRAM : SOCK_STREAM);
		ft_bind(fds[i], &addr);
	}
}

static void mark_port(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *port = genl_attr(nlh, FERRY_A_SOCKET_LOCAL_PORT);
	unsigned char *shown = arg;

	ASSERT_TRUE(port);
	if (mnl_attr_get_u16(port) < 20000)
		shown[mnl_attr_get_u16(port)]++;
}

/* What stays is shown exactly once, whatever comes and goes beside it. */
TEST_TIMEOUT(dump_survives_churn, 90)
{
	static unsigned char shown[65536];
	union ft_addr addr;
	int i, round;
	pid_t pid;

	ft_want_files(1024);
	genl_open();
	for (i = 0; i < 300; i++) {
		addr = ft_loopback(ip, 10000 + i * 7);
		ft_bound(SOCK_DGRAM, &addr);
	}
	pid = fork();
	ASSERT_OK(pid);
	if (!pid)
		churn(ip, ft_opt.seed);
	for (round = 0; round < 50; round++) {
		memset(shown, 0, sizeof(shown));
		ASSERT_EQ(0, genl_talk(genl_request(FERRY_CMD_SOCKET_GET, NLM_F_DUMP),
				       mark_port, shown).err);
		for (i = 0; i < 300; i++)
			ASSERT_EQ(1, shown[10000 + i * 7]);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A reader that goes away in the middle of a dump leaves nothing behind. */
TEST_V4(dumps_can_be_abandoned)
{
	struct nlmsghdr *nlh;
	union ft_addr addr;
	int i;

	ft_want_files(1024);
	for (i = 0; i < 500; i++) {
		addr = ft_loopback(4, 2000 + i);
		ft_bound(i & 1 ? SOCK_DGRAM : SOCK_STREAM, &addr);
	}
	for (i = 0; i < 50; i++) {
		genl_open();
		nlh = genl_request(FERRY_CMD_SOCKET_GET, NLM_F_DUMP);
		ASSERT_OK(send(genl_fd(), nlh, nlh->nlmsg_len, 0));
	}
	genl_open();
	EXPECT_EQ(500, talk(genl_request(FERRY_CMD_SOCKET_GET, NLM_F_DUMP)).replies);
}

/* ---- events ---- */

static int next_event(uint16_t port)
{
	char buf[8192];
	struct nlmsghdr *nlh = (void *)buf;
	const struct nlattr *attr;
	ssize_t len;

	for (;;) {
		if (!ft_poll(genl_fd(), POLLIN, 5000))
			return -1;
		len = recv(genl_fd(), buf, sizeof(buf), 0);
		ASSERT_OK(len);
		if (!mnl_nlmsg_ok(nlh, len))
			continue;
		attr = genl_attr(nlh, FERRY_A_SOCKET_LOCAL_PORT);
		if (attr && mnl_attr_get_u16(attr) == port)
			return ((uint8_t *)mnl_nlmsg_get_payload(nlh))[0];
	}
}

static void subscribe(void)
{
	uint32_t group;

	genl_open();
	group = genl_event_group();
	ASSERT_OK(setsockopt(genl_fd(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			     sizeof(group)));
}

TEST(events_of_a_listener)
{
	union ft_addr addr = ft_loopback(ip, 4300);
	int fd;

	subscribe();
	fd = ft_listener(&addr, 1);
	EXPECT_EQ(FERRY_CMD_SOCKET_NEW_NTF, next_event(4300));
	close(fd);
	EXPECT_EQ(FERRY_CMD_SOCKET_CLOSED_NTF, next_event(4300));
}

TEST(events_of_a_connection)
{
	union ft_addr addr = ft_loopback(ip, 4301), local = ft_loopback(ip, 4302);
	int fd, listener = ft_listener(&addr, 1);

	subscribe();
	fd = ft_bound(SOCK_STREAM, &local);
	ASSERT_OK(ft_connect(fd, &addr));
	EXPECT_EQ(FERRY_CMD_SOCKET_NEW_NTF, next_event(4302));
	EXPECT_EQ(FERRY_CMD_SOCKET_ESTABLISHED_NTF, next_event(4302));
	ft_setopt(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	ASSERT_OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, (int[]){ 1, 0 }, 2 * sizeof(int)));
	close(fd);
	EXPECT_EQ(FERRY_CMD_SOCKET_CLOSED_NTF, next_event(4302));
	close(listener);
}

TEST(events_of_a_datagram_socket)
{
	union ft_addr addr = ft_loopback(ip, 4303);
	int fd;

	subscribe();
	fd = ft_bound(SOCK_DGRAM, &addr);
	EXPECT_EQ(FERRY_CMD_SOCKET_NEW_NTF, next_event(4303));
	close(fd);
	EXPECT_EQ(FERRY_CMD_SOCKET_CLOSED_NTF, next_event(4303));
}

/* ---- at random ---- */

static void scribble(unsigned char *buf, unsigned int len)
{
	while (len--)
		buf[len] = random();
}

/* Attributes of likely types with any content, some nested, some cut short */
static void random_attrs(struct nlmsghdr *nlh, int depth)
{
	unsigned char data[64];
	struct nlattr *nest;
	int n = random() % 6;

	while (n--) {
		int type = random() % 30;

		if (depth && !(random() % 4)) {
			nest = mnl_attr_nest_start(nlh, type);
			random_attrs(nlh, depth - 1);
			mnl_attr_nest_end(nlh, nest);
			continue;
		}
		scribble(data, sizeof(data));
		mnl_attr_put(nlh, type, random() % 3 ? 1u << random() % 4 :
			     random() % sizeof(data), data);
	}
}

static void damage(struct nlmsghdr *nlh)
{
	unsigned char *bytes = (unsigned char *)nlh;
	unsigned int from = sizeof(*nlh) + 4, n = random() % 4;

	while (n-- && nlh->nlmsg_len > from)
		bytes[from + random() % (nlh->nlmsg_len - from)] = random();
}

/*
 * Whatever comes, there is an answer, and afterwards the family works as before.
 */
TEST_TIMEOUT(random_messages, 60)
{
	union ft_addr addr = ft_loopback(ip, 4400);
	uint8_t cmd;
	struct nlmsghdr *nlh;
	int i;

	ktap_diag("seed %llu", (unsigned long long)ft_opt.seed);
	srandom(ft_opt.seed);
	genl_open();
	for (i = 0; i < 20000; i++) {
		cmd = random() % (FERRY_CMD_MAX + 3);
		nlh = genl_request(cmd, random() & 1 ? NLM_F_DUMP : 0);
		random_attrs(nlh, 2);
		if (!(random() % 3))
			damage(nlh);
		genl_send(nlh, nlh->nlmsg_len);
	}
	/* Some of it may have reserved ports: elsewhere there are none. */
	ft_new_netns();
	genl_open();
	EXPECT_EQ(0, grants());
	ft_bound(SOCK_DGRAM, &addr);
	EXPECT_EQ(1, find(4400, true).count);
}

TEST_MAIN
