/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fabric of ISM functions in several QEMU processes: messages and transport
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <glib.h>

#include "ism-fabric.h"
#include "ism-fabric-folder.h"

/* All functions of a full fabric with two CPUs each, or strangers */
#define ISM_MAX_CONNECTIONS     512

#define ISM_GID_PREFIX          0x49534d0000000000ULL
#define ISM_GID_RANDOM          0x00000000ffffffffULL

#define ISM_ADDRESS_BITS        48

/*
 * A connection to a peer (ours: we send the requests) or from one. Only the
 * thread frees it, so it needs no lock to look at those in its list. Apart
 * from that all fields are protected by the lock of the fabric.
 */
typedef struct IsmConnection {
    int fd;
    IsmPeer peer;       /* valid if greeted; before, at most the number */
    bool ours;
    bool greeted;
    bool busy;          /* a CPU uses it */
    bool late;          /* a request timed out; we have ended our side */
    bool dead;          /* shut down; the thread frees it if it is not busy */
} IsmConnection;

struct IsmFabric {
    gint references;
    IsmFolder folder;
    IsmPeer self;
    const IsmFabricOps *ops;
    void *opaque;
    int listener;
    int wakeup;         /* eventfd */
    bool left;

    pthread_mutex_t lock;
    GPtrArray *connections;
    GArray *lost;       /* peers; the operation "gone" is due */
};

/* Messages */

#define ISM_LENGTH(last) (offsetof(IsmMessage, last) + \
                          sizeof(((IsmMessage *)NULL)->last))

static bool ism_hello_valid(const IsmPeer *peer)
{
    return peer->gid && peer->instance && peer->session && peer->number &&
           peer->number <= ISM_FABRIC_FUNCTIONS;
}

size_t ism_store_length(size_t len)
{
    return len - offsetof(IsmMessage, store.data);
}

static bool ism_store_valid(const IsmMessage *msg, size_t len)
{
    if (len <= offsetof(IsmMessage, store.data) ||
        msg->store.address >> ISM_ADDRESS_BITS) {
        return false;
    }
    return msg->store.address % ISM_FABRIC_BLOCK + ism_store_length(len) <=
           ISM_FABRIC_BLOCK;
}

bool ism_message_valid(const IsmMessage *msg, size_t len)
{
    if (len < ISM_LENGTH(type) || msg->magic != ISM_FABRIC_MAGIC ||
        msg->version != ISM_FABRIC_VERSION) {
        return false;
    }
    switch (msg->type) {
    case ISM_MESSAGE_HELLO:
        return len == ISM_LENGTH(hello) && ism_hello_valid(&msg->hello);
    case ISM_MESSAGE_QUERY:
        return len == ISM_LENGTH(type);
    case ISM_MESSAGE_STORE:
        return ism_store_valid(msg, len);
    case ISM_MESSAGE_SIGNAL:
        return len == ISM_LENGTH(signal);
    case ISM_MESSAGE_UNREGISTERED:
        return len == ISM_LENGTH(token);
    case ISM_MESSAGE_REPLY:
        return len == ISM_LENGTH(reply) && msg->reply.result <= ISM_FABRIC_FULL;
    }
    return false;
}

static size_t ism_message_length(IsmMessageType type, size_t data_len)
{
    switch (type) {
    case ISM_MESSAGE_HELLO:
        return ISM_LENGTH(hello);
    case ISM_MESSAGE_STORE:
        return offsetof(IsmMessage, store.data) + data_len;
    case ISM_MESSAGE_SIGNAL:
        return ISM_LENGTH(signal);
    case ISM_MESSAGE_UNREGISTERED:
        return ISM_LENGTH(token);
    case ISM_MESSAGE_REPLY:
        return ISM_LENGTH(reply);
    default:
        return ISM_LENGTH(type);
    }
}

/* A message is sent whole or not at all. A full socket is an error, too. */
static bool ism_send(int fd, IsmMessageType type, IsmMessage *msg,
                     size_t data_len)
{
    ssize_t len = ism_message_length(type, data_len);

    msg->magic = ISM_FABRIC_MAGIC;
    msg->version = ISM_FABRIC_VERSION;
    msg->type = type;
    return send(fd, msg, len, MSG_DONTWAIT | MSG_NOSIGNAL) == len;
}

/*
 * The length of a valid message, or 0: it is not, or the connection has ended.
 */
static size_t ism_receive(int fd, IsmMessage *msg)
{
    ssize_t len;

    do {
        len = recv(fd, msg, sizeof(*msg), MSG_DONTWAIT | MSG_TRUNC);
    } while (len < 0 && errno == EINTR);
    return len > 0 && ism_message_valid(msg, len) ? len : 0;
}

/* Connections; the lock is held */

static void ism_wake(IsmFabric *f)
{
    uint64_t one = 1;

    if (write(f->wakeup, &one, sizeof(one)) < 0) {
        /* It is awake: the counter is at its limit. */
    }
}

static IsmConnection *ism_add_connection(IsmFabric *f, int fd, bool ours)
{
    IsmConnection *c = g_new0(IsmConnection, 1);

    c->fd = fd;
    c->ours = ours;
    g_ptr_array_add(f->connections, c);
    return c;
}

static void ism_free_connection(void *c)
{
    close(((IsmConnection *)c)->fd);
    g_free(c);
}

static void ism_kill(IsmConnection *c)
{
    c->dead = true;
    shutdown(c->fd, SHUT_RDWR);
}

static bool ism_hung_up(const IsmConnection *c)
{
    struct pollfd pfd = { .fd = c->fd, .events = POLLRDHUP };

    return poll(&pfd, 1, 0) != 0;
}

static bool ism_same_session(const IsmPeer *a, const IsmPeer *b)
{
    return a->gid == b->gid && a->instance == b->instance &&
           a->session == b->session && a->number == b->number;
}

/* A connection that is in use, or can be */
static bool ism_alive(const IsmConnection *c)
{
    return c->greeted && !c->dead && !c->late;
}

/*
 * A connection has ended, or a request timed out, and with it all to this
 * peer. The CPUs that use the others notice by @late why.
 */
static void ism_lose(IsmFabric *f, IsmConnection *lost, bool late)
{
    bool alive = ism_alive(lost);
    IsmConnection *c;
    guint i;

    for (i = 0; alive && i < f->connections->len; i++) {
        c = g_ptr_array_index(f->connections, i);
        if (c != lost && ism_alive(c) &&
            ism_same_session(&c->peer, &lost->peer)) {
            c->late = late;
            ism_kill(c);
        }
    }
    if (alive) {
        g_array_append_val(f->lost, lost->peer);
    }
    if (late) {
        lost->late = true;
        shutdown(lost->fd, SHUT_WR);
    } else {
        ism_kill(lost);
    }
    ism_wake(f);
}

/*
 * A function has greeted. End what is left of its previous session. If that is
 * still connected, this is an impostor: false.
 */
static bool ism_greet(IsmFabric *f, IsmConnection *c, const IsmPeer *peer)
{
    IsmConnection *old;
    guint i;

    for (i = 0; i < f->connections->len; i++) {
        old = g_ptr_array_index(f->connections, i);
        if (!ism_alive(old) || old->peer.gid != peer->gid ||
            ism_same_session(&old->peer, peer)) {
            continue;
        }
        if (!ism_hung_up(old)) {
            return false;
        }
        ism_lose(f, old, false);
    }
    c->peer = *peer;
    c->greeted = true;
    return true;
}

/* Requests to peers: CPUs, without the big lock */

static int64_t ism_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/*
 * ISM_FABRIC_OK: there is an answer, valid or not, or the connection has
 * ended.
 */
static IsmFabricResult ism_wait(int fd, int64_t deadline)
{
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    int64_t left;
    int ready;

    do {
        left = deadline - ism_now();
        ready = poll(&pfd, 1, left > 0 ? left : 0);
    } while (ready < 0 && errno == EINTR);
    return ready ? ISM_FABRIC_OK : ISM_FABRIC_TIMEOUT;
}

static IsmFabricResult ism_exchange(int fd, IsmMessageType type,
                                    IsmMessage *msg, size_t data_len,
                                    IsmMessage *reply, int64_t deadline)
{
    IsmMessageType expected = type == ISM_MESSAGE_HELLO ? ISM_MESSAGE_HELLO :
                              ISM_MESSAGE_REPLY;
    IsmFabricResult res;

    if (!ism_send(fd, type, msg, data_len)) {
        return ISM_FABRIC_NOBODY;
    }
    res = ism_wait(fd, deadline);
    if (res == ISM_FABRIC_OK &&
        (!ism_receive(fd, reply) || reply->type != expected)) {
        return ISM_FABRIC_NOBODY;
    }
    return res;
}

/* The socket of a process that accepts no connections is full some time. */
static IsmFabricResult ism_connect(IsmFabric *f, uint8_t number,
                                   int64_t deadline, int *fd)
{
    for (;;) {
        *fd = ism_folder_connect(&f->folder, number);
        if (*fd >= 0) {
            return ISM_FABRIC_OK;
        }
        if (errno != EAGAIN && errno != EINTR) {
            return ISM_FABRIC_NOBODY;
        }
        if (ism_now() >= deadline) {
            return ISM_FABRIC_TIMEOUT;
        }
        g_usleep(1000);
    }
}

/*
 * An idle connection to this number; NULL and ISM_FABRIC_OK if there is none.
 */
static IsmConnection *ism_take(IsmFabric *f, uint8_t number,
                               IsmFabricResult *res)
{
    IsmConnection *c, *idle = NULL;
    guint i;

    *res = f->left ? ISM_FABRIC_NOBODY : ISM_FABRIC_OK;
    for (i = 0; i < f->connections->len; i++) {
        c = g_ptr_array_index(f->connections, i);
        if (!c->ours || c->dead || c->busy || c->peer.number != number) {
            continue;
        }
        if (ism_hung_up(c)) {
            ism_lose(f, c, false);
        } else if (c->late) {
            *res = ISM_FABRIC_TIMEOUT;
        } else if (c->greeted) {
            idle = c;
        }
    }
    if (*res != ISM_FABRIC_OK || !idle) {
        return NULL;
    }
    idle->busy = true;
    return idle;
}

/*
 * The CPU that used a connection is done with it. Returns the result, which is
 * a timeout also if another CPU's request to the peer timed out first.
 */
static IsmFabricResult ism_put(IsmFabric *f, IsmConnection *c,
                               IsmFabricResult res)
{
    pthread_mutex_lock(&f->lock);
    c->busy = false;
    if (c->dead) {
        if (res == ISM_FABRIC_NOBODY && c->late) {
            res = ISM_FABRIC_TIMEOUT;
        }
        ism_wake(f);
    } else if (res == ISM_FABRIC_TIMEOUT || res == ISM_FABRIC_NOBODY) {
        ism_lose(f, c, res == ISM_FABRIC_TIMEOUT);
    }
    pthread_mutex_unlock(&f->lock);
    return res;
}

/* A new connection, on which both sides say who they are. */
static IsmFabricResult ism_make(IsmFabric *f, uint8_t number, int64_t deadline,
                                IsmConnection **made)
{
    IsmMessage msg, reply;
    IsmConnection *c;
    IsmFabricResult res;
    int fd;

    res = ism_connect(f, number, deadline, &fd);
    if (res != ISM_FABRIC_OK) {
        return res;
    }
    pthread_mutex_lock(&f->lock);
    c = ism_add_connection(f, fd, true);
    c->busy = true;
    c->peer.number = number;
    msg.hello = f->self;
    if (f->left) {
        ism_kill(c);
    }
    pthread_mutex_unlock(&f->lock);

    res = ism_exchange(fd, ISM_MESSAGE_HELLO, &msg, 0, &reply, deadline);

    pthread_mutex_lock(&f->lock);
    if (res == ISM_FABRIC_OK &&
        (c->dead || reply.hello.number != number ||
         !ism_greet(f, c, &reply.hello))) {
        res = ISM_FABRIC_NOBODY;
    }
    pthread_mutex_unlock(&f->lock);

    if (res != ISM_FABRIC_OK) {
        return ism_put(f, c, res);
    }
    ism_wake(f);    /* to watch it, too */
    *made = c;
    return ISM_FABRIC_OK;
}

IsmFabricResult ism_fabric_call(IsmFabric *f, uint8_t number,
                                IsmMessageType type, IsmMessage *msg,
                                size_t data_len, uint32_t *index,
                                uint64_t *session)
{
    int64_t deadline = ism_now() + ISM_FABRIC_TIMEOUT_MS;
    IsmFabricResult res;
    IsmConnection *c;
    IsmMessage reply;

    pthread_mutex_lock(&f->lock);
    c = ism_take(f, number, &res);
    pthread_mutex_unlock(&f->lock);
    if (!c && res == ISM_FABRIC_OK) {
        res = ism_make(f, number, deadline, &c);
    }
    *index = 0;
    if (res != ISM_FABRIC_OK) {
        return res;
    }
    *session = c->peer.session;
    res = ism_exchange(c->fd, type, msg, data_len, &reply, deadline);
    res = ism_put(f, c, res);
    if (res != ISM_FABRIC_OK) {
        return res;
    }
    *index = reply.reply.index;
    return reply.reply.result;
}

/*
 * The number of the connected peer with this GID, or 0; *instance is its
 * instance.
 */
static uint8_t ism_connected_peer(IsmFabric *f, uint64_t gid,
                                  uint64_t *instance)
{
    uint8_t number = 0;
    IsmConnection *c;
    guint i;

    pthread_mutex_lock(&f->lock);
    for (i = 0; i < f->connections->len; i++) {
        c = g_ptr_array_index(f->connections, i);
        if (ism_alive(c) && c->peer.gid == gid) {
            number = c->peer.number;
            *instance = c->peer.instance;
        }
    }
    pthread_mutex_unlock(&f->lock);
    return number;
}

uint64_t ism_fabric_instance(IsmFabric *f, uint64_t gid)
{
    uint64_t instance = 0;

    ism_connected_peer(f, gid, &instance);
    return instance;
}

/*
 * An entry in the folder may be left from a function that is gone, so the next
 * one is tried if there is nobody.
 */
IsmFabricResult ism_fabric_call_gid(IsmFabric *f, uint64_t gid,
                                    IsmMessageType type, IsmMessage *msg)
{
    IsmFabricResult res = ISM_FABRIC_NOBODY;
    uint64_t instance, session;
    uint32_t index;
    uint8_t number = ism_connected_peer(f, gid, &instance);

    if (number) {
        return ism_fabric_call(f, number, type, msg, 0, &index, &session);
    }
    while (res == ISM_FABRIC_NOBODY &&
           (number = ism_folder_find(&f->folder, gid, number))) {
        res = ism_fabric_call(f, number, type, msg, 0, &index, &session);
    }
    return res;
}

/* Requests of peers: the thread */

static void ism_end(IsmFabric *f, IsmConnection *c)
{
    pthread_mutex_lock(&f->lock);
    if (!c->dead) {
        ism_lose(f, c, false);
    }
    pthread_mutex_unlock(&f->lock);
}

/* Tell the model which peers are gone. It may be waiting for the big lock. */
static void ism_tell_lost(IsmFabric *f)
{
    IsmPeer peer;

    for (;;) {
        pthread_mutex_lock(&f->lock);
        if (!f->lost->len) {
            pthread_mutex_unlock(&f->lock);
            return;
        }
        peer = g_array_index(f->lost, IsmPeer, 0);
        g_array_remove_index(f->lost, 0);
        pthread_mutex_unlock(&f->lock);
        f->ops->gone(f, f->opaque, &peer);
    }
}

/*
 * Its previous session must have ended for the model, too, before it goes on.
 */
static bool ism_serve_hello(IsmFabric *f, IsmConnection *c, IsmMessage *msg)
{
    bool ok;

    if (c->greeted) {
        return false;
    }
    pthread_mutex_lock(&f->lock);
    ok = !c->dead && ism_greet(f, c, &msg->hello);
    pthread_mutex_unlock(&f->lock);
    if (!ok) {
        return false;
    }
    ism_tell_lost(f);
    f->ops->serve(f, f->opaque, &c->peer, msg, ISM_LENGTH(hello));
    pthread_mutex_lock(&f->lock);
    msg->hello = f->self;
    pthread_mutex_unlock(&f->lock);
    return ism_send(c->fd, ISM_MESSAGE_HELLO, msg, 0);
}

/*
 * A peer that has ended its side does not wait for the answer any more: its
 * request is not carried out.
 */
static bool ism_serve(IsmFabric *f, IsmConnection *c)
{
    IsmMessage msg;
    size_t len = ism_receive(c->fd, &msg);

    if (!len || ism_hung_up(c) || msg.type == ISM_MESSAGE_REPLY) {
        return false;
    }
    if (msg.type == ISM_MESSAGE_HELLO) {
        return ism_serve_hello(f, c, &msg);
    }
    if (!c->greeted) {
        return false;
    }
    msg.reply = f->ops->serve(f, f->opaque, &c->peer, &msg, len);
    return ism_send(c->fd, ISM_MESSAGE_REPLY, &msg, 0);
}

/* If there are too many connections, one that has not greeted has to go. */
static bool ism_make_room(IsmFabric *f)
{
    IsmConnection *c;
    guint i;

    if (f->connections->len < ISM_MAX_CONNECTIONS) {
        return true;
    }
    for (i = 0; i < f->connections->len; i++) {
        c = g_ptr_array_index(f->connections, i);
        if (!c->ours && !c->greeted && !c->dead) {
            ism_kill(c);
            return true;
        }
    }
    return false;
}

static void ism_accept(IsmFabric *f)
{
    int fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
            g_usleep(10000);    /* it stays readable */
        }
        return;
    }
    pthread_mutex_lock(&f->lock);
    if (f->left || !ism_make_room(f)) {
        close(fd);
    } else {
        ism_add_connection(f, fd, false);
    }
    pthread_mutex_unlock(&f->lock);
}

/*
 * What to wait for: the eventfd, a request on each connection from a peer, the
 * end of each connection to one, new connections. The last come last: if a
 * peer has ended its connections and made new ones, the end is noticed first.
 */
static GArray *ism_prepare(IsmFabric *f, GPtrArray *watched)
{
    GArray *fds = g_array_new(false, false, sizeof(struct pollfd));
    struct pollfd pfd = { .fd = f->wakeup, .events = POLLIN };
    IsmConnection *c;
    guint i;

    g_array_append_val(fds, pfd);
    pthread_mutex_lock(&f->lock);
    for (i = 0; i < f->connections->len;) {
        c = g_ptr_array_index(f->connections, i);
        if (c->dead && !c->busy) {
            g_ptr_array_remove_index(f->connections, i);
            continue;
        }
        i++;
        if (!c->dead) {
            pfd.fd = c->fd;
            pfd.events = c->ours ? POLLRDHUP : POLLIN;
            g_array_append_val(fds, pfd);
            g_ptr_array_add(watched, c);
        }
    }
    pthread_mutex_unlock(&f->lock);
    pfd.fd = f->listener;
    pfd.events = POLLIN;
    g_array_append_val(fds, pfd);
    return fds;
}

static void ism_poll(IsmFabric *f)
{
    GPtrArray *watched = g_ptr_array_new();
    GArray *fds = ism_prepare(f, watched);
    struct pollfd *pfd = (struct pollfd *)fds->data;
    IsmConnection *c;
    uint64_t count;
    guint i;

    if (poll(pfd, fds->len, -1) > 0) {
        if (pfd[0].revents && read(f->wakeup, &count, sizeof(count)) < 0) {
            /* Someone else's wakeup is as good as this one. */
        }
        for (i = 0; i < watched->len; i++) {
            c = g_ptr_array_index(watched, i);
            if (pfd[1 + i].revents && (c->ours || !ism_serve(f, c))) {
                ism_end(f, c);
            }
        }
        if (pfd[fds->len - 1].revents) {
            ism_accept(f);
        }
    }
    g_array_free(fds, true);
    g_ptr_array_free(watched, true);
}

static void *ism_thread(void *opaque)
{
    IsmFabric *f = opaque;

    f->ops->thread(true);
    while (!ism_fabric_has_left(f)) {
        ism_tell_lost(f);
        ism_poll(f);
    }
    f->ops->thread(false);
    ism_fabric_unref(f);
    return NULL;
}

/* Join and leave */

static uint64_t ism_random(void)
{
    uint64_t number = 0;

    while (!number) {
        if (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
            number = (uint64_t)g_random_int() << 32 | g_random_int();
        }
    }
    return number;
}

IsmFabric *ism_fabric_ref(IsmFabric *f)
{
    g_atomic_int_inc(&f->references);
    return f;
}

void ism_fabric_unref(IsmFabric *f)
{
    if (!g_atomic_int_dec_and_test(&f->references)) {
        return;
    }
    ism_folder_free(&f->folder);
    if (f->listener >= 0) {
        close(f->listener);
    }
    if (f->wakeup >= 0) {
        close(f->wakeup);
    }
    g_ptr_array_free(f->connections, true);
    g_array_free(f->lost, true);
    pthread_mutex_destroy(&f->lock);
    g_free(f);
}

/* Like all of QEMU's threads but the main one, it handles no signals. */
static int ism_start_thread(IsmFabric *f)
{
    sigset_t all, before;
    pthread_t thread;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, NULL, ism_thread, ism_fabric_ref(f));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        ism_fabric_unref(f);
        return error;
    }
    pthread_setname_np(thread, "ism-fabric");
    return pthread_detach(thread);
}

static bool ism_start(IsmFabric *f, const char *folder, uint16_t pchid,
                      char **error)
{
    int ret;

    if (!ism_folder_join(&f->folder, folder, pchid, f->self.gid, error)) {
        return false;
    }
    f->self.number = f->folder.number;
    f->listener = ism_folder_listen(&f->folder, error);
    if (f->listener < 0) {
        return false;
    }
    f->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ret = f->wakeup < 0 ? errno : ism_start_thread(f);
    if (ret) {
        *error = g_strdup_printf("fabric: %s", strerror(ret));
    }
    return !ret;
}

/* A random GID is not one that another function had, or will have. */
IsmFabric *ism_fabric_join(const char *folder, uint16_t pchid, uint64_t gid,
                           const IsmFabricOps *ops, void *opaque, char **error)
{
    IsmFabric *f = g_new0(IsmFabric, 1);

    f->references = 1;
    f->folder.fd = f->folder.lock = f->listener = f->wakeup = -1;
    f->ops = ops;
    f->opaque = opaque;
    f->self.gid = gid ?: (ISM_GID_PREFIX | (ism_random() & ISM_GID_RANDOM));
    f->self.instance = ism_random();
    f->self.session = ism_random();
    f->connections = g_ptr_array_new_with_free_func(ism_free_connection);
    f->lost = g_array_new(false, false, sizeof(IsmPeer));
    pthread_mutex_init(&f->lock, NULL);
    if (!ism_start(f, folder, pchid, error)) {
        ism_fabric_unref(f);
        return NULL;
    }
    return f;
}

static void ism_kill_all(IsmFabric *f)
{
    IsmConnection *c;
    guint i;

    for (i = 0; i < f->connections->len; i++) {
        c = g_ptr_array_index(f->connections, i);
        if (!c->dead && !c->late) {
            ism_kill(c);
        }
    }
    g_array_set_size(f->lost, 0);
    ism_wake(f);
}

void ism_fabric_disconnect(IsmFabric *f)
{
    pthread_mutex_lock(&f->lock);
    ism_kill_all(f);
    f->self.session = ism_random();
    pthread_mutex_unlock(&f->lock);
}

void ism_fabric_leave(IsmFabric *f)
{
    pthread_mutex_lock(&f->lock);
    f->left = true;
    ism_kill_all(f);
    pthread_mutex_unlock(&f->lock);
    ism_folder_leave(&f->folder);
    ism_fabric_unref(f);
}

bool ism_fabric_has_left(IsmFabric *f)
{
    bool left;

    pthread_mutex_lock(&f->lock);
    left = f->left;
    pthread_mutex_unlock(&f->lock);
    return left;
}

const IsmPeer *ism_fabric_self(const IsmFabric *f)
{
    return &f->self;
}
