/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A half-open connection of a listener (SYN_RCVD before there is a socket):
 * what a SYN told, and nothing more.
 */
#ifndef _FSP_REQUEST_H
#define _FSP_REQUEST_H

#include "conn.h"

/**
 * struct fsp_request - a SYN answered, the answer not yet acknowledged
 * @irs: peer's initial sequence number
 * @iss: ours
 * @sent: when the SYN-ACK was last sent, ns
 * @due: when to send it again, ns
 * @rcv_wnd: window announced
 * @peer_features: offered by the peer
 * @peer_mss: its MSS option or the default
 * @opt_mss: what we announce
 * @serial: next to use
 * @syn_serial: the SYN's, to be echoed
 * @snd_wscale: peer's shift
 * @rcv_wscale: ours
 * @retries: SYN-ACKs sent again
 * @has_wscale: the peer sent the option
 * @ecn: congestion marks may be agreed on; the host's
 */
struct fsp_request {
	u32	irs;
	u32	iss;
	u64	first_sent;
	u64	sent;
	u64	due;
	u32	rcv_wnd;
	u32	syn_wnd;
	u32	peer_features;
	u16	peer_mss;
	u16	opt_mss;
	u16	serial;
	u16	syn_serial;
	u8	snd_wscale;
	u8	rcv_wscale;
	u8	retries;
	bool	has_wscale;
	bool	ecn;
};

/**
 * fsp_request_init() - a SYN for a listener
 * @req: filled
 * @rx: the SYN
 * @iss: unguessable
 * @rcv_wnd: window to announce, bytes
 * @wscale: our shift
 * @opt_mss: MSS to announce
 * @default_mss: the peer's where it sends no MSS option
 */
void fsp_request_init(struct fsp_request *req, const struct fsp_rx *rx, u32 iss,
		      u32 rcv_wnd, u8 wscale, u16 opt_mss, u16 default_mss);

/* The SYN-ACK, to be sent now; sets @req->due by @rto doubled per retry. */
void fsp_request_synack(struct fsp_request *req, struct fsp_tx *tx, u64 rto, u64 now);

enum fsp_request_verdict {
	FSP_REQ_COMPLETE,	/* handshake done: make a connection of it */
	FSP_REQ_SYNACK,		/* the SYN again: send the SYN-ACK again */
	FSP_REQ_ABORT,		/* a valid reset: forget it */
	FSP_REQ_CHALLENGE,	/* answer with fsp_request_challenge() */
	FSP_REQ_RESET,		/* unacceptable ACK: answer with fsp_reset_for() */
	FSP_REQ_DROP,
};

enum fsp_request_verdict fsp_request_rx(const struct fsp_request *req,
					const struct fsp_rx *rx);
void fsp_request_challenge(struct fsp_request *req, struct fsp_tx *tx);

/* The engine's part of a ticket: protocol.rst, "A full listener" */
#define FSP_TICKET_BODY		10

/**
 * fsp_request_pack() - what a ticket must hold of a request
 * @req: the request
 * @second: low bits of the time
 * @p: FSP_TICKET_BODY bytes, all but the seal
 */
void fsp_request_pack(const struct fsp_request *req, u8 second, u8 *p);

/**
 * fsp_request_unpack() - the request again, by a ticket and the packet it came in
 * @req: filled; the seal is still to be checked
 * @p: FSP_TICKET_BODY bytes
 * @rx: the packet, with FSP_ACK
 * @rcv_wnd: as to fsp_request_init()
 * @opt_mss: likewise
 *
 * Return: whether it is a ticket of this format.
 */
bool fsp_request_unpack(struct fsp_request *req, const u8 *p, const struct fsp_rx *rx,
			u32 rcv_wnd, u16 opt_mss);

/* The second a ticket says, low bits */
static inline u8 fsp_ticket_second(const u8 *p)
{
	return p[7];
}

/**
 * fsp_conn_accept() - make a connection of a completed request
 * @c: after fsp_conn_init(), mss_room set; FSP_SYN_RCVD after. The host then
 *	hands it the packet that completed the handshake by fsp_conn_rx()
 * @req: the request
 * @now: time
 */
void fsp_conn_accept(struct fsp_conn *c, const struct fsp_request *req, u64 now);

#endif /* _FSP_REQUEST_H */
