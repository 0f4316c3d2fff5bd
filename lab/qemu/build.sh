#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Build qemu-system-s390x with the lab devices "ism" and "zpci-ram".
#
#   build.sh SRCDIR BUILDDIR
#
# SRCDIR    unpacked source of QEMU, 7.2 (Debian 12) or 10.0 (Debian 13). The
#           patches are applied to it, and hw/s390x/zpci-lab is added.
# BUILDDIR  created and configured if necessary; the result is
#           BUILDDIR/qemu-system-s390x
#
# Run it again after a change here: only what depends on the change is rebuilt.
# The environment variable JOBS sets the number of parallel jobs.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
files="compat.h ism.c zpci-function.c zpci-function.h zpci-lab.c zpci-lab.h
       zpci-lab-regs.h zpci-ram.c"

die()
{
	echo "build.sh: $*" >&2
	exit 1
}

[ $# -eq 2 ] || die "usage: build.sh SRCDIR BUILDDIR"
[ -f "$1/hw/s390x/s390-pci-inst.c" ] || die "$1 is not a QEMU source tree"
for tool in patch ninja pkg-config python3; do
	command -v $tool >/dev/null || die "$tool is not installed"
done
mkdir -p "$2"
src=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)

# The patches for this version, in order: NNNN-VERSION-SUBJECT.patch is for one
# version, NNNN-SUBJECT.patch for all.
wanted()
{
	version=$(cut -d . -f 1,2 "$src/VERSION")
	for p in "$here"/[0-9][0-9][0-9][0-9]-*.patch; do
		case ${p##*/} in
		????-"$version"-*) echo "${p##*/}" ;;
		????-[0-9]*.[0-9]*-*) ;;
		*) echo "${p##*/}" ;;
		esac
	done
}

# Copies of the applied patches are kept in the source tree, so that they can be
# reverted later.
applied()
{
	for p in "$src"/.[0-9][0-9][0-9][0-9]-*.patch; do
		[ ! -f "$p" ] || echo "${p##*/}"
	done
}

apply_patches()
{
	wanted | (cd "$here" && xargs cat) >"$build/wanted.patch"
	applied | (cd "$src" && xargs -r cat) >"$build/applied.patch"
	! cmp -s "$build/wanted.patch" "$build/applied.patch" || return 0
	for p in $(applied | sort -r); do
		patch -d "$src" -p1 -R -s -f <"$src/$p" ||
			die "cannot revert the old patches in $src; unpack it again"
		rm "$src/$p"
	done
	for p in $(wanted); do
		# A dry run first, so that a patch is never applied partially.
		patch -d "$src" -p1 -s -f --dry-run <"$here/$p" >"$build/patch.log" || {
			cat "$build/patch.log" >&2
			die "$p does not apply to $src"
		}
		patch -d "$src" -p1 -s -f <"$here/$p"
		cp "$here/$p" "$src/.$p"
	done
}

# Copy only what differs: ninja checks the time stamps.
copy_files()
{
	mkdir -p "$src/hw/s390x/zpci-lab"
	for f in $files; do
		cmp -s "$here/$f" "$src/hw/s390x/zpci-lab/$f" ||
			cp "$here/$f" "$src/hw/s390x/zpci-lab/$f"
	done
}

configure()
{
	if [ -f "$build/zpci-lab.src" ] &&
	   [ "$(cat "$build/zpci-lab.src")" != "$src" ]; then
		die "$build belongs to another source tree; remove it"
	fi
	[ ! -f "$build/build.ninja" ] || return 0
	echo "$src" >"$build/zpci-lab.src"
	echo "build.sh: configuring, log in $build/configure.log"
	(cd "$build" && "$src/configure" --target-list=s390x-softmmu \
		--without-default-features --enable-tcg --disable-tools \
		--disable-docs --enable-fdt=system --disable-install-blobs \
		>configure.log 2>&1) || {
		tail -n 20 "$build/configure.log" >&2
		rm -f "$build/build.ninja"
		die "configure failed, see $build/configure.log"
	}
}

apply_patches
copy_files
configure
ninja -C "$build" ${JOBS:+-j "$JOBS"} qemu-system-s390x ||
	die "the build failed"
