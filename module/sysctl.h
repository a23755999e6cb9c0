/* SPDX-License-Identifier: GPL-2.0-only */
/* net.ferry.*: what an administrator may set, per network namespace. */
#ifndef _FERRY_SYSCTL_H
#define _FERRY_SYSCTL_H

#include <linux/types.h>

struct ctl_table_header;
struct ferry_net;

#define FERRY_CC_NAME_MAX	16	/* as TCP_CA_NAME_MAX */

/**
 * struct ferry_sysctl - values and bounds; times in seconds unless said
 * @header: registration
 * @stream_rmem: receive buffer: least, default, most; bytes
 * @stream_wmem: send buffer, likewise
 * @stream_congestion: name of the default congestion control
 * @stream_syn_retries: SYNs sent again before connect() gives up (RFC 9293 R2)
 * @stream_synack_retries: the same for a listener's half-open connection
 * @stream_retries1: retransmissions after which the route is doubted (R1)
 * @stream_retries2: retransmissions after which a connection ends (R2)
 * @stream_orphan_retries: R2 of a connection no process holds
 * @stream_fin_timeout: longest stay of an orphan in FIN_WAIT_2
 * @stream_timewait: length of TIME_WAIT (2 MSL)
 * @stream_tw_reuse: connect() may end one early: 0 never, 1 always, 2 on this host
 * @stream_keepalive_time: idle time before the first keepalive probe
 * @stream_keepalive_intvl: time between probes
 * @stream_keepalive_probes: unanswered probes that end a connection
 * @stream_max_syn_backlog: half-open connections per listener
 * @stream_max_orphans: connections no process holds
 * @stream_max_timewait: TIME_WAIT entries
 * @stream_max_ofo: out-of-order segments one connection may hold
 * @stream_ecn: congestion marks: 0 never, 1 always, 2 when the peer asks
 * @stream_mtu_probing: the path MTU is probed: enum fsp_mtu_probing
 * @stream_challenge_limit: RFC 5961 challenge ACKs per second
 * @stream_rst_limit: resets sent for packets of no connection, per second
 * @stream_max_cookies: servers whose first-flight cookies are remembered
 * @stream_fastopen: FERRY_FASTOPEN_*
 * @stream_fastopen_lifetime: how long a key makes cookies
 * @stream_syncookies: 0: never, 1: where the half-open queue is full, 2: always
 * @early_demux: find the socket of a received packet before its route
 * @gro: merge received segments
 * @udp: enum ferry_udp_mode
 * @udp_port: ours, and the peers' where nothing else is known
 */
struct ferry_sysctl {
	struct ctl_table_header	*header;
	int			stream_rmem[3];
	int			stream_wmem[3];
	char			stream_congestion[FERRY_CC_NAME_MAX];
	int			stream_syn_retries;
	int			stream_synack_retries;
	int			stream_retries1;
	int			stream_retries2;
	int			stream_orphan_retries;
	int			stream_fin_timeout;
	int			stream_timewait;
	int			stream_tw_reuse;
	int			stream_keepalive_time;
	int			stream_keepalive_intvl;
	int			stream_keepalive_probes;
	int			stream_max_syn_backlog;
	int			stream_max_orphans;
	int			stream_max_timewait;
	int			stream_max_ofo;
	int			stream_ecn;
	int			stream_mtu_probing;
	int			stream_challenge_limit;
	int			stream_rst_limit;
	int			stream_max_cookies;
	int			stream_fastopen;
	int			stream_fastopen_lifetime;
	int			stream_syncookies;
	int			early_demux;
	int			gro;
	int			udp;
	int			udp_port;
};

/* Packets inside UDP: */
enum ferry_udp_mode {
	FERRY_UDP_NEVER,
	FERRY_UDP_ASKED,	/* once a socket asks for it */
	FERRY_UDP_OPEN,		/* who comes inside UDP is answered so */
	FERRY_UDP_DEFAULT,	/* and new sockets begin so */
};

/* stream_fastopen: tcp_fastopen's bits */
#define FERRY_FASTOPEN_CLIENT		0x1
#define FERRY_FASTOPEN_SERVER		0x2
#define FERRY_FASTOPEN_CLIENT_NO_COOKIE	0x4
#define FERRY_FASTOPEN_SERVER_NO_COOKIE	0x200
#define FERRY_FASTOPEN_NO_SOCKOPT	0x400

int ferry_sysctl_init(struct ferry_net *fn);
void ferry_sysctl_uninit(struct ferry_net *fn);

/* Global: pages of memory all sockets of a transport may use: low, pressure, high */
extern long ferry_sysctl_stream_mem[3];
extern long ferry_sysctl_dgram_mem[3];

#endif /* _FERRY_SYSCTL_H */
