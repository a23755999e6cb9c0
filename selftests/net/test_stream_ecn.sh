#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Congestion marks on a real path: asked for, granted, counted and answered; and
# a path that wipes them off is noticed.

. "$(dirname "${BASH_SOURCE[0]}")/lib/net.sh"

: "${FERRY_TEST_ECN_BYTES:=16M}"

ft_need ip iproute2 tc iproute2 nft nftables
ft_only_ferry ecn "about Ferry's own counters"
ktap_plan 18
ft_setup 1500

# set A|B NAME=VALUE: a sysctl of Ferry there.
set_sysctl() {
	ft_on "$1" sysctl -qw "net.ferry.$2" || ktap_bail "cannot set $2"
}

# transfer VERSION: bytes from A to B.
transfer() {
	local status

	stream_bulk "-$1" --seed "$FERRY_TEST_SEED" --server-ns "$FT_B" \
		--client-ns "$FT_A" --server "$(ft_addr B "$1")" --one-way 1 \
		--bytes "$FERRY_TEST_ECN_BYTES" >"$FT_TMP/out" 2>&1
	status=$?
	[ $status -eq 0 ] || ktap_diag_file "$FT_TMP/out"
	return $status
}

# check NAME VERSION WHAT: a transfer, and what it must have done to the counters.
check() {
	local name=$1 v=$2 marked reduced failed

	marked=-$(ft_stat B StreamEcnCeIn)
	reduced=-$(ft_stat A StreamEcnReduced)
	failed=-$(ft_stat A StreamEcnPathFailed)
	transfer "$v"
	ktap_result $? "$name.v$v"
	marked=$((marked + $(ft_stat B StreamEcnCeIn)))
	reduced=$((reduced + $(ft_stat A StreamEcnReduced)))
	failed=$((failed + $(ft_stat A StreamEcnPathFailed)))
	ktap_diag "$name.v$v: $marked marked, $reduced reductions, $failed failed"
	(($3)) || {
		ft_on A ferry stat | grep -v " 0$" > "$FT_TMP/out"
		ktap_diag_file "$FT_TMP/out"
	}
	(($3))
	ktap_result $? "$name.v$v: $3"
}

# What would be dropped is marked where it may be. Cut, or few are there to mark.
ft_on A tc qdisc replace dev eth0 root netem limit 100000 delay 1ms loss 2% ecn ||
	ktap_bail "no netem"
ft_on A ip link set eth0 gso_max_segs 4

set_sysctl A stream_ecn=1
set_sysctl A stream_congestion=cubic	# BBR answers no marks, and asks for none
for v in 4 6; do
	check asked "$v" 'marked > 0 && reduced > 0 && failed == 0'
done

# Nobody asks; the peer does not grant.
set_sysctl A stream_ecn=2
for v in 4 6; do
	check not_asked "$v" 'marked == 0 && reduced == 0'
done
set_sysctl A stream_ecn=1
set_sysctl B stream_ecn=0
for v in 4 6; do
	check not_granted "$v" 'marked == 0 && reduced == 0'
done
set_sysctl B stream_ecn=2

# DCTCP asks by itself and answers more often than once in a round trip.
set_sysctl A stream_ecn=2
set_sysctl A stream_congestion=dctcp
for v in 4 6; do
	check dctcp "$v" 'marked > 0 && reduced > 0 && failed == 0'
done
set_sysctl A stream_congestion=cubic

# A router that wipes the field; IPv4 is enough, the counts are the same.
set_sysctl A stream_ecn=1
ft_on B nft -f - <<-END || ktap_bail "no nftables"
	table ip wipe {
		chain in {
			type filter hook prerouting priority 0;
			ip ecn set not-ect
		}
	}
END
check bleached 4 'marked == 0 && failed > 0'

ktap_finish
