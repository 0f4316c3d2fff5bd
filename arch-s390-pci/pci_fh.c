// SPDX-License-Identifier: GPL-2.0
/*
 * PCI load and store by function handle
 */

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/pci.h>
#include <linux/types.h>
#include <asm/pci_fh.h>
#include <asm/pci_insn.h>
#include <asm/pci_io.h>

#include "pci_plan.h"

/**
 * DOC: Function handle I/O
 *
 * s390 has two families of instructions that access a PCI function. The
 * classic ones, PCILG (load), PCISTG (store) and PCISTB (store block), address
 * it by its function handle, an address space (pcias: BAR 0 to 5, or 15 for
 * config space) and an offset. The newer memory I/O (MIO) instructions take a
 * virtual address; ioread() and iowrite() use them if the machine has them.
 * Some functions, such as Internal Shared Memory (ISM), support only the
 * classic family. For an ISM it also matters which instruction carries which
 * bytes. Drivers for such functions use zpci_fh_*().
 *
 * zpci_fh_load(), zpci_fh_store() and zpci_fh_store_block() issue exactly one
 * instruction. They refuse blocks that no function accepts, and register
 * lengths other than 1, 2, 4 and 8 bytes. Rules that depend on the function
 * are left to the machine: if an instruction breaks one, it ends with a program
 * exception (-ENXIO) and has no effect. An ISM, for example, accepts a PCISTB
 * of any length and alignment and no PCISTG, but nothing that the kernel knows
 * identifies an ISM on all machines. A hypervisor may hide its function type,
 * the relaxed alignment of its group and its maximum store block size
 * (maxstbl).
 *
 * zpci_fh_memcpy_fromio(), zpci_fh_memcpy_toio() and zpci_fh_memset_io() take
 * any range and split it into the fewest of these instructions, which every
 * ordinary function accepts:
 *
 * - PCILG and PCISTG move 1, 2, 4 or 8 bytes, naturally aligned; in config
 *   space 1, 2 or 4.
 * - PCISTB moves a multiple of 8 bytes, at least 16 and at most maxstbl, from
 *   a doubleword aligned address to a doubleword aligned offset, and does not
 *   cross a 4 KiB boundary of the offset. Config space has no PCISTB.
 *
 * PCILG and PCISTG of 3, 5, 6 and 7 bytes exist, but are not used: no
 * other code of the kernel does, and QEMU gets them wrong.
 *
 * zpci_fh_memcpy_fromio() works on an ISM as well. Stores to an ISM must use
 * zpci_fh_store_block(), one call per block.
 *
 * Memory buffers keep their byte order. Register values are right-aligned and
 * in big-endian order, as in the instruction.
 *
 * All functions can be called in any context except NMI, including with
 * interrupts disabled. They do not allocate memory or sleep. If the function
 * is busy (cc 2), the instruction is repeated after 1 us, without a limit. The
 * caller must ensure that the zPCI device is not removed. The function handle
 * is read once per call. If it changes during the call because the function is
 * disabled or reset, the next instruction fails with -EIO; it never accesses
 * another function.
 */

/* A request without the length, which goes into the rightmost bits */
static u64 zpci_fh_req(struct zpci_dev *zdev, u8 pcias)
{
	return ZPCI_CREATE_REQ(READ_ONCE(zdev->fh), pcias, 0);
}

static u64 zpci_fh_space_size(struct zpci_dev *zdev, u8 pcias)
{
	if (pcias == ZPCI_PCIAS_CFGSPC)
		return PCI_CFG_SPACE_EXP_SIZE;
	if (pcias >= PCI_STD_NUM_BARS || !zdev->bars[pcias].size)
		return 0;
	return BIT_ULL(zdev->bars[pcias].size);
}

static bool zpci_fh_in_space(struct zpci_dev *zdev, u8 pcias, u64 offset,
			     size_t len)
{
	u64 size = zpci_fh_space_size(zdev, pcias);

	return offset <= size && len <= size - offset;
}

/* The longest PCILG or PCISTG */
static size_t zpci_fh_reg_max(u8 pcias)
{
	return pcias == ZPCI_PCIAS_CFGSPC ? 4 : 8;
}

/* Whether a single PCILG or PCISTG can access this range */
static bool zpci_fh_is_reg(struct zpci_dev *zdev, u8 pcias, u64 offset,
			   size_t len)
{
	return is_power_of_2(len) && len <= zpci_fh_reg_max(pcias) &&
	       IS_ALIGNED(offset, len) &&
	       zpci_fh_in_space(zdev, pcias, offset, len);
}

/* The longest PCISTB that a copy may use, 0 if there is none */
static size_t zpci_fh_block_max(struct zpci_dev *zdev, u8 pcias)
{
	return pcias == ZPCI_PCIAS_CFGSPC ? 0 : zdev->maxstbl;
}

/*
 * Load the first register of a range, or the doublewords it begins with. @done
 * receives the number of bytes that were loaded.
 */
static int zpci_fh_get(u64 req, u64 offset, void *dst, size_t len,
		       size_t reg_max, size_t *done)
{
	size_t n = zpci_plan_reg(offset, len, reg_max);
	u64 val;
	int rc;

	if (n == 8)
		return __zpci_load_doublewords(dst, req | n, offset,
					       round_down(len, 8), done);
	rc = __zpci_load(&val, req | n, offset);
	*done = rc ? 0 : n;
	if (!rc)
		zpci_put_reg(dst, val, n);
	return rc;
}

/* One store, of a length returned by zpci_plan_store() */
static int zpci_fh_put(u64 req, u64 offset, const void *src, size_t len)
{
	if (len > 8)
		return __zpci_store_block(src, req | len, offset);
	return __zpci_store(zpci_get_reg(src, len), req | len, offset);
}

/**
 * zpci_fh_load() - Load a register from a PCI function with one PCILG
 * @zdev: the function
 * @pcias: address space, 0 to 5 for a BAR or %ZPCI_PCIAS_CFGSPC
 * @offset: in the address space, in bytes; a multiple of @len
 * @val: receives the value, right-aligned
 * @len: in bytes; 1, 2, 4 or, except in config space, 8
 *
 * Context: Any context except NMI.
 * Return: 0; -EINVAL if @len or @offset is not as above, or the register is not
 * in the address space, and no instruction was issued; -EIO if the function
 * reported an error (cc 1), or if it is disabled or its handle is stale (cc 3);
 * -ENXIO if the instruction ended with a program exception. @val is written
 * only on success.
 */
int zpci_fh_load(struct zpci_dev *zdev, u8 pcias, u64 offset, u64 *val,
		 size_t len)
{
	if (!zpci_fh_is_reg(zdev, pcias, offset, len))
		return -EINVAL;
	return __zpci_load(val, zpci_fh_req(zdev, pcias) | len, offset);
}
EXPORT_SYMBOL_GPL(zpci_fh_load);

/**
 * zpci_fh_store() - Store a register to a PCI function with one PCISTG
 * @zdev: the function
 * @pcias: address space, 0 to 5 for a BAR or %ZPCI_PCIAS_CFGSPC
 * @offset: in the address space, in bytes; a multiple of @len
 * @val: the value, right-aligned; bits to the left of @len bytes are ignored
 * @len: in bytes; 1, 2, 4 or, except in config space, 8
 *
 * Context: Any context except NMI.
 * Return: 0; -EINVAL if @len or @offset is not as above, or the register is not
 * in the address space, and no instruction was issued; -EIO if the function
 * reported an error (cc 1), or if it is disabled or its handle is stale (cc 3);
 * -ENXIO if the instruction ended with a program exception, as it does for a
 * BAR of an ISM. The function has received the value only on success.
 */
int zpci_fh_store(struct zpci_dev *zdev, u8 pcias, u64 offset, u64 val,
		  size_t len)
{
	if (!zpci_fh_is_reg(zdev, pcias, offset, len))
		return -EINVAL;
	return __zpci_store(val, zpci_fh_req(zdev, pcias) | len, offset);
}

/**
 * zpci_fh_store_block() - Store a block to a PCI function with one PCISTB
 * @zdev: the function
 * @pcias: address space, 0 to 5 for a BAR
 * @offset: in the address space, in bytes
 * @src: the block, in mapped kernel memory
 * @len: in bytes, 1 to 4096
 *
 * A block is never split, because the function may treat it as a unit. It must
 * not cross a 4 KiB boundary of @offset. Other limits depend on the function.
 * An ordinary function requires that @len, @offset and @src are multiples of 8,
 * and that @len is greater than 8. Neither this rule nor the maximum store
 * block size is checked here, see "Function handle I/O".
 *
 * Context: Any context except NMI.
 * Return: 0; -EINVAL if @len is 0, if the block crosses a 4 KiB boundary or is
 * not in the address space, or for config space, and no instruction was
 * issued; -EIO if the function reported an error (cc 1), or if it is disabled
 * or its handle is stale (cc 3); -ENXIO if the instruction ended with a program
 * exception because the function does not accept such a block. The function
 * has received the block only on success.
 */
int zpci_fh_store_block(struct zpci_dev *zdev, u8 pcias, u64 offset,
			const void *src, size_t len)
{
	if (!len || len > ZPCI_BOUNDARY_SIZE - (offset & ZPCI_BOUNDARY_MASK) ||
	    pcias == ZPCI_PCIAS_CFGSPC ||
	    !zpci_fh_in_space(zdev, pcias, offset, len))
		return -EINVAL;
	return __zpci_store_block(src, zpci_fh_req(zdev, pcias) | len, offset);
}
EXPORT_SYMBOL_GPL(zpci_fh_store_block);

/**
 * zpci_fh_memcpy_fromio() - Copy from a PCI function to memory
 * @zdev: the function
 * @pcias: address space, 0 to 5 for a BAR or %ZPCI_PCIAS_CFGSPC
 * @offset: in the address space, in bytes; of any alignment
 * @dst: destination, of any alignment
 * @len: in bytes; 0 is allowed
 * @done: receives the number of bytes that were copied
 *
 * Issues the fewest legal loads, in ascending order: one per aligned doubleword
 * of the range, and up to three at each end that is not aligned. In config
 * space, words take the place of doublewords. The copy stops at the first
 * error. The first @done bytes are then in @dst, and the rest of @dst is
 * unchanged.
 *
 * Context: Any context except NMI.
 * Return: 0; -EINVAL if the range is not in the address space, and no
 * instruction was issued; -EIO if the function reported an error for a load
 * (cc 1), or if it is disabled or its handle is stale (cc 3); -ENXIO if a load
 * ended with a program exception.
 */
int zpci_fh_memcpy_fromio(struct zpci_dev *zdev, u8 pcias, u64 offset,
			  void *dst, size_t len, size_t *done)
{
	u64 req = zpci_fh_req(zdev, pcias);
	size_t reg_max = zpci_fh_reg_max(pcias);
	size_t n;
	int rc;

	*done = 0;
	if (!zpci_fh_in_space(zdev, pcias, offset, len))
		return -EINVAL;
	while (*done < len) {
		rc = zpci_fh_get(req, offset + *done, dst + *done, len - *done,
				 reg_max, &n);
		*done += n;
		if (rc)
			return rc;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(zpci_fh_memcpy_fromio);

/**
 * zpci_fh_memcpy_toio() - Copy from memory to a PCI function
 * @zdev: the function, which is not an ISM
 * @pcias: address space, 0 to 5 for a BAR or %ZPCI_PCIAS_CFGSPC
 * @offset: in the address space, in bytes; of any alignment
 * @src: source, of any alignment
 * @len: in bytes; 0 is allowed
 * @done: receives the number of bytes that were copied
 *
 * Issues the fewest legal stores, in ascending order. If @src and @offset
 * differ modulo 8, blocks are copied through a buffer on the stack, and its
 * size limits their length. The copy stops at the first error. The function has
 * then received the first @done bytes, and nothing beyond them.
 *
 * Context: Any context except NMI.
 * Return: 0; -EINVAL if the range is not in the address space, and no
 * instruction was issued; -EIO if the function reported an error for a store
 * (cc 1), or if it is disabled or its handle is stale (cc 3); -ENXIO if a store
 * ended with a program exception.
 */
int zpci_fh_memcpy_toio(struct zpci_dev *zdev, u8 pcias, u64 offset,
			const void *src, size_t len, size_t *done)
{
	*done = 0;
	if (!zpci_fh_in_space(zdev, pcias, offset, len))
		return -EINVAL;
	return zpci_copy_toio(zpci_fh_put, zpci_fh_req(zdev, pcias), offset, src,
			      len, zpci_fh_reg_max(pcias),
			      zpci_fh_block_max(zdev, pcias), done);
}

/**
 * zpci_fh_memset_io() - Fill a range of a PCI function with one byte value
 * @zdev: the function, which is not an ISM
 * @pcias: address space, 0 to 5 for a BAR or %ZPCI_PCIAS_CFGSPC
 * @offset: in the address space, in bytes; of any alignment
 * @c: the value; only its rightmost byte is used
 * @len: in bytes; 0 is allowed
 * @done: receives the number of bytes that were filled
 *
 * Works like zpci_fh_memcpy_toio() from a buffer on the stack.
 *
 * Context: Any context except NMI.
 * Return: The same as zpci_fh_memcpy_toio().
 */
int zpci_fh_memset_io(struct zpci_dev *zdev, u8 pcias, u64 offset, int c,
		      size_t len, size_t *done)
{
	*done = 0;
	if (!zpci_fh_in_space(zdev, pcias, offset, len))
		return -EINVAL;
	return zpci_fill_io(zpci_fh_put, zpci_fh_req(zdev, pcias), offset, c, len,
			    zpci_fh_reg_max(pcias),
			    zpci_fh_block_max(zdev, pcias), done);
}
