#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# llvm.sh DIR: build our modules with LLVM=-19 W=1 for the kernel source in DIR
#
# Fails on any warning about our files; headers of older kernels cause some of
# their own. The kernel is only configured, so its symbols are not resolved.
set -eu
. "$(dirname "$0")/../host/lib.sh"

dir=$1
kbuild="make ARCH=s390 LLVM=-19"
log=$build/log/llvm-modules.log

"$host/packages.sh" clang-19 lld-19 llvm-19
mkdir -p "$build/log" "$dir/llvm/modules"
$kbuild -C "$dir/source" O="$dir/llvm" tinyconfig
(cd "$dir/llvm" && "$dir/source/scripts/kconfig/merge_config.sh" -m .config \
	"$lab/config/kernel.config")
$kbuild -C "$dir/llvm" olddefconfig
$kbuild -C "$dir/llvm" -j"$(nproc)" modules_prepare

cd "$top"
rsync -aR Makefile Kbuild compat.h arch-s390-pci drivers-vfio-ism "$dir/llvm/modules/"
$kbuild -C "$dir/llvm/modules" KDIR="$dir/llvm" W=1 KBUILD_MODPOST_WARN=1 clean
$kbuild -C "$dir/llvm/modules" KDIR="$dir/llvm" W=1 KBUILD_MODPOST_WARN=1 modules \
	> "$log" 2>&1 || {
	tail -n 20 "$log"
	exit 1
}
for ko in arch-s390-pci/zpci-fh.ko drivers-vfio-ism/ism-vfio-pci.ko; do
	llvm-readelf-19 -p .comment "$dir/llvm/modules/$ko" | grep clang
done
! grep -E '(arch-s390-pci|drivers-vfio-ism|compat\.h)[^ ]*: (warning|error):' "$log"
