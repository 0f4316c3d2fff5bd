# SPDX-License-Identifier: GPL-2.0
# Sourced by scripts that run checks. A check is a function.
# shellcheck shell=sh

# run_checks LOG CHECK...: prints KTAP with the output of each check indented, and
# the counts as the last line. A check passes if it exits with 0. Those named in
# $background run one after the other, beside the rest, and are shown when it is
# their turn. Returns 0 only if all results were counted and none failed.
run_checks() {
	run_log=$1
	shift
	run_each "$@" | tee "$run_log" || return
	awk -f lab/ktap.awk -v where=lab "$run_log"
}

run_each() {
	tmp=$(mktemp -d) || return
	beside=$(for check; do
		case " ${background-} " in *" $check "*) echo "$check" ;; esac
	done)
	for check in $beside; do
		rc=0
		("$check") > "$tmp/$check" 2>&1 || rc=$?
		echo $rc > "$tmp/rc" && mv "$tmp/rc" "$tmp/$check.rc"
	done &
	pid=$!
	echo "TAP version 13"
	echo "1..$#"
	nr=0
	for check; do
		nr=$((nr + 1))
		case " $(echo $beside) " in
		*" $check "*) show_later "$check" ;;
		*) show "$check" ;;
		esac
		[ $rc = 0 ] || printf 'not '
		echo "ok $nr $check"
	done
	rm -r "$tmp"
}

# A check that runs in the background
show_later() {
	while [ ! -e "$tmp/$1.rc" ] && kill -0 $pid 2> /dev/null; do
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
