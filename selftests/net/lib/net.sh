# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# net.sh - sourced by the bash tests: KTAP lines, two hosts, waiting for ports.
#
# Two hosts are two network namespaces $FT_A and $FT_B joined by one veth link,
# with addresses $FT_A4, $FT_A6 and $FT_B4, $FT_B6. Everything a test makes is
# gone when it exits, whatever way it exits. $FERRY_TEST_FAMILY (ferry or inet) says
# which sockets the test is about.

: "${FERRY_TEST_FAMILY:=ferry}"
: "${FERRY_TEST_SEED:=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}"
export FERRY_TEST_FAMILY FERRY_TEST_SEED

FT_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
FT_TOP=$(cd "$FT_LIB/../../.." && pwd)
: "${FT_BUILD:=$FT_TOP/build}"
FT_BIN=$FT_BUILD/selftests/net
PATH=$FT_BUILD/bin:$FT_BIN:$PATH:/usr/sbin:/sbin

FT_A=fta-$$ FT_B=ftb-$$ FT_R=ftr-$$
FT_A4=10.77.0.1 FT_B4=10.77.0.2
FT_A6=fd77::1 FT_B6=fd77::2
FT_TMP=

_ktap_n=0 _ktap_planned=0 _ktap_pass=0 _ktap_fail=0 _ktap_skip=0

ktap_plan() {
	_ktap_planned=$1
	printf 'KTAP version 1\n1..%d\n' "$1"
	ktap_diag "family $FERRY_TEST_FAMILY, seed $FERRY_TEST_SEED, kernel $(uname -r)"
}

ktap_diag() {
	printf '# %s\n' "$*"
}

# Print a file (or stdin) as diagnostics, its last 40 lines.
ktap_diag_file() {
	tail -n 40 "$@" 2>/dev/null | sed 's/^/#   /'
}

# ktap_result STATUS NAME: 0 is a pass, everything else a failure.
ktap_result() {
	_ktap_n=$((_ktap_n + 1))
	if [ "$1" -eq 0 ]; then
		_ktap_pass=$((_ktap_pass + 1))
		printf 'ok %d %s\n' "$_ktap_n" "$2"
	else
		_ktap_fail=$((_ktap_fail + 1))
		printf 'not ok %d %s\n' "$_ktap_n" "$2"
	fi
}

# ktap_skip WHY NAME: only for what this kernel can never do.
ktap_skip() {
	_ktap_n=$((_ktap_n + 1))
	_ktap_skip=$((_ktap_skip + 1))
	printf 'ok %d %s # SKIP %s\n' "$_ktap_n" "$2" "$1"
}

ktap_bail() {
	printf 'Bail out! %s\n' "$*"
	exit 1
}

# ktap_finish: totals, and the script's exit status.
ktap_finish() {
	printf '# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:%d error:0\n' \
		"$_ktap_pass" "$_ktap_fail" "$_ktap_skip"
	if [ "$_ktap_n" -ne "$_ktap_planned" ]; then
		ktap_diag "planned $_ktap_planned results, have $_ktap_n"
		exit 1
	fi
	[ "$_ktap_fail" -eq 0 ]
	exit
}

# ft_need PROGRAM PACKAGE...: pairs; one that is missing ends the test.
ft_need() {
	local missing=

	while [ $# -gt 1 ]; do
		command -v "$1" >/dev/null || missing="$missing $1 (package $2)"
		shift 2
	done
	[ -z "$missing" ] || ktap_bail "missing:$missing"
}

# ft_only_ferry NAME REASON: there is nothing to compare with kernel TCP and UDP.
ft_only_ferry() {
	if [ "$FERRY_TEST_FAMILY" = inet ]; then
		ktap_plan 1
		ktap_skip "$2" "$1"
		ktap_finish
	fi
	ft_need ferry "Ferry's own tools"
}

# The processes that a test leaves to the cleanup, newest last.
_ft_pids=

_ft_cleanup() {
	local status=$? ns pids

	trap - EXIT
	trap '' INT TERM
	# shellcheck disable=SC2086
	[ -z "$_ft_pids" ] || kill $_ft_pids 2>/dev/null
	for ns in "$FT_A" "$FT_B" "$FT_R"; do
		[ -e "/run/netns/$ns" ] || continue
		pids=$(ip netns pids "$ns" 2>/dev/null)
		# shellcheck disable=SC2086
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
		ip netns del "$ns"
	done
	[ -z "$FT_TMP" ] || rm -rf "$FT_TMP"
	exit "$status"
}

# ft_setup [MTU]: the two hosts and $FT_TMP, a directory that goes away again.
ft_setup() {
	local mtu=${1:-1500} ns

	[ "$(id -u)" -eq 0 ] || ktap_bail "needs root"
	FT_TMP=$(mktemp -d /tmp/ferry-test.XXXXXX) || ktap_bail "no /tmp"
	trap _ft_cleanup EXIT
	trap 'exit 1' INT TERM
	for ns in "$FT_A" "$FT_B"; do
		ip netns add "$ns" || ktap_bail "cannot add a network namespace"
		ip -n "$ns" link set lo up
	done
	ip link add name eth0 mtu "$mtu" netns "$FT_A" type veth \
		peer name eth0 mtu "$mtu" netns "$FT_B" ||
		ktap_bail "cannot make a veth link"
	_ft_address "$FT_A" "$FT_A4" "$FT_A6"
	_ft_address "$FT_B" "$FT_B4" "$FT_B6"
}

_ft_address() {
	ip -n "$1" addr add "$2/24" dev eth0 &&
	ip -n "$1" addr add "$3/64" dev eth0 nodad &&
	ip -n "$1" link set eth0 up || ktap_bail "cannot set addresses"
}

# ft_router: after ft_setup, a third host R between two more links, eth1 of each.
# R's devices are ra and rb; addresses 10.78.1.1 and .2.2, fd78:1::1 and fd78:2::2, R's end in 254.
# On lo the hosts get 10.99.0.1, fd99::1 and 10.99.0.2, fd99::2: see ft_way.
ft_router() {
	local ns dev n

	ip netns add "$FT_R" && ip -n "$FT_R" link set lo up ||
		ktap_bail "cannot add a network namespace"
	ip netns exec "$FT_R" sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1 || ktap_bail "cannot forward"
	for n in 1 2; do
		[ $n = 1 ] && ns=$FT_A dev=ra || ns=$FT_B dev=rb
		ip link add name eth1 mtu 1500 netns "$ns" type veth \
			peer name $dev mtu 1500 netns "$FT_R" &&
		ip -n "$ns" addr add "10.78.$n.$n/24" dev eth1 &&
		ip -n "$ns" addr add "fd78:$n::$n/64" dev eth1 nodad &&
		ip -n "$ns" link set eth1 up &&
		ip -n "$FT_R" addr add "10.78.$n.254/24" dev $dev &&
		ip -n "$FT_R" addr add "fd78:$n::254/64" dev $dev nodad &&
		ip -n "$FT_R" link set $dev up &&
		ip -n "$ns" addr add "10.99.0.$n/32" dev lo &&
		ip -n "$ns" addr add "fd99::$n/128" dev lo &&
		ip -n "$FT_R" route add "10.99.0.$n" via "10.78.$n.$n" &&
		ip -n "$FT_R" route add "fd99::$n" via "fd78:$n::$n" ||
			ktap_bail "cannot set the router up"
	done
	ft_way router
}

# ft_way router|direct: how the addresses on lo reach each other, both ways.
ft_way() {
	local n ns peer way4 way6

	for n in 1 2; do
		[ $n = 1 ] && ns=$FT_A peer=2 || ns=$FT_B peer=1
		if [ "$1" = router ]; then
			way4="10.78.$n.254" way6="fd78:$n::254"
		else
			way4="10.77.0.$peer" way6="fd77::$peer"
		fi
		ip -n "$ns" route replace "10.99.0.$peer" via "$way4" src "10.99.0.$n" &&
		ip -n "$ns" -6 route replace "fd99::$peer" via "$way6" src "fd99::$n" ||
			ktap_bail "cannot set a route"
	done
}

# ft_on A|B|R COMMAND...: run on that host.
ft_on() {
	local ns=$FT_A

	[ "$1" = A ] || ns=$FT_B
	[ "$1" != R ] || ns=$FT_R
	shift
	ip netns exec "$ns" "$@"
}

# ft_addr A|B 4|6: that host's address.
ft_addr() {
	local name=FT_$1$2

	echo "${!name}"
}

# ft_netem ARGUMENTS...: both directions behave so. Without arguments: clean.
ft_netem() {
	local ns

	for ns in "$FT_A" "$FT_B"; do
		if [ $# -eq 0 ]; then
			tc -n "$ns" qdisc del dev eth0 root
		else
			tc -n "$ns" qdisc replace dev eth0 root netem limit 100000 "$@"
		fi || return 1
	done
}

# ft_start A|B LOGFILE COMMAND...: in the background; its pid is in $FT_PID.
ft_start() {
	local ns=$FT_A log=$2

	[ "$1" = A ] || ns=$FT_B
	shift 2
	# A simple command, so that the pid is the program's and not a shell's.
	ip netns exec "$ns" "$@" >"$log" 2>&1 </dev/null &
	FT_PID=$!
	_ft_pids="$_ft_pids $FT_PID"
}

# ft_stop PID: end what ft_start began and wait until it is gone.
ft_stop() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	_ft_pids=$(echo "$_ft_pids" | sed "s/\\<$1\\>//")
}

# Is the port held on this host? Asks the kernel: a probe that connects or
# binds would be a visitor to servers that serve one visitor only, or take the
# port from the one that is waited for.
_ft_held() {
	local host=$1 type=$2 port=$3 file state=07

	if [ "$FERRY_TEST_FAMILY" != inet ]; then
		[ "$type" = dgram ] && state=all || state=listen
		ft_on "$host" ferry -j socket list "$type" sport "$port" state $state |
			grep -q '{'
		return
	fi
	file=udp
	[ "$type" = dgram ] || file=tcp state=0A
	ft_on "$host" cat /proc/net/$file /proc/net/${file}6 2>/dev/null |
		grep -q "$(printf '^ *[0-9]*: [0-9A-F]*:%04X [0-9A-F:]* %s' \
			"$port" $state)"
}

# ft_wait COMMAND...: until it succeeds; gives up after half a minute.
ft_wait() {
	for _ in $(seq 600); do
		"$@" && return
		sleep 0.05
	done
	ktap_diag "gave up waiting: $*"
	return 1
}

# ft_unused: until nothing holds the module. Closed connections whose peer is gone
# retry for a while, and keep their namespace meanwhile, as TCP's do
# (net.ferry.stream_orphan_retries).
ft_unused() {
	for _ in $(seq 10); do
		ft_wait _ft_no_user && return
	done
	return 1
}

_ft_no_user() {
	[ "$(cat /sys/module/ferry/refcnt)" -eq 0 ]
}

# ft_wait_port A|B stream|dgram PORT: until someone listens there or is bound.
ft_wait_port() {
	ft_wait _ft_held "$@"
}

# ft_stat A|B NAME...: the sum of these counters of Ferry on that host.
ft_stat() {
	local host=$1

	shift
	ft_on "$host" ferry stat | awk -v names="$*" '
		BEGIN { split(names, a); for (i in a) want[a[i]] = 1 }
		$1 in want { n += $2; seen++ }
		END { print n + 0; exit seen == 0 }'
}

# ft_payload FILE BYTES [N]: seeded content, the same in every run of a seed.
ft_payload() {
	payload --seed "$((FERRY_TEST_SEED + ${3:-0}))" --bytes "$2" >"$1"
}

ft_sha() {
	sha256sum <"$1" | cut -d' ' -f1
}

# ft_same FILE FILE: equal by SHA-256, or say how they differ.
ft_same() {
	[ -s "$1" ] && [ "$(ft_sha "$1")" = "$(ft_sha "$2")" ] && return
	ktap_diag "$1 ($(stat -c %s "$1" 2>/dev/null) bytes) and" \
		"$2 ($(stat -c %s "$2" 2>/dev/null) bytes) differ"
	return 1
}
