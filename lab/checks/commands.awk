# SPDX-License-Identifier: GPL-2.0
# Prints the commands in documents, one per line: file, tab, command
#
# Commands are literal blocks, unless these are marked as something else, by
# ".. code-block:: c" or similar in rst and by "```text" in Markdown; and inline
# literals that begin with "make ".

function emit(line) {
	sub(/^[ \t]+/, "", line)
	line = kept line
	kept = ""
	if (sub(/\\$/, "", line)) {
		kept = line
		return
	}
	sub(/(^|[ \t]+)#.*/, "", line)
	if (line != "")
		print FILENAME "\t" line
}

function inline(line) {
	while (match(line, /`make [^`]*`/)) {
		emit(substr(line, RSTART + 1, RLENGTH - 2))
		line = substr(line, RSTART + RLENGTH)
	}
}

FNR == 1 {
	block = ""
	markdown = FILENAME ~ /\.md$/
}

/^[ \t]*$/ {
	blank = 1
	next
}

{
	match($0, /^[ \t]*/)
	indent = RLENGTH
}

markdown && /^```/ {
	block = block ? "" : ($0 == "```" || $0 == "```sh") ? "commands" : "other"
	next
}

markdown {
	if (block == "commands" || !block && /^(    |\t)/)
		emit($0)
	else if (!block)
		inline($0)
	next
}

block && indent > base {
	if (block == "commands" && !/^[ \t]*:[a-z]/)
		emit($0)
	next
}

{
	block = ""
	base = indent
	if (/^[ \t]*\.\. /)
		block = /code-block:: sh$/ ? "commands" : "other"
	else if (/::$/)
		block = "commands"
	inline($0)
}
