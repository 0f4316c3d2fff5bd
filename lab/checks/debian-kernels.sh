#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# debian-kernels.sh build|run [SUITE...]: test with the prebuilt kernels of Debian suites
#
# "build" builds the modules against the packaged headers of the first suite that
# is available. "run" does that for each suite, boots its kernel in the lab and
# runs the kselftests there. Prints KTAP and then a table. A suite whose kernel
# is not available is skipped, with the reason from apt.
set -u
. "$(dirname "$0")/../host/lib.sh"
cd "$top" || exit 1
. lab/ktap.sh

what=$1
shift
[ $# -gt 0 ] || set -- $tested_suites
lab="make --no-print-directory -s -C lab"
log=build/log/distro
mkdir -p build/log

table() {
	printf '%-20s %-22s %-6s %-6s %s\n' "$@"
}

# Fetch it again each time, because suites change
build() {
	rm -f "build/linux-$1/bzImage"
	$lab all SUITE="$1" > "$log-$1" 2>&1
}

unreachable() {
	grep -q '^error: no kernel' "$log-$1" &&
		sed -n 's/^E: //p' "build/log/linux-$1.log" | head -n 1
}

# suite NAME: adds a line to the table
suite() {
	kernel=- build=failed boot=- tests=-
	if build "$1"; then
		kernel=$(cat "build/linux-$1/obj/include/config/kernel.release")
		build=ok
		result 0 "$1: build for $kernel"
	elif reason=$(unreachable "$1") && [ -n "$reason" ]; then
		result 0 "$1 # SKIP $reason"
		build=SKIP tests=$reason
	else
		sed 's/^/# /' "$log-$1"
		result 1 "$1: build"
	fi
	if [ $build = ok ] && [ $what = run ]; then
		$lab boot-kselftest SUITE="$1" > "$log-$1-tests" 2>&1
		rc=$?
		tests=$(awk -f lab/ktap.awk -v where=suite "$log-$1-tests") || {
			rc=1
			sed 's/^/| /' "$log-$1-tests"
		}
		boot=failed
		! grep -q '^lab: kselftest ended with' "$log-$1-tests" || boot=ok
		result $rc "$1: kselftests on $kernel"
	fi
	table "$1" "$kernel" $build $boot "$tests" >> "$log.table"
}

table suite kernel build boot tests > "$log.table"
for name; do
	suite "$name"
	[ $what = run ] || [ $build = SKIP ] || break
done > "$log.results"
echo "1..$n"
cat "$log.results"
sed 's/^/# /' "$log.table"
exit $failed
