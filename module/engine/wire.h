/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FSP on the wire. Documentation/protocol.rst is the specification; this file
 * holds its numbers.
 */
#ifndef _FSP_WIRE_H
#define _FSP_WIRE_H

#include "platform.h"

/**
 * struct fsp_hdr - the fixed part of the header, 20 bytes
 * @sport: source port
 * @dport: destination port
 * @seq: sequence number of the first payload byte (or of SYN, FIN)
 * @ack: next sequence number expected; valid with FSP_ACK
 * @doff: header length in 32-bit words in the high nibble; the low one is 0
 * @flags: FSP_FIN ...
 * @window: receive window, scaled but in SYN packets
 * @serial: counts transmissions, so that a retransmission differs from the
 *	original; all packets cut from one super-packet carry the same
 * @check: internet checksum over pseudo-header, header and payload
 */
struct fsp_hdr {
	__be16	sport;
	__be16	dport;
	__be32	seq;
	__be32	ack;
	__u8	doff;
	__u8	flags;
	__be16	window;
	__be16	serial;
	__sum16	check;
};

#define FSP_HDR_MIN		20
#define FSP_HDR_MAX		60
#define FSP_OPTS_MAX		(FSP_HDR_MAX - FSP_HDR_MIN)
#define FSP_CHECK_OFFSET	18

#define FSP_FIN			0x01
#define FSP_SYN			0x02
#define FSP_RST			0x04
#define FSP_PSH			0x08
#define FSP_ACK			0x10
#define FSP_EXT			0x20	/* a control block instead of payload */
#define FSP_ECE			0x40
#define FSP_CWR			0x80

/* Option kinds. END and PAD are one byte; the others are kind, length, value. */
#define FSP_OPT_END		0
#define FSP_OPT_PAD		1
#define FSP_OPT_MSS		2	/* length 4, SYN only */
#define FSP_OPT_WSCALE		3	/* length 3, SYN only */
#define FSP_OPT_FEATURES	4	/* length 6, SYN only: version, 24 bits of features */
#define FSP_OPT_ECHO		5	/* length 6: serial that led to this ACK, delay */
#define FSP_OPT_RANGES		6	/* length 2 + 8n: received ranges */
#define FSP_OPT_EPOCH		7	/* length 6: turns of seq and ack */
#define FSP_OPT_COOKIE		8	/* length 2 + n, SYN only: first flight */
#define FSP_OPT_PROBE		10	/* length 6: answer to a probe, which is a control block */
#define FSP_OPT_TICKET		11	/* length 2 + n: a full listener's memory */
#define FSP_OPT_DUP		12	/* length 10: a packet that brought nothing new */
#define FSP_OPT_ECN		9	/* length 16: packets and bytes, by their marks */
#define FSP_OPT_CRITICAL	0x80	/* not understood: drop the packet */

#define FSP_OPT_MSS_LEN		4
#define FSP_OPT_WSCALE_LEN	3
#define FSP_OPT_FEATURES_LEN	6
#define FSP_OPT_ECHO_LEN	6
#define FSP_OPT_EPOCH_LEN	6
#define FSP_OPT_DUP_LEN		10
#define FSP_OPT_ECN_LEN		16
#define FSP_OPT_PROBE_LEN	6
#define FSP_RANGE_LEN		8
#define FSP_COOKIE_MIN		4
#define FSP_COOKIE_MAX		16
#define FSP_TICKET_MAX		32

/*
 * Control block (FSP_EXT): where an option block would be too small. Items of
 * kind, 0, 16-bit length (header included, unpadded), value; each padded to 32 bits.
 * Kinds are those of the options.
 */
#define FSP_EXT_HDR		4
#define FSP_EXT_MAX		1024	/* no control block is longer, but a probe */
#define FSP_PROBE_LEN		8	/* of a probe's control block without its padding */

#define FSP_RANGES_MAX		32	/* no more are reported, nor looked at */
#define FSP_RANGES_IN_OPTS	3	/* beside ECHO and EPOCH */

#define FSP_VERSION_1		1
#define FSP_FEATURE_ECN		0x1	/* counts marks, knows ECN */
#define FSP_FEATURE_FIRST_FLIGHT 0x2	/* knows TICKET */
#define FSP_FEATURE_PROBE	0x4	/* answers probes of the path MTU */
#define FSP_FEATURES_ALWAYS	(FSP_FEATURE_FIRST_FLIGHT | FSP_FEATURE_PROBE)
#define FSP_WSCALE_MAX		14
#define FSP_MSS_MIN		64	/* less is an attack on the peer's CPU */
#define FSP_MSS_DEFAULT_V4	536	/* RFC 9293 MUST-15 */
#define FSP_MSS_DEFAULT_V6	1220
/* RFC 8899 section 5.1.2, less IP's header: BASE_PLPMTU and MIN_PLPMTU */
#define FSP_PMTU_BELOW_V4	20
#define FSP_PMTU_BASE_V4	1200
#define FSP_PMTU_MIN_V4		556
#define FSP_PMTU_BELOW_V6	40
#define FSP_PMTU_BASE_V6	1240
#define FSP_PMTU_MIN_V6		1240
#define FSP_ECHO_DELAY_UNIT	16	/* microseconds */
#define FSP_ECHO_DELAY_MAX	0xffff	/* this or more */
#define FSP_EPOCH_SHIFT		31	/* an epoch is half a turn of 2^32 */

static inline u16 fsp_get16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static inline u32 fsp_get32(const u8 *p)
{
	return (u32)fsp_get16(p) << 16 | fsp_get16(p + 2);
}

static inline void fsp_put16(u8 *p, u16 v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void fsp_put32(u8 *p, u32 v)
{
	fsp_put16(p, v >> 16);
	fsp_put16(p + 2, v);
}

#endif /* _FSP_WIRE_H */
