/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VFIO PCI function in user space, on each of the three kinds of container
 *
 * tools/testing/selftests/vfio/lib does this for functions whose BARs can be
 * mapped; those of an ISM can only be read and written, and where they lie in
 * the file is the driver's to say.
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

#define VFIO_BDF_LEN	16	/* "0001:00:00.0" and the end of it */

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
	__u64 next_iova;	/* where the kernel does not choose one */
	__u64 offset[VFIO_PCI_NUM_REGIONS];
};

/* Whether the kernel has what the mode needs, of functions or without any */
bool vfio_has(enum vfio_mode mode);

/* -ENOENT if the function or the mode's device node is not there */
int vfio_open(struct vfio_function *fn, const char *bdf, enum vfio_mode mode);
void vfio_close(struct vfio_function *fn);
/* Only the cdev, which gives access to nothing until it is bound */
int vfio_cdev_open(const char *bdf);

int vfio_region_info(struct vfio_function *fn, unsigned int index,
		     struct vfio_region_info *info);
ssize_t vfio_read(struct vfio_function *fn, unsigned int index, __u64 offset,
		  void *buf, size_t len);
ssize_t vfio_write(struct vfio_function *fn, unsigned int index,
		   __u64 offset, const void *buf, size_t len);

/* The position of the device file, from /proc, as it has no lseek() */
long long vfio_position(struct vfio_function *fn);

/* Memory and PCI_COMMAND_MASTER, as a driver would set them */
int vfio_enable(struct vfio_function *fn);

/* Map @len bytes at @va, both whole pages, for DMA and tell where */
int vfio_map(struct vfio_function *fn, void *va, size_t len, __u64 *iova);
int vfio_unmap(struct vfio_function *fn, __u64 iova, size_t len);

/*
 * Let an interrupt signal an eventfd, which is returned: the first one of
 * VFIO_PCI_MSI_IRQ_INDEX, or VFIO_PCI_REQ_IRQ_INDEX, by which the kernel asks
 * to let go of a function that is to be unbound or unplugged.
 */
int vfio_irq_enable(struct vfio_function *fn, unsigned int index);

/* Whether there was one, without waiting and without taking it */
bool vfio_irq_pending(int eventfd);

/* VFIO_DEVICE_PCI_HOT_RESET; -EBUSY while the function is accessed */
int vfio_hot_reset(struct vfio_function *fn);

/* @val into a file of sysfs; into @file as seen from the function's folder */
int vfio_write_file(const char *path, const char *val);
int vfio_write_sysfs(const char *bdf, const char *file, const char *val);

/* The virtual function number of a PCI function of s390, 0 if it is not virtual */
int vfio_vfn(const char *bdf);

/* Functions bound to @driver; returns how many there are, up to @max */
int vfio_find(const char *driver, char bdf[][VFIO_BDF_LEN], int max);

#endif
