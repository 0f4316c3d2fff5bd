/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ISM function of the host for a guest whose instructions QEMU carries out
 *
 * That is: QEMU without KVM, on a host that is a guest itself, or with
 * interpretation turned off. Each PCISTB of the guest becomes one write of the
 * same length to the VFIO device file, for which the host's ism_vfio_pci issues
 * one PCISTB; each PCILG of 1, 2, 4 or 8 aligned bytes becomes one PCILG.
 *
 * An ISM is known by its PCI id. Its type is not passed on by the host's
 * kernel, and neither is the bit of its group that says that it accepts a
 * PCISTB of any length and alignment. It accepts no PCISTG; the host's driver
 * would turn one into a PCISTB, so it is refused here.
 *
 * The host's driver reports how an instruction ended by errno, with which the
 * program exceptions, and condition codes 1 and 3, cannot be told apart:
 *
 *   EINVAL, ENXIO   operand exception
 *   ENOMEM          condition code 1, status 16: insufficient resources
 *   others          condition code 1, status 40: function not available
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "hw/s390x/s390-pci-bus.h"
#include "cpu.h"
#include "hw/vfio/pci.h"
#include "compat.h"
#include "zpci-function.h"
#include "zpci-vfio-ism.h"

#define TYPE_ZPCI_VFIO_ISM "zpci-vfio-ism"
OBJECT_DECLARE_SIMPLE_TYPE(ZpciVfioIsm, ZPCI_VFIO_ISM)

#define ISM_DEVICE_ID 0x04ed

struct ZpciVfioIsm {
    Object parent_obj;

    VFIOPCIDevice *vdev;    /* exists for as long as this is plugged */
};

/* The function itself knows better; nothing is refused that it may accept. */
static void zpci_vfio_ism_rules(ZpciFunction *fn, ZpciRules *rules)
{
    rules->maxstbl = ZPCI_BLOCK_MAX;
    rules->relaxed = true;
}

static ZpciResult zpci_vfio_ism_result(int ret)
{
    switch (ret) {
    case 0:
        return zpci_ok();
    case -EINVAL:
    case -ENXIO:
        return zpci_exception(PGM_OPERAND);
    case -ENOMEM:
        return zpci_error(ZPCI_PCI_ST_INSUF_RES);
    default:
        return zpci_error(ZPCI_PCI_ST_FUNC_NOT_AVAIL);
    }
}

static ZpciResult zpci_vfio_ism_execute(ZpciFunction *fn, const ZpciInsn *insn,
                                        uint8_t *data)
{
    VFIORegion *bar = &ZPCI_VFIO_ISM(fn)->vdev->bars[insn->pcias].region;
    int ret;

    switch (insn->kind) {
    case ZPCI_LOAD:
        ret = vfio_region_read_block(bar, insn->offset, data, insn->len);
        break;
    case ZPCI_STORE_BLOCK:
        ret = vfio_region_write_block(bar, insn->offset, data, insn->len);
        break;
    default:
        return zpci_exception(PGM_OPERAND);
    }
    return zpci_vfio_ism_result(ret);
}

static bool zpci_is_ism(PCIDevice *pdev)
{
    return pci_get_word(pdev->config + PCI_VENDOR_ID) == PCI_VENDOR_ID_IBM &&
           pci_get_word(pdev->config + PCI_DEVICE_ID) == ISM_DEVICE_ID;
}

void zpci_vfio_ism_plug(S390PCIBusDevice *pbdev)
{
    ZpciVfioIsm *ism;

    if (pbdev->interp || !zpci_is_ism(pbdev->pdev)) {
        return;
    }
    ism = ZPCI_VFIO_ISM(object_new(TYPE_ZPCI_VFIO_ISM));
    ism->vdev = container_of(pbdev->pdev, VFIOPCIDevice, pdev);
    pbdev->function = ZPCI_FUNCTION(ism);
}

static void zpci_vfio_ism_class_init(ObjectClass *klass, LabClassData *data)
{
    ZpciFunctionClass *fc = ZPCI_FUNCTION_CLASS(klass);

    fc->rules = zpci_vfio_ism_rules;
    fc->execute = zpci_vfio_ism_execute;
}

static const TypeInfo zpci_vfio_ism_info = {
    .name = TYPE_ZPCI_VFIO_ISM,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(ZpciVfioIsm),
    .class_init = zpci_vfio_ism_class_init,
    .interfaces = (LabInterfaceInfo[]) {
        { TYPE_ZPCI_FUNCTION },
        { }
    },
};

static void zpci_vfio_ism_register_types(void)
{
    type_register_static(&zpci_vfio_ism_info);
}

type_init(zpci_vfio_ism_register_types)
