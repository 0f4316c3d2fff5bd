// SPDX-License-Identifier: GPL-2.0
/*
 * PCI load and store by function handle
 */

#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#include <linux/wordpart.h>
#include <asm/asm-extable.h>
#include <asm/pci_clp.h>
#include <asm/pci_debug.h>
#include <asm/pci_fh.h>
#include <asm/pci_insn.h>
#include <asm/pci_io.h>

#include "pci_fh_insn.h"

/**
 * DOC: Function handle I/O
 *
 * A PCI function of s390 is reached by two families of instructions. The
 * classic ones, PCILG (load), PCISTG (store) and PCISTB (store block), name
 * it by its function handle, an address space (pcias: BAR 0 to 5, or 15 for
 * config space) and an offset. The newer memory I/O (MIO) ones take a virtual
 * address; ioread(), iowrite() and their kin become those as soon as the
 * machine has them. Some functions, like Internal Shared Memory (ISM),
 * understand only the classic family, and for ISM it matters which
 * instruction carries which bytes. Code for such a function calls zpci_fh_*().
 *
 * zpci_fh_load(), zpci_fh_store() and zpci_fh_store_block() issue exactly one
 * instruction or refuse. zpci_fh_memcpy_fromio(), zpci_fh_memcpy_toio() and
 * zpci_fh_memset_io() take any range and split it into the fewest
 * instructions that are legal:
 *
 * - PCILG and PCISTG move 1, 2, 4 or 8 bytes, naturally aligned; in config
 *   space 1, 2 or 4.
 * - PCISTB moves a multiple of 8 bytes, at least 16 and at most the
 *   function's maximum store block size (maxstbl), from a doubleword aligned
 *   address to a doubleword aligned offset, and does not cross a 4 KiB
 *   boundary of the offset. There is none in config space.
 * - The BARs of an ISM function have relaxed rules for PCISTB: any length up
 *   to maxstbl and any alignment, only the 4 KiB boundary stays. They take no
 *   PCISTG at all.
 *
 * A memory buffer keeps the order of its bytes. A register value has the
 * bytes right-aligned and in big-endian order, as the instruction gives it.
 *
 * All functions can be called in any context, also with interrupts disabled.
 * They allocate nothing and do not sleep. A function that answers busy (cc 2)
 * is asked again, with a delay of 1 us, for as long as it takes. The caller
 * keeps the function from going away. The handle is read anew for every
 * instruction; one that is stale earns an error, never an access to some
 * other function.
 */

/*
 * What a store may be made of. The 8-byte rules are those of commit
 * 80df7d6af7f6 ("s390/pci: fix max size calculation in zpci_memcpy_toio()").
 */
struct zpci_fh_rule {
	u16 reg_max;	/* longest PCILG or PCISTG, 0 if there is none */
	u16 block_min;	/* shortest PCISTB, longer than any PCISTG */
	u16 block_max;	/* longest PCISTB, 0 if there is none */
	u16 align;	/* of a PCISTB's length, offset and source */
};

/* Where an instruction that fails puts the status in its request */
#define ZPCI_FH_REQ_STATUS	GENMASK_ULL(31, 24)

/* For s390dbf, as __zpci_load() records it */
static void zpci_fh_record_load(u8 cc, u64 req, u64 offset)
{
	struct {
		u8 insn;
		u8 cc;
		u8 status;
		u64 req;
		u64 offset;
	} __packed record = {
		.insn = 'l', .cc = cc, .req = req, .offset = offset,
		.status = FIELD_GET(ZPCI_FH_REQ_STATUS, req),
	};

	zpci_err_hex(&record, sizeof(record));
}

/* @req: as the instruction left it, with the status */
static noinline int zpci_fh_load_failed(u64 *val, u64 req, u64 offset, int cc)
{
	if (cc == ZPCI_CC_BUSY)
		return __zpci_load(val, req & ~ZPCI_FH_REQ_STATUS, offset);
	zpci_fh_record_load(cc, req, offset);
	return cc > 0 ? -EIO : cc;
}

/*
 * The leaves: one instruction each. Everything above them is arithmetic, so
 * these are all that a test has to replace.
 *
 * PCILG moves 8 bytes at most, and __zpci_load() takes some 40 instructions
 * for one. Here it is in line; a busy function is left to __zpci_load(). @val
 * may have any alignment.
 */
static __always_inline int zpci_fh_pcilg(u64 *val, u64 req, u64 offset)
{
	union register_pair req_off = { .even = req, .odd = offset };
	int cc = -ENXIO;
	u64 data;

	KUNIT_STATIC_STUB_REDIRECT(zpci_fh_insn_load, val, req, offset);
	asm volatile("	.insn	rre,0xb9d20000,%[data],%[req_off]\n"
		     "0:	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     "1:\n"
		     EX_TABLE(0b, 1b)
		     : [cc] "+&d" (cc), [data] "=&d" (data),
		       [req_off] "+&d" (req_off.pair)
		     :
		     : "cc", "memory");
	if (unlikely(cc))
		return zpci_fh_load_failed(val, req_off.even, offset, cc);
	put_unaligned(data, val);
	return 0;
}

VISIBLE_IF_KUNIT int zpci_fh_insn_load(u64 *val, u64 req, u64 offset)
{
	return zpci_fh_pcilg(val, req, offset);
}
EXPORT_SYMBOL_IF_KUNIT(zpci_fh_insn_load);

VISIBLE_IF_KUNIT int zpci_fh_insn_store(u64 val, u64 req, u64 offset)
{
	KUNIT_STATIC_STUB_REDIRECT(zpci_fh_insn_store, val, req, offset);
	return __zpci_store(val, req, offset);
}
EXPORT_SYMBOL_IF_KUNIT(zpci_fh_insn_store);

VISIBLE_IF_KUNIT int zpci_fh_insn_store_block(const void *src, u64 req,
					      u64 offset)
{
	KUNIT_STATIC_STUB_REDIRECT(zpci_fh_insn_store_block, src, req, offset);
	return __zpci_store_block(src, req, offset);
}
EXPORT_SYMBOL_IF_KUNIT(zpci_fh_insn_store_block);

static u64 zpci_fh_req(struct zpci_dev *zdev, u8 pcias, size_t len)
{
	return ZPCI_CREATE_REQ(READ_ONCE(zdev->fh), pcias, len);
}

static u64 zpci_fh_space_size(struct zpci_dev *zdev, u8 pcias)
{
	if (pcias == ZPCI_PCIAS_CFGSPC)
		return PCI_CFG_SPACE_EXP_SIZE;
	if (pcias >= PCI_STD_NUM_BARS || !zdev->bars[pcias].size)
		return 0;
	return BIT_ULL(zdev->bars[pcias].size);
}

/*
 * No instruction is issued for a range that the function does not have, or on
 * a disabled handle, which the machine would answer with cc 3.
 */
static int zpci_fh_check(struct zpci_dev *zdev, u8 pcias, u64 offset,
			 const void *buf, size_t len)
{
	u64 size = zpci_fh_space_size(zdev, pcias);

	if (!buf || offset > size || len > size - offset)
		return -EINVAL;
	if (!zdev_enabled(zdev))
		return -EIO;
	return 0;
}

static size_t zpci_fh_reg_max(u8 pcias)
{
	return pcias == ZPCI_PCIAS_CFGSPC ? 4 : 8;
}

/* @block_limit: the most that the caller can hand to one PCISTB */
static struct zpci_fh_rule zpci_fh_store_rule(struct zpci_dev *zdev, u8 pcias,
					      size_t block_limit)
{
	size_t max = min3(block_limit, zdev->maxstbl, ZPCI_BOUNDARY_SIZE);

	if (pcias == ZPCI_PCIAS_CFGSPC)
		return (struct zpci_fh_rule){ .reg_max = 4, .block_min = 8,
					      .align = 8 };
	if (zdev->pft == PCI_FUNC_TYPE_ISM)
		return (struct zpci_fh_rule){ .block_min = 1, .block_max = max,
					      .align = 1 };
	return (struct zpci_fh_rule){ .reg_max = 8, .block_min = 16,
				      .block_max = max, .align = 8 };
}

/* The longest PCILG or PCISTG at @offset, 0 if there is none */
static size_t zpci_fh_plan_reg(u64 offset, size_t len, size_t reg_max)
{
	if (!reg_max)
		return 0;
	return min(BIT_ULL(__ffs(offset | reg_max)), rounddown_pow_of_two(len));
}

/*
 * The longest store at @offset, 0 if there is none; one longer than
 * @rule->reg_max is a PCISTB. Always taking the longest gives the fewest: the
 * 4 KiB boundary cuts a range into parts that no instruction spans, and in
 * each of them the pieces differ only in where the one short block lies.
 */
static size_t zpci_fh_plan_store(const struct zpci_fh_rule *rule, u64 offset,
				 size_t len)
{
	size_t block = min3(len, rule->block_max,
			    ZPCI_BOUNDARY_SIZE - (offset & ZPCI_BOUNDARY_MASK));

	block = round_down(block, rule->align);
	if (IS_ALIGNED(offset, rule->align) && block >= rule->block_min)
		return block;
	return zpci_fh_plan_reg(offset, len, rule->reg_max);
}

static u64 zpci_fh_get_reg(const void *src, size_t len)
{
	switch (len) {
	case 1:
		return *(const u8 *)src;
	case 2:
		return get_unaligned_be16(src);
	case 4:
		return get_unaligned_be32(src);
	default:
		return get_unaligned_be64(src);
	}
}

static void zpci_fh_put_reg(void *dst, u64 val, size_t len)
{
	switch (len) {
	case 1:
		*(u8 *)dst = val;
		break;
	case 2:
		put_unaligned_be16(val, dst);
		break;
	case 4:
		put_unaligned_be32(val, dst);
		break;
	default:
		put_unaligned_be64(val, dst);
	}
}

/* One load of a length that zpci_fh_plan_reg() gave */
static int zpci_fh_get(struct zpci_dev *zdev, u8 pcias, u64 offset, void *dst,
		       size_t len)
{
	u64 val;
	int rc;

	rc = zpci_fh_insn_load(&val, zpci_fh_req(zdev, pcias, len), offset);
	if (!rc)
		zpci_fh_put_reg(dst, val, len);
	return rc;
}

/* What a long copy consists of: on its own, for the compiler to use registers */
static noinline int zpci_fh_get_doublewords(struct zpci_dev *zdev, u8 pcias,
					    u64 offset, void *dst, size_t len)
{
	u64 req = zpci_fh_req(zdev, pcias, 8), end = offset + len;
	int rc;

	for (; offset < end; offset += 8, dst += 8) {
		req = (u64)READ_ONCE(zdev->fh) << 32 | lower_32_bits(req);
		rc = zpci_fh_pcilg(dst, req, offset);
		if (rc)
			return rc;
	}
	return 0;
}

/* One store of a length that zpci_fh_plan_store() gave, 0 included */
static int zpci_fh_put(struct zpci_dev *zdev, u8 pcias, u64 offset,
		       const void *src, size_t len, size_t reg_max)
{
	u64 req = zpci_fh_req(zdev, pcias, len);

	if (!len)
		return -EINVAL;
	if (len > reg_max)
		return zpci_fh_insn_store_block(src, req, offset);
	return zpci_fh_insn_store(zpci_fh_get_reg(src, len), req, offset);
}

/**
 * zpci_fh_load() - Load a register from a PCI function with one PCILG
 * @zdev: the function
 * @pcias: address space, 0 to 5 for a BAR or %ZPCI_PCIAS_CFGSPC
 * @offset: in the address space, in bytes; a multiple of @len
 * @val: where the value goes, right-aligned
 * @len: in bytes; 1, 2, 4 or, but for config space, 8
 *
 * Context: Any context.
 * Return: 0; -EINVAL if this can not be one legal PCILG, and none was issued;
 * -EIO if the function is disabled, and none was issued, or if it answered
 * with an error (cc 1) or does not know the handle (cc 3); -ENXIO if the
 * instruction ended with a program exception. @val is written only on
 * success.
 */
int zpci_fh_load(struct zpci_dev *zdev, u8 pcias, u64 offset, u64 *val,
		 size_t len)
{
	int rc;

	if (!len || zpci_fh_plan_reg(offset, len, zpci_fh_reg_max(pcias)) != len)
		return -EINVAL;
	rc = zpci_fh_check(zdev, pcias, offset, val, len);
	if (rc)
		return rc;
	return zpci_fh_insn_load(val, zpci_fh_req(zdev, pcias, len), offset);
}
EXPORT_SYMBOL_GPL(zpci_fh_load);

/**
 * zpci_fh_store() - Store a register to a PCI function with one PCISTG
 * @zdev: the function
 * @pcias: address space, 0 to 5 for a BAR or %ZPCI_PCIAS_CFGSPC
 * @offset: in the address space, in bytes; a multiple of @len
 * @val: the value, right-aligned; bits to the left of it are ignored
 * @len: in bytes; 1, 2, 4 or, but for config space, 8
 *
 * Context: Any context.
 * Return: 0; -EINVAL if this can not be one legal PCISTG, as on a BAR of an
 * ISM function, and none was issued; -EIO if the function is disabled, and
 * none was issued, or if it answered with an error (cc 1) or does not know
 * the handle (cc 3); -ENXIO if the instruction ended with a program
 * exception. The function has taken the value only on success.
 */
int zpci_fh_store(struct zpci_dev *zdev, u8 pcias, u64 offset, u64 val,
		  size_t len)
{
	struct zpci_fh_rule rule = zpci_fh_store_rule(zdev, pcias, 0);
	int rc;

	if (!len || zpci_fh_plan_reg(offset, len, rule.reg_max) != len)
		return -EINVAL;
	rc = zpci_fh_check(zdev, pcias, offset, &val, len);
	if (rc)
		return rc;
	return zpci_fh_insn_store(val, zpci_fh_req(zdev, pcias, len), offset);
}
EXPORT_SYMBOL_GPL(zpci_fh_store);

/**
 * zpci_fh_store_block() - Store a block to a PCI function with one PCISTB
 * @zdev: the function
 * @pcias: address space, 0 to 5 for a BAR
 * @offset: in the address space, in bytes
 * @src: the block
 * @len: in bytes
 *
 * @len is at most the function's maximum store block size, and the block does
 * not cross a 4 KiB boundary of @offset. Unless the function is an ISM, @len
 * is also greater than 8, and @len, @offset and @src are multiples of 8. A
 * block is never split, as it may mean something to the function as a whole.
 *
 * Context: Any context.
 * Return: 0; -EINVAL if this can not be one legal PCISTB, and none was issued;
 * -EIO if the function is disabled, and none was issued, or if it answered
 * with an error (cc 1) or does not know the handle (cc 3); -ENXIO if the
 * instruction ended with a program exception. The function has taken the
 * block only on success.
 */
int zpci_fh_store_block(struct zpci_dev *zdev, u8 pcias, u64 offset,
			const void *src, size_t len)
{
	bool relaxed = zdev->pft == PCI_FUNC_TYPE_ISM;
	int rc;

	if (!len || len > zdev->maxstbl || pcias == ZPCI_PCIAS_CFGSPC ||
	    (offset & ZPCI_BOUNDARY_MASK) + len > ZPCI_BOUNDARY_SIZE)
		return -EINVAL;
	if (!relaxed && (len <= 8 || !IS_ALIGNED(len | offset | (u64)src, 8)))
		return -EINVAL;
	rc = zpci_fh_check(zdev, pcias, offset, src, len);
	if (rc)
		return rc;
	return zpci_fh_insn_store_block(src, zpci_fh_req(zdev, pcias, len),
					offset);
}
EXPORT_SYMBOL_GPL(zpci_fh_store_block);

/**
 * zpci_fh_memcpy_fromio() - Copy from a PCI function to memory
 * @zdev: the function
 * @pcias: address space, 0 to 5 for a BAR or %ZPCI_PCIAS_CFGSPC
 * @offset: in the address space, in bytes; of any alignment
 * @dst: where the bytes go, of any alignment
 * @len: in bytes; with 0 nothing is done, whatever the other arguments
 *
 * Loads are issued in ascending order, the fewest that are legal: one per
 * doubleword that lies in the range as a whole, and one, two or three at each
 * end that is not aligned.
 *
 * Context: Any context.
 * Return: 0; -EINVAL for a range that the function does not have, and nothing
 * was issued; -EIO if the function is disabled, and nothing was issued, or if
 * it answered a load with an error (cc 1) or does not know the handle (cc 3);
 * -ENXIO if a load ended with a program exception. The first error ends the
 * copy: the bytes before it are in @dst, those from it on are not touched.
 */
int zpci_fh_memcpy_fromio(struct zpci_dev *zdev, u8 pcias, u64 offset,
			  void *dst, size_t len)
{
	size_t reg_max = zpci_fh_reg_max(pcias), n;
	int rc;

	if (!len)
		return 0;
	rc = zpci_fh_check(zdev, pcias, offset, dst, len);
	for (; !rc && len; offset += n, dst += n, len -= n) {
		n = IS_ALIGNED(offset, 8) ? round_down(len, 8) : 0;
		if (n && reg_max == 8) {
			rc = zpci_fh_get_doublewords(zdev, pcias, offset, dst, n);
			continue;
		}
		n = zpci_fh_plan_reg(offset, len, reg_max);
		rc = zpci_fh_get(zdev, pcias, offset, dst, n);
	}
	return rc;
}
EXPORT_SYMBOL_GPL(zpci_fh_memcpy_fromio);

/**
 * zpci_fh_memcpy_toio() - Copy from memory to a PCI function
 * @zdev: the function
 * @pcias: address space, 0 to 5 for a BAR or %ZPCI_PCIAS_CFGSPC
 * @offset: in the address space, in bytes; of any alignment
 * @src: the bytes, of any alignment
 * @len: in bytes; with 0 nothing is done, whatever the other arguments
 *
 * Stores are issued in ascending order, the fewest that are legal. Where the
 * rules want an aligned source and @src is not, when @offset is, the blocks
 * go through a buffer on the stack and are no longer than it.
 *
 * Context: Any context.
 * Return: 0; -EINVAL for a range that the function does not have, or to which
 * it takes no store, and nothing was issued; -EIO if the function is disabled,
 * and nothing was issued, or if it answered a store with an error (cc 1) or
 * does not know the handle (cc 3); -ENXIO if a store ended with a program
 * exception. The first error ends the copy: the function has taken the bytes
 * before it, and none from it on.
 */
int zpci_fh_memcpy_toio(struct zpci_dev *zdev, u8 pcias, u64 offset,
			const void *src, size_t len)
{
	u8 stage[ZPCI_FH_STAGE_SIZE] __aligned(8);
	struct zpci_fh_rule rule;
	size_t n;
	bool staged;
	int rc;

	if (!len)
		return 0;
	rc = zpci_fh_check(zdev, pcias, offset, src, len);
	rule = zpci_fh_store_rule(zdev, pcias, len);
	staged = !IS_ALIGNED((unsigned long)src - offset, rule.align);
	if (staged)
		rule = zpci_fh_store_rule(zdev, pcias, sizeof(stage));
	for (; !rc && len; offset += n, src += n, len -= n) {
		n = zpci_fh_plan_store(&rule, offset, len);
		rc = zpci_fh_put(zdev, pcias, offset,
				 staged ? memcpy(stage, src, n) : src, n,
				 rule.reg_max);
	}
	return rc;
}
EXPORT_SYMBOL_GPL(zpci_fh_memcpy_toio);

/**
 * zpci_fh_memset_io() - Fill a range of a PCI function with one byte value
 * @zdev: the function
 * @pcias: address space, 0 to 5 for a BAR or %ZPCI_PCIAS_CFGSPC
 * @offset: in the address space, in bytes; of any alignment
 * @c: the value, of which the rightmost byte counts
 * @len: in bytes; with 0 nothing is done, whatever the other arguments
 *
 * As zpci_fh_memcpy_toio() from a buffer on the stack.
 *
 * Context: Any context.
 * Return: As zpci_fh_memcpy_toio().
 */
int zpci_fh_memset_io(struct zpci_dev *zdev, u8 pcias, u64 offset, int c,
		      size_t len)
{
	u8 stage[ZPCI_FH_STAGE_SIZE] __aligned(8);
	struct zpci_fh_rule rule = zpci_fh_store_rule(zdev, pcias, sizeof(stage));
	size_t n;
	int rc;

	if (!len)
		return 0;
	memset(stage, c, sizeof(stage));
	rc = zpci_fh_check(zdev, pcias, offset, stage, len);
	for (; !rc && len; offset += n, len -= n) {
		n = zpci_fh_plan_store(&rule, offset, len);
		rc = zpci_fh_put(zdev, pcias, offset, stage, n, rule.reg_max);
	}
	return rc;
}
EXPORT_SYMBOL_GPL(zpci_fh_memset_io);
