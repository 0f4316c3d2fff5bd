/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything in the zPCI lab devices that depends on the QEMU version.
 *
 * Known to work: 7.2 (Debian 12) and 10.0 (Debian 13).
 */
#ifndef ZPCI_LAB_COMPAT_H
#define ZPCI_LAB_COMPAT_H

#define ZPCI_LAB_QEMU (QEMU_VERSION_MAJOR * 100 + QEMU_VERSION_MINOR)

/* struct PCIDevice moved from pci.h to a separate header in 8.0. */
#if ZPCI_LAB_QEMU >= 800
#include "hw/pci/pci_device.h"
#else
#include "hw/pci/pci.h"
#endif

/* Property lists became const and lost their end marker in 10.0. */
#if ZPCI_LAB_QEMU >= 1000
typedef const Property LabProperty;
#define LAB_PROP_END
#else
typedef Property LabProperty;
#define LAB_PROP_END DEFINE_PROP_END_OF_LIST(),
#endif

/* The header with qemu_add_exit_notifier() moved in 10.0. */
#if ZPCI_LAB_QEMU >= 1000
#include "system/system.h"
#else
#include "sysemu/sysemu.h"
#endif

/* The functions of the big lock got shorter names in 9.0. */
#include "qemu/main-loop.h"
#if ZPCI_LAB_QEMU < 900
#define bql_lock()   qemu_mutex_lock_iothread()
#define bql_unlock() qemu_mutex_unlock_iothread()
#endif

/* Class data and interface lists became const in 10.1. */
#if ZPCI_LAB_QEMU >= 1001
typedef const void LabClassData;
typedef const InterfaceInfo LabInterfaceInfo;
#else
typedef void LabClassData;
typedef InterfaceInfo LabInterfaceInfo;
#endif

#endif
