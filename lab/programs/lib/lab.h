/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control BAR of an emulated ISM function: counts its PCI instructions and
 * makes selected ones fail
 *
 * No real function has it. Its registers are described in zpci-lab-regs.h of
 * the emulation. They are accessed through VFIO like any other BAR, but these
 * accesses are not counted and do not fail.
 */
#ifndef SELFTESTS_VFIO_ISM_LAB_H
#define SELFTESTS_VFIO_ISM_LAB_H

#include <stdbool.h>
#include <linux/types.h>

#include "vfio.h"

#define LAB_BAR			VFIO_PCI_BAR4_REGION_INDEX

/* The kind of instruction; a bit mask */
#define LAB_LOAD		0x1
#define LAB_STORE		0x2
#define LAB_BLOCK		0x4

/* How an instruction ends */
#define LAB_CC(cc)		((__u64)(cc))
#define LAB_STATUS(status)	((__u64)(status) << 8 | LAB_CC(1))
#define LAB_EXCEPTION(code)	((__u64)(code) << 16)

#define LAB_SPECIFICATION	0x06
#define LAB_OPERAND		0x15

/* Event codes that come with the error state */
#define LAB_EVENT_SERVICE	0x3a
#define LAB_EVENT_PERMANENT	0x3b
#define LAB_EVENT_NONE		0xffff

struct lab_counts {
	__u64 loads;
	__u64 stores;
	__u64 blocks;
};

/* The last instruction */
struct lab_last {
	__u64 kind;
	__u64 bar;
	__u64 offset;
	__u64 len;
	__u64 result;
};

bool lab_present(struct vfio_function *fn);

int lab_count(struct vfio_function *fn, struct lab_counts *counts);
int lab_last(struct vfio_function *fn, struct lab_last *last);

/*
 * Make the @nth instruction from now on (1: the next one) of @kinds end with
 * @result, and also the @times - 1 after it. lab_hits() returns how many have.
 */
int lab_fault(struct vfio_function *fn, __u64 kinds, __u64 result,
	      __u64 times, __u64 nth);
int lab_hits(struct vfio_function *fn, __u64 *hits);

/*
 * The most instructions that were in progress at the same time, with at least
 * one on @fn, since lab_start_counting_at_once(). Needs a latency.
 */
int lab_start_counting_at_once(struct vfio_function *fn);
int lab_most_at_once(struct vfio_function *fn, __u64 *most);

/* Put the function in the error state, with an event for the kernel */
int lab_error_state(struct vfio_function *fn, __u64 event);

#endif
