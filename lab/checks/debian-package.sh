#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# debian-package.sh build     build the Debian package zpci-fh-dkms in build/deb; its
#                             maintainer is DEBFULLNAME <DEBEMAIL>, by default that
#                             of git
# debian-package.sh check     install it in an s390x root file system; prints KTAP
#
# The root file system runs under QEMU user-mode emulation. DKMS has to build for
# the kernel from that suite's backports, whose headers are installed there.
set -eu
. "$(dirname "$0")/../host/lib.sh"
. "$lab/ktap.sh"

deb=$build/deb
root=$build/root-s390x

build() {
	name=${DEBFULLNAME-$(git -C "$top" config user.name)} &&
	email=${DEBEMAIL-$(git -C "$top" config user.email)} ||
		die "who maintains the package? Set DEBFULLNAME and DEBEMAIL"
	"$host/packages.sh" debhelper dh-dkms dpkg-dev lintian
	rm -rf "$deb"
	mkdir -p "$deb/zpci-fh"
	(cd "$top" && git ls-files -z) |
		rsync -a --from0 --files-from=- "$top/" "$deb/zpci-fh/"
	cd "$deb/zpci-fh"
	sed -i "s|@MAINTAINER@|$name <$email>|" debian/control debian/changelog
	version=$(make -s version)
	[ "$(dpkg-parsechangelog -S Version)" = "$version" ] ||
		die "dkms.conf has version $version, but not debian/changelog"
	dpkg-buildpackage -us -uc
	cd ..
	mv zpci-fh source
	lintian --fail-on error ./*.changes
	ls "$deb"/*.deb
}

run() {
	as_root "$host/root.sh" run "$root" "$@"
}

# No initrd: nothing boots here, and building one is slow under emulation
apt_get() {
	run env DEBIAN_FRONTEND=noninteractive INITRD=No \
		apt-get -y --no-install-recommends "$@"
}

make_root() {
	"$host/packages.sh" qemu-user-static binfmt-support
	[ -d "$root" ] || "$host/root.sh" make "$root" $package_suite s390x make gcc
	echo "deb $("$host/fetch.sh" mirror) $package_suite-backports main" |
		as_root tee "$root/etc/apt/sources.list.d/backports.list"
}

install_headers() {
	apt_get update &&
	apt_get install -t $package_suite-backports linux-headers-s390x
}

install_package() {
	apt_get install "$(echo "$deb"/*.deb)"
}

# installed MODULE: DKMS has built it for s390x, and modprobe finds it
installed() {
	release=$(ls "$root/lib/modules")
	run modinfo -k "$release" "$1" | tee /dev/stderr |
		grep -q "^filename:.*/updates/dkms/$1.ko" &&
	run modinfo -k "$release" -F vermagic "$1" | grep "^$release "
}

depends() {
	run modprobe -S "$(ls "$root/lib/modules")" --show-depends ism-vfio-pci |
		tee /dev/stderr | grep -q updates/dkms/zpci-fh
}

remove() {
	apt_get purge zpci-fh-dkms &&
	! find "$root/lib/modules" -name 'zpci-fh.ko*' | grep .
}

# Runs the commands in install.rst for use without the package. DKMS is already
# installed. It takes the kernel version from uname, hence QEMU_UNAME.
documented() {
	as_root rsync -a "$deb/source/" "$root/zpci_fh/"
	commands=$(awk -f "$top/lab/checks/commands.awk" \
		"$top/Documentation/install.rst" | cut -f 2 | grep "^sudo dkms $1") &&
	run env QEMU_UNAME="$(ls "$root/lib/modules")" sh -euxc \
		"cd /zpci_fh; sudo() { \"\$@\"; }; $commands"
}

add() {
	documented add && documented install && installed ism-vfio-pci
}

remove_added() {
	documented remove &&
	! find "$root/lib/modules" -name 'zpci-fh.ko*' | grep .
}

check() {
	mkdir -p "$build/log"
	make_root > "$build/log/deb-root.log" 2>&1 || {
		tail -n 20 "$build/log/deb-root.log" | sed 's/^/# /'
		echo "not ok 1 a root file system for s390x"
		exit 1
	}
	echo "1..9"
	try "$build/log/package.log" "headers install" install_headers
	try "$build/log/package.log" "the package builds and lintian has no errors" \
		env DEBFULLNAME="A Packager" DEBEMAIL=packager@example.com \
		"$lab/checks/debian-package.sh" build
	try "$build/log/package.log" "the package installs" install_package
	try "$build/log/package.log" "zpci-fh is built" installed zpci-fh
	try "$build/log/package.log" "ism-vfio-pci is built" installed ism-vfio-pci
	try "$build/log/package.log" "modprobe knows the dependency" depends
	try "$build/log/package.log" "the package can be removed" remove
	try "$build/log/package.log" "without the package, dkms add and dkms install work too" add
	try "$build/log/package.log" "dkms remove removes the modules" remove_added
	exit $failed
}

"$1"
