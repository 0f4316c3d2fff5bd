#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# packages.sh [PACKAGE...]: installs the Debian packages that the lab needs, or
# those that are named. Differences between releases of Debian belong here.
set -eu
. "$(dirname "$0")/lib.sh"

# the kernel and its modules; QEMU; tests and checks; kernels of Debian
packages="
	bc bison cpio flex gcc kmod libelf-dev libssl-dev make rsync xz-utils
	gcc-s390x-linux-gnu libc6-dev-s390x-cross
	dpkg-dev libfdt-dev libglib2.0-dev libpixman-1-dev meson ninja-build
	patch pkg-config python3 python3-venv qemu-system-data
	codespell git mandoc pahole perl python3-sphinx shellcheck sparse
"

[ "$(. /etc/os-release && echo "$ID")" = debian ] ||
	die "the lab needs Debian 12 or 13: run it as root in a container or chroot" \
	    "of one, see README.md"

[ $# = 0 ] || packages=$*

missing=
for p in $packages; do
	dpkg-query -W -f '${db:Status-Status}' "$p" 2> /dev/null |
		grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	root="env"
elif sudo -n true 2> /dev/null || { [ -t 0 ] && sudo -v; }; then
	root=sudo
else
	die "install as root, then try again: apt-get install$missing"
fi

"$host/step.sh" 1/5 "Debian packages:$missing" "1 min" packages sh -euc "
	$root apt-get update
	$root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends $missing"
