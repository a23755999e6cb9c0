#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Random system calls, netlink messages and packets, as root and as nobody, and,
# where the kernel can, with allocations and copies that fail. What it proves is
# what does not happen: no report in the kernel's log (the harness reads it), no
# process that cannot be killed, and a module that nobody uses afterwards.
#
# Kernels without fault injection (Debian's) have two runs less.
#
# FERRY_FUZZ_SECONDS for each of the runs (10), FERRY_FUZZ_SEED to repeat one.
#
# ferry-test: timeout=3600

. "$(dirname "$0")/lib/net.sh"

: "${FERRY_FUZZ_SECONDS:=10}"
: "${FERRY_FUZZ_SEED:=$FERRY_TEST_SEED}"
FAULTS=/sys/kernel/debug
PATH=$FT_BUILD/selftests/fuzz:$PATH

ft_need fuzz_guest 'make selftests' rmmod kmod insmod kmod
[ -d /sys/module/ferry ] || ktap_bail "ferry.ko is not loaded"
plan=3
[ ! -d $FAULTS/failslab ] || plan=5
ktap_plan $plan
ktap_diag "FERRY_FUZZ_SEED=$FERRY_FUZZ_SEED"

# run NAME ARG...: what went wrong is in its output
run() {
	local name=$1
	shift
	fuzz_guest --seed "$FERRY_FUZZ_SEED" --seconds "$FERRY_FUZZ_SECONDS" "$@"
	ktap_result $? "$name"
}

# Only for tasks that ask for it, of any kind of memory, without a word in the log.
set_fault() {
	local f value
	while [ $# -gt 1 ]; do
		f=$FAULTS/$1 value=$2
		[ ! -e "$f" ] || echo "$value" >"$f" || return
		shift 2
	done
}

faults_on() {
	local kind
	for kind in failslab fail_page_alloc fail_usercopy; do
		set_fault $kind/task-filter Y $kind/probability "$1" $kind/interval 1 \
			$kind/times -1 $kind/verbose 0 $kind/ignore-gfp-wait N \
			$kind/min-order 0 || return
	done
}

run as_root
run as_nobody --uid 65534
if [ -d $FAULTS/failslab ]; then
	faults_on 3 || ktap_bail "fault injection cannot be set up"
	run as_root_with_faults --faults
	run as_nobody_with_faults --uid 65534 --faults
	faults_on 0
fi

ft_unused && rmmod ferry && insmod "$VM_KO"
status=$?
[ $status -eq 0 ] || ktap_diag "still $(cat /sys/module/ferry/refcnt) users"
ktap_result $status unloads_after
ktap_finish
