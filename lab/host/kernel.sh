#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernel.sh DIR VERSION [SOURCE]: build a kernel for the lab
#
# Creates DIR/source (see source.sh), DIR/obj (the build, with headers in
# DIR/obj/usr/include) and, last, DIR/bzImage. The configuration is tinyconfig
# merged with kernel.config, with those options of kernel-optional.config that
# the kernel has, and with the fragments listed in the environment variable
# FRAGMENTS, which are files in config/.
set -eu
. "$(dirname "$0")/lib.sh"

dir=$1 version=$2 source=${3-}

export ARCH=s390 CROSS_COMPILE=s390x-linux-gnu-
command -v ${CROSS_COMPILE}gcc > /dev/null ||
	die "no ${CROSS_COMPILE}gcc: apt-get install gcc-s390x-linux-gnu"

known_options() {
	grep '^CONFIG_' "$lab/config/kernel-optional.config" | while IFS="=" read -r name value; do
		! grep -rqx --include=Kconfig "config ${name#CONFIG_}" \
			"$dir/source/drivers" || echo "$name=$value"
	done
}

configure() {
	make -C "$dir/source" O="$dir/obj" tinyconfig
	cd "$dir/obj"
	known_options > optional.config
	fragments="$lab/config/kernel.config $PWD/optional.config"
	for f in ${FRAGMENTS-}; do
		fragments="$fragments $lab/config/$f"
	done
	"$dir/source/scripts/kconfig/merge_config.sh" -m .config $fragments
	make olddefconfig
	cat $fragments | grep '^CONFIG_' | sort > wanted
	sort .config | comm -23 wanted - > lost
	# Not set, or not there at all
	cat $fragments | sed -n 's/^# \(CONFIG_.*\) is not set$/^\1=/p' > unwanted
	grep -f unwanted .config >> lost || :
	[ ! -s lost ] || die "kconfig dropped these options, whose dependencies are" \
		"not met, or set them: $(cat lost); add the dependencies to the fragment"
}

"$host/source.sh" "$dir" "$version" "$source"
configure
make -j"$(nproc)" bzImage modules
make headers
cp arch/s390/boot/bzImage "$dir/bzImage"
