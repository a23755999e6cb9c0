// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue before a link's wire: drop-tail, RED, CoDel (RFC 8289) or a step,
 * each of which marks instead of dropping where both sides can (RFC 3168).
 */
#include <math.h>

#include "sim.h"

#define RED_WEIGHT	0.002	/* of one packet in the average */
#define CODEL_MTU	1500	/* less than this waits: no need to drop */

static bool mark(struct link *link, struct packet *p)
{
	if (!link->cfg.queue.ecn || p->ecn == ECN_NOT_ECT)
		return false;
	p->ecn = ECN_CE;
	link->queue.marked++;
	return true;
}

/* ---- RED ---- */

/* While it was empty, so many small packets could have gone. */
static void red_average(struct link *link)
{
	struct queue *q = &link->queue;
	u64 now = link->sim->q.now;
	double idle;

	if (q->idle_since && link->cfg.rate) {
		idle = (now - q->idle_since) / 1e9 * link->cfg.rate / CODEL_MTU;
		q->average *= pow(1 - RED_WEIGHT, idle);
		q->idle_since = now;
	}
	q->average += RED_WEIGHT * (q->bytes - q->average);
}

static bool red_hits(struct link *link)
{
	const struct queue_cfg *cfg = &link->cfg.queue;
	struct queue *q = &link->queue;
	double chance;

	red_average(link);
	if (q->average < cfg->min) {
		q->since = 0;
		return false;
	}
	if (q->average >= cfg->max)
		return true;
	chance = cfg->chance * (q->average - cfg->min) / (cfg->max - cfg->min);
	/* Evenly spread rather than in clusters */
	if (q->since * chance < PPM)
		chance /= 1 - q->since * chance / PPM;
	q->since++;
	if (!rng_chance(&link->sim->rng, min_t(u32, chance, PPM)))
		return false;
	q->since = 0;
	return true;
}

/* ---- CoDel: RFC 8289 section 5 ---- */

static u64 control_law(const struct link *link, u64 t)
{
	return t + link->cfg.queue.interval / sqrt(link->queue.count);
}

static struct packet *unlink_first(struct link *link)
{
	struct queue *q = &link->queue;
	struct packet *p = q->first;

	if (!p)
		return NULL;
	q->first = p->next;
	if (!q->first)
		q->last = NULL;
	q->bytes -= packet_size(p);
	q->packets--;
	if (!q->first)
		q->idle_since = link->sim->q.now;
	return p;
}

/* dodequeue(): the next packet, and whether the delay has been too long for long. */
static struct packet *codel_next(struct link *link, bool *ok_to_drop)
{
	const struct queue_cfg *cfg = &link->cfg.queue;
	struct packet *p = unlink_first(link);
	u64 now = link->sim->q.now;
	struct queue *q = &link->queue;

	*ok_to_drop = false;
	if (!p || now - p->at < cfg->target || q->bytes <= CODEL_MTU) {
		q->above_at = 0;
		return p;
	}
	if (!q->above_at)
		q->above_at = now + cfg->interval;
	else if (now >= q->above_at)
		*ok_to_drop = true;
	return p;
}

/* Drop or mark @p; returns who goes in its place. */
static struct packet *codel_hit(struct link *link, struct packet *p, bool *ok_to_drop)
{
	struct end *from = p->to->peer;
	u32 size = packet_size(p);

	if (mark(link, p))
		return p;
	link_drop(link, p, "codel");
	end_departed(from, size);
	return codel_next(link, ok_to_drop);
}

static struct packet *codel_dropping(struct link *link, struct packet *p, bool ok)
{
	struct queue *q = &link->queue;
	u64 now = link->sim->q.now;
	struct packet *was;

	if (!ok)
		q->dropping = false;
	while (p && q->dropping && now >= q->drop_at) {
		q->count++;
		was = p;
		p = codel_hit(link, p, &ok);
		if (p != was && !ok)
			q->dropping = false;
		else
			q->drop_at = control_law(link, q->drop_at);
		if (p == was)
			break;
	}
	return p;
}

static struct packet *codel_begin(struct link *link, struct packet *p)
{
	struct queue *q = &link->queue;
	u64 now = link->sim->q.now;
	u32 delta = q->count - q->last_count;
	bool ok;

	p = codel_hit(link, p, &ok);
	q->dropping = true;
	/* It was over only just now: go on nearly where it ended. */
	q->count = delta > 1 && now - q->drop_at < 16 * link->cfg.queue.interval ? delta : 1;
	q->drop_at = control_law(link, now);
	q->last_count = q->count;
	return p;
}

static struct packet *codel_take(struct link *link)
{
	struct packet *p;
	bool ok;

	p = codel_next(link, &ok);
	if (!p)
		link->queue.dropping = false;
	else if (link->queue.dropping)
		p = codel_dropping(link, p, ok);
	else if (ok)
		p = codel_begin(link, p);
	return p;
}

/* ---- all ---- */

static const char *hit_on_arrival(struct link *link, struct packet *p)
{
	const struct queue_cfg *cfg = &link->cfg.queue;

	if (cfg->limit && link->queue.bytes + packet_size(p) > cfg->limit)
		return "queue";
	if (cfg->kind == QUEUE_RED && red_hits(link) && !mark(link, p))
		return "red";
	if (cfg->kind == QUEUE_STEP && link->queue.bytes > cfg->min)
		mark(link, p);
	return NULL;
}

const char *queue_put(struct link *link, struct packet *p)
{
	const char *why = hit_on_arrival(link, p);
	struct queue *q = &link->queue;

	if (why)
		return why;
	p->at = link->sim->q.now;
	p->next = NULL;
	if (q->last)
		q->last->next = p;
	else
		q->first = p;
	q->last = p;
	q->bytes += packet_size(p);
	q->packets++;
	q->idle_since = 0;
	return NULL;
}

struct packet *queue_take(struct link *link)
{
	struct packet *p;

	p = link->cfg.queue.kind == QUEUE_CODEL ? codel_take(link) : unlink_first(link);
	if (p)
		hist_add(&link->queue.delay, link->sim->q.now - p->at);
	return p;
}
