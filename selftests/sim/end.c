// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of one end: nobody, listener, half open, connection, TIME_WAIT,
 * nobody. What it does for the engine as its host is in host.c.
 */
#include "first.h"
#include "host_end.h"
#include "oracle.h"
#include "sim.h"

#define SYNACK_RTO	FSP_NSEC_PER_SEC
#define SYNACK_RETRIES	250
#define TIME_WAIT	(60 * FSP_NSEC_PER_SEC)
#define ISS_STEP	2654435761u	/* from flow to flow */

static void timer_event(struct event *ev);

static void note_cfg(struct end *end)
{
	const struct app_cfg *app = end->app.cfg;
	const struct end_cfg *cfg = end->cfg;

	trace_note(end, "%s room %u gso %u seg %u rcvbuf %u sndbuf %u below %u ofo %u clamp %u/%u",
		   cfg->cc->name, cfg->mss_room, cfg->gso_max, cfg->seg_max, cfg->rcvbuf,
		   cfg->sndbuf, cfg->small_queue, cfg->fsp.max_ofo, cfg->fsp.mss_clamp,
		   cfg->fsp.window_clamp);
	trace_note(end, "%s%s%swrites %llu by %u gap %llu, reads %u gap %llu stall %llu, close %u",
		   cfg->fsp.nodelay ? "nodelay " : "", cfg->fsp.cork ? "cork " : "",
		   cfg->fsp.quickack ? "quickack " : "", (unsigned long long)app->total,
		   app->chunk, (unsigned long long)app->gap, app->read_chunk,
		   (unsigned long long)app->read_gap, (unsigned long long)app->stall,
		   app->close);
}

void end_init(struct end *end, struct sim *sim, struct end *peer, int side, u32 id,
	      const struct flow_cfg *cfg)
{
	memset(end, 0, sizeof(*end));
	end->sim = sim;
	end->peer = peer;
	end->side = side;
	end->id = id;
	end->cfg = &cfg->end[side];
	end->rcvbuf = end->cfg->rcvbuf;
	end->sndbuf = end->cfg->sndbuf;
	end->iss = end->cfg->iss + id * ISS_STEP;
	end->delay = cfg->delay;
	end->out = &sim->link[side];
	end->room = end->cfg->mss_room;
	end->timer.fire = timer_event;
	fsp_conn_init(&end->conn, end->cfg->cc);	/* looked at before it is one */
	app_init(end, &cfg->app[side]);
	note_cfg(end);
}

static void set_mode(struct end *end, enum end_mode mode)
{
	end->mode = mode;
	sim_flow_changed(end->sim, end->id);
}

static void forget(struct end *end)
{
	eventq_cancel(&end->sim->q, &end->timer);
	set_mode(end, END_CLOSED);
}

void end_uninit(struct end *end)
{
	if (end->mode == END_CONN) {
		fsp_conn_purge(&end->conn);
		fsp_conn_uninit(&end->conn);
	}
	forget(end);
	app_uninit(end);
}

/* As a host would that looks all the time: whatever comes now has to wake it. */
void end_rest(struct end *end)
{
	u64 now = end->sim->q.now;

	if (!end->unread && fsp_conn_rest_at(&end->conn, now) == now) {
		fsp_conn_rest(&end->conn);
		end->rested++;
	}
}

/* A process that wants something waits for memory. */
void end_wake(struct end *end)
{
	end->patient = true;
	sim_check(end->sim, fsp_conn_wake(&end->conn, end->sim->q.now), "no memory");
	end->patient = false;
}

static void make_conn(struct end *end)
{
	struct fsp_conn *c = &end->conn;

	memset(c, 0, sizeof(*c));
	c->cfg = end->cfg->fsp;
	c->cfg.ecn = end->cfg->ecn ? FSP_ECN_ON : FSP_ECN_OFF;
	fsp_conn_init(c, end->cfg->cc);
	end_wake(end);
	c->mss_room = end->room;
	c->gso_max = end->cfg->gso_max;
	set_mode(end, END_CONN);
	end->ever = true;
}

void end_listen(struct end *end)
{
	set_mode(end, END_LISTEN);
}

void end_connect_at(struct end *end, u64 at)
{
	set_mode(end, END_IDLE);
	eventq_set(&end->sim->q, &end->timer, at);
}

void end_connect(struct end *end)
{
	u64 now = end->sim->q.now;

	make_conn(end);
	fsp_conn_open(&end->conn, end->iss, now);
	first_open(end);
	if (first_sends(end))
		app_start(end);
	fsp_conn_syn(&end->conn, now);
	if (!first_sends(end))
		app_start(end);
	end_after(end);
}

void end_abort(struct end *end)
{
	if (end->mode == END_CONN) {
		trace_note(end, "abort");
		fsp_conn_abort(&end->conn, end->sim->q.now);
		end_after(end);
	} else if (end->mode != END_TIME_WAIT) {
		forget(end);
	}
}

/* ---- events and timers of a connection ---- */

static void account(struct end *end)
{
	end->retrans = end->conn.retrans_segs;
	end->spurious = end->conn.spurious;
	end->timeouts = end->conn.timeouts;
	end->first = end->conn.first;
}

static void conn_gone(struct end *end)
{
	account(end);
	if (end->conn.state == FSP_TIME_WAIT)
		fsp_timewait_init(&end->tw, &end->conn);
	fsp_conn_purge(&end->conn);
	fsp_conn_uninit(&end->conn);
}

static void conn_over(struct end *end)
{
	trace_note(end, "over, error %d", end->error);
	if (end->conn.state == FSP_TIME_WAIT) {
		conn_gone(end);
		set_mode(end, END_TIME_WAIT);
		eventq_set(&end->sim->q, &end->timer,
			   end->sim->q.now + TIME_WAIT);
		return;
	}
	conn_gone(end);
	forget(end);
}

static void take_news(struct end *end, u16 events)
{
	if (events & FSP_EV_ESTABLISHED)
		end->established = true;
	if (events & FSP_EV_PEER_CLOSED)
		end->app.eof = true;
	if (events & FSP_EV_ERROR) {
		end->error = end->conn.error;
		end->app.closed = true;
	}
	app_kick(end);
}

static void arm(struct end *end)
{
	u64 at = fsp_conn_next_timeout(&end->conn);

	/* One that fires too early looks again: most timers only ever move away. */
	if (!at)
		eventq_cancel(&end->sim->q, &end->timer);
	else if (!event_armed(&end->timer) || end->timer.at > at)
		eventq_set(&end->sim->q, &end->timer, at);
}

static void conn_timer(struct end *end)
{
	u64 at;

	end_rest(end);
	at = fsp_conn_next_timeout(&end->conn);
	if (at && at <= end->sim->q.now) {
		fsp_conn_timeout(&end->conn, end->sim->q.now);
		end_after(end);
	} else {
		arm(end);
	}
}

static void path_shrunk(struct end *end)
{
	u32 mss = fsp_conn_mss(&end->conn);

	end->shrunk = false;
	fsp_conn_set_path(&end->conn, end->room, end->cfg->gso_max, end->sim->q.now);
	if (fsp_conn_mss(&end->conn) < mss)
		fsp_conn_path_shrunk(&end->conn, end->sim->q.now);
}

void end_after(struct end *end)
{
	u16 events;

	if (end->shrunk && end->mode == END_CONN)
		path_shrunk(end);
	while (end->mode == END_CONN) {
		end->calls++;
		oracle_conn(end);
		events = fsp_conn_take_events(&end->conn);
		if (events)
			take_news(end, events);
		if (end->conn.state == FSP_CLOSED || end->conn.state == FSP_TIME_WAIT)
			conn_over(end);
		else if (!events)
			break;
	}
	if (end->mode == END_CONN)
		arm(end);
}

static void answer_synack(struct end *end)
{
	struct fsp_tx tx;

	fsp_request_synack(&end->req, &tx, SYNACK_RTO, end->sim->q.now);
	first_give_cookie(end, &tx);
	end_send(end, &tx, 0);
	eventq_set(&end->sim->q, &end->timer, end->req.due);
}

static void request_timer(struct end *end)
{
	if (end->req.retries++ < SYNACK_RETRIES) {
		answer_synack(end);
		return;
	}
	trace_note(end, "request timed out");
	end_listen(end);
}

static void timer_event(struct event *ev)
{
	struct end *end = container_of(ev, struct end, timer);

	switch (end->mode) {
	case END_IDLE:
		end_connect(end);
		break;
	case END_CONN:
		conn_timer(end);
		break;
	case END_REQUEST:
		request_timer(end);
		break;
	case END_TIME_WAIT:
		forget(end);
		break;
	default:
		break;
	}
}

/* ---- packets, by mode ---- */

static void answer_reset(struct end *end, const struct fsp_rx *rx)
{
	struct fsp_tx tx;

	if (rx->flags & FSP_RST)
		return;
	fsp_reset_for(rx, &tx);
	end_send(end, &tx, 0);
}

static u8 wscale_for(u32 rcvbuf)
{
	u8 shift = 0;

	while (shift < FSP_WSCALE_MAX && rcvbuf >> shift > 0xffff)
		shift++;
	return shift;
}

static void rx_conn(struct end *end, const struct packet *p, const struct fsp_rx *rx)
{
	struct fsp_conn *c = &end->conn;
	struct carrier *car;
	enum fsp_verdict v;
	u32 una;

	end_rest(end);
	if (rng_chance(&end->sim->rng, end->cfg->renege))
		end_renege(end);
	car = carrier_new(end->sim, p->off, p->len);
	una = c->snd_una;
	v = fsp_conn_rx(c, rx, &car->seg, end->sim->q.now);
	trace_rx(end, rx, v);
	sim_check(end->sim, v < FSP_VERDICTS, "verdict %d", v);
	if (v != FSP_TAKEN)
		carrier_free(end->sim, car);
	if (v == FSP_DROP_DUP || (v == FSP_DONE && p->len))
		end->needless += p->len;
	if (c->snd_una != una && c->work->latest_rtt)
		hist_add(&end->sim->rtt, c->work->latest_rtt);
	end_after(end);
}

/* A SYN whose payload is taken: a connection at once */
static void take_first(struct end *end, const struct packet *p, const struct fsp_rx *rx)
{
	struct carrier *car = carrier_new(end->sim, p->off, p->len);
	u64 now = end->sim->q.now;
	enum fsp_verdict v;

	make_conn(end);
	fsp_conn_accept(&end->conn, &end->req, now);
	first_lend_cookie(end);
	v = fsp_conn_first_flight(&end->conn, rx, &car->seg, now);
	trace_rx(end, rx, v);
	if (v == FSP_TAKEN)
		end->early = p->len;
	else
		carrier_free(end->sim, car);
	app_kick(end);
	end_after(end);
}

static void give_ticket(struct end *end)
{
	u8 ticket[FIRST_TICKET_LEN];
	struct fsp_tx tx;

	first_seal(end, ticket);
	fsp_request_synack(&end->req, &tx, SYNACK_RTO, end->sim->q.now);
	tx.opts |= FSP_HAS_TICKET;
	tx.ticket = ticket;
	tx.ticket_len = sizeof(ticket);
	end_send(end, &tx, 0);
	end->tickets++;
}

static void complete(struct end *end, const struct packet *p, const struct fsp_rx *rx)
{
	make_conn(end);
	fsp_conn_accept(&end->conn, &end->req, end->sim->q.now);
	oracle_rx(end, rx);
	rx_conn(end, p, rx);
	if (end->mode == END_CONN) {
		app_kick(end);
		end_after(end);
	}
}

static void rx_syn(struct end *end, const struct packet *p, const struct fsp_rx *rx)
{
	fsp_request_init(&end->req, rx, end->iss, end->rcvbuf,
			 wscale_for(max(end->rcvbuf, end->cfg->buf_max)),
			 end->room - FSP_HDR_MIN, FSP_MSS_DEFAULT_V4);
	end->req.ecn = end->cfg->ecn;
	if (first_takes(end, rx)) {
		set_mode(end, END_REQUEST);
		oracle_rx(end, rx);
		take_first(end, p, rx);
	} else if (first_forgets(end)) {
		give_ticket(end);
	} else {
		set_mode(end, END_REQUEST);
		oracle_rx(end, rx);
		answer_synack(end);
	}
}

static void rx_listen(struct end *end, const struct packet *p, const struct fsp_rx *rx)
{
	if (rx->flags & FSP_RST)
		return;
	if (rx->flags & FSP_ACK) {
		if (first_unseal(end, rx, &end->req))
			complete(end, p, rx);
		else
			answer_reset(end, rx);
	} else if (rx->flags & FSP_SYN) {
		rx_syn(end, p, rx);
	}
}

static void rx_request(struct end *end, const struct packet *p, const struct fsp_rx *rx)
{
	struct fsp_tx tx;

	switch (fsp_request_rx(&end->req, rx)) {
	case FSP_REQ_COMPLETE:
		eventq_cancel(&end->sim->q, &end->timer);
		complete(end, p, rx);
		break;
	case FSP_REQ_SYNACK:
		answer_synack(end);
		break;
	case FSP_REQ_ABORT:
		end_listen(end);
		eventq_cancel(&end->sim->q, &end->timer);
		break;
	case FSP_REQ_CHALLENGE:
		fsp_request_challenge(&end->req, &tx);
		end_send(end, &tx, 0);
		break;
	case FSP_REQ_RESET:
		answer_reset(end, rx);
		break;
	default:
		break;
	}
}

static void rx_time_wait(struct end *end, const struct fsp_rx *rx)
{
	struct fsp_tx tx;

	switch (fsp_timewait_rx(&end->tw, rx)) {
	case FSP_TW_RESTART:
		eventq_set(&end->sim->q, &end->timer,
			   end->sim->q.now + TIME_WAIT);
		fallthrough;
	case FSP_TW_ACK:
		fsp_timewait_ack(&end->tw, rx, &tx);
		end_send(end, &tx, 0);
		break;
	case FSP_TW_KILL:
		forget(end);
		break;
	default:
		break;
	}
}

void end_rx(struct end *end, const struct packet *p)
{
	struct fsp_rx rx;
	enum fsp_parse parse;

	sim_check(end->sim, p->pad || fsp_hdr_need(p->hdr, packet_size(p)) <= p->hdr_len,
		  "header of %u", p->hdr_len);
	parse = fsp_hdr_parse(p->hdr, p->hdr_len, packet_size(p), &rx);
	sim_check(end->sim, parse == FSP_PARSE_OK, "parse %d", parse);
	sim_check(end->sim, rx.len == p->len && rx.hdr_len == p->hdr_len, "length %u", rx.len);
	rx.field = p->ecn;
	if (end->cfg->no_probes)
		rx.features &= ~FSP_FEATURE_PROBE;
	switch (end->mode) {
	case END_LISTEN:
		rx_listen(end, p, &rx);
		break;
	case END_REQUEST:
		rx_request(end, p, &rx);
		break;
	case END_CONN:
		oracle_rx(end, &rx);
		rx_conn(end, p, &rx);
		break;
	case END_TIME_WAIT:
		rx_time_wait(end, &rx);
		break;
	case END_CLOSED:
	case END_IDLE:
		answer_reset(end, &rx);
		break;
	}
}

/*
 * As the host does it: what the header claims is made readable, the parser sees
 * it, and then the checksum says what it is worth.
 */
void end_rx_corrupt(struct end *end, const struct packet *p)
{
	u32 size = packet_size(p), n = min(fsp_hdr_need(p->hdr, size), size), i;
	struct fsp_rx rx;
	u8 *copy;

	n = max_t(u32, n, min_t(u32, p->hdr_len, size));
	copy = malloc(n);
	if (!copy)
		abort();
	memcpy(copy, p->hdr, p->hdr_len);
	for (i = p->hdr_len; i < n; i++)
		copy[i] = rng_next(&end->sim->rng);
	if (fsp_hdr_parse(copy, n, size, &rx) == FSP_PARSE_OK)
		sim_check(end->sim, (rx.hdr_len + rx.len == size || rx.opts & FSP_HAS_PROBE) &&
			  rx.hdr_len <= n,
			  "%u and %u of %u", rx.hdr_len, rx.len, size);
	free(copy);
	trace_note(end, "  <- wrong checksum");
}

/* A router's answer to a packet that was too long (and always arrives). */
void end_too_big(const struct packet *p)
{
	struct end *end = p->to->peer;
	struct sim *sim = end->sim;

	if (end->mode != END_CONN || end->room <= end->out->cfg.mtu || sim->sc.black_hole ||
	    sim->sc.shrink_to == 0)
		return;
	end->room = end->out->cfg.mtu;
	end->shrunk = true;
}

void end_enqueued(struct end *end, u32 bytes)
{
	end->below += bytes;
}

void end_departed(struct end *end, u32 bytes)
{
	end->below -= bytes;
	if (!end->throttled || end->below > end->cfg->small_queue / 2)
		return;
	end->throttled = false;
	if (end->mode != END_CONN)
		return;
	fsp_conn_push(&end->conn, 0, end->sim->q.now);
	end_after(end);
}

bool end_over(const struct end *end)
{
	return end->mode == END_CLOSED || (end->mode == END_LISTEN && end->app.aborted);
}
