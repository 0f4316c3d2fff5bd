// SPDX-License-Identifier: GPL-2.0
/*
 * The library never uses MIO
 *
 * Invariant: zpci_fh_*() issue PCILG, PCISTG and PCISTB by function handle on
 * any machine. The kernel selects the newer memory I/O (MIO) instructions by
 * the static key have_mio, which is off in the lab because QEMU's CPU does not
 * have them. This module switches it on: now every accessor that tests the key
 * ends with an operation exception. The test verifies this for the ordinary
 * accessors; otherwise the library's success would prove nothing. If you make
 * zpci_fh_load() call zpci_load(), it fails here.
 *
 * The key is not exported; its address from /proc/kallsyms is passed as a
 * module parameter. While it is on, no PCI driver that uses the ordinary
 * accessors may be active, so run this in a guest without other PCI drivers.
 *
 * While the module is loaded, the results are in debugfs, zpci_lab/zpci_fh_mio.
 */

#include <linux/errno.h>
#include <linux/io.h>
#include <linux/jump_label.h>
#include <linux/kallsyms.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <asm/pci_fh.h>
#include <asm/pci_io.h>

#include "zpci_lab.h"

static unsigned long key;
module_param(key, ulong, 0444);
MODULE_PARM_DESC(key, "address of have_mio");

#define MIO_LEN		1023	/* odd, and more than one block */
#define MIO_OFFSET	3

static struct zpci_lab_report report;
static u8 *data, *back;

static void mio_switch(bool on)
{
	struct static_key *have_mio = (struct static_key *)key;

	if (on)
		static_key_enable(have_mio);
	else
		static_key_disable(have_mio);
}

/* Ordinary accessors: work without MIO, and only then */
static void mio_ordinary(struct zpci_lab_fn *fn, void __iomem *io, bool on)
{
	const char *state = on ? "fail with" : "work without";
	int expected = on ? -ENXIO : 0;
	u64 val = 0;
	int rc[4];

	rc[0] = zpci_store(io, 0x0123456789abcdefUL, 8);
	rc[1] = zpci_load(&val, io, 8);
	rc[2] = zpci_memcpy_toio(io + 64, data, 64);
	rc[3] = zpci_memcpy_fromio(back, io + 64, 64);
	zpci_lab_ok(&report, rc[0] == expected && rc[1] == expected &&
		    rc[2] == expected && rc[3] == expected,
		    "%s: zpci_load() and its kin %s MIO: %d %d %d %d",
		    fn->name, state, rc[0], rc[1], rc[2], rc[3]);

	iowrite32(0x12345678, io + 16);
	val = ioread32(io + 16);
	zpci_lab_ok(&report, val == (on ? U32_MAX : 0x12345678),
		    "%s: ioread32() and iowrite32() %s MIO: %#llx", fn->name,
		    state, val);
}

/*
 * Reads back by handle without using the library. For an ISM each store must be
 * one block, so a copy cannot be used.
 */
static bool mio_to(struct zpci_lab_fn *fn)
{
	u64 offset = fn->to.base + MIO_OFFSET;
	size_t done;
	int rc;

	get_random_bytes(data, MIO_LEN);
	rc = fn->ism ?
	     zpci_fh_store_block(fn->zdev, fn->to.pcias, offset, data, MIO_LEN) :
	     zpci_fh_memcpy_toio(fn->zdev, fn->to.pcias, offset, data, MIO_LEN,
				 &done);
	rc = rc ?: zpci_lab_read(fn, &fn->to, MIO_OFFSET, back, MIO_LEN);
	if (rc || memcmp(data, back, MIO_LEN) || fn->ism)
		return !rc && !memcmp(data, back, MIO_LEN);

	rc = zpci_fh_memset_io(fn->zdev, fn->to.pcias, offset, 0x5a, MIO_LEN,
			       &done);
	rc = rc ?: zpci_lab_read(fn, &fn->to, MIO_OFFSET, back, MIO_LEN);
	return !rc && !memchr_inv(back, 0x5a, MIO_LEN);
}

static bool mio_from(struct zpci_lab_fn *fn)
{
	size_t done;
	int rc;

	get_random_bytes(data, MIO_LEN + 1);
	rc = zpci_lab_write(fn, &fn->from, 0, data, MIO_LEN + 1);
	rc = rc ?: zpci_fh_memcpy_fromio(fn->zdev, fn->from.pcias,
					 fn->from.base + MIO_OFFSET, back,
					 MIO_LEN - MIO_OFFSET, &done);
	return !rc && !memcmp(data + MIO_OFFSET, back, MIO_LEN - MIO_OFFSET);
}

/* One instruction each; the store is skipped for an ISM, which refuses it */
static bool mio_single(struct zpci_lab_fn *fn)
{
	u64 val;
	int rc;

	get_random_bytes(data, 16);
	rc = zpci_fh_store_block(fn->zdev, fn->from.pcias, fn->from.base + 16,
				 data, 16);
	rc = rc ?: zpci_fh_load(fn->zdev, fn->from.pcias, fn->from.base + 24,
				&val, 8);
	if (rc || val != get_unaligned_be64(data + 8))
		return false;
	if (fn->ism)
		return true;
	rc = zpci_fh_store(fn->zdev, fn->to.pcias, fn->to.base, val, 8);
	rc = rc ?: zpci_lab_read(fn, &fn->to, 0, back, 8);
	return !rc && val == get_unaligned_be64(back);
}

static bool mio_config(struct zpci_lab_fn *fn)
{
	u64 id;
	u32 dword;

	return !zpci_fh_load(fn->zdev, ZPCI_PCIAS_CFGSPC, 0, &id, 4) &&
	       !pci_read_config_dword(fn->pdev, 0, &dword) &&
	       swab32(id) == dword;
}

static void mio_library(struct zpci_lab_fn *fn, bool on)
{
	const char *state = on ? "with" : "without";

	zpci_lab_ok(&report, mio_to(fn),
		    "%s: stores %s MIO", fn->name,
		    state);
	zpci_lab_ok(&report, mio_from(fn),
		    "%s: zpci_fh_memcpy_fromio() %s MIO", fn->name, state);
	zpci_lab_ok(&report, mio_single(fn),
		    "%s: zpci_fh_load(), _store(), _store_block() %s MIO",
		    fn->name, state);
	zpci_lab_ok(&report, mio_config(fn),
		    "%s: zpci_fh_load() of config space %s MIO", fn->name,
		    state);
}

/* With MIO an address has another meaning, so map while it is off */
static void mio_test(struct zpci_lab_fn *fn)
{
	void __iomem *io = pci_iomap(fn->pdev, fn->from.pcias, 0);
	bool on = true;

	if (!io) {
		zpci_lab_ok(&report, false, "%s: the BAR is mapped", fn->name);
		return;
	}
	mio_switch(on);
	if (!fn->ism)
		mio_ordinary(fn, io, on);
	mio_library(fn, on);
	on = false;
	mio_switch(on);
	if (!fn->ism)
		mio_ordinary(fn, io, on);
	mio_library(fn, on);
	pci_iounmap(fn->pdev, io);
}

static void mio_test_all(void)
{
	struct zpci_lab_fn *fn;
	char name[KSYM_SYMBOL_LEN];

	/* Check the symbol at this address before writing to it */
	sprint_symbol(name, key);
	if (!str_has_prefix(name, "have_mio+0x0/") ||
	    static_key_enabled((struct static_key *)key)) {
		zpci_lab_ok(&report, false, "%s is have_mio, and off", name);
		return;
	}
	zpci_lab_all_bound(&report);
	zpci_lab_for_each(fn)
		mio_test(fn);
}

static int __init mio_init(void)
{
	int rc = -ENOMEM;

	if (!key)
		return -EINVAL;
	data = kzalloc(MIO_LEN + 1, GFP_KERNEL);
	back = kzalloc(MIO_LEN + 1, GFP_KERNEL);
	if (data && back)
		rc = zpci_lab_report_init(&report, "zpci_fh_mio");
	if (!rc) {
		mio_test_all();
		zpci_lab_report_publish(&report);
	}
	kfree(data);
	kfree(back);
	return rc;
}
module_init(mio_init);

static void __exit mio_exit(void)
{
	zpci_lab_report_exit(&report);
}
module_exit(mio_exit);

MODULE_DESCRIPTION("The zpci_fh library never uses MIO");
MODULE_LICENSE("GPL");
