#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot.sh SECONDS DIR NAME TASK [QEMU ARGUMENT...]: boot the kernel in DIR
#
# Shows the output of guest/TASK and returns its exit code. A task is a name with
# comma-separated arguments. The kernel has a separate console and log. A boot also
# fails if the kernel prints a warning or an oops, if the guest does not shut down by
# itself and in time, if the task's results differ from its plan, or if a test is
# skipped that the file skips does not list. A line "host: COMMAND" in the output is
# passed to QEMU's monitor as a command.
#
# The logs are build/log/NAME and build/log/NAME.kernel; PROFILE, if it is not lpar,
# and "debug" become part of the name. COVERAGE is a directory for the gcov counts.
# KNOWN is a pattern for kernel warnings that are not failures. For WHERE and EXPECTED
# see ktap.awk.
set -eu
. "$(dirname "$0")/lib.sh"

seconds=$1 dir=$2 log=build/log/$3 task=$4
shift 4
[ "${PROFILE-lpar}" = lpar ] || log=$log-$PROFILE

case $dir in
*-debug) log=$log-debug ;;
esac
mkdir -p "$build/log"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# On a busy host a CPU of the guest can stand still for longer than RCU's 21 s
qemu() {
	timeout --foreground -k 10 "$seconds" "$build/qemu/qemu-system-s390x" \
		-L /usr/share/qemu -M s390-ccw-virtio -cpu max -m 1G -smp 2 \
		-nodefaults -display none -no-reboot \
		-chardev file,id=kernel,path="$top/$log.kernel" \
		-device sclplmconsole,chardev=kernel \
		-chardev pipe,id=monitor,path="$tmp/monitor" \
		-mon chardev=monitor,mode=readline \
		-chardev stdio,id=task,signal=off \
		-device virtio-serial-ccw -device virtconsole,chardev=task \
		-kernel "$dir/bzImage" -initrd "$dir/initramfs" \
		-append "console=ttyS0 sclp_con_drop=0 ignore_loglevel printk.time=1 \
printk.devkmsg=on panic=-1 page_owner=on rcupdate.rcu_cpu_stall_timeout=300 \
lab=$task" \
		"$@" < /dev/null && rc=0 || rc=$?
	echo "qemu: ended with $rc"
}

# failed REASON [PATTERN]: shows the relevant lines of the kernel log
failed() {
	grep -aE -A 20 "${2-.}" "$top/$log.kernel" | tail -n 20 >&2
	die "$task: $1; see $log and $log.kernel"
}

rm -f "$top/$log" "$top/$log.kernel"
mkfifo "$tmp/monitor.in" "$tmp/monitor.out"
exec 3<> "$tmp/monitor.in" # so that writes never block
qemu "$@" 2>&1 | sed -u 's/\r*$//' | tee "$top/$log" |
	sed -u -e '/^qemu: ended/d; /^gcov: /d' \
		-e "/^host: /{s///; w $tmp/monitor.in" -e 'd}'
[ -z "${COVERAGE-}" ] ||
	sed -n 's/^gcov: //p' "$top/$log" > "$COVERAGE/${log##*/}"

bad='WARNING|BUG|INFO: task|INFO: rcu|KASAN|UBSAN|KFENCE|ODEBUG|\[#[0-9]+\]'
bad="$bad|Kernel panic|Unable to handle|possible .*lock|suspected memory leaks"
bad="$bad|unreferenced object|leaked pages|nobody cared|page allocation failure|Out of memory: Killed"
bad="$bad|cannot create duplicate filename"
complaint=$(grep -aE "$bad" "$top/$log.kernel" | grep -vE "${KNOWN:-^$}" | head -n 1) ||
	:
[ -z "$complaint" ] ||
	failed "the kernel complained: $complaint" "$bad"

ended=$(sed -n 's/^qemu: ended with //p' "$top/$log")
case $ended in
0) ;;
124 | 137) failed "timed out after $seconds s" ;;
*) failed "QEMU ended with ${ended:-no exit code}" ;;
esac
rc=$(sed -n "s/^lab: $task ended with \([0-9]*\)$/\1/p" "$top/$log")
[ -n "$rc" ] && grep -q ' lab: the end$' "$top/$log.kernel" ||
	failed "did not finish"
[ "$rc" = 0 ] || exit "$rc"
! grep -qE "^(1[.][.]|(not )?ok )[0-9]" "$top/$log" ||
	results=$(cd "$top" && awk -f lab/ktap.awk -v where="${WHERE-lab}" \
		-v expected="${EXPECTED-}" "$log") ||
	die "$task: $results; see $log"
