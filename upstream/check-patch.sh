# SPDX-License-Identifier: GPL-2.0
# Sourced by check-series.sh: the checks of one patch, applied to the tree in $am
# shellcheck shell=sh disable=SC2034

# The options of each of the three builds, if the kernel has them yet
build_y="ISM=y DIBS=y VFIO_PCI=y ISM_VFIO_PCI=y KUNIT=y S390_ZPCI_FH_KUNIT_TEST=y"
build_m="ISM=m DIBS=m VFIO_PCI=m ISM_VFIO_PCI=m KUNIT=m S390_ZPCI_FH_KUNIT_TEST=m"
build_off="ISM=n ISM_VFIO_PCI=n KUNIT=n"

touched() {
	git diff-tree --no-commit-id --name-only -r "$@" HEAD
}

added() {
	touched --diff-filter=A
}

# The folders of the kernel where any of the patches builds something
objects() {
	git -C "$tree" diff --name-only base in-order -- '*.c' ':!tools' |
		sed 's|[^/]*$||' | sort -u |
		awk 'NR == 1 || index($0, last) != 1 { last = $0; print }' |
		while read -r dir; do
			[ ! -d "$dir" ] || echo "$dir"
		done
}

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

# compiles KIND: builds what the series touch, with the output in a log. sparse
# runs only for m, because the other kinds would not show it more code.
compiles() {
	out=$log/$id-build-$1.log
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
	if [ -n "$fresh" ] || touched | grep -q Kconfig; then
		configure "$1" > "$log/$id-configure-$1.log" 2>&1 ||
			tail "$log/$id-configure-$1.log"
		configured "$1"
	fi
	compiles "$1"
}

build_all_kinds() {
	for kind in y m off; do
		result "build-$kind" build_kind $kind
	done
	fresh=
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

# The selftests of VFIO, built for all that they support: s390 only from some patch on
selftests() {
	touched | grep -q '^tools/testing/selftests/vfio/' || return 0
	"$lab/host/packages.sh" gcc-aarch64-linux-gnu libc6-dev-arm64-cross \
		> "$log/packages.log"
	built_for "$(uname -m)" ""
	built_for arm64 aarch64-linux-gnu-
	! grep -q 'filter.* s390 ' tools/testing/selftests/vfio/Makefile ||
		built_for s390 "$CROSS_COMPILE"
}

# built_for ARCH CROSS
built_for() {
	make -s ARCH="$1" O="$series/headers-$1" headers > "$log/said" 2>&1
	ksft "$@" all >> "$log/said" 2>&1 || echo "$1: make failed"
	grep -E 'warning|[Ee]rror' "$log/said" || :
	[ -x tools/testing/selftests/vfio/vfio_pci_device_test ] ||
		echo "$1: vfio_pci_device_test was not built"
	ksft "$@" clean > /dev/null 2>&1
}

# ksft ARCH CROSS TARGET
ksft() {
	make -s -C tools/testing/selftests TARGETS=vfio FORCE_TARGETS=1 ARCH="$1" \
		CROSS_COMPILE="$2" USERLDFLAGS=-static \
		KHDR_INCLUDES="-isystem $series/headers-$1/usr/include" "$3"
}

# Commit ids in messages can be checked only in a KSRC with full git history,
# because the tree here has other ids. maintainers() checks whether MAINTAINERS
# needs an entry. Tags are left to the submitter. memcpy_toio() and its kin take a
# volatile pointer, as on other architectures.
checkpatch() {
	history=$(cat "$series/source")/.git
	set -- "$1" --ignore FILE_PATH_CHANGES --ignore VOLATILE
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

patch_heading() {
	printf 'patch|lines|git am'
	[ -n "$quick" ] || printf '|W=1 y|W=1 C=2 m|W=1 off|headers|selftests'
	echo "|checkpatch|kernel-doc|MAINTAINERS"
}

# check_patch FILE: "1.2" in the table is the second patch of the first series
check_patch() {
	number=${1##*/}
	id=${each%%-*}.$((1${number%%-*} - 10000))
	kernel_doc "$1" | sort -u > "$series/known-doc"
	row="$id $(git mailinfo /dev/null /dev/null < "$1" | sed -n 's/^Subject: //p')"
	echo "$row"
	row="$row|$(git apply --numstat "$1" | awk '{ n += $1 + $2 } END { print n }')"
	result apply git am -q "$1"
	if [ -z "$quick" ]; then
		build_all_kinds
		result headers headers
		result selftests selftests
	fi
	result checkpatch checkpatch "$1"
	result kernel-doc new_kernel_doc "$1"
	result maintainers maintainers
	echo "$row" >> "$log/table"
}
