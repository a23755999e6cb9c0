/* SPDX-License-Identifier: GPL-2.0-only */
/* host.c for end.c. */
#ifndef SIM_HOST_END_H
#define SIM_HOST_END_H

#include "end.h"

/* Build a packet, cut it where the link wants that, and send it. */
void end_send(struct end *end, struct fsp_tx *tx, u64 off);
/* Throw away what waits out of order, though it was acknowledged by range. */
void end_renege(struct end *end);

#endif
