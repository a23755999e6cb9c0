// SPDX-License-Identifier: GPL-2.0-only
/* A packet's way: mishaps, queue, wire, flight, arrival. */
#include "link.h"
#include "sim.h"

static void wire_event(struct event *ev);
static void flight_event(struct event *ev);
static void straggler_event(struct event *ev);

void link_init(struct link *link, struct sim *sim, const struct link_cfg *cfg)
{
	memset(link, 0, sizeof(*link));
	link->cfg = *cfg;
	link->sim = sim;
	link->wire.fire = wire_event;
	link->flight.fire = flight_event;
}

void link_change(struct link *link, const struct link_cfg *cfg)
{
	u32 mtu = link->cfg.mtu;

	link->cfg = *cfg;
	if (!cfg->mtu)
		link->cfg.mtu = mtu;
}

/* ---- mishaps ---- */

static bool burst_lost(struct link *link)
{
	u64 *rng = &link->sim->rng;

	if (rng_chance(rng, link->bad ? link->cfg.burst_end : link->cfg.burst_begin))
		link->bad = !link->bad;
	return link->bad && rng_chance(rng, link->cfg.burst_loss);
}

static bool blacked_out(const struct link *link)
{
	u64 now = link->sim->q.now;
	int i;

	for (i = 0; i < LINK_BLACKOUTS; i++)
		if (now >= link->cfg.blackout[i].from && now < link->cfg.blackout[i].to)
			return true;
	return false;
}

static bool too_big(struct link *link, const struct packet *p)
{
	if (!link->cfg.mtu || packet_size(p) <= link->cfg.mtu)
		return false;
	link->too_big++;
	end_too_big(p);
	return true;
}

static bool is_syn(const struct packet *p)
{
	return p->hdr_len >= FSP_HDR_MIN && p->hdr[13] & FSP_SYN;
}

static const char *mishap(struct link *link, const struct packet *p)
{
	const struct link_cfg *cfg = &link->cfg;
	u64 *rng = &link->sim->rng;

	if (blacked_out(link))
		return "blackout";
	if (too_big(link, p))
		return "mtu";
	if (rng_chance(rng, is_syn(p) ? cfg->syn_loss : cfg->loss))
		return "loss";
	if (burst_lost(link))
		return "burst";
	return NULL;
}

void link_drop(struct link *link, struct packet *p, const char *why)
{
	link->lost++;
	trace_packet(link->sim, p, why);
	packet_free(link->sim, p);
}

/* ---- arrival ---- */

/* RFC 1071; a header's length is even. */
static u32 sum_of(const struct packet *p)
{
	u32 i, sum = 0;

	for (i = 0; i + 1 < p->hdr_len; i += 2)
		sum += fsp_get16(p->hdr + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum % 0xffff;
}

/*
 * Bits change, in the header or in the payload, which is only there by name: one
 * there is always found by the checksum. In the header the sum must differ too,
 * or it would be a packet that nobody can tell from a good one.
 */
static void corrupt(struct sim *sim, struct packet *p)
{
	u32 was = sum_of(p), n = rng_range(&sim->rng, 1, 16), i;

	if (p->len && rng_one_in(&sim->rng, 2))
		return;
	for (i = 0; i < n || sum_of(p) == was; i++)
		p->hdr[rng_below(&sim->rng, p->hdr_len)] ^= BIT(rng_below(&sim->rng, 8));
}

static void arrive(struct packet *p)
{
	struct sim *sim = p->to->sim;

	if (p->corrupt) {
		p->link->corrupted++;
		p->link->lost++;
		corrupt(sim, p);
		end_rx_corrupt(p->to, p);
	} else {
		end_rx(p->to, p);
	}
	packet_free(sim, p);
}

/* ---- flight ---- */

static u64 flight_time(struct link *link, const struct packet *p)
{
	const struct link_cfg *cfg = &link->cfg;
	u64 *rng = &link->sim->rng;
	u64 t = cfg->delay + p->to->delay;

	if (cfg->jitter)
		t += rng_below(rng, cfg->jitter);
	if (rng_chance(rng, cfg->reorder))
		t += rng_below(rng, cfg->reorder_by);
	return t;
}

static void join_flight(struct link *link, struct packet *p)
{
	p->next = NULL;
	if (link->first) {
		link->last->next = p;
	} else {
		link->first = p;
		eventq_set(&link->sim->q, &link->flight, p->at);
	}
	link->last = p;
}

/*
 * One event for all that arrive in the order in which they left keeps the heap
 * small: it holds flows, not packets.
 */
static void launch(struct link *link, struct packet *p)
{
	p->link = link;
	p->at = link->sim->q.now + flight_time(link, p);
	if (link->cfg.in_order)
		p->at = max(p->at, link->last_at);
	link->last_at = max(link->last_at, p->at);
	if (!link->first || p->at >= link->last->at) {
		join_flight(link, p);
		return;
	}
	p->ev.fire = straggler_event;
	eventq_set(&link->sim->q, &p->ev, p->at);
}

static void flight_event(struct event *ev)
{
	struct link *link = container_of(ev, struct link, flight);
	struct packet *p = link->first;

	link->first = p->next;
	if (link->first)
		eventq_set(&link->sim->q, ev, link->first->at);
	arrive(p);
}

static void straggler_event(struct event *ev)
{
	arrive(container_of(ev, struct packet, ev));
}

/* ---- queue and wire ---- */

static u64 wire_time(const struct link *link, const struct packet *p)
{
	return packet_size(p) * FSP_NSEC_PER_SEC / link->cfg.rate;
}

static void start_wire(struct link *link)
{
	struct packet *p = queue_take(link);
	u64 at = link->sim->q.now;

	if (at >= link->cfg.pause.from && at < link->cfg.pause.to)
		at = link->cfg.pause.to;
	link->on_wire = p;
	if (!p)
		return;
	if (link->cfg.rate)
		at += wire_time(link, p);
	eventq_set(&link->sim->q, &link->wire, at);
}

static void wire_event(struct event *ev)
{
	struct link *link = container_of(ev, struct link, wire);
	struct packet *p = link->on_wire;
	struct end *from = p->to->peer;
	u32 size = packet_size(p);

	launch(link, p);
	start_wire(link);
	end_departed(from, size);
}

static void enqueue(struct link *link, struct packet *p)
{
	const char *why;

	/* Where nothing ever waits, and nothing does from before a change */
	if (!link->cfg.rate && !link->on_wire) {
		launch(link, p);
		return;
	}
	why = queue_put(link, p);
	if (why) {
		link_drop(link, p, why);
		return;
	}
	end_enqueued(p->to->peer, packet_size(p));
	if (!link->on_wire)
		start_wire(link);
}

void link_send(struct link *link, struct packet *p)
{
	const char *why = mishap(link, p);
	struct packet *copy = NULL;

	link->sent++;
	if (why) {
		link_drop(link, p, why);
		return;
	}
	p->corrupt = rng_chance(&link->sim->rng, link->cfg.corrupt);
	trace_packet(link->sim, p, NULL);
	if (rng_chance(&link->sim->rng, link->cfg.dup))
		copy = packet_dup(link->sim, p);
	enqueue(link, p);
	if (copy)
		enqueue(link, copy);
}
