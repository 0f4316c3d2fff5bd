#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kunit-tree.sh [SOURCE]: the KUnit suite as Linux developers run it
#
# Copies a Linux source tree, the lab's by default, grafts our files into it
# and lets its kunit.py build and boot it. Takes some five minutes.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
source=${1-$top/build/linux-6.12/source}
tree=$top/build/kunit-tree

[ -x "$top/build/qemu/qemu-system-s390x" ] && [ -d "$source" ] || {
	echo "error: no QEMU or no $source; do make run first" >&2
	exit 1
}

mkdir -p "$tree/bin"
rsync -a --delete --exclude /bin --exclude /.kunit "$source/" "$tree/"
"$top/upstream/graft.sh" "$tree"
printf '#!/bin/sh\nexec %s -L /usr/share/qemu "$@"\n' \
	"$top/build/qemu/qemu-system-s390x" > "$tree/bin/qemu-system-s390x"
chmod +x "$tree/bin/qemu-system-s390x"

cd "$tree"
PATH=$tree/bin:$PATH exec tools/testing/kunit/kunit.py run --arch=s390 \
	--cross_compile=s390x-linux-gnu- --kunitconfig=arch/s390/pci/tests
