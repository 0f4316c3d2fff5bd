/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zPCI functions that take part in the architecture themselves
 *
 * The way from QEMU's zPCI instructions to a device which implements the
 * interface of zpci-function.h: decodes the registers, checks the rules of
 * the architecture, fetches the operand, and ends the instruction.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "cpu.h"
#include "compat.h"
#include "zpci-function.h"

static ZpciFunction *zpci_function_of(PCIDevice *pdev)
{
    return (ZpciFunction *)object_dynamic_cast(OBJECT(pdev),
                                               TYPE_ZPCI_FUNCTION);
}

bool zpci_function_present(PCIDevice *pdev)
{
    return zpci_function_of(pdev) != NULL;
}

/*
 * Group ids from 0xf0 are QEMU's own, for groups that no host has. Functions
 * with the same attributes share a group, as functions of one kind do on a
 * real machine.
 */
static S390PCIGroup *zpci_function_group(const ClpRspQueryPciGrp *want)
{
    S390pciState *s = s390_get_phb();
    S390PCIGroup *group;
    int id;

    for (id = ZPCI_SIM_GRP_START; id < ZPCI_DEFAULT_FN_GRP; id++) {
        group = s390_group_find(id);
        if (group && !memcmp(&group->zpci_group, want, sizeof(*want))) {
            return group;
        }
    }
    if (s->next_sim_grp >= ZPCI_DEFAULT_FN_GRP) {
        return NULL;
    }
    group = s390_group_create(s->next_sim_grp++, -1);
    group->zpci_group = *want;
    return group;
}

void zpci_function_plug(S390PCIBusDevice *pbdev)
{
    ZpciFunction *fn = zpci_function_of(pbdev->pdev);
    ZpciAttributes attr = { };
    ClpRspQueryPciGrp want;
    S390PCIGroup *group;

    if (!fn) {
        return;
    }
    ZPCI_FUNCTION_GET_CLASS(fn)->describe(fn, &attr);

    want = s390_group_find(ZPCI_DEFAULT_FN_GRP)->zpci_group;
    want.maxstbl = attr.maxstbl;
    want.mui = attr.mui;
    if (attr.relaxed) {
        want.fr |= CLP_RSP_QPCIG_MASK_RELAXED;
    }
    group = zpci_function_group(&want);
    if (!group) {
        error_report("zpci-function: too many different function groups, "
                     "%s gets the default one", DEVICE(pbdev->pdev)->id);
        group = s390_group_find(ZPCI_DEFAULT_FN_GRP);
    }

    /*
     * The copy of the function type that newer versions of QEMU keep in
     * pbdev->pft stays 0: it means an ISM of the host, passed through.
     */
    pbdev->zpci_fn.pft = attr.pft;
    pbdev->zpci_fn.pchid = attr.pchid;
    pbdev->zpci_fn.pfgid = group->id;
    pbdev->pci_group = group;
}

void zpci_function_reset(S390PCIBusDevice *pbdev)
{
    ZpciFunction *fn = pbdev->pdev ? zpci_function_of(pbdev->pdev) : NULL;

    if (!fn) {
        return;
    }
    pci_device_reset(pbdev->pdev);
    if (ZPCI_FUNCTION_GET_CLASS(fn)->reset) {
        ZPCI_FUNCTION_GET_CLASS(fn)->reset(fn);
    }
}

bool zpci_function_set_error(PCIDevice *pdev, uint16_t pec)
{
    S390PCIBusDevice *pbdev;

    QTAILQ_FOREACH(pbdev, &s390_get_phb()->zpci_devs, link) {
        if (pbdev->pdev == pdev) {
            break;
        }
    }
    if (!pbdev || !(pbdev->fh & FH_MASK_ENABLE)) {
        return false;
    }
    if (pbdev->state == ZPCI_FS_ERROR) {
        return true;
    }
    pbdev->state = ZPCI_FS_ERROR;
    if (pec) {
        s390_pci_generate_error_event(pec, pbdev->fh, pbdev->fid, 0, 0);
    }
    return true;
}

static ZpciResult zpci_check_block(const ZpciInsn *insn,
                                   const ClpRspQueryPciGrp *group)
{
    bool relaxed = group->fr & CLP_RSP_QPCIG_MASK_RELAXED;

    if (!insn->len || insn->len > group->maxstbl ||
        (insn->offset & 0xfff) + insn->len > ZPCI_BLOCK_MAX) {
        return zpci_exception(PGM_SPECIFICATION);
    }
    if (!relaxed && (insn->len <= 8 || insn->len % 8 || insn->offset % 8 ||
                     insn->gaddr % 8)) {
        return zpci_exception(PGM_SPECIFICATION);
    }
    return zpci_ok();
}

/* The rules that hold for every function, and those of the group. */
static ZpciResult zpci_check(const ZpciInsn *insn,
                             const ClpRspQueryPciGrp *group)
{
    if (insn->kind == ZPCI_STORE_BLOCK) {
        return zpci_check_block(insn, group);
    }
    if (!insn->len || insn->len > 8 - insn->offset % 8) {
        return zpci_exception(PGM_OPERAND);
    }
    return zpci_ok();
}

/*
 * First part of each instruction. Returns NULL if there is nothing more to
 * do here: then *finished tells whether QEMU goes on with the instruction.
 *
 * An operand exception for a BAR which the function does not have is what
 * QEMU 10.0 came to answer for all functions; 7.2 reads a null pointer.
 */
static ZpciFunction *zpci_begin(S390CPU *cpu, S390PCIBusDevice *pbdev,
                                ZpciInsn *insn, uintptr_t ra, bool *finished)
{
    *finished = !pbdev->pdev->io_regions[insn->pcias].size;
    if (*finished) {
        s390_program_interrupt(&cpu->env, PGM_OPERAND, ra);
        return NULL;
    }
    return zpci_function_of(pbdev->pdev);
}

static ZpciResult zpci_admit(ZpciFunction *fn, S390PCIBusDevice *pbdev,
                             ZpciInsn *insn)
{
    ZpciFunctionClass *klass = ZPCI_FUNCTION_GET_CLASS(fn);
    ZpciResult res = klass->arrive ? klass->arrive(fn, insn) : zpci_ok();

    return zpci_is_ok(res) ? zpci_check(insn, &pbdev->pci_group->zpci_group)
                           : res;
}

static void zpci_done(ZpciFunction *fn, const ZpciInsn *insn, ZpciResult res)
{
    if (ZPCI_FUNCTION_GET_CLASS(fn)->done) {
        ZPCI_FUNCTION_GET_CLASS(fn)->done(fn, insn, res);
    }
}

/* Last part: @r is the register with the handle, which takes the status. */
static void zpci_end(S390CPU *cpu, S390PCIBusDevice *pbdev, ZpciFunction *fn,
                     const ZpciInsn *insn, ZpciResult res, uint8_t r,
                     uintptr_t ra)
{
    CPUS390XState *env = &cpu->env;

    zpci_done(fn, insn, res);
    if (res.pgm) {
        s390_program_interrupt(env, res.pgm, ra);
        return;
    }
    if (res.cc == ZPCI_PCI_LS_ERR) {
        env->regs[r] = deposit64(env->regs[r], 24, 8, res.status);
    }
    if (res.cc == ZPCI_PCI_LS_OK && !insn->uncounted) {
        pbdev->fmb.counter[insn->kind]++;
    }
    setcc(cpu, res.cc);
}

static ZpciInsn zpci_insn(ZpciInsnKind kind, uint64_t req, uint64_t offset)
{
    return (ZpciInsn) {
        .kind = kind,
        .pcias = extract64(req, 16, 4),
        .len = extract64(req, 0, kind == ZPCI_STORE_BLOCK ? 13 : 4),
        .offset = offset,
    };
}

bool zpci_function_pcilg(S390CPU *cpu, S390PCIBusDevice *pbdev,
                         uint8_t r1, uint8_t r2, uintptr_t ra)
{
    uint64_t *regs = cpu->env.regs;
    ZpciInsn insn = zpci_insn(ZPCI_LOAD, regs[r2], regs[r2 + 1]);
    uint8_t data[8] = { };
    bool finished;
    ZpciFunction *fn = zpci_begin(cpu, pbdev, &insn, ra, &finished);
    ZpciResult res;

    if (!fn) {
        return finished;
    }
    res = zpci_admit(fn, pbdev, &insn);
    if (zpci_is_ok(res)) {
        res = ZPCI_FUNCTION_GET_CLASS(fn)->execute(fn, &insn, data);
    }
    if (zpci_is_ok(res)) {
        /* Right-aligned, and in the order of the bytes of any length. */
        regs[r1] = ldq_be_p(data) >> (64 - 8 * insn.len);
    }
    zpci_end(cpu, pbdev, fn, &insn, res, r2, ra);
    return true;
}

bool zpci_function_pcistg(S390CPU *cpu, S390PCIBusDevice *pbdev,
                          uint8_t r1, uint8_t r2, uintptr_t ra)
{
    uint64_t *regs = cpu->env.regs;
    ZpciInsn insn = zpci_insn(ZPCI_STORE, regs[r2], regs[r2 + 1]);
    uint8_t data[8];
    bool finished;
    ZpciFunction *fn = zpci_begin(cpu, pbdev, &insn, ra, &finished);
    ZpciResult res;

    if (!fn) {
        return finished;
    }
    res = zpci_admit(fn, pbdev, &insn);
    if (zpci_is_ok(res)) {
        stq_be_p(data, regs[r1] << (64 - 8 * insn.len));
        res = ZPCI_FUNCTION_GET_CLASS(fn)->execute(fn, &insn, data);
    }
    zpci_end(cpu, pbdev, fn, &insn, res, r2, ra);
    return true;
}

bool zpci_function_pcistb(S390CPU *cpu, S390PCIBusDevice *pbdev,
                          uint8_t r1, uint8_t r3, uint64_t gaddr,
                          uint8_t ar, uintptr_t ra)
{
    uint64_t *regs = cpu->env.regs;
    ZpciInsn insn = zpci_insn(ZPCI_STORE_BLOCK, regs[r1], regs[r3]);
    uint8_t data[ZPCI_BLOCK_MAX];
    bool finished;
    ZpciFunction *fn = zpci_begin(cpu, pbdev, &insn, ra, &finished);
    ZpciResult res;

    if (!fn) {
        return finished;
    }
    insn.gaddr = gaddr;
    res = zpci_admit(fn, pbdev, &insn);
    if (zpci_is_ok(res)) {
        if (s390_cpu_virt_mem_read(cpu, gaddr, ar, data, insn.len)) {
            /* Stands for whichever access exception it is. */
            zpci_done(fn, &insn, zpci_exception(PGM_ADDRESSING));
            s390_cpu_virt_mem_handle_exc(cpu, ra);
            return true;
        }
        res = ZPCI_FUNCTION_GET_CLASS(fn)->execute(fn, &insn, data);
    }
    zpci_end(cpu, pbdev, fn, &insn, res, r1, ra);
    return true;
}

static const TypeInfo zpci_function_info = {
    .name = TYPE_ZPCI_FUNCTION,
    .parent = TYPE_INTERFACE,
    .class_size = sizeof(ZpciFunctionClass),
};

static void zpci_function_register_types(void)
{
    type_register_static(&zpci_function_info);
}

type_init(zpci_function_register_types)
