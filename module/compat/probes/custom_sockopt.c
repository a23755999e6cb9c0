// SPDX-License-Identifier: GPL-2.0-only
/* A family may have SOL_SOCKET options of its own: from 6.7 on */
#include <linux/net.h>

void ferry_probe(struct socket *sock);
void ferry_probe(struct socket *sock)
{
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
}
