#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# monitor.sh ARGUMENT...: as boot.sh, for guests that need something done to
# their machine: what a task prints behind "host: " is a command for QEMU's
# monitor
set -eu
. "$(dirname "$0")/lib.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkfifo "$tmp/monitor.in" "$tmp/monitor.out"
exec 3<> "$tmp/monitor.in" # so that writing to a QEMU that is gone does not block

{
	rc=0
	"$vm/boot.sh" "$@" -chardev "pipe,id=monitor,path=$tmp/monitor" \
		-mon chardev=monitor,mode=readline || rc=$?
	echo $rc > "$tmp/rc"
} | while IFS= read -r line; do
	case $line in
	"host: "*) echo "${line#host: }" >&3 ;;
	*) echo "$line" ;;
	esac
done
exit "$(cat "$tmp/rc")"
