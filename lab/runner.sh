# SPDX-License-Identifier: GPL-2.0
# Sourced by scripts that run checks. A check is a function.
# shellcheck shell=sh

# run_checks LOG CHECK...: prints KTAP with the output of each check indented, and
# the counts as the last line. A check passes if it exits with 0. Those named in
# $background run beside the rest and are shown when it is their turn; those joined
# by + run one after the other. Returns 0 only if all results were counted and none
# failed.
run_checks() {
	run_log=$1
	shift
	run_each "$@" | tee "$run_log" || return
	awk -f lab/ktap.awk -v where=lab "$run_log"
}

run_each() {
	tmp=$(mktemp -d) || return
	for row in ${background-}; do
		run_beside $(for check; do
			case "+$row+" in *"+$check+"*) echo "$check" ;; esac
		done) &
		echo $! > "$tmp/$row.pid"
	done
	echo "TAP version 13"
	echo "1..$#"
	nr=0
	for check; do
		nr=$((nr + 1))
		if row=$(printf '%s\n' ${background-} | grep -E "(^|[+])$check([+]|\$)"); then
			show_later "$check" "$(cat "$tmp/$row.pid")"
		else
			show "$check"
		fi
		[ $rc = 0 ] || printf 'not '
		echo "ok $nr $check"
	done
	rm -r "$tmp"
}

run_beside() {
	for check; do
		rc=0
		("$check") > "$tmp/$check" 2>&1 || rc=$?
		echo $rc > "$tmp/$check.new" && mv "$tmp/$check.new" "$tmp/$check.rc"
	done
}

# A check that runs in the background, and its process
show_later() {
	while [ ! -e "$tmp/$1.rc" ] && kill -0 "$2" 2> /dev/null; do
		sleep 1
	done
	sed 's/^/# /' "$tmp/$1"
	rc=$(cat "$tmp/$1.rc") || rc=1
}

show() {
	mkfifo "$tmp/fifo" || return
	sed -u 's/^/# /' < "$tmp/fifo" &
	("$1") > "$tmp/fifo" 2>&1
	rc=$?
	wait $!
	rm "$tmp/fifo"
}
