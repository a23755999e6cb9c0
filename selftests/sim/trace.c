// SPDX-License-Identifier: GPL-2.0-only
/* A line per packet and event, for whoever replays a seed. */
#include <stdarg.h>

#include "sim.h"

static const char *const verdicts[] = {
	[FSP_TAKEN] = "taken", [FSP_DONE] = "done", [FSP_DROP_SEQ] = "DROP_SEQ",
	[FSP_DROP_EPOCH] = "DROP_EPOCH", [FSP_DROP_ACK] = "DROP_ACK",
	[FSP_DROP_DUP] = "DROP_DUP", [FSP_DROP_STATE] = "DROP_STATE",
	[FSP_DROP_CLOSED] = "DROP_CLOSED", [FSP_DROP_RCVBUF] = "DROP_RCVBUF",
	[FSP_DROP_OFO] = "DROP_OFO",
};

static void stamp(const struct sim *sim, int side)
{
	printf("%12.6f %c ", sim->q.now / 1e9, 'A' + side);
}

static void print_flags(u8 flags)
{
	static const char names[] = "FSRPAXEC";
	int i;

	for (i = 0; i < 8; i++)
		putchar(flags & BIT(i) ? names[i] : '.');
}

static void print_ranges(const struct fsp_rx *rx)
{
	unsigned int i;

	for (i = 0; i < rx->nr_ranges; i++) {
		struct fsp_range r = fsp_rx_range(rx, i);

		printf(" [%u,%u)", r.start - rx->ack, r.end - rx->ack);
	}
}

/* Sequence numbers as seen from the connection's own beginning. */
void trace_packet(struct sim *sim, const struct packet *p, const char *lost)
{
	struct end *from = p->to->peer;
	struct fsp_rx rx;

	if (!sim->trace)
		return;
	fsp_hdr_parse(p->hdr, p->hdr_len, packet_size(p), &rx);
	stamp(sim, from->side);
	printf("%u ", from->id);
	print_flags(rx.flags);
	printf(" seq %u+%u ack %u win %u #%u", rx.seq - from->iss, rx.len,
	       rx.flags & FSP_ACK ? rx.ack - p->to->iss : 0, rx.window, rx.serial);
	if (rx.opts & FSP_HAS_ECHO)
		printf(" echo #%u+%u", rx.echo, rx.echo_delay);
	print_ranges(&rx);
	if (p->ecn)
		printf(" %s", p->ecn == ECN_CE ? "CE" : "ECT");
	printf("%s%s\n", lost ? " lost: " : "", lost ? lost : "");
}

void trace_rx(struct end *end, const struct fsp_rx *rx, int verdict)
{
	const struct fsp_conn *c = &end->conn;

	if (!end->sim->trace)
		return;
	stamp(end->sim, end->side);
	printf("%u   <- seq %u+%u %s: state %u rec %u una %u nxt %u wnd %u cwnd %u rcv %u ofo %u",
	       end->id, rx->seq - end->peer->iss, rx->len, verdicts[verdict], c->state,
	       c->recovery, c->snd_una - c->iss, c->snd_nxt - c->iss, c->snd_wnd, c->cwnd,
	       c->rcv_nxt - c->irs, c->work->ofoq.count);
	printf(" sacked %u lost %u retrans %u\n", c->work->sacked_out, c->work->lost_out, c->work->retrans_out);
}

void trace_note(struct end *end, const char *fmt, ...)
{
	va_list ap;

	if (!end->sim->trace)
		return;
	stamp(end->sim, end->side);
	printf("%u   ", end->id);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}
