# SPDX-License-Identifier: GPL-2.0
# Sourced by guest tasks that load test modules.
# shellcheck shell=sh

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
