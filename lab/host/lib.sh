# SPDX-License-Identifier: GPL-2.0
# Sourced by the lab's scripts.
# shellcheck shell=sh

# A script that is not two directories deep must set top before
top=${top:-$(cd "$(dirname "$0")/../.." && pwd)}
lab=$top/lab
host=$lab/host
build=$top/build

# Suites of Debian: to search for kernels and for s390x packages that the system's own
# suites do not have; whose prebuilt kernels are tested; with whose DKMS and backported
# kernel the package is tested; and that of check-debian13
kernel_suites="trixie-backports forky sid"
program_suites="bookworm forky"
tested_suites="bookworm-backports trixie trixie-backports forky"
package_suite=bookworm
debian13_suite=trixie

die() {
	echo "error: $*" >&2
	exit 1
}

# as_root COMMAND...
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif sudo -n true 2> /dev/null || { [ -t 0 ] && sudo -v; }; then
		sudo "$@"
	else
		die "run as root: $*"
	fi
}

# kbuild DIR ARGUMENT...: run make with the compiler of the kernel in DIR
kbuild() {
	kernel=$1
	shift
	set -- make ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- "$@"
	if [ -d "$kernel/tools" ]; then
		"$host/root.sh" run "$(readlink "$kernel/tools")" "$@"
	else
		"$@"
	fi
}

# archive DIR: print a root file system. Several can be concatenated. It is not compressed:
# in a guest, decompressing takes longer than loading.
archive() {
	(cd "$1" && find . | cpio --quiet -o -H newc -R 0:0)
}

# need_space GIB: before a step that fills the disk
need_space() {
	mkdir -p "$build"
	have=$(df -Pk "$build" | awk 'NR == 2 { print int($4 / 1048576) }')
	[ "$have" -ge "$1" ] ||
		die "$build needs $1 GiB and has $have: make room, or make" \
		    "build/ a link to a larger disk"
}
