# SPDX-License-Identifier: GPL-2.0
# zpci_fh and vfio-ism; "make help" lists the targets

KERNELRELEASE ?= $(shell uname -r)
KERNELDIR ?= /lib/modules/$(KERNELRELEASE)/build
KDIR ?= $(KERNELDIR)
version := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
lab = $(MAKE) --no-print-directory -C lab
DEPMOD ?= depmod
kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR)

help:
	@echo 'Anywhere (builds a lab under build/):'
	@echo '  run              Move data between two machines with emulated ISM functions'
	@echo '  demo             Boot two machines and use a disk and a console of one'
	@echo '                   from the other'
	@echo '  check            Run all tests, or those in CHECKS="..."'
	@echo '  check-distro     Run the kselftests on kernels of Debian (SUITES="...")'
	@echo '  check-llvm       Build the modules with LLVM=-19 W=1'
	@echo '  check-debian13   Run and check on Debian 13, in a root file system'
	@echo '  check-nested     Pass a function through to a guest of the guest'
	@echo '  check-deb        Build the Debian package and install it on s390x'
	@echo '  fuzz             Random operations against a model (N=1000000, SEED=N)'
	@echo '  bench            Count the cost of the library, the driver, libism and SMC-D'
	@echo '                   (RECORD=1: save the first two in lab/checks/costs)'
	@echo '  series           Make the patches for Linux, build/series/NAME/*.patch'
	@echo '  series-check     Apply, build, check and boot them'
	@echo '  htmldocs         Build the documents in build/docs/html'
	@echo '  dist             Make build/zpci-fh-VERSION.tar.gz of the last commit'
	@echo '  distclean        Remove build/'
	@echo
	@echo 'For a kernel (KDIR=DIR, its headers; default: the running one):'
	@echo '  modules          Build zpci-fh.ko and ism-vfio-pci.ko'
	@echo '  modules_install  Install them'
	@echo '  clean            Remove what "modules" has built'
	@echo '  deb              Build the Debian package zpci-fh-dkms, on s390x also ismcat'
	@echo
	@echo 'Variables for run, check and series:'
	@echo '  KERNEL=VERSION   Linux from Debian package linux-source-VERSION (6.12)'
	@echo '  KSRC=DIR         Linux from this source tree instead'
	@echo '                   (default for series: the newest that Debian has)'
	@echo 'For series:'
	@echo '  SIGNOFF=1        Add your Signed-off-by'
	@echo '  ASSISTED_BY=TEXT Add a tag of that name'
	@echo '  SERIES="NAME..." Check only these (series-check)'

run:
	+@$(lab) all boot-peers

demo:
	+@$(lab) all demo

check:
	@lab/check.sh $(CHECKS)

check-debian13:
	@lab/checks/debian13.sh

check-llvm:
	@lab/check.sh llvm

check-nested:
	@lab/check.sh nested

check-deb:
	@lab/check.sh deb

deb:
	@lab/checks/debian-package.sh build

check-distro:
	@SUITES="$(SUITES)" lab/check.sh distro

fuzz:
	+@$(lab) all boot-fuzz

bench:
	+@$(lab) all boot-bench
	+@$(lab) boot-libism-cost boot-libism-time PROFILE=lab
	+@$(lab) boot-iperf
	+@$(lab) all boot-driver-bench boot-driver-writers KERNEL=7.3

series:
	@upstream/series.sh

series-check:
	@upstream/check-series.sh $(SERIES)

htmldocs:
	@$(lab) source
	@lab/checks/rst.sh "$$($(lab) -s print-dir)/source"
	@echo "build/docs/html/index.html"

dist:
	@mkdir -p build
	git archive --prefix=zpci-fh-$(version)/ -o build/zpci-fh-$(version).tar.gz HEAD

# The only place that has it is dkms.conf
version:
	@echo $(version)

modules clean:
	@[ -d $(KDIR) ] || { echo "error: no kernel headers in $(KDIR): install them" \
		"or set KDIR=DIR, see Documentation/install.rst" >&2; exit 2; }
	$(kbuild) $@

# Kbuild skips depmod if KDIR has no System.map; packaged headers have none
modules_install:
	$(kbuild) $@
	$(DEPMOD) $(addprefix -b ,$(INSTALL_MOD_PATH)) \
		$$(cat $(KDIR)/include/config/kernel.release)

distclean:
	rm -rf build

.PHONY: help run demo check check-distro check-llvm check-debian13 check-nested check-deb deb fuzz \
	bench series series-check htmldocs dist version modules modules_install clean \
	distclean
