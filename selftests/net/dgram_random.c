// SPDX-License-Identifier: GPL-2.0-only
/*
 * dgram_random - many datagrams of random sizes, 0 to 65,000 bytes.
 *
 *	--count N	default 100000
 *	--max N		largest size; default 65000
 *	--window N	bytes of receive buffer that may be under way, 0 for no
 *			limit: then datagrams are lost; default 160K
 *	--piece N	all have N bytes, and are sent and read many at once
 *			(UDP_SEGMENT, UDP_GRO)
 *	--single 1	with --piece: another socket of the receiver's host reads many
 *			at once, this one does not
 *	--bad-link 1	the link duplicates, and changes fragments: some may come
 *			twice, or with other bytes that have the same checksum
 *
 * Length and content follow from seed and index, the index is in the first four
 * bytes. The shorter ones, which have no room for it, are told by length. What
 * is lost is printed as "# sent=N received=N lost=N", for the caller to compare
 * with the counters.
 */
#include <netinet/udp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/hosts.h"
#include "lib/ktap.h"
#include "lib/options.h"
#include "lib/payload.h"

#define INDEX		4	/* bytes */
#define SIZES		0x53495a45ull	/* the sub-seed that sizes come from */
#define IDLE_MS		1000	/* so long after the last send nothing is under way */
#define LOST_MS		5000	/* a window that stands still so long is lost */
#define LOT_MAX		40	/* pieces written at once */

/* Written by the server unless said otherwise. */
struct shared {
	atomic_ullong received, window_used;
	atomic_ullong wrong, twice;
	atomic_ullong lots;	/* reads of more than one piece */
	atomic_ullong sent_short[INDEX], got_short[INDEX];	/* sent: the client */
	atomic_bool sender_done;	/* the client */
};

static uint32_t count = 100000;
static uint32_t max_size = 65000;
static uint64_t window = 160 << 10;
static uint32_t piece;
static bool single, bad_link;
static struct shared *shared;
static unsigned char buf[65536], want[65536], lot[65536];

static bool own_option(const char *name, const char *value)
{
	if (!strcmp(name, "--count"))
		count = ft_number(value);
	else if (!strcmp(name, "--max"))
		max_size = ft_number(value);
	else if (!strcmp(name, "--window"))
		window = ft_number(value);
	else if (!strcmp(name, "--piece"))
		piece = ft_number(value);
	else if (!strcmp(name, "--single"))
		single = ft_number(value);
	else if (!strcmp(name, "--bad-link"))
		bad_link = ft_number(value);
	else
		return false;
	return true;
}

static uint32_t size_of(uint32_t i)
{
	struct ft_rng rng = { ft_subseed(ft_opt.seed ^ SIZES, i) };

	if (piece)
		return piece;
	return ft_rand_range(&rng, 0, max_size);
}

static size_t make(uint32_t i, unsigned char *p)
{
	uint32_t len = size_of(i);

	if (len < INDEX) {
		ft_fill(ft_opt.seed, 0, p, len);
		return len;
	}
	memcpy(p, &i, INDEX);
	ft_fill(ft_subseed(ft_opt.seed, i), 0, p + INDEX, len - INDEX);
	return len;
}

/*
 * What a datagram costs the receive buffer, generously: each of its fragments
 * may occupy a page.
 */
static uint64_t cost(size_t len)
{
	return 4 * len + 2048;
}

static void complain(const char *what, size_t len, uint32_t i)
{
	/* The first few tell what is wrong, the rest only how often. */
	if (atomic_fetch_add(&shared->wrong, 1) < 5)
		ktap_diag("%s: %zu bytes, index %u", what, len, i);
}

/* RFC 1071 */
static uint32_t sum_of(const unsigned char *p, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum % 0xffff;
}

/* Two bits that changed in two fragments may cancel: nobody can tell. */
static bool same(size_t len)
{
	if (!memcmp(buf, want, len))
		return true;
	return bad_link && sum_of(buf, len) == sum_of(want, len);
}

static void check_short(size_t len)
{
	ft_fill(ft_opt.seed, 0, want, len);
	if (!same(len))
		complain("wrong content", len, 0);
	else
		atomic_fetch_add(&shared->got_short[len], 1);
}

static void check_long(unsigned char *seen, size_t len)
{
	uint32_t i;

	memcpy(&i, buf, INDEX);
	if (i >= count) {
		complain("no such index", len, i);
	} else if (make(i, want) != len) {
		complain("wrong length", len, i);
	} else if (!same(len)) {
		complain("wrong content", len, i);
	} else if (seen[i]++) {
		atomic_fetch_add(&shared->twice, 1);
		if (!bad_link)
			ktap_diag("came twice: index %u", i);
	}
}

static void check(unsigned char *seen, size_t len)
{
	if (len < INDEX)
		check_short(len);
	else
		check_long(seen, len);
	atomic_fetch_add(&shared->received, 1);
	atomic_fetch_add(&shared->window_used, cost(len));
}

static void check_lot(unsigned char *seen, size_t len)
{
	size_t off, n;

	for (off = 0; off < len; off += n) {
		n = len - off < piece ? len - off : piece;
		memcpy(buf, lot + off, n);
		check(seen, n);
	}
	if (len > piece)
		atomic_fetch_add(&shared->lots, 1);
}

static void server(int fd, void *arg)
{
	unsigned char *seen = calloc(1, count);
	ssize_t n;

	(void)arg;
	if (piece && ft_setopt(single ? ft_socket(4, SOCK_DGRAM) : fd, SOL_UDP, UDP_GRO, 1))
		FT_DIE("UDP_GRO: %s", strerror(errno));
	for (;;) {
		if (!ft_poll(fd, POLLIN, IDLE_MS)) {
			if (atomic_load(&shared->sender_done))
				break;
			continue;
		}
		n = recv(fd, piece ? lot : buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			continue;	/* a bad checksum wakes the reader, too */
		if (n < 0)
			FT_DIE("recv: %s", strerror(errno));
		if (piece)
			check_lot(seen, n);
		else
			check(seen, n);
	}
	free(seen);
}

/* Wait until so much fits, one at least; returns false if the receiver got nothing for long. */
static bool window_opens(uint64_t sent, uint64_t next)
{
	struct timespec pause = { .tv_nsec = 20000 };
	uint64_t used, last = 0, end = ft_now_ms() + LOST_MS;

	for (;;) {
		used = atomic_load(&shared->window_used);
		if (used >= sent || sent - used + next <= window)
			return true;
		if (used != last) {
			last = used;
			end = ft_now_ms() + LOST_MS;
		}
		if (ft_now_ms() > end)
			return false;
		nanosleep(&pause, NULL);
	}
}

static void send_one(int fd, const unsigned char *p, size_t len)
{
	while (send(fd, p, len, 0) < 0) {
		/* Full: the link is slower than we are. */
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			FT_DIE("send of %zu bytes: %s", len, strerror(errno));
		ft_poll(fd, POLLOUT, 10);
	}
}

static void send_all(int fd)
{
	uint64_t sent = 0;
	uint32_t i;
	size_t len;

	for (i = 0; i < count; i++) {
		len = make(i, buf);
		if (len < INDEX)
			atomic_fetch_add(&shared->sent_short[len], 1);
		if (window && !window_opens(sent, cost(len)))
			sent = atomic_load(&shared->window_used);
		send_one(fd, buf, len);
		sent += cost(len);
	}
}

static void send_lots(int fd)
{
	uint64_t sent = 0;
	uint32_t i, n;

	if (ft_setopt(fd, SOL_UDP, UDP_SEGMENT, piece))
		FT_DIE("UDP_SEGMENT: %s", strerror(errno));
	for (i = 0; i < count; i += n) {
		for (n = 0; n < LOT_MAX && i + n < count && (n + 1) * piece <= 64000; n++) {
			make(i + n, buf);
			memcpy(lot + n * piece, buf, piece);
		}
		if (window && !window_opens(sent, n * cost(piece)))
			sent = atomic_load(&shared->window_used);
		send_one(fd, lot, n * piece);
		sent += n * cost(piece);
	}
}

static bool shorts_agree(void)
{
	unsigned int i;

	for (i = 0; i < INDEX; i++)
		if (atomic_load(&shared->got_short[i]) >
		    atomic_load(&shared->sent_short[i]))
			return false;
	return true;
}

static void report(bool served)
{
	unsigned long long got = atomic_load(&shared->received);
	long long lost = count - got + atomic_load(&shared->twice);

	ktap_result(served, "receiver ended well");
	ktap_result(!atomic_load(&shared->wrong), "every datagram is byte-exact");
	if (bad_link)
		ktap_skip("the link duplicates", "none came twice");
	else
		ktap_result(!atomic_load(&shared->twice) && shorts_agree(), "none came twice");
	ktap_result(window ? got == count : got > 0, window ? "none was lost" :
		    "some arrived");
	ktap_diag("sent=%u received=%llu lost=%lld", count, got, lost);
	ktap_diag("lots=%llu", (unsigned long long)atomic_load(&shared->lots));
}

int main(int argc, char **argv)
{
	struct ft_server s;
	int fd, ip;

	ft_options(argc, argv, own_option,
		   "  --count N   datagrams (100000)\n"
		   "  --max N     largest size (65000)\n"
		   "  --window N  bytes under way, 0 for no limit (160K)\n"
		   "  --piece N   all have N bytes, many go at once\n"
		   "  --single 1  but are read one by one\n"
		   "  --bad-link 1  it may duplicate, and change bytes\n");
	ip = ft_opt.ip ? ft_opt.ip : 4;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ktap_plan(4);
	ktap_diag("%s IPv%d, %u datagrams of 0 to %u bytes, seed %llu",
		  ft_family_name(), ip, count, max_size,
		  (unsigned long long)ft_opt.seed);
	s = ft_serve(ip, SOCK_DGRAM, 0, server, NULL);
	fd = ft_socket(ip, SOCK_DGRAM);
	if (ft_connect(fd, &s.addr) < 0)
		FT_DIE("connect: %s", strerror(errno));
	if (piece)
		send_lots(fd);
	else
		send_all(fd);
	atomic_store(&shared->sender_done, true);
	report(ft_served(&s));
	return ktap_finish();
}
