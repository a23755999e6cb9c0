// SPDX-License-Identifier: GPL-2.0-only
/* Memory of packets and carriers, counted. */
#include "sim.h"

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void count_packet(struct sim *sim)
{
	sim->packets++;
	sim->packets_most = max(sim->packets_most, sim->packets);
}

/* The header ends where its memory does: a parser that reads on is caught. */
struct packet *packet_new(struct sim *sim, struct end *to, const struct fsp_tx *tx, u64 off)
{
	struct packet *p = must(calloc(1, sizeof(*p) + tx->hdr_len));

	p->to = to;
	p->len = tx->len;
	p->off = off;
	p->hdr_len = tx->hdr_len;
	p->pad = tx->pad;
	fsp_hdr_build(tx, p->hdr);
	count_packet(sim);
	return p;
}

struct packet *packet_dup(struct sim *sim, const struct packet *p)
{
	struct packet *copy = must(malloc(sizeof(*p) + p->hdr_len));

	memcpy(copy, p, sizeof(*p) + p->hdr_len);
	memset(&copy->ev, 0, sizeof(copy->ev));
	copy->next = NULL;
	count_packet(sim);
	return copy;
}

void packet_free(struct sim *sim, struct packet *p)
{
	eventq_cancel(&sim->q, &p->ev);
	sim->packets--;
	free(p);
}

struct carrier *carrier_new(struct sim *sim, u64 off, u32 bytes)
{
	struct carrier *car = must(malloc(sizeof(*car)));

	/* Whatever the engine does not set is seen to be missing. */
	memset(car, 0xa5, sizeof(*car));
	car->off = off;
	car->bytes = bytes;
	sim->carriers++;
	sim->carriers_most = max(sim->carriers_most, sim->carriers);
	return car;
}

void carrier_free(struct sim *sim, struct carrier *car)
{
	sim->carriers--;
	free(car);
}
