// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for PCI load and store by function handle
 *
 * The function must see only the requested instructions or, in a copy, only
 * those that every function accepts: in ascending order, as few as possible,
 * none after one that failed, and none at all for an invalid request. All of
 * that must not depend on what the kernel knows about the kind of function.
 *
 * This file includes pci_fh.c, with a model of a function in place of what issues
 * the instructions. It checks each instruction against its own rules, and has a
 * log and a memory. If a test asks for it, it fails the n-th instruction, or
 * changes the handle after it. Buffers are surrounded by poison and followed by
 * a guard page. The least number of instructions is found by trying all
 * sequences.
 *
 * Not tested here: what the instructions do on a machine, and the retry when a
 * function is busy.
 */

#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/pci_clp.h>
#include <asm/pci_insn.h>

/*
 * The code under test is a copy with other names. So the code in the kernel has
 * nothing that exists only for tests.
 */
static int model_load(u64 *val, u64 req, u64 offset);
static int model_load_doublewords(void *dst, u64 req, u64 offset, size_t len,
				  size_t *done);
static int model_store(u64 val, u64 req, u64 offset);
static int model_store_block(const void *src, u64 req, u64 offset);

#define __zpci_load		model_load
#define __zpci_load_doublewords	model_load_doublewords
#define __zpci_store		model_store
#define __zpci_store_block	model_store_block
#define zpci_fh_load		tested_load
#define zpci_fh_store		tested_store
#define zpci_fh_store_block	tested_store_block
#define zpci_fh_memcpy_fromio	tested_memcpy_fromio
#define zpci_fh_memcpy_toio	tested_memcpy_toio
#define zpci_fh_memset_io	tested_memset_io
#include "../pci_fh.c"

#define FH_ENABLED	0x80000000
#define FH		(FH_ENABLED | 0x00123456)
#define CFG		15
#define NO_BAR		1	/* a BAR that the function does not have */
#define FAR		2	/* a BAR of 2^63 bytes */
#define TINY		4	/* a BAR of 2 bytes */
#define MEM_SIZE	SZ_16K	/* longer BARs repeat this memory */
#define MANY		4096	/* instructions, more than any test needs */
#define POISON		0xa5
#define POISON_LEN	16
#define VAL		0x8796a5b4c3d2e1f0

/* The kinds of instructions, as used in the text form of a sequence */
#define PCILG		'L'
#define PCISTG		'S'
#define PCISTB		'B'

static const u8 bar_shift[PCI_STD_NUM_BARS] = {
	[0] = 14, [FAR] = 63, [TINY] = 1,
};

struct insn {
	char kind;
	u32 fh;
	u8 pcias;
	u64 offset;
	u64 src;	/* address of a PCISTB's source */
	u64 val;	/* of a PCISTG */
	size_t len;
};

/**
 * struct model - A function
 * @zdev: the device, which is all that zpci_fh_*() know about the function
 * @pcias: the address space that the test uses
 * @ism: it is an ISM, whatever @zdev says
 * @block_max: the longest PCISTB that it accepts, whatever @zdev says
 * @single: breaking a rule of the function is an exception, not a bug
 * @done: number of bytes that the last copy reported
 * @fh: the handle at the beginning of a call
 * @next: the offset that the next instruction must have
 * @issued: number of instructions so far
 * @fail_at: number of the instruction that fails, from 1, or 0 for none
 * @fail_rc: its return code
 * @new_fh_at: number of the instruction after which the handle changes, from 1,
 *	or 0 for none
 * @new_fh: the new handle
 * @log: the first instructions
 * @mem: the memory behind all address spaces
 * @data: the initial content of @mem, then the bytes to copy there
 * @area: memory for buffers, with a guard page after it
 */
struct model {
	struct zpci_dev zdev;
	u8 pcias;
	bool ism;
	size_t block_max;
	bool single;
	size_t done;
	u32 fh;
	u64 next;
	unsigned int issued;
	unsigned int fail_at;
	int fail_rc;
	unsigned int new_fh_at;
	u32 new_fh;
	struct insn log[64];
	u8 *mem;
	u8 *data;
	u8 *area;
};

static u64 space_size(u8 pcias)
{
	if (pcias == CFG)
		return SZ_4K;
	if (pcias >= PCI_STD_NUM_BARS || !bar_shift[pcias])
		return 0;
	return 1ULL << bar_shift[pcias];
}

/* NULL, or the broken rule, out of those that apply to all functions */
static const char *broken_rule(const struct insn *i)
{
	u64 size = space_size(i->pcias);

	if (!i->len)
		return "no length";
	if (i->offset + i->len < i->offset || i->offset + i->len > size)
		return "outside of the address space";
	if (i->kind == PCISTB && i->pcias == CFG)
		return "PCISTB in config space";
	if (i->kind == PCISTB)
		return i->offset / SZ_4K != (i->offset + i->len - 1) / SZ_4K ?
		       "block crosses 4 KiB" : NULL;
	if (i->len != 1 && i->len != 2 && i->len != 4 && i->len != 8)
		return "length is not 1, 2, 4 or 8";
	if (i->offset % i->len)
		return "offset is not aligned";
	if (i->pcias == CFG && i->len == 8)
		return "doubleword in config space";
	return NULL;
}

/* NULL, or why this kind of function ends the instruction with an exception */
static const char *not_accepted(const struct model *m, const struct insn *i)
{
	if (i->kind == PCISTG && i->pcias != CFG && m->ism)
		return "PCISTG to an ISM's BAR";
	if (i->kind != PCISTB)
		return NULL;
	if (i->len > m->block_max)
		return "block is too long";
	if (m->ism)
		return NULL;
	if (i->len <= 8)
		return "block is too short";
	if (i->len % 8 || i->offset % 8 || i->src % 8)
		return "block is not aligned";
	return NULL;
}

/* NULL, or what is wrong with the instruction at this point */
static const char *surprise(const struct model *m, const struct insn *i)
{
	if (i->fh != m->fh)
		return "handle is wrong";
	if (i->pcias != m->pcias)
		return "address space is wrong";
	if (i->offset != m->next)
		return "offset is wrong";
	return broken_rule(i) ?: m->single ? NULL : not_accepted(m, i);
}

/* Takes an instruction. Returns 0 if data is to be moved, or its error. */
static int model_take(struct kunit *test, struct insn *i, u64 req)
{
	struct model *m = test->priv;
	const char *wrong;

	i->fh = req >> 32;
	i->pcias = req >> 16;
	i->len = req & 0xff00ffff;	/* includes the bits that must be 0 */
	wrong = surprise(m, i);
	if (m->issued < ARRAY_SIZE(m->log))
		m->log[m->issued] = *i;
	m->issued++;
	KUNIT_ASSERT_LE(test, m->issued, MANY);
	if (wrong) {
		KUNIT_FAIL(test, "%s: %c%zu at %u:0x%llx", wrong, i->kind,
			   i->len, i->pcias, i->offset);
		return -ENXIO;
	}
	if (i->fh != m->zdev.fh || !(i->fh & FH_ENABLED))
		return -EIO;
	if (not_accepted(m, i))
		return -ENXIO;
	if (m->issued == m->fail_at)
		return m->fail_rc;
	if (m->issued == m->new_fh_at)
		m->zdev.fh = m->new_fh;
	m->next += i->len;
	return 0;
}

/* The far BAR starts in the middle, so memory around 4 GiB is contiguous */
static u8 *model_mem(struct model *m, u64 offset)
{
	if (m->pcias == FAR)
		offset += MEM_SIZE / 2;
	return m->mem + offset % MEM_SIZE;
}

/* The register's rightmost @len bytes */
static void *reg_bytes(u64 *val, size_t len)
{
	return (u8 *)val + sizeof(*val) - len;
}

static int model_load(u64 *val, u64 req, u64 offset)
{
	struct kunit *test = kunit_get_current_test();
	struct insn i = { .kind = PCILG, .offset = offset };
	int rc;

	rc = model_take(test, &i, req);
	if (rc)
		return rc;
	*val = 0;
	memcpy(reg_bytes(val, i.len), model_mem(test->priv, offset), i.len);
	return 0;
}

static int model_load_doublewords(void *dst, u64 req, u64 offset, size_t len,
				  size_t *done)
{
	struct kunit *test = kunit_get_current_test();
	int rc = 0;
	u64 val;

	KUNIT_EXPECT_EQ(test, len % 8, 0);
	for (*done = 0; *done < len; *done += 8) {
		rc = model_load(&val, req, offset + *done);
		if (rc)
			break;
		memcpy(dst + *done, &val, 8);
	}
	return rc;
}

static int model_store(u64 val, u64 req, u64 offset)
{
	struct kunit *test = kunit_get_current_test();
	struct insn i = { .kind = PCISTG, .offset = offset, .val = val };
	int rc;

	rc = model_take(test, &i, req);
	if (rc)
		return rc;
	memcpy(model_mem(test->priv, offset), reg_bytes(&val, i.len), i.len);
	return 0;
}

static int model_store_block(const void *src, u64 req, u64 offset)
{
	struct kunit *test = kunit_get_current_test();
	struct insn i = { .kind = PCISTB, .offset = offset, .src = (u64)src };
	int rc;

	rc = model_take(test, &i, req);
	if (rc)
		return rc;
	memcpy(model_mem(test->priv, offset), src, i.len);
	return 0;
}

/* Start over: an enabled function, no instructions issued, memory unchanged */
static void model_reset(struct model *m, u8 pcias, u64 offset)
{
	m->zdev.fh = FH;
	m->fh = FH;
	m->single = false;
	m->done = -1;
	m->pcias = pcias;
	m->next = offset;
	m->issued = 0;
	m->fail_at = 0;
	m->new_fh_at = 0;
}

/* The same, but no instruction may be issued */
static void model_refuse(struct model *m, u8 pcias, u64 offset)
{
	model_reset(m, pcias, offset);
	m->fail_at = 1;
	m->fail_rc = -EBADMSG;
}

static void model_restore_mem(struct model *m)
{
	memcpy(m->mem, m->data, MEM_SIZE);
}

/* A function whose type the kernel can see */
static void model_set_type(struct model *m, bool ism, u16 maxstbl)
{
	m->ism = ism;
	m->block_max = maxstbl;
	m->zdev.pft = ism ? PCI_FUNC_TYPE_ISM : 0;
	m->zdev.maxstbl = maxstbl;
}

/* An ISM as guests see it: function type 0, maxstbl of emulated functions */
static void model_hide_type(struct model *m)
{
	m->zdev.pft = 0;
	m->zdev.maxstbl = 128;
}

KUNIT_DEFINE_ACTION_WRAPPER(zpci_fh_vfree, vfree, const void *);

static void *test_vmalloc(struct kunit *test, size_t size)
{
	void *p = vmalloc(size);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, zpci_fh_vfree, p));
	return p;
}

static int zpci_fh_init(struct kunit *test)
{
	struct rnd_state rnd;
	struct model *m;

	m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m);
	m->mem = test_vmalloc(test, MEM_SIZE);
	m->area = test_vmalloc(test, MEM_SIZE);
	m->data = test_vmalloc(test, 2 * MEM_SIZE);
	prandom_seed_state(&rnd, 42);
	prandom_bytes_state(&rnd, m->data, 2 * MEM_SIZE);
	/* The library must not depend on anything that is not set below */
	memset(&m->zdev, 0x11, sizeof(m->zdev));
	for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		m->zdev.bars[bar].size = bar_shift[bar];
	model_set_type(m, false, 128);
	model_reset(m, 0, 0);
	model_restore_mem(m);
	test->priv = m;
	return 0;
}

/*
 * What the tests call
 */

struct op {
	const char *name;
	char kind;		/* of its only instruction, 0 for copies */
	bool loads;
	bool has_buf;
	size_t len;		/* a valid one for offset 0 */
	int (*call)(struct model *m, u64 offset, void *buf, size_t len);
};

static int call_load(struct model *m, u64 offset, void *buf, size_t len)
{
	return zpci_fh_load(&m->zdev, m->pcias, offset, buf, len);
}

static int call_store(struct model *m, u64 offset, void *buf, size_t len)
{
	return zpci_fh_store(&m->zdev, m->pcias, offset, VAL, len);
}

static int call_store_block(struct model *m, u64 offset, void *buf, size_t len)
{
	return zpci_fh_store_block(&m->zdev, m->pcias, offset, buf, len);
}

static int call_fromio(struct model *m, u64 offset, void *buf, size_t len)
{
	return zpci_fh_memcpy_fromio(&m->zdev, m->pcias, offset, buf, len,
				     &m->done);
}

static int call_toio(struct model *m, u64 offset, void *buf, size_t len)
{
	return zpci_fh_memcpy_toio(&m->zdev, m->pcias, offset, buf, len,
				   &m->done);
}

/* An arbitrary byte; the bits to the left of it must be ignored */
#define FILL	0x3c7e

static int call_memset(struct model *m, u64 offset, void *buf, size_t len)
{
	return zpci_fh_memset_io(&m->zdev, m->pcias, offset, FILL, len,
				 &m->done);
}

static const struct op op_load = {
	"load", PCILG, true, true, 4, call_load
};

static const struct op op_store = {
	"store", PCISTG, false, false, 4, call_store
};

static const struct op op_store_block = {
	"store_block", PCISTB, false, true, 16, call_store_block
};

static const struct op op_fromio = {
	"memcpy_fromio", 0, true, true, 24, call_fromio
};

static const struct op op_toio = {
	"memcpy_toio", 0, false, true, 24, call_toio
};

static const struct op op_memset = {
	"memset_io", 0, false, false, 24, call_memset
};

static const struct op *const ops[] = {
	&op_load, &op_store, &op_store_block, &op_fromio, &op_toio, &op_memset,
};

static void expect_nothing(struct kunit *test, const char *what, int rc,
			   int wanted)
{
	struct model *m = test->priv;

	KUNIT_EXPECT_EQ_MSG(test, rc, wanted, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, m->issued, 0, "%s", what);
	KUNIT_EXPECT_TRUE_MSG(test, !m->done || m->done == -1UL, "%s", what);
}

/*
 * Single instructions
 */

struct space {
	const char *name;
	u8 pcias;
	bool ism;
	bool hidden;
	u64 offset;
};

static const struct space spaces[] = {
	{ "BAR",		0, },
	{ "BAR, last bytes",	0,	.offset = SZ_16K - 32 },
	{ "far BAR",		FAR,	.offset = 0x7fffffff00000ff0 },
	{ "tiny BAR",		TINY, },
	{ "config",		CFG,	.offset = 0x40 },
	{ "config, last bytes",	CFG,	.offset = SZ_4K - 32 },
	{ "ISM BAR",		0,	true },
	{ "ISM far BAR",	FAR,	true,	.offset = 0x1234567800000ff0 },
	{ "ISM tiny BAR",	TINY,	true },
	{ "ISM config",		CFG,	true,	.offset = 0x40 },
	{ "ISM BAR in a guest",	0,	true,	true },
	{ "ISM far BAR in a guest", FAR, true,	true,	0x1234567800000ff0 },
	{ "ISM config in a guest", CFG,	true,	true,	0x40 },
};

static void space_desc(const struct space *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(space, spaces, space_desc);

/*
 * One call that must issue one instruction, whether the function accepts it or
 * not, or none if no function accepts it
 */
static int expect_single(struct kunit *test, const struct op *op, u64 offset,
			 void *buf, size_t len)
{
	struct model *m = test->priv;
	struct insn i = { .kind = op->kind, .pcias = m->pcias, .offset = offset,
			  .src = (u64)buf, .len = len };
	const char *wrong = broken_rule(&i);
	int rc, expected = 0;

	if (wrong)
		expected = -EINVAL;
	else if (not_accepted(m, &i))
		expected = -ENXIO;
	model_reset(m, m->pcias, offset);
	m->single = true;
	rc = op->call(m, offset, buf, len);
	KUNIT_ASSERT_EQ_MSG(test, rc, expected, "offset 0x%llx len %zu: %s",
			    offset, len, wrong ?: "to be issued");
	KUNIT_ASSERT_EQ_MSG(test, m->issued, wrong ? 0 : 1,
			    "offset 0x%llx len %zu", offset, len);
	if (!wrong) {
		KUNIT_ASSERT_EQ(test, m->log[0].kind, op->kind);
		KUNIT_ASSERT_EQ(test, m->log[0].len, len);
	}
	return rc;
}

static void set_space(struct model *m, const struct space *s, u16 maxstbl)
{
	model_set_type(m, s->ism, maxstbl);
	if (s->hidden)
		model_hide_type(m);
	m->pcias = s->pcias;
}

static void load_all_lengths(struct kunit *test)
{
	const struct space *s = test->param_value;
	struct model *m = test->priv;
	u64 offset, val, want;

	set_space(m, s, 128);
	for (offset = s->offset; offset < s->offset + 32; offset++) {
		for (size_t len = 0; len <= 17; len++) {
			val = VAL;
			want = 0;
			if (expect_single(test, &op_load, offset, &val, len))
				want = VAL;
			else
				for (size_t n = 0; n < len; n++)
					want = want << 8 | *model_mem(m, offset + n);
			KUNIT_ASSERT_EQ(test, val, want);
		}
	}
}

/* VAL has bits to the left of any length below 8, and all its bytes differ */
static void store_all_lengths(struct kunit *test)
{
	const struct space *s = test->param_value;
	struct model *m = test->priv;
	u64 offset;
	int rc;

	set_space(m, s, 128);
	for (offset = s->offset; offset < s->offset + 32; offset++) {
		for (size_t len = 0; len <= 17; len++) {
			rc = expect_single(test, &op_store, offset, NULL, len);
			for (size_t n = 0; !rc && n < len; n++)
				KUNIT_ASSERT_EQ(test,
						*model_mem(m, offset + n),
						(VAL >> 8 * (len - 1 - n)) & 0xff);
		}
	}
}

static const u16 maxstbls[] = { 0, 8, 16, 20, 64, 128, 1024, 4096, 8192 };

static void store_blocks(struct kunit *test, u64 offset, size_t from, size_t to)
{
	struct model *m = test->priv;
	u8 *src = m->area;

	for (size_t len = from; len <= to; len++) {
		for (int align = 0; align < 8; align++) {
			memcpy(src + align, m->data + offset % 97, len);
			if (expect_single(test, &op_store_block, offset,
					  src + align, len))
				continue;
			KUNIT_ASSERT_MEMEQ(test, model_mem(m, offset),
					   src + align, len);
		}
	}
}

/* Lengths on both sides of every possible limit */
static void store_block_all_limits(struct kunit *test)
{
	const struct space *s = test->param_value;
	struct model *m = test->priv;

	for (int n = 0; n < ARRAY_SIZE(maxstbls); n++) {
		size_t max = maxstbls[n];

		set_space(m, s, max);
		for (u64 offset = s->offset; offset < s->offset + 32; offset++)
			store_blocks(test, offset, 0, 34);
		for (u64 offset = s->offset; offset < s->offset + 32; offset += 5)
			store_blocks(test, offset, max > 9 ? max - 9 : 0, max + 9);
		for (u64 offset = 4000; offset < 4000 + 32; offset++)
			store_blocks(test, offset, 90 - 24, 90 + 10);
		store_blocks(test, SZ_4K, SZ_4K - 9, SZ_4K + 9);
		cond_resched();
	}
}

static void single_error(struct kunit *test)
{
	static const int errors[] = { -EIO, -ENXIO };
	struct model *m = test->priv;

	for (int n = 0; n < ARRAY_SIZE(ops); n++) {
		for (int e = 0; ops[n]->kind && e < ARRAY_SIZE(errors); e++) {
			u64 buf[2] = { VAL, VAL };
			int rc;

			model_reset(m, 0, 0);
			m->fail_at = 1;
			m->fail_rc = errors[e];
			rc = ops[n]->call(m, 0, buf, ops[n]->len);
			KUNIT_EXPECT_EQ_MSG(test, rc, errors[e], "%s",
					    ops[n]->name);
			KUNIT_EXPECT_EQ_MSG(test, m->issued, 1, "%s",
					    ops[n]->name);
			KUNIT_EXPECT_EQ_MSG(test, buf[0], VAL, "%s",
					    ops[n]->name);
		}
	}
	KUNIT_EXPECT_MEMEQ(test, m->mem, m->data, MEM_SIZE);
}

/*
 * Bad input: no function may issue an instruction
 */

struct bad {
	const char *name;
	u8 pcias;
	bool ism;
	u64 offset;
	size_t len;		/* 0 for one that is valid for the function */
	size_t more_len;	/* added to that */
};

static const struct bad bads[] = {
	{ "pcias 6",		.pcias = 6 },
	{ "pcias 7",		.pcias = 7 },
	{ "pcias 14",		.pcias = 14 },
	{ "pcias 16",		.pcias = 16 },
	{ "pcias 255",		.pcias = 255 },
	{ "no such BAR",	.pcias = NO_BAR },
	{ "no such ISM BAR",	.pcias = NO_BAR, .ism = true },
	{ "byte of no BAR",	.pcias = NO_BAR, .len = 1 },
	{ "byte of no ISM BAR",	.pcias = NO_BAR, .len = 1, .ism = true },
	{ "byte of pcias 6",	.pcias = 6, .len = 1, .ism = true },
	{ "tiny BAR",		.pcias = TINY },
	{ "ISM tiny BAR",	.pcias = TINY, .ism = true },
	{ "at end",		.offset = SZ_16K },
	{ "at end, ISM",	.offset = SZ_16K, .ism = true },
	{ "at end, config",	.offset = SZ_4K, .pcias = CFG },
	{ "far beyond end",	.offset = 1ULL << 32 },
	{ "sign bit",		.offset = 1ULL << 63, .pcias = FAR },
	{ "last bytes of all",	.offset = -(u64)24, .pcias = FAR },
	{ "wraps",		.offset = -(u64)8 },
	{ "wraps, ISM",		.offset = -(u64)8, .ism = true },
	{ "wraps, far BAR",	.offset = -(u64)8, .pcias = FAR },
	{ "length of 2^16",	.more_len = 1UL << 16 },
	{ "length of 2^32",	.more_len = 1UL << 32 },
	{ "length of 2^32, ISM", .more_len = 1UL << 32, .ism = true },
	{ "length wraps",	.more_len = -64UL, .offset = 64 },
	{ "length wraps, far BAR", .more_len = -64UL, .offset = 64, .pcias = FAR },
};

static void bad_desc(const struct bad *b, char *desc)
{
	strscpy(desc, b->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad, bads, bad_desc);

static void bad_input(struct kunit *test)
{
	const struct bad *b = test->param_value;
	struct model *m = test->priv;

	model_set_type(m, b->ism, SZ_4K);
	for (int n = 0; n < ARRAY_SIZE(ops); n++) {
		u64 buf[3] = { VAL, VAL, VAL };
		size_t len = (b->len ?: ops[n]->len) + b->more_len;
		int rc;

		model_refuse(m, b->pcias, b->offset);
		rc = ops[n]->call(m, b->offset, buf, len);
		expect_nothing(test, ops[n]->name, rc, -EINVAL);
		for (int w = 0; w < ARRAY_SIZE(buf); w++)
			KUNIT_EXPECT_EQ_MSG(test, buf[w], VAL, "%s",
					    ops[n]->name);
	}
}

/* The first instruction ends with cc 3 */
static void disabled(struct kunit *test)
{
	struct model *m = test->priv;

	for (int n = 0; n < ARRAY_SIZE(ops); n++) {
		u64 buf[3] = { VAL, VAL, VAL };

		model_reset(m, 0, 0);
		m->fh = FH & ~FH_ENABLED;
		m->zdev.fh = m->fh;
		KUNIT_EXPECT_EQ_MSG(test, ops[n]->call(m, 0, buf, ops[n]->len),
				    -EIO, "%s", ops[n]->name);
		KUNIT_EXPECT_EQ_MSG(test, m->issued, 1, "%s", ops[n]->name);
		KUNIT_EXPECT_TRUE_MSG(test, !m->done || ops[n]->kind, "%s",
				      ops[n]->name);
		KUNIT_EXPECT_EQ_MSG(test, buf[0], VAL, "%s", ops[n]->name);
	}
	KUNIT_EXPECT_MEMEQ(test, m->mem, m->data, MEM_SIZE);
}

/* Copying 0 bytes succeeds at any offset up to the end of the address space */
static void zero_length(struct kunit *test)
{
	struct model *m = test->priv;
	u64 buf[3] = { VAL, VAL, VAL };

	for (int n = 0; n < ARRAY_SIZE(ops); n++) {
		int rc = ops[n]->kind ? -EINVAL : 0;

		model_refuse(m, 0, 0);
		expect_nothing(test, ops[n]->name,
			       ops[n]->call(m, 0, buf, 0), rc);
		expect_nothing(test, ops[n]->name,
			       ops[n]->call(m, SZ_16K, buf, 0), rc);
		expect_nothing(test, ops[n]->name,
			       ops[n]->call(m, SZ_16K + 1, buf, 0), -EINVAL);
		KUNIT_EXPECT_EQ_MSG(test, buf[0], VAL, "%s", ops[n]->name);
	}
}

/*
 * Copies
 */

struct copy {
	const struct op *op;
	bool ism;
	u8 pcias;
	u16 maxstbl;
	u64 offset;
	unsigned int align;	/* the buffer's offset in its page */
	size_t len;
	const char *seq;	/* kind and length, xN for N of them */
};

static const struct copy copies[] = {
	/* Loads: naturally aligned, 4 KiB boundaries do not matter */
	{ &op_fromio,	false,	0,	128,	0,	0,	1,	"L1" },
	{ &op_fromio,	false,	0,	128,	7,	0,	1,	"L1" },
	{ &op_fromio,	false,	0,	128,	0,	0,	8,	"L8" },
	{ &op_fromio,	false,	0,	128,	0,	3,	8,	"L8" },
	{ &op_fromio,	false,	0,	128,	0,	0,	7,	"L4 L2 L1" },
	{ &op_fromio,	false,	0,	128,	1,	0,	7,	"L1 L2 L4" },
	{ &op_fromio,	false,	0,	128,	1,	1,	8,	"L1 L2 L4 L1" },
	{ &op_fromio,	false,	0,	128,	3,	0,	2,	"L1x2" },
	{ &op_fromio,	false,	0,	128,	2,	0,	4,	"L2x2" },
	{ &op_fromio,	false,	0,	128,	4,	4,	16,	"L4 L8 L4" },
	{ &op_fromio,	false,	0,	128,	5,	2,	20,	"L1 L2 L8x2 L1" },
	{ &op_fromio,	false,	0,	128,	4093,	5,	6,	"L1 L2x2 L1" },
	{ &op_fromio,	false,	0,	128,	4088,	0,	16,	"L8x2" },
	{ &op_fromio,	false,	0,	0,	0,	4095,	512,	"L8x64" },
	{ &op_fromio,	false,	FAR,	128,	0xfffffffd, 0,	6,	"L1 L2x2 L1" },
	{ &op_fromio,	true,	0,	4096,	5,	2,	20,	"L1 L2 L8x2 L1" },
	{ &op_fromio,	false,	CFG,	128,	0,	0,	8,	"L4x2" },
	{ &op_fromio,	false,	CFG,	128,	1,	0,	7,	"L1 L2 L4" },
	{ &op_fromio,	false,	CFG,	128,	3,	0,	3,	"L1 L2" },
	{ &op_fromio,	false,	CFG,	128,	4080,	1,	16,	"L4x4" },
	{ &op_fromio,	true,	CFG,	4096,	2,	0,	9,	"L2 L4 L2 L1" },

	/* Stores: head, body, tail */
	{ &op_toio,	false,	0,	128,	0,	0,	1,	"S1" },
	{ &op_toio,	false,	0,	128,	0,	0,	8,	"S8" },
	{ &op_toio,	false,	0,	128,	0,	0,	15,	"S8 S4 S2 S1" },
	{ &op_toio,	false,	0,	128,	0,	0,	16,	"B16" },
	{ &op_toio,	false,	0,	128,	0,	0,	23,	"B16 S4 S2 S1" },
	{ &op_toio,	false,	0,	128,	0,	0,	24,	"B24" },
	{ &op_toio,	false,	0,	128,	4,	4,	16,	"S4 S8 S4" },
	{ &op_toio,	false,	0,	128,	1,	1,	23,	"S1 S2 S4 B16" },
	{ &op_toio,	false,	0,	128,	3,	3,	150,	"S1 S4 B128 B16 S1" },

	/* maxstbl, including values not a multiple of 8 or larger than 4 KiB */
	{ &op_toio,	false,	0,	128,	0,	0,	128,	"B128" },
	{ &op_toio,	false,	0,	128,	0,	0,	136,	"B128 S8" },
	{ &op_toio,	false,	0,	128,	0,	0,	144,	"B128 B16" },
	{ &op_toio,	false,	0,	128,	0,	0,	4096,	"B128x32" },
	{ &op_toio,	false,	0,	0,	0,	0,	20,	"S8x2 S4" },
	{ &op_toio,	false,	0,	8,	0,	0,	20,	"S8x2 S4" },
	{ &op_toio,	false,	0,	16,	0,	0,	100,	"B16x6 S4" },
	{ &op_toio,	false,	0,	20,	0,	0,	100,	"B16x6 S4" },
	{ &op_toio,	false,	0,	64,	0,	0,	100,	"B64 B32 S4" },
	{ &op_toio,	false,	0,	1024,	0,	0,	2050,	"B1024x2 S2" },
	{ &op_toio,	false,	0,	4096,	0,	0,	8300,	"B4096x2 B104 S4" },
	{ &op_toio,	false,	0,	65535,	0,	0,	8300,	"B4096x2 B104 S4" },

	/* 4 KiB boundaries of the offset, not of the buffer's address */
	{ &op_toio,	false,	0,	128,	4080,	0,	32,	"B16x2" },
	{ &op_toio,	false,	0,	128,	4088,	0,	24,	"S8 B16" },
	{ &op_toio,	false,	0,	128,	4095,	7,	18,	"S1 B16 S1" },
	{ &op_toio,	false,	0,	128,	4000,	0,	200,	"B96 B104" },
	{ &op_toio,	false,	0,	4096,	4088,	0,	4096,	"S8 B4088" },
	{ &op_toio,	false,	0,	4096,	0,	4088,	4096,	"B4096" },
	{ &op_toio,	false,	0,	4096,	0,	4095,	256,	"B256" },
	{ &op_toio,	false,	FAR,	4096,	0xfffffff0, 8,	32,	"B16x2" },

	/* Only a source that is not aligned like the offset is staged */
	{ &op_toio,	false,	0,	128,	0,	1,	256,	"B128x2" },
	{ &op_toio,	false,	0,	4096,	0,	1,	256,	"B256" },
	{ &op_toio,	false,	0,	4096,	0,	4,	600,	"B256x2 B88" },
	{ &op_toio,	false,	0,	4096,	0,	0,	600,	"B600" },
	{ &op_toio,	false,	0,	4096,	3,	3,	606,	"S1 S4 B600 S1" },
	{ &op_toio,	false,	0,	4096,	3,	0,	606,	"S1 S4 B256x2 B88 S1" },
	{ &op_toio,	false,	0,	4096,	0,	7,	8300,	"B256x32 B104 S4" },

	/* Config space */
	{ &op_toio,	false,	CFG,	128,	0,	0,	32,	"S4x8" },
	{ &op_toio,	false,	CFG,	128,	1,	1,	7,	"S1 S2 S4" },
	{ &op_toio,	false,	CFG,	128,	4093,	0,	3,	"S1 S2" },
	{ &op_toio,	true,	CFG,	4096,	6,	1,	13,	"S2 S4x2 S2 S1" },

	/* The pattern of memset_io is no longer than the staging buffer */
	{ &op_memset,	false,	0,	128,	0,	0,	8,	"S8" },
	{ &op_memset,	false,	0,	128,	3,	0,	150,	"S1 S4 B128 B16 S1" },
	{ &op_memset,	false,	0,	4096,	0,	0,	600,	"B256x2 B88" },
	{ &op_memset,	false,	0,	4096,	3968,	0,	256,	"B128x2" },
	{ &op_memset,	false,	0,	0,	6,	0,	20,	"S2 S8x2 S2" },
	{ &op_memset,	false,	CFG,	128,	2,	0,	11,	"S2 S4x2 S1" },
	{ &op_memset,	true,	CFG,	4096,	0,	0,	5,	"S4 S1" },
};

static void copy_desc(const struct copy *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE,
		 "%s %s %u:0x%llx align %u len %zu maxstbl %u", c->op->name,
		 c->ism ? "ISM" : "strict", c->pcias, c->offset, c->align,
		 c->len, c->maxstbl);
}

KUNIT_ARRAY_PARAM(copy, copies, copy_desc);

/* Poison the buffer and, within the area, the bytes around it */
static void poison(struct model *m, u8 *buf, size_t len)
{
	u8 *from = max(buf - POISON_LEN, m->area);
	u8 *to = min(buf + len + POISON_LEN, m->area + MEM_SIZE);

	memset(from, POISON, to - from);
}

static bool is_poison(const struct model *m, const u8 *from, const u8 *to)
{
	from = max(from, m->area);
	to = min(to, m->area + MEM_SIZE);
	return from >= to || !memchr_inv(from, POISON, to - from);
}

static void copy_prepare(struct model *m, const struct copy *c, u8 *buf)
{
	model_reset(m, c->pcias, c->offset);
	model_restore_mem(m);
	poison(m, buf, c->len);
	if (!c->op->loads)
		memcpy(buf, m->data + MEM_SIZE, c->len);
}

/* The first @done bytes were copied, and nothing else has changed */
static void expect_copied(struct kunit *test, const struct copy *c,
			  const u8 *buf, size_t done)
{
	struct model *m = test->priv;
	const u8 *mem = model_mem(m, c->offset);
	const u8 *old = m->data + (mem - m->mem);

	if (c->op->loads) {
		KUNIT_EXPECT_MEMEQ(test, buf, mem, done);
		KUNIT_EXPECT_TRUE(test, is_poison(m, buf - POISON_LEN, buf));
		KUNIT_EXPECT_TRUE(test, is_poison(m, buf + done,
						  buf + c->len + POISON_LEN));
		done = 0;
	} else if (c->op->has_buf) {
		KUNIT_EXPECT_MEMEQ(test, mem, m->data + MEM_SIZE, done);
	} else {
		KUNIT_EXPECT_NULL(test, memchr_inv(mem, FILL & 0xff, done));
	}
	KUNIT_EXPECT_MEMEQ(test, m->mem, m->data, mem - m->mem);
	KUNIT_EXPECT_MEMEQ(test, mem + done, old + done,
			   m->mem + MEM_SIZE - mem - done);
}

static bool same_insn(const struct insn *a, const struct insn *b)
{
	return a->kind == b->kind && a->len == b->len;
}

/* Print the log in the text form that struct copy uses */
static void print_log(const struct model *m, char *text, size_t size)
{
	unsigned int first, n, end = min(m->issued, ARRAY_SIZE(m->log));
	size_t pos = 0;

	*text = 0;
	for (first = 0; first < end; first = n) {
		const struct insn *i = &m->log[first];

		for (n = first; n < end && same_insn(i, &m->log[n]); n++)
			;
		pos += scnprintf(text + pos, size - pos, "%s%c%zu",
				 first ? " " : "", i->kind, i->len);
		if (n - first > 1)
			pos += scnprintf(text + pos, size - pos, "x%u", n - first);
	}
}

static void copy_sequence(struct kunit *test)
{
	const struct copy *c = test->param_value;
	struct model *m = test->priv;
	u8 *buf = m->area + c->align;
	char seq[64];

	model_set_type(m, c->ism, c->maxstbl);
	copy_prepare(m, c, buf);
	KUNIT_EXPECT_EQ(test, 0, c->op->call(m, c->offset, buf, c->len));
	KUNIT_EXPECT_EQ(test, m->done, c->len);
	KUNIT_EXPECT_LE(test, m->issued, ARRAY_SIZE(m->log));
	print_log(m, seq, sizeof(seq));
	KUNIT_EXPECT_STREQ(test, seq, c->seq);
	expect_copied(test, c, buf, c->len);
}

/* In a register, the first byte of the stream is the leftmost one */
static void byte_order(struct kunit *test)
{
	static const u8 bytes[] = {
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32,
		0x54, 0x76, 0x98, 0xba, 0xdc,
	};
	static const u64 vals[] = {
		0x01, 0x2345, 0x6789abcd, 0xef1032547698badc,
	};
	struct model *m = test->priv;
	u8 buf[sizeof(bytes)];
	u64 offset = 1, val;

	model_reset(m, 0, offset);
	KUNIT_EXPECT_EQ(test, 0, call_toio(m, offset, (void *)bytes,
					   sizeof(bytes)));
	KUNIT_ASSERT_EQ(test, m->issued, ARRAY_SIZE(vals));
	for (int n = 0; n < ARRAY_SIZE(vals); n++) {
		KUNIT_EXPECT_EQ(test, m->log[n].val, vals[n]);
		model_reset(m, 0, offset);
		KUNIT_EXPECT_EQ(test, 0, call_load(m, offset, &val, 1 << n));
		KUNIT_EXPECT_EQ(test, val, vals[n]);
		offset += 1 << n;
	}
	KUNIT_EXPECT_MEMEQ(test, m->mem + 1, bytes, sizeof(bytes));
	model_reset(m, 0, 1);
	KUNIT_EXPECT_EQ(test, 0, call_fromio(m, 1, buf, sizeof(buf)));
	KUNIT_EXPECT_MEMEQ(test, buf, bytes, sizeof(bytes));
}

/*
 * Copies that fail: of each kind, at each position
 */

static const struct copy long_copies[] = {
	{ &op_fromio,	false,	0,	128,	4075,	3,	45 },
	{ &op_fromio,	true,	0,	128,	1,	0,	45 },
	{ &op_fromio,	false,	CFG,	128,	3,	1,	30 },
	{ &op_toio,	false,	0,	64,	4003,	3,	245 },
	{ &op_toio,	false,	0,	64,	4003,	0,	245 },
	{ &op_toio,	false,	CFG,	128,	1,	2,	30 },
	{ &op_toio,	true,	CFG,	128,	1,	2,	30 },
	{ &op_memset,	false,	0,	64,	4003,	0,	245 },
	{ &op_memset,	false,	CFG,	128,	1,	0,	30 },
};

KUNIT_ARRAY_PARAM(long_copy, long_copies, copy_desc);

/* Number of instructions of the copy when nothing goes wrong */
static unsigned int copy_insns(struct kunit *test, const struct copy *c, u8 *buf)
{
	struct model *m = test->priv;

	model_set_type(m, c->ism, c->maxstbl);
	copy_prepare(m, c, buf);
	KUNIT_ASSERT_EQ(test, 0, c->op->call(m, c->offset, buf, c->len));
	KUNIT_ASSERT_LE(test, m->issued, ARRAY_SIZE(m->log));
	KUNIT_ASSERT_GT(test, m->issued, 4);
	return m->issued;
}

static void copy_error_at(struct kunit *test, const struct copy *c, u8 *buf,
			  unsigned int at, int error)
{
	struct model *m = test->priv;

	copy_prepare(m, c, buf);
	m->fail_at = at;
	m->fail_rc = error;
	KUNIT_EXPECT_EQ_MSG(test, c->op->call(m, c->offset, buf, c->len), error,
			    "instruction %u", at);
	KUNIT_EXPECT_EQ(test, m->issued, at);
	KUNIT_EXPECT_EQ(test, m->done, m->next - c->offset);
	expect_copied(test, c, buf, m->done);
}

static void copy_error(struct kunit *test)
{
	const struct copy *c = test->param_value;
	struct model *m = test->priv;
	u8 *buf = m->area + c->align;
	unsigned int n = copy_insns(test, c, buf);

	for (unsigned int at = 1; at <= n; at++) {
		copy_error_at(test, c, buf, at, -EIO);
		copy_error_at(test, c, buf, at, -ENXIO);
	}
}

/*
 * The function is disabled, or reset and enabled again, during the copy: the
 * next instruction ends with cc 3
 */
static void copy_stale_handle(struct kunit *test)
{
	const struct copy *c = test->param_value;
	struct model *m = test->priv;
	u8 *buf = m->area + c->align;
	unsigned int n = copy_insns(test, c, buf);

	for (unsigned int at = 1; at < n; at++) {
		copy_prepare(m, c, buf);
		m->new_fh_at = at;
		m->new_fh = at % 2 ? FH + 1 : FH & ~FH_ENABLED;
		KUNIT_EXPECT_EQ(test, -EIO,
				c->op->call(m, c->offset, buf, c->len));
		KUNIT_EXPECT_EQ(test, m->issued, at + 1);
		KUNIT_EXPECT_EQ(test, m->done, m->next - c->offset);
		expect_copied(test, c, buf, m->done);
	}
}

static void copy_with_irqs_off(struct kunit *test)
{
	const struct copy *c = test->param_value;
	struct model *m = test->priv;
	u8 *buf = m->area + c->align;
	unsigned long flags;
	int rc;

	model_set_type(m, c->ism, c->maxstbl);
	copy_prepare(m, c, buf);
	local_irq_save(flags);
	rc = c->op->call(m, c->offset, buf, c->len);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, rc, 0);
	expect_copied(test, c, buf, c->len);
}

/*
 * Sweeps over offsets, lengths and alignments
 */

struct sweep {
	const char *name;
	const struct op *op;
	bool ism;
	u8 pcias;
	u16 maxstbl;
};

static const struct sweep sweeps[] = {
	{ "load",		&op_fromio,	false,	0,	128 },
	{ "load ISM",		&op_fromio,	true,	0,	128 },
	{ "load config",	&op_fromio,	false,	CFG,	128 },
	{ "store config",	&op_toio,	false,	CFG,	128 },
	{ "store config ISM",	&op_toio,	true,	CFG,	4096 },
	{ "store strict 16",	&op_toio,	false,	0,	16 },
	{ "store strict 64",	&op_toio,	false,	0,	64 },
	{ "store strict 128",	&op_toio,	false,	0,	128 },
	{ "store strict 1024",	&op_toio,	false,	0,	1024 },
	{ "store strict 4096",	&op_toio,	false,	0,	4096 },
	{ "fill strict 64",	&op_memset,	false,	0,	64 },
	{ "fill strict 4096",	&op_memset,	false,	0,	4096 },
	{ "fill config",	&op_memset,	false,	CFG,	128 },
};

static void sweep_desc(const struct sweep *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sweep, sweeps, sweep_desc);

/*
 * All offsets modulo 8: far from a 4 KiB boundary, just before one, and with
 * one in the middle of the range
 */
static const u16 sweep_offsets[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8,
	3960, 3961, 3831,
	4079, 4080, 4087, 4088, 4089, 4090, 4091, 4092, 4093, 4094, 4095,
};

/* All bytes of the range, and no others, are copied in ascending order */
static void sweep_one(struct kunit *test, const struct sweep *s, u64 offset,
		      u8 *buf, size_t len)
{
	struct model *m = test->priv;
	u8 *mem = m->mem + offset;
	bool ok;

	model_reset(m, s->pcias, offset);
	poison(m, buf, len);
	if (!s->op->loads)
		memcpy(buf, m->data + len % 64, len);
	ok = !s->op->call(m, offset, buf, len) && m->next == offset + len;
	if (!s->op->has_buf)
		ok &= !memchr_inv(mem, FILL & 0xff, len);
	else
		ok &= !memcmp(buf, mem, len);
	ok &= is_poison(m, buf - POISON_LEN, buf);
	ok &= is_poison(m, buf + len, buf + len + POISON_LEN);
	if (!ok)
		KUNIT_FAIL_AND_ABORT(test, "offset 0x%llx buffer at 0x%lx len %zu",
				     offset, buf - m->area, len);
}

static void sweep_data(struct kunit *test)
{
	const struct sweep *s = test->param_value;
	struct model *m = test->priv;
	u64 size = space_size(s->pcias);

	model_set_type(m, s->ism, s->maxstbl);
	for (int n = 0; n < ARRAY_SIZE(sweep_offsets); n++) {
		u64 offset = sweep_offsets[n];

		for (size_t len = 1; len <= 80 && offset + len <= size; len++) {
			for (int align = 0; align < 8; align++)
				sweep_one(test, s, offset, m->area + align, len);
			sweep_one(test, s, offset, m->area + MEM_SIZE - len, len);
		}
		cond_resched();
	}
}

/*
 * The fewest instructions
 */

#define SWEEP_ALL	600
#define SWEEP_END	8300
#define SWEEP_STEP	191

/* What a single instruction can move, given what the library may know */
struct pieces {
	unsigned int reg;	/* longest register, a power of 2 */
	unsigned int align;	/* of a block's offset and length */
	unsigned int least;	/* shortest block */
	unsigned int most;	/* longest block */
};

static struct pieces pieces_of(const struct sweep *s, bool staged)
{
	struct pieces p = { .reg = s->pcias == CFG ? 4 : 8, .align = 8,
			    .least = 16, .most = s->maxstbl };

	if (s->op == &op_fromio || s->pcias == CFG)
		p.most = 0;
	if ((staged || s->op == &op_memset) && p.most > ZPCI_STAGE_SIZE)
		p.most = ZPCI_STAGE_SIZE;
	return p;
}

/*
 * Sets fewest[n] to the least number of instructions that can move n bytes,
 * starting at @offset. This tries every possible last instruction: each one
 * costs 1 plus the least number for the bytes before it.
 */
static void find_fewest(const struct pieces *p, u64 offset, u16 *fewest,
			size_t len)
{
	fewest[0] = 0;
	for (size_t n = 1; n <= len; n++) {
		u64 end = offset + n, page = (end - 1) / SZ_4K * SZ_4K;
		u64 begin = max3(offset, page, end - min(end, p->most));
		u16 best = U16_MAX - 1;

		for (unsigned int reg = 1; reg <= p->reg && reg <= n; reg *= 2)
			if (end % reg == 0)
				best = min(best, fewest[n - reg]);
		if (end % p->align)
			begin = end;
		for (size_t before = roundup(begin, p->align) - offset;
		     before + p->least <= n; before += p->align)
			best = min(best, fewest[before]);
		fewest[n] = best + 1;
	}
}

static void sweep_count(struct kunit *test, const struct sweep *s, u64 offset,
			unsigned int align, const u16 *fewest, size_t end)
{
	struct model *m = test->priv;
	size_t len;
	int rc;

	for (len = 1; len <= end; len += len < SWEEP_ALL ? 1 : SWEEP_STEP) {
		model_reset(m, s->pcias, offset);
		rc = s->op->call(m, offset, m->area + align, len);
		if (!rc && m->issued == fewest[len] && m->next == offset + len)
			continue;
		KUNIT_FAIL_AND_ABORT(test, "offset 0x%llx align %u len %zu: rc %d, %u, fewest %u",
				     offset, align, len, rc, m->issued,
				     fewest[len]);
	}
	cond_resched();
}

/* All buffer alignments for one offset, or one if alignment cannot matter */
static void sweep_alignments(struct kunit *test, const struct sweep *s,
			     u64 offset, u16 *fewest[2])
{
	size_t end = min(SWEEP_END, space_size(s->pcias) - offset);
	bool blocks = s->op == &op_toio && s->pcias != CFG;

	for (int staged = 0; staged <= blocks; staged++) {
		struct pieces p = pieces_of(s, staged);

		find_fewest(&p, offset, fewest[staged], end);
	}
	for (int n = 0; n < (blocks ? 8 : 1); n++)
		sweep_count(test, s, offset, (offset + n) % 8,
			    fewest[blocks && n], end);
}

static void sweep_fewest(struct kunit *test)
{
	const struct sweep *s = test->param_value;
	struct model *m = test->priv;
	u16 *fewest[2];

	fewest[0] = test_vmalloc(test, (SWEEP_END + 1) * sizeof(u16));
	fewest[1] = test_vmalloc(test, (SWEEP_END + 1) * sizeof(u16));
	model_set_type(m, s->ism, s->maxstbl);
	for (int n = 0; n < ARRAY_SIZE(sweep_offsets); n++)
		sweep_alignments(test, s, sweep_offsets[n], fewest);
}

static struct kunit_case zpci_fh_cases[] = {
	KUNIT_CASE_PARAM(load_all_lengths, space_gen_params),
	KUNIT_CASE_PARAM(store_all_lengths, space_gen_params),
	KUNIT_CASE_PARAM(store_block_all_limits, space_gen_params),
	KUNIT_CASE(single_error),
	KUNIT_CASE_PARAM(bad_input, bad_gen_params),
	KUNIT_CASE(disabled),
	KUNIT_CASE(zero_length),
	KUNIT_CASE(byte_order),
	KUNIT_CASE_PARAM(copy_sequence, copy_gen_params),
	KUNIT_CASE_PARAM(copy_error, long_copy_gen_params),
	KUNIT_CASE_PARAM(copy_stale_handle, long_copy_gen_params),
	KUNIT_CASE_PARAM(copy_with_irqs_off, long_copy_gen_params),
	KUNIT_CASE_PARAM(sweep_data, sweep_gen_params),
	KUNIT_CASE_PARAM_ATTR(sweep_fewest, sweep_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite zpci_fh_suite = {
	.name = "zpci_fh",
	.init = zpci_fh_init,
	.test_cases = zpci_fh_cases,
};

kunit_test_suite(zpci_fh_suite);

MODULE_DESCRIPTION("KUnit tests for PCI load and store by function handle");
MODULE_LICENSE("GPL");
