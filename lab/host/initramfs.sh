#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# initramfs.sh DIR: build the guest's root file system, DIR/initramfs
#
# DIR is a kernel's directory, as created by kernel.sh or debian-kernel.sh, with our
# modules in DIR/modules and the kselftests in DIR/kselftest.tar.gz.
set -eu
. "$(dirname "$0")/lib.sh"

dir=$1
root=$dir/root

# Besides busybox, what users have: driverctl and the shell that it needs; GNU
# timeout, which run_kselftest.sh uses, and the library that it needs
for package in busybox-static:s390x driverctl bash-static:s390x coreutils:s390x \
	libc6:s390x; do
	folder=$build/${package%%[-:]*}
	[ -d "$folder" ] || "$host/fetch.sh" deb $package "$folder" $program_suites
done

rm -rf "$root"
mkdir -p "$root/bin" "$root/lib" "$root/usr" "$root/lab"
ln -s ../bin "$root/usr/bin"
ln -s bin "$root/sbin"
find "$build/busybox" -type f -path '*bin/busybox' \
	-exec install {} "$root/bin/busybox" \;
ln -s busybox "$root/bin/sh"
install -m 755 "$lab/guest/init" "$root/init"
install -m 755 "$lab"/guest/* "$root/lab/"
install -m 644 "$lab/ktap.awk" "$lab/ktap.sh" "$lab/terminal.sh" "$root/lab/"
install -m 644 "$dir/modules/Documentation/example/zpci_fh_example.ko" "$root/lab/"
mkdir "$root/kselftest"
tar -C "$root/kselftest" -xf "$dir/kselftest.tar.gz"

install -m 755 "$dir/tools-ism/ismcat" "$dir"/tools-ism/libism_[a-z]*[a-z] "$root/bin/"

# The commands from the documents
"$top/lab/checks/commands.sh" guest "$root/lab/documented"
for recipe in recipe-there recipe-here; do
	"$top/lab/checks/commands.sh" $recipe > "$root/lab/$recipe"
done
cp "$dir/kselftest.tar.gz" "$root/lab/"
find "$build/driverctl" -type f -path '*bin/driverctl' \
	-exec install {} "$root/bin/driverctl" \;
find "$build/bash" -type f -path '*bin/bash-static' \
	-exec install {} "$root/bin/bash" \;
find "$build/coreutils" -type f -path '*bin/timeout' \
	-exec install {} "$root/bin/timeout" \;
for lib in ld64.so.1 libc.so.6; do
	find "$build/libc6" -type f -name $lib \
		-exec install {} "$root/lib/$lib" \;
done

install_modules() {
	kbuild "$dir" "$@" INSTALL_MOD_PATH="$root" \
		INSTALL_MOD_STRIP=--strip-debug STRIP=s390x-linux-gnu-strip \
		modules_install
}

# From a prebuilt kernel, only the modules that vfio and the console need; all of
# them would make the guest too large
copy_modules() {
	modules=$(find "$dir/package" -path '*/lib/modules/*' -prune)
	release=${modules##*/}
	lib=${modules%/modules/*}
	depmod -b "${lib%/lib}" "$release"
	{
		modprobe -d "${lib%/lib}" -S "$release" -a --show-depends \
			vfio-pci vfio_iommu_type1 virtio_console | sort -u |
			sed -n "s,^insmod $lib/\([^ ]*\).*,\1,p"
		(cd "$lib" && ls modules/*/modules.order modules/*/modules.builtin*)
	} | rsync -a --files-from=- "$lib" "$root/lib"
}

if [ -d "$dir/package" ]; then
	copy_modules
else
	install_modules -C "$dir/obj"
fi
install_modules -C "$dir/modules" KDIR="$dir/obj"

archive "$root" > "$dir/initramfs.new"
mv "$dir/initramfs.new" "$dir/initramfs"
