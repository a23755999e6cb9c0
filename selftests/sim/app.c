// SPDX-License-Identifier: GPL-2.0-only
/* A program that writes, reads and closes as its configuration says. */
#include "sim.h"

static struct end *app_end(struct app *app)
{
	return container_of(app, struct end, app);
}

static bool may_write(const struct end *end)
{
	const struct app *app = &end->app;

	return end->mode == END_CONN && !app->closed &&
	       (FSP_STATE_IN(end->conn.state, FSP_STATES_SEND |
			     BIT(FSP_SYN_SENT) | BIT(FSP_SYN_RCVD))) &&
	       !app->shut && (!app->cfg->answer || app->eof);
}

static u32 add_to_tail(struct end *end, u32 bytes)
{
	struct fsp_seg *seg = fsp_conn_tail(&end->conn);
	struct carrier *car;

	if (!seg)
		return 0;
	car = fsp_seg_carrier(seg);
	if (car->bytes >= end->cfg->seg_max)
		return 0;
	bytes = min(bytes, end->cfg->seg_max - car->bytes);
	car->bytes += bytes;
	fsp_conn_grow(&end->conn, seg, bytes);
	return bytes;
}

static u32 add_new(struct end *end, u32 bytes)
{
	struct carrier *car;

	bytes = min(bytes, end->cfg->seg_max);
	end_wake(end);
	car = carrier_new(end->sim, end->app.written, bytes);
	fsp_conn_queue(&end->conn, &car->seg, bytes);
	return bytes;
}

/* One write(): returns whether there was room for all of it. */
static bool write_once(struct end *end)
{
	struct app *app = &end->app;
	u32 want = min_t(u64, app->cfg->chunk, app->total - app->written);

	while (want && end->queued < end->sndbuf) {
		u32 n = add_to_tail(end, want);

		if (!n)
			n = add_new(end, want);
		app->written += n;
		end->queued += n;
		want -= n;
	}
	return !want;
}

static unsigned int push_flags(struct end *end)
{
	struct app *app = &end->app;
	u64 *rng = &end->sim->rng;

	if (app->written == app->total)
		return 0;
	if (rng_chance(rng, app->cfg->more))
		return FSP_PUSH_MORE;
	if (rng_chance(rng, app->cfg->push_now))
		return FSP_PUSH_NOW;
	return 0;
}

static void write_shutdown(struct end *end)
{
	end->app.shut = true;
	end_wake(end);
	trace_note(end, "shutdown at %llu", (unsigned long long)end->app.written);
	fsp_conn_shutdown(&end->conn, end->sim->q.now);
}

static void write_some(struct end *end)
{
	struct app *app = &end->app;
	struct sim *sim = end->sim;
	bool all = true;

	end_rest(end);
	while (may_write(end) && all && app->written < app->total) {
		all = write_once(end);
		fsp_conn_push(&end->conn, push_flags(end), sim->q.now);
		if (app->cfg->gap && all) {
			eventq_set(&sim->q, &app->write_ev,
				   sim->q.now + rng_below(&sim->rng, app->cfg->gap));
			break;
		}
	}
	/* Whoever shuts down before the connection is made gives it up. */
	if (may_write(end) && app->written == app->total &&
	    end->conn.state != FSP_SYN_SENT)
		write_shutdown(end);
}

static void option_flip(struct end *end)
{
	struct fsp_config *cfg = &end->conn.cfg;

	switch (rng_below(&end->sim->rng, 5)) {
	case 0:
		cfg->nodelay = !cfg->nodelay;
		break;
	case 1:
		cfg->cork = !cfg->cork;
		break;
	case 2:
		cfg->quickack = !cfg->quickack;
		break;
	case 3:
		cfg->keepalive = true;
		break;
	default:
		fsp_conn_ack(&end->conn, end->sim->q.now);
		return;
	}
	fsp_conn_reconfigure(&end->conn, end->sim->q.now);
}

static void write_event(struct event *ev)
{
	struct end *end = app_end(container_of(ev, struct app, write_ev));

	if (end->mode != END_CONN)
		return;
	if (rng_chance(&end->sim->rng, end->app.cfg->flip))
		option_flip(end);
	write_some(end);
	end_after(end);
}

/* The buffers as a host lets them grow that has memory for @buf_max */
static void grow_rcvbuf(struct end *end)
{
	u32 want = fsp_conn_want_rcvbuf(&end->conn, end->conn.irs + 1 + (u32)end->app.read,
					end->sim->q.now);

	end->rcvbuf = max(end->rcvbuf, min(want, end->cfg->buf_max));
}

static void grow_sndbuf(struct end *end)
{
	u32 want = fsp_conn_want_sndbuf(&end->conn);

	end->sndbuf = max(end->sndbuf, min(want, end->cfg->buf_max));
}

static void read_bytes(struct end *end, u32 n)
{
	end->unread -= n;
	end->app.read += n;
	if (end->mode != END_CONN)
		return;
	grow_rcvbuf(end);
	fsp_conn_read(&end->conn, end->sim->q.now);
}

static bool stall_now(struct end *end)
{
	struct app *app = &end->app;
	struct sim *sim = end->sim;

	if (app->stalled || !app->cfg->stall || app->read < app->cfg->stall_at)
		return false;
	app->stalled = true;
	eventq_set(&sim->q, &app->read_ev, sim->q.now + app->cfg->stall);
	return true;
}

static void read_some(struct end *end)
{
	struct app *app = &end->app;
	struct sim *sim = end->sim;

	while (end->unread && !event_armed(&app->read_ev)) {
		if (stall_now(end))
			break;
		read_bytes(end, min(end->unread, app->cfg->read_chunk));
		if (app->cfg->read_gap && end->unread)
			eventq_set(&sim->q, &app->read_ev,
				   sim->q.now + rng_below(&sim->rng, app->cfg->read_gap));
	}
}

static void close_now(struct end *end)
{
	end->app.closed = true;
	if (end->mode != END_CONN)
		return;
	trace_note(end, "close");
	if (!end->app.eof)
		fsp_conn_shut_rcv(&end->conn);
	fsp_conn_orphan(&end->conn, end->sim->q.now);
}

static void close_if_done(struct end *end)
{
	struct app *app = &end->app;

	if (app->closed || !app->shut)
		return;
	if (app->cfg->close == APP_CLOSE_EARLY || (app->eof && !end->unread))
		close_now(end);
}

static void read_event(struct event *ev)
{
	struct end *end = app_end(container_of(ev, struct app, read_ev));

	read_some(end);
	close_if_done(end);
	end_after(end);
}

static void abort_event(struct event *ev)
{
	struct end *end = app_end(container_of(ev, struct app, abort_ev));

	end->app.aborted = true;
	end->app.closed = true;
	end_abort(end);
	sim_flow_changed(end->sim, end->id);
}

void app_init(struct end *end, const struct app_cfg *cfg)
{
	struct app *app = &end->app;

	app->cfg = cfg;
	app->total = cfg->total;
	app->write_ev.fire = write_event;
	app->read_ev.fire = read_event;
	app->abort_ev.fire = abort_event;
	if (cfg->close == APP_CLOSE_ABORT)
		eventq_set(&end->sim->q, &app->abort_ev, cfg->abort_at);
}

void app_uninit(struct end *end)
{
	eventq_cancel(&end->sim->q, &end->app.write_ev);
	eventq_cancel(&end->sim->q, &end->app.read_ev);
	eventq_cancel(&end->sim->q, &end->app.abort_ev);
}

void app_start(struct end *end)
{
	write_some(end);
}

void app_kick(struct end *end)
{
	if (end->mode == END_CONN)
		grow_sndbuf(end);
	if (!event_armed(&end->app.write_ev))
		write_some(end);
	read_some(end);
	close_if_done(end);
}

void app_stop(struct end *end)
{
	struct app *app = &end->app;

	app->at_stop = app->received;
	if (app->total != U64_MAX)
		return;
	app->total = app->written;
	if (end->mode != END_CONN)
		return;
	app_kick(end);
	end_after(end);
}
