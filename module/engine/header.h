/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsing and building FSP headers. */
#ifndef _FSP_HEADER_H
#define _FSP_HEADER_H

#include "wire.h"

/* fsp_rx.opts and fsp_tx.opts */
#define FSP_HAS_MSS		0x01
#define FSP_HAS_WSCALE		0x02
#define FSP_HAS_FEATURES	0x04
#define FSP_HAS_ECHO		0x08
#define FSP_HAS_EPOCH		0x10
#define FSP_HAS_PROBE		0x20	/* is a probe of the path MTU */
#define FSP_HAS_PROBED		0x40	/* answers one */
#define FSP_HAS_COOKIE		0x100
#define FSP_HAS_TICKET		0x200
#define FSP_HAS_DUP		0x400
#define FSP_HAS_ECN		0x800

struct fsp_range {
	u32	start;
	u32	end;	/* one past */
};

/* The ECN field of an IP header (RFC 3168 section 5) */
enum fsp_ecn_field {
	FSP_NOT_ECT,
	FSP_ECT1,
	FSP_ECT0,
	FSP_CE,
};

/**
 * struct fsp_ecn - what was received with which marks, since the connection began;
 * counts wrap
 * @ce: packets with CE
 * @ect0: packets with ECT(0)
 * @ect1: packets with ECT(1)
 * @ce_bytes: payload of the first
 * @ect_bytes: of the other two
 */
struct fsp_ecn {
	u16	ce;
	u16	ect0;
	u16	ect1;
	u32	ce_bytes;
	u32	ect_bytes;
};

/**
 * struct fsp_dup - a packet that brought nothing new
 * @seq: its first sequence number
 * @len: payload bytes, at most 65535
 * @serial: of that transmission
 */
struct fsp_dup {
	u32	seq;
	u16	len;
	u16	serial;
};

/**
 * struct fsp_rx - a received header, parsed; host byte order
 * @seq: first sequence number
 * @ack: acknowledgment, with FSP_ACK
 * @window: as in the header, unscaled
 * @serial: of this transmission
 * @flags: FSP_*
 * @hdr_len: header and options, and the control block where FSP_EXT is set (of a
 *	probe without the padding): bytes before the payload
 * @len: payload bytes
 * @opts: which of the following are valid
 * @version: of the protocol the peer speaks (FEATURES)
 * @features: bits the peer offers
 * @mss: peer's MSS option
 * @wscale: peer's shift, at most FSP_WSCALE_MAX
 * @echo: our serial the peer answers
 * @echo_delay: how long the peer held the answer back, us
 * @dup: the DUP option
 * @seq_epoch: half-turn of @seq
 * @ack_epoch: half-turn of @ack
 * @nr_ranges: received ranges the peer reports
 * @ranges: wire form, FSP_RANGE_LEN each, inside the packet: valid as long as it is
 * @cookie_len: bytes at @cookie; 0 asks for one
 * @ticket_len: bytes at @ticket
 * @cookie: inside the packet
 * @ticket: likewise
 * @ecn: what the peer counted
 * @probe: number of the probe this is, or answers
 * @probe_size: bytes of it that arrived here, or at the peer
 * @field: enum fsp_ecn_field of the packet itself; the host's
 * @pkts: packets that were merged into this one, 0 for one; the host's
 */
struct fsp_rx {
	u32		seq;
	u32		ack;
	u16		window;
	u16		serial;
	u8		flags;
	u16		opts;
	u8		version;
	u8		wscale;
	u32		features;
	u32		len;
	u16		hdr_len;
	u16		mss;
	u16		echo;
	u16		seq_epoch;
	u16		ack_epoch;
	struct fsp_dup	dup;
	u32		echo_delay;
	u16		nr_ranges;
	const u8	*ranges;
	u8		cookie_len;
	u8		ticket_len;
	const u8	*cookie;
	const u8	*ticket;
	struct fsp_ecn	ecn;
	u16		probe;
	u16		probe_size;
	u8		field;
	u16		pkts;
};

static inline u32 fsp_rx_end(const struct fsp_rx *rx)
{
	return rx->seq + rx->len + !!(rx->flags & FSP_SYN) + !!(rx->flags & FSP_FIN);
}

/* A SYN without FEATURES is of version 1, as we are. */
static inline bool fsp_rx_version_known(const struct fsp_rx *rx)
{
	return !(rx->opts & FSP_HAS_FEATURES) || rx->version == FSP_VERSION_1;
}

static inline struct fsp_range fsp_rx_range(const struct fsp_rx *rx, unsigned int i)
{
	const u8 *p = rx->ranges + i * FSP_RANGE_LEN;

	return (struct fsp_range){ fsp_get32(p), fsp_get32(p + 4) };
}

enum fsp_parse {
	FSP_PARSE_OK,
	FSP_PARSE_SHORT,	/* not all bytes of header or control block there */
	FSP_PARSE_HEADER,	/* malformed header or flags that contradict each other */
	FSP_PARSE_OPTION,	/* malformed option */
	FSP_PARSE_CRITICAL,	/* an option not understood that must be */
};

/**
 * fsp_hdr_need() - how many bytes of a packet must be linear to be parsed
 * @p: the first FSP_HDR_MIN bytes
 * @pkt_len: header and payload together
 */
unsigned int fsp_hdr_need(const u8 *p, unsigned int pkt_len);

/**
 * fsp_hdr_parse() - check and take apart a header
 * @p: the packet from its FSP header on
 * @avail: bytes readable at @p, at least min(fsp_hdr_need(), @pkt_len)
 * @pkt_len: header and payload together
 * @rx: filled
 *
 * Every length is checked against @avail and @pkt_len. The checksum is not
 * looked at.
 */
enum fsp_parse fsp_hdr_parse(const u8 *p, unsigned int avail, unsigned int pkt_len,
			     struct fsp_rx *rx);

/**
 * struct fsp_tx - a packet to send
 * @seq: first sequence number
 * @ack: with FSP_ACK
 * @window: ready for the header
 * @serial: of this transmission
 * @flags: FSP_*
 * @opts: FSP_HAS_*
 * @hdr_len: bytes before the payload: header, options, control block; a
 *	multiple of 4
 * @len: payload bytes
 * @mss: payload per packet: where @len is more it is a super-packet with this gso_size
 * @opt_mss: the MSS option
 * @wscale: the WSCALE option
 * @features: the FEATURES option, with FSP_VERSION_1
 * @echo: serial answered
 * @echo_delay: in FSP_ECHO_DELAY_UNIT
 * @dup: the DUP option
 * @seq_epoch: half-turn of @seq
 * @ack_epoch: half-turn of @ack
 * @nr_ranges: how many of @ranges
 * @cookie_len: bytes at @cookie; 0 asks for one
 * @ticket_len: bytes at @ticket
 * @cookie: the COOKIE option
 * @ticket: the TICKET option
 * @ecn: the ECN option
 * @probe: number of the probe this is, or answers
 * @probe_size: bytes, header included, that it shall have; or that arrived
 * @pad: of a probe: zeros the host appends, which @len does not count
 * @ect: the IP header's ECN field: FSP_NOT_ECT or FSP_ECT0
 * @ranges: received ranges
 */
struct fsp_tx {
	u32			seq;
	u32			ack;
	u16			window;
	u16			serial;
	u8			flags;
	u16			opts;
	u8			wscale;
	u16			hdr_len;
	u32			len;
	u32			mss;
	u64			depart;
	u32			features;
	u16			opt_mss;
	u16			echo;
	u16			echo_delay;
	u16			seq_epoch;
	u16			ack_epoch;
	struct fsp_dup		dup;
	u16			nr_ranges;
	u8			cookie_len;
	u8			ticket_len;
	const u8		*cookie;
	const u8		*ticket;
	struct fsp_ecn		ecn;
	u16			probe;
	u16			probe_size;
	u16			pad;
	u8			ect;
	struct fsp_range	ranges[FSP_RANGES_MAX];
};

/* Sequence number of the first payload byte */
static inline u32 fsp_tx_start(const struct fsp_tx *tx)
{
	return tx->seq + !!(tx->flags & FSP_SYN);
}

/* Work out @tx->hdr_len (and FSP_EXT, @tx->pad) from the options; before fsp_hdr_build(). */
void fsp_tx_measure(struct fsp_tx *tx);

/**
 * fsp_hdr_build() - write header, options and control block
 * @tx: measured
 * @p: @tx->hdr_len bytes; ports and checksum are left 0
 */
void fsp_hdr_build(const struct fsp_tx *tx, u8 *p);

/**
 * fsp_reset_for() - the reset that answers a packet nobody wants
 * (RFC 9293 section 3.10.7.1)
 * @rx: the packet, itself no reset
 * @tx: filled
 */
void fsp_reset_for(const struct fsp_rx *rx, struct fsp_tx *tx);

#endif /* _FSP_HEADER_H */
