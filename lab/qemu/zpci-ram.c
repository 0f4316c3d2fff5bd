/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "zpci-ram": an ordinary PCI function with memory that enforces strict rules
 *
 *   -device zpci-ram[,size=BYTES][,maxstbl=BYTES][,latency=MICROSECONDS]
 *
 * BAR 0 is memory (1 MiB by default), in a separate function group with the
 * given longest PCISTB (128 by default, as for most real functions). PCILG,
 * PCISTG and PCISTB work as specified by the architecture. An instruction that
 * breaks a rule or goes beyond the memory ends with a program exception. BAR 4
 * is the control BAR. Bytes keep their order: what PCISTB stores from ascending
 * guest addresses is at ascending offsets, and a register's most significant
 * byte comes first.
 *
 * PCI id 1b36:7a52, which is not officially assigned; for tests only.
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "cpu.h"
#include "hw/pci/msi.h"
#include "hw/qdev-properties.h"
#include "zpci-lab.h"

#define TYPE_ZPCI_RAM "zpci-ram"
OBJECT_DECLARE_SIMPLE_TYPE(ZpciRam, ZPCI_RAM)

#define ZPCI_RAM_DEVICE_ID 0x7a52

struct ZpciRam {
    ZpciLab parent_obj;

    uint32_t size;
    uint16_t maxstbl;
    uint8_t *mem;
};

static ZpciResult zpci_ram_execute(ZpciLab *lab, const ZpciInsn *insn,
                                   uint8_t *data)
{
    ZpciRam *ram = ZPCI_RAM(lab);

    if (insn->offset >= ram->size || insn->len > ram->size - insn->offset) {
        return zpci_exception(PGM_OPERAND);
    }
    if (insn->kind == ZPCI_LOAD) {
        memcpy(data, ram->mem + insn->offset, insn->len);
    } else {
        memcpy(ram->mem + insn->offset, data, insn->len);
    }
    return zpci_ok();
}

static void zpci_ram_describe(ZpciFunction *fn, ZpciAttributes *attr)
{
    attr->group = ZPCI_GROUP_ANY;
    attr->maxstbl = ZPCI_RAM(fn)->maxstbl;
    attr->mui = ZPCI_LAB_MUI;
}

static void zpci_ram_rules(ZpciFunction *fn, ZpciRules *rules)
{
    rules->maxstbl = ZPCI_RAM(fn)->maxstbl;
}

static void zpci_ram_realize(PCIDevice *pdev, Error **errp)
{
    ZpciRam *ram = ZPCI_RAM(pdev);

    if (!is_power_of_2(ram->size) || ram->size < 4 * KiB ||
        ram->size > 256 * MiB) {
        error_setg(errp, "size must be a power of two, 4 KiB to 256 MiB");
        return;
    }
    if (ram->maxstbl % 8 || ram->maxstbl < 16 ||
        ram->maxstbl > ZPCI_BLOCK_MAX) {
        error_setg(errp, "maxstbl must be a multiple of 8, 16 to 4096");
        return;
    }
    if (!zpci_lab_realize(ZPCI_LAB(ram), true, errp)) {
        return;
    }
    ram->mem = g_malloc0(ram->size);
    zpci_lab_add_bar(ZPCI_LAB(ram), 0, PCI_BASE_ADDRESS_SPACE_MEMORY |
                     PCI_BASE_ADDRESS_MEM_TYPE_64, ram->size);
}

static void zpci_ram_exit(PCIDevice *pdev)
{
    msi_uninit(pdev);
    g_free(ZPCI_RAM(pdev)->mem);
}

static LabProperty zpci_ram_properties[] = {
    DEFINE_PROP_UINT32("size", ZpciRam, size, 1 * MiB),
    DEFINE_PROP_UINT16("maxstbl", ZpciRam, maxstbl, 128),
    LAB_PROP_END
};

static void zpci_ram_class_init(ObjectClass *klass, LabClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    dc->desc = "zPCI function with memory and strict rules (test device)";
    device_class_set_props(dc, zpci_ram_properties);
    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = ZPCI_RAM_DEVICE_ID;
    pc->class_id = PCI_CLASS_MEMORY_OTHER;
    pc->realize = zpci_ram_realize;
    pc->exit = zpci_ram_exit;
    ZPCI_FUNCTION_CLASS(klass)->describe = zpci_ram_describe;
    ZPCI_FUNCTION_CLASS(klass)->rules = zpci_ram_rules;
    ZPCI_LAB_CLASS(klass)->execute = zpci_ram_execute;
}

static const TypeInfo zpci_ram_info = {
    .name = TYPE_ZPCI_RAM,
    .parent = TYPE_ZPCI_LAB,
    .instance_size = sizeof(ZpciRam),
    .class_init = zpci_ram_class_init,
};

static void zpci_ram_register_types(void)
{
    type_register_static(&zpci_ram_info);
}

type_init(zpci_ram_register_types)
