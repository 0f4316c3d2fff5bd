#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# checkpatch.sh SOURCE ARGUMENT...: the checkpatch.pl of a Linux source tree, as
# strict as it can be; says nothing, and succeeds, if there is no complaint
set -u

source=$1
shift
words=$(dpkg -L codespell | grep /dictionary.txt) ||
	{ echo "no codespell: apt-get install codespell"; exit 1; }
exec "$source/scripts/checkpatch.pl" --strict --terse --show-types \
	--codespell --codespellfile "$words" "$@"
