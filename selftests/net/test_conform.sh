#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Conformance: what the module sends and does for every packet of a script that
# plays the remote host (selftests/net/conform; README there). $FT_CONFORM picks
# scripts by name (shell patterns).
#
# ferry-test: timeout=240

# shellcheck source=selftests/net/lib/net.sh
. "$(dirname "$0")/lib/net.sh"

HERE=$FT_TOP/selftests/net/conform

[ "$(id -u)" -eq 0 ] || ktap_bail "needs root"
[ "$FERRY_TEST_FAMILY" = ferry ] || ktap_bail "these are rules for Ferry"
[ -e /dev/net/tun ] || modprobe -q tun
[ -e /dev/net/tun ] || ktap_bail "no /dev/net/tun (a kernel with CONFIG_TUN)"
[ -x "$FT_BIN/conform/conform" ] || ktap_bail "conform is not built (make selftests)"

scripts=()
read -ra names <<< "${FT_CONFORM:-*}"
for name in "${names[@]}"; do
	for f in "$HERE"/scripts/$name.fsp; do
		[ ! -e "$f" ] || scripts+=("$f")
	done
done
exec "$FT_BIN/conform/conform" "$@" "${scripts[@]}"
