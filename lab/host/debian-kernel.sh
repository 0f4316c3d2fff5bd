#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# debian-kernel.sh DIR SUITE: prepare the prebuilt kernel of a Debian suite for the lab
#
# Creates DIR/package (the unpacked kernel, modules and headers), DIR/obj (a link
# to the headers) and, last, DIR/bzImage. If the compiler that the headers require
# is not installed, DIR/tools is a link to a root file system of that suite that
# has it.
set -eu
. "$(dirname "$0")/lib.sh"

dir=$1 suite=$2

need_space 2
rm -rf "$dir"
trap 'rm -rf "$dir"' EXIT
"$host/fetch.sh" kernel s390x "$dir/package" "$suite"
headers=$(echo "$dir"/package/usr/src/linux-headers-*-s390x)
sed -i "s,/usr/src/,$dir/package&," "$headers/Makefile"
ln -s "$headers" "$dir/obj"

cc=$(sed -n 's/^CC = .*\(gcc-[0-9]*\)$/\1/p' "$headers/.kernelvariables")
if ! command -v "s390x-linux-gnu-$cc" > /dev/null; then
	tools=$build/root-$suite
	[ -d "$tools" ] || "$host/root.sh" make "$tools" "${suite%-backports}" \
		"$(dpkg --print-architecture)" \
		make kmod pahole perl xz-utils "$cc-s390x-linux-gnu"
	ln -s "$tools" "$dir/tools"
fi

find "$dir/package" -name 'vmlinuz*' -exec cp {} "$dir/bzImage" \;
trap - EXIT
