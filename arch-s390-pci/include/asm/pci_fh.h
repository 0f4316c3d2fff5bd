/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_S390_PCI_FH_H
#define _ASM_S390_PCI_FH_H

#include <linux/types.h>

struct zpci_dev;

/* One instruction each */
int zpci_fh_load(struct zpci_dev *zdev, u8 pcias, u64 offset, u64 *val,
		 size_t len);
int zpci_fh_store(struct zpci_dev *zdev, u8 pcias, u64 offset, u64 val,
		  size_t len);
int zpci_fh_store_block(struct zpci_dev *zdev, u8 pcias, u64 offset,
			const void *src, size_t len);

/* Any offset, length and alignment, in the fewest instructions */
int zpci_fh_memcpy_fromio(struct zpci_dev *zdev, u8 pcias, u64 offset,
			  void *dst, size_t len, size_t *done);
int zpci_fh_memcpy_toio(struct zpci_dev *zdev, u8 pcias, u64 offset,
			const void *src, size_t len, size_t *done);
int zpci_fh_memset_io(struct zpci_dev *zdev, u8 pcias, u64 offset, int c,
		      size_t len, size_t *done);

#endif /* _ASM_S390_PCI_FH_H */
