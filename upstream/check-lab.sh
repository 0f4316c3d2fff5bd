#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# check-lab.sh TREE: boots a kernel of the series in the lab. Prints KTAP.
#
# The converted drivers must pass the tests of the lab, alone and with each
# other, and the ism driver must issue the same PCI instructions as that of the
# base.
set -eu
. "$(dirname "$0")/map.sh"
. "$lab/ktap.sh"

log=$build/log/series
mkdir -p "$log"
make="make --no-print-directory -C $lab"
converted="$make KSRC=$1"
source=$(cat "$series/source")
case $source in
"$build"/linux-*/source)
	base=${source#"$build"/linux-}
	base="$make KERNEL=${base%/source}" ;;
*)
	base="$make KSRC=$source" ;;
esac

# task NAME COMMAND...: one boot
task() {
	name=$1
	shift
	try "$log/lab-$name" "$name" "$@"
}

# fails PATTERN COMMAND...: must fail on the base, or the test proves nothing
fails() {
	pattern=$1
	shift
	! "$@" && grep -q "$pattern" "$log/lab-$name"
}

same_instructions() {
	for function in 1 2; do
		[ -s "$log/$1-base$function" ] &&
		cmp "$log/$1-base$function" "$log/$1-series$function" || return 1
	done
}

echo "TAP version 13"
echo "1..20"
task lab $converted all
task lab-base $base all
task ism-driver $converted boot-ism-driver LOG="$log/ism-series"
task ism-driver-base $base boot-ism-driver LOG="$log/ism-base"
task same-instructions same_instructions ism
for profile in guest nested; do
	task ism-driver-$profile $converted boot-ism-driver PROFILE=$profile
done
task peer $converted boot-peer DRIVER=merged
for profile in lpar guest nested; do
	task kselftest-$profile $converted boot-kselftest DRIVER=merged \
		PROFILE=$profile
done
task mixed $converted boot-mixed DRIVER=merged
task zpci-fh $converted boot-zpci-fh ARGS=copies=20000
task kunit $converted boot-kunit
task memcpy $converted boot-memcpy
task memcpy-base fails 'not ok .* end with an exception' $base boot-memcpy
task ism-probe $converted boot-ism-probe AFTER=28
task ism-probe-base fails 'the kernel complained' $base boot-ism-probe AFTER=28
task ism-probe-gid $converted boot-ism-probe AFTER=29
task ism-probe-gid-base fails 'has bound: .*0001' $base boot-ism-probe AFTER=29
exit $failed
