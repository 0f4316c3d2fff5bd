#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# vfio-selftests.sh DIR TREE: create DIR/initramfs-vfio: DIR/initramfs and, in the folder
# /vfio-selftests, the tools/testing/selftests/vfio of the Linux source TREE. "series"
# stands for the branch of that name in build/series/tree.
set -eu
. "$(dirname "$0")/lib.sh"

dir=$1 tree=$2
folder=tools/testing/selftests
out=$dir/vfio-selftests
root=$out/root

rm -rf "$out"
mkdir -p "$root/vfio-selftests" "$root/bin"
if [ "$tree" = series ]; then
	tree=$out/tree
	mkdir "$tree"
	git -C "$build/series/tree" archive 5-vfio-selftests scripts tools/arch \
		tools/include tools/scripts $folder | tar -x -C "$tree"
fi
make -C "$tree/$folder" install TARGETS=vfio FORCE_TARGETS=1 \
	ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- USERLDFLAGS=-static O="$out" \
	KHDR_INCLUDES="-isystem $dir/obj/usr/include" \
	INSTALL_PATH="$root/vfio-selftests" > "$out/log" 2>&1 || {
	tail -n 20 "$out/log" >&2
	die "cannot build $folder/vfio"
}
[ -x "$root/vfio-selftests/vfio/vfio_pci_device_test" ] ||
	die "$folder/vfio has no tests for s390"

# For the scripts among them
find "$build/coreutils" -type f -path '*bin/readlink' -exec install {} "$root/bin/" \;
{ cat "$dir/initramfs"; archive "$root"; } > "$dir/initramfs-vfio"
