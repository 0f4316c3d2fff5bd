/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zPCI functions that implement the architecture themselves
 *
 * Connects QEMU's zPCI instructions to a device that implements the interface
 * in zpci-function.h: decodes the registers, checks the rules of the
 * architecture, fetches the operand, and ends the instruction.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "cpu.h"
#include "compat.h"
#include "zpci-function.h"

/* Functions with the same attributes share a group, as on a real machine. */
static S390PCIGroup *zpci_group_like(const ClpRspQueryPciGrp *want)
{
    S390PCIGroup *group;
    int id;

    for (id = ZPCI_SIM_GRP_START; id < ZPCI_DEFAULT_FN_GRP; id++) {
        group = s390_group_find(id);
        if (group && !memcmp(&group->zpci_group, want, sizeof(*want))) {
            return group;
        }
    }
    return NULL;
}

static S390PCIGroup *zpci_group_create(int id, const ClpRspQueryPciGrp *want)
{
    S390PCIGroup *group = s390_group_create(id, -1);

    group->zpci_group = *want;
    return group;
}

/* The group of a function, created if necessary. */
static S390PCIGroup *zpci_function_group(const ZpciAttributes *attr,
                                         Error **errp)
{
    S390pciState *s = s390_get_phb();
    ClpRspQueryPciGrp want = s390_group_find(ZPCI_DEFAULT_FN_GRP)->zpci_group;
    bool any = attr->group >= ZPCI_GROUP_ANY;
    S390PCIGroup *group;

    want.maxstbl = attr->maxstbl;
    want.mui = attr->mui;
    if (attr->relaxed) {
        want.fr |= CLP_RSP_QPCIG_MASK_RELAXED;
    }
    group = any ? zpci_group_like(&want) : s390_group_find(attr->group);
    if (!group) {
        if (any && s->next_sim_grp >= ZPCI_DEFAULT_FN_GRP) {
            error_setg(errp, "too many different function groups");
            return NULL;
        }
        return zpci_group_create(any ? s->next_sim_grp++ : attr->group, &want);
    }
    if (memcmp(&group->zpci_group, &want, sizeof(want))) {
        error_setg(errp, "function group 0x%x has other attributes already",
                   attr->group);
        return NULL;
    }
    return group;
}

bool zpci_function_realize(ZpciFunction *fn, Error **errp)
{
    ZpciAttributes attr = { };

    ZPCI_FUNCTION_GET_CLASS(fn)->describe(fn, &attr);
    return zpci_function_group(&attr, errp) != NULL;
}

void zpci_function_plug(S390PCIBusDevice *pbdev)
{
    ZpciFunction *fn = (ZpciFunction *)
        object_dynamic_cast(OBJECT(pbdev->pdev), TYPE_ZPCI_FUNCTION);
    ZpciAttributes attr = { };
    S390PCIGroup *group;

    if (!fn) {
        return;
    }
    pbdev->function = ZPCI_FUNCTION(object_ref(OBJECT(fn)));
    ZPCI_FUNCTION_GET_CLASS(fn)->describe(fn, &attr);
    group = zpci_function_group(&attr, &error_abort);   /* exists already */

    /*
     * Newer versions of QEMU have a copy of the function type in pbdev->pft.
     * It must stay 0: an ISM there is one that the host passes through.
     */
    pbdev->zpci_fn.pft = attr.pft;
    pbdev->zpci_fn.vfn = attr.vfn;
    pbdev->zpci_fn.pchid = attr.pchid;
    pbdev->zpci_fn.pfgid = group->id;
    pbdev->pci_group = group;
}

void zpci_function_unplug(S390PCIBusDevice *pbdev)
{
    ZpciFunction *fn = pbdev->function;

    pbdev->function = NULL;
    object_unref(OBJECT(fn));
}

void zpci_function_disable(S390PCIBusDevice *pbdev)
{
    ZpciFunction *fn = pbdev->function;

    if (!fn) {
        return;
    }
    if (ZPCI_FUNCTION_GET_CLASS(fn)->disable) {
        ZPCI_FUNCTION_GET_CLASS(fn)->disable(fn);
    }
    pci_device_reset(pbdev->pdev);
    /* QEMU does not clear the bit of a function that is deconfigured. */
    pbdev->fh &= ~FH_MASK_ENABLE;
}

static bool zpci_is_enabled(const S390PCIBusDevice *pbdev)
{
    return pbdev->state >= ZPCI_FS_ENABLED;
}

bool zpci_function_set_error(PCIDevice *pdev, uint16_t pec)
{
    S390PCIBusDevice *pbdev;

    QTAILQ_FOREACH(pbdev, &s390_get_phb()->zpci_devs, link) {
        if (pbdev->pdev == pdev) {
            break;
        }
    }
    if (!pbdev || !zpci_is_enabled(pbdev)) {
        return false;
    }
    if (pbdev->state >= ZPCI_FS_ERROR) {
        return true;
    }
    pbdev->state = ZPCI_FS_ERROR;
    if (pec) {
        s390_pci_generate_error_event(pec, pbdev->fh, pbdev->fid, 0, 0);
    }
    return true;
}

static ZpciResult zpci_check_block(const ZpciInsn *insn, ZpciFunction *fn)
{
    ZpciRules rules = { };

    ZPCI_FUNCTION_GET_CLASS(fn)->rules(fn, &rules);
    if (!insn->len || insn->len > rules.maxstbl ||
        (insn->offset & 0xfff) + insn->len > ZPCI_BLOCK_MAX) {
        return zpci_exception(PGM_SPECIFICATION);
    }
    if (!rules.relaxed && (insn->len <= 8 || insn->len % 8 ||
                           insn->offset % 8 || insn->gaddr % 8)) {
        return zpci_exception(PGM_SPECIFICATION);
    }
    return zpci_ok();
}

/* The rules for all functions, and those of this one. */
static ZpciResult zpci_check(const ZpciInsn *insn, ZpciFunction *fn)
{
    if (insn->kind == ZPCI_STORE_BLOCK) {
        return zpci_check_block(insn, fn);
    }
    if (!insn->len || insn->len > 8 - insn->offset % 8) {
        return zpci_exception(PGM_OPERAND);
    }
    return zpci_ok();
}

/*
 * For a wait without the big lock. Anything may change meanwhile, and the
 * function may be gone: it is looked up again, and the references ensure that
 * no other one has the same address. They are dropped before anything can
 * longjmp. In TCG the CPU stays in its RCU read section, so anything that
 * waits for it may have to wait as long.
 */
typedef struct ZpciHold {
    S390PCIBusDevice *pbdev;
    PCIDevice *pdev;
    uint32_t fh;
} ZpciHold;

static ZpciHold zpci_hold(S390PCIBusDevice *pbdev, uint32_t fh)
{
    ZpciHold hold = { .pbdev = pbdev, .pdev = pbdev->pdev, .fh = fh };

    object_ref(OBJECT(hold.pbdev));
    object_ref(OBJECT(hold.pdev));
    return hold;
}

/* Is it still the function that the handle means? */
static bool zpci_release(ZpciHold *hold)
{
    bool same = s390_pci_find_dev_by_fh(s390_get_phb(), hold->fh) ==
                hold->pbdev && hold->pbdev->pdev == hold->pdev;

    object_unref(OBJECT(hold->pdev));
    object_unref(OBJECT(hold->pbdev));
    return same;
}

static void zpci_wait(ZpciFunction *fn, bool begin)
{
    if (ZPCI_FUNCTION_GET_CLASS(fn)->wait) {
        ZPCI_FUNCTION_GET_CLASS(fn)->wait(fn, begin);
    }
}

static bool zpci_sleep(S390PCIBusDevice *pbdev, uint32_t fh, uint32_t usec)
{
    ZpciHold hold = zpci_hold(pbdev, fh);
    ZpciFunction *fn = pbdev->function;

    zpci_wait(fn, true);
    bql_unlock();
    g_usleep(usec);
    bql_lock();
    zpci_wait(fn, false);
    return zpci_release(&hold);
}

/* Repeat the checks that QEMU did before it called us. */
static ZpciResult zpci_check_state(const S390PCIBusDevice *pbdev)
{
    if (!zpci_is_enabled(pbdev)) {
        return (ZpciResult) { .cc = ZPCI_PCI_LS_INVAL_HANDLE };
    }
    if (pbdev->state >= ZPCI_FS_ERROR) {
        return zpci_error(ZPCI_PCI_ST_BLOCKED);
    }
    return zpci_ok();
}

static void zpci_set_result(S390CPU *cpu, ZpciResult res, uint8_t r,
                            uintptr_t ra)
{
    CPUS390XState *env = &cpu->env;

    if (res.pgm) {
        s390_program_interrupt(env, res.pgm, ra);
        return;
    }
    if (res.cc == ZPCI_PCI_LS_ERR) {
        env->regs[r] = deposit64(env->regs[r], 24, 8, res.status);
    }
    setcc(cpu, res.cc);
}

/*
 * First part of each instruction: the time it takes. Returns NULL if there is
 * nothing more to do here. Then *finished is false if QEMU must continue with
 * the instruction.  @r is the register with the handle.
 */
static ZpciFunction *zpci_begin(S390CPU *cpu, S390PCIBusDevice *pbdev,
                                ZpciInsn *insn, uint8_t r, uintptr_t ra,
                                bool *finished)
{
    ZpciFunction *fn = pbdev->function;
    uint32_t fh = cpu->env.regs[r] >> 32;
    ZpciFunctionClass *klass;
    uint32_t usec;
    ZpciResult res;

    *finished = fn && !pbdev->pdev->io_regions[insn->pcias].size;
    if (*finished) {
        s390_program_interrupt(&cpu->env, PGM_OPERAND, ra);
    }
    if (!fn || *finished) {
        return NULL;
    }
    klass = ZPCI_FUNCTION_GET_CLASS(fn);
    usec = klass->latency ? klass->latency(fn, insn) : 0;
    if (usec && !zpci_sleep(pbdev, fh, usec)) {
        res = (ZpciResult) { .cc = ZPCI_PCI_LS_INVAL_HANDLE };
    } else {
        res = zpci_check_state(pbdev);
    }
    *finished = !zpci_is_ok(res);
    if (*finished) {
        zpci_set_result(cpu, res, r, ra);
        return NULL;
    }
    return fn;
}

static ZpciResult zpci_admit(ZpciFunction *fn, ZpciInsn *insn)
{
    ZpciFunctionClass *klass = ZPCI_FUNCTION_GET_CLASS(fn);
    ZpciResult res = klass->arrive ? klass->arrive(fn, insn) : zpci_ok();

    return zpci_is_ok(res) ? zpci_check(insn, fn) : res;
}

/*
 * Carry out an instruction, which may also wait without the big lock. Returns
 * false if the function is gone, or was disabled, meanwhile: then it must not
 * be used.
 */
static bool zpci_execute(S390PCIBusDevice *pbdev, uint32_t fh, ZpciFunction *fn,
                         const ZpciInsn *insn, uint8_t *data, ZpciResult *res)
{
    ZpciHold hold = zpci_hold(pbdev, fh);

    *res = ZPCI_FUNCTION_GET_CLASS(fn)->execute(fn, insn, data);
    return zpci_release(&hold);
}

static void zpci_done(ZpciFunction *fn, const ZpciInsn *insn, ZpciResult res)
{
    if (ZPCI_FUNCTION_GET_CLASS(fn)->done) {
        ZPCI_FUNCTION_GET_CLASS(fn)->done(fn, insn, res);
    }
}

/* Last part: @r is the register with the handle, which gets the status. */
static void zpci_end(S390CPU *cpu, S390PCIBusDevice *pbdev, ZpciFunction *fn,
                     const ZpciInsn *insn, ZpciResult res, uint8_t r,
                     uintptr_t ra)
{
    zpci_done(fn, insn, res);
    if (zpci_is_ok(res) && !insn->uncounted) {
        pbdev->fmb.counter[insn->kind]++;
    }
    zpci_set_result(cpu, res, r, ra);
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
    ZpciFunction *fn = zpci_begin(cpu, pbdev, &insn, r2, ra, &finished);
    ZpciResult res;

    if (!fn) {
        return finished;
    }
    res = zpci_admit(fn, &insn);
    if (zpci_is_ok(res) &&
        !zpci_execute(pbdev, regs[r2] >> 32, fn, &insn, data, &res)) {
        setcc(cpu, ZPCI_PCI_LS_INVAL_HANDLE);
        return true;
    }
    if (zpci_is_ok(res)) {
        /* Right-aligned, in big-endian byte order for any length. */
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
    ZpciFunction *fn = zpci_begin(cpu, pbdev, &insn, r2, ra, &finished);
    ZpciResult res;

    if (!fn) {
        return finished;
    }
    res = zpci_admit(fn, &insn);
    if (zpci_is_ok(res)) {
        stq_be_p(data, regs[r1] << (64 - 8 * insn.len));
        if (!zpci_execute(pbdev, regs[r2] >> 32, fn, &insn, data, &res)) {
            setcc(cpu, ZPCI_PCI_LS_INVAL_HANDLE);
            return true;
        }
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
    ZpciFunction *fn = zpci_begin(cpu, pbdev, &insn, r1, ra, &finished);
    ZpciResult res;

    if (!fn) {
        return finished;
    }
    insn.gaddr = gaddr;
    res = zpci_admit(fn, &insn);
    if (zpci_is_ok(res)) {
        if (s390_cpu_virt_mem_read(cpu, gaddr, ar, data, insn.len)) {
            /* Stands for any access exception. */
            zpci_done(fn, &insn, zpci_exception(PGM_ADDRESSING));
            s390_cpu_virt_mem_handle_exc(cpu, ra);
            return true;
        }
        if (!zpci_execute(pbdev, regs[r1] >> 32, fn, &insn, data, &res)) {
            setcc(cpu, ZPCI_PCI_LS_INVAL_HANDLE);
            return true;
        }
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
