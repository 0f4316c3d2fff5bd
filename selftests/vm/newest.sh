#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# newest.sh: prints the newest Linux, from 7.2 on, that Debian's suites have a
# linux-source for, and has it unpacked
#
# A package that the suites list may be missing from the mirror; then it is the
# next to newest. The answer is kept in build/newest. 7.2 is the oldest release
# that has the merged driver and is in a suite. Exits with 3 if all suites were
# asked and have none, and with 1 if it could not find out or not unpack it.
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
all_asked=yes
versions=$("$vm/fetch.sh" versions linux-source $kernel_suites 2> "$log") || all_asked=
new=$(for v in $versions; do
	! dpkg --compare-versions "$v" ge $oldest || echo "$v"
done | sort -rV)
for version in $new; do
	if unpacked "$version"; then
		echo "$version" | tee "$known"
		exit
	fi
done
if [ -z "$new" ] && [ "$all_asked" ]; then
	echo "Debian has no linux-source from $oldest on; name another with KSRC=DIR" >&2
	exit 3
fi
tail -n 15 "$log" >&2
die "cannot get a linux-source from $oldest on: see above and $log, or name" \
	"another one with KSRC=DIR"
