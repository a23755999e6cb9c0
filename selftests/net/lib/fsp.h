/* SPDX-License-Identifier: GPL-2.0-only */
/* fsp.h - FSP packets made by hand. */
#ifndef FT_FSP_H
#define FT_FSP_H

#include <stddef.h>
#include <stdint.h>

#define FT_FSP_PROTO	253
#define FT_FSP_SYN	0x02
#define FT_FSP_CHECK	18	/* offset of the checksum */

/* Internet checksum over @len bytes, on top of @sum; not yet folded */
uint32_t ft_sum(const void *data, size_t len, uint32_t sum);

/* Fill in the checksum of an IPv4 packet of @len bytes with FSP in it. */
void ft_fsp_check4(uint8_t *packet, size_t len);

#endif
