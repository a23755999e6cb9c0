#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Unmodified programs over Ferry: both ends started by "ferry run" on two
# hosts, over IPv4 and IPv6, what arrives compared by SHA-256 or by value, and
# the proof that neither host sent a single TCP segment or UDP datagram.
#
# FERRY_APPS_TCP=1 runs the same on a kernel without Ferry, over the TCP and
# UDP that "ferry run" falls back to: the test of the test. Names of programs
# as arguments run only these.
#
# ferry-test: timeout=900

if [ -n "${FERRY_APPS_TCP:-}" ]; then
	export FERRY_TEST_FAMILY=inet
fi

. "$(dirname "$0")/lib/net.sh"

# The system's python, not one that happens to come first in $PATH.
PY=/usr/bin/python3
FILE_BYTES=${FERRY_TEST_FILE_BYTES:-1M}
# Nobody in this test takes that long; a client that hangs is a failure.
LIMIT="timeout 120"

ft_need curl curl nginx nginx-light $PY python3 iperf3 iperf3 sshd openssh-server \
	ssh openssh-client scp openssh-client dnsmasq dnsmasq-base \
	dig bind9-dnsutils socat socat ip iproute2 nstat iproute2 timeout coreutils
command -v ferry >/dev/null || ktap_bail "missing: ferry (make tools)"

# server LOG COMMAND...: on host B, through ferry run.
server() {
	local log=$1

	shift
	ft_start B "$FT_TMP/$log" ferry run "$@"
}

# client COMMAND...: on host A, through ferry run.
client() {
	# shellcheck disable=SC2086
	ft_on A $LIMIT ferry run "$@"
}

# An address as it stands in a URL.
url_addr() {
	case $1 in
	*:*)	echo "[$1]";;
	*)	echo "$1";;
	esac
}

# Segments, datagrams and connections of TCP and UDP on both hosts.
plain_traffic() {
	local host

	for host in A B; do
		ft_on $host nstat -asz TcpActiveOpens TcpPassiveOpens TcpOutSegs \
			TcpOutRsts UdpOutDatagrams Udp6OutDatagrams
	done | awk '{ n += $2 } END { print n }'
}

# What Ferry itself says it sent from both hosts.
ferry_traffic() {
	[ "$FERRY_TEST_FAMILY" = ferry ] || { echo 0; return; }
	echo $(($(ft_stat A StreamOutSegs DgramOut) + $(ft_stat B StreamOutSegs DgramOut)))
}

all_traffic() {
	ft_on A nstat -asz IpOutRequests Ip6OutRequests |
		awk '{ n += $2 } END { print n }'
}

# Did the traffic since these three counts go the way it had to?
right_way() {
	local plain=$(($(plain_traffic) - $1)) all=$(($(all_traffic) - $2))
	local ferry=$(($(ferry_traffic) - $3))

	ktap_diag "$all packets from the client; Ferry counted $ferry, TCP and UDP $plain"
	if [ "$FERRY_TEST_FAMILY" = inet ]; then
		[ "$all" -gt 0 ] && [ "$plain" -gt 0 ]
	else
		[ "$all" -gt 0 ] && [ "$ferry" -gt 0 ] && [ "$plain" -eq 0 ]
	fi
}

# app NAME VERSION: run the function of that name; it leaves logs as *.log.
app() {
	local name=$1 v=$2 plain all ferry status

	rm -f "$FT_TMP"/*.log "$FT_TMP"/*.out
	plain=$(plain_traffic)
	all=$(all_traffic)
	ferry=$(ferry_traffic)
	"$name" "$v" "$(ft_addr B "$v")"
	status=$?
	right_way "$plain" "$all" "$ferry" || status=1
	if [ $status -ne 0 ]; then
		for log in "$FT_TMP"/*.log; do
			ktap_diag "${log##*/}:"
			ktap_diag_file "$log"
		done
	fi
	ktap_result $status "$name.v$v"
}

nginx_conf() {
	mkdir -p "$FT_TMP/nginx"
	cat >"$FT_TMP/nginx/nginx.conf" <<EOF
daemon off;
user root;
worker_processes 2;
pid $FT_TMP/nginx/pid;
error_log stderr info;
events { }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	tcp_nodelay on;
	client_body_temp_path $FT_TMP/nginx/body;
	proxy_temp_path $FT_TMP/nginx/proxy;
	fastcgi_temp_path $FT_TMP/nginx/fastcgi;
	uwsgi_temp_path $FT_TMP/nginx/uwsgi;
	scgi_temp_path $FT_TMP/nginx/scgi;
	server {
		listen $(url_addr "$1"):8080 reuseport so_keepalive=60:10:3;
		root $FT_TMP;
		location /via { proxy_pass http://$(url_addr "$1"):8080/file; }
	}
}
EOF
}

# A whole file by sendfile, a part of it, two on one connection, and through a
# proxy, which is a client itself.
nginx_curl() {
	local url ret=0

	url=http://$(url_addr "$2"):8080
	nginx_conf "$2"
	server nginx.log nginx -p "$FT_TMP/nginx" -c "$FT_TMP/nginx/nginx.conf"
	ft_wait_port B stream 8080 || return
	client curl -sS -o "$FT_TMP/1.out" "$url/file" -o "$FT_TMP/2.out" "$url/file" \
		2>"$FT_TMP/curl.log" &&
		ft_same "$FT_TMP/file" "$FT_TMP/1.out" &&
		ft_same "$FT_TMP/file" "$FT_TMP/2.out" &&
		client curl -sS -r 1000-99999 -o "$FT_TMP/3.out" "$url/file" \
			2>>"$FT_TMP/curl.log" &&
		tail -c +1001 "$FT_TMP/file" | head -c 99000 >"$FT_TMP/part.out" &&
		ft_same "$FT_TMP/part.out" "$FT_TMP/3.out" &&
		client curl -sS -o "$FT_TMP/4.out" "$url/via" 2>>"$FT_TMP/curl.log" &&
		ft_same "$FT_TMP/file" "$FT_TMP/4.out" || ret=1
	ft_stop "$FT_PID"
	return $ret
}

python_http() {
	local url ret=0

	url=http://$(url_addr "$2"):8000/file
	server http.log $PY -u -m http.server 8000 --bind "$2" -d "$FT_TMP"
	ft_wait_port B stream 8000 || return
	client $PY -c 'import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())' "$url" \
		>"$FT_TMP/1.out" 2>"$FT_TMP/urllib.log" &&
		ft_same "$FT_TMP/file" "$FT_TMP/1.out" &&
		client curl -sS -o "$FT_TMP/2.out" "$url" 2>"$FT_TMP/curl.log" &&
		ft_same "$FT_TMP/file" "$FT_TMP/2.out" || ret=1
	ft_stop "$FT_PID"
	return $ret
}

# iperf VALUE OPTION...: the client's report in iperf.log, VALUE of its end
# sums to stdout.
iperf() {
	local value=$1

	shift
	client iperf3 -J -p 5201 "$@" >"$FT_TMP/iperf.log" 2>"$FT_TMP/iperf.err" ||
		return
	$PY -c 'import json, sys
end = json.load(open(sys.argv[1]))["end"]
print(eval(sys.argv[2], {}, end))' "$FT_TMP/iperf.log" "$value"
}

# iperf3 ends a test over its control connection, whatever is still under way:
# not all of what was sent counts as received. It is told how much to send, not how
# long, as virtual time hardly passes while a guest is busy.
iperf3_stream() {
	local ret=0 way
	local arrived='sum_sent["bytes"] >= sum_received["bytes"] > 1 << 20'

	server server.log iperf3 -s -p 5201 -B "$2"
	ft_wait_port B stream 5201 || return
	for way in "-P 1" "-R" "-P 4" "-Z"; do
		# shellcheck disable=SC2086
		[ "$(iperf "$arrived" -c "$2" -n 16M $way)" = True ] && continue
		ktap_diag "iperf3 $way"
		ret=1
		break
	done
	ft_stop "$FT_PID"
	return $ret
}

iperf3_dgram() {
	local ret=0 way
	local none_lost='sum["lost_packets"] == 0 and sum["packets"] > 100'

	server server.log iperf3 -s -p 5201 -B "$2"
	ft_wait_port B stream 5201 || return
	for way in "" "-R"; do
		# shellcheck disable=SC2086
		[ "$(iperf "$none_lost" -c "$2" -u -b 8M -n 200K -l 1200 $way)" = True ] &&
			continue
		ktap_diag "iperf3 -u $way"
		ret=1
		break
	done
	ft_stop "$FT_PID"
	return $ret
}

sshd_conf() {
	mkdir -p "$FT_TMP/ssh" /run/sshd
	[ -e "$FT_TMP/ssh/host" ] ||
		ssh-keygen -q -t ed25519 -N '' -f "$FT_TMP/ssh/host"
	[ -e "$FT_TMP/ssh/user" ] ||
		ssh-keygen -q -t ed25519 -N '' -f "$FT_TMP/ssh/user"
	cat >"$FT_TMP/ssh/config" <<EOF
ListenAddress $(url_addr "$1"):2222
HostKey $FT_TMP/ssh/host
AuthorizedKeysFile $FT_TMP/ssh/user.pub
PidFile none
StrictModes no
UsePAM no
UseDNS no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
EOF
}

# A command with data both ways, a copy each way, and the settings of ferry run
# in a session whose environment sshd made anew.
openssh() {
	local options ret=0 to=root@$2

	sshd_conf "$2"
	options="-F none -i $FT_TMP/ssh/user -o StrictHostKeyChecking=no
		-o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR"
	server sshd.log "$(command -v sshd)" -D -e -f "$FT_TMP/ssh/config"
	ft_wait_port B stream 2222 || return
	# shellcheck disable=SC2086
	client ssh $options -p 2222 "$to" cat <"$FT_TMP/file" >"$FT_TMP/1.out" \
		2>"$FT_TMP/ssh.log" &&
		ft_same "$FT_TMP/file" "$FT_TMP/1.out" &&
		client scp $options -P 2222 "$FT_TMP/file" \
			"root@$(url_addr "$2"):$FT_TMP/2.out" >"$FT_TMP/scp.log" 2>&1 &&
		ft_same "$FT_TMP/file" "$FT_TMP/2.out" &&
		client scp $options -P 2222 "root@$(url_addr "$2"):$FT_TMP/file" \
			"$FT_TMP/3.out" >>"$FT_TMP/scp.log" 2>&1 &&
		ft_same "$FT_TMP/file" "$FT_TMP/3.out" &&
		[ "$(client ssh $options -p 2222 "$to" 'echo $FERRY_RUN_MODE' \
			2>>"$FT_TMP/ssh.log")" = all ] || ret=1
	ft_stop "$FT_PID"
	return $ret
}

# A short answer and one of many kilobytes, over datagrams and over a stream.
dns_query() {
	local how=$1 addr=$2 got

	got=$(client dig "@$addr" -p 5353 "$how" +short +tries=1 +time=5 host.test A \
		2>>"$FT_TMP/dig.log")
	[ "$got" = 192.0.2.77 ] || { ktap_diag "dig $how: $got"; return 1; }
	got=$(client dig "@$addr" -p 5353 "$how" +short +tries=1 +time=5 +bufsize=4096 \
		+ignore big.test TXT 2>>"$FT_TMP/dig.log" | tr -d '" \n' | sha256sum)
	[ "$got" = "$(echo -n "$BIG_TXT" | sha256sum)" ] ||
		{ ktap_diag "dig $how: another long answer"; return 1; }
}

dnsmasq_dig() {
	local ret=0 i txt=

	BIG_TXT=
	for i in $(seq 12); do
		txt=$txt,$(printf "%0200d" "$i")
		BIG_TXT=$BIG_TXT$(printf "%0200d" "$i")
	done
	server dnsmasq.log dnsmasq -k -C /dev/null -R -h --user=root --pid-file= \
		--log-facility=- --port=5353 --bind-interfaces --listen-address="$2" \
		--edns-packet-max=4096 --address=/host.test/192.0.2.77 \
		--txt-record="big.test$txt"
	ft_wait_port B dgram 5353 || return
	dns_query +notcp "$2" && dns_query +tcp "$2" || ret=1
	ft_stop "$FT_PID"
	return $ret
}

socat_stream() {
	local ret=0

	server socat.log socat -u "TCP$1-LISTEN:7000,bind=$(url_addr "$2"),reuseaddr" \
		"CREATE:$FT_TMP/1.out"
	ft_wait_port B stream 7000 || return
	client socat -u "OPEN:$FT_TMP/file" "TCP$1:$(url_addr "$2"):7000" \
		2>"$FT_TMP/client.log" || ret=1
	# It ends by itself, when it has everything.
	wait "$FT_PID" || ret=1
	ft_stop "$FT_PID"
	ft_same "$FT_TMP/file" "$FT_TMP/1.out" && return $ret
}

# Has FILE as many bytes as OTHER? A receiver of datagrams sees no end.
as_long_as() {
	[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$(stat -c %s "$2")" ]
}

socat_dgram() {
	local ret=0 size

	head -c 60000 "$FT_TMP/file" >"$FT_TMP/short.out"
	for size in 60000 1000; do
		server socat.log socat -u -b 65000 \
			"UDP$1-RECV:7001,bind=$(url_addr "$2")" "CREATE:$FT_TMP/got.out"
		ft_wait_port B dgram 7001 || return
		client socat -u -b $size "OPEN:$FT_TMP/short.out" \
			"UDP$1:$(url_addr "$2"):7001" 2>"$FT_TMP/client.log" &&
			ft_wait as_long_as "$FT_TMP/got.out" "$FT_TMP/short.out" || ret=1
		ft_stop "$FT_PID"
		ft_same "$FT_TMP/short.out" "$FT_TMP/got.out" || ret=1
		rm -f "$FT_TMP/got.out"
	done
	return $ret
}

# Nobody listens: both programs have to be told at once.
refused() {
	local ret=0

	client curl -sS -m 20 "http://$(url_addr "$2"):9/" >"$FT_TMP/curl.log" 2>&1
	[ $? -eq 7 ] || ret=1
	client $PY -c 'import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET,
                  socket.SOCK_DGRAM)
s.settimeout(20)
s.connect((sys.argv[1], 9))
s.send(b"anybody?")
try:
    s.recv(1)
except ConnectionRefusedError:
    sys.exit(0)
sys.exit(1)' "$2" >"$FT_TMP/python.log" 2>&1 || ret=1
	return $ret
}

APPS="nginx_curl python_http iperf3_stream iperf3_dgram openssh dnsmasq_dig
	socat_stream socat_dgram refused"
[ $# -eq 0 ] || APPS=$*
# shellcheck disable=SC2086
set -- $APPS

ktap_plan $((2 * $#))
ft_setup
ft_payload "$FT_TMP/file" "$FILE_BYTES" || ktap_bail "no payload"
for name; do
	app "$name" 4
	app "$name" 6
done
ktap_finish
