# SPDX-License-Identifier: GPL-2.0
# Counts the results in a KTAP stream. A group is not counted in addition to its
# members: a result counts only if it has no nested results before it. A group
# that failed although none of its members did counts as a failure. So does a
# plan, "1..N", that differs from the number of results. Nesting is by leading
# "# " or four spaces. Exits with 1 if any test failed or none ran.
#
# where: "lab" or "suite"; a skip is a failure unless lab/skips lists it.
# expected: a file that lists the tests that must fail, by the last part of
# their names.

function fail(why) {
	print why
	failed++
}

# read FILE: sets row to the columns of the next line that is not a comment
function read(file,  line, rc) {
	do
		rc = (getline line < file)
	while (rc > 0 && (line ~ /^#/ || split(line, row, /\t+/) < 2))
	if (rc < 0)
		fail("cannot read " file)
	return rc > 0
}

BEGIN {
	while (where && read("lab/skips"))
		if (row[1] == where)
			allowed[row[2]]
	while (expected && read(expected))
		must_fail[row[1]]
}

function may_skip(line,  pattern) {
	for (pattern in allowed)
		if (line ~ pattern)
			return 1
	return !where
}

# The last part of the name in "ok 1 suite.variant.name"
function name(line) {
	sub(/^(not )?ok [0-9]+ (- )?/, "", line)
	sub(/ .*/, "", line)
	sub(/.*[.]/, "", line)
	return line
}

function depth(line,  d) {
	for (d = 0; match(line, /^(# |    |  )/); d++)
		line = substr(line, RLENGTH + 1)
	rest = line
	return d
}

# The stream at this depth has ended: compare the number of results with the plan
function close_plan(d) {
	if (d in plan && plan[d] != seen[d]) {
		fail("found " seen[d] " results, planned 1.." plan[d])
		bad[d]++
	}
	delete plan[d]
}

# Sets deeper and broken: the nested results, and those of them that failed
function close_members(d,  i) {
	deeper = broken = 0
	for (i = d + 1; i <= 20; i++) {
		close_plan(i)
		deeper += seen[i]
		broken += bad[i]
		seen[i] = bad[i] = 0
	}
}

# A result without members
function count(line,  not_ok) {
	not_ok = line ~ /^not /
	if (not_ok != (name(line) in must_fail))
		fail(not_ok ? line : "should have failed: " line)
	else if (line !~ /# SKIP/)
		passed++
	else if (may_skip(line))
		skipped++
	else
		fail("not in lab/skips: " line)
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
	if (!deeper)
		count(rest)
	else if (rest ~ /^not / && !broken)
		fail(rest)
}

END {
	close_members(-1)
	printf "%d passed, %d failed", passed, failed
	if (skipped)
		printf ", %d skipped", skipped
	print ""
	exit failed || !passed
}
