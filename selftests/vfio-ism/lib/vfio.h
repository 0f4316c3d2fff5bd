/* SPDX-License-Identifier: GPL-2.0 OR LGPL-2.1-or-later */
/*
 * A VFIO PCI function in user space, with each of the three kinds of container
 *
 * tools/testing/selftests/vfio/lib does this for functions whose BARs can be
 * mapped. Those of an ISM can only be read and written, and the driver
 * determines their offsets in the file.
 *
 * Functions return 0 or a count, or a negative errno.
 */
#ifndef SELFTESTS_VFIO_ISM_VFIO_H
#define SELFTESTS_VFIO_ISM_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>
#include <linux/vfio.h>

#define VFIO_BDF_LEN	16	/* "0001:00:00.0" and its terminator */

enum vfio_mode {
	VFIO_MODE_IOMMUFD,	/* /dev/iommu and the function's cdev */
	VFIO_MODE_COMPAT,	/* /dev/iommu as container, and the group */
	VFIO_MODE_TYPE1,	/* /dev/vfio/vfio as container, and the group */
};

struct vfio_function {
	enum vfio_mode mode;
	int device;
	int iommu;		/* /dev/iommu or /dev/vfio/vfio */
	int group;
	__u32 ioas;
	__u64 next_iova;	/* used if the kernel does not choose one */
	__u64 offset[VFIO_PCI_NUM_REGIONS];
};

/* Whether the kernel supports the mode; does not need a function */
bool vfio_has(enum vfio_mode mode);

/* -ENOENT if the function or the mode's device node does not exist */
int vfio_open(struct vfio_function *fn, const char *bdf, enum vfio_mode mode);
void vfio_close(struct vfio_function *fn);
/* Open only the cdev, which gives no access until it is bound */
int vfio_cdev_open(const char *bdf);

int vfio_region_info(struct vfio_function *fn, unsigned int index,
		     struct vfio_region_info *info);
ssize_t vfio_read(struct vfio_function *fn, unsigned int index, __u64 offset,
		  void *buf, size_t len);
ssize_t vfio_write(struct vfio_function *fn, unsigned int index,
		   __u64 offset, const void *buf, size_t len);

/* The position of the device file, from /proc because it has no lseek() */
long long vfio_position(struct vfio_function *fn);

/* Set PCI_COMMAND_MEMORY and PCI_COMMAND_MASTER, as a driver would */
int vfio_enable(struct vfio_function *fn);

/* Map @len bytes at @va, both page aligned, for DMA; returns the @iova */
int vfio_map(struct vfio_function *fn, void *va, size_t len, __u64 *iova);
int vfio_unmap(struct vfio_function *fn, __u64 iova, size_t len);

/*
 * Let an interrupt signal an eventfd, which is returned: the first one of
 * VFIO_PCI_MSI_IRQ_INDEX, or VFIO_PCI_REQ_IRQ_INDEX, with which the kernel
 * asks the user to close a function that is to be unbound or unplugged.
 */
int vfio_irq_enable(struct vfio_function *fn, unsigned int index);

/* Whether an interrupt is pending; does not wait and does not consume it */
bool vfio_irq_pending(int eventfd);

/* VFIO_DEVICE_PCI_HOT_RESET; -EBUSY while the function is accessed */
int vfio_hot_reset(struct vfio_function *fn);

/* Write @val to a file; to sysfs @file, relative to the function's directory */
int vfio_write_file(const char *path, const char *val);
int vfio_write_sysfs(const char *bdf, const char *file, const char *val);

/* The virtual function number of an s390 PCI function, 0 if not virtual */
int vfio_vfn(const char *bdf);

/* Find the functions bound to @driver; returns their number, up to @max */
int vfio_find(const char *driver, char bdf[][VFIO_BDF_LEN], int max);

#endif
