#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# coverage.sh MODULES DATA: show which lines and branches of our modules have run
#
# MODULES is where the modules were built, with CONFIG_GCOV_KERNEL. DATA has a
# file for each boot with the .gcda files, as lines of a name and base64. Fails
# if a line did not run that the file coverage does not list, if a listed line
# did run, or if fewer branches were taken than listed.
set -eu

modules=$1 data=$2 sum=$2.sum
here=$(cd "$(dirname "$0")" && pwd)

# unpack BOOT DIR
unpack() {
	mkdir "$2"
	for f in main pci_fh module; do
		sed -n "s/^$f.gcda //p" "$1" | base64 -d > "$2/$f.gcda"
		[ -s "$2/$f.gcda" ] || rm "$2/$f.gcda"
	done
}

# add DIR: merge it into the sum
add() {
	[ -d "$sum" ] || { mv "$1" "$sum"; return; }
	s390x-linux-gnu-gcov-tool merge -o "$sum.both" "$sum" "$1"
	rm -r "$sum" "$1"
	mv "$sum.both" "$sum"
}

[ -d "$data" ] || {
	echo "no counts: run the checks sanitizers and sanitizers_stress first"
	exit 1
}
rm -rf "$sum" "$sum.boot" "$sum.both"
for boot in "$data"/*; do
	unpack "$boot" "$sum.boot"
	rmdir "$sum.boot" 2> /dev/null || add "$sum.boot"
done

cp "$modules"/arch-s390-pci/*.gcno "$modules"/drivers-vfio-ism/*.gcno "$sum/"
cd "$sum"
s390x-linux-gnu-gcov -b -c main.gcda pci_fh.gcda module.gcda > gcov.log
awk -f "$here/coverage.awk" "$here/coverage" \
	main.c.gcov compat.h.gcov pci_fh.c.gcov pci_plan.h.gcov module.c.gcov
