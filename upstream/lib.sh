# SPDX-License-Identifier: GPL-2.0
# Sourced by the scripts of the series.
# shellcheck shell=sh disable=SC2034

top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/lab/host/lib.sh"
series=$build/series
tree=$series/tree

all_series() {
	awk '!/^#/ && NF { print $1 }' "$top/upstream/series"
}

# column N SERIES: from the table of series, with spaces instead of commas
column() {
	awk -v n="$1" -v name="$2" '$1 == name && $n != "-" {
		gsub(",", " ", $n)
		print $n }' "$top/upstream/series"
}

# mapped [SERIES/PATCH]: "path here, path there" of all files, or only of one patch
mapped() {
	awk -v patch="${1-}" '!/^#/ && NF == 3 && (patch == "" || $3 == patch) {
		print $1, $2 }' "$top/upstream/map"
}

# place FROM TO: copies one of our files or folders
place() {
	[ -e "$top/$1" ] || die "upstream/map names $1, which is not here"
	mkdir -p "$(dirname "$2")"
	if [ -d "$top/$1" ]; then
		rsync -a --delete --exclude-from="$top/.gitignore" \
			--filter=":- .gitignore" "$top/$1/" "$2/"
	else
		cp "$top/$1" "$2"
	fi
}
