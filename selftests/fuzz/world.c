// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulator without its network, programs and way to fail: the linker puts
 * the functions named __wrap_ in the place of the simulator's own.
 */
#include <stdarg.h>

#include "first.h"
#include "rng.h"
#include "world.h"

#define BEGIN		(1000 * FSP_NSEC_PER_SEC)
#define WAIT_MAX	400	/* timers in one wait */
/* Forged payload has no writer: whoever counts finds enough. */
#define NOBODYS		BIT_ULL(62)

void __wrap_sim_fail(struct sim *sim, const char *fmt, ...);
void __wrap_link_send(struct link *link, struct packet *p);
void __wrap_app_start(struct end *end);
void __wrap_app_kick(struct end *end);
void __wrap_oracle_rx(struct end *end, const struct fsp_rx *rx);
void __real_oracle_rx(struct end *end, const struct fsp_rx *rx);

void __wrap_sim_fail(struct sim *sim, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "oracle, at %.6f s: ", (sim->q.now - BEGIN) / 1e9);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

/* Where the SYN may have payload, it has. */
void __wrap_app_start(struct end *end)
{
	if (first_sends(end))
		user_write(end, rng_below(&end->sim->rng, 2000), 0);
}

void __wrap_app_kick(struct end *end)
{
}

static struct world *world_of(struct sim *sim)
{
	return container_of(sim, struct world, sim);
}

static void remove_at(struct wire *wire, u32 i)
{
	wire->count--;
	memmove(&wire->p[i], &wire->p[i + 1], (wire->count - i) * sizeof(wire->p[0]));
}

void __wrap_link_send(struct link *link, struct packet *p)
{
	struct world *w = world_of(link->sim);
	struct wire *wire = &w->wire[link - w->sim.link];

	trace_packet(&w->sim, p, NULL);
	if (wire->discard || wire->count == WIRE_MAX) {
		packet_free(&w->sim, p);
		return;
	}
	wire->p[wire->count++] = p;
	end_enqueued(p->to->peer, packet_size(p));
}

/*
 * The window a forged packet offers counts only where the engine may believe
 * it; the oracle believes all.
 */
void __wrap_oracle_rx(struct end *end, const struct fsp_rx *rx)
{
	const struct fsp_conn *c = &end->conn;

	if (world_of(end->sim)->hostile && end->mode == END_CONN && rx->flags & FSP_ACK &&
	    !fsp_between(rx->ack, c->snd_una - c->max_snd_wnd, c->snd_nxt))
		return;
	__real_oracle_rx(end, rx);
}

/* ---- packets ---- */

/* What a forged payload is called: by where it would stand in the stream. */
static u64 offset_of(const struct end *end, const struct fsp_rx *rx)
{
	if (end->mode != END_CONN)
		return 0;
	if (FSP_STATE_IN(end->conn.state, BIT(FSP_SYN_SENT)))
		return (u64)(s64)(s32)(rx->seq - end->conn.rcv_nxt);
	return end->app.received + (s64)(s32)(rx->seq - end->conn.rcv_nxt);
}

static void arrive(struct world *w, struct packet *p)
{
	struct fsp_request req;
	struct fsp_rx rx;

	if (w->hostile) {
		/* The host's part: what is malformed ends here. */
		if ((!p->pad && fsp_hdr_need(p->hdr, packet_size(p)) > p->hdr_len) ||
		    fsp_hdr_parse(p->hdr, p->hdr_len, packet_size(p), &rx) != FSP_PARSE_OK ||
		    rx.len != p->len)
			return;
		p->off = offset_of(p->to, &rx);
		if (p->to->mode == END_LISTEN && first_unseal(p->to, &rx, &req))
			p->off = (s64)(s32)(rx.seq - req.irs - 1);
		if (p->to->mode == END_REQUEST)
			p->off = (s64)(s32)(rx.seq - p->to->req.irs - 1);
	}
	end_rx(p->to, p);
}

void world_inject(struct world *w, struct end *end, struct packet *p)
{
	trace_packet(&w->sim, p, "forged");
	arrive(w, p);
	packet_free(&w->sim, p);
}

/* Off the wire: there is room below for more. */
static void leave(struct world *w, unsigned int side, u32 i)
{
	struct packet *p = w->wire[side].p[i];

	remove_at(&w->wire[side], i);
	end_departed(p->to->peer, packet_size(p));
}

void world_arrive(struct world *w, unsigned int side, u32 i)
{
	struct wire *wire = &w->wire[side & 1];
	struct packet *p;

	if (!wire->count)
		return;
	i %= wire->count;
	p = wire->p[i];
	leave(w, side & 1, i);
	arrive(w, p);
	packet_free(&w->sim, p);
}

void world_drop(struct world *w, unsigned int side, u32 i)
{
	struct wire *wire = &w->wire[side & 1];
	struct packet *p;

	if (!wire->count)
		return;
	i %= wire->count;
	p = wire->p[i];
	leave(w, side & 1, i);
	trace_packet(&w->sim, p, "dropped");
	packet_free(&w->sim, p);
}

void world_duplicate(struct world *w, unsigned int side, u32 i)
{
	struct wire *wire = &w->wire[side & 1];

	if (!wire->count || wire->count == WIRE_MAX)
		return;
	wire->p[wire->count] = packet_dup(&w->sim, wire->p[i % wire->count]);
	wire->count++;
	end_enqueued(wire->p[wire->count - 1]->to->peer,
		     packet_size(wire->p[wire->count - 1]));
}

/* ---- time ---- */

bool world_fire(struct world *w)
{
	struct event *ev = eventq_next(&w->sim.q);

	if (!ev)
		return false;
	ev->fire(ev);
	return true;
}

void world_wait(struct world *w, u64 ns)
{
	struct eventq *q = &w->sim.q;
	u64 until = q->now + ns, before;
	u32 n, still = 0;

	/* A host without memory is asked again and again: that may take long. */
	for (n = 0; q->count && q->heap[1]->at <= until; n++) {
		if (n == WAIT_MAX)
			return;
		before = q->now;
		world_fire(w);
		still = q->now == before ? still + 1 : 0;
		/* A timer that wants to run out again at once never ends. */
		fuzz_check(still < WAIT_MAX / 4);
	}
	q->now = max(q->now, until);
}

/* ---- set up, tear down ---- */

static u32 pick(struct input *in, const u32 *from, u32 n)
{
	return from[in_u8(in) % n];
}

/* What other choices left over of two bytes */
static void configure_first(struct end_cfg *cfg, u8 bits, u8 more)
{
	static const u8 first[] = {
		FIRST_OFF, FIRST_ASK, FIRST_GOOD, FIRST_OLD, FIRST_STALE, FIRST_BARE,
		FIRST_GOOD, FIRST_GOOD,
	};

	cfg->first = first[bits >> 1 & 7];
	cfg->serves = bits & 0x10;
	cfg->ecn = bits & 0x20;
	if (bits >> 6)
		cfg->fsp.mtu_probing = (bits >> 6) - 1;
	cfg->full = more & 0x08 ? 1000000 : 0;
	cfg->refuse = more & 0x10 ? 500000 : 0;
	cfg->trusts = more & 0x20;
	cfg->no_probes = more & 0x40;
	cfg->forgot_mss = more & 0x80;
}

static void configure(struct end_cfg *cfg, u8 first, struct input *in)
{
	static const u32 rooms[] = { 1480, 128, 256, 576, 1280, 9000, 65515 };
	static const u32 bufs[] = { 65536, 1000, 4096, 20000, 200000, 4000000, 1 };
	static const u32 gsos[] = { 65475, 1, 1460, 3000, 16000 };
	u8 bits = in_u8(in), cc;

	memset(cfg, 0, sizeof(*cfg));
	fsp_config_default(&cfg->fsp);
	cc = in_u8(in);
	cfg->cc = fsp_cc_nth(cc % 8);
	configure_first(cfg, first, cc);
	if (!cfg->cc)
		cfg->cc = fsp_cc_nth(0);
	cfg->mss_room = pick(in, rooms, ARRAY_SIZE(rooms));
	cfg->gso_max = pick(in, gsos, ARRAY_SIZE(gsos));
	cfg->rcvbuf = pick(in, bufs, ARRAY_SIZE(bufs));

	cfg->seg_max = bits & 0x01 ? 1 + in_u8(in) : 16000;
	/* A carrier costs memory, however little it carries. */
	cfg->sndbuf = min(60000U, cfg->seg_max * 128);
	cfg->iss = bits & 0x02 ? -(u32)in_u16(in) : 1000;
	cfg->small_queue = bits & 0x04 ? 1 + in_u16(in) : 0;
	cfg->ofo_counts = bits & 0x08;
	cfg->fsp.nodelay = bits & 0x10;
	cfg->fsp.keepalive = bits & 0x20;
	cfg->fsp.max_ofo = bits & 0x40 ? 1 + in_u8(in) : 64;
	cfg->fsp.mss_clamp = bits & 0x80 ? 88 + in_u8(in) : 0;
}

struct world *world_new(struct input *in, bool hostile)
{
	struct world *w = calloc(1, sizeof(*w));
	struct sim *sim = &w->sim;
	struct end *e;
	u8 first;
	int i;

	if (!w)
		abort();
	w->hostile = hostile;
	sim->rng = in_u16(in);
	sim->trace = getenv("FUZZ_TRACE");
	if (sim->trace)
		setvbuf(stdout, NULL, _IOLBF, 0);
	sim->sc.nr_flows = 1;
	sim->sc.nr_classes = 1;
	sim->sc.may_fail = true;
	eventq_init(&sim->q);
	sim->q.now = BEGIN;
	sim->flows = calloc(1, sizeof(*sim->flows));
	if (!sim->flows)
		abort();
	e = sim->flows[0].end;
	for (i = 0; i < 2; i++) {
		first = in_u8(in);
		sim->sc.link[i].super = first & 1;
		configure(&sim->sc.flow[0].end[i], first, in);
		link_init(&sim->link[i], sim, &sim->sc.link[i]);
		end_init(&e[i], sim, &e[!i], i, 0, &sim->sc.flow[0]);
		e[i].app.written = hostile ? NOBODYS : 0;
	}
	return w;
}

void world_free(struct world *w)
{
	struct sim *sim = &w->sim;
	int i;

	for (i = 0; i < 2; i++)
		end_uninit(world_end(w, i));
	for (i = 0; i < 2; i++)
		while (w->wire[i].count)
			packet_free(sim, w->wire[i].p[--w->wire[i].count]);
	for (i = 0; i < 2; i++) {
		fuzz_check(!world_end(w, i)->queued);
		fuzz_check(!world_end(w, i)->ofo);
	}
	fuzz_check(!sim->carriers);
	fuzz_check(!sim->packets);
	fuzz_check(!sim->q.count);
	eventq_uninit(&sim->q);
	free(sim->flows);
	free(w);
}
