#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# differential.sh KERNEL: run the kselftests with the merged driver and with ours
#
# Runs on a kernel that has the merged driver, with functions that have a memory
# enable bit, where the two differ most. Prints each test with both results. Fails
# unless the merged driver fails exactly the tests listed in merged-differences, and
# ours fails none.
set -eu
cd "$(dirname "$0")/../.."

log=build/log/differential
failed=0

# boot DRIVER [EXPECTED]: "test result" for each test
boot() {
	if ! EXPECTED=${2-} make --no-print-directory -s -C lab KERNEL="$kernel" \
		boot-kselftest DRIVER="$1" PROFILE=lab > "$log-$1" 2>&1; then
		tail -n 20 "$log-$1" | sed 's/^/# /'
		failed=1
	fi
	sed -n -e 's/^# not ok [0-9]* \([^ ]*\).*/\1 fail/p' \
		-e 's/^# ok [0-9]* \([^ ]*\) # SKIP.*/\1 skip/p' \
		-e 's/^# ok [0-9]* \([^ ]*\)$/\1 pass/p' "$log-$1" |
		sort > "$log-$1.results"
}

kernel=$1
echo "# merged driver of Linux $kernel"
boot merged lab/checks/merged-differences
boot ours
echo "1..$(wc -l < "$log-ours.results")"
join -a 1 -a 2 -e missing -o 0,1.2,2.2 "$log-merged.results" "$log-ours.results" |
awk '
	{
		bad = $3 != "pass" || $2 == "missing"
		failed += bad
		printf "%sok %d %s: merged %s, ours %s\n", bad ? "not " : "", NR, $1, $2, $3
	}
	END { exit failed || !NR }' || failed=1
exit $failed
