// SPDX-License-Identifier: GPL-2.0
/*
 * How each PCI instruction ends: the condition code and the status
 *
 * Invariant: a fault that is injected in an ISM is what the instruction ends with. If
 * a host carries out the instructions (mediated=1 of zpci_lab), it is what
 * Documentation/mediation.rst says.
 *
 * While the module is loaded, the results are in debugfs, zpci_lab/zpci_results.
 */

#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <asm/pci_insn.h>
#include <asm/pci_io.h>

#include "zpci_lab.h"

#define BUSY_TIMES	5
#define STATUS_LAST	44
#define STATUS_LOST	40	/* function not available */
#define COST_CALLS	100
#define COST_RUNS	10

static u8 data[SZ_4K] __aligned(SZ_4K);
static struct zpci_lab_report report;

static struct zpci_lab_end load(u64 req, u64 offset)
{
	u64 val;

	return zpci_lab_pcilg(&val, req, offset);
}

static struct zpci_lab_end store(u64 req, u64 offset)
{
	return zpci_lab_pcistg(0, req, offset);
}

static struct zpci_lab_end store_block(u64 req, u64 offset)
{
	return zpci_lab_pcistb(data, req, offset);
}

static const struct insn {
	const char *name;
	struct zpci_lab_end (*issue)(u64 req, u64 offset);
} insns[] = {
	{ "PCILG", load }, { "PCISTG", store }, { "PCISTB", store_block },
};

static bool same(struct zpci_lab_end a, struct zpci_lab_end b)
{
	return a.cc == b.cc && (a.cc != ZPCI_CC_ERR || a.status == b.status);
}

/* What the host makes of @want; it repeats an instruction that finds it busy */
static struct zpci_lab_end mediated(const struct insn *insn,
				    struct zpci_lab_end want)
{
	if (insn->issue == store)
		return (struct zpci_lab_end){ -ENXIO };
	if (want.cc == ZPCI_CC_ERR || want.cc == ZPCI_CC_INVAL_HANDLE)
		return (struct zpci_lab_end){ ZPCI_CC_ERR, STATUS_LOST };
	if (want.cc == ZPCI_CC_BUSY)
		return (struct zpci_lab_end){ ZPCI_CC_OK };
	return want;
}

static struct zpci_lab_end one(struct zpci_lab_fn *fn, const struct insn *insn,
			       u64 result)
{
	struct zpci_lab_area *area = insn->issue == load ? &fn->from : &fn->to;
	struct zpci_lab_end end;

	zpci_lab_set(fn, ZPCI_LAB_FAULT_KINDS, 0);
	zpci_lab_set(fn, ZPCI_LAB_FAULT_RESULT, result);
	zpci_lab_set(fn, ZPCI_LAB_FAULT_TIMES, BUSY_TIMES);
	zpci_lab_set(fn, ZPCI_LAB_FAULT_AFTER, 1);
	end = insn->issue(ZPCI_CREATE_REQ(fn->zdev->fh, area->pcias, 8),
			  area->base);
	zpci_lab_set(fn, ZPCI_LAB_FAULT_AFTER, 0);
	return end;
}

static bool test(struct zpci_lab_fn *fn, const struct insn *insn, u64 result,
		 struct zpci_lab_end want)
{
	struct zpci_lab_end is = one(fn, insn, result);

	if (zpci_lab_mediated)
		want = mediated(insn, want);
	if (same(is, want))
		return true;
	zpci_lab_note(&report, "%s that ends with %#llx: cc %d status %d, expected cc %d status %d",
		      insn->name, result, is.cc, is.status, want.cc,
		      want.status);
	return false;
}

static void test_insn(struct zpci_lab_fn *fn, const struct insn *insn)
{
	struct zpci_lab_end want;
	bool ok = true;
	u8 status;

	for (status = 4; status <= STATUS_LAST; status += 4) {
		want = (struct zpci_lab_end){ ZPCI_CC_ERR, status };
		ok &= test(fn, insn, ZPCI_LAB_RESULT(ZPCI_CC_ERR, status), want);
	}
	zpci_lab_ok(&report, ok, "%s: condition code 1", insn->name);
	want.cc = ZPCI_CC_BUSY;
	zpci_lab_ok(&report, test(fn, insn, ZPCI_CC_BUSY, want), "%s: busy",
		    insn->name);
	want.cc = ZPCI_CC_INVAL_HANDLE;
	zpci_lab_ok(&report, test(fn, insn, ZPCI_CC_INVAL_HANDLE, want),
		    "%s: condition code 3", insn->name);
	want.cc = -ENXIO;
	ok = test(fn, insn, ZPCI_LAB_RESULT_PGM(ZPCI_LAB_PGM_OPERAND), want);
	ok &= test(fn, insn, ZPCI_LAB_RESULT_PGM(ZPCI_LAB_PGM_SPECIFICATION),
		   want);
	zpci_lab_ok(&report, ok, "%s: program exceptions", insn->name);
}

/* An ISM has no PCISTG, so there a fault is the only way to end otherwise */
static void test_good(struct zpci_lab_fn *fn)
{
	struct zpci_lab_end good = { ZPCI_CC_OK }, refused = { -ENXIO };

	zpci_lab_ok(&report, test(fn, &insns[0], 0, good) &&
		    test(fn, &insns[1], 0, refused) &&
		    test(fn, &insns[2], 0, good), "without a fault");
}

/*
 * What a PCISTB costs the machine that carries it out for a guest. The clock of a guest
 * in the guest goes on while that machine works. With -icount there, it counts its
 * instructions.
 */
static u64 cost(struct zpci_lab_fn *fn, unsigned int len, unsigned int calls)
{
	u64 req = ZPCI_CREATE_REQ(fn->zdev->fh, fn->to.pcias, len);
	u64 least = U64_MAX, then;
	unsigned int i, j;

	for (i = 0; i < COST_RUNS; i++) {
		then = ktime_get_ns();
		for (j = 0; j < calls; j++)
			__zpci_store_block((u64 *)data, req, fn->to.base);
		least = min(least, ktime_get_ns() - then);
	}
	return least;
}

static void show_cost(struct zpci_lab_fn *fn, unsigned int len)
{
	u64 all = cost(fn, len, COST_CALLS) - cost(fn, len, 0);

	zpci_lab_note(&report, "PCISTB of %u bytes: %llu ns", len,
		      div_u64(all, COST_CALLS));
}

static void test_all(void)
{
	struct zpci_lab_fn *fn;
	int i;

	zpci_lab_all_bound(&report);
	zpci_lab_for_each(fn) {
		if (!fn->ism)
			continue;
		test_good(fn);
		for (i = 0; i < ARRAY_SIZE(insns); i++)
			test_insn(fn, &insns[i]);
		show_cost(fn, 8);
		show_cost(fn, SZ_4K);
	}
}

static int __init results_init(void)
{
	int rc = zpci_lab_report_init(&report, "zpci_results");

	if (!rc) {
		test_all();
		zpci_lab_report_publish(&report);
	}
	return rc;
}
module_init(results_init);

static void __exit results_exit(void)
{
	zpci_lab_report_exit(&report);
}
module_exit(results_exit);

MODULE_DESCRIPTION("How PCI instructions end");
MODULE_LICENSE("GPL");
