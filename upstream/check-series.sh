#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# check-series.sh [quick] [SERIES...]: what a maintainer would check before applying
# the series
#
# Makes them, then applies each alone to what it needs, patch by patch, and all of
# them in order. check-patch.sh has the checks of a patch, check-tree.sh those of
# a series and of all, check-lab.sh the boots. Prints a table, and fails unless
# everything is clean. Complaints that the base has as well are ignored. quick skips
# everything that builds. With names of series, only these are checked, not all together.
set -eu
. "$(dirname "$0")/lib.sh"

quick=
[ "${1-}" != quick ] || { quick=$1; shift; }
some=$*
for each in $some; do
	all_series | grep -qx "$each" || die "no series $each: see upstream/series"
done
am=$series/am
log=$build/log/series
failed=0
export ARCH=s390 CROSS_COMPILE=s390x-linux-gnu-

. "$top/upstream/check-patch.sh"
. "$top/upstream/check-tree.sh"

# result NAME COMMAND...: adds a column to the row. COMMAND prints what is wrong, and
# nothing if it succeeds; its output is in $log/$id-NAME.
result() {
	name=$1
	shift
	if "$@" > "$log/$id-$name" 2>&1 && [ ! -s "$log/$id-$name" ]; then
		row="$row|ok"
	else
		failed=1 row="$row|FAILED"
		echo "$id, $name:" >&2
		tail -n 20 "$log/$id-$name" >&2
	fi
}

# table COLUMNS...: rows of log/table
table() {
	awk -F '|' '{ printf "%-60.60s %6s", $1, $2
		for (i = 3; i <= NF; i++)
			printf " %-10s", $i
		print "" }' "$log/table"
}

# new FILE KNOWN: the complaints in FILE that are not in KNOWN
new() {
	sort -u "$1" | comm -23 - "$2"
}

"$top/upstream/series.sh"
rm -rf "$log" "$series"/known-*
mkdir -p "$log"
[ -d "$am" ] || git -C "$tree" worktree prune
[ -d "$am" ] || git -C "$tree" worktree add -q --detach "$am" base
cd "$am"
start_at base
[ -n "$quick" ] || build_base
patch_heading > "$log/table"
for each in ${some:-$(all_series)}; do
	start_at "$each-start"
	for patch in "$series/$each"/[0-9]*.patch; do
		case $patch in
		*/0000-*) ;;
		*) check_patch "$patch" ;;
		esac
	done
	check_series "$each"
done
[ -n "$some" ] || check_in_order
[ -n "$quick$some" ] || check_all
[ -n "$quick" ] || check_boots
table
exit $failed
