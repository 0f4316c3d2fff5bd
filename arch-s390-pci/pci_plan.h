/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How to split a range into PCI loads and stores. All of that depends only on the
 * address in the PCI function, the length and the limits; the instructions are
 * those of the caller.
 */
#ifndef _S390_PCI_PLAN_H
#define _S390_PCI_PLAN_H

#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/compiler_attributes.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#include <asm/pci_io.h>

/* Size of the stack buffer for misaligned sources and for the memset pattern */
#define ZPCI_STAGE_SIZE	256

/* Issues one store: from a register if @len is at most 8, otherwise of a block */
typedef int (*zpci_put_fn)(u64 req, u64 io, const void *src, size_t len);

/* The longest load to, or store from, a register at @io */
static inline size_t zpci_plan_reg(u64 io, size_t len, size_t reg_max)
{
	return min(BIT_ULL(__ffs(io | reg_max)), rounddown_pow_of_two(len));
}

/*
 * The longest store at @io; one of more than 8 bytes is a store block. Always
 * taking the longest one results in the fewest instructions: the 4 KiB boundaries
 * split a range into parts, no instruction spans two of them, and within a part
 * the only choice is where to put the one short block. The 8-byte rules are those
 * of commit 80df7d6af7f6 ("s390/pci: fix max size calculation in
 * zpci_memcpy_toio()").
 */
static inline size_t zpci_plan_store(u64 io, size_t len, size_t reg_max,
				     size_t block_max)
{
	size_t block = min3(len, block_max,
			    ZPCI_BOUNDARY_SIZE - (io & ZPCI_BOUNDARY_MASK));

	block = round_down(block, 8);
	if (IS_ALIGNED(io, 8) && block > 8)
		return block;
	return zpci_plan_reg(io, len, reg_max);
}

/* The value of a register from its bytes in memory */
static inline u64 zpci_get_reg(const void *src, size_t len)
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

static inline void zpci_put_reg(void *dst, u64 val, size_t len)
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

/* @done receives the number of bytes that were copied before the first error */
static __always_inline int zpci_copy_toio(zpci_put_fn put, u64 req, u64 io,
					  const void *src, size_t len,
					  size_t reg_max, size_t block_max,
					  size_t *done)
{
	u8 stage[ZPCI_STAGE_SIZE] __aligned(8) __uninitialized;
	bool staged = !IS_ALIGNED((unsigned long)src - io, 8);
	size_t n;
	int rc;

	if (staged)
		block_max = min(block_max, sizeof(stage));
	for (*done = 0; *done < len; *done += n, src += n) {
		n = zpci_plan_store(io + *done, len - *done, reg_max, block_max);
		rc = put(req, io + *done, staged ? memcpy(stage, src, n) : src, n);
		if (rc)
			return rc;
	}
	return 0;
}

/* The same with the byte @c instead of a source */
static __always_inline int zpci_fill_io(zpci_put_fn put, u64 req, u64 io, int c,
					size_t len, size_t reg_max,
					size_t block_max, size_t *done)
{
	u8 stage[ZPCI_STAGE_SIZE] __aligned(8) __uninitialized;
	size_t n;
	int rc;

	memset(stage, c, sizeof(stage));
	block_max = min(block_max, sizeof(stage));
	for (*done = 0; *done < len; *done += n) {
		n = zpci_plan_store(io + *done, len - *done, reg_max, block_max);
		rc = put(req, io + *done, stage, n);
		if (rc)
			return rc;
	}
	return 0;
}

#endif /* _S390_PCI_PLAN_H */
