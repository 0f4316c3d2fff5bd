# SPDX-License-Identifier: GPL-2.0
# Sourced by scripts that run checks. A check is a function.
# shellcheck shell=sh

# run_checks LOG CHECK...: prints KTAP with the output of each check indented, and
# the counts as the last line. A check passes if it exits with 0. Those named in
# $background start at once, and are shown when it is their turn. Returns 0 only
# if all results were counted and none failed.
run_checks() {
	run_log=$1
	shift
	run_each "$@" | tee "$run_log" || return
	awk -f lab/ktap.awk -v where=lab "$run_log"
}

run_each() {
	tmp=$(mktemp -d) || return
	for check; do
		case " ${background-} " in
		*" $check "*)
			("$check") > "$tmp/$check" 2>&1 &
			echo $! > "$tmp/$check.pid" ;;
		esac
	done
	echo "TAP version 13"
	echo "1..$#"
	nr=0
	for check; do
		nr=$((nr + 1))
		if [ -e "$tmp/$check.pid" ]; then
			wait "$(cat "$tmp/$check.pid")"
			rc=$?
			sed 's/^/# /' "$tmp/$check"
		else
			show "$check"
		fi
		[ $rc = 0 ] || printf 'not '
		echo "ok $nr $check"
	done
	rm -r "$tmp"
}

show() {
	mkfifo "$tmp/fifo" || return
	sed -u 's/^/# /' < "$tmp/fifo" &
	("$1") > "$tmp/fifo" 2>&1
	rc=$?
	wait $!
	rm "$tmp/fifo"
}
