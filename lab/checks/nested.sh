#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# nested.sh: a guest in the guest uses an ISM function through vfio-pci. Prints KTAP.
#
# Its ism driver must issue the same PCI instructions, with the same data, as on a
# machine that has the function itself, with as much memory and one CPU.
set -eu
cd "$(dirname "$0")/../.."
. lab/ktap.sh

logs=build/log/nested
lab="make --no-print-directory -C lab PROFILE=guest"

# The log of the guest continues with what is only tested there
same_instructions() {
	lines=$(wc -l < $logs-direct1)
	echo "# $lines instructions"
	[ "$lines" -gt 30 ] && head -n "$lines" $logs-guest1 | cmp - $logs-direct1
}

echo "TAP version 13"
echo "1..5"
try $logs.direct "the driver without a guest" $lab boot-mixed LOG="$PWD/$logs-direct" \
	QEMU="-m 256M -smp 1"
started=$(date +%s)
try $logs.guest "the driver in a guest of the guest" $lab boot-nested \
	LOG="$PWD/$logs-guest"
echo "# It took $(($(date +%s) - started)) s"
grep -q '0001:00:00.0, maxstbl 4096$' $logs.guest
ok "it sees the maximum store block size of the group"
same_instructions
ok "the instructions are the same"
try $logs.cost "the cost" $lab boot-nested-cost
sed -n 's/^ *# \(PCISTB of .*:\) \(.*\) ns$/# \1 \2 instructions of the machine/p' $logs.cost
exit $failed
