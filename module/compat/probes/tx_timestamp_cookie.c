// SPDX-License-Identifier: GPL-2.0-only
/* skb_setup_tx_timestamp() takes the control messages' summary: from 6.13 on */
#include <net/sock.h>

void ferry_probe(struct sk_buff *skb, const struct sockcm_cookie *c);

void ferry_probe(struct sk_buff *skb, const struct sockcm_cookie *c)
{
	skb_setup_tx_timestamp(skb, c);
}
