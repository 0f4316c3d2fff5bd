#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# examples.sh KERNEL_DIR: compile the C code in Documentation/zpci-fh.rst for the
# lab's kernel, each block separately; what the blocks may assume is in the preamble
set -eu
. "$(dirname "$0")/../host/lib.sh"

obj=$1/obj
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat > "$tmp/preamble.h" <<-END
	#include <linux/pci.h>
	#include <asm/pci_fh.h>
	struct foo {
		struct pci_dev *pdev;
	};
END
awk -v dir="$tmp" '
	/^\.\. code-block:: c$/ { out = dir "/example" ++n ".c"; next }
	/^[^ \t]/ { out = "" }
	out { print > out }' "$top/Documentation/zpci-fh.rst"
[ -e "$tmp/example1.c" ] || die "Documentation/zpci-fh.rst has no code"

objects=$(cd "$tmp" && ls example*.c | sed 's/c$/o/')
cat > "$tmp/Kbuild" <<-END
	ccflags-y := -I$top/arch-s390-pci/include -include $top/compat.h
	ccflags-y += -include \$(src)/preamble.h -Werror -Wno-unused-function
	obj-m := $(echo $objects)
END
make -C "$obj" M="$tmp" ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- $objects
