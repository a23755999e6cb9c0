// SPDX-License-Identifier: GPL-2.0-only
/* __sock_cmsg_send() does without the message: from 6.3 on */
#include <net/sock.h>

int ferry_probe(struct sock *sk, struct cmsghdr *cmsg, struct sockcm_cookie *c);

int ferry_probe(struct sock *sk, struct cmsghdr *cmsg, struct sockcm_cookie *c)
{
	return __sock_cmsg_send(sk, cmsg, c);
}
