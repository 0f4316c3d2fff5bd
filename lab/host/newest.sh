#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# newest.sh: print and unpack the newest Linux, 7.2 or later, for which the Debian
# suites have a linux-source package
#
# If a listed package is missing from the mirror, the next older one is used. The
# result is saved in build/newest. 7.2 is the oldest release that has the merged
# driver and is in a suite. Exits with 3 if all suites were queried and have none,
# and with 1 if a query or the unpacking failed.
set -eu
. "$(dirname "$0")/lib.sh"

oldest=7.2
known=$build/newest
log=$build/log/newest.log
mkdir -p "$build/log"

unpacked() {
	make --no-print-directory -C "$lab" source KERNEL="$1" KSRC= >> "$log" 2>&1
}

if [ -f "$known" ] && unpacked "$(cat "$known")"; then
	cat "$known"
	exit
fi
all_asked=yes
versions=$("$host/fetch.sh" versions linux-source $kernel_suites 2> "$log") || all_asked=
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
	echo "Debian has no linux-source $oldest or later; use KSRC=DIR" >&2
	exit 3
fi
tail -n 15 "$log" >&2
die "cannot get linux-source $oldest or later: see above and $log, or use KSRC=DIR"
