#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# debian-package.sh build     build the Debian package zpci-fh-dkms in build/deb, and those
#                             of libism and ismcat if this system is s390x; their
#                             maintainer is DEBFULLNAME <DEBEMAIL>, by default that
#                             of git
# debian-package.sh check     build and install them in an s390x root file system; prints
#                             KTAP
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
	only=-A
	[ "$(dpkg --print-architecture)" != s390x ] || only=
	dpkg-buildpackage $only -us -uc
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

# Without systemd, as in a container, nothing has registered the emulator
emulate() {
	"$host/packages.sh" qemu-user-static binfmt-support
	binfmt=/proc/sys/fs/binfmt_misc
	[ -e $binfmt/register ] || as_root mount -t binfmt_misc none $binfmt
	[ -e $binfmt/qemu-s390x ] || as_root update-binfmts --enable qemu-s390x
}

make_root() {
	emulate
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

# The packages of libism and ismcat are built there. The headers of the kernel in
# bookworm are too old.
build_libism() {
	apt_get install -t $package_suite-backports linux-libc-dev &&
	apt_get install build-essential debhelper dh-dkms pkg-config &&
	as_root mkdir -p "$root/libism" &&
	as_root rsync -a --delete "$deb/source/" "$root/libism/zpci-fh/" &&
	run sh -euc 'cd /libism/zpci-fh; dpkg-buildpackage -B -us -uc' &&
	lintian --fail-on error "$root"/libism/*.changes
}

install_libism() {
	packages=$(cd "$root" && ls libism/libism*.deb libism/ismcat*.deb) &&
	run sh -euc "cd /; DEBIAN_FRONTEND=noninteractive apt-get -y install \
		$(echo "$packages" | sed 's|^|./|' | tr '\n' ' ')"
}

# A program is built as the manual says. There is no function for it.
use_libism() {
	run sh -euxc 'ismcat --version
		cd /tmp
		cc -o greet /usr/share/doc/libism-dev/examples/libism_greet.c \
			$(pkg-config --cflags --libs libism)
		ldd ./greet | grep libism.so.0
		! ./greet 1 2 2> said
		grep "libism_open: No such device" said'
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
	echo "1..12"
	try "$build/log/package.log" "headers install" install_headers
	try "$build/log/package.log" "the package builds and lintian has no errors" \
		env DEBFULLNAME="A Packager" DEBEMAIL=packager@example.com \
		"$lab/checks/debian-package.sh" build
	try "$build/log/package.log" "the package installs" install_package
	try "$build/log/package.log" "zpci-fh is built" installed zpci-fh
	try "$build/log/package.log" "ism-vfio-pci is built" installed ism-vfio-pci
	try "$build/log/package.log" "modprobe knows the dependency" depends
	try "$build/log/package.log" "the package can be removed" remove
	try "$build/log/package-libism.log" "libism and ismcat build, and lintian has no errors" \
		build_libism
	try "$build/log/package-libism.log" "they install" install_libism
	try "$build/log/package-libism.log" "a program can use libism" use_libism
	try "$build/log/package.log" "without the package, dkms add and dkms install work too" add
	try "$build/log/package.log" "dkms remove removes the modules" remove_added
	exit $failed
}

"$1"
