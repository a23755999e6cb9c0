// SPDX-License-Identifier: GPL-2.0-only
/* genetlink families may list do and dump apart (from 6.2 on) */
#include <net/genetlink.h>

static const struct genl_split_ops ops[1];

struct genl_family ferry_probe = { .split_ops = ops };
