#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot.sh SECONDS NAME MACHINE...: boot one machine, or several at once
#
# A MACHINE is one argument, "DIR TASK [QEMU ARGUMENT...]": the kernel in DIR runs
# guest/TASK. A task is a name with comma-separated arguments. In all of them, @tmp
# stands for a temporary folder, which the machines share.
#
# Shows the output of the tasks, with the number of the machine in front if there are
# several, and returns the exit code of the first task that failed. The kernel has a
# separate console and log. A boot also fails if a kernel prints a warning, an oops, or
# that a program has crashed, if a guest does not shut down by itself and in time, if a
# task's results differ from its plan, or if a test is skipped that the file skips does
# not list.
#
# A line "host: COMMAND" in the output is passed to QEMU's monitor as a command. A line
# "signal: SIGNAL NR" sends a signal to machine NR; one that is killed boots again.
#
# The logs are build/log/NAME and build/log/NAME.kernel, or NAME.NR and NAME.NR.kernel;
# PROFILE, if it is not lpar, and "debug" become part of the name. COVERAGE is a
# directory for the gcov counts. KNOWN is a pattern for kernel warnings that are not
# failures. For WHERE and EXPECTED see ktap.awk.
set -eu
. "$(dirname "$0")/lib.sh"

seconds=$1 name=$2
shift 2
[ "${PROFILE-lpar}" = lpar ] || name=$name-$PROFILE

case ${1%% *} in
*-debug) name=$name-debug ;;
esac
machines=$#
mkdir -p "$build/log"
tmp=$(mktemp -d)

qemu() {
	timeout --foreground -k 10 "$seconds" "$host/machine.sh" "$top/$log.kernel" \
		"$dir" "$task" -pidfile "$here/pid" \
		-chardev pipe,id=monitor,path="$here/monitor" \
		-mon chardev=monitor,mode=readline "$@" < /dev/null && rc=0 || rc=$?
	if [ -e "$here/killed" ]; then
		rm "$here/killed"
		qemu "$@"
	else
		echo "qemu: ended with $rc"
	fi
}

# failed REASON [PATTERN]: shows the relevant lines of the kernel log
failed() {
	grep -aE -A 20 "${2-.}" "$top/$log.kernel" | tail -n 20 >&2
	die "$task: $1; see $log and $log.kernel"
}

judge() {
	bad='WARNING|BUG|INFO: task|INFO: rcu|KASAN|UBSAN|KFENCE|ODEBUG|\[#[0-9]+\]'
	bad="$bad|Kernel panic|Unable to handle|possible .*lock|suspected memory leaks"
	bad="$bad|unreferenced object|leaked pages|nobody cared|page allocation failure|Out of memory: Killed"
	bad="$bad|cannot create duplicate filename|User process fault"
	complaint=$(grep -aE "$bad" "$top/$log.kernel" | grep -vE "${KNOWN:-^$}" |
		head -n 1) || :
	[ -z "$complaint" ] ||
		failed "the kernel complained: $complaint" "$bad"

	ended=$(sed -n 's/^qemu: ended with //p' "$top/$log")
	case $ended in
	0) ;;
	124 | 137) failed "timed out after $seconds s" ;;
	*) failed "QEMU ended with ${ended:-no exit code}" ;;
	esac
	rc=$(sed -n "s/^lab: $task ended with \([0-9]*\)$/\1/p" "$top/$log")
	[ -n "$rc" ] && grep -q ' lab: the end$' "$top/$log.kernel" ||
		failed "did not finish"
	[ "$rc" = 0 ] || exit "$rc"
	! grep -qE "^(1[.][.]|(not )?ok )[0-9]" "$top/$log" ||
		results=$(cd "$top" && awk -f lab/ktap.awk -v where="${WHERE-lab}" \
			-v expected="${EXPECTED-}" "$log") ||
		die "$task: $results; see $log"
}

# machine NR DIR TASK [QEMU ARGUMENT...]
machine() {
	here=$tmp/$1 dir=$2 task=$3 log=build/log/$name prefix=
	[ "$machines" = 1 ] || log=$log.$1 prefix="$1: "
	shift 3
	rm -f "$top/$log" "$top/$log.kernel"
	mkfifo "$here/monitor.in" "$here/monitor.out"
	exec 3<> "$here/monitor.in" # so that writes never block
	qemu "$@" 2>&1 | sed -u 's/\r*$//' | tee "$top/$log" |
		sed -u -e '/^qemu: ended/d; /^gcov: /d' \
			-e "/^host: /{s///; w $here/monitor.in" -e 'd}' \
			-e "/^signal: /{s///; w $tmp/signals" -e 'd}' -e "s/^/$prefix/"
	[ -z "${COVERAGE-}" ] ||
		sed -n 's/^gcov: //p' "$top/$log" > "$COVERAGE/${log##*/}"
	judge
}

send_signals() {
	while read -r signal nr; do
		[ "$signal" != KILL ] || touch "$tmp/$nr/killed"
		kill -s "$signal" "$(cat "$tmp/$nr/pid")" || :
	done < "$tmp/signals"
}

mkfifo "$tmp/signals"
exec 4<> "$tmp/signals"
send_signals &
signals=$!
trap 'kill "$signals"; rm -rf "$tmp"' EXIT
nr=0 pids=
for machine; do
	nr=$((nr + 1))
	mkdir "$tmp/$nr"
	machine $nr $(echo "$machine" | sed "s|@tmp|$tmp|g") &
	pids="$pids $!"
done
verdict=0
for pid in $pids; do
	wait "$pid" && continue || rc=$?
	[ $verdict != 0 ] || verdict=$rc
done
exit $verdict
