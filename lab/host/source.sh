#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# source.sh DIR VERSION [SOURCE]: Linux sources for kernel.sh and for the series
#
# Creates DIR/source: Debian's linux-source-VERSION, or a link to SOURCE.
# DIR/origin names the Debian package.
set -eu
. "$(dirname "$0")/lib.sh"

dir=$1 version=$2 source=${3-}

unpack() {
	trap 'rm -rf "$dir.package" "$dir.source" "$dir.took"' EXIT
	"$host/fetch.sh" deb "linux-source-$version" "$dir.package" \
		$kernel_suites > "$dir.took"
	cat "$dir.took"
	mkdir "$dir.source"
	tar -C "$dir.source" --strip-components=1 -xf \
		"$dir.package/usr/src/linux-source-$version.tar.xz"
	mkdir -p "$dir"
	sed -n 's/^took \(.*\)_all.deb of .*/Debian package \1/p' "$dir.took" \
		> "$dir/origin"
	mv "$dir.source" "$dir/source"
}

if [ -n "$source" ]; then
	[ -f "$source/arch/s390/Makefile" ] ||
		die "KSRC=$source is not a Linux source tree"
	mkdir -p "$dir"
	ln -sfn "$(cd "$source" && pwd)" "$dir/source"
elif [ ! -d "$dir/source" ]; then
	need_space 6
	unpack
fi
