# SPDX-License-Identifier: GPL-2.0
# Sourced by the lab's scripts.
# shellcheck shell=sh

top=$(cd "$(dirname "$0")/../.." && pwd)
vm=$top/selftests/vm
build=$top/build

die() {
	echo "error: $*" >&2
	exit 1
}

# need_space GIB: before a step that fills the disk
need_space() {
	have=$(df -Pk "$build" | awk 'NR == 2 { print int($4 / 1048576) }')
	[ "$have" -ge "$1" ] ||
		die "$build needs $1 GiB and has $have: make room, or make" \
		    "build/ a link to a larger disk"
}
