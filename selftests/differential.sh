#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# differential.sh: the kselftests with the merged driver and with ours
#
# On a kernel that has the merged driver, with functions as in a KVM guest, where
# the two differ in all that they can, prints each test with both results,
# and fails unless the merged one fails exactly those that merged-differences
# lists, and ours none.
set -eu
cd "$(dirname "$0")/.."

log=build/log/differential
mkdir -p build/log

kernel=$(selftests/vm/newest.sh 2> $log-lab) || {
	echo "1..1"
	echo "ok 1 # SKIP no kernel with the merged driver can be had"
	exit 0
}
vm="make --no-print-directory -s -C selftests/vm KERNEL=$kernel"
$vm lab > "$log-lab" 2>&1 || {
	tail -n 20 "$log-lab" >&2
	exit 1
}
echo "# merged driver of Linux $kernel"

# results DRIVER: "test result" for each test
results() {
	$vm boot-kselftest DRIVER="$1" PROFILE=guest > "$log-$1" 2>&1 || :
	sed -n -e 's/^# not ok [0-9]* \([^ ]*\).*/\1 fail/p' \
		-e 's/^# ok [0-9]* \([^ ]*\) # SKIP.*/\1 skip/p' \
		-e 's/^# ok [0-9]* \([^ ]*\)$/\1 pass/p' "$log-$1" | sort
	grep -q '^lab: kselftest.* ended with' "$log-$1" || {
		cat "$log-$1" >&2
		exit 1
	}
}

results merged > "$log-merged.results"
results ours > "$log-ours.results"

join -a 1 -a 2 -e missing -o 0,1.2,2.2 "$log-merged.results" "$log-ours.results" |
awk '
	NR == FNR { if ($1 !~ /^#/) expected[$1]; next }
	FNR == 1 { print "1..'"$(wc -l < "$log-ours.results")"'" }
	{
		n++
		name = $1
		sub(/.*\./, "", name)
		want = name in expected ? "fail" : "pass"
		ok = $2 == want && $3 == "pass"
		bad += !ok
		printf "%sok %d %s: merged %s, ours %s\n", ok ? "" : "not ", n, $1, $2, $3
	}
	END { exit bad || !n }' selftests/merged-differences -
