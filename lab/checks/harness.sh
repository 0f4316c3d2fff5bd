#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# harness.sh: test that runner.sh reports failures. Prints KTAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. lab/runner.sh
. lab/ktap.sh

good() {
	echo "1..1"
	echo "ok 1 it"
}

exits() {
	exit 1
}

unbound() {
	echo "$no_such_variable"
}

no_newline() {
	printf "the last line"
	return 1
}

few_results() {
	echo "1..3"
	echo "ok 1 it"
}

no_results() {
	echo "1..3"
}

hidden_failure() {
	echo "1..1"
	echo "not ok 1 it"
}

background_exits() {
	exit 1
}

background_good() {
	good
}

# Kills what runs the checks in the background
background_gone() {
	me=$(sh -c 'echo $PPID')
	kill -9 "$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$me/status")"
	sleep 1
}

no_command() {
	no_such_command
}

full_disk() {
	run_checks /dev/full good
}

skips() {
	echo "1..1"
	echo "ok 1 it # SKIP no reason"
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
background="background_exits+background_gone background_good"
set -- background_exits background_gone skips exits unbound no_newline few_results no_results hidden_failure no_command
echo "TAP version 13"
echo "1..$(($# + 2))"

run_checks "$tmp/log" good background_good good > "$tmp/out" 2>&1
ok "three good checks pass"
for check; do
	! run_checks "$tmp/log" good "$check" good > "$tmp/out" 2>&1
	ok "$check fails"
done
! full_disk > "$tmp/out" 2>&1
ok "a log that cannot be written fails"
exit $failed
