// SPDX-License-Identifier: GPL-2.0
/*
 * The library with real instructions
 *
 * Invariant: for any offset, length and alignment, a copy moves exactly these
 * bytes, changes no bytes around them on either side, and takes the fewest PCI
 * instructions that the rules allow. An ISM gets each block as one PCISTB,
 * whatever CLP reports about the function. The bytes are compared without using
 * the library, the device counts the instructions, and zpci_lab.c computes the
 * minimum independently. The copies come from a seeded generator, so a failure
 * can be reproduced: load the module with the seed that it printed.
 *
 * Faults are injected in the device: for every k, the k-th instruction of a
 * copy ends as busy, with an error, with an unknown handle or with a program
 * exception. The result on both sides must then be as documented by the
 * library.
 *
 * Sources and destinations end at most 7 bytes before a page that is not
 * mapped, so that an access beyond the end causes an oops.
 *
 * While the module is loaded, the results are in debugfs, zpci_lab/zpci_fh_lab.
 */

#include <linux/align.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/pci_fh.h>
#include <asm/pci_insn.h>

#include "pci_plan.h"
#include "zpci_lab.h"

static u64 seed;
module_param(seed, ullong, 0444);
MODULE_PARM_DESC(seed, "of the generator; 0: a random one");

static unsigned int copies = 100000;
module_param(copies, uint, 0444);
MODULE_PARM_DESC(copies, "each way, all functions together");

#define MAX_COPY	9000
#define AROUND		16	/* bytes on either side that are compared */
#define BUF_SIZE	(3 * PAGE_SIZE)
#define PATTERN		0xa5

static struct zpci_lab_report report;
static struct rnd_state rnd;
static u8 *buf;			/* the CPU's side of a copy */
static u8 *back;		/* what was read back */
static u8 *shadow;		/* expected contents of the function's memory */
static u8 *pool;		/* random bytes, twice the maximum of a copy */

struct copy {
	u32 offset;		/* in the area */
	u32 len;
	u8 *mem;		/* in buf */
};

static u32 lab_random(u32 below)
{
	return prandom_u32_state(&rnd) % below;
}

static u32 lab_random_len(u32 size)
{
	u32 what = lab_random(10);
	u32 max = what < 6 ? 64 : what < 9 ? 600 : MAX_COPY;

	return 1 + lab_random(min(max, size));
}

/* Half of them at a 4 KiB boundary, where special rules apply */
static u32 lab_random_offset(const struct zpci_lab_area *area, u32 len)
{
	u32 range = area->size - len + 1;
	u32 boundary = SZ_4K * (1 + lab_random(DIV_ROUND_UP(area->size, SZ_4K)));
	u32 before = lab_random(len + 16) + area->base % SZ_4K;

	if (lab_random(2) && before <= boundary && boundary - before < range)
		return boundary - before;
	return lab_random(range);
}

static struct copy lab_random_copy(const struct zpci_lab_area *area)
{
	struct copy c;

	c.len = lab_random_len(area->size);
	c.offset = lab_random_offset(area, c.len);
	c.mem = buf + BUF_SIZE - lab_random(8) - c.len;
	return c;
}

static bool lab_report_copy(struct zpci_lab_fn *fn, const char *what,
			    const struct copy *c, const char *why, long is,
			    long expected)
{
	zpci_lab_note(&report,
		      "%s %s offset %#x length %u memory %%8 = %lu: %s is %ld, expected %ld",
		      fn->name, what, c->offset, c->len,
		      (unsigned long)c->mem % 8, why, is, expected);
	return false;
}

/* Check the function's memory against shadow; if wrong, add a note */
static bool lab_expect_shadow(struct zpci_lab_fn *fn, const char *what,
			      const struct copy *c)
{
	u32 from = c->offset - min(c->offset, AROUND);
	u32 to = min(fn->to.size, c->offset + c->len + AROUND), i;
	int rc;

	rc = zpci_lab_read(fn, &fn->to, from, back, to - from);
	if (rc)
		return lab_report_copy(fn, what, c, "reading back", rc, 0);
	if (!memcmp(back, shadow + from, to - from))
		return true;
	for (i = 0; back[i] == shadow[from + i]; i++)
		;
	lab_report_copy(fn, what, c, "first different offset", from + i, -1);
	return lab_report_copy(fn, what, c, "byte there", back[i],
			       shadow[from + i]);
}

static bool lab_expect_count(struct zpci_lab_fn *fn, const char *what,
			     const struct copy *c,
			     const struct zpci_lab_count *then, long loads,
			     long stores)
{
	struct zpci_lab_count n = zpci_lab_count_since(fn, then);

	if (n.load != loads)
		return lab_report_copy(fn, what, c, "number of PCILG", n.load,
				       loads);
	if (n.store + n.block != stores)
		return lab_report_copy(fn, what, c, "number of stores",
				       n.store + n.block, stores);
	return true;
}

/* The most that one PCISTB can carry with this source alignment */
static size_t lab_block_limit(struct zpci_lab_fn *fn, const struct copy *c)
{
	u64 offset = fn->to.base + c->offset;

	if (IS_ALIGNED((unsigned long)c->mem - offset, 8))
		return SZ_4K;
	return ZPCI_STAGE_SIZE;
}

static unsigned int lab_min_stores(struct zpci_lab_fn *fn, const struct copy *c)
{
	return zpci_lab_min_stores(fn, fn->to.base + c->offset, c->len,
				   lab_block_limit(fn, c));
}

static void lab_fill(u8 *to, u32 len)
{
	memcpy(to, pool + lab_random(MAX_COPY), len);
}

/* To an ISM: any length and alignment, in one PCISTB */
static bool lab_block_to(struct zpci_lab_fn *fn)
{
	struct copy c = lab_random_copy(&fn->to);
	struct zpci_lab_count then;
	int rc;

	c.len = min_t(u32, c.len, SZ_4K - c.offset % SZ_4K);
	lab_fill(c.mem, c.len);
	memcpy(shadow + c.offset, c.mem, c.len);
	zpci_lab_count(fn, &then);
	rc = zpci_fh_store_block(fn->zdev, fn->to.pcias,
				 fn->to.base + c.offset, c.mem, c.len);
	if (rc)
		return lab_report_copy(fn, "block", &c, "result", rc, 0);
	return lab_expect_count(fn, "block", &c, &then, 0, 1) &&
	       lab_expect_shadow(fn, "block", &c);
}

static bool lab_copy_to(struct zpci_lab_fn *fn)
{
	struct copy c = lab_random_copy(&fn->to);
	struct zpci_lab_count then;
	size_t done;
	int rc;

	lab_fill(c.mem, c.len);
	memcpy(shadow + c.offset, c.mem, c.len);
	zpci_lab_count(fn, &then);
	rc = zpci_fh_memcpy_toio(fn->zdev, fn->to.pcias,
				 fn->to.base + c.offset, c.mem, c.len, &done);
	if (rc || done != c.len)
		return lab_report_copy(fn, "toio", &c, "result", rc, 0);
	return lab_expect_count(fn, "toio", &c, &then, 0,
				lab_min_stores(fn, &c)) &&
	       lab_expect_shadow(fn, "toio", &c);
}

static bool lab_set(struct zpci_lab_fn *fn)
{
	struct copy c = lab_random_copy(&fn->to);
	u64 offset = fn->to.base + c.offset;
	int value = lab_random(0x10000), rc;
	struct zpci_lab_count then;
	size_t done;

	memset(shadow + c.offset, value, c.len);
	zpci_lab_count(fn, &then);
	rc = zpci_fh_memset_io(fn->zdev, fn->to.pcias, offset, value, c.len,
			       &done);
	if (rc || done != c.len)
		return lab_report_copy(fn, "memset", &c, "result", rc, 0);
	return lab_expect_count(fn, "memset", &c, &then, 0,
				zpci_lab_min_stores(fn, offset, c.len,
						    ZPCI_STAGE_SIZE)) &&
	       lab_expect_shadow(fn, "memset", &c);
}

/* Only @len bytes of shadow in the destination? If not, add a note */
static bool lab_expect_mem(struct zpci_lab_fn *fn, const char *what,
			   const struct copy *c, u32 len)
{
	u8 *end = buf + BUF_SIZE, *wrong;

	if (memcmp(c->mem, shadow + c->offset, len))
		return lab_report_copy(fn, what, c, "the data", 0, 1);
	wrong = memchr_inv(c->mem - AROUND, PATTERN, AROUND);
	wrong = wrong ?: memchr_inv(c->mem + len, PATTERN,
				    end - (c->mem + len));
	if (wrong)
		return lab_report_copy(fn, what, c, "byte that was touched",
				       wrong - c->mem, -1);
	return true;
}

static void lab_prepare_mem(const struct copy *c)
{
	memset(c->mem - AROUND, PATTERN, buf + BUF_SIZE - c->mem + AROUND);
}

static bool lab_copy_from(struct zpci_lab_fn *fn)
{
	struct copy c = lab_random_copy(&fn->from);
	u64 offset = fn->from.base + c.offset;
	struct zpci_lab_count then;
	size_t done;
	int rc;

	lab_prepare_mem(&c);
	zpci_lab_count(fn, &then);
	rc = zpci_fh_memcpy_fromio(fn->zdev, fn->from.pcias, offset, c.mem,
				   c.len, &done);
	if (rc || done != c.len)
		return lab_report_copy(fn, "fromio", &c, "result", rc, 0);
	return lab_expect_count(fn, "fromio", &c, &then,
				zpci_lab_min_loads(offset, c.len), 0) &&
	       lab_expect_mem(fn, "fromio", &c, c.len);
}

/* Fill the area with random data, also in shadow */
static bool lab_contents(struct zpci_lab_fn *fn,
			 const struct zpci_lab_area *area)
{
	u32 i;

	for (i = 0; i < area->size; i += SZ_4K)
		lab_fill(shadow + i, min_t(u32, SZ_4K, area->size - i));
	return !zpci_lab_write(fn, area, 0, shadow, area->size);
}

static bool lab_whole(struct zpci_lab_fn *fn, const struct zpci_lab_area *area)
{
	return !zpci_lab_read(fn, area, 0, back, area->size) &&
	       !memcmp(back, shadow, area->size);
}

static void lab_copies(struct zpci_lab_fn *fn, const char *what,
		       const struct zpci_lab_area *area,
		       bool (*copy)(struct zpci_lab_fn *fn), unsigned int n)
{
	bool ok = lab_contents(fn, area);
	unsigned int i;

	for (i = 0; ok && i < n; i++) {
		ok = copy(fn);
		cond_resched();
	}
	zpci_lab_ok(&report, ok && lab_whole(fn, area), "%s: %u copies %s",
		    fn->name, i, what);
}

/*
 * Single instructions: those that no function accepts are not issued. All
 * others are issued once, and the function decides.
 */

static bool lab_single(struct zpci_lab_fn *fn, const char *what, int expected,
		       u64 offset, size_t len, int rc,
		       const struct zpci_lab_count *then)
{
	struct zpci_lab_count n = zpci_lab_count_since(fn, then);
	unsigned int issued = n.load + n.store + n.block;
	/* A host that carries out the instructions refuses some itself */
	bool arrives = expected != -EINVAL &&
		       !(expected == -ENXIO && zpci_lab_mediated);

	if (rc == expected && issued == arrives)
		return true;
	zpci_lab_note(&report,
		      "%s %s offset %#llx length %zu: %d, %u instructions, expected %d",
		      fn->name, what, offset, len, rc, issued, expected);
	return false;
}

static bool lab_legal_reg(u64 offset, size_t len)
{
	return (len == 1 || len == 2 || len == 4 || len == 8) &&
	       offset % len == 0;
}

/* The value of the bytes in memory, right-aligned */
static u64 lab_value(const u8 *bytes, size_t len)
{
	u64 val = 0;

	while (len--)
		val = val << 8 | *bytes++;
	return val;
}

static bool lab_load_one(struct zpci_lab_fn *fn, u32 at, size_t len)
{
	bool legal = lab_legal_reg(fn->from.base + at, len);
	struct zpci_lab_count then;
	u64 val = 1;
	int rc;

	zpci_lab_count(fn, &then);
	rc = zpci_fh_load(fn->zdev, fn->from.pcias, fn->from.base + at, &val,
			  len);
	if (!lab_single(fn, "load", legal ? 0 : -EINVAL, at, len, rc, &then))
		return false;
	return val == (legal ? lab_value(shadow + at, len) : 1);
}

static bool lab_store_one(struct zpci_lab_fn *fn, u32 at, size_t len)
{
	int expected = !lab_legal_reg(fn->to.base + at, len) ? -EINVAL :
		       fn->ism ? -ENXIO : 0;
	u64 val = (u64)prandom_u32_state(&rnd) << 32 | lab_random(SZ_1G);
	struct copy c = { .offset = at, .len = len };
	struct zpci_lab_count then;
	int rc, i;

	zpci_lab_count(fn, &then);
	rc = zpci_fh_store(fn->zdev, fn->to.pcias, fn->to.base + at, val, len);
	for (i = 0; !expected && i < len; i++)
		shadow[at + i] = val >> 8 * (len - 1 - i);
	return lab_single(fn, "store", expected, at, len, rc, &then) &&
	       lab_expect_shadow(fn, "store", &c);
}

/* An ISM accepts 4 KiB, whatever maxstbl is */
static int lab_block_result(struct zpci_lab_fn *fn, u64 offset, size_t len,
			    const u8 *src)
{
	if (!len || offset % SZ_4K + len > SZ_4K)
		return -EINVAL;
	if (fn->ism || (len > 8 && len <= fn->zdev->maxstbl && len % 8 == 0 &&
			offset % 8 == 0 && IS_ALIGNED((unsigned long)src, 8)))
		return 0;
	return -ENXIO;
}

static bool lab_block_one(struct zpci_lab_fn *fn, u32 at, size_t len,
			  unsigned int misalign)
{
	struct copy c = { .offset = at, .len = len, .mem = buf + misalign };
	int expected = lab_block_result(fn, fn->to.base + at, len, c.mem);
	struct zpci_lab_count then;
	int rc;

	lab_fill(c.mem, len);
	if (!expected)
		memcpy(shadow + at, c.mem, len);
	zpci_lab_count(fn, &then);
	rc = zpci_fh_store_block(fn->zdev, fn->to.pcias, fn->to.base + at,
				 c.mem, len);
	return lab_single(fn, "store_block", expected, at, len, rc, &then) &&
	       lab_expect_shadow(fn, "store_block", &c);
}

static bool lab_blocks(struct zpci_lab_fn *fn)
{
	u32 max = fn->zdev->maxstbl;
	u32 len[] = { 0, 1, 7, 8, 9, 12, 15, 16, 17, 24, max - 8, max - 1, max,
		      max + 1, max + 8, SZ_4K, SZ_4K + 8 };
	u32 at[] = { 0, 1, 4, 8, SZ_4K - 24, SZ_4K - 16, SZ_4K - 8, SZ_4K - 1 };
	bool ok = true;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(len); i++)
		for (j = 0; j < ARRAY_SIZE(at); j++)
			ok = ok && lab_block_one(fn, at[j], len[i], 0) &&
			     lab_block_one(fn, at[j], len[i], 1) &&
			     lab_block_one(fn, at[j], len[i], 4);
	return ok;
}

static void lab_singles(struct zpci_lab_fn *fn)
{
	bool ok = lab_contents(fn, &fn->from);
	u32 at, len;

	for (at = 0; at < 16; at++)
		for (len = 0; len <= 17; len++)
			ok = ok && lab_load_one(fn, at, len);
	zpci_lab_ok(&report, ok, "%s: single loads", fn->name);

	ok = lab_contents(fn, &fn->to);
	for (at = 0; at < 16; at++)
		for (len = 0; len <= 17; len++)
			ok = ok && lab_store_one(fn, at, len);
	zpci_lab_ok(&report, ok, "%s: single stores", fn->name);
	zpci_lab_ok(&report, lab_blocks(fn), "%s: single blocks", fn->name);
}

/* Other cases in which no instruction must be issued */

static bool lab_refused(struct zpci_lab_fn *fn, u8 pcias, u64 offset,
			size_t len, int expected)
{
	struct zpci_lab_count then, n;
	size_t done[3];
	int rc[3];

	memset(buf, PATTERN, len);
	zpci_lab_count(fn, &then);
	rc[0] = zpci_fh_memcpy_fromio(fn->zdev, pcias, offset, buf, len, done);
	rc[1] = zpci_fh_memcpy_toio(fn->zdev, pcias, offset, buf, len, done + 1);
	rc[2] = zpci_fh_memset_io(fn->zdev, pcias, offset, 0, len, done + 2);
	n = zpci_lab_count_since(fn, &then);
	if (rc[0] == expected && rc[1] == expected && rc[2] == expected &&
	    !(n.load + n.store + n.block) && !memchr_inv(buf, PATTERN, len) &&
	    !(done[0] + done[1] + done[2]))
		return true;
	zpci_lab_note(&report, "%s BAR %u offset %#llx length %zu: %d %d %d",
		      fn->name, pcias, offset, len, rc[0], rc[1], rc[2]);
	return false;
}

static void lab_bad_ranges(struct zpci_lab_fn *fn)
{
	u64 size = pci_resource_len(fn->pdev, fn->from.pcias);
	u8 pcias = fn->from.pcias;
	bool ok;

	ok = lab_refused(fn, pcias, size, 1, -EINVAL);
	ok &= lab_refused(fn, pcias, size - 7, 8, -EINVAL);
	ok &= lab_refused(fn, pcias, U64_MAX, 2, -EINVAL);
	ok &= lab_refused(fn, pcias, U64_MAX - 7, 8, -EINVAL);
	ok &= lab_refused(fn, 1, 0, 8, -EINVAL);
	ok &= lab_refused(fn, 6, 0, 8, -EINVAL);
	ok &= lab_refused(fn, 14, 0, 8, -EINVAL);
	ok &= lab_refused(fn, 16, 0, 8, -EINVAL);
	ok &= lab_refused(fn, pcias, 0, 0, 0);
	zpci_lab_ok(&report, ok, "%s: ranges that it does not have", fn->name);
}

/* For single bytes of config space, the kernel's own accessors are correct */
static void lab_config(struct zpci_lab_fn *fn)
{
	u8 is[64], byte;
	bool ok = true;
	size_t done;
	int i, rc;

	for (i = 0; i < 16; i++) {
		rc = zpci_fh_memcpy_fromio(fn->zdev, ZPCI_PCIAS_CFGSPC, i, is,
					   sizeof(is) - i, &done);
		ok &= !rc && !pci_read_config_byte(fn->pdev, 63 - i, &byte) &&
		      is[63 - 2 * i] == byte;
		ok &= !pci_read_config_byte(fn->pdev, i, &byte) &&
		      is[0] == byte;
	}
	zpci_lab_ok(&report, ok, "%s: config space", fn->name);
}

/* Faults */

static const struct fault {
	const char *name;
	u64 result;
	u64 times;
	int rc;
} faults[] = {
	{ "is busy", ZPCI_LAB_RESULT(ZPCI_CC_BUSY, 0), 5, 0 },
	{ "ends with an error",
	  ZPCI_LAB_RESULT(ZPCI_CC_ERR, ZPCI_PCI_ST_BLOCKED), 1, -EIO },
	{ "does not know the handle",
	  ZPCI_LAB_RESULT(ZPCI_CC_INVAL_HANDLE, 0), 1, -EIO },
	{ "is an operand exception",
	  ZPCI_LAB_RESULT_PGM(ZPCI_LAB_PGM_OPERAND), 1, -ENXIO },
	{ "is a specification exception",
	  ZPCI_LAB_RESULT_PGM(ZPCI_LAB_PGM_SPECIFICATION), 1, -ENXIO },
};

static void lab_arm(struct zpci_lab_fn *fn, const struct fault *f,
		    unsigned int k)
{
	zpci_lab_set(fn, ZPCI_LAB_FAULT_KINDS, 0);
	zpci_lab_set(fn, ZPCI_LAB_FAULT_RESULT, f->result);
	zpci_lab_set(fn, ZPCI_LAB_FAULT_TIMES, f->times);
	zpci_lab_set(fn, ZPCI_LAB_FAULT_HITS, 0);
	zpci_lab_set(fn, ZPCI_LAB_FAULT_AFTER, k);
}

static bool lab_disarm(struct zpci_lab_fn *fn, const struct fault *f)
{
	u64 hits = zpci_lab_get(fn, ZPCI_LAB_FAULT_HITS);

	zpci_lab_set(fn, ZPCI_LAB_FAULT_AFTER, 0);
	return hits == f->times;
}

/*
 * The number of bytes moved by a copy that had a fault. The device knows the
 * offset of the last instruction.
 */
static u32 lab_moved(struct zpci_lab_fn *fn, const struct fault *f,
		     const struct zpci_lab_area *area, const struct copy *c)
{
	u64 last = zpci_lab_get(fn, ZPCI_LAB_LAST_OFFSET) - area->base;

	return f->rc ? last - c->offset : c->len;
}

/* The number of instructions issued, including failed and repeated ones */
static long lab_issued(const struct fault *f, unsigned int n, unsigned int k)
{
	return f->rc ? k : n + f->times;
}

static bool lab_fault_to(struct zpci_lab_fn *fn, const struct fault *f,
			 const struct copy *c, unsigned int k, u32 *moved)
{
	unsigned int n = lab_min_stores(fn, c);
	struct zpci_lab_count then;
	size_t done;
	int rc;

	lab_fill(c->mem, c->len);
	zpci_lab_count(fn, &then);
	lab_arm(fn, f, k);
	rc = zpci_fh_memcpy_toio(fn->zdev, fn->to.pcias,
				 fn->to.base + c->offset, c->mem, c->len,
				 &done);
	if (!lab_disarm(fn, f) || rc != f->rc)
		return lab_report_copy(fn, f->name, c, "result", rc, f->rc);
	*moved = lab_moved(fn, f, &fn->to, c);
	if (done != *moved)
		return lab_report_copy(fn, f->name, c, "done", done, *moved);
	memcpy(shadow + c->offset, c->mem, min(*moved, c->len));
	return lab_expect_count(fn, f->name, c, &then, 0, lab_issued(f, n, k)) &&
	       lab_expect_shadow(fn, f->name, c);
}

static bool lab_fault_from(struct zpci_lab_fn *fn, const struct fault *f,
			   const struct copy *c, unsigned int k, u32 *moved)
{
	unsigned int n = zpci_lab_min_loads(fn->from.base + c->offset, c->len);
	struct zpci_lab_count then;
	size_t done;
	int rc;

	lab_prepare_mem(c);
	zpci_lab_count(fn, &then);
	lab_arm(fn, f, k);
	rc = zpci_fh_memcpy_fromio(fn->zdev, fn->from.pcias,
				   fn->from.base + c->offset, c->mem, c->len,
				   &done);
	if (!lab_disarm(fn, f) || rc != f->rc)
		return lab_report_copy(fn, f->name, c, "result", rc, f->rc);
	*moved = lab_moved(fn, f, &fn->from, c);
	if (done != *moved)
		return lab_report_copy(fn, f->name, c, "done", done, *moved);
	return lab_expect_count(fn, f->name, c, &then, lab_issued(f, n, k), 0) &&
	       lab_expect_mem(fn, f->name, c, min(*moved, c->len));
}

/* A fault in the first instruction moves nothing, in later ones a bit more */
static bool lab_more_moved(const struct fault *f, const struct copy *c,
			   unsigned int k, u32 before, u32 moved)
{
	if (!f->rc)
		return moved == c->len;
	return k == 1 ? !moved : moved > before && moved < c->len;
}

static void lab_fault(struct zpci_lab_fn *fn, const struct fault *f, bool to,
		      const struct copy *c)
{
	unsigned int n, k;
	u32 moved = 0, before = 0;
	bool ok = true;

	n = to ? lab_min_stores(fn, c) :
		 zpci_lab_min_loads(fn->from.base + c->offset, c->len);
	for (k = 1; ok && k <= n; k++) {
		ok = to ? lab_fault_to(fn, f, c, k, &moved) :
			  lab_fault_from(fn, f, c, k, &moved);
		if (ok && !lab_more_moved(f, c, k, before, moved))
			ok = lab_report_copy(fn, f->name, c, "bytes moved",
					     moved, -1);
		before = moved;
	}
	zpci_lab_ok(&report, ok && n > 3,
		    "%s: %s the function, memory %%8 = %lu, each of %u %s",
		    fn->name, to ? "to" : "from", (unsigned long)c->mem % 8, n,
		    f->name);
}

/* Copies with a head and a tail, over a 4 KiB boundary, aligned and not */
static void lab_faults(struct zpci_lab_fn *fn)
{
	u32 len = 3 * fn->zdev->maxstbl + 21;
	struct copy to = { .len = min_t(u32, len, BUF_SIZE - 32) };
	struct copy from = { .offset = 3, .len = 77, .mem = buf + AROUND };
	int i;

	to.offset = SZ_4K - min(to.len / 2, 2045U);
	lab_contents(fn, &fn->to);
	for (i = 0; !fn->ism && i < ARRAY_SIZE(faults); i++) {
		to.mem = buf + to.offset % 8;
		lab_fault(fn, &faults[i], true, &to);
		to.mem++;
		lab_fault(fn, &faults[i], true, &to);
	}
	lab_contents(fn, &fn->from);
	for (i = 0; i < ARRAY_SIZE(faults); i++)
		lab_fault(fn, &faults[i], false, &from);
}

static void lab_test(struct zpci_lab_fn *fn, unsigned int n)
{
	zpci_lab_note(&report, "%s is %s, maxstbl %u", fn->name,
		      pci_name(fn->pdev), fn->zdev->maxstbl);
	lab_singles(fn);
	lab_bad_ranges(fn);
	lab_config(fn);
	lab_copies(fn, "from the function", &fn->from, lab_copy_from, n);
	if (fn->ism) {
		lab_copies(fn, "to the function", &fn->to, lab_block_to, n);
	} else {
		lab_copies(fn, "to the function", &fn->to, lab_copy_to, n);
		lab_copies(fn, "of one value", &fn->to, lab_set, n / 10);
	}
	lab_faults(fn);
}

static void lab_test_all(void)
{
	struct zpci_lab_fn *fn;
	unsigned int n = 0;

	zpci_lab_for_each(fn)
		n++;
	zpci_lab_note(&report, "seed=%llu copies=%u", seed, copies);
	zpci_lab_all_bound(&report);
	zpci_lab_for_each(fn)
		lab_test(fn, DIV_ROUND_UP(copies, n));
}

static void *lab_alloc(u32 size)
{
	/* Followed by a page that is not mapped */
	return __vmalloc(size, GFP_KERNEL | __GFP_ZERO);
}

static void lab_free(void)
{
	vfree(buf);
	vfree(back);
	vfree(shadow);
	vfree(pool);
}

static int lab_alloc_all(void)
{
	struct zpci_lab_fn *fn;
	u32 size = SZ_64K;

	zpci_lab_for_each(fn)
		size = max(size, fn->to.size);
	buf = lab_alloc(BUF_SIZE);
	pool = lab_alloc(2 * BUF_SIZE);
	back = lab_alloc(size);
	shadow = lab_alloc(size);
	if (buf && pool && back && shadow)
		return 0;
	lab_free();
	return -ENOMEM;
}

static int __init lab_init(void)
{
	int rc;

	rc = lab_alloc_all();
	if (rc)
		return rc;
	rc = zpci_lab_report_init(&report, "zpci_fh_lab");
	if (!rc) {
		seed = seed ?: get_random_u32();
		prandom_seed_state(&rnd, seed);
		prandom_bytes_state(&rnd, pool, 2 * BUF_SIZE);
		lab_test_all();
		zpci_lab_report_publish(&report);
	}
	lab_free();
	return rc;
}
module_init(lab_init);

static void __exit lab_exit(void)
{
	zpci_lab_report_exit(&report);
}
module_exit(lab_exit);

MODULE_DESCRIPTION("The zpci_fh library on real instructions");
MODULE_LICENSE("GPL");
