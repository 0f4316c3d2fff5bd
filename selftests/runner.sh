# SPDX-License-Identifier: GPL-2.0
# Sourced by scripts that consist of checks: functions, each with a verdict.
# shellcheck shell=sh

# run_checks LOG CHECK...: prints KTAP with what each check prints indented, and
# as its last line the counts. The verdict of a check is how it exits. Returns 0
# only if all results were counted and none failed.
run_checks() {
	run_log=$1
	shift
	run_each "$@" | tee "$run_log" || return
	awk -f selftests/ktap.awk "$run_log"
}

run_each() {
	fifo=$(mktemp -u)
	echo "TAP version 13"
	echo "1..$#"
	n=0
	for check; do
		n=$((n + 1))
		rm -f "$fifo"
		mkfifo "$fifo" || return
		sed -u 's/^/# /' < "$fifo" &
		if ("$check") > "$fifo" 2>&1; then
			not=
		else
			not="not "
		fi
		wait $!
		echo "${not}ok $n $check"
	done
	rm -f "$fifo"
}
