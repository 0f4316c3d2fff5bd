#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot.sh SECONDS KERNEL INITRAMFS TASK [QEMU ARGUMENT...]
#
# Boots the guest, shows what guest/TASK prints and returns what it returned.
# A task is a name with arguments behind commas. What the kernel prints goes to
# a log of its own; a guest whose kernel warns or oopses, or that does not end
# in time, has failed. PROFILE, if it is not lpar, becomes part of the logs' names.
# COVERAGE is a folder for what gcov has counted. KNOWN is a pattern for complaints
# of the kernel that are no failure.
set -eu
. "$(dirname "$0")/lib.sh"

seconds=$1 kernel=$2 initramfs=$3 task=$4
shift 4
log=build/log/boot-$(echo "$task" | tr -c 'a-zA-Z0-9\n' -)
[ "${PROFILE-lpar}" = lpar ] || log=$log-$PROFILE
mkdir -p "$build/log"

# See init for what goes to which console
qemu() {
	timeout --foreground -k 10 "$seconds" "$build/qemu/qemu-system-s390x" \
		-L /usr/share/qemu -M s390-ccw-virtio -cpu max -m 1G -smp 2 \
		-nodefaults -display none -no-reboot \
		-chardev file,id=kernel,path="$top/$log.kernel" \
		-device sclplmconsole,chardev=kernel \
		-chardev stdio,id=task,signal=off \
		-device sclpconsole,chardev=task \
		-kernel "$kernel" -initrd "$initramfs" \
		-append "console=ttyS0 loglevel=1 panic=-1 page_owner=on lab=$task" \
		"$@" < /dev/null && rc=0 || rc=$?
	echo "qemu: ended with $rc"
}

# failed REASON [PATTERN]: with the lines of the kernel's log that say more
failed() {
	grep -aE -A 20 "${2-.}" "$top/$log.kernel" | tail -n 20 >&2
	die "$task: $1; see $log and $log.kernel"
}

qemu "$@" 2>&1 | sed -u 's/\r*$//' | tee "$top/$log" |
	sed -u '/^qemu: ended/d; /^gcov: /d'
[ -z "${COVERAGE-}" ] ||
	sed -n 's/^gcov: //p' "$top/$log" > "$COVERAGE/${log##*/}"

bad='WARNING|BUG|INFO: task|INFO: rcu|KASAN|UBSAN|KFENCE|\[#[0-9]+\]'
bad="$bad|Kernel panic|Unable to handle|possible .*lock|suspected memory leaks|leaked pages"
! grep -aE "$bad" "$top/$log.kernel" | grep -qvE "${KNOWN:-^$}" ||
	failed "the kernel complained" "$bad"
! grep -qE '^qemu: ended with (124|137)$' "$top/$log" ||
	failed "not done after $seconds s"
rc=$(sed -n "s/^lab: $task ended with \([0-9]*\)$/\1/p" "$top/$log")
[ -n "$rc" ] || failed "did not come to an end"
exit "$rc"
