# SPDX-License-Identifier: GPL-2.0
# Completion for bash
# shellcheck shell=bash

_ismcat() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words="stdio --exec --unix --pty -d --device -v --verbose --keepalive"

	case $prev in
	-d | --device)
		words=$(cd /sys/bus/pci/drivers/ism_vfio_pci 2> /dev/null && echo *:*) ;;
	--unix | --pty)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	*)
		case ${COMP_WORDS[1]} in
		listen) words="$words --allow" ;;
		connect) words="$words -e --escape" ;;
		*) words="list listen connect --help --version" ;;
		esac ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _ismcat ismcat
