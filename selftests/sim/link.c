// SPDX-License-Identifier: GPL-2.0-only
/* A packet's way: queue, wire, mishaps, arrival. */
#include "link.h"
#include "sim.h"

void link_init(struct link *link, struct sim *sim, const struct link_cfg *cfg)
{
	memset(link, 0, sizeof(*link));
	link->cfg = *cfg;
	link->sim = sim;
}

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
	if (cfg->queue && link->queued + packet_size(p) > cfg->queue)
		return "queue";
	if (too_big(link, p))
		return "mtu";
	if (rng_chance(rng, is_syn(p) ? cfg->syn_loss : cfg->loss))
		return "loss";
	if (burst_lost(link))
		return "burst";
	if (rng_chance(rng, cfg->corrupt))
		return "corrupt";
	return NULL;
}

static u64 flight_time(struct link *link)
{
	const struct link_cfg *cfg = &link->cfg;
	u64 *rng = &link->sim->rng;
	u64 t = cfg->delay;

	if (cfg->jitter)
		t += rng_below(rng, cfg->jitter);
	if (rng_chance(rng, cfg->reorder))
		t += rng_below(rng, cfg->reorder_by);
	return t;
}

static void arrive(struct packet *p)
{
	end_rx(p->to, p);
	packet_free(p->to->sim, p);
}

static void packet_event(struct event *ev)
{
	struct packet *p = container_of(ev, struct packet, ev);
	struct link *link = p->link;

	if (p->departed) {
		arrive(p);
		return;
	}
	p->departed = true;
	link->queued -= packet_size(p);
	eventq_set(&link->sim->q, ev, link->sim->q.now + flight_time(link));
	end_departed(p->to->peer, packet_size(p));
}

static u64 wire_time(const struct link *link, const struct packet *p)
{
	return link->cfg.rate ? packet_size(p) * FSP_NSEC_PER_SEC / link->cfg.rate : 0;
}

static void enqueue(struct link *link, struct packet *p)
{
	u64 now = link->sim->q.now;

	link->free_at = max(link->free_at, now) + wire_time(link, p);
	link->queued += packet_size(p);
	p->ev.fire = packet_event;
	p->link = link;
	eventq_set(&link->sim->q, &p->ev, link->free_at);
	end_enqueued(p->to->peer, packet_size(p));
}

static void duplicate(struct link *link, const struct packet *p)
{
	struct packet *copy = packet_dup(link->sim, p);

	enqueue(link, copy);
}

void link_send(struct link *link, struct packet *p)
{
	const char *why = mishap(link, p);

	link->sent++;
	trace_packet(link->sim, p, why);
	if (why) {
		link->lost++;
		packet_free(link->sim, p);
		return;
	}
	enqueue(link, p);
	if (rng_chance(&link->sim->rng, link->cfg.dup))
		duplicate(link, p);
}
