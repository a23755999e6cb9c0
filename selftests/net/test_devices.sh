#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ferry-test: only=6
#
# Real drivers: what leaves by a network card is cut and summed in software, as no
# card is trusted with either (module/ip/csum.c), and arrives as it was sent. The
# cards are emulated, two of each model with a wire between (selftests/vm/run
# --wire); $FERRY_TEST_DRIVERS says whose.
#
# Kernels built here have the first driver only, and UML has none.

. "$(dirname "${BASH_SOURCE[0]}")/lib/net.sh"

: "${FERRY_TEST_DRIVERS:=virtio_net e1000e vmxnet3}"
: "${FERRY_TEST_DEVICES_BYTES:=2M}"

ft_need ip iproute2 ethtool ethtool
ft_only_ferry devices "about sums and cuts of Ferry's own"
read -ra drivers <<<"$FERRY_TEST_DRIVERS"
ktap_plan $((${#drivers[@]} * 23))
ft_setup 1500
ip -n "$FT_A" link del eth0

# cards DRIVER: the names of its devices here
cards() {
	local dev

	for dev in /sys/class/net/*; do
		[ "$(basename "$(readlink "$dev/device/driver")")" != "$1" ] ||
			basename "$dev"
	done
}

# plug DRIVER: its two cards are eth0 of A and B.
plug() {
	local dev

	modprobe "$1" 2>/dev/null
	mapfile -t dev < <(cards "$1")
	[ ${#dev[@]} -eq 2 ] || ktap_bail "$1 has ${#dev[@]} cards; selftests/vm/run --wire"
	ip link set "${dev[0]}" netns "$FT_A" name eth0 &&
		ip link set "${dev[1]}" netns "$FT_B" name eth0 ||
		ktap_bail "cannot move $1's cards"
	_ft_address "$FT_A" "$FT_A4" "$FT_A6"
	_ft_address "$FT_B" "$FT_B4" "$FT_B6"
	# With LRO on vmxnet3's driver leaves GRO out.
	ft_on B ethtool -K eth0 lro off 2>/dev/null
	ft_wait carrier A && ft_wait carrier B || ktap_bail "$1 has no carrier"
}

carrier() {
	[ "$(ft_on "$1" cat /sys/class/net/eth0/carrier)" = 1 ]
}

unplug() {
	local host

	for host in A B; do
		ft_on "$host" ip link set eth0 down
		ft_on "$host" ip link set eth0 name "$1-$host" netns 1 ||
			ktap_bail "cannot take $1's cards back"
	done
}

# offload on|off: what the cards do for kernel TCP and UDP, where they do it at all
offload() {
	local host

	for host in A B; do
		ft_on "$host" ethtool -K eth0 tx "$1" sg on gso on >/dev/null 2>&1
	done
}

# run PROGRAM VERSION OPTION...: between A and B
run() {
	local program=$1 v=$2 status

	shift 2
	"$program" "-$v" --seed "$FERRY_TEST_SEED" --server-ns "$FT_B" --client-ns "$FT_A" \
		--server "$(ft_addr B "$v")" "$@" >"$FT_TMP/out" 2>&1
	status=$?
	[ $status -eq 0 ] || ktap_diag_file "$FT_TMP/out"
	return $status
}

# stream NAME VERSION: A's packets are cut from larger ones on the way out, whatever the
# card can do. Such a one makes at most 45; some are single at the beginning.
stream() {
	local cut packets

	cut=-$(ft_stat A GsoSegmented) packets=-$(ft_stat A StreamOutSegs)
	run stream_bulk "$2" --bytes "$FERRY_TEST_DEVICES_BYTES" --one-way 1
	ktap_result $? "$1.v$2"
	cut=$((cut + $(ft_stat A GsoSegmented)))
	packets=$((packets + $(ft_stat A StreamOutSegs)))
	[ $((cut * 90)) -ge $packets ]
	ktap_result $? "$1.v$2: $packets packets, cut from $cut"
}

# lots NAME VERSION OPTIONS CONDITION: datagrams that were cut from one, $lots of them read
# at once again, $merged put together
lots() {
	local lots merged

	merged=-$(ft_stat B GroMerged)
	# shellcheck disable=SC2086
	run dgram_random "$2" --count 2000 --piece 1200 $3
	ktap_result $? "$1.v$2"
	merged=$((merged + $(ft_stat B GroMerged)))
	lots=$(sed -n 's/^# lots=//p' "$FT_TMP/out")
	(($4))
	ktap_result $? "$1.v$2: $merged merged, $lots read at once"
}

# No sum was wrong.
sums() {
	local bad

	bad=$(($(ft_stat A IpInCsumErrors) + $(ft_stat B IpInCsumErrors)))
	[ $bad -eq 0 ]
	ktap_result $? "$1: all sums are right ($bad are not)"
}

udp() {
	ft_on A sysctl -qw net.ferry.udp="$1"
	ft_on B sysctl -qw net.ferry.udp="$1"
}

for driver in "${drivers[@]}"; do
	plug "$driver"
	ktap_diag "$driver: $(ft_on A ethtool -k eth0 |
		awk -F': ' '/^tx-checksum|^tcp-seg|^generic/ { print $1 "=" $2 }' | tr '\n' ' ')"
	for v in 4 6; do
		stream "$driver: stream" $v
		run dgram_random $v --count 300
		ktap_result $? "$driver: datagrams.v$v"
		lots "$driver: super-datagrams" $v "" 'lots > 0 && merged > 2 * lots'
		lots "$driver: super-datagrams, one by one" $v "--single 1" \
			'merged > 0 && lots == 0'
		udp 3
		stream "$driver: stream inside UDP" $v
		udp 0
		offload off
		stream "$driver: stream, nothing offloaded" $v
		offload on
	done
	sums "$driver"
	unplug "$driver"
done
ktap_finish
