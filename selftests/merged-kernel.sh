#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# merged-kernel.sh: prints the version of a kernel with the merged driver, after
# building the lab for it; nothing, if Debian's suites have none any more
set -eu
cd "$(dirname "$0")/.."

log=build/log/merged-kernel
mkdir -p build/log
for kernel in 7.3 7.2; do
	if make --no-print-directory -s -C selftests/vm lab KERNEL=$kernel > $log 2>&1; then
		echo $kernel
		break
	fi
	grep -q 'is not to be had' $log || {
		tail -n 20 $log >&2
		exit 1
	}
done
