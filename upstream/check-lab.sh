#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# check-lab.sh SERIES: boots the lab with a kernel that has the series. Prints KTAP.
#
# upstream/SERIES/lab lists the boots, in columns separated by tabs: a name, what
# must happen, and the arguments of make in lab/. What must happen is
#	passes		the boot passes with the series
#	same		it passes with the series and on the base, and the functions
#			have seen the same PCI instructions
#	a pattern	it passes with the series, and fails on the base with a line
#			that matches the pattern: otherwise the test proves nothing
set -eu
. "$(dirname "$0")/lib.sh"
. "$lab/ktap.sh"

which=$1
boots=$top/upstream/$which/lab
logs=$build/log/series/$which
make="make --no-print-directory -C $lab"
source=$(cat "$series/source")
case $source in
"$build"/linux-*/source)
	base=${source#"$build"/linux-}
	base="KERNEL=${base%/source}" ;;
*)
	base="KSRC=$source" ;;
esac

fails() {
	pattern=$1
	shift
	! "$@" > "$logs/said" 2>&1 && grep -q "$pattern" "$logs/said"
}

same_instructions() {
	for function in 1 2; do
		[ -s "$logs/$1-base$function" ] &&
		cmp "$logs/$1-base$function" "$logs/$1-series$function" || return 1
	done
}

rm -rf "$logs"
mkdir -p "$logs"
git -C "$tree" checkout -q -f --detach "$which"
rows=$(grep -v '^#' "$boots")
echo "TAP version 13"
echo "1..$(echo "$rows" | awk -F '\t+' '{ n += $2 == "passes" ? 1 : $2 == "same" ? 3 : 2 }
	END { print n + 2 }')"
try "$logs/build" "builds" $make KSRC="$tree" all
try "$logs/build-base" "base builds" $make $base all
[ $failed = 0 ] || exit 1
while IFS="$(printf '\t')" read -r boot must args; do
	case $must in
	passes)
		try "$logs/$boot" "$boot" $make KSRC="$tree" $args ;;
	same)
		try "$logs/$boot" "$boot" $make KSRC="$tree" $args LOG="$logs/$boot-series"
		try "$logs/$boot-on-base" "$boot: base" $make $base $args LOG="$logs/$boot-base"
		try "$logs/$boot-same" "$boot: same instructions" same_instructions "$boot" ;;
	*)
		try "$logs/$boot" "$boot" $make KSRC="$tree" $args
		try "$logs/$boot-on-base" "$boot: base fails" fails "$must" $make $base $args ;;
	esac
done <<-EOF
$rows
EOF
exit $failed
