/* SPDX-License-Identifier: GPL-2.0-only */
/* What must hold whatever the network does. */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

struct carrier;
struct end;
struct fsp_rx;
struct fsp_seg;
struct fsp_tx;

/* After every call of the engine. */
void oracle_conn(struct end *end);
/* Before a packet is sent. */
void oracle_xmit(struct end *end, const struct fsp_seg *seg, const struct fsp_tx *tx);
/* When it is certain to be: not faster than it is paced. */
void oracle_paced(struct end *end, const struct fsp_tx *tx);
/* When bytes are delivered; returns how many are new. */
unsigned int oracle_deliver(struct end *end, const struct carrier *car);
/* When a packet is about to be handed in: what it allows us to send. */
void oracle_rx(struct end *end, const struct fsp_rx *rx);
/* When the run is over. */
void oracle_end(struct end *end);

#endif
