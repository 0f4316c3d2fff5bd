#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# debian13.sh [TARGET...]: make these targets on Debian 13, by default run and check
#
# Uses a root file system of Debian 13 under build/ and a copy of the files that
# git tracks. The build results stay there for the next run.
set -eu
. "$(dirname "$0")/../host/lib.sh"

root=$build/root-debian13
[ -d "$root" ] || "$host/step.sh" 1/2 "Debian 13 in $root" "1 min" debian13 \
	"$host/root.sh" make "$root" $debian13_suite "$(dpkg --print-architecture)" make
as_root mkdir -p "$root/zpci_fh"
as_root find "$root/zpci_fh" -mindepth 1 -maxdepth 1 ! -name build \
	-exec rm -rf {} +
(cd "$top" && git ls-files -z) |
	as_root rsync -a --from0 --files-from=- "$top/" "$root/zpci_fh/"

[ $# -gt 0 ] || set -- run check
as_root "$host/root.sh" run "$root" make -C /zpci_fh "$@"
