// SPDX-License-Identifier: GPL-2.0
/*
 * Each PCI instruction on an ordinary function of QEMU
 *
 * QEMU turns the instructions into accesses to memory of 1, 2, 4 or 8 bytes, and passes
 * these on to a host if the function is one that is passed through. Invariant: any
 * PCILG, PCISTG and PCISTB that the architecture allows moves exactly its bytes, in
 * their order. The other side of each comparison is read or written byte by byte.
 *
 * The function is an NVMe disk, whose controller memory buffer (CMB) behaves like
 * memory. While the module is loaded, the results are in debugfs,
 * zpci_lab/zpci_ordinary.
 */

#include <linux/errno.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <asm/pci_insn.h>
#include <asm/pci_io.h>

#include "zpci_lab.h"

#define CMB_BAR		2
#define CMB_DEVICE_ID	0x0010
#define AREA		SZ_4K

static struct zpci_lab_report report;
static struct zpci_dev *zdev;
static u8 shadow[AREA];		/* what the area must have */
static u8 data[AREA] __aligned(AREA);

static bool load(u64 offset, unsigned int len, u64 *val)
{
	u64 req = ZPCI_CREATE_REQ(zdev->fh, CMB_BAR, len);

	return zpci_lab_pcilg(val, req, offset).cc == ZPCI_CC_OK;
}

static bool store(u64 offset, unsigned int len, u64 val)
{
	u64 req = ZPCI_CREATE_REQ(zdev->fh, CMB_BAR, len);

	return zpci_lab_pcistg(val, req, offset).cc == ZPCI_CC_OK;
}

static bool store_block(u64 offset, unsigned int len)
{
	u64 req = ZPCI_CREATE_REQ(zdev->fh, CMB_BAR, len);

	return zpci_lab_pcistb(data, req, offset).cc == ZPCI_CC_OK;
}

/* Is the area as it must be from @from to @to? */
static bool as_shadow(const char *insn, unsigned int from, unsigned int to)
{
	unsigned int i;
	u64 byte;

	for (i = from; i < to; i++) {
		if (load(i, 1, &byte) && byte == shadow[i])
			continue;
		zpci_lab_note(&report, "%s: byte %u is %#llx, expected %#x", insn, i,
			      byte, shadow[i]);
		return false;
	}
	return true;
}

static bool fill(void)
{
	unsigned int i;
	bool ok = true;

	get_random_bytes(shadow, AREA);
	for (i = 0; i < AREA; i++)
		ok &= store(i, 1, shadow[i]);
	return ok && as_shadow("PCISTG of 1 byte", 0, AREA);
}

/* Bytes of the area as a register has them after a load */
static u64 in_register(unsigned int offset, unsigned int len)
{
	u8 bytes[8] = { };

	memcpy(bytes + 8 - len, shadow + offset, len);
	return get_unaligned_be64(bytes);
}

static bool test_load(unsigned int len)
{
	unsigned int offset;
	u64 is, want;

	for (offset = 0; offset + len <= 8; offset++) {
		want = in_register(offset, len);
		if (load(offset, len, &is) && is == want)
			continue;
		zpci_lab_note(&report, "PCILG of %u at %u: %#llx, expected %#llx", len,
			      offset, is, want);
		return false;
	}
	return true;
}

static bool test_store(unsigned int len)
{
	unsigned int offset;
	u8 bytes[8];
	u64 val;

	for (offset = 8; offset + len <= 16; offset++) {
		val = get_random_u64();
		put_unaligned_be64(val, bytes);
		memcpy(shadow + offset, bytes + 8 - len, len);
		if (!store(offset, len, val) || !as_shadow("PCISTG", 0, 24))
			return false;
	}
	return true;
}

/* From the start of the area and up to its end */
static bool test_block(unsigned int len)
{
	get_random_bytes(data, len);
	memcpy(shadow, data, len);
	memcpy(shadow + AREA - len, data, len);
	return store_block(0, len) && store_block(AREA - len, len) &&
	       as_shadow("PCISTB", 0, len + 8) &&
	       as_shadow("PCISTB", AREA - len - 8, AREA);
}

static void test_all(void)
{
	unsigned int len;
	bool ok = true;

	zpci_lab_ok(&report, fill(), "the memory can be written byte by byte");
	for (len = 1; len <= 8; len++)
		zpci_lab_ok(&report, test_load(len), "PCILG of %u", len);
	for (len = 1; len <= 8; len++)
		zpci_lab_ok(&report, test_store(len), "PCISTG of %u", len);
	for (len = 16; len <= zdev->maxstbl && len < AREA; len += 8)
		ok &= test_block(len);
	zpci_lab_ok(&report, ok, "PCISTB of 16 to %u bytes", zdev->maxstbl);
}

static int ordinary_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int rc = pcim_enable_device(pdev);

	if (rc)
		return rc;
	if (pci_resource_len(pdev, CMB_BAR) < AREA)
		return -ENODEV;
	rc = zpci_lab_report_init(&report, "zpci_ordinary");
	if (rc)
		return rc;
	zdev = to_zpci(pdev);
	test_all();
	zpci_lab_report_publish(&report);
	return 0;
}

static void ordinary_remove(struct pci_dev *pdev)
{
	zpci_lab_report_exit(&report);
}

static const struct pci_device_id ordinary_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, CMB_DEVICE_ID) },
	{ }
};

/* Only one function: a second one would replace the results of the first */
static struct pci_driver ordinary_driver = {
	.name = KBUILD_MODNAME,
	.id_table = ordinary_ids,
	.probe = ordinary_probe,
	.remove = ordinary_remove,
};
module_pci_driver(ordinary_driver);

MODULE_DESCRIPTION("PCI instructions on an ordinary function");
MODULE_LICENSE("GPL");
