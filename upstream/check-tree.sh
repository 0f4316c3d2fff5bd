# SPDX-License-Identifier: GPL-2.0
# Sourced by check-series.sh: the checks of a series, and of all together
# shellcheck shell=sh disable=SC2034

# start_at COMMIT: a clean tree, whose builds must be configured again
start_at() {
	rm -rf "$(git rev-parse --git-path rebase-apply)"
	git checkout -q -f --detach "$1"
	git clean -q -f -d -x
	fresh=yes
}

# What the base says is known
build_base() {
	id=base
	for kind in y m off; do
		echo "base, build $kind"
		said=$(build_kind $kind)
		[ -z "$said" ] || die "the base does not build: $said"
	done
	make -s O="$series/obj-m" headers > "$log/headers.log" 2>&1 ||
		die "make headers failed, see $log/headers.log"
}

add_row() {
	echo "$row" >> "$log/table"
}

cover() {
	file=$top/upstream/$1/00-cover
	[ "$(wc -l < "$file")" -lt 60 ] || echo "$file has 60 lines or more"
	grep -q '@BASE@' "$file" || echo "$file does not name the base"
	! grep -n '.\{76,\}' "$file"
}

same_files() {
	git diff --stat HEAD "$1"
	git status --porcelain
}

# The files that we and Linux have are the same
our_files() {
	mapped | while read -r from to; do
		place "$from" "$series/stage/$to"
		diff -r "$series/stage/$to" "$to" || :
	done
	rm -r "$series/stage"
}

# check_series NAME: when all its patches are applied
check_series() {
	id=${1%%-*} row="${1%%-*} $1: files, cover|"
	result files same_files "$1"
	result cover cover "$1"
	add_row
}

in_order() {
	for each in $(all_series); do
		for patch in "$series/$each"/[0-9]*.patch; do
			case $patch in
			*/0000-*) ;;
			*) git am -q -3 "$patch" ;;
			esac
		done
	done 2>&1 | grep -v '^Using index info\|^Falling back\|^M\|^Auto-merging'
	same_files in-order
}

check_in_order() {
	start_at base
	id=all row="all in order|"
	echo "$row"
	result in-order in_order
	[ -n "$quick" ] || build_all_kinds
	result our-files our_files
	add_row
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

# coccicheck_of COMMIT FILE: what coccinelle says about the folders that the series
# touch, without line numbers
coccicheck_of() {
	out=$log/coccicheck-$1.log
	start_at "$1"
	for dir in $(objects); do
		make -s coccicheck MODE=report M="$dir" >> "$out" 2>&1 ||
			echo "coccicheck failed in $dir, see $out"
	done
	sed -n 's/ line [0-9][0-9]*/ line/g; s/^\([^ :]*\.[ch]\):[0-9:-]*/\1/p' "$out" |
		sort -u > "$2"
}

# Some of the semantic patches need a compiler for OCaml
coccicheck() {
	"$lab/host/packages.sh" coccinelle ocaml-findlib ocaml-nox > "$log/coccinelle.log"
	coccicheck_of base "$series/known-cocci"
	coccicheck_of in-order "$log/said"
	new "$log/said" "$series/known-cocci"
}

lab_boots() {
	"$top/upstream/check-lab.sh" "$1" > "$log/lab-$1.log" 2>&1 ||
		tail -n 40 "$log/lab-$1.log"
}

# A series that changes a header of the architecture causes the whole kernel to be
# built again, so those come last
boot_order() {
	for each in ${some:-$(all_series)}; do
		git diff --quiet base "$each" -- arch/s390/include && late=0 || late=1
		echo "$late $each"
	done | sort | cut -d ' ' -f 2
}

check_all() {
	for what in kunit x86_64 coccicheck; do
		id=all row="all: $what|"
		echo "$row"
		result $what $what
		add_row
	done
}

check_boots() {
	for each in $(boot_order); do
		id=${each%%-*} row="$id $each: boots (log/series/lab-$each.log)|"
		echo "$row"
		result boots lab_boots "$each"
		add_row
	done
	git -C "$tree" checkout -q -f in-order
}
