// SPDX-License-Identifier: GPL-2.0-only
/*
 * An enemy who sees the connection but cannot stop it, and who never hits the
 * one number RFC 5961 asks for: nothing he sends may end or change it.
 */
#include "sim.h"

#define INJECT_MAX	2000	/* whatever it takes then to end is for the run to show */

/* A sequence number in the window, but not the next one. */
static u32 near_miss(struct sim *sim, const struct fsp_conn *c)
{
	u32 wnd = fsp_rcv_edge(c) - c->rcv_nxt;

	return c->rcv_nxt + rng_range(&sim->rng, 1, max(wnd, 2u) - 1);
}

static void fill(struct sim *sim, const struct fsp_conn *victim, struct fsp_tx *tx)
{
	memset(tx, 0, sizeof(*tx));
	tx->serial = rng_next(&sim->rng);
	tx->window = rng_next(&sim->rng);
	tx->seq = near_miss(sim, victim);
	switch (rng_below(&sim->rng, 5)) {
	case 0:
		tx->flags = FSP_RST;
		break;
	case 1:
		tx->flags = FSP_RST | FSP_ACK;
		tx->ack = victim->snd_una;
		break;
	case 2:
		tx->flags = FSP_SYN;
		break;
	case 3:
		/* What was never sent, or long ago: not acceptable. */
		tx->flags = FSP_ACK;
		tx->seq = victim->rcv_nxt;
		tx->ack = victim->snd_nxt + rng_range(&sim->rng, 1, 1u << 30);
		break;
	default:
		tx->flags = FSP_RST;
		tx->seq = victim->rcv_nxt - rng_range(&sim->rng, 1, 1u << 30);
		break;
	}
}

/* Only a made connection: RFC 5961 does not speak of handshakes. */
static bool worth_it(const struct end *end)
{
	return end->mode == END_CONN && end->established &&
	       !FSP_STATE_IN(end->conn.state, BIT(FSP_SYN_SENT) | BIT(FSP_SYN_RCVD));
}

static void inject_at(struct sim *sim, struct end *victim)
{
	struct packet *p;
	struct fsp_tx tx;

	fill(sim, &victim->conn, &tx);
	fsp_tx_measure(&tx);
	p = packet_new(sim, victim, &tx, 0);
	trace_packet(sim, p, "injected");
	end_rx(victim, p);
	packet_free(sim, p);
}

static void inject_event(struct event *ev)
{
	struct sim *sim = container_of(ev, struct sim, inject);
	struct flow *flow = &sim->flows[rng_below(&sim->rng, sim->sc.nr_flows)];
	struct end *victim = &flow->end[rng_below(&sim->rng, 2)];

	sim->injected++;
	if (worth_it(victim))
		inject_at(sim, victim);
	if (sim->injected < INJECT_MAX)
		inject_start(sim);
}

void inject_start(struct sim *sim)
{
	if (!sim->sc.inject)
		return;
	sim->inject.fire = inject_event;
	eventq_set(&sim->q, &sim->inject,
		   sim->q.now + rng_range(&sim->rng, 1, sim->sc.inject));
}
