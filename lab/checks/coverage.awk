# SPDX-License-Identifier: GPL-2.0
# Reads the file coverage and gcov's *.gcov files; prints a table and any problems

function complain(text) {
	print "# " text
	bad = 1
}

FNR == 1 {
	file = FILENAME
	sub(/\.gcov$/, "", file)
	files[++n] = file
	function_name = ""
}

# One "line FILE FUNCTION: TEXT" for each such line, "chance" instead of "line" if it
# may or may not run, and "branches FILE NUMBER"
FILENAME ~ /coverage$/ {
	n = 0
	if ($1 == "line") {
		sub(/^line /, "")
		excepted[$0]++
	} else if ($1 == "chance") {
		sub(/^chance /, "")
		by_chance[$0]
	} else if ($1 == "branches") {
		least[$2] = $3
	}
	next
}

# gcov itself does not name functions that are inlined
match($0, /^ *([0-9]+\*?|#####|=====|-): *[0-9]+:/) {
	code = substr($0, RLENGTH + 1)
	if (code ~ /^[A-Za-z_].*\(/ && code !~ /;$/) {
		function_name = code
		sub(/\(.*/, "", function_name)
		sub(/.*[ *]/, "", function_name)
	}
}

$1 == "branch" {
	branches[file]++
	if ($3 == "taken" && $4 > 0)
		taken[file]++
	next
}

/^ *([0-9]+\*?|#####|=====): *[0-9]+:/ {
	sub(/^[ \t]*/, "", code)
	text = file " " function_name ": " code
	lines[file]++
	if ($1 !~ /^[#=]/)
		ran[file]++
	else if (!(text in by_chance) && ++missed[text] > excepted[text])
		complain("not reached: " text)
}

END {
	printf "# %-12s %15s %15s\n", "", "lines", "branches"
	for (i = 1; i <= n; i++) {
		file = files[i]
		printf "# %-12s %7d of %4d %7d of %4d\n", file, ran[file],
			lines[file], taken[file], branches[file]
		if (!ran[file])
			complain(file ": nothing has run")
		if (!(file in least))
			complain(file ": no number of branches is listed")
		else if (taken[file] + 0 < least[file])
			complain(file ": fewer than the recorded " least[file] " branches taken")
	}
	for (text in excepted) {
		if (missed[text] < excepted[text])
			complain("reached, or gone, but listed: " text)
	}
	exit bad
}
