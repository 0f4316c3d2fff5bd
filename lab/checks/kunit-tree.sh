#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kunit-tree.sh [TREE]: run the KUnit suite as Linux developers do
#
# Uses kunit.py to build and boot TREE, a Linux source tree that has the suite;
# the default is the tree from make series. Takes about five minutes.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
tree=${1-$top/build/series/tree}
out=$top/build/kunit-tree
qemu=$top/build/qemu/qemu-system-s390x

[ -d "$tree/arch/s390/pci/tests" ] || {
	echo "error: no KUnit suite in $tree; do make series first" >&2
	exit 1
}

make --no-print-directory -C "$top/lab" "$qemu"
mkdir -p "$out/bin"
printf '#!/bin/sh\nexec %s -L /usr/share/qemu "$@"\n' "$qemu" > "$out/bin/qemu-system-s390x"
chmod +x "$out/bin/qemu-system-s390x"

cd "$tree"
PATH=$out/bin:$PATH exec tools/testing/kunit/kunit.py run --arch=s390 \
	--build_dir="$out/build" --cross_compile=s390x-linux-gnu- \
	--kunitconfig=arch/s390/pci/tests
