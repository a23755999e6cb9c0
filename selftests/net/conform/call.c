// SPDX-License-Identifier: GPL-2.0-only
/* call.c - lines that call the kernel, and look at what it says. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/errqueue.h>
#include <linux/tcp.h>

#include "conform.h"
#include "lib/genl.h"
#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/payload.h"

#define SOL_TCP		6
#define CALL_WAIT	5000
#define CONDITION_WAIT	2000
#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

/* ---- names ---- */

static const struct {
	const char *name;
	int value;
} errors[] = {
	{ "ok", 0 }, { "EAGAIN", EAGAIN }, { "ECONNREFUSED", ECONNREFUSED },
	{ "ECONNRESET", ECONNRESET }, { "EPIPE", EPIPE }, { "ETIMEDOUT", ETIMEDOUT },
	{ "EINPROGRESS", EINPROGRESS }, { "EINVAL", EINVAL }, { "ENOTCONN", ENOTCONN },
	{ "EHOSTUNREACH", EHOSTUNREACH }, { "ENETUNREACH", ENETUNREACH },
	{ "EPROTO", EPROTO }, { "EADDRINUSE", EADDRINUSE }, { "EMSGSIZE", EMSGSIZE },
	{ "ENOPROTOOPT", ENOPROTOOPT }, { "EACCES", EACCES }, { "EISCONN", EISCONN },
	{ "EADDRNOTAVAIL", EADDRNOTAVAIL }, { "EOPNOTSUPP", EOPNOTSUPP },
};

static const char * const states[] = {
	"", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2",
	"TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING",
};

#define OPT(level, name)	{ #name, level, name }
static const struct {
	const char *name;
	int level, value;
} options[] = {
	OPT(SOL_TCP, TCP_NODELAY), OPT(SOL_TCP, TCP_MAXSEG), OPT(SOL_TCP, TCP_CORK),
	OPT(SOL_TCP, TCP_KEEPIDLE), OPT(SOL_TCP, TCP_KEEPINTVL), OPT(SOL_TCP, TCP_KEEPCNT),
	OPT(SOL_TCP, TCP_SYNCNT), OPT(SOL_TCP, TCP_LINGER2), OPT(SOL_TCP, TCP_QUICKACK),
	OPT(SOL_TCP, TCP_USER_TIMEOUT), OPT(SOL_TCP, TCP_WINDOW_CLAMP),
	OPT(SOL_TCP, TCP_DEFER_ACCEPT), OPT(SOL_TCP, TCP_FASTOPEN),
	OPT(SOL_TCP, TCP_FASTOPEN_CONNECT), OPT(SOL_TCP, TCP_NOTSENT_LOWAT),
	OPT(SOL_SOCKET, SO_KEEPALIVE), OPT(SOL_SOCKET, SO_RCVBUF),
	OPT(SOL_SOCKET, SO_SNDBUF), OPT(SOL_SOCKET, SO_REUSEADDR),
	OPT(SOL_SOCKET, SO_REUSEPORT), OPT(SOL_IP, IP_TTL), OPT(SOL_IP, IP_TOS),
	OPT(SOL_IP, IP_RECVERR), OPT(SOL_IPV6, IPV6_UNICAST_HOPS),
	OPT(SOL_IPV6, IPV6_TCLASS), OPT(SOL_IPV6, IPV6_RECVERR), OPT(SOL_IP, IP_MTU),
	OPT(SOL_IPV6, IPV6_MTU), OPT(SOL_IP, IP_MTU_DISCOVER),
	OPT(SOL_IPV6, IPV6_MTU_DISCOVER), OPT(SOL_IP, IP_MINTTL),
};

/* The same thing has another name in IPv6: scripts say that of IPv4. */
static const struct {
	int v4, v6;
} twins[] = {
	{ IP_TTL, IPV6_UNICAST_HOPS }, { IP_TOS, IPV6_TCLASS },
	{ IP_RECVERR, IPV6_RECVERR }, { IP_MTU, IPV6_MTU },
	{ IP_MTU_DISCOVER, IPV6_MTU_DISCOVER }, { IP_MINTTL, IPV6_MINHOPCOUNT },
};

#define INFO(name)	{ #name, offsetof(struct tcp_info, tcpi_##name), \
			  sizeof(((struct tcp_info *)0)->tcpi_##name) }
static const struct {
	const char *name;
	size_t off, size;
} infos[] = {
	INFO(state), INFO(ca_state), INFO(retransmits), INFO(probes), INFO(backoff),
	INFO(rto), INFO(ato), INFO(snd_mss), INFO(rcv_mss), INFO(unacked), INFO(sacked),
	INFO(lost), INFO(retrans), INFO(pmtu), INFO(rtt), INFO(rttvar),
	INFO(snd_ssthresh), INFO(snd_cwnd), INFO(advmss), INFO(reordering),
	INFO(rcv_space), INFO(total_retrans), INFO(notsent_bytes), INFO(min_rtt),
	INFO(bytes_acked), INFO(bytes_received), INFO(segs_out), INFO(segs_in),
	INFO(delivered), INFO(delivered_ce), INFO(reord_seen), INFO(snd_wnd),
	INFO(bytes_retrans), INFO(dsack_dups),
};

static int error_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(errors); i++)
		if (!strcmp(errors[i].name, name))
			return errors[i].value;
	return -1;
}

static const char *error_name(int err)
{
	size_t i;

	for (i = 0; i < COUNT(errors); i++)
		if (errors[i].value == err)
			return errors[i].name;
	return strerror(err);
}

/* ---- sockets ---- */

static union ft_addr remote(void)
{
	return ft_addr(w.ip == 4 ? "10.77.1.2" : "fd77:1::2", w.cur->rport);
}

static union ft_addr local(int port)
{
	return ft_addr(w.ip == 4 ? "10.77.1.1" : "fd77:1::1", port);
}

static int fd(void)
{
	if (w.cur->fd < 0) {
		w.cur->fd = ft_socket(w.ip, w.type | SOCK_CLOEXEC);
		ft_nonblock(w.cur->fd);
	}
	return w.cur->fd;
}

/* What a call that returned @ret did, beside the @want on its line, if any */
static void judge(const char *call, int ret, const char *want)
{
	int err = ret < 0 ? errno : 0;
	int wanted = want ? error_find(want) : 0;

	note("  %s: %s", call, error_name(err));
	if (wanted < 0)
		fail("\"%s\" is no error", want);
	if (err != wanted)
		fail("%s: %s", call, error_name(err));
	w.event = now_ms();
}

static char *next(char **args)
{
	return strtok_r(NULL, " \t", args);
}

static void call_listen(char **args)
{
	char *backlog = next(args);
	union ft_addr addr = local(MODULE_PORT);
	int ret = ft_bind(fd(), &addr);

	if (!ret)
		ret = listen(fd(), backlog ? value(backlog) : 8);
	judge("listen", ret, next(args));
	w.lfd = w.cur->fd;
	w.cur->fd = -1;
}

static void call_unlisten(char **args)
{
	judge("close", close(w.lfd), next(args));
	w.lfd = -1;
}

static void call_accept(char **args)
{
	char *want = next(args);
	int s;

	if (!want && !tun_wait(w.lfd, POLLIN, now_ms() + patience(CALL_WAIT)))
		fail("nothing to accept");
	s = ft_accept(w.lfd, NULL);
	judge("accept", s, want);
	if (s < 0)
		return;
	ft_nonblock(s);
	w.cur->fd = s;
}

static void call_bind(char **args)
{
	char *port = next(args);
	union ft_addr addr = local(port ? value(port) : MODULE_PORT);

	judge("bind", ft_bind(fd(), &addr), next(args));
}

static void call_connect(char **args)
{
	char *want = next(args);
	union ft_addr addr = remote();

	if (!want)
		want = w.type == SOCK_STREAM ? "EINPROGRESS" : "ok";
	judge("connect", ft_connect(fd(), &addr), want);
}

/* Any other address by its name in ip.c */
static void call_connect_to(char **args)
{
	char *name = next(args);
	union ft_addr addr = ft_addr(address_text(name ? name : ""), w.cur->rport);

	judge("connect", ft_connect(fd(), &addr), next(args));
}

static void call_error(char **args)
{
	char *want = next(args);
	int err;

	if (!tun_wait(fd(), POLLOUT | POLLERR, now_ms() + patience(CALL_WAIT)))
		fail("neither connected nor failed");
	err = ft_getopt(fd(), SOL_SOCKET, SO_ERROR);
	errno = err;
	judge("SO_ERROR", err ? -1 : 0, want ? want : "ok");
}

/* As call_error(), but the error may take its time */
static void call_fails(char **args)
{
	char *want = next(args);
	char *wait = next(args);

	if (!tun_wait(fd(), 0, now_ms() + patience(wait ? value(wait) : CALL_WAIT)))
		fail("it did not fail");
	errno = ft_getopt(fd(), SOL_SOCKET, SO_ERROR);
	judge("SO_ERROR", errno ? -1 : 0, want);
}

static void call_send(char **args)
{
	char *size = next(args), *want = next(args);
	bool more = want && !strcmp(want, "more");
	size_t len = size ? value(size) : 0;
	uint8_t *buf = malloc(len + 1);
	ssize_t n;

	ASSERT_TRUE(buf);
	ft_fill(2, w.type == SOCK_STREAM ? w.cur->sent : 0, buf, len);
	n = send(fd(), buf, len, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	judge("send", n < 0 ? -1 : 0, more ? NULL : want);
	if (n >= 0 && (size_t)n != len)
		fail("send took %zd of %zu bytes", n, len);
	if (n > 0)
		w.cur->sent += n;
	free(buf);
}

/* The first flight: connect() and send() in one */
static void call_first(char **args)
{
	char *size = next(args), *want = next(args);
	size_t len = size ? value(size) : 0;
	uint8_t *buf = malloc(len + 1);
	union ft_addr addr = remote();
	ssize_t n;

	ASSERT_TRUE(buf);
	ft_fill(2, 0, buf, len);
	n = sendto(fd(), buf, len, MSG_NOSIGNAL | MSG_FASTOPEN, &addr.sa, ft_addrlen(&addr));
	judge("sendto", n < 0 ? -1 : 0, want);
	if (n > 0)
		w.cur->sent += n;
	free(buf);
}

static void recv_bytes(size_t len)
{
	uint8_t *buf = malloc(len + 1);
	size_t have = 0;
	ssize_t n;

	ASSERT_TRUE(buf);
	while (have < len) {
		if (!tun_wait(fd(), POLLIN, now_ms() + patience(CALL_WAIT)))
			fail("recv: %zu of %zu bytes came", have, len);
		n = recv(fd(), buf + have, len - have + (w.type == SOCK_DGRAM), 0);
		if (n <= 0)
			fail("recv: %s", n ? error_name(errno) : "end of stream");
		have += n;
		if (w.type == SOCK_DGRAM)
			break;
	}
	if (have != len)
		fail("recv: %zu bytes", have);
	if (ft_check(1, w.type == SOCK_STREAM ? w.cur->taken : 0, buf, len) >= 0)
		fail("recv: wrong bytes");
	w.cur->taken += len;
	free(buf);
	judge("recv", 0, NULL);
}

static void call_recv(char **args)
{
	char *what = next(args), byte;
	ssize_t n;

	if (!what)
		fail("recv how much?");
	if (strcmp(what, "eof") && error_find(what) < 0) {
		recv_bytes(value(what));
		return;
	}
	if (strcmp(what, "EAGAIN") &&
	    !tun_wait(fd(), POLLIN, now_ms() + patience(CALL_WAIT)))
		fail("recv: nothing came");
	n = recv(fd(), &byte, 1, 0);
	if (n > 0)
		fail("recv: a byte came");
	judge(n ? "recv" : "recv eof", n, strcmp(what, "eof") ? what : "ok");
	if (!n && strcmp(what, "eof"))
		fail("recv: end of stream");
}

static void call_shutdown(char **args)
{
	char *how = next(args);
	int what = !how || !strcmp(how, "wr") ? SHUT_WR :
		   !strcmp(how, "rd") ? SHUT_RD : SHUT_RDWR;

	judge("shutdown", shutdown(fd(), what), next(args));
}

static void call_close(char **args)
{
	int ret = close(fd());

	w.cur->fd = -1;
	judge("close", ret, next(args));
}

/* close() with a linger time of 0: ABORT of RFC 9293 section 3.10.5 */
static void call_abort(char **args)
{
	struct linger l = { .l_onoff = 1 };

	ASSERT_OK(setsockopt(fd(), SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	call_close(args);
}

/* ---- options and what the kernel tells ---- */

static void option(const char *name, int *level, int *number)
{
	size_t i;

	for (i = 0; i < COUNT(options); i++)
		if (!strcmp(options[i].name, name))
			break;
	if (i == COUNT(options))
		fail("no option is called \"%s\"", name);
	*level = options[i].level;
	*number = options[i].value;
	if (w.ip == 4 || *level != SOL_IP)
		return;
	for (i = 0; i < COUNT(twins); i++)
		if (twins[i].v4 == *number)
			break;
	if (i == COUNT(twins))
		fail("IPv6 has no %s", name);
	*level = SOL_IPV6;
	*number = twins[i].v6;
}

static void cond(char **args, char **name, char *op, char **text)
{
	char *token = next(args);

	if (!token || !cut_cond(token, name, op, text))
		fail("NAME=VALUE is missing");
}

static void call_set(char **args)
{
	char *name, *text, op[3];
	int level, number;

	cond(args, &name, op, &text);
	option(name, &level, &number);
	judge(name, ft_setopt(fd(), level, number, value(text)), next(args));
}

static void call_get(char **args)
{
	char *name, *text, op[3];
	int level, number, v;

	cond(args, &name, op, &text);
	option(name, &level, &number);
	v = ft_getopt(fd(), level, number);
	note("  %s is %d", name, v);
	if (!compare(v, op, value(text)))
		fail("%s is %d", name, v);
}

static int64_t info(size_t i)
{
	struct tcp_info ti = {};
	socklen_t len = sizeof(ti);
	uint64_t v = 0;

	if (getsockopt(fd(), SOL_TCP, TCP_INFO, &ti, &len) < 0)
		fail("TCP_INFO: %s", strerror(errno));
	memcpy(&v, (char *)&ti + infos[i].off, infos[i].size);
	return v;
}

static size_t info_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(infos); i++)
		if (!strcmp(infos[i].name, name))
			break;
	if (i == COUNT(infos))
		fail("TCP_INFO has no \"%s\"", name);
	return i;
}

/* NAME:VARIABLE: cut in two; NULL where it is not that */
static char *cut_var(char *token)
{
	char *var = token ? strchr(token, ':') : NULL;

	if (var)
		*var++ = 0;
	return var;
}

static void call_info(char **args)
{
	int64_t deadline = now_ms() + patience(CONDITION_WAIT);
	char *token = next(args), *name, *text, op[3];
	char *var = cut_var(token);
	int64_t v;
	size_t i;

	if (var) {
		var_set(var, info(info_find(token)));
		return;
	}
	if (!token || !cut_cond(token, &name, op, &text))
		fail("FIELD=VALUE is missing");
	i = info_find(name);
	while (!compare(v = info(i), op, value(text))) {
		if (now_ms() > deadline)
			fail("%s is %lld", name, (long long)v);
		tun_pass(now_ms() + 5);
	}
	note("  %s is %lld", name, (long long)v);
}

static void call_state(char **args)
{
	int64_t deadline = now_ms() + patience(CONDITION_WAIT);
	char *want = next(args);
	int64_t v;

	while (strcmp(states[v = info(0)], want ? want : "")) {
		if (now_ms() > deadline)
			fail("the state is %s", states[v]);
		tun_pass(now_ms() + 5);
	}
	note("  the state is %s", want);
}

struct counter {
	const char *name;
	int64_t value;
};

static void take_counter(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *name = genl_attr(nlh, FERRY_A_STAT_NAME);
	const struct nlattr *v = genl_attr(nlh, FERRY_A_STAT_VALUE);
	struct counter *c = arg;

	if (name && v && !strcmp(mnl_attr_get_str(name), c->name))
		c->value = mnl_attr_get_u64(v);
}

static int64_t counter(const char *name)
{
	struct counter c = { .name = name, .value = -1 };
	static bool open;

	if (!open)
		genl_open();
	open = true;
	genl_talk(genl_request(FERRY_CMD_STAT_GET, NLM_F_DUMP), take_counter, &c);
	if (c.value < 0)
		fail("no counter is called \"%s\"", name);
	return c.value;
}

static void call_count(char **args)
{
	int64_t deadline = now_ms() + patience(CONDITION_WAIT);
	char *token = next(args), *name, *text, op[3];
	char *var = cut_var(token);
	int64_t v;

	if (var) {
		var_set(var, counter(token));
		return;
	}
	if (!token || !cut_cond(token, &name, op, &text))
		fail("NAME=VALUE is missing");
	while (!compare(v = counter(name), op, value(text))) {
		if (now_ms() > deadline)
			fail("%s is %lld", name, (long long)v);
		tun_pass(now_ms() + 5);
	}
	note("  %s is %lld", name, (long long)v);
}

static const struct {
	const char *name;
	short bit;
} events[] = {
	{ "IN", POLLIN }, { "OUT", POLLOUT }, { "HUP", POLLHUP }, { "ERR", POLLERR },
	{ "RDHUP", POLLRDHUP },
};

/* "poll IN,!OUT": at once or a little later; what is not named may be or not */
static void call_poll(char **args)
{
	int64_t deadline = now_ms() + patience(CONDITION_WAIT);
	short want = 0, not = 0, have;
	char *save, *name, *list = next(args);
	size_t i;

	for (name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save))
		for (i = 0; i < COUNT(events); i++)
			if (!strcmp(events[i].name, name + (*name == '!')))
				*(*name == '!' ? &not : &want) |= events[i].bit;
	while (((have = ft_poll(fd(), want | not, 0)) & (want | not)) != want) {
		if (now_ms() > deadline)
			fail("poll says %#x", have);
		tun_pass(now_ms() + 5);
	}
}

static void call_sysctl(char **args)
{
	char *name, *text, op[3], path[128];
	int f;

	cond(args, &name, op, &text);
	snprintf(path, sizeof(path), "/proc/sys/net/ferry/%s", name);
	f = open(path, O_WRONLY | O_CLOEXEC);
	if (f < 0 || write(f, text, strlen(text)) != (ssize_t)strlen(text))
		fail("%s: %s", path, strerror(errno));
	close(f);
}

/* ---- the conversation ---- */

static void call_established(char **args)
{
	const char *mss = "1000", *ws = "7", *win = "65535", *features = "0", *rtt = NULL;
	char *t, *name, *text, op[3], line[160];
	bool active = false;

	while ((t = next(args))) {
		if (!strcmp(t, "active"))
			active = true;
		else if (!cut_cond(t, &name, op, &text))
			fail("what is \"%s\"?", t);
		else
			*(name[0] == 'm' ? &mss : name[0] == 'r' ? &rtt :
			  name[0] == 'f' ? &features :
			  name[1] == 's' ? &ws : &win) = text;
	}
	if (!active && w.lfd < 0)
		script_line(strcpy(line, "listen"));
	if (active) {
		script_line(strcpy(line, "connect"));
		script_line(strcpy(line, "< SYN serial:syn"));
	}
	if (active && rtt)
		tun_pass(now_ms() + value(rtt));
	snprintf(line, sizeof(line), "> SYN%s mss=%s ws=%s version=1 features=%s win=%s%s",
		 active ? ",ACK" : "", mss, ws, features, win,
		 active && rtt ? " echo=syn" : "");
	script_line(line);
	if (active) {
		script_line(strcpy(line, "< ACK ack=1 len=0"));
		script_line(strcpy(line, "connected"));
		return;
	}
	script_line(strcpy(line, "< SYN,ACK ack=1 serial:syn"));
	if (rtt)
		tun_pass(now_ms() + value(rtt));
	script_line(strcpy(line, rtt ? "> ACK echo=syn" : "> ACK"));
	script_line(strcpy(line, "accept"));
}

static void call_quiet(char **args)
{
	char *t = next(args), text[512];

	tun_pass(now_ms() + (t ? value(t) : 300));
	if (!w.head)
		return;
	packet_text(w.head, text, sizeof(text));
	fail("a packet came: %s", text);
}

/* So many packets have come, whatever they are. */
static void call_take(char **args)
{
	char *low = next(args), *high = next(args), *t = next(args);
	int n = 0;

	if (!low || !high)
		fail("take how many?");
	tun_pass(now_ms() + (t ? value(t) : 100));
	for (; w.head; n++) {
		packet_seen(w.head);
		tun_pop();
	}
	if (n < value(low) || n > value(high))
		fail("%d packets came", n);
}

static void call_wait(char **args)
{
	char *t = next(args);

	tun_pass(now_ms() + value(t ? t : "0"));
	w.event = now_ms();
}

static void call_flow(char **args)
{
	char *n = next(args);

	w.cur = &w.flows[value(n ? n : "0") % FLOWS];
}

static void call_let(char **args)
{
	char *name, *text, op[3];

	cond(args, &name, op, &text);
	var_set(name, value(text));
}

static void call_check(char **args)
{
	char *name, *text, op[3];

	cond(args, &name, op, &text);
	if (!compare(value(name), op, value(text)))
		fail("%lld is not %s %lld", (long long)value(name), op,
		     (long long)value(text));
}

static void call_isn(char **args)
{
	char *v = next(args);

	w.cur->iss = value(v ? v : "0");
}

/* The next connection between the same ports: all numbers anew */
static void call_again(char **args)
{
	struct flow *f = w.cur;

	f->fd = -1;
	f->irs_known = false;
	f->nxt = 0;
	f->seen = 0;
	f->sent = 0;
	f->taken = 0;
	f->our_ws = -1;
	f->mod_ws = -1;
	f->win = 65535;
}

static void call_mtu(char **args)
{
	char *v = next(args);

	tun_mtu(value(v ? v : "1500"));
}

static void call_dgram(char **args)
{
	w.type = SOCK_DGRAM;
}

static const struct {
	const char *name;
	void (*run)(char **args);
} calls[] = {
	{ "listen", call_listen }, { "unlisten", call_unlisten },
	{ "accept", call_accept }, { "bind", call_bind }, { "connect", call_connect },
	{ "connected", call_error }, { "error", call_error }, { "fails", call_fails },
	{ "send", call_send }, { "first", call_first }, { "recv", call_recv }, { "shutdown", call_shutdown },
	{ "close", call_close }, { "abort", call_abort }, { "set", call_set },
	{ "get", call_get }, { "info", call_info }, { "state", call_state },
	{ "count", call_count }, { "poll", call_poll }, { "sysctl", call_sysctl },
	{ "established", call_established }, { "quiet", call_quiet }, { "~", call_wait },
	{ "flow", call_flow }, { "let", call_let }, { "check", call_check },
	{ "isn", call_isn }, { "again", call_again }, { "mtu", call_mtu },
	{ "dgram", call_dgram }, { "take", call_take }, { "connect-to", call_connect_to },
};

bool call_line(char *line)
{
	char *args, *name = strtok_r(line, " \t", &args);
	size_t i;

	for (i = 0; name && i < COUNT(calls); i++) {
		if (strcmp(calls[i].name, name))
			continue;
		calls[i].run(&args);
		return true;
	}
	return false;
}
