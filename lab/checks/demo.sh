#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# demo.sh: do at a terminal what "make demo" says
set -eu
. "$(dirname "$0")/../host/lib.sh"
. "$lab/terminal.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cc -Wall -Werror -o "$tmp/pty" "$top/tools-ism/tests/libism_pty.c"
cd "$tmp"
: > screen

# command LINE: type it, and see that it succeeds
n=0
command() {
	n=$((n + 1))
	types "$1\r"
	case $1 in
	*" 23")
		logs_in && line 'echo there$((1 + 1))' '^there2' && types '\037.' || return
		sleep 3 ;; # what ismcat has read is gone
	*"&")
		sleep 5 ;;
	esac
	line "echo $n:\$?" "^$n:0"
}

# The commands are what is indented
use() {
	limit=300
	sees "exit ends both machines" || return
	sed -n 's/^    \([^ \r]*.*[^\r]\)\r*$/\1/p' screen > commands
	[ -s commands ] && repeats 'echo ready$((1 + 1))' '^ready2' || return
	while read -r command; do
		command "$command" || return
	done < commands
	command "dd if=/dev/urandom of=/mnt/data bs=1M count=8" &&
	command "umount /mnt" && types 'exit\r'
}

# Each line of the transcript in the documentation is on the screen. Versions differ. The
# shell asks the terminal for its position.
shown() {
	sed 's/\x1b\[6n//g' screen > plain
	sed -n '/^What it looks like$/,/^Permissions/s/^\t//p' "$top/Documentation/libism.rst" |
		sed 's/^~ # //; /^BusyBox/d; /^$/d' > transcript
	[ -s transcript ] && while read -r wanted; do
		grep -qF "$wanted" plain || {
			echo "# not on the screen: $wanted"
			return 1
		}
	done < transcript
}

{ use || echo "$n" > failed; } | "$tmp/pty" 24 80 make --no-print-directory -C "$top" demo > screen && rc=0 || rc=$?
[ ! -e failed ] && [ $rc = 0 ] && shown && exit
sed 's/^/# /' screen
exit 1
