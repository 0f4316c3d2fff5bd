#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Tests that the lab and report.sh handle bad input: they print a message with the
# remedy, fail, and leave nothing behind. Prints KTAP.
set -u
. "$(dirname "$0")/lib.sh"

n=0 failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp" "$build/linux-0.1" "$build"/linux-custom-nonexistent' EXIT

# refuses NAME PATTERN COMMAND...: it must fail with PATTERN in its last lines
refuses() {
	name=$1 pattern=$2
	shift 2
	n=$((n + 1))
	if "$@" > "$tmp/out" 2>&1 || ! tail -n 5 "$tmp/out" | grep -q "$pattern"; then
		failed=1
		echo "not ok $n $name"
		sed 's/^/# /' "$tmp/out"
	else
		echo "ok $n $name"
	fi
}

# fake NAME EXIT [TEXT]: a command that prints TEXT, if any, and returns EXIT
fake() {
	printf '#!/bin/sh\necho %s\nexit %s\n' "${3-}" "$2" > "$tmp/bin/$1"
	chmod +x "$tmp/bin/$1"
}

echo "1..18"
mkdir "$tmp/bin"

fake dpkg-query 1
fake sudo 1
fake id 0 1000
refuses "packages missing and no root" 'apt-get install .*gcc-s390x-linux-gnu' \
	env PATH="$tmp/bin:$PATH" "$vm/packages.sh"
rm "$tmp"/bin/*

refuses "a kernel version that Debian does not have" 'linux-source-0.1' \
	make -C "$vm" lab KERNEL=0.1
refuses "a KSRC that is not a kernel source" 'not a Linux source tree' \
	make -C "$vm" lab KSRC=/nonexistent

fake df 0
refuses "a full disk" 'make room' \
	env PATH="$tmp/bin:$PATH" "$vm/kernel.sh" "$build/linux-0.1" 6.12
rm "$tmp"/bin/*

fake apt-get 0
refuses "apt without a mirror" 'sources.list' \
	env PATH="$tmp/bin:$PATH" "$vm/fetch.sh" deb hello "$build/linux-0.1"
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
refuses "an unknown profile" 'PROFILE must be one of' make -C "$vm" lab PROFILE=z16

refuses "no kernel headers" 'no kernel headers in /nonexistent' \
	make -s --no-print-directory -C "$top" modules KDIR=/nonexistent
refuses "modules for another architecture" 'These modules are for s390x' \
	make -s --no-print-directory -C "$top" modules \
	KDIR="$build/linux-6.12/obj" ARCH=x86_64

n=$((n + 1))
if [ -e "$build/linux-0.1" ] || ls "$build"/linux-0.1* > /dev/null 2>&1; then
	failed=1
	echo "not ok $n nothing is left behind"
else
	echo "ok $n nothing is left behind"
fi
exit $failed
