/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compatibility with older kernels, down to 6.12
 *
 * The sources are written for the newest kernel, and go upstream unchanged. Out
 * of tree, Kbuild includes this file before each of them. All code that depends
 * on the kernel version is here.
 */
#ifndef _ZPCI_FH_COMPAT_H
#define _ZPCI_FH_COMPAT_H

#include <linux/module.h>
#include <linux/version.h>
#include <asm/pci_insn.h>

#ifndef ZPCI_CC_BUSY
#define ZPCI_CC_BUSY	2
#endif

/* Defined in arch-s390-pci/module.c, unless the kernel has it */
int __zpci_load_doublewords(void *dst, u64 req, u64 offset, size_t len,
			    size_t *done);

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
/* Before 6.13, it takes the name without quotes */
#undef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns)	MODULE_INFO(import_ns, ns)
#endif

#ifdef COMPAT_VFIO_PCI	/* the rest is for drivers-vfio-ism */

#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

#ifndef PCI_DEVICE_ID_IBM_ISM
#define PCI_DEVICE_ID_IBM_ISM 0x04ed
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)

/* Not exported before 6.19; this does the same test */
static inline bool __vfio_pci_memory_enabled(struct vfio_pci_core_device *vdev)
{
	__le16 cmd = *(__le16 *)&vdev->vconfig[PCI_COMMAND];

	return (__force int)vdev->pdev->current_state < (__force int)PCI_D3hot &&
	       (vdev->pdev->no_command_memory ||
		le16_to_cpu(cmd) & PCI_COMMAND_MEMORY);
}

/*
 * The newest vfio_device_ops has two more members. Here the driver fills in a
 * larger struct, which begins with that of this kernel, and passes it to the
 * core.
 */
struct compat_vfio_device_ops {
	struct vfio_device_ops;
	int (*get_region_info_caps)(struct vfio_device *device,
				    struct vfio_region_info *info,
				    struct vfio_info_cap *caps);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
	int (*match_token_uuid)(struct vfio_device *device, const uuid_t *uuid);
#define vfio_pci_core_match_token_uuid NULL
#endif
};

/*
 * Before 6.19, VFIO_DEVICE_GET_REGION_INFO is part of ioctl(): the core copies
 * the answer to user space, then the driver changes it there.
 */
static inline int vfio_pci_ioctl_get_region_info(struct vfio_device *device,
						 struct vfio_region_info *info,
						 struct vfio_info_cap *caps)
{
	return 0;
}

static inline long compat_vfio_pci_core_ioctl(struct vfio_device *device,
					      unsigned int cmd,
					      unsigned long arg)
{
	const struct compat_vfio_device_ops *ops = (const void *)device->ops;
	const size_t minsz = offsetofend(struct vfio_region_info, offset);
	void __user *uinfo = (void __user *)arg;
	struct vfio_region_info info;
	long ret;

	ret = vfio_pci_core_ioctl(device, cmd, arg);
	if (ret || cmd != VFIO_DEVICE_GET_REGION_INFO)
		return ret;
	if (copy_from_user(&info, uinfo, minsz))
		return -EFAULT;
	ret = ops->get_region_info_caps(device, &info, NULL);
	if (ret)
		return ret;
	return copy_to_user(uinfo, &info, minsz) ? -EFAULT : 0;
}

#define _vfio_alloc_device(size, dev, ops) \
	_vfio_alloc_device(size, dev, (const void *)(ops))
#define vfio_pci_core_ioctl	compat_vfio_pci_core_ioctl
#define vfio_device_ops		compat_vfio_device_ops

#endif /* before 6.19 */

#endif /* COMPAT_VFIO_PCI */

#endif /* _ZPCI_FH_COMPAT_H */
