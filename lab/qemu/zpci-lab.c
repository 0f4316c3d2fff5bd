/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zPCI lab devices: instruction log, fault injector, control BAR
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/crc32c.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "cpu.h"
#include "hw/pci/msi.h"
#include "hw/qdev-properties.h"
#include "zpci-lab.h"

#define REG(lab, name) ((lab)->reg[ZPCI_LAB_##name / 8])

static const struct {
    const char *property;
    bool writable;
} zpci_lab_reg[ZPCI_LAB_NR_REGS] = {
    [ZPCI_LAB_ID / 8]           = { "lab-id" },
    [ZPCI_LAB_COUNT_LOAD / 8]   = { "lab-count-load", true },
    [ZPCI_LAB_COUNT_STORE / 8]  = { "lab-count-store", true },
    [ZPCI_LAB_COUNT_BLOCK / 8]  = { "lab-count-block", true },
    [ZPCI_LAB_LAST_KIND / 8]    = { "lab-last-kind" },
    [ZPCI_LAB_LAST_PCIAS / 8]   = { "lab-last-pcias" },
    [ZPCI_LAB_LAST_OFFSET / 8]  = { "lab-last-offset" },
    [ZPCI_LAB_LAST_LEN / 8]     = { "lab-last-len" },
    [ZPCI_LAB_LAST_RESULT / 8]  = { "lab-last-result" },
    [ZPCI_LAB_FAULT_KINDS / 8]  = { "lab-fault-kinds", true },
    [ZPCI_LAB_FAULT_RESULT / 8] = { "lab-fault-result", true },
    [ZPCI_LAB_FAULT_TIMES / 8]  = { "lab-fault-times", true },
    [ZPCI_LAB_FAULT_AFTER / 8]  = { "lab-fault-after", true },
    [ZPCI_LAB_FAULT_HITS / 8]   = { "lab-fault-hits", true },
    [ZPCI_LAB_MOST_AT_ONCE / 8] = { "lab-most-at-once", true },
    [ZPCI_LAB_SET_ERROR / 8]    = { "lab-set-error", true },
};

static bool zpci_lab_is_control(const ZpciInsn *insn)
{
    return insn->pcias == ZPCI_LAB_BAR;
}

static bool zpci_lab_set_error(ZpciLab *lab, uint16_t pec)
{
    return zpci_function_set_error(PCI_DEVICE(lab),
                                   pec == ZPCI_LAB_PEC_NONE ? 0 : pec);
}

/* Must this instruction fail?  Counts down. */
static bool zpci_lab_fault_due(ZpciLab *lab, uint64_t kind)
{
    uint64_t kinds = REG(lab, FAULT_KINDS);

    if (!REG(lab, FAULT_AFTER) || (kinds && !(kinds & kind)) ||
        --REG(lab, FAULT_AFTER)) {
        return false;
    }
    REG(lab, FAULT_HITS)++;
    if (REG(lab, FAULT_TIMES) > 1) {
        REG(lab, FAULT_TIMES)--;
        REG(lab, FAULT_AFTER) = 1;
    }
    return true;
}

static ZpciResult zpci_lab_fault(ZpciLab *lab)
{
    uint64_t want = REG(lab, FAULT_RESULT);
    uint16_t pec = extract64(want, 32, 16);

    if (pec) {
        zpci_lab_set_error(lab, pec);
    }
    return (ZpciResult) {
        .cc = extract64(want, 0, 2),
        .status = extract64(want, 8, 8),
        .pgm = extract64(want, 16, 16),
    };
}

static uint32_t zpci_lab_latency(ZpciFunction *fn, const ZpciInsn *insn)
{
    return zpci_lab_is_control(insn) ? 0 : ZPCI_LAB(fn)->latency;
}

static void zpci_lab_wait(ZpciFunction *fn, bool begin)
{
    static uint64_t at_once;
    ZpciLab *lab = ZPCI_LAB(fn);

    at_once += begin ? 1 : -1;
    REG(lab, MOST_AT_ONCE) = MAX(REG(lab, MOST_AT_ONCE), at_once);
}

static ZpciResult zpci_lab_arrive(ZpciFunction *fn, ZpciInsn *insn)
{
    ZpciLab *lab = ZPCI_LAB(fn);
    uint64_t kind = 1ULL << insn->kind;

    if (zpci_lab_is_control(insn)) {
        insn->uncounted = true;
        return zpci_ok();
    }
    lab->crc = 0;
    lab->reg[ZPCI_LAB_COUNT_LOAD / 8 + insn->kind]++;
    REG(lab, LAST_KIND) = kind;
    REG(lab, LAST_PCIAS) = insn->pcias;
    REG(lab, LAST_OFFSET) = insn->offset;
    REG(lab, LAST_LEN) = insn->len;
    return zpci_lab_fault_due(lab, kind) ? zpci_lab_fault(lab) : zpci_ok();
}

/* A line: kind, address space, offset, length, CRC of the data, result */
static void zpci_lab_log(ZpciLab *lab, const ZpciInsn *insn)
{
    static const char *const kind[] = {
        [ZPCI_LOAD] = "load", [ZPCI_STORE] = "store",
        [ZPCI_STORE_BLOCK] = "block",
    };

    if (lab->log) {
        fprintf(lab->log, "%s %u 0x%" PRIx64 " %u %08x 0x%" PRIx64 "\n",
                kind[insn->kind], insn->pcias, insn->offset, insn->len,
                lab->crc, REG(lab, LAST_RESULT));
    }
}

static void zpci_lab_done(ZpciFunction *fn, const ZpciInsn *insn,
                          ZpciResult res)
{
    ZpciLab *lab = ZPCI_LAB(fn);

    if (!zpci_lab_is_control(insn)) {
        REG(lab, LAST_RESULT) = ZPCI_LAB_RESULT_PGM(res.pgm) |
                                ZPCI_LAB_RESULT(res.cc, res.status);
        zpci_lab_log(lab, insn);
    }
}

static ZpciResult zpci_lab_control_read(ZpciLab *lab, const ZpciInsn *insn,
                                        uint8_t *data)
{
    uint8_t bytes[8] = { };

    if (insn->offset >= ZPCI_LAB_BAR_SIZE) {
        return zpci_exception(PGM_OPERAND);
    }
    if (insn->offset / 8 < ZPCI_LAB_NR_REGS) {
        stq_be_p(bytes, lab->reg[insn->offset / 8]);
    }
    memcpy(data, bytes + insn->offset % 8, insn->len);
    return zpci_ok();
}

static ZpciResult zpci_lab_control_write(ZpciLab *lab, const ZpciInsn *insn,
                                         const uint8_t *data)
{
    uint64_t first = insn->offset / 8, n = insn->len / 8, i;

    if (insn->offset % 8 || insn->len % 8) {
        return zpci_exception(PGM_OPERAND);
    }
    for (i = first; i < first + n; i++) {
        if (i >= ZPCI_LAB_NR_REGS || !zpci_lab_reg[i].writable) {
            return zpci_exception(PGM_OPERAND);
        }
    }
    for (i = 0; i < n; i++) {
        lab->reg[first + i] = ldq_be_p(data + 8 * i);
        if (first + i == ZPCI_LAB_SET_ERROR / 8) {
            zpci_lab_set_error(lab, REG(lab, SET_ERROR));
        }
    }
    return zpci_ok();
}

static ZpciResult zpci_lab_execute(ZpciFunction *fn, const ZpciInsn *insn,
                                   uint8_t *data)
{
    ZpciLab *lab = ZPCI_LAB(fn);
    ZpciResult res;

    if (!zpci_lab_is_control(insn)) {
        res = ZPCI_LAB_GET_CLASS(lab)->execute(lab, insn, data);
        lab->crc = crc32c(0, data, insn->len);
        return res;
    }
    if (insn->kind == ZPCI_LOAD) {
        return zpci_lab_control_read(lab, insn, data);
    }
    return zpci_lab_control_write(lab, insn, data);
}

static void zpci_lab_prop_set_error(Object *obj, Visitor *v, const char *name,
                                    void *opaque, Error **errp)
{
    ZpciLab *lab = ZPCI_LAB(obj);
    uint64_t pec;

    if (!visit_type_uint64(v, name, &pec, errp)) {
        return;
    }
    if (!zpci_lab_set_error(lab, pec)) {
        error_setg(errp, "the guest has not enabled this function");
        return;
    }
    REG(lab, SET_ERROR) = pec;
}

static void zpci_lab_prop_get_error(Object *obj, Visitor *v, const char *name,
                                    void *opaque, Error **errp)
{
    visit_type_uint64(v, name, &REG(ZPCI_LAB(obj), SET_ERROR), errp);
}

static void zpci_lab_instance_init(Object *obj)
{
    ZpciLab *lab = ZPCI_LAB(obj);
    int i;

    REG(lab, ID) = ZPCI_LAB_MAGIC;
    for (i = 0; i < ZPCI_LAB_SET_ERROR / 8; i++) {
        object_property_add_uint64_ptr(obj, zpci_lab_reg[i].property,
                                       &lab->reg[i],
                                       zpci_lab_reg[i].writable ?
                                       OBJ_PROP_FLAG_READWRITE :
                                       OBJ_PROP_FLAG_READ);
    }
    /* A write to this register has an effect. */
    object_property_add(obj, zpci_lab_reg[ZPCI_LAB_SET_ERROR / 8].property,
                        "uint64", zpci_lab_prop_get_error,
                        zpci_lab_prop_set_error, NULL, NULL);
}

static void zpci_lab_instance_finalize(Object *obj)
{
    ZpciLab *lab = ZPCI_LAB(obj);

    if (lab->log) {
        fclose(lab->log);
    }
}

/*
 * PCI needs a memory region for each BAR, but the instructions do not use it,
 * and nothing else can access a BAR on this machine: refuse all accesses.
 */
static bool zpci_lab_refuse(void *opaque, hwaddr addr, unsigned size,
                            bool is_write, MemTxAttrs attrs)
{
    return false;
}

static const MemoryRegionOps zpci_lab_bar_ops = {
    .valid.accepts = zpci_lab_refuse,
};

void zpci_lab_add_bar(ZpciLab *lab, int nr, uint8_t type, uint64_t size)
{
    memory_region_init_io(&lab->bar[nr], OBJECT(lab), &zpci_lab_bar_ops, lab,
                          object_get_typename(OBJECT(lab)), size);
    pci_register_bar(PCI_DEVICE(lab), nr, type, &lab->bar[nr]);
}

bool zpci_lab_realize(ZpciLab *lab, bool control, Error **errp)
{
    if (lab->latency > ZPCI_LAB_LATENCY_MAX) {
        error_setg(errp, "latency must be 0 to %d", ZPCI_LAB_LATENCY_MAX);
        return false;
    }
    if (!zpci_function_realize(ZPCI_FUNCTION(lab), errp)) {
        return false;
    }
    if (lab->log_name) {
        lab->log = fopen(lab->log_name, "w");
        if (!lab->log) {
            error_setg_file_open(errp, errno, lab->log_name);
            return false;
        }
        setvbuf(lab->log, NULL, _IOLBF, 0);
    }
    if (msi_init(PCI_DEVICE(lab), 0, 1, true, false, errp)) {
        return false;
    }
    if (control) {
        zpci_lab_add_bar(lab, ZPCI_LAB_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY,
                         ZPCI_LAB_BAR_SIZE);
    }
    return true;
}

static const VMStateDescription zpci_lab_vmstate = {
    .name = TYPE_ZPCI_LAB,
    .unmigratable = 1,
};

static LabProperty zpci_lab_properties[] = {
    DEFINE_PROP_UINT32("latency", ZpciLab, latency, 0),
    DEFINE_PROP_STRING("log", ZpciLab, log_name),
    LAB_PROP_END
};

static void zpci_lab_class_init(ObjectClass *klass, LabClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ZpciFunctionClass *fc = ZPCI_FUNCTION_CLASS(klass);

    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    dc->vmsd = &zpci_lab_vmstate;
    device_class_set_props(dc, zpci_lab_properties);
    fc->latency = zpci_lab_latency;
    fc->wait = zpci_lab_wait;
    fc->arrive = zpci_lab_arrive;
    fc->execute = zpci_lab_execute;
    fc->done = zpci_lab_done;
}

static const TypeInfo zpci_lab_info = {
    .name = TYPE_ZPCI_LAB,
    .parent = TYPE_PCI_DEVICE,
    .abstract = true,
    .instance_size = sizeof(ZpciLab),
    .instance_init = zpci_lab_instance_init,
    .instance_finalize = zpci_lab_instance_finalize,
    .class_size = sizeof(ZpciLabClass),
    .class_init = zpci_lab_class_init,
    .interfaces = (LabInterfaceInfo[]) {
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { TYPE_ZPCI_FUNCTION },
        { }
    },
};

static void zpci_lab_register_types(void)
{
    type_register_static(&zpci_lab_info);
}

type_init(zpci_lab_register_types)
