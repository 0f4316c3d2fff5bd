#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# modules.sh DIR: our modules and kselftests, for the kernel in DIR
#
# The modules are built in DIR/modules, from a copy, as each kernel needs its
# own objects. There the lab's test modules are built as well. The kselftests
# are DIR/kselftest.tar.gz, as for a real machine.
set -eu
. "$(dirname "$0")/lib.sh"

dir=$1
export ARCH=s390 CROSS_COMPILE=s390x-linux-gnu-

mkdir -p "$dir/modules"
cd "$top"
rsync -aR compat.h arch-s390-pci drivers-vfio-ism selftests/modules \
	selftests/qemu/zpci-lab-regs.h "$dir/modules/"
{ cat Kbuild; echo "obj-m += selftests/modules/"; } > "$dir/modules/Kbuild"
make -C "$dir/obj" M="$dir/modules" W=1 KCFLAGS=-Werror \
	ZPCI_FH_KUNIT=m modules

rm -rf "$dir/kselftest"
make -C selftests gen_tar KSRC="$dir/source" KHDR="$dir/obj/usr/include" \
	USERLDFLAGS=-static STAGE="$dir/kselftest-stage" \
	INSTALL_PATH="$dir/kselftest"
mv "$dir/kselftest/kselftest-packages/kselftest.tar.gz" "$dir/"
