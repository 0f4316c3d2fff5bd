/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests the transport of the ISM fabric, lab/qemu/ism-fabric.h, without QEMU:
 * the functions are processes with a simple model, which can be killed and
 * stopped
 *
 * usage: fabric FOLDER MESSAGES [SEED]
 *
 * FOLDER must not exist. MESSAGES is the number of mutated messages to send.
 * Prints KTAP and exits with 0 if all tests passed. fabric.sh builds it with
 * AddressSanitizer.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <glib.h>

#include "ism-fabric.h"

#define PCHID           7
#define GID(n)          (0x1000ULL + (n))
#define SPACE           (64 * 1024)
#define CPUS            4
#define STORM_SECONDS   3
#define WAIT_MS         (ISM_FABRIC_TIMEOUT_MS + 1000)

/*
 * What the processes share. The buffer of a function is as long as the data
 * that may be stored there, so that AddressSanitizer notices anything else; it
 * belongs to one peer.
 */
static struct shared {
    uint64_t number[4];
    uint64_t stores[4];     /* carried out */
    uint64_t gone[4];
} *shared;

/* A function, and the big lock of its QEMU */
typedef struct Function {
    IsmFabric *fabric;
    int n;
    uint64_t writer;        /* GID of who may store */
    uint8_t *buffer;
    pthread_mutex_t lock;
    uint64_t last[CPUS];    /* what each CPU of the writer stored last */
    bool disorder;
} Function;

static const char *folder;
static GPtrArray *functions;    /* all: threads may look at old ones */
static int tests, failures;

static void ok(bool good, const char *name)
{
    failures += !good;
    printf("%sok %d %s\n", good ? "" : "not ", ++tests, name);
}

static int64_t now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* The model */

static IsmFabricResult serve_store(Function *fn, const IsmPeer *peer,
                                   const IsmMessage *msg, size_t len)
{
    uint64_t offset = msg->store.address % SPACE, cpu, value;

    if (peer->gid != fn->writer || offset + ism_store_length(len) > SPACE) {
        return ISM_FABRIC_REFUSED;
    }
    memcpy(fn->buffer + offset, msg->store.data, ism_store_length(len));
    __atomic_add_fetch(&shared->stores[fn->n], 1, __ATOMIC_SEQ_CST);
    cpu = offset / ISM_FABRIC_BLOCK;
    if (cpu < CPUS && ism_store_length(len) == sizeof(value)) {
        memcpy(&value, msg->store.data, sizeof(value));
        fn->disorder |= value <= fn->last[cpu];
        fn->last[cpu] = value;
    }
    return ISM_FABRIC_OK;
}

static IsmReply serve(IsmFabric *f, void *opaque, const IsmPeer *peer,
                      const IsmMessage *msg, size_t len)
{
    IsmReply reply = { .result = ISM_FABRIC_OK, .index = 1 };
    Function *fn = opaque;

    pthread_mutex_lock(&fn->lock);
    if (ism_fabric_has_left(f)) {
        reply.result = ISM_FABRIC_REFUSED;
    } else if (msg->type == ISM_MESSAGE_STORE) {
        reply.result = serve_store(fn, peer, msg, len);
    }
    pthread_mutex_unlock(&fn->lock);
    return reply;
}

static void gone(IsmFabric *f, void *opaque, const IsmPeer *peer)
{
    Function *fn = opaque;

    if (!ism_fabric_has_left(f)) {
        __atomic_add_fetch(&shared->gone[fn->n], 1, __ATOMIC_SEQ_CST);
    }
}

static void thread(bool starts)
{
}

static const IsmFabricOps ops = {
    .thread = thread, .serve = serve, .gone = gone,
};

static Function *join(int n, uint64_t gid, uint64_t writer)
{
    Function *fn = g_new0(Function, 1);
    char *error = NULL;

    g_ptr_array_add(functions, fn);
    fn->n = n;
    fn->writer = writer;
    fn->buffer = g_malloc0(SPACE);
    pthread_mutex_init(&fn->lock, NULL);
    fn->fabric = ism_fabric_join(folder, PCHID, gid, &ops, fn, &error);
    if (!fn->fabric) {
        fprintf(stderr, "# %s\n", error);
        exit(2);
    }
    shared->number[n] = ism_fabric_self(fn->fabric)->number;
    return fn;
}

static void leave(Function *fn)
{
    pthread_mutex_lock(&fn->lock);
    ism_fabric_leave(fn->fabric);
    pthread_mutex_unlock(&fn->lock);
}

static IsmFabricResult store_at(Function *fn, int to, uint64_t offset,
                                const void *data, size_t len)
{
    IsmMessage msg;
    uint64_t session;
    uint32_t index;

    msg.store.address = offset;
    memcpy(msg.store.data, data, len);
    return ism_fabric_call(fn->fabric, shared->number[to], ISM_MESSAGE_STORE,
                           &msg, len, &index, &session);
}

static IsmFabricResult store_byte(Function *fn, int to)
{
    uint8_t byte = 1;

    return store_at(fn, to, SPACE - 1, &byte, 1);
}

static IsmFabricResult query(Function *fn, uint64_t gid)
{
    IsmMessage msg;

    return ism_fabric_call_gid(fn->fabric, gid, ISM_MESSAGE_QUERY, &msg);
}

/* Wait until *counter is not below @value. */
static bool reaches(const uint64_t *counter, uint64_t value)
{
    int64_t end = now() + WAIT_MS;

    while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) < value) {
        if (now() > end) {
            return false;
        }
        usleep(1000);
    }
    return true;
}

/* Function @n in a process of its own, for which @writer may store */
static pid_t start(int n, uint64_t writer)
{
    pid_t pid;

    fflush(stdout);
    shared->number[n] = 0;
    pid = fork();
    if (!pid) {
        join(n, GID(n), writer);
        for (;;) {
            pause();
        }
    }
    reaches(&shared->number[n], 1);
    return pid;
}

static void stop(pid_t pid)
{
    kill(pid, SIGSTOP);
    waitpid(pid, NULL, WUNTRACED);
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Tests */

static void test_store(void)
{
    uint8_t data[ISM_FABRIC_BLOCK] = { };
    pid_t pid = start(1, GID(0));
    Function *fn = join(0, GID(0), 0), *other = join(2, 0, 0);
    uint64_t before = shared->stores[1];

    ok(query(fn, GID(1)) == ISM_FABRIC_OK, "a function is found by its GID");
    ok(query(fn, GID(3)) == ISM_FABRIC_NOBODY, "an unknown GID is nobody");
    ok(store_at(fn, 1, 0, data, sizeof(data)) == ISM_FABRIC_OK &&
       store_byte(fn, 1) == ISM_FABRIC_OK && shared->stores[1] == before + 2,
       "stores of 4096 bytes and of one arrive");
    ok(store_at(fn, 1, 4095, data, 2) == ISM_FABRIC_NOBODY &&
       shared->stores[1] == before + 2, "one that crosses 4 KiB does not");
    ok(store_byte(other, 1) == ISM_FABRIC_REFUSED &&
       shared->stores[1] == before + 2, "nor one of another function");
    ok(store_byte(fn, 0) == ISM_FABRIC_REFUSED && query(fn, GID(0)) ==
       ISM_FABRIC_OK, "a function reaches itself");
    leave(other);
    leave(fn);
    end(pid);
}

static void test_killed(void)
{
    pid_t pid = start(1, GID(0));
    Function *fn = join(0, GID(0), 0);
    uint64_t before = shared->gone[0];
    int64_t begin;

    ok(store_byte(fn, 1) == ISM_FABRIC_OK, "a function is reached");
    end(pid);
    begin = now();
    ok(store_byte(fn, 1) == ISM_FABRIC_NOBODY && now() - begin < 1000,
       "when it was killed, it is nobody, and its socket is");
    ok(reaches(&shared->gone[0], before + 1), "the other is told");
    pid = start(1, GID(0));
    ok(query(fn, GID(1)) == ISM_FABRIC_OK &&
       store_byte(fn, 1) == ISM_FABRIC_OK, "when it is back, it is reached");
    end(pid);
    leave(fn);
}

static void test_stopped(void)
{
    pid_t pid = start(1, GID(0));
    Function *fn = join(0, GID(0), 0);
    uint64_t before = shared->gone[0], stores, gone_there;
    int64_t begin;

    ok(store_byte(fn, 1) == ISM_FABRIC_OK, "a function is reached");
    stores = shared->stores[1];
    gone_there = shared->gone[1];
    stop(pid);
    begin = now();
    ok(store_byte(fn, 1) == ISM_FABRIC_TIMEOUT && now() - begin < WAIT_MS,
       "when it is stopped, a store times out");
    ok(reaches(&shared->gone[0], before + 1), "the other is told");
    begin = now();
    ok(store_byte(fn, 1) == ISM_FABRIC_TIMEOUT && now() - begin < 1000,
       "the next store fails at once");
    kill(pid, SIGCONT);
    ok(reaches(&shared->gone[1], gone_there + 1),
       "when it continues, it is told");
    begin = now();
    while (store_byte(fn, 1) != ISM_FABRIC_OK && now() - begin < WAIT_MS) {
        usleep(1000);
    }
    ok(shared->stores[1] == stores + 1,
       "it is reached again, and the store that timed out was not carried out");
    end(pid);

    pid = start(1, GID(0));
    stop(pid);
    begin = now();
    ok(store_byte(fn, 1) == ISM_FABRIC_TIMEOUT && now() - begin < WAIT_MS,
       "so does the first store to one that is stopped");
    begin = now();
    ok(query(fn, GID(1)) == ISM_FABRIC_TIMEOUT && now() - begin < 1000,
       "and the next request fails at once");
    end(pid);
    ok(store_byte(fn, 1) == ISM_FABRIC_NOBODY, "if it is killed, it is nobody");
    leave(fn);
}

static void test_disconnect(void)
{
    Function *a = join(0, GID(0), GID(1)), *b = join(1, GID(1), GID(0));
    uint64_t gone_a = shared->gone[0], gone_b = shared->gone[1];

    ok(store_byte(a, 1) == ISM_FABRIC_OK && store_byte(b, 0) == ISM_FABRIC_OK,
       "two functions reach each other");
    ism_fabric_disconnect(a->fabric);
    ok(reaches(&shared->gone[1], gone_b + 1) && shared->gone[0] == gone_a,
       "when one disconnects, the other is told, once");
    ok(store_byte(a, 1) == ISM_FABRIC_OK && store_byte(b, 0) == ISM_FABRIC_OK &&
       shared->gone[1] == gone_b + 1, "then they reach each other again");
    leave(a);
    ok(store_byte(b, 0) == ISM_FABRIC_NOBODY, "one that left is nobody");
    a = join(0, GID(0), GID(1));
    ok(store_byte(b, 0) == ISM_FABRIC_OK, "if it joins again, it is reached");
    leave(a);
    leave(b);
}

/*
 * Stores from all CPUs of both sides, while a third function joins and leaves
 */

typedef struct Cpu {
    Function *fn;
    int to, nr;
    int64_t until;
    uint64_t stores, errors;
} Cpu;

static void *run_cpu(void *opaque)
{
    Cpu *cpu = opaque;
    uint64_t value = 1;

    for (; now() < cpu->until; value++) {
        if (store_at(cpu->fn, cpu->to, cpu->nr * ISM_FABRIC_BLOCK, &value,
                     sizeof(value)) == ISM_FABRIC_OK) {
            cpu->stores++;
        } else {
            cpu->errors++;
        }
    }
    return NULL;
}

/* Returns the number of stores, or 0 if one failed. */
static uint64_t storm(Function *fn, int to, int seconds)
{
    pthread_t threads[CPUS];
    Cpu cpus[CPUS];
    uint64_t stores = 0, errors = 0;
    int i;

    for (i = 0; i < CPUS; i++) {
        cpus[i] = (Cpu) { .fn = fn, .to = to, .nr = i,
                          .until = now() + seconds * 1000 };
        pthread_create(&threads[i], NULL, run_cpu, &cpus[i]);
    }
    for (i = 0; i < CPUS; i++) {
        pthread_join(threads[i], NULL);
        stores += cpus[i].stores;
        errors += cpus[i].errors;
    }
    return errors ? 0 : stores;
}

static void test_storm(void)
{
    Function *fn = join(0, GID(0), GID(1)), *third;
    uint64_t mine, before;
    int status, i;
    pid_t pid;

    before = shared->stores[1];
    shared->number[1] = 0;
    fflush(stdout);
    pid = fork();
    if (!pid) {
        /* The first process has this function, too: do not touch it. */
        fn = join(1, GID(1), GID(0));
        mine = storm(fn, 0, STORM_SECONDS);
        sleep(1);
        _exit(!mine || fn->disorder);
    }
    reaches(&shared->number[1], 1);
    mine = storm(fn, 1, STORM_SECONDS);
    ok(mine && mine == shared->stores[1] - before,
       "stores of all CPUs both ways: all arrive, once");
    printf("# %" PRIu64 " stores a second\n", mine / STORM_SECONDS);
    waitpid(pid, &status, 0);
    ok(!status && !fn->disorder, "in the order of each CPU");

    pid = start(1, GID(0));
    for (i = 0; i < 200; i++) {
        third = join(2, GID(2), GID(0));
        if (store_byte(fn, 2) != ISM_FABRIC_OK ||
            store_byte(fn, 1) != ISM_FABRIC_OK) {
            break;
        }
        ism_fabric_disconnect(i % 2 ? fn->fabric : third->fabric);
        leave(third);
    }
    ok(i == 200, "functions that join and leave");
    end(pid);
    leave(fn);
}

/* A hostile process */

static int raw_connect(int to)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%04x/%02" PRIx64
             ".socket", folder, PCHID, shared->number[to]);
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
        close(fd);
        return -1;
    }
    return fd;
}

static void header(IsmMessage *msg, IsmMessageType type)
{
    msg->magic = ISM_FABRIC_MAGIC;
    msg->version = ISM_FABRIC_VERSION;
    msg->type = type;
}

static size_t hello(IsmMessage *msg, const IsmPeer *peer)
{
    header(msg, ISM_MESSAGE_HELLO);
    msg->hello = *peer;
    return offsetof(IsmMessage, hello) + sizeof(msg->hello);
}

/* Whether the other side answers this message with one of type @expected */
static bool answers(int fd, const IsmMessage *msg, size_t len, int expected)
{
    IsmMessage reply;

    return send(fd, msg, len, MSG_NOSIGNAL) == (ssize_t)len &&
           recv(fd, &reply, sizeof(reply), 0) > 0 && reply.type == expected;
}

static void test_impostor(void)
{
    Function *a = join(0, GID(0), 0), *b = join(1, GID(1), GID(0));
    IsmPeer peer = { .gid = GID(0), .instance = 1, .session = 1, .number = 9 };
    IsmMessage msg;
    size_t len;
    int fd, i;

    ok(store_byte(a, 1) == ISM_FABRIC_OK, "the real function is connected");
    fd = raw_connect(1);
    ok(!answers(fd, &msg, hello(&msg, &peer), ISM_MESSAGE_HELLO),
       "another with its GID is refused");
    close(fd);
    fd = raw_connect(1);
    header(&msg, ISM_MESSAGE_STORE);
    msg.store.address = 0;
    len = offsetof(IsmMessage, store.data) + 1;
    ok(!answers(fd, &msg, len, ISM_MESSAGE_REPLY),
       "so is a store before a hello");
    close(fd);
    for (i = 0; i < 2000 && raw_connect(1) >= 0; i++) {
        /* keep them all open */
    }
    printf("# %d connections that say nothing\n", i);
    ok(store_byte(a, 1) == ISM_FABRIC_OK, "silent connections do no harm");
    ism_fabric_disconnect(a->fabric);
    for (fd = 3; fd < 1024; fd++) {
        struct sockaddr_un addr;
        socklen_t size = sizeof(addr);

        /* those are the only sockets with a name on the other side but us */
        if (!getpeername(fd, (struct sockaddr *)&addr, &size) &&
            size > sizeof(addr.sun_family)) {
            shutdown(fd, SHUT_RDWR);
        }
    }
    leave(a);
    leave(b);
}

static uint64_t seed;

static uint32_t random32(void)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return seed >> 32;
}

/* A valid message of any type */
static size_t any_message(IsmMessage *msg, const IsmPeer *peer)
{
    size_t len = random32() % 8 ? random32() % 64 : random32() % 4096, i;

    header(msg, 1 + random32() % 6);
    switch (msg->type) {
    case ISM_MESSAGE_HELLO:
        return hello(msg, peer);
    case ISM_MESSAGE_QUERY:
        return offsetof(IsmMessage, hello);
    case ISM_MESSAGE_STORE:
        msg->store.address = random32() % (2 * SPACE);
        for (i = 0; i <= len; i++) {
            msg->store.data[i] = i;
        }
        return offsetof(IsmMessage, store.data) + 1 + len;
    case ISM_MESSAGE_SIGNAL:
        return offsetof(IsmMessage, signal) + sizeof(msg->signal);
    default:
        msg->token = random32() % 8;
        return offsetof(IsmMessage, token) + sizeof(msg->token);
    }
}

/* Mostly one change, so that much of it is still valid */
static size_t mutate(uint8_t *bytes, size_t len, size_t room)
{
    switch (random32() % 8) {
    case 0:
        return len;
    case 1:
        return random32() % (len + 1);
    case 2:
        return MIN(room, len + 1 + random32() % 64);
    case 3:
        return room;
    default:
        do {
            bytes[random32() % MIN(len, 64)] ^= 1 << random32() % 8;
        } while (random32() % 4 == 0);
        return len;
    }
}

/*
 * Counts what was answered: a fuzzer whose messages are all refused tests
 * little.
 */
static void test_fuzz(unsigned long messages)
{
    union {
        IsmMessage msg;
        uint8_t bytes[2 * sizeof(IsmMessage)];
    } m = { };
    IsmPeer peer = { .gid = GID(3), .instance = 1, .session = 1, .number = 9 };
    Function *b = join(1, GID(1), GID(3)), *a = join(0, GID(0), 0);
    unsigned long sent, answered = 0, connections = 0;
    ssize_t len;
    int fd = -1;

    for (sent = 0; sent < messages; sent++) {
        if (fd < 0) {
            fd = raw_connect(1);
            connections++;
            if (fd < 0) {
                break;
            }
            if (random32() % 8) {
                send(fd, &m, hello(&m.msg, &peer), MSG_NOSIGNAL);
                len = recv(fd, &m, sizeof(m), 0);
            }
        }
        len = mutate(m.bytes, any_message(&m.msg, &peer), sizeof(m.bytes));
        if (send(fd, &m, len, MSG_NOSIGNAL) == len && len &&
            recv(fd, &m, sizeof(m), 0) > 0) {
            answered++;
        } else {
            close(fd);
            fd = -1;
        }
    }
    close(fd);
    printf("# %lu messages on %lu connections, %lu answered\n", sent,
           connections, answered);
    ok(sent == messages && answered > messages / 8 &&
       connections > messages / 8, "mutated messages");
    b->writer = GID(0);
    ok(query(a, GID(1)) == ISM_FABRIC_OK && store_byte(a, 1) == ISM_FABRIC_OK,
       "the function still works");
    leave(a);
    leave(b);
}

/* A peer that answers with nonsense: any result but a crash, and in time */
static void *lie(void *opaque)
{
    int listener = *(int *)opaque, fd, i;
    IsmPeer peer = { .gid = GID(3), .instance = 1, .session = 1,
                     .number = shared->number[3] };
    uint8_t bytes[2 * sizeof(IsmMessage)];
    IsmMessage *msg = (IsmMessage *)bytes;
    size_t len;

    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        for (i = 0; recv(fd, bytes, sizeof(bytes), 0) > 0; i++) {
            len = i ? any_message(msg, &peer) : hello(msg, &peer);
            if (i && random32() % 2) {
                header(msg, ISM_MESSAGE_REPLY);
                msg->reply.result = random32() % 4;
                len = offsetof(IsmMessage, reply) + sizeof(msg->reply);
            }
            len = mutate(bytes, len, sizeof(bytes));
            if (send(fd, bytes, len, MSG_NOSIGNAL) < 0) {
                break;
            }
        }
        close(fd);
    }
    return NULL;
}

static void test_liar(unsigned long requests)
{
    Function *fn = join(0, GID(0), 0);
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    unsigned long i, results[ISM_FABRIC_TIMEOUT + 1] = { };
    pthread_t thread;
    IsmFabricResult res;

    shared->number[3] = shared->number[0] % 255 + 1;
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%04x/%02" PRIx64
             ".socket", folder, PCHID, shared->number[3]);
    unlink(addr.sun_path);
    if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) ||
        listen(listener, 9)) {
        ok(false, "a peer that lies");
        return;
    }
    pthread_create(&thread, NULL, lie, &listener);
    for (i = 0; i < requests; i++) {
        res = store_byte(fn, 3);
        if (res > ISM_FABRIC_TIMEOUT) {
            break;
        }
        results[res]++;
    }
    printf("# %lu carried out, %lu refused, %lu failed, %lu full, %lu nobody\n",
           results[0], results[1], results[2], results[3], results[4]);
    ok(i == requests && results[ISM_FABRIC_OK] &&
       results[ISM_FABRIC_NOBODY] && !results[ISM_FABRIC_TIMEOUT],
       "a peer that lies");
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    leave(fn);
}

/* The folder */

static bool refused(const char *path, uint64_t gid, const char *reason)
{
    char *error = NULL;
    IsmFabric *f = ism_fabric_join(path, PCHID, gid, &ops, NULL, &error);
    bool good = !f && strstr(error, reason);

    if (!good) {
        printf("# %s\n", f ? "accepted" : error);
    }
    g_free(error);
    return good;
}

static void test_folder(void)
{
    Function *fn = join(0, GID(0), 0);
    char *sub = g_strdup_printf("%s/%04x", folder, PCHID), name[200];
    char *other = g_strdup_printf("%s.other", folder);
    IsmFabric *f;
    struct stat st;
    struct rlimit limit, none;
    char *error = NULL;

    ok(!stat(folder, &st) && (st.st_mode & 0777) == 0700 && !stat(sub, &st) &&
       (st.st_mode & 0777) == 0700, "only the owner has access to the folder");
    snprintf(name, sizeof(name), "%s/%02" PRIx64 ".socket", sub,
             shared->number[0]);
    ok(!stat(name, &st) && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0600,
       "and to the socket");
    ok(refused(folder, GID(0), "already in use"), "a GID that exists");
    f = ism_fabric_join(folder, PCHID + 1, GID(0), &ops, NULL, &error);
    ok(f, "it can exist under another PCHID");
    if (f) {
        ism_fabric_leave(f);
    }
    leave(fn);
    /* a full disk */
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    none = limit;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_FSIZE, &none);
    ok(refused(folder, GID(0), "cannot write to a file"),
       "a file that cannot be written");
    setrlimit(RLIMIT_FSIZE, &limit);
    chmod(sub, 0750);
    ok(refused(folder, GID(0), "chmod 700"), "a folder that others can read");
    chmod(sub, 0700);
    snprintf(name, sizeof(name), "%s/no/folder", folder);
    ok(refused(name, GID(0), "create the one above"), "no folder above it");
    ok(refused("/dev/null", GID(0), "Not a directory"), "a file");
    memset(name, 'x', sizeof(name));
    memcpy(name, other, strlen(other));
    name[110] = 0;
    ok(refused(name, GID(0), "too long"), "a name that is too long");
    rmdir(name);
    if (!geteuid()) {
        ok(!mkdir(other, 0700) && !chown(other, 1, 1) &&
           refused(other, GID(0), "another user"), "a folder of another user");
        rmdir(other);
    } else {
        ok(refused("/", GID(0), "another user"), "a folder of another user");
    }
    g_free(other);
    g_free(sub);
}

int main(int argc, char **argv)
{
    unsigned long messages;

    if (argc < 3) {
        fprintf(stderr, "usage: %s FOLDER MESSAGES [SEED]\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    messages = strtoul(argv[2], NULL, 0);
    seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    functions = g_ptr_array_new();
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("TAP version 13\n1..%d\n", 44);
    test_store();
    test_killed();
    test_stopped();
    test_disconnect();
    test_storm();
    test_impostor();
    test_folder();
    test_liar(messages / 20);
    test_fuzz(messages);
    return failures != 0;
}
