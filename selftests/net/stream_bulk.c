// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream_bulk - one connection, much data, both directions at once.
 *
 *	--bytes N		each way; default 64M
 *	--verify sha|bytes|none	default sha: every byte and the SHA-256
 *	--one-way 1		client to server only
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/hosts.h"
#include "lib/ktap.h"
#include "lib/options.h"
#include "lib/payload.h"
#include "lib/xfer.h"

/* What both sides know at the end. */
struct sums {
	char tx[65], rx[65];
};

static struct {
	uint64_t bytes;
	bool sha, unchecked, one_way;
	struct sums *server;	/* shared with the child */
} opt = { .bytes = 64 << 20, .sha = true };

static bool own_option(const char *name, const char *value)
{
	if (!strcmp(name, "--bytes")) {
		opt.bytes = ft_number(value);
	} else if (!strcmp(name, "--one-way")) {
		opt.one_way = ft_number(value);
	} else if (!strcmp(name, "--verify")) {
		opt.sha = !strcmp(value, "sha");
		opt.unchecked = !strcmp(value, "none");
	} else {
		return false;
	}
	return true;
}

static void transfer(int fd, bool server, struct sums *sums)
{
	struct ft_sha256 tx, rx;
	struct ft_xfer x = {
		.fd = fd, .unchecked = opt.unchecked,
		.tx_seed = ft_subseed(ft_opt.seed, server),
		.rx_seed = ft_subseed(ft_opt.seed, !server),
		.tx_len = server && opt.one_way ? 0 : opt.bytes,
		.rx_len = !server && opt.one_way ? 0 : opt.bytes,
	};

	if (opt.sha) {
		x.tx_sha = &tx;
		x.rx_sha = &rx;
	}
	ft_sha256_init(&tx);
	ft_sha256_init(&rx);
	ft_xfer_run(&x);
	ft_sha256_final(&tx, sums->tx);
	ft_sha256_final(&rx, sums->rx);
}

static void server(int listener, void *arg)
{
	int fd = ft_accept(listener, NULL);

	(void)arg;
	if (fd < 0)
		FT_DIE("accept: %s", strerror(errno));
	transfer(fd, true, opt.server);
	close(fd);
}

static void report(const struct sums *mine, bool served, uint64_t ms)
{
	ktap_result(served, "server got every byte");
	ktap_result(!strcmp(mine->tx, opt.server->rx), "sha256 client to server");
	ktap_result(!strcmp(mine->rx, opt.server->tx), "sha256 server to client");
	ktap_diag("sent %s", mine->tx);
	ktap_diag("have %s", opt.server->rx);
	ktap_diag("%llu bytes %s in %llu ms: %.1f Mbit/s", (unsigned long long)opt.bytes,
		  opt.one_way ? "one way" : "each way", (unsigned long long)ms,
		  opt.bytes * 8 / 1000.0 / (ms ? ms : 1));
}

int main(int argc, char **argv)
{
	struct ft_server s;
	struct sums mine;
	uint64_t start;
	int fd, ip;

	ft_options(argc, argv, own_option,
		   "  --bytes N                each way (64M)\n"
		   "  --verify sha|bytes|none  (sha)\n"
		   "  --one-way 1              client to server only\n");
	ip = ft_opt.ip ? ft_opt.ip : 4;
	opt.server = mmap(NULL, sizeof(*opt.server), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ktap_plan(3);
	ktap_diag("%s IPv%d, %llu bytes, seed %llu", ft_family_name(), ip,
		  (unsigned long long)opt.bytes, (unsigned long long)ft_opt.seed);
	s = ft_serve(ip, SOCK_STREAM, 1, server, NULL);
	fd = ft_socket(ip, SOCK_STREAM);
	if (ft_connect(fd, &s.addr) < 0)
		FT_DIE("connect to %s: %s", ft_addr_text(&s.addr), strerror(errno));
	start = ft_now_ms();
	transfer(fd, false, &mine);
	close(fd);
	report(&mine, ft_served(&s), ft_now_ms() - start);
	return ktap_finish();
}
