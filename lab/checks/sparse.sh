#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# sparse.sh ARGUMENT...: run sparse. If it is too old for Linux 7.x, like the one in
# Debian 12, define what it lacks: __typeof_unqual__, and strlen() of a constant
# string
! echo '__typeof_unqual__(int) unqual;' | sparse - 2>&1 | grep -q error ||
	set -- "-D__typeof_unqual__=__typeof__" \
		"-D__builtin_strlen(s)=(sizeof(s) - 1)" "$@"
exec sparse "$@"
