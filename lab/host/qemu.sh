#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# qemu.sh: build build/qemu/qemu-system-s390x, Debian's QEMU with our devices
set -eu
. "$(dirname "$0")/lib.sh"

need_space 3
[ -d "$build/qemu-source" ] ||
	"$vm/fetch.sh" source qemu "$build/qemu-source"
"$top/selftests/qemu/build.sh" "$build/qemu-source" "$build/qemu"
touch "$build/qemu/qemu-system-s390x"
