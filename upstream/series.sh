#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# series.sh: makes the patch series for Linux, build/series/*.patch
#
# It is also available as commits in build/series/tree, a git repository. Each
# patch consists of patches/NN-NAME.patch (a commit message and a diff to the
# kernel's own files) and of our files that the map assigns to NAME.
#
# Environment: KSRC=DIR, the Linux to start from (default: the newest that
# Debian has); SIGNOFF=1, to add the user's Signed-off-by; ASSISTED_BY=TEXT, to
# add an Assisted-by tag. No tag is added by default.
set -eu
. "$(dirname "$0")/map.sh"

patches=$top/upstream/patches

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

# commit FILE: one patch. Works only in the index, so that files that the series
# does not change keep their times and are not compiled again.
commit() {
	name_of=${1##*/[0-9][0-9]-}
	name_of=${name_of%.patch}
	sed '/^---$/,$d' "$1" > "$series/message"
	sed '1,/^---$/d' "$1" > "$series/diff"
	if [ -s "$series/diff" ]; then
		git apply --cached "$series/diff" ||
			die "${1##*/} does not apply to $origin"
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

make_commits() {
	rm -rf "$series/stage" "$series/index"
	mkdir "$series/stage"
	export GIT_INDEX_FILE="$series/index"
	head=$(git rev-parse base)
	git read-tree base
	for patch in "$patches"/*.patch; do
		commit "$patch"
	done
	mapped | while read -r from to; do
		git cat-file -e "$head:$to" 2> /dev/null ||
			die "no patch in patches/ adds $from, which upstream/map lists"
	done
	unset GIT_INDEX_FILE
	git checkout -q -f -B series "$head"
	git clean -q -f -d -x
	rm -r "$series/stage" "$series/index" "$series/message" "$series/diff"
}

# The first line of 00-cover is its subject
cover() {
	sed "s|@BASE@|$origin|" "$patches/00-cover" > "$series/cover"
	git config branch.series.description "$(cat "$series/cover")"
	rm "$series/cover"
}

write_patches() {
	cover
	set -- --quiet --cover-letter --cover-from-description=subject
	[ ! -e "$source/.git" ] || set -- "$@" --base=base
	git format-patch "$@" -o "$series" base..series
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
make_commits
write_patches
echo "$source" > "$series/source"
echo "The series for $origin is build/series/*.patch:"
git log --reverse --format=%s --shortstat base..series |
	awk 'NR % 3 == 1 { s = $0 } NR % 3 == 0 { print "  " s; print "   " $0 }'
