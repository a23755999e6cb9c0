#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ferry(8): every command for people and as JSON, abbreviations, filters,
# grants from beginning to end, and what it says when something is wrong.
#
# ferry-test: timeout=600

. "$(dirname "$0")/lib/net.sh"

PY=/usr/bin/python3

ft_need $PY python3 ip iproute2 setpriv util-linux timeout coreutils
command -v ferry >/dev/null || ktap_bail "missing: ferry (make tools)"

ktap_plan 25
ft_setup

# check NAME COMMAND...: one result.
check() {
	local name=$1

	shift
	"$@" >"$FT_TMP/out" 2>"$FT_TMP/err"
	local status=$?
	[ $status -eq 0 ] || ktap_diag_file "$FT_TMP/out" "$FT_TMP/err"
	ktap_result $status "$name"
}

on() {
	ft_on A "$@"
}

# json EXPRESSION COMMAND...: the command prints JSON; with it as d, this holds.
json() {
	local expression=$1

	shift
	"$@" >"$FT_TMP/json" || return
	$PY -c '
import json, sys
d = json.load(open(sys.argv[1]))
if not eval("(%s)" % sys.argv[2]):
    sys.exit("not true: %s of %s" % (sys.argv[2], d))' "$FT_TMP/json" "$expression"
}

# says WORDS STATUS COMMAND...: it fails so, and says this on standard error.
says() {
	local words=$1 want=$2

	shift 2
	"$@" >"$FT_TMP/said" 2>"$FT_TMP/said.err"
	local status=$?
	cat "$FT_TMP/said.err"
	[ $status -eq "$want" ] || { echo "status $status, not $want"; return 1; }
	grep -qi -- "$words" "$FT_TMP/said.err"
}

# The sockets to look at. Their standard input stays open until the test ends.
held=0
hold() {
	held=$((held + 1))
	on hold "$@" <"$FT_TMP/open" >"$FT_TMP/hold.$held" 2>&1 &
	_ft_pids="$_ft_pids $!"
	ft_wait grep -q ready "$FT_TMP/hold.$held" || {
		ktap_diag_file "$FT_TMP/hold.$held"
		ktap_bail "no sockets to look at"
	}
}
mkfifo "$FT_TMP/open"
exec 9<>"$FT_TMP/open"

hold dgram 127.0.0.1 4000
hold dgram ::1 4001
hold listen "$FT_A4" 4002
hold pair "$FT_A6" 4003
CLIENT=$(sed -n 's/ready //p' "$FT_TMP/hold.4")

# ---- help ----

help_everywhere() {
	local object

	ferry help | grep -q OBJECT || return
	for object in socket port stat monitor version run; do
		ferry $object help 2>&1 | grep -qi "usage: ferry $object" || {
			[ $object = run ] && ferry run --help | grep -q Usage
		} || return
	done
}
check "help of every object" help_everywhere

check "wrong words are named" eval '
	says "frob.*unknown" 1 ferry frob &&
	says "frob.*filter" 1 on ferry socket list frob &&
	says "no state" 1 on ferry socket state fnord &&
	says "an address" 1 on ferry socket src &&
	says "no address" 1 on ferry socket src 1.2.3 &&
	says "a port" 1 on ferry socket sport 70000 &&
	says "which port" 1 on ferry port reserve &&
	says "to whom" 1 on ferry port grant 80 &&
	says "always, never or auto" 1 ferry -c blue stat'

# ---- version ----

check "version" eval 'on ferry version | grep -q "streams *IP protocol 253"'
check "version as JSON" json 'd[0]["fsp_protocol"] == 253 and d[0]["api"] == 1' \
	on ferry -j version

# ---- socket ----

check "sockets as a table" eval '
	on ferry socket >"$FT_TMP/table" && cat "$FT_TMP/table" &&
	grep -q "^Type  *State  *Recv-Q  *Send-Q  *Local  *Remote$" "$FT_TMP/table" &&
	grep -q "^dgram  *UNCONN .* 127.0.0.1:4000  *0.0.0.0:\*$" "$FT_TMP/table" &&
	grep -q "^dgram  *UNCONN .* \[::1\]:4001 " "$FT_TMP/table" &&
	grep -q "^stream  *LISTEN .* $FT_A4:4002 " "$FT_TMP/table" &&
	grep -q "^stream  *ESTAB .* \[$FT_A6\]:4003  *\[$FT_A6\]:$CLIENT$" "$FT_TMP/table"'
check "no colours into a pipe" eval '! on ferry socket | grep -q "$(printf "\\033")"'
check "colours on demand" eval 'on ferry -c always socket | grep -q "$(printf "\\033")"'

check "sockets as JSON" json '
len(d) == 5 and
[s["state"] for s in d if s["local_port"] == 4002] == ["listen"] and
sorted(s["local_port"] for s in d if s["state"] == "established") ==
sorted([4003, '"$CLIENT"']) and
all("cookie" in s and s["uid"] == 0 for s in d)' on ferry -j socket list

check "details and processes as JSON" json '
all(s["processes"][0]["name"] == "hold" for s in d if s.get("inode")) and
all(s["rcvbuf"] > 0 for s in d) and
all(s["stream"]["congestion"] and s["stream"]["cwnd"] > 0
    for s in d if s["state"] == "established")' on ferry -jp socket list -i -p

check "details for people" eval '
	on ferry so -ip state established >"$FT_TMP/info" && cat "$FT_TMP/info" &&
	grep -q "cwnd:" "$FT_TMP/info" && grep -q "rtt:" "$FT_TMP/info" &&
	grep -q "hold([0-9]*,[0-9]*)" "$FT_TMP/info"'

# count NUMBER FILTER...: so many sockets pass.
count() {
	local n=$1

	shift
	json "len(d) == $n" on ferry -j socket list "$@" ||
		{ echo "filter: $*"; return 1; }
}
check "filters" eval '
	count 2 dgram && count 3 stream && count 5 type stream type dgram &&
	count 2 state established && count 2 state unconnected && count 5 state all &&
	count 3 state listen,established && count 2 state connected &&
	count 1 sport 4000 && count 2 sport 4000-4001 && count 1 dport 4003 &&
	count 1 dst "[$FT_A6]:4003" && count 2 dst "$FT_A6" && count 2 src "$FT_A6/64" &&
	count 1 src 127.0.0.0/8 && count 1 src "$FT_A4:4002" && count 0 src "$FT_A4:4003" &&
	count 1 src "*:4002" && count 5 uid root && count 0 uid 4711 && count 0 inode 1 &&
	count 0 dev lo'
check "the version of IP" eval '
	json "len(d) == 2" on ferry -4 -j socket && json "len(d) == 3" on ferry -6 -j socket'
check "nothing found is an empty list" json 'd == []' on ferry -j socket sport 1
check "names and numbers of ports" eval '
	on ferry socket list sport 4000 | grep -q :4000 &&
	count 0 sport http && count 0 dgram sport domain'
check "the kernel'\''s complaint names the attribute" eval '
	says "last port is below the first" 2 on ferry socket sport 9-8'

cookie() {
	on ferry -j socket sport "$1" |
		$PY -c 'import json, sys; print(json.load(sys.stdin)[0]["cookie"])'
}

check "kill wants to know whom" says "which ones" 1 on ferry socket kill
check "kill needs privilege" says CAP_NET_ADMIN 2 \
	on setpriv --reuid 65534 --clear-groups ferry socket kill sport 4000
check "kill" eval '
	json "len(d) == 1" on ferry -j socket kill sport "$CLIENT" &&
	ft_wait grep -q "gone 103" "$FT_TMP/hold.4" && count 0 state established &&
	on ferry socket kill cookie "$(cookie 4000)" && count 0 sport 4000 &&
	says "no socket was ended" 2 on ferry socket kill sport 4000'

# ---- ports ----

check "ports" eval '
	json "[(p[\"port\"], p[\"state\"]) for p in d if p[\"type\"] == \"stream\"
	       and p[\"state\"] == \"listen\"] == [(4002, \"listen\")]" on ferry -j port &&
	json "[p[\"port\"] for p in d] == [4001]" on ferry -j port list held 4001 dgram &&
	on ferry port | grep -q "^stream  *4002  *held  *LISTEN  *$FT_A4  *root"'

as_nobody() {
	ft_on A setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# Holds a well-known port as nobody; refused: the test ends with its status.
bind_as_nobody() {
	as_nobody hold dgram 127.0.0.1 "$1" </dev/null
}

check "a grant from beginning to end" eval '
	! bind_as_nobody 53 &&
	on ferry port grant 53 dgram uid nobody &&
	bind_as_nobody 53 &&
	json "[(p[\"use\"], p[\"type\"], p[\"first\"], p[\"last\"], p[\"uid\"]) for p in d] ==
	      [(\"granted\", \"dgram\", 53, 53, 65534)]" on ferry -j port rights &&
	on ferry port rights | grep -q "^dgram  *domain  *granted  *nobody" &&
	says "there already" 2 on ferry port grant 53 dgram uid nobody &&
	on ferry port release 53 dgram uid nobody &&
	! bind_as_nobody 53 &&
	says "no such" 2 on ferry port release 53 dgram uid nobody &&
	json "d == []" on ferry -j port rights'
check "a reservation from beginning to end" eval '
	bind_as_nobody 6000 &&
	on ferry p res 6000-6009 &&
	! bind_as_nobody 6000 &&
	on ferry p g 6000-6009 gid 65534 && bind_as_nobody 6001 &&
	json "len(d) == 4" on ferry -j p l rights 6005 &&
	on ferry p rel 6000-6009 gid 65534 && ! bind_as_nobody 6001 &&
	on ferry p rel 6000-6009 && bind_as_nobody 6000'
check "another namespace knows nothing of it" eval '
	on ferry port reserve 7000 &&
	json "d == []" ferry -n "$FT_B" -j port && json "len(d) == 2" ferry -n "$FT_A" -j port rights &&
	on ferry port release 7000 && says "no network namespace" 1 ferry -n fnord port'

# ---- counters ----

check "counters" eval '
	json "len(d) > 50 and all(s[\"value\"] >= 0 for s in d)" on ferry -j stat &&
	json "d[0][\"name\"] == \"PortRefused\" and d[0][\"value\"] > 0" on ferry -j stat portref &&
	json "d and all(s[\"value\"] for s in d)" on ferry -j stat -z &&
	json "[s for s in d if s[\"name\"].startswith(\"Stream\")] == d != []" \
		on ferry -j stat "stream*" &&
	json "d == [{\"name\": \"PortRefused\", \"value\": 0}]" \
		on ferry -j stat -d 0.1 PortRefused &&
	on ferry stat -z | grep -q "^PortRefused  *[1-9][0-9]*$"'

# ---- events ----

# Events come only once it listens, so cause them until it has seen enough.
monitor() {
	local out=$1 i

	shift
	ft_start A "$FT_TMP/$out" timeout 30 ferry "$@"
	i=0
	while kill -0 "$FT_PID" 2>/dev/null && [ $i -lt 300 ]; do
		on ferry port reserve 8000 stream && on ferry port release 8000 stream
		i=$((i + 1))
	done
	wait "$FT_PID"
}
check "events of grants" eval '
	monitor events -j monitor grant -t -n 2 && cat "$FT_TMP/events" &&
	[ "$(wc -l <"$FT_TMP/events")" -eq 2 ] &&
	json "d[\"object\"] == \"grant\" and d[\"first\"] == 8000 and d[\"time\"]" \
		head -n 1 "$FT_TMP/events"'

sockets() {
	local i=0

	ft_start A "$FT_TMP/sockets" timeout 30 ferry monitor socket -n 2
	while kill -0 "$FT_PID" 2>/dev/null && [ $i -lt 300 ]; do
		on hold dgram 127.0.0.1 4009 </dev/null >/dev/null
		i=$((i + 1))
	done
	wait "$FT_PID" && cat "$FT_TMP/sockets" &&
		grep -q "^new socket dgram UNCONN 127.0.0.1:4009" "$FT_TMP/sockets" &&
		grep -q "^closed socket dgram .* 127.0.0.1:4009" "$FT_TMP/sockets"
}
check "events of sockets" sockets

ktap_finish
