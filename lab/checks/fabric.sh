#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# fabric.sh [MESSAGES [SEED]]: build qemu/tests/fabric.c with AddressSanitizer and run it
set -eu
. "$(dirname "$0")/../host/lib.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
gcc -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers \
	-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -D_GNU_SOURCE \
	-I"$lab/qemu" "$lab/qemu/tests/fabric.c" "$lab/qemu/ism-fabric.c" \
	"$lab/qemu/ism-fabric-folder.c" -o "$tmp/fabric" \
	$(pkg-config --cflags --libs glib-2.0) -pthread
"$tmp/fabric" "$tmp/folder" "${1-1000000}" "${2-1}"
