// SPDX-License-Identifier: GPL-2.0
/*
 * Common code of the lab's test modules
 *
 * A driver for the emulated functions that have a control BAR (zpci-ram, ism
 * with lab=on). It provides an area to store to and one to load from for each
 * of them. For an ISM these are a buffer registered for the function itself,
 * and the command window without the header, which contains the doorbell.
 *
 * Nothing here uses the library or its arithmetic: what is counted, read back
 * or expected must be independent of the code under test. The instructions are
 * issued here, because the kernel's functions for that hide the condition code,
 * and a kernel with the library does not export them.
 */

#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/seq_buf.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <asm/asm-extable.h>
#include <asm/pci_clp.h>
#include <asm/pci_insn.h>
#include <asm/pci_io.h>
#include <asm/types.h>

#include "ism_protocol.h"
#include "zpci_lab.h"

#define LAB_TEXT_SIZE		SZ_64K
#define LAB_DEVICE_ID_RAM	0x7a52
#define LAB_DEVICE_ID_ISM	0x04ed

#define ISM_DMB_SIZE		SZ_64K
#define ISM_DMB_INDEX		32

LIST_HEAD(zpci_lab_fns);
EXPORT_SYMBOL_GPL(zpci_lab_fns);

static bool reset;
module_param(reset, bool, 0444);
MODULE_PARM_DESC(reset, "reset an ISM before use, with its memory mapped already");

bool zpci_lab_mediated;
EXPORT_SYMBOL_GPL(zpci_lab_mediated);
module_param_named(mediated, zpci_lab_mediated, bool, 0444);
MODULE_PARM_DESC(mediated, "a host carries out the instructions");

static struct dentry *zpci_lab_dir;

/* [from][to]: the fewest registers that cover these bytes of a doubleword */
static u8 zpci_lab_regs[9][9];

struct zpci_lab_end zpci_lab_pcilg(u64 *val, u64 req, u64 offset)
{
	union register_pair req_off = { .even = req, .odd = offset };
	struct zpci_lab_end end = { .cc = -ENXIO };
	u64 loaded;

	asm volatile("	.insn	rre,0xb9d20000,%[val],%[req_off]\n"
		     "0:	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     "1:\n"
		     EX_TABLE(0b, 1b)
		     : [cc] "+d" (end.cc), [val] "=d" (loaded),
		       [req_off] "+&d" (req_off.pair)
		     :: "cc");
	end.status = req_off.even >> 24;
	if (!end.cc)
		*val = loaded;
	return end;
}
EXPORT_SYMBOL_GPL(zpci_lab_pcilg);

struct zpci_lab_end zpci_lab_pcistg(u64 val, u64 req, u64 offset)
{
	union register_pair req_off = { .even = req, .odd = offset };
	struct zpci_lab_end end = { .cc = -ENXIO };

	asm volatile("	.insn	rre,0xb9d00000,%[val],%[req_off]\n"
		     "0:	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     "1:\n"
		     EX_TABLE(0b, 1b)
		     : [cc] "+d" (end.cc), [req_off] "+&d" (req_off.pair)
		     : [val] "d" (val)
		     : "cc", "memory");
	end.status = req_off.even >> 24;
	return end;
}
EXPORT_SYMBOL_GPL(zpci_lab_pcistg);

struct zpci_lab_end zpci_lab_pcistb(const void *src, u64 req, u64 offset)
{
	struct zpci_lab_end end = { .cc = -ENXIO };

	asm volatile("	.insn	rsy,0xeb00000000d0,%[req],%[offset],%[src]\n"
		     "0:	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     "1:\n"
		     EX_TABLE(0b, 1b)
		     : [cc] "+d" (end.cc), [req] "+d" (req)
		     : [offset] "d" (offset), [src] "Q" (*(const u64 *)src)
		     : "cc", "memory");
	end.status = req >> 24;
	return end;
}
EXPORT_SYMBOL_GPL(zpci_lab_pcistb);

static int lab_rc(struct zpci_lab_end end)
{
	return end.cc > 0 ? -EIO : end.cc;
}

static int lab_load(struct zpci_lab_fn *fn, u8 pcias, u64 offset, u64 *val)
{
	u64 req = ZPCI_CREATE_REQ(fn->zdev->fh, pcias, 8);
	struct zpci_lab_end end;

	do {
		end = zpci_lab_pcilg(val, req, offset);
	} while (end.cc == ZPCI_CC_BUSY);
	return lab_rc(end);
}

static int lab_store(struct zpci_lab_fn *fn, u8 pcias, u64 offset, u64 val)
{
	u64 req = ZPCI_CREATE_REQ(fn->zdev->fh, pcias, 8);
	struct zpci_lab_end end;

	do {
		end = zpci_lab_pcistg(val, req, offset);
	} while (end.cc == ZPCI_CC_BUSY);
	return lab_rc(end);
}

static int lab_store_block(struct zpci_lab_fn *fn, u8 pcias, u64 offset,
			   const void *src, u16 len)
{
	u64 req = ZPCI_CREATE_REQ(fn->zdev->fh, pcias, len);
	struct zpci_lab_end end;

	do {
		end = zpci_lab_pcistb(src, req, offset);
	} while (end.cc == ZPCI_CC_BUSY);
	return lab_rc(end);
}

/* On error, returns a value that no test expects */
u64 zpci_lab_get(struct zpci_lab_fn *fn, u64 reg)
{
	u64 val;

	return lab_load(fn, ZPCI_LAB_BAR, reg, &val) ? -1ULL : val;
}
EXPORT_SYMBOL_GPL(zpci_lab_get);

void zpci_lab_set(struct zpci_lab_fn *fn, u64 reg, u64 val)
{
	int rc;

	/* If an ISM is passed through, it accepts no PCISTG, not even here */
	if (fn->pdev->vendor == PCI_VENDOR_ID_IBM)
		rc = lab_store_block(fn, ZPCI_LAB_BAR, reg, &val, sizeof(val));
	else
		rc = lab_store(fn, ZPCI_LAB_BAR, reg, val);
	if (rc)
		pci_warn(fn->pdev, "no access to control register %llx\n", reg);
}
EXPORT_SYMBOL_GPL(zpci_lab_set);

void zpci_lab_count(struct zpci_lab_fn *fn, struct zpci_lab_count *count)
{
	count->load = zpci_lab_get(fn, ZPCI_LAB_COUNT_LOAD);
	count->store = zpci_lab_get(fn, ZPCI_LAB_COUNT_STORE);
	count->block = zpci_lab_get(fn, ZPCI_LAB_COUNT_BLOCK);
}
EXPORT_SYMBOL_GPL(zpci_lab_count);

struct zpci_lab_count zpci_lab_count_since(struct zpci_lab_fn *fn,
					   const struct zpci_lab_count *then)
{
	struct zpci_lab_count now;

	zpci_lab_count(fn, &now);
	return (struct zpci_lab_count){
		.load = now.load - then->load,
		.store = now.store - then->store,
		.block = now.block - then->block,
	};
}
EXPORT_SYMBOL_GPL(zpci_lab_count_since);

static int lab_read_by_load(struct zpci_lab_fn *fn,
			    const struct zpci_lab_area *area, u32 offset,
			    u8 *buf, u32 len)
{
	u8 bytes[8];
	u32 skip, n;
	u64 val;
	int rc;

	for (; len; offset += n, buf += n, len -= n) {
		skip = offset % 8;
		n = min(8 - skip, len);
		rc = lab_load(fn, area->pcias, area->base + offset - skip, &val);
		if (rc)
			return rc;
		put_unaligned_be64(val, bytes);
		memcpy(buf, bytes + skip, n);
	}
	return 0;
}

int zpci_lab_read(struct zpci_lab_fn *fn, const struct zpci_lab_area *area,
		  u32 offset, u8 *buf, u32 len)
{
	if (!area->mem)
		return lab_read_by_load(fn, area, offset, buf, len);
	memcpy(buf, area->mem + offset, len);
	return 0;
}
EXPORT_SYMBOL_GPL(zpci_lab_read);

/* @offset and @len must be multiples of 8, which is enough for the tests */
int zpci_lab_write(struct zpci_lab_fn *fn, const struct zpci_lab_area *area,
		   u32 offset, const u8 *buf, u32 len)
{
	int rc = 0;

	if (area->mem) {
		memcpy(area->mem + offset, buf, len);
		return 0;
	}
	for (; len && !rc; offset += 8, buf += 8, len -= 8)
		rc = fn->ism ?
		     lab_store_block(fn, area->pcias, area->base + offset, buf, 8) :
		     lab_store(fn, area->pcias, area->base + offset,
			       get_unaligned_be64(buf));
	return rc;
}
EXPORT_SYMBOL_GPL(zpci_lab_write);

/*
 * The fewest instructions
 *
 * No load or store by register crosses a doubleword, so a range is divided into
 * its doublewords, and zpci_lab_regs has the minimum for a part of one.
 */

static void lab_regs_of(unsigned int from, unsigned int to)
{
	unsigned int len, best = from == to ? 0 : 8;

	for (len = 1; len <= 8 && from + len <= to; len *= 2)
		if (from % len == 0)
			best = min(best, 1U + zpci_lab_regs[from + len][to]);
	zpci_lab_regs[from][to] = best;
}

static void lab_regs_init(void)
{
	int from, to;

	for (to = 0; to <= 8; to++)
		for (from = to; from >= 0; from--)
			lab_regs_of(from, to);
}

unsigned int zpci_lab_min_loads(u64 offset, size_t len)
{
	unsigned int from = offset % 8;

	if (from + len <= 8)
		return zpci_lab_regs[from][from + len];
	len -= 8 - from;
	return zpci_lab_regs[from][8] + len / 8 + zpci_lab_regs[0][len % 8];
}
EXPORT_SYMBOL_GPL(zpci_lab_min_loads);

/*
 * Within 4 KiB. A store by register takes one doubleword and a block takes two
 * or more, so any number of doublewords is split into pieces of up to @block;
 * the remainder is always a legal piece as well.
 */
static unsigned int lab_min_stores_4k(u64 offset, size_t len, size_t block)
{
	unsigned int from = offset % 8, n;

	if (from + len < 8)
		return zpci_lab_regs[from][from + len];
	n = from ? zpci_lab_regs[from][8] : 0;
	len -= from ? 8 - from : 0;
	return n + DIV_ROUND_UP(len / 8, block / 8) + zpci_lab_regs[0][len % 8];
}

/* @block_limit: limit for one PCISTB, in addition to maxstbl */
unsigned int zpci_lab_min_stores(const struct zpci_lab_fn *fn, u64 offset,
				 size_t len, size_t block_limit)
{
	size_t block = min_t(size_t, fn->zdev->maxstbl, block_limit);
	unsigned int n = 0;
	size_t part;

	for (; len; offset += part, len -= part) {
		part = min_t(size_t, len, SZ_4K - offset % SZ_4K);
		n += lab_min_stores_4k(offset, part, block);
	}
	return n;
}
EXPORT_SYMBOL_GPL(zpci_lab_min_stores);

/* Results */

int zpci_lab_report_init(struct zpci_lab_report *r, const char *name)
{
	char *text = kvmalloc(LAB_TEXT_SIZE, GFP_KERNEL);

	if (!text)
		return -ENOMEM;
	*r = (struct zpci_lab_report){ .name = name };
	seq_buf_init(&r->text, text, LAB_TEXT_SIZE);
	return 0;
}
EXPORT_SYMBOL_GPL(zpci_lab_report_init);

/* Call this after the test: the number of results comes first in KTAP */
void zpci_lab_report_publish(struct zpci_lab_report *r)
{
	bool lost = seq_buf_has_overflowed(&r->text);

	r->blob.data = kasprintf(GFP_KERNEL, "TAP version 13\n1..%u\n%s%s", r->n,
				 lost ? "not ok 0 all results fit\n" : "",
				 seq_buf_str(&r->text));
	if (!r->blob.data)
		return;
	r->blob.size = strlen(r->blob.data);
	r->file = debugfs_create_blob(r->name, 0444, zpci_lab_dir, &r->blob);
}
EXPORT_SYMBOL_GPL(zpci_lab_report_publish);

void zpci_lab_report_exit(struct zpci_lab_report *r)
{
	debugfs_remove(r->file);
	kfree(r->blob.data);
	kvfree(r->text.buffer);
}
EXPORT_SYMBOL_GPL(zpci_lab_report_exit);

void zpci_lab_note(struct zpci_lab_report *r, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	seq_buf_printf(&r->text, "# %pV\n", &vaf);
	va_end(args);
}
EXPORT_SYMBOL_GPL(zpci_lab_note);

void zpci_lab_ok(struct zpci_lab_report *r, bool ok, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	seq_buf_printf(&r->text, "%sok %u %pV\n", ok ? "" : "not ", ++r->n,
		       &vaf);
	va_end(args);
}
EXPORT_SYMBOL_GPL(zpci_lab_ok);

/* The functions */

static void lab_setup_ram(struct zpci_lab_fn *fn)
{
	fn->to = (struct zpci_lab_area){
		.size = pci_resource_len(fn->pdev, 0),
	};
	fn->from = fn->to;
	snprintf(fn->name, sizeof(fn->name), "strict %u", fn->zdev->maxstbl);
}

/* Body first, then the header, which rings the doorbell */
static int lab_ism_cmd(struct zpci_lab_fn *fn, u32 cmd, const u64 *body,
		       u16 len, u64 *answer)
{
	u64 header = (u64)cmd << 32 | (8 + len);
	int rc = 0;

	if (len)
		rc = lab_store_block(fn, ISM_BAR_COMMAND, 8, body, len);
	rc = rc ?: lab_store_block(fn, ISM_BAR_COMMAND, 0, &header, 8);
	rc = rc ?: lab_load(fn, ISM_BAR_COMMAND, 0, &header);
	if (!rc && header >> 16 & 0xffff)
		rc = -EPROTO;
	return rc ?: lab_load(fn, ISM_BAR_COMMAND, 8, answer);
}

static int lab_ism_register(struct zpci_lab_fn *fn, u64 *token)
{
	u64 dmb[4] = { fn->dmb_dma, (u64)ISM_DMB_SIZE << 32 | ISM_DMB_INDEX };
	u64 sba = fn->sba_dma, dummy;
	int rc;

	rc = lab_ism_cmd(fn, ISM_REG_SBA, &sba, sizeof(sba), &dummy);
	rc = rc ?: lab_ism_cmd(fn, ISM_READ_GID, NULL, 0, &dmb[3]);
	return rc ?: lab_ism_cmd(fn, ISM_REG_DMB, dmb, sizeof(dmb), token);
}

static int lab_ism_unregister(struct zpci_lab_fn *fn)
{
	u64 dummy;
	int rc;

	rc = lab_ism_cmd(fn, ISM_UNREG_DMB, &fn->to.base, 8, &dummy);
	return rc ?: lab_ism_cmd(fn, ISM_UNREG_SBA, NULL, 0, &dummy);
}

static int lab_setup_ism(struct zpci_lab_fn *fn)
{
	struct device *dev = &fn->pdev->dev;
	u64 token;
	int rc;

	fn->sba = dmam_alloc_coherent(dev, PAGE_SIZE, &fn->sba_dma, GFP_KERNEL);
	fn->dmb = dmam_alloc_coherent(dev, ISM_DMB_SIZE, &fn->dmb_dma,
				      GFP_KERNEL);
	if (!fn->sba || !fn->dmb)
		return -ENOMEM;
	rc = reset ? pci_reset_function_locked(fn->pdev) : 0;
	rc = rc ?: lab_ism_register(fn, &token);
	if (rc)
		return rc;
	fn->to = (struct zpci_lab_area){ .pcias = ISM_BAR_DATA, .base = token,
					 .size = ISM_DMB_SIZE, .mem = fn->dmb };
	fn->from = (struct zpci_lab_area){
		.pcias = ISM_BAR_COMMAND, .base = 8,
		.size = pci_resource_len(fn->pdev, ISM_BAR_COMMAND) - 8,
	};
	fn->ism = true;
	snprintf(fn->name, sizeof(fn->name), "ISM of type %u, maxstbl %u",
		 fn->zdev->pft, fn->zdev->maxstbl);
	return 0;
}

static int lab_setup(struct zpci_lab_fn *fn)
{
	if (!pci_resource_len(fn->pdev, ZPCI_LAB_BAR) ||
	    zpci_lab_get(fn, ZPCI_LAB_ID) != ZPCI_LAB_MAGIC)
		return -ENODEV;
	if (fn->pdev->vendor == PCI_VENDOR_ID_IBM)
		return lab_setup_ism(fn);
	lab_setup_ram(fn);
	return 0;
}

static int lab_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct zpci_lab_fn *fn;
	int rc;

	fn = devm_kzalloc(&pdev->dev, sizeof(*fn), GFP_KERNEL);
	if (!fn)
		return -ENOMEM;
	fn->pdev = pdev;
	fn->zdev = to_zpci(pdev);
	rc = pcim_enable_device(pdev);
	rc = rc ?: dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (rc)
		return rc;
	pci_set_master(pdev);
	rc = lab_setup(fn);
	if (rc) {
		pci_clear_master(pdev);
		return rc;
	}
	list_add_tail(&fn->list, &zpci_lab_fns);
	pci_set_drvdata(pdev, fn);
	return 0;
}

static void lab_remove(struct pci_dev *pdev)
{
	struct zpci_lab_fn *fn = pci_get_drvdata(pdev);

	list_del(&fn->list);
	if (fn->ism && lab_ism_unregister(fn))
		pci_warn(pdev, "the buffer cannot be unregistered\n");
	pci_clear_master(pdev);
}

static const struct pci_device_id lab_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, LAB_DEVICE_ID_RAM) },
	{ PCI_DEVICE(PCI_VENDOR_ID_IBM, LAB_DEVICE_ID_ISM) },
	{ }
};

static struct pci_driver lab_driver = {
	.name = "zpci_lab",
	.id_table = lab_ids,
	.probe = lab_probe,
	.remove = lab_remove,
};

/* A function that fails to probe would not be tested */
void zpci_lab_all_bound(struct zpci_lab_report *r)
{
	struct pci_dev *pdev = NULL;
	unsigned int n = 0, bound = 0;

	for_each_pci_dev(pdev) {
		if (!pci_match_id(lab_ids, pdev))
			continue;
		n++;
		bound += pci_dev_driver(pdev) == &lab_driver;
	}
	if (n)
		zpci_lab_ok(r, n == bound, "%u of %u functions are bound",
			    bound, n);
	else
		zpci_lab_ok(r, true, "functions # SKIP the lab has none");
}
EXPORT_SYMBOL_GPL(zpci_lab_all_bound);

static int __init lab_init(void)
{
	int rc;

	lab_regs_init();
	zpci_lab_dir = debugfs_create_dir("zpci_lab", NULL);
	rc = pci_register_driver(&lab_driver);
	if (rc)
		debugfs_remove(zpci_lab_dir);
	return rc;
}
module_init(lab_init);

static void __exit lab_exit(void)
{
	pci_unregister_driver(&lab_driver);
	debugfs_remove(zpci_lab_dir);
}
module_exit(lab_exit);

MODULE_DESCRIPTION("Test functions of the zPCI lab");
MODULE_LICENSE("GPL");
