/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fabric of ISM functions in several QEMU processes: messages and transport
 *
 * A fabric is a folder. For each PCHID it has a subfolder, in which each
 * function has a number from 1 to 255, a file NN that it keeps locked and that
 * contains its GID, and a listening socket NN.socket. A lock is released by
 * the kernel when its process ends, so whoever holds the lock owns the number,
 * and files without a lock are left from a function that is gone.
 *
 * A connection carries the requests of one side, one at a time, each with one
 * reply. A CPU uses an idle connection to the peer or makes another one, waits
 * for the reply itself, without QEMU's big lock, and gives up after
 * ISM_FABRIC_TIMEOUT_MS. Requests of peers are served by a thread that each
 * function has: it waits for nothing but the big lock. It is not QEMU's main
 * loop, because that waits for the CPUs when the machine is stopped or reset.
 *
 * If one connection to a peer ends, all of them do, and the peer counts as
 * gone until the next request to it or from it. A request that timed out is
 * not carried out later: the server finds its connection closed. Until the
 * peer has answered by closing its end, other requests to it fail at once.
 *
 * What a peer sends is not trusted: a message that breaks a rule ends the
 * connection. A peer is known by what it says when it connects. The folder is
 * accessible to its owner alone, so a process that lies about its GID already
 * runs as the user whose QEMUs it talks to, and could read and write their
 * memory by ptrace().
 *
 * This file and the two that implement it need nothing from QEMU, so that
 * tests can build them alone.
 */
#ifndef HW_S390X_ISM_FABRIC_H
#define HW_S390X_ISM_FABRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISM_FABRIC_TIMEOUT_MS   5000

/* The longest store, and what it must not cross */
#define ISM_FABRIC_BLOCK        4096

/*
 * Messages. They stay on one host, so they have its byte order. A request has
 * the length of its type; a reply has none but the result, except the one to a
 * hello.
 */
#define ISM_FABRIC_MAGIC        0x49534d46      /* "ISMF" */
#define ISM_FABRIC_VERSION      1

typedef enum IsmMessageType {
    ISM_MESSAGE_HELLO = 1,      /* the first one; so is its reply */
    ISM_MESSAGE_QUERY,          /* is there a function? */
    ISM_MESSAGE_STORE,          /* a PCISTB to BAR 0 */
    ISM_MESSAGE_SIGNAL,         /* a software event for the event queue */
    ISM_MESSAGE_UNREGISTERED,   /* a DMB that was stored to */
    ISM_MESSAGE_REPLY,
} IsmMessageType;

typedef enum IsmFabricResult {
    ISM_FABRIC_OK,
    ISM_FABRIC_REFUSED,         /* not a DMB for this peer, out of range */
    ISM_FABRIC_FAILED,          /* no access to memory or event queue */
    ISM_FABRIC_FULL,            /* no room for an event */
    /* not in messages: */
    ISM_FABRIC_NOBODY,          /* no such function */
    ISM_FABRIC_TIMEOUT,         /* it does not answer */
} IsmFabricResult;

/*
 * Who a peer is. Rights belong to an instance, which is a random number: a
 * function that gets the GID of an earlier one does not get its rights. The
 * session changes when a function drops its connections, which it does when it
 * is disabled or reset.
 */
typedef struct IsmPeer {
    uint64_t gid;
    uint64_t instance;
    uint64_t session;
    uint64_t number;
} IsmPeer;

/*
 * The answer to a request. @index is 0 unless a store has changed the buffer,
 * even if the signal then failed; else it is 1 more than the index of the
 * buffer in the SBA. The writer needs it if the owner goes away: as in one
 * QEMU, the events for the buffers come in this order.
 */
typedef struct IsmReply {
    uint32_t result;
    uint32_t index;
} IsmReply;

typedef struct IsmMessage {
    uint32_t magic;
    uint16_t version;
    uint16_t type;
    union {
        IsmPeer hello;
        uint64_t token;         /* unregistered */
        IsmReply reply;
        struct {
            uint64_t info;
            uint32_t code;
            uint32_t irq;
        } signal;
        struct {
            uint64_t address;
            uint8_t data[ISM_FABRIC_BLOCK];
        } store;
    };
} IsmMessage;

/* Whether @len bytes are a message of this version that obeys the rules. */
bool ism_message_valid(const IsmMessage *msg, size_t len);

/* The length of the data of a valid store of @len bytes. */
size_t ism_store_length(size_t len);

typedef struct IsmFabric IsmFabric;

/*
 * What the device model does, in the thread of the function. A call may come
 * after the model has left the fabric. Then it must not use @opaque: with the
 * lock held under which it leaves (in QEMU, the big lock),
 * ism_fabric_has_left() tells.
 */
typedef struct IsmFabricOps {
    /* The thread starts, or ends. */
    void (*thread)(bool starts);
    /* A valid request of @len bytes from @peer, which has greeted. */
    IsmReply (*serve)(IsmFabric *f, void *opaque, const IsmPeer *peer,
                      const IsmMessage *msg, size_t len);
    /* All connections to @peer have ended. */
    void (*gone)(IsmFabric *f, void *opaque, const IsmPeer *peer);
} IsmFabricOps;

/*
 * Join the fabric @folder, which is created if necessary, with this GID, or
 * with a random one if it is 0. On failure returns NULL, and a message in
 * *error to be freed by g_free().
 */
IsmFabric *ism_fabric_join(const char *folder, uint16_t pchid, uint64_t gid,
                           const IsmFabricOps *ops, void *opaque, char **error);

/*
 * Leave it, which ends all connections, and drop the reference from joining
 * it.
 */
void ism_fabric_leave(IsmFabric *f);
bool ism_fabric_has_left(IsmFabric *f);

/* End all connections and begin a new session. */
void ism_fabric_disconnect(IsmFabric *f);

IsmFabric *ism_fabric_ref(IsmFabric *f);
void ism_fabric_unref(IsmFabric *f);

const IsmPeer *ism_fabric_self(const IsmFabric *f);

/* The instance of the connected peer with this GID, or 0. */
uint64_t ism_fabric_instance(IsmFabric *f, uint64_t gid);

/*
 * Send a request of this type to the peer with this number, or GID, and wait;
 * the caller has set what follows the type. @data_len is for a store. If there
 * was an answer, *index is that of the reply, and *session that of the
 * connection.
 */
IsmFabricResult ism_fabric_call(IsmFabric *f, uint8_t number,
                                IsmMessageType type, IsmMessage *msg,
                                size_t data_len, uint32_t *index,
                                uint64_t *session);
IsmFabricResult ism_fabric_call_gid(IsmFabric *f, uint64_t gid,
                                    IsmMessageType type, IsmMessage *msg);

#endif
