// SPDX-License-Identifier: GPL-2.0-only
/* struct proto says where ipv6_pinfo lies: from 6.6 on */
#include <net/sock.h>

struct proto ferry_probe = { .ipv6_pinfo_offset = 4 };
