// SPDX-License-Identifier: GPL-2.0-only
/* What sysctls and socket options say, as the engine wants it. */
#include "stream/internal.h"

static u64 seconds(int s)
{
	return (u64)s * NSEC_PER_SEC;
}

void ferry_stream_config_init(struct sock *sk)
{
	const struct ferry_sysctl *sysctl = &ferry_sock_net(sk)->sysctl;
	struct fsp_config *cfg = &ferry_stream_sk(sk)->conn.cfg;

	fsp_config_default(cfg);
	cfg->keepalive_time = seconds(READ_ONCE(sysctl->stream_keepalive_time));
	cfg->keepalive_intvl = seconds(READ_ONCE(sysctl->stream_keepalive_intvl));
	cfg->fin_timeout = seconds(READ_ONCE(sysctl->stream_fin_timeout));
	cfg->syn_retries = READ_ONCE(sysctl->stream_syn_retries);
	cfg->retries1 = READ_ONCE(sysctl->stream_retries1);
	cfg->retries2 = READ_ONCE(sysctl->stream_retries2);
	cfg->orphan_retries = READ_ONCE(sysctl->stream_orphan_retries);
	cfg->keepalive_probes = READ_ONCE(sysctl->stream_keepalive_probes);
	cfg->ecn = READ_ONCE(sysctl->stream_ecn);
	cfg->max_ofo = READ_ONCE(sysctl->stream_max_ofo);
}

void ferry_stream_reconfigure(struct sock *sk)
{
	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		return;
	fsp_conn_reconfigure(&ferry_stream_sk(sk)->conn, ferry_stream_now());
	ferry_stream_after(sk);
}
