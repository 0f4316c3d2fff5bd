/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ISM function of the host for a guest whose instructions QEMU carries out
 */
#ifndef HW_S390X_ZPCI_VFIO_ISM_H
#define HW_S390X_ZPCI_VFIO_ISM_H

#include "hw/s390x/s390-pci-bus.h"
#include CONFIG_DEVICES

/*
 * For a function that vfio-pci passes through: if it is an ISM and its
 * instructions are not interpreted, handle them here.
 */
#ifdef CONFIG_VFIO
void zpci_vfio_ism_plug(S390PCIBusDevice *pbdev);
#else
static inline void zpci_vfio_ism_plug(S390PCIBusDevice *pbdev) { }
#endif

#endif
