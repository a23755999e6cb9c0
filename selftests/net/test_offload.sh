#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Super-packets of streams: they cross a veth whole, are cut where a device
# wants single packets, and are merged again where GRO is on. The bytes are the
# same in all cases.

. "$(dirname "${BASH_SOURCE[0]}")/lib/net.sh"

: "${FERRY_TEST_OFFLOAD_BYTES:=8M}"

ft_need ip iproute2 ethtool ethtool
[ "$FERRY_TEST_FAMILY" = inet ] || ft_need ferry "Ferry's own tools"
ktap_plan 16
ft_setup 1500

# A counter of Ferry; of TCP there is none like it.
stat() {
	[ "$FERRY_TEST_FAMILY" = inet ] && { echo 0; return; }
	ft_stat "$@"
}

# device A|B NAME: a counter of the link's end there.
device() {
	ft_on "$1" cat "/sys/class/net/eth0/statistics/$2"
}

# feature A|B NAME on|off...: switch offloads of the link's end there.
feature() {
	local host=$1

	shift
	ft_on "$host" ethtool -K eth0 "$@" >"$FT_TMP/ethtool" 2>&1 ||
		{ ktap_diag_file "$FT_TMP/ethtool"; return 1; }
}

# transfer VERSION: bytes from A to B; the sizes that went over the wire in $mean.
transfer() {
	local packets=-$(device A tx_packets) bytes=-$(device A tx_bytes) status

	stream_bulk "-$1" --seed "$FERRY_TEST_SEED" --server-ns "$FT_B" \
		--client-ns "$FT_A" --server "$(ft_addr B "$1")" --one-way 1 \
		--bytes "$FERRY_TEST_OFFLOAD_BYTES" >"$FT_TMP/out" 2>&1
	status=$?
	[ $status -eq 0 ] || ktap_diag_file "$FT_TMP/out"
	packets=$((packets + $(device A tx_packets)))
	bytes=$((bytes + $(device A tx_bytes)))
	mean=$((bytes / packets))
	return $status
}

# check NAME VERSION WHAT: a transfer, and a condition on what it left behind.
check() {
	local name=$1 v=$2 cut merged

	cut=-$(stat A GsoSegmented)
	merged=-$(stat B GroMerged)
	transfer "$v"
	ktap_result $? "$name.v$v"
	cut=$((cut + $(stat A GsoSegmented)))
	merged=$((merged + $(stat B GroMerged)))
	ktap_diag "$name.v$v: $mean bytes a packet, $cut cut, $merged merged"
	[ "$FERRY_TEST_FAMILY" = inet ] || (($3))
	ktap_result $? "$name.v$v: $3"
}

for v in 4 6; do
	check whole "$v" 'mean > 8000 && cut == 0'
done

feature A tx-sctp-segmentation off tso off
for v in 4 6; do
	check cut "$v" 'mean <= 1514 && cut > 0'
done

# Held for a while, so that there is something to merge.
feature B gro on
ft_on B sh -c 'echo 2000000 > /sys/class/net/eth0/gro_flush_timeout'
for v in 4 6; do
	check merged "$v" 'merged > 0'
done

if [ "$FERRY_TEST_FAMILY" = ferry ]; then
	ft_on B sysctl -q net.ferry.gro=0
fi
for v in 4 6; do
	check unmerged "$v" 'merged == 0'
done
ktap_finish
