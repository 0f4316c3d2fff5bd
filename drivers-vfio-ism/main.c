// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO driver for s390 Internal Shared Memory (ISM) functions
 *
 * An ISM takes no PCI memory I/O (MIO) instructions, which ioread() and
 * iowrite() become, and wants each write as one PCI store block. This driver
 * replaces the access to the BARs accordingly and leaves all else to
 * vfio-pci-core.
 */

#include <linux/bits.h>
#include <linux/cleanup.h>
#include <linux/container_of.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>
#include <asm/pci_fh.h>

/*
 * A file position is made of region index and offset. BAR 0 has 256 TiB, so
 * the 40 bits that the core has for the offset do not do.
 */
#define ISM_VFIO_PCI_OFFSET_SHIFT	48
#define ISM_VFIO_PCI_OFFSET_MASK	GENMASK_ULL(ISM_VFIO_PCI_OFFSET_SHIFT - 1, 0)

/* A read reaches user space in pieces that end at multiples of this */
#define ISM_VFIO_PCI_READ_SIZE		1024

struct ism_vfio_pci_device {
	struct vfio_pci_core_device core_device;
	struct mutex block_lock;	/* protects block */
	void *block;			/* a page, the data of one store */
};

/*
 * From here to ism_vfio_pci_end() the function is awake, has its memory space
 * enabled and keeps its handle, as there is no reset. User memory can not be
 * accessed: the core takes memory_lock in page faults.
 */
static int ism_vfio_pci_begin(struct vfio_pci_core_device *vdev)
{
	if (pm_runtime_resume_and_get(&vdev->pdev->dev))
		return -EIO;
	down_read(&vdev->memory_lock);
	if (__vfio_pci_memory_enabled(vdev))
		return 0;
	up_read(&vdev->memory_lock);
	pm_runtime_put(&vdev->pdev->dev);
	return -EIO;
}

static void ism_vfio_pci_end(struct vfio_pci_core_device *vdev)
{
	up_read(&vdev->memory_lock);
	pm_runtime_put(&vdev->pdev->dev);
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

/* A load may have an effect, so a bad pointer is found out before */
static int ism_vfio_pci_read_piece(struct vfio_pci_core_device *vdev,
				   unsigned int bar, u64 off,
				   char __user *buf, size_t count)
{
	u8 piece[ISM_VFIO_PCI_READ_SIZE] __aligned(8);
	size_t done;
	int ret;

	if (fault_in_writeable(buf, count))
		return -EFAULT;
	ret = ism_vfio_pci_begin(vdev);
	if (ret)
		return ret;
	ret = zpci_fh_memcpy_fromio(to_zpci(vdev->pdev), bar, off, piece, count,
				    &done);
	ism_vfio_pci_end(vdev);
	if (!ret && copy_to_user(buf, piece, count))
		return -EFAULT;
	return ret;
}

/*
 * A read of any offset and length is made of the fewest loads. An error after
 * some bytes have been delivered, or a fatal signal, ends it with a short
 * count; user space sees no byte of the piece that failed.
 */
static ssize_t ism_vfio_pci_bar_read(struct vfio_pci_core_device *vdev,
				     unsigned int bar, u64 off,
				     char __user *buf, size_t count)
{
	size_t done = 0, n;
	int ret;

	do {
		n = min(count - done, ISM_VFIO_PCI_READ_SIZE -
			off % ISM_VFIO_PCI_READ_SIZE);
		ret = ism_vfio_pci_read_piece(vdev, bar, off, buf + done, n);
		if (ret)
			return done ?: ret;
		done += n;
		off += n;
		cond_resched();
	} while (done < count && !fatal_signal_pending(current));

	return done;
}

/*
 * A write is one store block, which may mean something to the function as a
 * whole, and is never split: -EINVAL if it is longer than the function takes
 * or crosses a 4 KiB boundary. After an error nothing has been written.
 */
static ssize_t ism_vfio_pci_bar_write(struct vfio_pci_core_device *vdev,
				      unsigned int bar, u64 off,
				      const char __user *buf, size_t count)
{
	struct ism_vfio_pci_device *ism =
		container_of(vdev, struct ism_vfio_pci_device, core_device);
	int ret;

	if (count > to_zpci(vdev->pdev)->maxstbl ||
	    offset_in_page(off) + count > PAGE_SIZE)
		return -EINVAL;

	guard(mutex)(&ism->block_lock);
	if (copy_from_user(ism->block, buf, count))
		return -EFAULT;
	ret = ism_vfio_pci_store(vdev, bar, off, ism->block, count);
	return ret ?: count;
}

/* As in the core, an access that starts inside a BAR ends there as well */
static ssize_t ism_vfio_pci_bar_rw(struct vfio_pci_core_device *vdev,
				   unsigned int bar, u64 off, char __user *buf,
				   size_t count, bool iswrite)
{
	u64 size = pci_resource_len(vdev->pdev, bar);

	if (off >= size)
		return -EINVAL;
	count = min(count, size - off);
	if (iswrite)
		return ism_vfio_pci_bar_write(vdev, bar, off, buf, count);
	return ism_vfio_pci_bar_read(vdev, bar, off, buf, count);
}

/*
 * All other regions are the core's, at its own file positions. What is beyond
 * their 40 bits is beyond the end of any of them, so is the last of these.
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
	unsigned int index = *ppos >> ISM_VFIO_PCI_OFFSET_SHIFT;
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

/* The core's answer, but for the offset, and for mmap, which needs MIO */
static int ism_vfio_pci_get_region_info(struct vfio_device *core_vdev,
					struct vfio_region_info *info,
					struct vfio_info_cap *caps)
{
	int ret = vfio_pci_ioctl_get_region_info(core_vdev, info, caps);

	if (ret)
		return ret;
	info->offset = (u64)info->index << ISM_VFIO_PCI_OFFSET_SHIFT;
	info->flags &= ~VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

/* An ioeventfd would have the core write to a BAR, and by MIO */
static long ism_vfio_pci_ioctl(struct vfio_device *core_vdev, unsigned int cmd,
			       unsigned long arg)
{
	if (cmd == VFIO_DEVICE_IOEVENTFD)
		return -ENOTTY;
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}

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

static int ism_vfio_pci_init_dev(struct vfio_device *core_vdev)
{
	struct ism_vfio_pci_device *ism =
		container_of(core_vdev, struct ism_vfio_pci_device, core_device.vdev);
	int ret;

	ism->block = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!ism->block)
		return -ENOMEM;
	mutex_init(&ism->block_lock);

	ret = vfio_pci_core_init_dev(core_vdev);
	if (ret)
		free_page((unsigned long)ism->block);
	return ret;
}

static void ism_vfio_pci_release_dev(struct vfio_device *core_vdev)
{
	struct ism_vfio_pci_device *ism =
		container_of(core_vdev, struct ism_vfio_pci_device, core_device.vdev);

	vfio_pci_core_release_dev(core_vdev);
	mutex_destroy(&ism->block_lock);
	free_page((unsigned long)ism->block);
}

static const struct vfio_device_ops ism_vfio_pci_ops = {
	.name = "ism-vfio-pci",
	.init = ism_vfio_pci_init_dev,
	.release = ism_vfio_pci_release_dev,
	.open_device = ism_vfio_pci_open_device,
	.close_device = vfio_pci_core_close_device,
	.ioctl = ism_vfio_pci_ioctl,
	.get_region_info_caps = ism_vfio_pci_get_region_info,
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
	struct ism_vfio_pci_device *ism;
	int ret;

	ism = vfio_alloc_device(ism_vfio_pci_device, core_device.vdev,
				&pdev->dev, &ism_vfio_pci_ops);
	if (IS_ERR(ism))
		return PTR_ERR(ism);

	dev_set_drvdata(&pdev->dev, &ism->core_device);
	ret = vfio_pci_core_register_device(&ism->core_device);
	if (ret)
		vfio_put_device(&ism->core_device.vdev);
	return ret;
}

static void ism_vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static const struct pci_device_id ism_vfio_pci_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_IBM,
					  PCI_DEVICE_ID_IBM_ISM) },
	{}
};
MODULE_DEVICE_TABLE(pci, ism_vfio_pci_table);

static struct pci_driver ism_vfio_pci_driver = {
	.name = KBUILD_MODNAME,
	.id_table = ism_vfio_pci_table,
	.probe = ism_vfio_pci_probe,
	.remove = ism_vfio_pci_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(ism_vfio_pci_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("VFIO driver for s390 Internal Shared Memory (ISM) functions");
