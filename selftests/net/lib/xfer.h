/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xfer.h - a checked transfer over one stream socket, both directions at once.
 *
 * Each side sends its seeded payload, shuts its direction down, and reads the
 * other's up to EOF, whatever comes first. A wrong byte, a byte too many or too
 * few, or a connection that stands still ends the program with the offset.
 */
#ifndef FT_XFER_H
#define FT_XFER_H

#include <stdbool.h>
#include <stdint.h>

#include "sha256.h"

/* No transfer may stand still this long: a hang, not a slow machine. */
#define FT_STALL_MS	120000

struct ft_xfer {
	int fd;			/* non-blocking */
	uint64_t tx_seed, rx_seed;
	uint64_t tx_len, rx_len;	/* what is to go and to come */
	uint64_t tx_off, rx_off;	/* what has */
	bool tx_done, rx_done;
	bool unchecked;		/* neither compare nor hash: for rates */
	struct ft_sha256 *tx_sha, *rx_sha;	/* NULL: not hashed */
};

/* The poll() events that would let it go on; 0 when it is done. */
short ft_xfer_events(const struct ft_xfer *x);

/* Move as much as the socket takes and has. Returns false if nothing moved. */
bool ft_xfer_step(struct ft_xfer *x);

static inline bool ft_xfer_done(const struct ft_xfer *x)
{
	return x->tx_done && x->rx_done;
}

/* All of it, on this one socket. */
void ft_xfer_run(struct ft_xfer *x);

#endif
