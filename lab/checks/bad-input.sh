#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Tests that the lab and report.sh handle bad input: they print a message with the
# remedy, fail, and leave nothing behind. Prints KTAP.
set -u
. "$(dirname "$0")/../host/lib.sh"
. "$lab/ktap.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp" "$build/linux-0.1" "$build"/linux-custom-nonexistent' EXIT

# refuses NAME PATTERN COMMAND...: it must fail with PATTERN in its last lines
refuses() {
	name=$1 pattern=$2 rc=0
	shift 2
	! "$@" > "$tmp/out" 2>&1 && tail -n 5 "$tmp/out" | grep -q "$pattern" || rc=1
	[ $rc = 0 ] || sed 's/^/# /' "$tmp/out"
	result $rc "$name"
}

# fake NAME EXIT [TEXT]: a command that prints TEXT, if any, and returns EXIT
fake() {
	printf '#!/bin/sh\necho %s\nexit %s\n' "${3-}" "$2" > "$tmp/bin/$1"
	chmod +x "$tmp/bin/$1"
}

echo "1..22"
mkdir "$tmp/bin"

fake dpkg-query 1
fake sudo 1
fake id 0 1000
refuses "packages missing and no root" 'apt-get install .*gcc-s390x-linux-gnu' \
	env PATH="$tmp/bin:$PATH" "$host/packages.sh"
rm "$tmp"/bin/*

refuses "a kernel version that Debian does not have" 'linux-source-0.1' \
	make -C "$lab" all KERNEL=0.1
refuses "a KSRC that is not a kernel source" 'not a Linux source tree' \
	make -C "$lab" all KSRC=/nonexistent

fake df 0
refuses "a full disk" 'make room' \
	env PATH="$tmp/bin:$PATH" "$host/kernel.sh" "$build/linux-0.1" 6.12
rm "$tmp"/bin/*

fake apt-get 0
refuses "apt without a mirror" 'sources.list' \
	env PATH="$tmp/bin:$PATH" "$host/fetch.sh" deb hello "$build/linux-0.1"
rm "$tmp"/bin/*

fake id 0 0
refuses "a report on a machine without ISM" 'Two ISM functions of one PCHID' \
	env PATH="$tmp/bin:$PATH" "$top/selftests/vfio-ism/report.sh" "$build/linux-0.1"
fake id 0 1000
refuses "a report without root" 'must be run as root' \
	env PATH="$tmp/bin:$PATH" "$top/selftests/vfio-ism/report.sh" "$build/linux-0.1"
rm "$tmp"/bin/*

# qemu FUNCTION...: with only these functions
qemu() {
	devices=
	for function; do
		devices="$devices -device $function"
	done
	timeout 60 "$build/qemu/qemu-system-s390x" -L /usr/share/qemu \
		-M s390-ccw-virtio -S -nodefaults -display none $devices < /dev/null
}

refuses "a group id that is reserved for QEMU" 'group must be' \
	qemu ism,group=0xf3
refuses "different ISMs in one group" 'group 0x20 has other attributes' \
	qemu ism,group=0x20 ism,group=0x20,relaxed=off
refuses "too many different ISMs" 'too many different function groups' \
	qemu $(seq -f ism,mui=%g 16)
refuses "a function type beyond a byte" "Parameter 'pft'" qemu ism,pft=256
refuses "no measurement interval" 'mui must be' qemu ism,mui=0
refuses "a max-block below the maxstbl of the group" 'max-block must be' \
	qemu ism,maxstbl=4096,max-block=128
refuses "a latency that would look like a hang" 'latency must be' \
	qemu ism,latency=1000001
mkdir -m 755 "$tmp/open"
refuses "two ISMs with one GID in a fabric" 'gid 0x5 is already in use' \
	qemu ism,gid=5,fabric="$tmp/fabric" ism,gid=5,fabric="$tmp/fabric"
refuses "a fabric that others can access" 'chmod 700' qemu ism,fabric="$tmp/open"
refuses "a fabric in a folder that does not exist" 'create the one above' \
	qemu ism,fabric="$tmp/no/fabric"
refuses "a fabric whose path is too long" 'use a shorter one' \
	qemu ism,fabric="$tmp/$(printf %0100d 0)"
refuses "an unknown profile" 'PROFILE must be one of' make -C "$lab" all PROFILE=z16

refuses "no kernel headers" 'no kernel headers in /nonexistent' \
	make -s --no-print-directory -C "$top" modules KDIR=/nonexistent
refuses "modules for another architecture" 'These modules are for s390x' \
	make -s --no-print-directory -C "$top" modules \
	KDIR="$build/linux-6.12/obj" ARCH=x86_64

[ ! -e "$build/linux-0.1" ] && ! ls "$build"/linux-0.1* > /dev/null 2>&1
ok "nothing is left behind"
exit $failed
