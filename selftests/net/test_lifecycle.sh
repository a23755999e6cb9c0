#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Nothing is left: of namespaces that go away with live sockets in them, of
# many connections, of the module when it is unloaded. And while a socket is
# open it cannot be unloaded.
#
# FERRY_TEST_SCALE=full does it as often as a release is accepted with.
#
# ferry-test: timeout=1800

. "$(dirname "$0")/lib/net.sh"

case ${FERRY_TEST_SCALE:=small} in
small)	NAMESPACES=20 RELOADS=5 SEQ=1000;;
full)	NAMESPACES=200 RELOADS=50 SEQ=10000;;
*)	ktap_bail "FERRY_TEST_SCALE is small or full";;
esac

ft_need ip iproute2 rmmod kmod insmod kmod
[ -d /sys/module/ferry ] || ktap_bail "ferry.ko is not loaded"
[ -e "${VM_KO:-}" ] || ktap_bail "VM_KO does not name ferry.ko"
ktap_plan 7
FT_TMP=$(mktemp -d /tmp/ferry-test.XXXXXX) || ktap_bail "no /tmp"
trap _ft_cleanup EXIT

# What the sockets' slab caches hold. The kernel counts what lies free in a
# CPU's own slab as held, so this is only good to see what grows.
objects() {
	awk '/^(FERRY|ferry)/ { n += $2 } END { print n + 0 }' /proc/slabinfo
}

no_more_than() {
	[ "$(objects)" -le "$1" ]
}

# Who still holds the module: sockets of this namespace, and processes.
holders() {
	ktap_diag "still $(cat /sys/module/ferry/refcnt) users"
	ferry socket -i 2>&1 | ktap_diag_file /dev/stdin
	ps -eo pid,stat,wchan:20,args --no-headers | grep -v '\[' >"$FT_TMP/ps"
	ktap_diag_file "$FT_TMP/ps"
}

# quiet NAME STATUS: passed if STATUS is 0 and nothing holds the module.
quiet() {
	local status=$2

	ft_wait _ft_no_user || { status=1; holders; }
	[ "$status" -eq 0 ] || ktap_diag_file "$FT_TMP/out"
	ktap_result "$status" "$1"
}

# What earlier tests left
ft_unused

live_sockets --count "$NAMESPACES" >"$FT_TMP/out" 2>&1
quiet namespaces_with_live_sockets $?

# A first round fills what stays; a second one is to add nothing.
{ stream_seq --count 50 && stream_seq -6 --count 50 &&
	stream_many -6 --count 100 --bytes 16K; } >"$FT_TMP/out" 2>&1
quiet connections_end $?
before=$(objects)
stream_seq -6 --count "$SEQ" >"$FT_TMP/out" 2>&1
status=$?
stream_many -6 --count 100 --bytes 16K >>"$FT_TMP/out" 2>&1 || status=1
dgram_random --count 500 >>"$FT_TMP/out" 2>&1 || status=1
quiet many_connections_end $status
ft_wait no_more_than $((before + 256))
ktap_result $? "slabs_return"
ktap_diag "objects before $before, after $(objects)"

# In use
/usr/bin/python3 -c 'import socket, time
s = socket.socket(19, socket.SOCK_STREAM, 0)
print("open", flush=True)
time.sleep(600)' >"$FT_TMP/ready" &
_ft_pids=$!
ft_wait test -s "$FT_TMP/ready"
! rmmod ferry 2>"$FT_TMP/out" && grep -q 'in use' "$FT_TMP/out"
ktap_result $? "unloading_in_use_is_refused"
kill $_ft_pids
wait $_ft_pids 2>/dev/null
_ft_pids=

status=0
for i in $(seq "$RELOADS"); do
	{ ft_wait _ft_no_user && rmmod ferry && insmod "$VM_KO" &&
		live_sockets --count 2; } >"$FT_TMP/out" 2>&1 ||
		{ status=1; ktap_diag "round $i"; break; }
done
quiet reload_between_runs $status

ft_wait _ft_no_user && rmmod ferry 2>"$FT_TMP/out"
status=$?
! stream_seq --count 1 >>"$FT_TMP/out" 2>&1 && [ $status -eq 0 ] &&
	insmod "$VM_KO" && stream_seq --count 1 >"$FT_TMP/out" 2>&1
ktap_result $? "gone_when_unloaded"

ktap_finish
