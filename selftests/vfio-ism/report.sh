#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# report.sh [FILE]: run the tests and the benchmark on this machine's ISM functions
# and write a report to attach to a mail
#
# Needs root, and two unused functions of one PCHID that are bound to ism_vfio_pci.
# Otherwise it changes nothing, says what to do and exits with 2. Exits with 0 if
# no test failed, more passed than were skipped, and the benchmark completed, else
# with 1. Requires no tools other than those in busybox.
set -u

sys=/sys/bus/pci/devices
driver=ism_vfio_pci
file=${1:-vfio-ism-report-$(date -u +%Y%m%d-%H%M%S).txt}
here=$(cd "$(dirname "$0")" && pwd)

stop() {
	printf '%s\n' "$@" >&2
	exit 2
}

ism_functions() {
	for f in "$sys"/*; do
		[ "$(cat "$f/vendor" "$f/device" 2>&1 | tr -d '\n')" = 0x10140x04ed ] &&
			basename "$f"
	done
}

attribute() {
	cat "$sys/$1/$2" 2> /dev/null || echo -
}

driver_of() {
	[ -e "$sys/$1/driver" ] || { echo none; return; }
	basename "$(readlink "$sys/$1/driver")"
}

list() {
	for f in $functions; do
		echo "$f  PCHID $(attribute "$f" pchid)  driver $(driver_of "$f")"
	done
}

# Two functions of one PCHID, if there are any; prefers functions that are bound
pair() {
	for f in $functions; do
		[ "$(driver_of "$f")" = $driver ]
		echo "$? $(attribute "$f" pchid) $f"
	done | sort | awk '
		!n[$2]++ { pchid[++pchids] = $2 }
		n[$2] < 3 { pair[$2] = pair[$2] " " $3 }
		END {
			for (i = 1; i <= pchids; i++)
				if (n[pchid[i]] > 1)
					break
			print pair[pchid[i]]
		}'
}

# The commands that bind the pair, and nothing else
remedy() {
	for f in $functions; do
		d=$(driver_of "$f")
		case "$pair :$d" in
		*" $f "*:$driver)
			;;
		*" $f "*)
			[ "$d" = none ] || echo "    echo $f > $sys/$f/driver/unbind"
			echo "    echo $driver > $sys/$f/driver_override"
			echo "    echo $f > ${sys%/*}/drivers_probe" ;;
		*:$driver)
			echo "    echo $f > ${sys%/*}/drivers/$driver/unbind" ;;
		esac
	done
}

# SMC-D uses what the kernel's own driver has
smc_d() {
	for f in $pair; do
		[ "$(driver_of "$f")" != ism ] ||
			printf '\n%s' "SMC-D loses $f: its connections through it end."
	done
}

section() {
	printf '\n== %s ==\n' "$1"
}

# No names of hosts, LPARs or guests, and no serial numbers
machine() {
	grep -E '^(Manufacturer|Type|Model|VM00 Control Program):' /proc/sysinfo
	sed -n -e '/^features/p' -e 's/.*\(machine = .*\)/\1/p' /proc/cpuinfo |
		sort -u
}

kernel() {
	uname -srvm
	{ zcat /proc/config.gz || cat "/boot/config-$(uname -r)"; } 2> /dev/null |
		grep -E '^CONFIG_(VFIO|IOMMUFD|S390_IOMMU|ISM)'
	ls -d /dev/iommu /dev/vfio/vfio 2> /dev/null
}

modules() {
	for m in zpci_fh ism_vfio_pci; do
		echo "$m: $(modinfo -F filename $m 2>&1)"
		for a in version srcversion taint; do
			[ ! -e /sys/module/$m/$a ] || echo "  $a: $(cat /sys/module/$m/$a)"
		done
	done
}

attributes() {
	for f in $functions; do
		echo "$f: driver $(driver_of "$f")"
		for a in function_id function_handle pchid pfgid pft vfn port uid \
			 uid_is_unique fidparm mio_enabled driver_override; do
			[ ! -e "$sys/$f/$a" ] || echo "  $a: $(cat "$sys/$f/$a")"
		done
		grep -v '^0x0* ' "$sys/$f/resource" | sed 's/^/  BAR: /'
	done
}

# The kernel has counts of a function only while a program uses it. Save the first
# and the last counts seen while COMMAND runs.
measure() {
	"$@" &
	while kill -0 $! 2> /dev/null; do
		for f in $pair; do
			cat "/sys/kernel/debug/pci/$f/statistics" > "$tmp/now" || continue
			[ -e "$tmp/$f.first" ] || cp "$tmp/now" "$tmp/$f.first"
			mv "$tmp/now" "$tmp/$f.last"
		done 2> /dev/null
		sleep 0.1
	done
	wait $!
}

statistics() {
	for f in $pair; do
		echo "$f:"
		cat "$tmp/$f.$1" 2> /dev/null ||
			echo "  none: is debugfs at /sys/kernel/debug?"
	done
}

# Omits the resets, because the tests cause hundreds of them
messages() {
	dmesg | grep -v -e ': resetting$' -e ': reset done$' |
		grep -F -e ism_vfio_pci -e ism-vfio-pci -e zpci_fh -e zpci-fh \
			$(printf ' -e %s' $functions)
}

report() {
	echo "ism_vfio_pci on a machine, $(date -u '+%Y-%m-%d %H:%M:%S') UTC"
	section kernel
	kernel
	section machine
	machine
	section modules
	modules
	section functions
	attributes
	section kselftest
	"$here/../run_kselftest.sh" -c "$(basename "$here")" 2>&1 | tee "$tmp/ktap"
	section bench
	echo "call, median time in nanoseconds, PCI instructions"
	measure "$here/vfio_ism_bench" $pair 2>&1 ||
		echo "the benchmark failed" | tee "$tmp/failed"
	section "statistics at the start of the bench"
	statistics first
	section "statistics at its end"
	statistics last
	section messages
	messages
}

# The totals as kselftest prints them. Tests are skipped if the kernel lacks what
# they need; if most are skipped, the driver has not been tested.
counts() {
	totals=$(sed -n 's/.*# Totals: //p' "$tmp/ktap" | tail -n 1)
	echo "kselftest: ${totals:-no result}"
	sed -n 's/.* # SKIP /skipped: /p' "$tmp/ktap" | sort | uniq -c
	pass=$(echo "$totals" | sed -n 's/^pass:\([0-9]*\).*/\1/p')
	skip=$(echo "$totals" | sed -n 's/.* skip:\([0-9]*\).*/\1/p')
	[ "${pass:-0}" -gt "${skip:-0}" ] && ! grep -q '^not ok' "$tmp/ktap"
}

[ "$(id -u)" = 0 ] || stop "report.sh must be run as root."
functions=$(ism_functions)
list
pair=$(pair)
[ -n "$pair" ] || stop "Two ISM functions of one PCHID are needed, but were not found."
modinfo ism-vfio-pci > /dev/null 2>&1 ||
	stop "The module is not installed: make modules, make modules_install."
remedy=$(remedy)
[ -z "$remedy" ] ||
	stop "Two functions of one PCHID, and no others, must be bound to $driver." \
	     "If nothing uses them, bind them like this:" \
	     "    modprobe ism-vfio-pci" "$remedy$(smc_d)"

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp" "$file.part"' EXIT
trap 'exit 1' INT TERM HUP
: > "$file.part" || exit 1
echo "Testing; this takes some minutes ..."
report > "$file.part"
mv "$file.part" "$file" || exit 1
echo "report: $file"
counts && [ ! -e "$tmp/failed" ]
