// SPDX-License-Identifier: GPL-2.0-only
/* xfer.c - a checked transfer over one stream socket, both directions at once. */
#include <poll.h>

#include "ktap.h"
#include "net.h"
#include "payload.h"
#include "xfer.h"

#define CHUNK	(256 * 1024)

static __thread unsigned char buf[CHUNK];

/*
 * The payload made last: a socket mostly takes a part of what it is offered,
 * and to make the rest anew each time would be the bottleneck.
 */
static __thread struct {
	unsigned char data[CHUNK];
	uint64_t seed, off;
	size_t len;
} made;

static const unsigned char *payload(uint64_t seed, uint64_t off, size_t *len,
				    uint64_t total)
{
	if (!made.len || made.seed != seed || off < made.off ||
	    off >= made.off + made.len) {
		made.seed = seed;
		made.off = off;
		made.len = total - off < CHUNK ? total - off : CHUNK;
		ft_fill(seed, off, made.data, made.len);
	}
	*len = made.off + made.len - off;
	return made.data + (off - made.off);
}

short ft_xfer_events(const struct ft_xfer *x)
{
	return (x->tx_done ? 0 : POLLOUT) | (x->rx_done ? 0 : POLLIN);
}

static void finish_tx(struct ft_xfer *x)
{
	if (shutdown(x->fd, SHUT_WR) < 0)
		FT_DIE("shutdown: %s", strerror(errno));
	x->tx_done = true;
}

/* Returns whether anything moved. */
static bool step_tx(struct ft_xfer *x)
{
	const unsigned char *data;
	size_t len;
	ssize_t n;

	if (x->tx_off == x->tx_len) {
		finish_tx(x);
		return true;
	}
	data = payload(x->tx_seed, x->tx_off, &len, x->tx_len);
	n = send(x->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return false;
		FT_DIE("send at %llu of %llu: %s", (unsigned long long)x->tx_off,
		       (unsigned long long)x->tx_len, strerror(errno));
	}
	if (x->tx_sha)
		ft_sha256_update(x->tx_sha, data, n);
	x->tx_off += n;
	return n;
}

static void check_rx(struct ft_xfer *x, size_t n)
{
	ssize_t bad;

	if (x->rx_off + n > x->rx_len)
		FT_DIE("received %llu bytes, only %llu were sent",
		       (unsigned long long)(x->rx_off + n),
		       (unsigned long long)x->rx_len);
	if (x->unchecked)
		return;
	bad = ft_check(x->rx_seed, x->rx_off, buf, n);
	if (bad >= 0)
		FT_DIE("wrong byte at %llu of %llu",
		       (unsigned long long)x->rx_off + bad,
		       (unsigned long long)x->rx_len);
	if (x->rx_sha)
		ft_sha256_update(x->rx_sha, buf, n);
}

static bool step_rx(struct ft_xfer *x)
{
	ssize_t n;

	n = recv(x->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return false;
		FT_DIE("recv at %llu of %llu: %s", (unsigned long long)x->rx_off,
		       (unsigned long long)x->rx_len, strerror(errno));
	}
	if (!n) {
		if (x->rx_off != x->rx_len)
			FT_DIE("end of stream at %llu of %llu",
			       (unsigned long long)x->rx_off,
			       (unsigned long long)x->rx_len);
		x->rx_done = true;
		return true;
	}
	check_rx(x, n);
	x->rx_off += n;
	return true;
}

bool ft_xfer_step(struct ft_xfer *x)
{
	bool moved = false;

	if (!x->tx_done)
		moved |= step_tx(x);
	if (!x->rx_done)
		moved |= step_rx(x);
	return moved;
}

void ft_xfer_run(struct ft_xfer *x)
{
	while (!ft_xfer_done(x)) {
		if (ft_xfer_step(x))
			continue;
		if (!ft_poll(x->fd, ft_xfer_events(x), FT_STALL_MS))
			FT_DIE("stalled: sent %llu of %llu, received %llu of %llu",
			       (unsigned long long)x->tx_off,
			       (unsigned long long)x->tx_len,
			       (unsigned long long)x->rx_off,
			       (unsigned long long)x->rx_len);
	}
}
