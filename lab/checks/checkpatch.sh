#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# checkpatch.sh SOURCE ARGUMENT...: run checkpatch.pl of a Linux source tree with
# the strictest options; prints nothing and succeeds if it finds no problem
set -u

source=$1
shift
words=$(dpkg -L codespell | grep /dictionary.txt) ||
	{ echo "no codespell: apt-get install codespell"; exit 1; }
exec "$source/scripts/checkpatch.pl" --strict --terse --show-types \
	--codespell --codespellfile "$words" "$@"
