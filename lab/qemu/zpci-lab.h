/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zPCI lab devices: common code of the device models here
 *
 * Base class of PCI devices that are zPCI functions with one MSI, an
 * instruction log and a fault injector (zpci-lab-regs.h).
 */
#ifndef HW_S390X_ZPCI_LAB_H
#define HW_S390X_ZPCI_LAB_H

#include "compat.h"
#include "zpci-function.h"
#include "zpci-lab-regs.h"

#define TYPE_ZPCI_LAB "zpci-lab"
OBJECT_DECLARE_TYPE(ZpciLab, ZpciLabClass, ZPCI_LAB)

/* Short by default, so that guests need not wait for the measurement block. */
#define ZPCI_LAB_MUI 100

/* A latency must not look like a hanging CPU. */
#define ZPCI_LAB_LATENCY_MAX 1000000

struct ZpciLab {
    PCIDevice parent_obj;

    MemoryRegion bar[PCI_BAR_COUNT];
    uint64_t reg[ZPCI_LAB_NR_REGS];
    uint32_t crc;       /* CRC of the data that the instruction has moved */
    uint32_t latency;   /* microseconds */
    char *log_name;
    FILE *log;          /* log of the instructions, if requested */
};

struct ZpciLabClass {
    PCIDeviceClass parent_class;

    /* Like ZpciFunctionClass.execute, for all BARs but the control BAR */
    ZpciResult (*execute)(ZpciLab *lab, const ZpciInsn *insn, uint8_t *data);
};

/* The first part of realize; @control says whether to have a control BAR. */
bool zpci_lab_realize(ZpciLab *lab, bool control, Error **errp);
void zpci_lab_add_bar(ZpciLab *lab, int nr, uint8_t type, uint64_t size);

#endif
