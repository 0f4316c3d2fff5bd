# SPDX-License-Identifier: GPL-2.0
# Sourced by scripts here and in the guest that use a terminal as a user would: what they
# print is typed, and what is shown is in the file screen.
# shellcheck shell=sh

# Wait until COMMAND succeeds, at most $limit seconds
limit=20
until_ok() {
	for _ in $(seq $((limit * 10))); do
		"$@" > /dev/null 2>&1 && return
		sleep 0.1
	done
	echo "# never succeeded: $*" >&2
	return 1
}

# sees TEXT: it appears on the screen
sees() {
	until_ok grep -q "$1" screen
}

# types KEYS
types() {
	printf "$1"
}

# line LINE RESULT: type a line, and see its result
line() {
	types "$1\r" && sees "$2"
}

# repeats LINE RESULT: type a line again and again, until its result is seen
repeats() {
	for _ in $(seq "$limit"); do
		types "$1\r"
		sleep 1
		! grep -q "$2" screen || return 0
	done
	return 1
}

# The prompt may have been shown to an earlier connection, and what is typed before the
# shell has started is lost
logs_in() {
	repeats "" "login: " && line root "Password: " && types 'secret\r' &&
	repeats 'echo logged$((1 + 1))' '^logged2'
}
