// SPDX-License-Identifier: GPL-2.0-only
/* Cookies and tickets whose secret is that they name the flow. */
#include "first.h"
#include "rng.h"
#include "sim.h"

#define COOKIE_LEN	8

/* ---- cookies ---- */

u8 first_cookie(u32 id, enum end_first which, u8 *cookie)
{
	u64 name = (u64)id << 8 | which;

	if (which == FIRST_ASK)
		return 0;
	name = rng_next(&name);
	fsp_put32(cookie, name >> 32);
	fsp_put32(cookie + 4, name);
	return COOKIE_LEN;
}

static bool is_cookie(const struct end *end, const struct fsp_rx *rx, enum end_first which)
{
	u8 cookie[FSP_COOKIE_MAX], len = first_cookie(end->id, which, cookie);

	return rx->cookie_len == len && !memcmp(rx->cookie, cookie, len);
}

/* ---- the client ---- */

bool first_sends(const struct end *end)
{
	return end->cfg->first > FIRST_ASK;
}

void first_open(struct end *end)
{
	u8 cookie[FSP_COOKIE_MAX], len = first_cookie(end->id, end->cfg->first, cookie);
	u16 mss = end->cfg->forgot_mss ? 0 : min(end->peer->cfg->mss_room, 0xffffU) - FSP_HDR_MIN;

	if (end->cfg->first == FIRST_OFF)
		return;
	fsp_conn_first(&end->conn, end->cfg->first == FIRST_BARE ? NULL : cookie, len, mss,
		       first_sends(end));
}

/* ---- the listener ---- */

bool first_takes(struct end *end, const struct fsp_rx *rx)
{
	bool good = false;

	end->gives_cookie = false;
	if (!end->cfg->serves)
		return false;
	if (rx->opts & FSP_HAS_COOKIE) {
		good = is_cookie(end, rx, FIRST_GOOD);
		end->gives_cookie = !good;
		good |= is_cookie(end, rx, FIRST_OLD);
	}
	return (good || end->cfg->trusts) && rx->len &&
	       !rng_chance(&end->sim->rng, end->cfg->refuse);
}

bool first_forgets(struct end *end)
{
	return rng_chance(&end->sim->rng, end->cfg->full);
}

void first_give_cookie(struct end *end, struct fsp_tx *tx)
{
	if (!end->gives_cookie)
		return;
	tx->cookie_len = first_cookie(end->id, FIRST_GOOD, end->cookie);
	tx->cookie = end->cookie;
	tx->opts |= FSP_HAS_COOKIE;
}

void first_lend_cookie(struct end *end)
{
	struct fsp_conn *c = &end->conn;

	if (!end->gives_cookie)
		return;
	c->work->cookie_len = first_cookie(end->id, FIRST_GOOD, c->work->cookie);
	c->syn_cookie = true;
}

/* ---- tickets ---- */

/* As good as SipHash where nobody is malicious but the fuzzer */
static void seal(const struct end *end, const struct fsp_request *req, u8 *ticket)
{
	u64 sum = (u64)req->irs << 32 | req->iss;
	int i;

	for (i = 0; i < FSP_TICKET_BODY; i++)
		sum = (sum ^ ticket[i]) * 0x100000001b3ull;
	sum += end->id;
	fsp_put32(ticket + FSP_TICKET_BODY, sum >> 32);
	fsp_put32(ticket + FSP_TICKET_BODY + 4, sum);
}

void first_seal(struct end *end, u8 ticket[FIRST_TICKET_LEN])
{
	fsp_request_pack(&end->req, 0, ticket);
	seal(end, &end->req, ticket);
}

bool first_unseal(const struct end *end, const struct fsp_rx *rx, struct fsp_request *req)
{
	u8 good[FIRST_TICKET_LEN];

	if (!(rx->opts & FSP_HAS_TICKET) || rx->flags & (FSP_SYN | FSP_RST) ||
	    rx->ticket_len != FIRST_TICKET_LEN || !end->cfg->full)
		return false;
	if (!fsp_request_unpack(req, rx->ticket, rx, end->rcvbuf, end->room - FSP_HDR_MIN))
		return false;
	memcpy(good, rx->ticket, FSP_TICKET_BODY);
	seal(end, req, good);
	req->ecn = end->cfg->ecn;
	return req->iss == end->iss && !memcmp(good, rx->ticket, sizeof(good));
}
