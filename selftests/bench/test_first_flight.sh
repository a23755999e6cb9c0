#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# From connect() to the first byte of the answer, in round trips of 50 ms: Ferry
# on the first and on the second visit, beside TCP without and with Fast Open and
# TLS 1.3 over TCP. Ferry's second visit must take 1.1 at most.
#
# usage: selftests/vm/run selftests/bench/test_first_flight.sh

. "$(dirname "$0")/../net/lib/net.sh"

RTT=50000	# us

ft_need ip iproute2 tc iproute2 sysctl procps openssl openssl python3 python3 awk gawk

ktap_plan 1
ft_setup
ft_netem delay 25ms
for ns in A B; do
	ft_on $ns sysctl -qw net.ipv4.tcp_fastopen=3
done
ft_start A "$FT_TMP/f" first_visit --family ferry serve 0.0.0.0 80
ft_start A "$FT_TMP/t" first_visit --family inet serve 0.0.0.0 80
ft_wait_port A stream 80 || ktap_bail "no server"

# The neighbours are known before anything is measured.
ft_on B first_visit --family inet plain "$FT_A4" 80 >/dev/null

cat >"$FT_TMP/tls.py" <<'END'
import socket, ssl, sys, time
what, addr, cert = sys.argv[1:4]
if what == "serve":
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(cert + ".pem", cert + ".key")
    s = socket.create_server((addr, 443))
    print("ready", flush=True)
    while True:
        try:
            c = ctx.wrap_socket(s.accept()[0], server_side=True)
            c.recv(64)
            c.send(b"answer")
            c.close()
        except OSError:
            pass
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ctx.minimum_version = ssl.TLSVersion.TLSv1_3
ctx.check_hostname = False
ctx.load_verify_locations(cert + ".pem")
begin = time.monotonic()
c = ctx.wrap_socket(socket.create_connection((addr, 443)))
c.send(b"GET /")
c.recv(1)
print("%.0f" % ((time.monotonic() - begin) * 1e6))
END
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
	-subj /CN=ferry -keyout "$FT_TMP/c.key" -out "$FT_TMP/c.pem" 2>/dev/null ||
	ktap_bail "no certificate"
ft_start A "$FT_TMP/s" python3 "$FT_TMP/tls.py" serve "$FT_A4" "$FT_TMP/c"
ft_wait grep -q ready "$FT_TMP/s" || ktap_bail "no TLS server"

# round NAME COMMAND...: one visit, told in round trips.
round() {
	local name=$1

	shift
	took=$(ft_on B "$@" | awk -v r=$RTT '{ printf "%.2f", $1 / r }')
	ktap_diag "$(printf '%-36s %5s round trips' "$name" "$took")"
}

ferry="first_visit --family ferry" tcp="first_visit --family inet"
# shellcheck disable=SC2086
{
	round "Ferry, first visit" $ferry fast "$FT_A4" 80
	round "Ferry, second visit" $ferry fast "$FT_A4" 80
	second=$took
	round "TCP" $tcp plain "$FT_A4" 80
	round "TCP with Fast Open, first visit" $tcp fast "$FT_A4" 80
	round "TCP with Fast Open, second visit" $tcp fast "$FT_A4" 80
	round "TLS 1.3 over TCP" python3 "$FT_TMP/tls.py" visit "$FT_A4" "$FT_TMP/c"
}
awk -v s="${second:-9}" 'BEGIN { exit !(s > 0 && s <= 1.1) }'
ktap_result $? "Ferry's second visit within 1.1 round trips: $second"
ktap_finish
