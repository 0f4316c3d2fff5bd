/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fabric of ISM functions: the folder through which they find each other
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <glib.h>

#include "ism-fabric-folder.h"

#define ISM_GID_DIGITS  16
#define ISM_BACKLOG     255

typedef struct IsmFileName {
    char name[sizeof("ff.socket")];
} IsmFileName;

static IsmFileName ism_file(uint8_t number, const char *suffix)
{
    IsmFileName file;

    g_snprintf(file.name, sizeof(file.name), "%02x%s", number, suffix);
    return file;
}

/* It holds sockets through which guest memory can be read and written. */
static bool ism_folder_private(int fd, const char *path, char **error)
{
    struct stat st;

    if (fstat(fd, &st)) {
        *error = g_strdup_printf("%s: %s", path, strerror(errno));
    } else if (st.st_uid != geteuid()) {
        *error = g_strdup_printf("folder %s belongs to another user: use "
                                 "one of your own", path);
    } else if (st.st_mode & (S_IRWXG | S_IRWXO)) {
        *error = g_strdup_printf("folder %s is accessible to other users: run "
                                 "chmod 700 on it", path);
    } else {
        return true;
    }
    return false;
}

/* Create a folder if it does not exist, and open it. */
static int ism_folder_open(const char *path, char **error)
{
    int fd;

    if (mkdir(path, S_IRWXU) && errno != EEXIST) {
        *error = g_strdup_printf("cannot create folder %s: %s%s", path,
                                 strerror(errno), errno == ENOENT ?
                                 "; create the one above it first" : "");
        return -1;
    }
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        *error = g_strdup_printf("cannot open folder %s: %s", path,
                                 strerror(errno));
        return -1;
    }
    if (!ism_folder_private(fd, path, error)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* QEMU may change its working directory, so the path becomes absolute. */
static bool ism_folder_open_both(IsmFolder *folder, const char *path,
                                 uint16_t pchid, char **error)
{
    char *absolute;
    int fd = ism_folder_open(path, error);

    if (fd < 0) {
        return false;
    }
    close(fd);
    absolute = realpath(path, NULL);
    if (!absolute) {
        *error = g_strdup_printf("%s: %s", path, strerror(errno));
        return false;
    }
    folder->path = g_strdup_printf("%s/%04x", absolute, pchid);
    free(absolute);
    if (strlen(folder->path) + sizeof("/ff.socket") >
        sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
        *error = g_strdup_printf("the path of folder %s is too long for a "
                                 "socket in it: use a shorter one", path);
        return false;
    }
    folder->fd = ism_folder_open(folder->path, error);
    return folder->fd >= 0;
}

static bool ism_read_entry(int fd, uint64_t *gid)
{
    char digits[ISM_GID_DIGITS + 1] = "";

    return pread(fd, digits, ISM_GID_DIGITS, 0) == ISM_GID_DIGITS &&
           g_ascii_string_to_unsigned(digits, 16, 1, UINT64_MAX, gid, NULL);
}

uint8_t ism_folder_find(const IsmFolder *folder, uint64_t gid, uint8_t number)
{
    uint64_t found;
    int i, fd;
    bool ok;

    for (i = number + 1; i <= ISM_FABRIC_FUNCTIONS; i++) {
        fd = openat(folder->fd, ism_file(i, "").name, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            continue;
        }
        ok = ism_read_entry(fd, &found);
        close(fd);
        if (ok && found == gid) {
            return i;
        }
    }
    return 0;
}

static bool ism_folder_locked(const IsmFolder *folder, uint8_t number)
{
    int fd = openat(folder->fd, ism_file(number, "").name,
                    O_RDONLY | O_CLOEXEC);
    bool locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB);

    if (fd >= 0) {
        close(fd);
    }
    return locked;
}

/*
 * Begins at random, so that the number of a function that is gone, and with it
 * the tokens of its buffers, are seldom used again soon.
 */
static bool ism_folder_lock(IsmFolder *folder, char **error)
{
    int first = g_random_int_range(0, ISM_FABRIC_FUNCTIONS), i;

    for (i = 0; i < ISM_FABRIC_FUNCTIONS; i++) {
        folder->number = (first + i) % ISM_FABRIC_FUNCTIONS + 1;
        folder->lock = openat(folder->fd, ism_file(folder->number, "").name,
                              O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (folder->lock < 0) {
            *error = g_strdup_printf("cannot create a file in %s: %s",
                                     folder->path, strerror(errno));
            return false;
        }
        if (!flock(folder->lock, LOCK_EX | LOCK_NB)) {
            return true;
        }
        close(folder->lock);
        folder->lock = -1;
    }
    *error = g_strdup_printf("there are %d functions in %s already",
                             ISM_FABRIC_FUNCTIONS, folder->path);
    return false;
}

static bool ism_folder_enter(IsmFolder *folder, uint64_t gid, char **error)
{
    char *entry = g_strdup_printf("%016" PRIx64 "\n", gid);
    ssize_t len = strlen(entry);
    bool ok = pwrite(folder->lock, entry, len, 0) == len;

    g_free(entry);
    if (!ok) {
        *error = g_strdup_printf("cannot write to a file in %s: %s",
                                 folder->path, strerror(errno));
    }
    return ok;
}

/*
 * We have entered our GID before we look for others, and so have they: of two
 * functions with the same GID at least one finds the other.
 */
static bool ism_folder_unique(const IsmFolder *folder, uint64_t gid,
                              char **error)
{
    uint8_t other = 0;

    while ((other = ism_folder_find(folder, gid, other))) {
        if (other != folder->number && ism_folder_locked(folder, other)) {
            *error = g_strdup_printf("gid 0x%" PRIx64 " is already in use in "
                                     "%s", gid, folder->path);
            return false;
        }
    }
    return true;
}

bool ism_folder_join(IsmFolder *folder, const char *path, uint16_t pchid,
                     uint64_t gid, char **error)
{
    *folder = (IsmFolder) { .fd = -1, .lock = -1 };
    return ism_folder_open_both(folder, path, pchid, error) &&
           ism_folder_lock(folder, error) &&
           ism_folder_enter(folder, gid, error) &&
           ism_folder_unique(folder, gid, error);
}

/* The file stays: if it were removed, two functions could have one number. */
void ism_folder_leave(IsmFolder *folder)
{
    if (folder->lock < 0) {
        return;
    }
    unlinkat(folder->fd, ism_file(folder->number, ".socket").name, 0);
    if (ftruncate(folder->lock, 0)) {
        /* The entry stays, without a lock: nobody. */
    }
    close(folder->lock);
    folder->lock = -1;
}

void ism_folder_free(IsmFolder *folder)
{
    ism_folder_leave(folder);
    if (folder->fd >= 0) {
        close(folder->fd);
    }
    g_free(folder->path);
}

/* Messages keep their boundaries, and none is read or written in part. */
static int ism_socket(const IsmFolder *folder, uint8_t number,
                      struct sockaddr_un *addr)
{
    *addr = (struct sockaddr_un) { .sun_family = AF_UNIX };
    g_snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/%s", folder->path,
               ism_file(number, ".socket").name);
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int ism_folder_listen(IsmFolder *folder, char **error)
{
    struct sockaddr_un addr;
    int fd = ism_socket(folder, folder->number, &addr);

    /* The number is ours, so what is there was left by an earlier function. */
    unlink(addr.sun_path);
    if (fd >= 0 && !fchmod(fd, S_IRUSR | S_IWUSR) &&
        !bind(fd, (struct sockaddr *)&addr, sizeof(addr)) &&
        !listen(fd, ISM_BACKLOG)) {
        return fd;
    }
    *error = g_strdup_printf("cannot create socket %s: %s", addr.sun_path,
                             strerror(errno));
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

int ism_folder_connect(const IsmFolder *folder, uint8_t number)
{
    struct sockaddr_un addr;
    int fd = ism_socket(folder, number, &addr), error;

    if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
        error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}
