#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# by-hand.sh: do at two terminals what "SMC-D by hand" in Documentation/lab.rst says
#
# Lines there that begin with NAME$ start a machine, those with NAME# are typed in it.
set -eu
. "$(dirname "$0")/../host/lib.sh"
. "$lab/terminal.sh"

tmp=$(mktemp -d)
trap 'kill $machines 2> /dev/null; rm -rf "$tmp"' EXIT
machines=
limit=120
cd "$tmp"

commands() {
	awk '/^SMC-D by hand$/ { here = 1 }
	/^Profiles$/ { exit }
	here && (kept != "" || /^\t[a-z]+[$#] /) {
		sub(/^[ \t]+/, "")
		kept = kept $0
		if (!sub(/\\$/, "", kept)) {
			print kept
			kept = ""
		}
	}' "$top/Documentation/lab.rst" | sed "s|/tmp/|$tmp/|g"
}

# start NAME COMMAND
start() {
	mkdir "$1"
	mkfifo "$1/in"
	(cd "$top" && eval "exec $2") <> "$1/in" > "$1/screen" 2>&1 &
	machines="$machines $!"
	(cd "$1" && repeats 'echo ready$((1 + 1))' '^ready2' > in)
}

# in_machine NAME COMMAND: type it, and see that it succeeds
n=0
in_machine() {
	n=$((n + 1))
	case $2 in
	*"&") end="echo $n:\$?" ;;
	*) end="; echo $n:\$?" ;;
	esac
	(cd "$1" && line "$2 $end" "^$n:0" > in)
}

all() {
	while read -r name command; do
		case $name in
		*'$') start "${name%?}" "$command" ;;
		*'#') in_machine "${name%?}" "$command" ;;
		esac || return
	done < commands
	# It was SMC-D: each MiB took 256 store blocks or more
	in_machine two 'sleep 5; awk "/Store block/ { exit \$NF < 4096 }" /sys/kernel/debug/pci/*/statistics'
}

commands > commands
[ "$(grep -c '^two#' commands)" -gt 3 ] && all && exit
tail -n 20 */screen | sed 's/^/# /'
exit 1
