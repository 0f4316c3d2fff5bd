/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zPCI functions that implement the architecture themselves
 *
 * QEMU turns the zPCI load and store instructions into ordinary accesses to
 * memory regions, split into pieces of at most 8 bytes. Some functions cannot
 * be modelled that way: for an ISM one PCI STORE BLOCK is one message of 1 to
 * 4096 bytes, and it matters what the guest sees when it is refused.
 *
 * An object that implements the QOM interface "zpci-function" gets each PCILG,
 * PCISTG and PCISTB to one of the BARs of a function as a whole instead, and
 * determines how the instruction ends. QEMU still handles configuration space.
 * A PCI device that implements the interface itself also chooses what CLP
 * reports about it. For a function that is passed through, see zpci-vfio-ism.c.
 */
#ifndef HW_S390X_ZPCI_FUNCTION_H
#define HW_S390X_ZPCI_FUNCTION_H

#include "hw/s390x/s390-pci-inst.h"
#include "qom/object.h"

#define TYPE_ZPCI_FUNCTION "zpci-function"

typedef struct ZpciFunction ZpciFunction;
typedef struct ZpciFunctionClass ZpciFunctionClass;

DECLARE_CLASS_CHECKERS(ZpciFunctionClass, ZPCI_FUNCTION, TYPE_ZPCI_FUNCTION)
#define ZPCI_FUNCTION(obj) \
    INTERFACE_CHECK(ZpciFunction, (obj), TYPE_ZPCI_FUNCTION)

/* The largest block a PCISTB can carry: it must not cross 4 KiB. */
#define ZPCI_BLOCK_MAX 4096

/* How an instruction ends: by a program exception, or with cc and status. */
typedef struct ZpciResult {
    uint16_t pgm;       /* program interruption code, 0 if there is none */
    uint8_t status;     /* ZPCI_PCI_ST_*, for cc 1 */
    uint8_t cc;         /* ZPCI_PCI_LS_* */
} ZpciResult;

static inline ZpciResult zpci_ok(void)
{
    return (ZpciResult) { .cc = ZPCI_PCI_LS_OK };
}

static inline ZpciResult zpci_error(uint8_t status)
{
    return (ZpciResult) { .cc = ZPCI_PCI_LS_ERR, .status = status };
}

static inline ZpciResult zpci_exception(uint16_t pgm)
{
    return (ZpciResult) { .pgm = pgm };
}

static inline bool zpci_is_ok(ZpciResult res)
{
    return !res.pgm && res.cc == ZPCI_PCI_LS_OK;
}

/* The values are the indexes of the counters in the measurement block. */
typedef enum ZpciInsnKind {
    ZPCI_LOAD = ZPCI_FMB_CNT_LD,        /* PCILG */
    ZPCI_STORE = ZPCI_FMB_CNT_ST,       /* PCISTG */
    ZPCI_STORE_BLOCK = ZPCI_FMB_CNT_STB /* PCISTB */
} ZpciInsnKind;

typedef struct ZpciInsn {
    ZpciInsnKind kind;
    uint8_t pcias;      /* BAR number, 0 to 5; the function has this BAR */
    uint16_t len;       /* bytes, as specified by the guest: any value */
    uint64_t offset;
    uint64_t gaddr;     /* guest address of the block, PCISTB only */
    bool uncounted;     /* set by arrive(): not for the measurement block */
} ZpciInsn;

/*
 * What CLP reports about a function and its group. For a function that is
 * passed through, a host may report values that differ from the actual ones, so
 * only CLP depends on them; see ZpciRules.
 */
typedef struct ZpciAttributes {
    uint8_t pft;        /* PCI function type */
    uint16_t vfn;       /* virtual function number, 0 if not virtual */
    uint16_t pchid;     /* physical channel */
    uint8_t group;      /* function group id, or ZPCI_GROUP_ANY */
    uint16_t maxstbl;   /* longest PCISTB, bytes */
    uint16_t mui;       /* measurement block update interval, ms */
    bool relaxed;       /* PCISTB of any length and alignment */
} ZpciAttributes;

/* Group ids from here up are for groups that no host has; QEMU chooses them. */
#define ZPCI_GROUP_ANY ZPCI_SIM_GRP_START

/* Which PCISTBs the function accepts. */
typedef struct ZpciRules {
    uint16_t maxstbl;   /* up to this many bytes */
    bool relaxed;       /* any length and alignment */
} ZpciRules;

/* CLP query function group: PCISTB has relaxed alignment and length rules */
#define CLP_RSP_QPCIG_MASK_RELAXED 0x08

struct ZpciFunctionClass {
    InterfaceClass parent;

    /*
     * Fill in the attributes, which do not change while it is realized. Only
     * called for a PCI device that implements the interface itself.
     */
    void (*describe)(ZpciFunction *fn, ZpciAttributes *attr);
    void (*rules)(ZpciFunction *fn, ZpciRules *rules);

    /*
     * How many microseconds the instruction takes before it arrives. Other
     * CPUs keep running meanwhile.  Optional.
     */
    uint32_t (*latency)(ZpciFunction *fn, const ZpciInsn *insn);

    /* This time begins or is over, with the big lock held.  Optional. */
    void (*wait)(ZpciFunction *fn, bool begin);

    /*
     * An instruction has arrived, legal or not; its operand is not fetched yet.
     * Any result other than zpci_ok() ends it.  Optional.
     */
    ZpciResult (*arrive)(ZpciFunction *fn, ZpciInsn *insn);

    /*
     * Carry out an instruction that obeys the rules of the architecture.
     * @data: insn->len bytes in the order of PCI address space for any
     * instruction: output of a load, input of a store.
     * It may drop the big lock and take it again. The device is not freed
     * meanwhile, but it may have been disabled, reset or unplugged.
     */
    ZpciResult (*execute)(ZpciFunction *fn, const ZpciInsn *insn,
                          uint8_t *data);

    /* The instruction has ended with this result.  Optional. */
    void (*done)(ZpciFunction *fn, const ZpciInsn *insn, ZpciResult res);

    /*
     * The guest disables or deconfigures the function, which is reset next.
     * The reset itself works as for any QEMU device.  Optional.
     */
    void (*disable)(ZpciFunction *fn);
};

/*
 * For a function to call in its realize: create its group.  Fails if the group
 * exists with other attributes, or if there are too many groups.
 */
bool zpci_function_realize(ZpciFunction *fn, Error **errp);

/*
 * For a function to call: enter the error state, if it is not in it already.
 * @pec: PCI event code of the error event for the guest, 0 for no event.
 * Returns false, and does nothing, if the function is not enabled.
 */
bool zpci_function_set_error(PCIDevice *pdev, uint16_t pec);

/*
 * The rest is for QEMU's zPCI code. The instruction hooks return true if the
 * instruction is finished, false if QEMU must continue with it.
 */
void zpci_function_plug(S390PCIBusDevice *pbdev);
void zpci_function_unplug(S390PCIBusDevice *pbdev);
void zpci_function_disable(S390PCIBusDevice *pbdev);
bool zpci_function_pcilg(S390CPU *cpu, S390PCIBusDevice *pbdev,
                         uint8_t r1, uint8_t r2, uintptr_t ra);
bool zpci_function_pcistg(S390CPU *cpu, S390PCIBusDevice *pbdev,
                          uint8_t r1, uint8_t r2, uintptr_t ra);
bool zpci_function_pcistb(S390CPU *cpu, S390PCIBusDevice *pbdev,
                          uint8_t r1, uint8_t r3, uint64_t gaddr,
                          uint8_t ar, uintptr_t ra);

#endif
