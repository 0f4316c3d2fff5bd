#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# programs.sh DIR: build DIR/initramfs-programs, which is DIR/initramfs and Debian's
# programs for a disk and a console through ismcat
set -eu
. "$(dirname "$0")/lib.sh"

dir=$1
packages=$build/programs
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

[ -d "$packages" ] || "$host/fetch.sh" programs \
	"nbdkit:s390x nbd-client:s390x e2fsprogs:s390x util-linux:s390x diffutils:s390x" \
	"$packages" $program_suites

# add NAME FOLDER: a file from the packages, and the libraries that it needs
add() {
	mkdir -p "$root/$2"
	cp -L "$(find "$packages" -path "*$2/*" ! -type d -name "$1" | head -n 1)" \
		"$root/$2/$1"
	for library in $(s390x-linux-gnu-readelf -d "$root/$2/$1" |
			sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
		[ -e "$root/lib/$library" ] || add "$library" lib
	done
}

for program in nbdkit nbd-client mkfs.ext4 e2fsck agetty cmp; do
	add $program bin
done
add nbdkit-file-plugin.so usr/lib/s390x-linux-gnu/nbdkit/plugins
chmod 755 "$root"
archive "$root" | cat "$dir/initramfs" - > "$dir/initramfs-programs"
