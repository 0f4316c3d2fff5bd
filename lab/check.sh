#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# check.sh [CHECK...]: run all tests, or the named ones
#
# Prints KTAP and, as its last line, the counts. Each check is a function
# below; its output is indented. If a check prints results of its own, these
# are counted; otherwise the check counts as one result.
set -u
cd "$(dirname "$0")/.." || exit 1
. lab/runner.sh
. lab/ktap.sh
unset PROFILE ISM DEBUG DRIVER LOG KNOWN COVERAGE

lab="make --no-print-directory -C lab"
dir=$($lab -s print-dir)
source=$dir/source

kernel_code() {
	find compat.h arch-s390-pci drivers-vfio-ism Documentation selftests lab tools-ism -name '*.[ch]' \
		! -path 'lab/qemu/*'
}

scripts() {
	git ls-files | xargs grep -lE '^#!/bin/sh|^# shellcheck shell=sh'
}

# Without --codespell, which makes it four times slower
checkpatch() {
	"$source/scripts/checkpatch.pl" --strict --terse --show-types --no-tree -f "$@"
}

# Each source file names its licence. Version tests are allowed in compat headers, and
# exports of what pci_fh.c defines in module.c; the library's users have no kernel types.
# Nd is a macro of man pages.
style() {
	bad=0
	! git ls-files -- '*.[ch]' '*.sh' '*.awk' '*.rst' '*Makefile' '*Kbuild' '*Kconfig' |
		xargs grep -L SPDX-License-Identifier | grep . || bad=1
	shellcheck -S warning $(scripts) || bad=1
	mandoc -T lint -W warning tools-ism/man/* || bad=1
	git ls-files | xargs codespell -L nd || bad=1
	checkpatch $(kernel_code | grep -v 'compat\.h$\|/module\.c$\|^tools-ism/') || bad=1
	checkpatch --ignore EXPORT_SYMBOL arch-s390-pci/module.c || bad=1
	checkpatch --ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON \
		$(kernel_code | grep 'compat\.h$') || bad=1
	checkpatch --ignore PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO \
		$(kernel_code | grep '^tools-ism/') || bad=1
	return $bad
}

kernel_doc() {
	! "$source/scripts/kernel-doc" -none -Wall \
		$(kernel_code) 2>&1 | grep .
}

rst() {
	lab/checks/rst.sh "$source"
}

# The code in the documents compiles, and the example module works
examples() {
	lab/checks/examples.sh "$dir" && $lab boot-example
}

# Ignores the warnings of sparse about the kernel's own headers
sparse() {
	env -u MAKEFLAGS make -C "$dir/obj" M="$dir/modules" ARCH=s390 C=2 \
		CHECK="$PWD/lab/checks/sparse.sh" \
		CROSS_COMPILE=s390x-linux-gnu- modules > build/log/sparse.log 2>&1 &&
	grep -q CHECK build/log/sparse.log &&
	! grep -E ': (warning|error):' build/log/sparse.log | grep -F "$dir/modules/"
}

# on PROFILES COMMAND...: run it with ISMs as each of the profiles has them
on() {
	profiles=$1 failed_on=
	shift
	for profile in $profiles; do
		"$@" PROFILE=$profile || failed_on="$failed_on $profile"
	done
	[ -z "$failed_on" ] && return
	echo "failed on:$failed_on"
	return 1
}

# As seen in an LPAR and in a KVM guest
on_both() {
	on "lpar guest" "$@"
}

# The main use: move data from one function to another
peer() {
	on_both $lab boot-peer
}

# The same between two machines; then resets, unplug, kill and stop of one of them; then
# four machines; then the tests of one machine, with functions that see each other
# through a fabric
fabric() {
	echo "1..11"
	failed=0 n=0
	for profile in lpar guest; do
		try "build/log/fabric-peers-$profile" "two machines, $profile" \
			$lab boot-peers PROFILE=$profile
		try "build/log/fabric-faults-$profile" "faults, $profile" \
			$lab boot-fabric PROFILE=$profile
	done
	try build/log/fabric-four "four machines" $lab boot-four
	while read -r task args; do
		try "build/log/fabric-$task" "$task through a fabric" \
			$lab "boot-$task" WHAT=fabric ISM=fabric=@tmp/fabric $args
	done <<-EOF
		kselftest
		fault
		fuzz N=50000 SEED=1
		stress S=10 PROFILE=lab
		unplug
		ism-driver
	EOF
	return $failed
}

# The kernel's own SMC-D between two machines: data and faults, a program that people know,
# and the commands of the documents; then between two machines with the newest kernel,
# and with different ones
smc() {
	$lab boot-smc && $lab boot-smc WHAT=faults && $lab boot-iperf &&
	lab/checks/by-hand.sh &&
	newest newest_lab boot-smc && newest newest_lab boot-smc KERNEL2=6.12
}

# The transport of the fabric without QEMU; a million mutated messages
fabric_messages() {
	lab/checks/fabric.sh 1000000 1
}

# Memory can be disabled only in the last profile
vfio_ism() {
	on "lpar guest lab" $lab boot-kselftest
}

# The library against a model of a function; proves that its splitting is minimal
kunit() {
	$lab boot-kunit
}

# The library with real instructions, also where CLP does not report an ISM
zpci_fh() {
	$lab boot-zpci-fh TASKS=module,zpci_results &&
	$lab boot-zpci-fh PROFILE=nested ARGS=copies=20000
}

# QEMU's own code for instructions, with an ordinary function
ordinary() {
	$lab boot-ordinary
}

never_mio() {
	lab/checks/never-mio.sh "$dir/obj/arch/s390/pci/pci_insn.o" \
		"$dir/modules/arch-s390-pci/zpci-fh.ko" \
		"$dir/modules/drivers-vfio-ism/ism-vfio-pci.ko" &&
	$lab boot-never-mio
}

# The kernel's own driver works with the emulated functions
ism_driver() {
	on_both $lab boot-ism-driver
}

# The kernel's own driver and ours, communicating
mixed() {
	newest on_both newest_lab boot-mixed
}

# noticed WHAT VARIABLE WHY: check that a boot with this defect fails, and that it fails
# for this reason
noticed() {
	log=build/log/broken-$1 rc=0
	! $lab "$2" boot-broken WHAT="$1" > "$log" 2>&1 < /dev/null && grep -q "$3" "$log" ||
		rc=1
	[ $rc = 0 ] || tail -n 5 "$log" | sed 's/^/# /'
	result $rc "$1 is noticed"
}

lab_notices() {
	echo "1..12"
	while read -r what variable why; do
		noticed "$what" "$variable" "$why"
	done <<-EOF
		failure PROFILE=lpar ended with 1$
		few PROFILE=lpar found 1 results, planned 1[.][.]3
		skip PROFILE=lpar not in lab/skips: ok 1 it # SKIP no reason
		result PROFILE=lpar not ok 1 it
		gone PROFILE=lpar did not finish
		warning PROFILE=lpar the kernel complained: .* WARNING: the lab
		irq PROFILE=lpar the kernel complained: .* nobody cared
		oops PROFILE=lpar the kernel complained: .* Kernel panic
		crash PROFILE=lpar the kernel complained: .* User process fault
		flood PROFILE=lpar the kernel complained: .* WARNING: the lab
		hang PROFILE=lpar timed out
		qemu ISM=none=1 QEMU ended with 1;
	EOF
	return $failed
}

# Every instruction of every operation is made to fail in turn
fault() {
	on_both $lab boot-fault
}

# Instructions that take time do not delay other users
latency() {
	$lab boot-latency
}

# Writers, readers and a reset while one thread waits for a page fault
writers() {
	$lab boot-writers
}

# Resets through VFIO and sysfs while threads read and write
reset() {
	$lab boot-reset
}

# The user is killed, or the driver unbound, while the function is in use
kill_user() {
	$lab boot-kill
}

# Threads that read, write, reset, disable, close and open. Memory can be disabled only in
# the lab profile.
stress() {
	$lab boot-stress S=10 PROFILE=lab
}

# Tests that need particular functions or kernels; the newest kernel runs all
other() {
	$lab boot-other && newest other_newest
}

other_newest() {
	newest_lab boot-other PROFILE=lpar && grep -q '^ok' build/log/boot-other &&
		! grep -q '# SKIP' build/log/boot-other
}

# Random operations against a model
fuzz() {
	on "guest lab" $lab boot-fuzz N=50000 SEED=1
}

# The function is removed while it is in use, also during an instruction
unplug() {
	$lab boot-unplug && $lab boot-unplug ISM=latency=5000
}

# The kselftest tarball, used as on a real machine, including the report
report() {
	on_both $lab boot-report
}

# The cost of copies and system calls: no more PCI instructions than with other
# code, and no increase over the counts in lab/checks/costs
bench() {
	$lab boot-bench && newest newest_lab boot-driver-bench
}

# Run or check every command in the documents
docs() {
	lab/checks/commands.sh try "$dir" &&
	$lab boot-docs
}

# Run the same tests with the merged driver, on a kernel that has it
differential() {
	newest differential_newest
}

differential_newest() {
	newest_lab && lab/checks/differential.sh "$(cat build/newest)"
}

# The library with simulated functions, under AddressSanitizer
libism() {
	make -s -C tools-ism check O="$PWD/build/tools-ism"
}

# Two processes, each with a function, connected by ismcat
ismcat() {
	on_both $lab boot-libism && $lab boot-libism-cost PROFILE=lab &&
	newest newest_lab boot-libism boot-libism-cost PROFILE=lab
}

# A console of one machine is used by another one
console() {
	$lab boot-console
}

# Two disks of one machine are used by another one; then the server is killed
disk() {
	$lab boot-disk
}

# make demo, as a user at a terminal does it: the commands of the README
demo() {
	lab/checks/demo.sh
}

# The debug kernel. Each of its checks leaves the counts of gcov for coverage.
debug_lab() {
	COVERAGE=$PWD/build/coverage
	export COVERAGE
	mkdir -p "$COVERAGE"
	flock build/debug.lock $lab DEBUG=1 all
}

# debug_boots: run the boots that stdin lists
debug_boots() {
	while read -r task args; do
		try "build/log/sanitizers-$task" "$task" $lab DEBUG=1 "boot-$task" $args
	done
}

# The tests on the debug kernel. From fault, skip the tests that remove a function
# through sysfs: lockdep reports a problem in Linux 6.12 itself there,
# zpci_add_remove_lock under pci_rescan_remove_lock.
sanitizers() {
	rm -rf build/coverage
	debug_lab || return 1
	isms=program,ours,isms
	skip=-T,error_event,-T,recover,-T,dmb_not_mapped,-T,dmb_unmapped_during_stores
	echo "1..4"
	noticed leaks DEBUG=1 "the kernel complained"
	grep -q '[[]page_leak[]]' build/log/boot-broken-leaks-debug.kernel &&
	grep -q 'unreferenced object' build/log/boot-broken-leaks-debug.kernel
	ok "leaks of pages and of other memory are noticed"
	debug_boots <<-EOF
		zpci-fh ARGS=copies=10000 TASKS=kunit,fast
		kill TASKS=ism-driver+$isms,vfio_ism_peer,@1,@2+kselftest,ours,1200+$isms,vfio_ism_fault,$skip+$isms,vfio_ism_reset
	EOF
	return $failed
}

# More of them. Last, so that they run beside sanitizers.
sanitizers_stress() {
	debug_lab || return 1
	echo "1..4"
	debug_boots <<-EOF
		stress S=10 PROFILE=lab TASKS=program,ours,isms,vfio_ism_fuzz,5000,1
		unplug
		other
		fail-nth
	EOF
	return $failed
}

# Which lines and branches of our modules have run on the debug kernel
coverage() {
	lab/checks/coverage.sh "$($lab -s DEBUG=1 print-dir)/modules" build/coverage
}

# This script reports failures
harness() {
	lab/checks/harness.sh
}

# Bad input: a message that says what to do, an exit code, and no leftovers
bad_input() {
	lab/checks/bad-input.sh
}

# newest COMMAND...: unpack the newest Linux, which has the merged driver, then run
# the command
newest() {
	lab/host/newest.sh > build/log/newest-kernel && rc=0 || rc=$?
	case $rc in
	0) "$@" ;;
	3) printf '1..1\nok 1 # SKIP Debian has no kernel with the merged driver\n' ;;
	*) return "$rc" ;;
	esac
}

newest_lab() {
	$lab KERNEL="$(cat build/newest)" all "$@"
}

# A guest of the guest uses a function that its QEMU passes through, without KVM; not run
# by default, because a machine in a machine takes minutes to boot
nested() {
	$lab nested && lab/checks/nested.sh
}

# Which of the two modules with the same name is loaded
updates() {
	newest newest_lab boot-updates
}

# Build with clang; not run by default, because clang takes 400 MB
llvm() {
	lab/checks/llvm.sh "$dir" > build/log/llvm.log 2>&1 && return
	tail -n 20 build/log/llvm.log
	return 1
}

# Build against the headers of a distribution kernel
distro_build() {
	lab/checks/debian-kernels.sh build
}

# The same for more distribution kernels, which are also booted; not run by default
distro() {
	lab/checks/debian-kernels.sh run ${SUITES-}
}

# The Debian package on s390x; not run by default, because emulation is slow
deb() {
	lab/checks/debian-package.sh check
}

# The patches for Linux apply and pass the quick checks; make series-check does more
series() {
	KSRC="" newest upstream/check-series.sh quick
}

all="style kernel_doc rst examples sparse harness bad_input lab_notices kunit
	zpci_fh ordinary never_mio ism_driver peer fabric_messages fabric smc vfio_ism fault other
	latency writers reset kill_user stress fuzz unplug libism ismcat disk console demo
	report docs bench differential mixed updates series
	distro_build sanitizers_stress sanitizers coverage"

# These take long. The first three mostly wait for functions to update counts, while
# the debug kernel is built.
background="vfio_ism+report+docs sanitizers"

$lab all || exit 1
run_checks build/log/check.log ${*:-$all}
