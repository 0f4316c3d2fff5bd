#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# step.sh N/M TEXT TIME LOG COMMAND...: run a long step with its output in a log
set -eu
. "$(dirname "$0")/lib.sh"

nr=$1 text=$2 time=$3 log=build/log/$4.log
shift 4
mkdir -p "$build/log"
echo "[$nr] $text (about $time, log in $log)"
if ! "$@" > "$top/$log" 2>&1; then
	tail -n 15 "$top/$log" >&2
	die "$text failed; the end of $log is above"
fi
