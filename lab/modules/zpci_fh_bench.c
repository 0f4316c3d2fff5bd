// SPDX-License-Identifier: GPL-2.0
/*
 * The cost of copies: the library compared with the kernel's own helpers
 *
 * Costs are counted, not timed. The device counts PCI instructions. Guest
 * instructions are counted by a clock that QEMU's -icount advances by 1 ns for
 * each. (A PCI instruction counts as one there, although it takes about a
 * microsecond on a machine.) The clock is checked first; if it does not work,
 * the table has a dash instead of the count.
 *
 * Invariant: a copy by the library needs the minimum of legal PCI instructions,
 * and never more than the kernel's helper, if that works at all; it moves the
 * same bytes. If you make the planner use shorter blocks, the rows differ from
 * the minimum.
 *
 * While the module is loaded, the table is in debugfs, zpci_lab/zpci_fh_bench.
 */

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#include <linux/vmalloc.h>
#include <asm/pci_fh.h>
#include <asm/pci_insn.h>
#include <asm/pci_io.h>

#include "pci_plan.h"
#include "zpci_lab.h"

#define BENCH_MAX	SZ_64K
#define BENCH_BUF	(BENCH_MAX + PAGE_SIZE)
#define BENCH_LOAD	SZ_4K
#define BENCH_CALLS	16
#define BENCH_TARGET	20	/* guest instructions per doubleword */

static struct zpci_lab_report report;
static bool clock_ok;
static u8 *mem, *back;

struct bench_case {
	struct zpci_lab_fn *fn;
	void __iomem *io;
	u8 *mem;
	size_t len;
};

struct bench_cost {
	int rc;
	unsigned int pci;
	s64 insns;
};

typedef int (*bench_op)(const struct bench_case *c);

/* The operations to compare */

static noinline int bench_nothing(const struct bench_case *c)
{
	return 0;
}

static noinline int bench_fh_to(const struct bench_case *c)
{
	size_t done;

	return zpci_fh_memcpy_toio(c->fn->zdev, 0, 0, c->mem, c->len, &done);
}

static noinline int bench_fh_from(const struct bench_case *c)
{
	size_t done;

	return zpci_fh_memcpy_fromio(c->fn->zdev, 0, 0, c->mem, c->len, &done);
}

static noinline int bench_kernel_to(const struct bench_case *c)
{
	return zpci_memcpy_toio(c->io, c->mem, c->len);
}

static noinline int bench_kernel_from(const struct bench_case *c)
{
	return zpci_memcpy_fromio(c->mem, c->io, c->len);
}

/* The cost of a separate load call for each doubleword */
static noinline int bench_load_loop(const struct bench_case *c)
{
	u64 offset, val;
	int rc = 0;

	for (offset = 0; !rc && offset < c->len; offset += 8) {
		rc = __zpci_load(&val, ZPCI_CREATE_REQ(c->fn->zdev->fh, 0, 8),
				 offset);
		if (!rc)
			put_unaligned_be64(val, c->mem + offset);
	}
	return rc;
}

/* Counting */

static u64 bench_clock(bench_op op, const struct bench_case *c, int *rc)
{
	unsigned long flags;
	u64 then, now;
	int i;

	local_irq_save(flags);
	then = ktime_get_ns();
	for (i = 0; i < BENCH_CALLS; i++)
		*rc = op(c);
	now = ktime_get_ns();
	local_irq_restore(flags);
	return now - then;
}

static s64 bench_least(bench_op op, const struct bench_case *c)
{
	s64 least = S64_MAX;
	int i, rc;

	for (i = 0; i < 5; i++)
		least = min_t(s64, least, bench_clock(op, c, &rc));
	return least;
}

/* The clock is off by an instruction or two before and after the calls */
static s64 bench_insns(bench_op op, const struct bench_case *c)
{
	s64 all = bench_least(op, c) - bench_least(bench_nothing, c);

	return div_s64(all + BENCH_CALLS / 2, BENCH_CALLS);
}

static struct bench_cost bench(bench_op op, const struct bench_case *c)
{
	struct zpci_lab_count then, n;
	struct bench_cost cost;

	zpci_lab_count(c->fn, &then);
	cost.rc = op(c);
	n = zpci_lab_count_since(c->fn, &then);
	cost.pci = n.load + n.store + n.block;
	cost.insns = bench_insns(op, c);
	return cost;
}

/* Exactly a thousand instructions, plus a few around them */
static noinline int bench_thousand(const struct bench_case *c)
{
	unsigned long n = 1000;

	asm volatile("0:	brctg	%[n],0b\n" : [n] "+d" (n));
	return 0;
}

static void bench_check_clock(void)
{
	s64 insns;

	insns = bench_insns(bench_thousand, NULL);
	clock_ok = insns >= 1000 && insns <= 1004;
	if (clock_ok)
		zpci_lab_ok(&report, true, "the clock counts instructions");
	else
		zpci_lab_ok(&report, true,
			    "the clock counts instructions # SKIP needs -icount shift=0,sleep=off and one CPU: 1000 are %lld",
			    insns);
}

/* The table */

static const struct shape {
	const char *name;
	const char *id;
	unsigned int misalign;
	unsigned int more;
} shapes[] = {
	{ "aligned", "aligned", 0, 0 },
	{ "misaligned memory", "misaligned", 1, 0 },
	{ "odd length", "odd", 0, 7 },
};

struct bench_text {
	char s[24];
};

static void bench_ratio(struct bench_text *t, s64 a, s64 b)
{
	u32 tenths = b > 0 ? DIV_ROUND_CLOSEST(10 * a, b) : 0;

	snprintf(t->s, sizeof(t->s), "%u.%u", tenths / 10, tenths % 10);
}

static void bench_number(struct bench_text *t, s64 n, bool known)
{
	if (known)
		snprintf(t->s, sizeof(t->s), "%lld", n);
	else
		strscpy(t->s, "-");
}

static void bench_row(const struct bench_case *c, const char *way,
		      const struct shape *shape, unsigned int min,
		      const struct bench_cost *fh, const struct bench_cost *k)
{
	struct bench_text fi, kp, ki, rp, ri;
	bool works = !k->rc;

	bench_number(&fi, fh->insns, clock_ok);
	bench_number(&kp, k->pci, works);
	bench_number(&ki, k->insns, works && clock_ok);
	bench_ratio(&rp, k->pci, fh->pci);
	bench_ratio(&ri, k->insns, fh->insns);
	zpci_lab_note(&report,
		      "%-4s %-17s %6zu %8u %8u %8s %8s %8s %6s %6s", way,
		      shape->name, c->len, min, fh->pci, fi.s,
		      works ? kp.s : "fails", ki.s, works ? rp.s : "-",
		      works && clock_ok ? ri.s : "-");
}

static unsigned int bench_min(const struct bench_case *c, bool to)
{
	size_t limit = (unsigned long)c->mem % 8 ? ZPCI_STAGE_SIZE : SZ_4K;

	return to ? zpci_lab_min_stores(c->fn, 0, c->len, limit) :
		    zpci_lab_min_loads(0, c->len);
}

static bool bench_same(const struct bench_case *c)
{
	return !zpci_lab_read(c->fn, &c->fn->to, 0, back, c->len) &&
	       !memcmp(back, c->mem, c->len);
}

/* One row; false if the library needs too many instructions */
static bool bench_compare(struct bench_case *c, bool to,
			  const struct shape *shape, size_t len)
{
	struct bench_cost fh, kernel;
	unsigned int min;
	bool same;

	c->mem = mem + shape->misalign;
	c->len = len + shape->more;
	min = bench_min(c, to);
	get_random_bytes(mem, BENCH_BUF);
	kernel = bench(to ? bench_kernel_to : bench_kernel_from, c);
	get_random_bytes(mem, BENCH_BUF);
	fh = bench(to ? bench_fh_to : bench_fh_from, c);
	same = bench_same(c);
	bench_row(c, to ? "to" : "from", shape, min, &fh, &kernel);
	return !fh.rc && same && fh.pci == min &&
	       (kernel.rc || fh.pci <= kernel.pci);
}

static void bench_table(struct zpci_lab_fn *fn, void __iomem *io)
{
	struct bench_case c = { .fn = fn, .io = io };
	bool ok = true;
	size_t len;
	int i, to;

	zpci_lab_note(&report, "maxstbl %-4u %48s %17s %13s", fn->zdev->maxstbl,
		      "zpci_fh_memcpy", "zpci_memcpy", "ratio");
	zpci_lab_note(&report, "%-4s %-17s %6s %8s %8s %8s %8s %8s %6s %6s",
		      "way", "memory", "bytes", "minimum", "PCI", "insns",
		      "PCI", "insns", "PCI", "insns");
	for (to = 1; to >= 0; to--)
		for (i = 0; i < ARRAY_SIZE(shapes); i++)
			for (len = 8; len <= BENCH_MAX; len *= 2)
				ok &= bench_compare(&c, to, &shapes[i], len);
	zpci_lab_ok(&report, ok,
		    "%s: the minimum, never more than the kernel's helper",
		    fn->name);
}

/* The cost per doubleword of a 4 KiB load */
static void bench_loads(struct zpci_lab_fn *fn)
{
	static const struct {
		const char *name;
		bench_op op;
	} ways[] = {
		{ "zpci_fh_memcpy_fromio()", bench_fh_from },
		{ "__zpci_load() in a loop", bench_load_loop },
	};
	struct bench_case c = { .fn = fn, .mem = mem, .len = BENCH_LOAD };
	struct bench_cost cost;
	bool ok = true;
	struct bench_text each;
	int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		memset(mem, 0, BENCH_LOAD);
		cost = bench(ways[i].op, &c);
		ok &= !cost.rc && cost.pci == BENCH_LOAD / 8 && bench_same(&c);
		bench_ratio(&each, cost.insns, BENCH_LOAD / 8);
		zpci_lab_note(&report,
			      "4 KiB load: %s guest instructions per doubleword (target %u) by %s",
			      clock_ok ? each.s : "-", BENCH_TARGET, ways[i].name);
	}
	zpci_lab_ok(&report, ok, "%s: all ways to load give the same bytes", fn->name);
}

/* Some of the rows, in the form that lab/checks/costs.sh compares */
static void bench_costs(struct zpci_lab_fn *fn)
{
	static const size_t lens[] = { 8, SZ_4K };
	struct bench_case c = { .fn = fn };
	struct bench_cost cost;
	int to, i, j;

	if (!clock_ok)
		return;
	for (to = 1; to >= 0; to--) {
		for (i = 0; i < ARRAY_SIZE(shapes); i++) {
			for (j = 0; j < ARRAY_SIZE(lens); j++) {
				c.mem = mem + shapes[i].misalign;
				c.len = lens[j] + shapes[i].more;
				cost = bench(to ? bench_fh_to : bench_fh_from, &c);
				zpci_lab_note(&report,
					      "cost library %u:%s:%s:%zu %lld %u",
					      fn->zdev->maxstbl,
					      to ? "to" : "from", shapes[i].id,
					      c.len, cost.insns, cost.pci);
			}
		}
	}
}

static void bench_fn(struct zpci_lab_fn *fn)
{
	void __iomem *io = pci_iomap(fn->pdev, 0, 0);

	if (!io) {
		zpci_lab_ok(&report, false, "%s: BAR 0 is mapped", fn->name);
		return;
	}
	bench_table(fn, io);
	bench_loads(fn);
	bench_costs(fn);
	pci_iounmap(fn->pdev, io);
}

static void bench_all(void)
{
	struct zpci_lab_fn *fn;

	bench_check_clock();
	zpci_lab_all_bound(&report);
	zpci_lab_for_each(fn)
		if (!fn->ism && fn->to.size >= BENCH_BUF)
			bench_fn(fn);
}

static int __init bench_init(void)
{
	int rc = -ENOMEM;

	mem = vzalloc(BENCH_BUF);
	back = vzalloc(BENCH_BUF);
	if (mem && back)
		rc = zpci_lab_report_init(&report, "zpci_fh_bench");
	if (!rc) {
		bench_all();
		zpci_lab_report_publish(&report);
	}
	vfree(mem);
	vfree(back);
	return rc;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	zpci_lab_report_exit(&report);
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Cost of copies to and from PCI functions");
MODULE_LICENSE("GPL");
