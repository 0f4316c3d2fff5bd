// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own copies: memcpy_toio(), memcpy_fromio() and memset_io()
 *
 * Invariant: a copy of any offset, alignment and length moves its bytes, on a
 * machine that enforces the rules of the instructions. It holds only if the
 * kernel derives the 4 KiB boundary and the alignment from the I/O address;
 * otherwise copies fail with -ENXIO.
 *
 * With fewest=1, the copies must also take the fewest instructions, as they do if
 * the kernel has the library. The notes have the counts in any case, and the time
 * of a copy, which is the number of guest instructions if QEMU's clock counts them
 * (-icount).
 *
 * While the module is loaded, the results are in debugfs, zpci_lab/zpci_memcpy.
 */

#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
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

#define COPIES		2000	/* each kind and function */
#define MAX_COPY	9000
#define STAGE		256	/* the longest block if the source is misaligned */

static bool fewest;
module_param(fewest, bool, 0444);
MODULE_PARM_DESC(fewest, "copies must take the fewest instructions");

static struct zpci_lab_report report;
static struct rnd_state rnd;
static u8 *mem, *back;

struct copy {
	u8 __iomem *io;
	u32 offset;
	u32 len;
	u8 *mem;
	u8 value;
};

/* A way to copy, and which copies */
struct way {
	const char *name;
	int (*call)(const struct copy *c);
	bool loads;
	bool fills;
	u32 len;	/* at offset 0; 0 for random copies */
	u32 misalign;	/* the memory, if the length is given */
};

static int call_to(const struct copy *c)
{
	return zpci_memcpy_toio(c->io + c->offset, c->mem, c->len);
}

static int call_from(const struct copy *c)
{
	return zpci_memcpy_fromio(c->mem, c->io + c->offset, c->len);
}

static int call_set(const struct copy *c)
{
	return zpci_memset_io(c->io + c->offset, c->value, c->len);
}

static const struct way ways[] = {
	{ "random, to the function", call_to },
	{ "random, from the function", call_from, .loads = true },
	{ "random, filled", call_set, .fills = true },
	{ "8 bytes, to the function", call_to, .len = 8 },
	{ "8 bytes, from the function", call_from, .loads = true, .len = 8 },
	{ "64 bytes, to the function", call_to, .len = 64 },
	{ "4 KiB, to the function", call_to, .len = SZ_4K },
	{ "4 KiB, misaligned, to the function", call_to, .len = SZ_4K,
	  .misalign = 1 },
	{ "4 KiB, from the function", call_from, .loads = true, .len = SZ_4K },
	{ "4 KiB, filled", call_set, .fills = true, .len = SZ_4K },
};

struct sum {
	unsigned int copies;
	unsigned int refused;
	unsigned int wrong;
	u64 insns;	/* of copies that worked */
	u64 min;
};

static struct copy choose(struct zpci_lab_fn *fn, const struct way *way,
			  u8 __iomem *io)
{
	struct copy c = { .io = io, .len = way->len, .mem = mem + way->misalign };

	if (c.len)
		return c;
	c.len = 1 + prandom_u32_state(&rnd) % MAX_COPY;
	c.offset = prandom_u32_state(&rnd) % (fn->to.size - c.len);
	c.mem = mem + prandom_u32_state(&rnd) % PAGE_SIZE;
	c.value = prandom_u32_state(&rnd);
	return c;
}

static unsigned int minimum(struct zpci_lab_fn *fn, const struct way *way,
			    const struct copy *c)
{
	bool staged = way->fills || ((unsigned long)c->mem - c->offset) % 8;

	if (way->loads)
		return zpci_lab_min_loads(c->offset, c->len);
	return zpci_lab_min_stores(fn, c->offset, c->len, staged ? STAGE : SZ_4K);
}

/* Returns the result of the copy, or -EIO if it moved wrong bytes */
static int copy(struct zpci_lab_fn *fn, const struct way *way,
		const struct copy *c, unsigned int *insns)
{
	struct zpci_lab_count count;
	int rc;

	prandom_bytes_state(&rnd, mem, MAX_COPY + PAGE_SIZE);
	zpci_lab_count(fn, &count);
	rc = way->call(c);
	count = zpci_lab_count_since(fn, &count);
	*insns = count.load + count.store + count.block;
	rc = rc ?: zpci_lab_read(fn, &fn->to, c->offset, back, c->len);
	if (rc)
		return rc;
	if (way->fills)
		return memchr_inv(back, c->value, c->len) ? -EIO : 0;
	return memcmp(c->mem, back, c->len) ? -EIO : 0;
}

static void add(struct zpci_lab_fn *fn, const struct way *way,
		const struct copy *c, struct sum *sum)
{
	unsigned int insns;

	sum->copies++;
	switch (copy(fn, way, c, &insns)) {
	case 0:
		sum->insns += insns;
		sum->min += minimum(fn, way, c);
		break;
	case -ENXIO:
		sum->refused++;
		break;
	default:
		sum->wrong++;
	}
}

/* The least of several, without that of reading the clock */
static u64 time(const struct way *way, const struct copy *c)
{
	u64 least = U64_MAX, then, none, now;
	unsigned long flags;
	int i;

	for (i = 0; i < 5; i++) {
		local_irq_save(flags);
		then = ktime_get_ns();
		none = ktime_get_ns();
		way->call(c);
		now = ktime_get_ns();
		local_irq_restore(flags);
		least = min(least, now - none - (none - then));
	}
	return least;
}

static void test(struct zpci_lab_fn *fn, u8 __iomem *io, const struct way *way)
{
	unsigned int n = way->len ? 1 : COPIES;
	struct sum sum = {};
	struct copy c;

	prandom_seed_state(&rnd, 1);
	while (n--) {
		c = choose(fn, way, io);
		add(fn, way, &c, &sum);
	}
	zpci_lab_ok(&report, !sum.refused && !sum.wrong,
		    "%s: %s: of %u copies, %u end with an exception, %u otherwise",
		    fn->name, way->name, sum.copies, sum.refused, sum.wrong);
	if (fewest)
		zpci_lab_ok(&report, sum.insns == sum.min && sum.min,
			    "%s: %s: %llu instructions, the fewest are %llu",
			    fn->name, way->name, sum.insns, sum.min);
	else
		zpci_lab_note(&report, "%s: %s: %llu instructions, the fewest are %llu",
			      fn->name, way->name, sum.insns, sum.min);
	if (way->len)
		zpci_lab_note(&report, "%s: %s: %llu ns", fn->name, way->name,
			      time(way, &c));
}

static void test_function(struct zpci_lab_fn *fn)
{
	u8 __iomem *io;
	int i;

	if (fn->ism)	/* does not accept MMIO */
		return;
	io = pci_iomap(fn->pdev, fn->to.pcias, 0);
	zpci_lab_ok(&report, io, "%s is mapped", fn->name);
	if (!io)
		return;
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		test(fn, io + fn->to.base, &ways[i]);
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
