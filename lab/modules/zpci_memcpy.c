// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own copies, zpci_memcpy_toio() and zpci_memcpy_fromio()
 *
 * Invariant: a copy of any offset, alignment and length moves its bytes, on a
 * machine that enforces the rules of the instructions. It holds only if the
 * kernel derives the 4 KiB boundary and the alignment from the I/O address;
 * otherwise copies fail with -ENXIO.
 *
 * While the module is loaded, the results are in debugfs, zpci_lab/zpci_memcpy.
 */

#include <linux/errno.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/vmalloc.h>
#include <asm/pci_io.h>

#include "zpci_lab.h"

#define COPIES		2000	/* each way and function */
#define MAX_COPY	9000

static struct zpci_lab_report report;
static struct rnd_state rnd;
static u8 *mem, *back;

/* Returns the result of the copy, or -EIO if it moved wrong bytes */
static int copy(struct zpci_lab_fn *fn, u8 __iomem *io, bool to, u32 offset,
		u32 align, u32 len)
{
	int rc;

	prandom_bytes_state(&rnd, mem + align, len);
	if (to) {
		rc = zpci_memcpy_toio(io + offset, mem + align, len);
		if (!rc)
			rc = zpci_lab_read(fn, &fn->to, offset, back, len);
	} else {
		rc = zpci_lab_read(fn, &fn->to, offset, back, len) ?:
		     zpci_memcpy_fromio(mem + align, io + offset, len);
	}
	return rc ?: memcmp(mem + align, back, len) ? -EIO : 0;
}

static void test(struct zpci_lab_fn *fn, u8 __iomem *io, bool to)
{
	unsigned int i, refused = 0, wrong = 0;
	u32 offset, align, len;

	for (i = 0; i < COPIES; i++) {
		len = 1 + prandom_u32_state(&rnd) % MAX_COPY;
		offset = prandom_u32_state(&rnd) % (fn->to.size - len);
		align = prandom_u32_state(&rnd) % PAGE_SIZE;
		switch (copy(fn, io, to, offset, align, len)) {
		case 0:
			break;
		case -ENXIO:
			refused++;
			break;
		default:
			wrong++;
		}
	}
	zpci_lab_ok(&report, !refused && !wrong,
		    "%s: zpci_memcpy_%sio(): of %u copies, %u end with an exception, %u otherwise",
		    fn->name, to ? "to" : "from", COPIES, refused, wrong);
}

static void test_function(struct zpci_lab_fn *fn)
{
	u8 __iomem *io;

	if (fn->ism)	/* does not accept MMIO */
		return;
	io = pci_iomap(fn->pdev, fn->to.pcias, 0);
	zpci_lab_ok(&report, io, "%s is mapped", fn->name);
	if (!io)
		return;
	test(fn, io + fn->to.base, true);
	test(fn, io + fn->to.base, false);
	pci_iounmap(fn->pdev, io);
}

static int __init memcpy_init(void)
{
	struct zpci_lab_fn *fn;
	int rc = -ENOMEM;

	mem = vmalloc(MAX_COPY + PAGE_SIZE);
	back = vmalloc(MAX_COPY);
	if (mem && back)
		rc = zpci_lab_report_init(&report, "zpci_memcpy");
	if (!rc) {
		prandom_seed_state(&rnd, 1);
		zpci_lab_for_each(fn)
			test_function(fn);
		zpci_lab_report_publish(&report);
	}
	vfree(back);
	vfree(mem);
	return rc;
}
module_init(memcpy_init);

static void __exit memcpy_exit(void)
{
	zpci_lab_report_exit(&report);
}
module_exit(memcpy_exit);

MODULE_DESCRIPTION("The kernel's own copies to and from PCI functions");
MODULE_LICENSE("GPL");
