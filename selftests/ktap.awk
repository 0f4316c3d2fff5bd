# SPDX-License-Identifier: GPL-2.0
# Counts the results in a KTAP stream: a result counts if no deeper one came
# before it that belongs to it, so a group is not counted besides its members.
# A group that failed though none of its members did is counted as a failure.
# So is a plan, "1..N", with another number of results than it says.
# Nesting is by leading "# " or four spaces. Exit 1 if any test failed or none
# ran.

function depth(line,  d) {
	for (d = 0; match(line, /^(# |    |  )/); d++)
		line = substr(line, RLENGTH + 1)
	rest = line
	return d
}

# The stream at this depth is over: were there as many results as planned?
function close_plan(d) {
	if (d in plan && plan[d] != seen[d]) {
		printf "%d results of a plan of 1..%d\n", seen[d], plan[d]
		failed++
		bad[d]++
	}
	delete plan[d]
}

# Sets deeper and broken: results, and failed ones, that belong to this one
function close_members(d,  i) {
	deeper = broken = 0
	for (i = d + 1; i <= 20; i++) {
		close_plan(i)
		deeper += seen[i]
		broken += bad[i]
		seen[i] = bad[i] = 0
	}
}

{ d = depth($0) }

rest ~ /^1\.\.[0-9]+/ {
	close_members(d)
	close_plan(d)
	seen[d] = 0
	plan[d] = substr(rest, 4) + 0
}

rest ~ /^(not )?ok [0-9]+/ {
	close_members(d)
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
	close_members(-1)
	printf "%d passed, %d failed", passed, failed
	if (skipped)
		printf ", %d skipped", skipped
	print ""
	exit failed || !passed
}
