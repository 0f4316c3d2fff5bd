#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# graft.sh TREE: puts our files into a Linux source tree
#
# The files go where upstream/map says, and the makefiles and Kconfig files
# around them get the lines that take them in. To do it again does no harm.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)

die() {
	echo "graft.sh: $*" >&2
	exit 1
}

# copy FROM TO
copy() {
	[ -e "$top/$1" ] || die "upstream/map names $1, which is not here"
	if [ -d "$top/$1" ]; then
		mkdir -p "$2"
		rsync -a --exclude-from="$top/.gitignore" \
			--filter=":- .gitignore" "$top/$1/" "$2/"
	else
		mkdir -p "$(dirname "$2")"
		cp "$top/$1" "$2"
	fi
}

# hook FILE LINE PATTERN: LINE before the first line that matches the awk
# PATTERN, or at the end, unless FILE has it already
hook() {
	[ -f "$1" ] || die "$1 is missing: is $tree complete?"
	! grep -qxF "$2" "$1" || return 0
	line=$2 awk "!done && ($3) { print ENVIRON[\"line\"]; done = 1 }
		{ print }
		END { if (!done) print ENVIRON[\"line\"] }" "$1" > "$1.graft"
	cat "$1.graft" > "$1"
	rm "$1.graft"
}

[ $# = 1 ] || die "usage: graft.sh TREE"
tree=$1
[ -f "$tree/arch/s390/pci/Makefile" ] || die "$tree is no Linux source tree"
cd "$tree"

while read -r from to; do
	case $from in
	''|'#'*)
		;;
	drivers-vfio-ism/*)
		# The driver's folder and all around it came with 7.1
		if [ -d "${to%/*}" ]; then
			copy "$from" "$to"
		else
			echo "graft.sh: no ${to%/*} here, $from left out"
		fi
		;;
	*)
		copy "$from" "$to"
		;;
	esac
done < "$top/upstream/map"

tab=$(printf '\t')
hook arch/s390/pci/Makefile "obj-\$(CONFIG_PCI)$tab+= pci_fh.o" 0
hook arch/s390/pci/Makefile \
	"obj-\$(CONFIG_S390_ZPCI_FH_KUNIT_TEST)$tab+= tests/" 0
hook arch/s390/Kconfig 'source "arch/s390/pci/tests/Kconfig"' \
	'selftests && /^endmenu/ || /^menu "Selftests"/ && selftests++'
hook tools/testing/selftests/Makefile "TARGETS += vfio-ism" \
	'/^TARGETS \+= / && $3 > "vfio-ism"'

# Before 6.13 MODULE_IMPORT_NS() took the name without quotes
if ! grep -q 'MODULE_INFO(import_ns, ns)' include/linux/module.h; then
	sed -i 's/^\(MODULE_IMPORT_NS(\)"\(.*\)")/\1\2)/' \
		arch/s390/pci/tests/*.c
fi
