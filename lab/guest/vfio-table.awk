# SPDX-License-Identifier: GPL-2.0
# A table of kselftest results: a row for each test, with all its variants; a column for
# each file, whose name is its heading. Lines begin with "#".

FNR == 1 {
	n = split(FILENAME, part, "/")
	column[++columns] = part[n]
}

# "# ok 3 fixture.variant.test # SKIP reason"; without a fixture, "# ok 3 test"
$1 == "#" && sub(/^# (    )?/, "") && match($0, /^(not )?ok [0-9]+ /) {
	verdict = /^not/ ? "failed" : / # SKIP/ ? "skipped" : "ok"
	$0 = substr($0, RLENGTH + 1)
	parts = split($1, part, ".")
	add(part[1] (parts > 1 ? "." part[parts] : ""))
	members++
	next
}

# "ok 3 selftests: vfio: program # SKIP", which counts only if it has no members
/^(not )?ok [0-9]+ selftests: / {
	verdict = /^not/ ? "failed" : / # SKIP/ ? "skipped" : "ok"
	sub(/^.*selftests: [^ ]* /, "")
	if (!members || verdict == "failed")
		add($1)
	members = 0
}

function add(name) {
	if (!(name in known)) {
		known[name]
		row[++rows] = name
	}
	count[name, columns, verdict]++
}

function cell(name, i,  text, v, k, kinds) {
	kinds = split("ok failed skipped", v, " ")
	for (k = 1; k <= kinds; k++)
		if ((name, i, v[k]) in count)
			text = text (text ? ", " : "") count[name, i, v[k]] " " v[k]
	return text ? text : "-"
}

END {
	printf "# %-52s", ""
	for (i = 1; i <= columns; i++)
		printf " %-18s", column[i]
	print ""
	for (r = 1; r <= rows; r++) {
		printf "# %-52s", row[r]
		for (i = 1; i <= columns; i++)
			printf " %-18s", cell(row[r], i)
		print ""
	}
}
