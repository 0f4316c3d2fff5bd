// SPDX-License-Identifier: GPL-2.0
/*
 * How each PCI instruction ends: the condition code and the status
 *
 * Invariant: a fault that is injected in an ISM is what the instruction ends with. If
 * a host carries out the instructions (mediated=1 of zpci_lab), it is what
 * Documentation/mediation.rst says.
 *
 * The instructions are issued here, as the kernel's functions hide the condition code.
 * While the module is loaded, the results are in debugfs, zpci_lab/zpci_results.
 */

#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <asm/asm-extable.h>
#include <asm/pci_insn.h>
#include <asm/pci_io.h>
#include <asm/types.h>

#include "zpci_lab.h"

#define BUSY_TIMES	5
#define STATUS_LAST	44
#define STATUS_LOST	40	/* function not available */
#define COST_CALLS	100
#define COST_RUNS	10

static u8 data[SZ_4K] __aligned(SZ_4K);
static struct zpci_lab_report report;

/* cc is -ENXIO for a program exception */
struct end {
	int cc;
	u8 status;
};

static struct end load(u64 req, u64 offset)
{
	union register_pair req_off = { .even = req, .odd = offset };
	struct end end = { .cc = -ENXIO };
	u64 val;

	asm volatile("	.insn	rre,0xb9d20000,%[val],%[req_off]\n"
		     "0:	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     "1:\n"
		     EX_TABLE(0b, 1b)
		     : [cc] "+d" (end.cc), [val] "=d" (val),
		       [req_off] "+&d" (req_off.pair)
		     :: "cc");
	end.status = req_off.even >> 24;
	return end;
}

static struct end store(u64 req, u64 offset)
{
	union register_pair req_off = { .even = req, .odd = offset };
	struct end end = { .cc = -ENXIO };

	asm volatile("	.insn	rre,0xb9d00000,%[val],%[req_off]\n"
		     "0:	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     "1:\n"
		     EX_TABLE(0b, 1b)
		     : [cc] "+d" (end.cc), [req_off] "+&d" (req_off.pair)
		     : [val] "d" (0UL)
		     : "cc");
	end.status = req_off.even >> 24;
	return end;
}

static struct end store_block(u64 req, u64 offset)
{
	struct end end = { .cc = -ENXIO };

	asm volatile("	.insn	rsy,0xeb00000000d0,%[req],%[offset],%[val]\n"
		     "0:	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     "1:\n"
		     EX_TABLE(0b, 1b)
		     : [cc] "+d" (end.cc), [req] "+d" (req)
		     : [offset] "d" (offset), [val] "Q" (*(u64 *)data)
		     : "cc");
	end.status = req >> 24;
	return end;
}

static const struct insn {
	const char *name;
	struct end (*issue)(u64 req, u64 offset);
} insns[] = {
	{ "PCILG", load }, { "PCISTG", store }, { "PCISTB", store_block },
};

static bool same(struct end a, struct end b)
{
	return a.cc == b.cc && (a.cc != ZPCI_CC_ERR || a.status == b.status);
}

/* What the host makes of @want; it repeats an instruction that finds it busy */
static struct end mediated(const struct insn *insn, struct end want)
{
	if (insn->issue == store)
		return (struct end){ -ENXIO };
	if (want.cc == ZPCI_CC_ERR || want.cc == ZPCI_CC_INVAL_HANDLE)
		return (struct end){ ZPCI_CC_ERR, STATUS_LOST };
	if (want.cc == ZPCI_CC_BUSY)
		return (struct end){ ZPCI_CC_OK };
	return want;
}

static struct end one(struct zpci_lab_fn *fn, const struct insn *insn,
		      u64 result)
{
	struct zpci_lab_area *area = insn->issue == load ? &fn->from : &fn->to;
	struct end end;

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
		 struct end want)
{
	struct end is = one(fn, insn, result);

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
	struct end want;
	bool ok = true;
	u8 status;

	for (status = 4; status <= STATUS_LAST; status += 4) {
		want = (struct end){ ZPCI_CC_ERR, status };
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
	struct end good = { ZPCI_CC_OK }, refused = { -ENXIO };

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
