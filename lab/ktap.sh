# SPDX-License-Identifier: GPL-2.0
# Sourced by scripts here and in the guest that print KTAP results. A script prints
# its plan and ends with exit $failed.
# shellcheck shell=sh disable=SC2034

n=0 failed=0

# result RC NAME...: a result; passes if RC is 0
result() {
	n=$((n + 1))
	[ "$1" = 0 ] || failed=1
	[ "$1" = 0 ] || printf 'not '
	shift
	echo "ok $n $*"
}

# ok NAME...: a result for the previous command
ok() {
	result $? "$@"
}

# try LOG NAME COMMAND...: a result for COMMAND; shows the end of its log if it fails
try() {
	log=$1 name=$2 rc=0
	shift 2
	"$@" > "$log" 2>&1 < /dev/null || rc=$?
	[ $rc = 0 ] || tail -n 20 "$log" | sed 's/^/# /'
	result $rc "$name"
}
