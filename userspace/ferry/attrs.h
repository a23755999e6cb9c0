/* SPDX-License-Identifier: GPL-2.0-only */
/* attrs.h - names of request attributes, for complaints about them. */
#ifndef FERRY_ATTRS_H
#define FERRY_ATTRS_H

#include <stdbool.h>
#include <stdint.h>

/* Of @cmd, or of the nest in it; NULL where unknown. */
const char *attr_name(uint8_t cmd, bool nested, int type);

#endif
