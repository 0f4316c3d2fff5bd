# SPDX-License-Identifier: GPL-2.0
# Counts the results in a KTAP stream: a result counts if no deeper one came
# before it that belongs to it, so a group is not counted besides its members.
# A group that failed though none of its members did is counted as a failure.
# Nesting is by leading "# " or four spaces. Exit 1 if any test failed or none
# ran.

function depth(line,  d) {
	for (d = 0; match(line, /^(# |    |  )/); d++)
		line = substr(line, RLENGTH + 1)
	rest = line
	return d
}

{ d = depth($0) }

rest ~ /^(not )?ok [0-9]+/ {
	deeper = broken = 0
	for (i = d + 1; i <= 20; i++) {
		deeper += seen[i]
		broken += bad[i]
		seen[i] = bad[i] = 0
	}
	seen[d]++
	if (rest ~ /^not /)
		bad[d]++
	if (rest ~ /^not / && !broken)
		failed++
	else if (!deeper && rest ~ /# SKIP/)
		skipped++
	else if (!deeper && rest ~ /^ok/)
		passed++
}

END {
	printf "%d passed, %d failed", passed, failed
	if (skipped)
		printf ", %d skipped", skipped
	print ""
	exit failed || !passed
}
