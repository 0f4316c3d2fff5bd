#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# rst.sh SOURCE: build the documentation in build/docs/html, in the same way as
# SOURCE, a Linux source tree, builds its own; warnings are errors
set -eu
. "$(dirname "$0")/../host/lib.sh"

source=$(realpath "$1") docs=$build/docs

command -v sphinx-build > /dev/null ||
	die "no sphinx-build: apt-get install python3-sphinx"
[ -f "$source/Documentation/conf.py" ] || die "$source is not a Linux source tree"

# A tree with our files at the places given in upstream/map
rm -rf "$docs"
mkdir -p "$docs/tree"
while read -r from to _; do
	case $from in
	*.c | *.h) install -D "$top/$from" "$docs/tree/$to" ;;
	esac
done < "$top/upstream/map"

mkdir "$docs/rst"
cp "$top"/Documentation/*.rst "$docs/rst/"
cp "$top/selftests/README" "$docs/rst/selftests.rst"
rsync -aR "$top/./tools-ism/examples" "$docs/" # included by libism.rst
{
	printf 'zpci_fh and vfio-ism\n====================\n\n.. toctree::\n\n'
	cd "$docs/rst"
	ls -- *.rst | sed 's/^\(.*\)\.rst/   \1/'
} > "$docs/index.rst"
mv "$docs/index.rst" "$docs/rst/"

# Older kernels need a setting for the program that reads the comments
bin=
! grep -q config.kerneldoc_bin "$source/Documentation/sphinx/kerneldoc.py" ||
	bin="-D kerneldoc_bin=$source/scripts/kernel-doc"

# Only the extensions that the documents use; others need more tools
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$source/tools/lib/python srctree=$source \
	sphinx-build -W --keep-going -q -b html -c "$source/Documentation" \
	-D extensions=kerneldoc,automarkup,sphinx.ext.autosectionlabel \
	-D version=1 -D release=1 -D kerneldoc_srctree="$docs/tree" $bin \
	-d "$docs/doctrees" "$docs/rst" "$docs/html"
grep -q zpci_fh_memcpy_toio "$docs/html/zpci-fh.html" ||
	die "$docs/html/zpci-fh.html lacks the functions of the library"
