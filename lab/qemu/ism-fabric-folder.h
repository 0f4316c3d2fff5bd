/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fabric of ISM functions: the folder through which they find each other
 */
#ifndef HW_S390X_ISM_FABRIC_FOLDER_H
#define HW_S390X_ISM_FABRIC_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#define ISM_FABRIC_FUNCTIONS    255     /* numbers from 1 */

typedef struct IsmFolder {
    char *path;         /* of the subfolder for the PCHID */
    int fd;             /* the same, opened */
    int lock;           /* our file in it, locked */
    uint8_t number;
} IsmFolder;

/*
 * Get a number and enter the GID there. Fails if a function with this GID
 * exists. The message in *error is to be freed by g_free(). In any case, end
 * with ism_folder_free().
 */
bool ism_folder_join(IsmFolder *folder, const char *path, uint16_t pchid,
                     uint64_t gid, char **error);

/* Give the number back. Others can still be found until the folder is freed. */
void ism_folder_leave(IsmFolder *folder);
void ism_folder_free(IsmFolder *folder);

/* A listening socket for our number, or -1 and *error. */
int ism_folder_listen(IsmFolder *folder, char **error);

/* A socket connected to this number, or -1 and errno. Neither may block. */
int ism_folder_connect(const IsmFolder *folder, uint8_t number);

/* The next number after @number under which this GID is entered, or 0. */
uint8_t ism_folder_find(const IsmFolder *folder, uint64_t gid, uint8_t number);

#endif
