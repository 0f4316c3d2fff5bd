#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# root.sh make DIR SUITE ARCH [PACKAGE...]  create a Debian root file system in DIR
# root.sh run DIR COMMAND...                run COMMAND in it as the current user
#
# This tree is visible there at the same path. The mounts are in a separate
# namespace and go away with the command.
set -eu
. "$(dirname "$0")/lib.sh"

make_root() {
	dir=$1 suite=$2 arch=$3
	shift 3
	need_space 2
	"$host/packages.sh" debootstrap
	mirror=$("$host/fetch.sh" mirror)
	as_root rm -rf "$dir.new"
	mkdir -p "$dir.new"
	# debootstrap uses the same script for all suites, but selects it by name
	# only for suites older than itself
	if as_root debootstrap --variant=minbase --arch="$arch" \
		--include="$(echo ca-certificates "$@" | tr ' ' ,)" \
		"$suite" "$dir.new" "$mirror" sid; then
		mv "$dir.new" "$dir"
		return
	fi
	tail -n 5 "$dir.new/debootstrap/debootstrap.log" >&2 || :
	as_root rm -rf "$dir.new"
	die "no root file system of $suite for $arch: see the messages above"
}

in_root() {
	dir=$1
	shift
	mkdir -p "$dir$top" 2> /dev/null || as_root mkdir -p "$dir$top"
	as_root unshare --mount sh -euc '
		root=$1 top=$2 who=$3
		shift 3
		mount --bind "$root" "$root" # without it unshare fails inside
		mount --bind "$top" "$root$top"
		mount --rbind /dev "$root/dev"
		mount -t proc proc "$root/proc"
		mount -t sysfs sysfs "$root/sys"
		cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			LC_ALL=C.UTF-8 chroot --userspec="$who" "$root" "$@"
		' sh "$dir" "$top" "$(id -u):$(id -g)" "$@"
}

case $1 in
make) shift && make_root "$@" ;;
run) shift && in_root "$@" ;;
esac
