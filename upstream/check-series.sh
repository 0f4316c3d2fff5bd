#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# check-series.sh [quick]: what a maintainer would check before applying the series
#
# Makes build/series/*.patch, applies them one by one to a clean tree with git
# am, and checks each: builds with W=1, with the drivers built in, as modules
# and off; sparse (C=2); checkpatch; kernel-doc; MAINTAINERS. Then it checks the
# whole series: our files, KUnit, x86-64, and the lab with a kernel that has the
# series. Prints a table, and fails unless everything is clean. Complaints that
# the base has as well are ignored. quick skips everything that builds.
set -eu
. "$(dirname "$0")/map.sh"

quick=${1-}
am=$series/am
log=$build/log/series
export ARCH=s390 CROSS_COMPILE=s390x-linux-gnu-

# The options of each of the three builds, if the kernel has them yet
build_y="ISM=y DIBS=y VFIO_PCI=y ISM_VFIO_PCI=y KUNIT=y S390_ZPCI_FH_KUNIT_TEST=y"
build_m="ISM=m DIBS=m VFIO_PCI=m ISM_VFIO_PCI=m KUNIT=m S390_ZPCI_FH_KUNIT_TEST=m"
build_off="ISM=n ISM_VFIO_PCI=n KUNIT=n"

# Results: a check prints what is wrong, and nothing if it succeeds

failed=0
row=
result() {
	name=$1
	shift
	if "$@" > "$log/$nr-$name" 2>&1 && [ ! -s "$log/$nr-$name" ]; then
		row="$row|ok"
	else
		failed=1 row="$row|FAILED"
		echo "patch $nr, $name:" >&2
		tail -n 20 "$log/$nr-$name" >&2
	fi
}

skip() {
	row="$row|-"
}

table() {
	awk -F '|' '{ printf "%-60.60s %6s", $1, $2
		for (i = 3; i <= NF; i++)
			printf " %-10s", $i
		print "" }' "$log/table"
}

# new FILE KNOWN: the complaints in FILE that are not in KNOWN
new() {
	sort -u "$1" | comm -23 - "$2"
}

# One patch

apply() {
	git am -q "$1"
}

touched() {
	git diff-tree --no-commit-id --name-only -r "$@" HEAD
}

added() {
	touched --diff-filter=A
}

# The folders of the kernel where any of the patches builds something
objects() {
	git -C "$tree" diff --name-only base series -- '*.c' ':!tools' |
		sed 's|[^/]*$||' | sort -u |
		awk 'NR == 1 || index($0, last) != 1 { last = $0; print }' |
		while read -r dir; do
			[ ! -d "$dir" ] || echo "$dir"
		done
}

# configure KIND: called again only if a patch touches a Kconfig file
configure() {
	obj=$series/obj-$1
	mkdir -p "$obj"
	make -s O="$obj" tinyconfig
	eval "wanted=\$build_$1"
	for option in $wanted; do
		echo "CONFIG_$option"
	done > "$obj/fragment"
	(cd "$obj" && "$am/scripts/kconfig/merge_config.sh" -m .config \
		"$lab/config/kernel.config" fragment)
	make -s O="$obj" olddefconfig
}

configured() {
	for option in $(eval "echo \$build_$1"); do
		name=${option%=*} value=${option#*=}
		grep -rqx --include=Kconfig "[[:space:]]*config $name" arch/s390 \
			drivers/vfio/pci drivers/s390/net drivers/dibs lib/kunit ||
			continue
		case $value in
		n) ! grep -q "^CONFIG_$name=" "$series/obj-$1/.config" ;;
		*) grep -qx "CONFIG_$option" "$series/obj-$1/.config" ;;
		esac || echo "$1: $option could not be set"
	done
}

# Complaints of gcc and sparse, without line numbers
complaints() {
	sed -n 's/^\([^ :]*\):[0-9:]* \(\(fatal \)\{0,1\}error\|warning\): /\1: /p'
}

# compiles KIND: builds what the series touches, with the output in a log.
# sparse runs only for m, because the other kinds would not show it more code.
compiles() {
	out=$log/$nr-build-$1.log
	set -- "$1" W=1
	[ "$1" != m ] || set -- "$@" C=2 CF=-D__CHECK_ENDIAN__ CHECK="$lab/checks/sparse.sh"
	kind=$1
	shift
	make -k O="$series/obj-$kind" "$@" -j"$(nproc)" $(objects) > "$out" 2>&1 ||
		grep -E 'error|\*\*\*' "$out" || tail "$out"
	[ $kind != m ] || grep -q '^ *CHECK ' "$out" || echo "sparse did not run"
	complaints < "$out" > "$log/said"
	if [ -f "$series/known-$kind" ]; then
		new "$log/said" "$series/known-$kind"
	else
		sort -u "$log/said" > "$series/known-$kind"
	fi
}

build_kind() {
	if [ "$nr" = base ] || touched | grep -q Kconfig; then
		configure "$1" > "$log/$nr-configure-$1.log" 2>&1 ||
			tail "$log/$nr-configure-$1.log"
		configured "$1"
	fi
	compiles "$1"
}

# New headers must compile standalone
headers() {
	added | grep -E '^(arch|include|drivers)/.*\.h$' | while read -r header; do
		dir=arch/s390/pci
		case $header in
		*/include/asm/*) echo "#include <asm/${header##*/}>" ;;
		*) dir=${header%/*}; echo "#include \"${header##*/}\"" ;;
		esac > "$dir/header_test.c"
		make -s O="$series/obj-m" W=1 "$dir/header_test.o" 2>&1
		rm -f "$dir/header_test.c"
	done
}

# The selftests, built for this machine and for s390
selftests() {
	touched | grep -q '^tools/testing/selftests/vfio-ism/' || return 0
	for cross in "" $CROSS_COMPILE; do
		ksft "$cross" all > "$log/said" 2>&1 || echo "make failed"
		grep -E 'warning|[Ee]rror' "$log/said" || :
		[ -x tools/testing/selftests/vfio-ism/vfio_ism_test ] ||
			echo "vfio_ism_test was not built"
		ksft "$cross" clean > /dev/null 2>&1
	done
}

# ksft CROSS TARGET
ksft() {
	make -C tools/testing/selftests TARGETS=vfio-ism FORCE_TARGETS=1 ARCH= \
		CROSS_COMPILE="$1" USERLDFLAGS=-static \
		KHDR_INCLUDES="-isystem $series/obj-m/usr/include" "$2"
}

# Commit ids in messages can be checked only in a KSRC with full git history,
# because the tree here has other ids. maintainers() checks whether MAINTAINERS
# needs an entry. Tags are left to the submitter.
checkpatch() {
	history=$(cat "$series/source")/.git
	set -- "$1" --ignore FILE_PATH_CHANGES
	if [ ! -e "$history" ] || [ -e "$history/shallow" ]; then
		history=$series/no-git
		set -- "$@" --ignore UNKNOWN_COMMIT_ID
	fi
	grep -q '^Signed-off-by: ' "$1" || set -- "$@" --no-signoff
	GIT_DIR=$history "$top/lab/checks/checkpatch.sh" . "$@"
}

# code_of PATCH: the C files that it touches
code_of() {
	git apply --numstat "$1" | awk '$3 ~ /\.[ch]$/ { print $3 }'
}

kernel_doc() {
	for f in $(code_of "$1"); do
		[ ! -f "$f" ] || scripts/kernel-doc -none -Wall "$f" 2>&1
	done | sed 's/:[0-9][0-9]*/:/'
}

new_kernel_doc() {
	kernel_doc "$1" > "$log/said"
	new "$log/said" "$series/known-doc"
}

# New files need an entry other than THE REST
maintainers() {
	for f in $(added); do
		scripts/get_maintainer.pl --no-git --no-git-fallback --no-l \
			--subsystem --no-rolestats "$f" > "$log/said"
		grep -qvE '@|^(THE REST)?$' "$log/said" ||
			echo "MAINTAINERS has no entry for $f"
	done
}

check_patch() {
	kernel_doc "$1" | sort -u > "$series/known-doc"
	title=$(git mailinfo /dev/null /dev/null < "$1" | sed -n 's/^Subject: //p')
	echo "$nr $title"
	row="$nr $title|$(git apply --numstat "$1" | awk '{ n += $1 + $2 } END { print n }')"
	result apply apply "$1"
	if [ -z "$quick" ]; then
		for kind in y m off; do
			result "build-$kind" build_kind $kind
		done
		result headers headers
		result selftests selftests
	fi
	result checkpatch checkpatch "$1"
	result kernel-doc new_kernel_doc "$1"
	result maintainers maintainers
	echo "$row" >> "$log/table"
}

# The whole

same_files() {
	git diff --stat HEAD series
	mapped | while read -r from to; do
		place "$from" "$series/stage/$to"
		diff -r "$series/stage/$to" "$to" || :
	done
	rm -r "$series/stage"
	git status --porcelain
}

# kunit.py prints how many tests it ran
kunit() {
	"$top/lab/checks/kunit-tree.sh" "$am" > "$log/kunit.log" 2>&1 ||
		tail -n 20 "$log/kunit.log"
	grep -Eq 'Ran [1-9][0-9]* tests: passed: [0-9]*$' "$log/kunit.log" ||
		echo "not all tests passed"
}

# The core of VFIO still builds for x86-64, without anything from s390
x86_64() {
	obj=$series/obj-x86
	(
		export ARCH=x86_64 CROSS_COMPILE=
		mkdir -p "$obj"
		make -s O="$obj" allmodconfig
		make O="$obj" W=1 -j"$(nproc)" drivers/vfio/
	) > "$log/x86.log" 2>&1 || tail -n 20 "$log/x86.log"
	[ -f "$obj/drivers/vfio/pci/vfio_pci_config.o" ] ||
		echo "drivers/vfio/pci was not built"
	complaints < "$log/x86.log" | grep drivers/vfio || :
}

# Uses the tree of series.sh, which has the same content, and keeps file times
lab() {
	"$top/upstream/check-lab.sh" "$tree" > "$log/lab.log" 2>&1 ||
		tail -n 40 "$log/lab.log"
}

check_whole() {
	nr=all row="all: our files, git|"
	result files same_files
	echo "$row" >> "$log/table"
	[ -z "$quick" ] || return 0
	for what in kunit x86_64 lab; do
		echo "all: $what (log in build/log/series/$what.log)"
		row="all: $what|"
		result $what $what
		echo "$row" >> "$log/table"
	done
}

clean_tree() {
	[ -d "$am" ] || git -C "$tree" worktree prune
	[ -d "$am" ] || git -C "$tree" worktree add -q --detach "$am" base
	cd "$am"
	rm -rf "$(git rev-parse --git-path rebase-apply)"
	git checkout -q -f --detach base
	git clean -q -f -d -x
}

"$top/upstream/series.sh"
rm -rf "$log" "$series"/known-*
mkdir -p "$log"
clean_tree
if [ -z "$quick" ]; then
	heading="patch|lines|git am|W=1 y|W=1 C=2 m|W=1 off|headers|selftests"
	nr=base
	for kind in y m off; do
		echo "base, build $kind"
		said=$(build_kind $kind)
		[ -z "$said" ] || die "the base does not build: $said"
	done
	make -s O="$series/obj-m" headers > "$log/headers.log" 2>&1 ||
		die "make headers failed, see $log/headers.log"
else
	heading="patch|lines|git am"
fi
echo "$heading|checkpatch|kernel-doc|MAINTAINERS" > "$log/table"
for patch in "$series"/[0-9]*.patch; do
	nr=${patch##*/}
	nr=${nr%%-*}
	[ "$nr" != 0000 ] || continue
	check_patch "$patch"
done
check_whole
table
exit $failed
