#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# nested.sh: a guest in the guest uses an ISM function through vfio-pci. Prints KTAP.
#
# Its ism driver must issue the same PCI instructions, with the same data, as on a
# machine that has the function itself, with as much memory and one CPU.
set -u
cd "$(dirname "$0")/../.." || exit 1
. lab/ktap.sh

logs=build/log/nested
lab="make --no-print-directory -C lab PROFILE=guest"

# The log of the guest continues with what is only tested there
same_instructions() {
	lines=$(wc -l < $logs-direct1)
	echo "# $lines instructions"
	[ "$lines" -gt 30 ] && head -n "$lines" "$1" | cmp - $logs-direct1
}

# guest type1|iommufd: how its QEMU maps memory for DMA
guest() {
	started=$(date +%s)
	try "$logs.$1" "$1: the driver in a guest of the guest" $lab boot-nested \
		$([ "$1" = type1 ] || echo "WHAT=$1") LOG="$PWD/$logs-$1-"
	echo "# It took $(($(date +%s) - started)) s"
	grep -q '0001:00:00.0, maxstbl 4096$' "$logs.$1"
	ok "$1: it sees the maximum store block size of the group"
	same_instructions "$logs-$1-1"
	ok "$1: the instructions are the same"
}

echo "TAP version 13"
containers=type1
! build/qemu/qemu-system-s390x -object help | grep -qw iommufd || containers="type1 iommufd"
set -- $containers
echo "1..$((2 + 3 * $#))"
try $logs.direct "the driver without a guest" $lab boot-mixed LOG="$PWD/$logs-direct" \
	QEMU="-m 256M -smp 1"
for container in $containers; do
	guest $container
done
try $logs.cost "the cost" $lab boot-nested-cost
sed -n 's/^ *# \(PCISTB of .*:\) \(.*\) ns$/# \1 \2 instructions of the machine/p' $logs.cost
exit $failed
