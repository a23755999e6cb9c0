/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first flight as hosts have it: what a client shows, and what a listener
 * makes of it. Documentation/protocol.rst, "The first flight", "A full listener".
 */
#ifndef SIM_FIRST_H
#define SIM_FIRST_H

#include "end.h"

/* In sim: the engine's part, and a seal */
#define FIRST_TICKET_LEN	(FSP_TICKET_BODY + 8)

/* The client: what its SYN is to carry; between fsp_conn_open() and fsp_conn_syn(). */
void first_open(struct end *end);
/* May bytes go with it? */
bool first_sends(const struct end *end);

/* The listener: is the payload of this SYN to be taken? */
bool first_takes(struct end *end, const struct fsp_rx *rx);
/* Is it to be answered with a ticket, and forgotten? */
bool first_forgets(struct end *end);
/* Adds the COOKIE there is to give. */
void first_give_cookie(struct end *end, struct fsp_tx *tx);
/* The same, before the engine sends the SYN-ACK. */
void first_lend_cookie(struct end *end);
/* Writes the ticket of @end->req. */
void first_seal(struct end *end, u8 ticket[FIRST_TICKET_LEN]);
/* The request again, of a packet with a ticket. Return: false where it is none of ours. */
bool first_unseal(const struct end *end, const struct fsp_rx *rx, struct fsp_request *req);

/* A cookie such as listeners of flow @id gave or give. Return: its length */
u8 first_cookie(u32 id, enum end_first which, u8 *cookie);

#endif
