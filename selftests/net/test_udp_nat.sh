#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside UDP through a NAT: host A is behind a router that masquerades, host B
# is outside. Connections and datagrams, bulk with offloads on and off, a path
# narrower than the hosts know, a NAT that gives another port in mid-connection,
# both ends restarted, errors, and an unmodified program.
#
# What it moves in mid-transfer comes too late or too early where an emulated machine
# is slow: see the note in Documentation/testing.md.
#
# ferry-test: timeout=600 only=uml

. "$(dirname "${BASH_SOURCE[0]}")/lib/net.sh"

: "${FERRY_TEST_UDP_BYTES:=8M}"
PORT=4433
PY=/usr/bin/python3

ft_only_ferry udp_nat "there is no kernel TCP inside UDP"
ft_need ip iproute2 nft nftables ethtool ethtool curl curl $PY python3
ktap_plan 35

on_router()
{
	ip netns exec "$FT_R" "$@"
}

# masquerade FROM-TO: outer ports that the NAT gives from now on.
masquerade()
{
	on_router nft -f - <<-END
		flush ruleset
		table inet nat {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "out" meta l4proto udp masquerade to :$1
			}
		}
	END
}

# A and B with a router between them instead of the one link of ft_setup().
build()
{
	ft_setup 1500
	ip netns add "$FT_R" || ktap_bail "cannot add a network namespace"
	ip -n "$FT_A" link del eth0
	ip link add name eth0 netns "$FT_A" type veth peer name in netns "$FT_R"
	ip link add name eth0 netns "$FT_B" type veth peer name out netns "$FT_R"
	_ft_address "$FT_A" 10.78.0.1 fd78::1
	_ft_address "$FT_B" "$FT_B4" "$FT_B6"
	on_router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv6.conf.out.keep_addr_on_down=1
	ip -n "$FT_R" addr add 10.78.0.2/24 dev in
	ip -n "$FT_R" addr add fd78::2/64 dev in nodad
	ip -n "$FT_R" addr add 10.77.0.1/24 dev out
	ip -n "$FT_R" addr add fd77::1/64 dev out nodad
	ip -n "$FT_R" link set lo up
	ip -n "$FT_R" link set in up
	ip -n "$FT_R" link set out up
	ip -n "$FT_A" route add default via 10.78.0.2
	ip -n "$FT_A" route add default via fd78::2
	masquerade 20000-20100 || ktap_bail "no nftables masquerade in this kernel"
}

# rebind FROM-TO: what the NAT knew of its connections is gone, with its link.
rebind()
{
	masquerade "$1" &&
	ip -n "$FT_R" link set out down &&
	ip -n "$FT_R" link set out up &&
	ft_wait forgotten
}

forgotten()
{
	! on_router grep -q "dport=6253.*dport=20[01]" /proc/net/nf_conntrack 2>/dev/null
}

serve()
{
	ft_start B "$FT_TMP/serve.$1" udp_peer serve "$(ft_addr B "$1")" $PORT
	SERVER=$FT_PID
	ft_wait_port B stream $PORT
}

# talk TYPE VERSION [udp]: a client in $C_PID, spoken to by say().
talk()
{
	mkfifo "$FT_TMP/in" "$FT_TMP/out"
	ip netns exec "$FT_A" udp_peer "$1" "$(ft_addr B "$2")" $PORT "${3:-}" \
		<"$FT_TMP/in" >"$FT_TMP/out" 2>&1 &
	C_PID=$!
	_ft_pids="$_ft_pids $C_PID"
	exec 5>"$FT_TMP/in" 6<"$FT_TMP/out"
	rm "$FT_TMP/in" "$FT_TMP/out"
	read -r -t 60 -u 6 WORD C_PORT
	[ "$WORD" = ready ] || { ktap_diag "client: $WORD $C_PORT"; return 1; }
}

# say: one message; succeeds where its echo comes.
say()
{
	local answer

	echo "message $RANDOM" >&5
	read -r -t 120 -u 6 answer
	[ "$answer" = echo ] && return
	ktap_diag "client: $answer"
	return 1
}

hang_up()
{
	exec 5>&- 6<&-
	wait "$C_PID"
}

# outer_port TYPE: of A's socket as B sees it.
outer_port()
{
	ft_on B ferry -j socket list -i "$1" sport $PORT state all |
		$PY -c 'import json, sys
ports = [s["udp_port"] for s in json.load(sys.stdin) if s.get("udp_port")]
print(ports[0] if ports else 0)'
}

between()
{
	[ "$1" -ge "$2" ] && [ "$1" -le "$3" ] && return
	ktap_diag "port $1 is not in $2-$3"
	return 1
}

# Without UDP nothing gets through this NAT: what is tested is what is meant.
bare_is_stopped()
{
	serve 4
	ft_on A sysctl -qw net.ferry.stream_syn_retries=1
	ip netns exec "$FT_A" udp_peer stream "$FT_B4" $PORT </dev/null >"$FT_TMP/bare" 2>&1 &&
		return 1
	ft_on A sysctl -qw net.ferry.stream_syn_retries=7
	ft_stop "$SERVER"
}

# narrow VERSION [mtu N]: the router's way to B, which only it knows of
narrow()
{
	local to=10.77.0.0/24

	[ "$1" = 4 ] || to=fd77::/64
	ip "-$1" -n "$FT_R" route flush "$to"
	shift
	ip -n "$FT_R" route add "$to" dev out "$@"
}

bulk()
{
	stream_bulk "-$1" --seed "$FERRY_TEST_SEED" --server-ns "$FT_B" --client-ns "$FT_A" \
		--server "$(ft_addr B "$1")" --bytes "$FERRY_TEST_UDP_BYTES" >"$FT_TMP/bulk" 2>&1 &&
		return
	ktap_diag_file "$FT_TMP/bulk"
	return 1
}

offloads()
{
	ip netns exec "$FT_A" ethtool -K eth0 tso "$1" tx-sctp-segmentation "$1" \
		tx-udp_tnl-csum-segmentation "$1" >/dev/null 2>&1 || :
}

rebind_in_bulk()
{
	local pid status moved

	moved=-$(ft_stat B UdpPeerMoved)
	ft_on A tc qdisc replace dev eth0 root netem delay 20ms rate 50mbit limit 1000
	bulk "$1" &
	pid=$!
	ft_wait enough "$1" || return
	rebind 23000-23100
	wait $pid
	status=$?
	ft_on A tc qdisc del dev eth0 root
	moved=$((moved + $(ft_stat B UdpPeerMoved)))
	ktap_diag "moved $moved times"
	[ $status -eq 0 ] && [ $moved -gt 0 ]
}

# Somewhere in the middle of it
enough()
{
	[ "$(ft_stat B StreamInBytes)" -gt $((START + 1000000)) ]
}

build
ft_on B sysctl -qw net.ferry.udp=2

bare_is_stopped
ktap_result $? "bare: does not pass the NAT"

for v in 4 6; do
	rebind 20000-20100
	serve $v

	talk stream $v udp && say && say
	ktap_result $? "stream.v$v: passes"
	between "$(outer_port stream)" 20000 20100
	ktap_result $? "stream.v$v: its port is the NAT's"
	rebind 21000-21100 && say && say
	ktap_result $? "stream.v$v: another port in mid-connection"
	between "$(outer_port stream)" 21000 21100
	ktap_result $? "stream.v$v: which the server has learnt"
	hang_up

	talk dgram $v udp && say && say
	ktap_result $? "dgram.v$v: passes"
	rebind 22000-22100
	say >/dev/null; say >/dev/null
	say
	ktap_result $? "dgram.v$v: another port, after a moment"
	hang_up

	ft_stop "$SERVER"
	serve $v
	talk stream $v udp && say
	ktap_result $? "restart.v$v: the server's"
	kill -KILL "$C_PID"
	wait "$C_PID" 2>/dev/null
	exec 5>&- 6<&-
	talk stream $v udp && say
	ktap_result $? "restart.v$v: the client's"
	hang_up
	ft_stop "$SERVER"

	# all of stream_bulk's sockets, whose program knows nothing of it
	ft_on A sysctl -qw net.ferry.udp=3
	bulk $v
	ktap_result $? "bulk.v$v: whole super-packets"
	offloads off
	cut=-$(ft_stat A GsoSegmented)
	bulk $v
	ktap_result $? "bulk.v$v: cut in software"
	cut=$((cut + $(ft_stat A GsoSegmented)))
	[ $cut -gt 0 ]
	ktap_result $? "bulk.v$v: which cut something"
	offloads on

	errors=-$(ft_stat A IcmpIn)
	narrow $v mtu 1320
	bulk $v
	ktap_result $? "mtu.v$v: a narrower link behind the NAT"
	errors=$((errors + $(ft_stat A IcmpIn)))
	[ $errors -gt 0 ]
	ktap_result $? "mtu.v$v: the NAT's ICMP errors reach the connection"
	narrow $v

	START=$(ft_stat B StreamInBytes)
	rebind_in_bulk $v
	ktap_result $? "bulk.v$v: another port in the middle"
	ft_on A sysctl -qw net.ferry.udp=2

	ip netns exec "$FT_B" $PY -c '' && ft_start B "$FT_TMP/http.$v" ferry run --udp $PY -m http.server \
		--bind "$(ft_addr B $v)" --directory "$FT_BIN/.." 8080
	ft_wait_port B stream 8080
	url=$(ft_addr B $v); [ $v = 4 ] || url="[$url]"
	ft_on A timeout 60 ferry run --udp curl -sf -o "$FT_TMP/got" "http://$url:8080/net/stream_bulk" &&
		ft_same "$FT_TMP/got" "$FT_BIN/stream_bulk"
	ktap_result $? "apps.v$v: curl through ferry run --udp"
	ft_stop "$FT_PID"
done

ip netns exec "$FT_A" sysctl -qw net.ferry.udp=0
! ip netns exec "$FT_A" ferry run --udp curl -sf -m 5 "http://$FT_B4:8080/" >/dev/null 2>&1
ktap_result $? "off: ferry run --udp does not go bare"
[ "$(ft_stat B UdpIn)" -gt 1000 ] && [ "$(ft_stat B UdpOut)" -gt 1000 ]
ktap_result $? "stat: counted"
[ "$(ft_stat B UdpDropHeader UdpDropCsum UdpDropAddress)" -eq 0 ]
ktap_result $? "stat: nothing was malformed"
[ "$(ft_on B ferry stat | awk '/IpInCsumErrors|DgramDropCsum/ { n += $2 } END { print n + 0 }')" -eq 0 ]
ktap_result $? "stat: no checksum was wrong"
ktap_finish
