#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# newest.sh: prints the newest Linux, from 7.2 on, that Debian's suites have a
# linux-source for, and has it unpacked
#
# What the suites list is not always to be had, so that it may be the next to
# newest. It is asked once and kept in build/newest. 7.2 is the oldest release
# that has the merged driver and is in a suite.
set -eu
. "$(dirname "$0")/lib.sh"

oldest=7.2
known=$build/newest
log=$build/log/newest.log
mkdir -p "$build/log"

unpacked() {
	make --no-print-directory -C "$vm" source KERNEL="$1" KSRC= >> "$log" 2>&1
}

if [ -f "$known" ] && unpacked "$(cat "$known")"; then
	cat "$known"
	exit
fi
for version in $("$vm/fetch.sh" versions linux-source $kernel_suites \
		2> "$log" | sort -rV); do
	dpkg --compare-versions "$version" ge $oldest || break
	if unpacked "$version"; then
		echo "$version" | tee "$known"
		exit
	fi
done
die "no linux-source from $oldest on is to be had; see $log, or name one with KSRC=DIR"
