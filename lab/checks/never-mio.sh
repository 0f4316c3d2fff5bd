#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# never-mio.sh CONTROL OBJECT...: check that no OBJECT has a MIO instruction or a
# reference to a kernel function that would choose one. Prints KTAP.
#
# CONTROL is an object known to contain all of these, the kernel's pci_insn.o. It
# proves that the script can find them.
set -u
. "$(dirname "$0")/../ktap.sh"

cross=${CROSS_COMPILE-s390x-linux-gnu-}

# Finds the MIO opcodes of PCILG, PCISTG and PCIWB, b9 d4 to b9 d6, and of
# PCISTB, eb .. d4. objdump does not know them and guesses their length, so take
# the length from the first two bits of each instruction, function by function.
mio_instructions() {
	${cross}objdump -d -z "$1" | LC_ALL=C awk -F '\t' '
	function walk(  i, len, insn) {
		for (i = 1; i <= n; i += len) {
			len = byte[i] < "40" ? 2 : byte[i] < "c0" ? 4 : 6
			insn = byte[i] byte[i + 1] " " byte[i + 5]
			if (insn ~ /^b9d[456]/ || insn ~ /^eb.. d4$/)
				print name, "at instruction byte", i - 1
		}
		n = 0
	}
	/^[0-9a-f]+ </ { walk(); name = $1 }
	/^ *[0-9a-f]+:\t/ {
		count = split($2, part, " ")
		for (j = 1; j <= count; j++)
			byte[++n] = part[j]
	}
	END { walk() }'
}

# References to the static key have_mio, or to functions that test it
mio_references() {
	${cross}nm "$1" |
		grep -wE 'have_mio|zpci_(load|store|write_block|barrier)'
}

is_object() {
	${cross}nm "$1" > /dev/null 2>&1
}

control=$1
shift
echo "TAP version 13"
echo "1..$(($# * 2 + 2))"

[ "$(mio_instructions "$control" | wc -l)" -ge 4 ]
ok "all four MIO instructions are found in ${control##*/}"
[ "$(mio_references "$control" | wc -l)" -ge 5 ]
ok "and all five symbols"

for object; do
	is_object "$object" && ! mio_instructions "$object" | sed 's/^/# /' | grep .
	ok "${object##*/} has no MIO instruction"
	is_object "$object" && ! mio_references "$object" | sed 's/^/# /' | grep .
	ok "${object##*/} refers to nothing that chooses MIO"
done
exit $failed
