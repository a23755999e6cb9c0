#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A flood of SYNs from forged addresses, ten times the half-open queue each
# second: everybody else still gets through, and memory stays where it is.
#
# ferry-test: timeout=300

. "$(dirname "$0")/lib/net.sh"

BACKLOG=128
PORT=8080

ft_need ip iproute2 sysctl procps awk gawk
command -v ferry >/dev/null || ktap_bail "missing: ferry (make tools)"

ktap_plan 8
ft_setup

stat_of() {
	ft_stat A "$1"
}

counted() {
	[ "$(stat_of "$1")" -ge "$2" ]
}

slab() {
	awk '$1 == "Slab:" { print $2 }' /proc/meminfo
}

ft_on A ip route add 10.99.0.0/16 via "$FT_B4"
ft_on A sysctl -qw net.ferry.stream_max_syn_backlog=$BACKLOG
ft_start A "$FT_TMP/serve" syn_flood serve 0.0.0.0 $PORT
ft_wait_port A stream $PORT || ktap_bail "no server"

# Tickets for all, so that those nobody gave are looked at.
ft_on A sysctl -qw net.ferry.stream_syncookies=2
[ "$(ft_on B syn_flood connect "$FT_A4" $PORT 5)" = 5 ]
ktap_result $? "connections before the flood"
ft_on B syn_flood forge "$FT_A4" $PORT 100
ft_wait counted StreamSyncookiesFailed 100 && [ "$(stat_of StreamSyncookiesRecv)" = 5 ]
ktap_result $? "forged tickets are refused"
ft_on A sysctl -qw net.ferry.stream_syncookies=1

ft_start B "$FT_TMP/flood" syn_flood flood "$FT_A4" $PORT $((BACKLOG * 10))
ft_wait counted StreamSyncookiesSent $((BACKLOG + 5))
ktap_result $? "the full queue is answered for by tickets"

before=$(slab)
served=$(ft_on B syn_flood connect "$FT_A4" $PORT 100)
after=$(slab)
[ "$served" = 100 ]
ktap_result $? "100 of 100 connections under the flood"
ktap_diag "$served of 100; slab $before to $after kB; $(stat_of StreamSyncookiesSent) tickets given"

[ "$(stat_of StreamSyncookiesRecv)" -ge 90 ]
ktap_result $? "made of tickets: $(stat_of StreamSyncookiesRecv)"
[ "$(stat_of StreamHalfOpenNow)" -le $BACKLOG ]
ktap_result $? "half-open connections: $(stat_of StreamHalfOpenNow) of $BACKLOG"
[ $((after - before)) -le 8192 ]
ktap_result $? "memory stays where it is"
[ "$(stat_of StreamSyncookiesFailed)" = 100 ]
ktap_result $? "no ticket was taken for a wrong one"

ktap_finish
