#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Goodput of Ferry's congestion controls beside kernel TCP's, on a path of 100
# Mbit/s and 40 ms, with random loss; and how they share a bottleneck with TCP
# CUBIC. Runs in the guest, as root:
#
#	selftests/vm/run -k 6.12 selftests/bench/test_cc.sh [SECONDS [WHAT...]]
#
# WHAT: loss, share. The path is a chain of namespaces, so that shaping never is
# the sender's: a - r (tbf: the bottleneck) - s (netem: delay, loss) - b. No
# device carries super-packets: a loss is one packet, for everybody.

set -o errexit -o nounset -o pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
secs=${1:-10}
what=${*:2}
what=${what:-loss share}
work=$(mktemp -d)
port=5001
rate=100mbit
algs='ferry:bbr ferry:cubic ferry:reno tcp:cubic tcp:bbr'

clean()
{
	jobs -p | xargs -r kill 2>/dev/null || true
	for n in a r s b; do ip netns del cc-$n 2>/dev/null || true; done
	rm -rf "$work"
}
trap clean EXIT

# link NS1 NS2 NR: a veth between them, 10.0.NR.1 and .2
link()
{
	ip link add "$1$2" netns "cc-$1" type veth peer name "$2$1" netns "cc-$2"
	join "$1" "$1$2" "$3" 1
	join "$2" "$2$1" "$3" 2
}

join()
{
	ip -n "cc-$1" addr add "10.0.$3.$4/24" dev "$2"
	ip -n "cc-$1" addr add "fd00:$3::$4/64" dev "$2" nodad
	ip -n "cc-$1" link set "$2" up
	ip netns exec "cc-$1" ethtool -K "$2" tso off gso off gro off >/dev/null
}

# net VERSION LINK HOST: an address; HOST 0 for the network's
net()
{
	if [ "$1" = 4 ]; then echo "10.0.$2.$3"; else echo "fd00:$2::${3/#0/}"; fi
}

build()
{
	for n in a r s b; do
		ip netns add cc-$n
		ip -n cc-$n link set lo up
		ip netns exec cc-$n sysctl -qw net.ipv4.ip_forward=1 \
			net.ipv6.conf.all.forwarding=1
	done
	link a r 1
	link r s 2
	link s b 3
	for v in 4 6; do
		[ $v = 4 ] && bits=/24 || bits=/64
		ip -n cc-a -$v route add "$(net $v 3 0)$bits" via "$(net $v 1 2)"
		ip -n cc-r -$v route add "$(net $v 3 0)$bits" via "$(net $v 2 2)"
		ip -n cc-s -$v route add "$(net $v 1 0)$bits" via "$(net $v 2 1)"
		ip -n cc-b -$v route add "$(net $v 1 0)$bits" via "$(net $v 3 1)"
	done
}

# shape BUFFER LOSS
shape()
{
	tc -n cc-r qdisc replace dev rs root tbf rate $rate burst 5kb limit "$1"
	tc -n cc-s qdisc replace dev sb root netem delay 20ms limit 100000 loss "$2%"
	tc -n cc-s qdisc replace dev sr root netem delay 20ms limit 100000
}

# flow PROTO:CC ADDR: its goodput
flow()
{
	ip netns exec cc-a "$work/cc_flow" "${1%:*}" "${1#*:}" "$secs" "$2" $port
}

loss()
{
	local v addr alg p
	printf '# goodput, Mbit/s: %s, 40 ms, buffer 1 MB, %s s each\n' $rate "$secs"
	printf '# %-14s %8s %8s %8s %8s\n' flow 0% 0.1% 1% 3%
	for v in ${FT_IP:-4 6}; do
		addr=10.0.3.2
		[ $v = 4 ] || addr=fd00:3::2
		for alg in ${FT_ALGS:-$algs}; do
			printf '# v%s %-11s' $v "$alg"
			for p in 0 0.1 1 3; do
				shape 1mb $p
				printf ' %8s' "$(flow "$alg" $addr)"
			done
			echo
		done
	done
}

share()
{
	local v addr alg buf
	printf '# beside one flow of TCP CUBIC, Mbit/s (its, theirs), %s s\n' "$secs"
	for v in ${FT_IP:-4 6}; do
		addr=10.0.3.2
		[ $v = 4 ] || addr=fd00:3::2
		for alg in ${FT_ALGS:-$algs}; do
			for buf in 125kb 250kb 500kb 1mb 2mb; do
				shape $buf 0
				flow "$alg" $addr >"$work/one" &
				flow tcp:cubic $addr >"$work/two"
				wait $!
				printf '# v%s %-11s buffer %-6s %8s %8s\n' $v "$alg" $buf \
					"$(cat "$work/one")" "$(cat "$work/two")"
			done
		done
	done
}

for t in ip tc ethtool gcc; do
	command -v $t >/dev/null || { echo "Bail out! no $t"; exit 1; }
done
for m in sch_tbf sch_netem tcp_bbr tcp_cubic; do
	modprobe -q $m || true
done
gcc -O2 -Wall -o "$work/cc_flow" "$here/cc_flow.c"
build
ip netns exec cc-b "$work/cc_flow" serve $port &
for _ in $(seq 100); do
	ip netns exec cc-b ss -ltn | grep -q ":$port " && break
	sleep 0.1
done
echo "# $(uname -r), $(date -u +%F)"
for t in $what; do
	$t
done
