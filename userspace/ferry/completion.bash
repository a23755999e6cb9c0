# SPDX-License-Identifier: GPL-2.0-only
# bash completion for ferry(8)

_ferry_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_ferry_netns() {
	_ferry_words "$(ip -o netns list 2>/dev/null | cut -d' ' -f1)"
}

_ferry_value() {
	case $1 in
	state)
		_ferry_words 'established syn-sent syn-recv fin-wait-1 fin-wait-2
			time-wait close close-wait last-ack listen closing all
			connected synchronized listening unconnected' ;;
	type)
		_ferry_words 'stream dgram' ;;
	uid)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur") ;;
	gid)
		mapfile -t COMPREPLY < <(compgen -g -- "$cur") ;;
	dev)
		_ferry_words "$(ls /sys/class/net 2>/dev/null)" ;;
	sport | dport)
		mapfile -t COMPREPLY < <(compgen -A service -- "$cur") ;;
	src | dst | inode | cookie | -d | --delta | --count)
		COMPREPLY=() ;;
	*)
		return 1 ;;
	esac
}

_ferry_socket() {
	_ferry_words 'list kill help -i -p stream dgram state type src dst sport
		dport uid inode cookie dev all'
}

_ferry_port() {
	case " ${words[*]} " in
	*' reserve '*) _ferry_words 'stream dgram' ;;
	*' grant '* | *' release '*) _ferry_words 'stream dgram uid gid' ;;
	*) _ferry_words 'list reserve grant release help held rights -p stream dgram uid' ;;
	esac
}

# Everything behind "run" is another program's command line.
_ferry_run() {
	local i

	for ((i = object + 1; i < cword; i++)); do
		[[ ${words[i]} == -* ]] && continue
		_command_offset "$i"
		return
	done
	if [[ $cur == -* ]]; then
		_ferry_words '--stream-only --dgram-only --udp --verbose --help'
	else
		mapfile -t COMPREPLY < <(compgen -c -- "$cur")
	fi
}

_ferry() {
	local cur prev words cword i object=

	_init_completion || return
	case $prev in
	-n | --netns)
		[[ " ${words[*]} " == *' monitor '* ]] || { _ferry_netns; return; } ;;
	-c | --color | --colour)
		_ferry_words 'always never auto'
		return ;;
	esac
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		-n | --netns | -c | --color | --colour) ((i++)) ;;
		-*) ;;
		*) object=$i; break ;;
		esac
	done
	if [[ -z $object ]]; then
		_ferry_words 'socket port stat monitor run version help
			--json --pretty --netns --numeric --color --version --help'
		return
	fi
	_ferry_value "$prev" && return
	case ${words[object]} in
	so*) _ferry_socket ;;
	p*) _ferry_port ;;
	st*) _ferry_words "help --nonzero --delta $(ferry -j stat 2>/dev/null |
		grep -o '"name":"[^"]*' | cut -d'"' -f4)" ;;
	m*) _ferry_words 'socket grant help --info --timestamp --count' ;;
	r*) _ferry_run ;;
	v*) _ferry_words 'help' ;;
	esac
}

complete -F _ferry ferry
