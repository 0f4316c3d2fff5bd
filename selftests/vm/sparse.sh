#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# sparse.sh ARGUMENT...: sparse, with what that of Debian 12 lacks for a newer
# kernel: __typeof_unqual__, and a length of strings that is a constant
exec sparse "-D__typeof_unqual__=__typeof__" \
	"-D__builtin_strlen(s)=(sizeof(s) - 1)" "$@"
