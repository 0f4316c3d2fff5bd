#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# costs.sh DIR LOG [record]: compare the counts in LOG with lab/checks/costs
#
# LOG is from a boot of the kernel in DIR, and has lines
#     cost WHOSE NAME INSTRUCTIONS PCI-INSTRUCTIONS
# With the same kernel, configuration and compiler, every run gives the same
# counts. Fails if a count is missing, is not recorded, or has increased: guest
# instructions by more than 2 %, PCI instructions at all. If nothing is recorded
# for the kernel and the compiler, the counts are only shown. With "record" they
# replace those in the file. Prints KTAP.
set -eu
. "$(dirname "$0")/../host/lib.sh"

dir=$1 log=$2 record=${3-}
costs=$top/lab/checks/costs

# 6.12.117 gcc-12.2.0-14, or 6.12.117-debug ...
kernel=$(cat "$dir/obj/include/config/kernel.release")
variant=$(basename "$dir" | sed -n 's/.*\(-debug\)$/\1/p')
compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\(.*\)"$/\1/p' "$dir/obj/.config" |
	sed -e 's/^[^ ]*-gcc (Debian \(.*\)) .*/gcc-\1/' -e 's/ /-/g')
key="$kernel$variant $compiler"

new=$(mktemp)
trap 'rm -f "$new"' EXIT
sed -n "s/^\(# \)\{0,1\}cost \([^ ]* [^ ]* [0-9]* [0-9]*\)\$/$key \2/p" "$log" > "$new"
[ -s "$new" ] || die "$log has no costs"

if [ -n "$record" ]; then
	awk 'NR == FNR { new[$1, $2, $3]; next } !(($1, $2, $3) in new)' \
		"$new" "$costs" | sort -V - "$new" > "$costs.new"
	mv "$costs.new" "$costs"
	echo "recorded in lab/checks/costs: $key"
	exit
fi

echo "# $key"
awk '
	{ key = $1 " " $2 " " $3; name = $3 " " $4 }
	FILENAME == ARGV[1] {
		whose[key]
		now[name] = $5
		pci[name] = $6
		order[++n] = name
		next
	}
	!(key in whose) { next }
	{ known[$3]; old[name] = $5; old_pci[name] = $6 }
	!(name in now) { order[++n] = name }
	END {
		print "1.." n
		for (i = 1; i <= n; i++) {
			name = order[i]
			split(name, part, " ")
			if (!(part[1] in known)) {
				printf "ok %d %s: %d (%d) # SKIP nothing is recorded\n",
					i, name, now[name], pci[name]
				continue
			}
			bad = !(name in now) || !(name in old) ||
				now[name] > 1.02 * old[name] || pci[name] > old_pci[name]
			failed += bad
			printf "%sok %d %s: %s (%s), recorded %s (%s)\n",
				bad ? "not " : "", i, name,
				now[name] "" ? now[name] : "missing", pci[name],
				old[name] "" ? old[name] : "missing", old_pci[name]
		}
		exit failed > 0
	}' "$new" "$costs"
