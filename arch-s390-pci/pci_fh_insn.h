/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _S390_PCI_FH_INSN_H
#define _S390_PCI_FH_INSN_H

#include <linux/types.h>

/* Size of the stack buffer for misaligned sources and for the memset pattern */
#define ZPCI_FH_STAGE_SIZE	256

#if IS_ENABLED(CONFIG_KUNIT)
/* The leaf functions of pci_fh.c, which tests replace */
int zpci_fh_insn_load(u64 *val, u64 req, u64 offset);
int zpci_fh_insn_load_doublewords(void *dst, u64 req, u64 offset, size_t len,
				  size_t *done);
int zpci_fh_insn_store(u64 val, u64 req, u64 offset);
int zpci_fh_insn_store_block(const void *src, u64 req, u64 offset);
#endif

#endif /* _S390_PCI_FH_INSN_H */
