#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the lab says to bad input: a message with the remedy, no success, and
# nothing left behind. Prints KTAP.
set -u
. "$(dirname "$0")/lib.sh"

n=0 failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp" "$build/linux-0.1" "$build"/linux-custom-nonexistent' EXIT

# refuses NAME PATTERN COMMAND...: it fails with PATTERN in its last lines
refuses() {
	name=$1 pattern=$2
	shift 2
	n=$((n + 1))
	if "$@" > "$tmp/out" 2>&1 || ! tail -n 5 "$tmp/out" | grep -q "$pattern"; then
		failed=1
		echo "not ok $n $name"
		sed 's/^/# /' "$tmp/out"
	else
		echo "ok $n $name"
	fi
}

# fake NAME EXIT: a command that does nothing and returns EXIT
fake() {
	printf '#!/bin/sh\nexit %s\n' "$2" > "$tmp/bin/$1"
	chmod +x "$tmp/bin/$1"
}

echo "1..6"
mkdir "$tmp/bin"

fake dpkg-query 1
fake sudo 1
printf '#!/bin/sh\necho 1000\n' > "$tmp/bin/id"
chmod +x "$tmp/bin/id"
refuses "packages missing and no root" 'apt-get install .*gcc-s390x-linux-gnu' \
	env PATH="$tmp/bin:$PATH" "$vm/packages.sh"
rm "$tmp"/bin/*

refuses "a kernel version that Debian does not have" 'linux-source-0.1' \
	make -C "$vm" lab KERNEL=0.1
refuses "a kernel source that is none" 'no Linux source' \
	make -C "$vm" lab KSRC=/nonexistent

fake df 0
refuses "a full disk" 'make room' \
	env PATH="$tmp/bin:$PATH" "$vm/kernel.sh" "$build/linux-0.1" 6.12
rm "$tmp"/bin/*

fake apt-get 0
refuses "apt without a mirror" 'sources.list' \
	env PATH="$tmp/bin:$PATH" "$vm/fetch.sh" deb hello "$build/linux-0.1"
rm "$tmp"/bin/*

n=$((n + 1))
if [ -e "$build/linux-0.1" ] || ls "$build"/linux-0.1* > /dev/null 2>&1; then
	failed=1
	echo "not ok $n nothing is left behind"
else
	echo "ok $n nothing is left behind"
fi
exit $failed
