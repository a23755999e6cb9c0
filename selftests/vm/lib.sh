# SPDX-License-Identifier: GPL-2.0-only
# Shell functions shared by the scripts of selftests/vm. Source it; bash only.

set -o errexit -o nounset -o pipefail
export LC_ALL=C

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
TOP=$(cd "$VM_DIR/../.." && pwd -P)
CACHE=${FERRY_CACHE:-${HOME:-/root}/.cache/ferry}
JOBS=${FERRY_JOBS:-$(nproc)}

say()
{
	echo "ferry: $*" >&2
}

die()
{
	say "error: $*"
	exit 1
}

# Run a long command quietly: its output goes to a file that is shown if it fails.
quiet()
{
	local log=$1 rc=0
	shift
	mkdir -p "$(dirname "$log")"
	"$@" > "$log" 2>&1 < /dev/null || rc=$?
	if [ "$rc" -ne 0 ]; then
		tail -n 60 "$log" >&2
		die "'$*' failed with status $rc; the whole log is in $log"
	fi
}

# One process at a time in each named part of the cache. The lock goes when the
# shell that called this ends; children must not inherit it, hence the subshells
# around every use.
lock()
{
	mkdir -p "$CACHE/locks"
	exec 9> "$CACHE/locks/$1"
	flock 9
}
