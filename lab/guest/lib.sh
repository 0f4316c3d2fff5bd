# SPDX-License-Identifier: GPL-2.0
# Sourced by guest tasks.
# shellcheck shell=sh

. ./ktap.sh
. ./terminal.sh

# functions VENDOR DEVICE: as sysfs names them
functions() {
	for f in /sys/bus/pci/devices/*:*; do
		[ "$(cat "$f/vendor" "$f/device" 2> /dev/null | tr '\n' ' ')" = "$1 $2 " ] &&
			basename "$f"
	done
}

ism_functions() {
	functions 0x1014 0x04ed
}

# load_ism_vfio_pci [ours|merged]: our module, or the kernel's of the same name
load_ism_vfio_pci() {
	case ${1-ours} in
	ours)
		modprobe ism-vfio-pci
		# a soft dependency of vfio, which busybox ignores
		modprobe vfio_iommu_type1 2> /dev/null || : ;;
	merged)
		modprobe vfio-pci-core
		insmod "/lib/modules/$(uname -r)/kernel/drivers/vfio/pci/ism/ism-vfio-pci.ko" ;;
	esac
}

# unbind FUNCTION...: from the driver that an earlier task has bound, if any
unbind() {
	for f; do
		device=/sys/bus/pci/devices/$f
		echo > "$device/driver_override"
		[ ! -e "$device/driver" ] || echo "$f" > "$device/driver/unbind"
	done
}

# bind DRIVER FUNCTION...
bind() {
	driver=$1
	shift
	unbind "$@"
	for f; do
		device=/sys/bus/pci/devices/$f
		echo "$driver" > "$device/driver_override" &&
		echo "$f" > /sys/bus/pci/drivers_probe &&
		[ "$(basename "$(readlink "$device/driver")")" = "$driver" ] || {
			echo "$f cannot be bound to $driver"
			exit 1
		}
	done
}

# load_nvme: and wait for a disk, which the driver looks for in the background
load_nvme() {
	modprobe nvme && (limit=60 && until_ok [ -b /dev/nvme0n1 ])
}

# network NR: the one between machines; this one is 10.0.0.NR
network() {
	ip link set eth0 up && ip address add "10.0.0.$1/24" dev eth0
}

# Terminals, and a user that can log in
set_up_terminals() {
	mkdir -p /dev/pts /etc
	mount -t devpts devpts /dev/pts
	echo "root:$(mkpasswd -m md5 secret):0:0:root:/:/bin/sh" > /etc/passwd
}

# both_drivers PROGRAM [ARGUMENT...]: run it with the ISM functions bound to the
# merged driver, then to ours; its output goes to /tmp/merged and /tmp/ours
both_drivers() {
	for which in merged ours; do
		load_ism_vfio_pci $which
		bind ism_vfio_pci $(ism_functions)
		"$@" $(ism_functions) > /tmp/$which
		for f in $(ism_functions); do
			echo "$f" > /sys/bus/pci/drivers/ism_vfio_pci/unbind
		done
		rmmod ism_vfio_pci
	done
}

# judge FILE: are there results in FILE, as many as planned, and did all pass?
judge() {
	awk -f ktap.awk "$1" > /tmp/counts && return
	sed 's/^/# /' /tmp/counts
	return 1
}

# lab_module MODULE [PARAMETER...]: load it, show its results, unload it
lab_module() {
	modprobe "$@" || {
		echo "not ok 1 $1 loads"
		return 1
	}
	cat "/sys/kernel/debug/zpci_lab/$1" | tee /tmp/lab
	rmmod "$1" zpci_lab || echo "not ok 0 $1 unloads" | tee -a /tmp/lab
	judge /tmp/lab
}
