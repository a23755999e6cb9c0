/* SPDX-License-Identifier: GPL-2.0-only */
/* sha256.h - SHA-256 (FIPS 180-4), so that no test depends on a library. */
#ifndef FT_SHA256_H
#define FT_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct ft_sha256 {
	uint32_t h[8];
	uint64_t len;
	unsigned char block[64];
};

void ft_sha256_init(struct ft_sha256 *s);
void ft_sha256_update(struct ft_sha256 *s, const void *buf, size_t len);
void ft_sha256_final(struct ft_sha256 *s, char hex[65]);

#endif
