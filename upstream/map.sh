# SPDX-License-Identifier: GPL-2.0
# Sourced by the scripts of the series.
# shellcheck shell=sh

top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/lab/host/lib.sh"
series=$build/series
tree=$series/tree

# mapped [PATCH]: "path here, path there" of all files, or only of one patch
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
