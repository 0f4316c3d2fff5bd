// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <errno.h>

#include "lab.h"

#define LAB_MAGIC	0x5a5043494c414231ULL	/* "ZPCILAB1" */

/* Offsets of the registers, of 8 bytes each */
#define LAB_ID		0x00
#define LAB_COUNT	0x08
#define LAB_LAST	0x20
#define LAB_FAULT	0x48	/* kinds, result, times, nth, hits */
#define LAB_FAULT_HITS	0x68
#define LAB_MOST	0x70
#define LAB_SET_ERROR	0x78

static int lab_get(struct vfio_function *fn, __u64 offset, __u64 *val,
		   unsigned int n)
{
	ssize_t ret = vfio_read(fn, LAB_BAR, offset, val, n * sizeof(*val));
	unsigned int i;

	if (ret < 0)
		return ret;
	if ((size_t)ret != n * sizeof(*val))
		return -EIO;
	for (i = 0; i < n; i++)
		val[i] = be64toh(val[i]);
	return 0;
}

static int lab_set(struct vfio_function *fn, __u64 offset, __u64 *val,
		   unsigned int n)
{
	unsigned int i;
	ssize_t ret;

	for (i = 0; i < n; i++)
		val[i] = htobe64(val[i]);
	ret = vfio_write(fn, LAB_BAR, offset, val, n * sizeof(*val));
	return ret < 0 ? ret : 0;
}

bool lab_present(struct vfio_function *fn)
{
	__u64 id;

	return !lab_get(fn, LAB_ID, &id, 1) && id == LAB_MAGIC;
}

int lab_count(struct vfio_function *fn, struct lab_counts *counts)
{
	__u64 val[3] = {};
	int ret = lab_get(fn, LAB_COUNT, val, 3);

	*counts = (struct lab_counts) { val[0], val[1], val[2] };
	return ret;
}

int lab_last(struct vfio_function *fn, struct lab_last *last)
{
	__u64 val[5] = {};
	int ret = lab_get(fn, LAB_LAST, val, 5);

	*last = (struct lab_last) { val[0], val[1], val[2], val[3], val[4] };
	return ret;
}

int lab_fault(struct vfio_function *fn, __u64 kinds, __u64 result,
	      __u64 times, __u64 nth)
{
	__u64 val[] = { kinds, result, times, nth, 0 };

	return lab_set(fn, LAB_FAULT, val, 5);
}

int lab_hits(struct vfio_function *fn, __u64 *hits)
{
	return lab_get(fn, LAB_FAULT_HITS, hits, 1);
}

int lab_start_counting_at_once(struct vfio_function *fn)
{
	__u64 none = 0;

	return lab_set(fn, LAB_MOST, &none, 1);
}

int lab_most_at_once(struct vfio_function *fn, __u64 *most)
{
	return lab_get(fn, LAB_MOST, most, 1);
}

int lab_error_state(struct vfio_function *fn, __u64 event)
{
	return lab_set(fn, LAB_SET_ERROR, &event, 1);
}
