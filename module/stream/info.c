// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP_INFO: struct tcp_info as far as an FSP connection has an answer. TCP
 * counts segments where the engine counts bytes; they are turned into segments
 * of the present size, rounded up.
 */
#include <linux/tcp.h>
#include <net/tcp.h>

#include "ip/ip.h"
#include "stream/internal.h"

/* Milliseconds since @then; 0 where it never was */
static u32 msecs_ago(u64 then, u64 now)
{
	return then ? div_u64(now - then, NSEC_PER_MSEC) : 0;
}

static u32 segs(const struct fsp_conn *c, u32 bytes)
{
	return DIV_ROUND_UP(bytes, max(fsp_conn_mss(c), 1U));
}

static u8 ca_state(const struct fsp_conn *c)
{
	if (c->recovery == FSP_LOSS)
		return TCP_CA_Loss;
	if (c->recovery == FSP_RECOVERY)
		return TCP_CA_Recovery;
	return c->work->sacked_out ? TCP_CA_Disorder : TCP_CA_Open;
}

static void fill_state(const struct fsp_conn *c, struct tcp_info *info)
{
	info->tcpi_ca_state = ca_state(c);
	info->tcpi_retransmits = c->work->retries;
	info->tcpi_probes = c->work->probes_out;
	info->tcpi_backoff = c->work->backoff;
	info->tcpi_options = TCPI_OPT_SACK;
	if (c->snd_wscale || c->rcv_wscale)
		info->tcpi_options |= TCPI_OPT_WSCALE;
	if (c->first == FSP_FIRST_TAKEN)
		info->tcpi_options |= TCPI_OPT_SYN_DATA;
	if (c->ecn)
		info->tcpi_options |= TCPI_OPT_ECN;
	if (c->work->ecn_in.ect_bytes || c->work->ecn_in.ce_bytes)
		info->tcpi_options |= TCPI_OPT_ECN_SEEN;
	info->tcpi_delivered_ce = c->work->ecn_peer.ce;
	info->tcpi_snd_wscale = c->snd_wscale;
	info->tcpi_rcv_wscale = c->rcv_wscale;
	info->tcpi_delivery_rate_app_limited = c->rate_app_limited;
}

/* Why the SYN took no bytes along, or what became of them */
static u8 client_fail(const struct ferry_stream_sock *ss)
{
	const struct fsp_conn *c = &ss->conn;

	if (c->first == FSP_FIRST_REFUSED)
		return TFO_DATA_NOT_ACKED;
	if (c->first == FSP_FIRST_LOST)
		return TFO_SYN_RETRANSMITTED;
	if (ss->first_blocked || (c->syn_cookie && !c->passive && c->first == FSP_FIRST_NONE))
		return TFO_COOKIE_UNAVAILABLE;
	return TFO_STATUS_UNSPEC;
}

static void fill_times(const struct fsp_conn *c, u64 now, struct tcp_info *info)
{
	info->tcpi_rto = ferry_stream_usecs(c->rto);
	info->tcpi_ato = ferry_stream_usecs(c->cfg.delack_max);
	info->tcpi_rtt = ferry_stream_usecs(c->srtt);
	info->tcpi_rttvar = ferry_stream_usecs(c->rttvar);
	info->tcpi_min_rtt = ferry_stream_usecs(c->min_rtt);
	info->tcpi_rcv_rtt = ferry_stream_usecs(c->srtt);
	info->tcpi_last_data_sent = msecs_ago(c->last_send, now);
	info->tcpi_last_data_recv = msecs_ago(c->last_rcv_data, now);
	info->tcpi_last_ack_recv = msecs_ago(c->last_rcv, now);
}

static void fill_window(const struct fsp_conn *c, struct tcp_info *info)
{
	u32 in_net = c->snd_nxt - c->snd_una;

	info->tcpi_snd_mss = fsp_conn_mss(c);
	info->tcpi_rcv_mss = c->rcv_mss;
	info->tcpi_advmss = c->mss_room > FSP_HDR_MIN ? c->mss_room - FSP_HDR_MIN : 0;
	info->tcpi_unacked = segs(c, in_net);
	info->tcpi_sacked = segs(c, c->work->sacked_out);
	info->tcpi_lost = segs(c, c->work->lost_out);
	info->tcpi_retrans = segs(c, c->work->retrans_out);
	info->tcpi_snd_cwnd = segs(c, c->cwnd);
	info->tcpi_snd_ssthresh = c->ssthresh == FSP_SSTHRESH_INFINITE ?
				  c->ssthresh : segs(c, c->ssthresh);
	info->tcpi_reordering = 3;
	info->tcpi_rcv_ssthresh = c->rcv_wnd;
	info->tcpi_snd_wnd = c->snd_wnd;
	info->tcpi_notsent_bytes = c->write_seq - c->snd_nxt;
}

static void fill_counts(const struct fsp_conn *c, struct tcp_info *info)
{
	info->tcpi_total_retrans = c->retrans_segs;
	info->tcpi_bytes_acked = c->una_off;
	info->tcpi_bytes_received = c->rcv_off;
	info->tcpi_bytes_sent = c->bytes_sent;
	info->tcpi_bytes_retrans = c->bytes_retrans;
	info->tcpi_segs_out = c->segs_out;
	info->tcpi_segs_in = c->segs_in;
	info->tcpi_data_segs_in = c->data_segs_in;
	info->tcpi_data_segs_out = c->data_segs_out;
	info->tcpi_dsack_dups = c->spurious;
	info->tcpi_reord_seen = c->reordering_seen;
	info->tcpi_rcv_ooopack = c->ofo_in;
	info->tcpi_delivered = min_t(u64, div_u64(c->delivered, max(fsp_conn_mss(c), 1U)),
				     U32_MAX);
}

static void fill_connection(struct sock *sk, struct tcp_info *info)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	fill_state(&ss->conn, info);
	fill_times(&ss->conn, ferry_stream_now(), info);
	fill_window(&ss->conn, info);
	fill_counts(&ss->conn, info);
	info->tcpi_fastopen_client_fail = client_fail(ss);
	info->tcpi_rcv_space = ss->conn.read_best;
	info->tcpi_pacing_rate = fsp_pace_rate(&ss->conn);
	info->tcpi_delivery_rate = ss->conn.rate;
	info->tcpi_pmtu = ferry_stream_pmtu(&ss->conn);
}

/* As TCP shows it: the accept queue's length and bound */
static void fill_listener(struct sock *sk, struct tcp_info *info)
{
	info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
	info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
}

/**
 * ferry_stream_tcp_info() - a connection as struct tcp_info
 * @sk: not locked
 * @info: all of it is written
 */
void ferry_stream_tcp_info(struct sock *sk, struct tcp_info *info)
{
	memset(info, 0, sizeof(*info));
	lock_sock(sk);
	info->tcpi_state = sk->sk_state;
	info->tcpi_max_pacing_rate = READ_ONCE(sk->sk_max_pacing_rate);
	if (sk->sk_state == TCP_LISTEN)
		fill_listener(sk, info);
	else
		fill_connection(sk, info);
	release_sock(sk);
}
