/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "ism": an emulated Internal Shared Memory function
 *
 *   -device ism[,gid=N][,fabric=DIR]
 *              [,max-block=BYTES][,latency=MICROSECONDS][,lab=on]
 *              [,pft=N][,vfn=N][,pchid=N]
 *              [,group=N][,maxstbl=BYTES][,relaxed=off][,mui=MILLISECONDS]
 *              [,garble=N][,response-len=BYTES]
 *
 * All ism functions of one QEMU with the same pchid see each other. With
 * fabric=, those with the same folder and pchid do, in any QEMU of the same
 * user; how, is described in ism-fabric.h. A function registers a buffer of
 * its guest memory (DMB) for one peer, named by its GID, and gets a token; the
 * peer stores into the buffer by PCISTB to its own BAR 0, with token and
 * offset as the address. A bit in that address asks the device to signal the
 * owner: bits in a status page (SBA) and an MSI. Events go to the owner's
 * event queue (IEQ). BAR 2 is the command window.
 *
 * The third line is what CLP reports about the function: type, virtual
 * function number, physical channel. The fourth is what it reports about the
 * group: id (below 0xf0; by default QEMU chooses one from 0xf0 up), longest
 * PCISTB, relaxed alignment, measurement interval. For a function that is
 * passed through, a host can report values that differ from the actual ones.
 * Therefore the function itself does not use them: it accepts PCISTBs of up to
 * max-block bytes (by default maxstbl, which is 4096) at any alignment.
 *
 * With garble=N, about one of N short stores and events that the function sends
 * has random changes, as if a hostile program used it. The others are as usual.
 * With response-len, each response states this length, which is then wrong.
 *
 * There is no public specification of the device. The model is based on the
 * Linux driver (drivers/s390/net/ism*) and on public mails from its authors:
 *   - the commands, their layout, and how they are issued: body first, the
 *     8 byte header at offset 0 last, then the response is read back
 *   - layout of the BAR 0 address, SBA and IEQ; the order of signalling
 *   - PCISTB of 1 to 4096 bytes at any alignment, never across 4 KiB; no
 *     PCISTG to any BAR; MSI, no MSI-X; function type 5 in a partition
 *   - a virtual function has no memory enable bit: it reads as 0
 *
 * Inferred, so a real machine may differ:
 *   - the return codes, except 0xffff if the object to unregister does not
 *     exist (the driver treats this as "already gone")
 *   - command window of 4 KiB; the part after a response reads as 0
 *   - SBA and DMB start at a page, the IEQ at 512 bytes; DMBs of 1 byte to
 *     8 MiB (what the address can express); an SBA must come first
 *   - an unknown token or one for another peer, an offset beyond the DMB, an
 *     access beyond the window and a read of BAR 0 end with an operand
 *     exception; a store that the owner's DMA does not accept ends with cc 1,
 *     status 40, and puts the owner (not the writer) in the error state
 *   - bit n of a DMBE mask is counted from the left, like all other bits
 *   - every signal raises an MSI, even if a summary bit is still set
 *   - a function that loses a DMB it has stored to gets an event 4 (type 0,
 *     the token); when a function is disabled or goes away, each peer with
 *     such a connection to it gets an event 7 (type 1, the GID)
 *   - an event is refused if there were 14 since the guest cleared the event
 *     bit of the SBA: the sender gets code 7, and the function's own events are
 *     lost; without an SBA they overwrite the oldest ones
 *   - when a function goes away, the DMBs that were for it cannot be used by
 *     any other function, even one that gets its GID
 *   - VLAN ids are stored and reported but do not isolate functions
 *
 * With fabric=:
 *   - a peer whose QEMU ends, or whose machine is reset, is like one whose
 *     function is disabled; a store that cannot reach it ends with an operand
 *     exception
 *   - so is one that does not answer in time, because its QEMU is stopped. The
 *     store ends with cc 1, status 40. When the peer continues, it gets event
 *     7, too, and its DMBs are still registered. Meanwhile the CPU waits, and
 *     other CPUs may wait for it: see ISM_FABRIC_TIMEOUT_MS
 *   - the token has 8 bits for the number of the owner, so there are at most
 *     255 functions, and a stale token is not reused until 4094 other buffers
 *     have been registered
 *   - a DMB is for the function that has the GID of its peer when it is
 *     registered or, if that has not made contact yet, for the first one that
 *     does
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "qemu/queue.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "cpu.h"
#include "hw/pci/msi.h"
#include "hw/qdev-properties.h"
#include "hw/s390x/tod.h"
#include "zpci-lab.h"
#include "ism-fabric.h"
#include "ism_protocol.h"

#define TYPE_ISM "ism"
OBJECT_DECLARE_SIMPLE_TYPE(IsmState, ISM)

#define ISM_DEVICE_ID           0x04ed
#define ISM_PFT                 5
#define ISM_DEFAULT_PCHID       0x07c0
#define ISM_CHID_SOFTWARE       0xff00  /* from here up: not a real ISM */
#define ISM_FIRST_GID           0x49534d0000000001ULL
#define ISM_NO_GID              0

#define ISM_DATA_SIZE           (1ULL << 48)
#define ISM_WINDOW_SIZE         4096

/* BAR 0 address: token, element, signal flag, offset */
#define ISM_TOKEN_SHIFT         28
#define ISM_TOKENS              (1U << (48 - ISM_TOKEN_SHIFT))
#define ISM_TOKEN(addr)         ((addr) >> ISM_TOKEN_SHIFT << ISM_TOKEN_SHIFT)
#define ISM_ELEMENT(addr)       extract64(addr, ISM_ELEMENT_SHIFT, 4)
#define ISM_SIGNAL(addr)        extract64(addr, ISM_SIGNAL_SHIFT, 1)
#define ISM_OFFSET(addr)        extract64(addr, 0, 23)
#define ISM_MAX_DMB_LEN         (8 * MiB)

/* In a fabric the token begins with the number of the owner. */
#define ISM_NUMBER_SHIFT        40
#define ISM_NUMBER_TOKENS       (1U << (ISM_NUMBER_SHIFT - ISM_TOKEN_SHIFT))

/* SBA: summary and event bit, a bit per DMB, a mask of elements per DMB */
#define ISM_SBA_DMB_BITS        4
#define ISM_SBA_DMBE_MASK       256

/* IEQ: header, entries; the index in the header runs from 1 to 15 */
#define ISM_IEQ_SIZE            512
#define ISM_IEQ_ENTRY_SIZE      32

#define ISM_NR_VLANS            64

#define ISM_SIGNAL_IEQ_LEN      24      /* GID, queue, code, information */

#define ISM_GARBLE_MAX          64      /* longer stores carry data */
#define ISM_GARBLE_BYTES        8

/* Return codes of commands */
enum {
    ISM_RET_OK = 0,
    ISM_RET_COMMAND = 1,        /* unknown command */
    ISM_RET_LENGTH = 2,         /* wrong length for this command */
    ISM_RET_ARGUMENT = 3,       /* unaligned or out of range */
    ISM_RET_IN_USE = 4,         /* already registered, index taken */
    ISM_RET_SEQUENCE = 5,       /* something else must be registered first */
    ISM_RET_NO_PEER = 6,        /* no such GID, or it accepts no events */
    ISM_RET_FULL = 7,           /* no more tokens, VLAN ids, room for events */
    ISM_RET_NOT_FOUND = 0xffff, /* nothing of this kind is registered */
};

typedef struct IsmDmb {
    IsmState *owner;
    uint64_t token;
    uint64_t dma;
    uint64_t rgid;      /* GID of the peer that may store */
    uint64_t instance;  /* of this peer in the fabric, 0 if not known yet */
    uint32_t len;
    uint16_t index;     /* index of its bit in the SBA */
    bool used;          /* stored to: owner and writer are connected */
} IsmDmb;

/* A DMB of a peer in the fabric that we have stored to */
typedef struct IsmUsed {
    uint64_t token;
    uint64_t session;   /* of the peer */
    uint32_t index;     /* orders them */
} IsmUsed;

struct IsmState {
    ZpciLab parent_obj;

    uint64_t gid;
    uint16_t pchid;
    uint16_t max_block;
    uint16_t response_len;
    bool lab;
    char *folder;
    IsmFabric *fabric;  /* NULL: only functions of this QEMU */
    Notifier exit;

    /* what CLP reports */
    uint8_t pft;
    uint16_t vfn;
    uint8_t group;
    uint16_t maxstbl;
    bool relaxed;
    uint16_t mui;
    uint16_t garble;

    uint8_t window[ISM_WINDOW_SIZE];
    uint64_t sba;       /* DMA addresses, 0 if there is none */
    uint64_t ieq;
    uint32_t ieq_index;
    uint32_t ieq_unread;
    IsmDmb *dmb[ISM_NR_DMBS];
    GHashTable *tokens; /* DMBs by token: its own in a fabric, or ism_tokens */
    GHashTable *used;   /* in a fabric: what we have stored to, by token */
    uint32_t last_token;
    uint32_t resets;
    uint32_t vlan_required;
    uint32_t nr_vlans;
    uint16_t vlan[ISM_NR_VLANS];
    QTAILQ_ENTRY(IsmState) link;
};

/*
 * All functions that are not in a fabric, all GIDs they ever used, and all
 * their DMBs by token. Protected by the big lock.
 */
static QTAILQ_HEAD(, IsmState) ism_functions =
    QTAILQ_HEAD_INITIALIZER(ism_functions);
static GHashTable *ism_gids;
static GHashTable *ism_tokens;

static IsmState *ism_by_gid(uint64_t gid)
{
    IsmState *ism;

    QTAILQ_FOREACH(ism, &ism_functions, link) {
        if (ism->gid == gid) {
            return ism;
        }
    }
    return NULL;
}

/*
 * A function of this QEMU with the same pchid, which can be the function
 * itself.
 */
static IsmState *ism_peer(const IsmState *ism, uint64_t gid)
{
    IsmState *peer = ism_by_gid(gid);

    return peer && peer->pchid == ism->pchid ? peer : NULL;
}

/*
 * Guest memory: the DMA address space of a function
 *
 * A function whose DMA fails enters the error state. QEMU's IOMMU does this for
 * addresses in its range, but is not called for others. With bus mastering off
 * there is no DMA that could fail.
 */

static bool ism_dma_result(IsmState *ism, bool ok)
{
    PCIDevice *pdev = PCI_DEVICE(ism);

    if (!ok && pci_get_word(pdev->config + PCI_COMMAND) & PCI_COMMAND_MASTER) {
        zpci_function_set_error(pdev, ERR_EVENT_OORANGE);
    }
    return ok;
}

static bool ism_dma_read(IsmState *ism, uint64_t addr, void *buf, uint64_t len)
{
    MemTxResult res = pci_dma_read(PCI_DEVICE(ism), addr, buf, len);

    return ism_dma_result(ism, res == MEMTX_OK);
}

static bool ism_dma_write(IsmState *ism, uint64_t addr, const void *buf,
                          uint64_t len)
{
    MemTxResult res = pci_dma_write(PCI_DEVICE(ism), addr, buf, len);

    return ism_dma_result(ism, res == MEMTX_OK);
}

/*
 * Set bits in a byte while the guest may be clearing other bits. This must be
 * atomic, so it needs direct access to the memory. If the address is not RAM,
 * a bounce buffer is mapped, which is not changed.
 */
static bool ism_dma_or(IsmState *ism, uint64_t addr, uint8_t bits)
{
    PCIDevice *pdev = PCI_DEVICE(ism);
    dma_addr_t len = 1;
    ram_addr_t offset;
    uint8_t *byte;
    bool ram;

    byte = pci_dma_map(pdev, addr, &len, DMA_DIRECTION_FROM_DEVICE);
    if (!byte) {
        return ism_dma_result(ism, false);
    }
    ram = memory_region_from_host(byte, &offset);
    if (ram) {
        qatomic_or(byte, bits);
    }
    pci_dma_unmap(pdev, byte, len, DMA_DIRECTION_FROM_DEVICE, ram ? len : 0);
    return ism_dma_result(ism, ram);
}

/*
 * Signalling. The order matters to a guest that looks at the SBA while we
 * write it: details first, then the summary bit, then the interrupt.
 */

/* The flags as seen in the first byte */
#define ISM_SBA_S (ISM_SBA_SIGNAL >> 24)
#define ISM_SBA_E (ISM_SBA_EVENT >> 24)

static void ism_interrupt(IsmState *ism)
{
    if (msi_enabled(PCI_DEVICE(ism))) {
        msi_notify(PCI_DEVICE(ism), 0);
    }
}

static bool ism_signal_dmb(IsmState *ism, uint16_t index, unsigned element)
{
    uint64_t mask = ism->sba + ISM_SBA_DMBE_MASK + 2 * index + element / 8;
    uint64_t bit = ism->sba + ISM_SBA_DMB_BITS + index / 8;

    if (!ism->sba) {
        return true;    /* the guest does not want signals */
    }
    if (!ism_dma_or(ism, mask, 0x80 >> element % 8) ||
        !ism_dma_or(ism, bit, 0x80 >> index % 8) ||
        !ism_dma_or(ism, ism->sba, ISM_SBA_S)) {
        return false;
    }
    ism_interrupt(ism);
    return true;
}

static bool ism_write_event(IsmState *ism, uint32_t type, uint32_t code,
                            uint64_t tok, uint64_t info)
{
    uint64_t time = time2tod(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    uint32_t slot = ism->ieq_index % ISM_IEQ_ENTRIES;
    uint8_t entry[ISM_IEQ_ENTRY_SIZE], sizes[16], index[8];

    stl_be_p(entry, type);
    stl_be_p(entry + 4, code);
    stq_be_p(entry + 8, tok);
    stq_be_p(entry + 16, time);
    stq_be_p(entry + 24, info);
    stq_be_p(sizes, ISM_IEQ_SIZE);
    stq_be_p(sizes + 8, ISM_IEQ_ENTRY_SIZE);
    stq_be_p(index, slot + 1);

    /* The index tells the guest that there is an entry, so it comes last. */
    if (!ism_dma_write(ism, ism->ieq + ISM_IEQ_ENTRY_SIZE * (slot + 1), entry,
                       sizeof(entry)) ||
        !ism_dma_write(ism, ism->ieq + 8, sizes, sizeof(sizes)) ||
        !ism_dma_write(ism, ism->ieq, index, sizeof(index))) {
        return false;
    }
    ism->ieq_index = slot + 1;
    ism->ieq_unread++;
    return true;
}

/*
 * With a 15th unread event the index would be the same as with none. The guest
 * does not tell how far it has read, but clears E before it reads all events.
 */
static bool ism_event_room(IsmState *ism, bool *room)
{
    uint8_t flags = 0;

    if (ism->sba && !ism_dma_read(ism, ism->sba, &flags, sizeof(flags))) {
        return false;
    }
    if (!(flags & ISM_SBA_E)) {
        ism->ieq_unread = 0;
    }
    *room = ism->ieq_unread < ISM_IEQ_ENTRIES - 1;
    return true;
}

static uint16_t ism_post_event(IsmState *ism, uint32_t type, uint32_t code,
                               uint64_t tok, uint64_t info, bool irq)
{
    bool room;

    if (!ism->ieq || !ism_event_room(ism, &room)) {
        return ISM_RET_NO_PEER;
    }
    if (!room) {
        return ISM_RET_FULL;
    }
    if (!ism_write_event(ism, type, code, tok, info) ||
        (ism->sba && !ism_dma_or(ism, ism->sba, ISM_SBA_E | ISM_SBA_S))) {
        return ISM_RET_NO_PEER;
    }
    if (irq) {
        ism_interrupt(ism);
    }
    return ISM_RET_OK;
}

/* Buffers */

/*
 * Tokens are allocated cyclically, so that a stale token is not reused until
 * all others were: more than a million, or 4094 in a fabric.
 */
static uint64_t ism_new_token(IsmState *ism)
{
    static uint32_t ism_last_token;
    uint32_t *last = ism->fabric ? &ism->last_token : &ism_last_token;
    uint32_t n = ism->fabric ? ISM_NUMBER_TOKENS : ISM_TOKENS, i;
    uint64_t base = 0, token;

    if (ism->fabric) {
        base = ism_fabric_self(ism->fabric)->number << ISM_NUMBER_SHIFT;
    }
    for (i = 1; i < n; i++) {
        *last = *last % (n - 1) + 1;
        token = base | (uint64_t)*last << ISM_TOKEN_SHIFT;
        if (!g_hash_table_contains(ism->tokens, &token)) {
            return token;
        }
    }
    return 0;
}

/*
 * Peers in other processes. The functions ism_call*() wait without the big
 * lock, so that anything may change meanwhile. No other function here drops
 * it.
 */

static IsmFabricResult ism_call(IsmState *ism, uint64_t gid,
                                IsmMessageType type, IsmMessage *msg)
{
    IsmFabric *fabric = ism_fabric_ref(ism->fabric);
    IsmFabricResult res;

    bql_unlock();
    res = ism_fabric_call_gid(fabric, gid, type, msg);
    bql_lock();
    ism_fabric_unref(fabric);
    return res;
}

/*
 * Remember that we are connected to the owner, unless that has ended
 * meanwhile.
 */
static IsmFabricResult ism_call_store(IsmState *ism, const ZpciInsn *insn,
                                      const uint8_t *data)
{
    IsmUsed used = { .token = ISM_TOKEN(insn->offset) }, *entry;
    uint8_t number = insn->offset >> ISM_NUMBER_SHIFT;
    uint32_t resets = ism->resets;
    IsmFabric *fabric;
    IsmFabricResult res;
    IsmMessage msg;

    if (!number) {
        return ISM_FABRIC_REFUSED;
    }
    msg.store.address = insn->offset;
    memcpy(msg.store.data, data, insn->len);
    fabric = ism_fabric_ref(ism->fabric);
    bql_unlock();
    res = ism_fabric_call(fabric, number, ISM_MESSAGE_STORE, &msg, insn->len,
                          &used.index, &used.session);
    bql_lock();
    ism_fabric_unref(fabric);
    if (used.index && resets == ism->resets) {
        entry = g_memdup2(&used, sizeof(used));
        g_hash_table_replace(ism->used, &entry->token, entry);
    }
    return res;
}

/* Has @writer stored into a buffer of @owner?  @forget clears that. */
static bool ism_connected(IsmState *writer, IsmState *owner, bool forget)
{
    bool found = false;
    int i;

    for (i = 0; i < ISM_NR_DMBS; i++) {
        IsmDmb *dmb = owner->dmb[i];

        if (dmb && dmb->used && dmb->rgid == writer->gid) {
            found = true;
            dmb->used = !forget;
        }
    }
    return found;
}

static void ism_free_dmb(IsmDmb *dmb)
{
    g_hash_table_remove(dmb->owner->tokens, &dmb->token);
    dmb->owner->dmb[dmb->index] = NULL;
    g_free(dmb);
}

static void ism_free_dmbs(IsmState *ism)
{
    int i;

    for (i = 0; i < ISM_NR_DMBS; i++) {
        if (ism->dmb[i]) {
            ism_free_dmb(ism->dmb[i]);
        }
    }
}

static void ism_post_unregistered(IsmState *writer, uint64_t token)
{
    ism_post_event(writer, ISM_EVENT_BUFFER, ISM_CODE_DMB_UNREGISTERED, token,
                   0, true);
}

static void ism_unregister_dmb(IsmDmb *dmb)
{
    IsmState *writer = dmb->used ? ism_peer(dmb->owner, dmb->rgid) : NULL;
    uint64_t token = dmb->token;

    ism_free_dmb(dmb);
    if (writer) {
        ism_post_unregistered(writer, token);
    }
}

static void ism_call_unregistered(IsmState *ism, IsmDmb *dmb)
{
    IsmMessage msg = { .token = dmb->token };
    uint64_t writer = dmb->rgid;
    bool used = dmb->used;

    ism_free_dmb(dmb);
    if (used) {
        ism_call(ism, writer, ISM_MESSAGE_UNREGISTERED, &msg);
    }
}

static IsmFabricResult ism_store(IsmDmb *dmb, uint64_t addr, const void *data,
                                 size_t len)
{
    uint64_t offset = ISM_OFFSET(addr);

    if (offset + len > dmb->len) {
        return ISM_FABRIC_REFUSED;
    }
    if (!ism_dma_write(dmb->owner, dmb->dma + offset, data, len)) {
        return ISM_FABRIC_FAILED;
    }
    dmb->used = true;
    if (ISM_SIGNAL(addr) &&
        !ism_signal_dmb(dmb->owner, dmb->index, ISM_ELEMENT(addr))) {
        return ISM_FABRIC_FAILED;
    }
    return ISM_FABRIC_OK;
}

static IsmFabricResult ism_store_local(IsmState *ism, const ZpciInsn *insn,
                                       const uint8_t *data)
{
    uint64_t token = ISM_TOKEN(insn->offset);
    IsmDmb *dmb = g_hash_table_lookup(ism->tokens, &token);

    if (!dmb || dmb->rgid != ism->gid || dmb->owner->pchid != ism->pchid) {
        return ISM_FABRIC_REFUSED;
    }
    return ism_store(dmb, insn->offset, data, insn->len);
}

/* Limits and small numbers are more interesting than other values. */
static uint8_t ism_garbled_byte(void)
{
    static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
    unsigned int n = g_random_int_range(0, 2 * ARRAY_SIZE(values));

    return n < ARRAY_SIZE(values) ? values[n] : g_random_int();
}

static void ism_garble(IsmState *ism, uint8_t *data, unsigned int len)
{
    int n;

    if (!ism->garble || len > ISM_GARBLE_MAX ||
        g_random_int_range(0, ism->garble)) {
        return;
    }
    for (n = g_random_int_range(1, ISM_GARBLE_BYTES + 1); n; n--) {
        data[g_random_int_range(0, len)] = ism_garbled_byte();
    }
}

static ZpciResult ism_store_data(IsmState *ism, const ZpciInsn *insn,
                                 uint8_t *data)
{
    ism_garble(ism, data, insn->len);
    switch (ism->fabric ? ism_call_store(ism, insn, data) :
                          ism_store_local(ism, insn, data)) {
    case ISM_FABRIC_OK:
        return zpci_ok();
    case ISM_FABRIC_REFUSED:
    case ISM_FABRIC_NOBODY:
        return zpci_exception(PGM_OPERAND);
    default:
        return zpci_error(ZPCI_PCI_ST_FUNC_NOT_AVAIL);
    }
}

/* Commands. The body of request and response follows an 8 byte header. */

static uint16_t ism_reg_sba(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    uint64_t sba = ldq_be_p(req);

    if (!sba || sba % ISM_SBA_SIZE) {
        return ISM_RET_ARGUMENT;
    }
    if (ism->sba) {
        return ISM_RET_IN_USE;
    }
    ism->sba = sba;
    return ISM_RET_OK;
}

static uint16_t ism_unreg_sba(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    if (!ism->sba) {
        return ISM_RET_NOT_FOUND;
    }
    ism->sba = 0;
    return ISM_RET_OK;
}

static uint16_t ism_reg_ieq(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    uint64_t ieq = ldq_be_p(req);

    if (!ieq || ieq % ISM_IEQ_SIZE || ldq_be_p(req + 8) != ISM_IEQ_SIZE) {
        return ISM_RET_ARGUMENT;
    }
    if (ism->ieq) {
        return ISM_RET_IN_USE;
    }
    ism->ieq = ieq;
    ism->ieq_index = 0;
    ism->ieq_unread = 0;
    return ISM_RET_OK;
}

static uint16_t ism_unreg_ieq(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    if (!ism->ieq) {
        return ISM_RET_NOT_FOUND;
    }
    ism->ieq = 0;
    return ISM_RET_OK;
}

static uint16_t ism_read_gid(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    stq_be_p(rsp, ism->gid);
    return ISM_RET_OK;
}

static int ism_find_vlan(const IsmState *ism, uint16_t id)
{
    int i;

    for (i = 0; i < ism->nr_vlans; i++) {
        if (ism->vlan[i] == id) {
            return i;
        }
    }
    return -1;
}

/* 0x1fff is not a VLAN: SMC adds it to request version 2 of ISM. */
static uint16_t ism_add_vlan(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    uint64_t id = ldq_be_p(req);

    if (id != 0x1fff && (id < 1 || id > 4094)) {
        return ISM_RET_ARGUMENT;
    }
    if (ism_find_vlan(ism, id) >= 0) {
        return ISM_RET_OK;
    }
    if (ism->nr_vlans == ISM_NR_VLANS) {
        return ISM_RET_FULL;
    }
    ism->vlan[ism->nr_vlans++] = id;
    return ISM_RET_OK;
}

static uint16_t ism_del_vlan(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    uint64_t id = ldq_be_p(req);
    int i = id <= UINT16_MAX ? ism_find_vlan(ism, id) : -1;

    if (i < 0) {
        return ISM_RET_NOT_FOUND;
    }
    ism->vlan[i] = ism->vlan[--ism->nr_vlans];
    return ISM_RET_OK;
}

static uint16_t ism_set_vlan(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    ism->vlan_required = 1;
    return ISM_RET_OK;
}

static uint16_t ism_reset_vlan(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    ism->vlan_required = 0;
    return ISM_RET_OK;
}

static void ism_count_dmbs(const IsmState *ism, uint32_t *owned,
                           uint32_t *used)
{
    GHashTableIter iter;
    gpointer value;

    *owned = 0;
    *used = g_hash_table_size(ism->used);
    g_hash_table_iter_init(&iter, ism->tokens);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        IsmDmb *dmb = value;

        *owned += dmb->owner == ism;
        *used += !ism->fabric && dmb->used && dmb->rgid == ism->gid;
    }
}

static uint16_t ism_query_info(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    uint32_t owned, used;
    int i;

    ism_count_dmbs(ism, &owned, &used);
    stl_be_p(rsp, 1);                           /* version */
    stl_be_p(rsp + 4, ISM_MAX_DMB_LEN);
    stq_be_p(rsp + 8, 1);                       /* state: operational */
    stq_be_p(rsp + 16, ism->gid);
    stq_be_p(rsp + 24, ism->sba);
    stq_be_p(rsp + 32, ism->ieq);
    stl_be_p(rsp + 40, ism->ieq ? ISM_IEQ_SIZE : 0);
    stl_be_p(rsp + 48, owned);
    stl_be_p(rsp + 52, used);
    stl_be_p(rsp + 56, ism->vlan_required);
    stl_be_p(rsp + 60, ism->nr_vlans);
    for (i = 0; i < ism->nr_vlans; i++) {
        stw_be_p(rsp + 64 + 2 * i, ism->vlan[i]);
    }
    return ISM_RET_OK;
}

static uint16_t ism_query_rgid(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    uint64_t gid = ldq_be_p(req);
    IsmMessage msg;
    bool found = ism->fabric ?
                 ism_call(ism, gid, ISM_MESSAGE_QUERY, &msg) == ISM_FABRIC_OK :
                 ism_peer(ism, gid) != NULL;

    return found ? ISM_RET_OK : ISM_RET_NO_PEER;
}

static uint16_t ism_reg_dmb(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    uint64_t dma = ldq_be_p(req), token;
    uint32_t len = ldl_be_p(req + 8), index = ldl_be_p(req + 12);
    IsmDmb *dmb;

    if (!dma || dma % (4 * KiB) || !len || len > ISM_MAX_DMB_LEN ||
        dma + len < dma || index >= ISM_NR_DMBS) {
        return ISM_RET_ARGUMENT;
    }
    if (!ism->sba) {
        return ISM_RET_SEQUENCE;
    }
    if (ism->dmb[index]) {
        return ISM_RET_IN_USE;
    }
    token = ism_new_token(ism);
    if (!token) {
        return ISM_RET_FULL;
    }
    dmb = g_new0(IsmDmb, 1);
    *dmb = (IsmDmb) {
        .owner = ism, .token = token, .dma = dma, .len = len, .index = index,
        .rgid = ldq_be_p(req + 24),
    };
    if (ism->fabric) {
        dmb->instance = ism_fabric_instance(ism->fabric, dmb->rgid);
    }
    ism->dmb[index] = dmb;
    g_hash_table_insert(ism->tokens, &dmb->token, dmb);
    stq_be_p(rsp, token);
    return ISM_RET_OK;
}

static uint16_t ism_unreg_dmb(IsmState *ism, const uint8_t *req, uint8_t *rsp)
{
    uint64_t token = ldq_be_p(req);
    IsmDmb *dmb = g_hash_table_lookup(ism->tokens, &token);

    if (!dmb || dmb->owner != ism) {
        return ISM_RET_NOT_FOUND;
    }
    if (ism->fabric) {
        ism_call_unregistered(ism, dmb);
    } else {
        ism_unregister_dmb(dmb);
    }
    return ISM_RET_OK;
}

static uint16_t ism_call_signal(IsmState *ism, const uint8_t *req)
{
    IsmMessage msg = { .signal = {
        .irq = ldl_be_p(req + 8),
        .code = ldl_be_p(req + 12),
        .info = ldq_be_p(req + 16),
    } };

    switch (ism_call(ism, ldq_be_p(req), ISM_MESSAGE_SIGNAL, &msg)) {
    case ISM_FABRIC_OK:
        return ISM_RET_OK;
    case ISM_FABRIC_FULL:
        return ISM_RET_FULL;
    default:
        return ISM_RET_NO_PEER;
    }
}

static uint16_t ism_signal_ieq(IsmState *ism, const uint8_t *request,
                               uint8_t *rsp)
{
    uint8_t req[ISM_SIGNAL_IEQ_LEN];
    IsmState *peer;

    memcpy(req, request, sizeof(req));
    ism_garble(ism, req + 12, sizeof(req) - 12); /* code and information */
    if (ism->fabric) {
        return ism_call_signal(ism, req);
    }
    peer = ism_peer(ism, ldq_be_p(req));
    if (!peer) {
        return ISM_RET_NO_PEER;
    }
    return ism_post_event(peer, ISM_EVENT_SOFTWARE, ldl_be_p(req + 12),
                          ism->gid, ldq_be_p(req + 16), ldl_be_p(req + 8));
}

#define ISM_HEADER_SIZE 8

/* Lengths do not include the header. */
static const struct {
    uint32_t command;
    uint16_t req_len;
    uint16_t rsp_len;
    uint16_t (*handler)(IsmState *ism, const uint8_t *req, uint8_t *rsp);
} ism_commands[] = {
    { ISM_REG_SBA,      8,   0, ism_reg_sba },
    { ISM_REG_IEQ,     16,   0, ism_reg_ieq },
    { ISM_READ_GID,     0,   8, ism_read_gid },
    { ISM_ADD_VLAN_ID,  8,   0, ism_add_vlan },
    { ISM_DEL_VLAN_ID,  8,   0, ism_del_vlan },
    { ISM_SET_VLAN,     0,   0, ism_set_vlan },
    { ISM_RESET_VLAN,   0,   0, ism_reset_vlan },
    { ISM_QUERY_INFO,   0, 192, ism_query_info },
    { ISM_QUERY_RGID,  16,   0, ism_query_rgid },
    { ISM_REG_DMB,     32,   8, ism_reg_dmb },
    { ISM_UNREG_DMB,    8,   0, ism_unreg_dmb },
    { ISM_SIGNAL_IEQ,  ISM_SIGNAL_IEQ_LEN, 0, ism_signal_ieq },
    { ISM_UNREG_SBA,    0,   0, ism_unreg_sba },
    { ISM_UNREG_IEQ,    0,   0, ism_unreg_ieq },
};

static uint16_t ism_run_command(IsmState *ism, const uint8_t *request,
                                uint8_t *body, uint16_t *body_len)
{
    uint32_t command = ldl_be_p(request);
    uint16_t len = lduw_be_p(request + 6), ret;
    int i;

    *body_len = 0;
    for (i = 0; i < ARRAY_SIZE(ism_commands); i++) {
        if (ism_commands[i].command != command) {
            continue;
        }
        if (len != ISM_HEADER_SIZE + ism_commands[i].req_len) {
            return ISM_RET_LENGTH;
        }
        ret = ism_commands[i].handler(ism, request + ISM_HEADER_SIZE, body);
        if (ret == ISM_RET_OK) {
            *body_len = ism_commands[i].rsp_len;
        }
        return ret;
    }
    return ISM_RET_COMMAND;
}

/*
 * The response replaces the request in the window, unless the function was
 * reset while the command waited for a peer.
 */
static void ism_doorbell(IsmState *ism)
{
    uint8_t request[ISM_WINDOW_SIZE];
    uint32_t resets = ism->resets;
    uint16_t ret, body_len;

    memcpy(request, ism->window, sizeof(request));
    memset(ism->window, 0, sizeof(ism->window));
    ret = ism_run_command(ism, request, ism->window + ISM_HEADER_SIZE,
                          &body_len);
    if (resets != ism->resets) {
        return;
    }
    memcpy(ism->window, request, 4);
    stw_be_p(ism->window + 4, ret);
    stw_be_p(ism->window + 6,
             ism->response_len ?: ISM_HEADER_SIZE + body_len);
}

static ZpciResult ism_window(IsmState *ism, const ZpciInsn *insn,
                             uint8_t *data)
{
    if (insn->offset >= ISM_WINDOW_SIZE ||
        insn->len > ISM_WINDOW_SIZE - insn->offset) {
        return zpci_exception(PGM_OPERAND);
    }
    if (insn->kind == ZPCI_LOAD) {
        memcpy(data, ism->window + insn->offset, insn->len);
        return zpci_ok();
    }
    memcpy(ism->window + insn->offset, data, insn->len);
    /* Only a whole header rings the doorbell. */
    if (insn->offset == 0 && insn->len >= ISM_HEADER_SIZE) {
        ism_doorbell(ism);
    }
    return zpci_ok();
}

/* The device */

static ZpciResult ism_execute(ZpciLab *lab, const ZpciInsn *insn,
                              uint8_t *data)
{
    if (insn->kind == ZPCI_STORE) {
        return zpci_exception(PGM_OPERAND);
    }
    if (insn->pcias == ISM_BAR_COMMAND) {
        return ism_window(ISM(lab), insn, data);
    }
    if (insn->kind == ZPCI_LOAD || insn->offset >= ISM_DATA_SIZE) {
        return zpci_exception(PGM_OPERAND);
    }
    return ism_store_data(ISM(lab), insn, data);
}

static void ism_describe(ZpciFunction *fn, ZpciAttributes *attr)
{
    IsmState *ism = ISM(fn);

    attr->pft = ism->pft;
    attr->vfn = ism->vfn;
    attr->pchid = ism->pchid;
    attr->group = ism->group;
    attr->maxstbl = ism->maxstbl;
    attr->relaxed = ism->relaxed;
    attr->mui = ism->mui;
}

static void ism_rules(ZpciFunction *fn, ZpciRules *rules)
{
    rules->maxstbl = ISM(fn)->max_block;
    rules->relaxed = true;
}

/* Requests of peers in other processes. The messages are valid. */

static IsmReply ism_serve_store(IsmState *ism, const IsmPeer *peer,
                                const IsmMessage *msg, size_t len)
{
    uint64_t token = ISM_TOKEN(msg->store.address);
    IsmDmb *dmb = g_hash_table_lookup(ism->tokens, &token);
    IsmReply reply = { .result = ISM_FABRIC_REFUSED };

    if (dmb && dmb->rgid == peer->gid && dmb->instance == peer->instance) {
        reply.result = ism_store(dmb, msg->store.address, msg->store.data,
                                 ism_store_length(len));
        reply.index = dmb->used ? 1 + dmb->index : 0;
    }
    return reply;
}

static IsmFabricResult ism_serve_signal(IsmState *ism, const IsmPeer *peer,
                                        const IsmMessage *msg)
{
    switch (ism_post_event(ism, ISM_EVENT_SOFTWARE, msg->signal.code, peer->gid,
                           msg->signal.info, msg->signal.irq)) {
    case ISM_RET_OK:
        return ISM_FABRIC_OK;
    case ISM_RET_FULL:
        return ISM_FABRIC_FULL;
    default:
        return ISM_FABRIC_FAILED;
    }
}

/* A peer can speak only for its own buffers. */
static IsmFabricResult ism_serve_unregistered(IsmState *ism,
                                              const IsmPeer *peer,
                                              const IsmMessage *msg)
{
    if (msg->token >> ISM_NUMBER_SHIFT != peer->number) {
        return ISM_FABRIC_REFUSED;
    }
    g_hash_table_remove(ism->used, &msg->token);
    ism_post_unregistered(ism, msg->token);
    return ISM_FABRIC_OK;
}

/* The DMBs for this GID that nobody had a right to yet are for this peer. */
static void ism_meet(IsmState *ism, const IsmPeer *peer)
{
    int i;

    for (i = 0; i < ISM_NR_DMBS; i++) {
        IsmDmb *dmb = ism->dmb[i];

        if (dmb && dmb->rgid == peer->gid && !dmb->instance) {
            dmb->instance = peer->instance;
        }
    }
}

static IsmReply ism_serve(IsmState *ism, const IsmPeer *peer,
                          const IsmMessage *msg, size_t len)
{
    IsmReply reply = { .result = ISM_FABRIC_OK };

    switch (msg->type) {
    case ISM_MESSAGE_HELLO:
        ism_meet(ism, peer);
        break;
    case ISM_MESSAGE_STORE:
        return ism_serve_store(ism, peer, msg, len);
    case ISM_MESSAGE_SIGNAL:
        reply.result = ism_serve_signal(ism, peer, msg);
        break;
    case ISM_MESSAGE_UNREGISTERED:
        reply.result = ism_serve_unregistered(ism, peer, msg);
        break;
    }
    return reply;
}

static gint ism_compare_used(gconstpointer a, gconstpointer b)
{
    return (int)((const IsmUsed *)a)->index - (int)((const IsmUsed *)b)->index;
}

/* Like ism_connected() in both directions; moves our connections to @parted. */
static bool ism_part(IsmState *ism, const IsmPeer *peer, GArray *parted)
{
    bool connected = false;
    GHashTableIter iter;
    gpointer used;
    int i;

    for (i = 0; i < ISM_NR_DMBS; i++) {
        IsmDmb *dmb = ism->dmb[i];

        if (dmb && dmb->used && dmb->rgid == peer->gid &&
            dmb->instance == peer->instance) {
            connected = true;
            dmb->used = false;
        }
    }
    g_hash_table_iter_init(&iter, ism->used);
    while (g_hash_table_iter_next(&iter, NULL, &used)) {
        if (((IsmUsed *)used)->session == peer->session) {
            connected = true;
            g_array_append_vals(parted, used, 1);
            g_hash_table_iter_remove(&iter);
        }
    }
    g_array_sort(parted, ism_compare_used);
    return connected;
}

static void ism_gone(IsmState *ism, const IsmPeer *peer)
{
    g_autoptr(GArray) parted = g_array_new(false, false, sizeof(IsmUsed));
    guint i;

    ism_meet(ism, peer);
    if (ism_part(ism, peer, parted)) {
        ism_post_event(ism, ISM_EVENT_DEVICE, ISM_CODE_GID_DISABLED, peer->gid,
                       0, true);
    }
    for (i = 0; i < parted->len; i++) {
        ism_post_unregistered(ism, g_array_index(parted, IsmUsed, i).token);
    }
}

static IsmReply ism_fabric_serve(IsmFabric *fabric, void *opaque,
                                 const IsmPeer *peer, const IsmMessage *msg,
                                 size_t len)
{
    IsmReply reply = { .result = ISM_FABRIC_REFUSED };

    bql_lock();
    if (!ism_fabric_has_left(fabric)) {
        reply = ism_serve(opaque, peer, msg, len);
    }
    bql_unlock();
    return reply;
}

static void ism_fabric_gone(IsmFabric *fabric, void *opaque,
                            const IsmPeer *peer)
{
    bql_lock();
    if (!ism_fabric_has_left(fabric)) {
        ism_gone(opaque, peer);
    }
    bql_unlock();
}

/* The thread accesses guest memory. */
static void ism_fabric_thread(bool starts)
{
    if (starts) {
        rcu_register_thread();
    } else {
        rcu_unregister_thread();
    }
}

static const IsmFabricOps ism_fabric_ops = {
    .thread = ism_fabric_thread,
    .serve = ism_fabric_serve,
    .gone = ism_fabric_gone,
};

/* If QEMU ends, the function is not unplugged first. */
static void ism_leave_at_exit(Notifier *notifier, void *data)
{
    ism_fabric_leave(container_of(notifier, IsmState, exit)->fabric);
}

static bool ism_join(IsmState *ism, Error **errp)
{
    char *message;

    ism->fabric = ism_fabric_join(ism->folder, ism->pchid, ism->gid,
                                  &ism_fabric_ops, ism, &message);
    if (!ism->fabric) {
        error_setg(errp, "%s", message);
        g_free(message);
        return false;
    }
    ism->gid = ism_fabric_self(ism->fabric)->gid;
    ism->last_token = ism_fabric_self(ism->fabric)->instance %
                      ISM_NUMBER_TOKENS;
    ism->exit.notify = ism_leave_at_exit;
    qemu_add_exit_notifier(&ism->exit);
    return true;
}

/* Peers in other processes notice that their connections end. */
static void ism_disconnect_fabric(IsmState *ism)
{
    ism_free_dmbs(ism);
    g_hash_table_remove_all(ism->used);
    ism_fabric_disconnect(ism->fabric);
}

/* End all connections, in both directions, and notify the peers. */
static void ism_disconnect(IsmState *ism)
{
    IsmState *peer;
    bool connected;
    int i;

    ism->resets++;
    ism->sba = 0;
    ism->ieq = 0;
    if (ism->fabric) {
        ism_disconnect_fabric(ism);
        return;
    }
    QTAILQ_FOREACH(peer, &ism_functions, link) {
        if (peer == ism) {
            continue;
        }
        connected = ism_connected(ism, peer, true);
        connected |= ism_connected(peer, ism, false);
        if (connected) {
            ism_post_event(peer, ISM_EVENT_DEVICE, ISM_CODE_GID_DISABLED,
                           ism->gid, 0, true);
        }
    }
    for (i = 0; i < ISM_NR_DMBS; i++) {
        if (ism->dmb[i]) {
            ism_unregister_dmb(ism->dmb[i]);
        }
    }
}

static void ism_disable(ZpciFunction *fn)
{
    ism_disconnect(ISM(fn));
}

/*
 * The peers in this QEMU are not notified: when the machine is reset, no
 * function may access guest memory any more. If the guest disables only this
 * function, ism_disable() is called first.
 */
static void ism_reset_enter(Object *obj, ResetType type)
{
    IsmState *ism = ISM(obj);
    IsmState *peer;

    ism->resets++;
    ism->sba = 0;
    ism->ieq = 0;
    if (ism->fabric) {
        ism_disconnect_fabric(ism);
    } else {
        ism_free_dmbs(ism);
        QTAILQ_FOREACH(peer, &ism_functions, link) {
            ism_connected(ism, peer, true);
        }
    }
    ism->vlan_required = 0;
    ism->nr_vlans = 0;
    memset(ism->window, 0, sizeof(ism->window));
}

/* Never choose a GID that was used before, unless the user requests it. */
static bool ism_choose_gid(IsmState *ism, Error **errp)
{
    if (ism->gid == ISM_NO_GID) {
        ism->gid = ISM_FIRST_GID;
        while (g_hash_table_contains(ism_gids, &ism->gid)) {
            ism->gid++;
        }
    } else if (ism_by_gid(ism->gid)) {
        error_setg(errp, "gid 0x%" PRIx64 " is already in use", ism->gid);
        return false;
    }
    g_hash_table_add(ism_gids, g_memdup2(&ism->gid, sizeof(ism->gid)));
    return true;
}

static bool ism_check_properties(IsmState *ism, Error **errp)
{
    if (ism->maxstbl < 64 || ism->maxstbl > ZPCI_BLOCK_MAX) {
        error_setg(errp, "maxstbl must be 64 to 4096");
        return false;
    }
    if (!ism->max_block) {
        ism->max_block = ism->maxstbl;
    }
    if (ism->max_block < ism->maxstbl || ism->max_block > ZPCI_BLOCK_MAX) {
        error_setg(errp, "max-block must be maxstbl to 4096");
        return false;
    }
    if (!ism->pchid || ism->pchid >= ISM_CHID_SOFTWARE) {
        error_setg(errp, "pchid must be 1 to 0x%x", ISM_CHID_SOFTWARE - 1);
        return false;
    }
    if (ism->group > ZPCI_GROUP_ANY) {
        error_setg(errp, "group must be 0 to 0xef; by default it is chosen");
        return false;
    }
    if (!ism->mui) {
        error_setg(errp, "mui must be 1 to 65535");
        return false;
    }
    return true;
}

static void ism_realize(PCIDevice *pdev, Error **errp)
{
    IsmState *ism = ISM(pdev);
    ZpciLab *lab = ZPCI_LAB(pdev);

    if (!ism_check_properties(ism, errp) ||
        (!ism->folder && !ism_choose_gid(ism, errp)) ||
        !zpci_lab_realize(lab, ism->lab, errp)) {
        return;
    }
    if (ism->vfn) {
        pci_word_test_and_clear_mask(pdev->wmask + PCI_COMMAND,
                                     PCI_COMMAND_MEMORY);
    }
    zpci_lab_add_bar(lab, ISM_BAR_DATA, PCI_BASE_ADDRESS_SPACE_MEMORY |
                     PCI_BASE_ADDRESS_MEM_TYPE_64, ISM_DATA_SIZE);
    zpci_lab_add_bar(lab, ISM_BAR_COMMAND, PCI_BASE_ADDRESS_SPACE_MEMORY |
                     PCI_BASE_ADDRESS_MEM_TYPE_64, ISM_WINDOW_SIZE);
    ism->used = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
                                      g_free);
    if (!ism->folder) {
        ism->tokens = g_hash_table_ref(ism_tokens);
        QTAILQ_INSERT_TAIL(&ism_functions, ism, link);
        return;
    }
    ism->tokens = g_hash_table_new(g_int64_hash, g_int64_equal);
    if (!ism_join(ism, errp)) {
        msi_uninit(pdev);
    }
}

/* A later function with this GID may not store where this one could. */
static void ism_revoke(const IsmState *ism)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, ism_tokens);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        IsmDmb *dmb = value;

        if (dmb->rgid == ism->gid) {
            dmb->rgid = ISM_NO_GID;
        }
    }
}

static void ism_exit(PCIDevice *pdev)
{
    IsmState *ism = ISM(pdev);

    ism_disconnect(ism);
    if (ism->fabric) {
        qemu_remove_exit_notifier(&ism->exit);
        ism_fabric_leave(ism->fabric);
        ism->fabric = NULL;
    } else {
        ism_revoke(ism);
        QTAILQ_REMOVE(&ism_functions, ism, link);
    }
    msi_uninit(pdev);
}

/*
 * A CPU that waits for a peer still uses the function after it was unplugged.
 */
static void ism_instance_finalize(Object *obj)
{
    IsmState *ism = ISM(obj);

    g_clear_pointer(&ism->tokens, g_hash_table_unref);
    g_clear_pointer(&ism->used, g_hash_table_unref);
}

static LabProperty ism_properties[] = {
    DEFINE_PROP_UINT64("gid", IsmState, gid, ISM_NO_GID),
    DEFINE_PROP_STRING("fabric", IsmState, folder),
    DEFINE_PROP_UINT16("pchid", IsmState, pchid, ISM_DEFAULT_PCHID),
    DEFINE_PROP_UINT16("max-block", IsmState, max_block, 0),
    DEFINE_PROP_UINT16("response-len", IsmState, response_len, 0),
    DEFINE_PROP_BOOL("lab", IsmState, lab, false),
    DEFINE_PROP_UINT8("pft", IsmState, pft, ISM_PFT),
    DEFINE_PROP_UINT16("vfn", IsmState, vfn, 0),
    DEFINE_PROP_UINT8("group", IsmState, group, ZPCI_GROUP_ANY),
    DEFINE_PROP_UINT16("maxstbl", IsmState, maxstbl, ZPCI_BLOCK_MAX),
    DEFINE_PROP_BOOL("relaxed", IsmState, relaxed, true),
    DEFINE_PROP_UINT16("mui", IsmState, mui, ZPCI_LAB_MUI),
    DEFINE_PROP_UINT16("garble", IsmState, garble, 0),
    LAB_PROP_END
};

static void ism_class_init(ObjectClass *klass, LabClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    ZpciFunctionClass *fc = ZPCI_FUNCTION_CLASS(klass);

    ism_gids = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    ism_tokens = g_hash_table_new(g_int64_hash, g_int64_equal);

    dc->desc = "Internal Shared Memory function";
    device_class_set_props(dc, ism_properties);
    pc->vendor_id = PCI_VENDOR_ID_IBM;
    pc->device_id = ISM_DEVICE_ID;
    pc->subsystem_vendor_id = PCI_VENDOR_ID_IBM;
    pc->class_id = PCI_CLASS_NOT_DEFINED;
    pc->realize = ism_realize;
    pc->exit = ism_exit;
    fc->describe = ism_describe;
    fc->rules = ism_rules;
    fc->disable = ism_disable;
    RESETTABLE_CLASS(klass)->phases.enter = ism_reset_enter;
    ZPCI_LAB_CLASS(klass)->execute = ism_execute;
}

static const TypeInfo ism_info = {
    .name = TYPE_ISM,
    .parent = TYPE_ZPCI_LAB,
    .instance_size = sizeof(IsmState),
    .instance_finalize = ism_instance_finalize,
    .class_init = ism_class_init,
};

static void ism_register_types(void)
{
    type_register_static(&ism_info);
}

type_init(ism_register_types)
