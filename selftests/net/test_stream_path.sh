#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Paths whose MTU is smaller than the hosts think, shrinks, grows or changes with the
# route in mid-connection; with ICMP, and with a router that keeps silent.
#
# ferry-test: timeout=600

. "$(dirname "${BASH_SOURCE[0]}")/lib/net.sh"

: "${FERRY_TEST_PATH_BYTES:=$((6 << 20))}"

ft_need ip iproute2 tc iproute2 nft nftables
ft_only_ferry path "about Ferry's own path MTU discovery"
ktap_plan 34
ft_setup 1500
ft_router

# Slow enough for something to happen in mid-connection
for link in "A eth0" "R rb"; do
	# shellcheck disable=SC2086
	set -- $link
	ft_on "$1" tc qdisc replace dev "$2" root netem limit 1000 delay 2ms rate 6mbit ||
		ktap_bail "no netem"
done

# silent on|off: does the router keep "too big" to itself?
silent() {
	ft_on R nft flush ruleset
	[ "$1" = off ] || ft_on R nft -f - <<-END || ktap_bail "no nftables"
		table inet silent {
			chain out {
				type filter hook output priority 0;
				icmp type destination-unreachable drop
				icmpv6 type packet-too-big drop
			}
		}
	END
}

# mtu SIZE: of what is behind the router. What A has learned is forgotten.
mtu() {
	ft_on R ip link set rb mtu "$1"
}

forget() {
	ft_on A ip route flush cache
	ft_on A ip -6 route flush cache
}

# field NAME: of A's connection
field() {
	ft_on A ferry -j socket list -i |
		sed -n "s/.*\"$1\": *\"\\?\\([0-9a-z]*\\).*/\\1/p" | head -n 1
}

# start VERSION [TIMES]: a transfer in the background, so many times as long.
start() {
	local addr=10.99.0.2

	[ "$1" = 4 ] || addr=fd99::2
	before=$(counters)
	stream_bulk "-$1" --seed "$FERRY_TEST_SEED" --server-ns "$FT_B" \
		--client-ns "$FT_A" --server "$addr" --one-way 1 \
		--bytes "$((FERRY_TEST_PATH_BYTES * ${2:-1}))" >"$FT_TMP/out" 2>&1 </dev/null &
	FT_PID=$!
	_ft_pids="$_ft_pids $FT_PID"
}

under_way() {
	local n

	n=$(field bytes_acked)
	[ "${n:-0}" -gt 1000000 ] || ! kill -0 "$FT_PID" 2>/dev/null
}

counters() {
	local name

	for name in StreamMtuBlackHole StreamMtuProbeSent StreamMtuProbeAcked StreamTimeouts; do
		ft_stat A $name
	done | paste -sd' '
}

# found LOW HIGH: does A's path MTU come to be there while the transfer lasts?
found() {
	local n

	while kill -0 "$FT_PID" 2>/dev/null; do
		n=$(field pmtu)
		[ "${n:-0}" -lt "$1" ] || [ "$n" -gt "$2" ] || return 0
		sleep 0.05
	done
	ktap_diag "path MTU ${n:-unknown} when the transfer ended"
	return 1
}

# finish NAME CONDITION: all bytes arrived, and what that took
finish() {
	local a b status

	wait "$FT_PID"
	status=$?
	[ $status -eq 0 ] || ktap_diag_file "$FT_TMP/out"
	ktap_result $status "$1"
	# shellcheck disable=SC2206
	a=($before) b=($(counters))
	holes=$((b[0] - a[0])) probes=$((b[1] - a[1])) answers=$((b[2] - a[2]))
	timeouts=$((b[3] - a[3]))
	ktap_diag "$1: $holes black holes, $probes probes, $answers answered, $timeouts timeouts"
	(($2))
	ktap_result $? "$1: $2"
}

# A SYN that is refused on the way: connect() has the lock when ICMP says so. It is
# not to be lost, or a second SYN would be needed.
for v in 4 6; do
	[ $v = 4 ] && to=10.99.0.3 || to=fd99::3
	ft_on A ip "-$v" route replace $to via "$([ $v = 4 ] && echo 10.78.1.254 || echo fd78:1::254)"
	ft_on R ip "-$v" route replace prohibit $to
	syns=-$(ft_stat A StreamOutSegs)
	ft_on A first_visit plain $to 7 >"$FT_TMP/out" 2>&1
	syns=$((syns + $(ft_stat A StreamOutSegs)))
	ktap_diag "refused.v$v: $syns SYNs"
	[ $syns -eq 1 ]
	ktap_result $? "refused.v$v"
done

for v in 4 6; do
	silent off
	mtu 1360
	forget
	start $v
	finish "icmp.v$v" 'holes == 0'

	silent on
	forget
	start $v
	found 1339 1360
	ktap_result $? "black_hole.v$v: path MTU found"
	finish "black_hole.v$v" 'holes >= 1 && answers >= 1'

	mtu 1500
	start $v
	ft_wait under_way
	mtu 1400
	found 1379 1400
	ktap_result $? "shrinks_silently.v$v: path MTU found"
	finish "shrinks_silently.v$v" 'holes >= 1 && answers >= 1'

	# From behind the router, where ICMP said 1360, to the other link and back
	silent off
	mtu 1360
	start $v
	ft_wait under_way
	ft_way direct
	found 1500 1500
	ktap_result $? "wider_route.v$v: path MTU found"
	finish "wider_route.v$v" 'holes == 0 && answers >= 1'

	forget
	silent on
	start $v
	ft_wait under_way
	ft_way router
	found 1339 1360
	ktap_result $? "narrow_route.v$v: path MTU found"
	finish "narrow_route.v$v" 'holes >= 1 && answers >= 1'

	# From small up: nothing is ever lost to the path's size. The sizes tried before
	# one passes are given up after three probes each, which takes its time.
	# A host that stands still for 200 ms makes for a timeout, too, but not each time.
	ft_on A sysctl -qw net.ferry.stream_mtu_probing=2
	for _ in 1 2 3; do
		start $v 2
		wait "$FT_PID"
		[ "$(ft_stat A StreamTimeouts)" -eq "${before##* }" ] && break
		ktap_diag "always.v$v: a timeout; once more"
	done
	finish "always.v$v" 'holes == 0 && answers >= 1 && timeouts == 0'
	ft_on A sysctl -qw net.ferry.stream_mtu_probing=1
done

ktap_finish
