#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# programs.sh DIR: build DIR/initramfs-programs, which is DIR/initramfs and programs of
# Debian: for a disk and a console through ismcat, iperf3 and tc
set -eu
. "$(dirname "$0")/lib.sh"

dir=$1
packages=$build/programs
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

wanted="nbdkit:s390x nbd-client:s390x e2fsprogs:s390x util-linux:s390x diffutils:s390x
	iperf3:s390x iproute2:s390x"
[ "$(cat "$packages/wanted" 2> /dev/null)" = "$wanted" ] || {
	rm -rf "$packages"
	"$host/fetch.sh" programs "$wanted" "$packages" $program_suites
	echo "$wanted" > "$packages/wanted"
}

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

for program in nbdkit nbd-client mkfs.ext4 e2fsck agetty cmp iperf3 tc; do
	add $program bin
done
add nbdkit-file-plugin.so usr/lib/s390x-linux-gnu/nbdkit/plugins
s390x-linux-gnu-gcc -O2 -Wall -shared -fPIC -o "$root/lib/smc_preload.so" \
	"$lab/programs/smc_preload.c"
chmod 755 "$root"
archive "$root" | cat "$dir/initramfs" - > "$dir/initramfs-programs"
