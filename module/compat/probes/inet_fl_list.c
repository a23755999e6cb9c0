// SPDX-License-Identifier: GPL-2.0-only
/* Flow labels of a socket hang on inet_sock rather than ipv6_pinfo (late stable kernels) */
#include <net/inet_sock.h>

void *ferry_probe(const struct inet_sock *inet);
void *ferry_probe(const struct inet_sock *inet)
{
	return rcu_access_pointer(inet->ipv6_fl_list);
}
