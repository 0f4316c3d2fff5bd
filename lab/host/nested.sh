#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# nested.sh DIR: create DIR/initramfs-nested: DIR/initramfs and, in the folder /nested, what
# the task "nested" needs: QEMU, and a guest for it with the kernel of DIR
set -eu
. "$(dirname "$0")/lib.sh"

dir=$1
root=$dir/root inner=$dir/inner outer=$dir/outer

release=$(ls "$root/lib/modules")
rm -rf "$inner" "$outer"
mkdir -p "$inner/bin" "$inner/lab" "$outer/nested"
cp -a "$root/bin/busybox" "$root/bin/sh" "$inner/bin/"
install -m 755 "$lab/guest/inner-init" "$inner/init"
cp "$lab/guest/lib.sh" "$lab/terminal.sh" "$lab/ktap.sh" "$lab/ktap.awk" "$inner/lab/"
{
	modprobe -d "$root" -S "$release" -a --show-depends ism ism_client zpci_fh_lab zpci_results \
		nvme zpci_ordinary |
		sed -n "s,^insmod $root/\([^ ]*\).*,\1,p"
	(cd "$root" && ls lib/modules/*/modules.order lib/modules/*/modules.builtin*)
} | rsync -a --files-from=- "$root" "$inner"
depmod -b "$inner" "$release"

archive "$inner" > "$outer/nested/initramfs"
cp "$dir/bzImage" /usr/share/qemu/s390-ccw.img "$outer/nested/"
s390x-linux-gnu-strip -o "$outer/nested/qemu-system-s390x" \
	"$build/qemu-guest/qemu-system-s390x"
{ cat "$dir/initramfs"; archive "$outer"; } > "$dir/initramfs-nested"
