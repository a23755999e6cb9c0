#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Early demultiplexing: the packets of a connection find their socket before their
# route, and yet obey what becomes of addresses, routes, filters and devices.

. "$(dirname "${BASH_SOURCE[0]}")/lib/net.sh"

PORT=4433

ft_need ip iproute2 nft nftables
ft_only_ferry early_demux "the kernel's own is not ours to test"
ktap_plan 11
ft_setup 1500
ft_router

early()
{
	ft_stat "$1" IpInEarly
}

serve()
{
	ft_start B "$FT_TMP/serve" udp_peer serve "$1" $PORT
	SERVER=$FT_PID
	ft_wait_port B stream $PORT
}

# talk ADDRESS: a client on A, spoken to by say().
talk()
{
	local word

	mkfifo "$FT_TMP/in" "$FT_TMP/out"
	ip netns exec "$FT_A" udp_peer stream "$1" $PORT \
		<"$FT_TMP/in" >"$FT_TMP/out" 2>&1 &
	CLIENT=$!
	_ft_pids="$_ft_pids $CLIENT"
	exec 5>"$FT_TMP/in" 6<"$FT_TMP/out"
	rm "$FT_TMP/in" "$FT_TMP/out"
	read -r -t 60 -u 6 word _
	[ "$word" = ready ] && return
	ktap_diag "client: $word"
	return 1
}

speak()
{
	echo "message $RANDOM" >&5
}

heard()
{
	local answer

	read -r -t 120 -u 6 answer
	[ "$answer" = echo ] && return
	ktap_diag "client: $answer"
	return 1
}

# say N: so many messages, one after another, and their echoes
say()
{
	local i

	for ((i = 0; i < $1; i++)); do
		speak && heard || return
	done
}

hang_up()
{
	exec 5>&- 6<&-
	wait "$CLIENT"
	ft_stop "$SERVER"
}

# found N: of what N messages bring, no less than N packets find their socket early,
# on both hosts. Before that the sockets learn their routes, more than once where the
# kernel changes some meanwhile, as IPv6 does of itself for a while.
found()
{
	local a b

	for _ in $(seq 20); do
		a=$(early A) b=$(early B)
		say "$1" || return
		a=$(($(early A) - a)) b=$(($(early B) - b))
		[ "$a" -ge "$1" ] && [ "$b" -ge "$1" ] && return
	done
	ktap_diag "$1 messages: $a and $b packets found early"
	return 1
}

# not_found N: none of them does, on B
not_found()
{
	local b=$(early B)

	say "$1" || return
	b=$(($(early B) - b))
	[ "$b" -eq 0 ] && return
	ktap_diag "$b packets found early"
	return 1
}

switched()
{
	ft_on B sysctl -qw "$1=0" && not_found 5 &&
		ft_on B sysctl -qw "$1=1" && found 5
}

retransmitted()
{
	[ "$(ft_stat A StreamRetransSegs)" -ge "$1" ]
}

# lost: A's message does not get to B's connection, though A sends it again.
lost()
{
	local again in

	again=$(ft_stat A StreamRetransSegs)
	in=$(ft_stat B StreamInSegs)
	speak && ft_wait retransmitted $((again + 2)) || return
	in=$(($(ft_stat B StreamInSegs) - in))
	[ "$in" -eq 0 ] && return
	ktap_diag "$in segments got to B"
	return 1
}

# B's address goes and comes back.
address()
{
	local len=24

	[ "$1" = 4 ] || len=64
	found 3 || return
	ip -n "$FT_B" addr del "$(ft_addr B "$1")/$len" dev eth0 && lost || return
	# shellcheck disable=SC2046
	ip -n "$FT_B" addr add "$(ft_addr B "$1")/$len" dev eth0 \
		$([ "$1" = 4 ] || echo nodad) && heard && found 3
}

# One beside the cached one, which stays the best but has to be looked up again
other_route()
{
	local route="local $(ft_addr B "$1") dev lo table local metric 2048"

	# shellcheck disable=SC2086
	found 3 && ip -n "$FT_B" "-$1" route add $route && found 3 &&
		ip -n "$FT_B" "-$1" route del $route && found 3
}

for v in 4 6; do
	serve "$(ft_addr B $v)" && talk "$(ft_addr B $v)" && found 10
	ktap_result $? "found.v$v"
	switched net.ferry.early_demux && switched net.ipv4.ip_early_demux
	ktap_result $? "switched.v$v"
	other_route $v
	ktap_result $? "another_route.v$v"
	address $v
	ktap_result $? "address_removed.v$v"
	hang_up
done

# Packets that begin to come by another device are judged anew.
device()
{
	found 3 || return
	ft_on B sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth1.rp_filter=1
	ip -n "$FT_A" route replace 10.99.0.2 via 10.78.1.254 src 10.99.0.1 && lost || return
	ft_on B sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0
	heard && found 3
}

ft_way direct
serve 10.99.0.2 && talk 10.99.0.2 && device
ktap_result $? reverse_path_filter.v4
hang_up

# filtered: packets that are found early are dropped behind routing, too
filtered()
{
	found 3 || return
	ft_on B nft -f - <<-END || ktap_bail "no nftables"
		table inet f {
			chain in {
				type filter hook input priority 0;
				meta l4proto 253 drop
			}
		}
	END
	lost && ft_on B nft delete table inet f && heard && found 3
}

serve "$FT_B4" && talk "$FT_B4" && filtered
ktap_result $? filtered_behind_it.v4
hang_up

# In a VRF they go the long way.
vrf()
{
	ft_on B sysctl -qw net.ipv4.tcp_l3mdev_accept=1
	ip -n "$FT_B" link add vrf0 type vrf table 10 &&
		ip -n "$FT_B" link set vrf0 up &&
		ip -n "$FT_B" link set eth0 master vrf0
}

vrf && serve 0.0.0.0 && talk "$FT_B4" && say 1 && not_found 5
ktap_result $? vrf.v4
hang_up

ktap_finish
