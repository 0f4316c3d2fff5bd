/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The expected results of accesses: a model of ism_vfio_pci and of two emulated
 * ISM functions that can reach each other
 *
 * It predicts the results of read() and write(), the bytes read, the number of
 * PCI instructions, and what the functions write to the memory given to them.
 * The functions choose the tokens, so the model must be given these.
 */
#ifndef SELFTESTS_VFIO_ISM_MODEL_H
#define SELFTESTS_VFIO_ISM_MODEL_H

#include <stdbool.h>
#include <sys/types.h>
#include <linux/types.h>

#include "ism.h"

#define MODEL_WINDOW	4096
#define MODEL_DMBS	16
#define MODEL_VLANS	64
#define MODEL_MEM_LEN	(16 * ISM_PAGE_SIZE)
#define MODEL_MAX_SBA	1920
#define MODEL_MAX_DMB	(8 * 1024 * 1024)

struct model_fn {
	/* set by the user of the model */
	__u64 gid;
	__u64 size[VFIO_PCI_NUM_REGIONS];
	__u64 mem_iova, sba_iova, ieq_iova;
	__u8 config[4096];
	bool virtual;			/* has no memory enable bit */

	/* the function's state */
	bool memory, master;		/* PCI_COMMAND */
	__u8 window[MODEL_WINDOW];
	bool sba_set, ieq_set;
	unsigned int ieq_slot, ieq_unread;
	unsigned int vlan_required, nr_vlans;
	__u16 vlan[MODEL_VLANS];

	/* its effects on memory, and counts */
	__u8 mem[MODEL_MEM_LEN];
	struct ism_sba sba;
	struct ism_ieq ieq;
	bool interrupted;
	__u64 loads, blocks;
	__u64 maybe_loads;		/* up to this many more */
};

struct model_dmb {
	bool valid;
	bool used;			/* there was a store to it */
	unsigned int owner;
	__u64 tok;			/* 0 until it is set */
	__u64 offset;			/* in the owner's memory */
	__u32 len;
	__u32 sba_idx;
	__u64 rgid;
};

struct model {
	struct model_fn fn[2];
	struct model_dmb dmb[MODEL_DMBS];
};

/*
 * Of the @len bytes of user memory, @good are accessible. The bytes read, whose
 * number is returned, are stored in @buf.
 */
ssize_t model_read(struct model *m, unsigned int fn, unsigned int index,
		   __u64 offset, size_t len, size_t good, __u8 *buf);
ssize_t model_write(struct model *m, unsigned int fn, unsigned int index,
		    __u64 offset, size_t len, size_t good, const __u8 *buf);

/* Whether its BARs can be accessed */
bool model_memory_enabled(const struct model_fn *f);

void model_reset(struct model *m, unsigned int fn);

/* A DMB that was registered but whose token is not set yet, or NULL */
struct model_dmb *model_new_dmb(struct model *m);

#endif
