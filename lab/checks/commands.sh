#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# commands.sh guest DIR       write the commands for a machine with ISM functions
#                             to DIR, one file for each document
# commands.sh recipe-there    print the commands of the README that use ismcat, on the
# commands.sh recipe-here     machine that offers a disk and a console, or on the other
# commands.sh try KERNEL_DIR  test the other commands; prints KTAP
#
# The commands are those that commands.awk finds. A command that where() below does
# not know is a failure: each one must be tested, or skipped with a reason.
set -eu
. "$(dirname "$0")/../host/lib.sh"
. "$lab/ktap.sh"

cd "$top"
tab=$(printf '\t')

# here, in_git, lab, package: see the functions below; guest: tested by guest/docs;
# recipe-there, recipe-here: by the check demo
where() {
	case ${1#sudo } in
	"make -C tools-ism"* | "make help" | "make modules"* | "make clean" | "make -C selftests gen_tar"*)
		echo here ;;
	"make dist")
		echo in_git ;;
	"make bench"*)
		echo "SKIP is a measurement, not a test" ;;
	*"WHAT=hostile" | *"WHAT=early" | *"boot-smc-loopback "*)
		echo "SKIP shows a bug of Linux" ;;
	"make check-debian13" | "make check-nested" | "make -C lab nested "* | \
	"qemu-system-s390x "* | \
	"make series-check" | lab/checks/kunit-tree.sh)
		echo "SKIP is a long test itself" ;;
	"make deb" | apt* | dkms*)
		echo package ;;
	"make "* | lab/check.sh*)
		echo lab ;;
	"ismcat listen "* | "setsid agetty"* | truncate*)
		echo recipe-there ;;
	"ismcat "* | nbd-client* | mkfs* | mount*)
		echo recipe-here ;;
	modprobe* | driverctl* | echo* | grep* | tar* | ./run_kselftest.sh | vfio-ism/* | \
	modinfo* | cat\ /sys/module* | rm* | depmod)
		echo guest ;;
	*)
		echo unknown ;;
	esac
}

documented() {
	awk -f lab/checks/commands.awk README.md selftests/README \
		Documentation/*.rst
}

recipe() {
	documented | while IFS=$tab read -r file command; do
		[ "$file" != README.md ] || [ "$(where "$command")" != "$1" ] ||
			echo "$command"
	done
}

guest() {
	mkdir -p "$1"
	documented | while IFS=$tab read -r file command; do
		[ "$(where "$command")" != guest ] ||
			echo "$command" >> "$1/$(echo "$file" | tr / _)"
	done
	[ -n "$(ls "$1")" ] || die "no document has a command for the guest"
}

# Runs the command as documented, but in a copy of this tree, for the lab's kernel
# and with its compiler
here() {
	(
		cd "$tmp/copy"
		command=$(echo "$1" | sed -e "s|KDIR=DIR\>|KDIR=$dir/obj|" \
			-e "s|PATH=DIR\>|PATH=$tmp/root|" -e "s|=DIR\>|=$tmp/linux|g")
		sudo() { "$@"; }
		export ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- KDIR="$dir/obj"
		export KHDR="$dir/obj/usr/include" INSTALL_MOD_PATH="$tmp/root"
		export DESTDIR="$tmp/root"
		eval "$command"
	)
}

# Needs the repository, which the copy is not
in_git() {
	(cd "$top" && eval "$1")
}

# The tasks that a make command would boot and the checks that it would run
tasks() {
	make -n --no-print-directory "$@" | sed -n -E \
		-e 's/.*boot\.sh [0-9]+ (boot-[a-z-]*) .*/\1/p' \
		-e 's/^(SUITES="" )?lab\/check\.sh/check/p' \
		-e 's/^host\/demo\.sh .*/check demo/p' \
		-e 's/^host\/programs\.sh .*/check smc/p' \
		-e 's/^upstream\/series\.sh/check series/p'
}

checked_tasks() {
	grep -ohE 'boot-[a-z-]*[a-z]( WHAT=[a-z]+)?' lab/check.sh |
		while read -r rule; do
			tasks -C lab $rule
		done
}

are_checks() {
	for check; do
		grep -q "^$check() {\$" lab/check.sh || return 1
	done
}

are_variables() {
	for v; do
		case $v in
		*=*) grep -qw "${v%%=*}" Makefile selftests/Makefile \
			lab/Makefile || return 1 ;;
		esac
	done
}

# A check does what the command would do
lab() {
	eval "set -- $(echo "$1" | sed "s|=DIR\>|=$tmp/linux|g")"
	if [ "$1" = lab/check.sh ]; then
		shift
		are_checks "$@"
		return
	fi
	shift
	are_variables "$@" && tasks "$@" > "$tmp/tasks" && [ -s "$tmp/tasks" ] &&
	while read -r task checks; do
		if [ "$task" = check ]; then
			are_checks $checks
		else
			grep -qx -e "$task" "$tmp/checked"
		fi || return 1
	done < "$tmp/tasks"
}

# The check deb runs these commands from the document. Here, only verify that their
# words are known and that the version is right.
package() {
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
	eval "set -- $1"
	for word; do
		case $word in
		sudo | make | deb | apt | install | purge | dkms | add | remove | --all | .) ;;
		zpci-fh-dkms | linux-headers-s390x | "zpci-fh/$version") ;;
		"./zpci-fh-dkms_*_all.deb") ;;
		*) echo "unknown: $word"; return 1 ;;
		esac
	done
}

try_all() {
	dir=$1
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	rsync -a --exclude=/build --exclude=/.git "$top/" "$tmp/copy/"
	mkdir "$tmp/linux"
	ln -s "$dir"/source/* "$tmp/linux/"
	ln -sfn "$dir/obj/usr" "$tmp/linux/usr"
	checked_tasks > "$tmp/checked"
	documented | sort -u -t "$tab" -k 2 | while IFS=$tab read -r file command; do
		how=$(where "$command")
		[ "$how" = guest ] || echo "$file$tab$how$tab$command"
	done > "$tmp/commands"
	[ -s "$tmp/commands" ] || die "the documents have no commands"

	echo "1..$(wc -l < "$tmp/commands")"
	while IFS=$tab read -r file how command; do
		case $how in
		here | in_git | lab | package)
			try "$tmp/out" "$file: $command" $how "$command" ;;
		recipe-*)
			are_checks demo
			ok "$file: $command" ;;
		SKIP*)
			result 0 "$file: $command # $how" ;;
		*)
			result 1 "$file: $command # no test for this: see where() in $0" ;;
		esac
	done < "$tmp/commands"
	return $failed
}

case $#$1 in
2guest) guest "$2" ;;
2try) try_all "$2" ;;
1recipe-*) recipe "$1" ;;
*) die "usage: commands.sh guest DIR | recipe-there | recipe-here | try KERNEL_DIR" ;;
esac
