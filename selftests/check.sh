#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# check.sh [CHECK...]: all tests, or those that are named
#
# Prints KTAP and, as its last line, the counts. Each check is a function
# below; what it prints comes out indented. A check that prints results of its
# own is counted by them, others count as one.
set -u
cd "$(dirname "$0")/.." || exit 1
. selftests/runner.sh
unset PROFILE ISM DEBUG DRIVER LOG KNOWN COVERAGE

vm="make --no-print-directory -C selftests/vm"
dir=$($vm -s print-dir)
source=$dir/source

kernel_code() {
	find compat.h arch-s390-pci drivers-vfio-ism Documentation selftests -name '*.[ch]' \
		! -path 'selftests/qemu/*'
}

scripts() {
	git ls-files | xargs grep -lE '^#!/bin/sh|^# shellcheck shell=sh'
}

# A version test is what a compat header is for
style() {
	bad=0
	shellcheck -S warning $(scripts) || bad=1
	for f in $(kernel_code); do
		ignore=
		[ "${f##*/}" != compat.h ] ||
			ignore="--ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON"
		selftests/checkpatch.sh "$source" --no-tree $ignore -f "$f" || bad=1
	done
	return $bad
}

kernel_doc() {
	! "$source/scripts/kernel-doc" -none -Wall \
		$(kernel_code) 2>&1 | grep .
}

rst() {
	selftests/docs/rst.sh "$source"
}

# The code in the documents compiles, and the example module works
examples() {
	selftests/docs/examples.sh "$dir" && $vm boot-example
}

# Nothing new: what sparse says of the kernel's own headers is left out
sparse() {
	env -u MAKEFLAGS make -C "$dir/obj" M="$dir/modules" ARCH=s390 C=2 \
		CHECK="$PWD/selftests/vm/sparse.sh" \
		CROSS_COMPILE=s390x-linux-gnu- modules > build/log/sparse.log 2>&1 &&
	grep -q CHECK build/log/sparse.log &&
	! grep -E ': (warning|error):' build/log/sparse.log | grep -F "$dir/modules/"
}

# on_both COMMAND...: with ISMs as in a logical partition and as in a KVM guest
on_both() {
	failed_on=
	for profile in lpar guest; do
		"$@" PROFILE=$profile || failed_on="$failed_on $profile"
	done
	[ -z "$failed_on" ] && return
	echo "failed on:$failed_on"
	return 1
}

# The main job
peer() {
	on_both $vm boot-peer
}

vfio_ism() {
	on_both $vm boot-kselftest
}

# The library against a model of a function, and proven to be minimal
kunit() {
	$vm boot-kunit
}

# The library on real instructions, also where CLP says nothing of an ISM
zpci_fh() {
	$vm boot-zpci-fh && $vm boot-zpci-fh PROFILE=nested ARGS=copies=20000
}

never_mio() {
	selftests/never-mio.sh "$dir/obj/arch/s390/pci/pci_insn.o" \
		"$dir/modules/arch-s390-pci/zpci-fh.ko" \
		"$dir/modules/drivers-vfio-ism/ism-vfio-pci.ko" &&
	$vm boot-never-mio
}

# The kernel's own driver takes the emulated functions for real ones
ism_driver() {
	on_both $vm boot-ism-driver
}

# It and ours, with each other
mixed() {
	newest on_both newest_lab boot-mixed
}

# broken WHAT WHY [VARIABLE=VALUE]: a boot that breaks in this way fails, and for
# that reason
broken() {
	log=build/log/broken-$1.log
	set -- "$1" "$2" "$(echo "$3" | sed 's/^-$//')"
	! $vm $3 boot-broken WHAT="$1" > "$log" 2>&1 < /dev/null &&
	grep -q "$2" "$log"
}

# The lab notices what must fail a boot, and says why
lab_notices() {
	n=0 bad=0
	echo "1..11"
	while read -r what variable why; do
		n=$((n + 1))
		if broken "$what" "$why" "$variable"; then
			echo "ok $n $what"
		else
			bad=1
			tail -n 5 "build/log/broken-$what.log" | sed 's/^/# /'
			echo "not ok $n $what"
		fi
	done <<-EOF
		failure - ended with 1$
		few - 1 results of a plan of 1[.][.]3
		skip - not in selftests/skips: ok 1 it # SKIP no reason
		result - not ok 1 it
		gone - did not come to an end
		warning - the kernel complained: .* WARNING: the lab
		irq - the kernel complained: .* nobody cared
		oops - the kernel complained: .* Kernel panic
		flood - the kernel complained: .* WARNING: the lab
		hang - not done
		qemu ISM=none=1 QEMU ended with 1;
	EOF
	return $bad
}

# Every instruction of every operation fails in turn
fault() {
	on_both $vm boot-fault
}

# The emulated functions take their time, and nobody waits for others
latency() {
	$vm boot-latency
}

# Writers, readers and a reset while one waits for a page fault
writers() {
	$vm boot-writers
}

# Threads that read, write, reset and disable; kill; unbind while open. As in a
# guest: in a partition memory can not be disabled.
stress() {
	$vm boot-stress S=10 PROFILE=guest
}

# What only some functions or kernels show; the newest kernel all of it
other() {
	$vm boot-other && newest other_newest
}

other_newest() {
	newest_lab boot-other PROFILE=lpar && grep -q '^ok' build/log/boot-other &&
		! grep -q '# SKIP' build/log/boot-other
}

# Random operations against a model
fuzz() {
	on_both $vm boot-fuzz N=50000 SEED=1
}

# The function goes away while it is used, and within an instruction
unplug() {
	$vm boot-unplug && $vm boot-unplug ISM=latency=5000
}

# The tarball of the kselftests as on a real machine, up to the report
report() {
	on_both $vm boot-report
}

# What copies and system calls cost: no more PCI instructions than others, and no
# more of any kind than recorded in selftests/costs
bench() {
	$vm boot-bench && newest newest_lab boot-driver-bench
}

# Every command in the documents
docs() {
	selftests/docs/commands.sh try "$dir" &&
	$vm boot-docs
}

# The same tests with the merged driver, on a kernel that has it
differential() {
	newest newest_lab && newest differential_newest
}

differential_newest() {
	selftests/differential.sh "$(cat build/newest)"
}

# noticed WHAT WHY: on a kernel that looks for mistakes
noticed() {
	n=$((n + 1))
	broken "$1" "$2" DEBUG=1 && echo "ok $n $1 is noticed" && return
	bad=1
	echo "not ok $n $1 is noticed"
}

# The same on a kernel that looks for mistakes. Of fault all but the tests that
# remove a function by sysfs: there lockdep complains of Linux 6.12 itself,
# zpci_add_remove_lock under pci_rescan_remove_lock.
sanitizers() {
	n=0 bad=0
	COVERAGE=$PWD/build/coverage
	export COVERAGE
	$vm DEBUG=1 lab || return 1
	rm -rf "$COVERAGE"
	mkdir "$COVERAGE"
	echo "1..14"
	noticed leak "the kernel complained"
	noticed page-leak '[[]page_leak[]]'
	while read -r task args; do
		n=$((n + 1))
		log=build/log/sanitizers-$task
		if $vm DEBUG=1 boot-$task $args > "$log" 2>&1 < /dev/null; then
			echo "ok $n $task"
		else
			bad=1
			tail -n 30 "$log" | sed 's/^/# /'
			echo "not ok $n $task"
		fi
	done <<-EOF
		kunit
		zpci-fh ARGS=copies=10000
		ism-driver
		peer
		kselftest
		fault ARGS=-T,error_event,-T,recover
		stress S=10 PROFILE=guest
		fuzz N=5000 SEED=1 PROFILE=guest
		unplug
		other
		fail-nth
	EOF
	if selftests/coverage.sh "$($vm -s DEBUG=1 print-dir)/modules" "$COVERAGE"; then
		echo "ok 14 coverage"
	else
		bad=1
		echo "not ok 14 coverage"
	fi
	return $bad
}

# What must fail this script does so
harness() {
	selftests/harness.sh
}

# Bad input: a message that says what to do, an exit code, and nothing left
bad_input() {
	selftests/vm/bad-input.sh
}

# newest COMMAND...: run with the newest Linux unpacked, which has the merged driver
newest() {
	selftests/vm/newest.sh > build/log/newest-kernel && rc=0 || rc=$?
	case $rc in
	0) "$@" ;;
	3) printf '1..1\nok 1 # SKIP Debian has no kernel with the merged driver\n' ;;
	*) return "$rc" ;;
	esac
}

newest_lab() {
	$vm KERNEL="$(cat build/newest)" lab "$@"
}

# Which of the two modules of the same name loads
updates() {
	newest newest_lab boot-updates
}

# By the other compiler; not among all, as that has 400 MB
llvm() {
	selftests/vm/llvm.sh "$dir" > build/log/llvm.log 2>&1 && return
	tail -n 20 build/log/llvm.log
	return 1
}

# Against the headers of a kernel that a distribution has ready
distro_build() {
	selftests/distro.sh build
}

# The same with more of them, which are booted; not among all
distro() {
	selftests/distro.sh run ${SUITES-}
}

# The Debian package on an s390x; not among all, as that one is emulated
deb() {
	selftests/vm/deb.sh check
}

# The patches for Linux apply and are in order; make series-check does more
series() {
	KSRC="" newest upstream/check.sh quick
}

all="style kernel_doc rst examples sparse harness bad_input lab_notices kunit
	zpci_fh never_mio ism_driver peer vfio_ism fault other latency writers
	stress fuzz unplug report docs bench differential mixed updates series
	distro_build sanitizers"

# It takes as long as half of the others, which often wait
background="sanitizers"

$vm lab || exit 1
run_checks build/log/check.log ${*:-$all}
