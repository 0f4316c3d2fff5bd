#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# fetch.sh source PACKAGE DIR           unpack the release's source package
# fetch.sh deb PACKAGE DIR [SUITE...]   unpack a binary package
# fetch.sh programs PACKAGES DIR [SUITE...]  unpack binary packages and the libraries
#                                       that they depend on
# fetch.sh kernel ARCH DIR SUITE        unpack a suite's kernel and headers
# fetch.sh versions NAME [SUITE...]     print each V for which NAME-V exists;
#                                       exits 1 if a suite's list was not read
# fetch.sh mirror                       print the address of this system's mirror
#
# Fetches packages from the Debian mirrors that apt is configured for on this
# system. Lists and caches are under build/; those of the system are not changed.
# The SUITEs are tried in order if the system's own suites do not have the
# package. Only the required lists are read, because mirrors of suites that change
# often are not always complete.
set -eu
. "$(dirname "$0")/lib.sh"

kind=$1 package=${2-}
[ $# -lt 2 ] || shift 2
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
host=$(dpkg --print-architecture)
arch=$host deb=deb
case $kind:$package in
kernel:*) arch=$host,$package ;;
source:*) deb="deb-src" ;;
*:*:*) arch=${package##*:} ;;
esac
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The system's own Debian suites, one per line: mirror and suite
own_suites() {
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' |
	awk -v suites="^($codename|(old)*stable)(-updates|-security|-backports)?$" \
		'$3 == "main" && $2 ~ suites { print $1, $2 }' | sort -u
}

mirror() {
	own_suites | awk '$2 !~ /-/ { print $1; exit }'
}

# apt TOOL SUITE ARGUMENT...: apt-TOOL with only SUITE, or only the system's "own"
apt() {
	tool=$1 state=$build/apt/$2-$arch
	shift 2
	"apt-$tool" -o Dir::Etc::SourceList="$state/sources.list" \
		-o Dir::Etc::SourceParts=- -o Dir::State="$state" \
		-o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
		$(echo "$host,$arch" | tr , '\n' |
			sed 's/.*/-o APT::Architectures::=&/') \
		-o APT::Sandbox::User=root -o Acquire::Languages=none \
		-o Acquire::Retries=3 "$@"
}

update() {
	state=$build/apt/$1-$arch
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	: > "$state/status"
	own_suites > "$state/own"
	[ -s "$state/own" ] ||
		die "apt knows no mirror of Debian $codename: see /etc/apt/sources.list"
	if [ "$1" = own ]; then
		cat "$state/own"
	else
		echo "$(mirror) $1"
	fi | while read -r mirror suite; do
		echo "$deb [arch=$arch signed-by=$keyring] $mirror $suite main"
	done > "$state/sources.list"
	apt get "$1" update --error-on=any 2>&1 | tee "$state/log"
	! grep '^E: ' "$state/log" || echo "no complete lists of $1" >&2
}

# The lists of a suite were read, or the mirror does not have the suite
answered() {
	! grep -q '^E: ' "$build/apt/$1-$arch/log" ||
		grep -q '404 *Not Found' "$build/apt/$1-$arch/log"
}

# The packages of the current kernel and its headers. If a package exists for
# several architectures, take the one for this system.
kernel_packages() {
	apt cache "$1" depends --recurse --important \
		"linux-headers-$package:$package" "linux-image-$package:$package" |
	grep -E '^linux-(image|binary|modules|base|headers|kbuild)-[0-9]' |
	LC_ALL=C sort -u | awk -F : '!seen[$1]++'
}

# libraries SUITE PACKAGE...: those that the packages depend on
libraries() {
	suite=$1
	shift
	apt cache "$suite" depends --recurse --important "$@" |
		grep -E '^(lib|zlib)' | LC_ALL=C sort -u
}

# unpack SUITE PACKAGE...
unpack() {
	suite=$1
	shift
	apt get "$suite" download "$@" &&
	for file in *.deb; do
		dpkg-deb -x "$file" "$new" || return
	done
}

# Unpack a package from one suite into $new
fetch() {
	update "$1"
	case $kind in
	source)
		apt get "$1" source --download-only "$package" &&
		dpkg-source --no-check -x "${package}"_*.dsc "$new" ;;
	deb)
		unpack "$1" "$package" ;;
	programs)
		unpack "$1" $package $(libraries "$1" $package) ;;
	kernel)
		packages=$(kernel_packages "$1") && [ -n "$packages" ] &&
		unpack "$1" $packages ;;
	esac
}

versions() {
	for suite in own "$@"; do
		update "$suite" >&2
		apt cache "$suite" pkgnames "$package-"
	done | sed -n "s/^$package-\([0-9.]*\)$/\1/p" | sort -Vu
	for suite in own "$@"; do
		answered "$suite" || return
	done
}

case $kind in
mirror)
	mirror
	exit ;;
versions)
	versions "$@"
	exit ;;
esac

dir=$1
shift
new=$dir.new
mkdir -p "$(dirname "$dir")"
rm -rf "$new"
tmp=$(mktemp -d "$dir.tmp.XXXXXX")
trap 'rm -rf "$tmp" "$new"' EXIT
cd "$tmp"
own=own
[ "$kind" != kernel ] || own=
for suite in $own "$@"; do
	if fetch "$suite"; then
		echo "took $(echo *.dsc *.deb | sed 's/\*[^ ]* *//') of $suite"
		mv "$new" "$dir"
		exit 0
	fi
done
[ "$kind" != kernel ] || die "no kernel for $package is available from $*:" \
	"see the messages of apt above"
die "Debian's package $package is not available from $codename $*:" \
    "check the network and /etc/apt/sources.list"
