#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# qemu.sh [guest]: build build/qemu/qemu-system-s390x, Debian's QEMU with our devices
#
# build/qemu-source is the source of QEMU, 7.2 (Debian 12) or 10.0 (Debian 13). The
# patches are applied to it, and hw/s390x/zpci-lab is added. If something changed
# since the last run, only what depends on it is rebuilt.
#
# "guest" builds build/qemu-guest/qemu-system-s390x from the same source, to run in a
# guest of the lab: linked statically, with the libraries of Debian's s390x packages,
# which are unpacked in build/qemu-libraries.
set -eu
. "$(dirname "$0")/lib.sh"

src=$build/qemu-source out=$build/qemu${1:+-$1} libraries=$build/qemu-libraries

# The patches for this version, in order: NNNN-VERSION-SUBJECT.patch is for one
# version, NNNN-SUBJECT.patch for all. Those in vfio/ come last.
wanted() {
	version=$(cut -d . -f 1,2 "$src/VERSION")
	cd "$lab/qemu"
	for p in [0-9][0-9][0-9][0-9]-*.patch vfio/[0-9][0-9][0-9][0-9]-*.patch; do
		case ${p##*/} in
		????-"$version"-*) echo "$p" ;;
		????-[0-9]*.[0-9]*-*) ;;
		*) echo "$p" ;;
		esac
	done
}

# Copies of the applied patches are kept in the source tree, so that they can be
# reverted later.
applied() {
	for p in "$src"/.[0-9][0-9][0-9][0-9]-*.patch; do
		[ ! -f "$p" ] || echo "${p##*/}"
	done
}

apply_patches() {
	wanted | (cd "$lab/qemu" && xargs cat) > "$out/wanted.patch"
	applied | (cd "$src" && xargs -r cat) > "$out/applied.patch"
	! cmp -s "$out/wanted.patch" "$out/applied.patch" || return 0
	for p in $(applied | sort -r); do
		patch -d "$src" -p1 -R -s -f < "$src/$p" ||
			die "cannot revert the old patches in $src; unpack it again"
		rm "$src/$p"
	done
	for p in $(wanted); do
		# A dry run first, so that a patch is never applied partially.
		patch -d "$src" -p1 -s -f --dry-run < "$lab/qemu/$p" > "$out/patch.log" || {
			cat "$out/patch.log" >&2
			die "$p does not apply to $src"
		}
		patch -d "$src" -p1 -s -f < "$lab/qemu/$p"
		cp "$lab/qemu/$p" "$src/.${p##*/}"
	done
}

# The s390x libraries in one folder, as a compiler wants them. Without libc6-dev: its
# linker scripts name files of this system. What belongs to libglib2.0-dev is in more
# packages since Debian 13, and installed here with it.
unpack_libraries() {
	[ ! -d "$libraries" ] || return 0
	for package in libglib2.0-dev libpcre2-dev zlib1g-dev libpixman-1-dev \
		$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' \
			libgio-2.0-dev libsysprof-capture-4-dev 2> /dev/null |
			sed -n 's/ installed$//p'); do
		"$host/fetch.sh" deb "$package:s390x" "$libraries.part" $program_suites
		rsync -a "$libraries.part/" "$libraries.new/"
		rm -r "$libraries.part"
	done
	mv "$libraries.new" "$libraries"
}

# Options of configure for a program that runs in a guest
for_guest() {
	unpack_libraries
	PKG_CONFIG=pkg-config PKG_CONFIG_SYSROOT_DIR=$libraries
	PKG_CONFIG_LIBDIR=$libraries/usr/lib/s390x-linux-gnu/pkgconfig
	export PKG_CONFIG PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR
	set -- --cross-prefix=s390x-linux-gnu- --static --disable-pie --disable-fdt \
		--extra-cflags="-I$libraries/usr/include" \
		--extra-ldflags="-L$libraries/usr/lib/s390x-linux-gnu"
	configure_with "$@"
}

configure_with() {
	cd "$out"
	"$src/configure" --target-list=s390x-softmmu --without-default-features \
		--enable-tcg --disable-tools --disable-docs --disable-install-blobs \
		"$@" || {
		rm -f build.ninja
		die "QEMU's configure failed"
	}
}

configure() {
	[ ! -f "$out/build.ninja" ] || return 0
	if [ "$out" = "$build/qemu" ]; then
		configure_with --enable-fdt=system
	else
		for_guest
	fi
}

need_space 3
[ -d "$src" ] || "$host/fetch.sh" source qemu "$src"
mkdir -p "$out"
apply_patches
# By content, because ninja compares times
mkdir -p "$src/hw/s390x/zpci-lab"
rsync -c "$lab"/qemu/*.[ch] "$lab"/qemu/vfio/*.[ch] \
	"$top/selftests/vfio-ism/lib/ism_protocol.h" "$src/hw/s390x/zpci-lab/"
configure
ninja -C "$out" qemu-system-s390x
touch "$out/qemu-system-s390x"
