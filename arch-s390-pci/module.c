// SPDX-License-Identifier: GPL-2.0
/*
 * What the library needs when built as a module. In the kernel, the library is
 * built in, __zpci_load_doublewords() is in pci_insn.c, and the functions that
 * only built-in code calls are not exported.
 */

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#include <asm/asm-extable.h>
#include <asm/pci_debug.h>
#include <asm/pci_fh.h>
#include <asm/pci_insn.h>

/* One PCILG, inlined: __zpci_load() has three times the overhead */
static __always_inline int pcilg(u64 *data, u64 req, u64 offset, u8 *status)
{
	union register_pair req_off = { .even = req, .odd = offset };
	int cc = -ENXIO;

	asm volatile("	.insn	rre,0xb9d20000,%[data],%[req_off]\n"
		     "0:	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     "1:\n"
		     EX_TABLE(0b, 1b)
		     : [cc] "+&d" (cc), [data] "=&d" (*data),
		       [req_off] "+&d" (req_off.pair)
		     :
		     : "cc", "memory");
	*status = req_off.even >> 24;
	return cc;
}

/* Leaves busy to __zpci_load(), and logs errors to s390dbf as that does */
static noinline int load_slow(u64 *data, int cc, u8 status, u64 req, u64 offset)
{
	struct {
		u8 insn;
		u8 cc;
		u8 status;
		u64 req;
		u64 offset;
	} __packed record = {
		.insn = 'l', .cc = cc, .status = status, .req = req,
		.offset = offset,
	};

	if (cc == ZPCI_CC_BUSY) {
		udelay(1);
		return __zpci_load(data, req, offset);
	}
	zpci_err_hex(&record, sizeof(record));
	return cc > 0 ? -EIO : cc;
}

/**
 * __zpci_load_doublewords() - Load consecutive doublewords with PCILG
 * @dst: destination, of any alignment
 * @req: as for __zpci_load(), for 8 bytes
 * @offset: of the first doubleword, in bytes; a multiple of 8
 * @len: in bytes; a multiple of 8
 * @done: receives the number of bytes that were loaded
 *
 * Context: Any context except NMI.
 * Return: 0, or the error that __zpci_load() returns, for the first load that
 * fails. No load is issued after it.
 */
int __zpci_load_doublewords(void *dst, u64 req, u64 offset, size_t len,
			    size_t *done)
{
	int cc, rc = 0;
	u8 status;
	u64 data, late;
	size_t n;

	for (n = 0; n < len; n += 8) {
		cc = pcilg(&data, req, offset + n, &status);
		if (unlikely(cc)) {
			rc = load_slow(&late, cc, status, req, offset + n);
			if (rc)
				break;
			data = late; /* allows data to stay in a register */
		}
		put_unaligned(data, (u64 *)(dst + n));
	}
	*done = n;
	return rc;
}

EXPORT_SYMBOL_GPL(zpci_fh_store);
EXPORT_SYMBOL_GPL(zpci_fh_memcpy_toio);
EXPORT_SYMBOL_GPL(zpci_fh_memset_io);

MODULE_DESCRIPTION("PCI load and store by function handle");
MODULE_LICENSE("GPL");
