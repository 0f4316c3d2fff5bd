/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Common code of the lab's test modules: see zpci_lab.c
 */
#ifndef _ZPCI_LAB_H
#define _ZPCI_LAB_H

#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/pci.h>
#include <linux/seq_buf.h>
#include <linux/types.h>

#include "zpci-lab-regs.h"

/* A part of a function that behaves like memory */
struct zpci_lab_area {
	u8 pcias;
	u64 base;	/* where it starts in that address space */
	u32 size;
	u8 *mem;	/* where the device stores, if accessible to the CPU */
};

struct zpci_lab_fn {
	struct list_head list;
	struct pci_dev *pdev;
	struct zpci_dev *zdev;
	char name[32];
	bool ism;
	struct zpci_lab_area to;	/* accepts stores */
	struct zpci_lab_area from;	/* can be loaded from */

	/* An ISM's buffer and status page */
	u8 *dmb;
	dma_addr_t dmb_dma;
	u8 *sba;
	dma_addr_t sba_dma;
};

extern struct list_head zpci_lab_fns;
extern bool zpci_lab_mediated;

#define zpci_lab_for_each(fn) list_for_each_entry(fn, &zpci_lab_fns, list)

/* How an instruction ends; cc is -ENXIO for a program exception */
struct zpci_lab_end {
	int cc;
	u8 status;
};

struct zpci_lab_end zpci_lab_pcilg(u64 *val, u64 req, u64 offset);
struct zpci_lab_end zpci_lab_pcistg(u64 val, u64 req, u64 offset);
struct zpci_lab_end zpci_lab_pcistb(const void *src, u64 req, u64 offset);

/* The control BAR, see zpci-lab-regs.h */
u64 zpci_lab_get(struct zpci_lab_fn *fn, u64 reg);
void zpci_lab_set(struct zpci_lab_fn *fn, u64 reg, u64 val);

/* PCI instructions that reached the function */
struct zpci_lab_count {
	u64 load;
	u64 store;
	u64 block;
};

void zpci_lab_count(struct zpci_lab_fn *fn, struct zpci_lab_count *count);
struct zpci_lab_count zpci_lab_count_since(struct zpci_lab_fn *fn,
					   const struct zpci_lab_count *then);

/* Data access without the library */
int zpci_lab_read(struct zpci_lab_fn *fn, const struct zpci_lab_area *area,
		  u32 offset, u8 *buf, u32 len);
int zpci_lab_write(struct zpci_lab_fn *fn, const struct zpci_lab_area *area,
		   u32 offset, const u8 *buf, u32 len);

/* The fewest instructions that the architecture allows */
unsigned int zpci_lab_min_loads(u64 offset, size_t len);
unsigned int zpci_lab_min_stores(const struct zpci_lab_fn *fn, u64 offset,
				 size_t len, size_t block_limit);

/* Results in KTAP, for guest tasks to read from debugfs */
struct zpci_lab_report {
	const char *name;
	struct seq_buf text;
	unsigned int n;
	struct debugfs_blob_wrapper blob;
	struct dentry *file;
};

int zpci_lab_report_init(struct zpci_lab_report *r, const char *name);
void zpci_lab_report_publish(struct zpci_lab_report *r);
void zpci_lab_report_exit(struct zpci_lab_report *r);
void zpci_lab_all_bound(struct zpci_lab_report *r);
__printf(2, 3)
void zpci_lab_note(struct zpci_lab_report *r, const char *fmt, ...);
__printf(3, 4)
void zpci_lab_ok(struct zpci_lab_report *r, bool ok, const char *fmt, ...);

#endif /* _ZPCI_LAB_H */
