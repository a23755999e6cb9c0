#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# "ferry run" on a kernel without Ferry: what it converts, what it leaves
# alone, what it says, and that no way to start a program escapes it.
# fake_family plays the kernel that has Ferry and notes each socket it gives.
#
# ferry-test: unloaded

. "$(dirname "$0")/../net/lib/net.sh"

APPS=$FT_BUILD/selftests/apps
PROBE=$APPS/run_probe
RUN=("$FT_BUILD/bin/ferry" run)
LIB=$FT_BUILD/lib/libferry-run.so
NO_FERRY="ferry run: this kernel has no Ferry"
PY=/usr/bin/python3

for f in "$APPS/fake_family" "$PROBE" "${RUN[0]}" "$LIB"; do
	[ -e "$f" ] || ktap_bail "$f is not built"
done
ft_need $PY python3 getent libc-bin
[ "$(id -u)" -eq 0 ] || ktap_bail "needs root"
if "$PROBE" socket 19 1 0 >/dev/null; then
	ktap_bail "Ferry is loaded here: this test wants a kernel without it"
fi

FT_TMP=$(mktemp -d /tmp/ferry-test.XXXXXX)
trap _ft_cleanup EXIT
LOG=$FT_TMP/log ERR=$FT_TMP/err OUT=$FT_TMP/out

# fake [-e ERRNO] COMMAND...: the sockets given in $LOG, its output in $OUT and $ERR.
fake() {
	: >"$LOG"
	"$APPS/fake_family" "$LOG" "$@" >"$OUT" 2>"$ERR"
}

# The launcher asks once whether the family is there: not a socket of the program.
given() {
	tail -n +2 "$LOG" | cut -d' ' -f2-
}

# check NAME CONDITION...: a test(1) expression.
check() {
	local name=$1

	shift
	if [ "$@" ]; then
		ktap_result 0 "$name"
	else
		ktap_result 1 "$name"
		ktap_diag "have: $*"
		ktap_diag_file "$ERR"
	fi
}

# One plan for all: count the calls below.
CONVERSIONS="2:1:0:v4_stream 2:1:6:v4_stream 2:2:0:v4_dgram 2:2:17:v4_dgram
	10:1:0:v6_stream 10:1:6:v6_stream 10:2:0:v6_dgram 10:2:17:v6_dgram"
# domain:type:protocol - raw, ping, MPTCP, SCTP, seqpacket, unix, netlink,
# packet, and protocols that do not belong to the type
UNTOUCHED="2:3:1 2:3:255 10:3:58 2:2:1 10:2:58 2:1:262 10:1:262 2:1:132 2:5:132
	2:2:136 1:1:0 1:2:0 16:3:0 17:3:0 2:1:17 2:2:6 10:1:17"
METHODS="execve execve-null execve-preload execvpe execle execveat fexecve execv
	execvp execl execlp system popen posix_spawn posix_spawnp vfork"
plan=0
for x in $CONVERSIONS; do plan=$((plan + 4)); done
for x in $UNTOUCHED; do plan=$((plan + 1)); done
for x in $METHODS; do plan=$((plan + 2)); done
ktap_plan $((plan + 48))

# Conversions, with every combination of flags
for x in $CONVERSIONS; do
	IFS=: read -r domain type proto want <<<"$x"
	for flags in "0::" "800: nonblock: nonblock" "80000: cloexec: cloexec" \
		     "80800: nonblock cloexec: cloexec nonblock"; do
		IFS=: read -r hex in_log seen <<<"$flags"
		fake "${RUN[@]}" "$PROBE" socket "$domain" "$type" "$proto" "$hex"
		check "convert_${want}_protocol_${proto}_flags_$hex" \
			"$(given)/$(cat "$OUT")" = "${want/_/ }$in_log/ok$seen"
	done
done

# Everything else reaches the kernel as the program wrote it
for x in $UNTOUCHED; do
	IFS=: read -r domain type proto <<<"$x"
	want=$("$PROBE" socket "$domain" "$type" "$proto")
	fake "${RUN[@]}" "$PROBE" socket "$domain" "$type" "$proto"
	check "untouched_$x" "$(given)/$(cat "$OUT")" = "/$want"
done

# Modes
for mode in stream dgram; do
	for type in 1:stream 2:dgram; do
		for domain in 2 10; do
			fake "${RUN[@]}" --$mode-only "$PROBE" socket $domain ${type%:*} 0
			[ $mode = "${type#*:}" ] && want=1 || want=0
			check "${mode}_only_${type#*:}_domain_$domain" \
				"$(given | wc -l)" -eq $want
		done
	done
done
fake "${RUN[@]}" --stream-only "$PROBE" exec execve "$PROBE" socket 2 2 0
check mode_reaches_children "$(given)" = ""
fake env FERRY_RUN_MODE=off LD_PRELOAD="$LIB" "$PROBE" socket 2 1 0
check off_converts_nothing ! -s "$LOG"
fake env FERRY_RUN_MODE=off LD_PRELOAD="$LIB" "$PROBE" exec execve /usr/bin/env
check off_leaves_environments_alone ! -s "$OUT"
fake env LD_PRELOAD="$LIB" "$PROBE" socket 2 2 0
check library_alone_converts_all "$(wc -l <"$LOG")" -eq 1

# Fallback: once, with a reason, and only if the family is not there
"${RUN[@]}" "$PROBE" socket 2 1 0 >"$OUT" 2>"$ERR"
check fallback_works "$?/$(cat "$OUT")" = "0/ok"
check fallback_says_so "$(grep -c "$NO_FERRY" "$ERR")" -eq 1
check fallback_says_nothing_else "$(wc -l <"$ERR")" -eq 1
"${RUN[@]}" sh -c "$PROBE socket 2 1 0; $PROBE socket 10 2 0; env -i $PROBE socket 2 1 0" \
	>"$OUT" 2>"$ERR"
check fallback_said_once_per_tree "$(wc -l <"$ERR")/$(grep -c ok "$OUT")" = "1/3"
LD_PRELOAD=$LIB "$PROBE" exec execve "$PROBE" socket 2 1 0 >"$OUT" 2>"$ERR"
check fallback_said_by_library "$(grep -c "$NO_FERRY" "$ERR")" -eq 1
LD_PRELOAD=$LIB $PY -c 'import socket, os
socket.socket(); os.execve("'"$PROBE"'", ["p", "socket", "2", "1", "0"], {})' \
	>"$OUT" 2>"$ERR"
check fallback_said_is_inherited "$(wc -l <"$ERR")" -eq 1
LD_PRELOAD=$LIB "$PROBE" errno >"$OUT" 2>"$ERR"
check fallback_leaves_errno "$(cat "$OUT")" = ok
fake "${RUN[@]}" "$PROBE" socket 2 1 0
check no_word_when_ferry_is_there ! -s "$ERR"
for e in 13:EACCES 24:EMFILE 105:ENOBUFS 94:ESOCKTNOSUPPORT 93:EPROTONOSUPPORT; do
	fake -e "${e%:*}" "${RUN[@]}" "$PROBE" socket 2 1 0
	check "error_is_passed_on_${e#*:}" "$(cat "$OUT" "$ERR")" = "${e#*:}"
done

# --verbose
fake "${RUN[@]}" -v "$PROBE" socket 10 2 0
check verbose_line "$(sed 's/pid [0-9]*/pid N/' "$ERR")" = \
	"ferry run: pid N: socket(AF_INET6, SOCK_DGRAM) -> ferry, fd 3"
fake "${RUN[@]}" --verbose "$PROBE" exec execve "$PROBE" socket 2 1 0
check verbose_reaches_children "$(grep -c SOCK_STREAM "$ERR")" -eq 1
fake "${RUN[@]}" -v "$PROBE" errno
check verbose_leaves_errno "$(cat "$OUT")" = ok

# Programs that start others with an environment of their own
for m in $METHODS; do
	for type in 1:stream 2:dgram; do
		fake "${RUN[@]}" "$PROBE" exec "$m" "$PROBE" socket 10 ${type%:*} 0
		check "environment_${m}_${type#*:}" \
			"$(given)/$(cat "$OUT")" = "v6 ${type#*:}/ok"
	done
done
fake "${RUN[@]}" "$PROBE" exec execve-preload /usr/bin/env
check their_preload_is_kept "$(grep LD_PRELOAD "$OUT")" = "LD_PRELOAD=$LIB:libm.so.6"
check their_variables_are_kept "$(grep -c '^A=b' "$OUT")" -eq 1
LD_PRELOAD=libm.so.6 fake "${RUN[@]}" /usr/bin/env
check user_preload_is_kept "$(grep LD_PRELOAD "$OUT")" = "LD_PRELOAD=$LIB:libm.so.6"
fake "${RUN[@]}" "${RUN[@]}" /usr/bin/env
check nested_run_preloads_once "$(grep LD_PRELOAD "$OUT")" = "LD_PRELOAD=$LIB"
fake "${RUN[@]}" env -i sh -c "env -i $PROBE socket 2 1 0; env -i $PROBE socket 10 2 0"
check cleared_twice "$(given | tr '\n' ,)" = "v4 stream,v6 dgram,"

# Signal handlers, threads
fake "${RUN[@]}" "$PROBE" storm
check storm "$(cat "$OUT")" = "ok $(given | wc -l)"

# What a converted socket says it is
for v in v4 v6; do
	fake "${RUN[@]}" "$PROBE" protocol $v
	check "protocol_is_tcp_and_udp_$v" "$(cat "$OUT")" = "6 17 0"
done
fake env "${RUN[@]}" env FERRY_RUN_MODE=off "$PROBE" protocol v4
check protocol_of_plain_sockets "$(cat "$OUT")" = "6 17 0"
cat >"$FT_TMP/inherited.py" <<'EOF'
import asyncio, socket, sys
async def main():
    host = sys.argv[1]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family)
    made.bind((host, 0))
    # As a server does that is handed its socket.
    given = socket.socket(fileno=made.detach())
    async def serve(reader, writer):
        sock = writer.get_extra_info("socket")
        on = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.write(await reader.readexactly(5) + bytes([48 + (on != 0)]))
        writer.close()
    server = await asyncio.start_server(serve, sock=given)
    reader, writer = await asyncio.open_connection(*given.getsockname()[:2])
    writer.write(b"hello")
    print((await reader.read()).decode())
asyncio.run(main())
EOF
for host in 127.0.0.1 ::1; do
	fake "${RUN[@]}" $PY "$FT_TMP/inherited.py" $host
	check "asyncio_inherited_socket_$host" "$(cat "$OUT")" = hello1
done

# Names are looked up over UDP all the same: no name server speaks Ferry yet
fake "${RUN[@]}" getent hosts name.invalid
check resolver_is_left_alone "$(given)" = ""
fake "${RUN[@]}" $PY -c 'import socket
try: socket.getaddrinfo("name.invalid", 80)
except socket.gaierror: print("no such name")'
check getaddrinfo_is_left_alone "$(given)/$(cat "$OUT")" = "/no such name"

# The launcher's own manners
"${RUN[@]}" >"$OUT" 2>"$ERR"
check usage_without_program $? -eq 2
"${RUN[@]}" -s -d true >"$OUT" 2>"$ERR"
check usage_both_only $? -eq 2
fake "${RUN[@]}" /nonexistent/program
check status_not_found $? -eq 127
fake "${RUN[@]}" "$FT_TMP/inherited.py"
check status_cannot_run $? -eq 126
fake "${RUN[@]}" sh -c 'exit 42'
check status_of_program $? -eq 42
fake "${RUN[@]}" "$APPS/run_probe_static" socket 2 1 0
check static_program_is_named "$(grep -c 'statically linked and cannot be reached' "$ERR")" -eq 1
mkdir "$FT_TMP/a b" && mkdir "$FT_TMP/a b/bin" "$FT_TMP/a b/lib" &&
	cp "${RUN[0]}" "$FT_TMP/a b/bin/" && cp "$LIB" "$FT_TMP/a b/lib/"
fake "$FT_TMP/a b/bin/ferry" run true
check path_with_a_space_is_refused "$?/$(grep -c 'space or colon' "$ERR")" = 125/1

ktap_finish
