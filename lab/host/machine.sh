#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# machine.sh LOG DIR TASK [QEMU ARGUMENT...]: run a machine with the kernel in DIR and
# guest/TASK, which uses standard input and output. Kernel messages go to LOG. APPEND:
# more parameters of the kernel.
set -eu
. "$(dirname "$0")/lib.sh"

log=$1 dir=$2 task=$3
shift 3

# On a busy host a CPU of the guest can stand still for longer than RCU's 21 s
exec "$build/qemu/qemu-system-s390x" \
	-L /usr/share/qemu -M s390-ccw-virtio -cpu max -m 1G -smp 2 \
	-nodefaults -display none -no-reboot \
	-chardev file,id=kernel,path="$log",append=on \
	-device sclplmconsole,chardev=kernel \
	-chardev stdio,id=task,signal=off \
	-device virtio-serial-ccw -device virtconsole,chardev=task \
	-kernel "$dir/bzImage" -initrd "$dir/initramfs" \
	-append "console=ttyS0 sclp_con_drop=0 ignore_loglevel printk.time=1 \
printk.devkmsg=on panic=-1 page_owner=on rcupdate.rcu_cpu_stall_timeout=300 \
${APPEND-} lab=$task" \
	"$@"
