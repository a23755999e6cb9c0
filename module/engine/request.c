// SPDX-License-Identifier: GPL-2.0-only
/* Half-open connections of a listener: RFC 9293 section 3.10.7.2 and .4 */
#include "internal.h"
#include "request.h"

void fsp_request_init(struct fsp_request *req, const struct fsp_rx *rx, u32 iss,
		      u32 rcv_wnd, u8 wscale, u16 opt_mss, u16 default_mss)
{
	*req = (struct fsp_request) {
		.irs = rx->seq,
		.iss = iss,
		.rcv_wnd = min_t(u32, rcv_wnd, U16_MAX),
		.syn_wnd = rx->window,
		.peer_features = rx->opts & FSP_HAS_FEATURES ? rx->features : 0,
		.peer_mss = rx->opts & FSP_HAS_MSS ? max_t(u16, rx->mss, FSP_MSS_MIN) :
						     default_mss,
		.opt_mss = opt_mss,
		.serial = iss,
		.syn_serial = rx->serial,
		.has_wscale = rx->opts & FSP_HAS_WSCALE,
	};
	/* Scales are used both ways or not at all: RFC 7323 section 2.2 */
	if (req->has_wscale) {
		req->snd_wscale = rx->wscale;
		req->rcv_wscale = wscale;
	}
}

void fsp_request_synack(struct fsp_request *req, struct fsp_tx *tx, u64 rto, u64 now)
{
	*tx = (struct fsp_tx) {
		.seq = req->iss,
		.ack = req->irs + 1,
		.flags = FSP_SYN | FSP_ACK,
		.window = req->rcv_wnd,
		.serial = req->serial++,
		.opts = FSP_HAS_MSS | FSP_HAS_FEATURES | FSP_HAS_ECHO |
			(req->has_wscale ? FSP_HAS_WSCALE : 0),
		.opt_mss = req->opt_mss,
		.wscale = req->rcv_wscale,
		.features = FSP_FEATURES_ALWAYS |
			    (req->ecn ? req->peer_features & FSP_FEATURE_ECN : 0),
		.echo = req->syn_serial,
	};
	if (!req->first_sent)
		req->first_sent = now;
	req->sent = now;
	req->due = now + (rto << min_t(u8, req->retries, 7));
	fsp_tx_measure(tx);
}

static bool in_window(const struct fsp_request *req, const struct fsp_rx *rx)
{
	return fsp_between(rx->seq, req->irs + 1, req->irs + 1 + req->rcv_wnd);
}

enum fsp_request_verdict fsp_request_rx(const struct fsp_request *req,
					const struct fsp_rx *rx)
{
	if (rx->flags & FSP_SYN) {
		if (rx->seq == req->irs && !(rx->flags & FSP_ACK))
			return FSP_REQ_SYNACK;
		return rx->flags & FSP_ACK ? FSP_REQ_DROP : FSP_REQ_CHALLENGE;
	}
	if (!in_window(req, rx))
		return rx->flags & FSP_RST ? FSP_REQ_DROP : FSP_REQ_CHALLENGE;
	if (rx->flags & FSP_RST)	/* RFC 5961 section 3.2 */
		return rx->seq == req->irs + 1 ? FSP_REQ_ABORT : FSP_REQ_CHALLENGE;
	if (!(rx->flags & FSP_ACK))
		return FSP_REQ_DROP;
	return rx->ack == req->iss + 1 ? FSP_REQ_COMPLETE : FSP_REQ_RESET;
}

void fsp_request_challenge(struct fsp_request *req, struct fsp_tx *tx)
{
	*tx = (struct fsp_tx) {
		.seq = req->iss + 1,
		.ack = req->irs + 1,
		.flags = FSP_ACK,
		.window = req->rcv_wnd >> req->rcv_wscale,
		.serial = req->serial,
	};
	fsp_tx_measure(tx);
}

#define TICKET_FORMAT	1
#define TICKET_SCALED	0x80

void fsp_request_pack(const struct fsp_request *req, u8 second, u8 *p)
{
	p[0] = TICKET_FORMAT << 4 | req->rcv_wscale;
	p[1] = (req->has_wscale ? TICKET_SCALED : 0) | req->snd_wscale;
	fsp_put16(p + 2, req->peer_mss);
	fsp_put16(p + 4, req->peer_features >> 8);
	p[6] = req->peer_features;
	p[7] = second;
	fsp_put16(p + 8, req->irs);
}

/* The first window is below 2^16: the lower half says which number it was. */
static u32 expand_irs(u32 seq, u16 low)
{
	return seq - 1 - (u16)(seq - 1 - low);
}

bool fsp_request_unpack(struct fsp_request *req, const u8 *p, const struct fsp_rx *rx,
			u32 rcv_wnd, u16 opt_mss)
{
	if (p[0] >> 4 != TICKET_FORMAT)
		return false;
	*req = (struct fsp_request) {
		.irs = expand_irs(rx->seq, fsp_get16(p + 8)),
		.iss = rx->ack - 1,
		.rcv_wnd = min_t(u32, rcv_wnd, U16_MAX),
		.peer_features = (u32)fsp_get16(p + 4) << 8 | p[6],
		.peer_mss = fsp_get16(p + 2),
		.opt_mss = opt_mss,
		.serial = rx->ack,	/* beyond the SYN-ACK's */
		.has_wscale = p[1] & TICKET_SCALED,
		.snd_wscale = p[1] & 0xf,
		.rcv_wscale = p[0] & 0xf,
	};
	req->syn_wnd = (u32)rx->window << req->snd_wscale;
	return true;
}

void fsp_conn_accept(struct fsp_conn *c, const struct fsp_request *req, u64 now)
{
	c->passive = true;
	c->no_wscale = !req->has_wscale;
	c->iss = req->iss;
	c->snd_una = req->iss;
	c->snd_nxt = req->iss + 1;
	c->snd_sml = req->iss;
	c->write_seq = req->iss + 1;
	c->work->max_flight_seq = req->iss;
	c->serial = req->serial;
	c->opt_mss = req->opt_mss;
	c->irs = req->irs;
	c->rcv_nxt = req->irs + 1;
	c->rcv_wup = c->rcv_nxt;
	c->work->read_seq = c->rcv_nxt;
	c->work->read_time = now;
	c->rcv_wnd = req->rcv_wnd;
	c->rcv_wscale = req->rcv_wscale;
	c->snd_wscale = req->snd_wscale;
	c->snd_wnd = req->syn_wnd;
	c->max_snd_wnd = req->syn_wnd;
	c->sws_wnd = req->syn_wnd;
	c->peer_mss = req->peer_mss;
	c->peer_features = req->peer_features;
	c->work->ecn_end = c->snd_una;
	c->work->syn_retries = req->retries;
	c->work->ctl_serial = req->serial - 1;
	c->work->ctl_time = req->sent;
	c->work->retry_since = req->first_sent;
	c->last_rcv = now;
	c->rcv_mss = min_t(u32, c->rcv_mss, c->opt_mss);
	fsp_update_mss(c);
	fsp_set_state(c, FSP_SYN_RCVD);
	/* The packet that comes next may yet be refused; then somebody must go on. */
	fsp_rto_arm(c, now);
}
