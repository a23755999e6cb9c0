// SPDX-License-Identifier: GPL-2.0-only
/* fsp.c - FSP packets made by hand. */
#include <arpa/inet.h>
#include <string.h>

#include "fsp.h"

uint32_t ft_sum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

void ft_fsp_check4(uint8_t *packet, size_t len)
{
	size_t ip = (packet[0] & 0xf) * 4;
	uint8_t *fsp = packet + ip;
	uint16_t check;

	memset(fsp + FT_FSP_CHECK, 0, 2);
	check = htons(fold(ft_sum(packet + 12, 8, ft_sum(fsp, len - ip,
							 FT_FSP_PROTO + len - ip))));
	memcpy(fsp + FT_FSP_CHECK, &check, 2);
}
