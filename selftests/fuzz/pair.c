// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two engines talk to each other, and the fuzzer is all there is between them.
 * In honest runs it loses, reorders and duplicates packets as it likes and then
 * gives in: what was written must arrive. In others it forges and changes them.
 */
#include "world.h"

#define OPS_MAX		600
#define EVENTS_MAX	20000

static void network_op(struct world *w, struct input *in)
{
	u8 op = in_u8(in), side = op >> 7;
	struct wire *wire = &w->wire[side];
	u32 i = op & 0x40 ? in_u8(in) : 0, n;

	switch (op & 0xf) {
	default:
		world_arrive(w, side, i);
		break;
	case 7:
	case 8:
		for (n = wire->count; n; n--)
			world_arrive(w, side, 0);
		break;
	case 9:
	case 10:
		world_drop(w, side, i);
		break;
	case 11:
		for (n = wire->count; n; n--)
			world_drop(w, side, 0);
		break;
	case 12:
		world_duplicate(w, side, i);
		break;
	case 13:
		if (!w->hostile || !wire->count)
			break;
		forge_mutate(wire->p[i % wire->count], in);
		break;
	case 15:
		/* A router's mark, or one that takes marks away */
		if (wire->count)
			wire->p[i % wire->count]->ecn = op & 0x20 ? op >> 4 & 1 : FSP_CE;
		break;
	case 14:
		if (w->hostile)
			world_inject(w, world_end(w, side), forge(w, world_end(w, side), in));
		break;
	}
}

static void step(struct world *w, struct input *in)
{
	u8 op = in_u8(in);

	switch (op & 0x7) {
	case 0:
	case 1:
		user_op(w, world_end(w, op >> 7), in);
		break;
	case 2:
		world_fire(w);
		break;
	case 3:
		world_wait(w, in_log(in, 36));
		break;
	default:
		network_op(w, in);
		break;
	}
}

/* ---- the network gives in ---- */

static void heal(struct world *w)
{
	int i;

	w->lossless = true;
	for (i = 0; i < 2; i++) {
		struct end *end = world_end(w, i);

		end_cfg(end)->xmit_fail = 0;
		end_cfg(end)->split_fail = 0;
		end_cfg(end)->merge_fail = 0;
		end_cfg(end)->renege = 0;
		end->rcvbuf = max(end->rcvbuf, 65536U);
		end->conn.cfg.window_clamp = 0;	/* a byte at a time is no deadlock */
	}
}

static bool carry(struct world *w)
{
	bool any = false;
	u32 n;
	int i;

	for (i = 0; i < 2; i++)
		for (n = w->wire[i].count; n; n--) {
			world_arrive(w, i, 0);
			any = true;
		}
	return any;
}

static void read_all(struct world *w)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct end *end = world_end(w, i);

		user_read(end, U32_MAX);
		if (!FSP_STATE_IN(end->conn.state, BIT(FSP_SYN_SENT)))
			user_shutdown(end);
		if (end->app.eof)
			user_close(end);
		end_after(end);
	}
}

static bool over(const struct end *end)
{
	return end->mode == END_CLOSED || end->mode == END_LISTEN ||
	       end->mode == END_TIME_WAIT;
}

/* Whoever gives up may not be heard: the other has no reason to. */
static bool gave_up(const struct end *end)
{
	return end->error || end->app.aborted;
}

/* All that was written arrives, unless somebody gave up or closed early. */
static void check_arrived(struct end *end)
{
	const struct end *peer = end->peer;

	if (gave_up(end) || gave_up(peer))
		return;
	if (!end->established || !peer->established || (peer->app.closed && !peer->app.eof))
		return;
	fuzz_check(peer->app.received == end->app.written);
}

static void finish(struct world *w)
{
	struct end *a = world_end(w, 0), *b = world_end(w, 1);
	u32 n;

	heal(w);
	for (n = 0; !over(a) || !over(b); n++) {
		fuzz_check(n < EVENTS_MAX);
		read_all(w);
		if (!carry(w) && !world_fire(w))
			break;
	}
	fuzz_check(gave_up(a) || gave_up(b) || (over(a) && over(b)));
	check_arrived(a);
	check_arrived(b);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 mode = in_u8(&in);
	struct world *w = world_new(&in, mode & 0x80);
	u32 n;

	if (mode & 0x40)
		end_connect(world_end(w, 1));
	else
		end_listen(world_end(w, 1));
	end_connect(world_end(w, 0));
	for (n = 0; in.left && n < OPS_MAX; n++)
		step(w, &in);
	if (!w->hostile)
		finish(w);
	world_free(w);
	return 0;
}
