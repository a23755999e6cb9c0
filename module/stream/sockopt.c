// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket options. One table per level says which there are, what values they
 * take and what becomes of them; what is not in it is refused, ENOPROTOOPT.
 * TCP's options have TCP's numbers, ranges and errors.
 */
#include <linux/ipv6.h>
#include <linux/nospec.h>
#include <linux/sockptr.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include <uapi/linux/ferry.h>

#include "family.h"
#include "ip/ip.h"
#include "stream/internal.h"

#define KEEPIDLE_MAX	32767
#define KEEPINTVL_MAX	32767
#define KEEPCNT_MAX	127
#define SYNCNT_MAX	127
#define LINGER2_MAX	120		/* seconds; more is this */
#define MAXSEG_MIN	88
#define MAXSEG_MAX	32767
#define WINDOW_CLAMP_MIN	(SOCK_MIN_RCVBUF / 2)

/* TCP_DEFER_ACCEPT is kept in retransmissions of a SYN-ACK: these are their times */
#define RETRANS_FIRST	1
#define RETRANS_LONGEST	120

/**
 * struct option - one option
 * @min: least value
 * @max: largest; both 0 for "any": it is @set that judges
 * @set: socket locked, value in range. Return 0 or a negative errno
 * @get: socket locked; fills the value. Return 0 or a negative errno
 * @set_raw: instead of @set where the value is no int; not locked
 * @get_raw: instead of @get, likewise; writes *len bytes at most and changes it
 */
struct option {
	int	min;
	int	max;
	int	(*set)(struct sock *sk, int val);
	int	(*get)(struct sock *sk, int *val);
	int	(*set_raw)(struct sock *sk, sockptr_t val, unsigned int len);
	int	(*get_raw)(struct sock *sk, void *buf, int *len);
};

/* The longest answer of a get_raw() */
union raw_value {
	struct tcp_info	info;
	char		name[FERRY_CC_NAME_MAX];
	u8		keys[2 * FERRY_FIRST_KEY_LEN];
};

static struct fsp_config *config(struct sock *sk)
{
	return &ferry_stream_sk(sk)->conn.cfg;
}

static void push(struct sock *sk)
{
	struct fsp_conn *c = &ferry_stream_sk(sk)->conn;

	if (FSP_STATE_IN(c->state, FSP_STATES_OUTPUT))
		fsp_conn_push(c, 0, ferry_stream_now());
}

static int changed(struct sock *sk)
{
	ferry_stream_reconfigure(sk);
	return 0;
}

/* ---- SOL_TCP ---- */

static int set_nodelay(struct sock *sk, int val)
{
	config(sk)->nodelay = val;
	if (val)
		push(sk);
	return changed(sk);
}

static int get_nodelay(struct sock *sk, int *val)
{
	*val = config(sk)->nodelay;
	return 0;
}

static int set_cork(struct sock *sk, int val)
{
	ferry_stream_sk(sk)->cork = val;
	config(sk)->cork = val;
	if (!val)
		push(sk);
	return changed(sk);
}

static int get_cork(struct sock *sk, int *val)
{
	*val = ferry_stream_sk(sk)->cork;
	return 0;
}

static int set_maxseg(struct sock *sk, int val)
{
	if (val && (val < MAXSEG_MIN || val > MAXSEG_MAX))
		return -EINVAL;
	config(sk)->mss_clamp = val;
	return changed(sk);
}

static int get_maxseg(struct sock *sk, int *val)
{
	struct fsp_conn *c = &ferry_stream_sk(sk)->conn;

	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		*val = c->cfg.mss_clamp ? c->cfg.mss_clamp : FSP_MSS_DEFAULT_V4;
	else
		*val = fsp_conn_mss(c);
	return 0;
}

static int set_keepidle(struct sock *sk, int val)
{
	config(sk)->keepalive_time = val * FSP_NSEC_PER_SEC;
	return changed(sk);
}

static int get_keepidle(struct sock *sk, int *val)
{
	*val = div_u64(config(sk)->keepalive_time, NSEC_PER_SEC);
	return 0;
}

static int set_keepintvl(struct sock *sk, int val)
{
	config(sk)->keepalive_intvl = val * FSP_NSEC_PER_SEC;
	return changed(sk);
}

static int get_keepintvl(struct sock *sk, int *val)
{
	*val = div_u64(config(sk)->keepalive_intvl, NSEC_PER_SEC);
	return 0;
}

static int set_keepcnt(struct sock *sk, int val)
{
	config(sk)->keepalive_probes = val;
	return changed(sk);
}

static int get_keepcnt(struct sock *sk, int *val)
{
	*val = config(sk)->keepalive_probes;
	return 0;
}

static int set_syncnt(struct sock *sk, int val)
{
	ferry_stream_sk(sk)->syncnt = val;
	config(sk)->syn_retries = val;
	return changed(sk);
}

static int get_syncnt(struct sock *sk, int *val)
{
	*val = config(sk)->syn_retries;
	return 0;
}

static int default_fin_timeout(struct sock *sk)
{
	return READ_ONCE(ferry_sock_net(sk)->sysctl.stream_fin_timeout);
}

static int set_linger2(struct sock *sk, int val)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);

	ss->linger2 = clamp(val, -1, LINGER2_MAX);
	if (ss->linger2 >= 0)
		ss->conn.cfg.fin_timeout = FSP_NSEC_PER_SEC *
			(ss->linger2 ? ss->linger2 : default_fin_timeout(sk));
	return changed(sk);
}

static int get_linger2(struct sock *sk, int *val)
{
	int linger2 = ferry_stream_sk(sk)->linger2;

	*val = linger2 ? linger2 : default_fin_timeout(sk);
	return 0;
}

/* TCP answers with the next time at which it would send a SYN-ACK again. */
static int set_defer_accept(struct sock *sk, int val)
{
	int timeout = RETRANS_FIRST;
	int at = timeout;

	while (at < val) {
		timeout = min(timeout << 1, RETRANS_LONGEST);
		if (check_add_overflow(at, timeout, &at))
			at = INT_MAX;
	}
	ferry_stream_sk(sk)->defer_accept = val > 0 ? at : 0;
	return 0;
}

static int get_defer_accept(struct sock *sk, int *val)
{
	*val = ferry_stream_sk(sk)->defer_accept;
	return 0;
}

static int set_window_clamp(struct sock *sk, int val)
{
	if (!val && sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	config(sk)->window_clamp = val ? max_t(u32, val, WINDOW_CLAMP_MIN) : 0;
	return changed(sk);
}

static int get_window_clamp(struct sock *sk, int *val)
{
	*val = config(sk)->window_clamp;
	return 0;
}

static void ack_now(struct sock *sk)
{
	struct fsp_conn *c = &ferry_stream_sk(sk)->conn;

	if ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) && c->work->ack_bytes)
		fsp_conn_ack(c, ferry_stream_now());
}

/* Odd: acknowledge at once from now on. Even but 0: do so once. 0: delay. */
static int set_quickack(struct sock *sk, int val)
{
	struct fsp_conn *c = &ferry_stream_sk(sk)->conn;

	if (val)
		ack_now(sk);
	c->cfg.quickack = val & 1;
	c->pingpong = !(val & 1);
	return changed(sk);
}

static int get_quickack(struct sock *sk, int *val)
{
	*val = !ferry_stream_sk(sk)->conn.pingpong;
	return 0;
}

static int set_user_timeout(struct sock *sk, int val)
{
	config(sk)->user_timeout = val * FSP_NSEC_PER_MSEC;
	return changed(sk);
}

static int get_user_timeout(struct sock *sk, int *val)
{
	*val = div_u64(config(sk)->user_timeout, NSEC_PER_MSEC);
	return 0;
}

static int set_notsent_lowat(struct sock *sk, int val)
{
	WRITE_ONCE(ferry_stream_sk(sk)->notsent_lowat, val);
	sk->sk_write_space(sk);
	return 0;
}

static int get_notsent_lowat(struct sock *sk, int *val)
{
	*val = ferry_stream_sk(sk)->notsent_lowat;
	return 0;
}

static int set_inq(struct sock *sk, int val)
{
	ferry_stream_sk(sk)->recvmsg_inq = val;
	return 0;
}

static int get_inq(struct sock *sk, int *val)
{
	*val = ferry_stream_sk(sk)->recvmsg_inq;
	return 0;
}

static int set_fastopen(struct sock *sk, int val)
{
	if (val < 0 || !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return -EINVAL;
	return ferry_firstq_set_qlen(sk, val);
}

static int get_fastopen(struct sock *sk, int *val)
{
	*val = ferry_firstq_qlen(sk);
	return 0;
}

static int set_fastopen_connect(struct sock *sk, int val)
{
	int enabled = READ_ONCE(ferry_sock_net(sk)->sysctl.stream_fastopen);

	if (!(enabled & FERRY_FASTOPEN_CLIENT))
		return -EOPNOTSUPP;
	if (sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	ferry_stream_sk(sk)->fastopen_connect = val;
	return 0;
}

static int get_fastopen_connect(struct sock *sk, int *val)
{
	*val = ferry_stream_sk(sk)->fastopen_connect;
	return 0;
}

static int set_fastopen_no_cookie(struct sock *sk, int val)
{
	if (!((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return -EINVAL;
	WRITE_ONCE(ferry_stream_sk(sk)->fastopen_no_cookie, val);
	return 0;
}

static int get_fastopen_no_cookie(struct sock *sk, int *val)
{
	*val = ferry_stream_sk(sk)->fastopen_no_cookie;
	return 0;
}

static int set_fastopen_key(struct sock *sk, sockptr_t val, unsigned int len)
{
	u8 keys[2 * FERRY_FIRST_KEY_LEN];
	int ret;

	if (len != FERRY_FIRST_KEY_LEN && len != 2 * FERRY_FIRST_KEY_LEN)
		return -EINVAL;
	if (copy_from_sockptr(keys, val, len))
		return -EFAULT;
	lock_sock(sk);
	ret = ferry_firstq_set_keys(sk, keys, len / FERRY_FIRST_KEY_LEN);
	release_sock(sk);
	memzero_explicit(keys, sizeof(keys));
	return ret;
}

static int get_fastopen_key(struct sock *sk, void *buf, int *len)
{
	*len = min_t(int, *len, ferry_firstq_get_keys(sk, buf) * FERRY_FIRST_KEY_LEN);
	return 0;
}

static int set_congestion(struct sock *sk, sockptr_t val, unsigned int len)
{
	char name[FERRY_CC_NAME_MAX];
	const struct fsp_cc_ops *cc;
	long ret;

	if (len < 1)
		return -EINVAL;
	ret = strncpy_from_sockptr(name, val, min_t(long, FERRY_CC_NAME_MAX - 1, len));
	if (ret < 0)
		return -EFAULT;
	name[ret] = 0;
	cc = fsp_cc_find(name);
	if (!cc)
		return -ENOENT;
	lock_sock(sk);
	if (ferry_stream_sk(sk)->cc_locked) {
		ret = -EPERM;
	} else {
		ferry_stream_sk(sk)->cc_chosen = true;
		fsp_conn_set_cc(&ferry_stream_sk(sk)->conn, cc);
		ret = 0;
	}
	release_sock(sk);
	return ret;
}

static int get_congestion(struct sock *sk, void *buf, int *len)
{
	const struct fsp_cc_ops *cc = READ_ONCE(ferry_stream_sk(sk)->conn.cc);

	*len = min(*len, FERRY_CC_NAME_MAX);
	strscpy_pad(buf, cc ? cc->name : "", FERRY_CC_NAME_MAX);
	return 0;
}

static int get_info(struct sock *sk, void *buf, int *len)
{
	*len = min_t(int, *len, sizeof(struct tcp_info));
	ferry_stream_tcp_info(sk, buf);
	return 0;
}

/* No algorithm has anything to add to TCP_INFO. */
static int get_nothing(struct sock *sk, void *buf, int *len)
{
	*len = 0;
	return 0;
}

/* No upper layer (kTLS) knows how to sit on a Ferry stream. */
static int set_ulp(struct sock *sk, sockptr_t val, unsigned int len)
{
	return len < 1 ? -EINVAL : -ENOENT;
}

#define ANY_INT	.min = INT_MIN, .max = INT_MAX

static const struct option tcp_options[] = {
	[TCP_NODELAY] = { ANY_INT, .set = set_nodelay, .get = get_nodelay },
	[TCP_MAXSEG] = { ANY_INT, .set = set_maxseg, .get = get_maxseg },
	[TCP_CORK] = { ANY_INT, .set = set_cork, .get = get_cork },
	[TCP_KEEPIDLE] = { 1, KEEPIDLE_MAX, set_keepidle, get_keepidle },
	[TCP_KEEPINTVL] = { 1, KEEPINTVL_MAX, set_keepintvl, get_keepintvl },
	[TCP_KEEPCNT] = { 1, KEEPCNT_MAX, set_keepcnt, get_keepcnt },
	[TCP_SYNCNT] = { 1, SYNCNT_MAX, set_syncnt, get_syncnt },
	[TCP_LINGER2] = { ANY_INT, .set = set_linger2, .get = get_linger2 },
	[TCP_DEFER_ACCEPT] = { ANY_INT, .set = set_defer_accept, .get = get_defer_accept },
	[TCP_WINDOW_CLAMP] = { ANY_INT, .set = set_window_clamp, .get = get_window_clamp },
	[TCP_INFO] = { .get_raw = get_info },
	[TCP_QUICKACK] = { ANY_INT, .set = set_quickack, .get = get_quickack },
	[TCP_CONGESTION] = { .set_raw = set_congestion, .get_raw = get_congestion },
	[TCP_USER_TIMEOUT] = { 0, INT_MAX, set_user_timeout, get_user_timeout },
	[TCP_NOTSENT_LOWAT] = { ANY_INT, .set = set_notsent_lowat, .get = get_notsent_lowat },
	[TCP_CC_INFO] = { .get_raw = get_nothing },
	[TCP_ULP] = { .set_raw = set_ulp, .get_raw = get_nothing },
	[TCP_INQ] = { 0, 1, set_inq, get_inq },
	[TCP_FASTOPEN] = { ANY_INT, .set = set_fastopen, .get = get_fastopen },
	[TCP_FASTOPEN_CONNECT] = { 0, 1, set_fastopen_connect, get_fastopen_connect },
	[TCP_FASTOPEN_KEY] = { .set_raw = set_fastopen_key, .get_raw = get_fastopen_key },
	[TCP_FASTOPEN_NO_COOKIE] = { 0, 1, set_fastopen_no_cookie, get_fastopen_no_cookie },
	/*
	 * Not here, and so refused:
	 * TCP_MD5SIG*, TCP_AO_*	no authentication of segments
	 * TCP_REPAIR*, TCP_QUEUE_SEQ	no checkpoint and restore
	 * TCP_TIMESTAMP		serials and echoes stand in for them
	 * TCP_SAVE_SYN, TCP_SAVED_SYN	a half-open connection keeps no packet
	 * TCP_THIN_*			RFC 8985 serves thin streams
	 * TCP_ZEROCOPY_RECEIVE		no mapping of received pages
	 * TCP_TX_DELAY			netem does it
	 */
};

/* ---- SOL_FERRY ---- */

static int set_zerocopy(struct sock *sk, int val)
{
	sock_valbool_flag(sk, SOCK_ZEROCOPY, val);
	return 0;
}

static int get_zerocopy(struct sock *sk, int *val)
{
	*val = sock_flag(sk, SOCK_ZEROCOPY);
	return 0;
}

static int get_version(struct sock *sk, int *val)
{
	*val = FERRY_API_VERSION;
	return 0;
}

static int set_udp_encap(struct sock *sk, int val)
{
	return ferry_family_set_udp(sk, FERRY_UDP_ENCAP, val);
}

static int get_udp_encap(struct sock *sk, int *val)
{
	return ferry_family_get_udp(sk, FERRY_UDP_ENCAP, val);
}

static int set_udp_port(struct sock *sk, int val)
{
	return ferry_family_set_udp(sk, FERRY_UDP_PEER_PORT, val);
}

static int get_udp_port(struct sock *sk, int *val)
{
	return ferry_family_get_udp(sk, FERRY_UDP_PEER_PORT, val);
}

static const struct option ferry_options[] = {
	[FERRY_ZEROCOPY] = { 0, 1, set_zerocopy, get_zerocopy },
	[FERRY_VERSION] = { .get = get_version },
	[FERRY_UDP_ENCAP] = { 0, 1, set_udp_encap, get_udp_encap },
	[FERRY_UDP_PEER_PORT] = { 0, U16_MAX, set_udp_port, get_udp_port },
};

/* ---- the common part ---- */

static const struct option *find(int level, int name)
{
	const struct option *table = tcp_options;
	unsigned int n = ARRAY_SIZE(tcp_options);

	if (level == SOL_FERRY) {
		table = ferry_options;
		n = ARRAY_SIZE(ferry_options);
	}
	if (name < 0 || name >= n)
		return NULL;
	return &table[array_index_nospec(name, n)];
}

static int set_int(struct sock *sk, const struct option *opt, sockptr_t optval,
		   unsigned int len)
{
	int val;
	int ret;

	if (len < sizeof(val))
		return -EINVAL;
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;
	if (val < opt->min || val > opt->max)
		return -EINVAL;
	lock_sock(sk);
	ret = opt->set(sk, val);
	release_sock(sk);
	return ret;
}

static int write_option(struct sock *sk, const struct option *opt, sockptr_t optval,
			unsigned int len)
{
	if (opt && opt->set_raw)
		return opt->set_raw(sk, optval, len);
	if (opt && opt->set)
		return set_int(sk, opt, optval, len);
	return -ENOPROTOOPT;
}

static int put_value(const void *val, int len, char __user *optval,
		     int __user *optlen)
{
	if (put_user(len, optlen) || copy_to_user(optval, val, len))
		return -EFAULT;
	return 0;
}

static int get_int(struct sock *sk, const struct option *opt, int len,
		   char __user *optval, int __user *optlen)
{
	int val = 0;
	int ret;

	lock_sock(sk);
	ret = opt->get(sk, &val);
	release_sock(sk);
	if (ret)
		return ret;
	return put_value(&val, min_t(int, len, sizeof(val)), optval, optlen);
}

static int get_raw(struct sock *sk, const struct option *opt, int len,
		   char __user *optval, int __user *optlen)
{
	union raw_value val = {};
	int ret;

	ret = opt->get_raw(sk, &val, &len);
	return ret ? ret : put_value(&val, len, optval, optlen);
}

static int read_option(struct sock *sk, const struct option *opt,
		       char __user *optval, int __user *optlen)
{
	int len;

	if (!opt || !(opt->get || opt->get_raw))
		return -ENOPROTOOPT;
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (opt->get_raw)
		return get_raw(sk, opt, len, optval, optlen);
	return get_int(sk, opt, len, optval, optlen);
}

/* ---- SOL_IP, SOL_IPV6: the kernel's, but for the path MTU ---- */

static bool is_option(const struct sock *sk, int level, int name, int opt4, int opt6)
{
	return (level == SOL_IP && name == opt4) ||
	       (level == SOL_IPV6 && name == opt6 && sk->sk_family == AF_INET6);
}

static int set_ip(struct sock *sk, int level, int name, sockptr_t optval, unsigned int len)
{
	int ret;

	if (sk->sk_family == AF_INET6)
		ret = ipv6_setsockopt(sk, level, name, optval, len);
	else
		ret = ip_setsockopt(sk, level, name, optval, len);
	if (ret || !is_option(sk, level, name, IP_MTU_DISCOVER, IPV6_MTU_DISCOVER))
		return ret;
	lock_sock(sk);
	ferry_stream_path_wanted(sk);
	release_sock(sk);
	return 0;
}

/* What the connection found out may be less than what the kernel knows. */
static int get_mtu(struct sock *sk, int len, char __user *optval, int __user *optlen)
{
	int mtu = ferry_stream_pmtu(&ferry_stream_sk(sk)->conn);

	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN || !mtu)
		return -ENOTCONN;
	/* Programs reckon with an IP header before a stream's. */
	mtu -= ferry_ip_udp_len(FERRY_STREAM, ferry_ip_udp_peer(sk));
	return put_value(&mtu, min_t(int, len, sizeof(mtu)), optval, optlen);
}

static int get_ip(struct sock *sk, int level, int name, char __user *optval,
		  int __user *optlen)
{
	int len;

	if (is_option(sk, level, name, IP_MTU, IPV6_MTU)) {
		if (get_user(len, optlen))
			return -EFAULT;
		return len < 0 ? -EINVAL : get_mtu(sk, len, optval, optlen);
	}
	if (sk->sk_family == AF_INET6)
		return ipv6_getsockopt(sk, level, name, optval, optlen);
	return ip_getsockopt(sk, level, name, optval, optlen);
}

/**
 * ferry_stream_setsockopt() - struct proto's setsockopt
 * @sk: not locked
 * @level: anything but SOL_SOCKET, which is the core's
 * @name: which option
 * @optval: value, of a user or the kernel
 * @len: its length
 */
int ferry_stream_setsockopt(struct sock *sk, int level, int name, sockptr_t optval,
			    unsigned int len)
{
	if (level == SOL_TCP || level == SOL_FERRY)
		return write_option(sk, find(level, name), optval, len);
	return set_ip(sk, level, name, optval, len);
}

/**
 * ferry_stream_ops_setsockopt() - proto_ops.setsockopt
 * @sock: the socket
 * @level: SOL_SOCKET, too, where ferry_own_sockopts() could ask for it
 * @name: which option
 * @optval: value, of a user or the kernel
 * @len: its length
 */
int ferry_stream_ops_setsockopt(struct socket *sock, int level, int name,
				sockptr_t optval, unsigned int len)
{
	if (level != SOL_SOCKET)
		return sock_common_setsockopt(sock, level, name, optval, len);
	if (name == SO_ZEROCOPY)
		return write_option(sock->sk, &ferry_options[FERRY_ZEROCOPY], optval, len);
	return sock_setsockopt(sock, level, name, optval, len);
}

/* struct proto's getsockopt */
int ferry_stream_getsockopt(struct sock *sk, int level, int name,
			    char __user *optval, int __user *optlen)
{
	if (level == SOL_TCP || level == SOL_FERRY)
		return read_option(sk, find(level, name), optval, optlen);
	return get_ip(sk, level, name, optval, optlen);
}

/**
 * ferry_stream_keepalive() - struct proto's keepalive: SO_KEEPALIVE was set
 * @sk: locked
 * @on: its value
 */
void ferry_stream_keepalive(struct sock *sk, int on)
{
	config(sk)->keepalive = on;
	ferry_stream_reconfigure(sk);
}
