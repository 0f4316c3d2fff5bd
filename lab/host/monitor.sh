#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# monitor.sh ARGUMENT...: like boot.sh, for tasks that use QEMU's monitor: a line
# "host: COMMAND" in the output of a task is passed to the monitor as a command
set -eu
. "$(dirname "$0")/lib.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkfifo "$tmp/monitor.in" "$tmp/monitor.out"
exec 3<> "$tmp/monitor.in" # so that writes do not block after QEMU has exited

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
