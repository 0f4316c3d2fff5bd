# SPDX-License-Identifier: GPL-2.0
# Sourced by guest tasks that load test modules.
# shellcheck shell=sh

# lab_module MODULE [PARAMETER...]: load it, show its results, unload it
lab_module() {
	modprobe "$@" || {
		echo "not ok 1 $1 loads"
		return 1
	}
	cat "/sys/kernel/debug/zpci_lab/$1" | tee /tmp/lab
	rmmod "$1" zpci_lab || echo "not ok 0 $1 unloads" | tee -a /tmp/lab
	awk -f ktap.awk /tmp/lab > /tmp/counts || {
		sed 's/^/# /' /tmp/counts
		return 1
	}
}
