#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# demo.sh MACHINE MACHINE: boot two machines, as boot.sh does, with the task of the first
# one on this terminal. The second one is stopped when the first has ended.
set -eu
. "$(dirname "$0")/lib.sh"

tmp=$(mktemp -d)
log=$build/log/demo
mkdir -p "$build/log"
rm -f "$log".*

# run NR MACHINE
run() {
	machine=$(echo "$2" | sed "s|@tmp|$tmp|g")
	exec "$host/machine.sh" "$log.$1.kernel" $machine
}

run 2 "$2" < /dev/null > "$log.2" 2>&1 &
other=$!
trap 'kill "$other"; wait; rm -rf "$tmp"' EXIT
(run 1 "$1")
