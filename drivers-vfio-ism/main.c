// SPDX-License-Identifier: GPL-2.0
/*
 * vfio-ISM driver for s390
 *
 * Copyright IBM Corp.
 *
 * An ISM does not support the PCI memory I/O (MIO) instructions that
 * ioread() and iowrite() use, and each write must be a single PCI store
 * block. Therefore this driver implements access to the BARs itself. It
 * leaves everything else to vfio-pci-core.
 */

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/compiler_attributes.h>
#include <linux/container_of.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>
#include <asm/pci_fh.h>

/*
 * A file position consists of region index and offset. The size of BAR 0 is
 * 256 TiB, so the 40 bits that the core uses for the offset are not enough.
 */
#define ISM_VFIO_PCI_OFFSET_SHIFT   48
#define ISM_VFIO_PCI_OFFSET_TO_INDEX(off) ((off) >> ISM_VFIO_PCI_OFFSET_SHIFT)
#define ISM_VFIO_PCI_INDEX_TO_OFFSET(index) ((u64)(index) << ISM_VFIO_PCI_OFFSET_SHIFT)
#define ISM_VFIO_PCI_OFFSET_MASK (((u64)(1) << ISM_VFIO_PCI_OFFSET_SHIFT) - 1)

/* The most bytes to load with memory_lock held; a multiple of 8 */
#define ISM_VFIO_PCI_READ_SIZE		1024

/* Writes up to this size go through the stack, larger ones through a page */
#define ISM_VFIO_PCI_SMALL_WRITE	256

struct ism_vfio_pci_core_device {
	struct vfio_pci_core_device core_device;
	void *spare;	/* page for write data, kept while open, or NULL */
};

static int ism_vfio_pci_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);
	int ret;

	ret = vfio_pci_core_enable(vdev);
	if (ret)
		return ret;

	vfio_pci_core_finish_enable(vdev);
	return 0;
}

static void ism_vfio_pci_close_device(struct vfio_device *core_vdev)
{
	struct ism_vfio_pci_core_device *ism =
		container_of(core_vdev, struct ism_vfio_pci_core_device, core_device.vdev);

	vfio_pci_core_close_device(core_vdev);
	free_page((unsigned long)xchg(&ism->spare, NULL));
}

/*
 * Until ism_vfio_pci_end() the memory space of the function stays enabled, and
 * no VFIO reset changes the function handle. Other resets, such as those by
 * sysfs, are not excluded; an instruction with a stale handle ends with -EIO.
 * User memory must not be accessed in between, because the core takes
 * memory_lock in page faults.
 */
static int ism_vfio_pci_begin(struct vfio_pci_core_device *vdev)
{
	down_read(&vdev->memory_lock);
	if (__vfio_pci_memory_enabled(vdev))
		return 0;
	up_read(&vdev->memory_lock);
	return -EIO;
}

static void ism_vfio_pci_end(struct vfio_pci_core_device *vdev)
{
	up_read(&vdev->memory_lock);
}

/* Read an aligned doubleword, as for a command's response, without a buffer */
static ssize_t ism_vfio_pci_read_doubleword(struct vfio_pci_core_device *vdev,
					    unsigned int bar, u64 off,
					    char __user *buf)
{
	size_t left;
	u64 val;
	int ret;

	ret = ism_vfio_pci_begin(vdev);
	if (ret)
		return ret;
	ret = zpci_fh_load(to_zpci(vdev->pdev), bar, off, &val, sizeof(val));
	ism_vfio_pci_end(vdev);
	if (ret)
		return ret;
	left = copy_to_user(buf, &val, sizeof(val));
	return left < sizeof(val) ? sizeof(val) - left : -EFAULT;
}

/* Adds the number of bytes copied to user space to @done, even on error */
static int ism_vfio_pci_read_piece(struct vfio_pci_core_device *vdev,
				   unsigned int bar, u64 off, char __user *buf,
				   size_t count, size_t *done)
{
	u8 piece[ISM_VFIO_PCI_READ_SIZE] __aligned(8) __uninitialized;
	size_t n, left;
	int ret;

	ret = ism_vfio_pci_begin(vdev);
	if (ret)
		return ret;
	ret = zpci_fh_memcpy_fromio(to_zpci(vdev->pdev), bar, off, piece, count,
				    &n);
	ism_vfio_pci_end(vdev);
	left = copy_to_user(buf, piece, n);
	*done += n - left;
	return left ? -EFAULT : ret;
}

/*
 * A read can have any offset and length, uses the fewest loads, and stops at
 * the end of the BAR. If a load or the copy to user space fails after some
 * bytes, or on a fatal signal, it returns the number of bytes read before.
 */
static ssize_t ism_vfio_pci_bar_read(struct vfio_pci_core_device *vdev,
				     unsigned int bar, u64 off,
				     char __user *buf, size_t count)
{
	u64 size = pci_resource_len(vdev->pdev, bar);
	size_t done = 0, n;
	int ret;

	if (off >= size)
		return -EINVAL;
	count = min(count, size - off);
	if (count == 8 && IS_ALIGNED(off, 8))
		return ism_vfio_pci_read_doubleword(vdev, bar, off, buf);

	do {
		n = min(count - done, ISM_VFIO_PCI_READ_SIZE -
			(off + done) % ISM_VFIO_PCI_READ_SIZE);
		ret = ism_vfio_pci_read_piece(vdev, bar, off + done, buf + done,
					      n, &done);
		if (ret)
			break;
		cond_resched();
	} while (done < count && !fatal_signal_pending(current));

	return done ?: ret;
}

static int ism_vfio_pci_store(struct vfio_pci_core_device *vdev, unsigned int bar,
			      u64 off, const void *src, size_t count)
{
	int ret = ism_vfio_pci_begin(vdev);

	if (ret)
		return ret;
	ret = zpci_fh_store_block(to_zpci(vdev->pdev), bar, off, src, count);
	ism_vfio_pci_end(vdev);
	return ret;
}

static int ism_vfio_pci_write_small(struct vfio_pci_core_device *vdev,
				    unsigned int bar, u64 off,
				    const char __user *buf, size_t count)
{
	u8 data[ISM_VFIO_PCI_SMALL_WRITE] __aligned(8) __uninitialized;

	if (copy_from_user(data, buf, count))
		return -EFAULT;
	return ism_vfio_pci_store(vdev, bar, off, data, count);
}

/*
 * One page is kept between writes. If it is in use, perhaps by a writer that
 * waits for a page fault, this allocates another one.
 */
static int ism_vfio_pci_write_large(struct vfio_pci_core_device *vdev,
				    unsigned int bar, u64 off,
				    const char __user *buf, size_t count)
{
	struct ism_vfio_pci_core_device *ism =
		container_of(vdev, struct ism_vfio_pci_core_device, core_device);
	void *page = xchg(&ism->spare, NULL);
	int ret = -EFAULT;

	if (!page)
		page = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!page)
		return -ENOMEM;
	if (!copy_from_user(page, buf, count))
		ret = ism_vfio_pci_store(vdev, bar, off, page, count);
	free_page((unsigned long)xchg(&ism->spare, page));
	return ret;
}

/*
 * A write is one store block. The function may treat it as a unit, so it is
 * never split or truncated: -EINVAL if it crosses a 4 KiB boundary or the end
 * of the BAR. After an error nothing has been written.
 */
static ssize_t ism_vfio_pci_bar_write(struct vfio_pci_core_device *vdev,
				      unsigned int bar, u64 off,
				      const char __user *buf, size_t count)
{
	u64 size = pci_resource_len(vdev->pdev, bar);
	int ret;

	if (off >= size || count > size - off ||
	    count > PAGE_SIZE - offset_in_page(off))
		return -EINVAL;
	if (count <= ISM_VFIO_PCI_SMALL_WRITE)
		ret = ism_vfio_pci_write_small(vdev, bar, off, buf, count);
	else
		ret = ism_vfio_pci_write_large(vdev, bar, off, buf, count);
	return ret ?: count;
}

static ssize_t ism_vfio_pci_bar_rw(struct vfio_pci_core_device *vdev,
				   unsigned int bar, u64 off, char __user *buf,
				   size_t count, bool iswrite)
{
	if (iswrite)
		return ism_vfio_pci_bar_write(vdev, bar, off, buf, count);
	return ism_vfio_pci_bar_read(vdev, bar, off, buf, count);
}

/*
 * All other regions are left to the core, at its own file positions. An offset
 * that does not fit in 40 bits is replaced by the largest one that does: both
 * are beyond the end of any of these regions.
 */
static ssize_t ism_vfio_pci_core_rw(struct vfio_pci_core_device *vdev,
				    unsigned int index, u64 off,
				    char __user *buf, size_t count, bool iswrite)
{
	loff_t pos = VFIO_PCI_INDEX_TO_OFFSET(index) |
		     min(off, VFIO_PCI_OFFSET_MASK);

	if (iswrite)
		return vfio_pci_core_write(&vdev->vdev, buf, count, &pos);
	return vfio_pci_core_read(&vdev->vdev, buf, count, &pos);
}

static ssize_t ism_vfio_pci_rw(struct vfio_device *core_vdev, char __user *buf,
			       size_t count, loff_t *ppos, bool iswrite)
{
	struct vfio_pci_core_device *vdev =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);
	unsigned int index = ISM_VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	u64 off = *ppos & ISM_VFIO_PCI_OFFSET_MASK;
	ssize_t done;

	if (!count)
		return 0;
	if (index <= VFIO_PCI_BAR5_REGION_INDEX)
		done = ism_vfio_pci_bar_rw(vdev, index, off, buf, count, iswrite);
	else
		done = ism_vfio_pci_core_rw(vdev, index, off, buf, count, iswrite);
	if (done > 0)
		*ppos += done;
	return done;
}

static ssize_t ism_vfio_pci_read(struct vfio_device *core_vdev,
				 char __user *buf, size_t count, loff_t *ppos)
{
	return ism_vfio_pci_rw(core_vdev, buf, count, ppos, false);
}

static ssize_t ism_vfio_pci_write(struct vfio_device *core_vdev,
				  const char __user *buf, size_t count,
				  loff_t *ppos)
{
	return ism_vfio_pci_rw(core_vdev, (char __user *)buf, count, ppos, true);
}

/* As in the core, which offers no mmap for an ISM, except for the offset */
static int ism_vfio_pci_ioctl_get_region_info(struct vfio_device *core_vdev,
					      struct vfio_region_info *info,
					      struct vfio_info_cap *caps)
{
	int ret = vfio_pci_ioctl_get_region_info(core_vdev, info, caps);

	if (ret)
		return ret;
	info->offset = ISM_VFIO_PCI_INDEX_TO_OFFSET(info->index);
	return 0;
}

/* With an ioeventfd, the core would write to a BAR by MIO instructions */
static long ism_vfio_pci_ioctl(struct vfio_device *core_vdev, unsigned int cmd,
			       unsigned long arg)
{
	if (cmd == VFIO_DEVICE_IOEVENTFD)
		return -ENOTTY;
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}

static const struct vfio_device_ops ism_pci_ops = {
	.name = "ism-vfio-pci",
	.init = vfio_pci_core_init_dev,
	.release = vfio_pci_core_release_dev,
	.open_device = ism_vfio_pci_open_device,
	.close_device = ism_vfio_pci_close_device,
	.ioctl = ism_vfio_pci_ioctl,
	.get_region_info_caps = ism_vfio_pci_ioctl_get_region_info,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = ism_vfio_pci_read,
	.write = ism_vfio_pci_write,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
	.match_token_uuid = vfio_pci_core_match_token_uuid,
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
};

static int ism_vfio_pci_probe(struct pci_dev *pdev,
			      const struct pci_device_id *id)
{
	struct ism_vfio_pci_core_device *ivpcd;
	int ret;

	ivpcd = vfio_alloc_device(ism_vfio_pci_core_device, core_device.vdev,
				  &pdev->dev, &ism_pci_ops);
	if (IS_ERR(ivpcd))
		return PTR_ERR(ivpcd);

	dev_set_drvdata(&pdev->dev, &ivpcd->core_device);

	ret = vfio_pci_core_register_device(&ivpcd->core_device);
	if (ret)
		vfio_put_device(&ivpcd->core_device.vdev);

	return ret;
}

static void ism_vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core_device;
	struct ism_vfio_pci_core_device *ivpcd;

	core_device = dev_get_drvdata(&pdev->dev);
	ivpcd = container_of(core_device, struct ism_vfio_pci_core_device,
			     core_device);

	vfio_pci_core_unregister_device(&ivpcd->core_device);
	vfio_put_device(&ivpcd->core_device.vdev);
}

static const struct pci_device_id ism_device_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_IBM,
					  PCI_DEVICE_ID_IBM_ISM) },
	{}
};
MODULE_DEVICE_TABLE(pci, ism_device_table);

static struct pci_driver ism_vfio_pci_driver = {
	.name = KBUILD_MODNAME,
	.id_table = ism_device_table,
	.probe = ism_vfio_pci_probe,
	.remove = ism_vfio_pci_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};

module_pci_driver(ism_vfio_pci_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("vfio-pci variant driver for the IBM Internal Shared Memory (ISM) device");
MODULE_AUTHOR("IBM Corporation");
