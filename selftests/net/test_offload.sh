#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Super-packets of streams: they cross a veth whole, are cut where a device
# wants single packets, and are merged again where GRO is on, as datagrams are. The bytes are the
# same in all cases. Sums that a veth leaves out are made where packets go on.

. "$(dirname "${BASH_SOURCE[0]}")/lib/net.sh"

: "${FERRY_TEST_OFFLOAD_BYTES:=8M}"

ft_need ip iproute2 ethtool ethtool
[ "$FERRY_TEST_FAMILY" = inet ] || ft_need ferry "Ferry's own tools"
ktap_plan 31
ft_setup 1500
ft_router

# A counter of Ferry; of TCP there is none like it.
stat() {
	[ "$FERRY_TEST_FAMILY" = inet ] && { echo 0; return; }
	ft_stat "$@"
}

# device A|B NAME: a counter of the link's end there.
device() {
	ft_on "$1" cat "/sys/class/net/eth0/statistics/$2"
}

# far 4|6: B's address behind the router.
far() {
	[ "$1" = 4 ] && echo 10.99.0.2 || echo fd99::2
}

# feature A|B|R DEVICE NAME on|off...: switch offloads there.
feature() {
	local host=$1

	shift
	ft_on "$host" ethtool -K "$@" >"$FT_TMP/ethtool" 2>&1 ||
		{ ktap_diag_file "$FT_TMP/ethtool"; return 1; }
}

# transfer VERSION ADDRESS: bytes from A to B; the sizes on eth0 in $mean.
transfer() {
	local packets=-$(device A tx_packets) bytes=-$(device A tx_bytes) status

	stream_bulk "-$1" --seed "$FERRY_TEST_SEED" --server-ns "$FT_B" \
		--client-ns "$FT_A" --server "$2" --one-way 1 \
		--bytes "$FERRY_TEST_OFFLOAD_BYTES" >"$FT_TMP/out" 2>&1
	status=$?
	[ $status -eq 0 ] || ktap_diag_file "$FT_TMP/out"
	packets=$((packets + $(device A tx_packets)))
	bytes=$((bytes + $(device A tx_bytes)))
	mean=$((packets ? bytes / packets : 0))
	return $status
}

# check NAME VERSION WHAT [ADDRESS]: a transfer, and a condition on what it left behind.
check() {
	local name=$1 v=$2 cut merged again

	cut=-$(stat A GsoSegmented)
	again=-$(stat R GsoSegmented)
	merged=-$(stat B GroMerged)
	transfer "$v" "${4:-$(ft_addr B "$v")}"
	ktap_result $? "$name.v$v"
	cut=$((cut + $(stat A GsoSegmented)))
	again=$((again + $(stat R GsoSegmented)))
	merged=$((merged + $(stat B GroMerged)))
	ktap_diag "$name.v$v: $mean bytes a packet, $cut cut, $again again, $merged merged"
	[ "$FERRY_TEST_FAMILY" = inet ] || (($3))
	ktap_result $? "$name.v$v: $3"
}

# lots NAME VERSION CONDITION: datagrams cut from one, $lots of them read at once again
lots() {
	local lots status

	dgram_random "-$2" --seed "$FERRY_TEST_SEED" --server-ns "$FT_B" --client-ns "$FT_A" \
		--server "$(ft_addr B "$2")" --count 2000 --piece 1200 >"$FT_TMP/out" 2>&1
	status=$?
	[ $status -eq 0 ] || ktap_diag_file "$FT_TMP/out"
	lots=$(sed -n 's/^# lots=//p' "$FT_TMP/out")
	[ $status -eq 0 ] && { [ "$FERRY_TEST_FAMILY" = inet ] || (($3)); }
	ktap_result $? "$1.v$2: $lots read at once"
}

for v in 4 6; do
	check whole "$v" 'mean > 8000 && cut == 0'
done

feature A eth0 tx-sctp-segmentation off tso off
for v in 4 6; do
	check cut "$v" 'mean <= 1514 && cut > 0'
done

# Cut by netem, which then changes bits, half of them in Ferry's header: only a sum
# finds those. Of some hundred packets so many that not one is too unlikely.
ft_on A tc qdisc add dev eth0 root netem limit 100000 corrupt 5%
bad=-$(stat B IpInCsumErrors)
for v in 4 6; do
	check corrupted "$v" 'cut > 0'
done
bad=$((bad + $(stat B IpInCsumErrors)))
[ "$FERRY_TEST_FAMILY" = inet ] || [ $bad -gt 0 ]
ktap_result $? "corrupted packets are noticed"
ft_on A tc qdisc del dev eth0 root

# Cut by A without a sum. R passes them on to a device that makes none itself, and to
# one that would, but takes no super-packets.
feature A eth1 tx-sctp-segmentation off tso off
feature R rb tx off
for v in 4 6; do
	check routed "$v" 'cut > 0 && again > cut' "$(far $v)"
done
feature R rb tx on
feature R rb tx-sctp-segmentation off tso off
check routed_on 4 'cut > 0 && again > cut' "$(far 4)"

# Held for a while, so that there is something to merge.
feature B eth0 gro on
ft_on B sh -c 'echo 2000000 > /sys/class/net/eth0/gro_flush_timeout'
for v in 4 6; do
	check merged "$v" 'merged > 0'
	lots "merged datagrams" "$v" 'lots > 0'
done

if [ "$FERRY_TEST_FAMILY" = ferry ]; then
	ft_on B sysctl -q net.ferry.gro=0
fi
for v in 4 6; do
	check unmerged "$v" 'merged == 0'
	lots "unmerged datagrams" "$v" 'lots == 0'
done
ktap_finish
