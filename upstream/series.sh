#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# series.sh: makes the patch series for Linux, build/series/NAME/*.patch
#
# upstream/series lists them. Each is based on the same Linux and on the series
# that it needs. They are also branches of build/series/tree, a git repository: one
# for each series, and "in-order" with all of them, which is checked out. A patch
# consists of NAME/NN-PATCH.patch (a commit message and a diff to the kernel's own
# files) and of our files that the map assigns to NAME/PATCH.
#
# Environment: KSRC=DIR, the Linux to start from (default: the newest that
# Debian has); SIGNOFF=1, to add the user's Signed-off-by; ASSISTED_BY=TEXT, to
# add an Assisted-by tag. No tag is added by default.
set -eu
. "$(dirname "$0")/lib.sh"

author() {
	if name=$(git -C "$top" config user.name) &&
	   mail=$(git -C "$top" config user.email); then
		return
	fi
	[ -z "${SIGNOFF-}" ] || die "SIGNOFF=1 needs your name in git:" \
		"git config --global user.name, and user.email"
	name="Name Missing" mail=missing@example.com
	echo "git does not know your name: the patches are from \"$name\"" >&2
}

# The base is a commit of KSRC if that is a git tree, or else made from files
base_of_git() {
	git -C "$tree" fetch -q --depth 1 "file://$1" HEAD
	git -C "$tree" rev-parse FETCH_HEAD
}

# A separate index shows what has changed since the last time
base_of_files() {
	export GIT_DIR="$tree/.git" GIT_WORK_TREE="$1" GIT_INDEX_FILE="$tree/.git/base"
	git add -A -f
	files=$(git write-tree)
	if [ "$(git rev-parse -q --verify 'base^{tree}')" != "$files" ]; then
		echo "$origin" | git commit-tree "$files"
	else
		git rev-parse base
	fi
}

make_base() {
	mkdir -p "$tree"
	[ -d "$tree/.git" ] || git init -q "$tree"
	git -C "$tree" config user.name "$name"
	git -C "$tree" config user.email "$mail"
	for setting in core.compression core.looseCompression gc.auto; do
		git -C "$tree" config $setting 0
	done
	if [ -e "$source/.git" ]; then
		base=$(base_of_git "$source")
	else
		base=$(base_of_files "$source")
	fi
	git -C "$tree" tag -f base "$base" > /dev/null
}

# add SERIES: its patches on top of $head. Works only in the index, so that files
# that are the same as last time keep their times and are not compiled again.
add() {
	git read-tree "$head"
	for patch in "$top/upstream/$1"/[0-9][0-9]-*.patch; do
		commit "$1" "$patch"
	done
}

commit() {
	name_of=${2##*/[0-9][0-9]-}
	name_of=$1/${name_of%.patch}
	sed '/^---$/,$d' "$2" > "$series/message"
	sed '1,/^---$/d' "$2" > "$series/diff"
	if [ -s "$series/diff" ]; then
		git apply --cached --3way "$series/diff" 2> "$series/conflict" ||
			die "${2#"$top"/} does not apply: $(cat "$series/conflict")"
	fi
	mapped "$name_of" | while read -r from to; do
		place "$from" "$series/stage/$to"
		git --git-dir="$tree/.git" --work-tree="$series/stage" \
			-C "$series/stage" add -f "$to"
	done
	tag Assisted-by "${ASSISTED_BY-}"
	tag Signed-off-by "${SIGNOFF:+$name <$mail>}"
	head=$(git commit-tree -p "$head" -F "$series/message" "$(git write-tree)")
}

# tag NAME VALUE: adds a tag to the end of the message, unless VALUE is empty
tag() {
	[ -z "$2" ] ||
		git interpret-trailers --in-place --trailer "$1: $2" "$series/message"
}

# The branches NAME and NAME-start
make_branch() {
	head=$(git rev-parse base)
	for needed in $(column 3 "$1"); do
		add "$needed"
	done
	git branch -f "$1-start" "$head"
	add "$1"
	git branch -f "$1" "$head"
}

make_branches() {
	rm -rf "$series/stage" "$series/index"
	mkdir "$series/stage"
	export GIT_INDEX_FILE="$series/index"
	for each in $(all_series); do
		make_branch "$each"
	done
	head=$(git rev-parse base)
	for each in $(all_series); do
		add "$each"
	done
	mapped | while read -r from to; do
		git cat-file -e "$head:$to" 2> /dev/null ||
			die "no patch adds $from, which upstream/map lists"
	done
	unset GIT_INDEX_FILE
	git checkout -q -f -B in-order "$head"
	git clean -q -f -d -x
	rm -r "$series/stage" "$series/index" "$series/message" "$series/diff" \
		"$series/conflict"
}

# The first line of 00-cover is its subject
write_patches() {
	git config "branch.$1.description" \
		"$(sed "s|@BASE@|$origin|" "$top/upstream/$1/00-cover")"
	set -- --quiet --cover-letter --cover-from-description=subject \
		--to="$(lists "$1")" -o "$series/$1" "$1-start..$1"
	[ ! -e "$source/.git" ] || set -- --base=base "$@"
	git format-patch "$@"
}

lists() {
	column 2 "$1" | sed 's/ /, /g'
}

show() {
	echo "$1, to $(lists "$1")"
	git log --reverse --format=%s --shortstat "$1-start..$1" |
		awk 'NR % 3 == 1 { s = $0 } NR % 3 == 0 { print "  " s; print "   " $0 }'
}

author
if [ -n "${KSRC-}" ]; then
	[ -f "$KSRC/arch/s390/Makefile" ] || die "KSRC=$KSRC is not a Linux source tree"
	source=$(cd "$KSRC" && pwd)
else
	version=$("$host/newest.sh")
	source=$build/linux-$version/source
fi
origin="Linux $(make -s -C "$source" kernelversion)"
[ ! -f "$source/../origin" ] || origin="$origin ($(cat "$source/../origin"))"
[ ! -e "$source/.git" ] || origin="$origin, commit $(git -C "$source" rev-parse HEAD)"
[ -f "$source/drivers/vfio/pci/ism/main.c" ] ||
	die "$origin has no drivers/vfio/pci/ism, which came with 7.1"

mkdir -p "$series"
rm -f "$series"/*.patch
make_base
cd "$tree"
make_branches
echo "$source" > "$series/source"
echo "For $origin, in build/series/NAME/*.patch:"
for each in $(all_series); do
	rm -rf "${series:?}/$each"
	write_patches "$each"
	show "$each"
done
