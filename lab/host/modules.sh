#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# modules.sh DIR [SOURCE]: build our modules, kselftests and ismcat for the kernel in DIR
#
# The kselftests use the harness and kernel headers from SOURCE, the directory of
# another kernel, if DIR does not have them.
# The modules are built from a copy in DIR/modules, because each kernel needs
# separate objects. The lab's test modules, which need KUnit, are also built there.
# GCOV_PROFILE has no effect without CONFIG_GCOV_KERNEL.
# The kselftests are in DIR/kselftest.tar.gz, as for a real machine.
set -eu
. "$(dirname "$0")/lib.sh"

dir=$1 source=${2-$1}
kunit=$(sed -n 's/^CONFIG_KUNIT=./m/p' "$dir/obj/.config")

mkdir -p "$dir/modules"
cd "$top"
rsync -aR Makefile compat.h arch-s390-pci drivers-vfio-ism lab/modules \
	Documentation/example \
	lab/qemu/zpci-lab-regs.h selftests/vfio-ism/lib/ism_protocol.h "$dir/modules/"
{ cat Kbuild; echo "obj-$kunit += lab/modules/"; } > "$dir/modules/Kbuild"
kbuild "$dir" -C "$dir/modules" KDIR="$dir/obj" W=1 KCFLAGS=-Werror \
	ZPCI_FH_KUNIT=$kunit GCOV_PROFILE=y modules

# As Documentation/install.rst says
kbuild "$dir" -C "$dir/obj" M="$dir/modules/Documentation/example" \
	ZPCI_FH="$dir/modules" KBUILD_EXTRA_SYMBOLS="$dir/modules/Module.symvers" \
	W=1 KCFLAGS=-Werror modules

rm -rf "$dir/kselftest"
make -C selftests gen_tar TARGETS="vfio-ism ../lab/programs" ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- \
	KSRC="$source/source" KHDR="$source/obj/usr/include" \
	USERLDFLAGS=-static STAGE="$dir/kselftest-stage" \
	INSTALL_PATH="$dir/kselftest"
mv "$dir/kselftest/kselftest-packages/kselftest.tar.gz" "$dir/"

make -C tools-ism lab O="$dir/tools-ism" CROSS_COMPILE=s390x-linux-gnu- \
	KHDR="$source/obj/usr/include" LDFLAGS=-static
