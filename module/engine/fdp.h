/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FDP on the wire: twelve bytes before a datagram's payload.
 *
 *	0-1	source port
 *	2-3	destination port
 *	4-5	length, header included: what the IP payload's length must be
 *	6-7	reserved: sent as 0, not looked at
 *	8	critical flags: whoever does not know one drops the packet
 *	9	flags that may be ignored
 *	10-11	internet checksum over pseudo-header, header and payload; 0: none
 *
 * No flag is defined yet. Twelve bytes are what the kernel's segmentation
 * assumes for the offload type of super-datagrams (ip/gso.c); the checksum lies
 * where no device expects one.
 */
#ifndef _FDP_H
#define _FDP_H

#include "platform.h"

#define FDP_HDR			12
#define FDP_CHECK_OFFSET	10
#define FDP_FLAGS_CRITICAL	0xff00	/* of a header's flags */
#define FDP_FLAGS_KNOWN		0x0000

/**
 * struct fdp_header - a header's fields, host order
 * @sport: source port
 * @dport: destination port
 * @length: of header and payload
 * @flags: bytes 8 and 9
 * @unsummed: received: it carries no checksum
 */
struct fdp_header {
	u16	sport;
	u16	dport;
	u16	length;
	u16	flags;
	bool	unsummed;
};

/**
 * fdp_parse() - read and judge a header
 * @p: FDP_HDR bytes
 * @len: length of the IP payload
 * @h: filled in
 *
 * Return: whether it is well-formed: the length is right and no critical flag
 * unknown. Ports are not judged.
 */
bool fdp_parse(const u8 *p, unsigned int len, struct fdp_header *h);

/**
 * fdp_build() - write a header; the checksum field becomes 0
 * @p: FDP_HDR bytes
 * @h: what to write; @h->unsummed is of no interest
 */
void fdp_build(u8 *p, const struct fdp_header *h);

/* Of a header that was built for more payload than it now stands before */
void fdp_set_length(u8 *p, u16 length);

#endif /* _FDP_H */
