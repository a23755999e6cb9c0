#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The transport under load between two hosts, over IPv4 and IPv6: much data,
# many connections, many datagrams, a bad link.
#
# FERRY_TEST_SCALE=small (default) is for every run, FERRY_TEST_SCALE=full the sizes that a
# release is accepted with. FERRY_TEST_MTU sets the link's MTU.
#
# ferry-test: timeout=1800

. "$(dirname "$0")/lib/net.sh"

case ${FERRY_TEST_SCALE:=small} in
small)	BULK=16M BAD=1M MANY=200 SEQ=1000 DGRAMS=3000;;
full)	BULK=1G BAD=16M MANY=1000 SEQ=10000 DGRAMS=100000;;
*)	ktap_bail "FERRY_TEST_SCALE is small or full";;
esac
BAD_LINK="delay 10ms loss 5% reorder 25% duplicate 5% corrupt 1%"

ft_need ip iproute2 tc iproute2 sysctl procps
[ "$FERRY_TEST_FAMILY" = inet ] || ft_need ferry "Ferry's own tools"
ktap_plan 18
ktap_diag "scale $FERRY_TEST_SCALE"
ft_setup "${FERRY_TEST_MTU:-1500}"
# A sender that moves to another processor leaves fragments behind, on the old one's
# queue. IPv4 gives a datagram up whose fragments are 64 datagrams apart, and whether
# it says so once or twice depends on the time: here it waits for them.
ft_on B sysctl -qw net.ipv4.ipfrag_max_dist=0

# drive VERSION PROGRAM OPTION...: output in $FT_TMP/out, its status returned.
drive() {
	local v=$1 program=$2

	shift 2
	"$program" "-$v" --seed "$FERRY_TEST_SEED" --server-ns "$FT_B" --client-ns "$FT_A" \
		--server "$(ft_addr B "$v")" "$@" >"$FT_TMP/out" 2>&1
}

# run NAME VERSION PROGRAM OPTION...: one result.
run() {
	local name=$1 status

	shift
	drive "$@"
	status=$?
	grep -E '^# .*(Mbit/s|ms$|sent=)' "$FT_TMP/out"
	[ $status -eq 0 ] || ktap_diag_file "$FT_TMP/out"
	ktap_result $status "$name.v$1"
}

# What the receiving host says it threw away of datagrams that had arrived.
dropped() {
	if [ "$FERRY_TEST_FAMILY" = inet ]; then
		ft_on B nstat -asz UdpInErrors Udp6InErrors | awk '{ n += $2 } END { print n }'
	else
		ft_stat B DgramDropRcvbuf DgramDropMemory DgramDropCsum \
			DgramDropHeader DgramDropNoMem IpInShort IpInNoMem
	fi
}

lost() {
	sed -n 's/^# sent=.* lost=//p' "$FT_TMP/out"
}

# Datagrams that IP had not all fragments of
incomplete() {
	ft_on B nstat -asz IpReasmFails Ip6ReasmFails | awk '{ n += $2 } END { print n }'
}

# Without a window the receiver loses datagrams, and has to account for each.
run_flood() {
	local v=$1 before after fails

	before=$(dropped)
	fails=$(incomplete)
	run dgram_flood "$v" dgram_random --count "$DGRAMS" --window 0
	after=$(dropped)
	ktap_diag "lost $(lost), counted $((after - before))," \
		"incomplete $(($(incomplete) - fails))"
	[ "$(lost)" = $((after - before)) ]
	ktap_result $? "dgram_flood_losses_are_counted.v$v"
}

for v in 4 6; do
	run bulk_both_ways $v stream_bulk --bytes $BULK
	run many_at_once $v stream_many --count $MANY
	run one_after_another $v stream_seq --count $SEQ
	run dgram_no_loss $v dgram_random --count $DGRAMS
	run_flood $v
done

# The bad link
# shellcheck disable=SC2086
if ft_netem $BAD_LINK 2>"$FT_TMP/err"; then
	for v in 4 6; do
		run bad_link_bulk $v stream_bulk --bytes $BAD
		run bad_link_many $v stream_many --count 50 --bytes 16K
		run bad_link_one_way $v stream_bulk --bytes $BAD --one-way 1
	done
elif [ "$FERRY_TEST_FAMILY" = inet ]; then
	for v in 4 6; do
		for t in bulk many one_way; do
			ktap_skip "this kernel has no netem" bad_link_$t.v$v
		done
	done
else
	ktap_bail "netem: $(cat "$FT_TMP/err")"
fi

ktap_finish
