/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control BAR of the zPCI lab devices: instruction log, fault injector
 *
 * BAR 4 of a "zpci-ram", and of an "ism" with lab=on, has 4 KiB with the
 * registers below: 64 bits each, big-endian, register r at offset 8 * r.
 * A register is also a QOM property of every lab device, control BAR or not
 * (qom-get, qom-set; names in the comments).
 *
 *   read    PCILG of 1 to 8 bytes within a register; the rest of the 4 KiB
 *           reads as 0
 *   write   PCISTG of 8 bytes or PCISTB of a multiple of 8, 8-byte aligned
 *           (also on an ism, whose other BARs refuse PCISTG); if the range
 *           contains anything but writable registers, the result is an operand
 *           exception and nothing is written
 *
 * Accesses to the control BAR are not counted, not logged and never faulted.
 * Like any other access they are refused while the function is in the error
 * state: then use QMP, or leave the error state first.
 *
 * The values survive every reset, so a fault can be armed before a reset for
 * an instruction after it. Write 0 to COUNT_* to restart counting.
 *
 * This file is for the device models and for programs in the guest.
 */
#ifndef ZPCI_LAB_REGS_H
#define ZPCI_LAB_REGS_H

#define ZPCI_LAB_BAR            4
#define ZPCI_LAB_BAR_SIZE       4096
#define ZPCI_LAB_MAGIC          0x5a5043494c414231ULL   /* "ZPCILAB1" */

/* Offsets in the control BAR */
#define ZPCI_LAB_ID             0x00    /* r-  always ZPCI_LAB_MAGIC */

/*
 * BAR instructions that reached the function, with any result. Instructions
 * that were stopped by a wrong handle, the error state or an absent BAR are not
 * included.
 */
#define ZPCI_LAB_COUNT_LOAD     0x08    /* rw  lab-count-load    PCILG */
#define ZPCI_LAB_COUNT_STORE    0x10    /* rw  lab-count-store   PCISTG */
#define ZPCI_LAB_COUNT_BLOCK    0x18    /* rw  lab-count-block   PCISTB */

/* The last of them */
#define ZPCI_LAB_LAST_KIND      0x20    /* r-  lab-last-kind     KIND_* or 0 */
#define ZPCI_LAB_LAST_PCIAS     0x28    /* r-  lab-last-pcias */
#define ZPCI_LAB_LAST_OFFSET    0x30    /* r-  lab-last-offset */
#define ZPCI_LAB_LAST_LEN       0x38    /* r-  lab-last-len */
#define ZPCI_LAB_LAST_RESULT    0x40    /* r-  lab-last-result   RESULT_* */

/*
 * The fault: of the instructions whose kind is in KINDS (0: any kind), the
 * AFTERth from now on (1: the next one) and the TIMES - 1 instructions after it
 * (TIMES 0 is the same as 1) are not carried out but end with RESULT. If RESULT
 * has cc 0, they are carried out as usual. Write AFTER last: it arms the fault,
 * 0 disarms it, and it counts down. Instructions count even if they would have
 * failed anyway.
 */
#define ZPCI_LAB_FAULT_KINDS    0x48    /* rw  lab-fault-kinds   KIND_* */
#define ZPCI_LAB_FAULT_RESULT   0x50    /* rw  lab-fault-result  RESULT_* */
#define ZPCI_LAB_FAULT_TIMES    0x58    /* rw  lab-fault-times */
#define ZPCI_LAB_FAULT_AFTER    0x60    /* rw  lab-fault-after */
#define ZPCI_LAB_FAULT_HITS     0x68    /* rw  lab-fault-hits    counts up */

/*
 * With a latency: the most BAR instructions that were in progress at the same
 * time, one of them on this function and the others on any
 */
#define ZPCI_LAB_MOST_AT_ONCE   0x70    /* rw  lab-most-at-once */

/*
 * A write puts the function in the error state at once. The value is the PCI
 * event code of the error event for the guest, or PEC_NONE. Reads return the
 * last value.
 */
#define ZPCI_LAB_SET_ERROR      0x78    /* rw  lab-set-error */

#define ZPCI_LAB_NR_REGS        16

/* KINDS are a bit mask; LAST_KIND has one bit set. */
#define ZPCI_LAB_KIND_LOAD      0x1ULL
#define ZPCI_LAB_KIND_STORE     0x2ULL
#define ZPCI_LAB_KIND_BLOCK     0x4ULL

/*
 * A result, actual (LAST_RESULT) or requested (FAULT_RESULT):
 *   bits  0..7   condition code, 0 to 3
 *   bits  8..15  status, for condition code 1
 *   bits 16..31  program interruption code; not 0: program exception, no cc
 *   bits 32..47  requested only: PCI event code; not 0: the function also
 *                enters the error state, as with SET_ERROR
 */
#define ZPCI_LAB_RESULT(cc, status) \
    ((unsigned long long)(status) << 8 | (cc))
#define ZPCI_LAB_RESULT_PGM(code)   ((unsigned long long)(code) << 16)
#define ZPCI_LAB_RESULT_PEC(pec)    ((unsigned long long)(pec) << 32)

#define ZPCI_LAB_PGM_SPECIFICATION  0x06
#define ZPCI_LAB_PGM_OPERAND        0x15
#define ZPCI_LAB_PEC_SERVICE        0x3a    /* a guest may try to recover */
#define ZPCI_LAB_PEC_PERMANENT      0x3b
#define ZPCI_LAB_PEC_NONE           0xffff  /* error state without an event */

#endif
