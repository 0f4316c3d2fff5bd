/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What our files use and older kernels, down to 6.12, do not have
 *
 * They are written against the newest kernel and are what goes there. Out of
 * tree Kbuild includes this file ahead of them; all that depends on a version
 * is here.
 */
#ifndef _ZPCI_FH_COMPAT_H
#define _ZPCI_FH_COMPAT_H

#include <linux/module.h>
#include <linux/version.h>
#include <asm/pci_insn.h>

#ifndef ZPCI_CC_BUSY
#define ZPCI_CC_BUSY	2
#endif

/* In arch-s390-pci/module.c, as long as the kernel does not have it */
int __zpci_load_doublewords(void *dst, u64 req, u64 offset, size_t len,
			    size_t *done);

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
/* Took the name without quotes */
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

/* Not exported before; the same test */
static inline bool __vfio_pci_memory_enabled(struct vfio_pci_core_device *vdev)
{
	__le16 cmd = *(__le16 *)&vdev->vconfig[PCI_COMMAND];

	return (__force int)vdev->pdev->current_state < (__force int)PCI_D3hot &&
	       (vdev->pdev->no_command_memory ||
		le16_to_cpu(cmd) & PCI_COMMAND_MEMORY);
}

/*
 * vfio_device_ops has got two more members. The driver fills in a larger
 * struct here that begins with this kernel's, and that the core is given.
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
 * VFIO_DEVICE_GET_REGION_INFO came by way of ioctl(): the core answers user
 * space, then the driver changes the answer.
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
